"""A consumer's view of the events of a session."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from anyio.lowlevel import checkpoint

from navien_anyio.signal import Signal
from navien_proto.model.status import DeviceStatus
from navien_proto.mqtt.mailbox import MAILBOX_SIZE, Mailbox
from navien_proto.session.events import Event, StatusReceived
from navien_proto.session.hub import Hub, status_of_device

__all__ = ["EventStream", "StatusWatch"]


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

    def close(self) -> None:
        """Take no more events; who waits in the stream is woken."""
        self._hub.remove(self._mailbox)

    async def aclose(self) -> None:
        """Take no more events. A stream that is merely dropped needs no closing."""
        self.close()
        await checkpoint()

    async def __aenter__(self) -> EventStream:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._hub.remove(self._mailbox)


class StatusWatch:
    """The latest status of a heater as an asynchronous iterator: first the one that is known, then each new one.

    A slow consumer sees the newest and none of those in between; one that must see them all takes
    :class:`EventStream`. It ends with the session, as a stream does.
    """

    def __init__(self, hub: Hub, mac: str) -> None:
        self._stream = EventStream(hub, wanted=status_of_device(mac), size=1)
        self._first = hub.status(mac)

    def __aiter__(self) -> StatusWatch:
        return self

    async def __anext__(self) -> DeviceStatus:
        """The latest status that was not taken yet, waiting for it.

        Raises:
            NavienError: the session ended with that error.
        """
        if self._first is not None:
            first, self._first = self._first, None
            await checkpoint()
            return first
        while True:
            event = await self._stream.__anext__()
            if isinstance(event, StatusReceived):
                return event.status

    async def aclose(self) -> None:
        """Take no more. A watch that is merely dropped needs no closing."""
        await self._stream.aclose()

    async def __aenter__(self) -> StatusWatch:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stream.close()
