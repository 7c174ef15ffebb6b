"""The command line: ``navien``. It needs the extra ``cli``; what is pure in it stands apart from its I/O."""

from __future__ import annotations

import contextlib
import sys

__all__ = ["main"]

# What only the extra brings.
NEEDED = ("click", "rich", "anyio", "httpx", "gmqtt", "wsproto", "dotenv", "starlette", "uvicorn")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f"navien: the command line needs {', '.join(missing)}: pip install 'navien[cli]'\n")
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a pipe that cannot show a degree sign gets a question mark, not an error.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    from navien_anyio.cli.app import run

    sys.exit(run())
