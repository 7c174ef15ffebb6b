"""Rows of a log: column sets, headers and values. Pure; writing them is :mod:`navien_anyio.cli.csvlog`'s work.

Four sets of columns:

``default``
    what a person wants to plot, units in the headers;
``all``
    every field of the status table, units in the headers;
``tank``, ``power``
    the two layouts of older monitoring scripts, header for header. They know °F alone, operation modes by
    number, and nothing of gaps.

A row stands for one message, or for a gap between two. In ``default`` and ``all`` a gap says so: ``event`` is
``gap``, ``gap_from`` and ``gap_to`` are its ends and ``gap_seconds`` its length. In ``tank`` and ``power`` it is a
row with nothing but a time stamp, so that a plot breaks off. In all four the time stamp of a gap is its end.

Enumerations are written as their names in lower case, an unknown code as its number; error codes are numbers,
as the panel shows them (E096 is 96). What is absent is empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Literal

from attrs import Attribute, field, frozen

from navien_proto.errors import UsageError
from navien_proto.model.codes import TemperatureType, Unknown
from navien_proto.model.fields import FieldRow
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus

__all__ = [
    "COLUMN_SETS",
    "ColumnSet",
    "Columns",
    "Gap",
    "Reading",
    "Unit",
    "columns_of",
    "header_of",
    "unit_shown",
]

ColumnSet = Literal["default", "all", "tank", "power"]
Unit = Literal["c", "f"]

COLUMN_SETS: tuple[ColumnSet, ...] = ("default", "all", "tank", "power")

# Bit fields, codes, counts and flags have no unit, and what has been renamed has it in its name already.
SUFFIXES = {
    "degC": {"c": "_c", "f": "_f"},
    "K": {"c": "_k", "f": "_difference_f"},
    **{
        unit: {"c": suffix, "f": suffix}
        for unit, suffix in {
            "W": "_w",
            "Wh": "_wh",
            "h": "_h",
            "day": "_days",
            "L": "_l",
            "L/min": "_l_per_min",
            "dBm": "_dbm",
            "%": "_percent",
        }.items()
    },
}

SHOWN_BY_DEFAULT = (
    "dhw_charge_percent",
    "dhw_temperature",
    "dhw_temperature_setting",
    "tank_upper_temperature",
    "tank_lower_temperature",
    "ambient_temperature",
    "dhw_operation_setting",
    "operation_mode",
    "current_heat_use",
    "dhw_use",
    "current_inst_power",
    "energy_to_setpoint",
    "full_recovery_energy",
    "error_code",
    "sub_error_code",
    "wifi_rssi",
)

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def _aware(_instance: object, attribute: Attribute[datetime], value: datetime) -> None:
    if value.utcoffset() is None:
        raise UsageError(f"{attribute.name}: expected an aware datetime")


@frozen(kw_only=True)
class Reading:
    """One message of one device: when it came, whose it is, what it says.

    Raises:
        UsageError: ``at`` is naive.
    """

    at: datetime = field(validator=_aware)
    status: DeviceStatus
    device: str = field(default="", repr=False)
    connected: bool | None = True


@frozen(kw_only=True)
class Gap:
    """A time without the messages that were due from one device.

    Raises:
        UsageError: ``start`` or ``end`` is naive.
    """

    start: datetime = field(validator=_aware)
    end: datetime = field(validator=_aware)
    device: str = field(default="", repr=False)

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start).total_seconds()


@frozen
class Column:
    """One column: its header, and what stands in it for a reading and for a gap."""

    header: str
    of_reading: Callable[[Reading], object]
    of_gap: Callable[[Gap], object] = lambda _: None


@frozen(kw_only=True)
class Columns:
    """A set of columns in one unit of temperature. ``header`` and each row are lines of CSV without line break."""

    name: ColumnSet
    unit: Unit
    columns: tuple[Column, ...] = field(repr=False)

    @property
    def header(self) -> str:
        """The line that says what stands below."""
        return _line([column.header for column in self.columns])

    def row(self, what: Reading | Gap) -> str:
        """The line for a message or a gap."""
        if isinstance(what, Gap):
            return _line([_text(column.of_gap(what)) for column in self.columns])
        return _line([_text(column.of_reading(what)) for column in self.columns])


@lru_cache
def columns_of(name: ColumnSet, unit: Unit) -> Columns:
    """The column set ``name`` with temperatures in ``unit``; ``tank`` and ``power`` are always in °F."""
    match name:
        case "default":
            chosen = [row for wanted in SHOWN_BY_DEFAULT for row in STATUS_FIELDS if row.python_name == wanted]
            fields = [*(_field(row, unit) for row in chosen), USABLE]
            return Columns(name=name, unit=unit, columns=_framed(fields))
        case "all":
            return Columns(name=name, unit=unit, columns=_framed([_field(row, unit) for row in STATUS_FIELDS]))
        case "tank":
            return Columns(name=name, unit="f", columns=TANK)
        case "power":
            return Columns(name=name, unit="f", columns=POWER)


def unit_shown(wanted: str, status: DeviceStatus | None) -> Unit:
    """``c`` or ``f``: the unit ``wanted``, or for ``auto`` the one the device displays, else ``c``."""
    if wanted in ("c", "f"):
        return "f" if wanted == "f" else "c"
    shows_fahrenheit = status is not None and status.temperature_type == TemperatureType.FAHRENHEIT
    return "f" if shows_fahrenheit else "c"


def header_of(row: FieldRow, unit: Unit) -> str:
    """The name of a field with its unit, temperatures being in ``unit``: ``dhw_temperature_c``."""
    suffix = SUFFIXES.get(row.unit, {}).get(unit, "")
    return row.python_name if row.python_name.endswith(suffix) else row.python_name + suffix


def _field(row: FieldRow, unit: Unit) -> Column:
    name, header = row.python_name, header_of(row, unit)
    if name == "error_code":
        return Column(header, lambda reading: _number(reading.status.error_code))
    if unit == "f" and row.fahrenheit:
        return Column(header, lambda reading: getattr(reading.status.in_fahrenheit, name))
    return Column(header, lambda reading: getattr(reading.status, name))


def _framed(fields: list[Column]) -> tuple[Column, ...]:
    return (
        TIME,
        Column("device", lambda reading: reading.device, lambda gap: gap.device),
        Column("event", lambda _: "status", lambda _: "gap"),
        *fields,
        Column("gap_from", lambda _: None, lambda gap: gap.start),
        Column("gap_to", lambda _: None, lambda gap: gap.end),
        Column("gap_seconds", lambda _: None, lambda gap: gap.seconds),
    )


def _number(code: int | None) -> int | None:
    return None if code is None else int(code)


USABLE = Column("usable_energy_wh", lambda reading: reading.status.usable_energy)

TIME = Column("timestamp", lambda reading: reading.at, lambda gap: gap.end)
CHARGE = Column("dhw_charge_percent", lambda reading: reading.status.dhw_charge_percent)
MODE = Column("operation_mode", lambda reading: _number(reading.status.operation_mode))
WATER = Column("dhw_temperature", lambda reading: reading.status.in_fahrenheit.dhw_temperature)

# The headers, their order and their units are those that pandas scripts read.
TANK = (
    TIME,
    CHARGE,
    MODE,
    WATER,
    Column("dhw_temperature_setting", lambda reading: reading.status.in_fahrenheit.dhw_temperature_setting),
    Column("outside_temperature", lambda reading: reading.status.in_fahrenheit.outside_temperature),
    Column("dhw_use", lambda reading: reading.status.dhw_use),
    Column("error_code", lambda reading: _number(reading.status.error_code)),
    Column("sub_error_code", lambda reading: reading.status.sub_error_code),
    Column("wifi_rssi", lambda reading: reading.status.wifi_rssi),
    Column("device_connected", lambda reading: reading.connected),
)
POWER = (
    TIME,
    CHARGE,
    MODE,
    WATER,
    Column("current_inst_power", lambda reading: reading.status.current_inst_power),
    Column("tank_upper_temp", lambda reading: reading.status.in_fahrenheit.tank_upper_temperature),
    Column("tank_lower_temp", lambda reading: reading.status.in_fahrenheit.tank_lower_temperature),
)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Unknown):
        return str(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, float):
        return repr(round(value, 4))  # what the conversion adds beyond is no reading of a sensor
    return CONTROLS.sub(" ", str(value))


def _line(values: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(values)
    return written.getvalue()
