"""The other ends of a link, for tests: packets written by hand, and wsproto as a server."""

from __future__ import annotations

from collections.abc import Iterable

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Request
from wsproto.frame_protocol import CloseReason

from navien_proto.link import LinkProtocol, MqttCodec
from navien_proto.link.events import CodecEvent, ConnAck, ProtocolFault
from navien_proto.mqtt.actions import Endpoint, OpenLink, Ping, Publish, Subscribe, Version
from navien_proto.mqtt.inputs import ConnectSent, LinkInput, LinkOpened
from navien_proto.sim import packets as sim

__all__ = [
    "ACTIONS",
    "CONNACK",
    "CONNECT",
    "LINK",
    "TCP",
    "WEBSOCKET",
    "ServerSide",
    "asked",
    "fault_of",
    "feed",
    "heard",
    "new",
    "number",
    "open_codec",
    "open_link",
    "packet",
    "properties",
    "publish_body",
    "sent",
    "text",
]

LINK = 7
TCP = Endpoint("mqtt", "broker.example", 1883)
WEBSOCKET = Endpoint("ws", "broker.example", 80, "/mqtt?X-Amz-Signature=abc")
CONNECT = sim.encode(sim.Connect(client_id="client-0001"))
ACTIONS = (Subscribe(LINK, 1, ("a",)), Publish(LINK, 2, "a", b"", 1), Ping(LINK))
CONNACK: dict[Version, bytes] = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}


def number(value: int) -> bytes:
    """``value`` in seven bits a byte."""
    encoded = bytearray()
    while True:
        value, low = divmod(value, 128)
        encoded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def text(value: str | bytes) -> bytes:
    """A field of two bytes of length and its content."""
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(2, "big") + raw


def packet(first: int, body: bytes = b"") -> bytes:
    """A packet with its length."""
    return bytes([first]) + number(len(body)) + body


def properties(*items: bytes) -> bytes:
    """A block of properties of MQTT 5."""
    block = b"".join(items)
    return number(len(block)) + block


def publish_body(version: Version, topic: str | bytes, payload: bytes, packet_id: int | None = None) -> bytes:
    """The body of a PUBLISH without properties."""
    middle = b"" if packet_id is None else packet_id.to_bytes(2, "big")
    return text(topic) + middle + (b"\0" if version == 5 else b"") + payload


def open_codec(version: Version = 4, *, max_packet_size: int = 1 << 20, max_in_flight: int = 100) -> MqttCodec:
    """A codec with a connection."""
    codec = MqttCodec(version=version, max_packet_size=max_packet_size, max_in_flight=max_in_flight)
    codec.connect("client-0001")
    assert codec.feed(CONNACK[version]) == [ConnAck(0)]
    codec.take()
    return codec


def heard(codec: MqttCodec, pieces: Iterable[bytes]) -> tuple[list[CodecEvent], str | None]:
    """What ``pieces`` say, and the fault that ended it."""
    events: list[CodecEvent] = []
    for piece in pieces:
        try:
            events += codec.feed(piece)
        except ProtocolFault as fault:
            return [*events, *fault.before], str(fault)
    return events, None


def fault_of(codec: MqttCodec, data: bytes) -> str:
    """The fault that ``data`` is."""
    events, fault = heard(codec, [data])
    assert events == []
    assert fault is not None
    return fault


class ServerSide:
    """The server of a WebSocket, over wsproto."""

    def __init__(self) -> None:
        self.ws = WSConnection(ConnectionType.SERVER)
        self.request: Request | None = None

    def receive(self, data: bytes) -> list[Event]:
        """Bytes from the client; returns what they say."""
        self.ws.receive_data(data)
        events = list(self.ws.events())
        if events and isinstance(events[0], Request):
            self.request = events[0]
        return events

    def messages(self, data: bytes) -> list[bytes]:
        """Bytes from the client, of which all are whole binary messages."""
        messages: list[bytes] = []
        for event in self.receive(data):
            assert isinstance(event, BytesMessage)
            assert event.message_finished
            messages.append(bytes(event.data))
        return messages

    def accept(self, subprotocol: str | None = "mqtt") -> bytes:
        """The answer that makes it a WebSocket."""
        return self.ws.send(AcceptConnection(subprotocol=subprotocol))

    def send(self, data: bytes, *, finished: bool = True) -> bytes:
        """One binary frame."""
        return self.ws.send(BytesMessage(data=data, message_finished=finished))

    def close(self, code: int = CloseReason.NORMAL_CLOSURE, reason: str | None = None) -> bytes:
        """A close frame."""
        return self.ws.send(CloseConnection(code=code, reason=reason))


def open_link(
    endpoint: Endpoint = TCP, *, version: Version = 4, max_in_flight: int = 100
) -> tuple[LinkProtocol, ServerSide]:
    """A link that stands, and the server's side (of no use without WebSocket); nothing is pending on either."""
    server = ServerSide()
    link = LinkProtocol(OpenLink(LINK, endpoint, "client-0001", version=version), max_in_flight=max_in_flight)
    link.start()
    if endpoint.websocket:
        server.receive(link.take())
        link.receive(server.accept())
        server.receive(link.take())
    feed(link, server, CONNACK[version])
    link.take()
    inputs: list[LinkInput] = link.inputs()
    assert inputs == [ConnectSent(LINK), LinkOpened(LINK)]
    return link, server


def feed(link: LinkProtocol, server: ServerSide, data: bytes) -> None:
    """MQTT from the broker, in a frame where the link has frames."""
    link.receive(server.send(data) if link.endpoint.websocket else data)


def new(endpoint: Endpoint = TCP) -> LinkProtocol:
    return LinkProtocol(OpenLink(LINK, endpoint, "client-0001"))


def sent(link: LinkProtocol, server: ServerSide) -> list[bytes]:
    """The MQTT packets on their way out: over TCP cut by the simulated broker, else one a message."""
    data = link.take()
    if link.endpoint.websocket:
        return server.messages(data)
    return [sim.encode(one) for one in sim.PacketReader().feed(data)]


def asked(version: Version = 4) -> MqttCodec:
    """A codec that waits for one answer of each kind: two filters, one filter, QoS 1, QoS 2."""
    codec = open_codec(version)
    codec.subscribe(["a/#", "b/#"])
    codec.unsubscribe(["c/#"])
    codec.publish("a", b"", 1)
    codec.publish("a", b"", 2)
    codec.take()
    return codec
