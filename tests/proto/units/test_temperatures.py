"""Temperatures: every vector of docs/protocol/conversions.md 2 to 6, and the laws behind them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError

RAW = st.integers(-(1 << 31), 1 << 31)


@pytest.mark.parametrize(
    ("raw", "celsius", "fahrenheit", "whole"),
    [
        (0, 0, 32, 32),
        (12, 6, 42.8, 43),
        (20, 10, 50, 50),
        (70, 35, 95, 95),
        (81, 40.5, 104.9, 105),
        (98, 49, 120.2, 120),
        (100, 50, 122, 122),
        (104, 52, 125.6, 126),
        (117, 58.5, 137.3, 137),
        (120, 60, 140, 140),
        (121, 60.5, 140.9, 141),
        (131, 65.5, 149.9, 150),
        (-4, -2, 28.4, 28),
        (-13, -6.5, 20.3, 20),
    ],
)
def test_half_degrees(raw: int, celsius: float, fahrenheit: float, whole: int) -> None:
    assert units.half_celsius(raw) == celsius
    assert units.half_celsius_in_fahrenheit(raw) == fahrenheit
    assert units.whole_fahrenheit(raw) == whole
    assert units.half_from_celsius(celsius) == raw
    assert units.half_from_fahrenheit(fahrenheit) == raw


@pytest.mark.parametrize(
    ("fahrenheit", "raw"),
    [
        (80, 53),
        (95, 70),
        (104, 80),
        (110, 87),
        (115, 92),
        (120, 98),
        (125, 103),
        (130, 109),
        (140, 120),
        (150, 131),
    ],
)
def test_half_degrees_from_fahrenheit(fahrenheit: float, raw: int) -> None:
    assert units.half_from_fahrenheit(fahrenheit) == raw
    assert units.half_from_fahrenheit(float(fahrenheit)) == raw


@pytest.mark.parametrize(
    ("celsius", "raw"),
    [(35, 70), (40.5, 81), (48.9, 98), (55.2, 110), (55.25, 111), (60, 120), (60.74, 121), (65.5, 131)],
)
def test_half_degrees_from_celsius(celsius: float, raw: int) -> None:
    assert units.half_from_celsius(celsius) == raw


def test_every_whole_fahrenheit_degree_survives_the_wire() -> None:
    for degree in range(32, 213):
        assert units.whole_fahrenheit(units.half_from_fahrenheit(degree)) == degree


@pytest.mark.parametrize(
    ("raw", "celsius", "fahrenheit"),
    [
        (0, 0, 32),
        (111, 11.1, 51.98),
        (246, 24.6, 76.28),
        (260, 26, 78.8),
        (266, 26.6, 79.88),
        (535, 53.5, 128.3),
        (586, 58.6, 137.48),
        (597, 59.7, 139.46),
        (600, 60, 140),
        (605, 60.5, 140.9),
        (693, 69.3, 156.74),
        (-50, -5, 23),
        (-123, -12.3, 9.86),
    ],
)
def test_tenths_of_a_degree(raw: int, celsius: float, fahrenheit: float) -> None:
    assert units.deci_celsius(raw) == celsius
    assert units.deci_celsius_in_fahrenheit(raw) == fahrenheit
    assert units.deci_from_celsius(celsius) == raw
    assert units.deci_from_fahrenheit(fahrenheit) == raw


@pytest.mark.parametrize(
    ("raw", "kelvin", "fahrenheit"),
    [
        (50, 5, 9),
        (46, 4.6, 8.28),
        (48, 4.8, 8.64),
        (0, 0, 0),
        (-1, -0.1, -0.18),
        (-31, -3.1, -5.58),
        (-35, -3.5, -6.3),
        (83, 8.3, 14.94),
        (86, 8.6, 15.48),
    ],
)
def test_differences(raw: int, kelvin: float, fahrenheit: float) -> None:
    assert units.deci_celsius(raw) == kelvin
    assert units.deci_delta_in_fahrenheit(raw) == fahrenheit
    assert units.fahrenheit_difference(kelvin) == pytest.approx(fahrenheit)
    assert units.kelvin_difference(fahrenheit) == pytest.approx(kelvin)
    assert units.deci_from_celsius(kelvin) == raw
    assert units.deci_delta_from_fahrenheit(fahrenheit) == raw


@pytest.mark.parametrize(
    ("raw", "celsius", "exact", "standard", "asymmetric"),
    [
        (0, 0, 32, 32, 32),
        (1, 0.5, 32.9, 33, 33),
        (5, 2.5, 36.5, 37, 37),
        (6, 3, 37.4, 37, 38),
        (7, 3.5, 38.3, 38, 39),
        (8, 4, 39.2, 39, 40),
        (9, 4.5, 40.1, 40, 40),
        (16, 8, 46.4, 46, 47),
        (19, 9.5, 49.1, 49, 49),
        (20, 10, 50, 50, 50),
        (25, 12.5, 54.5, 55, 55),
        (33, 16.5, 61.7, 62, 62),
        (36, 18, 64.4, 64, 65),
        (40, 20, 68, 68, 68),
        (49, 24.5, 76.1, 76, 76),
        (50, 25, 77, 77, 77),
        (60, 30, 86, 86, 86),
        (119, 59.5, 139.1, 139, 139),
        (120, 60, 140, 140, 140),
        (-1, -0.5, 31.1, 31, 32),
        (-5, -2.5, 27.5, 28, 28),
        (-6, -3, 26.6, 27, 27),
        (-9, -4.5, 23.9, 24, 24),
        (-11, -5.5, 22.1, 22, 23),
        (-15, -7.5, 18.5, 19, 19),
        (-19, -9.5, 14.9, 15, 15),
        (-20, -10, 14, 14, 14),
        (-40, -20, -4, -4, -4),
    ],
)
def test_the_outdoor_temperature(raw: int, celsius: float, exact: float, standard: int, asymmetric: int) -> None:
    assert units.half_celsius(raw) == celsius
    assert units.half_celsius_in_fahrenheit(raw) == exact
    assert units.outdoor_in_fahrenheit(raw, 1) == standard
    assert units.outdoor_in_fahrenheit(raw, 0) == asymmetric
    assert raw in units.outdoor_from_fahrenheit(standard, 1)
    assert raw in units.outdoor_from_fahrenheit(asymmetric, 0)


def test_an_outdoor_rule_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="tempFormulaType 2"):
        units.outdoor_in_fahrenheit(20, 2)


@given(RAW)
def test_temperatures_survive_the_wire(raw: int) -> None:
    assert units.half_from_celsius(units.half_celsius(raw)) == raw
    assert units.half_from_fahrenheit(units.half_celsius_in_fahrenheit(raw)) == raw
    assert units.deci_from_celsius(units.deci_celsius(raw)) == raw
    assert Fraction(units.half_celsius(raw)) == Fraction(raw, 2)
    assert units.fahrenheit(units.half_celsius(raw)) == pytest.approx(units.half_celsius_in_fahrenheit(raw))
    assert units.deci_from_fahrenheit(units.deci_celsius_in_fahrenheit(raw)) == raw
    assert units.deci_delta_from_fahrenheit(units.deci_delta_in_fahrenheit(raw)) == raw


@given(st.floats(-1000, 1000))
def test_the_nearest_half_degree_is_nearest(temperature: float) -> None:
    raw = units.half_from_celsius(temperature)
    assert abs(Fraction(raw, 2) - Fraction(temperature)) <= Fraction(1, 4)
    raw = units.half_from_fahrenheit(temperature)
    exact = (Fraction(temperature) - 32) * Fraction(10, 9)
    assert abs(raw - exact) <= Fraction(1, 2)
    assert raw > exact - Fraction(1, 2)


@given(st.floats(-1000, 1000))
def test_celsius_and_fahrenheit_undo_each_other(temperature: float) -> None:
    assert units.celsius(units.fahrenheit(temperature)) == pytest.approx(temperature, abs=1e-9)


@pytest.mark.parametrize(
    ("raw", "halves", "tenths"),
    [
        (0, 0, 0),
        (1, 0.5, 0.1),
        (2, 1, 0.2),
        (3, 1.5, 0.3),
        (4, 2, 0.4),
        (5, 2.5, 0.5),
        (8, 4, 0.8),
        (16, 8, 1.6),
    ],
)
def test_differentials(raw: int, halves: float, tenths: float) -> None:
    assert units.differential_kelvin(raw, counts_per_kelvin=2) == halves
    assert units.differential_kelvin(raw, counts_per_kelvin=10) == tenths
    assert units.differential_to_raw(halves, counts_per_kelvin=2) == raw
    assert units.differential_to_raw(tenths, counts_per_kelvin=10) == raw


@pytest.mark.parametrize("formula", [0, 1])
def test_every_outdoor_degree_has_one_or_two_counts(formula: int) -> None:
    found = {degree: units.outdoor_from_fahrenheit(degree, formula) for degree in range(-60, 213)}
    every = [raw for raws in found.values() for raw in raws]
    assert every == list(range(every[0], every[-1] + 1))
    assert {len(raws) for raws in found.values()} == {1, 2}
    for degree, raws in found.items():
        assert {units.outdoor_in_fahrenheit(raw, formula) for raw in raws} == {degree}


def test_an_outdoor_rule_nobody_knows_has_no_inverse() -> None:
    with pytest.raises(UsageError, match="tempFormulaType 2"):
        units.outdoor_from_fahrenheit(50, 2)


@given(RAW, st.sampled_from([0, 1]))
def test_hotter_is_never_shown_as_colder(raw: int, formula: int) -> None:
    assert units.half_celsius(raw) < units.half_celsius(raw + 1)
    assert units.half_celsius_in_fahrenheit(raw) < units.half_celsius_in_fahrenheit(raw + 1)
    assert units.deci_celsius(raw) < units.deci_celsius(raw + 1)
    assert units.deci_celsius_in_fahrenheit(raw) < units.deci_celsius_in_fahrenheit(raw + 1)
    assert units.deci_delta_in_fahrenheit(raw) < units.deci_delta_in_fahrenheit(raw + 1)
    assert units.whole_fahrenheit(raw) <= units.whole_fahrenheit(raw + 1)
    assert 0 <= units.outdoor_in_fahrenheit(raw + 1, formula) - units.outdoor_in_fahrenheit(raw, formula) <= 2
    assert raw in units.outdoor_from_fahrenheit(units.outdoor_in_fahrenheit(raw, formula), formula)


@given(st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_hotter_is_never_sent_as_colder(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for convert in (
        units.half_from_celsius,
        units.half_from_fahrenheit,
        units.deci_from_celsius,
        units.deci_from_fahrenheit,
        units.deci_delta_from_fahrenheit,
    ):
        assert convert(low) <= convert(high)


@given(st.floats(-1000, 1000))
def test_the_nearest_tenth_is_nearest(temperature: float) -> None:
    value = Fraction(temperature)
    for raw, exact in (
        (units.deci_from_celsius(temperature), 10 * value),
        (units.deci_from_fahrenheit(temperature), (value - 32) * Fraction(50, 9)),
        (units.deci_delta_from_fahrenheit(temperature), value * Fraction(50, 9)),
        (units.differential_to_raw(temperature, counts_per_kelvin=2), 2 * value),
    ):
        assert exact - Fraction(1, 2) < raw <= exact + Fraction(1, 2)


@given(st.floats(-1000, 1000))
def test_differences_have_no_32(difference: float) -> None:
    assert units.fahrenheit_difference(difference) == pytest.approx(units.fahrenheit(difference) - 32, abs=1e-9)
    assert units.kelvin_difference(units.fahrenheit_difference(difference)) == pytest.approx(difference)
