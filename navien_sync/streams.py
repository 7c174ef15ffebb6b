"""A consumer's view of the events of a session."""

from __future__ import annotations

from collections.abc import Callable

from navien_proto.mqtt.mailbox import MAILBOX_SIZE
from navien_proto.session.events import Event
from navien_sync.feeds import BlockingStream
from navien_sync.hub import SharedHub

__all__ = ["EventStream"]


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
