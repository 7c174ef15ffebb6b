"""Functions that are called with events, in threads of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed, Mailbox, Timed
from navien_proto.session.events import Event
from navien_sync.hub import Source
from navien_sync.workers import Workers

__all__ = ["Callback", "CallbackFeed", "Subscription"]

Callback = Callable[[Event], object]

E = TypeVar("E", bound=Timed)

logger = logging.getLogger(__name__)


class CallbackFeed(Generic[E]):
    """A function called with each event, one at a time and in order, until it is cancelled or the source ends.

    What it raises is logged and stops nothing. One that is slow delays no other; it misses the oldest events
    when more than ``size`` wait for it, and is told by an
    :class:`~navien_proto.session.events.EventsMissed`.
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


class Subscription(CallbackFeed[Event]):
    """A function called with the events of a session."""
