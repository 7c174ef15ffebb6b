"""A text file that grows by whole lines, each on disk before the call returns."""

from __future__ import annotations

import contextlib
import os
import stat
from itertools import count
from pathlib import Path
from types import TracebackType

from navien_sync.stores.places import sync_directory

__all__ = ["LineFile"]

FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
LONGEST_HEADER = 1 << 16
MOST_FILES = 1000


class LineFile:
    """Append lines under a header that never changes.

    Opening says whether the file can be written at all; ``begin`` then pins the header, and ``append`` adds
    lines. A file that has the same header is continued. One with another header is left as it is, and
    ``name-2.csv`` (or -3, …) is begun or continued beside it: ``path`` says where the lines go. What stands in
    a continued file is never cut: when it ends in half a line, because the power went, that line is ended
    where it stands, ``repaired`` says so, and new lines start on their own.

    Each line is one ``write`` followed by ``fsync``: killed at any moment, every line whose ``append`` returned
    is whole and on disk. Pipes and devices can be written as well; they are not continued.

    Raises:
        OSError: the file cannot be opened.
        ValueError: ``path`` is no path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = self._wanted = Path(path)
        self.repaired = False
        self._begun = False
        self._descriptor = -1
        self._open(self.path)

    def __enter__(self) -> LineFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def first_line(self) -> str:
        """The line on top of the file as it stands, without its line break; empty when there is none."""
        head = self._read(0, LONGEST_HEADER) if self._regular else b""
        line, line_break, _ = head.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r") if line_break else ""

    def last_line(self) -> str:
        """The last whole line of the file as it stands, the header included; empty when there is none."""
        if not self._regular:
            return ""
        size = os.fstat(self._descriptor).st_size
        tail = self._read(max(0, size - LONGEST_HEADER), LONGEST_HEADER)
        # What stands behind the last line break is no whole line.
        lines = tail[: tail.rfind(b"\n") + 1].splitlines()
        return lines[-1].decode("utf-8", "replace") if lines else ""

    def begin(self, header: str) -> None:
        """Pin ``header``: come to the start of a line under it, here or in a file beside this one.

        Raises:
            OSError: a file cannot be opened, read or written.
            ValueError: ``header`` has a line break or is empty, or the file is closed.
        """
        expected = _encoded(header)
        for number in count(2):
            missing = self._missing(expected) if self._regular else expected
            if missing is not None:
                break
            if number > MOST_FILES:
                raise FileExistsError(f"{MOST_FILES} such files stand beside it")
            self.close()
            self.path = self._wanted.with_name(f"{self._wanted.stem}-{number}{self._wanted.suffix}")
            self._open(self.path)
        if missing:
            self._write(missing)
        self._begun = True

    def append(self, *lines: str) -> None:
        """Write ``lines`` and their line breaks, all at once; they are on disk on return.

        Raises:
            OSError: they could not be written (the disk is full); nothing of them stands in the file then.
            ValueError: a line has a line break or is empty, or the file is closed or has no header yet.
        """
        if not self._begun:
            raise ValueError("the file has no header yet")
        self._write(b"".join(map(_encoded, lines)))

    def close(self) -> None:
        """Close the file; may be called again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self, path: Path) -> None:
        present = path.exists()
        self._descriptor = os.open(path, FLAGS, 0o666)
        self._regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        if not present:
            sync_directory(path.parent)

    def _missing(self, header: bytes) -> bytes | None:
        """What must be written before the next line; ``None`` when the file has another header."""
        size = os.fstat(self._descriptor).st_size
        start = self._read(0, len(header) + 1)
        if size < len(header) and header.startswith(start):
            self.repaired = size > 0  # the header itself was cut short, and nothing came after it
            return header[size:]
        # A spreadsheet may have put a carriage return before the line break: still the same columns.
        if not start.startswith((header, header[:-1] + b"\r\n")):
            return None
        self.repaired = self._read(size - 1, 1) != b"\n"
        return b"\n" if self.repaired else b""

    def _read(self, start: int, length: int) -> bytes:
        os.lseek(self._descriptor, start, os.SEEK_SET)
        return os.read(self._descriptor, length)

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            raise ValueError("the file is closed")
        written = os.write(self._descriptor, data)
        while written < len(data):
            # The disk filled up in mid-line. Either the rest still fits, or the part goes again.
            try:
                written += os.write(self._descriptor, data[written:])
            except OSError:
                self._take_back(written)
                raise
        if self._regular:
            os.fsync(self._descriptor)

    def _take_back(self, written: int) -> None:
        with contextlib.suppress(OSError):
            end = os.lseek(self._descriptor, 0, os.SEEK_CUR)
            if os.fstat(self._descriptor).st_size == end:  # else somebody else's lines stand behind ours
                os.ftruncate(self._descriptor, end - written)


def _encoded(line: str) -> bytes:
    if not line or "\n" in line or "\r" in line:
        raise ValueError("a line is not empty and has no line break")
    return line.encode("utf-8", "replace") + b"\n"
