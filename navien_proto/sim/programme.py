"""The weekly programme inside the simulated unit (``docs/protocol/commands.md`` 6, ``conversions.md`` 11, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

__all__ = ["Entry", "Programme", "read_entries", "week_bit"]

MOST_ENTRIES = 16
_MEMBERS = ("enable", "week", "hour", "min", "mode", "param")
_RANGES = {"enable": (1, 2), "week": (2, 254), "hour": (0, 23), "min": (0, 59), "mode": (1, 6), "param": (0, 255)}


def week_bit(moment: datetime) -> int:
    """The bit of this day in ``week``: Sunday 128, Monday 64 … Saturday 2."""
    return 128 >> (moment.isoweekday() % 7)


@frozen
class Entry:
    """One entry, in the numbers of the wire."""

    enable: int
    week: int
    hour: int
    min: int
    mode: int
    param: int

    def to_wire(self) -> dict[str, int]:
        """The entry as a JSON object."""
        return {name: getattr(self, name) for name in _MEMBERS}

    def to_hex(self) -> str:
        """The six bytes of the packed form."""
        return bytes(getattr(self, name) for name in _MEMBERS).hex()


def read_entries(raw: object) -> tuple[Entry, ...] | None:
    """The entries of a write, or ``None`` when any of it is not an entry or there are more than 16."""
    if not isinstance(raw, list) or len(raw) > MOST_ENTRIES:
        return None
    entries = []
    for item in raw:
        if not isinstance(item, Mapping) or not all(_fits(item, name) for name in _MEMBERS):
            return None
        entries.append(Entry(*(item[name] for name in _MEMBERS)))
    return tuple(entries)


def _fits(item: Mapping[str, Any], name: str) -> bool:
    low, high = _RANGES[name]
    value = item.get(name)
    return type(value) is int and low <= value <= high


@frozen
class Programme:
    """The stored list and its switch."""

    on: bool = False
    entries: tuple[Entry, ...] = ()

    def next_after(self, moment: datetime) -> tuple[datetime, Entry] | None:
        """When the next enabled entry fires, strictly after ``moment`` (local time of the unit), and which."""
        if not self.on:
            return None
        firings = []
        for entry in self.entries:
            if entry.enable != 2:
                continue
            first = moment.replace(hour=entry.hour, minute=entry.min, second=0, microsecond=0)
            days = (first + timedelta(days=ahead) for ahead in range(8))
            firing = next((day for day in days if day > moment and entry.week & week_bit(day)), None)
            if firing is not None:
                firings.append((firing, entry))
        return min(firings, key=lambda firing: firing[0], default=None)
