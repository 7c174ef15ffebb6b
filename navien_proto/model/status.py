"""What a water heater says about itself: `DeviceStatus`."""

from __future__ import annotations

from navien_proto.model.derived import DerivedReadings
from navien_proto.model.fields import FieldRow
from navien_proto.model.status_table import StatusFields

__all__ = ["STATUS_FIELDS", "DeviceStatus", "StatusInFahrenheit"]

STATUS_FIELDS: tuple[FieldRow, ...] = StatusFields.fields
"""The table of all status fields in wire order; drives decoding, documentation, CSV headers and the simulator."""


class DeviceStatus(DerivedReadings):
    """The state of a water heater, made by `navien_proto.wire.decode.decode` from a status message.

    Every field of `STATUS_FIELDS` is an attribute in the table's unit (°C, K, W, Wh, h, L, L/min, dBm), flags
    are booleans, codes members of their enumeration or `Unknown`. A field that was absent, or 0 where 0 stands
    for unknown, is ``None``; so is one that could not be understood, which ``problems`` then lists by wire
    name. ``raw`` has what came on the wire, ``decoder`` the version of the conversions. What follows from several
    readings (``error``, ``heat_source_running``, ``waiting_for`` …) stands in `navien_proto.model.derived`.

    ``status.in_fahrenheit`` is the same with temperatures in °F.
    """

    __slots__ = ()

    @property
    def in_fahrenheit(self) -> StatusInFahrenheit:
        """The same readings, temperatures in °F, differences in °F without the 32 (conversions.md 2 to 5)."""
        return StatusInFahrenheit(self._values, self._odd, self.problems)

    def __repr__(self) -> str:
        mode, runs = self.dhw_operation_setting, self.operation_mode
        return (
            f"<DeviceStatus: {mode.name if mode is not None else 'mode ?'}, "
            f"{runs.name if runs is not None else 'state ?'}, {_show(self.dhw_temperature, '°C')}, "
            f"{_show(self.dhw_charge_percent, '%')}, {_show(self.current_inst_power, 'W')}>"
        )


class StatusInFahrenheit(DerivedReadings, fahrenheit=True):
    """A `DeviceStatus` read in °F: what is no temperature is as it was. Not a `DeviceStatus`, lest they mix.

    ``outside_temperature`` follows the unit's own rounding rule (``temp_formula_type``), or is exact when the
    status does not name a known one.
    """

    __slots__ = ()


def _show(value: float | None, unit: str) -> str:
    return f"? {unit}" if value is None else f"{value:g} {unit}"
