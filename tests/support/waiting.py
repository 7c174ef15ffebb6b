"""How tests wait for other threads, processes and sockets: for a condition, never for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["PATIENCE", "becomes"]

PATIENCE = 30.0
"""Seconds after which a test gives up waiting for what must happen; only what is broken takes so long."""


def becomes(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until ``true()``; for what another thread does and nobody is told."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        pause.wait(0.005)
