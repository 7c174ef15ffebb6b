"""The one place of this transport that reads clocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from navien_proto.instant import Instant

__all__ = ["Clock", "system_clock"]

Clock = Callable[[], Instant]


def system_clock() -> Instant:
    """The present moment on both clocks of the machine."""
    return Instant(time.monotonic(), datetime.now(UTC))
