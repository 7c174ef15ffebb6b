"""Messages on their way from the simulated broker to its clients: queues, acknowledgements and rates."""

from __future__ import annotations

from attrs import evolve

from navien_proto.instant import Instant
from navien_proto.sim.broker_limits import Limits
from navien_proto.sim.broker_routes import Route
from navien_proto.sim.broker_state import BrokerTimer, BrokerTimers, Client, Delivery, Session

__all__ = ["Deliveries"]


class Deliveries:
    """The way out. QoS 1 waits its turn in the session's queue; QoS 0 goes at once or is lost."""

    __slots__ = ("_changed", "_limits", "_timers")

    def __init__(self, limits: Limits, timers: BrokerTimers) -> None:
        self._limits = limits
        self._timers = timers
        self._changed: dict[Client, None] = {}

    def note(self, client: Client) -> None:
        """Something about ``client`` wants to be looked at."""
        self._changed[client] = None

    def changed(self) -> list[Client]:
        """The clients noted since the last call."""
        changed = list(self._changed)
        self._changed.clear()
        return changed

    def spread(self, route: Route, message: Delivery, now: Instant) -> None:
        """Send ``message`` along ``route``, to each at the lower of its QoS and the one subscribed at."""
        plain = message if not message.qos else None
        for session, granted in route:
            if message.qos and granted:
                self.send(session, message, now)
            else:
                if plain is None:
                    plain = Delivery(message.topic, message.payload)
                self.send(session, plain, now)

    def send(self, session: Session, message: Delivery, now: Instant) -> None:
        """Send one message to one session. Without a connection QoS 1 is kept and QoS 0 is lost."""
        if message.qos:
            session.queue.append(message)
            self.pump(session, now)
            return
        client = session.client
        if client is not None and (
            client.internal or client.rate_out.admit(len(message.payload), self._limits, now.monotonic)
        ):
            self._hand_over(client, message)

    def pump(self, session: Session, now: Instant) -> None:
        """Let go what the session's queue holds, as far as window and rate allow."""
        client = session.client
        if client is None:
            return
        while session.queue and len(session.unacknowledged) < self._limits.unacknowledged:
            size = len(session.queue[0].payload)
            if not client.internal and not client.rate_out.admit(size, self._limits, now.monotonic):
                self._timers.set((BrokerTimer.RESUME, session), client.rate_out.until)
                return
            self._hand_over(client, session.start(session.queue.popleft()))

    def resume(self, session: Session, client: Client, now: Instant) -> None:
        """Send again, under their old ids, what was not acknowledged, and then what has been waiting."""
        for delivery in session.unacknowledged.values():
            self._hand_over(client, delivery)
        self.pump(session, now)

    def recall(self, client: Client) -> None:
        """The connection is gone: mark what had been taken as sent before, and forget the rest of the way out."""
        untaken = {delivery.id for delivery in client.outgoing}
        client.outgoing = []
        waiting = client.session.unacknowledged
        for delivery_id, delivery in waiting.items():
            if delivery_id not in untaken:
                waiting[delivery_id] = evolve(delivery, duplicate=True)

    def _hand_over(self, client: Client, delivery: Delivery) -> None:
        client.outgoing.append(delivery)
        self._changed[client] = None
