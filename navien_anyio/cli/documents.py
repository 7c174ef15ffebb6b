"""What ``--json`` prints: plain data with stable names. Pure.

Names are those of the Python attributes with the unit added, as in the headers of CSV files:
``dhw_temperature_c``, ``current_inst_power_w``. Temperatures are in °C unless °F is asked for outright, and
then the names say so. Times are ISO 8601 in UTC. What the heater did not say is ``null``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from navien_anyio.cli.rows import Reading, Unit, columns_of, header_of
from navien_proto.model.codes import Unknown
from navien_proto.model.device import Device
from navien_proto.model.diagnostics import Diagnostics
from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature
from navien_proto.model.firmware import FirmwareVersion
from navien_proto.model.status import DeviceStatus

__all__ = [
    "counter_members",
    "device_members",
    "feature_members",
    "readings",
    "status_members",
    "time_text",
    "to_json",
    "unit_of_document",
]

# Of a CSV file; a document has members of its own for these.
FRAME = frozenset({"timestamp", "device", "event", "gap_from", "gap_to", "gap_seconds"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_json(document: object) -> str:
    """The text of a document."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def time_text(moment: datetime) -> str:
    """``moment`` in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def unit_of_document(units: str) -> Unit:
    """The unit of temperatures: names must not depend on what a heater displays, so ``auto`` is °C."""
    return "f" if units == "f" else "c"


def device_members(device: Device) -> dict[str, Any]:
    """A heater as the account knows it, without where it stands."""
    return {
        "name": device.name,
        "mac": device.mac,
        "device_type": device.device_type,
        "online": device.online,
    }


def readings(status: DeviceStatus, unit: Unit) -> dict[str, Any]:
    """Every field of a status, and what follows from several; codes by name, unknown ones by number."""
    reading = Reading(at=EPOCH, status=status)
    members = {
        column.header: _plain(column.of_reading(reading))
        for column in columns_of("all", unit).columns
        if column.header not in FRAME
    }
    return {**members, "usable_energy_wh": status.usable_energy}


def status_members(status: DeviceStatus, unit: Unit, at: datetime, reason: str) -> dict[str, Any]:
    """A status with when it came and why."""
    return {
        "received": time_text(at),
        "reason": reason,
        "readings": readings(status, unit),
        "not_understood": [problem.path for problem in status.problems],
    }


def feature_members(feature: DeviceFeature, unit: Unit, *, serial: bool = False) -> dict[str, Any]:
    """Every field of a device info; the serial number of the controller, which tells whose it is, on wish only."""
    read = feature if unit == "c" else feature.in_fahrenheit
    return {
        header_of(row, unit): _plain(getattr(read, row.python_name))
        for row in FEATURE_FIELDS
        if serial or row.python_name != "controller_serial_number"
    }


def counter_members(counters: Diagnostics) -> dict[str, Any]:
    """Every counter of a lifetime."""
    return {header_of(row, "c"): getattr(counters, row.python_name) for row in counters.fields}


def _plain(value: object) -> object:
    if isinstance(value, Unknown):
        return int(value)
    if isinstance(value, FirmwareVersion):
        return str(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, float):
        return round(value, 4)  # what the conversion adds beyond is no reading of a sensor
    return value
