"""Signal, volumes, energy, prices, hours: every vector of docs/protocol/conversions.md 7 to 10 and 16."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError


@pytest.mark.parametrize(
    ("raw", "dbm"),
    [(59, -59), (60, -60), (61, -61), (45, -45), (70, -70), (90, -90), (0, 0), (-45, -45), (-61, -61)],
)
def test_signal(raw: int, dbm: int) -> None:
    assert units.rssi_dbm(raw) == dbm
    assert units.rssi_to_raw(dbm) == abs(raw)
    assert units.rssi_dbm(units.rssi_to_raw(dbm)) == dbm


@pytest.mark.parametrize(
    ("raw", "litres", "gallons"),
    [
        (0, 0, 0),
        (1, 0.1, 0.026),
        (5, 0.5, 0.132),
        (10, 1, 0.264),
        (38, 3.8, 1.004),
        (57, 5.7, 1.506),
        (76, 7.6, 2.008),
        (113, 11.3, 2.985),
        (189, 18.9, 4.993),
    ],
)
def test_flow(raw: int, litres: float, gallons: float) -> None:
    assert units.litres_per_minute(raw) == litres
    assert round(units.gallons(litres), 3) == gallons
    assert units.flow_to_raw(litres) == raw
    assert units.flow_to_raw(units.litres(units.gallons(litres))) == raw


@pytest.mark.parametrize(
    ("total", "available", "full", "missing", "usable", "percent"),
    [
        (1861, 386, 7444, 1544, 5900, 79.3),
        (1861, 379, 7444, 1516, 5928, 79.6),
        (1861, 372, 7444, 1488, 5956, 80),
        (1861, 119, 7444, 476, 6968, 93.6),
        (1791, 302, 7164, 1208, 5956, 83.1),
        (1791, 49, 7164, 196, 6968, 97.3),
        (1720, 0, 6880, 0, 6880, 100),
        (1861, 105, 7444, 420, 7024, 94.4),
        (1861, 98, 7444, 392, 7052, 94.7),
        (10, 20, 40, 80, 0, 0),
    ],
)
def test_energy(total: int, available: int, full: int, missing: int, usable: int, percent: float) -> None:
    assert units.watt_hours(total) == full
    assert units.watt_hours(available) == missing
    assert units.usable_energy(full, missing) == usable
    assert round(units.stored_percent(total, available), 1) == percent
    assert units.energy_to_raw(full) == total
    assert units.energy_to_raw(missing) == available


def test_no_signal_is_above_zero() -> None:
    with pytest.raises(UsageError, match="not above 0"):
        units.rssi_to_raw(1)


@pytest.mark.parametrize(
    ("price", "decimals", "raw", "back"),
    [
        (0.36261, 5, 36261, "0.36261"),
        (0.46378, 5, 46378, "0.46378"),
        (0.39261, 5, 39261, "0.39261"),
        (0.60795, 5, 60795, "0.60795"),
        (0.125, 2, 13, "0.13"),
        (0.115, 2, 12, "0.12"),
        (12.34, 2, 1234, "12.34"),
        (0.5, 3, 500, "0.5"),
        (100, 0, 100, "100"),
        (0.1, 1, 1, "0.1"),
        (0.000004, 5, 0, "0"),
        (0.000005, 5, 1, "0.00001"),
        (0.33333333, 5, 33333, "0.33333"),
        (-0.0125, 5, -1250, "-0.0125"),
    ],
)
def test_prices(price: float, decimals: int, raw: int, back: str) -> None:
    assert units.price_to_raw(price, decimals) == raw
    assert units.price_to_raw(Decimal(repr(price)), decimals) == raw
    assert units.price_from_raw(raw, decimals) == Decimal(back)


@pytest.mark.parametrize(
    ("price", "raw"),
    [
        (Decimal("1e-20"), 0),
        (Decimal("9e-21"), 0),
        (Decimal("-1e-999999999"), 0),
        (Decimal(0), 0),
        (Decimal("0e999999999"), 0),
        (Decimal("-0.00000000005"), 0),
        (Decimal("-0.000000000051"), -1),
        (Decimal(999999999999999999), 999999999999999999 * 10**10),
    ],
)
def test_extreme_prices(price: Decimal, raw: int) -> None:
    assert units.price_to_raw(price, 10) == raw


@pytest.mark.parametrize(
    "price",
    [
        True,
        "0.5",
        None,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("-Infinity"),
        1e18,
        Decimal("1e999999999"),
    ],
)
def test_what_is_no_price(price: Any) -> None:
    with pytest.raises(UsageError, match="price must"):
        units.price_to_raw(price, 5)


def test_a_price_of_nothing_has_no_sign() -> None:
    assert str(units.price_from_raw(0, 5)) == "0.00000"


@pytest.mark.parametrize("decimals", [-1, 11, True, 2.5, "5"])
def test_decimals_are_0_to_10(decimals: Any) -> None:
    for convert in (units.price_to_raw, units.price_from_raw):
        with pytest.raises(UsageError, match="decimal_point"):
            convert(1, decimals)


@given(st.integers(-(1 << 63), 1 << 63), st.integers(0, 10))
def test_prices_survive_the_wire(raw: int, decimals: int) -> None:
    with localcontext() as context:
        context.prec = 3
        price = units.price_from_raw(raw, decimals)
    assert Fraction(price) == Fraction(raw, 10**decimals)
    if abs(price) < 10**18:
        assert units.price_to_raw(price, decimals) == raw


@given(st.decimals(-(10**6), 10**6, allow_nan=False), st.integers(0, 10))
def test_prices_are_rounded_half_up(price: Decimal, decimals: int) -> None:
    exact = Fraction(price) * 10**decimals
    assert exact - Fraction(1, 2) < units.price_to_raw(price, decimals) <= exact + Fraction(1, 2)


@given(st.integers(-(1 << 31), 1 << 31))
def test_amounts_survive_the_wire(raw: int) -> None:
    assert units.flow_to_raw(units.litres_per_minute(raw)) == raw
    assert units.energy_to_raw(units.watt_hours(raw)) == raw
    assert units.rssi_to_raw(units.rssi_dbm(raw)) == abs(raw)
    assert units.litres(units.gallons(raw)) == pytest.approx(raw)
    assert units.watt_hours(raw) < units.watt_hours(raw + 1)
    assert units.litres_per_minute(raw) < units.litres_per_minute(raw + 1)


@pytest.mark.parametrize(("watt_hours", "raw"), [(0, 0), (1, 0), (2, 1), (5.9, 1), (6, 2), (-2, 0), (-2.1, -1)])
def test_the_nearest_energy_count(watt_hours: float, raw: int) -> None:
    assert units.energy_to_raw(watt_hours) == raw


@pytest.mark.parametrize(
    ("hours", "raw"),
    [(0, 0), (1000, 2), (1500, 3), (2000, 4), (2500, 5), (3000, 6), (5000, 10), (7500, 15), (10000, 20)],
)
def test_filter_life(hours: int, raw: int) -> None:
    assert units.filter_hours_to_raw(hours) == raw
    assert units.filter_hours(raw) == hours


@pytest.mark.parametrize("hours", [500, 750, 1200, 10500, -500, -1, True, False, 1000.0, "1000", None])
def test_hours_no_filter_has(hours: Any) -> None:
    with pytest.raises(UsageError, match="1000 to 10000 in steps of 500"):
        units.filter_hours_to_raw(hours)


@pytest.mark.parametrize("raw", [-1, 1, 21])
def test_counts_no_filter_has(raw: int) -> None:
    with pytest.raises(UsageError, match="2 to 20"):
        units.filter_hours(raw)
