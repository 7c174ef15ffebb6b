"""The fourteen kinds of MQTT 3.1.1 packets as frozen objects (specification, section 3).

Each knows how its body is written and read; :mod:`navien_proto.sim.packets` puts the fixed header in front.
Constructing a packet that cannot be sent raises :class:`~navien_proto.errors.UsageError`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attrs import field, frozen
from attrs.validators import optional

from navien_proto.errors import UsageError
from navien_proto.mqtt.actions import Will
from navien_proto.mqtt.topics import check_filter, check_topic
from navien_proto.redact import redact_text
from navien_proto.sim.packet_fields import (
    FieldReader,
    MalformedPacket,
    PacketKind,
    UnsupportedProtocol,
    binary_field,
    check_text,
    in_range,
    text_field,
    u16_field,
)

__all__ = [
    "SUBSCRIBE_REFUSED",
    "ConnAck",
    "Connect",
    "Disconnect",
    "Packet",
    "PingReq",
    "PingResp",
    "PubAck",
    "PubComp",
    "PubRec",
    "PubRel",
    "Publish",
    "SubAck",
    "Subscribe",
    "UnsubAck",
    "Unsubscribe",
]

# What SUBACK says in place of a QoS.
SUBSCRIBE_REFUSED = 0x80


def _filters_shown(filters: tuple[Any, ...]) -> str:
    return redact_text(repr(filters))


@frozen(kw_only=True)
class Connect(PacketKind):
    """The first packet of a client. ``keep_alive`` is in seconds; 0 asks for none."""

    KIND: ClassVar[int] = 1

    client_id: str
    clean_session: bool = True
    keep_alive: int = field(default=60, validator=in_range(0, 0xFFFF))
    will: Will | None = None
    username: str | None = field(default=None, repr=False)
    password: bytes | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        check_text("client id", self.client_id)
        if self.username is not None:
            check_text("user name", self.username)
        if self.password is not None and self.username is None:
            raise UsageError("CONNECT carries a password without a user name")
        if self.password is not None and len(self.password) > 0xFFFF:
            raise UsageError("password is longer than 65535 bytes")
        if self.will is not None:
            check_topic(self.will.topic)
            if not 0 <= self.will.qos <= 2:
                raise UsageError(f"QoS of the will is {self.will.qos}; it must be 0 to 2")
            if len(self.will.payload) > 0xFFFF:
                raise UsageError("payload of the will is longer than 65535 bytes")

    def _body(self) -> bytes:
        flags = self.clean_session << 1
        parts = [text_field(self.client_id)]
        if self.will is not None:
            flags |= 0x04 | self.will.qos << 3 | self.will.retain << 5
            parts += [text_field(self.will.topic), binary_field(self.will.payload)]
        if self.username is not None:
            flags |= 0x80
            parts.append(text_field(self.username))
        if self.password is not None:
            flags |= 0x40
            parts.append(binary_field(self.password))
        return b"\x00\x04MQTT\x04" + bytes([flags]) + u16_field(self.keep_alive) + b"".join(parts)

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        name, level = fields.text(), fields.u8()
        if name not in ("MQTT", "MQIsdp"):
            raise MalformedPacket("CONNECT does not name the protocol MQTT")
        if (name, level) != ("MQTT", 4):
            # Later fields are laid out differently in other versions, so nothing more is looked at.
            raise UnsupportedProtocol(level)
        flags, keep_alive = fields.u8(), fields.u16()
        if flags & 0x01:
            raise MalformedPacket("CONNECT has its reserved flag set")
        if not flags & 0x04 and flags & 0x38:
            raise MalformedPacket("CONNECT describes a will and says that there is none")
        client_id = fields.text()
        will = None
        if flags & 0x04:
            will = Will(fields.text(), fields.binary(), qos=flags >> 3 & 3, retain=bool(flags & 0x20))
        return cls(
            client_id=client_id,
            clean_session=bool(flags & 0x02),
            keep_alive=keep_alive,
            will=will,
            username=fields.text() if flags & 0x80 else None,
            password=fields.binary() if flags & 0x40 else None,
        )


@frozen
class ConnAck(PacketKind):
    """The answer to CONNECT: 0 accepted; 1 version, 2 client id, 3 unavailable, 4 credentials, 5 not allowed."""

    KIND: ClassVar[int] = 2

    code: int = field(default=0, validator=in_range(0, 5))
    session_present: bool = False

    def __attrs_post_init__(self) -> None:
        if self.session_present and self.code:
            raise UsageError("CONNACK refuses and yet says that a session is present")

    def _body(self) -> bytes:
        return bytes([self.session_present, self.code])

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        flags = fields.u8()
        if flags & 0xFE:
            raise MalformedPacket("CONNACK has reserved flags set")
        return cls(fields.u8(), bool(flags))


@frozen(kw_only=True)
class Publish(PacketKind):
    """A message. ``packet_id`` is there exactly when ``qos`` is 1 or 2; ``duplicate`` marks a second sending."""

    KIND: ClassVar[int] = 3

    topic: str = field(repr=redact_text)
    payload: bytes = field(default=b"", repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = field(default=0, validator=in_range(0, 2))
    retain: bool = False
    duplicate: bool = False
    packet_id: int | None = field(default=None, validator=optional(in_range(1, 0xFFFF)))

    def __attrs_post_init__(self) -> None:
        check_topic(self.topic)
        if not self.qos:
            if self.packet_id is not None or self.duplicate:
                raise UsageError("PUBLISH at QoS 0 has no packet id and is never a duplicate")
        elif self.packet_id is None:
            raise UsageError(f"PUBLISH at QoS {self.qos} needs a packet id")

    def _flags(self) -> int:
        return self.duplicate << 3 | self.qos << 1 | self.retain

    def _body(self) -> bytes:
        packet_id = b"" if self.packet_id is None else u16_field(self.packet_id)
        return b"".join((text_field(self.topic), packet_id, self.payload))

    @classmethod
    def _read(cls, flags: int, fields: FieldReader) -> Self:
        qos = flags >> 1 & 3
        return cls(
            topic=fields.text(),
            packet_id=fields.u16() if qos else None,
            payload=fields.rest(),
            qos=qos,
            retain=bool(flags & 1),
            duplicate=bool(flags & 8),
        )


@frozen
class _Answer(PacketKind):
    packet_id: int = field(validator=in_range(1, 0xFFFF))

    def _body(self) -> bytes:
        return u16_field(self.packet_id)

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        return cls(fields.u16())


@frozen
class PubAck(_Answer):
    """The QoS 1 message has arrived."""

    KIND: ClassVar[int] = 4


@frozen
class PubRec(_Answer):
    """QoS 2, second step: the message has arrived."""

    KIND: ClassVar[int] = 5


@frozen
class PubRel(_Answer):
    """QoS 2, third step: it will not be sent again."""

    KIND: ClassVar[int] = 6
    FLAGS: ClassVar[int] = 2


@frozen
class PubComp(_Answer):
    """QoS 2, last step."""

    KIND: ClassVar[int] = 7


@frozen
class Subscribe(PacketKind):
    """Asks for every topic that matches one of ``filters``: pairs of a filter and the highest QoS wished for."""

    KIND: ClassVar[int] = 8
    FLAGS: ClassVar[int] = 2

    packet_id: int = field(validator=in_range(1, 0xFFFF))
    filters: tuple[tuple[str, int], ...] = field(repr=_filters_shown)

    def __attrs_post_init__(self) -> None:
        if not self.filters:
            raise UsageError("SUBSCRIBE carries no filter")
        for topic_filter, qos in self.filters:
            check_filter(topic_filter)
            if not 0 <= qos <= 2:
                raise UsageError(f"SUBSCRIBE asks for QoS {qos}; it must be 0 to 2")

    def _body(self) -> bytes:
        wishes = (text_field(topic_filter) + bytes([qos]) for topic_filter, qos in self.filters)
        return u16_field(self.packet_id) + b"".join(wishes)

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        packet_id, filters = fields.u16(), []
        while fields.more:
            filters.append((fields.text(), fields.u8()))
        return cls(packet_id, tuple(filters))


@frozen
class SubAck(PacketKind):
    """The answer to SUBSCRIBE: for each filter, in order, the QoS granted or 0x80 for no."""

    KIND: ClassVar[int] = 9

    packet_id: int = field(validator=in_range(1, 0xFFFF))
    codes: tuple[int, ...]

    def __attrs_post_init__(self) -> None:
        if not self.codes:
            raise UsageError("SUBACK carries no code")
        if not {0, 1, 2, SUBSCRIBE_REFUSED}.issuperset(self.codes):
            raise UsageError("SUBACK carries a code other than 0, 1, 2 and 0x80")

    def _body(self) -> bytes:
        return u16_field(self.packet_id) + bytes(self.codes)

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        return cls(fields.u16(), tuple(fields.rest()))


@frozen
class Unsubscribe(PacketKind):
    """Takes back subscriptions, by their exact filters."""

    KIND: ClassVar[int] = 10
    FLAGS: ClassVar[int] = 2

    packet_id: int = field(validator=in_range(1, 0xFFFF))
    filters: tuple[str, ...] = field(repr=_filters_shown)

    def __attrs_post_init__(self) -> None:
        if not self.filters:
            raise UsageError("UNSUBSCRIBE carries no filter")
        for topic_filter in self.filters:
            check_filter(topic_filter)

    def _body(self) -> bytes:
        return u16_field(self.packet_id) + b"".join(map(text_field, self.filters))

    @classmethod
    def _read(cls, _flags: int, fields: FieldReader) -> Self:
        packet_id, filters = fields.u16(), []
        while fields.more:
            filters.append(fields.text())
        return cls(packet_id, tuple(filters))


@frozen
class UnsubAck(_Answer):
    """The answer to UNSUBSCRIBE."""

    KIND: ClassVar[int] = 11


@frozen
class PingReq(PacketKind):
    """Are you there?"""

    KIND: ClassVar[int] = 12


@frozen
class PingResp(PacketKind):
    """I am."""

    KIND: ClassVar[int] = 13


@frozen
class Disconnect(PacketKind):
    """An orderly end: the will is forgotten."""

    KIND: ClassVar[int] = 14


Packet = (
    Connect
    | ConnAck
    | Publish
    | PubAck
    | PubRec
    | PubRel
    | PubComp
    | Subscribe
    | SubAck
    | Unsubscribe
    | UnsubAck
    | PingReq
    | PingResp
    | Disconnect
)
