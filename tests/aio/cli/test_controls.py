"""Commands that change a heater, against the simulated cloud on loopback."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from navien_anyio.simserver import SimServer
from navien_proto.instant import Instant
from navien_proto.session.settings import session_config
from navien_proto.sim.cloud import SimCloud
from tests.aio.cli.conftest import Command, Result, service
from tests.support.served import EMAIL, MACS, PASSWORD

SECRETS = (PASSWORD, EMAIL, "eyJ", "X-Amz")


def heard(server: SimServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The topics on which the heater is told something from now on."""
    topics: list[str] = []

    def listen(cloud: SimCloud, _now: Instant) -> None:
        receive = cloud.heater(MACS[0]).receive

        def listening(topic: str, *others: Any) -> Any:
            topics.append(topic)
            return receive(topic, *others)

        monkeypatch.setattr(cloud.heater(MACS[0]), "receive", listening)

    server.call(listen)
    return topics


def document(result: Result) -> dict[str, Any]:
    assert result.err == ""
    assert result.code == 0
    found: dict[str, Any] = json.loads(result.out)
    return found


# --- what is set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "what", "member", "value"),
    [
        (("temperature", "50C"), "set point 50.0 °C (122.0 °F)", "dhw_temperature_setting_c", 50.0),
        (
            ("temperature", "120F"),
            "set point 49.0 °C (120.2 °F), the nearest to 120 °F",
            "dhw_temperature_setting_c",
            49.0,
        ),
        (
            ("temperature", "48.5", "--unit", "c"),
            "set point 48.5 °C (119.3 °F)",
            "dhw_temperature_setting_c",
            48.5,
        ),
        (("mode", "high-demand"), "mode high demand", "dhw_operation_setting", "high_demand"),
        (("vacation", "7"), "vacation of 7 days", "vacation_day_setting_days", 7),
        (("vacation", "1", "--length-only"), "length of vacations 1 day", "vacation_day_setting_days", 1),
        (("anti-legionella", "14"), "anti-legionella once in 14 days", "anti_legionella_period_days", 14),
        (("anti-legionella", "off"), "anti-legionella off", "anti_legionella_use", False),
        (("filter-life", "3000"), "reminder of the air filter every 3000 h", "air_filter_alarm_period_h", 3000),
        (("power", "off", "--yes"), "power off", "dhw_operation_setting", "power_off"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_heater_is_told_and_its_answer_shows_it(
    words: tuple[str, ...], what: str, member: str, value: object, server: SimServer, navien: Command
) -> None:
    found = document(navien("set", *words, "--json", **service(server)))
    assert (found["what"], found["wanted"], found["level"], found["held"]) == (what, "accepted", "accepted", False)
    assert found["device"]["mac"] == MACS[0]
    assert found["status"]["readings"][member] == value


@pytest.mark.parametrize(
    "words",
    [
        ("set", "power", "on"),
        ("set", "intelligent", "on"),
        ("set", "demand-response", "off"),
        ("set", "filter-life", "off"),
        ("filter", "reset"),
        ("tou", "on"),
        ("tou", "off"),
        ("schedule", "use"),
    ],
    ids=" ".join,
)
def test_a_person_is_told_the_level_and_what_the_heater_says(
    words: tuple[str, ...], server: SimServer, navien: Command
) -> None:
    result = navien(*words, "--units", "c", **service(server))
    assert (result.code, result.err) == (0, "")
    first, second = result.out.splitlines()
    assert first.startswith("Heater 0: ")
    assert first.endswith(": accepted")
    assert second.startswith("  it says: set point 60.5 °C, mode ")
    assert [secret for secret in SECRETS if secret in result.out] == []


def test_levels_can_be_chosen(server: SimServer, navien: Command) -> None:
    sent = navien("set", "mode", "electric", "--wait", "sent", **service(server))
    assert (sent.code, sent.out) == (0, "Heater 0: mode electric: sent; no answer was waited for\n")
    applied = document(navien("set", "temperature", "50C", "--wait", "applied", "--json", **service(server)))
    assert (applied["wanted"], applied["level"]) == ("applied", "applied")
    unseen = navien("set", "intelligent", "on", "--wait", "applied", **service(server))
    assert unseen.code == 0
    assert "accepted; no message shows whether the heater runs it" in unseen.out


def dear_now(path: Path) -> str:
    """A plan in which every hour is dear but one, half a day away."""
    cheap = (datetime.now(UTC).hour + 12) % 24
    hours = [(0, cheap - 1, 0.6), (cheap, cheap, 0.3), (cheap + 1, 23, 0.6)]
    periods = [
        {"start": f"{first:02}:00", "end": f"{last:02}:59", "price": price}
        for first, last, price in hours
        if first <= last
    ]
    path.write_text(json.dumps({"name": "Dear", "periods": periods}))
    return str(path)


def test_a_mode_held_back_in_a_window_of_time_of_use_is_said(
    server: SimServer, navien: Command, tmp_path: Path
) -> None:
    assert navien("tou", "set", dear_now(tmp_path / "plan.json"), **service(server)).code == 0
    assert navien("tou", "on", **service(server)).code == 0
    result = navien("set", "mode", "high-demand", **service(server))
    assert (result.code, result.err) == (0, "")
    first, second, third = result.out.splitlines()
    assert first == "Heater 0: mode high demand: accepted, and held back"
    assert second == "  Time of use is on: it takes effect when the window ends, or after 'navien tou off'."
    assert "mode heat pump" in third
    found = document(navien("set", "mode", "electric", "--json", **service(server)))
    assert (found["level"], found["held"]) == ("accepted", True)


def test_waiting_for_what_is_held_back_ends_with_exit_code_5(
    server: SimServer, navien: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = lambda config: evolve(session_config(config), applied_timeout=0.5)  # noqa: E731
    assert navien("tou", "set", dear_now(tmp_path / "plan.json"), **service(server)).code == 0
    assert navien("tou", "on", **service(server)).code == 0
    monkeypatch.setattr("navien_anyio.cli.asking.session_config", soon)
    result = navien("set", "mode", "electric", "--wait", "applied", **service(server))
    assert result.code == 5
    assert "accepted, and held back" in result.out
    assert result.err.splitlines()[0] == "navien: the heater accepted it and does not run it yet"


# --- who, and whether ------------------------------------------------------------------------------------


def test_several_heaters_and_none_named(two_heaters: SimServer, navien: Command) -> None:
    result = navien("set", "temperature", "50C", **service(two_heaters))
    assert result.code == 2
    assert result.err.splitlines() == [
        "navien: the account has 2 heaters: say which with --device",
        "        Name it, or give the end of its MAC. It has: Heater 0 (MAC …eeff), Heater 1 (MAC …ee01).",
    ]
    named = document(navien("set", "temperature", "50C", "--device", "ee01", "--json", **service(two_heaters)))
    assert named["device"]["mac"] == MACS[1]
    unknown = navien("set", "temperature", "50C", "--device", "Attic", **service(two_heaters))
    assert (unknown.code, unknown.out) == (5, "")


def test_no_heater_and_one_off_line(server: SimServer, navien: Command) -> None:
    server.call(lambda cloud, _now: cloud.set_online(MACS[0], online=False))
    result = navien("set", "mode", "electric", **service(server))
    assert result.code == 5
    assert result.err.splitlines()[0] == "navien: Heater 0 is off line: the cloud does not reach it"
    server.call(lambda cloud, _now: cloud.service._accounts[EMAIL].heaters.clear())
    result = navien("set", "mode", "electric", **service(server))
    assert (result.code, result.err.splitlines()[0]) == (5, "navien: the account has no water heater")


def test_what_a_heater_cannot_do_is_refused_unless_an_expert_insists(server: SimServer, navien: Command) -> None:
    for words in (
        ("hot-button",),
        ("set", "recirculation", "button"),
        ("recirculation", "add", "daily", "6am", "on"),
    ):
        result = navien(*words, **service(server))
        assert result.code == 2
        assert "this unit cannot do this: recirc" in result.err
    assert navien("hot-button", "--expert", **service(server)).code == 0


def test_f29_the_heaters_own_limits_hold(server: SimServer, navien: Command) -> None:
    result = navien("set", "temperature", "80C", **service(server))
    assert result.code == 2
    assert "a set point of 80.0 °C (176.0 °F) is out of range: this unit takes 35.0 °C" in result.err


def test_f32_guards_are_respected_by_every_way_to_switch_off(server: SimServer, navien: Command) -> None:
    for words in (
        ("set", "power", "off", "--yes"),
        ("set", "power", "off", "--yes", "--dry-run"),
        ("raw", "0x02000001", "--mode", "power-off", "--yes", "--expert"),
        ("schedule", "add", "daily", "22:00", "power-off", "50C", "--yes"),
    ):
        result = navien(*words, NAVIEN_NO_POWER_OFF="true", **service(server))
        assert (result.code, result.out) == (2, "")
        assert "(no_power_off)" in result.err
    result = navien("set", "temperature", "60C", NAVIEN_HIGHEST_CELSIUS="50", **service(server))
    assert result.code == 2
    assert "(highest_celsius)" in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("set", "power", "off"),
        ("schedule", "clear"),
        ("schedule", "add", "daily", "22:00", "power-off", "50C"),
        ("raw", "0x0200001F", "--mode", "cond-fault-reset"),
    ],
    ids=" ".join,
)
def test_without_a_terminal_what_wants_a_yes_is_refused(words: tuple[str, ...], navien: Command) -> None:
    result = navien(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        "navien: this wants to be confirmed, and there is no terminal to ask on",
        "        Nothing was sent. --yes confirms it.",
    ]


def test_on_a_terminal_it_is_asked(server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = iter([False, True])

    def confirm(question: str, *, err: bool) -> bool:
        assert err
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", confirm)
    result = navien("set", "power", "off", **service(server))
    assert (result.code, result.err) == (2, "navien: not confirmed: nothing was sent\n")
    assert navien("set", "power", "off", **service(server)).code == 0
    assert len(asked) == 2
    assert asked[0].startswith("Switch the heater off?")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "temperature", "50"), "TEMPERATURE: 50 of which unit? Write 50C or 50F"),
        (("set", "temperature", "500C"), "celsius must be between 0 and 100"),
        (
            ("set", "mode", "3"),
            "high-demand}': '3' is not one of 'heat-pump', 'electric'",
        ),
        (("set", "vacation", "31"), "days must be a whole number from 1 to 30"),
        (("set", "anti-legionella", "weekly"), "DAYS: expected a whole number or off, found 'weekly'"),
        (("set", "filter-life", "1234"), "500"),
        (("set", "bogus"), "no such command 'bogus'"),
        (("schedule", "add", "weekdays", "25:00", "electric", "50C"), "TIME: expected a time"),
        (("schedule", "change", "1"), "say what to change"),
        (("recirculation", "change", "1"), "say what to change"),
        (("raw", "bogus"), "CODE: expected a number"),
        (("raw", "0x0200000F", "--mode", "wifi-reset"), "ResetWifi is unsupported"),
        (("raw", "1", "--param", "1"), "--param: numbers go with a mode string"),
        (("raw", "1", "--member", "x"), "--member: expected NAME=JSON"),
        (("tou", "set"), "say which plan: a FILE, or --rate and --zip"),
        (("tou", "set", "absent.toml"), "absent.toml"),
        (("tou", "set", "--rate", "x"), "--zip: tariffs are looked up by postcode"),
        (("tou", "rates", "94110"), "looking rates up needs a key of openei.org"),
        (("energy", "--months", "0"), "--months: expected a number of months"),
        (("energy", "--months", "1", "--years", "1"), "give one of them"),
        (("info",), "no account is set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_a_sentence_and_exit_code_2(words: tuple[str, ...], said: str, navien: Command) -> None:
    result = navien(*words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert len(result.err.splitlines()) <= 2


# --- rehearsals ------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_be_published_and_publishes_none_of_it(
    server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = heard(server, monkeypatch)
    found = document(navien("set", "temperature", "50C", "--dry-run", "--json", **service(server)))
    would = found["would_publish"]
    assert would["topic"] == "cmd/52/navilink-<mac>/ctrl"
    assert would["payload"]["request"]["param"] == [100]
    assert MACS[0] not in json.dumps(would)
    shown = navien("set", "temperature", "50C", "--dry-run", **service(server))
    assert shown.out.splitlines()[0] == "Heater 0: set point 50.0 °C (122.0 °F): not sent (--dry-run)"
    assert "cmd/52/navilink-<mac>/ctrl" in shown.out
    assert topics
    assert [topic for topic in topics if "/ctrl" in topic] == []


def test_simulate_needs_no_account_and_leaves_the_users_alone(navien: Command) -> None:
    found = document(navien("hot-button", "--simulate", "--json", NAVIEN_EMAIL="somebody@example.org"))
    assert (found["device"]["name"], found["level"]) == ("Garage", "accepted")


# --- any code --------------------------------------------------------------------------------------------


def test_raw_queries_show_their_answer_with_secrets_masked(server: SimServer, navien: Command) -> None:
    words = ("raw", "0x01000001", "--suffix", "st/did", "--answer", "info")
    found = document(navien(*words, "--json", **service(server)))
    assert found["answer"]["volumeCode"] == 2
    assert found["answer"]["controllerSerialNumber"] == "<serial>"
    shown = navien(*words, **service(server))
    assert shown.out.splitlines()[0] == "Heater 0: 0x01000001 on st/did: accepted"
    reservations = ("raw", "16777222", "--suffix", "st/rsv/rd", "--answer", "reservations")
    replied = ("--reply", "client", "--reply-suffix", "rsv/rd")
    assert document(navien(*reservations, *replied, "--json", **service(server)))["answer"]["reservation"] == []


def test_raw_controls_are_sent_as_they_are(server: SimServer, navien: Command) -> None:
    words = ("raw", "0x02000020", "--mode", "dhw-temperature", "--param", "100", "--yes", "--json")
    found = document(navien(*words, **service(server)))
    assert found["answer"]["dhwTemperatureSetting"] == 100
    silent = navien("raw", "0x01000002", "--suffix", "st/end", "--answer", "none", **service(server))
    assert silent.code == 0
