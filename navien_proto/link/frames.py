"""Where the frames of a WebSocket begin and end (RFC 6455 section 5.2), and which of them hold MQTT alone.

A broker's frames are, nearly all, whole binary messages without a mask: their payload is handed on as it comes.
Every other one (control frames, fragments, text, and whatever may be wrong) goes to wsproto byte for byte, which
judges it.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MAX_MESSAGE_SIZE", "FrameCutter"]

# Payloads are handed on as they come, so this holds nothing back; it ends a message that does not end.
MAX_MESSAGE_SIZE = 16 << 20

WHOLE_BINARY = 0x82
FINAL = 0x80
OPCODE = 0x0F
CLOSE = 0x08


class FrameCutter:
    """Cuts the bytes of a server into pieces of frames; nothing is held back but part of a header."""

    __slots__ = ("_closed", "_fragments", "_header", "_left", "_ours")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._ours = False
        self._fragments = False
        self._closed = False

    def closing(self) -> None:
        """We said goodbye: from the next frame on wsproto has all."""
        self._closed = True

    def cut(self, data: bytes) -> Iterator[tuple[bool, bytes]]:
        """Pieces in order: true and the next bytes of MQTT, or false and what is wsproto's to judge."""
        if self._header:
            data, self._header = self._header + data, b""
        place, end = 0, len(data)
        while place < end:
            if self._left:
                stop = min(place + self._left, end)
                self._left -= stop - place
                yield self._ours, data[place:stop]
                place = stop
                continue
            body, size = _read_header(data, place)
            if not body:
                self._header = data[place:]
                return
            self._left = size
            self._ours = data[place] == WHOLE_BINARY and self._plain(data, place, size)
            if not self._ours:
                self._note(data[place])
                yield False, data[place:body]
            place = body

    def _plain(self, data: bytes, place: int, size: int) -> bool:
        """Whether a whole binary message may come here, is not masked, and says its length as it should."""
        said = data[place + 1]
        shortest = said < 126 or (said == 126 and size > 125) or (said == 127 and size > 0xFFFF)
        return shortest and size <= MAX_MESSAGE_SIZE and not self._fragments and not self._closed

    def _note(self, first: int) -> None:
        """wsproto has a frame: between the fragments of a message, and after a close, it has all."""
        opcode = first & OPCODE
        if opcode < CLOSE:
            self._fragments = not first & FINAL
        elif opcode == CLOSE:
            self._closed = True


def _read_header(data: bytes, place: int) -> tuple[int, int]:
    """Where the payload of the frame at ``place`` begins, and its size; 0 and 0 while that is unknown."""
    have = len(data) - place
    if have < 2:
        return 0, 0
    said = data[place + 1] & 0x7F
    mask = 4 if data[place + 1] & 0x80 else 0
    long = 0 if said < 126 else 2 if said == 126 else 8
    if have < 2 + long:
        return 0, 0
    size = int.from_bytes(data[place + 2 : place + 2 + long], "big") if long else said
    # A mask is counted with the payload: who masks here is refused by wsproto.
    return place + 2 + long, size + mask
