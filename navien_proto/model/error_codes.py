"""What an error means and what to do about it: `DeviceError` and the table `ERRORS`.

Source: ``docs/protocol/error_codes.md``; which numbers a unit sends was never seen, they are taken to be the
panel's (``docs/protocol/enums.md``, ErrorCode). The texts are ours.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from navien_proto import units
from navien_proto.model.codes import ErrorCode, Unknown

__all__ = ["ERRORS", "DeviceError", "ErrorRow", "Severity", "device_error"]


class Severity(StrEnum):
    """How bad an error is. What the vendor says of a code is `REDUCED_CAPACITY` or nothing, `UNKNOWN`."""

    REDUCED_CAPACITY = "reduced_capacity"
    UNKNOWN = "unknown"
    WARNING = "warning"
    CRITICAL = "critical"


@frozen
class ErrorRow:
    """One line of the table of errors.

    ``name`` is an identifier, ``title`` a phrase, ``advice`` a sentence or more. ``stated`` is the severity the
    vendor gives, ``suggested`` this project's proposal.
    """

    code: int
    sub_code: int
    name: str
    stated: Severity
    suggested: Severity
    title: str
    advice: str


_SUPPORT = "Call technical support."
_PERSISTS = " Call technical support if the error stays."
_WIRES = "Check the wiring and seat its plugs again."
_ELEMENT = (
    "Have the element's resistance and its wiring measured; then replace control board, element and relay, "
    "one after another." + _PERSISTS
)
_TANK_SENSOR = (
    "Check the sensor's wiring and seat its plug again, and look for an open circuit in service mode; when the "
    "wiring is sound, replace the sensor. Meanwhile the unit may heat with the other element and less capacity."
)
_SENSOR = "Check the sensor's wiring and seat its plug again." + _PERSISTS
_BOARD = "Have element and thermistor checked; then replace the control board."
_RELAY = _WIRES + " Then replace the relay."

_U, _R = Severity.UNKNOWN, Severity.REDUCED_CAPACITY
_C, _W = Severity.CRITICAL, Severity.WARNING

_ROWS = (
    (96, 0, "upper_element_abnormal", _U, _C, "Upper element does not follow its commands", _ELEMENT),
    (97, 0, "lower_element_abnormal", _U, _C, "Lower element does not follow its commands", _ELEMENT),
    (326, 0, "dry_fire", _U, _C, "An element was to heat without water",
     "Fill the tank: let water run at an outlet until no air comes with it."),
    (407, 1, "outlet_sensor_low", _R, _W, "Outlet sensor reads too low", _TANK_SENSOR),
    (407, 2, "outlet_sensor_high", _R, _W, "Outlet sensor reads too high", _TANK_SENSOR),
    (445, 1, "mixing_valve_open", _U, _W, "Mixing valve does not open", "Replace the mixing valve." + _PERSISTS),
    (445, 2, "mixing_valve_close", _U, _W, "Mixing valve does not close", "Replace the mixing valve." + _PERSISTS),
    (480, 1, "tank_upper_sensor_low", _R, _W, "Upper tank sensor reads too low", _TANK_SENSOR),
    (480, 2, "tank_upper_sensor_high", _R, _W, "Upper tank sensor reads too high", _TANK_SENSOR),
    (481, 1, "tank_lower_sensor_low", _R, _W, "Lower tank sensor reads too low", _TANK_SENSOR),
    (481, 2, "tank_lower_sensor_high", _R, _W, "Lower tank sensor reads too high", _TANK_SENSOR),
    (515, 25, "upper_element_relay", _U, _C, "Upper element's relay is broken", _RELAY),
    (515, 26, "lower_element_relay", _U, _C, "Lower element's relay is broken", _RELAY),
    (515, 27, "compressor_relay", _U, _C, "Compressor's relay is broken", _RELAY),
    (517, 0, "dip_switch", _U, _C, "DIP switches contradict each other",
     "Have the DIP switches set as they should be."),
    (593, 0, "panel_key", _U, _W, "Key of the panel sticks or is broken", _SUPPORT),
    (594, 0, "eeprom", _U, _C, "Memory of the settings is broken", _SUPPORT),
    (595, 0, "power_meter", _U, _W, "Power meter is broken; power and energy may be wrong",
     _WIRES + " Then replace the power meter."),
    (596, 0, "wifi", _U, _W, "Wi-Fi module is broken", _SUPPORT),
    (598, 0, "real_time_clock", _U, _W, "Clock is broken; schedules may run at the wrong time", _SUPPORT),
    (615, 4, "adc_reference", _U, _C, "Reference voltage of the sensors is wrong", _BOARD),
    (615, 27, "eco_feedback", _U, _C, "Over-temperature limiter reports back wrongly", _BOARD),
    (615, 28, "compressor_feedback", _U, _C, "Compressor reports back wrongly", _WIRES + _PERSISTS),
    (615, 29, "upper_element_feedback", _U, _C, "Upper element reports back wrongly",
     _WIRES + " Then replace the element."),
    (615, 30, "lower_element_feedback", _U, _C, "Lower element reports back wrongly",
     _WIRES + " Then replace the element."),
    (781, 0, "cta2045_communication", _U, _W, "Utility's CTA-2045 module does not answer",
     _WIRES + " Then replace the module."),
    (798, 0, "shut_off_valve", _U, _W, "Leak shut-off valve does not work", _WIRES + _PERSISTS),
    (799, 0, "water_leak", _U, _C, "Water leaks",
     "Look for the leak at once. Pipes can be mended; a leaking tank has to be replaced."),
    (901, 0, "eco_tripped", _U, _C, "Over-temperature limiter has tripped", _BOARD),
    (907, 0, "compressor_power_line", _U, _C, "Compressor's power line is connected wrongly",
     "Check the compressor's wiring and seat its plugs again."),
    (908, 0, "compressor_abnormal", _U, _C, "Compressor does not run as it should", _WIRES + _PERSISTS),
    (909, 1, "evaporator_fan", _U, _C, "Evaporator's fan does not run as it should", _WIRES + _PERSISTS),
    (910, 1, "discharge_sensor_low", _U, _W, "Discharge sensor reads too low", _SENSOR),
    (910, 2, "discharge_sensor_high", _U, _W, "Discharge sensor reads too high", _SENSOR),
    (911, 0, "discharge_too_hot", _U, _C, "Compressor's discharge is too hot", _SUPPORT),
    (912, 1, "suction_sensor_low", _U, _W, "Suction sensor reads too low", _SENSOR),
    (912, 2, "suction_sensor_high", _U, _W, "Suction sensor reads too high", _SENSOR),
    (913, 0, "suction_too_cold", _U, _C, "Compressor's suction is too cold", _SUPPORT),
    (914, 1, "evaporator_sensor_low", _U, _W, "Evaporator's sensor reads too low", _SENSOR),
    (914, 2, "evaporator_sensor_high", _U, _W, "Evaporator's sensor reads too high", _SENSOR),
    (915, 0, "discharge_suction_difference", _U, _C, "Discharge and suction differ by an impossible amount",
     _SUPPORT),
    (916, 0, "evaporator_temperature", _U, _C, "Evaporator's temperature is impossible", _SUPPORT),
    (920, 1, "ambient_sensor_low", _U, _W, "Sensor of the surrounding air reads too low", _SENSOR),
    (920, 2, "ambient_sensor_high", _U, _W, "Sensor of the surrounding air reads too high", _SENSOR),
    (940, 0, "refrigerant_blockage", _U, _C, "Refrigerant is blocked",
     "Have it checked whether the expansion valve moves." + _PERSISTS),
    (990, 0, "condensate_overflow", _U, _C, "Condensate overflows", "Clear the condensate's drain."),
)  # fmt: skip

ERRORS: tuple[ErrorRow, ...] = tuple(ErrorRow(*row) for row in _ROWS)
"""Every error that is documented, by code and sub-code."""

_BY_NUMBERS = {(row.code, row.sub_code): row for row in ERRORS}
_BY_CODE = {row.code: row for row in reversed(ERRORS)}  # the first row of each code wins


@frozen(kw_only=True)
class DeviceError:
    """An error a unit reports.

    Attributes:
        code: its number; a member of `ErrorCode`, or `Unknown`.
        sub_code: what tells its variants apart, ``None`` when the unit did not say.
        text: as the panel shows it, ``E407-01``; ``E407`` without sub-code.
        name: an identifier, ``unknown_error`` when the number is not documented.
        title: what is wrong, in a phrase.
        advice: what to do, in a sentence or two.
        stated: the severity the vendor gives.
        suggested: the severity this project proposes.
    """

    code: ErrorCode | Unknown
    sub_code: int | None
    text: str
    name: str
    title: str
    advice: str
    stated: Severity
    suggested: Severity

    def __str__(self) -> str:
        return f"{self.text}: {self.title}"


def device_error(code: ErrorCode | Unknown | int | None, sub_code: int | None = None) -> DeviceError | None:
    """The error of these two numbers; ``None`` for code 0, which is none, and for ``None``, when nothing was said.

    A sub-code that is not documented gets the texts of the code's first row, a code that is not documented its
    number and a word to that effect (``docs/protocol/enums.md``, ErrorCode).
    """
    if not code:
        return None
    known = code if isinstance(code, ErrorCode | Unknown) else _named(code)
    row = _BY_CODE.get(known) if sub_code is None else _BY_NUMBERS.get((known, sub_code), _BY_CODE.get(known))
    text = units.error_text(known, sub_code or 0)
    if sub_code is None:
        text = text.removesuffix("-00")
    return DeviceError(
        code=known,
        sub_code=sub_code,
        text=text,
        name=row.name if row else "unknown_error",
        title=row.title if row else "Error of unknown meaning",
        advice=row.advice if row else "Look the number up in the unit's manual, or call technical support.",
        stated=row.stated if row else Severity.UNKNOWN,
        suggested=row.suggested if row else Severity.WARNING,
    )


def _named(code: int) -> ErrorCode | Unknown:
    try:
        return ErrorCode(code)
    except ValueError:
        return Unknown(code)
