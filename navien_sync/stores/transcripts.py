"""A transcript on disk: its lines come from a session that must not wait, and are written by a thread.

What a line is, :mod:`navien_proto.session.transcript` says.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from navien_proto.errors import UsageError
from navien_proto.jsontext import dumps
from navien_sync.stores.lines import LineFile
from navien_sync.stores.places import reason

__all__ = ["TranscriptFile", "read_transcript"]

# Some 20 MB of a disk that stands still; then the transcript ends, and the session goes on.
MOST_WAITING = 20_000
# A disk that does not answer must not hold up an end.
PATIENCE = 8.0


class TranscriptFile:
    """Takes the lines of one session, from any thread and without waiting, and writes them.

    Lines are on disk within moments, in batches: killed at any time, all but the last few are there, and of the
    last one perhaps a part, which readers know how to take. A file that is there already is left as it is, and
    ``name-2.jsonl`` (or -3, …) is written beside it: ``path`` says which. Call ``open`` once, then ``close``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._wanted = Path(path)
        self.path = self._wanted
        self.problem: str | None = None
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Find the file and begin to write what ``write`` was given, also before.

        Raises:
            UsageError: the file cannot be written.
        """
        try:
            file = LineFile(self._wanted)
        except (OSError, ValueError) as error:
            raise UsageError(self._sentence(error)) from None
        self._thread = threading.Thread(target=self._work, args=(file,), name="navien-transcript", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Take a line; never waits and never raises. The first one is the header."""
        with self._changed:
            if self._closing or self.problem is not None:
                return
            if len(self._lines) >= MOST_WAITING:
                self.problem = f"the disk does not keep up: the transcript {str(self.path)!r} ends early"
                self._lines.append(dumps({"ended": "the disk did not keep up"}).decode())
            else:
                self._lines.append(line)
            self._changed.notify()

    def close(self) -> None:
        """Write what is waiting, and close the file; takes some seconds at most. May be called again."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _work(self, file: LineFile) -> None:
        begun = False
        with file:
            while batch := self._next():
                try:
                    if not begun:
                        file.begin(batch.pop(0))
                        self.path, begun = file.path, True
                    if batch:
                        file.append(*batch)
                except (OSError, ValueError) as error:
                    with self._changed:
                        self.problem = self._sentence(error)
                        self._lines.clear()
                    return

    def _next(self) -> list[str]:
        """The lines that wait, once there are some; none when it is over."""
        with self._changed:
            while not self._lines and not self._closing:
                self._changed.wait()
            batch = list(self._lines)
            self._lines.clear()
            return batch

    def _sentence(self, error: OSError | ValueError) -> str:
        return f"cannot write the transcript {str(self._wanted)!r}: {reason(error)}"


def read_transcript(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """The lines of a transcript, one by one; at the end the file is closed.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            yield from file
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {os.fspath(path)!r}: {reason(error)}") from None
