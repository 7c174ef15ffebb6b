"""One user's part of a broker's topics: everything below a level of its own, or all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from navien_proto.errors import UsageError
from navien_proto.mqtt.client_events import Message, Subscribed
from navien_proto.mqtt.topics import check_filter, check_topic

__all__ = ["Scope"]


class Scope:
    """The way between an application's topics and the broker's.

    ``prefix`` is one level, or ``None`` for all topics. What an application names lies below it: a topic has no
    way up.

    Raises:
        UsageError: the prefix is more than one level, or holds a wildcard.
    """

    def __init__(self, prefix: str | None = None) -> None:
        if prefix is not None:
            check_topic(prefix)
            if "/" in prefix or prefix.startswith("$"):
                raise UsageError("a topic prefix is one level: without '/', not beginning with '$'")
        self._below = "" if prefix is None else f"{prefix}/"

    def topic(self, topic: str) -> str:
        """The broker's name of an application's topic.

        Raises:
            UsageError: it is none.
        """
        return self._below + check_topic(topic)

    def filter(self, topic_filter: str) -> str:
        """The broker's name of an application's filter.

        Raises:
            UsageError: it is none, or a shared subscription, which would have its own way out of the prefix.
        """
        check_filter(topic_filter)
        if self._below and topic_filter.startswith("$"):
            raise UsageError("a filter below a prefix cannot begin with '$'")
        return self._below + topic_filter

    def message(self, message: Message) -> Message:
        """A broker's message under the application's topic."""
        if not self._below:
            return message
        topic = message.topic.removeprefix(self._below)
        return Message(message.at, topic, message.payload, message.qos, message.retained, message.duplicate)

    def filters(self, filters: Mapping[str, int]) -> dict[str, int]:
        """A broker's filters by the application's names."""
        return {one.removeprefix(self._below): value for one, value in filters.items()}

    def granted(self, subscribed: Subscribed) -> Subscribed:
        """A broker's answer by the application's names."""
        return Subscribed(self.filters(subscribed.granted), self.filters(subscribed.refused))
