"""Whether the tests find bugs planted in the session on purpose: ``python -m tests.mutation.planted``.

The bugs stand in ``planted.toml``. Each is planted in a temporary copy of the packages, and the tests that should
catch it are run there, those named after its failure first. Printed are the test that caught it and how long that
took, or MISSED. The exit status is 1 when a bug was missed, when what it is planted in is no longer there, or when
tests fail without any bug.

``--only NAME`` tries that one (it may be given several times), ``--list`` shows them all and runs nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from attrs import field, frozen

__all__ = ["BUGS", "Bug", "Grove", "Verdict", "bugs", "main"]

ROOT = Path(__file__).resolve().parents[2]
BUGS = Path(__file__).with_name("planted.toml")
COPIED = ("navien_proto", "navien_anyio", "navien_sync", "tests", "fixtures", "docs")
LIMIT = 60.0
"""Seconds within which a bug must be caught."""

# Of pytest: some tests failed. Anything else (an import that breaks, no tests) is no verdict about a bug.
FAILED = 1


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Bug:
    """One bug: ``old`` in ``file`` (below navien_proto) becomes ``new``, and ``tests`` (below tests) catch it.

    ``breaks`` says what goes wrong then; ``row`` is that of the failure in production which it stands for.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = field(converter=_texts)
    row: str = ""

    def planted(self, root: Path = ROOT) -> str:
        """The text of the file with the bug in it.

        Raises:
            ValueError: ``old`` does not occur exactly once, or what comes out is no Python.
        """
        text = self.path(root).read_text("utf-8")
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name}: what it is planted in occurs {found} times in {self.file}")
        text = text.replace(self.old, self.new)
        try:
            compile(text, self.file, "exec")
        except SyntaxError as error:
            raise ValueError(f"{self.name}: {error}") from None
        return text

    def path(self, root: Path) -> Path:
        """Where its file is, below ``root``."""
        return root / "navien_proto" / self.file


@frozen
class Verdict:
    """What came of it: ``caught_by`` a test, or ``None``; ``seconds`` that took, and the last words of pytest."""

    caught_by: str | None
    seconds: float
    words: str


def bugs(path: Path = BUGS) -> list[Bug]:
    """The list, in its order."""
    return [Bug(**one) for one in tomllib.loads(path.read_text("utf-8"))["bug"]]


class Grove:
    """A copy of packages and tests below ``folder``, in which bugs are planted, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")

    def healthy(self, chosen: Iterable[Bug], limit: float | None = None) -> Verdict:
        """Run the tests of these bugs with none of them planted: nothing is to be caught."""
        return self._run(dict.fromkeys(test for bug in chosen for test in bug.tests), "", limit)

    def attempt(self, bug: Bug, limit: float | None = LIMIT) -> Verdict:
        """Plant ``bug``, run its tests until one fails, and take it out again.

        Raises:
            ValueError: as `Bug.planted`.
        """
        path = bug.path(self._root)
        sound, planted = path.read_bytes(), bug.planted(self._root)
        try:
            self._write(path, planted.encode())
            return self._run(bug.tests, bug.row, limit)
        finally:
            self._write(path, sound)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.write_bytes(content)
        # Its bytecode is known by size and second, which may be those of the text before.
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)

    def _run(self, tests: Iterable[str], row: str, limit: float | None) -> Verdict:
        began = perf_counter()
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutation.profile", "--hypothesis-profile=mutation"]
        command += ["-p", "tests.mutation.row_first", f"--row={row.lower()}"]
        try:
            done = subprocess.run(
                [*command, *(f"tests/{test}" for test in tests)],
                cwd=self._root,
                env=os.environ | {"PYTHONPATH": str(self._root)},
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Verdict(None, perf_counter() - began, f"nothing after {limit:g} s")
        failed = re.search(r"^FAILED (?:tests/)?(.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        caught = failed[1] if failed and done.returncode == FAILED else None
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        return Verdict(caught, perf_counter() - began, "; ".join(words[-2:]) or f"exit status {done.returncode}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the bugs and print a line for each; 1 when anything is not as it should be."""
    every = bugs()
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation.planted", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--only", action="append", metavar="NAME", choices=[bug.name for bug in every])
    parser.add_argument("--list", action="store_true", help="show the bugs and run nothing")
    given = parser.parse_args(arguments)
    chosen = [bug for bug in every if given.only is None or bug.name in given.only]
    if given.list:
        for bug in chosen:
            print(f"{bug.row or '-':4} {bug.name:44} {bug.breaks}")
        return 0
    missed, longest = [], 0.0
    with TemporaryDirectory() as folder:
        grove = Grove(Path(folder))
        healthy = grove.healthy(chosen)
        print(f"without a bug: {healthy.words} ({healthy.seconds:.0f} s)", flush=True)
        if healthy.caught_by is not None or " passed" not in healthy.words:
            return 1
        for bug in chosen:
            try:
                verdict = grove.attempt(bug)
            except ValueError as error:
                verdict = Verdict(None, 0.0, str(error))
            longest = max(longest, verdict.seconds)
            what = verdict.caught_by or f"MISSED ({verdict.words})"
            print(f"{bug.row or '-':4} {bug.name:44} {verdict.seconds:5.1f} s  {what}", flush=True)
            if verdict.caught_by is None:
                missed.append(bug.name)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} caught, the slowest in {longest:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
