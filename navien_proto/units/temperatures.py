"""Temperatures and their differences (``docs/protocol/conversions.md`` sections 2 to 6).

The wire counts half degrees or tenths of a degree Celsius; every count has its inverse, which gives the
nearest count, halves upwards.
"""

from __future__ import annotations

from typing import Literal

from navien_proto.errors import UsageError
from navien_proto.units.rounding import half_up, ratio

__all__ = [
    "celsius",
    "deci_celsius",
    "deci_celsius_in_fahrenheit",
    "deci_delta_from_fahrenheit",
    "deci_delta_in_fahrenheit",
    "deci_from_celsius",
    "deci_from_fahrenheit",
    "differential_kelvin",
    "differential_to_raw",
    "fahrenheit",
    "fahrenheit_difference",
    "half_celsius",
    "half_celsius_in_fahrenheit",
    "half_from_celsius",
    "half_from_fahrenheit",
    "kelvin_difference",
    "outdoor_from_fahrenheit",
    "outdoor_in_fahrenheit",
    "whole_fahrenheit",
]


def celsius(fahrenheit: float) -> float:
    """°C of an absolute temperature in °F."""
    return (fahrenheit - 32) * 5 / 9


def fahrenheit(celsius: float) -> float:
    """°F of an absolute temperature in °C."""
    return celsius * 9 / 5 + 32


def fahrenheit_difference(kelvin: float) -> float:
    """A difference in °F of one in K: no 32 is added."""
    return kelvin * 9 / 5


def kelvin_difference(fahrenheit: float) -> float:
    """A difference in K of one in °F: no 32 is taken away."""
    return fahrenheit * 5 / 9


def half_celsius(raw: int) -> float:
    """°C of a count of half degrees (section 2)."""
    return raw / 2


def half_celsius_in_fahrenheit(raw: int) -> float:
    """Exact °F of a count of half degrees C (section 2)."""
    return (9 * raw + 320) / 10


def whole_fahrenheit(raw: int) -> int:
    """°F of a count of half degrees C as a panel shows it, in whole degrees (section 2)."""
    return half_up(9 * raw + 320, 10)


def half_from_celsius(celsius: float) -> int:
    """The nearest count of half degrees for a temperature in °C (section 2).

    Raises:
        UsageError: ``celsius`` is not a finite number.
    """
    numerator, denominator = ratio(celsius, "celsius")
    return half_up(2 * numerator, denominator)


def half_from_fahrenheit(fahrenheit: float) -> int:
    """The nearest count of half degrees C for a temperature in °F: 120 °F is 98 (section 2).

    Raises:
        UsageError: ``fahrenheit`` is not a finite number.
    """
    numerator, denominator = ratio(fahrenheit, "fahrenheit")
    return half_up(10 * (numerator - 32 * denominator), 9 * denominator)


def deci_celsius(raw: int) -> float:
    """°C (or K, for a difference) of a count of tenths of a degree (sections 3 and 4)."""
    return raw / 10


def deci_celsius_in_fahrenheit(raw: int) -> float:
    """Exact °F of a count of tenths of a degree C (section 3)."""
    return (9 * raw + 1600) / 50


def deci_from_celsius(celsius: float) -> int:
    """The nearest count of tenths of a degree for a temperature in °C, or a difference in K (sections 3, 4).

    Raises:
        UsageError: ``celsius`` is not a finite number.
    """
    numerator, denominator = ratio(celsius, "celsius")
    return half_up(10 * numerator, denominator)


def deci_from_fahrenheit(fahrenheit: float) -> int:
    """The nearest count of tenths of a degree C for a temperature in °F (section 3).

    Raises:
        UsageError: ``fahrenheit`` is not a finite number.
    """
    numerator, denominator = ratio(fahrenheit, "fahrenheit")
    return half_up(50 * (numerator - 32 * denominator), 9 * denominator)


def deci_delta_in_fahrenheit(raw: int) -> float:
    """A difference in °F of one in tenths of a kelvin (section 4)."""
    return 9 * raw / 50


def deci_delta_from_fahrenheit(fahrenheit: float) -> int:
    """The nearest count of tenths of a kelvin for a difference in °F: no 32 is taken away (section 4).

    Raises:
        UsageError: ``fahrenheit`` is not a finite number.
    """
    numerator, denominator = ratio(fahrenheit, "fahrenheit")
    return half_up(50 * numerator, 9 * denominator)


def outdoor_in_fahrenheit(raw: int, formula: int) -> int:
    """Whole °F of the outdoor temperature's half degrees by the unit's own rule (section 5).

    ``formula`` is ``tempFormulaType``: 1 rounds half up; 0 rounds up, except down where the last digit of
    ``raw`` is a (positive) 9.

    Raises:
        UsageError: no rule is known for ``formula``.
    """
    tenths = 9 * raw + 320
    if formula == 1:
        return half_up(tenths, 10)
    if formula == 0:
        # The remainder is the vendor's language's, which takes the sign of raw: never 9 below zero.
        down = raw > 0 and raw % 10 == 9
        return tenths // 10 if down else -(-tenths // 10)
    raise UsageError(f"no rounding rule is known for tempFormulaType {formula}")


def outdoor_from_fahrenheit(fahrenheit: int, formula: int) -> tuple[int, ...]:
    """The counts of half degrees C that the unit shows as ``fahrenheit`` (section 5): one or two, ascending.

    Ten counts share nine degrees, so the display alone does not always tell them apart.

    Raises:
        UsageError: no rule is known for ``formula``.
    """
    near = half_up(10 * (fahrenheit - 32), 9)
    return tuple(raw for raw in range(near - 2, near + 3) if outdoor_in_fahrenheit(raw, formula) == fahrenheit)


def differential_kelvin(raw: int, *, counts_per_kelvin: Literal[2, 10]) -> float:
    """A thermostat's differential in K. Provisional: whether a count is 0.5 K or 0.1 K is disputed (section 6)."""
    return raw / counts_per_kelvin


def differential_to_raw(kelvin: float, *, counts_per_kelvin: Literal[2, 10]) -> int:
    """The nearest count for a thermostat's differential in K; provisional like its inverse (section 6).

    Raises:
        UsageError: ``kelvin`` is not a finite number.
    """
    numerator, denominator = ratio(kelvin, "kelvin")
    return half_up(counts_per_kelvin * numerator, denominator)
