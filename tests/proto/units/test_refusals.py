"""What is refused, and the sentence a person reads: it names what was given and what belongs there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from navien_proto import units
from navien_proto.errors import UsageError

REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: units.rssi_to_raw(1), "a signal in dBm is not above 0"),
    (
        lambda: units.price_from_raw(1, 11),
        "decimal_point must be a whole number from 0 to 10",
    ),
    (lambda: units.price_to_raw(Decimal("inf"), 2), "price must be a finite number, not Infinity"),
    (lambda: units.price_to_raw(1e18, 2), "price must have at most 18 digits before its point"),
    (
        lambda: units.filter_hours_to_raw(500),
        "hours must be 0 (reminder off) or 1000 to 10000 in steps of 500",
    ),
    (lambda: units.filter_hours(1), "a count of 500 hours of filter life is 0 or 2 to 20"),
    (lambda: units.week_bit(7), "a day of the week is 0 (Monday) to 6 (Sunday)"),
    (lambda: units.week_to_raw([]), "a week needs at least one day"),
    (lambda: units.week_days(3), "week bits are an even number from 2 to 254"),
    (lambda: units.month_bit(13), "a month is 1 to 12"),
    (lambda: units.season_to_raw([]), "a season needs at least one month"),
    (lambda: units.season_months(4096), "season bits are a number from 1 to 4095"),
    (lambda: units.charge_percent(500, 70, 70), "the set point must be above the lowest one"),
    (lambda: units.stored_percent(0, 0), "the energy of a full tank must be above 0"),
    (lambda: units.entry_to_hex([256] * 6), "an entry has six numbers from 0 to 255"),
    (lambda: units.entry_from_hex("02"), "an entry has twelve hexadecimal digits"),
    (lambda: units.firmware_text(-1), "a firmware number has 32 bits"),
    (
        lambda: units.firmware_number("1.2.3"),
        "a firmware version is four numbers 0 to 255 with dots between, such as 11.1.0.0",
    ),
    (
        lambda: units.error_numbers("407"),
        "an error is written E and three digits, perhaps - and two more, such as E407-01",
    ),
    (lambda: units.command_code(256, 1), "a command's family has 8 bits and its number 24"),
    (lambda: units.command_parts(1 << 32), "a command's code has 32 bits"),
    (lambda: units.outdoor_in_fahrenheit(20, 2), "no rounding rule is known for tempFormulaType 2"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_sentence_says_what_belongs_there(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == sentence


NUMBERS: list[tuple[Callable[[float], object], str]] = [
    (units.round_half_up, "value"),
    (units.half_from_celsius, "celsius"),
    (units.half_from_fahrenheit, "fahrenheit"),
    (units.deci_from_celsius, "celsius"),
    (units.deci_from_fahrenheit, "fahrenheit"),
    (units.deci_delta_from_fahrenheit, "fahrenheit"),
    (lambda number: units.differential_to_raw(number, counts_per_kelvin=2), "kelvin"),
    (units.flow_to_raw, "litres_per_minute"),
    (units.energy_to_raw, "watt_hours"),
    (lambda number: units.price_to_raw(number, 2), "price"),
    (lambda number: units.total_count(121, 2, 70, number), "counts_per_kelvin"),
    (lambda number: units.available_count(123, 586, 536, number), "counts_per_kelvin"),
]


@pytest.mark.parametrize(("convert", "name"), NUMBERS)
def test_what_is_no_number_is_named(convert: Callable[[object], object], name: str) -> None:
    for wrong, said in (
        (True, "a number, not bool"),
        ("1", "a number, not str"),
        (float("nan"), "a finite number, not nan"),
    ):
        with pytest.raises(UsageError) as caught:
            convert(wrong)
        assert str(caught.value) == f"{name} must be {said}"


def test_the_last_numbers_that_are_taken() -> None:
    assert units.price_to_raw(Decimal("1e17"), 0) == 10**17
    assert units.price_to_raw(Decimal("0e30"), 10) == 0
    assert units.stored_percent(1, 0) == 100
    assert units.rssi_to_raw(0) == 0
    assert [units.rssi_dbm(raw) for raw in (-1, 0, 1)] == [-1, 0, -1]
    assert units.firmware_text((1 << 32) - 1) == "255.255.255.255"
    assert units.command_parts((1 << 32) - 1) == (255, (1 << 24) - 1)
