"""The pump: one thread between a session and the world. Perform actions, deliver events, wait, feed back.

Nothing here knows the protocol. The machine is moved in this thread alone: reports and calls of other threads
come in through a queue, and a socket pair ends the wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from navien_proto.cloud.http import HttpRequest
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import CloseLink, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkInput, LinkLost, LinkRefused
from navien_proto.session.actions import Action, CancelHttp, SendHttp
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input
from navien_proto.session.machine import Machine
from navien_sync.clock import Clock
from navien_sync.watch import SocketWatch

__all__ = ["CLOSE_CAP", "Answered", "Driver", "Exchange", "LinkTask", "Move", "OpenTask"]

CLOSE_CAP = 10.0
"""Seconds a stopping machine has at most; its own timers end it long before."""

Move = Callable[[Instant], None]
"""Something to do in the pump, told the present moment."""


class LinkTask(Protocol):
    """One link, which never waits. Its last report is a LinkRefused or LinkLost."""

    @property
    def due(self) -> float | None:
        """When to call ``handle_due`` (monotonic seconds)."""

    def start(self) -> None:
        """Begin to open."""

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping | CloseLink) -> None:
        """Send something, or end it."""

    def handle_due(self) -> None:
        """Act on the deadline that has come."""


Answered = Callable[[HttpAnswered | HttpFailed], None]

Exchange = Callable[[int, HttpRequest, Answered], Callable[[], None]]
"""Perform an HTTP exchange in another thread, hand over its report; the answer cuts it short."""

OpenTask = Callable[[OpenLink, Callable[[LinkInput], None], SocketWatch], LinkTask]


E = TypeVar("E")


class Driver(Generic[E]):
    """Drives ``machine`` until it is closed.

    Args:
        machine: what is driven.
        exchange: begins one HTTP exchange; left out for a machine that asks for none.
        open_link: makes one link.
        deliver: is told every event, in order; it must neither wait nor raise.
        clock: reads both clocks.
    """

    def __init__(
        self,
        machine: Machine[E],
        *,
        exchange: Exchange | None = None,
        open_link: OpenTask,
        deliver: Callable[[E], None],
        clock: Clock,
    ) -> None:
        self._machine = machine
        self._exchange = exchange
        self._open_link = open_link
        self._deliver = deliver
        self._clock = clock
        # Reentrant: the garbage collector may call ``stop`` in a thread that is just inside.
        self._lock = threading.RLock()
        self._inbox: list[tuple[Move, Callable[[], None] | None]] = []
        self._watch: SocketWatch | None = None
        self._waiting = False
        self._over = False
        self._links: dict[int, LinkTask] = {}
        self._exchanges: dict[int, Callable[[], None]] = {}
        self._stop_by: float | None = None
        self.failure: NavienError | None = None

    # --- from any thread ---------------------------------------------------------------------------------

    def call(self, move: Move, otherwise: Callable[[], None] | None = None) -> None:
        """Do ``move`` in the pump, soon; or ``otherwise``, when the pump has ended.

        What ``move`` raises ends the pump.
        """
        with self._lock:
            if not self._over:
                self._inbox.append((move, otherwise))
                # With more than one in the queue, the wait has been ended before. It may be the pump that calls:
                # the garbage collector runs anywhere, also just before the wait.
                if self._watch is not None and len(self._inbox) == 1 and self._waiting:
                    self._watch.wake()
                return
        if otherwise is not None:
            otherwise()

    def report(self, report: Input) -> None:
        """Take a report of the outside; nobody hears one that comes too late."""
        self.call(lambda now: self._machine.handle(report, now))

    def stop(self) -> None:
        """Let the machine close; ``run`` returns when it has, after ``CLOSE_CAP`` seconds at the latest."""
        self.call(self._stop)

    def crash(self, error: Exception) -> None:
        """End at once: a bug showed in another thread."""

        def fail(_now: Instant) -> None:
            raise error

        self.call(fail)

    # --- in the pump -------------------------------------------------------------------------------------

    def run(self) -> None:
        """Drive to the end. Raises nothing: see ``failure``."""
        try:
            watch = SocketWatch()
            with self._lock:
                self._watch = watch
            while self._turn(watch):
                ready = watch.wait(self._delay())
                self._waiting = False  # what the sockets bring needs no wake: a turn follows
                watch.tell(ready)
        except Exception as error:  # noqa: BLE001 (it is told to whoever waits, see failure)
            self.failure = _told(error)

    def end(self) -> None:
        """After ``run``: let everything go, and tell whoever is still in the queue."""
        for cancel in self._exchanges.values():
            cancel()
        for number, link in list(self._links.items()):
            link.perform(CloseLink(number, abort=True))
        with self._lock:
            self._over = True
            left, self._inbox = self._inbox, []
            if self._watch is not None:
                self._watch.close()
        for _, otherwise in left:
            if otherwise is not None:
                otherwise()

    def _turn(self, watch: SocketWatch) -> bool:
        """Feed, perform, deliver; false when it is over."""
        machine, now = self._machine, self._clock()
        with self._lock:
            moves, self._inbox = self._inbox, []
        for place, (move, _) in enumerate(moves, start=1):
            try:
                move(now)
            except Exception:
                # What came with it is left for ``end``, which tells those who wait.
                with self._lock:
                    self._inbox[:0] = moves[place:]
                raise
        due = machine.next_timer()
        if due is not None and due <= now.monotonic:
            machine.handle_timer(now)
        for link in list(self._links.values()):
            if link.due is not None and link.due <= now.monotonic:
                link.handle_due()
        for action in machine.actions():
            self._perform(action, watch)
        for event in machine.events():
            self._deliver(event)
        return not machine.closed and (self._stop_by is None or now.monotonic < self._stop_by)

    def _delay(self) -> float | None:
        """Seconds until something is due; ``None`` when nothing will be."""
        with self._lock:
            self._waiting = True  # whoever calls from now on wakes us, and whoever came before is seen
            if self._inbox:
                return 0.0
        dues = [self._machine.next_timer(), self._stop_by, *(link.due for link in self._links.values())]
        due = min((due for due in dues if due is not None), default=None)
        return None if due is None else max(0.0, due - self._clock().monotonic)

    def _perform(self, action: Action, watch: SocketWatch) -> None:
        match action:
            case SendHttp():
                if self._exchange is None:
                    raise NavienError("a machine without HTTP asked for some")
                number = action.exchange
                self._exchanges[number] = self._exchange(number, action.request, self._answered)
            case CancelHttp():
                cancel = self._exchanges.pop(action.exchange, None)
                if cancel is not None:
                    cancel()
            case OpenLink():
                link = self._links[action.link] = self._open_link(action, self._reported, watch)
                link.start()
            case _:
                if action.link in self._links:
                    self._links[action.link].perform(action)

    def _answered(self, report: HttpAnswered | HttpFailed) -> None:
        def take(now: Instant) -> None:
            self._exchanges.pop(report.exchange, None)
            self._machine.handle(report, now)

        self.call(take)

    def _reported(self, report: LinkInput) -> None:
        if isinstance(report, LinkRefused | LinkLost):
            del self._links[report.link]
        self.report(report)

    def _stop(self, now: Instant) -> None:
        if self._stop_by is None:
            self._stop_by = now.monotonic + CLOSE_CAP
            self._machine.stop(now)


def _told(error: Exception) -> NavienError:
    if isinstance(error, NavienError):
        return error
    failure = NavienError(f"an internal error ended the session ({type(error).__name__})")
    failure.__cause__ = error
    return failure
