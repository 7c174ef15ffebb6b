"""Reading the members of a REST answer: any may be absent, any may be of another type, none is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from navien_proto.jsontext import OutOfRange
from navien_proto.model.fields import Problem

__all__ = ["Members", "Notes"]

T = TypeVar("T")


class Notes:
    """What was noticed while one answer was read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._readers: list[Members] = []

    def members(self, value: object, path: str = "") -> Members:
        """A reader of the object ``value``; one without members when it is no object, which is noted."""
        if not isinstance(value, Mapping):
            if value is not None:
                self.problems.append(Problem(path, value, "expected an object"))
            value = {}
        reader = Members(value, path, self)
        self._readers.append(reader)
        return reader

    def extra(self) -> dict[str, object]:
        """The members that nobody asked for, by path: what the cloud sends and this code does not know yet."""
        return {name: value for reader in self._readers for name, value in reader.unread()}


class Members:
    """The members of one JSON object.

    A member that is absent or null reads as ``None``; one of another type too, and is noted as a problem.
    """

    def __init__(self, values: Mapping[str, object], path: str, notes: Notes) -> None:
        self._values = values
        self._path = path
        self._notes = notes
        self._read: set[str] = set()

    def anything(self, name: str) -> object:
        """The member as it came."""
        self._read.add(name)
        return self._values.get(name)

    def text(self, name: str) -> str | None:
        """A text."""
        return self._of(name, _is_text, "expected text")

    def whole(self, name: str) -> int | None:
        """A whole number of at most 64 bits."""
        return self._of(name, _is_whole, "expected a whole number")

    def number(self, name: str) -> float | None:
        """A number."""
        found = self._of(name, _is_number, "expected a number")
        return None if found is None else float(found)

    def flag(self, name: str) -> bool | None:
        """A device flag: 2 is on, 1 off, 0 unknown."""
        found = self.whole(name)
        if found is not None and found not in (0, 1, 2):
            self.note(name, found, "expected 0, 1 or 2")
        return {1: False, 2: True}.get(found or 0)

    def members(self, name: str) -> Members:
        """An object; one without members when it is absent."""
        return self._notes.members(self.anything(name), self.path(name))

    def each(self, name: str) -> Iterator[Members]:
        """The objects of a list; none when it is absent. What is no object in it is noted and left out."""
        yield from objects(self.anything(name), self.path(name), self._notes)

    def path(self, name: str) -> str:
        """Where the member stands in the answer."""
        return f"{self._path}.{name}" if self._path else name

    def note(self, name: str, raw: object, reason: str) -> None:
        """Note a problem of the member."""
        self._notes.problems.append(Problem(self.path(name), raw, reason))

    def unread(self) -> Iterator[tuple[str, object]]:
        """Path and value of every member that was not asked for."""
        return ((self.path(name), value) for name, value in self._values.items() if name not in self._read)

    def _of(self, name: str, check: Callable[[object], T | None], reason: str) -> T | None:
        raw = self.anything(name)
        if raw is None:
            return None
        found = check(raw)
        if found is None:
            self.note(name, raw, reason)
        return found


def objects(value: object, path: str, notes: Notes) -> Iterator[Members]:
    """A reader for each object in the list ``value``."""
    if not isinstance(value, list):
        if value is not None:
            notes.problems.append(Problem(path, value, "expected a list"))
        return
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if isinstance(item, Mapping):
            yield notes.members(item, place)
        else:
            notes.problems.append(Problem(place, item, "expected an object"))


def _is_text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _is_whole(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool | OutOfRange) else None


def _is_number(raw: object) -> int | float | None:
    return raw if isinstance(raw, float) else _is_whole(raw)
