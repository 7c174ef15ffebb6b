"""Which filter is to blame when the broker hangs up on a subscription.

A broker that does not allow a filter answers 0x80, or hangs up without a word (``docs/protocol/mqtt.md`` section
2). After the second kind of end the next link asks for one filter at a time, those under suspicion last; a filter
for which the broker hangs up twice when asked for it alone is set aside, so that the others work. It is tried once
more after a while, and after a planned renewal of the link: rights change, and a broken network may have looked
like a denial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["KICKED_PAUSE", "FilterBlame", "Kicks"]

STRIKES = 2
# Thrown out this soon after CONNACK, twice running, is no accident: another program has our client id, or the
# account does not allow what we do. Haste makes both worse.
KICKED_WITHIN = 2.0
KICKS = 2
KICKED_PAUSE = 30.0
"""Seconds to wait at least after having been thrown out so."""


class FilterBlame:
    """The filters under suspicion, and those set aside. ``careful``: to be asked for one at a time."""

    def __init__(self) -> None:
        self._strikes: dict[str, int] = {}
        self._aside: set[str] = set()
        self.careful = False

    def arrange(self, packets: Iterable[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The packets (QoS and filters) a new link is asked for, in order, without what was set aside."""
        packets = [(qos, tuple(one for one in filters if one not in self._aside)) for qos, filters in packets]
        if self.careful:
            singles = [(qos, (one,)) for qos, filters in packets for one in filters]
            packets = sorted(singles, key=lambda packet: self._strikes.get(packet[1][0], 0))
        return ((qos, filters) for qos, filters in packets if filters)

    def hung_up(self, awaited: list[str]) -> str | None:
        """The broker hung up while these were awaited; returns the filter that is set aside now, if one is."""
        if not awaited:
            return None
        if not self.careful or len(awaited) > 1:
            self.careful = True
            return None
        (suspect,) = awaited
        self._strikes[suspect] = self._strikes.get(suspect, 0) + 1
        if self._strikes[suspect] < STRIKES:
            return None
        self._aside.add(suspect)
        return suspect

    def clear(self) -> None:
        """The link has every answer: nothing is suspected any more."""
        self.careful = False
        self._strikes.clear()

    def forgive(self) -> None:
        """What was set aside is tried once more, carefully: the next offence is the last."""
        for one in self._aside:
            self._strikes[one] = STRIKES - 1
        self.careful = self.careful or bool(self._aside)
        self._aside.clear()


class Kicks:
    """How often in a row the broker ended a link at once. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._connack: float | None = None
        self._count = 0

    def opening(self) -> None:
        """A new link is being opened."""
        self._connack = None

    def connected(self, now: float) -> None:
        """CONNACK came."""
        self._connack = now

    def ended(self, now: float) -> bool:
        """The broker ended the link: whether it was too soon, once too often."""
        if self._connack is None:
            return False
        self._count = self._count + 1 if now - self._connack < KICKED_WITHIN else 0
        return self._count >= KICKS
