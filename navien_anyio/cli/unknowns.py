"""What a capture holds that this version does not know: members, numbers, messages. Pure; shows no texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from attrs import define, field

from navien_anyio.cli.contents import identities
from navien_proto.cloud.answers import Answer
from navien_proto.errors import AuthError, CloudError, NavienError
from navien_proto.har import MqttMessage, Row
from navien_proto.model.codes import Unknown
from navien_proto.model.fields import Readings
from navien_proto.wire.messages import EventMessage, FeatureMessage, OtaMessage, StatusMessage, UnknownMessage

__all__ = ["Finding", "find_unknowns"]

# Messages and answers are flatter than this.
DEEPEST = 8


@define
class Finding:
    """Something not known. ``what`` is "member", "number", "value", "message" or "undecodable".

    A value is a known member's that could not be understood. ``place`` is where it was first met, ``numbers``
    are those that were met, the first few.
    """

    what: str
    name: str
    place: str
    count: int = 0
    numbers: list[float] = field(factory=list)

    def sentence(self) -> str:
        """``unknown member status.newThing, 18 times (1, 2), first at log.entries[7]``."""
        kind = {
            "value": "value not understood:",
            "number": "unknown number in",
            "undecodable": "cannot be decoded:",
        }.get(self.what, f"unknown {self.what}")
        times = "once" if self.count == 1 else f"{self.count} times"
        shown = f" ({', '.join(f'{number:g}' for number in self.numbers)})" if self.numbers else ""
        return f"{kind} {self.name}, {times}{shown}, first at {self.place}"

    def document(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "what": self.what,
            "name": self.name,
            "count": self.count,
            "numbers": self.numbers,
            "first_at": self.place,
        }


# How many different numbers say enough.
NUMBERS = 8


def find_unknowns(rows: Iterable[Row]) -> list[Finding]:
    """What is not known in decoded ``rows``, each once, in the order it was first met."""
    rows = list(rows)
    names = identities(rows)
    found: dict[tuple[str, str], Finding] = {}
    for row in rows:
        for what, name, raw in _of(row):
            shown = names.text(name, strict=True)
            finding = found.setdefault((what, shown), Finding(what, shown, row.entry.place))
            finding.count += 1
            number = type(raw) in (int, float) or isinstance(raw, Unknown)
            if number and isinstance(raw, int | float) and len(finding.numbers) < NUMBERS:
                plain = int(raw) if isinstance(raw, int) else raw
                if plain not in finding.numbers:
                    finding.numbers.append(plain)
    return list(found.values())


def _of(row: Row) -> Iterator[tuple[str, str, object]]:
    result = row.result
    if result is None or isinstance(result, AuthError | CloudError):
        return  # not the cloud's, or its way to say no
    if isinstance(result, NavienError):
        yield "undecodable", str(result), None
        return
    name = _name(row)
    if isinstance(result, Answer):
        # Numbers of the account's records may be identities.
        yield from (("member", f"{name}: {path}", None) for path in result.extra)
        yield from (("value", f"{name}: {problem.path}", None) for problem in result.problems)
        return
    yield from (("value", f"{name}.{problem.path}", problem.raw) for problem in result.problems)
    if isinstance(result, UnknownMessage) or type(result) in (EventMessage, OtaMessage):
        yield "message", f"{name} on {result.topic}", None
    yield from (("number", f"{name}.{path}", number) for path, number in _unknown_numbers(result, 0))
    for readings in (getattr(result, "status", None), getattr(result, "feature", None)):
        if isinstance(readings, Readings):
            known = {name for field_row in readings.fields for name in (field_row.wire_name, *field_row.aliases)}
            extra = ((member, raw) for member, raw in readings.raw.items() if member not in known)
            yield from (("member", f"{name}.{member}", raw) for member, raw in extra)


def _name(row: Row) -> str:
    if isinstance(row.entry, MqttMessage):
        if isinstance(row.result, StatusMessage):
            return "status"
        if isinstance(row.result, FeatureMessage):
            return "feature"
        return type(row.result).__name__.removesuffix("Message").lower()
    return " ".join(row.entry.path.rstrip("/").rsplit("/", 2)[-2:])


def _unknown_numbers(value: object, depth: int) -> Iterator[tuple[str, Unknown]]:
    """Every number of a code that no enumeration names, by the path of attributes or wire names."""
    if isinstance(value, Readings):
        for row in value.fields:
            number = getattr(value, row.python_name)
            if isinstance(number, Unknown):
                yield row.wire_name, number
    elif depth < DEEPEST and isinstance(value, tuple | list):
        for item in value:
            yield from _unknown_numbers(item, depth + 1)
    elif depth < DEEPEST and attrs.has(kind := type(value)):
        for attribute in attrs.fields(kind):
            member = getattr(value, attribute.name)
            if isinstance(member, Unknown):
                yield attribute.name, member
            elif attribute.name in ("status", "feature"):
                yield from _unknown_numbers(member, depth + 1)
            else:
                below = _unknown_numbers(member, depth + 1)
                yield from ((f"{attribute.name}.{path}", number) for path, number in below)
