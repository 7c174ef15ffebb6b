"""Rows of a log: exact headers, units, and what stands in them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_anyio.cli.rows import COLUMN_SETS, ColumnSet, Gap, Reading, Unit, columns_of, unit_shown
from navien_proto.errors import UsageError
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus

EASTERN = timezone(timedelta(hours=-5))
NOON = datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=EASTERN)
WIRE: dict[str, object] = {
    "dhwChargePer": 92,
    "operationMode": 32,
    "dhwTemperature": 117,
    "dhwTemperatureSetting": 121,
    "outsideTemperature": 0,
    "dhwUse": 2,
    "errorCode": 96,
    "subErrorCode": 1,
    "wifiRssi": 45,
    "currentInstPower": 432,
    "tankUpperTemperature": 586,
    "tankLowerTemperature": 535,
    "currentSuperHeat": 46,
    "temperatureType": 2,
    "tempFormulaType": 1,
    "totalEnergyCapacity": 1861,
    "availableEnergyCapacity": 386,
}
READING = Reading(at=NOON, status=DeviceStatus.from_wire(WIRE), device="Garage")
GAP = Gap(start=NOON - timedelta(minutes=10), end=NOON, device="Garage")


def cells(name: ColumnSet, unit: Unit, what: Reading | Gap) -> dict[str, str]:
    columns = columns_of(name, unit)
    (header, row) = csv.reader([columns.header, columns.row(what)])
    return dict(zip(header, row, strict=True))


def test_the_tank_layout_is_the_older_one_to_the_letter() -> None:
    columns = columns_of("tank", "c")
    assert columns.header == (
        "timestamp,dhw_charge_percent,operation_mode,dhw_temperature,dhw_temperature_setting,outside_temperature,"
        "dhw_use,error_code,sub_error_code,wifi_rssi,device_connected"
    )
    assert columns.row(READING) == "2026-01-15T12:00:00.250-05:00,92,32,137.3,140.9,32.0,True,96,1,-45,True"
    assert columns.row(GAP) == "2026-01-15T12:00:00.250-05:00,,,,,,,,,,"
    assert columns.unit == "f"
    assert columns_of("tank", "f").header == columns.header


def test_the_power_layout_is_the_older_one_to_the_letter() -> None:
    columns = columns_of("power", "c")
    assert columns.header == (
        "timestamp,dhw_charge_percent,operation_mode,dhw_temperature,current_inst_power,tank_upper_temp,tank_lower_temp"
    )
    assert columns.row(READING) == "2026-01-15T12:00:00.250-05:00,92,32,137.3,432,137.48,128.3"
    assert columns.row(GAP) == "2026-01-15T12:00:00.250-05:00,,,,,,"


def test_default_columns_name_their_units() -> None:
    celsius = cells("default", "c", READING)
    assert celsius["timestamp"] == "2026-01-15T12:00:00.250-05:00"
    assert (celsius["device"], celsius["event"]) == ("Garage", "status")
    assert (celsius["dhw_temperature_c"], celsius["tank_upper_temperature_c"]) == ("58.5", "58.6")
    assert (celsius["current_inst_power_w"], celsius["wifi_rssi_dbm"]) == ("432", "-45")
    assert (celsius["operation_mode"], celsius["error_code"]) == ("heat_pump", "96")
    assert (celsius["energy_to_setpoint_wh"], celsius["full_recovery_energy_wh"]) == ("1544", "7444")
    assert celsius["usable_energy_wh"] == "5900"
    assert (celsius["ambient_temperature_c"], celsius["gap_from"]) == ("", "")
    fahrenheit = cells("default", "f", READING)
    assert (fahrenheit["dhw_temperature_f"], fahrenheit["tank_upper_temperature_f"]) == ("137.3", "137.48")


@pytest.mark.parametrize("unit", get_args(Unit))
def test_all_columns_have_every_field_once_with_its_unit(unit: Unit) -> None:
    row = cells("all", unit, READING)
    assert list(row)[:3] == ["timestamp", "device", "event"]
    assert list(row)[-3:] == ["gap_from", "gap_to", "gap_seconds"]
    fields = list(row)[3:-3]
    assert len(fields) == len(STATUS_FIELDS) == 102
    for header, field in zip(fields, STATUS_FIELDS, strict=True):
        assert header.startswith(field.python_name)
        if field.fahrenheit:
            assert header.endswith({"c": ("_c", "_k"), "f": ("_f",)}[unit])
    superheat = "current_super_heat_k" if unit == "c" else "current_super_heat_difference_f"
    assert row[superheat] == {"c": "4.6", "f": "8.28"}[unit]
    assert row["dhw_charge_percent"] == "92"


@pytest.mark.parametrize("name", ["default", "all"])
def test_f39_a_gap_is_a_row_of_its_own(name: ColumnSet) -> None:
    row = cells(name, "c", GAP)
    assert {header: value for header, value in row.items() if value} == {
        "timestamp": "2026-01-15T12:00:00.250-05:00",
        "device": "Garage",
        "event": "gap",
        "gap_from": "2026-01-15T11:50:00.250-05:00",
        "gap_to": "2026-01-15T12:00:00.250-05:00",
        "gap_seconds": "600.0",
    }


def test_f34_an_unknown_code_is_its_number_and_what_is_absent_is_empty() -> None:
    reading = Reading(at=NOON, status=DeviceStatus.from_wire({"operationMode": 77, "errorCode": 12345}))
    row = cells("default", "c", reading)
    assert (row["operation_mode"], row["error_code"], row["dhw_use"]) == ("77", "12345", "")
    assert cells("tank", "f", reading)["operation_mode"] == "77"


def test_f21_time_stamps_are_aware() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(UsageError, match="at: expected an aware datetime"):
        Reading(at=naive, status=READING.status)
    with pytest.raises(UsageError, match="end: expected an aware datetime"):
        Gap(start=NOON, end=naive)


def test_auto_is_what_the_device_displays() -> None:
    assert unit_shown("auto", READING.status) == "f"
    assert unit_shown("auto", DeviceStatus.from_wire({"temperatureType": 1})) == "c"
    assert unit_shown("auto", DeviceStatus.from_wire({"temperatureType": 9})) == "c"
    assert unit_shown("auto", None) == "c"
    assert (unit_shown("c", READING.status), unit_shown("f", None)) == ("c", "f")


wire = st.dictionaries(
    st.sampled_from([row.wire_name for row in STATUS_FIELDS]),
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=3),
    max_size=20,
)


@given(
    members=wire,
    device=st.text(max_size=12),
    seconds=st.integers(0, 10**9),
    name=st.sampled_from(COLUMN_SETS),
    unit=st.sampled_from(get_args(Unit)),
)
def test_whatever_a_device_sends_its_row_is_one_line_with_every_cell(
    members: dict[str, object], device: str, seconds: int, name: ColumnSet, unit: Unit
) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    status = DeviceStatus.from_wire(members)
    columns = columns_of(name, unit)
    for what in (Reading(at=at, status=status, device=device), Gap(start=at, end=at, device=device)):
        line = columns.row(what)
        assert line.isprintable() or min(line) > "\x1f"
        assert len(line.splitlines()) == 1
        (row,) = csv.reader([line])
        assert len(row) == len(columns.columns)
        assert datetime.fromisoformat(row[0]) == at
