"""The session under anything a transport, a cloud, a heater or a user can do to it, in any order."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from navien_proto.cloud.http import HttpReply
from navien_proto.errors import LinkBroken, UsageError
from navien_proto.session import TRANSITIONS, Session, SessionConfig, State, Trigger
from navien_proto.session.actions import CloseLink, OpenLink, SendHttp
from navien_proto.session.events import (
    CommandConfirmed,
    CommandFailed,
    CommandId,
    Event,
    SessionClosed,
    SignedIn,
)
from navien_proto.session.inputs import (
    ConnectSent,
    HttpAnswered,
    HttpFailed,
    Input,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.wire.commands import PowerOn, RequestDeviceInfo, RequestStatus, SetTemperature
from tests.support.instants import Clock

MAC = "aabbccddeeff"
TOKEN = {
    "accessToken": "access-token-placeholder",
    "refreshToken": "refresh-token-placeholder",
    "authenticationExpiresIn": 3600,
    "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
    "secretKey": "secret-placeholder",
    "sessionToken": "session-token-placeholder",
    "authorizationExpiresIn": 3600,
}
SIGNED_IN = {"code": 200, "msg": "SUCCESS", "data": {"userInfo": {}, "legal": [], "token": TOKEN}}
REFRESHED = {
    "code": 200,
    "msg": "SUCCESS",
    "data": {k: v for k, v in TOKEN.items() if "ccess" in k or "auth" in k},
}
LISTED = {
    "code": 200,
    "msg": "SUCCESS",
    "data": [
        {
            "deviceInfo": {
                "macAddress": MAC,
                "additionalValue": "1234",
                "deviceType": 52,
                "deviceName": "NWP500",
                "connected": 2,
            },
            "location": {},
        }
    ],
}
EMPTY = {"code": 200, "msg": "SUCCESS", "data": []}
WRONG = {"code": 1001, "msg": "INVALID_USER_PASSWORD"}


def reply(body: object, status: int = 200) -> HttpReply:
    return HttpReply(status, {}, json.dumps(body).encode())


def make(**changes: Any) -> Session:
    config = SessionConfig(email="user@example.com", **{"password": "not-a-real-password", **changes})
    return Session(config, rng=Random(5), new_id=lambda: "0000abcd")


def ready(**changes: Any) -> tuple[Session, Clock]:
    """A session that is ready, by the shortest way."""
    session, clock = make(**changes), Clock()
    session.start(clock.now)
    session.handle(HttpAnswered(1, reply(SIGNED_IN)), clock.now)
    session.handle(HttpAnswered(2, reply(LISTED)), clock.now)
    session.handle(LinkOpened(1), clock.now)
    session.actions()
    session.handle(SubscribeAnswered(1, 1, (1, 1, 1)), clock.now)
    assert session.state is State.READY
    session.actions()
    session.events()
    return session, clock


def test_the_way_to_ready_one_action_at_a_time() -> None:
    session, clock = make(), Clock()
    assert session.next_timer() is None
    session.start(clock.now)
    assert session.state.name == "SIGNING_IN"
    (sign_in,) = session.actions()
    assert isinstance(sign_in, SendHttp)
    assert sign_in.request.url.endswith("/user/sign-in")
    assert session.next_timer() == clock.now.monotonic + 30
    session.handle(HttpAnswered(sign_in.exchange, reply(SIGNED_IN)), clock.now)
    assert session.state.name == "LISTING"
    (listing,) = session.actions()
    assert isinstance(listing, SendHttp)
    session.handle(HttpAnswered(listing.exchange, reply(LISTED)), clock.now)
    assert session.state.name == "CONNECTING"
    (opening,) = session.actions()
    assert isinstance(opening, OpenLink)
    assert (opening.endpoint.scheme, opening.endpoint.port) == ("wss", 443)
    assert opening.client_id == "navien-client-0000abcd"
    assert "X-Amz-Signature" in opening.endpoint.target


def test_commands_need_a_running_session_and_a_known_heater() -> None:
    session, clock = make(), Clock()
    with pytest.raises(UsageError, match="running session"):
        session.submit(RequestStatus(), clock.now)
    session.start(clock.now)
    with pytest.raises(UsageError, match="no heater is known"):
        session.submit(RequestStatus(), clock.now)
    session, clock = ready()
    with pytest.raises(UsageError, match="no such heater"):
        session.submit(RequestStatus(), clock.now, device="001122334455")


def test_a_queue_that_is_off_refuses_at_once_when_offline() -> None:
    session, clock = ready(queue=False)
    session.handle(LinkLost(1, "gone"), clock.now)
    with pytest.raises(LinkBroken, match="queue"):
        session.submit(PowerOn(), clock.now, expert=True)


def test_the_oldest_waiting_command_makes_room_and_its_caller_is_told() -> None:
    session, clock = ready(queue_limit=2)
    session.handle(LinkLost(1, "gone"), clock.now)
    first = session.submit(PowerOn(), clock.now, expert=True)
    session.submit(PowerOn(), clock.now, expert=True)
    session.submit(PowerOn(), clock.now, expert=True)
    failed = [event for event in session.events() if isinstance(event, CommandFailed)]
    assert [event.id for event in failed] == [first]
    assert session.queued == 2
    assert session.clear_queue(clock.now) == 2


def test_what_waited_too_long_expires_and_is_not_sent() -> None:
    session, clock = ready()
    session.handle(LinkLost(1, "gone"), clock.now)
    command = session.submit(PowerOn(), clock.now, expert=True)
    clock.advance(300)
    session.handle_timer(clock.now)
    failed = [event for event in session.events() if isinstance(event, CommandFailed)]
    assert [event.id for event in failed] == [command]
    assert session.queued == 0


def test_a_wrong_number_of_suback_codes_is_no_connection() -> None:
    session, clock = make(), Clock()
    session.start(clock.now)
    session.handle(HttpAnswered(1, reply(SIGNED_IN)), clock.now)
    session.handle(HttpAnswered(2, reply(LISTED)), clock.now)
    session.handle(LinkOpened(1), clock.now)
    session.handle(SubscribeAnswered(1, 1, (1,)), clock.now)
    assert session.state is State.WAITING


def test_the_table_leads_from_every_state_to_closing_and_nowhere_from_closed() -> None:
    for state in State:
        if state not in (State.CLOSING, State.CLOSED):
            assert TRANSITIONS[state, Trigger.STOP] is State.CLOSING
    assert not [origin for origin, _ in TRANSITIONS if origin is State.CLOSED]
    reachable = {State.IDLE} | set(TRANSITIONS.values())
    assert reachable == set(State)


BODIES = st.one_of(
    st.sampled_from([SIGNED_IN, REFRESHED, LISTED, EMPTY, WRONG, {}, [], None, {"code": 200}]).map(json.dumps),
    st.text(max_size=20),
).map(str.encode)
PAYLOADS = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            {"response": {"macAddress": MAC, "status": {"command": 0x01000003, "dhwTemperature": 117}}},
            {"response": {"macAddress": MAC, "status": {"command": 0x02000002}}, "sessionID": "1"},
            {"response": {"macAddress": MAC, "feature": {"dhwTemperatureMin": 70, "dhwTemperatureMax": 131}}},
            {"response": {"macAddress": MAC, "failCode": 2}},
            {"request": {"command": 1}},
        ]
    ).map(lambda value: json.dumps(value).encode()),
)


class SessionMachine(RuleBasedStateMachine):
    """Random inputs with random numbers; what must always hold, holds."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.session = make(status_interval=60.0)
        self.pending: set[CommandId] = set()
        self.links: set[int] = set()
        self.exchanges = 0
        self.over = False

    def collect(self) -> None:
        for action in self.session.actions():
            assert not self.over
            match action:
                case SendHttp():
                    self.exchanges = max(self.exchanges, action.exchange)
                case OpenLink():
                    assert not self.links
                    self.links.add(action.link)
                case CloseLink():
                    self.links.discard(action.link)
                case _:
                    pass
        for event in self.session.events():
            assert not self.over
            self.heard(event)

    def heard(self, event: Event) -> None:
        assert "not-a-real-password" not in repr(event)
        assert MAC not in repr(event)
        if isinstance(event, CommandConfirmed | CommandFailed):
            self.pending.remove(event.id)
        elif isinstance(event, SessionClosed):
            assert not self.pending
            self.over = True

    @rule()
    def start(self) -> None:
        self.session.start(self.clock.now)
        self.collect()

    @rule(seconds=st.floats(0, 4000))
    def wait(self, seconds: float) -> None:
        self.session.handle_timer(self.clock.advance(seconds))
        self.collect()

    @rule(rounds=st.integers(1, 5))
    def ring(self, rounds: int) -> None:
        for _ in range(rounds):
            due = self.session.next_timer()
            if due is not None:
                self.session.handle_timer(self.clock.to(max(due, self.clock.now.monotonic)))
                self.collect()

    @rule(back=st.integers(0, 2), status=st.sampled_from([200, 200, 200, 401, 403, 429, 500]), body=BODIES)
    def answer(self, back: int, status: int, body: bytes) -> None:
        self.give(HttpAnswered(self.exchanges - back, HttpReply(status, {}, body)))

    @rule(good=st.sampled_from([SIGNED_IN, LISTED]))
    def good_answer(self, good: object) -> None:
        self.give(HttpAnswered(self.exchanges, reply(good)))

    @rule(sent=st.booleans())
    def no_answer(self, sent: bool) -> None:
        self.give(HttpFailed(self.exchanges, "down", sent))

    @rule(back=st.integers(0, 2), number=st.integers(0, 40), code=st.integers(0, 255), which=st.integers(0, 7))
    def link_report(self, back: int, number: int, code: int, which: int) -> None:
        link = max(self.links, default=1) - back
        report = (
            ConnectSent(link),
            LinkOpened(link),
            LinkRefused(link, "refused", status=code),
            LinkLost(link, "lost"),
            SubscribeAnswered(link, number, (code, code, code)),
            SubscribeAnswered(link, number, (1, 1, 1)),
            PublishAnswered(link, number, code),
            PongReceived(link),
        )[which]
        if isinstance(report, LinkRefused | LinkLost):
            self.links.discard(link)
        self.give(report)

    @rule(payload=PAYLOADS)
    def message(self, payload: bytes) -> None:
        self.give(MessageReceived(max(self.links, default=1), f"cmd/52/navilink-{MAC}/res", payload))

    @rule(command=st.sampled_from([RequestStatus(), PowerOn(), RequestDeviceInfo(), SetTemperature(celsius=50)]))
    def submit(self, command: Any) -> None:
        try:
            # The id is known before any event of the command is collected.
            self.pending.add(self.session.submit(command, self.clock.now, expert=True))
        except UsageError:
            assert (
                not self.session.devices
                or self.session.state
                in (
                    State.IDLE,
                    State.CLOSED,
                    State.CLOSING,
                )
                or self.session.feature(MAC) is None
            )
        self.collect()

    @rule()
    def withdraw(self) -> None:
        if self.pending:
            self.session.cancel(min(self.pending), self.clock.now)
            self.collect()

    @rule(sure=st.integers(0, 9))
    def stop(self, sure: int) -> None:
        if sure == 0:
            self.session.stop(self.clock.now)
            self.collect()

    def give(self, report: Input) -> None:
        self.session.handle(report, self.clock.now)
        self.collect()

    @invariant()
    def closed_is_closed(self) -> None:
        if self.over:
            assert self.session.state is State.CLOSED
            assert self.session.next_timer() is None

    @invariant()
    def it_never_sleeps_for_ever(self) -> None:
        if self.session.state not in (State.IDLE, State.CLOSED):
            assert self.session.next_timer() is not None


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)


@given(lifetime=st.integers(-5, 10_000), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=50)
def test_sign_ins_keep_the_breaker_whatever_tokens_live(lifetime: int, seed: int) -> None:
    token = {**TOKEN, "authenticationExpiresIn": lifetime, "authorizationExpiresIn": lifetime}
    body = {"code": 200, "msg": "SUCCESS", "data": {"token": token}}
    session, clock = make(), Clock()
    sign_ins: list[float] = []
    admitted = 0
    session.start(clock.now)
    rng = Random(seed)
    for _ in range(150):
        while actions := [action for action in session.actions() if isinstance(action, SendHttp)]:
            for action in actions:
                if action.request.url.endswith("/user/sign-in"):
                    sign_ins.append(clock.now.monotonic)
                    session.handle(HttpAnswered(action.exchange, reply(body)), clock.now)
                else:
                    session.handle(HttpAnswered(action.exchange, reply({"code": 401}, 401)), clock.now)
        admitted += sum(isinstance(event, SignedIn) for event in session.events())
        due = session.next_timer()
        assert due is not None
        session.handle_timer(clock.to(max(due, clock.now.monotonic) + rng.random()))
    for start in sign_ins:
        assert sum(start <= at < start + 599.999 for at in sign_ins) <= 5
    assert admitted
    assert len(set(sign_ins)) == len(sign_ins)
