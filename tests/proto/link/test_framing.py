"""The WebSocket around a link: the upgrade and its refusals, frames of every make, any split, garbage."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.events import CloseConnection, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from navien_proto.errors import UsageError
from navien_proto.link.events import ProtocolFault
from navien_proto.link.frames import MAX_MESSAGE_SIZE
from navien_proto.link.framing import (
    MAX_HEAD,
    MAX_REFUSAL_BODY,
    FramingEvent,
    PayloadIn,
    PeerClosed,
    Upgraded,
    UpgradeRefused,
    WebSocketFraming,
)
from navien_proto.mqtt.actions import Endpoint
from tests.proto.link.peers import WEBSOCKET, ServerSide
from tests.support.packets import cut


def opened() -> tuple[WebSocketFraming, ServerSide]:
    framing, server = WebSocketFraming(WEBSOCKET), ServerSide()
    server.receive(framing.take())
    assert framing.feed(server.accept()) == [Upgraded()]
    return framing, server


def upgrading() -> tuple[WebSocketFraming, bytes]:
    """A framing that waits for its answer, and the accept token it wants."""
    framing = WebSocketFraming(WEBSOCKET)
    head = framing.take().split(b"\r\n")
    (key,) = (line.partition(b": ")[2] for line in head if line.lower().startswith(b"sec-websocket-key"))
    return framing, base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def collect(framing: WebSocketFraming, pieces: list[bytes]) -> tuple[list[FramingEvent], str | None]:
    """What ``pieces`` say, payloads joined, and the fault that ended it."""
    events: list[FramingEvent] = []
    fault = None
    for piece in pieces:
        try:
            events += framing.feed(piece)
        except ProtocolFault as error:
            events += error.before
            fault = str(error)
            break
    joined: list[FramingEvent] = []
    for event in events:
        if isinstance(event, PayloadIn) and joined and isinstance(joined[-1], PayloadIn):
            joined[-1] = PayloadIn(joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined, fault


# --- the upgrade -------------------------------------------------------------------------------------------------


def test_the_target_goes_out_exactly_as_signed() -> None:
    target = "/mqtt?X-Amz-Credential=A%2F20260115%2Fus-east-1&X-Amz-Date=20260115T120000Z&b=%2b&a=+&&c"
    request = WebSocketFraming(Endpoint("wss", "Broker.Example", 443, target)).take()
    assert request.startswith(f"GET {target} HTTP/1.1\r\nHost: broker.example\r\n".encode())
    assert b"Sec-WebSocket-Protocol: mqtt\r\n" in request
    assert b"Extensions" not in request


@pytest.mark.parametrize(
    ("scheme", "host", "port", "expected"),
    [
        ("wss", "a.example", 443, b"a.example"),
        ("wss", "a.example", 80, b"a.example:80"),
        ("ws", "a.example", 80, b"a.example"),
        ("ws", "127.0.0.1", 9001, b"127.0.0.1:9001"),
        ("ws", "::1", 80, b"[::1]"),
        ("wss", "[::1]", 8443, b"[::1]:8443"),
        ("wss", "bücher.example", 443, b"xn--bcher-kva.example"),
    ],
)
def test_host_header(scheme: str, host: str, port: int, expected: bytes) -> None:
    request = WebSocketFraming(Endpoint(scheme, host, port, "/mqtt")).take()  # type: ignore[arg-type]
    assert b"\r\nHost: " + expected + b"\r\n" in request


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("", "/mqtt"),
        ("a b", "/mqtt"),
        ("a\r\nX: y", "/mqtt"),
        ("user@a", "/mqtt"),
        ("a/b", "/mqtt"),
        ("a..b", "/mqtt"),
        ("a" * 64, "/mqtt"),
        ("a", ""),
        ("a", "mqtt"),
        ("a", "/mqtt x"),
        ("a", "/mqtt\r\nX: y"),
        ("a", "/mqtt?é"),
    ],
)
def test_an_endpoint_http_cannot_name_is_refused(host: str, target: str) -> None:
    with pytest.raises(UsageError) as caught:
        WebSocketFraming(Endpoint("wss", host, 443, target))
    assert target not in str(caught.value) or not target


def test_frames_right_behind_the_answer_are_heard() -> None:
    framing, server = WebSocketFraming(WEBSOCKET), ServerSide()
    server.receive(framing.take())
    assert framing.feed(server.accept() + server.send(b"now")) == [Upgraded(), PayloadIn(b"now")]


@pytest.mark.parametrize("subprotocol", [None, "mqttv3.1"])
def test_the_sub_protocol_must_be_agreed(subprotocol: str | None) -> None:
    framing, token = upgrading()
    agreed = "" if subprotocol is None else f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
    answer = f"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{agreed}".encode()
    with pytest.raises(ProtocolFault, match="protocol"):
        framing.feed(answer + b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n")


SOUND = {
    "Upgrade": b"websocket",
    "Connection": b"Upgrade",
    "Sec-WebSocket-Protocol": b"mqtt",
    "Sec-WebSocket-Accept": b"?",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Upgrade", b"h2c"),
        ("Connection", b"close"),
        ("Sec-WebSocket-Accept", b"wrong"),
        ("Sec-WebSocket-Protocol", b"\xff"),
        ("Connection", b"\xff"),
        ("Sec-WebSocket-Extensions", b"permessage-deflate"),
        ("Bad Name", b"x"),
    ],
)
def test_an_answer_that_breaks_the_rules_is_refused(name: str, value: bytes) -> None:
    framing, token = upgrading()
    headers = SOUND | {"Sec-WebSocket-Accept": token} | {name: value}
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers.items())
    with pytest.raises(ProtocolFault) as caught:
        framing.feed(b"HTTP/1.1 101 Yes\r\n" + lines + b"\r\n")
    assert len(str(caught.value)) < 160
    with pytest.raises(ProtocolFault) as again:
        framing.feed(b"more")
    assert str(again.value) == str(caught.value)


REFUSAL = (
    b"HTTP/1.1 403 Forbidden\r\nDate: Thu, 15 Jan 2026 12:00:00 GMT\r\nContent-Length: 23\r\n\r\n"
    b'{"message":"Forbidden"}'
)
REFUSED = UpgradeRefused(403, "Thu, 15 Jan 2026 12:00:00 GMT", b'{"message":"Forbidden"}')


@settings(deadline=None)
@given(st.data())
def test_a_refusal_keeps_status_date_and_body(data: st.DataObject) -> None:
    framing = WebSocketFraming(WEBSOCKET)
    framing.take()
    assert collect(framing, data.draw(cut(REFUSAL + b"more"))) == ([REFUSED], None)
    assert framing.eof() == []


@pytest.mark.parametrize("size", [0, 5, 22])
def test_a_refusal_cut_short_is_one(size: int) -> None:
    framing = WebSocketFraming(WEBSOCKET)
    end = REFUSAL.index(b"{") + size
    assert framing.feed(REFUSAL[:end]) == []
    assert framing.eof() == [UpgradeRefused(403, REFUSED.date, REFUSED.body[:size])]


def test_a_refusal_without_length_ends_with_the_stream() -> None:
    framing = WebSocketFraming(WEBSOCKET)
    assert framing.feed(b"HTTP/1.0 503 Busy\r\n\r\nlater") == []
    assert framing.eof() == [UpgradeRefused(503, None, b"later")]


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_a_long_refusal_is_not_read_to_its_end(data: st.DataObject) -> None:
    framing = WebSocketFraming(WEBSOCKET)
    answer = b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    expected = UpgradeRefused(500, None, b"x" * MAX_REFUSAL_BODY)
    assert collect(framing, data.draw(cut(answer))) == ([expected], None)


def test_a_refusal_with_a_broken_body_is_one() -> None:
    framing = WebSocketFraming(WEBSOCKET)
    answer = b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxx\r\n"
    assert framing.feed(answer) == [UpgradeRefused(500, None, b"abc")]


@pytest.mark.parametrize("status", [200, 204, 302, 401])
def test_any_other_status_is_a_refusal(status: int) -> None:
    framing = WebSocketFraming(WEBSOCKET)
    (event,) = framing.feed(f"HTTP/1.1 {status} Well\r\nContent-Length: 0\r\n\r\n".encode())
    assert event == UpgradeRefused(status)


@settings(deadline=None)
@given(data=st.data(), end=st.sampled_from([b"", b"\r\n\r\n"]))
def test_the_head_has_a_limit(data: st.DataObject, end: bytes) -> None:
    framing = WebSocketFraming(WEBSOCKET)
    answer = b"HTTP/1.1 403 No\r\nX: " + b"x" * MAX_HEAD + end
    events, fault = collect(framing, data.draw(cut(answer)))
    assert events == []
    assert "too long a head" in (fault or "")


@pytest.mark.parametrize("data", [b"S", b"SSH-2.0-x\r\n", b"HTTQ", b"\x15\x03\x01", b"\r\n"])
def test_what_is_not_http_is_known_by_its_first_bytes(data: bytes) -> None:
    with pytest.raises(ProtocolFault, match="not HTTP"):
        WebSocketFraming(WEBSOCKET).feed(data)


def test_before_the_answer_nothing_is_sent_and_the_end_says_nothing() -> None:
    framing = WebSocketFraming(WEBSOCKET)
    framing.take()
    framing.send(b"x")
    framing.close()
    assert framing.take() == b""
    assert framing.eof() == []
    assert framing.feed(b"HTTP") == []


# --- frames ------------------------------------------------------------------------------------------------------


def test_one_packet_is_one_masked_binary_message() -> None:
    framing, server = opened()
    for payload in (b"a", bytes(126), bytes(65536), b""):
        framing.send(payload)
    data = framing.take()
    assert data[0] == 0x82
    assert data[1] & 0x80
    assert server.messages(data) == [b"a", bytes(126), bytes(65536), b""]


def test_pings_are_answered_and_pongs_ignored() -> None:
    framing, server = opened()
    assert framing.feed(server.ws.send(Ping(b"why")) + server.ws.send(Pong(b""))) == []
    assert server.receive(framing.take()) == [Pong(b"why")]


def test_text_is_refused() -> None:
    framing, server = opened()
    with pytest.raises(ProtocolFault, match="text"):
        framing.feed(server.ws.send(TextMessage("{}")))
    (close,) = server.receive(framing.take())
    assert isinstance(close, CloseConnection)
    assert close.code == CloseReason.UNSUPPORTED_DATA


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x83\x00", 1002),
        (b"\xc2\x00", 1002),
        (b"\x82\x81\x00\x00\x00\x00x", 1002),
        (b"\x82\x7e\x00\x01x", 1002),
        (b"\x80\x00", 1002),
        (b"\x02\x00\x82\x00", 1002),
        (b"\x09\x00", 1002),
        (b"\x89\x7e\x00\x7e", 1002),
        (b"\x88\x01x", 1002),
        (b"\x88\x02\x03\xec", 1002),
        (b"\x88\x03\x03\xe8\xff", 1007),
    ],
)
def test_malformed_frames_are_refused(frame: bytes, code: int) -> None:
    framing, server = opened()
    events, fault = collect(framing, [server.send(b"in front") + frame])
    assert events == [PayloadIn(b"in front")]
    assert "malformed" in (fault or "")
    (close,) = server.receive(framing.take())
    assert isinstance(close, CloseConnection)
    assert close.code == code
    framing.send(b"x")
    framing.close()
    assert framing.take() == b""


def test_a_message_has_a_limit() -> None:
    framing, server = opened()
    piece = bytes(1 << 20)
    for _ in range(MAX_MESSAGE_SIZE >> 20):
        assert framing.feed(server.send(piece, finished=False)) != []
    events, fault = collect(framing, [server.send(b"x")])
    assert events == []
    assert "does not end" in (fault or "")
    (close,) = server.receive(framing.take())
    assert isinstance(close, CloseConnection)
    assert close.code == CloseReason.MESSAGE_TOO_BIG


def test_a_message_ends_and_the_next_has_the_limit_anew() -> None:
    framing, server = opened()
    for _ in range(2):
        assert framing.feed(server.send(bytes(MAX_MESSAGE_SIZE))) == [PayloadIn(bytes(MAX_MESSAGE_SIZE))]


def test_an_announced_length_buffers_nothing() -> None:
    framing, _ = opened()
    assert framing.feed(b"\x82\x7f" + (1 << 62).to_bytes(8, "big") + b"abc") == [PayloadIn(b"abc")]


def test_the_server_closes() -> None:
    framing, server = opened()
    assert framing.feed(server.close(1001, "bye") + b"garbage") == [PeerClosed(1001, "bye")]
    (answer,) = server.receive(framing.take())
    assert isinstance(answer, CloseConnection)
    assert answer.code == 1001
    framing.send(b"x")
    framing.close()
    assert framing.take() == b""
    assert framing.feed(b"garbage") == []
    assert framing.eof() == []


def test_the_server_closes_without_a_code() -> None:
    framing, server = opened()
    assert framing.feed(b"\x88\x00") == [PeerClosed(1005)]
    (answer,) = server.receive(framing.take())
    assert isinstance(answer, CloseConnection)


def test_we_close() -> None:
    framing, server = opened()
    framing.close()
    framing.close()
    framing.send(b"x")
    (close,) = server.receive(framing.take())
    assert isinstance(close, CloseConnection)
    assert close.code == 1000
    late = b"\x82\x04late\x89\x00"
    assert framing.feed(late + server.ws.send(close.response())) == [PayloadIn(b"late"), PeerClosed(1000)]
    assert framing.take() == b""


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """What a server may send: frames of every make, whole and fragmented, sound and not."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["data", "fragments", "ping", "text", "close", "noise"]))
        payload = draw(st.binary(max_size=20) | st.just(bytes(200)))
        size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
        match kind:
            case "data":
                parts.append(b"\x82" + size + payload)
            case "fragments":
                parts.append(b"\x02" + size + payload + b"\x89\x00" + b"\x80" + size + payload)
            case "ping":
                parts.append(b"\x89\x02hi")
            case "text":
                parts.append(b"\x81" + size + payload)
            case "close":
                parts.append(b"\x88\x05\x03\xe8bye")
            case "noise":
                parts.append(draw(st.binary(max_size=6)))
    return b"".join(parts)


@settings(deadline=None, max_examples=400)
@given(whole=conversations(), data=st.data())
def test_any_split_says_the_same_and_nothing_else_is_raised(whole: bytes, data: st.DataObject) -> None:
    once, in_pieces = opened()[0], opened()[0]
    assert collect(once, [whole]) == collect(in_pieces, data.draw(cut(whole)))


@settings(deadline=None, max_examples=300)
@given(whole=st.binary(max_size=80).map(lambda tail: b"HTTP/1.1 " + tail + b"\r\n\r\n"), data=st.data())
def test_any_split_of_a_bad_answer_says_the_same(whole: bytes, data: st.DataObject) -> None:
    once, in_pieces = WebSocketFraming(WEBSOCKET), WebSocketFraming(WEBSOCKET)
    results = collect(once, [whole]), collect(in_pieces, data.draw(cut(whole)))
    assert results[0] == results[1]
    assert once.eof() == in_pieces.eof()


def test_no_secret_is_shown() -> None:
    assert "Signature" not in repr(WEBSOCKET)
    assert "abc" not in repr(PayloadIn(b"abc"))
    assert "abc" not in repr(UpgradeRefused(403, None, b"abc"))
