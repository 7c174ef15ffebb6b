"""Where the events of a connection go: to who waits for an operation, and to consumers of messages by filter."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import ref

from navien_proto.errors import LinkClosed, NavienError
from navien_proto.mqtt.client_events import Message, MqttClosed, MqttEvent, OperationDone, OperationFailed
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.mqtt.topics import topic_matches
from navien_proto.mqtt.traffic import Traffic
from navien_proto.mqtt.waiters import Waiters

__all__ = ["Switchboard"]

# Matching a filter takes longer than looking a topic up; who uses endless topics gets no more than that.
REMEMBERED = 10_000


class Switchboard:
    """Takes every event of one connection, in order, and spreads it.

    Mailboxes are held weakly: a consumer that is no more needs no farewell.
    """

    def __init__(self) -> None:
        self.waiters: Waiters[OperationDone, OperationFailed] = Waiters(OperationDone, OperationFailed)
        self.traffic = Traffic()
        self.closed = False
        self.error: NavienError | None = None
        self._consumers: list[tuple[ref[Mailbox[Message]], tuple[str, ...]]] = []
        self._watchers: list[ref[Mailbox[MqttEvent]]] = []
        self._routes: dict[str, tuple[ref[Mailbox[Message]], ...]] = {}

    def add(self, box: Mailbox[Message], filters: Iterable[str]) -> None:
        """Put every message from now on that one of ``filters`` takes into ``box``."""
        if self.closed:
            box.close(self.error)
            return
        self._consumers.append((ref(box), tuple(map(_unshared, filters))))
        self._routes.clear()

    def watch(self, box: Mailbox[MqttEvent]) -> None:
        """Put every event from now on that is no message and ends no operation into ``box``."""
        if self.closed:
            box.close(self.error)
        else:
            self._watchers.append(ref(box))

    def remove(self, box: Mailbox[Message] | Mailbox[MqttEvent]) -> None:
        """Nothing more for ``box``; what it has can still be taken."""
        self._consumers = [entry for entry in self._consumers if entry[0]() not in (None, box)]
        self._watchers = [kept for kept in self._watchers if kept() not in (None, box)]
        self._routes.clear()
        box.close()

    def wanted(self, topic_filter: str) -> bool:
        """Whether a consumer of ``topic_filter`` is there."""
        wanted = _unshared(topic_filter)
        return any(box() is not None and wanted in filters for box, filters in self._consumers)

    def consumers(self, topic: str) -> int:
        """How many consumers take messages of ``topic``."""
        return sum(box() is not None for box in self._routes_of(topic))

    def deliver(self, event: MqttEvent) -> None:
        """Take one event of the connection."""
        if isinstance(event, Message):
            self.traffic.received(event.topic, len(event.payload), event.at)
            routes = self._routes.get(event.topic)
            for kept in self._routes_of(event.topic) if routes is None else routes:
                box = kept()
                if box is not None:
                    box.put(event)
            return
        if isinstance(event, OperationDone | OperationFailed):
            self.waiters.take(event)
            return
        for watcher in self._watchers:
            watching = watcher()
            if watching is not None:
                watching.put(event)
        if isinstance(event, MqttClosed):
            self.close(event.error)

    def close(self, error: NavienError | None) -> None:
        """The connection is over; ``error`` is why, unless it was closed by us. Only the first call counts."""
        if self.closed:
            return
        self.closed, self.error = True, error
        for kept, _ in self._consumers:
            if (box := kept()) is not None:
                box.close(error)
        for watcher in self._watchers:
            if (watching := watcher()) is not None:
                watching.close(error)
        self._consumers.clear()
        self._watchers.clear()
        self._routes.clear()
        self.waiters.give_up(error or LinkClosed("the connection was closed"))

    def _routes_of(self, topic: str) -> tuple[ref[Mailbox[Message]], ...]:
        found = self._routes.get(topic)
        if found is None:
            found = tuple(
                box for box, filters in self._consumers if any(topic_matches(one, topic) for one in filters)
            )
            if len(self._routes) >= REMEMBERED:
                self._routes.clear()
            self._routes[topic] = found
        return found


def _unshared(topic_filter: str) -> str:
    """By which filter messages come: a shared subscription names its group before it (MQTT 5 section 4.8.2)."""
    parts = topic_filter.split("/", 2)
    return parts[2] if parts[0] == "$share" and len(parts) == 3 else topic_filter
