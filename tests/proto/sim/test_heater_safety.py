"""Anti-legionella, freeze protection and errors: what the unit heats for, or does not, whatever its mode."""

from __future__ import annotations

from typing import Any

import pytest

from navien_proto.sim.household import Household, HouseholdConfig
from tests.support.heater_bench import Bench

HOUR, DAY = 3600.0, 86400.0
LEGIONELLA_ON, LEGIONELLA_OFF = 0x02000028, 0x02000027
HEAT_PUMP, ELECTRIC, SAVER, DEMAND, VACATION, OFF = 1, 2, 3, 4, 5, 6


def bench(**config: Any) -> Bench:
    return Bench.with_config(**{"noise": None, "upper": 50.0, "lower": 50.0, "set_point": 100, **config})


def hottest(unit: Bench, begin: float, end: float) -> tuple[float, set[int]]:
    """The lower probe's highest temperature, and what the cycle's flag was, looking in every ten minutes."""
    highest, busy = 0.0, set()
    at = begin
    while at < end:
        status = unit.status(at)
        highest = max(highest, status["tankLowerTemperature"] / 10)
        busy.add(status["antiLegionellaOperationBusy"])
        at += 600.0
    return highest, busy


@pytest.mark.parametrize("mode", [HEAT_PUMP, ELECTRIC, SAVER, DEMAND, VACATION])
def test_every_so_many_days_the_water_is_brought_to_sixty_degrees(mode: int) -> None:
    unit = bench(mode=mode, vacation_days=20, electric_hours=10_000.0)
    unit.control(0.0, LEGIONELLA_ON, "anti-leg-on", 3)
    before, idle = hottest(unit, 60.0, 3 * DAY - 60)
    assert (before < 56.0, idle) == (True, {1})
    for day in (3, 6):
        highest, busy = hottest(unit, day * DAY, (day + 1) * DAY)
        assert (highest >= 60.0, busy) == (True, {1, 2})
        assert unit.status((day + 1) * DAY)["antiLegionellaOperationBusy"] == 1


def test_a_unit_that_is_off_leaves_it_out_and_one_told_to_stop_stops() -> None:
    unit = bench(mode=OFF)
    unit.control(0.0, LEGIONELLA_ON, "anti-leg-on", 1)
    assert hottest(unit, 60.0, 2 * DAY)[1] == {1}
    unit = bench()
    unit.control(0.0, LEGIONELLA_ON, "anti-leg-on", 1)
    assert unit.status(DAY + 60)["antiLegionellaOperationBusy"] == 2
    unit.control(DAY + 120, LEGIONELLA_OFF, "anti-leg-off")
    status = unit.status(DAY + 300)
    assert (status["antiLegionellaOperationBusy"], status["antiLegionellaUse"]) == (1, 1)
    highest, busy = hottest(unit, DAY + 600, 3 * DAY)
    assert (highest < 56.0, busy) == (True, {1})


@pytest.mark.parametrize("mode", [HEAT_PUMP, VACATION, OFF])
def test_water_does_not_freeze_in_any_mode(mode: int) -> None:
    away = Household(HouseholdConfig(people=0), 0)
    unit = Bench.with_config(
        mode=mode, vacation_days=30, ambient=-15.0, upper=12.0, lower=10.0, noise=None, household=away
    )
    coldest = 100.0
    elements = set()
    for hour in range(24 * 10):
        status = unit.status(hour * HOUR + 60)
        coldest = min(coldest, status["tankLowerTemperature"] / 10)
        elements.add(status["heatLowerUse"])
    assert coldest > 5.5
    assert 2 in elements or mode == HEAT_PUMP


def test_errors_are_reported_and_two_of_them_stop_all_heating() -> None:
    for code, heats in ((799, False), (990, False), (593, True)):
        unit = Bench.with_config(running=True, noise=None)
        assert unit.status(10.0)["compUse"] == 2
        unit.heater.set_error(code, 7)
        status = unit.status(60.0)
        assert (status["errorCode"], status["subErrorCode"]) == (code, 7)
        assert (status["compUse"], status["operationBusy"]) == ((2, 2) if heats else (1, 1))
        unit.heater.set_error(0, 0)
        assert unit.status(900.0)["errorCode"] == 0
        # It has been waiting with cold water meanwhile, and takes its time.
        unit.control(901.0, 0x02000020, "dhw-temperature", 130)
        assert unit.status(1800.0)["compUse"] == 2
