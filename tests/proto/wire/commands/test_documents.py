"""The commands against the reference: its tables row by row, its worked examples byte by byte."""

from __future__ import annotations

import json
import re
from datetime import time
from typing import Any

import pytest

import navien_proto
from navien_proto.model.codes import Mode, RecirculationMode
from navien_proto.model.device import Device
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.schedules import (
    WEEKDAYS,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPlan
from navien_proto.wire import commands as every
from navien_proto.wire.commands import (
    DECLARED_ONLY,
    AntiLegionellaOff,
    AntiLegionellaOn,
    Command,
    CommitFirmware,
    Control,
    DemandResponseOff,
    DemandResponseOn,
    EndSession,
    IntelligentOff,
    IntelligentOn,
    PowerOff,
    PowerOn,
    PressHotButton,
    ReplaceRecirculation,
    ReplaceReservations,
    ReplyForm,
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
    ResetCondenserFault,
    SetAirFilterLife,
    SetMode,
    SetRecirculationMode,
    SetTemperature,
    SetVacationDays,
    StartVacation,
    TouOff,
    TouOn,
    UseReservations,
    WriteTouPlan,
)
from tests.proto.wire.documents import PROTOCOL, example, json_blocks

DEVICE = Device(mac="aabbccddeeff", additional_value="1234", home_seq=12345)
WIRE_NAMES = {row.python_name: row.wire_name for row in FEATURE_FIELDS}

RESERVATIONS = ReservationProgramme(True, [Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)])
RECIRCULATION = RecirculationProgramme(True, [RecirculationEntry(days=WEEKDAYS, time=time(6), on=True)])
PLAN = TouPlan.from_wire(example(7)["response"])
STAGED = FirmwareDownload(sw_code=1, sw_version=FirmwareVersion(184614912))  # type: ignore[arg-type]

# Every command once, in the order of the tables.
QUERIES: list[Command] = [
    RequestDeviceInfo(), EndSession(), RequestStatus(), RequestReservations(), RequestHourlyEnergy(2026, 1, [15]),
    RequestDailyEnergy(2026, [1, 2]), RequestMonthlyEnergy([2025, 2026]), RequestFirmwareDownload(),
    RequestDiagnostics(user_seq=67890), RequestRecirculation(),
]  # fmt: skip
CONTROLS: list[Control] = [
    PowerOff(), PowerOn(), SetMode(Mode.HEAT_PUMP), StartVacation(2), UseReservations(), PressHotButton(),
    SetRecirculationMode(RecirculationMode.SCHEDULE), ResetCondenserFault(), SetTemperature(fahrenheit=137),
    SetVacationDays(7), IntelligentOff(), IntelligentOn(), DemandResponseOff(), DemandResponseOn(),
    AntiLegionellaOff(), AntiLegionellaOn(7), ResetAirFilter(), SetAirFilterLife(3000), TouOff(), TouOn(),
]  # fmt: skip
WRITES: list[Command] = [
    ReplaceReservations(RESERVATIONS), WriteTouPlan(plan=PLAN, controller_serial_number="00000000XX00000000"),
    ReplaceRecirculation(RECIRCULATION), CommitFirmware(staged=STAGED, confirmed=True),
]  # fmt: skip


def tables(section: int) -> list[list[str]]:
    text = (PROTOCOL / "commands.md").read_text("utf-8")
    part = text[text.index(f"\n## {section}.") : text.index(f"\n## {section + 1}.")]
    rows = [re.split(r" *\| *", line.strip("| ")) for line in part.splitlines() if line.startswith("| ")]
    return [[cell.replace("`", "") for cell in row] for row in rows if row[0].isdigit()]


def needed(command: Command) -> set[str]:
    return {WIRE_NAMES[name] for name in command.needs}


# What stands in the documents is made from the code; these numbers and words are those of the wire's observers.
ASKED = {
    RequestDeviceInfo: (16777217, "st/did", ReplyForm.ACK, "", set(), set()),
    EndSession: (16777218, "st/end", ReplyForm.ACK, "", set(), set()),
    RequestStatus: (16777219, "st", ReplyForm.ACK, "", set(), set()),
    RequestReservations: (16777222, "st/rsv/rd", ReplyForm.CLIENT, "rsv/rd", set(), {"programReservationUse"}),
    RequestHourlyEnergy: (16777224, "st/energy-usage-hourly-query/rd", ReplyForm.CLIENT,
                          "energy-usage-hourly-query/rd", {"year", "month", "day"}, {"energyUsageUse"}),
    RequestDailyEnergy: (16777225, "st/energy-usage-daily-query/rd", ReplyForm.CLIENT,
                         "energy-usage-daily-query/rd", {"year", "month"}, {"energyUsageUse"}),
    RequestMonthlyEnergy: (16777226, "st/energy-usage-monthly-query/rd", ReplyForm.CLIENT,
                           "energy-usage-monthly-query/rd", {"year"}, {"energyUsageUse"}),
    RequestFirmwareDownload: (16777227, "st/dl-sw-info", ReplyForm.DEVICE, "dl-sw-info", set(), set()),
    RequestDiagnostics: (16777228, "st/td/rd", ReplyForm.APP, "td/rd", set(), set()),
    RequestRecirculation: (16777231, "st/recirc-rsv/rd", ReplyForm.CLIENT, "recirc-rsv/rd", set(),
                           {"recircReservationUse"}),
}  # fmt: skip
CONTROLLED = {
    PowerOff: (33554433, "power-off", (), {"powerUse"}),
    PowerOn: (33554434, "power-on", (), {"powerUse"}),
    SetMode: (33554437, "dhw-mode", (1,), {"dhwUse", "heatpumpUse"}),
    StartVacation: (33554437, "dhw-mode", (5, 2), {"holidayUse"}),
    UseReservations: (33554441, "reservation-mode", (), {"programReservationUse"}),
    PressHotButton: (33554444, "recirc-hotbtn", (1,), {"recirculationUse"}),
    SetRecirculationMode: (33554445, "recirc-mode", (3,), {"recirculationUse"}),
    ResetCondenserFault: (33554463, "cond-fault-reset", (), set()),
    SetTemperature: (33554464, "dhw-temperature", (117,), set()),
    SetVacationDays: (33554466, "goout-day", (7,), {"holidayUse"}),
    IntelligentOff: (33554467, "intelligent-off", (), set()),
    IntelligentOn: (33554468, "intelligent-on", (), set()),
    DemandResponseOff: (33554469, "dr-off", (), {"drSettingUse"}),
    DemandResponseOn: (33554470, "dr-on", (), {"drSettingUse"}),
    AntiLegionellaOff: (33554471, "anti-leg-off", (), {"antiLegionellaSettingUse"}),
    AntiLegionellaOn: (33554472, "anti-leg-on", (7,), {"antiLegionellaSettingUse"}),
    ResetAirFilter: (33554473, "air-filter-reset", (), set()),
    SetAirFilterLife: (33554474, "air-filter-life", (6,), set()),
    TouOff: (33554475, "tou-off", (), {"programReservationUse"}),
    TouOn: (33554476, "tou-on", (), {"programReservationUse"}),
}
WRITTEN = {
    ReplaceReservations: (16777226, "ctrl/rsv/rd", "rsv/rd", {"programReservationUse"}),
    WriteTouPlan: (33554439, "ctrl/tou/rd", "tou/rd", {"programReservationUse"}),
    ReplaceRecirculation: (33554440, "ctrl/recirc-rsv/rd", "recirc-rsv/rd", {"recircReservationUse"}),
    CommitFirmware: (33554442, "ctrl/commit-ota", "commit-ota", set()),
}


def documented(section: int) -> set[tuple[int, str]]:
    """Code and class of each row."""
    return {(int(row[0]), row[2].partition(" ")[0]) for row in tables(section)}


@pytest.mark.parametrize("command", QUERIES, ids=lambda one: type(one).__name__)
def test_every_query_is_as_it_was_seen_and_documented(command: Command) -> None:
    code, suffix, form, reply_suffix, members, flags = ASKED[type(command)]
    assert (command.code, command.suffix, command.reply_form) == (code, suffix, form)
    assert (command.reply_suffix, set(command.members()), needed(command)) == (reply_suffix, members, flags)
    assert (command.is_control, command.qos) == (False, 0)
    assert (code, type(command).__name__) in documented(2)


@pytest.mark.parametrize("command", CONTROLS, ids=lambda one: type(one).__name__)
def test_every_control_is_as_it_was_seen_and_documented(command: Control) -> None:
    code, mode_string, params, flags = CONTROLLED[type(command)]
    assert (command.code, command.mode_string, command.params(), needed(command)) == (
        code,
        mode_string,
        params,
        flags,
    )
    assert command.members() == {"mode": mode_string, "param": list(params), "paramStr": ""}
    assert (command.suffix, command.is_control, command.qos) == ("ctrl", True, 1)
    assert (command.reply_form, command.matched_by_session) == (ReplyForm.ACK, True)
    assert (code, type(command).__name__) in documented(3)


@pytest.mark.parametrize("command", WRITES, ids=lambda one: type(one).__name__)
def test_every_write_is_as_it_was_seen_and_documented(command: Command) -> None:
    code, suffix, reply_suffix, flags = WRITTEN[type(command)]
    assert (command.code, command.suffix, command.reply_suffix) == (code, suffix, reply_suffix)
    assert needed(command) == flags
    assert (command.is_control, command.qos, command.matched_by_session) == (True, 1, False)
    assert (code, type(command).__name__) in documented(4)


def test_nothing_else_is_documented() -> None:
    made = {(command.code, type(command).__name__) for command in [*QUERIES, *CONTROLS, *WRITES]}
    clear = {(16777226, "ClearReservations"), (33554440, "ClearRecirculation")}
    assert documented(2) | documented(3) | documented(4) == made | clear


def test_every_declared_code_is_refused_and_every_refused_code_declared() -> None:
    rows = tables(5)
    assert [int(row[0]) for row in rows] == list(DECLARED_ONLY)
    for row in rows:
        declared = DECLARED_ONLY[int(row[0])]
        assert int(row[1], 16) == declared.code
        assert row[3].strip("- ") == declared.mode_string


def test_a_mode_without_a_word_of_its_flag_is_refused() -> None:
    assert [needed(SetMode(mode)) for mode in range(1, 5)] == [
        {"dhwUse", "heatpumpUse"}, {"dhwUse", "electricUse"}, {"dhwUse", "energySaverUse"},
        {"dhwUse", "highDemandUse"},
    ]  # fmt: skip


WORKED: list[Command] = [
    RequestStatus(), RequestDeviceInfo(), SetTemperature(fahrenheit=137), StartVacation(2), AntiLegionellaOn(7),
    SetAirFilterLife(3000), ReplaceReservations(RESERVATIONS), ReplaceRecirculation(RECIRCULATION),
    RequestDiagnostics(user_seq=67890), RequestDailyEnergy(2026, [1, 2]),
]  # fmt: skip


def worked_examples() -> list[tuple[int, bytes]]:
    text = (PROTOCOL / "commands.md").read_text("utf-8")
    lengths = [int(found) for found in re.findall(r"^\*\*.*\*\*: (\d+) bytes$", text, re.MULTILINE)]
    payloads = [block.strip().encode() for section, block in json_blocks("commands.md") if section == 13]
    return list(zip(lengths, payloads, strict=True))


@pytest.mark.parametrize(("command", "wanted"), list(zip(WORKED, worked_examples(), strict=True)))
def test_the_worked_examples_byte_for_byte(command: Command, wanted: tuple[int, bytes]) -> None:
    envelope = command.to_envelope(DEVICE, "client-0001", "1768478400123")
    assert (len(envelope.payload), envelope.payload) == wanted
    body = json.loads(envelope.payload)
    assert (envelope.topic, envelope.reply_topic) == (body["requestTopic"], body["responseTopic"])


def request(command: Command) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command.to_envelope(DEVICE, "client-0001", "1768478400123").payload)[
        "request"
    ]
    return found


@pytest.mark.parametrize(
    ("section", "index", "command"),
    [
        (
            6,
            0,
            ReplaceReservations(ReservationProgramme.from_hex("027c061e047801820800036e", enabled=True)),
        ),
        (
            8,
            0,
            ReplaceRecirculation(RecirculationProgramme.from_hex("027c060002ff027c081e01ff", enabled=True)),
        ),
        (9, 0, RequestDailyEnergy(2026, [1, 2])),
        (9, 1, RequestMonthlyEnergy([2025, 2026])),
        (9, 2, RequestHourlyEnergy(2026, 1, [15])),
    ],
)
def test_the_requests_of_the_sections(section: int, index: int, command: Command) -> None:
    lines = "".join(block for number, block in json_blocks("commands.md") if number == section)
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(lines.rstrip()):
        value, at = decoder.raw_decode(lines, at)
        found.append(value)
        at += len(lines[at:]) - len(lines[at:].lstrip())
    assert request(command) == found[index]


def test_a_plan_is_written_flat_with_its_serial_number() -> None:
    found = request(WRITES[1])
    assert list(found)[4:] == ["controllerSerialNumber", "reservationUse", "reservation"]
    assert found["controllerSerialNumber"] == "00000000XX00000000"
    assert found["reservationUse"] == 2
    assert {period["season"] for period in found["reservation"]} == {3615, 480}
    assert all(list(period)[:2] == ["season", "week"] for period in found["reservation"])
    assert "00000000XX00000000" not in repr(WRITES[1])


def test_a_firmware_commit_goes_to_the_form_of_the_app() -> None:
    envelope = WRITES[3].to_envelope(DEVICE, "client-0001", "1768478400123")
    assert envelope.reply_topic == "cmd/52/12345/0/client-0001/res/commit-ota"
    assert request(WRITES[3])["commitOta"] == {"swCode": 1, "swVersion": 184614912}


def test_the_package_offers_every_command() -> None:
    offered = {type(command).__name__ for command in [*QUERIES, *CONTROLS, *WRITES]}
    assert offered <= set(every.__all__)
    assert list(every.__all__) == sorted(every.__all__, key=lambda name: (not name.isupper(), name))


def test_what_is_seldom_used_is_loaded_when_named() -> None:
    for package in (navien_proto, every):
        assert all(getattr(package, name) is not None for name in package.__all__)
        with pytest.raises(AttributeError, match="nothing"):
            package.nothing  # noqa: B018
    assert navien_proto.RawCommand is every.RawCommand
    assert navien_proto.TouPlan is TouPlan
