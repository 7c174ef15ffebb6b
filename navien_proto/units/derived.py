"""Figures a unit works out itself, exactly (``docs/protocol/conversions.md`` section 18).

They serve the simulated heater and checks of consistency; a status carries the unit's own, which follow with a
lag of one or two messages. Arguments are counts as on the wire: probes in tenths of a degree, set points and
limits in half degrees. All is whole-number arithmetic, for floats miss at the floors.
"""

from __future__ import annotations

from decimal import Decimal

from navien_proto.errors import UsageError
from navien_proto.units.amounts import usable_energy
from navien_proto.units.rounding import finite

__all__ = [
    "COUNTS_PER_KELVIN",
    "available_count",
    "charge_percent",
    "outlet_count",
    "stored_percent",
    "total_count",
]

COUNTS_PER_KELVIN = 70.24
"""Energy counts a kelvin of the 65 gallon tank (about 54.0 for 50 gallons, 86.5 for 80: inferred)."""


def outlet_count(upper: int) -> int:
    """``dhwTemperature`` in half degrees, of the upper probe in tenths."""
    return upper // 5


def charge_percent(upper: int, set_point: int, minimum: int) -> int:
    """``dhwChargePer``: where the upper probe (tenths) stands between lowest and chosen set point (halves).

    At most 100; below 0 when the probe is colder than the lowest set point, which a unit does not show.

    Raises:
        UsageError: ``set_point`` is not above ``minimum``.
    """
    if set_point <= minimum:
        raise UsageError("the set point must be above the lowest one")
    return min(100, 100 * (upper - 5 * minimum) // (5 * (set_point - minimum)))


def _slope(counts_per_kelvin: float) -> tuple[int, int]:
    # Its decimal text is what is meant: 70.24 and not the float beside it.
    return Decimal(repr(finite(counts_per_kelvin, "counts_per_kelvin"))).as_integer_ratio()


def total_count(
    lower_off: int, differential: int, minimum: int, counts_per_kelvin: float = COUNTS_PER_KELVIN
) -> int:
    """``totalEnergyCapacity``: energy counts from the lowest set point to where the heat pump stops (halves).

    Raises:
        UsageError: ``counts_per_kelvin`` is not a finite number.
    """
    numerator, denominator = _slope(counts_per_kelvin)
    return numerator * (lower_off + differential - minimum) // (2 * denominator)


def available_count(reference: int, upper: int, lower: int, counts_per_kelvin: float = COUNTS_PER_KELVIN) -> int:
    """``availableEnergyCapacity``: energy counts still missing to ``reference`` (halves), never below 0.

    The probes are in tenths; their mean is floored to a tenth.

    Raises:
        UsageError: ``counts_per_kelvin`` is not a finite number.
    """
    numerator, denominator = _slope(counts_per_kelvin)
    return max(0, numerator * (5 * reference - (upper + lower) // 2) // (10 * denominator))


def stored_percent(total: int, available: int) -> float:
    """Share of the energy of a full tank that is in it, in percent; counts or Wh alike, never below 0.

    Raises:
        UsageError: ``total`` is not above 0.
    """
    if total <= 0:
        raise UsageError("the energy of a full tank must be above 0")
    return 100 * usable_energy(total, available) / total
