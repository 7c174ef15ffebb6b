"""What the reference says beyond the code: ``facts/*.toml``, one table a thing, named as in the code."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["MARKS", "Facts", "facts", "how_sure"]

FOLDER = Path(__file__).parent / "facts"

Facts = dict[str, dict[str, Any]]

MARKS = {
    "C": "capture",
    "L": "newest library, live",
    "A": "vendor app",
    "D": "documents",
    "I": "inferred",
    "W": "AWS",
}
"""The marks of ``docs/protocol/index.md``, and the source each stands for when nothing else is said."""


@cache
def facts(name: str) -> Facts:
    """The facts of one kind, by name.

    Raises:
        ValueError: one has a mark that there is not.
    """
    found: Facts = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    for thing, fact in found.items():
        if fact.get("sure", "D") not in MARKS:
            raise ValueError(f"facts/{name}.toml: {thing}: no such mark as {fact['sure']!r}")
    return found


def how_sure(fact: dict[str, Any], default: str) -> str:
    """A cell: the mark, and where the fact is from."""
    mark = fact.get("sure", default)
    return f"**{mark}** {fact.get('source', MARKS[mark])}"
