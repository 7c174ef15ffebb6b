"""WebSocket, client side, as bytes: wsproto with the rules an MQTT link adds.

The request target goes out exactly as signed. The sub-protocol ``mqtt`` must be agreed. MQTT travels in binary
messages only: one whole packet a message on the way out (a cloud endpoint is known to close otherwise), and on
the way in a stream of bytes, in which the borders of frames and messages mean nothing
(``docs/protocol/mqtt.md`` section 2).

wsproto was chosen by measuring (``tests/benchmarks/bench_link.py``): websockets' sans-IO layer is three times as
fast, but writes the signed target and every frame to its logger. What nearly all frames of a broker are, a whole
binary message, is read by :mod:`navien_proto.link.frames` without it, in a sixth of its time.
"""

from __future__ import annotations

import re
from typing import NoReturn

from attrs import field, frozen
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError as WsprotoError

from navien_proto.errors import RemoteProtocolError, UsageError
from navien_proto.link.events import ProtocolFault
from navien_proto.link.frames import MAX_MESSAGE_SIZE, FrameCutter
from navien_proto.link.words import quoted, target_secrets
from navien_proto.mqtt.actions import Endpoint

__all__ = [
    "FramingEvent",
    "PayloadIn",
    "PeerClosed",
    "UpgradeRefused",
    "Upgraded",
    "WebSocketFraming",
]

SUBPROTOCOL = "mqtt"
DEFAULT_PORTS = {"wss": 443, "ws": 80}
# Of the answer to the upgrade; the limit of h11, which would apply it only to heads that come in pieces.
MAX_HEAD = 16 * 1024
# Of a refusal, enough to tell a person what the other side said.
MAX_REFUSAL_BODY = 4096

# RFC 9112: visible characters alone; h11 insists as well, but too late and in its own words.
_TARGET = re.compile(r"/[\x21-\x7e]*")
_HOST = re.compile(r"[^\s/?#@\x00-\x1f\x7f]+")
_TEXT = "the WebSocket carries text, where MQTT is binary"
_HEAD_END = re.compile(rb"\n\r?\n")
# Early Hints and the like (RFC 9110 section 15.2): the answer is still to come. 101 is the answer.
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9][0-9]\b")


@frozen
class Upgraded:
    """The connection is a WebSocket that carries MQTT."""


@frozen
class UpgradeRefused:
    """The server answered the upgrade with something else.

    ``date`` is its Date header. ``body`` holds the first bytes of what it said; it may quote the request, and
    so secrets.
    """

    status: int
    date: str | None = None
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")


@frozen
class PayloadIn:
    """The next bytes of the stream that the WebSocket carries."""

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")


@frozen
class PeerClosed:
    """The server closed the WebSocket, or answered our close; ``code`` is 1005 when it gave none."""

    code: int
    reason: str = ""


FramingEvent = Upgraded | UpgradeRefused | PayloadIn | PeerClosed


class WebSocketFraming:
    """One WebSocket: the upgrade is queued at once; ``take`` what is to be sent, ``feed`` what arrives.

    Raises:
        UsageError: ``endpoint`` has no proper host or target.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._out: list[bytes] = [self._ws.send(_request(endpoint))]
        self._secrets = target_secrets(endpoint.target)
        self._head: bytearray | None = bytearray()
        self._frames: FrameCutter | None = None
        self._refusal: tuple[int, str | None] | None = None
        self._body = bytearray()
        self._message = 0
        self._over = False
        self._fault: str | None = None

    # --- to the server -----------------------------------------------------------------------------------

    def take(self) -> bytes:
        """The bytes to write now; handed over once."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def send(self, payload: bytes) -> None:
        """Send ``payload`` as one binary message; nothing happens unless the WebSocket is open."""
        if self._open:
            self._out.append(self._ws.send(BytesMessage(data=payload)))

    def close(self, code: int = CloseReason.NORMAL_CLOSURE) -> None:
        """Begin to close, to be answered by PeerClosed; nothing happens unless the WebSocket is open."""
        if self._open:
            self._out.append(self._ws.send(CloseConnection(code=code)))
            if self._frames is not None:
                self._frames.closing()

    @property
    def _open(self) -> bool:
        return not self._over and self._ws.state is ConnectionState.OPEN

    # --- from the server ---------------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[FramingEvent]:
        """What the server says with ``data``, however the stream is cut. After an end nothing is heard.

        Raises:
            ProtocolFault: it is not a WebSocket of MQTT; what came in front of that is in ``before``. The
                connection is to be closed; feeding it more raises the same again.
        """
        if self._fault is not None:
            raise ProtocolFault(self._fault)
        events: list[FramingEvent] = []
        if self._over or not data:
            # No bytes would be the end of the stream to h11.
            return events
        try:
            self._feed(data, events)
        except RemoteProtocolError as error:
            self._fault = str(error)
            raise ProtocolFault(self._fault, tuple(events)) from None
        return events

    def eof(self) -> list[FramingEvent]:
        """The stream ended: a refusal that was still being read is handed over as far as it came."""
        events: list[FramingEvent] = []
        if not self._over:
            self._settle_refusal(events)
        self._over = True
        return events

    def _feed(self, data: bytes, events: list[FramingEvent]) -> None:
        if self._head is not None:
            known = len(self._head)
            self._head += data
            while (end := _head_end(self._head, known)) and _INTERIM.match(self._head):
                del self._head[:end]
                known = 0
            if not end:
                return
            # What follows the head is frames, or the body of a refusal.
            head, data, self._head = bytes(self._head[:end]), bytes(self._head[end:]), None
            self._ask_wsproto(head, events)
        if self._frames is None:
            if data and not self._over:
                self._ask_wsproto(data, events)
            return
        for ours, piece in self._frames.cut(data):
            if ours:
                events.append(PayloadIn(piece))
            else:
                self._ask_wsproto(piece, events)
                if self._over:
                    return

    def _ask_wsproto(self, data: bytes, events: list[FramingEvent]) -> None:
        fault = None
        try:
            self._ws.receive_data(data)
        except (WsprotoError, ValueError) as error:
            # What wsproto decodes in a head is ASCII, or a ValueError that quotes it.
            fault = "a header is not ASCII"
            if isinstance(error, WsprotoError):
                fault = quoted(str(error), self._secrets)
        for event in self._ws.events():
            self._handle(event, events)
            if self._over:
                return
        if fault is not None:
            self._settle_refusal(events)
            if not self._over:
                raise RemoteProtocolError(f"the answer to the WebSocket upgrade is broken: {fault}")

    def _handle(self, event: Event, events: list[FramingEvent]) -> None:
        match event:
            case BytesMessage():
                self._payload(bytes(event.data), event.message_finished, events)
            case Ping():
                if self._open:
                    self._out.append(self._ws.send(event.response()))
            case CloseConnection():
                self._closed(event, events)
            case TextMessage():
                self._end(CloseReason.UNSUPPORTED_DATA, _TEXT)
            case AcceptConnection():
                if event.subprotocol != SUBPROTOCOL:
                    self._end(
                        CloseReason.PROTOCOL_ERROR, f"the server did not agree to the sub-protocol {SUBPROTOCOL}"
                    )
                self._frames = FrameCutter()
                events.append(Upgraded())
            case RejectConnection():
                date = dict(event.headers).get(b"date")
                # Its end is told by RejectData, also where there is no body: interim answers never get here.
                self._refusal = event.status_code, None if date is None else date.decode("latin-1")
            case RejectData():
                self._body += event.data[: MAX_REFUSAL_BODY - len(self._body)]
                if event.body_finished or len(self._body) == MAX_REFUSAL_BODY:
                    self._settle_refusal(events)

    def _payload(self, data: bytes, finished: bool, events: list[FramingEvent]) -> None:
        allowed = MAX_MESSAGE_SIZE - self._message
        self._message = 0 if finished else self._message + len(data)
        if kept := data[:allowed]:
            events.append(PayloadIn(kept))
        if len(data) > allowed:
            self._end(CloseReason.MESSAGE_TOO_BIG, "a WebSocket message does not end")

    def _closed(self, event: CloseConnection, events: list[FramingEvent]) -> None:
        state = self._ws.state
        if state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            # wsproto's way to say that a frame is malformed: a real close would have moved the state.
            reason = event.reason or ""
            if event.code == CloseReason.INVALID_FRAME_PAYLOAD_DATA and "CLOSE" not in reason:
                self._end(event.code, _TEXT)
            self._end(event.code, f"a WebSocket frame is malformed: {quoted(reason)}")
        if state is ConnectionState.REMOTE_CLOSING:
            self._out.append(self._ws.send(event.response()))
        self._over = True
        events.append(PeerClosed(int(event.code), event.reason or ""))

    def _end(self, code: int, sentence: str) -> NoReturn:
        self.close(code)
        self._over = True
        raise RemoteProtocolError(sentence)

    def _settle_refusal(self, events: list[FramingEvent]) -> None:
        if self._refusal is not None:
            status, date = self._refusal
            events.append(UpgradeRefused(status, date, bytes(self._body)))
            self._over = True


def _head_end(head: bytearray, known: int) -> int:
    """Where the answer's head ends, 0 while it does not: it is read at once, so its limit is one however it comes.

    Its first ``known`` bytes have been looked at before.
    """
    if not (head.startswith(b"HTTP/") or b"HTTP/".startswith(head)):
        raise RemoteProtocolError("the answer to the WebSocket upgrade is not HTTP")
    end = _HEAD_END.search(head, max(0, known - 2), MAX_HEAD)
    if end is None and len(head) >= MAX_HEAD:
        raise RemoteProtocolError("the answer to the WebSocket upgrade has too long a head")
    return 0 if end is None else end.end()


def _request(endpoint: Endpoint) -> Request:
    host = endpoint.host.lower()
    if _HOST.fullmatch(host) is None:
        raise UsageError("the host of the endpoint is not a host name")
    if _TARGET.fullmatch(endpoint.target) is None:
        raise UsageError("the target of the endpoint is not a path with visible ASCII characters alone")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    try:
        # wsproto writes it so, too.
        host.encode("idna")
    except UnicodeError:
        raise UsageError("the host of the endpoint is not a host name") from None
    if endpoint.port != DEFAULT_PORTS.get(endpoint.scheme):
        host = f"{host}:{endpoint.port}"
    return Request(host=host, target=endpoint.target, subprotocols=[SUBPROTOCOL])
