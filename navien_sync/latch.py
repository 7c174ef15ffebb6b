"""One thread waits until another says go, once."""

from __future__ import annotations

import threading
from contextlib import suppress

__all__ = ["Latch"]


class Latch:
    """Opened once and for good; one thread waits for it. A bare lock, where ``threading.Event`` has two."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def open(self) -> None:
        """Let the waiting thread go on, now or when it comes. Again does nothing."""
        with suppress(RuntimeError):
            self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is open, at most ``timeout`` seconds; whether it is open."""
        opened = self._lock.acquire(timeout=-1 if timeout is None else timeout)
        if opened:
            self._lock.release()
        return opened
