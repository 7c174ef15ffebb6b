"""One account and its heaters, kept signed in, connected, fresh and obedient. Pure.

A session moves in three ways, and each is told ``now``::

    the application asks      start(now)  stop(now)  submit(command, now) -> CommandId  cancel(id, now)
    the transport reports     handle(input, now)
    a timer is due            handle_timer(now)

and after each move three things are collected: ``actions()`` for the transport, ``events()`` for the
application, ``next_timer()`` for the alarm clock. Collecting hands a list over and forgets it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import (
    BadCredentials,
    LinkBroken,
    NavienError,
    RemoteProtocolError,
    Throttled,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.mqtt.connection import Connection, LinkState
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
from navien_proto.session import events as ev
from navien_proto.session.actions import Action
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import CommandId, Event, Level
from navien_proto.session.gateway import Admitted, Failed, Gateway, Listed, Outcome, Purpose
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input
from navien_proto.session.poller import Poller
from navien_proto.session.reader import Reader
from navien_proto.session.states import TRANSITIONS, State, Trigger
from navien_proto.session.upgrade import Upgrade
from navien_proto.wire import topics
from navien_proto.wire.commands import Command

__all__ = ["Session"]

# A renewal in the background that failed is tried again within these seconds, long before the expiry bites.
RENEW_RETRY = (60.0, 120.0)
HTTP_FORBIDDEN = 403


class Session:
    """One account on one link; see the module docstring for how it moves.

    Args:
        config: the settings.
        rng: the source of every random choice (backoff, jitter, salts).
        new_id: draws a short text unique to this process; it becomes part of the MQTT client id.
    """

    def __init__(self, config: SessionConfig, *, rng: Random, new_id: Callable[[], str]) -> None:
        self._config = config
        self._rng = rng
        self._actions: list[Action] = []
        self._events: list[Event] = []
        self._deadlines: Deadlines = Deadlines()
        self.client_id = config.client_id or f"navien-client-{new_id()}"
        self._connection = Connection(config.connection, rng=rng)
        self._gateway = Gateway(config, self._actions, self._deadlines, rng=rng)
        self._desk = Desk(config, self._connection, self.client_id, self._events, self._deadlines)
        self._book = DeviceBook(config.devices)
        self._upgrade = Upgrade(config)
        self._poller = Poller(
            config, self._connection, self._desk, self._book, self.client_id, self._events, self._deadlines
        )
        self._reader = Reader(self._book, self._desk, self._poller, self._events)
        self._account = self._gateway.access.account
        self._admitted = False
        self._ever_ready = False
        self._problem: NavienError = LinkBroken("not connected yet")
        self._fatal: NavienError | None = None
        self.state = State.IDLE

    # --- what can be read --------------------------------------------------------------------------------

    @property
    def devices(self) -> tuple[Device, ...]:
        """The account's heaters; empty until they are listed."""
        return tuple(self._book)

    def feature(self, mac: str) -> DeviceFeature | None:
        """What the heater said it can do; ``None`` until it did."""
        return self._book.feature(mac)

    @property
    def problem(self) -> NavienError | None:
        """Why the session is not ready, as far as known; ``None`` when it is."""
        return None if self.state is State.READY else self._fatal or self._problem

    @property
    def closed(self) -> bool:
        """Whether it is over: nothing more comes, and nothing is to be done."""
        return self.state is State.CLOSED

    @property
    def queued(self) -> int:
        """How many commands wait to be sent."""
        return len(self._desk.waiting)

    # --- what the application asks -----------------------------------------------------------------------

    def start(self, now: Instant, account: SavedAccount | None = None) -> None:
        """Begin: sign in, list, connect. ``account`` is what a token store kept. Works once."""
        if self.state is State.IDLE and self._connection.state is LinkState.IDLE:
            if account is not None:
                self._gateway.access.restore(account)
                self._account = account
            self._connection.start()
            self._settle(now)

    def stop(self, now: Instant) -> None:
        """Close for good, from every state, in bounded time; every unfinished command is cancelled."""
        self._close(None, now)
        self._settle(now)

    def submit(
        self,
        command: Command,
        now: Instant,
        *,
        device: str | None = None,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> CommandId:
        """Send ``command`` to the heater with the MAC ``device`` (may be left out when there is one heater).

        Ends in exactly one CommandConfirmed or CommandFailed event with the id returned. Without a link the
        command waits, if queueing is on. ``expert`` sends what the heater's device info says it cannot do.

        Raises:
            UsageError: no such heater; beyond its limits or capabilities, or those are not known yet; the session
                is not running.
            LinkBroken: there is no link and queueing is off.
        """
        if self.state in (State.IDLE, State.CLOSING, State.CLOSED):
            raise UsageError(f"commands need a running session; this one is {self.state.value}")
        target = self._book.choose(device)
        command.check(self._book.feature(target.mac), expert=expert)
        if not self._config.queue and self.state is not State.READY:
            raise LinkBroken("there is no connection, and queueing commands is off")
        command_id = self._desk.hand_in(command, target, now, level=level)
        self._settle(now)
        return command_id

    def cancel(self, command_id: CommandId, now: Instant) -> None:
        """Withdraw a command; it ends as cancelled. What was sent may still be obeyed."""
        self._desk.cancel(command_id, "the command was withdrawn", now)
        self._settle(now)

    def clear_queue(self, now: Instant) -> int:
        """Withdraw every command that waits to be sent; returns how many."""
        waiting = self._desk.waiting
        for entry in waiting:
            self._desk.cancel(entry.id, "the queue was cleared", now)
        return len(waiting)

    # --- what the transport reports, and timers ----------------------------------------------------------

    def handle(self, report: Input, now: Instant) -> None:
        """Take one report of the transport. Reports with an old number change nothing."""
        match report:
            case HttpAnswered():
                self._outcome(self._gateway.answered(report, now), now)
            case HttpFailed():
                self._outcome(self._gateway.failed(report, now), now)
            case _:
                self._connection.handle(report, now)
        self._settle(now)

    def handle_timer(self, now: Instant) -> None:
        """Act on every deadline that has come."""
        self._connection.handle_timer(now)
        self._settle(now)
        for timer, key in self._deadlines.due(now.monotonic):
            match timer:
                case Timer.HTTP:
                    self._outcome(self._gateway.timed_out(int(key), now), now)
                case Timer.RENEW:
                    self._renew(now)
                case Timer.RELIST:
                    self._gateway.ask_list(now)
                case Timer.POLL:
                    self._poller.poll(str(key), now)
                case Timer.REPLY:
                    self._desk.overdue(CommandId(int(key)), now)
                case Timer.EXPIRE:
                    self._desk.expired(CommandId(int(key)), now)
                case Timer.STALE:
                    if self._poller.went_stale(str(key), now):
                        self._gateway.ask_list(now)
                case Timer.PACE:
                    pass  # settling sends what may be sent now
        self._settle(now)

    def next_timer(self) -> float | None:
        """When to call ``handle_timer`` (monotonic seconds); ``None`` when nothing is pending."""
        mine, links = self._deadlines.next(), self._connection.next_timer()
        if mine is None or links is None:
            return links if mine is None else mine
        return min(mine, links)

    def actions(self) -> list[Action]:
        """What the transport shall do, in order; collected once."""
        actions = self._actions.copy()
        self._actions.clear()
        return actions

    def events(self) -> list[Event]:
        """What the application is told, in order; collected once."""
        events = self._events.copy()
        self._events.clear()
        return events

    # --- how it moves ------------------------------------------------------------------------------------

    def _settle(self, now: Instant) -> None:
        """Take every notice of the connection, send what may be sent, and tell what changed."""
        self._tell_account(now)  # before the end of the session can be told
        while notices := self._connection.notices():
            self._actions.extend(self._connection.actions())
            for notice in notices:
                self._noticed(notice, now)
        if self._connection.ready:
            self._desk.send_due(now)
        self._actions.extend(self._connection.actions())
        self._tell_account(now)

    def _tell_account(self, now: Instant) -> None:
        account = self._gateway.access.account
        if account is not self._account:
            self._account = account
            self._events.append(ev.AccountChanged(now, account))

    def _go(self, trigger: Trigger) -> None:
        self.state = TRANSITIONS[self.state, trigger]

    def _noticed(self, notice: Notice, now: Instant) -> None:
        match notice:
            case EndpointNeeded():
                self._advance(now)
            case Delivered():
                self._reader.read(notice.message, now)
            case PublishSettled():
                self._desk.settled(notice, now)
            case LinkUp():
                self._up(notice, now)
            case LinkDown():
                self._down(notice, now)
            case RetryScheduled() if self.state is State.CLOSING:
                pass  # the notice before it, of the lost link, ended the session
            case RetryScheduled():
                self._events.append(ev.Retrying(now, self._problem, notice.delay, notice.failures))
            case FilterRefused():
                self._events.append(ev.SubscriptionRefused(now, notice.filter, notice.code))
            case ConnectionClosed():
                if notice.exhausted:
                    self._close(self._problem, now)
                self._ended(now)

    def _advance(self, now: Instant) -> None:
        """The connection wants an endpoint: do the next thing that is missing for one."""
        if self._connection.state is not LinkState.DUE:
            return
        tokens = self._gateway.access.usable(now)
        if tokens is None:
            self._go(Trigger.SIGN_IN)
            self._ask_access(now)
        elif not self._book.known:
            self._go(Trigger.LIST)
            self._gateway.ask_list(now)
        else:
            if (Timer.RENEW, 0) not in self._deadlines:
                self._plan_renewal(now)
            self._go(Trigger.OPEN)
            macs = [device.mac for device in self._book]
            filters = [topics.device_filter(mac) for mac in macs]
            self._connection.set_filters([*filters, topics.client_filter(self.client_id)])
            endpoint = self._upgrade.endpoint(tokens.credentials, now)
            self._connection.open(endpoint, self.client_id, now)

    def _ask_access(self, now: Instant) -> None:
        try:
            self._gateway.ask_access(now)
        except NavienError as error:
            self._failed(Failed(Purpose.ACCESS, error), now)

    def _renew(self, now: Instant) -> None:
        if self.state in (State.CONNECTING, State.READY):
            self._ask_access(now)

    def _plan_renewal(self, now: Instant) -> None:
        due = now.monotonic + self._gateway.access.renewal_in(now)
        self._deadlines.set((Timer.RENEW, 0), due)

    def _outcome(self, outcome: Outcome | None, now: Instant) -> None:
        match outcome:
            case None:
                return
            case Admitted():
                self._events.append(ev.SignedIn(now, renewed=self._admitted))
                self._admitted = True
                self._plan_renewal(now)
                if self._gateway.access.usable(now) is None:
                    # Asking again at once would be asking for ever.
                    error = RemoteProtocolError("the cloud issued tokens that expire at once")
                    self._failed(Failed(Purpose.ACCESS, error), now)
            case Listed():
                self._listed(outcome.devices, now)
            case Failed():
                self._failed(outcome, now)
        self._advance(now)

    def _failed(self, failed: Failed, now: Instant) -> None:
        error = failed.error
        if self._is_final(error):
            self._close(error, now)
        elif self._connection.state is LinkState.DUE:
            self._problem = error
            at_least = (error.retry_after or 0.0) if isinstance(error, Throttled) else 0.0
            self._go(Trigger.DOWN)
            self._connection.fail(str(error), now, at_least=at_least)
        elif failed.purpose is Purpose.ACCESS:
            self._deadlines.set((Timer.RENEW, 0), now.monotonic + self._rng.uniform(*RENEW_RETRY))
        else:
            self._deadlines.set((Timer.RELIST, 0), now.monotonic + self._config.relist_interval)

    def _is_final(self, error: NavienError) -> bool:
        # Only proof ends a session, or a mistake of ours: all else may be mended by another attempt (F03).
        if isinstance(error, (BadCredentials, UsageError)):
            return True
        return self._config.fail_fast and not self._ever_ready

    def _listed(self, devices: tuple[Device, ...], now: Instant) -> None:
        before = {device.mac for device in self._book}
        first = not self._book.known
        try:
            news = self._book.listed(devices)
        except UsageError as error:
            self._close(error, now)
            return
        changed = before != {device.mac for device in self._book}
        if first or changed:
            self._events.append(ev.DevicesListed(now, tuple(self._book)))
        for device in news:
            event = ev.DeviceOnline if device.online else ev.DeviceOffline
            self._events.append(event(now, device))
        if changed and not first:
            self._connection.replace("the account's heaters changed", now)
        self._plan_relist(now)

    def _plan_relist(self, now: Instant) -> None:
        if self._poller.any_stale() or self._book.any_offline() or not len(self._book):
            self._deadlines.set((Timer.RELIST, 0), now.monotonic + self._config.relist_interval)

    def _up(self, notice: LinkUp, now: Instant) -> None:
        self._go(Trigger.UP)
        self._ever_ready = True
        self._events.append(ev.Connected(now, notice.link, notice.session_present))
        self._poller.link_up(now)

    def _down(self, notice: LinkDown, now: Instant) -> None:
        self._desk.link_down(now)
        self._poller.link_down()
        if notice.was_up:
            self._events.append(ev.Disconnected(now, notice.link, notice.reason, notice.planned))
        self._problem = LinkBroken(f"the connection to the message broker failed: {notice.reason}")
        if notice.status == HTTP_FORBIDDEN:
            self._forbidden(notice, now)
        self._go(Trigger.DOWN)
        if not notice.planned and self._is_final(self._problem):
            self._close(self._problem, now)

    def _forbidden(self, notice: LinkDown, now: Instant) -> None:
        """A signature was refused: because our clock is wrong, or the credentials are no longer good."""
        if self._upgrade.learn(notice.date, now):
            self._events.append(ev.ClockCorrected(now, self._upgrade.clock_offset.total_seconds()))
        else:
            self._gateway.access.rejected(now)

    def _close(self, error: NavienError | None, now: Instant) -> None:
        if self.state in (State.CLOSING, State.CLOSED):
            return
        self._fatal = error
        self._go(Trigger.STOP)
        self._gateway.abandon()
        self._desk.cancel_all("the session was closed", now)
        self._deadlines.clear()
        self._connection.stop(now)

    def _ended(self, now: Instant) -> None:
        self._go(Trigger.ENDED)
        self._events.append(ev.SessionClosed(now, self._fatal))
