"""What may be asked of a connection: every argument checked before a packet is built of it."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from navien_proto.errors import UsageError
from navien_proto.mqtt.actions import Will
from navien_proto.mqtt.topics import check_filter, check_topic

__all__ = [
    "LONGEST_FIELD",
    "PacketIds",
    "check_binary",
    "check_filters",
    "check_keep_alive",
    "check_qos",
    "check_text",
    "check_will",
]

LONGEST_FIELD = 0xFFFF
"""Bytes in a text or a binary field: its length has two bytes."""


class PacketIds:
    """Packet ids, 1 to 65535, round and round; none is given twice while it is in use."""

    __slots__ = ("_last", "_used")

    def __init__(self) -> None:
        self._used: set[int] = set()
        self._last = 0

    def next_id(self) -> int:
        """An id that is not in use; it is from now on.

        Raises:
            UsageError: all 65535 are in use.
        """
        if len(self._used) == 0xFFFF:
            raise UsageError("65535 packets wait for their answer; no packet id is left")
        while True:
            self._last = self._last % 0xFFFF + 1
            if self._last not in self._used:
                self._used.add(self._last)
                return self._last

    def free(self, packet_id: int) -> None:
        """``packet_id`` may be given again."""
        self._used.discard(packet_id)


def check_text(what: str, text: str) -> bytes:
    """``text`` as MQTT carries it.

    Raises:
        UsageError: it holds NUL or half a surrogate pair, or is too long. Its content is not shown.
    """
    if "\0" in text:
        raise UsageError(f"{what} holds NUL")
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{what} holds half a surrogate pair") from None
    return check_binary(what, raw)


def check_binary(what: str, raw: bytes) -> bytes:
    """``raw`` itself, when one field can carry it.

    Raises:
        UsageError: it cannot.
    """
    if not isinstance(raw, bytes):
        raise UsageError(f"{what} must be bytes, not {type(raw).__name__}")
    if len(raw) > LONGEST_FIELD:
        raise UsageError(f"{what} is {len(raw)} bytes long; at most {LONGEST_FIELD} are allowed")
    return raw


def _whole(what: str, number: int) -> int:
    """``number`` itself; what comes from configuration may be 60.0, which no packet can carry."""
    try:
        return index(number)
    except TypeError:
        raise UsageError(f"{what} is {number!r}; it must be a whole number") from None


def check_qos(qos: int) -> int:
    """``qos`` itself, when there is such a quality of service.

    Raises:
        UsageError: there is not.
    """
    if _whole("QoS", qos) not in (0, 1, 2):
        raise UsageError(f"QoS is {qos!r}; it must be 0, 1 or 2")
    return qos


def check_keep_alive(seconds: int) -> int:
    """``seconds`` itself, when CONNECT can say so.

    Raises:
        UsageError: it cannot.
    """
    if not 0 <= _whole("keep-alive", seconds) <= 0xFFFF:
        raise UsageError(f"keep-alive is {seconds!r} s; it must be 0 to 65535")
    return seconds


def check_will(will: Will) -> Will:
    """``will`` itself, when CONNECT can carry it.

    Raises:
        UsageError: it cannot.
    """
    check_topic(will.topic)
    check_binary("payload of the will", will.payload)
    check_qos(will.qos)
    return will


def check_filters(filters: Sequence[str]) -> Sequence[str]:
    """``filters`` themselves, when there is one at least and each may be subscribed to.

    Raises:
        UsageError: there is none, or one may not.
    """
    if isinstance(filters, str):
        raise UsageError("topic filters must be a sequence of texts, not one text")
    if not filters:
        raise UsageError("there is no topic filter to subscribe to or to unsubscribe from")
    for topic_filter in filters:
        check_filter(topic_filter)
    return filters
