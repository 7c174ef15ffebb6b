"""A consumer's view of the events of a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from navien_proto.mqtt.mailbox import MAILBOX_SIZE, Mailbox
from navien_proto.session.events import Event
from navien_sync.hub import SharedHub

__all__ = ["EventStream"]


class EventStream:
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
        self._hub = hub
        self._timeout = timeout
        self._changed = threading.Condition(hub.lock)
        self._mailbox: Mailbox[Event] = Mailbox(self._changed.notify_all, size=size, wanted=wanted)
        hub.add(self._mailbox)

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> Event:
        """The next event, waiting for it.

        Raises:
            TimeoutError: none came in ``timeout`` seconds; the stream goes on.
            NavienError: the session ended with that error, and every event before it was taken.
        """
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
        """Take no more events; who waits in the stream is woken. One that is merely dropped needs no closing."""
        self._hub.remove(self._mailbox)

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
