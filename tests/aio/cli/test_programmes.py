"""Reservations, hours of the pump, and plans of time of use, against the simulated cloud on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from navien_anyio.cli.tariffs import plan_members, read_plan
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import UsageError
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater, HeaterConfig
from tests.aio.cli.conftest import Command, Result, service
from tests.support.served import EMAIL, MACS, PASSWORD

PLAN = """
name = "E-TOU-C"
utility = "Gas & Electric"
zip_code = "94110"
[[periods]]
days = "weekdays"
start = "16:00"
end = "20:59"
price = 0.61
[[periods]]
days = "weekdays"
start = "21:00"
end = "23:59"
price = 0.36
[[periods]]
days = "weekdays"
start = "00:00"
end = "15:59"
price_min = 0.36
price_max = 0.36
[[periods]]
days = "weekends"
start = "00:00"
end = "23:59"
price = 0.36
"""


def document(result: Result) -> dict[str, Any]:
    assert result.err == ""
    assert result.code == 0
    found: dict[str, Any] = json.loads(result.out)
    return found


@pytest.fixture
def with_pump() -> Iterator[SimServer]:
    cloud = SimCloud(SimCloudConfig(delay=(0.0, 0.01)), rng=Random(1))
    account = cloud.add_account(EMAIL, PASSWORD)
    now = system_clock()
    heater = Heater(HeaterConfig(mac=MACS[0], name="Heater 0", pump=True), rng=Random(0), started=now.utc)
    cloud.add_heater(account, heater, now)
    with SimServer(cloud) as serving:
        yield serving


# --- reservations ----------------------------------------------------------------------------------------


def test_reservations_are_added_shown_changed_and_removed(server: SimServer, navien: Command) -> None:
    there = service(server)
    empty = navien("schedule", "show", **there)
    assert empty.out == "Heater 0: reservations: off\n  no entries\n"
    added = navien("schedule", "add", "weekdays", "6:30am", "high-demand", "60C", **there)
    assert (added.code, added.err) == (0, "")
    assert added.out.splitlines() == [
        "Heater 0: reservation weekdays 06:30, high demand, 60 °C added: accepted",
        "  it has now: 1 entry, switched off",
        "     1  weekdays 06:30, high demand, 60 °C",
        "  'navien schedule on' makes them count.",
    ]
    assert document(navien("schedule", "on", "--json", **there))["programme"]["enabled"] is True
    second = navien("schedule", "add", "Mon", "06:30", "electric", "122F", "--json", **there)
    programme = document(second)["programme"]
    assert [entry["days"] for entry in programme["entries"]] == [
        ["monday"],
        ["monday", "tuesday", "wednesday", "thursday", "friday"],
    ]
    assert len(programme["conflicts"]) == 1
    warned = navien("schedule", "show", **there)
    assert "These contradict each other: Mon 06:30" in " ".join(warned.out.split())
    changed = navien("schedule", "change", "1", "--time", "5am", "--temperature", "51C", "--json", **there)
    entries = document(changed)["programme"]["entries"]
    assert entries[0] == {
        "days": ["monday"],
        "time": "05:00",
        "enabled": True,
        "mode": "electric",
        "celsius": 51.0,
        "fahrenheit": 123.8,
    }
    off = navien("schedule", "change", "Mon 05:00", "--disabled", "--json", **there)
    assert document(off)["programme"]["entries"][0]["enabled"] is False
    left = document(navien("schedule", "remove", "weekdays 06:30", "--json", **there))["programme"]["entries"]
    assert [entry["time"] for entry in left] == ["05:00"]
    shown = document(navien("schedule", "show", "--json", **there))
    assert (shown["enabled"], shown["entries"]) == (True, left)
    assert (shown["conflicts"], shown["not_understood"]) == ([], [])
    cleared = document(navien("schedule", "clear", "--yes", "--json", **there))
    assert (cleared["programme"]["enabled"], cleared["programme"]["entries"]) == (False, [])


def test_an_entry_that_is_not_there_is_said_and_nothing_is_written(server: SimServer, navien: Command) -> None:
    there = service(server)
    assert navien("schedule", "add", "daily", "06:00", "electric", "50C", **there).code == 0
    for which, said, code in (
        ("2", "ENTRY: the heater has no entry 2", 5),
        ("0", "ENTRY: the heater has no entry 0", 5),
        ("daily 07:00", "ENTRY: the heater has no entry at daily 07:00", 5),
        ("first", "ENTRY: expected its number, or its days and time such as 'weekdays 06:30'", 2),
    ):
        result = navien("schedule", "remove", which, **there)
        assert (result.code, result.err.splitlines()[0]) == (code, f"navien: {said}")
    assert "1 every day 06:00, electric, 50 °C" in navien("schedule", "remove", "7", **there).err
    assert len(document(navien("schedule", "show", "--json", **there))["entries"]) == 1


def test_switching_on_without_entries_is_refused_as_it_would_stay_off(server: SimServer, navien: Command) -> None:
    result = navien("schedule", "on", **service(server))
    assert (result.code, result.err) == (2, "navien: there is no reservation to switch on: add one first\n")
    assert navien("schedule", "off", **service(server)).code == 0


def test_a_dry_run_of_an_edit_shows_the_whole_list_to_be_written(server: SimServer, navien: Command) -> None:
    there = service(server)
    words = ("schedule", "add", "weekends", "08:00", "energy-saver", "55C")
    assert navien(*words, **there).code == 0
    adding = ("schedule", "add", "weekdays", "06:00", "electric", "50C", "--dry-run", "--json")
    would = document(navien(*adding, **there))["would_publish"]
    assert would["topic"] == "cmd/52/navilink-<mac>/ctrl/rsv/rd"
    assert len(would["payload"]["request"]["reservation"]) == 2
    same = navien(*words, "--dry-run", **there)
    assert same.out.splitlines()[-1] == "  the heater has it so already: nothing would be published"
    assert len(document(navien("schedule", "show", "--json", **there))["entries"]) == 1


# --- the pump --------------------------------------------------------------------------------------------


def test_hours_of_the_pump(with_pump: SimServer, navien: Command) -> None:
    there = service(with_pump)
    assert navien("recirculation", "add", "weekdays", "06:00", "on", **there).code == 0
    added = navien("recirculation", "add", "weekdays", "08:30", "off", **there)
    assert added.out.splitlines()[1:] == [
        "  it has now: 2 entries, switched off",
        "     1  weekdays 06:00, pump on",
        "     2  weekdays 08:30, pump off",
        "  'navien recirculation on' makes them count.",
    ]
    assert navien("recirculation", "change", "2", "--time", "09:00", **there).code == 0
    assert navien("recirculation", "on", **there).code == 0
    shown = document(navien("recirculation", "show", "--json", **there))
    assert shown["enabled"] is True
    assert [(entry["time"], entry["pump"]) for entry in shown["entries"]] == [("06:00", "on"), ("09:00", "off")]
    table = navien("recirculation", "show", **there)
    assert table.out.startswith("Heater 0: hours of the recirculation pump: on\n")
    assert navien("recirculation", "remove", "1", **there).code == 0
    assert navien("recirculation", "off", **there).code == 0
    assert document(navien("recirculation", "clear", "--yes", "--json", **there))["programme"]["entries"] == []
    assert navien("set", "recirculation", "schedule", **there).code == 0
    assert navien("hot-button", **there).code == 0


# --- time of use -----------------------------------------------------------------------------------------


def test_a_plan_is_read_from_a_file_and_written(server: SimServer, navien: Command) -> None:
    Path("plan.toml").write_text(PLAN)
    result = navien("tou", "set", "plan.toml", **service(server))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "Heater 0: plan “E-TOU-C” of 4 periods written: accepted",
        "  'navien tou on' makes it count.",
    ]
    # The cloud wants to know the tariff of a plan: it has none of this one.
    assert document(navien("tou", "show", "--json", **service(server)))["plan"] is None
    assert "no plan is on file" in navien("tou", "show", **service(server)).out


def test_the_plan_on_file_is_shown_and_can_be_set_again(server: SimServer, navien: Command) -> None:
    plan = read_plan("plan.toml", PLAN.encode())
    stored = {**plan.to_rest(), "zipCode": 94110}
    server.call(lambda cloud, _now: cloud.service._accounts[EMAIL].plans.update({MACS[0]: stored}))
    shown = navien("tou", "show", "--no-store", **service(server))
    assert (shown.code, shown.err) == (0, "")
    assert "E-TOU-C, Gas & Electric" in shown.out
    rows = [line.split() for line in shown.out.splitlines() if "16:00" in line]
    assert rows == [["all", "year", "weekdays", "16:00", "20:59", "0.61000"]]
    text = navien("tou", "show", "--json", **service(server)).out
    assert json.loads(text)["faults"] == []
    assert read_plan("plan.json", text.encode()) == plan
    Path("plan.json").write_text(text)
    would = document(navien("tou", "set", "plan.json", "--dry-run", "--json", **service(server)))["would_publish"]
    assert would["payload"]["request"]["controllerSerialNumber"] == "<serial>"
    assert len(would["payload"]["request"]["reservation"]) == 4


def test_a_plan_reads_as_it_is_shown() -> None:
    plan = read_plan("plan.toml", PLAN.encode())
    again = read_plan("x.json", json.dumps(plan_members(plan)).encode())
    assert again == plan
    assert (again.name, again.utility, again.zip_code) == ("E-TOU-C", "Gas & Electric", "94110")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.toml", "name = ", "p.toml: this is no file of that kind"),
        ("p.json", "{", "p.json: this is no file of that kind"),
        ("p.json", "[" * 100_000, "p.json: this is no file of that kind"),
        ("p.json", b"\xff", "p.json: this is no file of that kind"),
        ("p.json", "[]", "p.json: expected a table with name"),
        ("p.json", "{}", "p.json: periods: expected a list"),
        ("p.json", '{"name": 1, "periods": []}', "p.json: name: expected text"),
        ("p.json", '{"perods": []}', "p.json: there is no 'perods' here"),
        ("p.json", '{"periods": [1]}', r"p.json: periods\[0\]: expected a table"),
        (
            "p.json",
            '{"periods": [{"start": "1:00", "end": "2:00"}]}',
            r"periods\[0\]: expected price, or price_min",
        ),
        ("p.json", '{"periods": [{"start": "x", "price": 1}]}', r"periods\[0\]: start: expected a time"),
        ("p.json", '{"periods": [{"start": "1:00", "end": "2:00", "price": "1"}]}', "price: expected a number"),
        ("p.json", '{"periods": [{"start": "1:00", "end": "2:00", "price": NaN}]}', "price: expected a number"),
        ("p.json", '{"periods": [{"price": 1, "decimal_point": 1.5}]}', "decimal_point: expected a whole number"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_its_place(name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_plan(name, text if isinstance(text, bytes) else text.encode())


def tariff(label: str, name: str, **changes: object) -> dict[str, object]:
    return {
        "label": label,
        "utility": "Gas & Electric",
        "eiaid": 1,
        "name": name,
        "sector": "Residential",
        "startdate": 1700000000,
        "energyratestructure": [[{"rate": 0.36}], [{"rate": 0.61}]],
        "energyweekdayschedule": [[0] * 16 + [1] * 5 + [0] * 3] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
        **changes,
    }


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> list[HttpRequest]:
    """A rate database with two tariffs of the city and one without hours; what it was asked."""
    from navien_anyio.cli import calling

    asked: list[HttpRequest] = []
    fetch = calling.fetch

    async def answer(request: HttpRequest, **how: Any) -> HttpReply:
        if "utility_rates" not in request.url:
            return await fetch(request, **how)
        asked.append(request)
        flat = tariff("c3", "Flat", energyweekdayschedule=None)
        items = [tariff("a1", "E-TOU-C"), tariff("b2", "E-TOU-D"), flat]
        return HttpReply(200, {}, json.dumps({"items": items}).encode())

    monkeypatch.setattr(calling, "fetch", answer)
    return asked


def test_tariffs_are_listed(database: list[HttpRequest], navien: Command) -> None:
    result = navien("tou", "rates", "94110", NAVIEN_OPENEI_KEY="canary-key")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[0] for line in result.out.splitlines() if "Gas" in line] == ["E-TOU-C", "E-TOU-D", "Flat"]
    rates = document(navien("tou", "rates", "94110", "--json", NAVIEN_OPENEI_KEY="canary-key"))["rates"]
    assert rates[0] == {
        "label": "a1",
        "utility": "Gas & Electric",
        "name": "E-TOU-C",
        "since": "2023-11-14",
        "periods": 4,
    }
    assert rates[2]["periods"] is None
    assert "address=94110" in database[0].url


def test_a_tariff_is_written_to_the_heater_and_stored_in_the_cloud(
    database: list[HttpRequest], server: SimServer, navien: Command
) -> None:
    there = {**service(server), "NAVIEN_OPENEI_KEY": "canary-key"}
    result = navien("tou", "set", "--rate", "e-tou-c", "--zip", "94110", **there)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0] == "Heater 0: plan “E-TOU-C” of 4 periods written: accepted"
    shown = document(navien("tou", "show", "--json", **there))
    assert (shown["plan"]["name"], shown["plan"]["zip_code"]) == ("E-TOU-C", "94110")
    several = "2 tariffs are called so: a1 E-TOU-C; b2 E-TOU-D"
    for wanted, said in (("E-TOU", several), ("x", "no tariffs are called so: a1 E-TOU-C; ")):
        refused = navien("tou", "set", "--rate", wanted, "--zip", "94110", **there)
        assert refused.code == 2
        assert said in refused.err
    assert "canary-key" not in result.out + result.err


def test_a_plan_the_heater_has_and_the_cloud_did_not_store_is_told(
    database: list[HttpRequest], server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_proto.cloud.tou.TOU", "/nowhere")
    there = {**service(server), "NAVIEN_OPENEI_KEY": "canary-key"}
    result = navien("tou", "set", "--rate", "a1", "--zip", "94110", **there)
    assert result.code == 4
    assert "written: accepted" in result.out
    assert result.err.startswith("navien: the heater has it; storing the time-of-use plan failed")
