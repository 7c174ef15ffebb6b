"""Commands that ask a heater what it is and what it counted, against the simulated cloud on loopback."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rich.console import Console

from navien_anyio.cli.bars import Bar, bars, totals_line
from navien_anyio.simserver import SimServer
from navien_proto.instant import Instant
from navien_proto.model.energy import EnergyUse
from navien_proto.sim.cloud import SimCloud
from tests.aio.cli.conftest import Command, service
from tests.support.served import MACS

SERIAL = "00000000XX00000000"


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=UTC)


def used(server: SimServer, *days: tuple[datetime, float, float]) -> None:
    """The heater drew so many W for an hour, heat pump and elements, at these times."""

    def count(cloud: SimCloud, _now: Instant) -> None:
        for begin, pump, elements in days:
            cloud.heater(MACS[0]).unit.use.count(begin, 3600.0, pump, elements)

    server.call(count)


def drawn(*lines: Bar, width: int = 80) -> list[str]:
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(bars(lines, width))
    return [line.rstrip() for line in capture.get().splitlines()]


# --- what it is ------------------------------------------------------------------------------------------


def test_info_shows_what_a_heater_is_and_keeps_its_serial_number(server: SimServer, navien: Command) -> None:
    shown = navien("info", "--units", "c", **service(server))
    assert (shown.code, shown.err) == (0, "")
    for words in ("Heater 0", "65 gallons (246 L)", "35.0 to 65.5 °C", "✓ mode heat pump", "✗ recirculation pump"):
        assert words in shown.out
    assert SERIAL not in shown.out
    assert SERIAL in navien("info", "--serial", **service(server)).out
    found = json.loads(navien("info", "--json", **service(server)).out)
    assert found["info"]["dhw_temperature_max_c"] == 65.5
    assert "controller_serial_number" not in found["info"]
    fahrenheit = json.loads(navien("info", "--json", "--serial", "--units", "f", **service(server)).out)["info"]
    assert (fahrenheit["dhw_temperature_max_f"], fahrenheit["controller_serial_number"]) == (149.9, SERIAL)


def test_firmware_and_what_lies_ready(server: SimServer, navien: Command) -> None:
    shown = navien("firmware", **service(server))
    assert "controller  11.1.0.0" in shown.out
    assert "nothing lies ready to be installed" in shown.out
    found = json.loads(navien("firmware", "--json", **service(server)).out)
    assert found["installed"]["controller"] == {"version": "11.1.0.0", "branch": "0x2000711"}
    assert found["ready"] == []


def test_diagnostics_tell_what_was_counted(server: SimServer, navien: Command) -> None:
    shown = navien("diagnostics", **service(server))
    assert (shown.code, shown.err) == (0, "")
    assert "185 h" in shown.out
    counters = json.loads(navien("diagnostics", "--json", **service(server)).out)["counters"]
    assert counters["fan_hours_h"] == 185
    assert len(navien("diagnostics", "--all", **service(server)).out) >= len(shown.out)


# --- energy ----------------------------------------------------------------------------------------------


def test_energy_by_day_and_by_month(server: SimServer, navien: Command) -> None:
    used(server, (at(12, 31, 6), 400.0, 0.0), (at(12, 31, 9), 0.0, 5000.0))
    used(server, (at(11, 2, 6), 600.0, 0.0))
    found = json.loads(navien("energy", "--months", "2025-11..2025-12", "--json", **service(server)).out)
    assert (found["by"], [len(period["items"]) for period in found["periods"]]) == ("day", [30, 31])
    last = found["periods"][1]["items"][-1]
    assert (last["number"], last["heat_pump_wh"], last["element_wh"], last["total_wh"]) == (31, 400, 5000, 5400)
    assert found["total"]["total_wh"] == 6000
    years = json.loads(navien("energy", "--years", "2025", "--json", **service(server)).out)
    assert (years["by"], years["periods"][0]["month"]) == ("month", None)
    assert [item["total_wh"] for item in years["periods"][0]["items"]][10:] == [600, 5400]
    shown = navien("energy", "--months", "2025-12", **service(server))
    assert "Dec 2025: 5.40 kWh, heat pump 0.40 kWh, elements 5.00 kWh (93%)" in shown.out
    line = next(line for line in shown.out.splitlines() if line.startswith("  31 Wed"))
    assert line.split()[-3:] == ["5.40", "0.40", "5.00"]
    assert line.count("█") < line.count("▒")
    assert "together: 6.00 kWh" in navien("energy", "--months", "2025-11,2025-12", **service(server)).out


def test_energy_without_a_span_is_that_of_this_month_until_today(server: SimServer, navien: Command) -> None:
    before = date.today()  # noqa: DTZ011 (as the command)
    found = json.loads(navien("energy", "--json", **service(server)).out)
    after = date.today()  # noqa: DTZ011
    (period,) = found["periods"]
    assert date(period["year"], period["month"], len(period["items"])) in (before, after)
    years = f"{before.year}..{before.year + 2}"
    ahead = json.loads(navien("energy", "--years", years, "--json", **service(server)).out)
    assert ahead["periods"][-1]["items"] == []


def test_bars_are_on_one_scale_and_of_the_length_of_their_total() -> None:
    lines = drawn(
        Bar("a", EnergyUse(heat_pump_energy=1000, element_energy=0)),
        Bar("b", EnergyUse(heat_pump_energy=0, element_energy=500)),
        Bar("c", EnergyUse(heat_pump_energy=250, element_energy=250)),
        Bar("d", EnergyUse()),
    )
    counts = [(line.count("█"), line.count("▒")) for line in lines[1:]]
    assert counts == [(36, 0), (0, 18), (9, 9), (0, 0)]
    assert lines[4].split() == ["d", "–", "–", "–"]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_bars_without_anything_used(width: int) -> None:
    lines = drawn(Bar("x", EnergyUse(heat_pump_energy=0, element_energy=0)), width=width)
    assert not any("█" in line for line in lines)
    assert totals_line("x", EnergyUse()).plain == "x: –, heat pump –, elements –"


def test_a_heater_that_does_not_answer_is_exit_code_5(
    server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attrs import evolve

    from navien_proto.session.settings import session_config

    quick: Any = lambda config: evolve(session_config(config), reply_timeout=0.2)  # noqa: E731
    monkeypatch.setattr("navien_anyio.cli.asking.session_config", quick)
    server.call(lambda cloud, _now: monkeypatch.setattr(cloud.heater(MACS[0]), "receive", lambda *_: None))
    for words in (("info",), ("energy",), ("diagnostics",), ("schedule", "show"), ("set", "mode", "electric")):
        result = navien(*words, **service(server))
        assert (result.code, result.out) == (5, "")
        assert result.err.startswith("navien: no answer from the device in 0.2 s")
