"""Watching a session until somebody or something ends it: what ``demo`` and ``monitor`` share."""

from __future__ import annotations

import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio import to_thread
from attrs import frozen

from navien_anyio.cli.board import Board
from navien_anyio.cli.csvlog import CsvLog
from navien_anyio.cli.durations import show_duration
from navien_anyio.cli.exits import CliError, ExitCode, exit_code
from navien_anyio.cli.screens import Screen, screen_for
from navien_anyio.cli.summary import summary_lines
from navien_anyio.client import NavienClient
from navien_anyio.clock import Clock, system_clock
from navien_proto.errors import NavienError
from navien_proto.session import SessionConfig
from navien_proto.session import events as ev
from navien_sync.stores import TokenStore, TranscriptFile

__all__ = ["Plan", "watch"]

_log = logging.getLogger("navien.watch")


@frozen(kw_only=True)
class Plan:
    """What is watched, and how.

    ``duration`` is in seconds, ``None`` for ever. ``intro`` is said first; ``title`` and ``footer`` adorn the
    live table; ``clocks`` gives the time of day that a simulated heater has. ``transcript`` is a file for what the
    session hears and says.
    """

    session: SessionConfig
    store: TokenStore
    units: str = "auto"
    device: str | None = None
    duration: float | None = None
    log: CsvLog | None = None
    anonymous_rows: bool = False
    intro: tuple[str, ...] = ()
    title: str = ""
    footer: str = ""
    clocks: Callable[[str], str] | None = None
    transcript: str | None = None


async def watch(plan: Plan, *, clock: Clock = system_clock) -> None:
    """Watch until SIGINT, SIGTERM or the end of ``plan.duration``, and say what was.

    Raises:
        CliError: the time is over and no heater has ever answered; the account has none such.
        UsageError: the log cannot be written any more.
        NavienError: what ended the session.
        BrokenPipeError: nobody reads our output any more.
    """
    await _Watch(plan, clock).run()


class _Watch:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._board = Board(clock(), plan.session.stale_after, plan.device)
        self._screen: Screen = screen_for(
            self._board, plan.units, clock=clock, title=plan.title, footer=plan.footer, clocks=plan.clocks
        )
        self._work = anyio.CancelScope()
        self._failure: BaseException | None = None
        self._interrupted = False
        self._rows = 0
        self._transcript: TranscriptFile | None = None

    async def run(self) -> None:
        """From the first line to the summary."""
        with self._screen:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._guard, self._heed_signals)
                with self._work:
                    async with anyio.create_task_group() as work:
                        work.start_soon(self._guard, self._tick)
                        work.start_soon(self._guard, self._keep_time)
                        work.start_soon(self._guard, self._follow)
                # Signals are heeded to the end: a second Ctrl-C must not cut the goodbye short.
                await self._guard(self._finish)
                tasks.cancel_scope.cancel()
        if isinstance(self._failure, BrokenPipeError):
            raise self._failure
        if self._failure is None or self._board.counts.connections:
            self._summarise()
        if self._failure is not None:
            raise self._failure
        if not self._interrupted and not self._board.counts.messages:
            raise self._nothing_came()

    async def _guard(self, task: Callable[[], Awaitable[Any]]) -> None:
        """Whatever ends a task ends the watch, and is told once the goodbye is said."""
        try:
            await task()
        except (NavienError, BrokenPipeError) as error:
            self._failure = self._failure or error
            self._work.cancel()

    # --- the tasks ---------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        for line in self._plan.intro:
            self._screen.text(line)
        async with NavienClient(
            config=self._plan.session,
            token_store=self._plan.store,
            wait=False,
            transcript=self._plan.transcript,
            clock=self._clock,
        ) as client:
            self._transcript = client.transcript
            async for event in client.events():
                await self._take(event)

    async def _take(self, event: ev.Event) -> None:
        _log.debug("%r", event)
        self._board.take(event)
        if isinstance(event, ev.DevicesListed) and self._plan.anonymous_rows and len(self._board.heaters) > 1:
            self._screen.text("These columns do not say which heater a row is of: choose one with --device.")
        await self._show()
        if isinstance(event, ev.StatusReceived) and event.device.mac in self._board.heaters:
            self._screen.message(self._board.heaters[event.device.mac])
        else:
            self._screen.refresh()

    async def _show(self) -> None:
        """Log and say what the board has for us: the log first, it is what is kept."""
        log = self._plan.log
        for row in self._board.rows():
            if log is not None:
                first = not self._rows
                await to_thread.run_sync(log.write, row)
                self._rows += 1
                for told in log.notices if first else ():
                    self._screen.text(told)
        for notice in self._board.notices():
            _log.debug("%s", notice.text)
            self._screen.notice(notice)

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(self._screen.period)
            self._board.tick(self._clock())
            await self._show()
            self._screen.refresh()

    async def _keep_time(self) -> None:
        if self._plan.duration is not None:
            await anyio.sleep(self._plan.duration)
            self._work.cancel()

    async def _heed_signals(self) -> None:
        try:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    self._interrupted = True
                    self._work.cancel()
        except NotImplementedError:
            return  # Windows: Ctrl-C arrives as KeyboardInterrupt

    async def _finish(self) -> None:
        self._board.finish(self._clock())
        if not isinstance(self._failure, BrokenPipeError):
            await self._show()

    # --- the end -----------------------------------------------------------------------------------------

    def _summarise(self) -> None:
        board, log = self._board, self._plan.log
        uptime = self._clock().monotonic - board.started.monotonic
        written = None if log is None else (log.path, self._rows)
        lines = summary_lines(board.counts, uptime, log=written)
        if self._transcript is not None:
            lines = [*lines, ("transcript", self._transcript.problem or str(self._transcript.path))]
        self._screen.summary(lines)

    def _nothing_came(self) -> CliError:
        waited = f"no status came in {show_duration(self._plan.duration or 0.0)}"
        problem = self._board.problem
        if problem is not None:
            return CliError(f"{waited}: {problem}", exit_code(problem))
        return CliError(
            f"{waited}: the heater is off line or does not answer",
            ExitCode.DEVICE,
            advice="Is it powered, and does the NaviLink app show it as connected?",
        )
