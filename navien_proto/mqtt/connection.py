"""The machine that keeps one MQTT link up.

Theory of operation. A life goes round and round::

    IDLE ─start─▶ DUE ─open─▶ OPENING ─▶ CONNECTING ─▶ SUBSCRIBING ─▶ READY
                   ▲ └─fail─┐      │          │              │          │
                   │        ▼      ▼          ▼              ▼          ▼
                   └──── WAITING ◀────────── DRAINING ◀── (any end of the link)

The whole table, and how to think about it, is :mod:`navien_proto.mqtt.states`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

from attrs import evolve

from navien_proto.instant import Instant
from navien_proto.mqtt.actions import (
    CloseLink,
    Endpoint,
    OpenLink,
    Ping,
    Publish,
    Version,
    Will,
)
from navien_proto.mqtt.asking import REFUSED, Asking
from navien_proto.mqtt.backoff import MIN_CONNECT_GAP, Backoff
from navien_proto.mqtt.blame import KICKED_PAUSE, Kicks
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    PublishFailed,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.mqtt.notices import (
    ConnectionClosed,
    EndpointNeeded,
    LinkDown,
    LinkUp,
    PublishSettled,
    RetryScheduled,
    TopicRefused,
)
from navien_proto.mqtt.outbox import Outbox
from navien_proto.mqtt.publishes import Publishes
from navien_proto.mqtt.retrial import Retrials
from navien_proto.mqtt.settings import OVERDUE, ConnectionConfig, LinkTimer
from navien_proto.mqtt.states import LINK_STATES, LINK_TRANSITIONS, WITHOUT_LINK, LinkState, LinkTrigger
from navien_proto.timers import Timers

__all__ = ["REFUSED", "Connection", "ConnectionConfig", "LinkState", "LinkTimer"]

NOT_AUTHORIZED = 0x87


class Connection(Outbox):
    """Keeps one MQTT link up, subscribed and alive. Pure: see the module docstring.

    The owner calls ``start``, answers :class:`EndpointNeeded` with ``open`` or ``fail``, feeds ``handle`` and
    ``handle_timer``, and afterwards collects ``actions()``, ``notices()`` and ``next_timer()``. ``blame_topics``:
    set a topic aside for which the broker hung up twice.
    """

    def __init__(self, config: ConnectionConfig, *, rng: Random, blame_topics: bool = True) -> None:
        super().__init__()
        self._config = config
        self._rng = rng
        self._backoff = Backoff(config.reconnect, rng)
        self._timers: Timers[LinkTimer | tuple[LinkTimer, int]] = Timers()
        self._asking = Asking(self._act, self._tell, self._draw)
        self._publishes = Publishes(blame=blame_topics)
        self._retrials = Retrials()
        self._keep_alive_interval = config.keep_alive
        self._session_present = False
        self._last_in = self._last_out = 0.0
        self._last_connect: float | None = None
        self._kicks = Kicks()
        self._was_up = False
        self._next_attempt: float | None = None
        self.state = LinkState.IDLE
        self.link = 0

    # --- what the owner asks -----------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether publishing is possible now."""
        return self.state is LinkState.READY

    @property
    def failures(self) -> int:
        """Attempts that failed in a row."""
        return self._backoff.failures

    @property
    def subscribing(self) -> bool:
        """Whether the answer to a SUBSCRIBE or UNSUBSCRIBE is awaited."""
        return self._asking.awaiting

    @property
    def denied(self) -> bool:
        """Whether the broker denies a filter, or a topic to publish to: either is tried again now and then."""
        return self._asking.denied or self._publishes.denied

    @property
    def caution(self) -> float:
        """Seconds the owner leaves between two publishes of its own: 0 unless one may have ended the last link."""
        return self._publishes.caution

    @property
    def filters(self) -> Mapping[str, int]:
        """The filters subscribed on every CONNACK, with their QoS."""
        return self._asking.wanted

    def subscribe(self, filters: Iterable[str], now: Instant, *, qos: int = 1) -> tuple[int, ...]:
        """Want these filters from now on: on every CONNACK, and when ``ready`` at once.

        Returns the numbers whose :class:`SubscribeSettled` notices come; none when there is no link to ask on.
        """
        return self._asked(self._asking.want(filters, qos), now)

    def unsubscribe(self, filters: Iterable[str], now: Instant) -> tuple[int, ...]:
        """Want these filters no more; returns as ``subscribe`` does."""
        return self._asked(self._asking.drop(filters), now)

    def set_filters(self, filters: Iterable[str], now: Instant) -> None:
        """Want these filters and no others, at QoS 1: what is new is subscribed, what is gone unsubscribed."""
        wanted = tuple(dict.fromkeys(filters))
        self.unsubscribe([topic for topic in self._asking.wanted if topic not in wanted], now)
        self.subscribe([topic for topic in wanted if topic not in self._asking.wanted], now)

    def start(self) -> None:
        """Begin: asks for an endpoint. Does nothing unless IDLE."""
        if self.state is LinkState.IDLE:
            self._ask(LinkTrigger.START)

    def open(
        self,
        endpoint: Endpoint,
        client_id: str,
        now: Instant,
        *,
        will: Will | None = None,
        username: str | None = None,
        password: str | None = None,
        version: Version = 4,
    ) -> None:
        """Open a link to ``endpoint``: the answer to EndpointNeeded. Does nothing unless DUE."""
        if self.state is not LinkState.DUE:
            return
        self.link += 1
        self._last_connect = now.monotonic
        self._was_up = False
        self._kicks.opening()
        self._go(LinkTrigger.OPEN)
        self._timers.set(LinkTimer.OPEN, now.monotonic + self._config.open_timeout)
        identity = (endpoint, client_id, self._config.keep_alive, self._config.clean_session)
        self._actions.append(OpenLink(self.link, *identity, will, username, password, version))

    def fail(self, reason: str, now: Instant, *, at_least: float = 0.0) -> None:
        """No endpoint can be had: count a failure, wait at least ``at_least`` s. Does nothing unless DUE."""
        if self.state is LinkState.DUE:
            self._wait(reason, now, at_least)

    def publish(self, topic: str, payload: bytes, qos: int, now: Instant, *, retain: bool = False) -> int:
        """Publish over the present link and return the publish's id; call it only while ``ready``.

        A topic for which the broker hung up is set aside: it is answered with PublishSettled and 0x87, at any QoS.
        """
        number = self._draw()
        if not self._publishes.allowed(topic):
            self._notices.append(PublishSettled(number, NOT_AUTHORIZED))
            return number
        self._actions.append(Publish(self.link, number, topic, payload, qos, retain))
        self._last_out = now.monotonic
        self._publishes.sent(number, topic, qos, now.monotonic)
        if qos:
            self._timers.set((LinkTimer.PUBACK, number), now.monotonic + self._config.puback_timeout)
        return number

    def probe(self, now: Instant) -> None:
        """Ask the broker for a sign of life at once; without it the link ends. Does nothing unless ready."""
        if self.state is LinkState.READY and LinkTimer.PINGRESP not in self._timers:
            self._ping(now)

    def replace(self, reason: str, now: Instant, *, planned: bool = True) -> None:
        """End the present link in good order and open another. Does nothing when there is none."""
        if self.state in LINK_STATES:
            self._end(reason, now, planned=planned, abort=False)

    def stop(self, now: Instant) -> None:
        """Close for good: from every state, within the close time-out."""
        if self.state in (LinkState.CLOSING, LinkState.CLOSED):
            return
        if self.state in LINK_STATES or self.state is LinkState.DRAINING:
            already = self.state is LinkState.DRAINING
            self._go(LinkTrigger.STOP)
            self._timers.clear()
            self._timers.set(LinkTimer.CLOSE, now.monotonic + self._config.close_timeout)
            if not already:
                self._actions.append(CloseLink(self.link))
            return
        self._finish("closed", LinkTrigger.STOP)

    # --- what the transport reports ----------------------------------------------------------------------

    def handle(self, report: LinkInput, now: Instant) -> None:
        """Take one report of the transport; reports of links that are no more change nothing."""
        if report.link != self.link or self.state in WITHOUT_LINK:
            return
        self._last_in = now.monotonic
        match report:
            case MessageReceived():
                if self.state in (LinkState.SUBSCRIBING, LinkState.READY):
                    self._notices.append(report)
            case PongReceived():
                self._timers.cancel(LinkTimer.PINGRESP)
            case PublishAnswered():
                if self._publishes.answered(report.id):
                    self._timers.cancel((LinkTimer.PUBACK, report.id))
                    self._notices.append(PublishSettled(report.id, report.code))
            case ConnectSent():
                if self.state is LinkState.OPENING:
                    self._go(LinkTrigger.CONNECT)
                    self._timers.cancel(LinkTimer.OPEN)
                    self._timers.set(LinkTimer.CONNACK, now.monotonic + self._config.connack_timeout)
            case LinkOpened():
                if self.state in (LinkState.OPENING, LinkState.CONNECTING):
                    self._opened(report, now)
            case PublishFailed():
                self._publishes.answered(report.id)
                self._timers.cancel((LinkTimer.PUBACK, report.id))
                self._notices.append(PublishSettled(report.id, None, report.reason))
            case SubscribeAnswered():
                self._answered(self._asking.subscribed(report), now)
            case UnsubscribeAnswered():
                self._answered(self._asking.unsubscribed(report) or None, now)
            case LinkRefused():
                self._gone(report.reason, now, report)
            case LinkLost():
                self._gone(report.reason, now)

    def handle_timer(self, now: Instant) -> None:
        """Act on every deadline that has come."""
        for name in self._timers.due(now.monotonic):
            match name:
                case LinkTimer.RETRY:
                    self._ask(LinkTrigger.RETRY)
                case LinkTimer.CLOSE:
                    self._close_overdue(now)
                case LinkTimer.LIFETIME:
                    self._asking.forgive()
                    self._publishes.forgive()
                    self._end("planned renewal of the connection", now, planned=True, abort=False)
                case LinkTimer.STABLE:
                    self._backoff.reset()
                    self._publishes.stable()
                    if not self.denied:
                        self._retrials.over()
                case LinkTimer.RETRIAL:
                    self._try_again(now)
                case LinkTimer.KEEP_ALIVE:
                    self._keep_alive(now)
                case LinkTimer():
                    self._end(OVERDUE[name], now)
                case _:
                    self._end("the broker did not acknowledge a publish in time", now)

    def next_timer(self) -> float | None:
        """When to call ``handle_timer``: monotonic seconds, or ``None``."""
        return self._timers.next()

    # --- how it moves ------------------------------------------------------------------------------------

    def _go(self, trigger: LinkTrigger) -> None:
        self.state = LINK_TRANSITIONS[self.state, trigger]

    def _ask(self, trigger: LinkTrigger) -> None:
        self._go(trigger)
        self._notices.append(EndpointNeeded())

    def _opened(self, report: LinkOpened, now: Instant) -> None:
        self._timers.cancel(LinkTimer.OPEN)
        self._timers.cancel(LinkTimer.CONNACK)
        self._session_present = report.session_present
        self._last_out = now.monotonic
        self._kicks.connected(now.monotonic)
        self._go(LinkTrigger.CONNACK)
        self._keep_alive_interval = report.keep_alive or self._config.keep_alive
        # Also when the broker remembers the session: subscribing twice is harmless, being deaf is not.
        self._asking.begin(self.link)
        self._answered(True, now)

    def _asked(self, questions: tuple[int, ...], now: Instant) -> tuple[int, ...]:
        if questions:
            self._timers.set(LinkTimer.SUBACK, now.monotonic + self._config.suback_timeout)
        return questions

    def _answered(self, fits: bool | None, now: Instant) -> None:
        """A question was answered: wait on, or be up when it was the last."""
        if fits is None or self.state not in LINK_STATES:
            return  # nothing was asked, or the link is being closed by now
        if not fits:
            self._end("the broker answered SUBSCRIBE for another number of filters", now)
        elif self._asking.awaiting:
            self._timers.set(LinkTimer.SUBACK, now.monotonic + self._config.suback_timeout)
        else:
            self._timers.cancel(LinkTimer.SUBACK)
            if self.state is LinkState.SUBSCRIBING:
                self._up(now)
            elif self.denied and LinkTimer.RETRIAL not in self._timers:
                self._timers.set(LinkTimer.RETRIAL, now.monotonic + self._retrials.wait)

    def _up(self, now: Instant) -> None:
        config = self._config
        self._go(LinkTrigger.SUBACK)
        self._was_up = True
        self._asking.complete()
        self._timers.set(LinkTimer.KEEP_ALIVE, now.monotonic + self._keep_alive_interval)
        self._timers.set(LinkTimer.STABLE, now.monotonic + config.stable_after)
        jitter = self._rng.uniform(0.0, config.lifetime_jitter)
        self._timers.set(LinkTimer.LIFETIME, now.monotonic + config.lifetime + jitter)
        if self.denied:
            self._timers.set(LinkTimer.RETRIAL, now.monotonic + self._retrials.wait)
        self._notices.append(LinkUp(self.link, self._session_present))

    def _try_again(self, now: Instant) -> None:
        """What was denied is asked for, and said, once more; look then whether that was allowed."""
        if not self.denied:
            self._retrials.over()
            return
        self._retrials.tried()
        self._publishes.forgive()
        if self._asking.denied:
            self._asking.retry()
            self._timers.set(LinkTimer.SUBACK, now.monotonic + self._config.suback_timeout)
        self._timers.set(LinkTimer.RETRIAL, now.monotonic + self._retrials.wait)

    def _keep_alive(self, now: Instant) -> None:
        # Outbound silence makes the broker cut us; inbound silence may be a half-open link, which polling
        # at QoS 0 would never show. Whichever is longer decides.
        due = min(self._last_out, self._last_in) + self._keep_alive_interval
        if due > now.monotonic:
            self._timers.set(LinkTimer.KEEP_ALIVE, due)
            return
        self._timers.set(LinkTimer.KEEP_ALIVE, now.monotonic + self._keep_alive_interval)
        if LinkTimer.PINGRESP not in self._timers:
            self._ping(now)

    def _ping(self, now: Instant) -> None:
        self._last_out = now.monotonic
        self._actions.append(Ping(self.link))
        self._timers.set(LinkTimer.PINGRESP, now.monotonic + self._config.ping_timeout)

    def _end(self, reason: str, now: Instant, *, planned: bool = False, abort: bool = True) -> None:
        """End the link from our side and await its end."""
        self._forget()
        delay = 0.0 if planned else self._backoff.next_delay()
        self._down(LinkDown(self.link, reason, self._was_up, planned, delay), now)
        self._go(LinkTrigger.END)
        self._timers.set(LinkTimer.CLOSE, now.monotonic + self._config.close_timeout)
        self._actions.append(CloseLink(self.link, abort))

    def _gone(self, reason: str, now: Instant, refused: LinkRefused | None = None) -> None:
        """The transport says the link is no more."""
        if self.state is LinkState.CLOSING:
            self._finish(reason, LinkTrigger.ENDED)
        elif self.state is LinkState.DRAINING:
            self._after_drain(reason, now)
        else:
            kicked = self._thrown_out(now)
            self._forget()
            delay = self._backoff.next_delay(KICKED_PAUSE if kicked else 0.0)
            down = LinkDown(self.link, reason, self._was_up, retry_in=delay, kicked=kicked)
            if refused is not None:
                down = evolve(down, was_up=False, status=refused.status, code=refused.code, date=refused.date)
            self._down(down, now)
            self._after_drain(reason, now)

    def _thrown_out(self, now: Instant) -> bool:
        """The broker ended the link: blame what can be blamed. True when it was too soon, once too often."""
        if not self._asking.hung_up():
            topic = self._publishes.hung_up(now.monotonic)
            if topic is not None:
                self._notices.append(TopicRefused(topic))
        return self._kicks.ended(now.monotonic)

    def _down(self, down: LinkDown, now: Instant) -> None:
        self._notices.append(down)
        if down.retry_in is None:
            self._next_attempt = None
            return
        self._next_attempt = now.monotonic + down.retry_in
        if not down.planned:
            self._notices.append(RetryScheduled(down.retry_in, self._backoff.failures))

    def _close_overdue(self, now: Instant) -> None:
        # Abort, for a transport still saying goodbye; whatever it reports later is of a dead link.
        self._actions.append(CloseLink(self.link, abort=True))
        if self.state is LinkState.CLOSING:
            self._finish("closed", LinkTrigger.ENDED)
        else:
            self._after_drain("the link was ended", now)

    def _after_drain(self, reason: str, now: Instant) -> None:
        """The link is no more: the next attempt comes when it was planned, and not within a second of the last."""
        self._timers.cancel(LinkTimer.CLOSE)
        if self._next_attempt is None:
            self._finish(reason, LinkTrigger.EXHAUSTED)
            return
        due = max(self._next_attempt, (self._last_connect or 0.0) + MIN_CONNECT_GAP)
        if due <= now.monotonic:
            self._ask(LinkTrigger.RETRY)
        else:
            self._go(LinkTrigger.LOST)
            self._timers.set(LinkTimer.RETRY, due)

    def _wait(self, reason: str, now: Instant, at_least: float = 0.0) -> None:
        delay = self._backoff.next_delay(at_least)
        if delay is None:
            self._finish(reason, LinkTrigger.EXHAUSTED)
            return
        self._go(LinkTrigger.FAIL)
        self._timers.set(LinkTimer.RETRY, now.monotonic + delay)
        self._notices.append(RetryScheduled(delay, self._backoff.failures))

    def _forget(self) -> None:
        """Drop what belonged to the link: deadlines, unanswered subscriptions and publishes."""
        self._timers.clear()
        self._asking.forget()
        self._notices.extend(PublishSettled(publish, None) for publish in self._publishes.forget())

    def _finish(self, reason: str, trigger: LinkTrigger) -> None:
        self._forget()
        self._go(trigger)
        self._notices.append(ConnectionClosed(reason, trigger is LinkTrigger.EXHAUSTED))
