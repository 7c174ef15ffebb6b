"""Events for one consumer, bounded: who is slow is told what it missed. Pure, for every transport.

Each consumer has a mailbox of its own, and takes from it in its own time; so one that is slow or raises
delays nobody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from navien_proto.errors import NavienError
from navien_proto.instant import Instant

__all__ = ["MAILBOX_SIZE", "EventsMissed", "Mailbox", "Timed"]


class Timed(Protocol):
    """What happened at an instant."""

    @property
    def at(self) -> Instant:
        """When."""


E = TypeVar("E", bound=Timed)

MAILBOX_SIZE = 1024
"""Events kept for a consumer by default: hours of one heater, and some 3 MB at most."""


@frozen
class EventsMissed:
    """This consumer was too slow: its ``count`` oldest events were dropped, the last of them of ``at``.

    Comes from the consumer's own mailbox, before the events that were kept; no other consumer sees it.
    """

    at: Instant
    count: int


class Mailbox(Generic[E]):
    """The events one consumer has not taken yet, at most ``size`` of them; the oldest make room.

    ``wanted`` chooses the events that are kept at all; ``None`` keeps every one. ``wake`` is called when there
    is something new to take, and when it closes.

    Raises:
        ValueError: ``size`` is below 1.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        *,
        size: int = MAILBOX_SIZE,
        wanted: Callable[[E], bool] | None = None,
    ) -> None:
        if size < 1:
            raise ValueError("a mailbox holds at least one event")
        self._wake = wake
        self._size = size
        self._wanted = wanted
        self._kept: deque[E] = deque()
        self._missed = 0
        self._missed_at: Instant | None = None
        self.closed = False
        self.error: NavienError | None = None

    def __len__(self) -> int:
        return len(self._kept) + (self._missed > 0)

    def put(self, event: E) -> None:
        """Keep ``event`` if it is wanted and the mailbox is open."""
        if self.closed or (self._wanted is not None and not self._wanted(event)):
            return
        if len(self._kept) == self._size:
            self._missed += 1
            self._missed_at = self._kept.popleft().at
        self._kept.append(event)
        self._wake()

    def take(self) -> E | EventsMissed | None:
        """The oldest event, and before it how many were dropped; ``None`` when there is nothing."""
        if self._missed_at is not None:
            missed = EventsMissed(self._missed_at, self._missed)
            self._missed, self._missed_at = 0, None
            return missed
        return self._kept.popleft() if self._kept else None

    def close(self, error: NavienError | None = None) -> None:
        """Nothing more will come; ``error`` is why, if it is an error. What was kept can still be taken."""
        if not self.closed:
            self.closed = True
            self.error = error
            self._wake()
