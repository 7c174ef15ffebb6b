"""Device info: the table and what is made from it."""

from __future__ import annotations

from typing import Any

from navien_proto.model.codes import DHWControlTypeFlag, UnitType, Unknown, VolumeCode
from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature, FeatureInFahrenheit
from navien_proto.model.firmware import FirmwareVersion
from tests.proto.model.tables import documented
from tests.proto.wire.examples import FEATURE


def feature(**changed: Any) -> DeviceFeature:
    return DeviceFeature.from_wire(FEATURE | changed)


def test_the_table_is_the_documented_one() -> None:
    rows = [(row.wire_name, row.python_name, row.decoder, row.unit, row.captured) for row in FEATURE_FIELDS]
    assert rows == documented("feature_fields.csv")
    assert len(rows) == 43


def test_what_a_unit_is_and_can_do() -> None:
    read = feature()
    assert read.model_type_code is UnitType.NPF
    assert read.volume_code is VolumeCode.GALLONS_65
    assert VolumeCode.GALLONS_65.litres == 246.0
    assert read.dhw_temperature_setting_use is DHWControlTypeFlag.STEP_0_5_C
    assert (read.dhw_temperature_min, read.dhw_temperature_max) == (35.0, 65.5)
    assert read.power_use is True
    assert read.recirculation_use is False
    assert read.controller_sw_version == FirmwareVersion(184614912)
    assert str(read.controller_sw_version) == "11.1.0.0"
    assert read.controller_serial_number == "00000000XX00000000"
    assert read.problems == ()
    assert dict(read.raw) == FEATURE


def test_the_serial_number_is_not_shown() -> None:
    read = feature()
    assert "00000000XX00000000" not in repr(read) + repr(read.raw) + repr(read.in_fahrenheit)


def test_both_spellings_of_the_mixing_valve() -> None:
    members = {name: raw for name, raw in FEATURE.items() if name != "mixingValveUse"}
    read = DeviceFeature.from_wire(members | {"mixingValueUse": 2})
    assert read.mixing_valve_use is True
    assert read.raw["mixingValueUse"] == 2
    assert "mixingValveUse" not in read.raw
    both = DeviceFeature.from_wire(FEATURE | {"mixingValueUse": 2})
    assert both.mixing_valve_use is False
    assert dict(both.raw) == FEATURE | {"mixingValueUse": 2}


def test_what_is_not_understood() -> None:
    read = feature(controllerSerialNumber=7, wifiSwVersion=1 << 32, panelSwVersion="1", modelTypeCode=999)
    assert read.controller_serial_number is None
    assert read.wifi_sw_version is None
    assert read.model_type_code == Unknown(999)
    assert [(problem.path, problem.reason) for problem in read.problems] == [
        ("panelSwVersion", "text where a whole number belongs"),
        ("wifiSwVersion", "a firmware number has 32 bits"),
        ("controllerSerialNumber", "a number where text belongs"),
    ]


def test_limits_in_fahrenheit() -> None:
    view = feature().in_fahrenheit
    assert isinstance(view, FeatureInFahrenheit)
    assert not isinstance(view, DeviceFeature)
    assert (view.dhw_temperature_min, view.dhw_temperature_max) == (95.0, 149.9)
    assert view.power_use is True


def test_as_plain_values() -> None:
    plain = feature().to_dict()
    assert list(plain) == [row.python_name for row in FEATURE_FIELDS]
    assert plain["controller_sw_version"] == "11.1.0.0"
    assert plain["model_type_code"] == "npf"
    assert plain["dhw_temperature_max"] == 65.5
