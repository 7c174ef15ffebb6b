"""Devices, statuses and events for tests of what is pure in the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.session import events as ev
from navien_proto.wire.messages import StatusMessage

START = Instant(1000.0, datetime(2026, 1, 15, 12, tzinfo=UTC))
GARAGE = Device(mac="aabbccddeeff", name="Garage", online=True)
COTTAGE = Device(mac="aabbccddee01", name="Cottage", online=True)
# The first message of the captured session, as far as it is shown.
WIRE: dict[str, Any] = {
    "command": 16777219,
    "operationMode": 32,
    "dhwTemperature": 117,
    "dhwTemperatureSetting": 121,
    "tankUpperTemperature": 586,
    "tankLowerTemperature": 536,
    "currentInstPower": 432,
    "dhwChargePer": 92,
    "dhwOperationSetting": 1,
    "temperatureType": 1,
    "compUse": 2,
    "heatUpperUse": 1,
    "heatLowerUse": 1,
    "dhwUse": 1,
    "wifiRssi": 60,
    "totalEnergyCapacity": 1861,
    "availableEnergyCapacity": 386,
    "errorCode": 0,
}


def status(**changes: Any) -> DeviceStatus:
    members = {**WIRE, **changes}
    return DeviceStatus.from_wire({name: value for name, value in members.items() if value is not None})


def listed(*devices: Device, after: float = 0.0) -> ev.DevicesListed:
    return ev.DevicesListed(START.after(after), devices or (GARAGE,))


def connected(after: float = 1.0) -> ev.Connected:
    return ev.Connected(START.after(after), 1, session_present=False)


def received(after: float, device: Device = GARAGE, **changes: Any) -> ev.StatusReceived:
    message = StatusMessage(topic="cmd/52/navilink-aabbccddeeff/res", status=status(**changes))
    return ev.StatusReceived(START.after(after), 1, device, message)
