"""When a device was last heard. A link that is up says nothing about the device behind it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from navien_proto.instant import Instant

__all__ = ["LAST_CALL", "Freshness", "Silence"]

# Before a device is given up it is asked once more, with time for the answer: a request or its answer may be lost
# (QoS 0), and 30 s is the safe time-out of one (docs/protocol/mqtt.md section 10).
LAST_CALL = 30.0


class Silence(Enum):
    """What a device's silence calls for."""

    ASK = "ask it"
    STALE = "its values are stale"


class Freshness:
    """The last message of each device, and which devices are stale.

    A device is stale when nothing of it came for its limit in seconds; :data:`LAST_CALL` before that it is to be
    asked. The session sets a timer for ``deadline(mac)`` and asks ``due`` when it fires: cheap for messages, which
    are many.
    """

    def __init__(self) -> None:
        self._limits: dict[str, float] = {}
        self._last: dict[str, Instant] = {}
        self._since: dict[str, Instant] = {}
        self._asked: set[str] = set()
        self._stale: set[str] = set()

    def watch(self, mac: str, limit: float, now: Instant) -> None:
        """The device may be silent for ``limit`` seconds; counted from now, where nothing was heard yet."""
        self._limits[mac] = limit
        self._since.setdefault(mac, now)

    def forget(self, mac: str) -> None:
        """Watch the device no more."""
        for known in (self._limits, self._last, self._since):
            known.pop(mac, None)
        self._asked.discard(mac)
        self._stale.discard(mac)

    def restore(self, mac: str, at: Instant) -> None:
        """The device was last heard ``at`` that moment, in another run."""
        self._last.setdefault(mac, at)

    def last(self, mac: str) -> Instant | None:
        """When the device was last heard, if ever."""
        return self._last.get(mac)

    def stale(self, mac: str) -> bool:
        """Whether the device is stale."""
        return mac in self._stale

    def all_stale(self, macs: Iterable[str]) -> bool:
        """Whether there is a device among these and every one is stale."""
        return bool(self._stale) and self._stale.issuperset(macs)

    def heard(self, mac: str, now: Instant) -> float | None:
        """A message came; returns the seconds of silence when it ends a staleness, ``None`` otherwise."""
        silence = None
        if mac in self._stale:
            before = self._last.get(mac) or self._since.get(mac, now)
            silence = now.monotonic - before.monotonic
            self._stale.discard(mac)
        self._last[mac] = now
        self._asked.discard(mac)
        return silence

    def deadline(self, mac: str) -> float | None:
        """When the silence calls for something (monotonic seconds); ``None`` when it is stale, or not watched."""
        end = self._end(mac)
        if end is None or mac in self._asked:
            return end
        return end - min(LAST_CALL, self._limits[mac] / 2)

    def due(self, mac: str, now: Instant) -> Silence | None:
        """What the silence calls for now, once each: to ask the device, and later to call it stale."""
        deadline, end = self.deadline(mac), self._end(mac)
        if deadline is None or end is None or deadline > now.monotonic:
            return None
        if end <= now.monotonic:
            self._stale.add(mac)
            self._asked.discard(mac)
            return Silence.STALE
        self._asked.add(mac)
        return Silence.ASK

    def _end(self, mac: str) -> float | None:
        reference = self._last.get(mac) or self._since.get(mac)
        if reference is None or mac in self._stale or mac not in self._limits:
            return None
        return reference.monotonic + self._limits[mac]
