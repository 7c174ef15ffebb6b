"""What a capture holds that this version does not know: members, numbers, messages. Pure; shows no texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from attrs import define, field

from navien_anyio.cli.contents import identities
from navien_proto.cloud.answers import Acknowledged, Answer
from navien_proto.cloud.replies import json_object
from navien_proto.errors import AuthError, CloudError, NavienError
from navien_proto.fixture_set import family_of
from navien_proto.har import MqttMessage, RestExchange, Row, answer_key
from navien_proto.model.codes import Unknown
from navien_proto.model.fields import Readings
from navien_proto.wire.known import unknown_command, unknown_members
from navien_proto.wire.messages import (
    EventMessage,
    Message,
    OtaMessage,
    RequestSeen,
    StatusMessage,
    UnknownMessage,
)

__all__ = ["Finding", "find_unknowns"]

# Messages and answers are flatter than this.
DEEPEST = 8
INDEX = re.compile(r"\[[0-9]+\]")
# Around the data of every answer (docs/protocol/rest.md section 1).
ENVELOPE = frozenset({"code", "msg", "data"})
# Another service's, with an envelope of its own.
RATES = ("GET", "/utility_rates")


@define
class Finding:
    """Something not known. ``what`` is "member", "number", "value", "message" or "undecodable".

    A value is a known member's that could not be understood. ``place`` is where it was first met, ``numbers``
    are those that were met, the first few. ``[]`` in a name stands for any item of a list.
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
        shown = f" ({', '.join(map(self._shown, self.numbers))})" if self.numbers else ""
        return f"{kind} {self.name}, {times}{shown}, first at {self.place}"

    def _shown(self, number: float) -> str:
        # Command codes are written in hexadecimal, because the high byte says what kind they are.
        command = self.what == "number" and self.name.endswith(".command")
        return f"{number:#010x}" if command and isinstance(number, int) else str(number)

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
    if result is None:
        return  # not the cloud's
    if isinstance(row.entry, RestExchange):
        yield from _of_answer(row, row.entry)
    elif isinstance(result, NavienError):
        yield "undecodable", str(result), None
    elif not isinstance(result, Answer):
        yield from _of_message(family_of(result), row.entry, result)


def _of_answer(row: Row, exchange: RestExchange) -> Iterator[tuple[str, str, object]]:
    result, name = row.result, _name(exchange)
    if isinstance(result, NavienError) and not isinstance(result, AuthError | CloudError):
        yield "undecodable", str(result), None
        return
    # Numbers of the account's records may be identities: none is told.
    if answer_key(exchange) != RATES:
        members, _ = json_object(exchange.reply.body)
        yield from (("member", f"{name}: envelope.{member}", None) for member in members if member not in ENVELOPE)
    if isinstance(result, Answer):
        yield from (("member", f"{name}: {_general(path)}", None) for path in result.extra)
        yield from (("value", f"{name}: {_general(problem.path)}", None) for problem in result.problems)
    if isinstance(result, Acknowledged) and result.data is not None:
        yield "member", f"{name}: data", None


def _of_message(name: str, source: MqttMessage, result: Message) -> Iterator[tuple[str, str, object]]:
    yield from (("value", f"{name}.{_general(problem.path)}", problem.raw) for problem in result.problems)
    if isinstance(result, UnknownMessage) or type(result) in (EventMessage, OtaMessage):
        yield "message", f"{name} on {result.topic}", None
    yield from (("number", f"{name}.{_general(path)}", number) for path, number in _unknown_numbers(result, 0))
    new = unknown_command(result)
    if new == "command" and isinstance(result, StatusMessage | RequestSeen):
        yield "number", f"{name}.command", result.command
    elif new is not None and isinstance(result, RequestSeen):
        yield "message", f"request {result.command:#010x} on {result.suffix}", None
    for path, raw in unknown_members(source.payload, result):
        first, _, rest = path.partition(".")
        # Members of a status, which is most of what comes, go by its name alone.
        below = rest.removeprefix(f"{name}.") if first in ("response", "request", "event") else f"envelope.{path}"
        yield "member", f"{name}.{_general(below)}", raw


def _general(path: str) -> str:
    """A path for every item of the lists in it."""
    return INDEX.sub("[]", path)


def _name(exchange: RestExchange) -> str:
    return " ".join(exchange.path.rstrip("/").rsplit("/", 2)[-2:])


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
