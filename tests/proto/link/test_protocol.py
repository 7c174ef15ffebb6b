"""One link from its start to its end: each step states what is sent, what is heard, and whether it is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from navien_proto.errors import UsageError
from navien_proto.link import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Unsubscribe, Will
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkOpened,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    PublishFailed,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.sim import packets as sim
from tests.proto.link.peers import (
    ACTIONS,
    CONNACK,
    CONNECT,
    LINK,
    TCP,
    WEBSOCKET,
    ServerSide,
    feed,
    new,
    open_link,
    packet,
    sent,
)

ENDPOINTS = pytest.mark.parametrize("endpoint", [TCP, WEBSOCKET], ids=["tcp", "websocket"])


# --- opening -----------------------------------------------------------------------------------------------------


def test_over_tcp() -> None:
    link = new()
    assert (link.take(), link.inputs(), link.closed) == (b"", [], False)
    link.start()
    assert (link.take(), link.inputs()) == (CONNECT, [ConnectSent(LINK)])
    link.start()
    assert (link.take(), link.inputs()) == (b"", [])
    link.receive(CONNACK[4])
    assert (link.take(), link.inputs(), link.closed) == (b"", [LinkOpened(LINK, False)], False)


def test_a_link_that_is_open_is_not_opened_again() -> None:
    link, _ = open_link()
    link.perform(OpenLink(LINK, TCP, "client-0001"))
    assert (link.take(), link.inputs(), link.closed) == (b"", [], False)


def test_over_websocket() -> None:
    link, server = new(WEBSOCKET), ServerSide()
    link.start()
    server.receive(link.take())
    assert server.request is not None
    assert (server.request.target, server.request.host) == (WEBSOCKET.target, "broker.example")
    assert link.inputs() == []
    link.receive(server.accept())
    assert link.inputs() == [ConnectSent(LINK)]
    assert server.messages(link.take()) == [CONNECT]
    link.receive(server.send(CONNACK[4][:1], finished=False) + server.send(CONNACK[4][1:]))
    assert link.inputs() == [LinkOpened(LINK)]


def test_everything_in_open_link_reaches_the_broker() -> None:
    will = Will("a/b", b"gone", qos=0, retain=True)
    action = OpenLink(
        LINK, TCP, "client-0002", keep_alive=30, clean_session=False, will=will, username="u", password="1234"
    )
    link = LinkProtocol(action)
    link.start()
    assert sim.decode(link.take()) == sim.Connect(
        client_id="client-0002", keep_alive=30, clean_session=False, will=will, username="u", password=b"1234"
    )
    link.receive(packet(0x20, b"\1\0"))
    assert link.inputs() == [ConnectSent(LINK), LinkOpened(LINK, True)]


@pytest.mark.parametrize(
    "action",
    [
        OpenLink(LINK, TCP, ""),
        OpenLink(LINK, TCP, "a\0b"),
        OpenLink(LINK, TCP, "a", keep_alive=70_000),
        OpenLink(LINK, TCP, "a", will=Will("#", b"")),
        OpenLink(LINK, TCP, "a", password="1234"),
        OpenLink(LINK, Endpoint("wss", "", 443, "/mqtt"), "a"),
        OpenLink(LINK, Endpoint("ws", "a", 80), "a"),
    ],
)
def test_what_cannot_be_said_is_refused_before_anything_is_opened(action: OpenLink) -> None:
    with pytest.raises(UsageError) as caught:
        LinkProtocol(action)
    assert "1234" not in str(caught.value)


# --- standing ----------------------------------------------------------------------------------------------------


@ENDPOINTS
def test_subscribe(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    link.perform(Subscribe(LINK, 41, ("a/#", "b/+")))
    link.perform(Subscribe(LINK, 42, ("c",), qos=0))
    first, second = sent(link, server)
    assert sim.decode(first) == sim.Subscribe(1, (("a/#", 1), ("b/+", 1)))
    assert sim.decode(second) == sim.Subscribe(2, (("c", 0),))
    feed(link, server, sim.encode(sim.SubAck(2, (0,))) + sim.encode(sim.SubAck(1, (1, 0x80))))
    assert link.inputs() == [SubscribeAnswered(LINK, 42, (0,)), SubscribeAnswered(LINK, 41, (1, 0x80))]


@ENDPOINTS
def test_publish(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    for place, qos in enumerate((0, 1, 2)):
        link.perform(Publish(LINK, 50 + place, "a/b", b"x", qos, retain=qos == 1))
    assert [sim.decode(one) for one in sent(link, server)] == [
        sim.Publish(topic="a/b", payload=b"x"),
        sim.Publish(topic="a/b", payload=b"x", qos=1, retain=True, packet_id=1),
        sim.Publish(topic="a/b", payload=b"x", qos=2, packet_id=2),
    ]
    feed(link, server, sim.encode(sim.PubRec(2)) + sim.encode(sim.PubAck(1)))
    assert link.inputs() == [PublishAnswered(LINK, 51)]
    assert sent(link, server) == [sim.encode(sim.PubRel(2))]
    feed(link, server, sim.encode(sim.PubComp(2)))
    assert link.inputs() == [PublishAnswered(LINK, 52)]


@ENDPOINTS
def test_messages_are_acknowledged(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    feed(
        link,
        server,
        sim.encode(sim.Publish(topic="a", payload=b"0", retain=True))
        + sim.encode(sim.Publish(topic="b", payload=b"1", qos=1, packet_id=9, duplicate=True))
        + sim.encode(sim.Publish(topic="c", payload=b"2", qos=2, packet_id=10)),
    )
    assert link.inputs() == [
        MessageReceived(LINK, "a", b"0", retain=True),
        MessageReceived(LINK, "b", b"1", duplicate=True, qos=1),
        MessageReceived(LINK, "c", b"2", qos=2),
    ]
    assert sent(link, server) == [sim.encode(sim.PubAck(9)), sim.encode(sim.PubRec(10))]


@ENDPOINTS
def test_ping(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    link.perform(Ping(LINK))
    assert sent(link, server) == [sim.encode(sim.PingReq())]
    feed(link, server, sim.encode(sim.PingResp()))
    assert link.inputs() == [PongReceived(LINK)]


@ENDPOINTS
def test_too_many_publishes_wait_here(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint, max_in_flight=2)
    for number in range(5):
        link.perform(Publish(LINK, number, "a", b"", 1))
    assert len(sent(link, server)) == 2
    feed(link, server, sim.encode(sim.PubAck(1)))
    assert len(sent(link, server)) == 1
    assert link.inputs() == [PublishAnswered(LINK, 0)]


@ENDPOINTS
def test_bad_arguments_are_refused_and_the_link_goes_on(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    for bad in (
        Subscribe(LINK, 1, ()),
        Subscribe(LINK, 1, ("a/#/b",)),
        Ping(LINK + 1),
        CloseLink(LINK - 1),
    ):
        with pytest.raises(UsageError):
            link.perform(bad)
    assert (link.take(), link.inputs(), link.closed) == (b"", [], False)
    link.perform(Ping(LINK))
    assert sent(link, server) == [sim.encode(sim.PingReq())]


@ENDPOINTS
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_what_cannot_be_published_is_answered_and_the_link_goes_on(endpoint: Endpoint, qos: int) -> None:
    link, server = open_link(endpoint)
    for number, (topic, payload, said) in enumerate(
        [("a/#", b"", "wildcard"), ("", b"", "empty"), ("a", bytes(2 << 20), "too long")]
    ):
        link.perform(Publish(LINK, number, topic, payload, qos))
        (failed,) = link.inputs()
        assert isinstance(failed, PublishFailed)
        assert (failed.id, failed.link) == (number, LINK)
        assert said in failed.reason
    link.perform(Publish(LINK, 9, "a", b"", 1))
    (packet,) = sent(link, server)
    feed(link, server, sim.encode(sim.PubAck(int.from_bytes(packet[-2:], "big"))))
    assert link.inputs() == [PublishAnswered(LINK, 9)]


@ENDPOINTS
def test_unsubscribing_is_answered(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    link.perform(Unsubscribe(LINK, 7, ("a", "b/#")))
    (packet,) = sent(link, server)
    assert packet == sim.encode(sim.Unsubscribe(1, ("a", "b/#")))
    feed(link, server, sim.encode(sim.UnsubAck(1)))
    assert link.inputs() == [UnsubscribeAnswered(LINK, 7)]


def test_while_the_link_does_not_stand_actions_do_nothing() -> None:
    link, server = new(WEBSOCKET), ServerSide()
    steps: list[Callable[[], None]] = [lambda: None, link.start, lambda: link.receive(server.accept())]
    for step in steps:
        step()
        if data := link.take():
            server.receive(data)
        for action in ACTIONS:
            link.perform(action)
        assert link.take() == b""
    link.broken("gone")
    link.inputs()
    for action in ACTIONS:
        link.perform(action)
    assert (link.take(), link.inputs()) == (b"", [])
