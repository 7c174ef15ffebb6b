"""A set of fixtures as a folder on the disk, and its summary."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from navien_proto.errors import UsageError
from navien_proto.fixture_collect import Collected
from navien_proto.fixture_set import Fixture, MessageFixture, fixture_text

__all__ = ["summary", "write_set"]


def summary(found: Collected) -> Iterator[str]:
    """A table: what there is, how often it came, how many files were made of it."""
    rows = [("fixture", "seen", "files")]
    rows += [(sort.title, str(sort.seen), str(sort.taken)) for sort in found.sorts]
    width = max(len(title) for title, _, _ in rows)
    yield from (f"{title:<{width}}  {seen:>6}  {files:>5}" for title, seen, files in rows)
    if found.left_out:
        yield f"{found.left_out} more could not be decoded or are none of the cloud's, and were left out"


def write_set(target: Path, fixtures: Mapping[str, Fixture]) -> None:
    """Write ``fixtures`` into the folders ``messages`` and ``rest`` of ``target``, all or none.

    Raises:
        UsageError: ``target`` is there and not an empty folder, or cannot be written.
    """
    from navien_sync.stores.places import reason

    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        taken = os.path.lexists(target) and (target.is_symlink() or not target.is_dir() or any(target.iterdir()))
        if not taken:
            _write(fresh, target, fixtures)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {str(target)!r}: {reason(error)}") from None
    if taken:
        raise UsageError(f"{str(target)!r} is there already; name a folder that is not, or an empty one")


def _write(fresh: Path, target: Path, fixtures: Mapping[str, Fixture]) -> None:
    """First into ``fresh``, which then becomes ``target``."""
    fresh.mkdir(mode=0o700)
    try:
        for name, fixture in fixtures.items():
            folder = fresh / ("messages" if isinstance(fixture, MessageFixture) else "rest")
            folder.mkdir(exist_ok=True)
            with (folder / f"{name}.json").open("x", encoding="utf-8") as file:
                file.write(fixture_text(fixture.document()))
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            target.rmdir()  # only an empty folder can go, so nothing that came meanwhile is lost
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
