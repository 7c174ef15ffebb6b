"""The client: one account and its heaters, for programs without an event loop."""

from __future__ import annotations

import os
import ssl
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.config import Config
from navien_proto.errors import LinkClosed, UsageError
from navien_proto.model.device import Device
from navien_proto.mqtt.tunnel import Proxy
from navien_proto.session import Session, State
from navien_proto.session.events import CommandConfirmed, Event, EventsMissed, Level
from navien_proto.session.hub import Wanted, about_device, event_wanted, raw_messages
from navien_proto.session.outbox import QueuedCommand
from navien_proto.session.requests import Request
from navien_proto.session.settings import GivenConfig, chosen_config, find_device, session_config
from navien_proto.wire.commands import Command
from navien_sync.callbacks import Callback, Subscription
from navien_sync.clock import Clock, system_clock
from navien_sync.engine import Engine, Parts
from navien_sync.heater import Heater
from navien_sync.http import HttpClient
from navien_sync.hub import SharedHub
from navien_sync.queries import AccountQueries
from navien_sync.stores import MemoryStore, SessionStore, TokenStore, TranscriptFile, gather_config
from navien_sync.streams import EventStream

if TYPE_CHECKING:
    from navien_proto.session.statistics import Statistics

__all__ = ["NavienClient"]


class NavienClient(AccountQueries):
    """One NaviLink account, signed in and connected inside ``with``. Any thread may use it.

    Entering waits until the connection stands, or raises what is in the way. The work is done by a thread of its
    own; there is no event loop, and none is disturbed.

    Args:
        email: of the account. Leave it out when ``config`` is given.
        password: of the account; not needed while stored tokens are good.
        config: all settings at once: a user's :class:`~navien_proto.config.Config`, the session's own
            :class:`~navien_proto.session.SessionConfig`, or a function that gives one of them, called on
            entering.
        token_store: what remembers tokens and sign-ins; the process's memory when left out. A file
            (:class:`navien_sync.stores.TokenFile`) saves a sign-in at each start and protects the account.
        session_store: what remembers, from when the client closes to when another one begins, the heaters, what
            they can do and when they were last heard (:class:`navien_sync.stores.SessionFile`); nothing when left
            out.
        http_client: an ``httpx.Client`` to use for REST; it is not closed.
        ssl_context: for REST and for the broker; the system's roots when left out.
        proxy: an ``http://`` address through which everything goes, with name and password if it wants them; when
            left out, what ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY`` in the environment say.
        connect_timeout: seconds that entering may take; ``None`` is no limit.
        wait: with ``False`` entering does not wait for the connection.
        transcript: a file to which everything the session hears and says is written, without secrets; when it is
            there already, one beside it (``docs/transcripts.md``).
        clock: reads both clocks; for tests.
        settings: single settings by their names in ``Config``, such as ``interval=60``.

    Raises:
        UsageError: a setting is wrong.
    """

    def __init__(
        self,
        email: str | None = None,
        password: str | None = None,
        *,
        config: GivenConfig | None = None,
        token_store: TokenStore | None = None,
        session_store: SessionStore | None = None,
        http_client: HttpClient | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        connect_timeout: float | None = 60.0,
        wait: bool = True,
        transcript: str | os.PathLike[str] | None = None,
        clock: Clock = system_clock,
        **settings: Any,
    ) -> None:
        self._config = chosen_config(email, password, config, settings)
        if proxy is not None:
            Proxy.from_url(proxy)  # said now, and not when it is needed
        self._parts = Parts(
            store=MemoryStore() if token_store is None else token_store,
            sessions=session_store,
            clock=clock,
            http_client=http_client,
            ssl_context=ssl_context,
            proxy=proxy,
            transcript=transcript,
        )
        self._connect_timeout = connect_timeout
        self._wait = wait
        self._heaters: dict[str, Heater] = {}
        self._engine: Engine | None = None
        self._entered = False
        self._closed = False

    @classmethod
    def from_config(cls, config: Config | None = None, **options: Any) -> Self:
        """A client by the user's configuration; ``options`` are those of the class.

        Without ``config`` the environment, ``.env`` and ``navien.toml`` are read on entering.
        """
        return cls(config=config if config is not None else _gather, **options)

    def __enter__(self) -> Self:
        """Begin, and wait for the connection unless told not to.

        Raises:
            BadCredentials: the account does not let us in.
            UsageError: a setting is wrong, or the client was entered or closed before.
            NavienError: the connection did not come to stand in ``connect_timeout`` seconds; it says why.
        """
        self._enter()
        config = session_config(self._config() if callable(self._config) else self._config)
        engine = self._engine = Engine(config, self._parts)
        # Nobody can close a client that was dropped; the threads must not outlive it.
        weakref.finalize(self, engine.stop).atexit = False
        try:
            if self._closed:
                engine.stop()  # it was closed while the configuration was read
            engine.open()
            if self._wait:
                engine.wait_until_ready(self._connect_timeout)
        except BaseException:
            engine.leave()
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._closed = True
        if self._engine is not None:
            self._engine.leave()

    def close(self) -> None:
        """Close for good, from any thread and every state, within a few seconds; again does nothing.

        Events end, commands fail. Leaving the ``with`` block does the same.
        """
        self._closed = True
        if self._engine is not None:
            self._engine.close()

    # --- what is known -----------------------------------------------------------------------------------

    @property
    def devices(self) -> tuple[Heater, ...]:
        """The account's heaters in its own order; empty until they are known."""
        return tuple(self._heater_of(device) for device in self.session.devices)

    def heater(self, which: str | None = None) -> Heater:
        """The heater meant by its name or the end of its MAC; the first when ``which`` is left out.

        Raises:
            UsageError: there is none, or more than one fits.
        """
        return self._heater_of(find_device(self.session.devices, which))

    @property
    def session_state(self) -> State:
        """Where the session stands."""
        return self._engine.session.state if self._engine is not None else State.IDLE

    @property
    def session(self) -> Session:
        """The session itself, to read; only this client moves it.

        Raises:
            UsageError: the client was not entered yet.
        """
        return self._running().session

    def statistics(self) -> Statistics:
        """How the session has been so far: connections, messages, round trips, gaps; without a name or a secret.

        Raises:
            UsageError: the client was not entered yet.
        """
        return self._running().ask(self.session.statistics)

    @property
    def hub(self) -> SharedHub:
        """Where the session's events go.

        Raises:
            UsageError: the client was not entered yet.
        """
        return self._running().hub

    @property
    def transcript(self) -> TranscriptFile | None:
        """Where the transcript goes (``path``) and what is wrong with it (``problem``); ``None`` without one.

        Raises:
            UsageError: the client was not entered yet.
        """
        return self._running().transcript

    @property
    def queue(self) -> tuple[QueuedCommand, ...]:
        """The commands that wait to be sent, for a connection or for their turn: what, and since when."""
        return self._running().ask(lambda _now: self.session.queue)

    def clear_queue(self) -> int:
        """Withdraw every command that waits to be sent; their callers get CommandCancelled. Returns how many.

        Raises:
            LinkClosed: the client is closed.
        """
        return self._running().clear_queue()

    def diagnostics(self) -> dict[str, Any]:
        """All that a bug report needs, as plain members for JSON, without a name or a secret.

        Versions, settings, statistics, what each heater can do, the latest events, the end of the transcript.
        :func:`navien_sync.stores.diagnostics.write_diagnostics` writes it to a file.
        """
        from navien_proto.session.diagnostics import diagnose
        from navien_sync.stores.diagnostics import complete_diagnostics

        engine = self._running()
        report = engine.ask(lambda now: diagnose(self.session, engine.config, list(engine.hub.latest), now))
        return complete_diagnostics(report, engine.transcript)

    # --- what can be asked -------------------------------------------------------------------------------

    def events(self, timeout: float | None = None) -> EventStream:
        """Every event of the session from now on, for one consumer.

        Waits at most ``timeout`` seconds for each, then raises TimeoutError; ``None`` is no limit.

        Raises:
            UsageError: the client was not entered yet.
        """
        return self._running().events(timeout=timeout)

    def wait_for(self, what: Wanted, timeout: float | None = None, *, device: Heater | str | None = None) -> Event:
        """The next event meant by ``what``, from now on: a class, several, or a function that says which.

        Waits at most ``timeout`` seconds, ``None`` is no limit; with a ``device`` for events about that heater.

        Raises:
            TimeoutError: none came.
            LinkClosed: the client was closed first.
            NavienError: what ended the session first.
        """
        engine = self._running()
        wanted = event_wanted(what, None if device is None else _mac(device))
        with engine.events(wanted=wanted, timeout=timeout) as stream:
            for event in stream:
                if not isinstance(event, EventsMissed):
                    return event
        raise LinkClosed("the client was closed before such an event came")

    def add_callback(self, callback: Callback, device: Heater | str | None = None) -> Subscription:
        """Call ``callback`` with every event from now on, or those of one heater, in a thread for callbacks.

        It is called with one event at a time, in order, and may use the client; what it raises is logged. A slow
        one delays nobody else. It ends with the session, or when the subscription is cancelled. ``device`` is a
        heater or its MAC.

        Raises:
            UsageError: the client was not entered yet.
        """
        engine = self._running()
        wanted = None if device is None else about_device(_mac(device))
        return Subscription(engine.hub, engine.callbacks, callback, wanted=wanted)

    def request(self, request: Request, device: Heater | str | None = None) -> object:
        """Hand in any request of :mod:`navien_proto.session.requests` and wait for its answer.

        Raises:
            GuardError: the settings forbid it.
            UsageError: it cannot be written, or needs what is not known.
            LinkError: there is no connection to publish over, or the client is closed.
            NavienError: why there is no answer.
        """
        return self._running().request(request, None if device is None else _mac(device))

    def submit(
        self,
        command: Command,
        device: Heater | str | None = None,
        *,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> CommandConfirmed:
        """Send any command and wait until it is confirmed to ``level``, or has come as far as it will.

        ``device`` is a heater or its MAC; it may be left out when there is one heater. Without a connection the
        command waits for one, if queueing is on. An interrupted wait withdraws the command.
        ``expert`` sends what the heater's device info says it cannot do; guards bind experts too.

        Raises:
            GuardError: the settings forbid it.
            UsageError: no such heater; beyond its limits or capabilities, or those are not known yet.
            LinkError: there is no connection and queueing is off, or the client is closed.
            CommandRefused: the heater or the broker said no.
            CommandTimedOut: no answer came.
            CommandMismatch: it confirmed another schedule than was written.
            ScheduleConflict: an edit does not fit the heater's list.
            CommandExpired: it waited for a connection for too long.
            CommandCancelled: the client was closed.
            NavienError: what ended the session, when it ended by itself.
        """
        return self._running().submit(command, None if device is None else _mac(device), level, expert=expert)

    def _request(self, request: Request) -> object:
        return self._running().request(request)

    def _fetch(self, request: HttpRequest, largest: int) -> HttpReply:
        return self._running().fetch(request, largest)

    def _raw_messages(self, topic_filter: str) -> EventStream:
        return self._running().events(wanted=raw_messages(topic_filter))

    def _enter(self) -> None:
        if self._entered or self._closed:
            raise UsageError("a client is entered once; make a new one")
        self._entered = True

    def _running(self) -> Engine:
        if self._engine is None:
            raise UsageError("the client is used inside 'with'; it was not entered yet")
        return self._engine

    def _heater_of(self, device: Device) -> Heater:
        known = self._heaters.get(device.mac)
        return known if known is not None else self._heaters.setdefault(device.mac, Heater(self, device))


def _mac(device: Heater | str) -> str:
    return device.mac if isinstance(device, Heater) else device


def _gather() -> Config:
    return gather_config({})
