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


def flags(text: str) -> set[str]:
    return set(re.findall(r"\b[a-zA-Z0-9]+Use\b", text))


def needed(command: Command) -> set[str]:
    return {WIRE_NAMES[name] for name in command.needs}


def test_every_query_is_documented_and_every_documented_query_is_there() -> None:
    rows = tables(2)
    assert len(rows) == len(QUERIES)
    for row, command in zip(rows, QUERIES, strict=True):
        assert (int(row[0]), int(row[1], 16), row[3]) == (command.code, command.code, command.suffix)
        assert flags(row[6]) == needed(command)
        assert not command.is_control
        assert command.qos == 0
        assert set(command.members()) == set(re.findall(r"\b(?:year|month|day)\b", row[5]))
        if command.reply_form is ReplyForm.ACK:
            assert row[4].startswith(("ack", "none"))
        else:
            assert f"res/{command.reply_suffix}" in row[4]
            assert ("device form" in row[4]) == (command.reply_form is ReplyForm.DEVICE)
            assert ("app form only" in row[4]) == (command.reply_form is ReplyForm.APP)


def test_every_control_is_documented_and_every_documented_control_is_there() -> None:
    rows = tables(3)
    assert len(rows) == len(CONTROLS)
    for row, command in zip(rows, CONTROLS, strict=True):
        assert (int(row[0]), int(row[1], 16), row[3]) == (command.code, command.code, command.mode_string)
        assert (command.suffix, command.is_control, command.qos) == ("ctrl", True, 1)
        assert list(command.members()) == ["mode", "param", "paramStr"]
        assert bool(command.params()) == (not row[4].startswith("[]"))
        if isinstance(command, SetTemperature):
            assert flags(row[5]) == {"dhwTemperatureSettingUse"}
        elif isinstance(command, SetMode):
            offered = {flag for mode in range(1, 5) for flag in needed(SetMode(mode))}
            assert flags(row[5]) == offered
        else:
            assert flags(row[5]) == needed(command)


def test_every_write_is_documented_and_every_documented_write_is_there() -> None:
    rows = tables(4)
    assert len(rows) == len(WRITES)
    for row, command in zip(rows, WRITES, strict=True):
        assert (int(row[0]), int(row[1], 16), row[3]) == (command.code, command.code, command.suffix)
        assert row[4].startswith(f"res/{command.reply_suffix}")
        assert flags(row[6]) - {"reservationUse"} == needed(command)
        assert (command.is_control, command.qos, command.matched_by_session) == (True, 1, False)


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
