"""The time-of-use schedule inside the simulated heater: what it raises, what it holds back, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.sim.tariff import Period, Tariff, read_periods
from tests.support.heater_bench import LOCAL, Bench

TOU_WRITE, TOU_OFF, TOU_ON = 0x02000007, 0x0200002B, 0x0200002C
REPLY = "cmd/52/client-0001/res/tou/rd"
HEAT_PUMP, SAVER, DEMAND = 1, 3, 4
MINUTE, HOUR = 60.0, 3600.0
# The bench begins on Friday 2025-09-26, 13:41:39 local time.
FOUR = 16 * HOUR - (13 * HOUR + 41 * MINUTE + 39)
NINE = FOUR + 5 * HOUR


def period(start: int, end: int, price: int, *, season: int = 4095, week: int = 254) -> dict[str, int]:
    return {
        "season": season,
        "week": week,
        "startHour": start,
        "startMinute": 0,
        "endHour": end,
        "endMinute": 59,
        "priceMin": price,
        "priceMax": price,
        "decimalPoint": 5,
    }


PLAN = [period(0, 15, 36261), period(16, 20, 49378), period(21, 23, 36261)]


def write(bench: Bench, at: float, periods: Any = PLAN, use: int = 2) -> list[dict[str, Any]]:
    heard = bench.ask(at, "ctrl/tou/rd", TOU_WRITE, reply=REPLY, reservationUse=use, reservation=periods)
    return [message.response for message in heard if message.topic == REPLY]


def tou(bench: Bench, at: float) -> int:
    return bench.status(at)["touStatus"]


def test_the_thresholds_are_raised_from_before_the_dear_hours_until_their_end() -> None:
    bench = Bench.with_config(noise=None)
    (echo,) = write(bench, 0.0)
    assert (echo["reservationUse"], echo["reservation"]) == (2, PLAN)
    # Two and a half hours before four it is half past one: raised at once.
    assert [tou(bench, at) for at in (1.0, FOUR, NINE - 1)] == [3, 3, 3]
    assert bench.status(NINE - 0.5)["hpUpperOnTempSetting"] == 121
    assert tou(bench, NINE + 1) == 1
    assert bench.status(NINE + 2)["hpUpperOnTempSetting"] == 70
    half_past_one = NINE + 16.5 * HOUR
    assert [tou(bench, half_past_one + shift) for shift in (-1, 1)] == [1, 3]


def test_a_mode_chosen_in_a_dear_hour_is_acknowledged_held_back_and_taken_at_its_end() -> None:
    bench = Bench.with_config(noise=None)
    write(bench, 0.0)
    bench.wait(FOUR - 60)
    assert bench.mode(FOUR - 59, SAVER)[-1].status["dhwOperationSetting"] == SAVER
    bench.wait(FOUR + 60)
    for mode in (HEAT_PUMP, DEMAND):
        answer = next(message for message in bench.mode(FOUR + 60 + mode, mode) if not message.pushed)
        assert answer.status["dhwOperationSetting"] == SAVER
    assert bench.status(NINE - 1)["dhwOperationSetting"] == SAVER
    assert bench.status(NINE + 1)["dhwOperationSetting"] == DEMAND


def test_switching_off_lets_go_and_switching_on_follows_again() -> None:
    bench = Bench.with_config(noise=None)
    write(bench, 0.0)
    bench.wait(FOUR + 60)
    bench.mode(FOUR + 60, DEMAND)
    bench.control(FOUR + 70, TOU_OFF, "tou-off")
    status = bench.status(FOUR + 72)
    assert (status["touStatus"], status["dhwOperationSetting"]) == (0, DEMAND)
    assert tou(bench, NINE + 60) == 0
    bench.control(NINE + 70, TOU_ON, "tou-on")
    assert tou(bench, NINE + 72) == 1
    assert tou(bench, NINE + 18 * HOUR) == 3


def test_a_schedule_that_is_not_in_use_changes_nothing() -> None:
    bench = Bench.with_config(noise=None)
    assert len(write(bench, 0.0, use=1)) == 1
    assert [tou(bench, at) for at in (1.0, FOUR + 1, NINE + 1)] == [1, 1, 1]


@pytest.mark.parametrize(
    "periods",
    [
        [],
        None,
        [period(0, 23, 1)] * 17,
        [{**period(0, 23, 1), "season": 0}],
        [{**period(0, 23, 1), "season": 4096}],
        [{**period(0, 23, 1), "startHour": 24}],
        [{**period(0, 23, 1), "decimalPoint": 11}],
        [{**period(0, 23, 1), "priceMin": 2}],
        [period(21, 2, 1)],
        [{"season": 4095}],
        [7],
    ],
)
def test_what_is_no_schedule_is_not_answered(periods: Any) -> None:
    bench = Bench.with_config()
    assert write(bench, 0.0, periods) == []


def test_seasons_and_days_count() -> None:
    periods = read_periods(
        [period(0, 23, 1), period(16, 20, 9, season=480, week=124), period(8, 9, 9, season=3615, week=130)]
    )
    assert periods is not None
    tariff = Tariff(periods)
    friday, january_sunday = datetime(2025, 9, 26, 17, tzinfo=LOCAL), datetime(2026, 1, 18, 9, 30, tzinfo=LOCAL)
    assert tariff.dear(friday)
    assert not tariff.dear(friday + timedelta(days=1))
    assert tariff.dear(january_sunday)
    assert not tariff.dear(january_sunday + timedelta(days=1))


@given(
    st.lists(
        st.builds(
            lambda week, start, length, price: Period(4095, week, start, min(1439, start + length), price),
            st.sampled_from((124, 130, 254)),
            st.integers(0, 1439),
            st.integers(0, 600),
            st.integers(0, 3),
        ),
        max_size=5,
    ),
    st.floats(0.0, 365 * 86400.0),
)
def test_nothing_changes_between_two_changes(periods: list[Period], seconds: float) -> None:
    tariff, now = Tariff(tuple(periods)), datetime(2025, 1, 1, tzinfo=LOCAL) + timedelta(seconds=seconds)
    following = tariff.next_change(now)
    if following is None:
        assert not periods
        return
    assert now < following <= now + timedelta(days=1)
    state = tariff.dear(now), tariff.raised(now)
    for share in (0.25, 0.5, 0.99):
        between = now + share * (following - now)
        assert (tariff.dear(between), tariff.raised(between)) == state
