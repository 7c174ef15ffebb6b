"""The generated tables by name, and how they get into the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.support.protocol_docs import commands, conversions, endpoints, fields, openapi, settings, traffic
from tests.support.session_docs import states, tables

__all__ = ["COMMAND", "DOCS", "OPENAPI", "PROTOCOL", "TABLES", "differences", "names_in", "renewed", "write"]

DOCS = Path(__file__).resolve().parents[3] / "docs"
PROTOCOL = DOCS / "protocol"
OPENAPI = PROTOCOL / "openapi.json"
COMMAND = "python -m tests.support.protocol_docs"

BLOCK = re.compile(r"^(<!-- generated: (.+?) -->\n)(.*?)(^<!-- end -->)$", re.MULTILINE | re.DOTALL)

TABLES: dict[str, Callable[[], str]] = {
    "status fields": fields.status_table,
    "feature fields": fields.feature_table,
    **{f"enum {name}": partial(fields.enum_table, name) for name in fields.enum_names()},
    "enums of other products": fields.other_enums,
    "errors": fields.errors_table,
    "queries": commands.queries_table,
    "controls": commands.controls_table,
    "writes": commands.writes_table,
    "declared only": commands.declared_table,
    "endpoints": endpoints.endpoints_table,
    "refusals": endpoints.errors_table,
    "topics": traffic.topics_table,
    "messages": traffic.messages_table,
    "decoders": conversions.decoders_table,
    **{f"vectors of {name}": make for name, make in conversions.VECTORS.items()},
    "settings": settings.settings_table,
    **tables.TABLES,
}
"""How each table is made."""

for _name in fields.OTHER_PRODUCTS:
    del TABLES[f"enum {_name}"]


FILES: dict[Path, Callable[[], str]] = {
    OPENAPI: openapi.openapi_text,
    DOCS / "images" / "session_states.svg": states.session_states,
    DOCS / "images" / "link_states.svg": states.link_states,
}
"""The files that are made as a whole."""


def names_in(text: str) -> list[str]:
    """The tables a page asks for."""
    return [match[2] for match in BLOCK.finditer(text)]


def renewed(text: str) -> str:
    """The page with its tables as the code has them.

    Raises:
        ValueError: it asks for a table there is not.
    """

    def fill(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise ValueError(f"there is no table {match[2]!r}")
        return f"{match[1]}\n{TABLES[match[2]]()}\n\n{match[4]}"

    return BLOCK.sub(fill, text)


def _made() -> Iterator[tuple[Path, str]]:
    for page in sorted(DOCS.rglob("*.md")):
        yield page, renewed(page.read_text("utf-8"))
    for path, make in FILES.items():
        yield path, make()


def differences() -> list[str]:
    """A sentence for each file that is not as the code would have it."""
    found = []
    for path, made in _made():
        stands = path.read_text("utf-8") if path.exists() else ""
        if stands == made:
            continue
        pairs = enumerate(zip(stands.splitlines(), made.splitlines(), strict=False), 1)
        line = next((number for number, (old, new) in pairs if old != new), 1)
        found.append(f"{_place(path)} differs from the code, first in line {line}: run `{COMMAND}`")
    return found


def write() -> list[str]:
    """Write the files that differ; their names."""
    written = []
    for path, made in _made():
        if not path.exists() or path.read_text("utf-8") != made:
            path.write_text(made, "utf-8")
            written.append(_place(path))
    return written


def _place(path: Path) -> str:
    return f"docs/{path.relative_to(DOCS).as_posix()}"
