"""Rounding as the wire does it: half up, ``floor(x + 1/2)``, in integer arithmetic."""

from __future__ import annotations

import math

from navien_proto.errors import UsageError

__all__ = ["finite", "half_up", "ratio", "round_half_up"]


def half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator``, ``denominator`` above 0, to the nearest whole number, halves upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def finite(value: object, name: str) -> int | float:
    """``value`` if it is a finite number; a truth value is none.

    Raises:
        UsageError: it is not; the sentence calls it ``name``.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{name} must be a number, not {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{name} must be a finite number, not {value}")
    return value


def ratio(value: float, name: str) -> tuple[int, int]:
    """``value`` as an exact fraction.

    Raises:
        UsageError: it is not a finite number.
    """
    return finite(value, name).as_integer_ratio()


def round_half_up(value: float) -> int:
    """``floor(value + 1/2)`` without the rounding error of that addition.

    Raises:
        UsageError: ``value`` is not a finite number.
    """
    return half_up(*ratio(value, "value"))
