"""Where watching is shown: a live table on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TextIO

from navien_anyio.cli.board import Board, HeaterView, Notice
from navien_anyio.cli.plain import notice_line, status_line
from navien_anyio.clock import Clock
from navien_proto.instant import Instant

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

__all__ = ["LiveScreen", "PlainScreen", "Screen", "screen_for"]

Clocks = Callable[[str], str]


class Screen(Protocol):
    """Shows what a board says. Writing to a pipe that nobody reads any more raises BrokenPipeError."""

    period: float
    """Seconds between two calls of ``refresh``."""

    def __enter__(self) -> Screen: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def text(self, line: str) -> None:
        """Show a line that stays."""

    def notice(self, notice: Notice) -> None:
        """Show a notice."""

    def message(self, view: HeaterView) -> None:
        """A message of this heater came."""

    def refresh(self) -> None:
        """Time has passed."""

    def summary(self, lines: Iterable[tuple[str, str]]) -> None:
        """Show what was."""


class PlainScreen:
    """One line a message, flushed, for pipes and files."""

    period = 30.0

    def __init__(self, stream: TextIO, units: str, clocks: Clocks | None = None) -> None:
        self._stream = stream
        self._units = units
        self._clocks = clocks
        self._before: dict[str, Instant] = {}

    def __enter__(self) -> PlainScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def text(self, line: str) -> None:
        """Write the line."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def notice(self, notice: Notice) -> None:
        """Write its line."""
        self.text(notice_line(notice))

    def message(self, view: HeaterView) -> None:
        """Write the line of the message."""
        mac = view.device.mac
        clock = self._clocks(mac) if self._clocks else ""
        self.text(status_line(view, self._units, self._before.get(mac), clock))
        if view.at is not None:
            self._before[mac] = view.at

    def refresh(self) -> None:
        """Nothing: lines do not age."""

    def summary(self, lines: Iterable[tuple[str, str]]) -> None:
        """One line with everything."""
        self.text("summary: " + "; ".join(f"{name} {value}" for name, value in lines))


class LiveScreen:
    """The table, redrawn in place; notices scroll by above it."""

    period = 1.0

    def __init__(
        self,
        console: Console,
        board: Board,
        units: str,
        *,
        clock: Clock,
        title: str = "",
        footer: str = "",
        clocks: Clocks | None = None,
    ) -> None:
        self._console = console
        self._board = board
        self._units = units
        self._clock = clock
        self._title = title
        self._footer = footer
        self._clocks = clocks
        self._live: Live | None = None

    def __enter__(self) -> LiveScreen:
        from rich.live import Live

        # Redrawn by ``refresh`` alone: rich's own thread is not needed.
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()
        self.refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self.refresh()
            self._live.stop()
            self._live = None

    def text(self, line: str) -> None:
        """Print it above the table."""
        self._console.print(line, markup=False, highlight=False, style="dim")

    def notice(self, notice: Notice) -> None:
        """Print it above the table, in the colour of its tone."""
        from navien_anyio.cli.table import STYLES

        line = notice_line(notice)[11:]  # the date says nothing on a screen
        self._console.print(line, markup=False, highlight=False, style=STYLES[notice.tone])

    def message(self, view: HeaterView) -> None:  # noqa: ARG002 (the table shows every heater)
        """Redraw."""
        self.refresh()

    def refresh(self) -> None:
        """Redraw."""
        if self._live is not None:
            from navien_anyio.cli.table import board_table

            table = board_table(
                self._board,
                self._clock(),
                units=self._units,
                width=self._console.width,
                title=self._title,
                clocks=self._clocks,
                footer=self._footer,
            )
            self._live.update(table, refresh=True)

    def summary(self, lines: Iterable[tuple[str, str]]) -> None:
        """A line for each."""
        from rich.text import Text

        for name, value in lines:
            self._console.print(Text.assemble((f" {name:<14}", "dim"), value), highlight=False)


def screen_for(
    board: Board,
    units: str,
    *,
    clock: Clock,
    title: str = "",
    footer: str = "",
    clocks: Clocks | None = None,
    console: Console | None = None,
) -> Screen:
    """The live table when standard output (or ``console``) is a terminal that can draw one, else plain lines."""
    if console is None:
        if not sys.stdout.isatty():
            return PlainScreen(sys.stdout, units, clocks)
        from rich.console import Console

        console = Console()
    if console.is_dumb_terminal or not console.is_terminal:
        return PlainScreen(sys.stdout, units, clocks)
    return LiveScreen(console, board, units, clock=clock, title=title, footer=footer, clocks=clocks)
