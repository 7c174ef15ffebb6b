"""Tables in Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

__all__ = ["code", "first_sentence", "markdown", "number", "table"]


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a cell may hold anything but a line break, and a bar is escaped.

    Raises:
        ValueError: a row has more or fewer cells than there are heads.
    """
    lines = [_line(heads), "|" + "---|" * len(heads)]
    for row in rows:
        if len(row) != len(heads):
            raise ValueError(f"{row!r} does not fit under {heads!r}")
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    texts = [re.sub(r"\s+", " ", str(cell)).replace("|", r"\|").strip() for cell in cells]
    return "|" + "".join(f" {text} |" if text else " |" for text in texts)


def code(text: object) -> str:
    """``text`` as code; nothing stays nothing."""
    return f"`{text}`" if str(text) else ""


def first_sentence(thing: object) -> str:
    """The first paragraph of a docstring, in Markdown."""
    text = inspect.getdoc(thing) or ""
    return markdown(" ".join(text.split("\n\n")[0].split()))


def markdown(text: str) -> str:
    """The text of a docstring in Markdown."""
    plain = re.sub(r"``([^`]+)``", r"`\1`", re.sub(r":\w+:`", "`", text))
    # Names of classes lose their module: the page speaks of the thing.
    return re.sub(r"`~?(?:navien_proto\.[\w.]+\.)(\w+)`", r"`\1`", plain)


def number(value: float) -> str:
    """A number without superfluous digits."""
    return f"{value:.10g}"
