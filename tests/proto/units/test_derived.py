"""Figures a unit works out itself: every vector of docs/protocol/conversions.md 18."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError


@pytest.mark.parametrize(
    ("upper", "set_point", "minimum", "outlet", "charge"),
    [
        (58.6, 60.5, 35.0, 117, 92),
        (58.5, 60.5, 35.0, 117, 92),
        (60.0, 60.5, 35.0, 120, 98),
        (60.5, 60.5, 35.0, 121, 100),
        (60.2, 58.5, 35.0, 120, 100),
        (58.9, 60.5, 35.0, 117, 93),
        (47.7, 60.5, 35.0, 95, 49),
        (35.0, 60.5, 35.0, 70, 0),
        (50.0, 60.0, 40.5, 100, 48),
    ],
)
def test_outlet_and_charge(upper: float, set_point: float, minimum: float, outlet: int, charge: int) -> None:
    probe = units.deci_from_celsius(upper)
    assert units.outlet_count(probe) == outlet
    found = units.charge_percent(probe, units.half_from_celsius(set_point), units.half_from_celsius(minimum))
    assert found == charge


@pytest.mark.parametrize(
    ("lower_off", "differential", "minimum", "total", "watt_hours"),
    [
        (121, 2, 35.0, 1861, 7444),
        (121, 0, 35.0, 1791, 7164),
        (117, 2, 35.0, 1720, 6880),
        (120, 0, 40.5, 1369, 5476),
        (121, 0, 40.5, 1404, 5616),
        (125, 0, 40.5, 1545, 6180),
        (129, 0, 40.5, 1685, 6740),
        (110, 0, 35.0, 1404, 5616),
    ],
)
def test_total_energy(lower_off: int, differential: int, minimum: float, total: int, watt_hours: int) -> None:
    found = units.total_count(lower_off, differential, units.half_from_celsius(minimum))
    assert found == total
    assert units.watt_hours(found) == watt_hours


@pytest.mark.parametrize(
    ("reference", "upper", "lower", "available"),
    [
        (61.5, 58.6, 53.6, 379),
        (61.5, 58.6, 53.9, 372),
        (60.5, 60.0, 59.7, 49),
        (61.5, 60.0, 59.6, 119),
        (61.5, 60.5, 59.7, 98),
        (61.5, 60.5, 59.6, 105),
        (60.5, 60.3, 59.6, 42),
        (59.5, 60.2, 59.7, 0),
    ],
)
def test_available_energy(reference: float, upper: float, lower: float, available: int) -> None:
    probes = units.deci_from_celsius(upper), units.deci_from_celsius(lower)
    assert units.available_count(units.half_from_celsius(reference), *probes) == available


def test_other_tanks_have_other_slopes() -> None:
    assert units.COUNTS_PER_KELVIN == 70.24
    assert units.total_count(121, 2, 70, 54.0) == 1431
    assert units.available_count(123, 586, 536, 86.5) == 467
    assert units.total_count(1, 0, 0, 0.3) == 0
    assert units.total_count(10, 0, 0, 0.2) == 1


@pytest.mark.parametrize("set_point", [70, 69])
def test_a_charge_needs_a_range(set_point: int) -> None:
    with pytest.raises(UsageError, match="above the lowest"):
        units.charge_percent(600, set_point, 70)


@pytest.mark.parametrize("total", [0, -1])
def test_a_share_needs_a_whole(total: int) -> None:
    with pytest.raises(UsageError, match="above 0"):
        units.stored_percent(total, 0)


@pytest.mark.parametrize("slope", [float("nan"), float("inf"), True])
def test_a_slope_is_a_number(slope: float) -> None:
    with pytest.raises(UsageError, match="counts_per_kelvin"):
        units.total_count(121, 2, 70, slope)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(71, 140), st.integers(40, 70))
def test_warmer_water_is_never_less(upper: int, lower: int, set_point: int, minimum: int) -> None:
    assert units.outlet_count(upper) <= units.outlet_count(upper + 1)
    charge = units.charge_percent(upper, set_point, minimum)
    assert charge <= units.charge_percent(upper + 1, set_point, minimum) <= 100
    missing = units.available_count(set_point, upper, lower)
    assert missing >= units.available_count(set_point, upper + 1, lower) >= 0
    total = units.total_count(set_point, 0, minimum)
    assert total > 0
    assert 0 <= units.stored_percent(total, missing) <= 100
