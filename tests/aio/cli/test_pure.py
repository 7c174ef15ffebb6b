"""Durations, exit codes, words, the summary: small and pure."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_anyio.cli import words
from navien_anyio.cli.board import Counts
from navien_anyio.cli.choosing import choose
from navien_anyio.cli.durations import parse_duration, show_duration
from navien_anyio.cli.exits import CliError, ExitCode, advice, exit_code
from navien_anyio.cli.summary import summary_lines
from navien_proto import errors
from navien_proto.errors import NavienError, UsageError
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from tests.aio.cli.builders import COTTAGE, GARAGE, status


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("24h", 86400),
        ("7d", 604800),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (" 2 D ", 172800),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration("--for", text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "s", "0s", "0.5s", "-1h", "1m1h", "1h1h", "nan s", "1e3s", "99999d", "1h x", "٣s", "1 week"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--for: expected a duration such as 30s, 10m, 24h or 7d, found "):
        parse_duration("--for", text)


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_duration("--for", text) >= 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 05 s"),
        (3600, "1 h"),
        (3660, "1 h 01 min"),
        (86400, "1 d"),
        (100000, "1 d 3 h"),
    ],
)
def test_durations_are_shown(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


def test_every_error_has_an_exit_code_that_tells_whose_fault_it_is() -> None:
    expected = {
        errors.UsageError: 2,
        errors.AuthError: 3,
        errors.BadCredentials: 3,
        errors.TokenExpired: 3,
        errors.CloudError: 4,
        errors.Throttled: 4,
        errors.LinkError: 4,
        errors.LinkBroken: 4,
        errors.LinkClosed: 4,
        errors.RemoteProtocolError: 4,
        errors.CommandError: 5,
        errors.CommandRefused: 5,
        errors.CommandTimedOut: 5,
        errors.CommandExpired: 5,
        errors.CommandCancelled: 5,
    }
    assert {kind: exit_code(kind("x")) for kind in expected} == expected
    assert exit_code(errors.HttpStatusError("x", status=500)) == 4
    assert exit_code(errors.DecodeError("t", "", "x")) == 4
    assert exit_code(NavienError("x")) == exit_code(ValueError()) == ExitCode.INTERNAL
    assert exit_code(CliError("x", ExitCode.DEVICE)) == 5


def test_advice_is_given_where_there_is_something_to_do() -> None:
    assert "NaviLink app" in advice(errors.BadCredentials("x"))
    assert "Wait" in advice(errors.Throttled("x"))
    assert "navien check" in advice(errors.LinkBroken("x"))
    assert "powered" in advice(errors.CommandTimedOut("x"))
    assert advice(UsageError("x")) == advice(errors.TokenExpired("x")) == ""
    assert advice(CliError("x", ExitCode.DEVICE, advice="do it")) == "do it"
    assert "--debug" in advice(ZeroDivisionError())


def test_a_status_in_words() -> None:
    one = status()
    assert words.show_temperature(one, "dhw_temperature", "c") == "58.5 °C"
    assert words.show_temperature(one, "dhw_temperature", "f") == "137.3 °F"
    assert words.show_charge(one) == "92 %"
    assert words.show_energy(one.usable_energy) == "5.90 kWh"
    assert words.show_energy(one.energy_to_setpoint) == "1.54 kWh"
    assert words.show_power(one) == "432 W"
    assert words.show_mode(one) == "heat pump"
    assert words.show_signal(one) == "-60 dBm, good"
    assert words.show_error(one) == ""


def test_what_is_absent_is_a_dash() -> None:
    nothing = DeviceStatus.from_wire({})
    shown = {
        words.show_temperature(nothing, "dhw_temperature", "f"),
        words.show_charge(nothing),
        words.show_energy(None),
        words.show_power(nothing),
        words.show_mode(nothing),
        words.show_running(nothing),
        words.show_signal(nothing),
    }
    assert shown == {words.ABSENT}


@pytest.mark.parametrize(
    ("changes", "running"),
    [
        ({}, "heat pump"),
        ({"heatUpperUse": 2}, "heat pump + upper element"),
        ({"compUse": 1, "heatUpperUse": 2, "heatLowerUse": 2}, "both elements"),
        ({"compUse": 1, "heatLowerUse": 2}, "lower element"),
        ({"compUse": 1}, "heat pump starting"),
        ({"compUse": 1, "currentStatenum": 70}, "heat pump locked out"),
        ({"compUse": 1, "operationMode": 0}, "nothing"),
        ({"compUse": 1, "operationMode": 0, "evaFanUse": 2}, "fan"),
        ({"compUse": 1, "operationMode": 77}, "unknown 77"),
        ({"compUse": 1, "operationMode": None}, "nothing"),
        (
            {"compUse": None, "heatUpperUse": None, "heatLowerUse": None, "operationMode": 96},
            "heat pump + element",
        ),
    ],
)
def test_what_runs_is_told_by_the_relays_first(changes: dict[str, int | None], running: str) -> None:
    assert words.show_running(status(**changes)) == running


def test_errors_and_unknown_modes_are_told_by_number() -> None:
    assert words.show_error(status(errorCode=407, subErrorCode=1)) == "E407-01 outlet sensor"
    assert words.show_error(status(errorCode=9)) == "E009-00"
    assert words.show_mode(status(dhwOperationSetting=77)) == "unknown 77"


@pytest.mark.parametrize(
    ("dbm", "word"), [(-50, "excellent"), (-60, "good"), (-70, "fair"), (-90, "weak"), (-2000, "weak")]
)
def test_signals_have_words(dbm: int, word: str) -> None:
    assert words.signal_quality(dbm) == word


def test_a_name_cannot_move_the_cursor() -> None:
    assert words.label(Device(mac="aabbccddeeff", name="\x1b[2J \u202eevil\r\n")) == "[2J  evil"
    assert words.label(Device(mac="aabbccddeeff", name=" \t")) == "…eeff"
    assert words.label(Device(mac="aabbccddeeff", name="x" * 99)) == "x" * 31 + "…"


def test_the_summary_tells_uptime_messages_reconnects_and_gaps() -> None:
    counts = Counts(messages=7, reconnects=2, renewals=1, gaps=1, gap_seconds=90, undecodable=3, missed=4)
    assert dict(summary_lines(counts, 3700, log=("tank.csv", 8))) == {
        "uptime": "1 h 01 min",
        "messages": "7",
        "reconnects": "2 and 1 planned",
        "gaps": "1 (1 min 30 s in all)",
        "undecodable": "3",
        "missed events": "4",
        "log": "8 rows in tank.csv",
    }
    assert [name for name, _ in summary_lines(Counts(), 1)] == ["uptime", "messages", "reconnects", "gaps"]


def test_a_heater_is_chosen_by_name_or_end_of_its_mac() -> None:
    both = (GARAGE, COTTAGE)
    assert choose(both, None) == both
    assert choose(both, "cottage") == choose(both, "EE01") == (COTTAGE,)
    with pytest.raises(CliError, match=r"^--device: the account has no heater of that name") as caught:
        choose(both, "Attic")
    assert (caught.value.code, caught.value.advice) == (ExitCode.DEVICE, "It has: Garage, Cottage.")
    with pytest.raises(CliError, match="has no water heater") as caught:
        choose((), None)
    assert caught.value.code is ExitCode.DEVICE
