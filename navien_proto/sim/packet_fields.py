"""The small pieces MQTT 3.1.1 packets are made of: numbers, strings, lengths (specification, section 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self

from attrs import Attribute

from navien_proto.errors import RemoteProtocolError, UsageError

if TYPE_CHECKING:
    from navien_proto.sim.packets import Packet

__all__ = [
    "MAX_REMAINING_LENGTH",
    "FieldReader",
    "MalformedPacket",
    "PacketKind",
    "UnsupportedProtocol",
    "binary_field",
    "check_text",
    "header",
    "in_range",
    "text_field",
    "u16_field",
]

# Four bytes of seven bits each.
MAX_REMAINING_LENGTH = 268_435_455


class MalformedPacket(RemoteProtocolError):
    """Bytes that MQTT 3.1.1 forbids; the connection they came over is to be closed.

    ``before`` holds the packets that were whole in front of them, in the bytes of the same call.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.before: tuple[Packet, ...] = ()


class UnsupportedProtocol(MalformedPacket):
    """CONNECT for a ``level`` of MQTT other than 3.1.1 (which is 4): to be answered with return code 1."""

    def __init__(self, level: int) -> None:
        super().__init__(f"CONNECT asks for protocol level {level}; only level 4 (MQTT 3.1.1) is spoken")
        self.level = level

    def __reduce__(self) -> tuple[type[UnsupportedProtocol], tuple[int]]:
        return UnsupportedProtocol, (self.level,)


class FieldReader:
    """Takes fields off the body of one packet; every method raises :class:`MalformedPacket`."""

    __slots__ = ("_body", "_place")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._place = 0

    def _take(self, size: int) -> bytes:
        start, self._place = self._place, self._place + size
        if self._place > len(self._body):
            raise MalformedPacket("a field reaches beyond the end of its packet")
        return self._body[start : self._place]

    def u8(self) -> int:
        """One byte."""
        return self._take(1)[0]

    def u16(self) -> int:
        """Two bytes, the higher one first."""
        return int.from_bytes(self._take(2), "big")

    def binary(self) -> bytes:
        """A length of two bytes, and that many bytes."""
        return self._take(self.u16())

    def text(self) -> str:
        """A length of two bytes, and that many bytes of UTF-8 without NUL."""
        try:
            text = self.binary().decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedPacket(f"a string is not UTF-8: {error.reason}") from None
        if "\0" in text:
            raise MalformedPacket("a string holds NUL")
        return text

    def rest(self) -> bytes:
        """Everything that is left."""
        return self._take(len(self._body) - self._place)

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self._place < len(self._body)

    def end(self) -> None:
        """State that nothing is left."""
        if self.more:
            raise MalformedPacket(f"{len(self._body) - self._place} bytes too many at the end of a packet")


def u16_field(number: int) -> bytes:
    """``number`` in two bytes, the higher one first."""
    return number.to_bytes(2, "big")


def binary_field(data: bytes) -> bytes:
    """``data`` behind its length."""
    return u16_field(len(data)) + data


def text_field(text: str) -> bytes:
    """``text`` in UTF-8 behind its length."""
    return binary_field(text.encode("utf-8"))


def check_text(what: str, text: str) -> None:
    """Refuse a string that no packet can carry.

    Raises:
        UsageError: it holds NUL or half a surrogate pair, or is longer than 65535 bytes in UTF-8.
    """
    if "\0" in text:
        raise UsageError(f"{what} holds NUL")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise UsageError(f"{what} holds half a surrogate pair") from None
    if size > 0xFFFF:
        raise UsageError(f"{what} is {size} bytes long; at most 65535 are allowed")


def header(first: int, length: int) -> bytes:
    """The fixed header: its first byte, and ``length`` in as few bytes as will do.

    Raises:
        UsageError: four bytes cannot say ``length``.
    """
    if length > MAX_REMAINING_LENGTH:
        raise UsageError(f"a packet of {length} bytes is longer than MQTT can say")
    encoded = bytearray([first])
    while True:
        length, low = divmod(length, 128)
        if not length:
            encoded.append(low)
            return bytes(encoded)
        encoded.append(low | 0x80)


def in_range(low: int, high: int) -> Callable[[object, Attribute[int], int], None]:
    """An attrs validator: :class:`~navien_proto.errors.UsageError` for a number that is not in its range."""

    def check(_packet: object, attribute: Attribute[int], value: int) -> None:
        if not low <= value <= high:
            raise UsageError(f"{attribute.name} is {value}; it must be {low} to {high}")

    return check


class PacketKind:
    """One kind of packet: its number, the flags in its first byte, and its body, both ways."""

    __slots__ = ()

    KIND: ClassVar[int]
    FLAGS: ClassVar[int] = 0

    def to_bytes(self) -> bytes:
        """The whole packet.

        Raises:
            UsageError: it is longer than MQTT can say (256 MiB).
        """
        body = self._body()
        return header(self.KIND << 4 | self._flags(), len(body)) + body

    @classmethod
    def from_body(cls, flags: int, body: bytes) -> Self:
        """The packet whose first byte ends in ``flags`` and that goes on with ``body``.

        Raises:
            MalformedPacket: the body is not that of such a packet.
        """
        fields = FieldReader(body)
        try:
            packet = cls._read(flags, fields)
        except UsageError as error:
            # What may not be constructed may not be received either: the rules stand once, in the classes.
            raise MalformedPacket(str(error)) from None
        fields.end()
        return packet

    def _flags(self) -> int:
        return self.FLAGS

    def _body(self) -> bytes:
        return b""

    @classmethod
    def _read(cls, _flags: int, _fields: FieldReader) -> Self:
        return cls()
