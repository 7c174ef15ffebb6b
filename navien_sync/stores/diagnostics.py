"""Reports for bugs: what the core tells of a session, beside what only the machine knows, and a file for them."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from navien_proto.errors import DecodeError, StoreError
from navien_proto.jsontext import dumps, loads
from navien_sync.stores.places import reason
from navien_sync.stores.transcripts import TranscriptFile

__all__ = ["complete_diagnostics", "write_diagnostics"]

# The packages whose versions explain most.
PACKAGES = ("anyio", "attrs", "cattrs", "gmqtt", "httpx", "orjson", "trio", "wsproto")
# Lines of a transcript, from its end; more are in the file itself.
TAIL = 200


def complete_diagnostics(report: dict[str, Any], transcript: TranscriptFile | None) -> dict[str, Any]:
    """``report`` with versions and the end of the transcript. Blocks for as long as a file does."""
    written = {} if transcript is None else {"broken": transcript.problem is not None, "tail": _tail(transcript)}
    return {**report, "versions": _versions(), "transcript": written or None}


def write_diagnostics(report: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write a report to ``path``, as JSON, readable for its owner alone; what was there is replaced as a whole.

    Raises:
        StoreError: it cannot be written; the old file stands.
    """
    target = Path(os.path.realpath(path))
    try:
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(dumps(dict(report)))
                file.write(b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot write the report {os.fspath(path)!r}: {reason(error)}") from None
    return target


def _versions() -> dict[str, str]:
    versions = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "machine": platform.machine(),
    }
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def _tail(transcript: TranscriptFile) -> list[Any]:
    """The last lines; a transcript has no secrets."""
    lines: deque[bytes] = deque(maxlen=TAIL)
    with suppress(OSError), open(transcript.path, "rb") as file:
        lines.extend(file)
    found: list[Any] = []
    for line in lines:
        with suppress(DecodeError):  # the last may be half written
            found.append(loads(line))
    return found
