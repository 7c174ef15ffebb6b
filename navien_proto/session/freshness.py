"""When a device was last heard. A link that is up says nothing about the device behind it."""

from __future__ import annotations

from collections.abc import Iterable

from navien_proto.instant import Instant

__all__ = ["Freshness"]


class Freshness:
    """The last message of each device, and which devices are stale.

    A device is stale when nothing of it came for ``limit`` seconds. The session sets a timer for
    ``deadline(mac)`` and asks ``expired`` when it fires: cheap for messages, which are many.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last: dict[str, Instant] = {}
        self._since: dict[str, Instant] = {}
        self._stale: set[str] = set()

    def watch(self, macs: Iterable[str], now: Instant) -> None:
        """Count the silence of these devices from now, where nothing was heard yet."""
        for mac in macs:
            self._since.setdefault(mac, now)

    def last(self, mac: str) -> Instant | None:
        """When the device was last heard, if ever."""
        return self._last.get(mac)

    def stale(self, mac: str) -> bool:
        """Whether the device is stale."""
        return mac in self._stale

    def heard(self, mac: str, now: Instant) -> float | None:
        """A message came; returns the seconds of silence when it ends a staleness, ``None`` otherwise."""
        before = self._last.get(mac) or self._since.get(mac, now)
        self._last[mac] = now
        if mac not in self._stale:
            return None
        self._stale.discard(mac)
        return now.monotonic - before.monotonic

    def deadline(self, mac: str) -> float | None:
        """When the device becomes stale (monotonic seconds); ``None`` when it is already, or is not watched."""
        reference = self._last.get(mac) or self._since.get(mac)
        if reference is None or mac in self._stale:
            return None
        return reference.monotonic + self._limit

    def expired(self, mac: str, now: Instant) -> bool:
        """Whether the device has just become stale; true once per silence."""
        deadline = self.deadline(mac)
        if deadline is None or deadline > now.monotonic:
            return False
        self._stale.add(mac)
        return True
