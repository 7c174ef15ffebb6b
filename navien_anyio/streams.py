"""A consumer's view of the events of a session."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from anyio.lowlevel import checkpoint

from navien_anyio.signal import Signal
from navien_proto.mqtt.mailbox import MAILBOX_SIZE, Mailbox
from navien_proto.session.events import Event
from navien_proto.session.hub import Hub

__all__ = ["EventStream"]


class EventStream:
    """Events as an asynchronous iterator, from the moment it is made.

    At most ``size`` events wait in it; when its consumer is slower, the oldest are dropped and an
    :class:`~navien_proto.session.events.EventsMissed` says how many. Each consumer has a stream of its own. It
    ends when the session was closed, and raises the session's error when that was not our wish.
    """

    def __init__(
        self, hub: Hub, *, wanted: Callable[[Event], bool] | None = None, size: int = MAILBOX_SIZE
    ) -> None:
        self._hub = hub
        self._signal = Signal()
        self._mailbox: Mailbox[Event] = Mailbox(self._signal.set, size=size, wanted=wanted)
        hub.add(self._mailbox)

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        """The next event, waiting for it.

        Raises:
            NavienError: the session ended with that error, and every event before it was taken.
        """
        await checkpoint()  # a consumer with much to take must not hold up the loop
        while (event := self._mailbox.take()) is None:
            if self._mailbox.closed:
                if self._mailbox.error is not None:
                    raise self._mailbox.error
                raise StopAsyncIteration
            await self._signal.wait()
        return event

    async def aclose(self) -> None:
        """Take no more events. A stream that is merely dropped needs no closing."""
        self._hub.remove(self._mailbox)
        await checkpoint()

    async def __aenter__(self) -> EventStream:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._hub.remove(self._mailbox)
