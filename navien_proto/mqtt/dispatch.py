"""The operations of one connection to a broker: submitted, sent in order, answered, ended in one event each."""

from __future__ import annotations

from navien_proto.errors import CommandExpired, CommandRefused, LinkBroken, NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.client_events import (
    Message,
    MqttEvent,
    OperationDone,
    OperationFailed,
    OperationId,
    Outcome,
    Subscribed,
)
from navien_proto.mqtt.connection import REFUSED, Connection
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.mqtt.notices import FilterRefused, PublishSettled, SubscribeSettled
from navien_proto.mqtt.operations import Book, Operation, Verb
from navien_proto.timers import NamedTimer, Timers

__all__ = ["ClientTimer", "Dispatch"]

# A broker sends what it retained right after SUBACK; what is not here by then is not there.
RETAINED_GRACE = 1.0


class ClientTimer(NamedTimer):
    """Every deadline of a client beside those of its link; the setting is one of :class:`MqttConfig`."""

    EXPIRE = "expire", "what waited too long for a connection is no longer meant", "queue_expiry"
    RETAINED = "retained", "a broker says nothing when it keeps nothing"


class Dispatch:
    """Every operation, from ``submit`` to exactly one event. ``events`` is the machine's own."""

    def __init__(self, config: MqttConfig, connection: Connection, events: list[MqttEvent]) -> None:
        self._config = config
        self._connection = connection
        self._events = events
        self._book = Book(config.queue_limit)
        self._timers: Timers[ClientTimer | tuple[ClientTimer, OperationId]] = Timers()
        self._submitted: dict[OperationId, float] = {}
        self._last_id = 0
        self.sent = self.sent_bytes = self.received = self.received_bytes = 0

    @property
    def book(self) -> Book:
        """What has not ended, to read."""
        return self._book

    def next_timer(self) -> float | None:
        """When ``handle_timer`` is due (monotonic seconds)."""
        return self._timers.next()

    def handle_timer(self, now: Instant) -> None:
        """Act on every deadline that has come."""
        for timer in self._timers.due(now.monotonic):
            if timer is ClientTimer.EXPIRE:
                self._expire(now)
            elif isinstance(timer, tuple) and (looked := self._book.get(timer[1])) is not None:
                self._done(looked, now, looked.found)

    def submit(
        self,
        now: Instant,
        verb: Verb,
        topics: tuple[str, ...],
        qos: int,
        payload: bytes = b"",
        retain: bool = False,
    ) -> OperationId:
        """Line an operation up.

        Raises:
            LinkBroken: there is no connection, and queueing is off.
        """
        if not self._config.queue and not self._connection.ready:
            raise LinkBroken("there is no connection, and queueing is off")
        self._last_id += 1
        operation = Operation(OperationId(self._last_id), verb, topics, qos, payload, retain)
        dropped = self._book.add(operation)
        if dropped is not None:
            self.fail(dropped, CommandExpired("the queue is full; the oldest operation was dropped"), now)
        self._submitted[operation.id] = now.monotonic
        if ClientTimer.EXPIRE not in self._timers:
            self._timers.set(ClientTimer.EXPIRE, now.monotonic + self._config.queue_expiry)
        return operation.id

    def send(self, now: Instant) -> None:
        """Send what may be sent, in order; the window holds everything behind it back."""
        while (operation := self._book.next()) is not None:
            if operation.verb is Verb.PUBLISH:
                if operation.qos and self._book.in_flight >= self._config.window:
                    return
                self._publish(operation, now)
            else:
                self._ask(operation, now)

    def _publish(self, operation: Operation, now: Instant) -> None:
        topic, payload = operation.topics[0], operation.payload
        number = self._connection.publish(topic, payload, operation.qos, now, retain=operation.retain)
        self.sent += 1
        self.sent_bytes += len(payload)
        self._book.sent(operation, (number,))
        if operation.qos == 0:
            self._done(operation, now)

    def _ask(self, operation: Operation, now: Instant) -> None:
        connection = self._connection
        match operation.verb:
            case Verb.UNSUBSCRIBE:
                numbers = connection.unsubscribe(operation.topics, now)
            case Verb.SUBSCRIBE:
                numbers = connection.subscribe(operation.topics, now, qos=operation.qos)
            case _:
                known = connection.filters.get(operation.topics[0])
                operation.temporary = known is None
                numbers = connection.subscribe(
                    operation.topics, now, qos=operation.qos if known is None else known
                )
        self._book.sent(operation, numbers)
        if not numbers:
            self._done(operation, now)

    def subscribed_with_the_link(self, now: Instant) -> None:
        """What was asked for when the link before was lost has been asked for again with all the rest."""
        for operation in self._book:
            if operation.sent and operation.verb is Verb.SUBSCRIBE and not operation.numbers:
                self._granted(operation, now)

    def published(self, notice: PublishSettled, now: Instant) -> None:
        """A publish was acknowledged, refused, not sendable, or lost with its link."""
        operation = self._book.answered(notice.id)
        if operation is None:
            return
        if notice.reason is not None:
            self.fail(operation, UsageError(notice.reason), now)
        elif notice.code is None:
            self._lost(operation, now)
        elif notice.code >= REFUSED:
            error = CommandRefused(f"the broker refused the message with code {notice.code:#x}", code=notice.code)
            self.fail(operation, error, now)
        else:
            self._done(operation, now)

    def _lost(self, operation: Operation, now: Instant) -> None:
        """The link was lost before the answer."""
        if operation.qos == 2:
            sentence = "the connection was lost; the message may have been delivered, and is not sent twice"
            self.fail(operation, LinkBroken(sentence), now)
        elif self._config.queue:
            self._book.again(operation)
        else:
            self.fail(operation, LinkBroken("the connection was lost before the broker had the message"), now)

    def refused(self, notice: FilterRefused) -> None:
        """The broker refused a filter: kept for who asked for it."""
        for operation in self._book:
            if operation.verb is Verb.SUBSCRIBE and notice.filter in operation.topics:
                operation.codes[notice.filter] = notice.code

    def answered(self, notice: SubscribeSettled, now: Instant) -> None:
        """What was asked on a link that stood was answered, or lost with it."""
        operation = self._book.answered(notice.id)
        if operation is None or operation.numbers:
            return
        if notice.codes is None:
            if operation.verb is Verb.GET_RETAINED:
                self._book.again(operation)
            elif operation.verb is Verb.UNSUBSCRIBE:
                self._done(operation, now)  # on the next link it is not asked for
        elif operation.verb is Verb.GET_RETAINED and operation.found is None and not notice.codes[0] >= REFUSED:
            self._timers.set((ClientTimer.RETAINED, operation.id), now.monotonic + RETAINED_GRACE)
        elif operation.verb is Verb.SUBSCRIBE:
            self._granted(operation, now)
        else:
            self._done(operation, now, operation.found)

    def _granted(self, operation: Operation, now: Instant) -> None:
        refused = operation.codes
        if len(refused) == len(operation.topics):
            code = next(iter(refused.values()))
            error = CommandRefused(f"the broker refused the subscription with code {code:#x}", code=code)
            self._connection.unsubscribe(refused, now)
            self.fail(operation, error, now)
            return
        granted = {one: operation.qos for one in operation.topics if one not in refused}
        self._done(operation, now, Subscribed(granted, dict(refused)))

    def delivered(self, message: MessageReceived, now: Instant) -> None:
        """A message came: told, and handed to who looks for it."""
        self.received += 1
        self.received_bytes += len(message.payload)
        told = Message(now, message.topic, message.payload, message.qos, message.retain, message.duplicate)
        self._events.append(told)
        if message.retain:
            for operation in self._book.looking_for(message.topic):
                operation.found = told
                if not operation.numbers:
                    self._done(operation, now, told)

    def _expire(self, now: Instant) -> None:
        """Fail what waited too long, and wake again for the next."""
        while (operation := self._book.next()) is not None:
            due = self._submitted[operation.id] + self._config.queue_expiry
            if due > now.monotonic:
                self._timers.set(ClientTimer.EXPIRE, due)
                return
            sentence = f"the operation waited {self._config.queue_expiry:g} s for a connection; it was not sent"
            self.fail(operation, CommandExpired(sentence), now)

    def _done(self, operation: Operation, now: Instant, outcome: Outcome = None) -> None:
        self._remove(operation, now)
        self._events.append(OperationDone(now, operation.id, outcome))

    def fail(self, operation: Operation, error: NavienError, now: Instant) -> None:
        """End an operation with ``error``."""
        self._remove(operation, now)
        self._events.append(OperationFailed(now, operation.id, error))

    def fail_all(self, error: NavienError, now: Instant) -> None:
        """End everything with ``error``."""
        for operation in self._book:
            self.fail(operation, error, now)

    def _remove(self, operation: Operation, now: Instant) -> None:
        self._book.remove(operation)
        self._submitted.pop(operation.id, None)
        self._timers.cancel((ClientTimer.RETAINED, operation.id))
        if operation.temporary:
            operation.temporary = False
            self._connection.unsubscribe(operation.topics, now)
