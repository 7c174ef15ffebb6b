"""The rules of the simulated broker: AWS IoT's habits, without a socket, a packet or a clock.

Theory of operation. A *client* is one connection, made by :meth:`Broker.connect` and ended once, by either
side; a *session* is what belongs to a client id (subscriptions, QoS 1 messages) and outlives the connection
when the client asked for it. Every method that moves the broker takes ``now``. Afterwards collect:
:meth:`Broker.changed` (clients with something to take, and clients that were closed), :meth:`Broker.take`
(a client's deliveries, in order), :meth:`Broker.next_timer`. A closed client changes nothing any more, whoever
still holds it.

Two faces share these rules: this one, which moves messages as objects, and
:class:`~navien_proto.sim.broker_wire.BrokerConnection`, which speaks packets.

What AWS does in each case is in ``docs/protocol/mqtt.md`` sections 2 to 4. Where those leave a choice, the
harsher one is taken: a QoS 2 packet is not answered at all, a CONNECT that the policy forbids or that comes
too early is hung up on without CONNACK.
"""

from __future__ import annotations

from collections.abc import Iterable

from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Will
from navien_proto.mqtt.topics import check_filter, check_topic
from navien_proto.redact import redact_text
from navien_proto.sim.broker_delivery import Deliveries
from navien_proto.sim.broker_limits import AWS, RELAXED, Limits
from navien_proto.sim.broker_policy import ALLOW_ALL, Policy, PolicyTable
from navien_proto.sim.broker_routes import RetainedMessages, Routes
from navien_proto.sim.broker_state import (
    BrokerTimer,
    BrokerTimers,
    Cause,
    Client,
    Closed,
    ConnectResult,
    Delivery,
    PublishResult,
    Session,
)
from navien_proto.sim.packet_fields import check_text
from navien_proto.sim.packets import SUBSCRIBE_REFUSED

__all__ = [
    "ALLOW_ALL",
    "AWS",
    "RELAXED",
    "Broker",
    "Cause",
    "Client",
    "Closed",
    "ConnectResult",
    "Delivery",
    "Limits",
    "Policy",
    "PolicyTable",
    "PublishResult",
]

_ACCEPTED = 0
_IDENTIFIER_REJECTED = 2


class Broker:
    """The broker of the simulated cloud. ``policy`` holds for clients that bring none of their own."""

    def __init__(self, limits: Limits = AWS, *, policy: Policy = ALLOW_ALL) -> None:
        self.limits = limits
        self.policy = policy
        self._sessions: dict[str, Session] = {}
        self._routes = Routes(hash_takes_parent=limits.hash_takes_parent)
        self._retained = RetainedMessages(
            on_wildcards=limits.retained_on_wildcards, hash_takes_parent=limits.hash_takes_parent
        )
        self._timers = BrokerTimers()
        self._deliveries = Deliveries(limits, self._timers)
        # When each client id last connected, oldest first; forgotten once it may connect again.
        self._connected: dict[str, float] = {}
        self._invented = 0

    # Connections.

    def connect(
        self,
        client_id: str,
        now: Instant,
        *,
        clean_session: bool = True,
        keep_alive: int = 60,
        will: Will | None = None,
        policy: Policy | None = None,
    ) -> ConnectResult:
        """Let a client in, or not. ``keep_alive`` is in seconds; ``policy`` is the one of its account.

        An older connection with the same id is closed, its will published. Deliveries of a resumed session
        can be taken at once.
        """
        policy = self.policy if policy is None else policy
        if not client_id and clean_session:
            client_id = self._invent_id()
        if not self._is_identifier(client_id):
            return ConnectResult(_IDENTIFIER_REJECTED, "no such client id is possible")
        if self._too_early(client_id, now.monotonic):
            return ConnectResult(None, "the client id has connected a moment ago")
        if not policy.may_connect(client_id):
            return ConnectResult(None, "the client id is not allowed")
        if will is not None and (will.qos > 1 or self._topic_fault(will.topic) is not None):
            return ConnectResult(None, "the will cannot be published")
        self._connected[client_id] = now.monotonic

        session = self._sessions.get(client_id)
        kicked = None if session is None else session.client
        if kicked is not None:
            self._close(kicked, Closed(Cause.TAKEN_OVER, "another client connected with the same id"), now)
            session = self._sessions.get(client_id)
        if session is not None and clean_session:
            self._forget(session)
            session = None
        session_present = session is not None
        if session is None:
            session = self._sessions[client_id] = Session(client_id, clean=clean_session)

        client = session.client = Client(session, policy)
        client.will = will
        client.silence = self.limits.silence_allowed(keep_alive)
        self._timers.cancel((BrokerTimer.EXPIRY, session))
        if self.limits.lifetime is not None:
            self._timers.set((BrokerTimer.LIFETIME, client), now.monotonic + self.limits.lifetime)
        self._touch(client, now)
        self._deliveries.resume(session, client, now)
        return ConnectResult(_ACCEPTED, "", client, session_present, kicked)

    def attach(self, client_id: str) -> Client:
        """A client inside the simulation, such as a heater: no policy, no timers, no rates, never kicked.

        Its id may be anything and takes no other client's place. Whatever it subscribes to is served at QoS 0.
        Where another client would be thrown out, it meets :class:`~navien_proto.errors.UsageError`: the
        simulation itself is wrong.
        """
        session = Session(client_id, clean=True)
        session.client = Client(session, ALLOW_ALL, internal=True)
        return session.client

    def disconnect(self, client: Client, now: Instant, *, orderly: bool = True) -> None:
        """The client is gone: by DISCONNECT, which discards its will, or without (``orderly=False``)."""
        if client.closed is not None:
            return
        if orderly:
            client.will = None
            self._close(client, Closed(Cause.DISCONNECTED, "the client sent DISCONNECT"), now)
        else:
            self._close(client, Closed(Cause.LOST, "the stream ended without DISCONNECT"), now)

    def close(
        self, client: Client, now: Instant, *, cause: Cause = Cause.SERVER, sentence: str = "closed by the broker"
    ) -> None:
        """Throw the client out; its will is published. Nothing happens when it is closed already."""
        if client.closed is None:
            self._close(client, Closed(cause, redact_text(sentence)), now)

    def restart(self, now: Instant) -> None:
        """Go away and come back with nothing remembered: every client is closed, every session forgotten."""
        for client in self.clients():
            self._close(client, Closed(Cause.SERVER, "the broker restarted"), now)
        for session in tuple(self._sessions.values()):
            self._forget(session)
        self._connected.clear()

    def change_policy(self, policy: Policy) -> None:
        """From now on ``policy`` holds for clients that brought none of their own, those that stand included."""
        for client in self.clients():
            if client.policy is self.policy:
                client.policy = policy
        self.policy = policy

    def activity(self, client: Client, now: Instant) -> None:
        """The client sent something that asks for nothing else (PINGREQ): it is alive."""
        if client.closed is None:
            self._touch(client, now)

    def find(self, client_id: str) -> Client | None:
        """The standing connection with this id, if there is one (internal ones are not found)."""
        session = self._sessions.get(client_id)
        return None if session is None else session.client

    def clients(self) -> tuple[Client, ...]:
        """Every standing connection but the internal ones."""
        return tuple(session.client for session in self._sessions.values() if session.client is not None)

    # Messages.

    def publish(
        self, client: Client, topic: str, payload: bytes, now: Instant, *, qos: int = 0, retain: bool = False
    ) -> PublishResult:
        """A message from ``client`` to everybody who subscribed to ``topic``, itself included.

        Raises:
            UsageError: an internal client used an impossible topic.
        """
        if client.closed is not None:
            return PublishResult.UNANSWERED
        self._touch(client, now)
        if qos > 1:
            return PublishResult.UNANSWERED
        route = self._routes.known(topic)
        if route is None:
            fault = self._topic_fault(topic)
            if fault is not None:
                return self._refuse(client, Cause.LIMIT, fault, now)
            route = self._routes.find(topic)
        if not client.internal:
            if len(payload) > self.limits.payload:
                return self._refuse(client, Cause.LIMIT, f"a payload of {len(payload)} bytes", now)
            if not self._may_publish(client, topic, retain):
                return self._refuse(client, Cause.DENIED, f"publishing to {topic} is not allowed", now)
            if not client.rate_in.admit(len(payload), self.limits, now.monotonic):
                if self.limits.close_on_excess_rate:
                    return self._refuse(client, Cause.LIMIT, "too many publishes in a second", now)
                return PublishResult.UNANSWERED
        if retain:
            self._retained.keep(topic, payload, qos)
        self._deliveries.spread(route, Delivery(topic, payload, qos), now)
        return PublishResult.ACCEPTED

    def subscribe(
        self, client: Client, filters: Iterable[tuple[str, int]], now: Instant
    ) -> tuple[int, ...] | None:
        """Codes for SUBACK, one a filter; ``None`` when there is no answer (QoS 2, or the client was closed).

        A shared subscription (``$share/…``) is refused: it is not simulated.

        Raises:
            UsageError: an internal client used an impossible filter.
        """
        if client.closed is not None:
            return None
        self._touch(client, now)
        wishes = tuple(filters)
        limit = self.limits.filters_per_subscribe
        if not client.internal and limit is not None and len(wishes) > limit:
            self._refuse(client, Cause.LIMIT, f"{len(wishes)} filters in one SUBSCRIBE", now)
            return None
        if any(qos > 1 for _, qos in wishes):
            return None
        granted: dict[str, int] = {}
        codes = []
        for topic_filter, qos in wishes:
            fault = self._topic_fault(topic_filter, is_filter=True)
            if fault is not None:
                self._refuse(client, Cause.LIMIT, fault, now)
                return None
            if topic_filter.startswith("$share/") or not client.policy.may_subscribe(
                client.client_id, topic_filter
            ):
                codes.append(SUBSCRIBE_REFUSED)
            else:
                granted[topic_filter] = 0 if client.internal else qos
                codes.append(granted[topic_filter])
        limit = self.limits.subscriptions
        total = len(client.session.filters.keys() | granted.keys())
        if not client.internal and limit is not None and total > limit:
            self._refuse(client, Cause.LIMIT, f"{total} subscriptions", now)
            return None
        for topic_filter, qos in granted.items():
            self._routes.add(client.session, topic_filter, qos)
            for kept in self._retained.matching(topic_filter):
                delivery = Delivery(kept.topic, kept.payload, min(qos, kept.qos), retain=True)
                self._deliveries.send(client.session, delivery, now)
        return tuple(codes)

    def unsubscribe(self, client: Client, filters: Iterable[str], now: Instant) -> bool:
        """Take subscriptions back; false when the client is closed and there is nothing to answer."""
        if client.closed is not None:
            return False
        self._touch(client, now)
        for topic_filter in filters:
            self._routes.remove(client.session, topic_filter)
        return True

    def acknowledge(self, client: Client, delivery_id: int, now: Instant) -> None:
        """PUBACK for a delivery at QoS 1; an id that is not waited for changes nothing."""
        if client.closed is not None:
            return
        self._touch(client, now)
        client.session.unacknowledged.pop(delivery_id, None)
        self._deliveries.pump(client.session, now)

    # What to collect.

    def changed(self) -> list[Client]:
        """Clients that got something to :meth:`take` or were closed since the last call, in that order."""
        return self._deliveries.changed()

    def take(self, client: Client) -> list[Delivery]:
        """The deliveries for ``client``, oldest first; each is handed over once. A closed one has none."""
        outgoing, client.outgoing = client.outgoing, []
        return outgoing

    def next_timer(self) -> float | None:
        """When to call :meth:`handle_timer`, in monotonic seconds; ``None`` while there is no need."""
        return self._timers.next()

    def handle_timer(self, now: Instant) -> None:
        """Do what is due: cut off the silent, close the old, forget the expired, go on with the held back."""
        for timer, subject in self._timers.due(now.monotonic):
            if isinstance(subject, Session):
                if timer is BrokerTimer.EXPIRY:
                    self._forget(subject)
                else:
                    self._deliveries.pump(subject, now)
            elif timer is BrokerTimer.KEEP_ALIVE:
                self._close(subject, Closed(Cause.KEEP_ALIVE, f"silent for {subject.silence:g} s"), now)
            else:
                self._close(subject, Closed(Cause.LIFETIME, f"open for {self.limits.lifetime:g} s"), now)

    # Rules.

    def _touch(self, client: Client, now: Instant) -> None:
        if client.silence is not None:
            self._timers.set((BrokerTimer.KEEP_ALIVE, client), now.monotonic + client.silence)

    def _invent_id(self) -> str:
        while True:
            self._invented += 1
            if (client_id := f"auto-{self._invented}") not in self._sessions:
                return client_id

    def _is_identifier(self, client_id: str) -> bool:
        try:
            check_text("client id", client_id)
        except UsageError:
            return False
        size = len(client_id.encode())
        return 0 < size <= self.limits.client_id_bytes and not client_id.startswith("$")

    def _too_early(self, client_id: str, now: float) -> bool:
        for other, when in tuple(self._connected.items()):
            if when + self.limits.connect_interval > now:
                break
            del self._connected[other]
        return client_id in self._connected

    def _topic_fault(self, text: str, *, is_filter: bool = False) -> str | None:
        check = check_filter if is_filter else check_topic
        try:
            check(text, max_bytes=self.limits.topic_bytes, max_slashes=self.limits.slashes)
        except UsageError as fault:
            return str(fault)
        return None

    def _may_publish(self, client: Client, topic: str, retain: bool) -> bool:
        return client.policy.may_publish(client.client_id, topic) and (
            not retain or client.policy.may_retain(client.client_id, topic)
        )

    def _refuse(self, client: Client, cause: Cause, sentence: str, now: Instant) -> PublishResult:
        if client.internal:
            raise UsageError(f"a part of the simulation broke the rules of its broker: {sentence}")
        self.close(client, now, cause=cause, sentence=sentence)
        return PublishResult.CLOSED

    def _close(self, client: Client, closed: Closed, now: Instant) -> None:
        client.closed = closed
        self._timers.cancel((BrokerTimer.KEEP_ALIVE, client))
        self._timers.cancel((BrokerTimer.LIFETIME, client))
        session = client.session
        session.client = None
        self._deliveries.recall(client)
        self._deliveries.note(client)
        if session.clean:
            self._forget(session)
        elif self.limits.session_expiry is not None:
            self._timers.set((BrokerTimer.EXPIRY, session), now.monotonic + self.limits.session_expiry)
        will, client.will = client.will, None
        if will is not None and len(will.payload) <= self.limits.payload:
            self._publish_will(client, will, now)

    def _publish_will(self, client: Client, will: Will, now: Instant) -> None:
        # Its topic was looked at on CONNECT; what the policy forbids is dropped, as nobody is left to refuse.
        if not self._may_publish(client, will.topic, will.retain):
            return
        if will.retain:
            self._retained.keep(will.topic, will.payload, will.qos)
        self._deliveries.spread(self._routes.find(will.topic), Delivery(will.topic, will.payload, will.qos), now)

    def _forget(self, session: Session) -> None:
        self._routes.remove_all(session)
        self._timers.cancel((BrokerTimer.EXPIRY, session))
        self._timers.cancel((BrokerTimer.RESUME, session))
        if self._sessions.get(session.client_id) is session:
            del self._sessions[session.client_id]
