"""What one client saw of topics: counted here, because a broker tells nobody. Pure."""

from __future__ import annotations

from collections import OrderedDict

from attrs import define, frozen

from navien_proto.instant import Instant

__all__ = ["MOST_TOPICS", "TopicInfo", "Traffic"]

MOST_TOPICS = 10_000
"""Topics remembered; the one that was silent for longest makes room, and counts in the totals alone."""


@frozen
class TopicInfo:
    """What this client saw of one topic; ``consumers`` are its own. Bytes are those of payloads."""

    topic: str
    sent: int
    received: int
    bytes_sent: int
    bytes_received: int
    last: Instant | None
    consumers: int = 0


@define
class _Count:
    sent: int = 0
    received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    last: Instant | None = None


class Traffic:
    """Messages by topic, and of the present day (UTC)."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._day: tuple[int, int] = (0, 0)
        self.sent_today = 0

    def __len__(self) -> int:
        return len(self._counts)

    def received(self, topic: str, size: int, at: Instant) -> None:
        """A message came."""
        count = self._count(topic)
        count.received += 1
        count.bytes_received += size
        count.last = at

    def sent(self, topic: str, size: int, at: Instant) -> None:
        """A message came to its end as wished."""
        count = self._count(topic)
        count.sent += 1
        count.bytes_sent += size
        count.last = at
        day = (at.utc.year, at.utc.timetuple().tm_yday)
        if day != self._day:
            self._day, self.sent_today = day, 0
        self.sent_today += 1

    def info(self, topic: str, consumers: int = 0) -> TopicInfo:
        """What was seen of ``topic``; zeros when nothing was."""
        count = self._counts.get(topic, _Count())
        return TopicInfo(
            topic,
            count.sent,
            count.received,
            count.bytes_sent,
            count.bytes_received,
            count.last,
            consumers,
        )

    def topics(self, prefix: str = "") -> list[str]:
        """The topics seen that begin with ``prefix``, in order of their names."""
        return sorted(topic for topic in self._counts if topic.startswith(prefix))

    def _count(self, topic: str) -> _Count:
        count = self._counts.get(topic)
        if count is None:
            if len(self._counts) == MOST_TOPICS:
                self._counts.popitem(last=False)
            count = self._counts[topic] = _Count()
        self._counts.move_to_end(topic)
        return count
