"""When a message answers a command, and whether it shows what was wished."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode, RecirculationMode
from navien_proto.model.device import Device
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.commands import (
    AntiLegionellaOff,
    AntiLegionellaOn,
    Command,
    CommitFirmware,
    DemandResponseOn,
    EndSession,
    PressHotButton,
    RequestDailyEnergy,
    RequestDeviceInfo,
    RequestDiagnostics,
    RequestFirmwareDownload,
    RequestHourlyEnergy,
    RequestMonthlyEnergy,
    RequestRecirculation,
    RequestReservations,
    RequestStatus,
    ResetAirFilter,
    SetAirFilterLife,
    SetMode,
    SetRecirculationMode,
    SetVacationDays,
    TouOff,
    TouOn,
)
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import Message
from tests.proto.wire.documents import CONNECTION, DL, ENERGY, OTA, RECIRC, RSV, TD, TOU, example
from tests.proto.wire.examples import ACK_TOPIC, FEATURE, STATUS, encode, reply, status

ALL: dict[str, Message] = {
    "status": decode(ACK_TOPIC, encode(status())),
    "feature": decode(ACK_TOPIC, encode(reply({"feature": FEATURE}))),
    "reservations": decode(RSV, encode(example(5))),
    "recirculation": decode(RECIRC, encode(example(6))),
    "tou": decode(TOU, encode(example(7))),
    "days": decode(ENERGY, encode(example(8))),
    "months": decode(ENERGY, encode(example(8, 1))),
    "diagnostics": decode(TD, encode(example(9))),
    "firmware": decode(DL, encode(example(10))),
    "failure": decode(ACK_TOPIC, encode(reply({"failCode": 2}))),
    "event": decode(CONNECTION, encode(example(12))),
    "ota": decode(OTA, encode(reply({}))),
    "unknown": decode(ACK_TOPIC, encode([])),
}
STAGED = FirmwareDownload(sw_code=1, sw_version=FirmwareVersion(184614912))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (RequestStatus(), "status"),
        (RequestDeviceInfo(), "feature"),
        (RequestReservations(), "reservations"),
        (RequestRecirculation(), "recirculation"),
        (RequestDailyEnergy(2026, [1, 2]), "days"),
        (RequestMonthlyEnergy([2025]), "months"),
        (RequestDiagnostics(), "diagnostics"),
        (RequestFirmwareDownload(), "firmware"),
        (CommitFirmware(staged=STAGED, confirmed=True), "ota"),
        (EndSession(), None),
        (RequestHourlyEnergy(2026, 2, [1]), None),
        (RequestDailyEnergy(2026, [1]), None),
        (RequestDailyEnergy(2025, [2]), None),
        (RequestMonthlyEnergy([2024, 2026]), None),
        (SetMode(Mode.HEAT_PUMP), None),
    ],
)
def test_each_question_knows_its_answer_among_all(command: Command, answer: str | None) -> None:
    for name, message in ALL.items():
        assert command.answered_by(message) is (True if name == answer else None), name


def test_hours_would_be_known_should_they_ever_come() -> None:
    usage = [{"year": 2026, "month": 2, "day": 1, "data": []}]
    message = decode(ACK_TOPIC, encode(reply({"typeOfUsage": 3, "usage": usage})))
    assert RequestHourlyEnergy(2026, 2, [1]).answered_by(message) is True
    assert RequestHourlyEnergy(2026, 3, [1]).answered_by(message) is None


def test_an_empty_energy_answer_is_known_by_its_topic() -> None:
    message = decode(ENERGY, encode(reply({"typeOfUsage": 1, "usage": [], "total": {}})))
    assert RequestDailyEnergy(2026, [3]).answered_by(message) is True
    assert RequestMonthlyEnergy([2026]).answered_by(message) is None


def acknowledged(command: Command, **changed: Any) -> Message:
    return decode(ACK_TOPIC, encode(status(command=command.code, **changed)))


@pytest.mark.parametrize(
    ("command", "shown", "hidden"),
    [
        (SetVacationDays(3), {"vacationDaySetting": 3}, {"vacationDaySetting": 2}),
        (
            AntiLegionellaOn(9),
            {"antiLegionellaUse": 2, "antiLegionellaPeriod": 9},
            {"antiLegionellaUse": 2, "antiLegionellaPeriod": 7},
        ),
        (AntiLegionellaOn(7), {"antiLegionellaUse": 2}, {"antiLegionellaUse": 1}),
        (AntiLegionellaOff(), {"antiLegionellaUse": 1}, {"antiLegionellaUse": 2}),
        (ResetAirFilter(), {"airFilterAlarmElapsed": 0}, {"airFilterAlarmElapsed": 5}),
        (SetAirFilterLife(3000), {"airFilterAlarmPeriod": 3000}, {"airFilterAlarmPeriod": 1000}),
        (SetAirFilterLife(0), {"airFilterAlarmPeriod": 0}, {"airFilterAlarmPeriod": 1000}),
        (SetAirFilterLife(0), {"airFilterAlarmUse": 1}, {"airFilterAlarmUse": 0}),
        (SetAirFilterLife(1000), {"airFilterAlarmUse": 1}, {"airFilterAlarmPeriod": 1500, "airFilterAlarmUse": 1}),
        (TouOn(), {"touStatus": 1}, {"touStatus": 0}),
        (TouOff(), {"touStatus": 0}, {"touStatus": 3}),
        (
            SetRecirculationMode(RecirculationMode.BUTTON),
            {"recircOperationMode": 2},
            {"recircOperationMode": 1},
        ),
    ],
)
def test_an_acknowledgement_shows_the_wish_or_is_held(
    command: Command, shown: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert command.answered_by(acknowledged(command, **shown)) is True
    assert command.answered_by(acknowledged(command, **hidden)) is False
    assert not command.shown_by(DeviceStatus.from_wire({}))
    # A push that shows it is not its answer.
    assert command.answered_by(decode(ACK_TOPIC, encode(status(command=0, **shown)))) is None


@pytest.mark.parametrize("command", [DemandResponseOn(), PressHotButton()])
def test_what_a_status_does_not_show_is_taken_for_shown(command: Command) -> None:
    assert command.shown_by(DeviceStatus.from_wire(STATUS))
    assert command.answered_by(acknowledged(command)) is True


# --- what can be asked


@pytest.mark.parametrize("year", [1999, 2100, True, "2026", 2026.0, None])
def test_what_is_no_year(year: Any) -> None:
    for make in (lambda: RequestDailyEnergy(year, [1]), lambda: RequestMonthlyEnergy([year]),
                 lambda: RequestHourlyEnergy(year, 1, [1])):  # fmt: skip
        with pytest.raises(UsageError, match="year must be a whole number from 2000 to 2099"):
            make()


@pytest.mark.parametrize("months", [[], [0], [13], 1, "12", None, [True], b"\x01"])
def test_what_are_no_months(months: Any) -> None:
    with pytest.raises(UsageError, match="month"):
        RequestDailyEnergy(2026, months)


def test_what_are_no_days() -> None:
    for days in ([], [0], [32], 1):
        with pytest.raises(UsageError, match="day"):
            RequestHourlyEnergy(2026, 1, days)
    with pytest.raises(UsageError, match="month must be"):
        RequestHourlyEnergy(2026, 0, [1])


@given(st.sets(st.integers(1, 12), min_size=1), st.integers(2000, 2099))
def test_months_in_any_order_are_one_question(months: set[int], year: int) -> None:
    one, other = (
        RequestDailyEnergy(year, sorted(months)),
        RequestDailyEnergy(year, iter(sorted(months, reverse=True))),
    )
    assert one == other
    assert one.members() == {"year": year, "month": sorted(months)}


@pytest.mark.parametrize("hours", [500, 750, 1200, 10500, -1000, True, 1000.0, "1000"])
def test_what_is_no_filter_life(hours: Any) -> None:
    with pytest.raises(UsageError, match="hours must be"):
        SetAirFilterLife(hours)


@pytest.mark.parametrize("number", [0, 3, True])
def test_what_is_no_button_and_no_mode_of_the_pump(number: Any) -> None:
    with pytest.raises(UsageError, match="1 to 2"):
        PressHotButton(number)
    with pytest.raises(UsageError, match="1 to 4"):
        SetRecirculationMode(5 if number == 3 else number and "x")


def test_diagnostics_packed_and_for_a_user() -> None:
    device = Device(mac="aabbccddeeff")
    assert RequestDiagnostics().reply_topic(device, "c") == "cmd/52/0/0/c/res/td/rd"
    assert RequestDiagnostics(as_json=False).reply_topic(device, "c") == "cmd/52/c/res/td/rd"
    with pytest.raises(UsageError, match="user_seq"):
        RequestDiagnostics(user_seq=-1)


# --- firmware


@pytest.mark.parametrize("confirmed", [False, 1, "yes", None])
def test_firmware_is_not_installed_by_a_slip(confirmed: Any) -> None:
    with pytest.raises(UsageError, match="confirmed=True"):
        CommitFirmware(staged=STAGED, confirmed=confirmed)
    with pytest.raises(UsageError, match="confirmed=True"):
        CommitFirmware(staged=STAGED)


@pytest.mark.parametrize(
    "staged",
    [
        FirmwareDownload(),
        FirmwareDownload(sw_code=1),  # type: ignore[arg-type]
        FirmwareDownload(sw_code=3, sw_version=FirmwareVersion(1)),  # type: ignore[arg-type]
        FirmwareDownload(sw_code=1, sw_version=FirmwareVersion(0)),  # type: ignore[arg-type]
        None,
        {"swCode": 1, "swVersion": 1},
    ],
)
def test_firmware_that_does_not_lie_ready_is_not_installed(staged: Any) -> None:
    with pytest.raises(UsageError, match=r"nothing lies ready|RequestFirmwareDownload"):
        CommitFirmware(staged=staged, confirmed=True)
