"""Days of the week as a set, and how people call some of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from navien_proto import units
from navien_proto.errors import UsageError

__all__ = ["EVERY_DAY", "WEEKDAYS", "WEEKEND", "Weekday", "days_from_raw", "days_text", "to_days"]


class Weekday(IntEnum):
    """A day of the week, numbered as by `datetime.date.weekday`."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    @property
    def bit(self) -> int:
        """The day's bit on the wire (``docs/protocol/conversions.md`` section 11)."""
        return units.week_bit(self)


EVERY_DAY: frozenset[Weekday] = frozenset(Weekday)
"""All seven."""
WEEKEND: frozenset[Weekday] = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})
"""Saturday and Sunday; 130 on the wire."""
WEEKDAYS: frozenset[Weekday] = EVERY_DAY - WEEKEND
"""Monday to Friday; 124 on the wire."""

_NAMES = {EVERY_DAY: "every day", WEEKEND: "weekends", WEEKDAYS: "weekdays"}


def to_days(days: Iterable[int]) -> frozenset[Weekday]:
    """``days``, members of `Weekday` or their numbers, as a set.

    Raises:
        UsageError: there is none, or one is no day.
    """
    try:
        found = frozenset(Weekday(day) for day in days)
    except (TypeError, ValueError):
        raise UsageError("days must be a set of Weekday, such as WEEKDAYS") from None
    if not found:
        raise UsageError("days must name at least one day")
    return found


def days_from_raw(raw: int) -> frozenset[Weekday]:
    """The days of week bits.

    Raises:
        UsageError: ``raw`` is not even, or not 2 to 254.
    """
    return frozenset(map(Weekday, units.week_days(raw)))


def days_text(days: frozenset[Weekday]) -> str:
    """``days`` in words: ``weekdays``, ``weekends``, ``every day`` or ``Mon Wed Fri``."""
    return _NAMES.get(days) or " ".join(day.name.title()[:3] for day in sorted(days))
