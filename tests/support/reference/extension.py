"""Griffe's view of the packages, completed: readable docstrings, and the arguments of attrs classes.

mkdocs loads this file by its path, so that it can import nothing from beside it; hence ``runpy``.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

__all__ = ["PackagesInWords"]

readable = runpy.run_path(str(Path(__file__).with_name("roles.py")))["readable"]
DECORATORS = ("frozen", "define", "attrs.frozen", "attrs.define")
FIELDS = ("field", "attrs.field")
KEYWORDS = griffe.ParameterKind.keyword_only
EITHER = griffe.ParameterKind.positional_or_keyword


class PackagesInWords(griffe.Extension):
    """Goes through a package once it is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Change what mkdocstrings is going to show."""
        for thing in _things(pkg):
            if thing.docstring is not None:
                thing.docstring.value = readable(thing.docstring.value)
            if isinstance(thing, griffe.Class) and "__init__" not in thing.members and _attrs(thing) is not None:
                _complete(thing)


def _things(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Object]:
    yield parent
    for member in list(parent.members.values()):
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _things(member)
        elif isinstance(member, griffe.Object):
            yield member


def _attrs(kind: griffe.Class) -> str | None:
    """The arguments of the decorator of an attrs class; ``None`` when it is none."""
    for decorator in kind.decorators:
        name, _, arguments = str(decorator.value).partition("(")
        if name in DECORATORS:
            return arguments
    return None


def _complete(kind: griffe.Class) -> None:
    """Give ``kind`` the ``__init__`` that attrs will make."""
    found: dict[str, griffe.Parameter] = {}
    for one in (*reversed(kind.mro()), kind):
        given = _attrs(one)
        if given is None:
            continue
        for name, member in one.members.items():
            parameter = _parameter(name, member, given)
            if parameter is not None:
                found[parameter.name] = parameter
    ordered = sorted(found.values(), key=lambda parameter: parameter.kind is KEYWORDS)
    init = griffe.Function(
        "__init__", parameters=griffe.Parameters(griffe.Parameter("self", kind=EITHER), *ordered)
    )
    kind.set_member("__init__", init)


def _parameter(name: str, member: griffe.Object | griffe.Alias, given: str) -> griffe.Parameter | None:
    """What an attribute of a class becomes whose decorator has the arguments ``given``."""
    if not isinstance(member, griffe.Attribute) or "instance-attribute" not in member.labels:
        return None  # a ClassVar, a property, a method
    if member.annotation is None:
        return None  # another value for a ClassVar of the base
    default: Any = member.value
    keywords = "kw_only=True" in given
    if isinstance(default, griffe.ExprCall) and str(default.function) in FIELDS:
        said = {one.name: one.value for one in default.arguments if isinstance(one, griffe.ExprKeyword)}
        if str(said.get("init")) == "False":
            return None
        keywords = keywords or str(said.get("kw_only")) == "True"
        default = said.get("default") if "factory" not in said else "..."
    elif "auto_attribs=False" in given:
        return None
    return griffe.Parameter(
        name.lstrip("_"),
        annotation=member.annotation,
        kind=KEYWORDS if keywords else EITHER,
        default=default,
    )
