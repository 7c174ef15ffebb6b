"""What was asked of a connection and has not come to its end: waiting to be sent, or for its answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import islice

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
    """One operation, submitted at ``since`` (monotonic seconds).

    ``numbers`` are the connection's, of what is on its way, with the filters asked for; ``codes`` is what the
    broker answered by filter. ``asked`` when it was sent before, over this link or an older one.
    """

    id: OperationId
    verb: Verb
    topics: tuple[str, ...]
    qos: int = 0
    payload: bytes = b""
    retain: bool = False
    since: float = 0.0
    sent: bool = False
    asked: bool = False
    numbers: dict[int, tuple[str, ...]] = field(factory=dict)
    codes: dict[str, int] = field(factory=dict)
    found: Message | None = None


class Book:
    """Every operation that has not ended, in the order of submission."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._all: dict[OperationId, Operation] = {}
        self._waiting: OrderedDict[OperationId, Operation] = OrderedDict()
        self._by_number: dict[int, Operation] = {}
        self._looking: dict[OperationId, Operation] = {}
        self._in_flight = 0

    def __iter__(self) -> Iterator[Operation]:
        return iter(tuple(self._all.values()))

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

    def sent(self, operation: Operation, numbers: dict[int, tuple[str, ...]]) -> None:
        """It is on its way under these numbers."""
        self._waiting.pop(operation.id, None)
        operation.sent = operation.asked = True
        operation.numbers = numbers
        for number in numbers:
            self._by_number[number] = operation
        if operation.verb is Verb.PUBLISH:
            self._in_flight += 1
        elif operation.verb is Verb.GET_RETAINED:
            self._looking[operation.id] = operation

    def answered(self, number: int) -> tuple[Operation | None, tuple[str, ...]]:
        """The operation that an answer with this number concerns, and the filters that it answers."""
        operation = self._by_number.pop(number, None)
        return (None, ()) if operation is None else (operation, operation.numbers.pop(number))

    def again(self, operations: Sequence[Operation]) -> list[Operation]:
        """Their link was lost: they wait once more, before everything submitted after them.

        Returns the oldest, for which there is no room: publishes that were under way have some beside the queue's.
        """
        for operation in operations:
            self._unsent(operation)
            self._waiting[operation.id] = operation
        self._waiting = OrderedDict(sorted(self._waiting.items()))
        room = self._limit + sum(operation.verb is Verb.PUBLISH for operation in operations)
        return list(islice(self._waiting.values(), max(0, len(self._waiting) - room)))

    def remove(self, operation: Operation) -> None:
        """It has ended."""
        self._all.pop(operation.id, None)
        self._waiting.pop(operation.id, None)
        self._unsent(operation)

    def looking_for(self, topic: str) -> list[Operation]:
        """The looks for a retained message of this topic that are under way."""
        return [operation for operation in self._looking.values() if operation.topics[0] == topic]

    def _unsent(self, operation: Operation) -> None:
        if operation.sent and operation.verb is Verb.PUBLISH:
            self._in_flight -= 1
        operation.sent = False
        self._looking.pop(operation.id, None)
        for number in operation.numbers:
            self._by_number.pop(number, None)
        operation.numbers = {}
