from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from navien_proto.errors import UsageError
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday, days_from_raw, days_text, to_days


def test_days_are_numbered_as_by_the_standard_library() -> None:
    assert Weekday(date(2026, 1, 4).weekday()) is Weekday.SUNDAY
    assert [day.bit for day in Weekday] == [64, 32, 16, 8, 4, 2, 128]


@pytest.mark.parametrize(
    ("raw", "days", "text"),
    [
        (254, EVERY_DAY, "every day"),
        (124, WEEKDAYS, "weekdays"),
        (130, WEEKEND, "weekends"),
        (62, to_days([1, 2, 3, 4, 5]), "Tue Wed Thu Fri Sat"),
        (192, {Weekday.SUNDAY, Weekday.MONDAY}, "Mon Sun"),
        (8, {Weekday.THURSDAY}, "Thu"),
    ],
)
def test_days_in_words(raw: int, days: frozenset[Weekday], text: str) -> None:
    assert days_from_raw(raw) == days
    assert days_text(frozenset(days)) == text


@pytest.mark.parametrize("days", [[], [7], ["Monday"], 5, None, [None]])
def test_what_is_no_set_of_days(days: Any) -> None:
    with pytest.raises(UsageError, match="days must"):
        to_days(days)
