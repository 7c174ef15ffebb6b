"""Asking each heater on a period, and noticing when one falls silent."""

from __future__ import annotations

from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import Connection
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import CameBack, DeviceOnline, Event, WentStale
from navien_proto.session.freshness import Freshness
from navien_proto.wire.commands import RequestDeviceInfo, RequestStatus
from navien_proto.wire.envelope import app_connection

__all__ = ["Poller"]

# AWS IoT takes 100 publishes a second, and a connect costs three a heater (docs/protocol/mqtt.md section 3).
POLL_SPACING = 0.1


class Poller:
    """The session's own requests, and the freshness they keep up.

    ``events`` and ``deadlines`` are the session's own.
    """

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        desk: Desk,
        book: DeviceBook,
        client_id: str,
        events: list[Event],
        deadlines: Deadlines,
    ) -> None:
        self._interval = config.status_interval
        self._connection = connection
        self._desk = desk
        self._book = book
        self._client_id = client_id
        self._events = events
        self._deadlines = deadlines
        self._fresh = Freshness(config.stale_after)
        self._greeted: set[str] = set()

    def link_up(self, now: Instant) -> None:
        """Greet and ask every heater, one after the other."""
        self._greeted.clear()
        macs = [device.mac for device in self._book]
        self._fresh.watch(macs, now)
        for place, mac in enumerate(macs):
            self._deadlines.set((Timer.POLL, mac), now.monotonic + place * POLL_SPACING)
            self._arm(mac)

    def link_down(self) -> None:
        """Stop asking; silence goes on being counted."""
        for device in self._book:
            self._deadlines.cancel((Timer.POLL, device.mac))

    def poll(self, mac: str, now: Instant) -> None:
        """Ask the heater for its status, and on a new connection say hello and ask what it is."""
        device = self._book.get(mac)
        if device is None or not self._connection.ready:
            return
        if mac not in self._greeted:
            self._greeted.add(mac)
            hello = app_connection(device, self._client_id)
            self._connection.publish(hello.topic, hello.payload, hello.qos, now)
            self._desk.hand_in(RequestDeviceInfo(), device, now, own=True)
        if self._interval is not None:
            if not self._desk.polling(device, RequestStatus()):
                self._desk.hand_in(RequestStatus(), device, now, own=True)
            self._deadlines.set((Timer.POLL, mac), now.monotonic + self._interval)

    def heard(self, device: Device, now: Instant) -> None:
        """A message of the heater came."""
        silence = self._fresh.heard(device.mac, now)
        online = self._book.heard(device)
        if online is not None:
            self._events.append(DeviceOnline(now, online))
        if silence is not None:
            self._events.append(CameBack(now, device, silence))
            self._arm(device.mac)

    def went_stale(self, mac: str, now: Instant) -> bool:
        """The deadline of a heater's freshness came: tell when it is stale, or wait on."""
        device = self._book.get(mac)
        if device is None:
            return False
        if not self._fresh.expired(mac, now):
            self._arm(mac)
            return False
        self._events.append(WentStale(now, device, self._fresh.last(mac)))
        return True

    def any_stale(self) -> bool:
        """Whether any heater is silent for too long."""
        return any(self._fresh.stale(device.mac) for device in self._book)

    def _arm(self, mac: str) -> None:
        deadline = self._fresh.deadline(mac)
        if deadline is not None:
            self._deadlines.set((Timer.STALE, mac), deadline)
