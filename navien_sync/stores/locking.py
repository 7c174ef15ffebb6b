"""One process at a time, by a lock on a file beside the one to be changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked"]

POLL = 0.02


def _try_lock(descriptor: int) -> bool:
    """Take the lock if it is free. The system releases it when the descriptor is closed or its process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks: better unlocked than never
    return True


@contextmanager
def locked(path: Path, patience: float = 5.0) -> Iterator[None]:
    """Hold the lock on ``path`` (created when absent, and left behind) inside the block.

    Threads exclude one another as processes do.

    Raises:
        TimeoutError: somebody else held it for all of ``patience`` seconds.
        OSError: the lock file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        deadline = time.monotonic() + patience
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise TimeoutError("in use by another process")
            time.sleep(POLL)
        yield
    finally:
        os.close(descriptor)
