"""Settings and commands as JSON and back: tagged by their class, and made anew through its constructor.

Only attrs classes and enumerations of this package can come back, so that a transcript from a stranger builds
nothing else.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

import attrs

from navien_proto.errors import UsageError
from navien_proto.jsontext import dumps
from navien_proto.wire import messages

__all__ = ["decode_value", "encode_value"]

TAG = "$"
TIMES = {kind.__name__: kind for kind in (datetime.datetime, datetime.date, datetime.time)}


def _unchanged(_key: str, text: str) -> str:
    return text


def encode_value(value: object, clean: Callable[[str, str], str] = _unchanged, key: str = "") -> Any:
    """``value`` as JSON; ``clean`` is called with every text in it and the name of the member it stands under.

    Raises:
        UsageError: it holds something that cannot be made anew.
    """
    match value:
        case Enum():
            return {TAG: type(value).__name__, "name": value.name}
        case None | bool() | int() | float():
            return value
        case str():
            return clean(key, value)
        case tuple():
            return [encode_value(item, clean, key) for item in value]
        case list():
            return {TAG: "list", "items": [encode_value(item, clean, key) for item in value]}
        case frozenset():
            items = [encode_value(item, clean, key) for item in value]
            return {TAG: "frozenset", "items": sorted(items, key=dumps)}
        case Decimal():
            return {TAG: "Decimal", "text": str(value)}
        case datetime.datetime() | datetime.date() | datetime.time():
            return {TAG: type(value).__name__, "text": value.isoformat()}
        case Mapping() if TAG not in value and all(isinstance(name, str) for name in value):
            return {name: encode_value(item, clean, name) for name, item in value.items()}
    if isinstance(value, type) and value in _messages().values():
        return {TAG: "class", "name": value.__name__}
    kind: type[Any] = type(value)
    if not attrs.has(kind):
        raise UsageError(f"{kind.__name__} cannot be written to a transcript")
    members = {
        field.alias: encode_value(getattr(value, field.name), clean, field.alias)
        for field in attrs.fields(kind)
        if field.init and field.alias is not None
    }
    return {TAG: kind.__name__, **members}


def decode_value(value: object) -> Any:
    """What `encode_value` was given.

    Raises:
        UsageError: it is nothing that could have been.
    """
    if isinstance(value, list):
        return tuple(map(decode_value, value))
    if not isinstance(value, dict):
        return value
    members = dict(value)
    tag = members.pop(TAG, None)
    if tag is None:
        return {name: decode_value(item) for name, item in members.items()}
    try:
        return _made(str(tag), members)
    except (TypeError, ValueError, KeyError, InvalidOperation) as error:
        reason = str(error) if isinstance(error, UsageError) else type(error).__name__
        raise UsageError(f"{tag} cannot be made of what stands there: {reason}") from None


def _made(tag: str, members: dict[str, Any]) -> Any:
    if tag in ("list", "frozenset"):
        items = map(decode_value, members["items"])
        return list(items) if tag == "list" else frozenset(items)
    if tag == "Decimal":
        return Decimal(members["text"])
    if tag in TIMES:
        return TIMES[tag].fromisoformat(members["text"])
    if tag == "class":
        return _messages()[members["name"]]
    kind = dict(_classes()).get(tag)
    if kind is None:
        raise UsageError("this version knows no such class")
    if issubclass(kind, Enum):
        return kind[members["name"]]
    return kind(**{name: decode_value(item) for name, item in members.items()})


def _messages() -> dict[str, type]:
    """The kinds of messages, which a raw command may name as its answer."""
    return {name: getattr(messages, name) for name in messages.__all__ if attrs.has(getattr(messages, name))}


def _classes() -> Iterator[tuple[str, type]]:
    """Every class that settings and commands are made of, by name."""
    # Loaded when a transcript is read: a program that only runs needs none of the seldom used commands.
    from navien_proto.model import codes, entries, schedules, tou, tou_period, weekdays
    from navien_proto.mqtt import backoff
    from navien_proto.mqtt import settings as link
    from navien_proto.session import config, edits, events
    from navien_proto.wire.commands import base, controls, firmware, queries, raw, set_point
    from navien_proto.wire.commands import schedules as written

    for module in (
        *(config, edits, backoff, link, events, codes, entries, schedules, tou, tou_period, weekdays),
        *(base, controls, firmware, queries, raw, set_point, written),
    ):
        for name, found in vars(module).items():
            ours = isinstance(found, type) and found.__module__.startswith("navien_proto.")
            if ours and (attrs.has(found) or issubclass(found, Enum)):
                yield name, found
