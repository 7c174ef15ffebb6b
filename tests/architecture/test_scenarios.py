"""Every row of ``failures.md`` has its scenarios, where it must have them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROWS = set(range(1, 33)) | {38}
"""What a transport can do wrong; the rest is the wire's, or a tool's."""

ROW = re.compile(r"f(\d\d)(?=_)")
# Fixtures that play over sockets: on asyncio, on trio and in threads.
SOCKETS = {"play", "play_on_sockets", "client"}


def scenarios() -> list[tuple[set[int], set[str]]]:
    """Of every scenario: its rows, and its arguments."""
    found = []
    for path in sorted((TESTS / "scenarios").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_f"):
                rows = {int(number) for number in ROW.findall(node.name)}
                found.append((rows, {argument.arg for argument in node.args.args}))
    return found


def test_every_row_is_played_over_sockets_on_every_transport() -> None:
    played = {row for rows, arguments in scenarios() if arguments & SOCKETS for row in rows}
    assert played >= ROWS, sorted(ROWS - played)


def test_every_row_of_the_session_is_played_in_memory() -> None:
    played = {row for rows, arguments in scenarios() if not arguments & (SOCKETS - {"play"}) for row in rows}
    assert played >= set(range(1, 39)), sorted(set(range(1, 39)) - played)
