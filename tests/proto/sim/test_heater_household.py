"""Weeks of a household: the heater keeps up, the books balance, and nobody waits long for it."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.sim.household import Household, HouseholdConfig
from tests.support.heater_bench import Bench

DAY = 86_400.0
POLL = 300.0


def inhabited(seed: int = 3, people: int = 3, **config: Any) -> Bench:
    home = Household.seeded(Random(seed), HouseholdConfig(people=people))
    return Bench.with_config(home, seed, **config)


def live(bench: Bench, days: float) -> list[dict[str, int]]:
    """Answers to polls every five minutes."""
    begin = bench.heater.clock
    return [bench.status(begin + POLL * n) for n in range(int(days * DAY / POLL))]


@given(
    seed=st.integers(0, 10_000),
    mode=st.integers(1, 6),
    tou=st.sampled_from([0, 1, 3]),
    people=st.integers(0, 6),
    volume=st.integers(1, 3),
    set_point=st.integers(70, 131),
    ambient=st.floats(-10.0, 40.0),
)
@settings(deadline=None, max_examples=25)
def test_the_books_balance_and_temperatures_stay_sane(
    seed: int, mode: int, tou: int, people: int, volume: int, set_point: int, ambient: float
) -> None:
    bench = inhabited(
        seed, people, mode=mode, tou_status=tou, volume_code=volume, set_point=set_point, ambient=ambient
    )
    tank = bench.heater.unit.tank
    before = tank.stored()
    bench.wait(2 * DAY)
    state = tank.state
    assert tank.stored() - before == pytest.approx(state.heat_in - state.lost - state.drawn, abs=1e-3)
    for temperature in state[:4]:
        assert min(ambient, 15.0) - 1e-6 <= temperature <= max(58.6, set_point / 2 + 2.0, ambient)
    assert state.heat_in >= 0
    assert state.drawn >= -1e-6


@pytest.mark.parametrize(("mode", "tou"), [(1, 1), (1, 3), (2, 1), (3, 1), (4, 1)])
def test_a_week_is_believable(mode: int, tou: int) -> None:
    """Section 13: some 10 kWh of heat, two starts of about four hours a day, elements rarely but in electric."""
    bench = inhabited(mode=mode, tou_status=tou, electric_hours=1e9)
    polls = live(bench, 7)
    unit = bench.heater.unit
    assert unit.tank.state.heat_in / 7 == pytest.approx(10_500, rel=0.25)
    warm = sum(status["tankUpperTemperature"] >= 450 for status in polls) / len(polls)
    assert warm > 0.95
    hours = sum(status["compUse"] == 2 for status in polls) * POLL / 3600 / 7
    element = sum(2 in (status["heatUpperUse"], status["heatLowerUse"]) for status in polls) * POLL / 3600 / 7
    if mode == 2:
        assert hours == 0
        assert 1.0 < element < 4.0
    else:
        assert 6.0 < hours < 11.0
        assert 1.0 <= unit.sequencer.starts / 7 <= 7.0
        assert element < 0.6


def test_power_tells_what_runs() -> None:
    """Below 20 W idle, 300 to 600 W heat pump, above 4000 W an element, transitions aside."""
    polls = live(inhabited(mode=4), 3)
    classes: dict[tuple[bool, bool], list[int]] = {}
    for status in polls:
        key = (status["compUse"] == 2, 2 in (status["heatUpperUse"], status["heatLowerUse"]))
        classes.setdefault(key, []).append(status["currentInstPower"])
    medians = {key: sorted(values)[len(values) // 2] for key, values in classes.items()}
    assert medians[False, False] < 20
    assert 300 < medians[True, False] < 600
    assert medians[True, True] > 4000


def test_draws_are_reported_while_they_last() -> None:
    bench = inhabited()
    home = Household.seeded(Random(3))
    started = bench.heater.unit.started
    offset = (started - started.replace(hour=0, minute=0, second=0)).total_seconds()
    day = date(2025, 9, 27)
    shower = next(draw for draw in home.draws(day) if draw.kind == "shower")
    begin = DAY - offset + shower.start
    assert bench.status(begin + 30.0)["dhwUse"] == 2
    assert bench.status(begin + 90.0)["dhwUseSustained"] == 2
    quiet = bench.status(DAY - offset + 2 * 3600.0 + DAY)
    assert (quiet["dhwUse"], quiet["dhwUseSustained"]) == (1, 0)


def test_a_draw_starts_the_heating_of_a_tank_that_lies_low() -> None:
    """Stopped by a written set point with a cold lower zone, it waits for the next tap, not longer."""
    bench = inhabited(upper=60.0, lower=25.0, running=True)
    bench.set_point(10.0, 110)
    bench.wait(30.0)
    assert bench.heater.status()["operationBusy"] == 1
    draws = bench.heater.unit.draws
    assert draws is not None
    tap = draws.next
    assert bench.status(tap - 1.0)["operationBusy"] == 1
    assert bench.status(tap + 1.0)["operationBusy"] == 2


def test_every_push_is_met_on_time_by_waking_when_told() -> None:
    bench = inhabited(mode=4, tou_status=3)
    late = []
    while bench.heater.clock < 5 * DAY:
        wake = bench.heater.next_wake()
        assert wake is not None
        late += [bench.heater.clock - heard.at for heard in bench.wait(wake)]
    assert len(late) > 50
    assert max(late) <= 1.0


def test_next_wake_is_not_a_busy_loop() -> None:
    bench = inhabited(mode=4, tou_status=3)
    wakes = 0
    while bench.heater.clock < 5 * DAY:
        wake = bench.heater.next_wake()
        assert wake is not None
        bench.wait(wake)
        wakes += 1
    assert wakes / 5 < 400


def test_polling_does_not_change_the_story() -> None:
    """Asked every five minutes or once a day, the same water is heated."""
    asked, left_alone = inhabited(), inhabited()
    live(asked, 5)
    for day in range(5):
        left_alone.wait(day * DAY)
    left_alone.wait(asked.heater.clock)
    mine, other = asked.heater.unit.tank.state, left_alone.heater.unit.tank.state
    assert mine == pytest.approx(other, abs=1.0, rel=0.01)
