"""Reads the three packages as syntax trees and names what breaks the rules of ``docs/design.md``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# What touches the world. Submodules are meant too.
FORBIDDEN_MODULES = frozenset(
    {
        "asyncio", "concurrent", "email", "fcntl", "http", "importlib", "io", "logging", "multiprocessing", "os",
        "pathlib", "queue", "sched", "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3",
        "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
    }
)  # fmt: skip
FORBIDDEN_CALLS = frozenset({"uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "open", "print", "input", "breakpoint"})
# Whatever the class is called after an import: nothing in the core has methods of these names.
FORBIDDEN_METHODS = frozenset({"now", "utcnow", "today", "urandom"})
# Of the standard library's random, only the class whose instances are injected.
RANDOM_ALLOWED = frozenset({"Random"})
THIRD_PARTY = {"": {"attrs", "attr", "cattrs", "orjson"}, "link": {"attrs", "gmqtt", "wsproto", "h11"}}
# link does no I/O, but silences gmqtt's loggers.
LINK_MAY = frozenset({"logging"})

# The floors of the core, lowest first; a module may import its own floor and those below.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "errors",
            "instant",
            "timers",
            "units",
            "redact",
            "config",
            "jsontext",
            "reasons",
            "settings",
            "layers",
            "lazily",
            "pseudonyms",
        }
    ),
    frozenset({"model", "mqtt"}),
    frozenset({"cloud", "wire"}),
    frozenset({"session"}),
    frozenset({"sim", "watch", "har", "har_redact", "har_transcript", "fixture_set", "fixture_collect"}),
)
STANDS_APART = "link"


def violations(root: Path) -> list[str]:
    """Every breach, as ``path:line: what``, in order."""
    found: list[str] = []
    for package in ("navien_proto", "navien_anyio", "navien_sync"):
        for path in sorted((root / package).rglob("*.py")):
            relative = path.relative_to(root).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"), relative)
            check = _core if package == "navien_proto" else _transport
            found += [f"{relative}:{line}: {what}" for line, what in check(relative, tree)]
    return found


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name imported, dotted: ``from a import b`` counts as ``a.b``; type-checking blocks included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level + (node.module or "")
            else:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _core(relative: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    parts = relative.removesuffix(".py").split("/")[1:]
    room = parts[0] if parts[0] != "__init__" else ""
    for line, name in _imports(tree):
        yield from ((line, what) for what in _core_import(room, name))
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            yield node.lineno, "the core awaits nothing"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = called.rpartition(".")[2] if "." in called else ""
            if called in FORBIDDEN_CALLS or method in FORBIDDEN_METHODS:
                yield node.lineno, f"the core does not call {called}()"
            elif called.startswith("random.") and called.split(".")[1] not in RANDOM_ALLOWED:
                yield node.lineno, f"randomness is injected, not drawn by {called}()"


def _core_import(room: str, name: str) -> Iterator[str]:
    top, _, rest = name.partition(".")
    if name.startswith("."):
        yield "imports are absolute"
    elif top in ("navien_anyio", "navien_sync", "tests"):
        yield f"the core does not import {top}"
    elif top == "navien_proto":
        yield from _floor(room, rest.partition(".")[0])
    elif top in FORBIDDEN_MODULES or any(name.startswith(f"{module}.") for module in FORBIDDEN_MODULES):
        if not (room == STANDS_APART and top in LINK_MAY):
            yield f"the core does not import {name}"
    elif top == "random" and rest not in ("", *RANDOM_ALLOWED):
        yield f"randomness is injected, not imported as {name}"
    elif top not in _standard_library() and top not in THIRD_PARTY.get(room, THIRD_PARTY[""]):
        yield f"{room or 'the core'} does not import {top}"


def _floor(room: str, other: str) -> Iterator[str]:
    if other in ("", room, "__version__"):
        return
    if other == STANDS_APART:
        yield "nothing else in the core imports link"
        return
    height = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    if other not in height:
        yield f"{other} is on no floor of the core"
    elif room == STANDS_APART:
        if height[other] > 1:
            yield f"link stands apart and does not import {other}"
    elif room == "":
        if height[other] > height["session"]:
            yield f"navien_proto itself does not load {other}"
    elif room not in height:
        yield f"{room} is on no floor of the core"
    elif height[other] > height[room]:
        yield f"{room} does not import {other}: that arrow runs back up"


def _transport(relative: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    sync = relative.startswith("navien_sync/")
    for line, name in _imports(tree):
        top = name.partition(".")[0]
        if sync and top in ("navien_anyio", "anyio", "asyncio", "trio"):
            yield line, f"the threaded transport does not import {top}"
        elif not sync and top == "navien_sync" and not name.startswith("navien_sync.stores"):
            yield line, "of the threaded transport, navien_anyio imports the stores alone"


def _standard_library() -> frozenset[str]:
    import sys

    return sys.stdlib_module_names
