"""When heat is called for: thresholds, events, elements (``docs/protocol/device_model.md`` 3, 4 and 7)."""

from __future__ import annotations

import pytest

from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.thermostat import NO_DEMAND, Thermostat
from tests.support.heater_bench import OFF, ON, Bench, Heard, shown

THRESHOLDS = (
    "hpUpperOnTempSetting",
    "hpLowerOnTempSetting",
    "hpUpperOffTempSetting",
    "hpLowerOffTempSetting",
    "heUpperOnTempSetting",
    "heUpperOffTempSetting",
    "heLowerOffTempSetting",
    "heLowerOnTempSetting",
    "hpUpperOnDiffTempSetting",
    "hpLowerOnDiffTempSetting",
    "hpLowerOffDiffTempSetting",
    "heUpperOnDiffTempSetting",
)

# Section 3, in the order of its columns; each block as its session went, for one field trails.
FIRST_SESSION = [
    (1, (121, 121, 121, 121, 70, 121, 121, 70, 0, 4, 2, 0)),
    (3, (121, 121, 121, 121, 121, 121, 121, 70, 4, 4, 0, 4)),
    (1, (121, 121, 121, 121, 121, 121, 121, 70, 0, 4, 2, 0)),
    (4, (121, 121, 121, 121, 121, 121, 121, 70, 0, 4, 2, 4)),
    (6, (121, 121, 121, 121, 121, 121, 121, 70, 0, 4, 2, 0)),
]
SECOND_SESSION = [
    (1, (70, 70, 121, 121, 121, 121, 121, 70, 0, 0, 2, 0)),
    (3, (70, 70, 121, 121, 70, 121, 121, 70, 0, 0, 0, 0)),
    (2, (70, 70, 121, 121, 121, 121, 121, 70, 0, 0, 0, 4)),
    (4, (70, 70, 121, 121, 121, 121, 121, 70, 0, 0, 2, 4)),
    (5, (70, 70, 121, 121, 121, 121, 121, 70, 0, 0, 2, 4)),
    (1, (70, 70, 121, 121, 121, 121, 121, 70, 0, 0, 2, 0)),
]


@pytest.mark.parametrize(("tou", "rows"), [(3, FIRST_SESSION), (1, SECOND_SESSION)])
def test_the_table_of_thresholds(tou: int, rows: list[tuple[int, tuple[int, ...]]]) -> None:
    bench = Bench.with_config(tou_status=tou)
    bench.wait(0.0)
    status = bench.heater.status()
    for number, (mode, wanted) in enumerate(rows):
        if number:
            at = 20.0 * number
            bench.wait(at)
            answer = bench.control(at, OFF, "power-off") if mode == 6 else bench.mode(at, mode, *[2] * (mode == 5))
            status = answer[0].status
        assert shown(status, *THRESHOLDS) == wanted


def test_a_written_set_point_moves_the_heat_pumps_thresholds_alone() -> None:
    """Captured: after 117 the elements' thresholds stay at 121."""
    (answer,) = Bench.with_config(mode=1, tou_status=1).set_point(1.0, 117)
    assert shown(answer.status, *THRESHOLDS) == (70, 70, 117, 117, 121, 121, 121, 70, 0, 0, 2, 0)
    assert shown(answer.status, "heUpperOffDiffTempSetting", "hpUpperOffDiffTempSetting") == (0, 0)


@pytest.mark.parametrize(
    ("set_point", "mode", "minimum", "total"),
    [
        (121, 1, 70, 1861),
        (121, 3, 70, 1791),
        (117, 1, 70, 1720),
        (110, 3, 70, 1404),
        (120, 3, 81, 1369),
        (121, 3, 81, 1404),
        (125, 3, 81, 1545),
        (129, 3, 81, 1685),
    ],
)
def test_the_energy_reference(set_point: int, mode: int, minimum: int, total: int) -> None:
    status = Bench.with_config(set_point=set_point, mode=mode, minimum=minimum, noise=None).status(0.0)
    assert status["totalEnergyCapacity"] == total


@pytest.mark.parametrize(
    ("upper", "lower", "mode", "missing", "charge"),
    [
        (58.6, 53.6, 1, 379, 92),
        (58.6, 53.9, 1, 372, 92),
        (60.0, 59.7, 3, 49, 98),
        (60.5, 59.7, 1, 98, 100),
        (60.5, 59.6, 1, 105, 100),
        (60.3, 59.6, 3, 42, 99),
        (58.9, 58.9, 1, 182, 93),
        (47.7, 40.0, 1, 1243, 49),
        (35.0, 20.0, 1, 2388, 0),
        (62.0, 62.0, 1, 0, 100),
    ],
)
def test_derived_figures(upper: float, lower: float, mode: int, missing: int, charge: int) -> None:
    """The vectors of ``docs/protocol/conversions.md`` 18."""
    status = Bench.with_config(upper=upper, lower=lower, mode=mode, noise=None).heater.status()
    assert shown(status, "availableEnergyCapacity", "dhwChargePer") == (missing, charge)
    assert status["dhwTemperature"] == int(2 * upper + 1e-9)


def test_figures_follow_a_written_set_point_after_some_seconds() -> None:
    bench = Bench.with_config(mode=6, noise=None)
    (answer,) = bench.set_point(1.0, 111)
    assert answer.status["totalEnergyCapacity"] == 1861
    assert bench.status(6.9)["totalEnergyCapacity"] == 1861
    assert bench.status(7.1)["totalEnergyCapacity"] == 1510


# Starts and stops of the compressor


def calls(heard: list[Heard]) -> list[int]:
    return [message.status["currentHeatUse"] for message in heard]


def test_a_written_set_point_above_the_upper_probe_starts_the_compressor() -> None:
    """Even one that lowers the set point; within 5 s, the relay half a minute later."""
    bench = Bench.with_config(upper=50.0, lower=49.0, set_point=131)
    bench.wait(100.0)
    (answer,) = bench.set_point(100.0, 110)
    assert calls([answer]) == [0]
    heard = bench.wait(140.0)
    assert calls(heard) == [1, 1, 1]
    assert heard[0].at - 100.0 <= 5.0
    assert 25.0 <= heard[-1].at - 100.0 <= 40.0
    assert heard[-1].status["compUse"] == 2


def test_a_written_set_point_at_the_upper_probe_does_not() -> None:
    bench = Bench.with_config(upper=50.2, lower=49.0, set_point=131)
    bench.wait(100.0)
    bench.set_point(100.0, 100)
    assert not bench.wait(10_000.0)


def test_a_set_point_below_the_upper_probe_stops_it_and_one_above_waits_for_the_lock_out() -> None:
    bench = Bench.with_config(upper=58.6, lower=53.6, running=True)
    bench.set_point(100.0, 110)
    stopped = bench.wait(110.0)
    assert [message.status["command"] for message in stopped] == [0x04000004, 0x04000013]
    assert stopped[-1].at - 100.0 < 5.0
    assert stopped[-1].status["compUse"] == 1
    bench.set_point(120.0, 121)
    heard = bench.wait(600.0)
    assert heard[0].at - 120.0 < 5.0
    assert heard[-1].status["compUse"] == 2
    assert 150.0 <= heard[-1].at - 120.0 <= 210.0


def test_it_does_not_start_again_by_lying_below_its_threshold() -> None:
    """Stopped by a written set point, the lower probe may lie low for hours."""
    bench = Bench.with_config(upper=58.6, lower=30.0, running=True)
    bench.set_point(10.0, 110)
    bench.wait(20.0)
    assert not bench.wait(3 * 3600.0)


@pytest.mark.parametrize(("tou", "below"), [(1, 35.0), (0, 35.0), (3, 58.5)])
def test_the_lower_probe_at_its_threshold_starts_it(tou: int, below: float) -> None:
    bench = Bench.with_config(upper=60.0, lower=below + 0.1, tou_status=tou, noise=None, ambient=-5.0, minimum=70)
    bench.wait(0.0)
    if tou == 3:
        assert bench.heater.status()["currentHeatUse"] == 0
    heard = bench.wait(12 * 3600.0)
    if tou != 3:
        # Nothing cools a warm upper zone's neighbour below 35 by itself: a draw does (test_heater_household).
        assert not heard
        return
    assert heard[0].status["command"] == 0x04000004
    assert heard[0].status["tankLowerTemperature"] <= 10 * below


@pytest.mark.parametrize(("lower", "starts"), [(34.9, True), (35.2, False)])
def test_a_cold_tank_calls_for_heat_when_the_unit_wakes(lower: float, starts: bool) -> None:
    bench = Bench.with_config(upper=60.0, lower=lower)
    bench.wait(60.0)
    assert (bench.heater.status()["currentHeatUse"] == 1) is starts


@pytest.mark.parametrize(("mode", "reference"), [(1, 61.5), (3, 60.5), (4, 61.5)])
def test_the_compressor_stops_at_its_reference(mode: int, reference: float) -> None:
    bench = Bench.with_config(mode=mode, upper=60.0, lower=57.0, running=True, noise=None)
    heard = bench.wait(3 * 3600.0)
    busy, off = heard[-2:]
    assert shown(busy.status, "command", "operationMode", "compUse") == (0x04000004, 32, 2)
    assert shown(off.status, "command", "operationMode", "compUse") == (0x04000013, 0, 1)
    assert busy.status["tankLowerTemperature"] == 10 * reference
    assert off.status["availableEnergyCapacity"] == 0


@pytest.mark.parametrize("upper", [60.6, 60.4])
def test_a_chosen_mode_starts_it_when_the_tank_is_short(upper: float) -> None:
    bench = Bench.with_config(upper=upper, lower=60.0)
    bench.wait(50.0)
    (answer,) = bench.mode(50.0, 1)
    assert answer.status["currentHeatUse"] == (1 if upper < 60.5 else 0)


# Elements


def relay_moments(heard: list[Heard]) -> list[tuple[float, int, int]]:
    """When the elements' relays changed, and to what."""
    moments: list[tuple[float, int, int]] = []
    relays = (1, 1)
    for message in heard:
        now = (message.status["heatUpperUse"], message.status["heatLowerUse"])
        if now != relays:
            moments.append((message.at, *now))
            relays = now
    return moments


@pytest.mark.parametrize(
    ("mode", "short", "starts"),
    [
        (1, 20.0, False),
        (2, 0.2, False),
        (2, 0.5, True),
        (3, 0.2, False),
        (3, 0.5, True),
        (4, 0.2, False),
        (4, 0.7, True),
    ],
)
def test_the_element_on_entering_a_mode(mode: int, short: float, starts: bool) -> None:
    bench = Bench.with_config(upper=60.5 - short, lower=60.5 - short - 0.3)
    bench.wait(10.0)
    bench.mode(10.0, mode)
    moments = relay_moments(bench.wait(25.0))
    assert bool(moments) is starts
    if starts:
        assert 4.0 <= moments[0][0] - 10.0 <= 6.0
        assert moments[0][1:] == (2, 1)


def test_energy_saver_drops_the_element_again_when_little_is_missing() -> None:
    bench = Bench.with_config(upper=60.0, lower=59.7)
    bench.mode(10.0, 3)
    (_on, *_two), (off, *relays) = relay_moments(bench.wait(60.0))
    assert relays == [1, 1]
    assert off - 10.0 < 10.0
    assert bench.heater.status()["currentHeatUse"] == 1


@pytest.mark.parametrize(("mode", "short"), [(3, 1.9), (4, 1.9), (4, 0.5), (2, 0.5)])
def test_the_element_is_kept_when_more_is_missing_or_the_mode_wants_it(mode: int, short: float) -> None:
    bench = Bench.with_config(upper=60.5 - short, lower=55.0)
    bench.mode(10.0, mode)
    assert len(relay_moments(bench.wait(50.0))) == 1


def test_an_element_stops_short_of_the_set_point_and_the_probe_coasts_on() -> None:
    bench = Bench.with_config(upper=55.0, lower=50.0, noise=None)
    bench.mode(10.0, 4)
    shows = [bench.status(10.0 + 5.0 * n) for n in range(200)]
    on = [n for n, status in enumerate(shows) if status["heatUpperUse"] == 2]
    last, after = shows[on[-1]], shows[on[-1] + 1 : on[-1] + 40]
    assert last["tankUpperTemperature"] == pytest.approx(10 * (60.5 - 0.8), abs=1)
    assert 3 <= max(status["tankUpperTemperature"] for status in after) - last["tankUpperTemperature"] <= 13


def test_electric_mode_heats_the_upper_zone_and_then_the_lower() -> None:
    bench = Bench.with_config(upper=50.0, lower=40.0, noise=None)
    bench.mode(10.0, 2)
    moments = relay_moments(bench.wait(6 * 3600.0))
    assert [relays for _at, *relays in moments] == [[2, 1], [1, 1], [1, 2], [1, 1]]
    assert moments[2][0] - moments[1][0] <= 5.0
    status = bench.status(6 * 3600.0)
    assert shown(status, "operationBusy", "operationMode", "compUse") == (1, 0, 1)
    assert status["tankLowerTemperature"] > 580


def test_high_demand_takes_the_element_back_when_the_top_falls() -> None:
    bench = Bench.with_config(mode=4, upper=58.5, lower=58.0, tou_status=1, ambient=-30.0, noise=None)
    heard = bench.wait(4 * 3600.0)
    started = next(message for message in heard if message.status["heatUpperUse"] == 2)
    assert shown(started.status, "currentHeatUse", "operationMode") == (3, 96)
    assert started.status["tankUpperTemperature"] <= 584


def test_energy_saver_takes_the_element_when_far_behind() -> None:
    bench = Bench.with_config(mode=3, upper=57.0, lower=50.0, running=True)
    assert not relay_moments(bench.wait(4 * 3600.0))
    bench = Bench.with_config(mode=3, upper=53.0, lower=20.0, running=True)
    heard = bench.wait(4 * 3600.0)
    (at, *_relays), *_rest = relay_moments(heard)
    started = next(message.status for message in heard if message.at == at)
    assert started["tankUpperTemperature"] == pytest.approx(525, abs=3)


# Settings as an object


def test_the_thermostat_is_quiet_when_off_or_away() -> None:
    for mode in (5, 6):
        thermostat = Thermostat(HeaterConfig(), mode, 121, 3)
        demand = thermostat.enter(mode, 20.0, 10.0, thermostat.review(20.0, 10.0, NO_DEMAND, element_free=True))
        assert demand == NO_DEMAND
        bounds = thermostat.bounds(demand, element_free=True)
        assert not bounds.left(-40.0, -40.0)
        assert not bounds.left(99.0, 99.0)


def test_power_on_in_a_hot_tank_starts_nothing() -> None:
    bench = Bench.with_config(upper=61.0, lower=60.8)
    bench.control(1.0, OFF, "power-off")
    (answer,) = bench.control(10.0, ON, "power-on")[-1:]
    assert shown(answer.status, "dhwOperationSetting", "operationBusy") == (1, 1)
