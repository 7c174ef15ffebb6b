"""The time-of-use schedule inside the simulated unit (``docs/protocol/commands.md`` 7, ``device_model.md`` 8).

A period is dear when its price is above the lowest of the same day. The hours before the dear ones are for
charging up: the unit raises its thresholds from two and a half hours before until their end. Mode commands are
held back in the dear hours themselves; under the raised thresholds of a cheap hour they were seen to take effect
at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import define, frozen

from navien_proto.sim.programme import week_bit

__all__ = ["Period", "Tariff", "Window", "read_periods"]

MOST_PERIODS = 16
LEAD = timedelta(hours=2.5)
MINUTE = timedelta(minutes=1)
_RANGES = {
    "season": (1, 4095),
    "week": (2, 254),
    "startHour": (0, 23),
    "startMinute": (0, 59),
    "endHour": (0, 23),
    "endMinute": (0, 59),
    "priceMin": (0, 2**31),
    "priceMax": (0, 2**31),
    "decimalPoint": (0, 10),
}


@frozen
class Period:
    """One period, in the numbers of the wire; its last minute belongs to it."""

    season: int
    week: int
    start: int
    end: int
    price: int

    def on(self, day: datetime) -> bool:
        """Whether it is for that day."""
        return bool(self.season & 1 << (day.month - 1) and self.week & week_bit(day))


def read_periods(raw: object) -> tuple[Period, ...] | None:
    """The periods of a write, or ``None`` when any of it is not a period, or there are none or more than 16."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_PERIODS:
        return None
    periods = []
    for item in raw:
        if not isinstance(item, Mapping) or not all(_fits(item, name) for name in _RANGES):
            return None
        start = item["startHour"] * 60 + item["startMinute"]
        end = item["endHour"] * 60 + item["endMinute"]
        if end < start or item["priceMin"] > item["priceMax"]:
            return None
        periods.append(Period(item["season"], item["week"], start, end, item["priceMax"]))
    return tuple(periods)


def _fits(item: Mapping[str, object], name: str) -> bool:
    low, high = _RANGES[name]
    value = item.get(name)
    return type(value) is int and low <= value <= high


@frozen
class Tariff:
    """The stored schedule."""

    periods: tuple[Period, ...] = ()

    def dear(self, moment: datetime) -> bool:
        """Whether this is a dear hour (local time of the unit)."""
        minute = moment.hour * 60 + moment.minute
        return any(start <= minute <= end for start, end in self._dear_on(moment))

    def raised(self, moment: datetime) -> bool:
        """Whether the thresholds are raised: in dear hours, and in the time before them."""
        if self.dear(moment):
            return True
        return any(moment < begin <= moment + LEAD for begin in self._begins(moment))

    def next_change(self, moment: datetime) -> datetime | None:
        """When either changes next, at the latest tomorrow at midnight; ``None`` without a schedule."""
        if not self.periods:
            return None
        midnight = _midnight(moment)
        begins = self._begins(moment)
        ends = [midnight + timedelta(minutes=end) + MINUTE for _, end in self._dear_on(moment)]
        marks = [*begins, *(begin - LEAD for begin in begins), *ends, midnight + timedelta(days=1)]
        return min(mark for mark in marks if mark > moment)

    def _begins(self, moment: datetime) -> list[datetime]:
        """When dear periods begin, on this day and on the next."""
        days = (_midnight(moment), _midnight(moment) + timedelta(days=1))
        return [day + timedelta(minutes=start) for day in days for start, _ in self._dear_on(day)]

    def _dear_on(self, day: datetime) -> list[tuple[int, int]]:
        periods = [period for period in self.periods if period.on(day)]
        lowest = min((period.price for period in periods), default=0)
        return [(period.start, period.end) for period in periods if period.price > lowest]


@define
class Window:
    """The schedule as it is followed: when to look at it ``next``, and what is held back in a dear hour."""

    next: datetime
    tariff: Tariff = Tariff()
    dear: bool = False
    _held: tuple[int, int] | None = None

    def follow(self, now: datetime) -> bool:
        """Look at the schedule; false when there is none."""
        following = self.tariff.next_change(now)
        if following is not None:
            self.next, self.dear = following, self.tariff.dear(now)
        return following is not None

    def hold(self, mode: int, days: int) -> bool:
        """Hold a mode back, if this is a dear hour; of several the last counts."""
        if self.dear:
            self._held = (mode, days)
        return self.dear

    def release(self, *, always: bool) -> tuple[int, int] | None:
        """The mode held back, once the dear hours are over or ``always``."""
        self.dear = self.dear and not always
        if self.dear:
            return None
        held, self._held = self._held, None
        return held


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
