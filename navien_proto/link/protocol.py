"""One link, from the open byte stream to its end: bytes in, bytes out, reports out.

Theory of operation. Both transports drive it the same way. They open a byte stream to ``endpoint`` and call
``start``; from then on they hand in what they read with ``receive`` (or say ``eof`` or ``broken``), pass on what
the session asks with ``perform``, and after each such call write what ``take`` gives and collect ``inputs``. Once
``closed`` is true they write the rest and drop the stream::

    IDLE ─start─▶ UPGRADING ─▶ CONNECTING ─CONNACK─▶ OPEN ─CloseLink─▶ CLOSING ─▶ CLOSED
                  (WebSocket)   ConnectSent          LinkOpened                    LinkLost or LinkRefused

From every state any end leads to CLOSED. The last input is always one LinkRefused (the link did not come to
stand) or one LinkLost, and nothing follows it. Time is the session's: nothing here waits for a deadline.
"""

from __future__ import annotations

from enum import Enum

from wsproto.frame_protocol import CloseReason

from navien_proto.errors import UsageError
from navien_proto.link.codec import MAX_IN_FLIGHT, MqttCodec
from navien_proto.link.codes import code_words
from navien_proto.link.events import (
    Acknowledged,
    CodecEvent,
    ConnAck,
    Disconnected,
    MessageIn,
    Pong,
    ProtocolFault,
    SubAck,
    UnsubAck,
)
from navien_proto.link.framing import (
    FramingEvent,
    PayloadIn,
    PeerClosed,
    Upgraded,
    UpgradeRefused,
    WebSocketFraming,
)
from navien_proto.link.stream import MAX_PACKET_SIZE
from navien_proto.link.words import quoted, target_secrets
from navien_proto.mqtt.actions import (
    CloseLink,
    Endpoint,
    LinkAction,
    OpenLink,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
)
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    PublishFailed,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.redact import redact_text

__all__ = ["LinkProtocol"]

# MQTT 5 section 3.14.2.1: what we say when the broker breaks the protocol.
PROTOCOL_ERROR = 0x82


class _State(Enum):
    IDLE = "idle"
    UPGRADING = "upgrading"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class LinkProtocol:
    """The protocol of one link, as the module says.

    Args:
        open_link: where, and as whom.
        max_packet_size: bytes of the longest MQTT packet, in either direction.
        max_in_flight: publishes at QoS 1 and 2 sent before the first is acknowledged; more are held back.

    Raises:
        UsageError: ``open_link`` holds what HTTP or MQTT cannot say.
    """

    def __init__(
        self,
        open_link: OpenLink,
        *,
        max_packet_size: int = MAX_PACKET_SIZE,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._open = open_link
        self._link = open_link.link
        version = open_link.version
        self._codec = MqttCodec(version=version, max_packet_size=max_packet_size, max_in_flight=max_in_flight)
        # CONNECT and the upgrade are made at once: a mistake of ours shows before a connection is opened.
        self._codec.connect(
            open_link.client_id,
            keep_alive=open_link.keep_alive,
            clean_session=open_link.clean_session,
            will=open_link.will,
            username=open_link.username,
            password=open_link.password,
        )
        self._framing = WebSocketFraming(open_link.endpoint) if open_link.endpoint.websocket else None
        self._state = _State.IDLE
        self._inputs: list[LinkInput] = []
        self._out: list[bytes] = []
        self._ids: dict[int, int] = {}

    @property
    def endpoint(self) -> Endpoint:
        """Where the byte stream goes."""
        return self._open.endpoint

    @property
    def closed(self) -> bool:
        """Whether the transport should drop the stream now, once what ``take`` gives is written."""
        return self._state is _State.CLOSED

    # --- what the transport calls ------------------------------------------------------------------------

    def start(self) -> None:
        """The byte stream stands: upgrade it if it is to be a WebSocket, and connect. Once is enough."""
        if self._state is not _State.IDLE:
            return
        if self._framing is None:
            self._connect()
        else:
            self._state = _State.UPGRADING
            self._out.append(self._framing.take())

    def receive(self, data: bytes) -> None:
        """Bytes came from the stream. Raises nothing, whatever they are."""
        if self._state is _State.IDLE:
            self._end("the other side spoke before the link was started")
        if self._state is _State.CLOSED:
            return
        if self._framing is None:
            self._read_mqtt(data)
        else:
            self._read_frames(self._framing, data)
        self._flush()

    def eof(self) -> None:
        """The stream ended from the other side."""
        self.broken("the other side closed the connection")

    def broken(self, reason: str) -> None:
        """The stream failed, or never came to stand; ``reason`` says why in plain words."""
        if self._framing is not None:
            # Who refuses may well reset the connection before all is said; what came says more than ``reason``.
            for event in self._framing.eof():
                self._framed(event)
        self._end(redact_text(reason))
        self._out.clear()

    def perform(self, action: LinkAction) -> None:
        """Do what the session asks. Nothing but a close has an effect while the link does not stand.

        Raises:
            UsageError: the action is another link's, or a filter is none. Nothing is sent then.
        """
        if action.link != self._link:
            raise UsageError(f"an action for link {action.link} reached link {self._link}")
        if isinstance(action, CloseLink):
            self._close(abort=action.abort)
            return
        if self._state is not _State.OPEN:
            return
        match action:
            case Subscribe():
                self._ids[self._codec.subscribe(action.filters, action.qos)] = action.id
            case Unsubscribe():
                self._ids[self._codec.unsubscribe(action.filters)] = action.id
            case Publish():
                self._publish(action)
            case Ping():
                self._codec.ping()
            case OpenLink():
                pass  # it is open
        self._flush()

    def _publish(self, action: Publish) -> None:
        try:
            packet_id = self._codec.publish(action.topic, action.payload, action.qos, action.retain)
        except UsageError as error:
            # Limits that only this broker has are known here alone; one publish too large is no end of the link.
            self._inputs.append(PublishFailed(self._link, action.id, str(error)))
            return
        if packet_id is not None:
            self._ids[packet_id] = action.id

    @property
    def unsent(self) -> bool:
        """Whether ``take`` has something."""
        return bool(self._out)

    def take(self) -> bytes:
        """What to write to the stream now; handed over once."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def inputs(self) -> list[LinkInput]:
        """What the session is told, in order; handed over once."""
        inputs, self._inputs = self._inputs, []
        return inputs

    # --- bytes to inputs ---------------------------------------------------------------------------------

    def _read_frames(self, framing: WebSocketFraming, data: bytes) -> None:
        fault = None
        try:
            events = framing.feed(data)
        except ProtocolFault as error:
            fault, events = str(error), list(error.before)
        for event in events:
            self._framed(event)
        if fault is not None:
            self._end(fault)

    def _framed(self, event: FramingEvent) -> None:
        match event:
            case PayloadIn():
                self._read_mqtt(event.data)
            case Upgraded():
                self._connect()
            case UpgradeRefused():
                said = self._quoted(event.body)
                reason = f"the server refused the WebSocket with HTTP {event.status}" + (
                    f": {said}" if said else ""
                )
                date = None if event.date is None else self._quoted(event.date)
                self._finish(LinkRefused(self._link, reason, status=event.status, date=date))
            case PeerClosed():
                said = self._quoted(event.reason)
                self._end(f"the server closed the WebSocket (code {event.code})" + (f": {said}" if said else ""))

    def _quoted(self, said: str | bytes) -> str:
        """What the server said; it may repeat our request, which is signed."""
        return quoted(said, target_secrets(self.endpoint.target))

    def _read_mqtt(self, data: bytes) -> None:
        # After our DISCONNECT nobody waits for messages.
        if self._state not in (_State.CONNECTING, _State.OPEN):
            return
        fault = None
        try:
            events = self._codec.feed(data)
        except ProtocolFault as error:
            fault, events = str(error), list(error.before)
        for event in events:
            self._heard(event)
        if fault is not None:
            if self._open.version == 5:
                self._codec.disconnect(PROTOCOL_ERROR)
            self._flush()
            if self._framing is not None:
                self._framing.close(CloseReason.PROTOCOL_ERROR)
            self._end(fault)

    def _heard(self, event: CodecEvent) -> None:
        link = self._link
        match event:
            case MessageIn():
                self._inputs.append(
                    MessageReceived(link, event.topic, event.payload, event.retain, event.duplicate, event.qos)
                )
            case Acknowledged():
                self._inputs.append(PublishAnswered(link, self._ids.pop(event.id), event.code))
            case SubAck():
                self._inputs.append(SubscribeAnswered(link, self._ids.pop(event.id), event.codes))
            case UnsubAck():
                self._inputs.append(UnsubscribeAnswered(link, self._ids.pop(event.id), event.codes))
            case Pong():
                self._inputs.append(PongReceived(link))
            case ConnAck(code=0):
                self._state = _State.OPEN
                wanted = event.properties.get("server_keep_alive", (None,))[0]
                keep_alive = wanted if isinstance(wanted, int) else None
                self._inputs.append(LinkOpened(link, event.session_present, keep_alive))
            case ConnAck():
                reason = f"the broker refused the connection: {code_words(event.code)}"
                self._finish(LinkRefused(link, reason, code=event.code))
            case Disconnected():
                self._end(f"the broker ended the connection: {code_words(event.code)}")

    # --- how it moves ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._state = _State.CONNECTING
        self._flush()
        self._inputs.append(ConnectSent(self._link))

    def _close(self, *, abort: bool) -> None:
        if self._state is _State.CLOSED:
            return
        if abort or self._state in (_State.IDLE, _State.UPGRADING):
            self._end("closed", asked=True)
            self._out.clear()
        elif self._state is not _State.CLOSING:
            # Also before CONNACK: who left without DISCONNECT has its will published.
            self._codec.disconnect()
            self._flush()
            if self._framing is None:
                # With MQTT alone it is for the client to close, and nobody answers.
                self._end("closed", asked=True)
                return
            self._framing.close()
            self._state = _State.CLOSING
            self._flush()

    def _end(self, reason: str, *, asked: bool = False) -> None:
        """The link is no more; when we closed it (``asked``), that is the reason, whatever came of it."""
        if self._state is _State.CLOSING or asked:
            self._finish(LinkLost(self._link, "closed"))
        elif self._state is _State.OPEN:
            self._finish(LinkLost(self._link, reason))
        else:
            self._finish(LinkRefused(self._link, reason))

    def _finish(self, last: LinkLost | LinkRefused) -> None:
        if self._state is not _State.CLOSED:
            self._state = _State.CLOSED
            self._inputs.append(last)

    def _flush(self) -> None:
        """Hand on what is to be written: one whole MQTT packet a WebSocket message."""
        if self._framing is None:
            self._out += self._codec.take()
            return
        # Until the upgrade is agreed CONNECT stays where it is.
        if self._state is not _State.UPGRADING:
            for packet in self._codec.take():
                self._framing.send(packet)
        self._out.append(self._framing.take())
