"""What changed at a heater, told once: the events that are derived from consecutive messages.

:mod:`navien_proto.session.changes` makes them and has their semantics; it loads this module when the first change
comes, which most short programs never see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from navien_proto.model.codes import DhwOperationSetting, ErrorCode, HeatSource, Unknown
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.firmware import FirmwareVersion
from navien_proto.session.device_change import DeviceChange

if TYPE_CHECKING:
    from navien_proto.model.error_codes import DeviceError

__all__ = [
    "DrawEnded",
    "DrawStarted",
    "ElementOff",
    "ElementOn",
    "ErrorChanged",
    "ErrorCleared",
    "ErrorRaised",
    "FeaturesChanged",
    "FirmwareChanged",
    "HeatingStarted",
    "HeatingStopped",
    "ModeChanged",
    "ReservationsSwitched",
    "SetpointChanged",
]

Mode = DhwOperationSetting | Unknown
Code = ErrorCode | Unknown


@frozen(kw_only=True, eq=False, repr=False)
class SetpointChanged(DeviceChange):
    """``dhw_temperature_setting``, the set point the user chose, is another; both in °C."""

    before: float
    after: float


@frozen(kw_only=True, eq=False, repr=False)
class ModeChanged(DeviceChange):
    """``dhw_operation_setting``, the mode the user chose, is another. Off is a mode: ``POWER_OFF``."""

    before: Mode
    after: Mode


@frozen(kw_only=True, eq=False, repr=False)
class HeatingStarted(DeviceChange):
    """A heat source began to heat, by its relay: ``comp_use``, or ``heat_upper_use`` and ``heat_lower_use``.

    ``source`` is HEAT_PUMP or ELEMENT, each told for itself: an element that joins the running heat pump starts,
    and the heat pump goes on. Both elements are one source; which of them is on tell :class:`ElementOn` and
    :class:`ElementOff`.
    """

    source: HeatSource


@frozen(kw_only=True, eq=False, repr=False)
class HeatingStopped(DeviceChange):
    """A heat source ceased to heat: the end of :class:`HeatingStarted`, from the same fields."""

    source: HeatSource


@frozen(kw_only=True, eq=False, repr=False)
class ElementOn(DeviceChange):
    """The relay of a heating element closed: ``heat_upper_use`` or ``heat_lower_use``, as ``upper`` tells."""

    upper: bool


@frozen(kw_only=True, eq=False, repr=False)
class ElementOff(DeviceChange):
    """The relay of a heating element opened: ``heat_upper_use`` or ``heat_lower_use``, as ``upper`` tells."""

    upper: bool


@frozen(kw_only=True, eq=False, repr=False)
class DrawStarted(DeviceChange):
    """Hot water is being drawn: ``dhw_use`` or ``dhw_use_sustained`` is on, and neither was."""


@frozen(kw_only=True, eq=False, repr=False)
class DrawEnded(DeviceChange):
    """No hot water is being drawn any more: neither ``dhw_use`` nor ``dhw_use_sustained`` is on."""


@frozen(kw_only=True, eq=False, repr=False)
class ErrorRaised(DeviceChange):
    """``error_code`` was 0 and is not; ``sub_code`` is ``sub_error_code``, ``None`` when never told."""

    code: Code
    sub_code: int | None = None

    @property
    def error(self) -> DeviceError | None:
        """The error with title and advice."""
        return _error(self.code, self.sub_code)


@frozen(kw_only=True, eq=False, repr=False)
class ErrorChanged(DeviceChange):
    """There is an error still, and ``error_code`` or ``sub_error_code`` is another."""

    before: Code
    sub_before: int | None = None
    code: Code
    sub_code: int | None = None

    @property
    def error(self) -> DeviceError | None:
        """The present error with title and advice."""
        return _error(self.code, self.sub_code)


@frozen(kw_only=True, eq=False, repr=False)
class ErrorCleared(DeviceChange):
    """``error_code`` is 0 again; ``code`` and ``sub_code`` are what it was."""

    code: Code
    sub_code: int | None = None

    @property
    def error(self) -> DeviceError | None:
        """The error that is over, with title and advice."""
        return _error(self.code, self.sub_code)


@frozen(kw_only=True, eq=False, repr=False)
class ReservationsSwitched(DeviceChange):
    """``program_reservation_use``: the weekly reservation programme was switched ``on`` or off."""

    on: bool


@frozen(kw_only=True, eq=False, repr=False)
class FirmwareChanged(DeviceChange):
    """A part of the heater runs another firmware, by its device info.

    ``part`` is ``controller``, ``panel``, ``wifi`` or ``recirc``, from ``controller_sw_version`` and its like; one
    event a part.
    """

    part: str
    before: FirmwareVersion
    after: FirmwareVersion


@frozen(kw_only=True, eq=False, repr=False)
class FeaturesChanged(DeviceChange):
    """What the heater says of itself is something else: any field of the device info but the firmware versions.

    ``names`` are the attributes of :class:`~navien_proto.model.feature.DeviceFeature` that changed, in its order;
    ``feature`` is the new device info.
    """

    names: tuple[str, ...]
    feature: DeviceFeature


def _error(code: Code, sub_code: int | None) -> DeviceError | None:
    from navien_proto.model.error_codes import device_error

    return device_error(code, sub_code)
