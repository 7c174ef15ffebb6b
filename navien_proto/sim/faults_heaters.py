"""Faults of heaters, and of their places in the account."""

from __future__ import annotations

from attrs import field, frozen, validators

from navien_proto.sim.fault import Fault

__all__ = [
    "ControlFails",
    "DaylightSaving",
    "Deaf",
    "DeviceAdded",
    "DeviceMoved",
    "DeviceReboot",
    "DeviceRemoved",
    "HeaterFault",
    "UnitError",
    "WifiLost",
]


@frozen(repr=False, kw_only=True)
class HeaterFault(Fault):
    """A fault of one heater, or of all."""

    heater: int | None = None


@frozen(repr=False, kw_only=True)
class WifiLost(HeaterFault):
    """The heater is off line, and the account's list says so; it heats on. F10."""


@frozen(repr=False, kw_only=True)
class DeviceReboot(HeaterFault):
    """The heater's module restarts: off line meanwhile, it forgets its apps and its numbering of pushes. F10."""


@frozen(repr=False, kw_only=True)
class Deaf(HeaterFault):
    """Connected, says the account's list, and yet the heater neither hears nor speaks. F10, F25."""


@frozen(repr=False, kw_only=True)
class ControlFails(HeaterFault):
    """The heater answers every control with ``ctrl-fail`` and ``code``, and does not obey. F27."""

    code: int = 2


@frozen(repr=False, kw_only=True)
class DaylightSaving(HeaterFault):
    """The heater's local time is ``hours`` ahead: its weekly programme fires by that. F21."""

    hours: float = 1.0


@frozen(repr=False, kw_only=True)
class UnitError(HeaterFault):
    """The unit reports the error ``code``-``sub``, one of ``docs/protocol/error_codes.md``; a leak (799) and an
    overflow (990) stop its heating too (``docs/protocol/device_model.md`` section 14). F34, F35."""

    code: int = 990
    sub: int = 0


@frozen(repr=False, kw_only=True)
class DeviceAdded(Fault):
    """The first account has one heater more, on line. ``number`` tells such heaters apart. F13."""

    number: int = field(default=1, validator=validators.in_(range(1, 100)))


@frozen(repr=False, kw_only=True)
class DeviceRemoved(HeaterFault):
    """The account's list does not show the heater; it is still there and speaks. F10."""


@frozen(repr=False, kw_only=True)
class DeviceMoved(HeaterFault):
    """The heater is registered anew in another home: another ``homeSeq``, name and additional value. F10."""

    home_seq: int = 54321
    additional_value: str = "9876"
