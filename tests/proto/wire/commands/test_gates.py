"""What a unit cannot do is refused before it is sent (F30), what it can do never."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode
from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature
from navien_proto.model.schedules import ReservationProgramme
from navien_proto.wire.commands import (
    AntiLegionellaOn,
    Command,
    ReplaceReservations,
    ResetAirFilter,
    SetMode,
    SetTemperature,
    StartVacation,
)
from tests.proto.wire.commands.test_documents import CONTROLS, QUERIES, WRITES
from tests.proto.wire.examples import FEATURE

WIRE_NAMES = {row.python_name: row.wire_name for row in FEATURE_FIELDS}
ABLE = DeviceFeature.from_wire(FEATURE | {"recirculationUse": 2, "recircReservationUse": 2})
GATED = [command for command in [*CONTROLS, *WRITES] if command.needs]


def feature(**changed: Any) -> DeviceFeature:
    return DeviceFeature.from_wire(dict(ABLE.raw) | changed)


def refusal(command: Command, unit: DeviceFeature | None) -> str:
    with pytest.raises(UsageError) as caught:
        command.check(unit)
    return str(caught.value)


@pytest.mark.parametrize("command", [*QUERIES, *CONTROLS, *WRITES], ids=lambda one: type(one).__name__)
def test_f30_a_unit_that_can_do_everything_is_refused_nothing(command: Command) -> None:
    command.check(ABLE)
    assert command.missing(ABLE) == ()


@pytest.mark.parametrize("command", GATED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("flag", [1, 0, None, "2", ...])
def test_f30_a_flag_that_is_not_on_refuses_and_is_named(command: Command, flag: object) -> None:
    for name in command.needs:
        wire_name = WIRE_NAMES[name]
        members = {key: raw for key, raw in ABLE.raw.items() if key != wire_name}
        unit = DeviceFeature.from_wire(members if flag is ... else members | {wire_name: flag})
        assert wire_name in refusal(command, unit)
        assert command.missing(unit) == (wire_name,)
        command.check(unit, expert=True)


@pytest.mark.parametrize("command", GATED, ids=lambda one: type(one).__name__)
def test_f30_without_device_info_nothing_is_guessed(command: Command) -> None:
    said = refusal(command, None)
    assert "ask for its device info" in said
    assert WIRE_NAMES[command.needs[0]] in said
    command.check(None, expert=True)


@pytest.mark.parametrize("command", QUERIES, ids=lambda one: type(one).__name__)
def test_f30_questions_are_not_refused_for_units_answer_them_regardless(command: Command) -> None:
    command.check(None)
    unable = DeviceFeature.from_wire({})
    command.check(unable)
    assert command.missing(unable) == tuple(WIRE_NAMES[name] for name in command.needs)


def test_f30_what_needs_no_flag_is_not_refused() -> None:
    ResetAirFilter().check(None)
    ResetAirFilter().check(DeviceFeature.from_wire({}))


def test_f30_each_mode_has_its_own_flag() -> None:
    unit = feature(electricUse=1)
    assert "electricUse" in refusal(SetMode(Mode.ELECTRIC), unit)
    SetMode(Mode.HEAT_PUMP).check(unit)
    assert refusal(SetMode(Mode.ELECTRIC), feature(electricUse=1, dhwUse=0)).count("Use") == 2
    StartVacation(3).check(feature(dhwUse=1))


def test_f29_every_reservation_keeps_to_the_limits_of_the_unit() -> None:
    for param, taken in ((70, True), (131, True), (69, False), (132, False)):
        programme = ReservationProgramme.from_hex("027c061e0478" + f"027c081e04{param:02x}", enabled=True)
        command = ReplaceReservations(programme)
        if taken:
            command.check(ABLE)
        else:
            assert refusal(command, ABLE).startswith("entries[1]: a set point of ")
            with pytest.raises(UsageError, match="out of range"):
                command.check(None, expert=True)
    whole = ReplaceReservations(ReservationProgramme.from_hex("027c061e0479", enabled=True))
    assert "whole degrees" in refusal(whole, feature(dhwTemperatureSettingUse=3))


@pytest.mark.parametrize("days", [0, 31, True, 7.0, "7", None])
def test_f29_what_is_no_number_of_days(days: Any) -> None:
    with pytest.raises(UsageError, match="days must be a whole number from 1 to 30"):
        AntiLegionellaOn(days)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_f29_a_limit_itself_is_always_taken(lowest: int, highest: int, raw: int) -> None:
    unit = feature(dhwTemperatureMin=lowest, dhwTemperatureMax=highest)
    if raw > 200:
        return
    command = SetTemperature(celsius=raw / 2)
    if lowest <= raw <= highest:
        command.check(unit)
        SetTemperature(fahrenheit=(9 * raw + 320) / 10).check(unit)
    else:
        assert "out of range" in refusal(command, unit)


MEMBERS = st.dictionaries(
    st.sampled_from([row.wire_name for row in FEATURE_FIELDS]), st.none() | st.integers(-3, 300)
)


@given(MEMBERS)
def test_whatever_a_unit_says_a_check_passes_or_refuses(members: dict[str, Any]) -> None:
    unit = DeviceFeature.from_wire(members)
    for command in [*QUERIES, *CONTROLS, *WRITES]:
        try:
            command.check(unit)
        except UsageError:
            assert command.is_control
        else:
            assert not command.is_control or command.missing(unit) == ()
