"""The live table, drawn with rich: a column a heater, a line a quantity. Pure: a board in, a renderable out."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from navien_anyio.cli import words
from navien_anyio.cli.board import Board, HeaterView, Tone
from navien_anyio.cli.durations import show_duration
from navien_anyio.cli.rows import Unit, unit_shown
from navien_proto.instant import Instant
from navien_proto.model.status import DeviceStatus

__all__ = ["STYLES", "board_table", "status_panel"]

STYLES = {Tone.PLAIN: "dim", Tone.GOOD: "green", Tone.BAD: "yellow"}
BAR, SHORT_BAR = 20, 8
# Columns of the screen that the frame and the names of the lines take, and what a heater needs beside them.
LABELS, LEAST = 25, 23
# The longest thing a single heater often has to say: "heat pump + upper element, hot water drawn".
VALUES = 41
# Charge in % from which the bar is good, and from which it is not yet bad.
FULL_ENOUGH, LOW = 50, 20

Line = tuple[str, Callable[[DeviceStatus, Unit], Text]]


def charge_bar(status: DeviceStatus, width: int) -> Text:
    """The charge as a number and a bar."""
    charge = status.dhw_charge_percent
    if charge is None:
        return Text(words.ABSENT)
    style = "green" if charge >= FULL_ENOUGH else "yellow" if charge >= LOW else "red"
    done = round(max(0, min(charge, 100)) * width / 100)
    return Text.assemble(
        (f"{charge} %".ljust(5), f"bold {style}"), " ", ("━" * done, style), ("━" * (width - done), "bright_black")
    )


def _temperature(name: str, style: str = "") -> Callable[[DeviceStatus, Unit], Text]:
    return lambda status, unit: Text(words.show_temperature(status, name, unit), style)


def _usable(status: DeviceStatus, _unit: Unit) -> Text:
    usable, full = status.usable_energy, status.full_recovery_energy
    shown = Text(words.show_energy(usable))
    if usable is not None and full:
        shown.append(f" of {words.show_energy(full)}", "dim")
    return shown


def _missing(status: DeviceStatus, _unit: Unit) -> Text:
    missing = status.energy_to_setpoint
    return (
        Text(words.ABSENT) if missing is None else Text.assemble(words.show_energy(missing), (" missing", "dim"))
    )


def _running(status: DeviceStatus, _unit: Unit) -> Text:
    running = words.show_running(status)
    shown = Text(running, "dim" if running in ("nothing", words.ABSENT) else "bold")
    if status.dhw_use:
        shown.append(", hot water drawn", "cyan")
    return shown


def _error(status: DeviceStatus, _unit: Unit) -> Text:
    return Text(words.show_error(status), "bold red")


LINES: tuple[Line, ...] = (
    ("usable energy", _usable),
    ("energy to set point", _missing),
    ("hot water", _temperature("dhw_temperature", "bold")),
    ("set point", _temperature("dhw_temperature_setting")),
    ("tank, upper", _temperature("tank_upper_temperature")),
    ("tank, lower", _temperature("tank_lower_temperature")),
    ("mode", lambda status, _: Text(words.show_mode(status))),
    ("running", _running),
    ("power", lambda status, _: Text(words.show_power(status))),
    ("Wi-Fi", lambda status, _: Text(words.show_signal(status))),
)


def _grid(expand: bool) -> Table:
    grid = Table.grid(padding=(0, 2), expand=expand)
    grid.add_column(no_wrap=True, style="dim")
    return grid


def board_table(
    board: Board,
    now: Instant,
    *,
    units: str,
    width: int = 80,
    title: str = "",
    clocks: Callable[[str], str] | None = None,
    footer: str = "",
) -> RenderableType:
    """The table of every heater on ``board`` as of ``now``.

    Heaters that do not fit beside each other into ``width`` columns stand below each other. ``clocks`` gives a
    simulated heater's time of day.
    """
    views = list(board.heaters.values())
    beside = max(1, (width - LABELS) // LEAST)
    rows = [views[first : first + beside] for first in range(0, len(views), beside)]
    # A frame that changes its width with every word is no pleasure to look at.
    least = max(1, min(VALUES, width - LABELS)) if beside == 1 or len(views) == 1 else None
    body: list[RenderableType] = [
        _columns(row, now, units, clocks, named=len(views) > 1, least=least) for row in rows
    ]
    if not views:
        body = [Text("waiting for the account's heaters", "dim")]
    name = "navien" if not views else "water heaters" if len(views) > 1 else views[0].name
    panel = Panel(
        Padding(Group(*body), (0, 1)),
        title=Text.assemble((name, "bold"), (f"  {title}" if title else "", "cyan")),
        title_align="left",
        border_style="green" if board.connected else "yellow",
        expand=len(views) > 1,
        padding=(0, 0),
    )
    return Group(panel, _state(board, now, footer))


def _columns(
    views: list[HeaterView],
    now: Instant,
    units: str,
    clocks: Callable[[str], str] | None,
    *,
    named: bool,
    least: int | None,
) -> Table:
    several = len(views) > 1
    grid = _grid(expand=several)
    for _ in views:
        grid.add_column(ratio=1 if several else None, no_wrap=True, overflow="ellipsis", min_width=least)
    if named:
        grid.add_row("", *(Text(view.name, "bold") for view in views))
    bar = BAR if not several else SHORT_BAR
    grid.add_row("charge", *(_cell(view, lambda status, _: charge_bar(status, bar), units) for view in views))
    for name, show in LINES:
        grid.add_row(name, *(_cell(view, show, units) for view in views))
    if any(view.status is not None and words.show_error(view.status) for view in views):
        grid.add_row("error", *(_cell(view, _error, units) for view in views))
    grid.add_row("last message", *(_age(view, now) for view in views))
    if clocks is not None:
        grid.add_row("heater's clock", *(Text(clocks(view.device.mac), "cyan") for view in views))
    return grid


def status_panel(name: str, status: DeviceStatus, unit: Unit) -> RenderableType:
    """One status of one heater."""
    grid = _grid(expand=False)
    grid.add_column(overflow="fold")
    grid.add_row("charge", charge_bar(status, BAR))
    for line, show in LINES:
        grid.add_row(line, show(status, unit))
    if words.show_error(status):
        grid.add_row("error", _error(status, unit))
    if status.problems:
        grid.add_row("not understood", Text(", ".join(problem.path for problem in status.problems), "yellow"))
    return Panel(Padding(grid, (0, 1)), title=Text(name, "bold"), title_align="left", expand=False, padding=(0, 0))


def _cell(view: HeaterView, show: Callable[[DeviceStatus, Unit], Text], units: str) -> Text:
    if view.status is None:
        return Text(words.ABSENT, "dim")
    shown = show(view.status, unit_shown(units, view.status))
    if view.stale or view.device.online is False:
        shown.stylize("dim")
    return shown


def _age(view: HeaterView, now: Instant) -> Text:
    if view.at is None:
        return Text("off line" if view.device.online is False else "none yet", "yellow")
    age = show_duration(now.monotonic - view.at.monotonic)
    if view.device.online is False:
        return Text(f"{age} ago, off line", "yellow")
    return Text(f"{age} ago", "yellow" if view.stale else "")


def _state(board: Board, now: Instant, footer: str) -> Text:
    counts = board.counts
    state = ("● connected", "green") if board.connected else ("○ not connected", "yellow")
    up = show_duration(now.monotonic - board.started.monotonic)
    told = f"  {up}  {counts.messages} messages, {counts.reconnects} reconnects, {counts.gaps} gaps"
    return Text.assemble(" ", state, (told, "dim"), (f"  {footer}" if footer else "", "dim"))
