"""``simulate`` and ``replay``."""

from __future__ import annotations

import csv
import json
import re
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from navien_anyio.cli.simulate import settings_lines
from navien_anyio.cli.simulated import heater_clock, simulated_cloud
from navien_proto.instant import Instant
from tests.aio.cli.conftest import Command, Process
from tests.support.captures import CAPTURE, read_capture

START = Instant(1000.0, datetime(2026, 1, 15, 12, tzinfo=UTC))


# --- simulate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulated_cloud_serves_other_programs_by_the_settings_it_prints(
    number: int, start: Callable[..., Process], navien: Command
) -> None:
    cloud = start("simulate", "--port", "0", "--heaters", "2", "--password", "a secret of sorts")
    cloud.read_until("serving until Ctrl-C")
    Path("simulated.env").write_text("".join(line for line in cloud.lines if line.startswith("NAVIEN_")))
    result = navien("devices", "--json", "--env-file", "simulated.env")
    assert (result.code, result.err) == (0, "")
    assert [device["name"] for device in json.loads(result.out)["devices"]] == ["Garage", "Cottage"]
    cloud.signal(number)
    assert cloud.end()[0] == 0


def test_a_port_in_use_is_one_sentence_and_exit_code_4(navien: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = navien("simulate", "--port", str(port))
    assert (result.code, result.out) == (4, "")
    assert result.err.splitlines() == [
        f"navien: cannot listen on 127.0.0.1:{port}: address already in use",
        "        --port 0 takes any free one.",
    ]


def test_settings_are_lines_that_a_shell_and_dotenv_understand() -> None:
    settings = {
        "base_url": "http://h:1/api",
        "mqtt_scheme": "ws",
        "mqtt_host": "h",
        "mqtt_port": 1,
        "simulated": True,
    }
    assert settings_lines(settings, "user@example.com", "with space") == [
        "NAVIEN_EMAIL=user@example.com",
        "NAVIEN_PASSWORD='with space'",
        "NAVIEN_BASE_URL=http://h:1/api",
        "NAVIEN_MQTT_SCHEME=ws",
        "NAVIEN_MQTT_HOST=h",
        "NAVIEN_MQTT_PORT=1",
    ]


def test_heaters_have_clocks_of_their_own() -> None:
    morning = datetime(2026, 1, 15, 6, 30, tzinfo=UTC)
    quick = simulated_cloud(START, morning, rng=Random(1), heaters=3, speed=60.0)
    macs = [heater.config.mac for heater in quick.heaters]
    assert len(set(macs)) == 3
    assert heater_clock(quick, macs[0], START) == "06:30, 60 × faster"
    assert heater_clock(quick, macs[0], START.after(60)) == "07:30, 60 × faster"
    assert heater_clock(quick, macs[2], START.after(60 * 18)) == "00:30 (day 2), 60 × faster"
    real = simulated_cloud(START, morning, rng=Random(1))
    assert heater_clock(real, macs[0], START.after(60)) == "06:31"


# --- replay ----------------------------------------------------------------------------------------------


def test_the_captured_session_is_replayed_whole(navien: Command) -> None:
    read_capture()
    result = navien("replay", str(CAPTURE), "--units", "c", "--csv", "session.csv")
    assert (result.code, result.err) == (0, "")
    assert result.out.rstrip().endswith("18 of 18 messages and 7 of 7 REST answers decoded")
    first = next(line for line in result.out.splitlines() if "answer" in line)
    shown = ["20:41:40", "answer", "heat pump", "heat pump", "92 %", "58.5", "58.6", "53.6", "432 W"]
    assert re.split(r"\s{2,}", first.strip()) == shown
    with Path("session.csv").open(newline="") as file:
        logged = list(csv.DictReader(file))
    assert len(logged) == 18
    assert logged[0]["timestamp"] == "2025-09-26T20:41:40.163+00:00"
    assert {row["device"] for row in logged} == {"heater 1"}


def test_the_captured_session_as_data_shows_no_identity(navien: Command) -> None:
    har = json.loads(read_capture())
    result = navien("replay", str(CAPTURE), "--json")
    document = json.loads(result.out)
    assert document["counts"] == {
        "messages": 18,
        "messages_decoded": 18,
        "messages_of_unknown_kind": 0,
        "answers": 7,
        "answers_decoded": 7,
        "other_exchanges": 0,
    }
    first = next(entry for entry in document["entries"] if entry["kind"] == "status")
    assert first["readings"]["current_super_heat_k"] == 4.6
    text = json.dumps(har)
    identities = set(
        re.findall(r'\\*"(?:macAddress|deviceName|accessToken|email|userId)\\*": *\\*"([^"\\]+)', text)
    )
    assert identities
    shown = result.out + navien("replay", str(CAPTURE)).out
    assert [identity for identity in identities if identity in shown] == []


def har(*entries: object) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}})


ENTRY = {
    "startedDateTime": "2026-01-15T12:00:00.000Z",
    "request": {"method": "POST", "url": "https://h/api/v2.1/device/list", "headers": []},
    "response": {"status": 200, "headers": [], "content": {"text": "<html>"}},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.har: this is no HAR file: not JSON (line 1, column 1)"),
        ("[]", "x.har: the file: expected an object, found a list"),
        ("{}", "x.har: log: expected an object, found nothing"),
        (
            har(ENTRY, {"startedDateTime": "2026-01-15T12:00:00Z"}),
            "x.har: log.entries[1].request: expected an object",
        ),
    ],
)
def test_a_malformed_har_is_exit_code_2_and_names_the_place(text: str, said: str, navien: Command) -> None:
    Path("x.har").write_text(text)
    Path("kept.csv").write_text("kept\n")
    result = navien("replay", "x.har", "--csv", "kept.csv")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"navien: {said}")
    assert len(result.err.splitlines()) == 1
    assert Path("kept.csv").read_text() == "kept\n"


def test_a_har_that_cannot_be_read_is_exit_code_2(navien: Command) -> None:
    assert navien("replay", "absent.har").err == "navien: cannot read 'absent.har': No such file or directory\n"
    assert navien("replay", ".").code == 2


def test_what_cannot_be_decoded_is_listed_and_counted(navien: Command) -> None:
    socket_entry = {
        "startedDateTime": "2026-01-15T12:00:01.000Z",
        "request": {"method": "GET", "url": "wss://h/mqtt", "headers": []},
        "response": {"status": 101, "headers": []},
        "_webSocketMessages": [{"type": "receive", "time": 1768478402, "opcode": 2, "data": "IAIAAA=="}],
    }
    Path("x.har").write_text(har(ENTRY, socket_entry))
    result = navien("replay", "x.har")
    assert result.code == 0
    assert "log.entries[0]: REST" in result.out
    assert "Not messages: 1 CONNACK" in result.out
    assert result.out.rstrip().endswith("0 of 0 messages and 0 of 1 REST answers decoded")
    Path("x.har").write_text(har())
    assert navien("replay", "x.har").out.rstrip().endswith("0 of 0 messages and 0 of 0 REST answers decoded")
