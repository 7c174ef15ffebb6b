from __future__ import annotations

from datetime import UTC, time
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from navien_proto.errors import UsageError
from navien_proto.model.entry_reading import EntryMembers
from navien_proto.model.fields import Unfit
from navien_proto.model.tou_period import ALL_YEAR, TouPeriod, months_text
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, Weekday
from tests.proto.model import schedule_strategies as some

WIRE = {
    "season": 3615,
    "week": 124,
    "startHour": 16,
    "startMinute": 0,
    "endHour": 20,
    "endMinute": 59,
    "priceMin": 39261,
    "priceMax": 49378,
    "decimalPoint": 5,
}
PEAK = TouPeriod(
    months=frozenset({1, 2, 3, 4, 5, 10, 11, 12}),
    days=WEEKDAYS,
    start=time(16),
    end=time(20, 59),
    price_min=Decimal("0.39261"),
    price_max=Decimal("0.49378"),
)


def test_it_is_written_in_the_order_of_the_protocol() -> None:
    assert list(PEAK.to_wire().items()) == list(WIRE.items())
    assert list(PEAK.to_interval()) == list(WIRE)[1:]
    assert TouPeriod.read(EntryMembers(WIRE)) == PEAK
    interval = {name: raw for name, raw in WIRE.items() if name != "season"}
    assert TouPeriod.read(EntryMembers(interval), 3615) == PEAK


@pytest.mark.parametrize(
    ("months", "text"),
    [
        (ALL_YEAR, "all year"),
        ({6, 7, 8, 9}, "Jun–Sep"),
        ({10, 11, 12, 1, 2, 3, 4, 5}, "Oct–May"),
        ({12, 1, 2}, "Dec–Feb"),
        ({1, 2}, "Jan Feb"),
        ({1, 12}, "Jan Dec"),
        ({1, 2, 3}, "Jan–Mar"),
        ({10, 11, 12}, "Oct–Dec"),
        ({1, 3, 5}, "Jan Mar May"),
        ({12}, "Dec"),
    ],
)
def test_months_in_words(months: frozenset[int], text: str) -> None:
    assert months_text(frozenset(months)) == text


def test_it_has_words() -> None:
    assert str(PEAK) == "Oct–May, weekdays 16:00–20:59, 0.39261 to 0.49378"
    flat = TouPeriod(days=EVERY_DAY, start=time(), end=time(23, 59), price_min=0.1)
    assert str(flat) == "all year, every day 00:00–23:59, 0.1"


@pytest.mark.parametrize(
    ("price", "decimals", "raw"),
    [
        (0.125, 2, 13),
        (0.115, 2, 12),
        (12.34, 2, 1234),
        (100, 0, 100),
        (Decimal("0.000004"), 5, 0),
        (Decimal("0.33333333"), 5, 33333),
        (-0.0125, 5, -1250),
        (21474.83647, 5, (1 << 31) - 1),
    ],
)
def test_prices_are_rounded_for_the_wire(price: float, decimals: int, raw: int) -> None:
    period = evolve(PEAK, price_min=price, price_max=price, decimal_point=decimals)
    assert period.to_wire()["priceMin"] == period.to_wire()["priceMax"] == raw


def test_the_highest_price_is_the_lowest_unless_told() -> None:
    period = TouPeriod(days=EVERY_DAY, start=time(), end=time(23, 59), price_min=Decimal("0.5"))
    assert period.price_max == period.price_min
    assert period.months == ALL_YEAR


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("months", []),
        ("months", [0]),
        ("months", [13]),
        ("months", 5),
        ("months", ["Jan"]),
        ("days", []),
        ("start", "16:00"),
        ("start", time(16, 0, 30)),
        ("end", time(20, 59, tzinfo=UTC)),
        ("price_min", Decimal("NaN")),
        ("price_max", Decimal("Infinity")),
        ("price_max", 21474.83648),
        ("price_min", -21474.83648),
        ("price_max", Decimal("1e999999999")),
        ("price", "0.5"),
        ("price", True),
        ("price", float("inf")),
    ],
)
def test_what_is_wrong_is_named(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name}"):
        evolve(PEAK, **{"price_min" if name == "price" else name: value})


@pytest.mark.parametrize("decimals", [-1, 11, True, 5.5, "5"])
def test_decimals_are_0_to_10(decimals: Any) -> None:
    with pytest.raises(UsageError, match="decimal_point"):
        evolve(PEAK, decimal_point=decimals)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"season": 0}, "season"),
        ({"season": 4096}, "season"),
        ({"week": 125}, "week"),
        ({"week": "x"}, "week"),
        ({"startHour": 24}, "startHour"),
        ({"startMinute": 60}, "startMinute"),
        ({"endHour": -1}, "endHour"),
        ({"endMinute": None}, "endMinute"),
        ({"priceMin": 0.5}, "priceMin"),
        ({"priceMax": 1 << 31}, "price_max"),
        ({"decimalPoint": 11}, "decimalPoint"),
    ],
)
def test_what_cannot_be_a_period_is_unfit(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unfit, match=f"^{reason}"):
        TouPeriod.read(EntryMembers({**WIRE, **change}))


def test_prices_are_equal_as_they_are_on_the_wire() -> None:
    assert evolve(PEAK, price_min=Decimal("0.392610")) == PEAK
    assert evolve(PEAK, price_min=Decimal("0.3926149")) == PEAK
    assert hash(evolve(PEAK, price_min=0.392614)) == hash(PEAK)
    assert evolve(PEAK, price_min=Decimal("0.392615")) != PEAK
    tenth = evolve(PEAK, price_min=0.1, price_max=0.1)
    assert evolve(tenth, decimal_point=1) == evolve(tenth, decimal_point=10)
    assert evolve(PEAK, end=time(20, 58)) != PEAK
    assert PEAK.canonical() != PEAK


def test_a_period_past_midnight_is_split() -> None:
    night = evolve(PEAK, days={Weekday.SATURDAY, Weekday.SUNDAY}, start=time(22), end=time(5, 59))
    assert night.crosses_midnight
    with pytest.raises(UsageError, match="midnight"):
        night.to_wire()
    evening, morning = night.split_at_midnight()
    assert (evening.days, evening.start, evening.end) == (night.days, time(22), time(23, 59))
    assert (morning.days, morning.start, morning.end) == (
        frozenset({Weekday.SUNDAY, Weekday.MONDAY}),
        time(),
        time(5, 59),
    )
    assert PEAK.split_at_midnight() == (PEAK,)
    assert not evolve(PEAK, end=PEAK.start).crosses_midnight


def test_prices_the_wrong_way_round_are_not_written() -> None:
    with pytest.raises(UsageError, match="price_min"):
        evolve(PEAK, price_max=0.1).to_wire()


@given(some.tou_periods())
def test_it_survives_the_wire(period: TouPeriod) -> None:
    for part in period.split_at_midnight():
        found = TouPeriod.read(EntryMembers(part.to_wire()))
        assert found == part
        assert hash(found) == hash(part)
        assert found.to_wire() == part.to_wire()
    assert str(period)
