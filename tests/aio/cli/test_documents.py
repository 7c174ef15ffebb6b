"""What is printed as JSON, the time line of a capture, and what the doctor finds: all of it pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from navien_anyio.cli.documents import device_members, readings, status_members, to_json, unit_of_document
from navien_anyio.cli.exits import ExitCode
from navien_anyio.cli.findings import (
    Finding,
    Outcome,
    clock_finding,
    configuration_finding,
    first_failure,
)
from navien_anyio.cli.timeline import cells, headers, timeline
from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply
from navien_proto.config import Config, load_config
from navien_proto.har import Capture, MqttMessage, RestExchange, decode_capture, read_har
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from tests.aio.cli.builders import GARAGE, START, status
from tests.support.captures import read_capture

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOPIC = "cmd/52/navilink-aabbccddeeff/client-0001/res"


def test_readings_have_every_field_with_its_unit_in_the_name() -> None:
    members = readings(status(operationMode=77), "c")
    assert len(members) == len(STATUS_FIELDS) + 1
    assert members["dhw_temperature_c"] == 58.5
    assert members["current_inst_power_w"] == 432
    assert members["dhw_operation_setting"] == "heat_pump"
    assert members["operation_mode"] == 77
    assert members["comp_use"] is True
    assert members["error_code"] == 0
    assert members["wifi_rssi_dbm"] == -60
    assert members["usable_energy_wh"] == 5900
    assert members["did_reload"] is None
    assert readings(status(), "f")["dhw_temperature_f"] == 137.3


def test_names_in_documents_do_not_depend_on_what_a_heater_displays() -> None:
    assert (unit_of_document("auto"), unit_of_document("c"), unit_of_document("f")) == ("c", "c", "f")


def test_documents_are_json_without_addresses() -> None:
    document = {"devices": [device_members(GARAGE) | {"status": status_members(status(), "c", NOON, "answer")}]}
    read = json.loads(to_json(document))
    device = read["devices"][0]
    assert set(device) == {"name", "mac", "device_type", "online", "status"}
    assert device["status"]["received"] == "2026-01-15T12:00:00.000+00:00"
    assert device["status"]["not_understood"] == []


def message(payload: object, *, seconds: int = 0) -> MqttMessage:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(
        time=NOON.replace(second=seconds),
        place=f"frame[{seconds}]",
        direction="receive",
        topic=TOPIC,
        payload=data,
    )


def exchange(path: str, body: object, code: int = 200) -> RestExchange:
    reply = HttpReply(code, {}, body if isinstance(body, bytes) else json.dumps(body).encode())
    return RestExchange(
        time=NOON,
        place="log.entries[0]",
        method="POST",
        url=f"https://h/api/v2.1{path}",
        request_body=b"",
        reply=reply,
    )


def test_a_time_line_tells_every_kind_and_counts() -> None:
    capture = Capture(
        entries=(
            exchange("/user/sign-in", {"code": 1001, "msg": "INVALID_USER_PASSWORD"}),
            exchange("/device/list", b"<html>"),
            exchange("/elsewhere", {}),
            message({"response": {"macAddress": "aabbccddeeff", "status": {"dhwTemperature": "x", "command": 0}}}),
            message({"response": {"macAddress": "aabbccddee01", "feature": {}}}, seconds=1),
            message({"response": {"failCode": 2}}, seconds=2),
            message({"request": {"command": 16777219}}, seconds=3),
            message({"response": {"something": 1}}, seconds=4),
            message(b"\xff", seconds=5),
        )
    )
    line = timeline(decode_capture(capture))
    assert [entry.what for entry in line.entries] == [
        "REST: user sign-in",
        "REST",
        "status: push",
        "device info",
        "refusal: code 2",
        "request: 0x01000003",
        "unknown",
        "message",
    ]
    assert [entry.heater for entry in line.entries][2:4] == ["heater 1", "heater 2"]
    assert line.entries[2].problem == "not understood: dhwTemperature"
    assert [entry.place for entry in line.undecodable()] == ["log.entries[0]", "frame[5]"]
    assert line.tally.sentence() == (
        "5 of 6 messages and 1 of 2 REST answers decoded; 1 messages are of a kind not known yet; "
        "1 exchanges are not the cloud's"
    )
    document = line.document("c", {"CONNACK": 1})
    assert json.loads(to_json(document)) == document
    assert "aabbccdd" not in to_json(document)
    assert document["entries"][3]["kind"] == "device_info"


def test_kinds_of_messages_that_are_no_status_have_names() -> None:
    answer = evolve(
        message({"response": {"reservationUse": 1, "reservation": []}}),
        topic="cmd/52/navilink-aabbccddeeff/client-0001/res/rsv/rd",
    )
    line = timeline(decode_capture(Capture(entries=(answer,))))
    assert [(entry.what, entry.undecodable) for entry in line.entries] == [("reservations", False)]


def test_the_captured_session_is_decoded_whole() -> None:
    line = timeline(decode_capture(read_har(read_capture())))
    assert line.tally.sentence() == "18 of 18 messages and 7 of 7 REST answers decoded"
    assert line.undecodable() == []
    assert not any(entry.problem for entry in line.entries)
    first = next(entry for entry in line.entries if entry.status)
    shown = ("20:41:40", "answer", "heat pump", "heat pump", "92 %", "58.5", "58.6", "53.6", "432 W")
    assert cells(first, "c") == shown
    assert cells(first, "f")[5] == "137.3"
    assert headers("f") == (
        "UTC",
        "what",
        "mode",
        "running",
        "charge",
        "water\n°F",
        "upper\n°F",
        "lower\n°F",
        "power",
    )
    assert cells(line.entries[0], "c") == ("20:41:19", "REST", "", "user sign-in")
    assert len(list(line.readings())) == 18


def test_the_configuration_is_told_with_its_sources_and_without_its_secrets() -> None:
    config = load_config(
        {"interval": "60"},
        {"NAVIEN_EMAIL": "canary@example.com", "NAVIEN_PASSWORD": "canary-password"},
        {"NAVIEN_UNITS": "c"},
        {},
    )
    finding = configuration_finding(config)
    assert finding.outcome is Outcome.FINE
    assert finding.found[:4] == (
        "email: set (NAVIEN_EMAIL)",
        "password: set (NAVIEN_PASSWORD)",
        "interval: 60 (command line)",
        "units: c (NAVIEN_UNITS in .env)",
    )
    assert "canary" not in repr(finding)


def test_a_missing_account_fails_and_warnings_are_notes() -> None:
    finding = configuration_finding(Config(email="user@example.com"))
    assert (finding.outcome, finding.code) == (Outcome.FAILED, ExitCode.USAGE)
    assert finding.advice.startswith("Put NAVIEN_PASSWORD into")
    assert "NAVIEN_EMAIL and NAVIEN_PASSWORD" in configuration_finding(Config()).advice
    warned = configuration_finding(Config(email="user@example.com", password="p", interval=15.0))
    assert warned.outcome is Outcome.NOTE
    assert "advised" in warned.found[-1]


@pytest.mark.parametrize(
    ("behind", "found"),
    [
        (0, "agrees with the service's to 1 s"),
        (-40, "agrees with the service's to 39 s"),
        (840, "14 min 01 s behind the service's; signatures follow the service's clock"),
        (-840, "13 min 59 s ahead of the service's; signatures follow the service's clock"),
    ],
)
def test_the_clock_is_compared_with_the_middle_of_the_exchange(behind: int, found: str) -> None:
    date = format_date(START.after(behind + 2).utc)
    report = HttpAnswered(1, HttpReply(404, {"Date": date}, b""))
    finding = clock_finding(report, START, START.after(2))
    assert finding.found == (found,)
    assert finding.outcome is (Outcome.NOTE if abs(behind) > 60 else Outcome.FINE)


def test_a_service_without_a_clock_or_without_an_answer() -> None:
    assert clock_finding(HttpAnswered(1, HttpReply(200)), START, START).outcome is Outcome.NOTE
    failed = clock_finding(HttpFailed(1, "no answer in 15 s"), START, START)
    assert (failed.outcome, failed.code, failed.found) == (
        Outcome.FAILED,
        ExitCode.NETWORK,
        ("no answer in 15 s",),
    )


def test_the_first_failure_decides() -> None:
    fine = Finding(step="DNS")
    bad = [Finding(step="x", outcome=Outcome.FAILED, code=code) for code in (ExitCode.DEVICE, ExitCode.NETWORK)]
    assert first_failure([fine]) is ExitCode.FINE
    assert first_failure([fine, *bad]) is ExitCode.DEVICE


def test_the_pure_parts_import_no_terminal_and_no_network() -> None:
    """What is pure in the command line stands apart from its I/O."""
    folder = Path(__file__).resolve().parents[3] / "navien_anyio" / "cli"
    pure = ("board", "choosing", "documents", "durations", "exits", "findings", "outages", "plain", "summary")
    for name in (*pure, "timeline", "words"):
        text = (folder / f"{name}.py").read_text()
        for banned in ("import anyio", "import click", "import rich", "import sys", "import os", "open("):
            assert banned not in text, (name, banned)
