"""Which sessions receive a topic, and what is retained there."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from navien_proto.mqtt.topics import has_wildcard, topic_matches
from navien_proto.sim.broker_state import Session

__all__ = ["Retained", "RetainedMessages", "Route", "Routes"]

Route = tuple[tuple[Session, int], ...]

# Topics whose routes are remembered. A household has some dozens; made-up topics without end must not
# make the memory grow.
REMEMBERED = 4096


class Routes:
    """The subscriptions of all sessions, turned into routes: topic → sessions, each with its highest QoS.

    A route is worked out once and remembered until a subscription changes, which is rare beside publishing.
    """

    __slots__ = ("_exact", "_hash_takes_parent", "_known", "_wild")

    def __init__(self, *, hash_takes_parent: bool) -> None:
        self._exact: dict[str, dict[Session, int]] = {}
        self._wild: dict[str, dict[Session, int]] = {}
        self._known: dict[str, Route] = {}
        self._hash_takes_parent = hash_takes_parent

    def _table(self, topic_filter: str) -> dict[str, dict[Session, int]]:
        return self._wild if has_wildcard(topic_filter) else self._exact

    def add(self, session: Session, topic_filter: str, qos: int) -> None:
        """Subscribe ``session``; an older subscription to the same filter changes its QoS."""
        session.filters[topic_filter] = qos
        self._table(topic_filter).setdefault(topic_filter, {})[session] = qos
        self._known.clear()

    def remove(self, session: Session, topic_filter: str) -> None:
        """Take one subscription back; nothing happens when there is none."""
        if session.filters.pop(topic_filter, None) is None:
            return
        table = self._table(topic_filter)
        del table[topic_filter][session]
        if not table[topic_filter]:
            del table[topic_filter]
        self._known.clear()

    def remove_all(self, session: Session) -> None:
        """Take every subscription of ``session`` back."""
        for topic_filter in tuple(session.filters):
            self.remove(session, topic_filter)

    def known(self, topic: str) -> Route | None:
        """The remembered route of ``topic``: a topic that has one was found valid before."""
        return self._known.get(topic)

    def find(self, topic: str) -> Route:
        """The route of ``topic``, worked out and remembered."""
        found = dict(self._exact.get(topic, ()))
        for topic_filter, sessions in self._wild.items():
            if topic_matches(topic_filter, topic, include_parent=self._hash_takes_parent):
                for session, qos in sessions.items():
                    found[session] = max(qos, found.get(session, 0))
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        route = self._known[topic] = tuple(found.items())
        return route


@frozen
class Retained:
    """The message kept for a topic."""

    topic: str
    payload: bytes
    qos: int


class RetainedMessages:
    """The last message of each topic that was published with RETAIN."""

    __slots__ = ("_by_topic", "_hash_takes_parent", "_on_wildcards")

    def __init__(self, *, on_wildcards: bool, hash_takes_parent: bool) -> None:
        self._by_topic: dict[str, Retained] = {}
        self._on_wildcards = on_wildcards
        self._hash_takes_parent = hash_takes_parent

    def keep(self, topic: str, payload: bytes, qos: int) -> None:
        """Keep a message in place of the older one; an empty payload only forgets that."""
        if payload:
            self._by_topic[topic] = Retained(topic, payload, qos)
        else:
            self._by_topic.pop(topic, None)

    def matching(self, topic_filter: str) -> Iterator[Retained]:
        """What a new subscription to ``topic_filter`` is sent."""
        if not has_wildcard(topic_filter):
            if topic_filter in self._by_topic:
                yield self._by_topic[topic_filter]
        elif self._on_wildcards:
            for topic, message in self._by_topic.items():
                if topic_matches(topic_filter, topic, include_parent=self._hash_takes_parent):
                    yield message
