"""Which months and years are meant: ``3``, ``2026-01``, ``2025-11..2026-02``, ``2024,2026``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from navien_proto.errors import UsageError
from navien_proto.settings import shown

__all__ = ["MonthOfYear", "parse_span_of_months", "parse_span_of_years"]

MonthOfYear = tuple[int, int]
"""A year and a month, 1 to 12."""

MONTH = re.compile(r"(20[0-9]{2})-(0?[1-9]|1[0-2])")
YEAR = re.compile(r"20[0-9]{2}")
COUNT = re.compile(r"[1-9][0-9]?")
# Every month or year asked for is a part of one answer, of at most some kilobytes.
MOST_MONTHS, MOST_YEARS = 24, 20


def parse_span_of_months(label: str, text: str, today: date) -> list[MonthOfYear]:
    """The months that ``text`` means, in order; a count is so many up to this one.

    Raises:
        UsageError: it means none, or more than 24.
    """
    this = today.year * 12 + today.month - 1
    found = _span(text, _month, this)
    if not found or len(found) > MOST_MONTHS:
        raise UsageError(
            f"{label}: expected a number of months up to {MOST_MONTHS}, or months such as 2026-01 or"
            f" 2025-11..2026-02, found {shown(text)}"
        )
    return [(place // 12, place % 12 + 1) for place in found]


def parse_span_of_years(label: str, text: str, today: date) -> list[int]:
    """The years that ``text`` means, in order; a count is so many up to this one.

    Raises:
        UsageError: it means none, or more than 20.
    """
    found = _span(text, lambda word: int(word) if YEAR.fullmatch(word) else None, today.year)
    if not found or len(found) > MOST_YEARS or found[0] < 2000:
        raise UsageError(
            f"{label}: expected a number of years up to {MOST_YEARS}, or years such as 2026 or 2024..2026,"
            f" found {shown(text)}"
        )
    return found


def _month(word: str) -> int | None:
    found = MONTH.fullmatch(word)
    return None if found is None else int(found[1]) * 12 + int(found[2]) - 1


def _span(text: str, place: Callable[[str], int | None], this: int) -> list[int] | None:
    """The numbers in ``text`` in order, each once; ``None`` when a word of it has none."""
    wanted = text.strip()
    if COUNT.fullmatch(wanted):
        return list(range(this - int(wanted) + 1, this + 1))
    found: set[int] = set()
    for word in wanted.split(","):
        first, dots, last = word.strip().partition("..")
        ends = place(first), place(last if dots else first)
        if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
            return None
        found |= set(range(ends[0], ends[1] + 1))
    return sorted(found)
