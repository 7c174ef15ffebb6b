"""MQTT 3.1.1 as bytes: packets to bytes, bytes to packets, and a stream of bytes cut into packets.

This codec is written apart from the one of the client's link on purpose: the two check each other. It is
strict: what the specification forbids is :class:`MalformedPacket`, and ``encode(decode(data)) == data`` for all
that is taken. In two points it is stricter than the letter of 3.1.1: a remaining length in more bytes than
needed (MQTT 5 made that a rule), and a topic or filter that breaks section 4.7, are refused here already.
"""

from __future__ import annotations

from typing import get_args

from navien_proto.sim.packet_fields import (
    MAX_REMAINING_LENGTH,
    MalformedPacket,
    UnsupportedProtocol,
)
from navien_proto.sim.packet_kinds import (
    SUBSCRIBE_REFUSED,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)

__all__ = [
    "MAX_REMAINING_LENGTH",
    "SUBSCRIBE_REFUSED",
    "ConnAck",
    "Connect",
    "Disconnect",
    "MalformedPacket",
    "Packet",
    "PacketReader",
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
    "UnsupportedProtocol",
    "decode",
    "encode",
]

_KINDS: dict[int, type[Packet]] = {kind.KIND: kind for kind in get_args(Packet)}


def encode(packet: Packet) -> bytes:
    """``packet`` as it goes over the wire.

    Raises:
        UsageError: it is longer than MQTT can say (256 MiB).
    """
    return packet.to_bytes()


def decode(data: bytes) -> Packet:
    """The one packet that ``data`` is, from its first byte to its last.

    Raises:
        MalformedPacket: ``data`` is no packet, not the whole of one, or more than one.
    """
    found = _header(data, 0, MAX_REMAINING_LENGTH)
    if found is None:
        raise MalformedPacket("the fixed header is cut short")
    first, start, end = found
    if end != len(data):
        raise MalformedPacket(f"a packet of {end} bytes was announced; {len(data)} are there")
    return _KINDS[first >> 4].from_body(first & 0x0F, data[start:])


class PacketReader:
    """Cuts a stream of bytes into packets, whatever pieces it comes in.

    ``limit`` bounds the remaining length of a packet in bytes; it is checked before the body is waited for.
    Each byte is copied a bounded number of times, however small the pieces.
    """

    __slots__ = ("_buffer", "_fault", "_limit")

    def __init__(self, limit: int = MAX_REMAINING_LENGTH) -> None:
        self._buffer = bytearray()
        self._fault: MalformedPacket | None = None
        self._limit = limit

    @property
    def buffered(self) -> int:
        """How many bytes of an unfinished packet are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that ``data`` completes, in order.

        Raises:
            MalformedPacket: the stream broke the protocol. The packets in front of the fault are in its
                ``before``; nothing can be read after it, and every later call raises it again.
        """
        if self._fault is not None:
            self._fault.before = ()
            raise self._fault
        self._buffer += data
        packets: list[Packet] = []
        place = 0
        try:
            while (found := _header(self._buffer, place, self._limit)) is not None:
                first, start, end = found
                if end > len(self._buffer):
                    break
                body = bytes(memoryview(self._buffer)[start:end])
                packets.append(_KINDS[first >> 4].from_body(first & 0x0F, body))
                place = end
        except MalformedPacket as fault:
            self._fault, fault.before = fault, tuple(packets)
            self._buffer.clear()
            raise
        del self._buffer[:place]
        return packets


def _header(data: bytes | bytearray, place: int, limit: int) -> tuple[int, int, int] | None:
    """First byte, body's start and body's end of the packet at ``place``; ``None`` while that is unknown."""
    if place == len(data):
        return None
    first = data[place]
    kind = _KINDS.get(first >> 4)
    if kind is None:
        raise MalformedPacket(f"packets of type {first >> 4} do not exist")
    if kind is Publish:
        if first & 0x06 == 0x06:
            raise MalformedPacket("PUBLISH at QoS 3")
    elif first & 0x0F != kind.FLAGS:
        raise MalformedPacket(f"{kind.__name__} with reserved flags {first & 0x0F:#x}")
    length = 0
    for count, byte in enumerate(data[place + 1 : place + 5]):
        length |= (byte & 0x7F) << 7 * count
        if length > limit:
            raise MalformedPacket(f"a packet longer than {limit} bytes")
        if byte < 0x80:
            if not byte and count:
                raise MalformedPacket("a remaining length in more bytes than it needs")
            start = place + 2 + count
            return first, start, start + length
    if len(data) - place > 4:
        raise MalformedPacket("a remaining length of more than four bytes")
    return None
