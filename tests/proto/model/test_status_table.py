"""The status table against the protocol's own list."""

from __future__ import annotations

from navien_proto.model.status import STATUS_FIELDS, DeviceStatus
from navien_proto.model.status_table import StatusFields
from tests.proto.model.tables import documented


def test_the_table_is_the_documented_one() -> None:
    rows = [(row.wire_name, row.python_name, row.decoder, row.unit, row.captured) for row in STATUS_FIELDS]
    assert rows == documented("status_fields.csv")
    assert len(rows) == 102


def test_every_field_was_written_once() -> None:
    assert StatusFields.fields is STATUS_FIELDS is DeviceStatus.fields
    names = [row.wire_name for row in STATUS_FIELDS]
    names += [alias for row in STATUS_FIELDS for alias in row.aliases]
    assert len(set(names)) == len(names)
    assert len({row.python_name for row in STATUS_FIELDS}) == 102
    assert [row.index for row in STATUS_FIELDS] == list(range(102))


def test_spellings_and_names_beside_the_usual_ones() -> None:
    by_name = {row.python_name: row for row in STATUS_FIELDS}
    assert by_name["he_lower_on_diff_temp_setting"].wire_name == "heLowerOnTDiffempSetting"
    assert by_name["he_lower_on_diff_temp_setting"].aliases == ("heLowerOnDiffTempSetting",)
    assert by_name["full_recovery_energy"].python_aliases == ("total_energy_capacity",)
    assert by_name["energy_to_setpoint"].python_aliases == ("available_energy_capacity",)


def test_every_attribute_is_documented() -> None:
    for row in STATUS_FIELDS:
        text = vars(StatusFields)[row.python_name].__doc__
        assert row.note in text
        assert f"Unit: {row.unit}." in text
        assert row.wire_name in text
        assert row.note.endswith(".")
