"""One connection of a client to one broker."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from random import Random
from typing import Any

import anyio

from navien_anyio.clock import Clock
from navien_anyio.driver import Driver, LinkTask, Report
from navien_anyio.mqtt.streams import MessageStream, MqttEventStream
from navien_proto.errors import LinkBroken, LinkClosed, NavienError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps
from navien_proto.mqtt.actions import OpenLink
from navien_proto.mqtt.batch import BatchFailure, BatchResult, Outgoing, outgoing, payload_bytes
from navien_proto.mqtt.client import MqttMachine
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.client_events import (
    ConnectionStatus,
    Message,
    MqttClosed,
    MqttConnected,
    MqttEvent,
    OperationDone,
    OperationId,
    Outcome,
    Subscribed,
)
from navien_proto.mqtt.mailbox import MAILBOX_SIZE
from navien_proto.mqtt.switchboard import Switchboard
from navien_proto.mqtt.tenancy import Scope
from navien_proto.mqtt.traffic import TopicInfo

__all__ = ["MqttConnection"]

# Of a batch, this many are under way at once: enough to hide the way there and back.
BATCH_AT_ONCE = 100


class MqttConnection:
    """One connection; from :meth:`MqttClient.connect`. It reconnects by itself, and subscriptions last.

    ``name`` is what its client calls it. Topics are those of the application: where the client has a topic prefix
    for its user, it is added on the way out and taken off on the way in.
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
        self._board = Switchboard()
        self._machine = MqttMachine(
            config,
            rng=Random(secrets.randbits(128)),
            new_id=lambda: secrets.token_hex(4),
            fail_fast=not patient,
        )
        self._driver: Driver[MqttEvent] = Driver(
            self._machine,
            start=self._machine.start,
            open_link=partial(_open_link, context),
            deliver=self._deliver,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"<MqttConnection {self.name!r}, {'connected' if self.connected else 'not connected'}>"

    # --- its life ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Drive it to its end; its client does."""
        try:
            await self._driver.run()
        finally:
            self._board.close(self._driver.failure)

    async def ready(self, timeout: float | None) -> None:
        """Wait until it stands.

        Raises:
            NavienError: it ended, or ``timeout`` seconds passed; it says what was in the way.
        """
        with anyio.move_on_after(timeout):
            async with MqttEventStream(self._board) as events:
                if self.connected:
                    return
                async for event in events:
                    if isinstance(event, MqttConnected):
                        return
            raise LinkClosed("the connection was closed while it was being made")
        if not self.connected:
            raise self._machine.problem or LinkBroken("the connection took too long")

    async def close(self) -> None:
        """Close for good, within a few seconds; what has not ended is cancelled. Again does nothing."""
        self._driver.stop()
        with anyio.CancelScope(shield=True):
            await self._driver.finished.wait()

    def abort(self) -> None:
        """Cut it at once."""
        self._driver.abort()

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
        """How it stands, and what it has carried."""
        return self._machine.status(self._clock())

    def events(self) -> MqttEventStream:
        """What happens to the connection from now on: connected, disconnected, retrying, closed."""
        return MqttEventStream(self._board)

    async def over(self, within: float) -> bool:
        """Whether it ends within so many seconds."""
        with anyio.move_on_after(within):
            await self._driver.finished.wait()
        return self._driver.finished.is_set()

    # --- publishing --------------------------------------------------------------------------------------

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Publish; returns when it left (QoS 0) or when the broker has it (QoS 1 and 2).

        Without a connection it waits for one, for 300 s unless set otherwise. A cancelled wait withdraws it.

        Raises:
            UsageError: the topic is none, the payload neither bytes nor text or too large, the QoS not 0 to 2.
            LinkError: there is no connection and queueing is off; the message may have been lost (QoS 2).
            CommandRefused: the broker said no (MQTT 5 alone tells).
            CommandExpired: it waited for a connection for too long, or made room in a full queue.
        """
        body = payload_bytes(payload)
        name = self._scope.topic(topic)
        await self._operate(lambda now: self._machine.publish(name, body, now, qos=qos, retain=retain))
        self._board.traffic.sent(topic, len(body), self._clock())

    async def publish_json(self, topic: str, value: Any, *, qos: int = 0, retain: bool = False) -> None:
        """Publish ``value`` as compact JSON in UTF-8.

        Raises:
            UsageError: it is not what JSON can say; and all that :meth:`publish` raises.
        """
        await self.publish(topic, dumps(value), qos=qos, retain=retain)

    async def publish_batch(self, messages: Iterable[Outgoing | Mapping[str, Any]]) -> BatchResult:
        """Publish many; one that fails stops no other, and the result says which and why.

        Raises:
            UsageError: an entry has no topic, or a key that is unknown; nothing was published then.
        """
        batch = outgoing(messages)
        failures: list[BatchFailure] = []
        limiter = anyio.CapacityLimiter(BATCH_AT_ONCE)

        async def send(place: int, message: Outgoing) -> None:
            async with limiter:
                try:
                    await self.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)
                except NavienError as error:
                    failures.append(BatchFailure(place, message.topic, error))

        async with anyio.create_task_group() as tasks:
            for place, message in enumerate(batch):
                tasks.start_soon(send, place, message)
        failures.sort(key=lambda failure: failure.place)
        return BatchResult(len(batch) - len(failures), tuple(failures))

    # --- subscribing -------------------------------------------------------------------------------------

    async def subscribe(self, *filters: str, qos: int = 1) -> Subscribed:
        """Subscribe from now on, over every reconnect; says what the broker granted and refused.

        Raises:
            UsageError: no filter, or one that is none; the QoS is not 0 to 2.
            CommandRefused: the broker refused every one of them.
            LinkError, CommandExpired: as :meth:`publish`.
        """
        names = [self._scope.filter(one) for one in filters]
        outcome = await self._operate(lambda now: self._machine.subscribe(names, now, qos=qos))
        return self._scope.granted(outcome) if isinstance(outcome, Subscribed) else Subscribed()

    async def unsubscribe(self, *filters: str) -> None:
        """Take subscriptions back.

        Raises:
            UsageError: no filter, or one that is not subscribed.
            LinkError, CommandExpired: as :meth:`publish`.
        """
        names = [self._scope.filter(one) for one in filters]
        await self._operate(lambda now: self._machine.unsubscribe(names, now))

    @property
    def subscriptions(self) -> dict[str, int]:
        """The filters subscribed, with their QoS."""
        return self._scope.filters(self._machine.subscriptions)

    def stream(self, *filters: str, size: int = MAILBOX_SIZE) -> MessageStream:
        """The messages from now on that one of ``filters`` takes, as far as they are subscribed to."""
        return MessageStream(self._board, filters, size=size)

    @asynccontextmanager
    async def messages(
        self, *filters: str, qos: int = 1, size: int = MAILBOX_SIZE
    ) -> AsyncGenerator[MessageStream, None]:
        """Subscribe, and iterate over the messages that come; unsubscribes at the end what nobody else wants.

        At most ``size`` messages wait; a slower consumer loses the oldest, counted in the stream's ``missed``.

        Raises:
            UsageError, CommandRefused, LinkError, CommandExpired: as :meth:`subscribe`.
        """
        stream = MessageStream(self._board, filters, size=size)
        try:
            fresh = tuple(one for one in dict.fromkeys(filters) if one not in self.subscriptions)
            if fresh or not filters:
                await self.subscribe(*fresh, qos=qos)
            yield stream
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
            unwanted = [one for one in dict.fromkeys(filters) if not self._board.wanted(one)]
            left = [one for one in unwanted if one in self.subscriptions]
            if left:
                names = [self._scope.filter(one) for one in left]
                with suppress(NavienError):  # its end need not be waited for, and there may be no connection
                    self._machine.unsubscribe(names, self._clock())
                    self._driver.nudge()

    # --- what the broker keeps ---------------------------------------------------------------------------

    async def retained(self, topic: str) -> Message | None:
        """What the broker keeps for ``topic``; ``None`` when it sends nothing within a second of its answer.

        Raises:
            UsageError: the topic is none.
            CommandRefused: the broker refused to tell.
            LinkError, CommandExpired: as :meth:`publish`.
        """
        name = self._scope.topic(topic)
        outcome = await self._operate(lambda now: self._machine.get_retained(name, now))
        return self._scope.message(outcome) if isinstance(outcome, Message) else None

    async def set_retained(self, topic: str, payload: bytes | str, *, qos: int = 1) -> None:
        """Let the broker keep ``payload`` for ``topic``; as :meth:`publish` with ``retain``."""
        await self.publish(topic, payload, qos=qos, retain=True)

    async def delete_retained(self, topic: str, *, qos: int = 1) -> None:
        """Let the broker keep nothing for ``topic`` any more; as :meth:`publish` of nothing."""
        await self.publish(topic, b"", qos=qos, retain=True)

    # --- what was seen -----------------------------------------------------------------------------------

    def topic_info(self, topic: str) -> TopicInfo:
        """What this client saw of ``topic``: a broker tells nobody, so others' traffic is not in it.

        Raises:
            UsageError: the topic is none.
        """
        self._scope.topic(topic)
        return self._board.traffic.info(topic, self._board.consumers(topic))

    def topics(self, prefix: str = "", *, limit: int = 100) -> tuple[TopicInfo, ...]:
        """The topics this client saw that begin with ``prefix``, by name, at most ``limit`` of them."""
        return tuple(map(self.topic_info, self._board.traffic.topics(prefix)[:limit]))

    @property
    def traffic(self) -> tuple[int, int]:
        """How many topics were seen, and how many messages were sent today (UTC)."""
        return len(self._board.traffic), self._board.traffic.sent_today

    # --- inside ------------------------------------------------------------------------------------------

    async def _operate(self, submit: Callable[[Instant], OperationId]) -> Outcome:
        if self.closed:
            raise self._board.error or LinkClosed("the connection is closed")
        answered = anyio.Event()
        number = submit(self._clock())
        waiter = self._board.waiters.expect(number, answered.set)
        self._driver.nudge()
        try:
            await answered.wait()
        finally:
            if not waiter.done:
                self._board.waiters.forget(waiter)
                self._machine.cancel(number, self._clock())
                self._driver.nudge()
        ended: OperationDone = waiter.outcome()
        return ended.outcome

    def _deliver(self, event: MqttEvent) -> None:
        if isinstance(event, Message):
            event = self._scope.message(event)
        self._board.deliver(event)
        if isinstance(event, MqttClosed):
            self._board.close(event.error)


def _open_link(context: ssl.SSLContext | None, action: OpenLink, report: Report) -> LinkTask:
    # The codec is loaded with the first link, not with the package.
    from navien_anyio.link import Link

    return Link(action, report, context)
