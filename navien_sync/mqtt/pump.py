"""The thread behind one connection: its driver, who looks names up, and the way in and out of them."""

from __future__ import annotations

import atexit
import errno
import os
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from weakref import WeakSet

from navien_proto.errors import LinkClosed, NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import OpenLink
from navien_proto.mqtt.client import MqttMachine
from navien_proto.mqtt.client_events import MqttEvent, OperationDone, OperationId, Outcome
from navien_proto.mqtt.inputs import LinkInput
from navien_proto.mqtt.waiters import Waiter
from navien_sync.clock import Clock
from navien_sync.dialer import Address, resolve
from navien_sync.driver import Driver, LinkTask
from navien_sync.latch import Latch
from navien_sync.mqtt.streams import SharedSwitchboard
from navien_sync.watch import SocketWatch
from navien_sync.workers import Workers

__all__ = ["PendingOperation", "Pump"]

NO_THREAD = "the system has no thread left"
# Beyond the driver's own time-outs: for threads that are just ending.
JOIN = 2.0
LONGEST_CLOSE = 15.0

T = TypeVar("T")


class PendingOperation:
    """An operation that was submitted, to be waited for."""

    def __init__(
        self,
        driver: Driver[MqttEvent],
        machine: MqttMachine,
        board: SharedSwitchboard,
        submit: Callable[[Instant], OperationId],
        over: Callable[[], object] | None = None,
    ) -> None:
        self._driver = driver
        self._machine = machine
        self._board = board
        self._submit = submit
        self._over = over
        self._ended = Latch()
        self._waiter: Waiter[OperationDone] | None = None
        self._error: Exception | None = None
        driver.call(self._hand_in, self._refuse)

    def wait(self, timeout: float | None = None) -> Outcome:
        """What came of it; an interrupted wait withdraws it.

        Raises:
            TimeoutError: ``timeout`` seconds passed; it is withdrawn.
            NavienError: it did not end as wished.
        """
        in_time = False
        try:
            in_time = self._ended.wait(timeout)
        finally:
            if not in_time:
                self._driver.call(self._withdraw)
        if not in_time:
            raise TimeoutError(f"the operation did not end in {timeout:g} seconds; it is withdrawn")
        if self._waiter is None:
            raise self._error or LinkClosed("the connection is closed")
        return self._waiter.outcome().outcome

    # --- in the pump -------------------------------------------------------------------------------------

    def _hand_in(self, now: Instant) -> None:
        if self._board.closed:
            self._refuse()
            return
        try:
            self._waiter = self._board.waiters.expect(self._submit(now), self._finish)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the caller's)
            self._error = error
            self._finish()

    def _refuse(self) -> None:
        self._error = self._board.error
        self._finish()

    def _finish(self) -> None:
        self._ended.open()
        if self._over is not None:
            self._over()

    def _withdraw(self, now: Instant) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done:
            self._board.waiters.forget(waiter)
            self._machine.cancel(OperationId(waiter.id), now)


class Pump:
    """Drives one machine in a thread of its own. Any thread may call; the machine moves in the pump alone."""

    def __init__(
        self,
        machine: MqttMachine,
        board: SharedSwitchboard,
        deliver: Callable[[MqttEvent], None],
        clock: Clock,
        context: ssl.SSLContext | None,
    ) -> None:
        self._machine = machine
        self._board = board
        self._clock = clock
        self._context = context
        self._driver: Driver[MqttEvent] = Driver(machine, open_link=self._open_link, deliver=deliver, clock=clock)
        self._io = Workers("navien-io", self._driver.crash)
        self.callbacks = Workers("navien-callbacks", self._driver.crash)
        self._thread = threading.Thread(target=self._work, name="navien-pump", daemon=True)
        self._process = os.getpid()
        self._begun = False

    @property
    def failure(self) -> NavienError | None:
        """The bug of ours that ended it, if one did."""
        return self._driver.failure

    def begin(self) -> None:
        """Begin to connect.

        Raises:
            NavienError: the system has no thread left.
        """
        _open.add(self)
        self._driver.call(self._machine.start)
        try:
            self._thread.start()
        except RuntimeError:
            self._board.close(NavienError(NO_THREAD))
            raise NavienError(NO_THREAD) from None
        self._begun = True

    def ask(self, question: Callable[[Instant], T]) -> T:
        """The answer of ``question``, asked in the pump; once the pump has ended, here.

        Raises:
            UsageError: this process is a fork of the one that connected.
        """
        self.check_process()
        answers: list[T] = []
        done = Latch()

        def answer(now: Instant) -> None:
            answers.append(question(now))
            done.open()

        self._driver.call(answer, done.open)
        done.wait()
        return answers[0] if answers else question(self._clock())

    def begin_operation(
        self, submit: Callable[[Instant], OperationId], over: Callable[[], object] | None = None
    ) -> PendingOperation:
        """Submit an operation; ``over`` is called in the pump when it has ended.

        Raises:
            UsageError: this process is a fork of the one that connected.
        """
        self.check_process()
        return PendingOperation(self._driver, self._machine, self._board, submit, over)

    def operate(self, submit: Callable[[Instant], OperationId], timeout: float | None = None) -> Outcome:
        """Submit an operation and wait for its end; see :meth:`PendingOperation.wait`."""
        return self.begin_operation(submit).wait(timeout)

    def do(self, move: Callable[[Instant], object]) -> None:
        """Do ``move`` in the pump, soon, if it still can be; nothing when the pump has ended."""

        def attempt(now: Instant) -> None:
            with suppress(NavienError):
                move(now)

        self._driver.call(attempt)

    def check_process(self) -> None:
        """Refuse to work in a forked process: there is no pump in it, and the socket is another's.

        Raises:
            UsageError: this process is a fork of the one that connected.
        """
        if os.getpid() != self._process:
            raise UsageError(
                "this process was forked after the client connected; make a client of its own in each process"
            )

    def stop(self) -> None:
        """Begin to close, and do not wait."""
        self._driver.stop()

    def close(self) -> None:
        """Close and wait until it is done; the machine's own time-outs bound it. In a fork there is nothing to."""
        if os.getpid() != self._process:
            return
        self.stop()
        if not self._begun:
            self._board.close(None)
            return
        until = time.monotonic() + LONGEST_CLOSE
        if threading.current_thread() is not self._thread:
            self._thread.join(LONGEST_CLOSE)
        for workers in (self._io, self.callbacks):
            workers.join(min(JOIN, until - time.monotonic()))

    # --- in the pump -------------------------------------------------------------------------------------

    def _work(self) -> None:
        driver = self._driver
        driver.run()
        self._board.close(driver.failure)
        driver.end()
        self._io.close()
        self.callbacks.close()

    def _open_link(self, action: OpenLink, report: Callable[[LinkInput], None], watch: SocketWatch) -> LinkTask:
        # The codec is loaded with the first link, not with the package.
        from navien_sync.link import Link

        return Link(action, report, watch, resolve=self._resolve, context=self._context, clock=self._clock)

    def _resolve(self, host: str, port: int, answered: Callable[[list[Address] | Exception], None]) -> None:
        def look_up() -> None:
            answer: list[Address] | Exception
            try:
                answer = resolve(host, port)
            except (OSError, UnicodeError) as error:
                answer = error
            self._driver.call(lambda _now: answered(answer))

        if not self._io.run(look_up):
            self._driver.call(lambda _now: answered(OSError(errno.EAGAIN, NO_THREAD)))


# Daemons die in the middle of a word when the interpreter ends: say goodbye before.
_open: WeakSet[Pump] = WeakSet()


@atexit.register
def _close_all() -> None:
    pumps = list(_open)
    for pump in pumps:
        pump.stop()
    for pump in pumps:
        pump.close()
