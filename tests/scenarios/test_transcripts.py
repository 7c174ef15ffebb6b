"""Whatever a session goes through, its transcript plays again and tells no secret."""

from __future__ import annotations

import json
from random import Random
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navien_proto.cloud.account import Refusal, SavedAccount
from navien_proto.errors import UsageError
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session.events import AccountChanged, CommandId
from navien_proto.session.guards import Guards
from navien_proto.session.inputs import HttpAnswered, HttpFailed, LinkRefused, MessageReceived
from navien_proto.session.saved import SavedSession
from navien_proto.session.transcript import Recorder
from navien_proto.session.transcript_replay import Replayed, replay
from navien_proto.sim.fault_plan import FaultPlan
from navien_proto.wire.commands import PowerOff, RequestStatus, SetTemperature
from tests.scenarios.scene import EMAIL, MAC, PASSWORD, Scene

SECRETS = (EMAIL, PASSWORD, MAC, MAC.upper(), "eyJ", 'X-Amz-Signature":"0', "Example Street", "00000000XX00000000")


class Recorded(Scene):
    """A scene whose session is written down."""

    def __init__(self, **settings: Any) -> None:
        self.lines: list[str] = []
        self.recorders: list[Recorder] = []
        super().__init__(**settings)

    def new_session(self, **changes: Any) -> Session:
        config = SessionConfig(email=EMAIL, **{**self.settings, **changes})
        recorder = Recorder(
            config, rng=Random(self.rng.random()), new_id=lambda: f"{next(self.ids):08x}", write=self.lines.append
        )
        self.recorders.append(recorder)
        # It moves like a session; what is read of one is read of the one inside.
        return cast(Session, _Readable(recorder))

    def ready(self) -> Recorded:
        super().ready()
        return self

    def same(self) -> Replayed:
        """Play it again; it must be the same, and hold no secret."""
        assert self.recorders[-1].problem is None
        played = replay(self.lines)
        assert played.difference is None, played.difference
        text = "\n".join(self.lines)
        for secret in (*SECRETS, *self.tokens()):
            assert secret not in text
        return played

    def tokens(self) -> list[str]:
        found = [event.account.tokens for event in self.of(AccountChanged)]
        secrets = [
            (one.access_token, one.refresh_token, one.access_key_id, one.secret_key, one.session_token)
            for one in found
            if one is not None
        ]
        return [secret for one in secrets for secret in one if secret not in (None, "none")]


class _Readable:
    """A recorder, and the session inside for whatever a recorder does not have."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        own = hasattr(type(self._recorder), name)
        return getattr(self._recorder if own else self._recorder.session, name)


def test_hours_of_a_heater_play_again() -> None:
    scene = Recorded().ready()
    scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now))
    scene.gone_by(4 * 3600)
    scene.world.tell(scene.peer, scene.session.stop)
    scene.gone_by(10)
    played = scene.same()
    assert scene.session.state is State.CLOSED
    assert played.inputs > 200
    per_input = sum(map(len, scene.lines)) / played.inputs
    assert per_input < 2000


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), heaters=st.integers(1, 3), every=st.sampled_from([60.0, 300.0, 900.0]))
def test_any_faults_play_again(seed: int, heaters: int, every: float) -> None:
    rng = Random(seed)
    scene = Recorded(seed=seed, heaters=heaters, plan=FaultPlan.random(rng, 5400.0, every=every))
    scene.start()
    ids: list[CommandId] = []
    for _ in range(6):
        scene.gone_by(rng.uniform(1, 1200))
        chosen = f"{int(MAC, 16) + rng.randrange(heaters):012x}"
        command = rng.choice([RequestStatus(), PowerOff(), SetTemperature(celsius=rng.choice([50, 54.5, 99]))])

        def submit(now: Any, command: Any = command, chosen: str = chosen) -> None:
            ids.append(scene.session.submit(command, now, device=chosen))

        try:
            scene.world.tell(scene.peer, submit)
        except UsageError:
            continue  # refused: that is written, too
        if rng.random() < 0.3:
            scene.world.tell(scene.peer, lambda now: scene.session.cancel(ids[-1], now))
    scene.world.tell(scene.peer, scene.session.clear_queue)
    scene.world.tell(scene.peer, scene.session.stop)
    scene.gone_by(30)
    scene.same()


@given(payload=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=60, deadline=None)
def test_any_payload_plays_again(payload: bytes) -> None:
    scene = Recorded(status_interval=None)
    scene.start()
    scene.gone_by(5)
    assert scene.session.state is State.READY
    for data in (payload, payload[: len(payload) // 2], b"{" + payload, b"<" + payload, payload * 50):
        scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/res", data))
        scene.world.inject(scene.peer, MessageReceived(1, "evt/52/x/y", data))
    scene.same()


ODD_ANSWERS = [
    b"",
    b"   ",
    b"<html>busy</html>",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"code": 200, "data": {"token": {"accessToken": "\\u00e9"}}}',
    b'{"code": 200, "data": {"token": {"accessToken": 7}}}',
    b'{"code": 200, "data": {"token": {"accessToken": "a b", "accessKeyId": "key-1", "secretKey": "dice-1"}}}',
    b'{"code": 200, "data": {"token": {"accessToken": "none", "accessKeyId": "key-1", "secretKey": "dice-1"}}}',
    f'{{"code": 404, "msg": "{EMAIL} NOT FOUND"}}'.encode(),
    f'{{"code": 1001, "msg": "USER_NOT_FOUND {EMAIL}"}}'.encode(),
    b'{"code": 403, "msg": "ACCOUNT LOCKED"}',
    b'{"code": 1e999}',
    b'{"code": NaN}',
    b"[" * 100,
    b'"\\ud800"',
    b"{" + b" " * 300_000,
]


@pytest.mark.parametrize("status", [200, 401, 429, 503])
@pytest.mark.parametrize("body", ODD_ANSWERS, ids=lambda body: repr(body[:24]))
def test_any_answer_plays_again(body: bytes, status: int) -> None:
    scene = Recorded()
    headers = {"Date": "Thu, 15 Jan 2026 12:00:00 GMT", "Retry-After": "7", "Set-Cookie": f"id={EMAIL}"}
    scene.start()
    reply = type(scene.cloud.rest("GET", "/", {}, b"", scene.world.now))(status, headers, body)
    scene.world.inject(scene.peer, HttpAnswered(1, reply))
    scene.gone_by(200)
    scene.same()


def test_words_of_the_system_play_again() -> None:
    scene = Recorded()
    scene.start()
    scene.world.inject(
        scene.peer, HttpFailed(1, f"cannot reach https://{EMAIL}:{PASSWORD}@x/?mac={MAC}", sent=False)
    )
    scene.world.inject(scene.peer, HttpFailed(2, f"a proxy said {MAC}"))
    scene.gone_by(30)
    refused = LinkRefused(
        scene.peer.opened, f"{EMAIL} is not welcome", status=403, date="Thu, 15 Jan 2026 12:30:00 GMT"
    )
    scene.world.inject(scene.peer, refused)
    scene.gone_by(60)
    scene.same()


def test_what_is_kept_from_another_run_plays_again() -> None:
    first = Scene().ready()
    account = first.of(AccountChanged)[-1].account
    saved = SavedSession.from_json(first.session.save(first.world.now).to_json())
    scene = Recorded()
    scene.world.tell(scene.peer, lambda now: scene.session.start(now, account, saved))
    scene.gone_by(100)
    assert account.tokens is not None
    assert account.tokens.access_token not in "\n".join(scene.lines)
    scene.same()


@pytest.mark.parametrize("refused", [PASSWORD, "another"])
def test_a_password_proven_wrong_is_known_again(refused: str) -> None:
    scene = Recorded()
    refusal = Refusal.of(refused, at=scene.world.now.utc, salt="x")
    scene.world.tell(scene.peer, lambda now: scene.session.start(now, SavedAccount(refusal=refusal)))
    scene.gone_by(60)
    assert scene.session.closed is (refused == PASSWORD)
    assert refusal.fingerprint not in "\n".join(scene.lines)
    scene.same()


def test_a_call_that_is_refused_is_refused_again() -> None:
    scene = Recorded()
    with pytest.raises(UsageError):
        scene.session.submit(RequestStatus(), scene.world.now)
    assert any('"raised"' in line for line in scene.lines)
    scene.same()


def test_inputs_taken_together_play_again() -> None:
    scene = Recorded().ready()
    now = scene.world.now
    for number in range(3):
        scene.recorders[0].handle(MessageReceived(1, f"cmd/52/navilink-{MAC}/res", b'{"x":%d}' % number), now)
    assert [json.loads(line).get("also") for line in scene.lines[-2:]] == [True, True]
    scene.recorders[0].actions()
    scene.recorders[0].events()
    scene.same()


def test_the_user_s_own_client_id_and_device_names_are_not_told() -> None:
    scene = Recorded(
        client_id="jane-doe-laptop",
        devices=frozenset({MAC}),
        status_intervals={MAC: 77.0, "aabbccddee77": None},
        guards=Guards(read_only=True),
    ).ready()
    assert "aabbccddee77" not in scene.lines[0]
    assert '"02000000000' in scene.lines[0]
    text = "\n".join(scene.lines)
    assert "jane-doe" not in text
    assert "Heater 1" not in text
    scene.same()
