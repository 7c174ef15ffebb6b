"""Docstrings are written for readers of the source; the pages are Markdown. This is the difference. Pure."""

from __future__ import annotations

import re

__all__ = ["readable"]

ROLE = re.compile(r":(?:class|mod|meth|func|attr|data):`(?P<short>~?)(?P<target>[\w.]+)`")
LITERAL = re.compile(r"::(?=\n\n[ ]{4})")


def readable(text: str) -> str:
    """``text`` with roles as links to what they name and announced literal blocks as Markdown has them.

    A link leads where there is a page for it, and is plain code elsewhere.
    """
    return LITERAL.sub(_announced, ROLE.sub(_link, text))


def _link(match: re.Match[str]) -> str:
    target = match["target"]
    shown = target.rpartition(".")[2] if match["short"] else target
    return f'<autoref optional identifier="{target}"><code>{shown}</code></autoref>'


def _announced(match: re.Match[str]) -> str:
    alone = match.start() == 0 or match.string[match.start() - 1] == "\n"
    return "" if alone else ":"
