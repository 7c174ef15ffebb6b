"""The latest status of a heater, and no more."""

from __future__ import annotations

from types import TracebackType

from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import StatusReceived
from navien_proto.session.hub import status_of_device
from navien_sync.hub import SharedHub
from navien_sync.streams import EventStream

__all__ = ["StatusWatch"]


class StatusWatch:
    """The latest status of a heater as a blocking iterator: first the one that is known, then each new one.

    A slow consumer sees the newest and none of those in between; one that must see them all takes
    :class:`~navien_sync.streams.EventStream`. It ends with the session, as a stream does. ``timeout`` is how many
    seconds each status is waited for; ``None`` is no limit.
    """

    def __init__(self, hub: SharedHub, mac: str, *, timeout: float | None = None) -> None:
        with hub.lock:
            self._stream = EventStream(hub, wanted=status_of_device(mac), size=1, timeout=timeout)
            self._first = hub.status(mac)

    def __iter__(self) -> StatusWatch:
        return self

    def __next__(self) -> DeviceStatus:
        """The latest status that was not taken yet, waiting for it.

        Raises:
            TimeoutError: none came in ``timeout`` seconds; the watch goes on.
            NavienError: the session ended with that error.
        """
        if self._first is not None:
            first, self._first = self._first, None
            return first
        while True:
            event = next(self._stream)
            if isinstance(event, StatusReceived):
                return event.status

    def close(self) -> None:
        """Take no more; who waits in it is woken. One that is merely dropped needs no closing."""
        self._stream.close()

    def __enter__(self) -> StatusWatch:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
