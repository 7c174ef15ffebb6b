"""Where messages and events of a connection go, for several threads; and how a consumer takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.mqtt.client_events import Message, MqttEvent
from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed, Mailbox
from navien_proto.mqtt.switchboard import Switchboard
from navien_proto.mqtt.traffic import TopicInfo
from navien_sync.feeds import BlockingStream

__all__ = ["Feed", "MessageStream", "MqttEventStream", "SharedSwitchboard"]

E = TypeVar("E", Message, MqttEvent)


class SharedSwitchboard(Switchboard):
    """A switchboard whose events come from one thread and whose consumers live in others.

    ``lock`` guards it, every mailbox in it and what it counted; see :class:`navien_sync.hub.SharedHub`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.kept: set[object] = set()

    def add(self, box: Mailbox[Message], filters: Iterable[str]) -> None:
        """Put every message from now on that one of ``filters`` takes into ``box``."""
        with self.lock:
            super().add(box, filters)

    def watch(self, box: Mailbox[MqttEvent]) -> None:
        """Put every event from now on that is no message and ends no operation into ``box``."""
        with self.lock:
            super().watch(box)

    def remove(self, box: Mailbox[Message] | Mailbox[MqttEvent]) -> None:
        """Nothing more for ``box``; what it has can still be taken."""
        with self.lock:
            super().remove(box)

    def wanted(self, topic_filter: str) -> bool:
        """Whether a consumer of ``topic_filter`` is there."""
        with self.lock:
            return super().wanted(topic_filter)

    def deliver(self, event: MqttEvent) -> None:
        """Take one event of the connection."""
        with self.lock:
            super().deliver(event)

    def close(self, error: NavienError | None) -> None:
        """The connection is over; only the first call counts."""
        with self.lock:
            super().close(error)

    def sent(self, topic: str, size: int, at: Instant) -> None:
        """A message came to its end as wished."""
        with self.lock:
            self.traffic.sent(topic, size, at)

    def info(self, topic: str) -> TopicInfo:
        """What was seen of ``topic``."""
        with self.lock:
            return self.traffic.info(topic, self.consumers(topic))

    def infos(self, prefix: str, limit: int) -> tuple[TopicInfo, ...]:
        """What was seen of the topics that begin with ``prefix``, at most ``limit`` of them."""
        with self.lock:
            return tuple(map(self.info, self.traffic.topics(prefix)[:limit]))

    def totals(self) -> tuple[int, int]:
        """How many topics were seen, and how many messages sent today."""
        with self.lock:
            return len(self.traffic), self.traffic.sent_today


class Feed(Generic[E]):
    """A part of a switchboard: a :class:`~navien_sync.feeds.Source` of what ``add`` chooses."""

    def __init__(self, board: SharedSwitchboard, add: Callable[[Mailbox[E]], None]) -> None:
        self._board = board
        self.lock = board.lock
        self.kept = board.kept
        self.add: Callable[[Mailbox[E]], None] = add

    def remove(self, box: Mailbox[E]) -> None:
        """Nothing more for ``box``."""
        self._board.remove(box)


class MessageStream(BlockingStream[Message]):
    """Messages that one of ``filters`` takes, as a blocking iterator, from the moment it is made.

    At most ``size`` messages wait in it; when its consumer is slower, the oldest are dropped, and ``missed``
    counts them. It ends when the connection was closed, and raises the error that ended it if that was not our
    wish. ``timeout`` is how many seconds each message is waited for; ``None`` is no limit.
    """

    def __init__(
        self,
        board: SharedSwitchboard,
        filters: tuple[str, ...],
        *,
        size: int = MAILBOX_SIZE,
        timeout: float | None = None,
    ) -> None:
        self.missed = 0
        super().__init__(Feed[Message](board, lambda box: board.add(box, filters)), size=size, timeout=timeout)

    def __next__(self) -> Message:
        """The next message, waiting for it.

        Raises:
            TimeoutError: none came in ``timeout`` seconds; the stream goes on.
            NavienError: the connection ended with that error, and every message before it was taken.
        """
        while isinstance(event := self._next(), EventsMissed):
            self.missed += event.count
        return event


class MqttEventStream(BlockingStream[MqttEvent]):
    """What happens to the connection itself, as a blocking iterator: connected, disconnected, retrying, closed."""

    def __init__(
        self, board: SharedSwitchboard, *, size: int = MAILBOX_SIZE, timeout: float | None = None
    ) -> None:
        super().__init__(Feed[MqttEvent](board, board.watch), size=size, timeout=timeout)

    def __next__(self) -> MqttEvent | EventsMissed:
        """The next event, waiting for it.

        Raises:
            TimeoutError: none came in ``timeout`` seconds; the stream goes on.
            NavienError: the connection ended with that error.
        """
        return self._next()
