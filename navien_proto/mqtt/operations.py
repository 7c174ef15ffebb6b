"""What was asked of a connection and has not come to its end: waiting to be sent, or for its answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum

from attrs import define, field

from navien_proto.mqtt.client_events import Message, OperationId

__all__ = ["Book", "Operation", "Verb"]


class Verb(Enum):
    """What an operation does."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    GET_RETAINED = "get the retained message"


@define(eq=False)
class Operation:
    """One operation.

    ``numbers`` are the connection's, of what is on its way; ``codes`` what the broker answered by filter.
    ``temporary`` marks a filter that is dropped again at the end.
    """

    id: OperationId
    verb: Verb
    topics: tuple[str, ...]
    qos: int = 0
    payload: bytes = b""
    retain: bool = False
    sent: bool = False
    numbers: set[int] = field(factory=set)
    codes: dict[str, int] = field(factory=dict)
    temporary: bool = False
    found: Message | None = None


class Book:
    """Every operation that has not ended, in the order of submission."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._all: dict[OperationId, Operation] = {}
        self._waiting: OrderedDict[OperationId, Operation] = OrderedDict()
        self._by_number: dict[int, Operation] = {}
        self._in_flight = 0

    def __iter__(self) -> Iterator[Operation]:
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    @property
    def waiting(self) -> int:
        """How many wait to be sent."""
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        """How many publishes await their acknowledgement."""
        return self._in_flight

    def get(self, operation: OperationId) -> Operation | None:
        """The operation of that id, while it has not ended."""
        return self._all.get(operation)

    def add(self, operation: Operation) -> Operation | None:
        """Line an operation up; returns the oldest waiting one when there is no more room for it."""
        self._all[operation.id] = self._waiting[operation.id] = operation
        if len(self._waiting) <= self._limit:
            return None
        return next(iter(self._waiting.values()))

    def next(self) -> Operation | None:
        """The first that waits to be sent."""
        return next(iter(self._waiting.values()), None)

    def sent(self, operation: Operation, numbers: tuple[int, ...] = ()) -> None:
        """It is on its way under these numbers."""
        self._waiting.pop(operation.id, None)
        operation.sent = True
        operation.numbers.update(numbers)
        for number in numbers:
            self._by_number[number] = operation
        if operation.verb is Verb.PUBLISH:
            self._in_flight += 1

    def answered(self, number: int) -> Operation | None:
        """The operation that an answer with this number concerns."""
        operation = self._by_number.pop(number, None)
        if operation is not None:
            operation.numbers.discard(number)
        return operation

    def again(self, operation: Operation) -> None:
        """Its link was lost: it goes out again, before everything submitted after it."""
        self._unsent(operation)
        self._waiting = OrderedDict(sorted([*self._waiting.items(), (operation.id, operation)]))

    def remove(self, operation: Operation) -> None:
        """It has ended."""
        self._all.pop(operation.id, None)
        self._waiting.pop(operation.id, None)
        self._unsent(operation)

    def looking_for(self, topic: str) -> list[Operation]:
        """The looks for a retained message of this topic that are under way."""
        return [
            operation
            for operation in self._all.values()
            if operation.verb is Verb.GET_RETAINED and operation.sent and operation.topics[0] == topic
        ]

    def _unsent(self, operation: Operation) -> None:
        if operation.sent and operation.verb is Verb.PUBLISH:
            self._in_flight -= 1
        operation.sent = False
        for number in operation.numbers:
            self._by_number.pop(number, None)
        operation.numbers.clear()
