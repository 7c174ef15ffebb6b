"""Closing a blocking client: from everywhere, once and for all."""

from __future__ import annotations

import gc

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.config import Config
from navien_proto.errors import CommandCancelled, LinkClosed, NavienError, UsageError
from navien_proto.session import State
from navien_proto.session.events import SessionClosed
from navien_proto.wire.commands import RequestStatus
from navien_sync import NavienClient
from tests.support.served import EMAIL, MACS, PASSWORD, config
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task, client, our_threads

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_closing_is_final_and_may_be_repeated(server: SimServer) -> None:
    with client(server) as navien:
        stream = navien.events()
        navien.close()
        navien.close()
        assert our_threads() == []
        assert navien.session_state is State.CLOSED
        events = list(stream)
        assert events[-1] == SessionClosed(events[-1].at, None)
        with pytest.raises(LinkClosed):
            navien.devices[0].status()
    navien.close()
    unused = client(server)
    unused.close()
    with pytest.raises(UsageError):
        unused.__enter__()


def test_closing_from_many_threads_ends_once_for_all(server: SimServer) -> None:
    with client(server) as navien:
        stream = navien.events()
        for task in [Task(navien.close) for _ in range(5)]:
            task.result()
        assert our_threads() == []
        assert sum(isinstance(event, SessionClosed) for event in stream) == 1


def test_closing_while_entering_ends_the_entering(server: SimServer) -> None:
    navien = NavienClient(config=config(server, base_url="http://127.0.0.1:9/api/v2.1"))

    def enter() -> None:
        with navien:
            raise AssertionError

    task = Task(enter)
    becomes(lambda: navien.session_state is State.WAITING)
    navien.close()
    with pytest.raises(LinkClosed):
        task.result()


def test_closing_while_the_configuration_is_read_ends_the_entering(server: SimServer) -> None:
    navien: NavienClient

    def read() -> Config:
        navien.close()
        return Config(email=EMAIL, password=PASSWORD, **server.settings)

    navien = NavienClient(config=read)
    with pytest.raises(LinkClosed), navien:
        raise AssertionError


def test_a_command_in_flight_ends_when_the_client_closes(own_server: SimServer) -> None:
    with client(own_server, reply_timeout=4 * PATIENCE) as navien:
        own_server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        task = Task(navien.devices[0].status)
        becomes(lambda: len(navien.hub.waiters) == 1)
        navien.close()
        with pytest.raises(CommandCancelled):
            task.result()


def test_what_the_body_raises_comes_out_as_it_is(server: SimServer) -> None:
    with pytest.raises(ZeroDivisionError), client(server):
        raise ZeroDivisionError


def test_a_client_that_is_dropped_ends_its_threads(server: SimServer) -> None:
    navien = client(server).__enter__()
    stream = navien.events()
    assert navien.devices  # heaters and client know each other
    del navien
    gc.collect()
    assert isinstance(list(stream)[-1], SessionClosed)
    becomes(lambda: our_threads() == [])


def test_a_bug_inside_is_told_plainly(server: SimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    navien = client(server).__enter__()
    stream = navien.events()
    monkeypatch.setattr(navien.session, "handle", lambda report, now: 1 // 0)
    for use in (navien.devices[0].status, lambda: list(stream), lambda: navien.submit(RequestStatus())):
        with pytest.raises(NavienError, match="internal error"):
            use()
    with pytest.raises(NavienError, match="internal error") as caught:
        navien.__exit__(None, None, None)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
