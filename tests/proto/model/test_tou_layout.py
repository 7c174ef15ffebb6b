"""The layout of plans, held against a table of every minute of a year of weeks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from itertools import product

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.model.tou_layout import FaultKind, faults, merged
from navien_proto.model.tou_period import ALL_YEAR, PriceKey, TouPeriod
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday
from tests.proto.model import schedule_strategies as some

DAY = TouPeriod(days=EVERY_DAY, start=time(), end=time(23, 59), price_min=0.1)
SUMMER = frozenset({6, 7, 8, 9})


def minutes(periods: Iterable[TouPeriod]) -> dict[tuple[int, int], list[list[PriceKey]]]:
    """The prices of every minute of every day of a week in every month, the plain way."""
    table: dict[tuple[int, int], list[list[PriceKey]]] = {
        cell: [[] for _ in range(1440)] for cell in product(range(1, 13), range(7))
    }
    for period in periods:
        start = period.start.hour * 60 + period.start.minute
        end = period.end.hour * 60 + period.end.minute
        key = period.price_key
        for month, day in product(period.months, period.days):
            night = [(day, start, 1439), ((day + 1) % 7, 0, end)]
            spans = night if end < start else [(day, start, end)]
            for where, first, last in spans:
                for minute in range(first, last + 1):
                    table[month, where][minute].append(key)
    return table


@st.composite
def tilings(draw: st.DrawFn) -> list[TouPeriod]:
    """A plan without overlap, most likely with equal neighbours and perhaps with holes."""
    plan = []
    for months in draw(st.sampled_from([[ALL_YEAR], [SUMMER, ALL_YEAR - SUMMER]])):
        for days in draw(
            st.sampled_from([[EVERY_DAY], [WEEKDAYS, WEEKEND], [frozenset({day}) for day in Weekday]])
        ):
            cuts = sorted(draw(st.sets(st.sampled_from([60, 360, 361, 960, 1260, 1439]), max_size=4)))
            for start, end in zip([0, *cuts], [*cuts, 1440], strict=True):
                price = draw(st.sampled_from([None, Decimal("0.1"), Decimal("0.2"), Decimal("0.2")]))
                if price is not None:
                    plan.append(
                        TouPeriod(
                            months=months,
                            days=days,
                            start=time(*divmod(start, 60)),
                            end=time(*divmod(end - 1, 60)),
                            price_min=price,
                        )
                    )
    return draw(st.permutations(plan))


@settings(max_examples=15, deadline=None)
@given(tilings())
def test_merging_changes_no_minute(plan: list[TouPeriod]) -> None:
    found = merged(plan)
    assert found is not None
    assert len(found) <= max(len(plan), 1)
    assert minutes(found) == minutes(plan)
    assert merged(found) == found
    assert not [fault for fault in faults(tuple(plan)) if fault.kind is FaultKind.OVERLAP]


@settings(max_examples=15, deadline=None)
@given(st.lists(some.tou_periods(), max_size=4))
def test_overlaps_and_holes_are_found_where_they_are(plan: list[TouPeriod]) -> None:
    counts = {len(prices) for cell in minutes(plan).values() for prices in cell}
    kinds = {fault.kind for fault in faults(tuple(plan))}
    assert (FaultKind.OVERLAP in kinds) == (max(counts) > 1)
    assert (FaultKind.HOLE in kinds) == (min(counts) == 0)
    assert (FaultKind.CROSSES_MIDNIGHT in kinds) == any(period.crosses_midnight for period in plan)
    assert (merged(plan) is None) == (max(counts) > 1)
    assert all(str(fault) for fault in faults(tuple(plan)))


def sentences(*plan: TouPeriod) -> list[str]:
    return [str(fault) for fault in faults(plan)]


def test_a_sound_plan_has_no_faults() -> None:
    assert sentences(DAY) == []
    assert sentences(evolve(DAY, end=time(15, 59)), evolve(DAY, start=time(16))) == []
    assert sentences(evolve(DAY, months=SUMMER), evolve(DAY, months=ALL_YEAR - SUMMER)) == []


def test_holes_in_words() -> None:
    assert sentences(evolve(DAY, start=time(1), end=time(22, 58))) == [
        "no price is known: all year, every day 00:00–00:59",
        "no price is known: all year, every day 22:59–23:59",
    ]
    assert sentences(evolve(DAY, months=SUMMER)) == [
        "the seasons add up to 480, not to 4095",
        "no price is known: Oct–May, every day 00:00–23:59",
    ]
    assert sentences(evolve(DAY, days=WEEKDAYS)) == ["no price is known: all year, weekends 00:00–23:59"]
    assert sentences() == ["no price is known: all year, every day 00:00–23:59"]


def test_overlaps_in_words() -> None:
    late = evolve(DAY, days=WEEKEND, start=time(20), price_min=0.2, price_max=0.2)
    (fault,) = faults((DAY, late))
    assert fault.kind is FaultKind.OVERLAP
    assert str(fault) == "two periods overlap: all year, weekends 20:00–23:59"
    assert fault.periods == (DAY, late)
    touching = evolve(DAY, end=time(12)), evolve(DAY, start=time(12))
    assert sentences(*touching) == ["two periods overlap: all year, every day 12:00–12:00"]


def test_an_overlap_behind_a_long_period_is_found() -> None:
    plan = DAY, evolve(DAY, start=time(2), end=time(3)), evolve(DAY, start=time(5), end=time(6))
    assert sentences(*plan) == [
        "two periods overlap: all year, every day 02:00–03:00",
        "two periods overlap: all year, every day 05:00–06:00",
    ]


def test_seasons_that_share_a_month() -> None:
    assert "the seasons add up to 4575, not to 4095" in sentences(DAY, evolve(DAY, months=SUMMER))


def test_prices_the_wrong_way_round() -> None:
    assert [fault.kind for fault in faults((evolve(DAY, price_max=0.05),))] == [FaultKind.PRICES]


@pytest.mark.parametrize(
    ("plan", "count"),
    [
        ([evolve(DAY, end=time(11, 59)), evolve(DAY, start=time(12))], 1),
        ([evolve(DAY, end=time(11, 59)), evolve(DAY, start=time(12, 1))], 2),
        ([evolve(DAY, end=time(11, 59)), evolve(DAY, start=time(12), price_max=0.2)], 2),
        ([evolve(DAY, days=WEEKDAYS), evolve(DAY, days=WEEKEND)], 1),
        ([evolve(DAY, days={day}) for day in Weekday], 1),
        ([evolve(DAY, months={month}) for month in ALL_YEAR], 1),
        ([evolve(DAY, months={month}, days={day}) for month in ALL_YEAR for day in Weekday], 1),
        ([evolve(DAY, start=time(12), end=time(11, 59))], 1),
        ([evolve(DAY, decimal_point=1, end=time(11, 59)), evolve(DAY, decimal_point=5, start=time(12))], 1),
        ([], 0),
    ],
)
def test_equal_neighbours_become_one(plan: list[TouPeriod], count: int) -> None:
    found = merged(plan)
    assert found is not None
    assert len(found) == count
