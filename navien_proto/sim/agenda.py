"""A clock that jumps, and what is going to happen on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

from navien_proto.instant import Instant

__all__ = ["Agenda"]


class Agenda:
    """Happenings by the moment they are due; those of one moment in the order in which they were planned.

    ``now`` is the present instant, on both clocks of the cloud.
    """

    def __init__(self, start: datetime, monotonic: float = 1000.0) -> None:
        self.now = self._origin = Instant(monotonic, start)
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = 0

    def later(self, delay: float, happening: Callable[[], object]) -> None:
        """Let ``happening`` take place ``delay`` seconds from now."""
        self.at(self.now.monotonic + delay, happening)

    def at(self, due: float, happening: Callable[[], object]) -> None:
        """Let it take place at ``due`` (monotonic seconds)."""
        self._order += 1
        heappush(self._heap, (due, self._order, happening))

    def next(self) -> float | None:
        """When the earliest happening is due (monotonic seconds); ``None`` when there is none."""
        return self._heap[0][0] if self._heap else None

    def move(self, monotonic: float) -> None:
        """Set the clock to ``monotonic``; it never goes back."""
        if monotonic > self.now.monotonic:
            # From the origin on, so that a year of steps adds up to no rounding error.
            self.now = self._origin.after(monotonic - self._origin.monotonic)

    def happen(self) -> bool:
        """Let everything happen that is due by now; whether there was anything."""
        heap, now = self._heap, self.now.monotonic
        if not heap or heap[0][0] > now:
            return False
        while heap and heap[0][0] <= now:
            heappop(heap)[2]()
        return True
