"""Scenarios of ``failures.md`` about accounts that hold on every harness: memory, asyncio, trio and threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import evolve

from navien_proto.cloud.http import HttpReply
from navien_proto.errors import AuthError, BadCredentials, CloudError
from navien_proto.session import State
from navien_proto.session.events import (
    AccountChanged,
    Connected,
    CredentialsRefused,
    Retrying,
    SessionClosed,
    SignedIn,
)
from tests.scenarios.conftest import Play
from tests.support.served import QUICK_CLOUD

HOUR = 3600.0


def test_f02_credentials_are_renewed_before_they_expire_and_a_reconnect_gets_in(play: Play) -> None:
    on = play()
    on.later(HOUR - 5 * 60)
    assert on.until(SignedIn, 2).renewed
    on.wait(lambda: on.session.state is State.READY)
    links = len(on.of(Connected))
    on.cut()
    on.until(Connected, links + 1)
    assert on.sign_ins() == 2
    assert not [event for event in on.of(Retrying) if "403" in str(event.error)]


def test_f02_credentials_that_the_cloud_dropped_lead_to_a_sign_in_not_to_endless_403(play: Play) -> None:
    on = play()
    on.later(120)
    on.wait(lambda: on.session.state is State.READY)
    links = len(on.of(Connected))
    on.cloud(lambda cloud, _now: cloud.service.revoke())
    on.cut()
    on.until(Connected, links + 1)
    assert on.sign_ins() == 2


@pytest.mark.parametrize(
    "reply",
    [
        HttpReply(500, {"content-type": "text/html"}, b"<html>sorry</html>"),
        HttpReply(200, {}, b""),
        HttpReply(200, {}, b'{"code": 999, "msg": "SOMETHING_ELSE"}'),
    ],
    ids=["html", "empty", "error in the body"],
)
def test_f03_a_token_error_during_an_outage_does_not_end_the_loop(play: Play, reply: HttpReply) -> None:
    on = play()
    service = on.cloud(lambda cloud, _now: cloud.service)
    sound = service.answer
    on.cloud(lambda cloud, _now: cloud.service.revoke())
    on.cloud(lambda _cloud, _now: setattr(service, "answer", lambda *_request: reply))
    failed = len(on.of(Retrying))
    on.cut()
    on.wait(lambda: len(on.of(Retrying)) >= failed + 2)
    on.later(120)
    assert on.of(SessionClosed) == []
    assert on.session.problem is not None
    on.cloud(lambda _cloud, _now: setattr(service, "answer", sound))
    on.later(900)
    on.wait(lambda: on.session.state is State.READY)


def test_f18_the_network_at_fault_is_not_the_user_and_helps_to_retry(play_on_sockets: Play) -> None:
    on = play_on_sockets(ready=False, base_url="http://127.0.0.1:1/api")
    error = on.until(Retrying).error
    assert isinstance(error, CloudError)
    assert not isinstance(error, AuthError)
    assert error.retryable
    assert on.of(CredentialsRefused) == []
    wrong = play_on_sockets(ready=False, password="wrong")
    refused = wrong.until(CredentialsRefused).error
    assert isinstance(refused, BadCredentials)
    assert not refused.retryable
    assert "wrong" not in str(refused)


def test_f19_a_refresh_without_a_refresh_token_keeps_the_old_one(play: Play) -> None:
    on = play(cloud=evolve(QUICK_CLOUD, access_lifetime=1800.0, aws_lifetime=12 * HOUR))
    on.cloud(lambda cloud, _now: setattr(cloud.service, "rotates", False))
    first = on.of(AccountChanged)[-1].account.tokens
    on.later(1500)
    on.until(SignedIn, 2)
    last = on.of(AccountChanged)[-1].account.tokens
    assert last.access_token != first.access_token
    assert last.refresh_token == first.refresh_token
    assert on.sign_ins() == 1


def test_f19_a_lost_link_and_a_renewal_ask_for_tokens_once(play: Play) -> None:
    on = play()
    on.cut()
    on.later(HOUR - 5 * 60)
    on.until(SignedIn, 2)
    on.wait(lambda: on.session.state is State.READY)
    assert on.sign_ins() == 2


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves this process to a time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_f21_every_moment_is_aware_wherever_the_machine_stands(play: Play, zone: Callable[[str], None]) -> None:
    zone("America/St_Johns")  # three and a half hours from UTC, with summer time
    on = play()
    moments = [event.at.utc for event in on.told]
    for event in on.of(AccountChanged):
        tokens = event.account.tokens
        if tokens is not None:
            moments += [tokens.authentication_expires_at, tokens.authorization_expires_at]
    assert len(moments) > 5
    assert {moment.utcoffset() for moment in moments} == {timedelta(0)}
    tokens = on.of(AccountChanged)[-1].account.tokens
    left = tokens.authentication_expires_at - on.of(SignedIn)[0].at.utc
    assert timedelta(minutes=55) < left <= timedelta(minutes=61)
