"""The machine that keeps one MQTT link up.

Theory of operation. At any time there is at most one link, and it has a number; what older links still
report changes nothing. A life goes round and round::

    IDLE ─start─▶ DUE ─open─▶ OPENING ─▶ CONNECTING ─▶ SUBSCRIBING ─▶ READY
                   ▲ └─fail─┐      │          │              │          │
                   │        ▼      ▼          ▼              ▼          ▼
                   └──── WAITING ◀────────── DRAINING ◀── (any end of the link)

In DUE the owner supplies the endpoint (a signed URL is good for one attempt, so only the owner can). When we
end a link ourselves (a deadline passed, a planned replacement) it is closed first and its end awaited in
DRAINING, for a bounded time, so that two links never stand at once. ``stop`` leads from everywhere to CLOSING
and CLOSED, and nothing leads back.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from random import Random

from attrs import field, frozen, validators

from navien_proto.instant import Instant
from navien_proto.mqtt.actions import (
    CloseLink,
    Endpoint,
    LinkAction,
    OpenLink,
    Ping,
    Publish,
    Subscribe,
    Will,
)
from navien_proto.mqtt.backoff import Backoff, ReconnectPolicy
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.mqtt.notices import (
    ConnectionClosed,
    Delivered,
    EndpointNeeded,
    FilterRefused,
    LinkDown,
    LinkUp,
    Notice,
    PublishSettled,
    RetryScheduled,
)
from navien_proto.timers import Timers

__all__ = ["Connection", "ConnectionConfig", "LinkState", "LinkTimer"]

# docs/protocol/mqtt.md section 3: AWS IoT takes 8 filters a SUBSCRIBE, one CONNECT a second from a client id.
FILTERS_PER_SUBSCRIBE = 8
MIN_CONNECT_GAP = 1.0
REFUSED = 0x80


class LinkState(Enum):
    """Where the connection stands; the module docstring has the picture."""

    IDLE = "idle"
    DUE = "due"
    OPENING = "opening"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    READY = "ready"
    DRAINING = "draining"
    WAITING = "waiting"
    CLOSING = "closing"
    CLOSED = "closed"


class LinkTimer(Enum):
    """Every deadline of a connection, and why it exists."""

    OPEN = "open"  # DNS, TCP, TLS and the upgrade may hang without an error
    CONNACK = "connack"  # a broker may accept the bytes and never answer
    SUBACK = "suback"  # a lost SUBACK leaves us connected but deaf
    PUBACK = "puback"  # an unanswered QoS 1 publish shows a half-open link long before keep-alive does
    KEEP_ALIVE = "keep-alive"  # the broker cuts a silent client; a silent broker must be asked
    PINGRESP = "pingresp"  # the answer to that question
    LIFETIME = "lifetime"  # AWS IoT cuts every WebSocket after 24 h: better at a moment of our choosing
    STABLE = "stable"  # only a link that lasted proves that the trouble is over
    CLOSE = "close"  # a peer that does not answer our close must not hold us
    RETRY = "retry"  # the backoff


_OPENING = (LinkState.OPENING, LinkState.CONNECTING, LinkState.SUBSCRIBING, LinkState.READY)


@frozen(kw_only=True)
class ConnectionConfig:
    """The settings of one connection; times in seconds."""

    keep_alive: int = field(
        default=60, validator=[validators.instance_of(int), validators.ge(30), validators.le(1200)]
    )
    clean_session: bool = True
    reconnect: ReconnectPolicy = field(factory=ReconnectPolicy)
    open_timeout: float = 30.0
    connack_timeout: float = 15.0
    suback_timeout: float = 15.0
    puback_timeout: float = 20.0
    ping_timeout: float = 15.0
    close_timeout: float = 2.0
    # An hour before the 24 h cut, half of it spread by chance: many clients do not renew together.
    lifetime: float = 23 * 3600.0
    lifetime_jitter: float = 1800.0
    stable_after: float = 60.0


class Connection:
    """Keeps one MQTT link up, subscribed and alive. Pure: see the module docstring.

    The owner calls ``start``, answers :class:`EndpointNeeded` with ``open`` or ``fail``, feeds ``handle`` and
    ``handle_timer``, and afterwards collects ``actions()``, ``notices()`` and ``next_timer()``.
    """

    def __init__(self, config: ConnectionConfig, *, rng: Random) -> None:
        self._config = config
        self._rng = rng
        self._backoff = Backoff(config.reconnect, rng)
        self._timers: Timers[LinkTimer | tuple[LinkTimer, int]] = Timers()
        self._actions: list[LinkAction] = []
        self._notices: list[Notice] = []
        self._filters: tuple[str, ...] = ()
        self._awaited: dict[int, tuple[str, ...]] = {}
        self._unanswered: set[int] = set()
        self._next_id = 0
        self._session_present = False
        self._last_in = self._last_out = 0.0
        self._last_connect: float | None = None
        self._was_up = False
        self._planned = False
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

    def set_filters(self, filters: Iterable[str]) -> None:
        """The filters to subscribe on every CONNACK from now on, each once, in this order."""
        self._filters = tuple(dict.fromkeys(filters))

    def start(self) -> None:
        """Begin: asks for an endpoint. Does nothing unless IDLE."""
        if self.state is LinkState.IDLE:
            self._ask()

    def open(self, endpoint: Endpoint, client_id: str, now: Instant, *, will: Will | None = None) -> None:
        """Open a link to ``endpoint``: the answer to EndpointNeeded. Does nothing unless DUE."""
        if self.state is not LinkState.DUE:
            return
        self.link += 1
        self._last_connect = now.monotonic
        self._was_up = self._planned = False
        self.state = LinkState.OPENING
        self._timers.set(LinkTimer.OPEN, now.monotonic + self._config.open_timeout)
        config = self._config
        self._actions.append(
            OpenLink(self.link, endpoint, client_id, config.keep_alive, config.clean_session, will)
        )

    def fail(self, reason: str, now: Instant, *, at_least: float = 0.0) -> None:
        """No endpoint can be had: count a failure, wait at least ``at_least`` s. Does nothing unless DUE."""
        if self.state is LinkState.DUE:
            self._wait(reason, now, at_least)

    def publish(self, topic: str, payload: bytes, qos: int, now: Instant) -> int:
        """Publish over the present link and return the publish's id; call it only while ``ready``."""
        self._next_id += 1
        self._actions.append(Publish(self.link, self._next_id, topic, payload, qos))
        self._last_out = now.monotonic
        if qos:
            self._unanswered.add(self._next_id)
            self._timers.set((LinkTimer.PUBACK, self._next_id), now.monotonic + self._config.puback_timeout)
        return self._next_id

    def probe(self, now: Instant) -> None:
        """Ask the broker for a sign of life at once; without it the link ends. Does nothing unless ready."""
        if self.state is LinkState.READY and LinkTimer.PINGRESP not in self._timers:
            self._ping(now)

    def replace(self, reason: str, now: Instant, *, planned: bool = True) -> None:
        """End the present link in good order and open another. Does nothing when there is none."""
        if self.state in _OPENING:
            self._end(reason, now, planned=planned, abort=False)

    def stop(self, now: Instant) -> None:
        """Close for good: from every state, within the close time-out."""
        if self.state in (LinkState.CLOSING, LinkState.CLOSED):
            return
        if self.state in _OPENING or self.state is LinkState.DRAINING:
            already = self.state is LinkState.DRAINING
            self.state = LinkState.CLOSING
            self._timers.clear()
            self._timers.set(LinkTimer.CLOSE, now.monotonic + self._config.close_timeout)
            if not already:
                self._actions.append(CloseLink(self.link))
            return
        self._finish("closed")

    # --- what the transport reports ----------------------------------------------------------------------

    def handle(self, report: LinkInput, now: Instant) -> None:
        """Take one report of the transport; reports of links that are no more change nothing."""
        if report.link != self.link or self.state in (LinkState.WAITING, LinkState.DUE, LinkState.CLOSED):
            return
        self._last_in = now.monotonic
        match report:
            case MessageReceived():
                if self.state in (LinkState.SUBSCRIBING, LinkState.READY):
                    self._notices.append(Delivered(report))
            case PongReceived():
                self._timers.cancel(LinkTimer.PINGRESP)
            case PublishAnswered():
                self._settle(report.id, report.code)
            case ConnectSent():
                if self.state is LinkState.OPENING:
                    self.state = LinkState.CONNECTING
                    self._timers.cancel(LinkTimer.OPEN)
                    self._timers.set(LinkTimer.CONNACK, now.monotonic + self._config.connack_timeout)
            case LinkOpened():
                if self.state in (LinkState.OPENING, LinkState.CONNECTING):
                    self._opened(report, now)
            case SubscribeAnswered():
                self._subscribed(report, now)
            case LinkRefused():
                self._gone(report.reason, now, report)
            case LinkLost():
                self._gone(report.reason, now)

    def handle_timer(self, now: Instant) -> None:
        """Act on every deadline that has come."""
        for name in self._timers.due(now.monotonic):
            match name:
                case LinkTimer.RETRY:
                    self._ask()
                case LinkTimer.CLOSE:
                    self._close_overdue(now)
                case LinkTimer.OPEN:
                    self._end("the connection did not come to stand in time", now)
                case LinkTimer.CONNACK:
                    self._end("the broker did not answer CONNECT in time", now)
                case LinkTimer.SUBACK:
                    self._end("the broker did not answer SUBSCRIBE in time", now)
                case LinkTimer.PINGRESP:
                    self._end("the broker did not answer a ping in time", now)
                case LinkTimer.LIFETIME:
                    self._end("planned renewal of the connection", now, planned=True, abort=False)
                case LinkTimer.STABLE:
                    self._backoff.reset()
                case LinkTimer.KEEP_ALIVE:
                    self._keep_alive(now)
                case _:
                    self._end("the broker did not acknowledge a publish in time", now)

    def next_timer(self) -> float | None:
        """When to call ``handle_timer``: monotonic seconds, or ``None``."""
        return self._timers.next()

    def actions(self) -> list[LinkAction]:
        """What to do with the link, in order; collected once."""
        actions, self._actions = self._actions, []
        return actions

    def notices(self) -> list[Notice]:
        """What the owner is told, in order; collected once."""
        notices, self._notices = self._notices, []
        return notices

    # --- how it moves ------------------------------------------------------------------------------------

    def _ask(self) -> None:
        self.state = LinkState.DUE
        self._notices.append(EndpointNeeded())

    def _opened(self, report: LinkOpened, now: Instant) -> None:
        self._timers.cancel(LinkTimer.OPEN)
        self._timers.cancel(LinkTimer.CONNACK)
        self._session_present = report.session_present
        self._last_out = now.monotonic
        self.state = LinkState.SUBSCRIBING
        # Also when the broker remembers the session: subscribing twice is harmless, being deaf is not.
        for start in range(0, len(self._filters), FILTERS_PER_SUBSCRIBE):
            chunk = self._filters[start : start + FILTERS_PER_SUBSCRIBE]
            self._next_id += 1
            self._awaited[self._next_id] = chunk
            self._actions.append(Subscribe(self.link, self._next_id, chunk))
        if self._awaited:
            self._timers.set(LinkTimer.SUBACK, now.monotonic + self._config.suback_timeout)
        else:
            self._up(now)

    def _subscribed(self, report: SubscribeAnswered, now: Instant) -> None:
        filters = self._awaited.pop(report.id, None)
        if filters is None or self.state is not LinkState.SUBSCRIBING:
            return
        if len(report.codes) != len(filters):
            self._end("the broker answered SUBSCRIBE for another number of filters", now)
            return
        refused = [(f, code) for f, code in zip(filters, report.codes, strict=True) if code >= REFUSED]
        self._notices.extend(FilterRefused(f, code) for f, code in refused)
        if not self._awaited:
            self._timers.cancel(LinkTimer.SUBACK)
            self._up(now)

    def _up(self, now: Instant) -> None:
        config = self._config
        self.state = LinkState.READY
        self._was_up = True
        self._timers.set(LinkTimer.KEEP_ALIVE, now.monotonic + config.keep_alive)
        self._timers.set(LinkTimer.STABLE, now.monotonic + config.stable_after)
        jitter = self._rng.uniform(0.0, config.lifetime_jitter)
        self._timers.set(LinkTimer.LIFETIME, now.monotonic + config.lifetime + jitter)
        self._notices.append(LinkUp(self.link, self._session_present))

    def _keep_alive(self, now: Instant) -> None:
        # Outbound silence makes the broker cut us; inbound silence may be a half-open link, which polling
        # at QoS 0 would never show. Whichever is longer decides.
        due = min(self._last_out, self._last_in) + self._config.keep_alive
        if due > now.monotonic:
            self._timers.set(LinkTimer.KEEP_ALIVE, due)
            return
        self._timers.set(LinkTimer.KEEP_ALIVE, now.monotonic + self._config.keep_alive)
        if LinkTimer.PINGRESP not in self._timers:
            self._ping(now)

    def _ping(self, now: Instant) -> None:
        self._last_out = now.monotonic
        self._actions.append(Ping(self.link))
        self._timers.set(LinkTimer.PINGRESP, now.monotonic + self._config.ping_timeout)

    def _settle(self, publish: int, code: int | None) -> None:
        if publish in self._unanswered:
            self._unanswered.discard(publish)
            self._timers.cancel((LinkTimer.PUBACK, publish))
            self._notices.append(PublishSettled(publish, code))

    def _end(self, reason: str, now: Instant, *, planned: bool = False, abort: bool = True) -> None:
        """End the link from our side and await its end."""
        self._forget()
        self._planned = planned
        self._notices.append(LinkDown(self.link, reason, self._was_up, planned))
        self.state = LinkState.DRAINING
        self._timers.set(LinkTimer.CLOSE, now.monotonic + self._config.close_timeout)
        self._actions.append(CloseLink(self.link, abort))

    def _gone(self, reason: str, now: Instant, refused: LinkRefused | None = None) -> None:
        """The transport says the link is no more."""
        if self.state is LinkState.CLOSING:
            self._finish(reason)
        elif self.state is LinkState.DRAINING:
            self._after_drain(now)
        else:
            self._forget()
            if refused is None:
                self._notices.append(LinkDown(self.link, reason, self._was_up))
            else:
                self._notices.append(
                    LinkDown(
                        self.link,
                        reason,
                        was_up=False,
                        status=refused.status,
                        code=refused.code,
                        date=refused.date,
                    )
                )
            self._wait(reason, now)

    def _close_overdue(self, now: Instant) -> None:
        # Abort, for a transport still saying goodbye; whatever it reports later is of a dead link.
        self._actions.append(CloseLink(self.link, abort=True))
        if self.state is LinkState.CLOSING:
            self._finish("closed")
        else:
            self._after_drain(now)

    def _after_drain(self, now: Instant) -> None:
        self._timers.cancel(LinkTimer.CLOSE)
        if not self._planned:
            self._wait("the link was ended", now)
        elif self._last_connect is not None and now.monotonic < self._last_connect + MIN_CONNECT_GAP:
            self.state = LinkState.WAITING
            self._timers.set(LinkTimer.RETRY, self._last_connect + MIN_CONNECT_GAP)
        else:
            self._ask()

    def _wait(self, reason: str, now: Instant, at_least: float = 0.0) -> None:
        delay = self._backoff.next_delay(at_least)
        if delay is None:
            self._finish(reason, exhausted=True)
            return
        self.state = LinkState.WAITING
        self._timers.set(LinkTimer.RETRY, now.monotonic + delay)
        self._notices.append(RetryScheduled(delay, self._backoff.failures))

    def _forget(self) -> None:
        """Drop what belonged to the link: deadlines, unanswered subscriptions and publishes."""
        self._timers.clear()
        self._awaited.clear()
        for publish in sorted(self._unanswered):
            self._settle(publish, None)

    def _finish(self, reason: str, *, exhausted: bool = False) -> None:
        self._forget()
        self.state = LinkState.CLOSED
        self._notices.append(ConnectionClosed(reason, exhausted))
