"""The registry kept true: what messages and the events of a NaviLink session say about who is there.

Each class takes one event after the other, and blocks while the database works. What the database cannot take is
left out: the next event brings it, and the client's ``health()`` tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from navien_proto.errors import NavienError
from navien_proto.model.device import Device
from navien_proto.mqtt.client_events import Message
from navien_proto.mqtt.presence import PresenceWords, Sightings
from navien_proto.session.events import (
    CameBack,
    DeviceAdded,
    DeviceOffline,
    DeviceOnline,
    DeviceRemoved,
    FeatureReceived,
    StatusReceived,
    WentStale,
)
from navien_sync.stores.registry import Presence, RegisteredDevice, UserDevices

__all__ = ["HeaterMirror", "LastSeen", "WillWatch"]

HEATER = "NWP500"
# docs/protocol/rest.md section 5: other types appear on the same account.
NWP500 = 52


class HeaterMirror:
    """The heaters of a NaviLink account as devices of a user, each by its MAC."""

    def __init__(self, devices: UserDevices) -> None:
        self._devices = devices
        self._sightings = Sightings(60.0)

    def register(self, heaters: Iterable[Device]) -> tuple[RegisteredDevice, ...]:
        """Register them, with the presence that the cloud tells.

        Raises:
            UsageError: what a heater is called cannot stand in the registry.
            StoreError: the database cannot be used.
        """
        return tuple(map(self._register, heaters))

    def take(self, event: object) -> None:
        """Take one event of the session; those that say nothing about presence change nothing."""
        with suppress(NavienError):
            match event:
                case DeviceAdded():
                    self._register(event.device)
                case DeviceOnline() | CameBack():
                    self._devices.set_presence(event.device.mac, Presence.ONLINE, now=event.at.utc)
                case DeviceOffline() | DeviceRemoved() | WentStale():
                    self._devices.set_presence(event.device.mac, Presence.OFFLINE, now=event.at.utc)
                case StatusReceived() | FeatureReceived() if self._sightings.due(event.device.mac, event.at):
                    self._devices.seen(event.device.mac, event.at.utc)

    def _register(self, heater: Device) -> RegisteredDevice:
        kind = HEATER if heater.device_type == NWP500 else f"type {heater.device_type}"
        registered = self._devices.register(heater.mac, heater.name or kind, kind)
        if heater.online is None:
            return registered
        return self._devices.set_presence(heater.mac, Presence.ONLINE if heater.online else Presence.OFFLINE)


class WillWatch:
    """One device's presence, by the topic on which it, and its will, say so."""

    def __init__(self, devices: UserDevices, device_id: str, words: PresenceWords) -> None:
        self._devices = devices
        self._id = device_id
        self._words = words

    def check(self) -> None:
        """Whether there is such a device.

        Raises:
            UsageError: there is not.
            StoreError: the database cannot be used.
        """
        self._devices.get(self._id)

    def take(self, message: object) -> None:
        """Take one message of the topic; a payload that says nothing changes nothing."""
        if isinstance(message, Message) and (there := self._words.read(message.payload)) is not None:
            presence = Presence.ONLINE if there else Presence.OFFLINE
            with suppress(NavienError):
                self._devices.set_presence(self._id, presence, now=message.at.utc)


class LastSeen:
    """When devices were last heard: those whose id is a level of a message's topic."""

    def __init__(self, devices: UserDevices) -> None:
        self._devices = devices
        self._sightings = Sightings()

    def take(self, message: object) -> None:
        """Take one message. What a broker kept shows nobody."""
        if isinstance(message, Message) and not message.retained:
            for level in self._sightings.levels(message.topic, message.at):
                with suppress(NavienError):
                    self._devices.seen(level, message.at.utc)

    def expire(self, silent_after: float, now: datetime) -> None:
        """Take every device off line that was silent for more than ``silent_after`` seconds."""
        with suppress(NavienError):
            self._devices.expire(now - timedelta(seconds=silent_after), now=now)
