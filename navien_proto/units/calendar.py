"""Days of the week and months of the year as bits (``docs/protocol/conversions.md`` sections 11 and 12).

Days are numbered as by `datetime.date.weekday`: Monday 0 to Sunday 6; months 1 to 12.
"""

from __future__ import annotations

from collections.abc import Iterable

from navien_proto.errors import UsageError

__all__ = [
    "ALL_MONTHS",
    "ALL_WEEK",
    "month_bit",
    "season_months",
    "season_to_raw",
    "week_bit",
    "week_days",
    "week_to_raw",
]

ALL_WEEK = 254
"""The week with all its days."""
ALL_MONTHS = 4095
"""The season of a whole year."""


def week_bit(day: int) -> int:
    """The bit of a day: Sunday 128, Monday 64, Tuesday 32 … Saturday 2 (section 11).

    Raises:
        UsageError: ``day`` is not 0 (Monday) to 6 (Sunday).
    """
    if not 0 <= day <= 6:
        raise UsageError("a day of the week is 0 (Monday) to 6 (Sunday)")
    return 128 if day == 6 else 64 >> day


def week_to_raw(days: Iterable[int]) -> int:
    """The bits of some days of the week, at least one (section 11).

    Raises:
        UsageError: there is none, or one is not 0 (Monday) to 6 (Sunday).
    """
    raw = 0
    for day in days:
        raw |= week_bit(day)
    if not raw:
        raise UsageError("a week needs at least one day")
    return raw


def week_days(raw: int) -> tuple[int, ...]:
    """The days of week bits, Monday (0) first (section 11).

    Raises:
        UsageError: ``raw`` is not even, or not 2 to 254.
    """
    if not 2 <= raw <= ALL_WEEK or raw % 2:
        raise UsageError("week bits are an even number from 2 to 254")
    return tuple(day for day in range(7) if raw & week_bit(day))


def month_bit(month: int) -> int:
    """The bit of a month: January 1, February 2 … December 2048 (section 12).

    Raises:
        UsageError: ``month`` is not 1 to 12.
    """
    if not 1 <= month <= 12:
        raise UsageError("a month is 1 to 12")
    return 1 << (month - 1)


def season_to_raw(months: Iterable[int]) -> int:
    """The bits of some months, at least one (section 12).

    Raises:
        UsageError: there is none, or one is not 1 to 12.
    """
    raw = 0
    for month in months:
        raw |= month_bit(month)
    if not raw:
        raise UsageError("a season needs at least one month")
    return raw


def season_months(raw: int) -> tuple[int, ...]:
    """The months of season bits, January (1) first (section 12).

    Raises:
        UsageError: ``raw`` is not 1 to 4095.
    """
    if not 1 <= raw <= ALL_MONTHS:
        raise UsageError("season bits are a number from 1 to 4095")
    return tuple(month for month in range(1, 13) if raw & month_bit(month))
