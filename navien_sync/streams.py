"""A consumer's view of the events of a session, or of a broker's messages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed, Mailbox, Timed
from navien_proto.session.events import Event
from navien_sync.hub import SharedHub, Source

__all__ = ["BlockingStream", "EventStream"]

E = TypeVar("E", bound=Timed)


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


class EventStream(BlockingStream[Event]):
    """Events as a blocking iterator, from the moment it is made.

    At most ``size`` events wait in it; when its consumer is slower, the oldest are dropped and an
    :class:`~navien_proto.session.events.EventsMissed` says how many. Each consumer has a stream of its own. It
    ends when the session was closed, and raises the session's error when that was not our wish. ``timeout`` is
    how many seconds each event is waited for; ``None`` is no limit.
    """

    def __init__(
        self,
        hub: SharedHub,
        *,
        wanted: Callable[[Event], bool] | None = None,
        size: int = MAILBOX_SIZE,
        timeout: float | None = None,
    ) -> None:
        super().__init__(hub, wanted=wanted, size=size, timeout=timeout)

    def __next__(self) -> Event:
        """The next event, waiting for it.

        Raises:
            TimeoutError: none came in ``timeout`` seconds; the stream goes on.
            NavienError: the session ended with that error, and every event before it was taken.
        """
        return self._next()
