"""A client of any number of brokers, and its user's devices."""

from __future__ import annotations

import ssl
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from navien_proto.errors import NavienError, UsageError
from navien_proto.mqtt.client_config import broker_config
from navien_proto.mqtt.health import ClientStatistics, DeviceMetrics, Health, client_statistics, device_metrics
from navien_proto.mqtt.presence import PresenceWords
from navien_proto.mqtt.tenancy import Scope
from navien_sync.clock import Clock, system_clock
from navien_sync.mqtt.connection import MqttConnection
from navien_sync.mqtt.pump import Pump
from navien_sync.stores.roots import client_context

if TYPE_CHECKING:
    from navien_sync.client import NavienClient
    from navien_sync.stores.presence import LastSeen
    from navien_sync.stores.registry import DeviceRegistry, RegisteredDevice, UserDevices

__all__ = ["MqttClient"]

EVERYTHING = 1_000_000


class MqttClient:
    """MQTT for any broker inside ``with``: several named connections, and a user's devices.

    Any thread may use it. The work is done by threads of its own; there is no event loop, and none is disturbed.

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
        self._devices = None if registry is None or user_id is None else registry.user(user_id)
        self._clock = clock
        self._lock = threading.Lock()
        self._connections: dict[str, MqttConnection] = {}
        self._pumps: list[Pump] = []
        self._mirrors: list[Callable[[], None]] = []
        self._over = threading.Event()
        self._entered = False
        # Nobody can close a client that was dropped; the threads must not outlive it.
        weakref.finalize(self, _let_go, self._pumps, self._over).atexit = False

    def __enter__(self) -> Self:
        if self._entered:
            raise UsageError("a client is entered once; make a new one")
        self._entered = True
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection for good, from any thread, within a few seconds; again does nothing."""
        self._over.set()
        with self._lock:
            connections, mirrors = list(self._connections.values()), list(self._mirrors)
            self._mirrors.clear()
        for cancel in mirrors:
            cancel()
        for connection in connections:
            connection.pump.stop()
        for connection in connections:
            connection.close()

    # --- connections -------------------------------------------------------------------------------------

    def connect(
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
        self._check_running()
        config = broker_config(host, port, {"username": username, "password": password, **settings})
        # What MQTT or HTTP cannot say is told before anything is opened.
        from navien_proto.link import LinkProtocol

        LinkProtocol(config.open_link())
        context = client_context() if ssl_context is None and config.endpoint.tls else ssl_context
        connection = MqttConnection(name, config, self._scope, clock=self._clock, context=context, patient=patient)
        with self._lock:
            if name in self._connections and not self._connections[name].closed:
                raise UsageError(f"there is a connection named {name!r} already; disconnect it first")
            self._connections[name] = connection
            self._pumps.append(connection.pump)
        try:
            connection.ready(timeout)
        except BaseException:
            connection.close()
            self._forget(connection)
            raise
        return connection

    def disconnect(self, name: str = "default") -> None:
        """Close a connection for good.

        Raises:
            UsageError: there is no such connection.
        """
        connection = self.connection(name)
        self._forget(connection)
        connection.close()

    def connection(self, name: str = "default") -> MqttConnection:
        """The connection of that name.

        Raises:
            UsageError: there is none; it says which there are.
        """
        with self._lock:
            found = self._connections.get(name)
            there = ", ".join(map(repr, self._connections)) or "none"
        if found is None:
            raise UsageError(f"there is no connection named {name!r}; there are: {there}")
        return found

    @property
    def connections(self) -> tuple[MqttConnection, ...]:
        """Every connection, in the order they were made."""
        with self._lock:
            return tuple(self._connections.values())

    # --- who is there ------------------------------------------------------------------------------------

    def mirror(self, navien: NavienClient) -> tuple[RegisteredDevice, ...]:
        """Register the heaters of a NaviLink account, each by its MAC, and keep their presence true.

        It goes on until one of the two clients is closed.

        Raises:
            UsageError: there is no registry, or this client or ``navien`` was not entered.
            StoreError: the registry's database cannot be used.
        """
        from navien_sync.stores.presence import HeaterMirror

        mirror = HeaterMirror(self.devices)
        self._check_running()
        subscription = navien.add_callback(mirror.take)
        try:
            registered = mirror.register(navien.session.devices)
        except BaseException:
            subscription.cancel()
            raise
        with self._lock:
            self._mirrors.append(subscription.cancel)
        return registered

    def watch_presence(
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

        watch = WillWatch(self.devices, device_id, PresenceWords.of(online, offline))
        watch.check()
        self.connection(name).add_callback(watch.take, topic)

    def watch_last_seen(self, *filters: str, silent_after: float | None = None, name: str = "default") -> None:
        """Count a device as heard when a message comes whose topic has its id as a level.

        Whoever is then silent for more than ``silent_after`` seconds is off line; ``None``: nobody is. It is told
        to the registry every ten seconds at most. ``name`` is the connection's.

        Raises:
            UsageError: there is no such connection or registry; a filter is none; ``silent_after`` is not above 0.
            CommandRefused, LinkError, CommandExpired: as for subscribing.
        """
        from navien_sync.stores.presence import LastSeen

        seen = LastSeen(self.devices)
        if silent_after is not None and not silent_after > 0:
            raise UsageError(f"silent_after is {silent_after!r}; it must be above 0 seconds")
        self.connection(name).add_callback(seen.take, *filters)
        if silent_after is not None:
            arguments = (self._over, seen, silent_after, self._clock)
            threading.Thread(target=_expire, args=arguments, name="navien-io", daemon=True).start()

    # --- devices and figures -----------------------------------------------------------------------------

    @property
    def devices(self) -> UserDevices:
        """The user's devices.

        Raises:
            UsageError: the client was made without a registry.
        """
        if self._devices is None:
            raise UsageError("this client has no device registry: give registry=DeviceRegistry(...) and user_id")
        return self._devices

    def statistics(self) -> ClientStatistics:
        """Figures of all connections, and of the registry if there is one.

        Raises:
            StoreError: the registry's database cannot be used.
        """
        devices = (0, 0)
        if self._devices is not None:
            from navien_sync.stores.registry import Presence

            devices = (self._devices.count(), self._devices.count(Presence.ONLINE))
        return client_statistics([(each.status(), *each.traffic) for each in self.connections], devices)

    def device_metrics(self, device_id: str) -> DeviceMetrics:
        """What this client sent to and received from a device, over the topics that have its id as a level.

        Raises:
            UsageError: this user has no such device, or there is no registry.
            StoreError: the registry's database cannot be used.
        """
        self.devices.get(device_id)
        topics = [info for connection in self.connections for info in connection.topics(limit=EVERYTHING)]
        return device_metrics(device_id, topics)

    def health(self) -> Health:
        """Whether every connection stands and the registry answers, and what is wrong where not."""
        problems: dict[str, str] = {}
        connected: dict[str, bool] = {}
        for connection in self.connections:
            status = connection.status()
            connected[connection.name] = status.connected
            if not status.connected:
                problems[connection.name] = status.problem or "not connected"
        registry = None
        if self._registry is not None:
            try:
                self._registry.check()
                registry = True
            except NavienError as error:
                registry, problems["registry"] = False, str(error)
        return Health(connected, registry, problems)

    # --- inside ------------------------------------------------------------------------------------------

    def _check_running(self) -> None:
        if not self._entered:
            raise UsageError("the client is used inside 'with'")
        if self._over.is_set():
            raise UsageError("the client is closed; make a new one")

    def _forget(self, connection: MqttConnection) -> None:
        with self._lock:
            if self._connections.get(connection.name) is connection:
                del self._connections[connection.name]
            self._pumps.remove(connection.pump)


def _expire(over: threading.Event, seen: LastSeen, silent_after: float, clock: Clock) -> None:
    while not over.wait(silent_after / 4):
        seen.expire(silent_after, clock().utc)


def _let_go(pumps: list[Pump], over: threading.Event) -> None:
    over.set()
    for pump in pumps:
        pump.stop()
