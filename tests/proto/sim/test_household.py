from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.sim.household import Draws, Household, HouseholdConfig

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


def household(seed: int = 1, config: HouseholdConfig | None = None) -> Household:
    return Household.seeded(Random(seed), config)


@given(seed=st.integers(0, 2**64), day=DAYS)
@settings(deadline=None)
def test_a_day_is_the_same_whenever_it_is_looked_at(seed: int, day: date) -> None:
    first, second = household(seed), household(seed)
    second.draws(day + timedelta(days=1))
    assert first.draws(day) == second.draws(day)


@given(seed=st.integers(0, 2**64), day=DAYS)
@settings(deadline=None)
def test_draws_are_in_order_and_within_their_day(seed: int, day: date) -> None:
    draws = household(seed).draws(day)
    assert [draw.start for draw in draws] == sorted(draw.start for draw in draws)
    for draw in draws:
        assert draw.start >= 0
        assert 0 < draw.seconds < 3600
        assert draw.start + draw.seconds < 86_400
        assert 0 < draw.flow < 12


def test_households_and_days_differ() -> None:
    day = date(2025, 3, 4)
    assert household(1).draws(day) != household(2).draws(day)
    assert household(1).draws(day) != household(1).draws(day + timedelta(days=1))


def test_a_family_uses_what_families_use() -> None:
    home = household()
    days = [home.draws(date(2025, 1, 1) + timedelta(days=n)) for n in range(365)]
    litres = [sum(draw.litres for draw in day) for day in days]
    assert sum(litres) / 365 == pytest.approx(180, rel=0.15)
    assert max(litres) < 500
    kinds = {draw.kind for day in days for draw in day}
    assert kinds == {"shower", "bath", "sink", "dishwasher", "laundry"}
    showers = sum(draw.kind in ("shower", "bath") for day in days for draw in day) / 365
    assert showers == pytest.approx(3 * 0.9, rel=0.1)


def test_nothing_is_drawn_while_everybody_is_away() -> None:
    home = household(1, HouseholdConfig(away=((date(2025, 7, 1), date(2025, 7, 14)),)))
    assert home.draws(date(2025, 6, 30))
    assert not home.draws(date(2025, 7, 1))
    assert not home.draws(date(2025, 7, 14))
    assert home.draws(date(2025, 7, 15))


def test_an_empty_house_draws_nothing() -> None:
    assert household(1, HouseholdConfig(people=0)).draws(date(2025, 1, 1)) == ()


def test_a_household_of_minus_one_is_refused() -> None:
    with pytest.raises(ValueError, match="people"):
        HouseholdConfig(people=-1)


def walk(draws: Draws, until: float) -> list[tuple[float, float, int, int]]:
    """Each change as it is passed: time, flow, open taps, taps open for long."""
    seen = []
    while draws.next < until:
        clock = draws.next
        draws.reach(clock)
        seen.append((clock, draws.flow, draws.active, draws.sustained))
    return seen


def test_every_litre_is_met_once() -> None:
    home = household()
    started = datetime(2025, 3, 1, tzinfo=UTC)
    seen = walk(Draws(home, started), 7 * 86_400.0)
    litres = sum(flow * (after - before) / 60.0 for (before, flow, _a, _s), (after, *_rest) in pairwise(seen))
    wanted = sum(draw.litres for n in range(7) for draw in home.draws(date(2025, 3, 1) + timedelta(days=n)))
    assert litres == pytest.approx(wanted)
    assert seen[-1][1:] == (0.0, 0, 0)


@pytest.mark.parametrize("hours", [-7, 0, 9])
def test_days_are_those_of_the_units_own_clock(hours: int) -> None:
    home = household()
    zone = timezone(timedelta(hours=hours))
    draws = Draws(home, datetime(2025, 3, 1, 12, 30, tzinfo=zone))
    later = next(draw for draw in home.draws(date(2025, 3, 1)) if draw.start > 12.5 * 3600)
    assert draws.next == pytest.approx(later.start - 12.5 * 3600)


def test_starting_in_the_middle_of_a_draw_finds_the_tap_open() -> None:
    home = household()
    shower = next(draw for draw in home.draws(date(2025, 3, 1)) if draw.kind == "shower")
    started = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(seconds=shower.start + 90.0)
    draws = Draws(home, started)
    assert draws.active >= 1
    assert draws.sustained >= 1
    assert draws.flow >= shower.flow - 1e-9


def test_a_draw_counts_as_sustained_after_a_minute() -> None:
    home = household()
    seen = walk(Draws(home, datetime(2025, 3, 1, tzinfo=UTC)), 86_400.0)
    shower = next(draw for draw in home.draws(date(2025, 3, 1)) if draw.kind == "shower")
    at = next(index for index, (clock, *_rest) in enumerate(seen) if clock == shower.start + 60.0)
    assert seen[at][3] == seen[at - 1][3] + 1


@given(seed=st.integers(0, 1000), jumps=st.lists(st.floats(1.0, 200_000.0), min_size=1, max_size=10))
@settings(deadline=None, max_examples=50)
def test_jumping_ahead_meets_the_same_state(seed: int, jumps: list[float]) -> None:
    started = datetime(2025, 3, 1, 3, tzinfo=UTC)
    jumping, walking = Draws(household(seed), started), Draws(household(seed), started)
    clock = 0.0
    for jump in jumps:
        clock += jump
        jumping.reach(clock)
    walk(walking, clock)
    walking.reach(clock)
    assert (jumping.active, jumping.sustained, jumping.next) == (
        walking.active,
        walking.sustained,
        walking.next,
    )
    assert jumping.flow == pytest.approx(walking.flow)
