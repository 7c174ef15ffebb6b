"""A set of fixtures out of a capture, for whoever has a unit with other firmware and wants to help.

The capture is redacted first (`navien_proto.har_redact`); what is in the set has stand-ins for identities.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, frozen

from navien_proto.cloud.replies import json_object
from navien_proto.errors import DecodeError
from navien_proto.fixture_set import (
    ENDPOINTS,
    LARGEST,
    Fixture,
    MessageFixture,
    RestFixture,
    RestReply,
    RestRequest,
    title_of,
)
from navien_proto.har import MqttMessage, RestExchange, Row
from navien_proto.jsontext import loads
from navien_proto.wire.messages import ControlFailure, FeatureMessage, RequestSeen, StatusMessage

__all__ = ["Collected", "Sort", "collect"]

KEPT_HEADERS = ("content-type", "date", "retry-after")
SOURCE = "a capture, identities replaced by navien capture fixtures"


@define
class Sort:
    """How many entries of one title a capture has, and how many of them were taken."""

    title: str
    seen: int = 0
    taken: int = 0


@frozen
class Collected:
    """Fixtures by name, how many of which sort there were, and how many entries make none."""

    fixtures: Mapping[str, Fixture]
    sorts: tuple[Sort, ...]
    left_out: int


def collect(rows: Iterable[Row], *, everything: bool = False) -> Collected:
    """A set of fixtures of the decoded ``rows`` of a capture that was redacted.

    Of entries with one title, the same codes (command, modes, errors, verdicts) and the same shape (members and
    their types) the first is taken, with ``everything`` every one that differs.
    """
    fixtures: dict[str, Fixture] = {}
    sorts: dict[str, Sort] = {}
    known: set[tuple[object, ...]] = set()
    left_out = 0
    for row in rows:
        title = title_of(row)
        if title is None:
            left_out += 1
            continue
        fixture = _fixture_of(row, title)
        sort = sorts.setdefault(title, Sort(title))
        sort.seen += 1
        content = fixture.document()
        told = (title, json.dumps(content)) if everything else (title, _codes(row), _shape(content))
        if told not in known:
            known.add(told)
            sort.taken += 1
            fixtures[_free(f"{title}.{_variant(row)}", fixtures)] = fixture
    return Collected(fixtures, tuple(sorts.values()), left_out)


def _free(name: str, taken: Mapping[str, Fixture]) -> str:
    return next(one for one in _numbered(name) if one not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _variant(row: Row) -> str:
    if isinstance(row.entry, RestExchange):
        return f"http-{row.entry.reply.status}"
    command = row.result.command if isinstance(row.result, StatusMessage | RequestSeen) else None
    if command is None:
        return "seen"
    return f"{command:#010x}" if command >= 0 else "negative"


def _codes(row: Row) -> tuple[object, ...]:
    """The numbers of an entry that stand for something: what differs in one of them is another message."""
    match row.result:
        case StatusMessage(status=readings) | FeatureMessage(feature=readings):
            coded = [one.python_name for one in readings.fields if one.decoder.startswith("enum:")]
            command = row.result.command if isinstance(row.result, StatusMessage) else None
            return (command, *(getattr(readings, name) for name in coded))
        case RequestSeen(command=command, mode=mode):
            return command, mode
        case ControlFailure(code=code):
            return (code,)
    if isinstance(row.entry, RestExchange):
        return row.entry.reply.status, json_object(row.entry.reply.body)[0].get("code")
    return ()


def _shape(value: object) -> object:
    """Names and types of what is in ``value``; lists of any length of the same are equal."""
    if isinstance(value, dict):
        return tuple((name, _shape(member)) for name, member in sorted(value.items()))
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return type(value).__name__


def _fixture_of(row: Row, title: str) -> Fixture:
    entry = row.entry
    what = f"From a capture: {title}."
    if isinstance(entry, MqttMessage):
        return MessageFixture(what=what, source=SOURCE, topic=entry.topic, payload=_document(entry.payload)[0])
    method, path = next(key for key, name in ENDPOINTS.items() if title.startswith(f"{name}."))
    _, mark, query = entry.url.partition("?")
    (asked, _), (came, is_json) = _document(entry.request_body), _document(entry.reply.body)
    return RestFixture(
        what=what,
        source=SOURCE,
        request=RestRequest(method=method, path=f"{path}{mark}{query}", body=asked),
        reply=RestReply(
            status=entry.reply.status,
            headers={name: text for name, text in entry.reply.headers.items() if name in KEPT_HEADERS},
            body=came,
            text=None if is_json else entry.reply.body.decode("utf-8", "replace"),
        ),
    )


def _document(data: bytes) -> tuple[Any, bool]:
    """The JSON value ``data`` is, and whether it is one."""
    try:
        return loads(data, max_bytes=LARGEST), True
    except DecodeError:
        return None, False
