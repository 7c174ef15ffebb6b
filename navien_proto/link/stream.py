"""Cutting a byte stream into MQTT packets (MQTT 3.1.1 and 5, section 2), before anything looks into them."""

from __future__ import annotations

from collections.abc import Iterator

from navien_proto.errors import RemoteProtocolError
from navien_proto.link.codes import LEGAL_FIRST_BYTES, first_byte_fault
from navien_proto.mqtt.actions import MAX_PACKET_SIZE, Version

__all__ = ["MAX_PACKET_SIZE", "PacketStream"]


class PacketStream:
    """Takes bytes, gives whole packets: their first byte, and their body without the length.

    What the first byte and the length say is checked before the body is waited for, so that a hostile length
    buffers nothing. The work is linear in the bytes fed, however they are cut.
    """

    __slots__ = ("_buffer", "_legal", "_limit", "_version", "_wanted")

    def __init__(self, version: Version = 4, limit: int = MAX_PACKET_SIZE) -> None:
        self._version = version
        self._legal = LEGAL_FIRST_BYTES[version]
        self._limit = limit
        self._buffer = bytearray()
        self._wanted = 0

    @property
    def buffered(self) -> int:
        """How many bytes of an unfinished packet are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The packets that are whole now, one by one; walk through all of them before feeding again.

        Raises:
            RemoteProtocolError: a first byte that may not be, a length that is none, or one beyond the limit.
        """
        if self._buffer:
            self._buffer += data
            # Until the packet at the front is whole there is nothing to look at.
            if len(self._buffer) < self._wanted:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        start, end = 0, len(data)
        while start < end:
            first = data[start]
            if first not in self._legal:
                raise first_byte_fault(first, self._version)
            place = start + 1
            length = data[place] if place < end else 0x80
            if length < 0x80:
                body = place + 1
            else:
                body, length = self._long(data, start)
            stop = body + length
            if stop - start > self._limit:
                raise RemoteProtocolError(f"a packet is longer than the {self._limit} bytes allowed")
            if not body or stop > end:
                self._wanted = stop - start if body else 0
                self._buffer += data[start:] if start else data
                return
            yield first, data[body:stop]
            start = stop

    def _long(self, data: bytes, start: int) -> tuple[int, int]:
        """Where the body of the packet at ``start`` begins, and its length; 0 and 0 while that is unknown."""
        length = shift = 0
        # Byte by byte, so that the verdict is the same however the bytes come.
        for place in range(start + 1, min(start + 5, len(data))):
            byte = data[place]
            length |= (byte & 0x7F) << shift
            if length > self._limit:
                raise RemoteProtocolError(f"a packet is longer than the {self._limit} bytes allowed")
            if byte < 0x80:
                # MQTT 5 section 1.5.5 wants the shortest form; 3.1.1 does not say.
                if not byte and shift and self._version == 5:
                    raise RemoteProtocolError("the length of a packet has more bytes than it needs")
                return place + 1, length
            shift += 7
        if len(data) - start > 4:
            raise RemoteProtocolError("the length of a packet does not end after four bytes")
        return 0, 0
