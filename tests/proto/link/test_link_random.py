"""A link and the simulated broker, joined in memory, and everything that can happen to them in any order."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.events import BytesMessage, CloseConnection, Ping, Request, TextMessage
from wsproto.utilities import ProtocolError as WsprotoError

from navien_proto.errors import UsageError
from navien_proto.link import LinkProtocol
from navien_proto.mqtt import actions
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Publish, Subscribe, Version
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.sim.broker import Broker, Limits
from navien_proto.sim.broker_wire import BrokerConnection
from tests.proto.link.peers import LINK, ServerSide
from tests.support.broker import at
from tests.support.packets import CHARS, cut

SECRET = "0123456789abcdef0123456789abcdef"
MAC = "aabbccddeeff"
OVER_TCP = Endpoint("mqtt", "broker.example", 1883)
OVER_WEBSOCKET = Endpoint(
    "wss", "broker.example", 443, f"/mqtt?X-Amz-Date=20260115T120000Z&X-Amz-Signature={SECRET}"
)
TOPIC = f"cmd/52/navilink-{MAC}/st"
LIMITS = Limits(connect_interval=0.0)


class Wire:
    """Both ends of one link; what is under way in each direction lies in ``up`` and ``down`` until it is moved."""

    def __init__(self, endpoint: Endpoint, version: Version = 4) -> None:
        self.broker = Broker(LIMITS)
        self.connection = BrokerConnection(self.broker)
        self.server = ServerSide() if endpoint.websocket else None
        self.link = LinkProtocol(OpenLink(LINK, endpoint, "client-0001", version=version))
        self.up = self.down = b""
        self.heard: list[LinkInput] = []
        self.after_the_end: list[LinkInput] = []

    def collect(self) -> None:
        """Take what the link has to say and to send; after its end it must have nothing to say."""
        ended = any(isinstance(report, LinkLost | LinkRefused) for report in self.heard)
        inputs = self.link.inputs()
        (self.after_the_end if ended else self.heard).extend(inputs)
        self.up += self.link.take()

    def move_up(self, size: int) -> None:
        """Bytes reach the broker, and its answers start on their way."""
        data, self.up = self.up[:size], self.up[size:]
        if self.server is None:
            self.connection.receive(data, at(0))
        else:
            self.unwrap(self.server, data)
        self.broker.changed()
        self.send_down(self.connection.take())

    def unwrap(self, server: ServerSide, data: bytes) -> None:
        try:
            events = server.receive(data) if data else []
        except WsprotoError:
            return  # it was closed
        for event in events:
            match event:
                case Request():
                    self.down += server.accept()
                case BytesMessage():
                    self.connection.receive(bytes(event.data), at(0))
                case CloseConnection() if server.ws.state.name == "REMOTE_CLOSING":
                    self.down += server.ws.send(event.response())
                case _:
                    pass

    def send_down(self, data: bytes) -> None:
        if self.server is None:
            self.down += data
        elif data and self.server.ws.state.name == "OPEN":
            self.down += self.server.send(data)

    def move_down(self, size: int) -> None:
        data, self.down = self.down[:size], self.down[size:]
        if data:
            self.link.receive(data)

    def settle(self) -> None:
        """Move everything until nothing is under way; a broker that is done hangs up."""
        self.collect()
        while self.up or self.down:
            self.move_up(len(self.up))
            self.move_down(len(self.down))
            self.collect()
        if self.connection.closed is not None:
            self.link.eof()
            self.collect()

    def say(self, how: str) -> None:
        """The server says something of WebSocket's own."""
        if self.server is not None and self.server.ws.state.name == "OPEN":
            match how:
                case "ping":
                    self.down += self.server.ws.send(Ping(b"?"))
                case "text":
                    self.down += self.server.ws.send(TextMessage(data="{}"))
                case _:
                    self.down += self.server.close(1001, f"going away from {MAC} {SECRET}")


ENDPOINTS = st.sampled_from([OVER_TCP, OVER_WEBSOCKET])
IDS = st.integers(1, 8)
TOPICS = st.sampled_from([TOPIC, "a/b", "a/b/c"])
ODD_TOPICS = st.sampled_from(["", "a/+", "#", "a\0", "\ud800", "x" * 65536]) | st.text(CHARS, max_size=3)
SENSIBLE = st.one_of(
    st.builds(Subscribe, st.just(LINK), IDS, st.just((f"cmd/52/navilink-{MAC}/#", "a/#"))),
    st.builds(Publish, st.just(LINK), IDS, TOPICS, st.binary(max_size=300), st.integers(0, 1)),
    st.just(actions.Ping(LINK)),
)
ODD = st.one_of(
    st.builds(Subscribe, st.just(LINK), IDS, st.lists(ODD_TOPICS, max_size=9).map(tuple), st.integers(-1, 3)),
    st.builds(Publish, st.just(LINK), IDS, ODD_TOPICS, st.binary(max_size=9), st.integers(-1, 3), st.booleans()),
)
SIZES = st.sampled_from([1, 2, 5, 30, 10_000])
STEPS = st.one_of(
    st.just(("start",)),
    st.tuples(st.just("perform"), SENSIBLE | ODD),
    st.tuples(st.just("up"), SIZES),
    st.tuples(st.just("down"), SIZES),
    st.tuples(st.just("settle")),
    st.tuples(st.just("say"), st.sampled_from(["ping", "ping", "text", "close"])),
    st.tuples(st.just("garbage"), st.binary(max_size=20)),
    st.just(("kick",)),
    st.tuples(st.just("close"), st.booleans()),
    st.just(("eof",)),
    st.just(("broken",)),
)


def take_step(wire: Wire, step: tuple[object, ...]) -> None:
    match step:
        case ("start",):
            wire.link.start()
        case ("perform", action):
            with suppress(UsageError):
                wire.link.perform(action)  # type: ignore[arg-type]
        case ("up", int(size)):
            wire.move_up(size)
        case ("down", int(size)):
            wire.move_down(size)
        case ("settle",):
            wire.settle()
        case ("say", str(how)):
            wire.say(how)
        case ("garbage", bytes(data)):
            wire.link.receive(data)
        case ("kick",):
            # Somebody else comes with the same client id.
            wire.broker.connect("client-0001", at(0))
        case ("close", bool(abort)):
            wire.link.perform(CloseLink(LINK, abort))
        case ("eof",):
            wire.link.eof()
        case ("broken",):
            wire.link.broken(f"it broke at /mqtt?X-Amz-Signature={SECRET}")
        case _:
            raise AssertionError(step)
    wire.collect()


def check_story(heard: list[LinkInput]) -> None:
    """What holds for the reports of every link that has ended."""
    kinds = [type(report) for report in heard]
    assert sum(kind in (LinkLost, LinkRefused) for kind in kinds) == 1
    last = heard[-1]
    assert isinstance(last, LinkLost | LinkRefused)
    assert kinds.count(LinkOpened) <= kinds.count(ConnectSent) <= 1
    if LinkOpened in kinds:
        assert kinds[:2] == [ConnectSent, LinkOpened]
        assert isinstance(last, LinkLost)
    elif ConnectSent in kinds:
        assert kinds[0] is ConnectSent
        assert len(kinds) == 2
    assert last.reason
    for report in heard:
        assert SECRET not in repr(report)
        assert MAC not in repr(report).lower()


@given(endpoint=ENDPOINTS, begin=st.booleans(), steps=st.lists(STEPS, max_size=25))
@settings(max_examples=200, deadline=None)
def test_whatever_happens_the_story_is_whole(
    endpoint: Endpoint, begin: bool, steps: list[tuple[object, ...]]
) -> None:
    wire = Wire(endpoint)
    if begin:
        wire.link.start()
        wire.settle()
        assert wire.heard == [ConnectSent(LINK), LinkOpened(LINK)]
    for step in steps:
        take_step(wire, step)
        ended = any(isinstance(report, LinkLost | LinkRefused) for report in wire.heard)
        assert wire.link.closed == ended
    if not wire.link.closed:
        wire.link.broken("the test is over")
        wire.collect()
    check_story(wire.heard)
    # Nothing moves it any more.
    for step in [
        ("start",),
        ("garbage", b"\x20\x02\0\0"),
        ("eof",),
        ("broken",),
        ("close", True),
        ("close", False),
    ]:
        take_step(wire, step)
    take_step(wire, ("perform", actions.Ping(LINK)))
    assert wire.after_the_end == []
    assert wire.link.take() == b""


@given(
    endpoint=ENDPOINTS, version=st.sampled_from([4, 5]), garbage=st.binary(min_size=1, max_size=60), data=st.data()
)
@settings(max_examples=120, deadline=None)
def test_garbage_at_any_point_ends_the_link_once_or_waits_for_more(
    endpoint: Endpoint, version: Version, garbage: bytes, data: st.DataObject
) -> None:
    wire = Wire(endpoint, version)
    wire.link.start()
    if endpoint.websocket:
        for _ in range(data.draw(st.integers(0, 1))):
            wire.collect()
            wire.move_up(10_000)
            wire.move_down(10_000)
    if version == 4 and data.draw(st.booleans()):
        wire.settle()
    for piece in data.draw(cut(garbage)):
        wire.link.receive(piece)
        wire.collect()
    if not wire.link.closed:
        wire.link.eof()
        wire.collect()
    check_story(wire.heard)
    assert wire.after_the_end == []


@given(
    endpoint=ENDPOINTS,
    wishes=st.lists(SENSIBLE, max_size=12),
    abort=st.booleans(),
    data=st.data(),
)
@settings(max_examples=80, deadline=None)
def test_every_wish_is_answered_once(
    endpoint: Endpoint, wishes: list[Subscribe | Publish | actions.Ping], abort: bool, data: st.DataObject
) -> None:
    wire = Wire(endpoint)
    wire.link.start()
    wire.settle()
    wanted: Counter[LinkInput] = Counter()
    for wish in wishes:
        wire.link.perform(wish)
        if isinstance(wish, Subscribe):
            wanted[SubscribeAnswered(LINK, wish.id, (1, 1))] += 1
        elif isinstance(wish, Publish) and wish.qos:
            wanted[PublishAnswered(LINK, wish.id)] += 1
        if data.draw(st.booleans()):
            wire.collect()
            wire.move_up(data.draw(SIZES))
            wire.move_down(data.draw(SIZES))
    wire.settle()
    answers = [r for r in wire.heard if isinstance(r, SubscribeAnswered | PublishAnswered)]
    assert Counter(answers) == wanted
    wire.link.perform(CloseLink(LINK, abort))
    wire.settle()
    assert wire.heard[-1] == LinkLost(LINK, "closed")
    check_story(wire.heard)
