"""One connection of a client to one broker."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

from navien_proto.errors import LinkBroken, LinkClosed, NavienError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps
from navien_proto.mqtt.batch import BatchFailure, BatchResult, Outgoing, outgoing, payload_bytes
from navien_proto.mqtt.client import MqttMachine
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.client_events import (
    ConnectionStatus,
    Message,
    MqttClosed,
    MqttConnected,
    MqttEvent,
    OperationId,
    Subscribed,
)
from navien_proto.mqtt.mailbox import MAILBOX_SIZE, EventsMissed
from navien_proto.mqtt.tenancy import Scope
from navien_proto.mqtt.traffic import TopicInfo
from navien_sync.clock import Clock
from navien_sync.feeds import CallbackFeed
from navien_sync.mqtt.pump import PendingOperation, Pump
from navien_sync.mqtt.streams import Feed, MessageStream, MqttEventStream, SharedSwitchboard

__all__ = ["MessageCallback", "MqttConnection"]

# Of a batch, this many are under way at once: enough to hide the way there and back.
BATCH_AT_ONCE = 100

MessageCallback = Callable[[Message | EventsMissed], object]


class MqttConnection:
    """One connection; from :meth:`MqttClient.connect`. It reconnects by itself, and subscriptions last.

    Any thread may use it. ``name`` is what its client calls it. Topics are those of the application: where the
    client has a topic prefix for its user, it is added on the way out and taken off on the way in.
    """

    def __init__(
        self,
        name: str,
        config: MqttConfig,
        scope: Scope,
        *,
        clock: Clock,
        context: ssl.SSLContext | None,
        patient: bool,
    ) -> None:
        self.name = name
        self._scope = scope
        self._clock = clock
        self._board = SharedSwitchboard()
        self._machine = MqttMachine(
            config,
            rng=Random(secrets.randbits(128)),
            new_id=lambda: secrets.token_hex(4),
            fail_fast=not patient,
        )
        self._pump = Pump(self._machine, self._board, self._deliver, clock, context)

    def __repr__(self) -> str:
        return f"<MqttConnection {self.name!r}, {'connected' if self.connected else 'not connected'}>"

    # --- its life ----------------------------------------------------------------------------------------

    @property
    def pump(self) -> Pump:
        """The thread behind it; its client's."""
        return self._pump

    def ready(self, timeout: float | None) -> None:
        """Begin, and wait until it stands; its client does.

        Raises:
            NavienError: it ended, or ``timeout`` seconds passed; it says what was in the way.
        """
        with MqttEventStream(self._board, timeout=timeout) as events:
            self._pump.begin()
            try:
                for event in events:
                    if isinstance(event, MqttConnected):
                        return
            except TimeoutError:
                raise self._machine.problem or LinkBroken("the connection took too long") from None
        raise LinkClosed("the connection was closed while it was being made")

    def close(self) -> None:
        """Close for good, within a few seconds; what has not ended is cancelled. Again does nothing."""
        self._pump.close()

    @property
    def connected(self) -> bool:
        """Whether the link stands and every filter is acknowledged."""
        return self._machine.ready

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._board.closed

    @property
    def client_id(self) -> str:
        """As whom the broker knows it."""
        return self._machine.client_id

    def status(self) -> ConnectionStatus:
        """How it stands, and what it has carried.

        Raises:
            UsageError: this process is a fork of the one that connected.
        """
        return self._pump.ask(self._machine.status)

    def events(self, timeout: float | None = None) -> MqttEventStream:
        """What happens to the connection from now on: connected, disconnected, retrying, closed.

        Waits at most ``timeout`` seconds for each, then raises TimeoutError; ``None`` is no limit.
        """
        return MqttEventStream(self._board, timeout=timeout)

    # --- publishing --------------------------------------------------------------------------------------

    def publish(
        self,
        topic: str,
        payload: bytes | str,
        *,
        qos: int = 0,
        retain: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Publish; returns when it left (QoS 0) or when the broker has it (QoS 1 and 2).

        Without a connection it waits for one, for 300 s unless set otherwise, and for ``timeout`` seconds at most.
        An interrupted wait withdraws it.

        Raises:
            UsageError: the topic is none, the payload neither bytes nor text or too large, the QoS not 0 to 2.
            LinkError: there is no connection and queueing is off; the message may have been lost (QoS 2).
            CommandRefused: the broker said no (MQTT 5 alone tells).
            CommandExpired: it waited for a connection for too long, or made room in a full queue.
            TimeoutError: ``timeout`` seconds passed.
        """
        body = payload_bytes(payload)
        name = self._scope.topic(topic)
        self._pump.operate(lambda now: self._machine.publish(name, body, now, qos=qos, retain=retain), timeout)
        self._board.sent(topic, len(body), self._clock())

    def publish_json(
        self, topic: str, value: Any, *, qos: int = 0, retain: bool = False, timeout: float | None = None
    ) -> None:
        """Publish ``value`` as compact JSON in UTF-8.

        Raises:
            UsageError: it is not what JSON can say; and all that :meth:`publish` raises.
        """
        self.publish(topic, dumps(value), qos=qos, retain=retain, timeout=timeout)

    def publish_batch(self, messages: Iterable[Outgoing | Mapping[str, Any]]) -> BatchResult:
        """Publish many; one that fails stops no other, and the result says which and why.

        Raises:
            UsageError: an entry has no topic, or a key that is unknown; nothing was published then.
        """
        batch = outgoing(messages)
        failures: list[BatchFailure] = []
        room = threading.Semaphore(BATCH_AT_ONCE)
        under_way: list[tuple[int, Outgoing, PendingOperation]] = []
        for place, message in enumerate(batch):
            room.acquire()
            under_way.append((place, message, self._begin(message, room.release)))
        for place, message, pending in under_way:
            try:
                pending.wait()
            except NavienError as error:
                failures.append(BatchFailure(place, message.topic, error))
            else:
                self._board.sent(message.topic, len(message.payload), self._clock())
        return BatchResult(len(batch) - len(failures), tuple(failures))

    # --- subscribing -------------------------------------------------------------------------------------

    def subscribe(self, *filters: str, qos: int = 1, timeout: float | None = None) -> Subscribed:
        """Subscribe from now on, over every reconnect; says what the broker granted and refused.

        Raises:
            UsageError: no filter, or one that is none; the QoS is not 0 to 2.
            CommandRefused: the broker refused every one of them.
            LinkError, CommandExpired, TimeoutError: as :meth:`publish`.
        """
        names = [self._scope.filter(one) for one in filters]
        outcome = self._pump.operate(lambda now: self._machine.subscribe(names, now, qos=qos), timeout)
        return self._scope.granted(outcome) if isinstance(outcome, Subscribed) else Subscribed()

    def unsubscribe(self, *filters: str, timeout: float | None = None) -> None:
        """Take subscriptions back.

        Raises:
            UsageError: no filter, or one that is not subscribed.
            LinkError, CommandExpired, TimeoutError: as :meth:`publish`.
        """
        names = [self._scope.filter(one) for one in filters]
        self._pump.operate(lambda now: self._machine.unsubscribe(names, now), timeout)

    @property
    def subscriptions(self) -> dict[str, int]:
        """The filters subscribed, with their QoS."""
        return self._scope.filters(self._pump.ask(lambda _now: self._machine.subscriptions))

    @contextmanager
    def messages(
        self, *filters: str, qos: int = 1, size: int = MAILBOX_SIZE, timeout: float | None = None
    ) -> Generator[MessageStream, None, None]:
        """Subscribe, and iterate over the messages that come; unsubscribes at the end what nobody else wants.

        At most ``size`` messages wait; a slower consumer loses the oldest, counted in the stream's ``missed``.
        Each is waited for ``timeout`` seconds at most, then TimeoutError is raised; ``None`` is no limit.

        Raises:
            UsageError, CommandRefused, LinkError, CommandExpired: as :meth:`subscribe`.
        """
        stream = MessageStream(self._board, filters, size=size, timeout=timeout)
        try:
            known = self.subscriptions
            fresh = tuple(one for one in dict.fromkeys(filters) if one not in known)
            if fresh or not filters:
                self.subscribe(*fresh, qos=qos)
            yield stream
        finally:
            stream.close()
            self._pump.do(lambda now: self._drop(filters, now))

    def add_callback(self, callback: MessageCallback, *filters: str, qos: int = 1) -> CallbackFeed[Message]:
        """Subscribe, and call ``callback`` with every message that comes, in a thread for callbacks.

        It is called with one message at a time, in order, and may use the client; what it raises is logged. A slow
        one delays nobody else, and is told what it missed by an
        :class:`~navien_proto.mqtt.mailbox.EventsMissed`. ``cancel`` of the answer ends the calls; the filters stay
        subscribed until they are taken back.

        Raises:
            UsageError, CommandRefused, LinkError, CommandExpired: as :meth:`subscribe`.
        """
        feed = Feed[Message](self._board, lambda box: self._board.add(box, filters))
        calls = CallbackFeed[Message](feed, self._pump.callbacks, callback)
        try:
            self.subscribe(*filters, qos=qos)
        except BaseException:
            calls.cancel()
            raise
        return calls

    # --- what the broker keeps ---------------------------------------------------------------------------

    def retained(self, topic: str, *, timeout: float | None = None) -> Message | None:
        """What the broker keeps for ``topic``; ``None`` when it sends nothing within a second of its answer.

        Raises:
            UsageError: the topic is none.
            CommandRefused: the broker refused to tell.
            LinkError, CommandExpired, TimeoutError: as :meth:`publish`.
        """
        name = self._scope.topic(topic)
        outcome = self._pump.operate(lambda now: self._machine.get_retained(name, now), timeout)
        return self._scope.message(outcome) if isinstance(outcome, Message) else None

    def set_retained(self, topic: str, payload: bytes | str, *, qos: int = 1) -> None:
        """Let the broker keep ``payload`` for ``topic``; as :meth:`publish` with ``retain``."""
        self.publish(topic, payload, qos=qos, retain=True)

    def delete_retained(self, topic: str, *, qos: int = 1) -> None:
        """Let the broker keep nothing for ``topic`` any more; as :meth:`publish` of nothing."""
        self.publish(topic, b"", qos=qos, retain=True)

    # --- what was seen -----------------------------------------------------------------------------------

    def topic_info(self, topic: str) -> TopicInfo:
        """What this client saw of ``topic``: a broker tells nobody, so others' traffic is not in it.

        Raises:
            UsageError: the topic is none.
        """
        self._scope.topic(topic)
        return self._board.info(topic)

    def topics(self, prefix: str = "", *, limit: int = 100) -> tuple[TopicInfo, ...]:
        """The topics this client saw that begin with ``prefix``, by name, at most ``limit`` of them."""
        return self._board.infos(prefix, limit)

    @property
    def traffic(self) -> tuple[int, int]:
        """How many topics were seen, and how many messages were sent today (UTC)."""
        return self._board.totals()

    # --- inside ------------------------------------------------------------------------------------------

    def _begin(self, message: Outgoing, over: Callable[[], object]) -> PendingOperation:
        def submit(now: Instant) -> OperationId:
            topic = self._scope.topic(message.topic)
            return self._machine.publish(topic, message.payload, now, qos=message.qos, retain=message.retain)

        return self._pump.begin_operation(submit, over)

    def _drop(self, filters: tuple[str, ...], now: Instant) -> None:
        """Take back what nobody wants any more; its end need not be waited for."""
        unwanted = [self._scope.filter(one) for one in dict.fromkeys(filters) if not self._board.wanted(one)]
        left = [one for one in unwanted if one in self._machine.subscriptions]
        if left:
            self._machine.unsubscribe(left, now)

    def _deliver(self, event: MqttEvent) -> None:
        if isinstance(event, Message):
            event = self._scope.message(event)
        self._board.deliver(event)
        if isinstance(event, MqttClosed):
            self._board.close(event.error)
