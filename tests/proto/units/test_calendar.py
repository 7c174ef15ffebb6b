"""Days and months as bits: every vector of docs/protocol/conversions.md 11 and 12."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize(
    ("raw", "days"),
    [
        (2, "Sat"),
        (64, "Mon"),
        (124, "Mon Tue Wed Thu Fri"),
        (128, "Sun"),
        (130, "Sun Sat"),
        (254, "Sun Mon Tue Wed Thu Fri Sat"),
        (84, "Mon Wed Fri"),
        (62, "Tue Wed Thu Fri Sat"),
        (40, "Tue Thu"),
        (126, "Mon Tue Wed Thu Fri Sat"),
        (192, "Sun Mon"),
        (8, "Thu"),
    ],
)
def test_weeks(raw: int, days: str) -> None:
    numbers = [DAYS.index(day) for day in days.split()]
    assert units.week_days(raw) == tuple(sorted(numbers))
    assert units.week_to_raw(numbers) == units.week_to_raw(numbers * 2) == raw


def test_every_day_has_its_bit() -> None:
    assert [units.week_bit(day) for day in range(7)] == [64, 32, 16, 8, 4, 2, 128]
    assert units.week_to_raw(range(7)) == units.ALL_WEEK


@pytest.mark.parametrize("raw", [-2, 0, 1, 3, 125, 255, 256])
def test_what_is_no_week(raw: int) -> None:
    with pytest.raises(UsageError, match="even number from 2 to 254"):
        units.week_days(raw)


@pytest.mark.parametrize("days", [[], [7], [0, -1]])
def test_days_of_no_week(days: list[int]) -> None:
    with pytest.raises(UsageError, match="week"):
        units.week_to_raw(days)


@pytest.mark.parametrize(
    ("raw", "months"),
    [
        (480, "Jun Jul Aug Sep"),
        (3615, "Jan Feb Mar Apr May Oct Nov Dec"),
        (4095, "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
        (224, "Jun Jul Aug"),
        (448, "Jul Aug Sep"),
        (2051, "Jan Feb Dec"),
        (3, "Jan Feb"),
        (1, "Jan"),
        (2048, "Dec"),
        (1016, "Apr May Jun Jul Aug Sep Oct"),
        (3087, "Jan Feb Mar Apr Nov Dec"),
        (56, "Apr May Jun"),
    ],
)
def test_seasons(raw: int, months: str) -> None:
    numbers = tuple(MONTHS.index(month) + 1 for month in months.split())
    assert units.season_months(raw) == numbers
    assert units.season_to_raw(reversed(numbers)) == raw


@pytest.mark.parametrize("raw", [-1, 0, 4096, 4099])
def test_what_is_no_season(raw: int) -> None:
    with pytest.raises(UsageError, match="1 to 4095"):
        units.season_months(raw)


@pytest.mark.parametrize("months", [[], [0], [1, 13]])
def test_months_of_no_season(months: list[int]) -> None:
    with pytest.raises(UsageError, match="month"):
        units.season_to_raw(months)


@given(st.integers(1, 127))
def test_weeks_come_back(half: int) -> None:
    assert units.week_to_raw(units.week_days(2 * half)) == 2 * half


@given(st.integers(1, 4095))
def test_seasons_come_back(raw: int) -> None:
    assert units.season_to_raw(units.season_months(raw)) == raw
