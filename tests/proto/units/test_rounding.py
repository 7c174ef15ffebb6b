"""Rounding half up, and what is no number."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_halves_go_up(value: float) -> None:
    assert units.round_half_up(value) == math.floor(Fraction(value) + Fraction(1, 2))


@pytest.mark.parametrize("value", [True, "5", None, float("nan"), float("inf"), [1]])
def test_only_finite_numbers_are_converted(value: float) -> None:
    for convert in (
        units.round_half_up,
        units.half_from_celsius,
        units.half_from_fahrenheit,
        units.deci_from_celsius,
        units.deci_from_fahrenheit,
        units.deci_delta_from_fahrenheit,
        units.flow_to_raw,
        units.energy_to_raw,
    ):
        with pytest.raises(UsageError, match="must be a"):
            convert(value)
