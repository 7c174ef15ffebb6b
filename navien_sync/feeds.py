"""Ways to take what comes from a source, for any thread: an iterator that waits, a function that is called."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed, Mailbox, Timed
from navien_sync.workers import Workers

__all__ = ["BlockingStream", "CallbackFeed", "Source"]

E = TypeVar("E", bound=Timed)

logger = logging.getLogger(__name__)


class Source(Protocol[E]):
    """Where the events of a consumer come from; ``lock`` and ``kept`` are as those of
    :class:`~navien_sync.hub.SharedHub`."""

    @property
    def lock(self) -> threading.RLock:
        """Guards it and every mailbox in it."""

    @property
    def kept(self) -> set[object]:
        """Consumers that stay although nobody else holds them."""

    def add(self, box: Mailbox[E], /) -> None:
        """Put what comes into ``box`` as well."""

    def remove(self, box: Mailbox[E], /) -> None:
        """Nothing more for ``box``."""


class BlockingStream(Generic[E]):
    """What comes from ``source``, one after the other, from the moment it is made."""

    def __init__(
        self,
        source: Source[E],
        *,
        wanted: Callable[[E], bool] | None = None,
        size: int = MAILBOX_SIZE,
        timeout: float | None = None,
    ) -> None:
        self._source = source
        self._timeout = timeout
        self._changed = threading.Condition(source.lock)
        self._mailbox: Mailbox[E] = Mailbox(self._changed.notify_all, size=size, wanted=wanted)
        source.add(self._mailbox)

    def __iter__(self) -> Self:
        return self

    def _next(self) -> E | EventsMissed:
        box = self._mailbox
        with self._changed:
            if not self._changed.wait_for(lambda: len(box) or box.closed, self._timeout):
                raise TimeoutError(f"no event came in {self._timeout:g} seconds")
            event = box.take()
            if event is not None:
                return event
        if box.error is not None:
            raise box.error
        raise StopIteration

    def close(self) -> None:
        """Take no more; who waits in the stream is woken. One that is merely dropped needs no closing."""
        self._source.remove(self._mailbox)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


class CallbackFeed(Generic[E]):
    """A function called with each event, one at a time and in order, until it is cancelled or the source ends.

    What it raises is logged and stops nothing. One that is slow delays no other; it misses the oldest events
    when more than ``size`` wait for it, and is told by an
    :class:`~navien_proto.mqtt.mailbox.EventsMissed`.
    """

    def __init__(
        self,
        hub: Source[E],
        workers: Workers,
        callback: Callable[[E | EventsMissed], object],
        *,
        wanted: Callable[[E], bool] | None = None,
        size: int = MAILBOX_SIZE,
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._callback = callback
        self._at_work = False
        self._cancelled = False
        self._mailbox: Mailbox[E] = Mailbox(self._wake, size=size, wanted=wanted)
        hub.kept.add(self)
        hub.add(self._mailbox)

    def cancel(self) -> None:
        """Call the function no more; again does nothing. A call that is under way goes on to its end."""
        with self._hub.lock:
            self._cancelled = True
            self._hub.kept.discard(self)
            self._hub.remove(self._mailbox)

    def _wake(self) -> None:
        # The hub's lock is held.
        if not self._at_work and len(self._mailbox):
            self._at_work = self._workers.run(self._work)

    def _work(self) -> None:
        while (event := self._next()) is not None:
            try:
                self._callback(event)
            except BaseException:
                # Even sys.exit() in a callback ends nothing but that call.
                logger.exception("a callback raised; it will be called for the next event")

    def _next(self) -> E | EventsMissed | None:
        with self._hub.lock:
            event = None if self._cancelled else self._mailbox.take()
            self._at_work = event is not None
            return event
