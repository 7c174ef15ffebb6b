"""What runs behind a client: the session, its pump, the workers, the store, and the way in and out of them."""

from __future__ import annotations

import atexit
import errno
import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

from attrs import frozen

from navien_proto.cloud.account import account_key
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import CloudError, LinkBroken, LinkClosed, NavienError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import OpenLink
from navien_proto.mqtt.inputs import LinkInput
from navien_proto.mqtt.waiters import Ended, Failed, Waiters
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session.events import (
    AccountChanged,
    CommandConfirmed,
    CommandId,
    Connected,
    Event,
    Level,
    RequestId,
    SessionClosed,
)
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from navien_proto.wire.commands import Command
from navien_sync.accounts import PATIENCE, AccountKeeper
from navien_sync.clock import Clock
from navien_sync.dialer import Address, resolve
from navien_sync.driver import Answered, Driver, LinkTask
from navien_sync.http import Exchange, HttpClient, new_client, quiet_httpx
from navien_sync.hub import SharedHub
from navien_sync.latch import Latch
from navien_sync.outcome import outcome
from navien_sync.stores import SessionStore, TokenStore, TranscriptFile
from navien_sync.stores.proxies import proxy_for
from navien_sync.stores.roots import client_context
from navien_sync.streams import EventStream
from navien_sync.watch import SocketWatch
from navien_sync.workers import Workers

if TYPE_CHECKING:
    from navien_proto.session.requests import Request
    from navien_proto.session.saved import SavedSession
    from navien_proto.session.transcript import Recorder

__all__ = ["Engine", "Parts"]

D = TypeVar("D", bound=Ended)
F = TypeVar("F", bound=Failed)
T = TypeVar("T")

NO_THREAD = "the system has no thread left"
# Beyond the session's own time-outs: for threads that are just ending.
JOIN = 2.0
# The session, its store, and what follows them have bounds of their own; this one is for the sum of them.
LONGEST_CLOSE = 25.0


@frozen(kw_only=True)
class Parts:
    """What an engine is made of; ``None`` is made when it is needed."""

    store: TokenStore
    clock: Clock
    http_client: HttpClient | None = None
    ssl_context: ssl.SSLContext | None = None
    transcript: str | os.PathLike[str] | None = None
    sessions: SessionStore | None = None
    proxy: str | None = None


class Engine:
    """One session at work. Any thread may call; the session moves in the pump alone."""

    def __init__(self, config: SessionConfig, parts: Parts) -> None:
        self.config = config
        self._parts = parts
        self._machine: Session | Recorder
        self.transcript: TranscriptFile | None = None
        rng, new_id = Random(secrets.randbits(128)), partial(secrets.token_hex, 4)
        if parts.transcript is None:
            self._machine = self.session = Session(config, rng=rng, new_id=new_id)
        else:
            from navien_proto.session.transcript import Recorder

            self.transcript = TranscriptFile(parts.transcript)
            self._machine = Recorder(config, rng=rng, new_id=new_id, write=self.transcript.write)
            self.session = self._machine.session
        self.hub = SharedHub()
        self._driver = Driver(
            self._machine,
            exchange=self._exchange,
            open_link=self._open_link,
            deliver=self._deliver,
            clock=parts.clock,
        )
        self._io = Workers("navien-io", self._driver.crash)
        self.callbacks = Workers("navien-callbacks", self._driver.crash)
        self._key = account_key(config.email, config.base_url)
        self._keeper = AccountKeeper(parts.store, self._key, self._io)
        self._pump = threading.Thread(target=self._work, name="navien-pump", daemon=True)
        self._beginning = threading.Lock()
        self._begun = False
        self._context = parts.ssl_context
        self._http = parts.http_client
        self._close_http: Callable[[], None] | None = None

    # --- the way in --------------------------------------------------------------------------------------

    def open(self) -> None:
        """Begin. Whatever it raises, ``leave`` must be called.

        Raises:
            UsageError: the transcript cannot be written.
        """
        # Here and not in the pump, so that a missing package is told as what it is.
        for name in ("httpx", "navien_sync.link"):
            import_module(name)
        quiet_httpx()
        if self.transcript is not None:
            self.transcript.open()
        _open.add(self)
        with self._beginning:
            self._pump.start()
            self._begun = True
        if not self._io.run(self._prepare):
            self._driver.crash(NavienError(NO_THREAD))

    def wait_until_ready(self, timeout: float | None) -> None:
        """Wait until the session is ready.

        Raises:
            NavienError: the session ended, or ``timeout`` seconds passed; it says what was in the way.
        """
        with self.events(
            wanted=lambda event: isinstance(event, Connected | SessionClosed), timeout=timeout
        ) as stream:
            if self._ready():
                return
            try:
                event = next(stream, None)
            except TimeoutError:
                if self._ready():
                    return
                raise self.session.problem or LinkBroken("the connection took too long") from None
        if not isinstance(event, Connected):
            raise self.hub.error or LinkClosed("the client was closed while it was connecting")

    def _prepare(self) -> None:
        """In a worker: read the roots of TLS and the account's tokens; then the session begins."""
        needed = self.config.base_url.startswith("https:") or self.config.mqtt_scheme == "wss"
        context = client_context() if self._context is None and needed else self._context
        account = self._keeper.load()
        saved = self._io.call(self._load_session, PATIENCE)

        def begin(now: Instant) -> None:
            self._context = context
            if self._http is None:
                self._http, self._close_http = new_client(context, self._parts.proxy)
            self._machine.start(now, account, saved)

        self._driver.call(begin)

    # --- at work -----------------------------------------------------------------------------------------

    def events(
        self, *, wanted: Callable[[Event], bool] | None = None, timeout: float | None = None
    ) -> EventStream:
        """A stream of the events from now on."""
        return EventStream(self.hub, wanted=wanted, timeout=timeout)

    def submit(
        self, command: Command, device: str | None, level: Level, *, expert: bool = False
    ) -> CommandConfirmed:
        """Send a command and wait for its end; when the wait is interrupted, the command is withdrawn.

        Raises:
            UsageError: no such heater; a value beyond its limits; the session is not running.
            LinkBroken: there is no link, and queueing is off.
            CommandError: it was not confirmed.
        """
        machine = self._machine
        return self._outcome(
            self.hub.waiters,
            lambda now: machine.submit(command, now, device=device, level=level, expert=expert),
            lambda number, now: machine.cancel(CommandId(number), now),
        )

    def request(self, request: Request, device: str | None = None) -> object:
        """Hand in a request and wait for its answer; when the wait is interrupted, it is withdrawn.

        Raises:
            UsageError: it cannot be written; the session is not running.
            LinkBroken: a raw publish without a link.
            NavienError: it was not answered.
        """
        machine = self._machine
        return self._outcome(
            self.hub.requests,
            lambda now: machine.request(request, now, device=device),
            lambda number, now: machine.withdraw(RequestId(number), now),
        ).answer

    def fetch(self, request: HttpRequest, largest: int) -> HttpReply:
        """One exchange that is none of the session's.

        Raises:
            CloudError: no answer came.
            LinkClosed: the client is closed.
        """
        client = self._http
        if client is None or self.hub.closed:
            raise self._over()
        exchange = Exchange(client, 0, request, largest=largest)
        report = self._io.call(exchange.run, self.config.http_timeout)
        if isinstance(report, HttpAnswered):
            return report.reply
        exchange.cancel()
        why = f"no answer in {self.config.http_timeout:g} s" if report is None else report.reason
        raise CloudError(f"the request failed: {why}")

    def clear_queue(self) -> int:
        """Withdraw what waits to be sent; how many that were.

        Raises:
            LinkClosed: the client is closed.
        """
        if self.hub.closed:
            raise self._over()
        return self.ask(lambda now: 0 if self.hub.closed else self._machine.clear_queue(now))

    def ask(self, question: Callable[[Instant], T]) -> T:
        """What ``question`` answers in the pump, where nothing moves meanwhile; here, when the pump has ended."""
        answered = Latch()
        answers: list[T] = []
        errors: list[Exception] = []

        def put(now: Instant) -> None:
            try:
                answers.append(question(now))
            except Exception as error:  # noqa: BLE001 (whatever it is, it is the caller's)
                errors.append(error)
            answered.open()

        self._driver.call(put, answered.open)
        answered.wait()
        if errors:
            raise errors[0]
        return answers[0] if answers else question(self._parts.clock())

    def _outcome(
        self, expected: Waiters[D, F], move: Callable[[Instant], int], take_back: Callable[[int, Instant], None]
    ) -> D:
        return outcome(self._driver.call, self.hub, expected, move, take_back)

    # --- the way out -------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Begin to close for good, and do not wait."""
        self._driver.stop()

    def close(self) -> None:
        """Close for good and wait until it is done: the session's own time-outs bound it."""
        self.stop()
        with self._beginning:
            if not self._begun:
                return
        until = time.monotonic() + LONGEST_CLOSE
        self._pump.join(LONGEST_CLOSE)
        for workers in (self._io, self.callbacks):
            workers.join(min(JOIN, until - time.monotonic()))

    def leave(self) -> None:
        """``close``, and tell of a bug of ours if one ended the session.

        Raises:
            NavienError: that bug; what else ended the session was told to its consumers.
        """
        self.close()
        if self._driver.failure is not None:
            raise self._driver.failure

    def _ready(self) -> bool:
        return self.session.state is State.READY

    def _over(self) -> NavienError:
        return self.hub.error or LinkClosed("the client is closed")

    # --- in the pump -------------------------------------------------------------------------------------

    def _work(self) -> None:
        driver = self._driver
        driver.run()
        self.hub.close(driver.failure)
        driver.end()
        self._keeper.finish()
        self._io.call(self._save_session, PATIENCE)
        self._io.close()
        self.callbacks.close()
        self._io.join(JOIN)  # of what was cut short
        if self._close_http is not None:
            self._close_http()
        if self.transcript is not None:
            self.transcript.close()

    # As with tokens: a store can help a start and must never prevent one, nor hold up an end.
    def _load_session(self) -> SavedSession | None:
        with suppress(Exception):
            return None if self._parts.sessions is None else self._parts.sessions.load(self._key)
        return None

    def _save_session(self) -> None:
        if self._parts.sessions is not None and self.session.devices:
            with suppress(Exception):
                self._parts.sessions.save(self._key, self.session.save(self._parts.clock()))

    def _deliver(self, event: Event) -> None:
        if isinstance(event, AccountChanged):
            self._keeper.save(event.account)
        self.hub.deliver(event)

    def _exchange(self, number: int, request: HttpRequest, answered: Answered) -> Callable[[], None]:
        if self._http is None:
            raise NavienError("the session began before its HTTP client was there")
        exchange = Exchange(self._http, number, request)
        if not self._io.run(lambda: answered(exchange.run())):
            answered(HttpFailed(number, NO_THREAD, sent=False))
        return exchange.cancel

    def _open_link(self, action: OpenLink, report: Callable[[LinkInput], None], watch: SocketWatch) -> LinkTask:
        from navien_sync.link import Link

        return Link(
            action,
            report,
            watch,
            resolve=self._resolve,
            context=self._context,
            clock=self._parts.clock,
            route=partial(proxy_for, given=self._parts.proxy),
        )

    def _resolve(self, host: str, port: int, answered: Callable[[list[Address] | Exception], None]) -> None:
        def look_up() -> None:
            answer: list[Address] | Exception
            try:
                answer = resolve(host, port)
            except (OSError, UnicodeError) as error:
                answer = error
            self._driver.call(lambda _now: answered(answer))

        if not self._io.run(look_up):
            self._driver.call(lambda _now: answered(OSError(errno.EAGAIN, NO_THREAD)))


# Daemons die in the middle of a word when the interpreter ends: say goodbye before.
_open: WeakSet[Engine] = WeakSet()


@atexit.register
def _close_all() -> None:
    engines = list(_open)
    for engine in engines:
        engine.stop()
    for engine in engines:
        engine.close()
