"""A clock for tests: it stands still until it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime

from navien_proto.instant import Instant

NOON = Instant(1000.0, datetime(2026, 1, 15, 12, 0, tzinfo=UTC))


class Clock:
    """``now`` is an Instant; ``advance`` moves both clocks."""

    def __init__(self, now: Instant = NOON) -> None:
        self.now = now

    def advance(self, seconds: float) -> Instant:
        """Go on by ``seconds`` and return the new now."""
        self.now = self.now.after(seconds)
        return self.now

    def to(self, monotonic: float) -> Instant:
        """Go on to a moment of the monotonic clock."""
        return self.advance(monotonic - self.now.monotonic)
