"""gmqtt, and the only place that knows it: its packet builders, and its reader without its client.

gmqtt's inner names are used, so it is pinned, and ``tests/proto/link/test_gmqtt_seam.py`` fails by name when one
moves. What gmqtt would decide by itself (reconnecting, storing, resending, logging) is cut off here; what it
counts wrong (characters where the wire has bytes) it is handed as bytes.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gmqtt import Message, Subscription
from gmqtt.mqtt.constants import MQTTCommands
from gmqtt.mqtt.handler import MqttPackageHandler
from gmqtt.mqtt.package import (
    CommandWithMidPacket,
    DisconnectPacket,
    LoginPackageFactor,
    PublishPacket,
    SimpleCommandPacket,
    SubscribePacket,
    UnsubscribePacket,
)
from gmqtt.mqtt.utils import ConnectionState

from navien_proto.link.events import (
    NO_PROPERTIES,
    Acknowledged,
    CodecEvent,
    ConnAck,
    Disconnected,
    MessageIn,
    Pong,
    Properties,
    SubAck,
    UnsubAck,
)
from navien_proto.mqtt.actions import Version, Will

__all__ = ["READING_FAULTS", "SILENCED", "Builder", "Reader"]

# gmqtt writes topics and filters to these; the logger of its handler is ours (_Silence).
SILENCED = ("gmqtt.mqtt.package", "gmqtt.mqtt.utils")

READING_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)
"""What gmqtt may trip over in a packet that passed our checks; none is known."""

PACKET_ID_NOT_FOUND = 0x92


def _drop(_record: logging.LogRecord) -> bool:
    return False


for _name in SILENCED:
    # The level makes it cheap; the filter holds when logging.config sets levels anew.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).addFilter(_drop)


class Builder:
    """Packets of a client, as bytes. Arguments are checked by the caller.

    ``next_id`` gives the packet ids.
    """

    def __init__(self, version: Version, next_id: Callable[[], int]) -> None:
        # What gmqtt's builders want to know of their protocol.
        self.proto_name = b"MQTT"
        self.proto_ver = version
        self.id_generator = self
        self.next_id = next_id

    def connect(
        self,
        client_id: bytes,
        *,
        keep_alive: int,
        clean_session: bool,
        will: Will | None,
        username: bytes | None,
        password: bytes | None,
        properties: Mapping[str, int],
    ) -> bytes:
        """CONNECT."""
        message = None
        if will is not None:
            message = Message(will.topic.encode(), will.payload, qos=will.qos, retain=will.retain)
        return bytes(
            LoginPackageFactor.build_package(
                client_id,
                username,
                password,
                clean_session,
                keep_alive,
                self,
                will_message=message,
                **properties,
            )
        )

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> tuple[int | None, bytes]:
        """PUBLISH and its packet id, which is ``None`` at QoS 0."""
        message = Message(topic.encode(), payload, qos=qos, retain=retain)
        packet_id, packet = PublishPacket.build_package(message, self)
        return packet_id, bytes(packet)

    def subscribe(self, filters: Sequence[str], qos: int) -> tuple[int, bytes]:
        """SUBSCRIBE and its packet id."""
        subscriptions = [Subscription(text.encode(), qos=qos) for text in filters]
        packet_id, packet = SubscribePacket.build_package(subscriptions, self)
        return packet_id, bytes(packet)

    def unsubscribe(self, filters: Sequence[str]) -> tuple[int, bytes]:
        """UNSUBSCRIBE and its packet id."""
        packet_id, packet = UnsubscribePacket.build_package([text.encode() for text in filters], self)
        return packet_id, bytes(packet)

    def ping(self) -> bytes:
        """PINGREQ."""
        return bytes(SimpleCommandPacket.build_package(MQTTCommands.PINGREQ))

    def disconnect(self, code: int) -> bytes:
        """DISCONNECT; MQTT 3.1.1 has no room for ``code``."""
        return bytes(DisconnectPacket.build_package(self, reason_code=code))

    def answer(self, command: int, packet_id: int, code: int) -> bytes:
        """PUBACK, PUBREC, PUBREL or PUBCOMP; MQTT 3.1.1 has no room for ``code``."""
        return bytes(
            CommandWithMidPacket.build_package(
                command, packet_id, False, reason_code=code, proto_ver=self.proto_ver
            )
        )


class _Event:
    """Stands in for the two asyncio events that gmqtt's client waits for."""

    def set(self) -> None:
        """Nobody waits."""


class _Silence:
    """The logger of a reader: what it would write is topics and payloads."""

    def debug(self, *_args: object, **_kwargs: object) -> None:
        """Written nowhere."""

    info = warning = error = critical = exception = debug


def _ignore(*_args: object, **_kwargs: object) -> None:
    """For what gmqtt would have its client do."""


class Reader(MqttPackageHandler):  # type: ignore[misc]  # gmqtt is untyped
    """Reads packets that passed the checks, one at a time, with :meth:`read`.

    ``hear`` is told what each says, ``send`` is handed the acknowledgements that MQTT wants.
    """

    def __init__(
        self, builder: Builder, hear: Callable[[CodecEvent], object], send: Callable[[bytes], object]
    ) -> None:
        super().__init__(
            connack_event=_Event(),
            connection_lost_event=_Event(),
            connection_state=ConnectionState(protocol_version=builder.proto_ver),
            reconnect_callback=_ignore,
            disconnect_callback=_ignore,
            resend_qos_callback=_ignore,
            clear_qos_callback=_ignore,
            connect_properties={},
            subscriptions_getter=tuple,
            remove_message_callback=_ignore,
            store_message_callback=_ignore,
            send_command_with_mid_callback=self._answer,
            logger=_Silence(),
        )
        self._hear = hear
        self._send = send
        self._builder = builder
        self._received: set[int] = set()
        self.on_subscribe = self._subscribed
        self.on_unsubscribe = self._unsubscribed

    def read(self, first: int, body: bytes) -> None:
        """Take one packet. Raises one of ``READING_FAULTS`` at worst."""
        self._handle_packet(first, body)

    def _answer(self, command: int, packet_id: int, _duplicate: bool, reason_code: int = 0) -> None:
        self._send(self._builder.answer(command, packet_id, reason_code))

    def _subscribed(self, packet_id: int, codes: tuple[int, ...], properties: dict[str, Any]) -> None:
        self._hear(SubAck(packet_id, codes, _frozen(properties)))

    def _unsubscribed(self, packet_id: int, codes: tuple[int, ...]) -> None:
        self._hear(UnsubAck(packet_id, codes))

    def _code_and_properties(self, rest: bytes) -> tuple[int, Properties]:
        """A code, 0 when it is left out, and properties that may be left out as well."""
        if len(rest) < 2:
            return (rest[0] if rest else 0), {}
        return rest[0], _frozen(self._parse_properties(rest[1:])[0])

    def _handle_publish_packet(self, cmd: int, packet: bytes) -> None:
        # gmqtt's own takes twice the time, and knows no repetition at QoS 2.
        end = 2 + (packet[0] << 8 | packet[1])
        topic = packet[2:end].decode("utf-8")
        qos = cmd >> 1 & 3
        packet_id = 0
        if qos:
            packet_id = packet[end] << 8 | packet[end + 1]
            end += 2
        properties, payload = self._parse_properties(packet[end:])
        if qos == 1:
            self._send_puback(packet_id)
        elif qos == 2:
            self._send_pubrec(packet_id)
            # Until PUBREL comes, the same id is the same message, and heard already.
            if packet_id in self._received:
                return
            self._received.add(packet_id)
        retain, duplicate = cmd & 1 == 1, cmd & 8 == 8
        self._hear(
            MessageIn(topic, payload, qos, retain, duplicate, _frozen(properties) if properties else NO_PROPERTIES)
        )

    def _handle_connack_packet(self, _cmd: int, packet: bytes) -> None:
        code, properties = self._code_and_properties(packet[1:])
        self._hear(ConnAck(code, packet[0] == 1, properties))

    def _handle_disconnect_packet(self, _cmd: int, packet: bytes) -> None:
        self._hear(Disconnected(*self._code_and_properties(packet)))

    def _handle_puback_packet(self, _cmd: int, packet: bytes) -> None:
        code, properties = self._code_and_properties(packet[2:])
        self._hear(Acknowledged(int.from_bytes(packet[:2], "big"), code, properties))

    _handle_pubcomp_packet = _handle_puback_packet

    def _handle_pubrec_packet(self, _cmd: int, packet: bytes) -> None:
        code, properties = self._code_and_properties(packet[2:])
        packet_id = int.from_bytes(packet[:2], "big")
        if code >= 0x80:
            self._hear(Acknowledged(packet_id, code, properties))
        else:
            self._send_pubrel(packet_id, False)

    def _handle_pubrel_packet(self, _cmd: int, packet: bytes) -> None:
        # An unknown id is answered too: the broker may repeat PUBREL, also of a session older than this link.
        packet_id = int.from_bytes(packet[:2], "big")
        known = packet_id in self._received
        self._received.discard(packet_id)
        self._send_pubcomp(packet_id, False, reason_code=0 if known else PACKET_ID_NOT_FOUND)

    def _handle_pingresp_packet(self, _cmd: int, _packet: bytes) -> None:
        self._hear(Pong())


def _frozen(properties: dict[str, list[Any]]) -> Properties:
    return {name: tuple(values) for name, values in properties.items()}
