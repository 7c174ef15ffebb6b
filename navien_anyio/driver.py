"""Between a session and the world: feed what came, perform actions, deliver events, wait for the next timer.

Nothing here knows the protocol. A child task for each HTTP exchange and for the link does the waiting; what
they learn comes back as inputs. A turn of the machine never waits, so it is made where something happened, in the
task of the link or of the application: waking another for it would cost more than the turn. The driver's own task
waits for timers. It shields itself from cancellation: it ends when its machine is closed, which ``stop`` asks for,
or at once by ``abort``.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import anyio
from anyio import CancelScope
from anyio.abc import TaskGroup

from navien_anyio.clock import Clock
from navien_anyio.signal import Signal
from navien_proto.cloud.http import HttpRequest
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import CloseLink, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkInput, LinkLost, LinkRefused
from navien_proto.session.actions import Action, CancelHttp, SendHttp
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input
from navien_proto.session.machine import Machine

__all__ = ["CLOSE_CAP", "Driver", "Exchange", "LinkTask", "OpenTask", "Report"]

CLOSE_CAP = 10.0
"""Seconds a stopping machine has at most; its own timers end it long before."""


class LinkTask(Protocol):
    """One link: a task, and what it is asked while it runs."""

    async def run(self) -> LinkRefused | LinkLost:
        """Open the link and drive it to its end; returns the last report. Cancelled: cut at once."""

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping) -> None:
        """Send something."""

    def close(self) -> None:
        """Say goodbye and end, within a bounded time."""


Exchange = Callable[[int, HttpRequest], Awaitable[HttpAnswered | HttpFailed]]
Report = Callable[[Iterable[LinkInput]], None]
"""Takes reports of a link, in order; what they bring about has been done when it returns."""

OpenTask = Callable[[OpenLink, Report], LinkTask]


E = TypeVar("E")


class Driver(Generic[E]):
    """Drives ``machine`` until it is closed.

    Args:
        machine: what is driven; it moves only from here, or between ``nudge`` calls of the same thread.
        start: called once with the present moment, to set the machine going.
        exchange: performs one HTTP exchange; left out for a machine that asks for none.
        open_link: makes the task of one link.
        deliver: is told every event, in order; it must neither wait nor raise.
        clock: reads both clocks.
    """

    def __init__(
        self,
        machine: Machine[E],
        *,
        start: Callable[[Instant], None],
        exchange: Exchange | None = None,
        open_link: OpenTask,
        deliver: Callable[[E], None],
        clock: Clock,
    ) -> None:
        self._machine = machine
        self._start = start
        self._exchange = exchange
        self._open_link = open_link
        self._deliver = deliver
        self._clock = clock
        self._inbox: deque[Input] = deque()
        self._signal = Signal()
        self._scope = anyio.CancelScope(shield=True)
        self._links: dict[int, tuple[LinkTask, CancelScope]] = {}
        self._exchanges: dict[int, CancelScope] = {}
        self._tasks: TaskGroup | None = None
        self._turning = self._again = False
        # When the driver's task will look by itself (monotonic seconds); None while it is awake.
        self._alarm: float | None = None
        self._stopping = self._stopped = False
        self.finished = anyio.Event()
        self.failure: NavienError | None = None

    async def run(self) -> None:
        """Drive to the end. Raises nothing: see ``failure``."""
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    await self._guard(self._loop, tasks)
                    tasks.cancel_scope.cancel()
        finally:
            self.finished.set()

    def stop(self) -> None:
        """Let the machine close; ``finished`` is set when it has, after ``CLOSE_CAP`` seconds at the latest."""
        if not self._stopping:
            self._stopping = True
            self._scope.deadline = anyio.current_time() + CLOSE_CAP
            self.nudge()

    def abort(self) -> None:
        """Cut everything at once."""
        self._scope.cancel()

    def nudge(self) -> None:
        """The machine was moved by its application: do at once what it wants."""
        self._turn()

    def report(self, reports: Iterable[Input]) -> None:
        """Take reports of the outside, in order."""
        self._inbox.extend(reports)
        self._turn()

    # --- the loop ----------------------------------------------------------------------------------------

    async def _loop(self, tasks: TaskGroup) -> None:
        machine = self._machine
        if not self._stopping:
            self._start(self._clock())
        self._tasks = tasks
        self._turn()
        while not machine.closed:
            due = machine.next_timer()
            self._alarm = math.inf if due is None else due
            with anyio.move_on_after(self._alarm - self._clock().monotonic):
                await self._signal.wait()
            self._alarm = None
            self._turn()

    def _turn(self) -> None:
        """Move the machine and do what it wants, until it wants nothing more; only while it is at work.

        What moves it again meanwhile (a link that reports while it is asked) is seen to at the end, in order.
        """
        machine, tasks = self._machine, self._tasks
        self._again = True
        if self._turning or tasks is None:
            return
        self._turning = True
        now = self._clock()
        try:
            while self._again:
                self._again = False
                self._feed(now)
                for action in machine.actions():
                    self._perform(action, tasks)
                for event in machine.events():
                    self._deliver(event)
        except Exception as error:  # noqa: BLE001 (any exception here is a bug; it is kept as the cause)
            self._fail(error)
        finally:
            self._turning = False
        if machine.closed:
            self._tasks = None
        due, alarm = machine.next_timer(), self._alarm
        # An alarm that should have rung by now: the clock was moved.
        if alarm is not None and (machine.closed or (due is not None and (due < alarm or alarm <= now.monotonic))):
            self._signal.set()

    def _feed(self, now: Instant) -> None:
        machine = self._machine
        while self._inbox:
            machine.handle(self._inbox.popleft(), now)
        due = machine.next_timer()
        if due is not None and due <= now.monotonic:
            machine.handle_timer(now)
        if self._stopping and not self._stopped:
            self._stopped = True
            machine.stop(now)

    def _perform(self, action: Action, tasks: TaskGroup) -> None:
        match action:
            case SendHttp():
                scope = self._exchanges[action.exchange] = anyio.CancelScope()
                tasks.start_soon(self._guard, self._run_exchange, action, scope)
            case CancelHttp():
                if action.exchange in self._exchanges:
                    self._exchanges[action.exchange].cancel()
            case OpenLink():
                link, scope = self._open_link(action, self.report), anyio.CancelScope()
                self._links[action.link] = (link, scope)
                tasks.start_soon(self._guard, self._run_link, action.link, link, scope)
            case CloseLink():
                if action.link in self._links:
                    link, scope = self._links[action.link]
                    scope.cancel() if action.abort else link.close()
            case _:
                if action.link in self._links:
                    self._links[action.link][0].perform(action)

    async def _run_exchange(self, action: SendHttp, scope: CancelScope) -> None:
        if self._exchange is None:
            raise NavienError("a machine without HTTP asked for some")
        with scope:
            self.report([await self._exchange(action.exchange, action.request)])
        del self._exchanges[action.exchange]

    async def _run_link(self, number: int, link: LinkTask, scope: CancelScope) -> None:
        last: LinkRefused | LinkLost = LinkLost(number, "the connection was cut")
        with scope:
            last = await link.run()
        del self._links[number]
        self.report([last])

    async def _guard(self, task: Callable[..., Awaitable[None]], *args: Any) -> None:
        """A bug in any task ends the driver in good order, and is told instead of escaping in a group."""
        try:
            await task(*args)
        except Exception as error:  # noqa: BLE001 (any exception here is a bug; it is kept as the cause)
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        self.failure = NavienError(f"an internal error ended the session ({type(error).__name__})")
        self.failure.__cause__ = error
        self._scope.cancel()
