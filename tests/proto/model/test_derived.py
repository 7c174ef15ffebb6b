"""What follows from several readings, on the reference's own figures, and with any of them absent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.model.codes import HeatSource
from navien_proto.model.derived import Waiting
from navien_proto.model.status import DeviceStatus
from tests.proto.wire.examples import STATUS

IDLE = {"compUse": 1, "heatUpperUse": 1, "heatLowerUse": 1, "operationBusy": 1, "currentStatenum": 20}


def status(**changed: Any) -> DeviceStatus:
    return DeviceStatus.from_wire(STATUS | changed)


def without(*names: str, **changed: Any) -> DeviceStatus:
    return DeviceStatus.from_wire({name: raw for name, raw in (STATUS | changed).items() if name not in names})


@pytest.mark.parametrize(
    ("compressor", "upper", "lower", "source", "backup"),
    [
        (2, 1, 1, HeatSource.HEAT_PUMP, False),
        (1, 2, 1, HeatSource.ELEMENT, True),
        (1, 1, 2, HeatSource.ELEMENT, True),
        (2, 2, 1, HeatSource.BOTH, True),
        (1, 1, 1, HeatSource.NONE, False),
        (2, 2, 0, HeatSource.BOTH, True),
        (2, 1, 0, None, None),
        (0, 1, 1, None, False),
        (0, 2, 1, None, True),
    ],
)
def test_the_relays_tell_what_heats(
    compressor: int, upper: int, lower: int, source: HeatSource | None, backup: bool | None
) -> None:
    # currentHeatUse says something else throughout: it runs ahead.
    read = status(compUse=compressor, heatUpperUse=upper, heatLowerUse=lower, currentHeatUse=3)
    assert read.heat_source_running is source
    assert read.electric_backup_on is backup
    assert read.in_fahrenheit.heat_source_running is source


@pytest.mark.parametrize(
    ("total", "available", "usable", "share"),
    [(1861, 386, 5900, 79.3), (1861, 372, 5956, 80.0), (1791, 49, 6968, 97.3), (1720, 0, 6880, 100.0)],
)
def test_usable_energy_and_its_share(total: int, available: int, usable: int, share: float) -> None:
    read = status(totalEnergyCapacity=total, availableEnergyCapacity=available)
    assert read.usable_energy == usable
    assert read.usable_share == pytest.approx(share, abs=0.05)


def test_a_share_of_nothing_is_none() -> None:
    assert status(totalEnergyCapacity=0).usable_share is None
    for gone in ("totalEnergyCapacity", "availableEnergyCapacity"):
        assert without(gone).usable_share is None
        assert without(gone).usable_energy is None


def test_hours_to_full_with_the_heat_pump() -> None:
    # 379 counts of 4 Wh, 432 W and a COP of 2.9.
    assert status().hours_to_full == pytest.approx(379 * 4 / (432 * 2.9))


def test_hours_to_full_with_an_element_and_with_both() -> None:
    element = status(compUse=1, heatUpperUse=2, currentInstPower=5180, availableEnergyCapacity=1295)
    assert element.hours_to_full == pytest.approx(1.0)
    both = status(heatUpperUse=2, currentInstPower=5378)
    assert both.hours_to_full == pytest.approx(379 * 4 / (433 * 2.9 + 4945))


@pytest.mark.parametrize(
    "changed",
    [
        {"compUse": 1},
        {"currentInstPower": 16},
        {"currentInstPower": 4764},
        {"heatUpperUse": 2},
        {"compUse": 1, "heatUpperUse": 2},
        {"compUse": 0},
    ],
)
def test_hours_to_full_are_not_guessed_from_a_power_that_lags(changed: dict[str, Any]) -> None:
    assert status(**changed).hours_to_full is None


def test_hours_to_full_of_a_full_tank_are_none_left() -> None:
    assert status(availableEnergyCapacity=0).hours_to_full == 0.0
    assert status(availableEnergyCapacity=0, **IDLE).hours_to_full == 0.0
    assert without("availableEnergyCapacity").hours_to_full is None
    assert without("currentInstPower").hours_to_full is None


@pytest.mark.parametrize(
    ("changed", "waiting"),
    [
        ({"compUse": 2}, Waiting.NOTHING),
        ({"heatLowerUse": 2, "dhwOperationSetting": 6}, Waiting.NOTHING),
        ({"dhwOperationSetting": 6}, Waiting.POWER_ON),
        ({"dhwOperationSetting": 5}, Waiting.END_OF_VACATION),
        ({"operationBusy": 2, "currentStatenum": 70}, Waiting.RESTART_LOCKOUT),
        ({"operationBusy": 2, "currentStatenum": 30}, Waiting.START),
        ({"operationBusy": 2}, Waiting.START),
        ({"availableEnergyCapacity": 0}, Waiting.NOTHING),
        ({"drEventStatus": 2}, Waiting.DEMAND_RESPONSE),
        ({"drEventStatus": 5}, Waiting.DEMAND_RESPONSE),
        ({"drEventStatus": 3}, Waiting.TIME_OF_USE),
        ({"touStatus": 1}, Waiting.TIME_OF_USE),
        ({"touStatus": 1, "touOverrideStatus": 1}, Waiting.COOLING),
        ({"touStatus": 0}, Waiting.COOLING),
        ({"touStatus": 0, "touOverrideStatus": 0}, Waiting.COOLING),
        ({"touOverrideStatus": 0}, None),
        ({"operationBusy": 0}, None),
        ({"compUse": 0}, None),
    ],
)
def test_what_the_unit_waits_for(changed: dict[str, Any], waiting: Waiting | None) -> None:
    assert status(**IDLE | changed).waiting_for is waiting


@pytest.mark.parametrize(
    "gone",
    ["compUse", "heatUpperUse", "operationBusy", "dhwOperationSetting", "availableEnergyCapacity", "drEventStatus",
     "touStatus", "touOverrideStatus"],
)  # fmt: skip
def test_what_it_waits_for_is_not_guessed(gone: str) -> None:
    assert without(gone, **IDLE).waiting_for is None


def test_differentials_in_kelvin_are_provisional() -> None:
    read = without("heLowerOffDiffTempSetting", hpLowerOffDiffTempSetting=2, hpLowerOnDiffTempSetting=4)
    kelvin = read.provisional_differentials
    assert len(kelvin) == 8
    assert (kelvin["hp_lower_off_diff_temp_setting"], kelvin["hp_lower_on_diff_temp_setting"]) == (1.0, 2.0)
    assert kelvin["he_lower_off_diff_temp_setting"] is None
    assert read.in_fahrenheit.provisional_differentials == kelvin


def test_f37_differences_and_energies_are_what_they_are() -> None:
    read = status(currentSuperHeat=46, targetSuperHeat=50, totalEnergyCapacity=1861, availableEnergyCapacity=386)
    assert (read.current_super_heat, read.target_super_heat) == (4.6, 5.0)
    # A difference gets no 32 in °F.
    assert read.in_fahrenheit.current_super_heat == pytest.approx(8.28)
    assert read.in_fahrenheit.target_super_heat == pytest.approx(9.0)
    # “Available” is what is missing, and a count is 4 Wh.
    assert (read.full_recovery_energy, read.energy_to_setpoint, read.usable_energy) == (7444, 1544, 5900)
    assert read.in_fahrenheit.usable_energy == 5900
    assert (read.raw["availableEnergyCapacity"], read.raw["currentSuperHeat"]) == (386, 46)


def test_an_empty_status_says_nothing() -> None:
    read = DeviceStatus.from_wire({})
    for name in ("error", "heat_source_running", "electric_backup_on", "usable_energy", "usable_share",
                 "hours_to_full", "waiting_for", "tou_enabled", "tou_raised"):  # fmt: skip
        assert getattr(read, name) is None
    assert set(read.provisional_differentials.values()) == {None}


@given(
    st.dictionaries(st.sampled_from(sorted(STATUS)), st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 9))
)
def test_whatever_the_numbers_nothing_is_raised(members: dict[str, int]) -> None:
    for read in (DeviceStatus.from_wire(STATUS | members), DeviceStatus.from_wire(members)):
        assert read.hours_to_full is None or read.hours_to_full >= 0
        assert read.usable_share is None or read.usable_share >= 0
        assert read.waiting_for is None or isinstance(read.waiting_for, Waiting)
        assert repr(read.error)
