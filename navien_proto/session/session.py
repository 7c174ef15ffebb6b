"""One account and its heaters, kept signed in, connected, fresh and obedient. Pure.

A session moves in three ways, and each is told ``now``::

    the application asks      start(now)  stop(now)  submit(command, now) -> CommandId  cancel(id, now)
    the transport reports     handle(input, now)
    a timer is due            handle_timer(now)

and after each move three things are collected: ``actions()`` for the transport, ``events()`` for the
application, ``next_timer()`` for the alarm clock. Collecting hands a list over and forgets it.

The parts: :mod:`~navien_proto.session.lifecycle` knows the way to a link and what its loss means,
:mod:`~navien_proto.session.gateway` the HTTP exchanges, :mod:`~navien_proto.session.desk` the commands,
:mod:`~navien_proto.session.poller` the session's own questions, :mod:`~navien_proto.session.reader` the messages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import LinkBroken, NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.mqtt import notices as link
from navien_proto.mqtt.connection import Connection
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.session.actions import Action
from navien_proto.session.asked import Asked
from navien_proto.session.changes import Changes
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import CommandId, Event, Level, RequestId
from navien_proto.session.gateway import Gateway
from navien_proto.session.identity import Identity
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input
from navien_proto.session.lifecycle import Lifecycle
from navien_proto.session.outbox import QueuedCommand
from navien_proto.session.poller import Poller
from navien_proto.session.reader import Reader
from navien_proto.session.recorder import Recorder
from navien_proto.session.states import State
from navien_proto.session.steps import Edit
from navien_proto.wire.commands import Command

if TYPE_CHECKING:
    from navien_proto.session.requests import Request
    from navien_proto.session.saved import SavedSession
    from navien_proto.session.statistics import Statistics

__all__ = ["Session"]


class Session:
    """One account on one link; see the module docstring for how it moves.

    Args:
        config: the settings.
        rng: the source of every random choice (backoff, jitter, salts).
        new_id: draws a short text unique to this process; it becomes part of the MQTT client id.
    """

    def __init__(self, config: SessionConfig, *, rng: Random, new_id: Callable[[], str]) -> None:
        self._config = config
        self._actions: list[Action] = []
        self._events: list[Event] = []
        self._deadlines: Deadlines = Deadlines()
        self._identity = Identity(config.client_id, new_id)
        self._connection = Connection(config.connection, rng=rng)
        self._gateway = Gateway(config, self._actions, self._deadlines, rng=rng)
        self._desk = Desk(config, self._connection, self._gateway, self._identity, self._events, self._deadlines)
        self._book = DeviceBook(config.devices)
        changes = Changes()
        self._poller = Poller(
            config,
            self._connection,
            self._desk,
            self._book,
            changes,
            self._identity,
            self._events,
            self._deadlines,
            rng=rng,
        )
        self._recorder = Recorder()
        self._reader = Reader(self._book, self._desk, self._poller, changes, self._recorder, self._events)
        self._lifecycle = Lifecycle(
            config,
            self._connection,
            self._gateway,
            self._book,
            self._desk,
            self._poller,
            self._identity,
            self._events,
            self._deadlines,
            rng=rng,
        )
        self._asked = Asked(
            config,
            self._connection,
            self._gateway,
            self._book,
            self._lifecycle,
            self._events,
            self._deadlines,
            rng=rng,
        )

    # --- what can be read --------------------------------------------------------------------------------

    @property
    def client_id(self) -> str:
        """The present MQTT client id."""
        return self._identity.client_id

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._lifecycle.state

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
        return self._lifecycle.problem

    @property
    def closed(self) -> bool:
        """Whether it is over: nothing more comes, and nothing is to be done."""
        return self.state is State.CLOSED

    @property
    def failures(self) -> int:
        """How many attempts to connect failed since the last connection that lasted."""
        return self._connection.failures

    @property
    def queued(self) -> int:
        """How many commands wait to be sent."""
        return len(self._desk.waiting)

    @property
    def queue(self) -> tuple[QueuedCommand, ...]:
        """The commands that wait to be sent, for a connection or for their turn: what, and since when."""
        return self._desk.waiting

    def statistics(self, now: Instant) -> Statistics:
        """How the session has been so far, without a name or a secret."""
        from navien_proto.session.statistics import snapshot

        devices = [(device.mac, device.online, *self._poller.heard_of(device.mac)) for device in self._book]
        return snapshot(
            self._recorder,
            now,
            round_trips=self._desk.round_trips,
            link=self._connection.link if self._connection.ready else None,
            queued=self.queued,
            devices=devices,
        )

    # --- what the application asks -----------------------------------------------------------------------

    def start(self, now: Instant, account: SavedAccount | None = None, saved: SavedSession | None = None) -> None:
        """Begin: sign in, list, connect. Works once.

        ``account`` is what a token store kept, ``saved`` what :meth:`save` gave in another run: with it commands
        can be checked and queued at once, the first signature is on the cloud's clock, and silence is counted
        from when a heater was last heard.
        """
        if saved is not None and self.state is State.IDLE:
            self._lifecycle.clock_offset = timedelta(seconds=saved.clock_offset)
            saved.recall(self._book, self._poller.freshness, now)
        self._lifecycle.begin(account)
        self._settle(now)

    def save(self, now: Instant) -> SavedSession:
        """What another run should know; tokens are in the account that AccountChanged tells of.

        Commands on their way are not in it: their callers do not live on.
        """
        from navien_proto.session.saved import SavedSession

        return SavedSession.of(self._book, self._poller.freshness, self._lifecycle.clock_offset, now)

    def stop(self, now: Instant) -> None:
        """Close for good, from every state, in bounded time; every unfinished command is cancelled."""
        self._lifecycle.close(None, now)
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
        command waits, if queueing is on. ``expert`` sends what the heater's device info says it cannot do; guards
        bind experts too. What nobody answers ends as sent, and what no message can show ends as accepted, whatever
        the ``level``.

        Raises:
            GuardError: the settings forbid it.
            UsageError: no such heater; beyond its limits or capabilities, or those are not known yet; the session
                is not running.
            LinkBroken: there is no link and queueing is off.
        """
        if not self._lifecycle.running:
            raise UsageError(f"commands need a running session; this one is {self.state.value}")
        self._config.guards.check(command)
        target = self._book.choose(device)
        feature = self._book.feature(target.mac)
        command.check(feature, expert=expert)
        if isinstance(command, Edit):
            command = command.for_unit(feature)
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
        self._settle(now)
        return len(waiting)

    def request(self, request: Request, now: Instant, *, device: str | None = None) -> RequestId:
        """Ask the cloud, or speak raw MQTT: :mod:`navien_proto.session.requests` has what can be asked.

        Ends in exactly one RequestAnswered or RequestFailed event with the id returned. ``device`` as for
        :meth:`submit`.

        Raises:
            GuardError: the settings forbid it.
            UsageError: no such heater; it cannot be written, or needs what is not known;
                the session is not running.
            AuthError, Throttled: there are no good tokens, and none may be fetched now.
            LinkBroken: a raw publish without a connection.
        """
        if not self._lifecycle.running:
            raise UsageError(f"requests need a running session; this one is {self.state.value}")
        self._config.guards.check_request(request)
        target = self._book.choose(device) if request.of_heater else None
        number = self._asked.hand_in(request, target, now)
        self._settle(now)
        return number

    def withdraw(self, number: RequestId, now: Instant) -> None:
        """Wait no more for a request; it ends as cancelled."""
        self._asked.cancel(number, now)
        self._settle(now)

    # --- what the transport reports, and timers ----------------------------------------------------------

    def handle(self, report: Input, now: Instant) -> None:
        """Take one report of the transport. Reports with an old number change nothing."""
        match report:
            case HttpAnswered():
                if self._gateway.awaits(report.exchange):
                    self._lifecycle.learn_clock(report.reply.headers.get("date"), now)
                self._asked.brought(self._gateway.answered(report, now), now)
            case HttpFailed():
                self._asked.brought(self._gateway.failed(report, now), now)
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
                    self._asked.brought(self._gateway.timed_out(int(key), now), now)
                case Timer.RENEW:
                    self._lifecycle.renew(now)
                case Timer.RELIST:
                    self._lifecycle.relist(now)
                case Timer.POLL:
                    self._poller.poll(str(key), now)
                case Timer.INFO:
                    self._poller.ask_info(str(key), now)
                case Timer.REPLY:
                    self._desk.overdue(CommandId(int(key)), now)
                case Timer.EXPIRE:
                    self._desk.expired(CommandId(int(key)), now)
                case Timer.APPLY:
                    self._desk.not_applied(CommandId(int(key)), now)
                case Timer.READ_BACK:
                    self._desk.read_back(CommandId(int(key)), now)
                case Timer.STALE:
                    if self._poller.fell_silent(str(key), now):
                        self._lifecycle.relist(now)
                case Timer.REQUEST:
                    self._asked.retry(RequestId(int(key)), now)
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
        if actions:
            self._actions.clear()
            self._recorder.acted(actions)
        return actions

    def events(self) -> list[Event]:
        """What the application is told, in order; collected once."""
        events = self._events.copy()
        if events:
            self._events.clear()
            self._recorder.told(events)
        return events

    # --- how it moves ------------------------------------------------------------------------------------

    def _settle(self, now: Instant) -> None:
        """Take every notice of the connection, send what may be sent, and tell what changed."""
        self._lifecycle.tell_account(now)  # before the end of the session can be told
        if not self._lifecycle.running:
            self._asked.cancel_all(now)
        connection = self._connection
        while True:
            while connection.has_notices:
                self._actions += connection.actions()
                for notice in connection.notices():
                    self._noticed(notice, now)
            if connection.ready:
                self._desk.send_due(now)
            self._actions += connection.actions()
            if not connection.has_notices:
                break  # what was sent was not refused on the spot
        self._lifecycle.tell_account(now)
        state = self._lifecycle.state
        if state is not self._recorder.state:
            self._recorder.entered(state, now)

    def _noticed(self, notice: link.Notice, now: Instant) -> None:
        match notice:
            case MessageReceived():
                if not self._asked.heard(notice, now):
                    self._reader.read(notice, now)
            case link.EndpointNeeded():
                self._lifecycle.advance(now)
            case link.PublishSettled():
                self._desk.settled(notice, now)
                self._asked.published(notice, now)
            case link.LinkUp():
                self._lifecycle.link_up(notice, now)
            case link.LinkDown():
                self._lifecycle.link_down(notice, now)
            case link.SubscribeSettled():
                self._lifecycle.subscribed(now)
                self._asked.subscribed(notice, now)
            case link.RetryScheduled():
                self._lifecycle.retrying(notice.delay, notice.failures, now)
            case link.FilterRefused():
                self._lifecycle.filter_refused(notice, now)
            case link.TopicRefused():
                self._lifecycle.topic_refused(notice, now)
            case link.ConnectionClosed():
                self._asked.cancel_all(now)
                self._lifecycle.ended(now, exhausted=notice.exhausted)
