"""Topic names and topic filters of MQTT: what is one, and which filter takes which topic.

MQTT 3.1.1 section 4.7 has the rules, ``docs/protocol/mqtt.md`` section 3 the narrower limits of AWS IoT.
"""

from __future__ import annotations

from navien_proto.errors import UsageError
from navien_proto.redact import redact_text

__all__ = ["MAX_TOPIC_BYTES", "check_filter", "check_topic", "has_wildcard", "topic_matches"]

# The length of a string on the wire has two bytes.
MAX_TOPIC_BYTES = 65535


def has_wildcard(topic_filter: str) -> bool:
    """Whether ``topic_filter`` can match more than the one topic that is spelt like it."""
    return "#" in topic_filter or "+" in topic_filter


def check_topic(topic: str, *, max_bytes: int = MAX_TOPIC_BYTES, max_slashes: int | None = None) -> str:
    """``topic`` itself, when a message may be published to it.

    ``max_bytes`` bounds its length in UTF-8, ``max_slashes`` its depth (``None``: any depth).

    Raises:
        UsageError: the topic is empty, holds a wildcard, NUL or half a surrogate pair, is too long or
            too deep.
    """
    _check_text("topic", topic, max_bytes, max_slashes)
    if has_wildcard(topic):
        raise UsageError(f"topic {_shown(topic)} holds a wildcard; only a filter may")
    return topic


def check_filter(topic_filter: str, *, max_bytes: int = MAX_TOPIC_BYTES, max_slashes: int | None = None) -> str:
    """``topic_filter`` itself, when it may be subscribed to.

    ``+`` and ``#`` must fill their level, and ``#`` must be the last. Bounds as for :func:`check_topic`.

    Raises:
        UsageError: the filter is empty, misplaces a wildcard, holds NUL or half a surrogate pair, is too long
            or too deep.
    """
    _check_text("filter", topic_filter, max_bytes, max_slashes)
    if not has_wildcard(topic_filter):
        return topic_filter
    levels = topic_filter.split("/")
    for place, level in enumerate(levels, start=1):
        if len(level) > 1 and has_wildcard(level):
            raise UsageError(f"filter {_shown(topic_filter)} mixes a wildcard with other text in one level")
        if level == "#" and place < len(levels):
            raise UsageError(f"filter {_shown(topic_filter)} goes on after '#', which must be its last level")
    return topic_filter


def topic_matches(topic_filter: str, topic: str, *, include_parent: bool = True) -> bool:
    """Whether a subscription to ``topic_filter`` receives what is published to ``topic``.

    A wildcard in the first level never takes a topic that begins with ``$``. By the specification ``a/#``
    takes ``a`` too; AWS IoT does not (``docs/protocol/mqtt.md`` section 3): ``include_parent=False``.
    Neither argument is validated.
    """
    if not has_wildcard(topic_filter):
        return topic_filter == topic
    if topic.startswith("$") and topic_filter[0] in "+#":
        return False
    wanted = topic_filter.split("/")
    levels = topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return place < len(levels) or include_parent
        if place == len(levels) or level not in ("+", levels[place]):
            return False
    return len(wanted) == len(levels)


def _check_text(what: str, text: object, max_bytes: int, max_slashes: int | None) -> None:
    if not isinstance(text, str):
        raise UsageError(f"{what} must be text, not {type(text).__name__}")
    if not text:
        raise UsageError(f"{what} is empty")
    if "\0" in text:
        raise UsageError(f"{what} {_shown(text)} holds NUL")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise UsageError(f"{what} {_shown(text)} holds half a surrogate pair") from None
    if size > max_bytes:
        raise UsageError(f"{what} is {size} bytes long; at most {max_bytes} are allowed")
    if max_slashes is not None and text.count("/") > max_slashes:
        raise UsageError(f"{what} {_shown(text)} has {text.count('/')} slashes; at most {max_slashes} are allowed")


def _shown(text: str) -> str:
    shown = ascii(redact_text(text))
    return shown if len(shown) <= 120 else f"{shown[:117]}..."
