"""The cost of a link: ``python -m tests.benchmarks.bench_link``.

A PUBLISH of 3 kB at QoS 0, as a status message is, fed to our codec and to gmqtt's own framing and handler; the
same in a WebSocket frame through the whole link and through wsproto alone; and a publish on its way out. The
sides of a line take turns; the best of many short repeats counts.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from attrs import frozen
from gmqtt import Message
from gmqtt.mqtt.handler import MqttPackageHandler
from gmqtt.mqtt.package import Package, PublishPacket
from gmqtt.mqtt.protocol import MQTTProtocol
from gmqtt.mqtt.utils import ConnectionState, IdGenerator
from wsproto import ConnectionType, WSConnection
from wsproto.events import BytesMessage, Request

from navien_proto.link import LinkProtocol, MqttCodec, WebSocketFraming
from navien_proto.mqtt.actions import Endpoint, OpenLink, Publish

try:
    from websockets.client import ClientProtocol
    from websockets.typing import Subprotocol
    from websockets.uri import parse_uri
except ImportError:  # it is not among the dependencies: the choice fell on wsproto
    ClientProtocol = None

TOPIC = "cmd/52/navilink-aabbccddeeff/client-0001/res"
PAYLOAD = b"x" * 3000
CONNACK = b"\x20\x02\x00\x00"


@frozen
class Line:
    """One comparison, in microseconds."""

    what: str
    ours: float
    theirs: float

    def __str__(self) -> str:
        return f"{self.what:<44} {self.ours:7.1f} µs  {self.theirs:7.1f} µs  ratio {self.ours / self.theirs:5.2f}"


def compare(what: str, ours: Callable[[], object], theirs: Callable[[], object], count: int = 400) -> Line:
    """Both sides by turns."""
    best = [float("inf"), float("inf")]
    for _ in range(25):
        for side, function in enumerate((ours, theirs)):
            began = perf_counter()
            for _ in range(count):
                function()
            best[side] = min(best[side], (perf_counter() - began) / count)
    return Line(what, best[0] * 1e6, best[1] * 1e6)


def publish_packet() -> bytes:
    """The PUBLISH of the comparison."""
    identity = SimpleNamespace(proto_ver=4, id_generator=IdGenerator())
    return bytes(PublishPacket.build_package(Message(TOPIC, PAYLOAD), identity)[1])


def gmqtt_handler() -> MqttPackageHandler:
    """gmqtt's own handler, its silent logger included, with an ``on_message`` that does nothing."""
    nothing: Any = lambda *_args, **_kwargs: None  # noqa: E731
    handler = MqttPackageHandler(
        connack_event=SimpleNamespace(set=nothing, clear=nothing),
        connection_lost_event=SimpleNamespace(set=nothing, clear=nothing),
        connection_state=ConnectionState(protocol_version=4),
        reconnect_callback=nothing,
        disconnect_callback=nothing,
        resend_qos_callback=nothing,
        clear_qos_callback=nothing,
        connect_properties={},
        subscriptions_getter=list,
        remove_message_callback=nothing,
        store_message_callback=nothing,
        send_command_with_mid_callback=nothing,
    )
    handler.on_message = lambda _topic, _payload, _qos, _properties: None
    return handler


def gmqtt_alone() -> Callable[[bytes], object]:
    """gmqtt's own way from the bytes of a stream to ``on_message``."""
    stream = SimpleNamespace(_connection=SimpleNamespace(put_package=gmqtt_handler()))
    return lambda data: MQTTProtocol._read_packet(stream, data)


def codec() -> MqttCodec:
    """A codec with a connection."""
    made = MqttCodec()
    made.connect("client-0001")
    made.feed(CONNACK)
    made.take()
    return made


def accept(request: bytes) -> bytes:
    """The answer of a server to an upgrade."""
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", request)
    assert key is not None
    token = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


def frame(payload: bytes) -> bytes:
    """One binary frame of a server."""
    size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
    return b"\x82" + size + payload


def link() -> LinkProtocol:
    """A link that stands, over WebSocket."""
    made = LinkProtocol(OpenLink(1, Endpoint("ws", "localhost", 80, "/mqtt"), "client-0001"))
    made.start()
    made.receive(accept(made.take()) + frame(CONNACK))
    made.take()
    return made


def websocket() -> WSConnection:
    """wsproto with an open connection."""
    made = WSConnection(ConnectionType.CLIENT)
    request = made.send(Request(host="localhost", target="/mqtt", subprotocols=["mqtt"]))
    made.receive_data(accept(request))
    list(made.events())
    return made


def framing() -> WebSocketFraming:
    """Our framing with an open connection."""
    made = WebSocketFraming(Endpoint("ws", "localhost", 80, "/mqtt"))
    made.feed(accept(made.take()))
    return made


def other_websocket() -> ClientProtocol:
    """websockets' sans-IO layer with an open connection."""
    made = ClientProtocol(parse_uri("ws://localhost/mqtt"), subprotocols=[Subprotocol("mqtt")])
    made.send_request(made.connect())
    made.receive_data(accept(b"".join(made.data_to_send())))
    made.events_received()
    return made


def wsproto_against_websockets(framed: bytes, packet: bytes) -> list[Line]:
    """The two candidates for the frames."""
    wsproto, other = websocket(), other_websocket()

    def wsproto_in() -> None:
        wsproto.receive_data(framed)
        list(wsproto.events())

    def other_in() -> None:
        other.receive_data(framed)
        other.events_received()

    def wsproto_out() -> None:
        wsproto.send(BytesMessage(data=packet))

    def other_out() -> None:
        other.send_binary(packet)
        other.data_to_send()

    return [
        compare("a frame in: wsproto / websockets", wsproto_in, other_in),
        compare("a frame out: wsproto / websockets", wsproto_out, other_out),
    ]


def lines() -> list[Line]:
    """All comparisons; those with websockets only where it is installed."""
    packet = publish_packet()
    framed = frame(packet)
    ours, theirs, whole, alone = codec(), gmqtt_alone(), link(), websocket()
    publish = Publish(1, 1, TOPIC, PAYLOAD)

    def link_in() -> None:
        whole.receive(framed)
        whole.inputs()

    def wsproto_in() -> None:
        alone.receive_data(framed)
        list(alone.events())

    def link_out() -> None:
        whole.perform(publish)
        whole.take()

    def wsproto_out() -> None:
        alone.send(BytesMessage(data=packet))

    def codec_in() -> None:
        ours.feed(packet)

    def codec_out() -> None:
        ours.publish(TOPIC, PAYLOAD)
        ours.take()

    frames = framing()

    def framing_in() -> None:
        frames.feed(framed)

    def framing_out() -> None:
        frames.send(packet)
        frames.take()

    # What follows the first byte and the two bytes of the length.
    handler, body = gmqtt_handler(), packet[3:]
    found = [
        compare("PUBLISH in: codec / gmqtt's bare handler", codec_in, lambda: handler(Package(packet[0], body))),
        compare("PUBLISH in: codec / gmqtt from the stream", codec_in, lambda: theirs(packet)),
        compare("PUBLISH out: codec / gmqtt", codec_out, publish_packet),
        compare("a frame in: framing / wsproto alone", framing_in, wsproto_in),
        compare("a frame out: framing / wsproto alone", framing_out, wsproto_out),
        compare("PUBLISH in a frame: link / wsproto alone", link_in, wsproto_in),
        compare("PUBLISH out in a frame: link / wsproto alone", link_out, wsproto_out),
    ]
    return found + (wsproto_against_websockets(framed, packet) if ClientProtocol is not None else [])


if __name__ == "__main__":
    for line in lines():
        print(line)
