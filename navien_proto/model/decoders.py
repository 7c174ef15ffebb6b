"""The kinds of field: each decoder of ``docs/protocol/conversions.md`` as one function for a class body.

Every function takes the wire name and a note, and makes a `Field`; the units are the decoder's own, but for
``integer``, which is told.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

from navien_proto import units
from navien_proto.model.codes import TempFormulaType, Unknown
from navien_proto.model.fields import Field, FieldRow, Kind, Reader, Unfit
from navien_proto.model.firmware import FirmwareVersion

__all__ = [
    "accept_flag",
    "accept_integer",
    "code",
    "deci_celsius",
    "deci_celsius_delta",
    "diff_raw",
    "div10",
    "energy_count_x4",
    "firmware_version",
    "flag_12",
    "flag_12_inverted",
    "flag_12_tristate",
    "half_celsius",
    "integer",
    "raw_celsius_formula",
    "rssi_magnitude",
    "text",
]

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

_LIMIT = 1 << 63
_WORDS = {
    str: "text",
    bool: "a truth value",
    float: "a fraction",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def _unfit(raw: object, wanted: str) -> Unfit:
    return Unfit(f"{_WORDS.get(type(raw), 'a number')} where {wanted} belongs")


def accept_integer(raw: object, wanted: str = "a whole number") -> int:
    """``raw`` as a whole number of 64 bits: an integer, or a fraction that is one.

    Raises:
        Unfit: it is neither; ``wanted`` is what the reason says belongs there.
    """
    # Exactly int: a bool is no number here, and the JSON reader marks numbers beyond 64 bits by a subclass.
    if (type(raw) is int or (type(raw) is float and raw.is_integer())) and -_LIMIT <= raw < _LIMIT:
        return int(raw)
    if type(raw) in _WORDS and not (isinstance(raw, float) and raw.is_integer()):
        raise _unfit(raw, wanted)
    raise Unfit(f"a number out of range where {wanted} belongs")


def accept_flag(raw: object, true: int = 2) -> int:
    """``raw`` as a device flag's 0, 1 or 2; JSON's true becomes ``true``, false the other of 1 and 2.

    Raises:
        Unfit: it is none of these.
    """
    if type(raw) is bool:
        return true if raw else 3 - true
    number = accept_integer(raw, "a flag")
    if not 0 <= number <= 2:
        raise Unfit("a flag is 0, 1 or 2")
    return number


def _accept_inverted_flag(raw: object) -> int:
    return accept_flag(raw, true=1)


def _accept_firmware(raw: object) -> int:
    number = accept_integer(raw)
    if not 0 <= number < 1 << 32:
        raise Unfit("a firmware number has 32 bits")
    return number


def _accept_text(raw: object) -> str:
    if type(raw) is str:
        return raw
    raise _unfit(raw, "text")


def _plain(index: int) -> Reader[Any]:
    def read(readings: Any) -> Any:
        return readings._values[index]

    return read


def _divided(divisor: int) -> Callable[[int], Reader[float]]:
    def at(index: int) -> Reader[float]:
        def read(readings: Any) -> float | None:
            raw = readings._values[index]
            return raw if raw is None else raw / divisor

        return read

    return at


def _through(convert: Callable[[int], T]) -> Callable[[int], Reader[T]]:
    def at(index: int) -> Reader[T]:
        def read(readings: Any) -> T | None:
            raw = readings._values[index]
            return raw if raw is None else convert(raw)

        return read

    return at


def _looked_up(table: dict[Any, Any]) -> Callable[[int], Reader[Any]]:
    def at(index: int) -> Reader[Any]:
        def read(readings: Any) -> Any:
            return table[readings._values[index]]

        return read

    return at


def _outdoor_fahrenheit(index: int) -> Reader[float]:
    def read(readings: Any) -> float | None:
        raw = readings._values[index]
        if raw is None:
            return None
        formula = readings.temp_formula_type
        # Without a known rule nothing is rounded: an exact value is better than an invented rule.
        if formula in (TempFormulaType.STANDARD, TempFormulaType.ASYMMETRIC):
            return float(units.outdoor_in_fahrenheit(raw, formula))
        return units.half_celsius_in_fahrenheit(raw)

    return read


class _Names(dict[Any, Any]):
    """The members of an enumeration by number; a number without a name becomes `Unknown`."""

    def __init__(self, members: type[IntEnum]) -> None:
        super().__init__({int(member): member for member in members})
        self[None] = None

    def __missing__(self, number: int) -> Unknown:
        return Unknown(number)


_INTEGER: Kind[int] = Kind(name="int", unit="", accept=accept_integer, reader=_plain)
_TEXT: Kind[str] = Kind(name="str", unit="text", accept=_accept_text, reader=_plain, stores="other")
_DIFF: Kind[int] = Kind(name="diff_raw", unit="count", accept=accept_integer, reader=_plain)
_FIRMWARE: Kind[FirmwareVersion] = Kind(
    name="firmware_version",
    unit="version",
    accept=_accept_firmware,
    reader=_through(FirmwareVersion),
    stores="other",
)
_FLAGS = _looked_up({None: None, 0: None, 1: False, 2: True})
_FLAG: Kind[bool] = Kind(name="flag_12", unit="bool", accept=accept_flag, reader=_FLAGS, stores="flag")
_TRISTATE: Kind[bool] = Kind(
    name="flag_12_tristate", unit="bool", accept=accept_flag, reader=_FLAGS, stores="flag"
)
_INVERTED: Kind[bool] = Kind(
    name="flag_12_inverted",
    unit="bool",
    accept=_accept_inverted_flag,
    reader=_looked_up({None: None, 0: None, 1: True, 2: False}),
    stores="flag",
)
_HALF: Kind[float] = Kind(
    name="half_celsius",
    unit="degC",
    accept=accept_integer,
    reader=_divided(2),
    fahrenheit=_through(units.half_celsius_in_fahrenheit),
)
_DECI: Kind[float] = Kind(
    name="deci_celsius",
    unit="degC",
    accept=accept_integer,
    reader=_divided(10),
    fahrenheit=_through(units.deci_celsius_in_fahrenheit),
)
_DELTA: Kind[float] = Kind(
    name="deci_celsius_delta",
    unit="K",
    accept=accept_integer,
    reader=_divided(10),
    fahrenheit=_through(units.deci_delta_in_fahrenheit),
)
_OUTDOOR: Kind[float] = Kind(
    name="raw_celsius_formula",
    unit="degC",
    accept=accept_integer,
    reader=_divided(2),
    fahrenheit=_outdoor_fahrenheit,
)
_DIV10: Kind[float] = Kind(name="div10", unit="L/min", accept=accept_integer, reader=_divided(10))
_ENERGY: Kind[int] = Kind(
    name="energy_count_x4", unit="Wh", accept=accept_integer, reader=_through(units.watt_hours)
)
_RSSI: Kind[int] = Kind(name="rssi_magnitude", unit="dBm", accept=accept_integer, reader=_through(units.rssi_dbm))


def _field(
    kind: Kind[T],
    wire_name: str,
    note: str,
    captured: bool,
    *,
    unit: str = "",
    aliases: tuple[str, ...] = (),
) -> Field[T]:
    return Field.of(
        kind,
        FieldRow(
            wire_name=wire_name,
            decoder=kind.name,
            unit=unit or kind.unit,
            captured=captured,
            note=note,
            aliases=aliases,
        ),
    )


def integer(wire_name: str, note: str, *, unit: str, captured: bool = False) -> Field[int]:
    """``int``: the number as it is, in the unit told."""
    return _field(_INTEGER, wire_name, note, captured, unit=unit)


def text(wire_name: str, note: str, *, captured: bool = False) -> Field[str]:
    """``str``: text as it is."""
    return _field(_TEXT, wire_name, note, captured)


def flag_12(wire_name: str, note: str, *, captured: bool = False, aliases: tuple[str, ...] = ()) -> Field[bool]:
    """``flag_12``: 2 is on, 1 off, 0 unknown."""
    return _field(_FLAG, wire_name, note, captured, aliases=aliases)


def flag_12_tristate(wire_name: str, note: str, *, captured: bool = False) -> Field[bool]:
    """``flag_12_tristate``: as ``flag_12``, for the flags whose 0 the vendor's app is known to understand."""
    return _field(_TRISTATE, wire_name, note, captured)


def flag_12_inverted(wire_name: str, note: str, *, captured: bool = False) -> Field[bool]:
    """``flag_12_inverted``: 1 is on, 2 off, 0 unknown."""
    return _field(_INVERTED, wire_name, note, captured)


def half_celsius(wire_name: str, note: str, *, captured: bool = False) -> Field[float]:
    """``half_celsius``: half degrees Celsius."""
    return _field(_HALF, wire_name, note, captured)


def deci_celsius(wire_name: str, note: str, *, captured: bool = False) -> Field[float]:
    """``deci_celsius``: tenths of a degree Celsius."""
    return _field(_DECI, wire_name, note, captured)


def deci_celsius_delta(wire_name: str, note: str, *, captured: bool = False) -> Field[float]:
    """``deci_celsius_delta``: a difference in tenths of a kelvin; Fahrenheit adds no 32."""
    return _field(_DELTA, wire_name, note, captured)


def raw_celsius_formula(wire_name: str, note: str, *, captured: bool = False) -> Field[float]:
    """``raw_celsius_formula``: half degrees Celsius whose Fahrenheit follows the unit's own rounding rule."""
    return _field(_OUTDOOR, wire_name, note, captured)


def diff_raw(wire_name: str, note: str, *, captured: bool = False, aliases: tuple[str, ...] = ()) -> Field[int]:
    """``diff_raw``: a thermostat differential as its plain count; the size of a count is disputed."""
    return _field(_DIFF, wire_name, note, captured, aliases=aliases)


def div10(wire_name: str, note: str, *, captured: bool = False) -> Field[float]:
    """``div10``: tenths of a litre per minute."""
    return _field(_DIV10, wire_name, note, captured)


def energy_count_x4(wire_name: str, note: str, *, captured: bool = False) -> Field[int]:
    """``energy_count_x4``: counts of 4 Wh."""
    return _field(_ENERGY, wire_name, note, captured)


def rssi_magnitude(wire_name: str, note: str, *, captured: bool = False) -> Field[int]:
    """``rssi_magnitude``: signal strength, sent without its minus."""
    return _field(_RSSI, wire_name, note, captured)


def firmware_version(wire_name: str, note: str) -> Field[FirmwareVersion]:
    """``firmware_version``: a 32-bit number read as four."""
    return _field(_FIRMWARE, wire_name, note, captured=False)


def code(wire_name: str, members: type[E], note: str, *, captured: bool = False) -> Field[E | Unknown]:
    """``enum:Name``: a member of an open enumeration, `Unknown` for a number it does not name."""
    kind: Kind[E | Unknown] = Kind(
        name=f"enum:{members.__name__}", unit="code", accept=accept_integer, reader=_looked_up(_Names(members))
    )
    return _field(kind, wire_name, note, captured)
