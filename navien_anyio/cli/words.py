"""What a status says, in words and with units, for the table, for plain lines and for panels. Pure."""

from __future__ import annotations

import re
from enum import Enum

from navien_anyio.cli.rows import Unit
from navien_proto.model.codes import CurrentOperationMode, CurrentState, Unknown
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus

__all__ = [
    "ABSENT",
    "label",
    "show_charge",
    "show_energy",
    "show_error",
    "show_mode",
    "show_power",
    "show_running",
    "show_signal",
    "show_temperature",
    "signal_quality",
]

ABSENT = "–"
"""Shown for what the heater did not say."""

# Control and formatting characters: a device may be called anything, and a name must not move the cursor.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
LONGEST_NAME = 32
# dBm from which a 2.4 GHz connection deserves the word.
SIGNALS = ((-55, "excellent"), (-67, "good"), (-75, "fair"), (-999, "weak"))


def label(device: Device) -> str:
    """What a heater is called: its owner's name for it, or the end of its MAC."""
    name = UNPRINTABLE.sub(" ", device.name or "").strip()
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 1] + "…"
    return name or f"…{device.mac[-4:]}"


def show_temperature(status: DeviceStatus, name: str, unit: Unit) -> str:
    """The temperature ``name`` of ``status`` in ``unit``: ``58.5 °C``."""
    value = getattr(status if unit == "c" else status.in_fahrenheit, name)
    return ABSENT if value is None else f"{value:.1f} °{unit.upper()}"


def show_charge(status: DeviceStatus) -> str:
    """How much of the hot water is there, as the heater counts it: ``92 %``."""
    charge = status.dhw_charge_percent
    return ABSENT if charge is None else f"{charge} %"


def show_energy(watt_hours: float | None) -> str:
    """An energy: ``5.93 kWh``."""
    return ABSENT if watt_hours is None else f"{watt_hours / 1000:.2f} kWh"


def show_power(status: DeviceStatus) -> str:
    """What it takes from the mains now: ``432 W``."""
    power = status.current_inst_power
    return ABSENT if power is None else f"{power} W"


def signal_quality(dbm: int) -> str:
    """The word for a strength of signal."""
    return next(word for least, word in SIGNALS if dbm >= least or least == SIGNALS[-1][0])


def show_signal(status: DeviceStatus) -> str:
    """Its Wi-Fi: ``-60 dBm, good``; 0 dBm is what it reports while it does not know."""
    dbm = status.wifi_rssi
    return f"{dbm} dBm, {signal_quality(dbm)}" if dbm else ABSENT


def show_mode(status: DeviceStatus) -> str:
    """The mode that was chosen: ``energy saver``."""
    return _name(status.dhw_operation_setting)


def show_running(status: DeviceStatus) -> str:
    """What runs now, by the relays; where those say nothing, by the mode of operation."""
    upper, lower = status.heat_upper_use, status.heat_lower_use
    if upper and lower:
        element = "both elements"
    else:
        element = "upper element" if upper else "lower element" if lower else ""
    parts = [part for part in ("heat pump" if status.comp_use else "", element) if part]
    if parts:
        return " + ".join(parts)
    mode = status.operation_mode
    if mode is None:
        return ABSENT if status.comp_use is None else "nothing"
    if isinstance(mode, Unknown):
        return _name(mode)
    if mode is CurrentOperationMode.STANDBY:
        return "fan" if status.eva_fan_use else "nothing"
    wanted = {32: "heat pump", 64: "element", 96: "heat pump + element"}[mode]
    if status.current_state is CurrentState.RESTART_LOCKOUT:
        return f"{wanted} locked out"  # for three minutes after it stopped
    return f"{wanted} starting" if status.comp_use is not None or upper is not None else wanted


def show_error(status: DeviceStatus) -> str:
    """The error on its panel, ``E407-01 outlet sensor``; empty when there is none."""
    code = status.error_code
    if not code:
        return ""
    name = "" if isinstance(code, Unknown) else f" {_name(code)}"
    return f"E{int(code):03}-{status.sub_error_code or 0:02}{name}"


def _name(code: Enum | Unknown | None) -> str:
    if code is None:
        return ABSENT
    return f"unknown {int(code)}" if isinstance(code, Unknown) else code.name.lower().replace("_", " ")
