"""One connection to any MQTT broker: what an application asks of it, and what it is told. Pure.

It stands on the same :class:`~navien_proto.mqtt.connection.Connection` as the NaviLink session and moves like it:
``start``, ``handle``, ``handle_timer`` and ``stop`` with an instant; ``actions``, ``events`` and ``next_timer``
afterwards.

Each operation ends in exactly one event. Without a link it waits for one, first in first out. A subscription stays
until it is taken back: it is made again on every link. A publish at QoS 1 that was not acknowledged when its link
was lost is sent again, so it may arrive twice; one at QoS 2 is not, so it may not have arrived: its error says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from navien_proto.errors import (
    AuthError,
    CommandCancelled,
    LinkBroken,
    LinkClosed,
    NavienError,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import MAX_PAYLOAD, LinkAction, Version
from navien_proto.mqtt.client_config import VERSIONS, MqttConfig
from navien_proto.mqtt.client_events import (
    ConnectionStatus,
    MqttClosed,
    MqttConnected,
    MqttDisconnected,
    MqttEvent,
    MqttRetrying,
    OperationId,
)
from navien_proto.mqtt.connection import Connection, LinkState
from navien_proto.mqtt.dispatch import Dispatch
from navien_proto.mqtt.inputs import ConnectSent, LinkInput, MessageReceived
from navien_proto.mqtt.notices import (
    ConnectionClosed,
    EndpointNeeded,
    FilterRefused,
    LinkDown,
    LinkUp,
    Notice,
    PublishSettled,
    RetryScheduled,
    SubscribeSettled,
)
from navien_proto.mqtt.operations import Verb
from navien_proto.mqtt.topics import check_filter, check_topic

__all__ = ["MqttMachine"]

# MQTT 3.1.1 section 3.2.2.3 and MQTT 5 section 3.2.2.2: the broker knows us, and does not let us in.
NOT_LET_IN = (4, 5, 0x86, 0x87, 0x8A)


class MqttMachine:
    """One connection to a broker; see the module docstring for how it moves.

    Args:
        config: where to, as whom, how.
        rng: the source of the backoff's jitter.
        new_id: draws a short text unique to this process, for the client id.
        fail_fast: the first failure before the connection ever stood ends it.
    """

    def __init__(
        self, config: MqttConfig, *, rng: Random, new_id: Callable[[], str], fail_fast: bool = False
    ) -> None:
        self._config = config
        self._new_id = new_id
        self._fail_fast = fail_fast
        # Brokers of every kind restart and hang up; a topic is not given up for that, as it is in the cloud.
        self._connection = Connection(config.connection, rng=rng, blame_topics=False)
        self._actions: list[LinkAction] = []
        self._events: list[MqttEvent] = []
        self._dispatch = Dispatch(config, self._connection, self._events)
        self._version: Version = VERSIONS[config.version]
        self._asked_on = 0
        self._up_since: float | None = None
        self._heard: float | None = None
        self._ever_ready = False
        self._problem: NavienError | None = None
        self._fatal: NavienError | None = None
        self.client_id = f"navien-mqtt-{new_id()}" if config.client_id is None else config.client_id
        self.closed = False

    # --- what can be read --------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the link stands and every filter is acknowledged."""
        return self._connection.ready

    @property
    def problem(self) -> NavienError | None:
        """Why there is no connection, as far as known; ``None`` while there is one."""
        return None if self.ready else self._fatal or self._problem

    @property
    def subscriptions(self) -> dict[str, int]:
        """The filters subscribed, with their QoS."""
        return self._dispatch.subscriptions

    def status(self, now: Instant) -> ConnectionStatus:
        """The connection at this moment."""
        problem = self.problem
        return ConnectionStatus(
            connected=self.ready,
            client_id=self.client_id,
            version="5" if self._version == 5 else "3.1.1",
            links=self._connection.link,
            connected_for=None if self._up_since is None else now.monotonic - self._up_since,
            silent_for=None if self._heard is None else now.monotonic - self._heard,
            messages_sent=self._dispatch.sent,
            messages_received=self._dispatch.received,
            bytes_sent=self._dispatch.sent_bytes,
            bytes_received=self._dispatch.received_bytes,
            queued=self._dispatch.book.waiting,
            in_flight=self._dispatch.book.in_flight,
            subscriptions=self.subscriptions,
            problem=None if problem is None else str(problem),
        )

    # --- what the application asks -----------------------------------------------------------------------

    def start(self, now: Instant) -> None:
        """Begin to connect. Works once."""
        self._connection.start()
        self._settle(now)

    def stop(self, now: Instant) -> None:
        """Close for good, from every state, in bounded time; what has not ended is cancelled."""
        self._dispatch.fail_all(self._fatal or CommandCancelled("the connection was closed"), now)
        self._connection.stop(now)
        self._settle(now)

    def publish(
        self, topic: str, payload: bytes, now: Instant, *, qos: int = 0, retain: bool = False
    ) -> OperationId:
        """Publish; done when it left (QoS 0) or when the broker has it (QoS 1 and 2).

        Raises:
            UsageError: the topic is none; the payload no bytes, or longer than ``MAX_PAYLOAD``; the QoS not 0 to
                2; the connection is closed.
            LinkBroken: there is no connection, and queueing is off.
        """
        check_topic(topic)
        if not isinstance(payload, bytes):
            raise UsageError(f"payload must be bytes, not {type(payload).__name__}")
        if len(payload) > MAX_PAYLOAD:
            raise UsageError(f"payload is {len(payload)} bytes long; at most {MAX_PAYLOAD} are allowed")
        return self._submit(now, Verb.PUBLISH, (topic,), _qos(qos), payload, retain)

    def subscribe(self, filters: Iterable[str], now: Instant, *, qos: int = 1) -> OperationId:
        """Subscribe to all of ``filters`` from now on; done with what the broker granted.

        Raises:
            UsageError: there is no filter, or one that is none; the QoS is not 0 to 2; the connection is closed.
            LinkBroken: there is no connection, and queueing is off.
        """
        return self._submit(now, Verb.SUBSCRIBE, _filters(filters), _qos(qos))

    def unsubscribe(self, filters: Iterable[str], now: Instant) -> OperationId:
        """Take subscriptions back.

        Raises:
            UsageError: there is no filter, or one that is not subscribed; the connection is closed.
            LinkBroken: there is no connection, and queueing is off.
        """
        chosen = _filters(filters)
        subscribed = self.subscriptions
        if any(one not in subscribed for one in chosen):
            raise UsageError("a filter that is not subscribed cannot be taken back")
        return self._submit(now, Verb.UNSUBSCRIBE, chosen, 0)

    def get_retained(self, topic: str, now: Instant) -> OperationId:
        """Ask what the broker keeps for ``topic``; done with the message, or with ``None``.

        Raises:
            UsageError: the topic is none; the connection is closed.
            LinkBroken: there is no connection, and queueing is off.
        """
        return self._submit(now, Verb.GET_RETAINED, (check_topic(topic),), 1)

    def cancel(self, operation: OperationId, now: Instant) -> None:
        """Wait no more for an operation; what was sent may still happen."""
        found = self._dispatch.book.get(operation)
        if found is not None:
            self._dispatch.fail(found, CommandCancelled("the operation was withdrawn"), now)
        self._settle(now)

    def _submit(
        self,
        now: Instant,
        verb: Verb,
        topics: tuple[str, ...],
        qos: int,
        payload: bytes = b"",
        retain: bool = False,
    ) -> OperationId:
        if self.closed or self._connection.state is LinkState.CLOSING:
            raise UsageError("the connection is closed; make a new one")
        operation = self._dispatch.submit(now, verb, topics, qos, payload, retain)
        self._settle(now)
        return operation

    # --- what the transport reports, and timers ----------------------------------------------------------

    def handle(self, report: LinkInput, now: Instant) -> None:
        """Take one report of the transport. Reports of old links change nothing."""
        if isinstance(report, ConnectSent) and report.link == self._connection.link:
            self._asked_on = report.link
        self._connection.handle(report, now)
        self._settle(now)

    def handle_timer(self, now: Instant) -> None:
        """Act on every deadline that has come."""
        self._connection.handle_timer(now)
        self._settle(now)
        self._dispatch.handle_timer(now)
        self._settle(now)

    def next_timer(self) -> float | None:
        """When to call ``handle_timer`` (monotonic seconds); ``None`` when nothing is pending."""
        mine, links = self._dispatch.next_timer(), self._connection.next_timer()
        return min((due for due in (mine, links) if due is not None), default=None)

    def actions(self) -> list[LinkAction]:
        """What the transport shall do, in order; collected once."""
        actions, self._actions = self._actions, []
        return actions

    def events(self) -> list[MqttEvent]:
        """What the application is told, in order; collected once."""
        events = self._events.copy()
        self._events.clear()
        return events

    # --- how it moves ------------------------------------------------------------------------------------

    def _settle(self, now: Instant) -> None:
        while self._connection.has_notices:
            for notice in self._connection.notices():
                self._noticed(notice, now)
        if self._dispatch.book.waiting and self._connection.ready:
            self._dispatch.send(now)
        self._actions.extend(self._connection.actions())

    def _noticed(self, notice: Notice, now: Instant) -> None:
        match notice:
            case MessageReceived():
                self._heard = now.monotonic
                self._dispatch.delivered(notice, now)
            case PublishSettled():
                self._dispatch.published(notice, now)
            case SubscribeSettled():
                self._dispatch.answered(notice, now)
            case FilterRefused():
                self._dispatch.refused(notice, now)
            case EndpointNeeded():
                self._open(now)
            case LinkUp():
                self._ever_ready, self._problem = True, None
                self._up_since = now.monotonic
                version = "5" if self._version == 5 else "3.1.1"
                self._events.append(MqttConnected(now, notice.link, notice.session_present, version))
                self._dispatch.link_up(now)
            case LinkDown():
                self._down(notice, now)
            case RetryScheduled() if self._fatal is None:
                reason = str(self._problem or "no connection")
                self._events.append(MqttRetrying(now, reason, notice.delay, notice.failures))
            case ConnectionClosed():
                self._finish(notice, now)

    def _open(self, now: Instant) -> None:
        config = self._config
        self._connection.open(
            config.endpoint,
            self.client_id,
            now,
            will=config.will,
            username=config.username,
            password=config.password,
            version=self._version,
        )

    def _down(self, notice: LinkDown, now: Instant) -> None:
        self._up_since = None
        self._dispatch.link_down(now)
        if notice.was_up:
            self._events.append(MqttDisconnected(now, notice.link, notice.reason, notice.planned))
        self._problem = LinkBroken(f"the connection to the broker failed: {notice.reason}")
        if notice.kicked and self._config.client_id is None:
            self.client_id = f"navien-mqtt-{self._new_id()}"  # somebody else has ours
        not_let_in = notice.code in NOT_LET_IN
        if not_let_in:
            self._problem = AuthError(f"the broker does not let this client in: {notice.reason}")
        elif self._version == 5 and not notice.was_up and self._asked_on == notice.link:
            # It was asked in MQTT 5 and refused, did not answer, or answered what is none.
            self._version = 4
            return
        if not self._ever_ready and (self._fail_fast or not_let_in) and not notice.planned:
            self._fatal = self._problem
            self.stop(now)

    def _finish(self, notice: ConnectionClosed, now: Instant) -> None:
        if notice.exhausted and self._fatal is None:
            self._fatal = self._problem or LinkBroken("the connection failed too often")
        self.closed = True
        self._up_since = None
        self._dispatch.fail_all(self._fatal or LinkClosed("the connection was closed"), now)
        self._events.append(MqttClosed(now, self._fatal))


def _filters(filters: Iterable[str]) -> tuple[str, ...]:
    if isinstance(filters, str):
        raise UsageError("filters must be a list of filters, not one text")
    chosen = tuple(dict.fromkeys(map(check_filter, filters)))
    if not chosen:
        raise UsageError("no filter was given")
    return chosen


def _qos(qos: int) -> int:
    if isinstance(qos, bool) or qos not in (0, 1, 2):
        raise UsageError(f"QoS is {qos!r}; it must be 0, 1 or 2")
    return qos
