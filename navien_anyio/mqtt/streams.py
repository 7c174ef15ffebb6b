"""Messages and events of a connection as asynchronous iterators."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, TypeVar

from anyio.lowlevel import checkpoint

from navien_anyio.signal import Signal
from navien_proto.mqtt.client_events import Message, MqttEvent
from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed, Mailbox
from navien_proto.mqtt.switchboard import Switchboard

__all__ = ["MessageStream", "MqttEventStream"]

# A consumer with much to take must not hold up the loop; a pause for each message would cost more than it.
PAUSE_EVERY = 32

E = TypeVar("E", Message, MqttEvent)


class _Stream(Generic[E]):
    def __init__(self, board: Switchboard, size: int) -> None:
        self._board = board
        self._signal = Signal()
        self._taken = 0
        self._mailbox: Mailbox[E] = Mailbox(self._signal.set, size=size)

    async def _next(self) -> E | EventsMissed:
        self._taken += 1
        if self._taken % PAUSE_EVERY == 0:
            await checkpoint()
        while (event := self._mailbox.take()) is None:
            if self._mailbox.closed:
                if self._mailbox.error is not None:
                    raise self._mailbox.error
                raise StopAsyncIteration
            await self._signal.wait()
        return event

    async def aclose(self) -> None:
        """Take no more. A stream that is merely dropped needs no closing."""
        self._board.remove(self._mailbox)
        await checkpoint()


class MessageStream(_Stream[Message]):
    """Messages that one of ``filters`` takes, as an asynchronous iterator, from the moment it is made.

    At most ``size`` messages wait in it; when its consumer is slower, the oldest are dropped, and ``missed``
    counts them. It ends when the connection was closed, and raises the error that ended it if that was not our
    wish.
    """

    def __init__(self, board: Switchboard, filters: tuple[str, ...], *, size: int = MAILBOX_SIZE) -> None:
        super().__init__(board, size)
        self.missed = 0
        board.add(self._mailbox, filters)

    def __aiter__(self) -> MessageStream:
        return self

    async def __anext__(self) -> Message:
        """The next message, waiting for it.

        Raises:
            NavienError: the connection ended with that error, and every message before it was taken.
        """
        while isinstance(event := await self._next(), EventsMissed):
            self.missed += event.count
        return event


class MqttEventStream(_Stream[MqttEvent]):
    """What happens to the connection itself, as an asynchronous iterator: connected, disconnected, retrying."""

    def __init__(self, board: Switchboard, *, size: int = MAILBOX_SIZE) -> None:
        super().__init__(board, size)
        board.watch(self._mailbox)

    def __aiter__(self) -> MqttEventStream:
        return self

    async def __anext__(self) -> MqttEvent | EventsMissed:
        """The next event, waiting for it.

        Raises:
            NavienError: the connection ended with that error.
        """
        return await self._next()

    async def __aenter__(self) -> MqttEventStream:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._board.remove(self._mailbox)
