"""Which filters a connection wants, which it has asked for, and how they are put into packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from attrs import frozen

__all__ = ["Asked", "Subscriptions"]

# docs/protocol/mqtt.md section 3: AWS IoT takes 8 filters a packet.
FILTERS_PER_PACKET = 8


@frozen
class Asked:
    """One SUBSCRIBE or UNSUBSCRIBE that awaits its answer; ``wanted`` tells which."""

    filters: tuple[str, ...]
    wanted: bool


class Subscriptions:
    """The filters wanted, each once with its QoS, and the questions that await an answer on the present link."""

    def __init__(self) -> None:
        self._wanted: dict[str, int] = {}
        self._asked: dict[int, Asked] = {}

    @property
    def wanted(self) -> Mapping[str, int]:
        """QoS by filter, in the order they were wanted."""
        return self._wanted

    @property
    def awaiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._asked)

    def want(self, filters: Iterable[str], qos: int) -> None:
        """Want these from now on, at that QoS."""
        self._wanted.update(dict.fromkeys(filters, qos))

    def drop(self, filters: Iterable[str]) -> None:
        """Want these no more."""
        for topic_filter in filters:
            self._wanted.pop(topic_filter, None)

    def packets(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """All that is wanted, as one QoS and at most eight filters a packet, in order."""
        for qos, group in groupby(self._wanted, key=self._wanted.__getitem__):
            for chunk in chunks(tuple(group)):
                yield qos, chunk

    def asked(self, number: int, filters: tuple[str, ...], *, wanted: bool) -> None:
        """A packet with these filters is on its way as question ``number``."""
        self._asked[number] = Asked(filters, wanted)

    def answered(self, number: int, *, wanted: bool) -> Asked | None:
        """The question that an answer of this kind ends; ``None`` when there is none."""
        asked = self._asked.get(number)
        if asked is None or asked.wanted is not wanted:
            return None
        return self._asked.pop(number)

    def unanswered(self) -> list[str]:
        """The filters that were subscribed to and whose answer is still to come."""
        return [one for asked in self._asked.values() if asked.wanted for one in asked.filters]

    def lost(self) -> list[int]:
        """The link is gone, and every question with it; returns their numbers, in order."""
        numbers = sorted(self._asked)
        self._asked.clear()
        return numbers


def chunks(filters: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """``filters`` in pieces of at most eight."""
    for start in range(0, len(filters), FILTERS_PER_PACKET):
        yield filters[start : start + FILTERS_PER_PACKET]
