"""Signal, volumes, energy, prices and hours (``docs/protocol/conversions.md`` sections 7 to 10 and 16)."""

from __future__ import annotations

from decimal import Decimal

from navien_proto.errors import UsageError
from navien_proto.units.rounding import finite, half_up, ratio

__all__ = [
    "LITRES_TO_GALLONS",
    "energy_to_raw",
    "filter_hours",
    "filter_hours_to_raw",
    "flow_to_raw",
    "gallons",
    "litres",
    "litres_per_minute",
    "price_from_raw",
    "price_to_raw",
    "rssi_dbm",
    "rssi_to_raw",
    "usable_energy",
    "watt_hours",
]

LITRES_TO_GALLONS = 0.264172052
"""US gallons in a litre (section 8)."""

# Numbers of a currency, not of astronomy; it also bounds the time exact arithmetic takes.
_LARGEST_EXPONENT = 18
_SMALLEST_EXPONENT = -20
_DECIMALS = range(11)
_FILTER_STEP = 500
_FILTER_COUNTS = (0, *range(2, 21))


def rssi_dbm(raw: int) -> int:
    """Signal in dBm: the wire carries its magnitude; a number that is not positive stays (section 7)."""
    return -raw if raw > 0 else raw


def rssi_to_raw(dbm: int) -> int:
    """The magnitude of a signal in dBm, as the wire carries it (section 7).

    Raises:
        UsageError: ``dbm`` is positive; no raw number decodes to it.
    """
    if dbm > 0:
        raise UsageError("a signal in dBm is not above 0")
    return -dbm


def litres_per_minute(raw: int) -> float:
    """L/min of a count of tenths (section 8)."""
    return raw / 10


def flow_to_raw(litres_per_minute: float) -> int:
    """The nearest count of tenths for a flow in L/min (section 8).

    Raises:
        UsageError: ``litres_per_minute`` is not a finite number.
    """
    numerator, denominator = ratio(litres_per_minute, "litres_per_minute")
    return half_up(10 * numerator, denominator)


def gallons(litres: float) -> float:
    """US gallons of litres, or gallons per minute of litres per minute (section 8)."""
    return litres * LITRES_TO_GALLONS


def litres(gallons: float) -> float:
    """Litres of US gallons, or litres per minute of gallons per minute (section 8)."""
    return gallons / LITRES_TO_GALLONS


def watt_hours(raw: int) -> int:
    """Wh of an energy count (section 9)."""
    return 4 * raw


def energy_to_raw(watt_hours: float) -> int:
    """The nearest energy count for Wh (section 9).

    Raises:
        UsageError: ``watt_hours`` is not a finite number.
    """
    numerator, denominator = ratio(watt_hours, "watt_hours")
    return half_up(numerator, 4 * denominator)


def usable_energy(full: int, missing: int) -> int:
    """Wh in the tank: what a full recovery takes less what is missing, never below 0 (section 9)."""
    return max(0, full - missing)


def _check_decimals(decimal_point: int) -> int:
    if isinstance(decimal_point, bool) or decimal_point not in _DECIMALS:
        raise UsageError("decimal_point must be a whole number from 0 to 10")
    return decimal_point


def price_to_raw(price: Decimal | float, decimal_point: int) -> int:
    """A price as the wire's integer with ``decimal_point`` decimals, halves upwards (section 10).

    A ``float`` counts as its shortest decimal text, so that 0.125 at 2 decimals is 13.

    Raises:
        UsageError: ``price`` is not a finite number of at most 18 digits before its point, or
            ``decimal_point`` not one of 0 to 10.
    """
    _check_decimals(decimal_point)
    exact = price if isinstance(price, Decimal) else Decimal(repr(finite(price, "price")))
    if not exact.is_finite():
        raise UsageError(f"price must be a finite number, not {exact}")
    exponent = exact.adjusted()
    if not exact or exponent < _SMALLEST_EXPONENT:
        return 0
    if exponent >= _LARGEST_EXPONENT:
        raise UsageError("price must have at most 18 digits before its point")
    numerator, denominator = exact.as_integer_ratio()
    return half_up(numerator * 10**decimal_point, denominator)


def price_from_raw(raw: int, decimal_point: int) -> Decimal:
    """The price of the wire's integer with ``decimal_point`` decimals, exactly (section 10).

    Raises:
        UsageError: ``decimal_point`` is not one of 0 to 10.
    """
    _check_decimals(decimal_point)
    # Made of its digits: arithmetic would round to the precision of the caller's context.
    digits = tuple(map(int, str(abs(raw))))
    return Decimal((int(raw < 0), digits, -decimal_point))


def filter_hours_to_raw(hours: int) -> int:
    """Air filter life as it is sent, in counts of 500 h; the unit answers in hours (section 16).

    Raises:
        UsageError: ``hours`` is neither 0, which switches the reminder off, nor 1000 to 10000 in steps of 500.
    """
    # Exactly int: neither a truth value nor a fraction goes out as a number.
    if type(hours) is not int or hours % _FILTER_STEP or hours // _FILTER_STEP not in _FILTER_COUNTS:
        raise UsageError("hours must be 0 (reminder off) or 1000 to 10000 in steps of 500")
    return hours // _FILTER_STEP


def filter_hours(raw: int) -> int:
    """Hours of air filter life of a count as it is sent (section 16).

    Raises:
        UsageError: ``raw`` is neither 0 nor 2 to 20.
    """
    if raw not in _FILTER_COUNTS:
        raise UsageError("a count of 500 hours of filter life is 0 or 2 to 20")
    return raw * _FILTER_STEP
