"""A heater as far as a session knows it: what both transports' heaters share."""

from __future__ import annotations

from navien_proto.model.device import Device, mask_mac
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.session.hub import Hub
from navien_proto.session.session import Session

__all__ = ["KnownHeater"]


class KnownHeater:
    """What can be read of a heater; reading asks nobody."""

    def __init__(self, session: Session, hub: Hub, device: Device) -> None:
        self._session = session
        self._hub = hub
        self._first = device
        self.mac = device.mac

    def __repr__(self) -> str:
        return f"<Heater {mask_mac(self.mac)}>"

    @property
    def device(self) -> Device:
        """What the account says of it, as of the latest list."""
        return next((device for device in self._session.devices if device.mac == self.mac), self._first)

    @property
    def name(self) -> str:
        """The name its owner gave it, or the end of its MAC."""
        return self.device.name or self.mac[-4:]

    @property
    def online(self) -> bool | None:
        """Whether the cloud reaches it; ``None`` when the cloud has no opinion."""
        return self.device.online

    @property
    def feature(self) -> DeviceFeature | None:
        """What it can do; ``None`` until it said so, shortly after the connection stands."""
        return self._session.feature(self.mac)

    @property
    def last_status(self) -> DeviceStatus | None:
        """The latest status of any origin; ``None`` before the first."""
        return self._hub.status(self.mac)
