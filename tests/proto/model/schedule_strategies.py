"""Schedules and plans of every kind, and what a unit might say instead."""

from __future__ import annotations

from datetime import time
from typing import Any

from hypothesis import strategies as st

from navien_proto.model.codes import DhwOperationSetting
from navien_proto.model.schedules import RecirculationEntry, Reservation, Weekday
from navien_proto.model.tou import TouPeriod
from navien_proto.units import price_from_raw

days = st.frozensets(st.sampled_from(Weekday), min_size=1)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
months = st.frozensets(st.integers(1, 12), min_size=1)
reservations = st.builds(
    Reservation,
    days=days,
    time=times,
    mode=st.sampled_from(DhwOperationSetting),
    param=st.integers(0, 200),
    enabled=st.booleans(),
)
recirculation = st.builds(RecirculationEntry, days=days, time=times, on=st.booleans(), enabled=st.booleans())


@st.composite
def tou_periods(draw: st.DrawFn) -> TouPeriod:
    """A period, perhaps past midnight, its prices as exact as the wire."""
    decimals = draw(st.integers(0, 10))
    low, high = sorted(draw(st.tuples(*[st.integers(-1000, 100_000)] * 2)))
    return TouPeriod(
        months=draw(months),
        days=draw(days),
        start=draw(times),
        end=draw(times),
        price_min=price_from_raw(low, decimals),
        price_max=price_from_raw(high, decimals),
        decimal_point=decimals,
    )


scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
)
small = st.integers(-2, 260) | st.sampled_from([4095, 3615, 480, 36261])
names = st.sampled_from(
    [
        "enable",
        "week",
        "hour",
        "min",
        "mode",
        "param",
        "season",
        "startHour",
        "startMinute",
        "endHour",
        "endMinute",
        "priceMin",
        "priceMax",
        "decimalPoint",
        "interval",
        "schedule",
        "reservation",
        "reservationUse",
        "name",
        "utility",
        "zipCode",
    ]
)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars | small,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=5), inner, max_size=9),
    max_leaves=20,
)
packed = st.text("0123456789abcdefABCDEF", max_size=60) | st.text(max_size=30)
