"""What runs behind a client: the session, its driver, the store, and the way in and out of them."""

from __future__ import annotations

import os
import secrets
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread
from attrs import frozen

from navien_anyio.accounts import PATIENCE, AccountKeeper
from navien_anyio.callbacks import Callback, Subscription
from navien_anyio.clock import Clock
from navien_anyio.driver import Driver, OpenTask
from navien_anyio.http import HttpClient, exchange, new_client, quiet_httpx
from navien_anyio.signal import Signal
from navien_anyio.streams import EventStream
from navien_anyio.tls import client_context
from navien_proto.cloud.account import account_key
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import CloudError, LinkBroken, LinkClosed
from navien_proto.instant import Instant
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
from navien_proto.session.hub import Hub
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from navien_proto.wire.commands import Command
from navien_sync.stores import TranscriptFile
from navien_sync.stores.proxies import proxy_for

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from navien_proto.session.requests import Request
    from navien_proto.session.saved import SavedSession
    from navien_proto.session.transcript import Recorder
    from navien_sync.stores import SessionStore, TokenStore

__all__ = ["Engine", "Parts"]

# An HTTP connection that does not close by then is left to the system.
HTTP_CLOSE = 1.0
# What a callback has to take the last events; then it is cut.
CALLBACKS_END = 2.0

D = TypeVar("D", bound=Ended)
F = TypeVar("F", bound=Failed)


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
    task_group: TaskGroup | None = None


class Engine:
    """One session at work. ``open`` and ``leave`` belong to one task; the rest to any of the same loop."""

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
        self.hub = Hub()
        self._key = account_key(config.email, config.base_url)
        self._keeper = AccountKeeper(parts.store, self._key)
        self._tasks: TaskGroup | None = None
        self._driver: Driver[Event] | None = None
        self._own_http: Callable[[], Awaitable[None]] | None = None
        self._http: HttpClient | None = None
        self._own_tasks: TaskGroup | None = None
        self._callbacks: set[Subscription] = set()
        self._signal = Signal()
        self._over = anyio.Event()
        self._stopped = False

    # --- the way in --------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make what is needed and begin. Whatever it raises, ``leave`` must be called.

        Raises:
            LinkClosed: it was closed meanwhile.
            UsageError: the transcript cannot be written.
        """
        context = await self._prepare()
        account = await self._keeper.load()
        saved = await self._load_session()
        if self._stopped:
            raise LinkClosed("the client was closed while it was opening")
        client = self._parts.http_client
        if client is None:
            client, self._own_http = new_client(context, self._parts.proxy)
        self._http = client
        self._driver = Driver(
            self._machine,
            start=lambda now: self._machine.start(now, account, saved),
            exchange=_exchange_over(client),
            open_link=_open_link_with(context, self._parts.proxy),
            deliver=self._deliver,
            clock=self._parts.clock,
        )
        tasks = self._parts.task_group
        if tasks is None:
            tasks = self._own_tasks = anyio.create_task_group()
            await tasks.__aenter__()
        self._tasks = tasks
        tasks.start_soon(self._work, self._driver)
        if self._own_tasks is None:
            tasks.start_soon(self._heed, self._driver)

    async def ready(self, timeout: float | None) -> None:
        """Wait until the session is ready; call it at once after ``open``.

        Raises:
            NavienError: the session ended, or ``timeout`` seconds passed; it says what was in the way.
        """
        stream = self.events(wanted=lambda event: isinstance(event, Connected | SessionClosed))
        with anyio.move_on_after(timeout):
            async for event in stream:
                if isinstance(event, Connected):
                    return
            raise LinkClosed("the client was closed while it was connecting")
        if self.session.state is not State.READY:
            raise self.session.problem or LinkBroken("the connection took too long")

    async def _prepare(self) -> ssl.SSLContext | None:
        """Load what is heavy, in a worker thread: nobody's loop stands still for it."""
        await to_thread.run_sync(_load)
        if self.transcript is not None:
            await to_thread.run_sync(self.transcript.open)
        quiet_httpx()
        given = self._parts.ssl_context
        needed = self.config.base_url.startswith("https:") or self.config.mqtt_scheme == "wss"
        return await client_context() if given is None and needed else given

    # --- at work -----------------------------------------------------------------------------------------

    def events(self, *, wanted: Callable[[Event], bool] | None = None) -> EventStream:
        """A stream of the events from now on."""
        return EventStream(self.hub, wanted=wanted)

    async def submit(
        self, command: Command, device: str | None, level: Level, *, expert: bool = False
    ) -> CommandConfirmed:
        """Send a command and wait for its end; when the wait is cancelled, the command is withdrawn.

        Raises:
            UsageError: no such heater; a value beyond its limits; the session is not running.
            LinkBroken: there is no link, and queueing is off.
            CommandError: it was not confirmed.
        """
        driver, machine = self._running(), self._machine
        number = machine.submit(command, self._parts.clock(), device=device, level=level, expert=expert)
        withdraw = partial(machine.cancel, CommandId(number))
        return await self._outcome(driver, self.hub.waiters, number, withdraw)

    async def request(self, request: Request, device: str | None = None) -> object:
        """Hand in a request and wait for its answer; when the wait is cancelled, it is withdrawn.

        Raises:
            UsageError: it cannot be written; the session is not running.
            LinkBroken: a raw publish without a link.
            NavienError: it was not answered.
        """
        driver, machine = self._running(), self._machine
        number = machine.request(request, self._parts.clock(), device=device)
        withdraw = partial(machine.withdraw, RequestId(number))
        return (await self._outcome(driver, self.hub.requests, number, withdraw)).answer

    async def fetch(self, request: HttpRequest, largest: int) -> HttpReply:
        """One exchange that is none of the session's.

        Raises:
            CloudError: no answer came.
        """
        self._running()
        if self._http is not None:
            with anyio.move_on_after(self.config.http_timeout):
                report = await exchange(self._http, 0, request, largest=largest)
                if isinstance(report, HttpAnswered):
                    return report.reply
                raise CloudError(f"the request failed: {report.reason}")
        raise CloudError(f"the request failed: no answer in {self.config.http_timeout:g} s")

    def clear_queue(self) -> int:
        """Withdraw what waits to be sent; how many that were."""
        driver = self._running()
        cleared = self._machine.clear_queue(self._parts.clock())
        driver.nudge()
        return cleared

    def call(self, callback: Callback, wanted: Callable[[Event], bool] | None) -> Subscription:
        """Call a function with events from now on."""
        self._running()
        subscription = Subscription(self.events(wanted=wanted), callback)
        if self._tasks is not None:
            self._callbacks.add(subscription)
            self._tasks.start_soon(self._run_callback, subscription)
        return subscription

    def _running(self) -> Driver[Event]:
        if self._driver is None or self.hub.closed:
            raise self.hub.error or LinkClosed("the client is closed")
        return self._driver

    async def _outcome(
        self,
        driver: Driver[Event],
        waiters: Waiters[D, F],
        number: int,
        withdraw: Callable[[Instant], None],
    ) -> D:
        ended = anyio.Event()
        waiter = waiters.expect(number, ended.set)
        driver.nudge()
        try:
            await ended.wait()
        finally:
            if not waiter.done:
                waiters.forget(waiter)
                withdraw(self._parts.clock())
                driver.nudge()
        return waiter.outcome()

    async def _run_callback(self, subscription: Subscription) -> None:
        try:
            await subscription.run()
        finally:
            self._callbacks.discard(subscription)
            self._signal.set()

    # --- the way out -------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Close for good and wait until it is done: the session's own time-outs bound it. Not cancellable."""
        self._stopped = True
        if self._driver is not None:
            self._driver.stop()
            with anyio.CancelScope(shield=True):
                await self._over.wait()

    async def leave(self) -> None:
        """``close``, and leave no task and no connection behind.

        Raises:
            NavienError: a bug of ours ended the session; what else ended it was told to its consumers.
        """
        try:
            await self.close()
        finally:
            # Reached early only when the loop itself is torn down: then everything is cut.
            if self._driver is not None:
                self._driver.abort()
            try:
                await self._end_callbacks()
                if self._own_tasks is not None:
                    await self._own_tasks.__aexit__(None, None, None)
            finally:
                with anyio.move_on_after(HTTP_CLOSE, shield=True):
                    if self._own_http is not None:
                        await self._own_http()
                await self._save_session()
                if self.transcript is not None:
                    with anyio.CancelScope(shield=True):
                        await to_thread.run_sync(self.transcript.close)
        if self._driver is not None and self._driver.failure is not None:
            raise self._driver.failure

    async def _end_callbacks(self) -> None:
        """Callbacks hear the end; one that then takes long is cut."""
        with anyio.move_on_after(CALLBACKS_END, shield=True):
            while self._callbacks:
                await self._signal.wait()
        for subscription in list(self._callbacks):
            subscription.cut()

    # As with tokens: a store can help a start and must never prevent one, nor hold up an end.
    async def _load_session(self) -> SavedSession | None:
        store = self._parts.sessions
        if store is not None:
            with anyio.move_on_after(PATIENCE), suppress(Exception):
                return await to_thread.run_sync(store.load, self._key, abandon_on_cancel=True)
        return None

    async def _save_session(self) -> None:
        store = self._parts.sessions
        if store is not None and self.session.devices:
            saved = self.session.save(self._parts.clock())
            with anyio.move_on_after(PATIENCE, shield=True), suppress(Exception):
                await to_thread.run_sync(store.save, self._key, saved, abandon_on_cancel=True)

    async def _work(self, driver: Driver[Event]) -> None:
        try:
            with anyio.CancelScope(shield=True):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._keeper.run)
                    await driver.run()
                    self.hub.close(driver.failure)
                    self._keeper.finish()
        finally:
            self.hub.close(driver.failure)
            self._over.set()

    async def _heed(self, driver: Driver[Event]) -> None:
        """In a task group of the caller's: its cancellation is our end, too."""
        try:
            await self._over.wait()
        finally:
            driver.stop()

    def _deliver(self, event: Event) -> None:
        if isinstance(event, AccountChanged):
            self._keeper.save(event.account)
        self.hub.deliver(event)


def _load() -> None:
    # Together some 300 ms at the first time.
    for name in ("httpx", "navien_anyio.link"):
        import_module(name)


def _exchange_over(client: HttpClient) -> Callable[[int, HttpRequest], Awaitable[HttpAnswered | HttpFailed]]:
    return lambda number, request: exchange(client, number, request)


def _open_link_with(context: ssl.SSLContext | None, proxy: str | None) -> OpenTask:
    from navien_anyio.link import Link

    route = partial(proxy_for, given=proxy)
    return lambda action, report: Link(action, report, context, route=route)
