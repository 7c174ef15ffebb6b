"""Public names whose modules are loaded when they are first named (PEP 562).

A program pays, in time and memory, for what it uses: who publishes to a broker needs no decoder of statuses, and
who decodes needs no session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["loaders"]


def loaders(
    package: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and the ``__dir__`` of the package whose ``globals()`` are given.

    ``homes`` says which names each module has, with spaces between them; ``Here=There`` is a name that the module
    calls otherwise.
    """
    places: dict[str, tuple[str, str]] = {}
    for module, names in homes.items():
        for name in names.split():
            here, _, there = name.partition("=")
            places[here] = module, there or here

    def load(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        module, there = places[name]
        found = package[name] = getattr(__import__(module, fromlist=[there]), there)
        return found

    def listed() -> list[str]:
        return sorted({*package, *places})

    return load, listed
