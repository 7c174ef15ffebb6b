"""Who may do what at the simulated broker."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from attrs import frozen

__all__ = ["ALLOW_ALL", "Policy", "PolicyTable"]


class Policy(Protocol):
    """What the broker asks before it does something for a client; any object with these methods will do.

    A refused subscription is answered with 0x80; every other refusal ends the connection
    (``docs/protocol/mqtt.md`` section 2, what failures look like).
    """

    def may_connect(self, client_id: str) -> bool:
        """Whether a client may use this id."""

    def may_publish(self, client_id: str, topic: str) -> bool:
        """Whether the client may publish to ``topic``."""

    def may_retain(self, client_id: str, topic: str) -> bool:
        """Whether it may do so with RETAIN set, given that it may publish there."""

    def may_subscribe(self, client_id: str, topic_filter: str) -> bool:
        """Whether the client may subscribe to ``topic_filter``."""


@frozen(kw_only=True)
class PolicyTable:
    """A policy as lists of patterns, in the manner of AWS: a denial is stronger than a permission.

    In a pattern ``*`` stands for any text and ``?`` for any one character. ``+`` and ``#`` are letters like
    any other: to allow a subscription to ``a/#``, allow ``a/#`` or ``a/*``.
    """

    connect: tuple[str, ...] = ("*",)
    publish: tuple[str, ...] = ("*",)
    publish_denied: tuple[str, ...] = ()
    retain: tuple[str, ...] = ("*",)
    subscribe: tuple[str, ...] = ("*",)
    subscribe_denied: tuple[str, ...] = ()

    def may_connect(self, client_id: str) -> bool:
        """Whether ``connect`` has a pattern for it."""
        return _listed(client_id, self.connect)

    def may_publish(self, client_id: str, topic: str) -> bool:  # noqa: ARG002
        """Whether ``publish`` has a pattern for the topic and ``publish_denied`` has none."""
        return _listed(topic, self.publish) and not _listed(topic, self.publish_denied)

    def may_retain(self, client_id: str, topic: str) -> bool:  # noqa: ARG002
        """Whether ``retain`` has a pattern for the topic."""
        return _listed(topic, self.retain)

    def may_subscribe(self, client_id: str, topic_filter: str) -> bool:  # noqa: ARG002
        """Whether ``subscribe`` has a pattern for the filter and ``subscribe_denied`` has none."""
        return _listed(topic_filter, self.subscribe) and not _listed(topic_filter, self.subscribe_denied)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)


def _listed(text: str, patterns: Iterable[str]) -> bool:
    return any(pattern == "*" or _compiled(pattern).fullmatch(text) for pattern in patterns)


ALLOW_ALL = PolicyTable()
