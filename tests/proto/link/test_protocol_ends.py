"""The ends of a link: refused, faulty, cut off, closed by either side; what is still sent, and what is heard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from wsproto.events import BytesMessage, CloseConnection
from wsproto.frame_protocol import CloseReason

from navien_proto.link import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.sim import packets as sim
from tests.proto.link.peers import (
    ACTIONS,
    CONNECT,
    LINK,
    TCP,
    WEBSOCKET,
    ServerSide,
    feed,
    new,
    open_link,
    packet,
    properties,
    text,
)

ENDPOINTS = pytest.mark.parametrize("endpoint", [TCP, WEBSOCKET], ids=["tcp", "websocket"])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "does not speak"),
        (2, "client id"),
        (3, "unavailable"),
        (4, "password"),
        (5, "authorised"),
        (6, "code 6"),
    ],
)
def test_a_refusing_connack(code: int, words: str) -> None:
    link = new()
    link.start()
    link.receive(packet(0x20, bytes([0, code])))
    _, refused = link.inputs()
    assert isinstance(refused, LinkRefused)
    assert (refused.code, refused.status, link.closed) == (code, None, True)
    assert words in refused.reason


def test_a_refused_upgrade() -> None:
    link = new(WEBSOCKET)
    link.start()
    link.receive(
        b"HTTP/1.1 403 Forbidden\r\nDate: Thu, 15 Jan 2026 12:00:00 GMT\r\nContent-Length: 92\r\n\r\n"
        b'{"message":"Signature expired: see X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE",\r\n"more":"xyz"}'
    )
    (refused,) = link.inputs()
    assert isinstance(refused, LinkRefused)
    assert (refused.status, refused.code, refused.date) == (403, None, "Thu, 15 Jan 2026 12:00:00 GMT")
    assert refused.reason.startswith(
        'the server refused the WebSocket with HTTP 403: {"message":"Signature expired'
    )
    assert "FwoG" not in refused.reason
    assert len(refused.reason) < 120
    assert link.closed
    assert link.take() != b""  # the request, that nobody has written yet


def test_a_refused_upgrade_cut_short_by_the_end_of_the_stream() -> None:
    link = new(WEBSOCKET)
    link.start()
    link.receive(b"HTTP/1.1 429 Slow\r\nContent-Length: 100\r\n\r\n")
    assert (link.inputs(), link.closed) == ([], False)
    link.eof()
    assert link.inputs() == [LinkRefused(LINK, "the server refused the WebSocket with HTTP 429", status=429)]


def test_an_upgrade_that_breaks_the_protocol() -> None:
    link = new(WEBSOCKET)
    link.start()
    link.receive(b"SSH-2.0-OpenSSH\r\n")
    assert link.inputs() == [LinkRefused(LINK, "the answer to the WebSocket upgrade is not HTTP")]
    assert link.closed


@ENDPOINTS
def test_a_fault_of_the_broker(endpoint: Endpoint) -> None:
    link, server = open_link(endpoint)
    good = sim.encode(sim.Publish(topic="a", payload=b"secret", qos=1, packet_id=3))
    feed(link, server, good + packet(0x30, text("secret/#") + b"secret"))
    assert link.inputs() == [
        MessageReceived(LINK, "a", b"secret", qos=1),
        LinkLost(LINK, "the broker sent a PUBLISH with a wildcard in its topic"),
    ]
    assert link.closed
    if endpoint.websocket:
        acknowledgement, close = server.receive(link.take())
        assert isinstance(acknowledgement, BytesMessage)
        assert isinstance(close, CloseConnection)
        assert close.code == CloseReason.PROTOCOL_ERROR
    else:
        assert link.take() == sim.encode(sim.PubAck(3))


def test_a_fault_before_the_link_stood() -> None:
    link = new()
    link.start()
    link.receive(packet(0x30, text("a")))
    assert link.inputs() == [ConnectSent(LINK), LinkRefused(LINK, "the broker sent a PUBLISH at the wrong time")]


def test_in_mqtt_5_the_broker_is_told_of_its_fault() -> None:
    link, server = open_link(version=5)
    feed(link, server, b"\0")
    assert link.take() == packet(0xE0, b"\x82\0")
    assert link.inputs() == [LinkLost(LINK, "packets of type 0 do not exist")]


def test_mqtt_5_says_why_it_refuses_and_leaves() -> None:
    link, server = open_link(WEBSOCKET, version=5)
    link.perform(Publish(LINK, 60, "a", b"", 1))
    link.perform(Subscribe(LINK, 61, ("a",)))
    link.take()
    feed(link, server, packet(0x40, b"\0\1\x87") + packet(0x90, b"\0\2\0\x8f") + packet(0xE0, b"\x8e"))
    assert link.inputs() == [
        PublishAnswered(LINK, 60, 0x87),
        SubscribeAnswered(LINK, 61, (0x8F,)),
        LinkLost(LINK, "the broker ended the connection: another client connected with the same id (code 142)"),
    ]
    assert link.closed


def test_a_fault_of_the_frames() -> None:
    link, server = open_link(WEBSOCKET)
    link.receive(server.send(packet(0xD0)) + b"\x83\x00")
    pong, lost = link.inputs()
    assert pong == PongReceived(LINK)
    assert isinstance(lost, LinkLost)
    assert "malformed" in lost.reason
    (close,) = server.receive(link.take())
    assert isinstance(close, CloseConnection)


def test_the_server_closes_the_websocket() -> None:
    link, server = open_link(WEBSOCKET)
    link.receive(server.send(packet(0xD0)) + server.close(1001, "going to\nuser@example.com"))
    assert link.inputs() == [
        PongReceived(LINK),
        LinkLost(LINK, "the server closed the WebSocket (code 1001): going to <e-mail>"),
    ]
    assert link.closed
    (answer,) = server.receive(link.take())
    assert isinstance(answer, CloseConnection)


def test_a_websocket_closed_before_connack_is_a_refusal() -> None:
    link, server = new(WEBSOCKET), ServerSide()
    link.start()
    server.receive(link.take())
    link.receive(server.accept() + server.close(1008))
    assert link.inputs() == [ConnectSent(LINK), LinkRefused(LINK, "the server closed the WebSocket (code 1008)")]


ENDINGS: dict[str, tuple[Callable[[LinkProtocol], None], str]] = {
    "eof": (LinkProtocol.eof, "the other side closed the connection"),
    "broken": (lambda link: link.broken("reset by user@example.com"), "reset by <e-mail>"),
}


@ENDPOINTS
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_stream_ends(endpoint: Endpoint, ending: str) -> None:
    end, reason = ENDINGS[ending]
    link, _ = open_link(endpoint)
    link.perform(Ping(LINK))
    end(link)
    assert (link.inputs(), link.take(), link.closed) == ([LinkLost(LINK, reason)], b"", True)
    for again in (LinkProtocol.eof, LinkProtocol.start):
        again(link)
    link.broken("again")
    link.receive(b"more")
    link.perform(CloseLink(LINK, abort=True))
    assert (link.inputs(), link.take()) == ([], b"")


@ENDPOINTS
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("started", [False, True])
def test_the_stream_ends_before_the_link_stood(endpoint: Endpoint, ending: str, started: bool) -> None:
    end, reason = ENDINGS[ending]
    link = new(endpoint)
    if started:
        link.start()
        link.inputs()
    end(link)
    assert (link.inputs(), link.closed) == ([LinkRefused(LINK, reason)], True)


def test_bytes_before_the_start_end_it() -> None:
    link = new()
    link.receive(b"hello")
    (refused,) = link.inputs()
    assert isinstance(refused, LinkRefused)
    assert (link.take(), link.closed) == (b"", True)


# --- closing -----------------------------------------------------------------------------------------------------


def test_close_over_tcp() -> None:
    link, _ = open_link()
    link.perform(CloseLink(LINK))
    assert (link.take(), link.inputs(), link.closed) == (b"\xe0\0", [LinkLost(LINK, "closed")], True)


def test_close_over_websocket() -> None:
    link, server = open_link(WEBSOCKET)
    link.perform(CloseLink(LINK))
    disconnect, close = server.receive(link.take())
    assert isinstance(disconnect, BytesMessage)
    assert disconnect.data == b"\xe0\0"
    assert isinstance(close, CloseConnection)
    assert close.code == 1000
    assert (link.inputs(), link.closed) == ([], False)
    # What still comes is not wanted any more, and need not make sense.
    link.receive(b"\x82\x01\x00")
    for action in (*ACTIONS, CloseLink(LINK)):
        link.perform(action)
    assert (link.take(), link.inputs(), link.closed) == (b"", [], False)
    link.receive(server.ws.send(close.response()))
    assert (link.inputs(), link.closed) == ([LinkLost(LINK, "closed")], True)


@pytest.mark.parametrize(
    "end",
    [
        LinkProtocol.eof,
        lambda link: link.broken("time is over"),
        lambda link: link.perform(CloseLink(LINK, abort=True)),
        lambda link: link.receive(b"\x83\x00"),
    ],
)
def test_a_close_nobody_answers(end: Callable[[LinkProtocol], None]) -> None:
    link, _ = open_link(WEBSOCKET)
    link.perform(CloseLink(LINK))
    end(link)
    assert (link.inputs(), link.closed) == ([LinkLost(LINK, "closed")], True)


@ENDPOINTS
def test_abort(endpoint: Endpoint) -> None:
    link, _ = open_link(endpoint)
    link.perform(Ping(LINK))
    link.perform(CloseLink(LINK, abort=True))
    assert (link.take(), link.inputs(), link.closed) == (b"", [LinkLost(LINK, "closed")], True)


def test_close_before_connack_says_goodbye_so_that_no_will_is_published() -> None:
    link = new()
    link.start()
    link.perform(CloseLink(LINK))
    assert link.take() == CONNECT + b"\xe0\0"
    assert link.inputs() == [ConnectSent(LINK), LinkLost(LINK, "closed")]


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("abort", [False, True])
def test_close_before_there_is_a_websocket(started: bool, abort: bool) -> None:
    link = new(WEBSOCKET)
    if started:
        link.start()
    link.perform(CloseLink(LINK, abort))
    assert (link.take(), link.inputs(), link.closed) == (b"", [LinkLost(LINK, "closed")], True)


def test_properties_of_a_connack_do_no_harm() -> None:
    link = LinkProtocol(OpenLink(LINK, TCP, "client-0001", clean_session=False, version=5))
    link.start()
    link.receive(packet(0x20, b"\1\0" + properties(b"\x13\0\x3c", b"\x21\0\1")))
    assert link.inputs() == [ConnectSent(LINK), LinkOpened(LINK, True, keep_alive=60)]
