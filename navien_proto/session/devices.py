"""The heaters of the account, as the cloud lists them and as they describe themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature

__all__ = ["DeviceBook"]

# docs/protocol/enums.md, DeviceType: the NWP500 answers as its Wi-Fi module.
NWP500 = 52
# docs/protocol/mqtt.md section 3: 50 subscriptions a connection, one a device and up to four a client.
MOST_DEVICES = 45


class DeviceBook:
    """What is known of each heater, by MAC."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._devices: dict[str, Device] = {}
        self._features: dict[str, DeviceFeature] = {}
        self.known = False

    def __iter__(self) -> Iterator[Device]:
        return iter(tuple(self._devices.values()))

    def __len__(self) -> int:
        return len(self._devices)

    def get(self, mac: str | None) -> Device | None:
        """The heater of that MAC, if it is one of ours."""
        return self._devices.get(mac) if mac else None

    def feature(self, mac: str) -> DeviceFeature | None:
        """What the heater said it can do, if it did."""
        return self._features.get(mac)

    def describe(self, mac: str, feature: DeviceFeature) -> None:
        """Keep what the heater says of itself."""
        self._features[mac] = feature

    def restore(self, devices: Iterable[Device], features: Mapping[str, DeviceFeature]) -> None:
        """Take what another run knew. The list is asked for all the same: a heater may be gone by now."""
        self._devices = {
            device.mac: device for device in devices if not self._wanted or device.mac in self._wanted
        }
        self._features = {mac: feature for mac, feature in features.items() if mac in self._devices}

    def listed(self, devices: Iterable[Device]) -> list[Device]:
        """Take the cloud's list; returns the heaters whose ``online`` is news.

        Raises:
            UsageError: more heaters than one session carries.
        """
        found = {
            device.mac: device
            for device in devices
            if device.device_type == NWP500 and (not self._wanted or device.mac in self._wanted)
        }
        if len(found) > MOST_DEVICES:
            raise UsageError(
                f"the account has {len(found)} heaters and one session carries {MOST_DEVICES}: "
                "name those it should watch in devices, and open a second session for the others"
            )
        news = [
            device
            for mac, device in found.items()
            if device.online is not None
            and device.online is not (self._devices[mac].online if mac in self._devices else True)
        ]
        self._devices = found
        self.known = True
        return news

    def heard(self, device: Device) -> Device | None:
        """A message of the heater came: returns it, on line, when the list had it off line."""
        if device.online is not False:
            return None
        online = evolve(device, online=True)
        self._devices[device.mac] = online
        return online

    def any_offline(self) -> bool:
        """Whether the list shows a heater off line."""
        return any(device.online is False for device in self._devices.values())

    def choose(self, mac: str | None) -> Device:
        """The heater meant by ``mac``, or the only one.

        Raises:
            UsageError: no such heater, none at all, or several and none named.
        """
        if mac is not None:
            device = self._devices.get(mac)
            if device is None:
                raise UsageError(
                    "this account has no such heater" if self.known else "the heaters are not known yet"
                )
            return device
        if len(self._devices) != 1:
            count = len(self._devices)
            raise UsageError(
                f"the account has {count} heaters: say which one is meant" if count else "no heater is known yet"
            )
        return next(iter(self._devices.values()))
