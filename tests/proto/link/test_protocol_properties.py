"""A link under anything: any split of what comes, any order of what is asked, and one end, always."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.link import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Version
from navien_proto.mqtt.inputs import LinkInput, LinkLost, LinkOpened, LinkRefused
from navien_proto.sim import packets as sim
from tests.proto.link.peers import CONNACK, LINK, TCP, WEBSOCKET, ServerSide, open_link
from tests.support.packets import PACKETS, TOPICS, cut

ENDPOINTS = st.sampled_from([TCP, WEBSOCKET])
VERSIONS: st.SearchStrategy[Version] = st.sampled_from([4, 5])
LIKELY: st.SearchStrategy[sim.Packet] = st.one_of(
    st.builds(sim.SubAck, st.integers(1, 3), st.sampled_from([(1,), (0x80,), (1, 1)])),
    st.builds(sim.PubAck, st.integers(1, 3)),
    st.builds(sim.Publish, topic=TOPICS, payload=st.binary(max_size=200)),
    st.builds(sim.Publish, topic=TOPICS, qos=st.integers(1, 2), packet_id=st.integers(1, 3)),
    st.just(sim.PingResp()),
    PACKETS,
)
LAST = LinkLost | LinkRefused


def check_order(inputs: list[LinkInput], closed: bool) -> None:
    """Exactly one last input, at the end, when and only when it is over; LinkOpened before it decides which."""
    last = [one for one in inputs if isinstance(one, LAST)]
    assert len(last) == closed
    assert inputs[-1:] == last or not closed
    assert all(one.link == LINK for one in inputs)
    if any(isinstance(one, LinkOpened) for one in inputs):
        assert not any(isinstance(one, LinkRefused) for one in last)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """What a broker says after CONNACK: packets, joined at will, now and then damaged."""
    packets = [sim.encode(one) for one in draw(st.lists(LIKELY, max_size=5))]
    if draw(st.booleans()):
        packets.insert(draw(st.integers(0, len(packets))), draw(st.binary(max_size=8)))
    return draw(cut(b"".join(packets)))


@settings(deadline=None, max_examples=300)
@given(pieces=streams(), endpoint=ENDPOINTS, data=st.data())
def test_any_split_gives_the_same_inputs(pieces: list[bytes], endpoint: Endpoint, data: st.DataObject) -> None:
    results = []
    for split in (False, True):
        link, server = open_link(endpoint)
        link.perform(Subscribe(LINK, 10, ("a",)))
        link.perform(Publish(LINK, 11, "a", b"", 1))
        link.take()
        framed = [server.send(piece) for piece in pieces] if endpoint.websocket else pieces
        for piece in data.draw(cut(b"".join(framed))) if split else [b"".join(framed)]:
            link.receive(piece)
        inputs = link.inputs()
        check_order(inputs, link.closed)
        out = link.take()
        if endpoint.websocket and out:
            # The masks differ from link to link.
            out = repr(server.receive(out)).encode()
        results.append((inputs, out, link.closed))
    assert results[0] == results[1]


BAD: st.SearchStrategy[Publish | Subscribe | Ping] = st.sampled_from(
    [Publish(LINK, 1, "#", b""), Subscribe(LINK, 2, ()), Ping(LINK + 1), Publish(LINK, 3, "a", b"", 9)]
)
ASKED = st.one_of(
    st.just(Subscribe(LINK, 10, ("a/#", "b"))),
    st.builds(Publish, st.just(LINK), st.integers(20, 29), TOPICS, st.binary(max_size=20), st.integers(0, 2)),
    st.just(Ping(LINK)),
    st.sampled_from([CloseLink(LINK), CloseLink(LINK, abort=True)]),
)
Step = Callable[[LinkProtocol, ServerSide], None]


def ask(action: Subscribe | Publish | Ping | CloseLink) -> Step:
    return lambda link, _server: link.perform(action)


def say(data: bytes) -> Step:
    def step(link: LinkProtocol, server: ServerSide) -> None:
        link.receive(server.send(data) if link.endpoint.websocket and server.ws.connection is not None else data)

    return step


def accept(link: LinkProtocol, server: ServerSide) -> None:
    if link.endpoint.websocket and server.ws.connection is None and (request := link.take()):
        server.receive(request)
        link.receive(server.accept())


def plant(action: Publish | Subscribe | Ping) -> Step:
    def step(link: LinkProtocol, _server: ServerSide) -> None:
        try:
            link.perform(action)
        except UsageError:
            return
        # Only a link that does not stand may overlook it; another link's action it never may.
        assert action.link == LINK

    return step


STEPS: st.SearchStrategy[Step] = st.one_of(
    ASKED.map(ask),
    BAD.map(plant),
    st.binary(max_size=12).map(say),
    LIKELY.map(sim.encode).map(say),
    st.sampled_from(list(CONNACK.values())).map(say),
    st.sampled_from(
        [
            accept,
            accept,
            lambda link, _server: link.start(),
            lambda link, _server: link.start(),
            lambda link, _server: link.eof(),
            lambda link, _server: link.broken("reset"),
            lambda link, _server: link.receive(b""),
        ]
    ),
)


@settings(deadline=None, max_examples=400)
@given(endpoint=ENDPOINTS, version=VERSIONS, steps=st.lists(STEPS, max_size=25))
def test_any_order_of_anything_has_one_end_and_raises_nothing(
    endpoint: Endpoint, version: Version, steps: list[Step]
) -> None:
    link, server = LinkProtocol(OpenLink(LINK, endpoint, "client-0001", version=version)), ServerSide()
    link.start()
    accept(link, server)
    inputs: list[LinkInput] = link.inputs()
    for step in steps:
        before = link.closed
        step(link, server)
        new = link.inputs()
        assert not (before and new)
        inputs += new
        check_order(inputs, link.closed)
    link.perform(CloseLink(LINK, abort=True))
    inputs += link.inputs()
    assert link.closed
    check_order(inputs, closed=True)


@settings(deadline=None, max_examples=200)
@given(pieces=st.lists(st.binary(max_size=60), max_size=6))
@pytest.mark.parametrize("endpoint", [TCP, WEBSOCKET], ids=["tcp", "websocket"])
@pytest.mark.parametrize("version", [4, 5])
def test_garbage_raises_nothing(endpoint: Endpoint, version: Version, pieces: list[bytes]) -> None:
    fresh = LinkProtocol(OpenLink(LINK, endpoint, "client-0001", version=version))
    fresh.start()
    for link in (fresh, open_link(endpoint, version=version)[0]):
        link.inputs()
        for piece in pieces:
            link.receive(piece)
            link.take()
        if link.closed:
            assert len([one for one in link.inputs() if isinstance(one, LAST)]) == 1
        link.eof()
