"""A client of any number of brokers, and its user's devices."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio import to_thread

from navien_anyio.clock import Clock, system_clock
from navien_anyio.mqtt.connection import MqttConnection
from navien_anyio.mqtt.devices import Devices
from navien_anyio.tls import client_context
from navien_proto.errors import NavienError, UsageError
from navien_proto.mqtt.client_config import MqttConfig, broker_config
from navien_proto.mqtt.health import ClientStatistics, DeviceMetrics, Health, client_statistics, device_metrics
from navien_proto.mqtt.presence import PresenceWords
from navien_proto.mqtt.tenancy import Scope

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from navien_anyio.client import NavienClient
    from navien_sync.stores.presence import LastSeen
    from navien_sync.stores.registry import DeviceRegistry, RegisteredDevice, UserDevices

__all__ = ["MqttClient"]

EVERYTHING = 1_000_000


class MqttClient:
    """MQTT for any broker inside ``async with``: several named connections, and a user's devices.

    Enter and leave it in the same task; use it from any task of the same event loop.

    Args:
        user_id: whose devices and topics these are.
        registry: where devices are registered; without one :attr:`devices` says so.
        prefix_topics: put every topic below ``user_id``, so that users of one broker cannot meet.
        clock: reads both clocks; for tests.

    Raises:
        UsageError: ``registry`` or ``prefix_topics`` without a ``user_id``, or that is no level of a topic.
    """

    def __init__(
        self,
        user_id: str | None = None,
        *,
        registry: DeviceRegistry | None = None,
        prefix_topics: bool = False,
        clock: Clock = system_clock,
    ) -> None:
        if user_id is None and (registry is not None or prefix_topics):
            raise UsageError("a registry and a topic prefix belong to a user: give user_id")
        self._scope = Scope(user_id if prefix_topics else None)
        self._registry = registry
        self._devices = None if registry is None or user_id is None else Devices(registry.user(user_id))
        self._clock = clock
        self._connections: dict[str, MqttConnection] = {}
        self._tasks: TaskGroup | None = None
        self._entered = False

    async def __aenter__(self) -> Self:
        if self._entered:
            raise UsageError("a client is entered once; make a new one")
        self._entered = True
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        tasks, self._tasks = self._tasks, None
        try:
            with anyio.CancelScope(shield=True):
                async with anyio.create_task_group() as closing:
                    for connection in self._connections.values():
                        closing.start_soon(connection.close)
        finally:
            if tasks is not None:
                for connection in self._connections.values():
                    connection.abort()
                await tasks.__aexit__(None, None, None)

    # --- connections -------------------------------------------------------------------------------------

    async def connect(
        self,
        host: str = "localhost",
        *,
        name: str = "default",
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float | None = 30.0,
        patient: bool = False,
        **settings: Any,
    ) -> MqttConnection:
        """Connect to a broker, and wait until the connection stands.

        Args:
            host: a host name, or a URL: ``mqtt://``, ``mqtts://``, ``ws://`` or ``wss://``.
            name: what this client calls the connection.
            port: where the URL names none; 1883 for ``mqtt``, 8883 for ``mqtts``, 80 and 443 for WebSocket.
            username: for the broker.
            password: for the broker.
            ssl_context: for ``mqtts`` and ``wss``; with a client certificate, if the broker wants one. The
                system's roots when left out.
            timeout: seconds it may take; ``None`` is no limit.
            patient: go on trying within that time when the first attempt fails.
            settings: others of :class:`~navien_proto.mqtt.client_config.MqttConfig`, such as ``version="5"``,
                ``will``, ``client_id`` or ``connection``.

        Raises:
            UsageError: a setting is wrong, or there is a connection of that name; the client is not entered.
            AuthError: the broker does not let us in.
            LinkError: the connection did not come to stand; it says why.
        """
        tasks = self._running()
        if name in self._connections and not self._connections[name].closed:
            raise UsageError(f"there is a connection named {name!r} already; disconnect it first")
        config = broker_config(host, port, {"username": username, "password": password, **settings})
        await to_thread.run_sync(_check, config)
        context = await client_context() if ssl_context is None and config.endpoint.tls else ssl_context
        connection = MqttConnection(name, config, self._scope, clock=self._clock, context=context, patient=patient)
        self._connections[name] = connection
        tasks.start_soon(connection.run)
        try:
            await connection.ready(timeout)
        except BaseException:
            await connection.close()
            self._connections.pop(name, None)
            raise
        return connection

    async def disconnect(self, name: str = "default") -> None:
        """Close a connection for good.

        Raises:
            UsageError: there is no such connection.
        """
        connection = self.connection(name)
        del self._connections[name]
        await connection.close()

    def connection(self, name: str = "default") -> MqttConnection:
        """The connection of that name.

        Raises:
            UsageError: there is none; it says which there are.
        """
        found = self._connections.get(name)
        if found is None:
            there = ", ".join(map(repr, self._connections)) or "none"
            raise UsageError(f"there is no connection named {name!r}; there are: {there}")
        return found

    @property
    def connections(self) -> tuple[MqttConnection, ...]:
        """Every connection, in the order they were made."""
        return tuple(self._connections.values())

    # --- who is there --------------------------------------------------------------------------------------

    async def mirror(self, navien: NavienClient) -> tuple[RegisteredDevice, ...]:
        """Register the heaters of a NaviLink account, each by its MAC, and keep their presence true.

        It goes on until one of the two clients is closed.

        Raises:
            UsageError: there is no registry, or this client or ``navien`` was not entered.
            StoreError: the registry's database cannot be used.
        """
        from navien_sync.stores.presence import HeaterMirror

        mirror = HeaterMirror(self._user_devices())
        tasks = self._running()
        events = navien.events()
        registered = await to_thread.run_sync(mirror.register, navien.session.devices)
        tasks.start_soon(_follow, events, mirror.take)
        return registered

    async def watch_presence(
        self,
        device_id: str,
        topic: str,
        *,
        online: bytes | str = "online",
        offline: bytes | str = "offline",
        name: str = "default",
    ) -> None:
        """Keep a device's presence true by a topic on which it says ``online``, and its will ``offline``.

        An empty payload counts as the will; another one changes nothing. ``name`` is the connection's.

        Raises:
            UsageError: there is no such device, connection or registry; the topic is no filter.
            CommandRefused, LinkError, CommandExpired: as for subscribing.
            StoreError: the registry's database cannot be used.
        """
        from navien_sync.stores.presence import WillWatch

        watch = WillWatch(self._user_devices(), device_id, PresenceWords.of(online, offline))
        await to_thread.run_sync(watch.check)
        await self._watch(name, (topic,), watch.take)

    async def watch_last_seen(
        self, *filters: str, silent_after: float | None = None, name: str = "default"
    ) -> None:
        """Count a device as heard when a message comes whose topic has its id as a level.

        Whoever is then silent for more than ``silent_after`` seconds is off line; ``None``: nobody is. It is told
        to the registry every ten seconds at most. ``name`` is the connection's.

        Raises:
            UsageError: there is no such connection or registry; a filter is none; ``silent_after`` is not above 0.
            CommandRefused, LinkError, CommandExpired: as for subscribing.
        """
        from navien_sync.stores.presence import LastSeen

        seen = LastSeen(self._user_devices())
        if silent_after is not None and not silent_after > 0:
            raise UsageError(f"silent_after is {silent_after!r}; it must be above 0 seconds")
        await self._watch(name, filters, seen.take)
        if silent_after is not None:
            self._running().start_soon(self._expire, self.connection(name), seen, silent_after)

    # --- devices and figures -----------------------------------------------------------------------------

    @property
    def devices(self) -> Devices:
        """The user's devices.

        Raises:
            UsageError: the client was made without a registry.
        """
        if self._devices is None:
            raise UsageError("this client has no device registry: give registry=DeviceRegistry(...) and user_id")
        return self._devices

    async def statistics(self) -> ClientStatistics:
        """Figures of all connections, and of the registry if there is one.

        Raises:
            StoreError: the registry's database cannot be used.
        """
        devices = (0, 0)
        if self._devices is not None:
            from navien_sync.stores.registry import Presence

            devices = (await self._devices.count(), await self._devices.count(Presence.ONLINE))
        connections = self._connections.values()
        return client_statistics([(each.status(), *each.traffic) for each in connections], devices)

    async def device_metrics(self, device_id: str) -> DeviceMetrics:
        """What this client sent to and received from a device, over the topics that have its id as a level.

        Raises:
            UsageError: this user has no such device, or there is no registry.
            StoreError: the registry's database cannot be used.
        """
        await self.devices.get(device_id)
        topics = [
            info for connection in self._connections.values() for info in connection.topics(limit=EVERYTHING)
        ]
        return device_metrics(device_id, topics)

    async def health(self) -> Health:
        """Whether every connection stands and the registry answers, and what is wrong where not."""
        problems: dict[str, str] = {}
        for connection in self._connections.values():
            status = connection.status()
            if not status.connected:
                problems[connection.name] = status.problem or "not connected"
        registry = None
        if self._registry is not None:
            try:
                await to_thread.run_sync(self._registry.check)
                registry = True
            except NavienError as error:
                registry, problems["registry"] = False, str(error)
        connected = {connection.name: connection.connected for connection in self._connections.values()}
        return Health(connected, registry, problems)

    # --- inside ------------------------------------------------------------------------------------------

    def _user_devices(self) -> UserDevices:
        return self.devices.blocking

    def _running(self) -> TaskGroup:
        if self._tasks is None:
            raise UsageError("the client is used inside 'async with'")
        return self._tasks

    async def _watch(self, name: str, filters: tuple[str, ...], take: Callable[[object], None]) -> None:
        connection = self.connection(name)
        stream = connection.stream(*filters)
        await connection.subscribe(*filters)
        self._running().start_soon(_follow, stream, take)

    async def _expire(self, connection: MqttConnection, seen: LastSeen, silent_after: float) -> None:
        while not await connection.over(silent_after / 4):
            await to_thread.run_sync(seen.expire, silent_after, self._clock().utc)


async def _follow(stream: AsyncIterable[object], take: Callable[[object], None]) -> None:
    """Hand every event to ``take``, which blocks, until the source is closed."""
    with suppress(NavienError):
        async for event in stream:
            await to_thread.run_sync(take, event)


def _check(config: MqttConfig) -> None:
    """What MQTT or HTTP cannot say is told before anything is opened; the codec is loaded for it, once."""
    from navien_proto.link import LinkProtocol

    LinkProtocol(config.open_link())
