"""Where files of ours are kept, and how to read one that may be anything."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["config_directory", "read_limited", "reason", "state_directory", "sync_directory"]

# Neither a configuration nor an account is near this size; what is larger is something else.
LARGEST = 1 << 20

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A FIFO with nobody at the other end would block for ever.
NO_WAITING = getattr(os, "O_NONBLOCK", 0)


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be used, without its name: ``Permission denied``."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _directory(environ: Mapping[str, str], platform: str, xdg: str, default: str) -> Path | None:
    named = Path(environ.get(xdg, ""))
    if named.is_absolute():  # a relative one is to be ignored, says the XDG specification
        return named / "navien"
    if platform == "win32" and (local := environ.get("LOCALAPPDATA")):
        return Path(local) / "navien"
    try:
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    except RuntimeError:  # a user without a home, as in some containers
        return None
    return home / ("Library/Application Support" if platform == "darwin" else default) / "navien"


def config_directory(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """Where the user's configuration lies: ``~/.config/navien`` on Linux; ``None`` when no home is known."""
    return _directory(environ, platform, "XDG_CONFIG_HOME", ".config")


def state_directory(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """Where what is remembered lies: ``~/.local/state/navien`` on Linux; ``None`` when no home is known."""
    return _directory(environ, platform, "XDG_STATE_HOME", ".local/state")


def read_limited(path: Path, *, regular: bool = False) -> tuple[bytes, os.stat_result]:
    """The contents of a file of at most 1 MiB, and what it is.

    With ``regular`` nothing but a regular file will do; otherwise a pipe is read to its end.

    Raises:
        OSError: it cannot be read.
        ValueError: it is larger, or not regular, or ``path`` is no path at all.
    """
    descriptor = os.open(path, OPEN_FLAGS | (NO_WAITING if regular else 0))
    try:
        found = os.fstat(descriptor)
        if regular and not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST:
        raise ValueError("larger than 1 MiB")
    return content, found


def sync_directory(path: Path) -> None:
    """Make sure that a file just created or renamed in ``path`` is found again after a power failure."""
    # Windows cannot open a directory, and some file systems cannot sync one.
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
