"""The live table and the plain lines: what a person sees, at any width."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console

from navien_anyio.cli.board import Board, Notice, Tone
from navien_anyio.cli.plain import notice_line, status_line
from navien_anyio.cli.screens import LiveScreen, PlainScreen, screen_for
from navien_anyio.cli.table import board_table, status_panel
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session import events as ev
from tests.aio.cli.builders import COTTAGE, GARAGE, START, connected, listed, received, status
from tests.support.demo_picture import PICTURE, draw


def watched(*devices: Device, **changes: Any) -> Board:
    board = Board(START, 360.0)
    board.take(listed(*devices))
    board.take(connected())
    for device in devices or (GARAGE,):
        board.take(received(2, device, **changes))
    return board


def drawn(board: Board, *, width: int = 100, after: float = 5, **how: Any) -> str:
    console = Console(file=io.StringIO(), width=width)
    how = {"units": "auto", "width": width, **how}
    console.print(board_table(board, START.after(after), **how))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_shows_everything_that_is_asked_of_it() -> None:
    shown = drawn(watched(), clocks=lambda mac: f"06:30 of {mac[-4:]}", title="simulated", footer="Ctrl-C ends")
    for wanted in (
        "Garage  simulated",
        "92 %",
        "usable energy        5.90 kWh of 7.44 kWh",
        "energy to set point  1.54 kWh missing",
        "hot water            58.5 °C",
        "set point            60.5 °C",
        "tank, upper          58.6 °C",
        "tank, lower          53.6 °C",
        "mode                 heat pump",
        "running              heat pump",
        "power                432 W",
        "Wi-Fi                -60 dBm, good",
        "last message         3 s ago",
        "heater's clock       06:30 of eeff",
        "● connected  5 s  1 messages, 0 reconnects, 0 gaps  Ctrl-C ends",
    ):
        assert wanted in shown
    assert "error" not in shown


def test_units_are_those_asked_for_or_those_the_heater_displays() -> None:
    assert "137.3 °F" in drawn(watched(), units="f")
    assert "137.3 °F" in drawn(watched(temperatureType=2))
    assert "58.5 °C" in drawn(watched(temperatureType=2), units="c")


def test_draws_and_errors_stand_out() -> None:
    shown = drawn(watched(dhwUse=2, errorCode=799))
    assert "heat pump, hot water drawn" in shown
    assert "E799-00 water leak" in shown


def test_before_anything_is_known_it_says_so() -> None:
    board = Board(START, 360.0)
    assert "waiting for the account's heaters" in drawn(board)
    assert "○ not connected" in drawn(board)
    board.take(listed())
    assert "none yet" in drawn(board)
    board.take(listed(evolve(GARAGE, online=False)))
    assert "last message         off line" in drawn(board)


def test_old_values_show_their_age() -> None:
    board = watched()
    board.take(ev.WentStale(START.after(400), GARAGE, START.after(2)))
    assert "6 min 43 s ago" in drawn(board, after=405)
    board.take(ev.DeviceOffline(START.after(401), evolve(GARAGE, online=False)))
    assert "6 min 43 s ago, off line" in drawn(board, after=405)


@pytest.mark.parametrize("width", [1, 10, 24, 40, 60, 80, 200])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 8])
def test_no_terminal_is_too_narrow(width: int, count: int) -> None:
    devices = tuple(Device(mac=f"aabbccddee{number:02x}", name=f"Heater {number}") for number in range(count))
    board = watched(*devices) if devices else Board(START, 360.0)
    lines = drawn(board, width=width, clocks=lambda _: "06:30, 60 × faster").splitlines()
    assert max(map(len, lines)) <= width
    if width >= 60:
        assert all(any(f"Heater {number}" in line for line in lines) for number in range(count))
        assert sum(line.count("58.5 °C") for line in lines) == count


def test_a_name_is_no_markup() -> None:
    assert "[red]x[/]" in drawn(watched(evolve(GARAGE, name="[red]x[/]")))


def test_a_single_status_is_a_panel_that_names_what_was_not_understood() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(status_panel("Garage", status(errorCode=799, dhwUse="2"), "f"))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "137.3 °F" in shown
    assert "E799-00 water leak" in shown
    assert "not understood       dhwUse" in shown


def test_a_plain_line_has_all_of_it() -> None:
    board = watched(dhwUse=2)
    line = status_line(board.heaters[GARAGE.mac], "auto", START, "06:30")
    assert line.partition(" ")[0].startswith("2026-01-15T")
    assert line.partition(" ")[2] == (
        "Garage (answer): charge 92 %; usable 5.90 kWh; to set point 1.54 kWh missing; hot water 58.5 °C; "
        "set point 60.5 °C; tank 58.6 °C above and 53.6 °C below; mode heat pump; running heat pump; power 432 W; "
        "Wi-Fi -60 dBm, good; hot water drawn; last message 2 s before; heater's clock 06:30"
    )
    error = status_line(watched(errorCode=799).heaters[GARAGE.mac], "f", None)
    assert error.endswith("ERROR E799-00 water leak")
    empty = Board(START, 360.0)
    empty.take(listed())
    assert status_line(empty.heaters[GARAGE.mac], "auto", None) == "Garage: –"


def test_a_notice_is_one_line_whatever_is_in_it() -> None:
    assert notice_line(Notice(START.utc, "a\n\x1b[31mb")).endswith(" a [31mb")


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> Instant:
        return START.after(self.seconds)


def test_the_live_screen_draws_in_place_and_leaves_the_last_table() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=30, color_system=None)
    board, clock = watched(), Clock()
    screen = screen_for(board, "auto", clock=clock, console=console)
    assert isinstance(screen, LiveScreen)
    clock.seconds = 5.0
    with screen:
        screen.text("hello [b]you[/b]")
        screen.notice(Notice(START.utc, "connection lost: [x]", Tone.BAD))
        screen.message(board.heaters[GARAGE.mac])
        clock.seconds = 65.0
        screen.refresh()
    screen.refresh()
    screen.summary([("uptime", "1 min")])
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "hello [b]you[/b]" in shown
    assert "connection lost: [x]" in shown
    assert shown.count("1 min 03 s ago") >= 1
    assert shown.rstrip().endswith("uptime        1 min")


def test_without_a_terminal_lines_are_plain_one_a_message() -> None:
    stream = io.StringIO()
    board = watched(GARAGE, COTTAGE)
    with PlainScreen(stream, "c", lambda _: "06:30") as screen:
        for view in board.heaters.values():
            screen.message(view)
        screen.message(board.heaters[GARAGE.mac])
        screen.refresh()
        screen.notice(Notice(START.utc, "connected"))
        screen.summary([("uptime", "1 min"), ("messages", "3")])
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5
    assert "last message" not in lines[0] + lines[1]
    assert "last message 0 s before" in lines[2]
    assert lines[-1] == "summary: uptime 1 min; messages 3"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=terminal)
    assert isinstance(screen_for(watched(), "auto", clock=Clock(), console=console), PlainScreen)
    assert isinstance(screen_for(watched(), "auto", clock=Clock()), PlainScreen)


def test_the_picture_of_the_readme_shows_the_demo_and_loads_nothing() -> None:
    for picture in (PICTURE.read_text(), draw()):
        text = re.sub(r"<[^>]+>", " ", picture).replace("&#160;", " ")
        assert "usable energy" in text
        assert "60 × faster" in text
        assert "@font-face" not in picture
        assert not re.search(r"(?:href|src)\s*=|url\((?!#)", picture)
