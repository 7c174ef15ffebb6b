"""The simulated NaviLink cloud: accounts and tokens behind REST, a broker behind signatures, heaters behind it.

Pure, and moved like everything here: REST requests come in through ``rest``, MQTT clients through ``broker``,
and when ``next_timer`` is due ``handle_timer`` lets the heaters live on. Cloud and clients share one clock; the
heaters have their own, ``speed`` times as fast (only theirs: tokens, signatures and pacing stay on the wall).
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from attrs import define, field, frozen

from navien_proto.cloud.defaults import REGION
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.sigv4_verify import verify_presigned
from navien_proto.instant import Instant
from navien_proto.sim.broker import Broker, Client
from navien_proto.sim.heater import Heater, HeaterConfig, Outgoing
from navien_proto.sim.rest import Account, RestService
from navien_proto.wire import topics

__all__ = ["SimCloud", "SimCloudConfig"]


@frozen(kw_only=True)
class SimCloudConfig:
    """How the simulated cloud behaves; times in seconds.

    ``delay`` is the range of a message's way between cloud and heater, one way; the round trip of a status
    request was measured at 2 to 4 s, up to 8 (``docs/protocol/mqtt.md`` section 10).
    """

    speed: float = 1.0
    delay: tuple[float, float] = (0.3, 1.2)
    access_lifetime: float = 3600.0
    aws_lifetime: float = 3600.0
    region: str = REGION


@define(eq=False)
class _Unit:
    """One heater at its place: its clock, and what is on the way to and from it."""

    heater: Heater
    client: Client
    since: float
    online: bool = True
    mute: bool = False
    arriving: list[tuple[float, str, bytes]] = field(factory=list)
    leaving: list[tuple[float, Outgoing]] = field(factory=list)
    last_due: float = 0.0

    @property
    def reachable(self) -> bool:
        """Whether it hears and speaks."""
        return self.online and not self.mute

    def hang_up(self) -> None:
        """Lose what is on the way."""
        self.arriving.clear()
        self.leaving.clear()


class SimCloud:
    """Accounts, a broker and heaters; see the module docstring."""

    def __init__(self, config: SimCloudConfig | None = None, *, rng: Random, broker: Broker | None = None) -> None:
        self.config = config or SimCloudConfig()
        self._rng = rng
        self.broker = broker or Broker()
        self._units: dict[str, _Unit] = {}
        self._by_client: dict[Client, _Unit] = {}
        self.service = RestService(
            rng,
            access_lifetime=self.config.access_lifetime,
            aws_lifetime=self.config.aws_lifetime,
            is_online=self.online,
        )

    # --- furnishing --------------------------------------------------------------------------------------

    def add_account(self, email: str, password: str) -> Account:
        """An account that may sign in."""
        return self.service.add_account(email, password)

    def add_heater(self, account: Account, heater: Heater, now: Instant) -> None:
        """Put a heater on an account and plug it in; its clock starts now."""
        mac = heater.config.mac
        account.heaters[mac] = heater.config
        client = self.broker.attach(f"navilink-{mac}")
        # Not "#": the heater hears requests, not its own answers.
        plain = [topics.request_topic(mac, suffix) for suffix in ("st", "ctrl")]
        hello = topics.event_topic(mac, "app-connection")
        filters = [*plain, *(f"{topic}/#" for topic in plain), hello]
        self.broker.subscribe(client, [(topic_filter, 0) for topic_filter in filters], now)
        self._units[mac] = self._by_client[client] = _Unit(heater, client, now.monotonic)

    def remove_heater(self, mac: str, now: Instant) -> None:
        """Unplug a heater and take it off its account."""
        unit = self._units.pop(mac)
        del self._by_client[unit.client]
        self.broker.disconnect(unit.client, now)
        for account in self.service.accounts:
            account.heaters.pop(mac, None)
            account.hidden.discard(mac)

    def register(self, mac: str, config: HeaterConfig) -> None:
        """Register a heater anew, under the name, home and additional value of ``config``."""
        self._units[mac].heater.register(config)
        for account in self.service.accounts:
            if mac in account.heaters:
                account.heaters[mac] = config

    def heater(self, mac: str) -> Heater:
        """The heater of that MAC."""
        return self._units[mac].heater

    @property
    def heaters(self) -> tuple[Heater, ...]:
        """Every heater, in the order they were added."""
        return tuple(unit.heater for unit in self._units.values())

    @property
    def macs(self) -> tuple[str, ...]:
        """The MACs of every heater, in that order."""
        return tuple(self._units)

    def online(self, mac: str) -> bool:
        """Whether the cloud sees the heater."""
        return self._units[mac].online

    def set_online(self, mac: str, online: bool) -> None:
        """Let a heater lose or find its network; off line it neither hears nor speaks, but heats on."""
        unit = self._units[mac]
        unit.online = online
        if not online:
            unit.hang_up()

    def set_mute(self, mac: str, mute: bool) -> None:
        """Let a heater neither hear nor speak although the cloud sees it."""
        unit = self._units[mac]
        unit.mute = mute
        if mute:
            unit.hang_up()

    def shift_clock(self, mac: str, seconds: float, now: Instant) -> None:
        """Set a heater's local time forward, or back. What was planned until now has happened by the old time."""
        unit = self._caught_up(mac, now)
        unit.heater.unit.shift_clock(seconds)

    def set_error(self, mac: str, code: int, sub: int, now: Instant) -> None:
        """Let a heater report an error, 0 for none, and stop heating where that stops it."""
        unit = self._caught_up(mac, now)
        unit.heater.set_error(code, sub)
        self._collect(unit)

    # --- what clients do ---------------------------------------------------------------------------------

    def rest(self, method: str, target: str, headers: Mapping[str, str], body: bytes, now: Instant) -> HttpReply:
        """Answer one REST request; ``target`` is path and query below the service's base path."""
        return self.service.answer(method, target, headers, body, now)

    def authorize(self, target: str, headers: Mapping[str, str], now: Instant) -> None:
        """Judge the WebSocket upgrade of an MQTT client.

        Raises:
            SignatureRefused: answer 403.
        """

        def look_up(key_id: str) -> Credentials | None:
            return self.service.credentials(key_id, now)

        verify_presigned("GET", target, headers, look_up, now.utc, region=self.config.region)

    # --- time --------------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """When something happens without a client's doing (monotonic seconds); ``None`` when nothing will."""
        dues = [due for unit in self._units.values() if (due := self._next(unit)) is not None]
        broker = self.broker.next_timer()
        if broker is not None:
            dues.append(broker)
        return min(dues, default=None)

    def handle_timer(self, now: Instant) -> None:
        """Let everything happen that is due by ``now``."""
        self.broker.handle_timer(now)
        for unit in self._units.values():
            self._live(unit, now)

    def collect(self, now: Instant) -> list[Client]:
        """The clients for whom the broker has something (or that it closed); call after anything moved.

        Requests to heaters are taken here and set on their way.
        """
        clients: list[Client] = []
        for client in self.broker.changed():
            unit = self._by_client.get(client)
            if unit is None:
                clients.append(client)
                continue
            for delivery in self.broker.take(client):
                if unit.reachable:
                    unit.last_due = max(unit.last_due, now.monotonic + self._rng.uniform(*self.config.delay))
                    unit.arriving.append((unit.last_due, delivery.topic, delivery.payload))
        return clients

    def clock(self, mac: str, now: Instant) -> float:
        """The heater's own clock: seconds since it was plugged in."""
        return self._seconds(self._units[mac], now.monotonic)

    # --- the heaters -------------------------------------------------------------------------------------

    def _seconds(self, unit: _Unit, monotonic: float) -> float:
        return (monotonic - unit.since) * self.config.speed

    def _next(self, unit: _Unit) -> float | None:
        dues: list[float] = []
        if unit.arriving:
            dues.append(unit.arriving[0][0])
        if unit.leaving:
            dues.append(unit.leaving[0][0])
        wake = unit.heater.next_wake()
        if wake is not None:
            dues.append(unit.since + wake / self.config.speed)
        return min(dues, default=None)

    def _live(self, unit: _Unit, now: Instant) -> None:
        heater = unit.heater
        while unit.arriving and unit.arriving[0][0] <= now.monotonic:
            due, topic, payload = unit.arriving.pop(0)
            at = max(heater.clock, self._seconds(unit, due))
            heater.receive(topic, payload, at)
        wake = heater.next_wake()
        seconds = self._seconds(unit, now.monotonic)
        if wake is not None and wake <= seconds + 1e-9:
            heater.advance(max(wake, min(seconds, wake + 1e-6)))
        self._collect(unit)
        while unit.leaving and unit.leaving[0][0] <= now.monotonic:
            _, outgoing = unit.leaving.pop(0)
            self.broker.publish(unit.client, outgoing.topic, outgoing.payload, now, qos=outgoing.qos)

    def _caught_up(self, mac: str, now: Instant) -> _Unit:
        unit = self._units[mac]
        unit.heater.advance(max(unit.heater.clock, self._seconds(unit, now.monotonic)))
        self._collect(unit)
        return unit

    def _collect(self, unit: _Unit) -> None:
        for outgoing in unit.heater.take():
            if unit.reachable:
                arose = unit.since + outgoing.at / self.config.speed
                due = arose + self._rng.uniform(*self.config.delay)
                if unit.leaving:
                    due = max(due, unit.leaving[-1][0])
                unit.leaving.append((due, outgoing))
