"""Docstrings are written for readers of the source; the pages are Markdown. This is the difference. Pure."""

from __future__ import annotations

import re

__all__ = ["readable"]

ROLE = re.compile(r":(?:class|mod|meth|func|attr|data):`(?P<short>~?)(?P<target>[\w.]+)`")
# "All of them raise, beside what they name:" and what stands below it, indented; one word is a section.
RAISED = re.compile(r"^(?P<head>\S+ .*:)\n(?P<below>(?: {4}\S.*(?:\n|\Z))+)", re.MULTILINE)
ENTRY = re.compile(r"^ {4}(\w+): ", re.MULTILINE)
LITERAL = re.compile(r"::(?=\n\n[ ]{4})")


def readable(text: str) -> str:
    """``text`` with roles as links to what they name, and blocks below a sentence as Markdown has them.

    A link leads where there is a page for it, and is plain code elsewhere.
    """
    return RAISED.sub(_listed, LITERAL.sub(_announced, ROLE.sub(_link, text)))


def _link(match: re.Match[str]) -> str:
    target = match["target"]
    shown = target.rpartition(".")[2] if match["short"] else target
    return f'<autoref optional identifier="{target}"><code>{shown}</code></autoref>'


def _announced(match: re.Match[str]) -> str:
    alone = match.start() == 0 or match.string[match.start() - 1] == "\n"
    return "" if alone else ":"


def _listed(match: re.Match[str]) -> str:
    return match["head"] + "\n\n" + ENTRY.sub(r"- `\1`: ", match["below"])
