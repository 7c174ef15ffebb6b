"""The state of a water heater, in its units, in Fahrenheit, raw, and with odd members."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.model.codes import (
    CurrentOperationMode,
    CurrentState,
    DhwOperationSetting,
    ErrorCode,
    HeatSource,
    TempFormulaType,
    TouStatus,
    Unknown,
)
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus, StatusInFahrenheit
from tests.proto.wire.examples import STATUS


def status(**changed: Any) -> DeviceStatus:
    return DeviceStatus.from_wire(STATUS | changed)


def test_readings_have_their_units() -> None:
    read = status()
    assert read.dhw_temperature == 58.5
    assert read.tank_upper_temperature == 58.6
    assert read.current_super_heat == 4.6
    assert read.wifi_rssi == -59
    assert read.current_inst_power == 432
    assert read.current_dhw_flow_rate == 0.0
    assert read.dhw_charge_percent == 92
    assert read.full_recovery_energy == read.total_energy_capacity == 7444
    assert read.energy_to_setpoint == read.available_energy_capacity == 1516
    assert read.usable_energy == 5928
    assert read.hp_lower_off_diff_temp_setting == 2
    assert read.decoder == 1


def test_flags_and_codes() -> None:
    read = status()
    assert read.comp_use is True
    assert read.heat_upper_use is False
    assert read.dhw_use_sustained is None
    assert read.tou_override_status is False
    assert read.operation_mode is CurrentOperationMode.HEAT_PUMP
    assert read.dhw_operation_setting is DhwOperationSetting.HEAT_PUMP
    assert read.current_heat_use is HeatSource.HEAT_PUMP
    assert read.current_state is CurrentState.RUNNING
    assert read.error_code is ErrorCode.NO_ERROR
    assert read.temp_formula_type is TempFormulaType.STANDARD
    assert read.tou_status is TouStatus.ON_RAISED


@pytest.mark.parametrize(
    ("raw", "enabled", "raised"), [(0, False, False), (1, True, False), (2, True, True), (3, True, True)]
)
def test_time_of_use(raw: int, enabled: bool, raised: bool) -> None:
    assert status(touStatus=raw).tou_enabled is enabled
    assert status(touStatus=raw).tou_raised is raised


def test_what_is_absent_is_none() -> None:
    read = DeviceStatus.from_wire({})
    assert all(getattr(read, row.python_name) is None for row in STATUS_FIELDS)
    assert all(getattr(read.in_fahrenheit, row.python_name) is None for row in STATUS_FIELDS)
    assert (read.usable_energy, read.tou_enabled, read.tou_raised) == (None, None, None)
    assert dict(read.raw) == {}
    assert read.problems == ()
    assert repr(read) == "<DeviceStatus: mode ?, state ?, ? °C, ? %, ? W>"


def test_fahrenheit_is_a_view() -> None:
    view = status().in_fahrenheit
    assert isinstance(view, StatusInFahrenheit)
    assert not isinstance(view, DeviceStatus)
    assert view.dhw_temperature == 137.3
    assert view.tank_upper_temperature == 137.48
    assert view.current_super_heat == 8.28  # a difference: no 32
    assert view.target_super_heat == 9.0
    assert view.outside_temperature == 32.0
    assert view.current_inst_power == 432
    assert view.operation_mode is CurrentOperationMode.HEAT_PUMP
    assert view.usable_energy == 5928
    assert view.raw == status().raw


@pytest.mark.parametrize(("formula", "wanted"), [(1, 37.0), (0, 38.0), (2, 37.4), (None, 37.4)])
def test_the_outdoor_temperature_follows_the_units_rule(formula: int | None, wanted: float) -> None:
    members = STATUS | {"outsideTemperature": 6, "tempFormulaType": formula}
    read = DeviceStatus.from_wire({name: raw for name, raw in members.items() if raw is not None})
    assert read.outside_temperature == 3.0
    assert read.in_fahrenheit.outside_temperature == wanted


def test_every_temperature_and_nothing_else_changes_in_fahrenheit() -> None:
    read = DeviceStatus.from_wire({row.wire_name: 1 for row in STATUS_FIELDS})
    changed = {
        row.python_name
        for row in STATUS_FIELDS
        if getattr(read, row.python_name) != getattr(read.in_fahrenheit, row.python_name)
    }
    assert changed == {row.python_name for row in STATUS_FIELDS if row.unit in ("degC", "K")}
    assert changed == {row.python_name for row in STATUS_FIELDS if row.fahrenheit}


@given(st.integers(-(1 << 40), 1 << 40))
def test_fahrenheit_is_exact(raw: int) -> None:
    read = status(dhwTemperature=raw, ambientTemperature=raw, currentSuperHeat=raw)
    assert read.in_fahrenheit.dhw_temperature == units.half_celsius_in_fahrenheit(raw)
    assert read.in_fahrenheit.ambient_temperature == units.deci_celsius_in_fahrenheit(raw)
    assert read.in_fahrenheit.current_super_heat == units.deci_delta_in_fahrenheit(raw)


def test_raw_is_what_came() -> None:
    members = STATUS | {"compUse": True, "eevStep": 3.0, "newMember": {"a": [1]}, "dhwTemperature": "117"}
    read = DeviceStatus.from_wire(members)
    assert dict(read.raw) == members
    assert type(read.raw["compUse"]) is bool
    assert type(read.raw["eevStep"]) is float
    assert read.comp_use is True
    assert read.eev_step == 3
    assert read.dhw_temperature is None
    assert [problem.path for problem in read.problems] == ["dhwTemperature"]
    assert read.problems[0].raw == "117"
    assert "117" not in repr(read.problems)
    assert repr(read.raw) == "<88 raw members>"


def test_the_other_spelling_of_a_member() -> None:
    members = {name: raw for name, raw in STATUS.items() if name != "heLowerOnTDiffempSetting"}
    read = DeviceStatus.from_wire(members | {"heLowerOnDiffTempSetting": 4})
    assert read.he_lower_on_diff_temp_setting == 4
    assert dict(read.raw) == members | {"heLowerOnDiffTempSetting": 4}
    wrong = DeviceStatus.from_wire(members | {"heLowerOnDiffTempSetting": "4"})
    assert wrong.he_lower_on_diff_temp_setting is None
    assert [problem.path for problem in wrong.problems] == ["heLowerOnDiffTempSetting"]


def test_equal_by_what_came() -> None:
    assert status() == status()
    assert hash(status()) == hash(status())
    assert status() != status(dhwTemperature=118)
    assert status() != status(newMember=1)
    assert status(compUse=True) != status()
    view: object = status().in_fahrenheit
    assert status() != view
    reordered = DeviceStatus.from_wire(dict(reversed(STATUS.items())))
    assert reordered == status()
    assert reordered.dhw_temperature == 58.5


def test_frozen_and_copied() -> None:
    read = status(newMember=1, heLowerOnTDiffempSetting="x")
    with pytest.raises(FrozenInstanceError):
        read.problems = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        read.dhw_temperature = 5.0  # type: ignore[assignment]
    for again in (copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert again == read
        assert again.raw == read.raw
        assert again.problems == read.problems


def test_shown_short() -> None:
    assert repr(status()) == "<DeviceStatus: HEAT_PUMP, HEAT_PUMP, 58.5 °C, 92 %, 432 W>"
    assert repr(status(operationMode=77)) == "<DeviceStatus: HEAT_PUMP, UNKNOWN_77, 58.5 °C, 92 %, 432 W>"
    assert repr(status().in_fahrenheit) == "<StatusInFahrenheit: 87 of 102 fields>"


def test_as_plain_values() -> None:
    plain = status(currentStatenum=77).to_dict()
    assert list(plain) == [row.python_name for row in STATUS_FIELDS]
    assert plain["operation_mode"] == "heat_pump"
    assert plain["current_state"] == 77
    assert plain["comp_use"] is True
    assert plain["dhw_temperature"] == 58.5
    assert plain["dhw_operation_busy"] is None
    assert type(plain["wifi_rssi"]) is int
    assert status().in_fahrenheit.to_dict()["dhw_temperature"] == 137.3


def test_a_firmware_that_sends_other_members_each_time() -> None:
    names = list(STATUS)
    for count in range(2, 60):
        members = {name: STATUS[name] for name in names[-count:]}
        read = DeviceStatus.from_wire(members)
        assert dict(read.raw) == members
        # As many members, but others.
        members = {name: STATUS[name] for name in names[:count]}
        assert dict(DeviceStatus.from_wire(members).raw) == members


@pytest.mark.parametrize("huge", [1 << 63, 10**400, -(10**400)])
def test_a_number_that_no_double_holds_is_a_problem_of_its_member(huge: int) -> None:
    read = status(dhwTemperature=huge)
    assert read.dhw_temperature is None
    assert [problem.path for problem in read.problems] == ["dhwTemperature"]
    assert read.current_inst_power == 432


def test_an_unknown_code_is_kept() -> None:
    read = status(operationMode=33, errorCode=1234, drEventStatus=-1)
    assert read.operation_mode == Unknown(33)
    assert isinstance(read.operation_mode, Unknown)
    assert read.error_code == 1234
    assert read.dr_event_status == -1
    assert read.problems == ()
