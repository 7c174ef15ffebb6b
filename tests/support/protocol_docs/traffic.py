"""The tables of topics and of messages."""

from __future__ import annotations

import inspect
from typing import Any, get_args

from attrs import fields

from navien_proto.wire import messages, topics
from tests.support.protocol_docs.facts import facts, how_sure
from tests.support.protocol_docs.table import code, first_sentence, table

__all__ = ["message_classes", "messages_table", "topic_functions", "topics_table"]

GIVEN: dict[str, Any] = {
    "mac": "aabbccddeeff",
    "client_id": "client-0001",
    "home_seq": 12345,
    "user_seq": 67890,
    "suffix": "SUFFIX",
    "name": "NAME",
}
SHOWN = {
    "aabbccddeeff": "{mac}",
    "client-0001": "{cid}",
    "12345": "{homeSeq}",
    "67890": "{userSeq}",
    "SUFFIX": "{suffix}",
    "NAME": "{name}",
    "/52/": "/{dt}/",
}


def topic_functions() -> list[str]:
    """The functions that make topics and filters."""
    return [
        name
        for name in topics.__all__
        if name.endswith(("_topic", "_filter"))
        if "mac" in (names := inspect.signature(getattr(topics, name)).parameters) or "client_id" in names
    ]


def topics_table() -> str:
    """Every topic the code makes."""
    told = facts("topics")
    return table(
        ("form", "pattern", "function", "used for", "how sure"),
        (
            (told[name]["form"], code(_pattern(name)), code(name), told[name]["use"], how_sure(told[name], "D"))
            for name in sorted(topic_functions(), key=list(told).index)
        ),
    )


def _pattern(name: str) -> str:
    make = getattr(topics, name)
    made = make(**{one: GIVEN[one] for one in inspect.signature(make).parameters if one in GIVEN})
    for value, place in SHOWN.items():
        made = made.replace(value, place)
    return str(made)


def message_classes() -> tuple[type[messages.Received], ...]:
    """All that decoding can return."""
    return get_args(messages.Message)


def messages_table() -> str:
    """Every class of message."""
    told = facts("messages")
    common = {one.name for one in fields(messages.Received)} | {"raw"}
    return table(
        ("class", "what it is", "attributes", "section", "how sure"),
        (
            (
                code(kind.__name__),
                first_sentence(kind),
                ", ".join(code(one.name) for one in fields(kind) if one.name not in common) or "-",
                told[kind.__name__]["section"],
                how_sure(told[kind.__name__], "D"),
            )
            for kind in message_classes()
        ),
    )
