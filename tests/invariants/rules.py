"""What must hold of one session, each rule a small class that looks at what goes in and what comes out.

A rule hears of calls, reports, actions and events, and raises :class:`Broken` when it finds what must not be.
Within one move a rule hears the events before the actions: a command that ends makes room for the next.
"""

from __future__ import annotations

from collections import deque
from operator import attrgetter
from typing import Any, NoReturn

from attrs import define

from navien_proto.errors import CommandError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps, loads
from navien_proto.redact import redact_text
from navien_proto.session import events as ev
from navien_proto.session.actions import (
    Action,
    CancelHttp,
    CloseLink,
    OpenLink,
    Ping,
    Publish,
    SendHttp,
    Subscribe,
    Unsubscribe,
)
from navien_proto.session.config import SessionConfig
from navien_proto.session.endings import TOO_CLOSE
from navien_proto.session.events import CommandId, Event, Level
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input, LinkLost, LinkRefused, SubscribeAnswered
from navien_proto.session.steps import Edit
from navien_proto.wire import topics
from navien_proto.wire.commands import (
    Command,
    RequestDeviceInfo,
    RequestRecirculation,
    RequestReservations,
    RequestStatus,
)

__all__ = ["AccessRule", "Broken", "CommandsRule", "LinksRule", "Rule", "SignIns", "SubscriptionsRule"]

# Of sums of floats.
EPSILON = 1e-6
MOST_SIGN_INS, SIGN_IN_WINDOW = 5, 600.0
MOST_FILTERS_A_PACKET, MOST_FILTERS, REFUSED = 8, 50, 0x80
CONTROL_PAUSE = 1.0
# An edit reads and writes up to four times over, and a refused control is repeated once.
MOST_EXCHANGES = 12


class Broken(AssertionError):
    """An invariant does not hold; ``rule`` is its name."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(f"{rule}: {sentence}")
        self.rule = rule


class Rule:
    """Base of all rules: what is not overridden is not looked at."""

    name = ""

    def broken(self, sentence: str) -> NoReturn:
        """This must not be."""
        raise Broken(self.name, sentence)

    def report(self, report: Input, now: Instant) -> None:
        """The transport reports; called before the session hears it."""

    def action(self, action: Action, now: Instant) -> None:
        """The session asks its transport."""

    def event(self, event: Event, now: Instant) -> None:
        """The session tells the application."""


class LinksRule(Rule):
    """Never two links, never two backoffs, a second between two CONNECTs; nothing is said over a gone link."""

    name = "links"

    def __init__(self, config: SessionConfig) -> None:
        self._close_timeout = config.connection.close_timeout
        self._policy = config.connection.reconnect
        self._link = 0
        self._gone = True
        self._closing_since: float | None = None
        self._aborted = False
        self._connect: float | None = None
        self._connected = False
        self._waits_until: float | None = None

    def report(self, report: Input, now: Instant) -> None:
        if isinstance(report, LinkLost | LinkRefused) and report.link == self._link:
            self._gone = True

    def event(self, event: Event, now: Instant) -> None:
        match event:
            case ev.Connected():
                if event.link != self._link or self._gone:
                    self.broken(f"connected over link {event.link}, which does not stand")
                self._connected = True
                self._waits_until = None
            case ev.Disconnected():
                if not self._connected:
                    self.broken("disconnected without having been connected")
                self._connected = False
            case ev.Retrying():
                if self._waits_until is not None and now.monotonic < self._waits_until - EPSILON:
                    self.broken("a backoff began while another lasts")
                if event.delay < self._policy.first_delay - EPSILON:
                    self.broken(f"a backoff of {event.delay} s is below the floor")
                self._waits_until = now.monotonic + event.delay

    def action(self, action: Action, now: Instant) -> None:
        match action:
            case OpenLink():
                self._open(action, now)
            case CloseLink():
                if action.link != self._link or (self._gone and self._closing_since is None):
                    self.broken(f"link {action.link} is closed, which is gone")
                if self._closing_since is None:
                    self._closing_since = now.monotonic
                self._aborted = self._aborted or action.abort
            case Publish() | Ping() | Subscribe() | Unsubscribe():
                if action.link != self._link or self._gone:
                    self.broken(f"something is sent over link {action.link}, which is gone")
                if isinstance(action, Publish) and not self._connected:
                    self.broken("something is published before every filter is acknowledged")

    def _open(self, action: OpenLink, now: Instant) -> None:
        if action.link != self._link + 1:
            self.broken(f"link {action.link} follows link {self._link}")
        closed = self._aborted and now.monotonic >= (self._closing_since or 0.0) + self._close_timeout - EPSILON
        if not self._gone and not closed:
            self.broken(f"link {action.link} is opened while the one before it stands")
        if self._connect is not None and now.monotonic < self._connect + 1.0 - EPSILON:
            self.broken(f"two CONNECTs within {now.monotonic - self._connect:.3f} s")
        if self._waits_until is not None and now.monotonic < self._waits_until - EPSILON:
            self.broken("a link is opened while a backoff lasts")
        self._link, self._connect = action.link, now.monotonic
        self._gone = self._aborted = self._connected = False
        self._closing_since = None


class SubscriptionsRule(Rule):
    """Connected means that every filter is acknowledged which was not refused; each is asked for once a link."""

    name = "subscriptions"

    def __init__(self, session: Any) -> None:
        self._session = session
        self._asked: dict[int, tuple[str, ...]] = {}
        self._standing: set[str] = set()
        self._answered: set[str] = set()
        self._aside: set[str] = set()
        self._client_id = ""

    def report(self, report: Input, now: Instant) -> None:
        if isinstance(report, SubscribeAnswered):
            # A report of another link has a number that this one does not ask under: none is drawn twice.
            asked = self._asked.pop(report.id, ())
            self._answered.update(asked)
            # What was refused may be asked for again.
            self._standing.difference_update(
                one for one, code in zip(asked, report.codes, strict=False) if code >= REFUSED
            )

    def action(self, action: Action, now: Instant) -> None:
        match action:
            case OpenLink():
                self._asked.clear()
                self._standing.clear()
                self._answered.clear()
                self._client_id = action.client_id
            case Subscribe():
                self._subscribed(action)
            case Unsubscribe():
                self._standing.difference_update(action.filters)
                self._answered.difference_update(action.filters)

    def event(self, event: Event, now: Instant) -> None:
        match event:
            case ev.SubscriptionRefused(hung_up=True):
                self._aside.add(event.filter)
            case ev.Disconnected(planned=True):
                self._aside.clear()
            case ev.Connected():
                self._check()

    def _subscribed(self, action: Subscribe) -> None:
        if len(action.filters) > MOST_FILTERS_A_PACKET:
            self.broken(f"{len(action.filters)} filters in one SUBSCRIBE")
        again = self._standing.intersection(action.filters)
        if again or len(set(action.filters)) < len(action.filters):
            self.broken("a filter is asked for twice on one link")
        self._standing.update(action.filters)
        if len(self._standing) > MOST_FILTERS:
            self.broken(f"{len(self._standing)} filters on one link")
        self._asked[action.id] = action.filters

    def _check(self) -> None:
        if self._asked:
            self.broken("connected while a SUBACK is awaited")
        wanted = {topics.device_filter(device.mac) for device in self._session.devices}
        wanted.add(topics.client_filter(self._client_id))
        # What was set aside is told without the device's address.
        missing = [one for one in wanted - self._answered if redact_text(one) not in self._aside]
        if missing:
            self.broken(f"connected, and {len(missing)} of {len(wanted)} filters were never acknowledged")


@define
class SignIns:
    """When sign-ins were sent (monotonic seconds), by exchange: shared by the sessions of one account."""

    times: deque[tuple[float, object]]

    @classmethod
    def none(cls) -> SignIns:
        """Of an account that is new."""
        return cls(deque())

    def add(self, at: float, key: object) -> int:
        """One more; returns how many the last ten minutes have seen."""
        self.times.append((at, key))
        while self.times[0][0] <= at - SIGN_IN_WINDOW + EPSILON:
            self.times.popleft()
        return len(self.times)

    def remove(self, key: object) -> None:
        """That one never left."""
        self.times = deque(entry for entry in self.times if entry[1] != key)


class AccessRule(Rule):
    """One sign-in or refresh in flight, one list, five sign-ins in ten minutes; numbers are used once."""

    name = "access"

    def __init__(self, sign_ins: SignIns) -> None:
        self._sign_ins = sign_ins
        self._open: dict[int, str] = {}
        self._last = 0

    def report(self, report: Input, now: Instant) -> None:
        match report:
            case HttpAnswered():
                self._open.pop(report.exchange, None)
            case HttpFailed():
                was = self._open.pop(report.exchange, None)
                if was is not None and not report.sent:
                    self._sign_ins.remove((id(self), report.exchange))

    def action(self, action: Action, now: Instant) -> None:
        match action:
            case CancelHttp():
                self._open.pop(action.exchange, None)
            case SendHttp():
                if action.exchange <= self._last:
                    self.broken("the number of an exchange is used again")
                self._last = action.exchange
                self._sent(action.exchange, action.request.url.partition("?")[0], now)

    def _sent(self, exchange: int, path: str, now: Instant) -> None:
        purpose = "access" if path.endswith(("/user/sign-in", "/auth/refresh")) else path.rpartition("/")[2]
        if purpose in ("access", "list") and purpose in self._open.values():
            self.broken(f"two exchanges for {purpose} at the same time")
        self._open[exchange] = purpose
        if path.endswith("/user/sign-in"):
            count = self._sign_ins.add(now.monotonic, (id(self), exchange))
            if count > MOST_SIGN_INS:
                self.broken(f"{count} sign-ins in ten minutes")


@define(eq=False)
class _Pending:
    """A command that has not ended. ``key`` is what its first message says, ``None`` when it asks the cloud."""

    id: CommandId
    mac: str
    command: Command
    level: Level
    at: float
    key: tuple[str, bytes] | None
    sent: bool = False
    written: bool = False
    again: bool = False


def _key(command: Command) -> tuple[str, bytes]:
    return command.suffix, dumps({"command": command.code, **command.members()})


_OWN = {_key(one()) for one in (RequestStatus, RequestDeviceInfo, RequestReservations, RequestRecirculation)}
_ENVELOPE = ("deviceType", "macAddress", "additionalValue")


class CommandsRule(Rule):
    """Every command ends exactly once and in time; first in, first out for each device; one control at a time."""

    name = "commands"

    def __init__(self, config: SessionConfig) -> None:
        self.bound = (
            config.queue_expiry
            + MOST_EXCHANGES * max(config.reply_timeout, config.http_timeout)
            + config.applied_timeout
            + 60.0
        )
        self._pending: dict[CommandId, _Pending] = {}
        self._just_ended: list[_Pending] = []
        self._ended: set[CommandId] = set()
        self._held: set[CommandId] = set()
        self._controls: dict[str, float] = {}
        self._latest: dict[str, _Pending] = {}
        self._session_id = 0
        self._last_id = 0

    @property
    def pending(self) -> list[CommandId]:
        """The commands that have not ended, oldest first."""
        return list(self._pending)

    def submitted(self, number: CommandId, command: Command, mac: str, level: Level, now: Instant) -> None:
        """The session took a command."""
        if number <= self._last_id:
            self.broken("the number of a command is used again")
        self._last_id = number
        first = command.question() if isinstance(command, Edit) else command
        key = None if first is None else _key(first)
        self._pending[number] = _Pending(number, mac, command, level, now.monotonic, key)

    def event(self, event: Event, now: Instant) -> None:
        match event:
            case ev.CommandConfirmed():
                pending = self._end(event)
                short = event.level < pending.level and not event.held
                if short and event.level < Level.ACCEPTED and event.command.reply_kind is not None:
                    self.broken(f"confirmed as {event.level.name}, {pending.level.name} was wished")
                if event.held:
                    self._held.add(event.id)
            case ev.CommandFailed():
                self._end(event)
                if not isinstance(event.error, CommandError):
                    self.broken(f"a command failed with {type(event.error).__name__}")
            case ev.CommandApplied() | ev.CommandNotApplied():
                if event.id not in self._held:
                    self.broken("a command was told to be applied, or not, that is not held")
                self._held.discard(event.id)
            case ev.Disconnected():
                # What only asks asks again; what was written stays written.
                for pending in self._pending.values():
                    if not pending.written:
                        pending.sent = False
            case ev.SessionClosed():
                if self._pending:
                    self.broken(f"closed, and {len(self._pending)} commands never ended")
                if self._held:
                    self.broken(f"closed, and {len(self._held)} held commands were never told of")

    def refused(self, mac: str, code: int | None) -> None:
        """A control failure came: for haste the one in flight may go once more, an equal one behind it may not."""
        latest = self._latest.get(mac)
        if latest is not None and code == TOO_CLOSE and not latest.again:
            latest.sent, latest.again = False, True

    def _end(self, event: ev.CommandConfirmed | ev.CommandFailed) -> _Pending:
        pending = self._pending.pop(event.id, None)
        if pending is None:
            twice = event.id in self._ended
            self.broken("a command ended twice" if twice else "a command ended that nobody submitted")
        # An edit is completed by what the device told of itself.
        if event.command != pending.command and type(event.command) is not type(pending.command):
            self.broken("a command ended as another")
        if event.device.mac != pending.mac:
            self.broken("a command ended for another device")
        self._ended.add(event.id)
        if isinstance(event, ev.CommandConfirmed):
            self._just_ended.append(pending)
        return pending

    def overdue(self, now: Instant) -> None:
        """A move is over: no command may take for ever."""
        self._just_ended.clear()
        for pending in self._pending.values():
            if now.monotonic > pending.at + self.bound:
                self.broken(f"{type(pending.command).__name__} has not ended in {self.bound:g} s")
            break  # the oldest is first

    def action(self, action: Action, now: Instant) -> None:
        if isinstance(action, Publish):
            parts = action.topic.split("/", 3)
            if parts[0] == "cmd" and len(parts) == 4 and parts[2].startswith("navilink-"):
                self._published(parts[2].removeprefix("navilink-"), parts[3], action, now)

    def _published(self, mac: str, suffix: str, action: Publish, now: Instant) -> None:
        form: Any = loads(action.payload)
        number = int(form["sessionID"])
        if number <= self._session_id:
            self.broken("a session id is used again")
        self._session_id = number
        control = suffix.startswith("ctrl")
        if not self._pending and not self._just_ended and not control:
            return
        request = {name: value for name, value in form["request"].items() if name not in _ENVELOPE}
        key = suffix, dumps(request)
        sent = self._match(mac, key)
        if control:
            self._control(mac, suffix, key, sent, action, now)

    def _match(self, mac: str, key: tuple[str, bytes]) -> _Pending | None:
        """The command that is sent by this; first in, first out."""
        waiting = None
        # One that needs no answer ends as soon as it is sent, before it is seen here.
        for pending in sorted((*self._just_ended, *self._pending.values()), key=attrgetter("id")):
            if pending.mac != mac or pending.sent:
                continue
            if pending.key == key:
                if waiting is None:
                    pending.sent = True
                    return pending
                if key in _OWN:
                    return None  # the session's own question; those pass by
                self.broken(
                    f"{type(pending.command).__name__} was sent before {type(waiting.command).__name__}, "
                    "which was submitted sooner"
                )
            # An edit that reads in the cloud is not seen to be sent.
            if pending.key is not None and waiting is None:
                waiting = pending
        return None

    def _control(
        self, mac: str, suffix: str, key: tuple[str, bytes], sent: _Pending | None, action: Publish, now: Instant
    ) -> None:
        if action.qos != 1:
            self.broken(f"a control was published at QoS {action.qos}")
        before = self._controls.get(mac)
        if before is not None and now.monotonic < before + CONTROL_PAUSE - EPSILON:
            self.broken(f"two controls of one device within {now.monotonic - before:.3f} s")
        self._controls[mac] = now.monotonic
        if sent is None:
            # Once more after a refusal, or the write of an edit.
            again = (
                one
                for one in self._pending.values()
                if one.mac == mac
                and (
                    (one.sent and one.key == key)
                    or (isinstance(one.command, Edit) and one.command.suffix == suffix)
                )
            )
            sent = next(again, None)
            if sent is None:
                self.broken("a control was sent that nobody submitted")
        sent.sent = sent.written = True
        self._latest[mac] = sent
        for other in self._pending.values():
            in_flight = other.written and other.level < Level.APPLIED
            if other is not sent and other.mac == mac and in_flight:
                self.broken(
                    f"{type(sent.command).__name__} was sent while {type(other.command).__name__} is in flight"
                )
