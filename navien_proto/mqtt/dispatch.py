"""The operations of one connection to a broker: submitted, sent in order, answered, ended in one event each."""

from __future__ import annotations

from collections.abc import Iterable

from navien_proto.errors import CommandExpired, CommandRefused, LinkBroken, NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.client_events import (
    Message,
    MqttEvent,
    MqttFilterRefused,
    OperationDone,
    OperationFailed,
    OperationId,
    Outcome,
    PublishDropped,
    Subscribed,
)
from navien_proto.mqtt.connection import REFUSED, Connection
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.mqtt.notices import FilterRefused, PublishSettled, SubscribeSettled
from navien_proto.mqtt.operations import Book, Operation, Verb
from navien_proto.mqtt.subscriptions import chunks
from navien_proto.timers import NamedTimer, Timers

__all__ = ["ClientTimer", "Dispatch"]

# A broker sends what it retained right after SUBACK; what is not here by then is not there.
RETAINED_GRACE = 1.0


FULL = "the queue is full; the oldest operation was dropped"


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
        # Filters that an operation brought and that are not the application's before it ended as wished.
        self._brought: dict[str, Operation] = {}
        self._last_id = 0
        self.sent = self.sent_bytes = self.received = self.received_bytes = 0

    @property
    def book(self) -> Book:
        """What has not ended, to read."""
        return self._book

    @property
    def subscriptions(self) -> dict[str, int]:
        """The application's filters, with their QoS: none that an operation under way merely asks for."""
        return {one: qos for one, qos in self._connection.filters.items() if one not in self._brought}

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
        operation = Operation(OperationId(self._last_id), verb, topics, qos, payload, retain, now.monotonic)
        dropped = self._book.add(operation)
        if dropped is not None:
            self.fail(dropped, CommandExpired(FULL), now)
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
        self._book.sent(operation, {number: ()})
        if operation.qos == 0:
            self._done(operation, now)

    def _ask(self, operation: Operation, now: Instant) -> None:
        connection, topics, qos = self._connection, operation.topics, operation.qos
        known = connection.filters
        match operation.verb:
            case Verb.UNSUBSCRIBE:
                numbers = connection.unsubscribe(topics, now)
            case Verb.SUBSCRIBE:
                # What another operation brought is from now on this one's to keep.
                self._brought.update(
                    {one: operation for one in topics if one not in known or one in self._brought}
                )
                numbers = connection.subscribe(topics, now, qos=qos)
            case _:
                if topics[0] not in known:
                    self._brought[topics[0]] = operation
                numbers = connection.subscribe(topics, now, qos=known.get(topics[0], qos))
        self._book.sent(operation, dict(zip(numbers, chunks(topics), strict=False)))
        if not numbers:
            self._done(operation, now)  # it was taken back already

    # --- the broker's answers ----------------------------------------------------------------------------

    def published(self, notice: PublishSettled, now: Instant) -> None:
        """A publish was acknowledged, refused, or not sendable. What was lost ends with ``link_down``."""
        operation, _ = self._book.answered(notice.id)
        if operation is None:
            if notice.reason is not None:
                self._events.append(PublishDropped(now, notice.reason))
        elif notice.reason is not None:
            self.fail(operation, UsageError(notice.reason), now)
        elif notice.code is None:
            pass
        elif notice.code >= REFUSED:
            error = CommandRefused(f"the broker refused the message with code {notice.code:#x}", code=notice.code)
            self.fail(operation, error, now)
        else:
            self._done(operation, now)

    def refused(self, notice: FilterRefused, now: Instant) -> None:
        """The broker refused a filter: told to who asked for it, or to everybody when it was granted before."""
        concerned = [
            one for one in self._book if one.verb is Verb.SUBSCRIBE and one.asked and notice.filter in one.topics
        ]
        for operation in concerned:
            operation.codes[notice.filter] = notice.code
        if concerned:
            # Their error tells of it; it is not asked for again on each new link.
            self._brought.pop(notice.filter, None)
            self._connection.unsubscribe([notice.filter], now)
        elif notice.filter in self._connection.filters and notice.filter not in self._brought:
            self._events.append(MqttFilterRefused(now, notice.filter, notice.code))

    def answered(self, notice: SubscribeSettled, now: Instant) -> None:
        """What was asked on a link that stood was answered. What was lost goes on with ``link_down``."""
        operation, filters = self._book.answered(notice.id)
        if operation is None or notice.codes is None:
            return
        if operation.verb is not Verb.UNSUBSCRIBE:
            operation.codes.update(zip(filters, notice.codes, strict=True))
        if operation.numbers:
            return
        if operation.verb is Verb.SUBSCRIBE:
            self._granted(operation, now)
        elif operation.verb is Verb.UNSUBSCRIBE:
            self._done(operation, now)
        elif (code := operation.codes[operation.topics[0]]) >= REFUSED:
            error = CommandRefused(f"the broker refused to tell what it keeps, with code {code:#x}", code=code)
            self.fail(operation, error, now)
        elif operation.found is not None:
            self._done(operation, now, operation.found)
        else:
            self._timers.set((ClientTimer.RETAINED, operation.id), now.monotonic + RETAINED_GRACE)

    def _granted(self, operation: Operation, now: Instant) -> None:
        codes = {one: operation.codes.get(one, operation.qos) for one in operation.topics}
        refused = {one: code for one, code in codes.items() if code >= REFUSED}
        if len(refused) == len(codes):
            code = next(iter(refused.values()))
            error = CommandRefused(f"the broker refused the subscription with code {code:#x}", code=code)
            self.fail(operation, error, now)
            return
        for one in operation.topics:
            if self._brought.get(one) is operation:
                del self._brought[one]
        self._done(operation, now, Subscribed({one: codes[one] for one in codes if one not in refused}, refused))

    def link_up(self, now: Instant) -> None:
        """What was asked for when the link before was lost has been asked for again with all the rest."""
        for operation in self._book:
            if operation.asked and operation.verb is Verb.SUBSCRIBE and not operation.sent:
                self._granted(operation, now)

    def link_down(self, now: Instant) -> None:
        """The link is gone: what it did not answer waits for the next one, as far as that is right."""
        again = []
        for operation in self._book:
            if operation.sent and operation.verb is Verb.PUBLISH and operation.qos == 2:
                sentence = "the connection was lost; the message may have been delivered, and is not sent twice"
                self.fail(operation, LinkBroken(sentence), now)
            elif operation.sent and operation.verb is Verb.UNSUBSCRIBE:
                self._done(operation, now)  # on the next link it is not asked for
            elif not self._config.queue:
                self.fail(operation, LinkBroken("the connection was lost, and queueing is off"), now)
            elif operation.sent:
                self._timers.cancel((ClientTimer.RETAINED, operation.id))
                again.append(operation)
        if again:
            for dropped in self._book.again(again):
                self.fail(dropped, CommandExpired(FULL), now)
            self._expire(now)

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

    # --- the end of each ---------------------------------------------------------------------------------

    def _expire(self, now: Instant) -> None:
        """Fail what waited too long, and wake again for the next."""
        while (operation := self._book.next()) is not None:
            due = operation.since + self._config.queue_expiry
            if due > now.monotonic:
                self._timers.set(ClientTimer.EXPIRE, due)
                return
            sentence = (
                f"the operation waited {self._config.queue_expiry:g} s for a connection, and is no longer meant"
            )
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
        self._timers.clear()

    def _remove(self, operation: Operation, now: Instant) -> None:
        self._book.remove(operation)
        if operation.verb in (Verb.SUBSCRIBE, Verb.GET_RETAINED):
            self._timers.cancel((ClientTimer.RETAINED, operation.id))
            self._take_back([one for one, by in self._brought.items() if by is operation], now)

    def _take_back(self, filters: Iterable[str], now: Instant) -> None:
        for one in filters:
            del self._brought[one]
        self._connection.unsubscribe(filters, now)
