"""How the periods of a plan lie in the year: what overlaps, what is missing, and how few say the same.

All is worked out on the cells of the year, a day of the week in a month: 84 of them, each a list of periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import time
from enum import StrEnum
from typing import TypeVar

from attrs import evolve, frozen

from navien_proto import units
from navien_proto.model.tou_period import PriceKey, TouPeriod, months_text
from navien_proto.model.weekdays import Weekday, days_text

__all__ = ["FaultKind", "TouFault", "faults", "merged"]

_DAY = 24 * 60

Cell = tuple[int, Weekday]
Stretch = tuple[int, int, int]
"""First and last minute of the day, and the index of the period they belong to."""

K = TypeVar("K", bound=Hashable)


class FaultKind(StrEnum):
    """What can be wrong with a plan."""

    OVERLAP = "overlap"  # two periods at one time: which price counts is not known
    CROSSES_MIDNIGHT = "crosses midnight"  # units do not take it; it is split when written
    HOLE = "hole"  # a time without a price
    SEASONS = "seasons"  # the seasons are not a year: their bits do not add up to 4095
    PRICES = "prices"  # the lowest price is above the highest
    TOO_MANY = "too many"  # more periods than a unit takes, neighbours merged


@frozen
class TouFault:
    """Something wrong with a plan, in a sentence, and the periods it concerns."""

    kind: FaultKind
    sentence: str
    periods: tuple[TouPeriod, ...] = ()

    def __str__(self) -> str:
        return self.sentence


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _parts(periods: Iterable[TouPeriod]) -> list[TouPeriod]:
    return [part for period in periods for part in period.split_at_midnight()]


def _cells(parts: Iterable[TouPeriod]) -> dict[Cell, list[Stretch]]:
    """The stretches of every cell, sorted; empty cells included."""
    cells: dict[Cell, list[Stretch]] = {(month, day): [] for month in range(1, 13) for day in Weekday}
    for index, period in enumerate(parts):
        stretch = _minute(period.start), _minute(period.end), index
        for month in period.months:
            for day in period.days:
                cells[month, day].append(stretch)
    for stretches in cells.values():
        stretches.sort()
    return cells


def _when(cells: Iterable[Cell]) -> str:
    """Cells in words: months that have the same days stand together."""
    days: dict[int, set[Weekday]] = defaultdict(set)
    for month, day in cells:
        days[month].add(day)
    months: dict[frozenset[Weekday], set[int]] = defaultdict(set)
    for month, found in days.items():
        months[frozenset(found)].add(month)
    return "; ".join(f"{months_text(frozenset(some))}, {days_text(found)}" for found, some in months.items())


def _overlaps(parts: list[TouPeriod], cells: Mapping[Cell, list[Stretch]]) -> list[TouFault]:
    found: dict[tuple[int, int, int, int], list[Cell]] = defaultdict(list)
    for cell, stretches in cells.items():
        longest: Stretch | None = None
        for stretch in stretches:
            if longest is not None and stretch[0] <= longest[1]:
                found[longest[2], stretch[2], stretch[0], min(longest[1], stretch[1])].append(cell)
            if longest is None or stretch[1] > longest[1]:
                longest = stretch
    return [
        TouFault(
            FaultKind.OVERLAP,
            f"two periods overlap: {_when(where)} {_clock(start)}–{_clock(end)}",
            (parts[first], parts[second]),
        )
        for (first, second, start, end), where in found.items()
    ]


def _holes(cells: Mapping[Cell, list[Stretch]]) -> list[TouFault]:
    found: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell, stretches in cells.items():
        covered = 0
        for start, end, _ in stretches:
            if start > covered:
                found[covered, start - 1].append(cell)
            covered = max(covered, end + 1)
        if covered < _DAY:
            found[covered, _DAY - 1].append(cell)
    return [
        TouFault(FaultKind.HOLE, f"no price is known: {_when(where)} {_clock(start)}–{_clock(end)}")
        for (start, end), where in found.items()
    ]


def faults(periods: tuple[TouPeriod, ...]) -> list[TouFault]:
    """All that is wrong with the periods by themselves, their number left aside."""
    found = [
        TouFault(FaultKind.CROSSES_MIDNIGHT, f"a period passes midnight: {period}", (period,))
        for period in periods
        if period.crosses_midnight
    ]
    found += [
        TouFault(FaultKind.PRICES, f"the lowest price is above the highest: {period}", (period,))
        for period in periods
        if period.price_min > period.price_max
    ]
    seasons = sum({period.season for period in periods})
    if periods and seasons != units.ALL_MONTHS:
        found.append(TouFault(FaultKind.SEASONS, f"the seasons add up to {seasons}, not to {units.ALL_MONTHS}"))
    parts = _parts(periods)
    cells = _cells(parts)
    return [*found, *_overlaps(parts, cells), *_holes(cells)]


def _together(keys: Mapping[int, K]) -> dict[K, frozenset[int]]:
    """The numbers that have one key, in the order of their first."""
    groups: dict[K, set[int]] = defaultdict(set)
    for number, key in keys.items():
        groups[key].add(number)
    return {key: frozenset(numbers) for key, numbers in groups.items()}


def merged(periods: Iterable[TouPeriod]) -> tuple[TouPeriod, ...] | None:
    """The same prices in as few periods as a plan of seasons, weeks and intervals can have.

    Periods are split at midnight; what follows upon another at its price is joined to it, days with the same
    hours become one week, months with the same weeks one season. ``None`` when periods overlap.
    """
    parts = _parts(periods)
    prices = [part.price_key for part in parts]
    # One period stands for each pair of prices: the last that has it.
    example = dict(zip(prices, parts, strict=True))
    days: dict[int, dict[int, tuple[tuple[int, int, PriceKey], ...]]] = defaultdict(dict)
    for (month, day), stretches in _cells(parts).items():
        joined: list[tuple[int, int, PriceKey]] = []
        for start, end, index in stretches:
            key = prices[index]
            if joined and start <= joined[-1][1]:
                return None
            if joined and start == joined[-1][1] + 1 and key == joined[-1][2]:
                joined[-1] = joined[-1][0], end, key
            else:
                joined.append((start, end, key))
        days[month][day] = tuple(joined)
    weeks = {month: tuple(_together(found).items()) for month, found in days.items()}
    return tuple(
        evolve(
            example[key],
            months=months,
            days=frozenset(map(Weekday, found)),
            start=time(*divmod(start, 60)),
            end=time(*divmod(end, 60)),
        )
        for week, months in _together(weeks).items()
        for hours, found in week
        for start, end, key in hours
    )
