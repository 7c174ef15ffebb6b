"""What the simulated unit has used, by its own local days, and its answers about it.

``docs/protocol/responses.md`` section 8, ``docs/protocol/commands.md`` section 9. Electrical Wh, and hours of
running, of the heat pump and of the elements apart; nothing is counted twice and nothing is lost at midnight.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from attrs import Factory, define

__all__ = ["Use", "UseCounter"]

DAILY, MONTHLY = 1, 2
YEARS = range(2000, 2100)
DAY = timedelta(days=1)


class Use(NamedTuple):
    """Wh and seconds of heat pump and elements."""

    pump: float = 0.0
    elements: float = 0.0
    pump_seconds: float = 0.0
    element_seconds: float = 0.0

    def plus(self, other: Use) -> Use:
        """Both together."""
        return Use(*(mine + its for mine, its in zip(self, other, strict=True)))

    def times(self, share: float) -> Use:
        """A share of it."""
        return Use(*(figure * share for figure in self))

    def to_wire(self) -> dict[str, int]:
        """As an item of an answer: whole Wh and hours."""
        return {
            "heUsage": round(self.elements),
            "hpUsage": round(self.pump),
            "heTime": round(self.element_seconds / 3600.0),
            "hpTime": round(self.pump_seconds / 3600.0),
        }


@define
class UseCounter:
    """The electricity of every day since the unit was installed; days without any are not kept."""

    total: Use = Factory(Use)
    days: dict[date, Use] = Factory(dict)

    def count(self, begin: datetime, seconds: float, pump: float, elements: float) -> None:
        """From ``begin``, local time, heat pump and elements drew so many W for ``seconds``."""
        hours = seconds / 3600.0
        used = Use(pump * hours, elements * hours, seconds if pump else 0.0, seconds if elements else 0.0)
        self.total = self.total.plus(used)
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        before = min(1.0, (midnight - begin).total_seconds() / seconds)
        self._add(begin.date(), used.times(before))
        if before < 1.0:
            self._add(midnight.date(), used.times(1.0 - before))

    def daily(self, members: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a query by day, ``year`` and ``month`` [1..12 …]; ``None`` to what is no such query."""
        year, months = members.get("year"), _whole(members.get("month"), range(1, 13))
        if type(year) is not int or year not in YEARS or months is None:
            return None
        usage = [{"year": year, "month": month, "data": self._days_of(year, month)} for month in months]
        return {"typeOfUsage": DAILY, "total": self.total.to_wire(), "usage": usage}

    def monthly(self, members: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a query by month, ``year`` [2026 …]; ``None`` to what is no such query."""
        years = _whole(members.get("year"), YEARS)
        if years is None:
            return None
        usage = [{"year": year, "data": [self._month(year, month) for month in range(1, 13)]} for year in years]
        return {"typeOfUsage": MONTHLY, "total": self.total.to_wire(), "usage": usage}

    def _add(self, day: date, used: Use) -> None:
        self.days[day] = self.days.get(day, Use()).plus(used)

    def _of(self, year: int, month: int) -> Iterable[Use]:
        length = monthrange(year, month)[1]
        return (self.days.get(date(year, month, day), Use()) for day in range(1, length + 1))

    def _days_of(self, year: int, month: int) -> list[dict[str, int]]:
        return [used.to_wire() for used in self._of(year, month)]

    def _month(self, year: int, month: int) -> dict[str, int]:
        total = Use()
        for used in self._of(year, month):
            total = total.plus(used)
        return total.to_wire()


def _whole(raw: object, possible: range) -> list[int] | None:
    """A list of numbers, each one possible; ``None`` for anything else."""
    if not isinstance(raw, list) or not 0 < len(raw) <= len(possible):
        return None
    return raw if all(type(number) is int and number in possible for number in raw) else None
