"""The controls and schedules that the simulated heater obeys (``docs/protocol/commands.md``)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from navien_proto.sim.controls import CONTROLS
from navien_proto.sim.programme import Entry, Programme, read_entries, week_bit
from tests.support.heater_bench import (
    MODE,
    OFF,
    ON,
    ROOT,
    RSV_READ,
    RSV_WRITE,
    SET_POINT,
    STARTED,
    Bench,
    Heard,
    shown,
)

RSV = "cmd/52/client-0001/res/rsv/rd"
WEEKDAYS = {"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120}
WEEKEND = {"enable": 1, "week": 130, "hour": 8, "min": 0, "mode": 3, "param": 110}


def test_power_off_and_on_again() -> None:
    bench = Bench.with_config(mode=3, running=True)
    (off,) = bench.control(1.0, OFF, "power-off")
    assert shown(off.status, "dhwOperationSetting", "operationBusy", "currentHeatUse") == (6, 1, 0)
    bench.wait(10.0)
    (on,) = bench.control(10.0, ON, "power-on")
    assert on.status["dhwOperationSetting"] == 3
    (again,) = bench.control(12.0, ON, "power-on")[-1:]
    assert again.status["dhwOperationSetting"] == 3


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_every_mode_can_be_chosen(mode: int) -> None:
    bench = Bench.with_config(upper=45.0, lower=40.0)
    (answer,) = bench.mode(1.0, mode)
    assert shown(answer.status, "command", "dhwOperationSetting") == (MODE, mode)
    assert answer.status["currentHeatUse"] == {1: 1, 2: 2, 3: 3, 4: 3}[mode]
    assert not answer.pushed


@pytest.mark.parametrize("param", [[], [0], [6], [7], [9], [5], [5, 0], [5, 31], [1, 2], [-1]])
def test_a_mode_that_cannot_be_is_acknowledged_unchanged(param: list[int]) -> None:
    bench = Bench.with_config(mode=3)
    before = bench.status(0.0)
    heard = bench.control(1.0, MODE, "dhw-mode", *param)
    if param:
        assert shown(heard[0].status, "command", "dhwOperationSetting") == (MODE, 3)
    else:
        assert not heard
    assert bench.status(60.0)["vacationDaySetting"] == before["vacationDaySetting"]


def test_vacation_suspends_heating_until_shortly_before_its_end() -> None:
    bench = Bench.with_config(mode=3, running=True, upper=50.0, lower=45.0)
    (answer,) = bench.mode(1.0, 5, 2)
    assert shown(answer.status, "dhwOperationSetting", "operationBusy", "currentHeatUse") == (5, 1, 0)
    assert shown(answer.status, "vacationDaySetting", "vacationDayElapsed") == (2, 2)
    assert bench.status(20.0)["operationMode"] == 0
    last = 1.0 + (48 - 9) * 3600.0
    assert bench.status(last - 1.0)["dhwOperationSetting"] == 5
    later = bench.status(last + 60.0)
    assert shown(later, "dhwOperationSetting", "operationBusy", "vacationDaySetting") == (3, 2, 2)


def test_vacation_left_by_another_mode_keeps_its_days() -> None:
    bench = Bench.with_config()
    bench.mode(1.0, 5, 7)
    (answer,) = bench.mode(60.0, 1)[-1:]
    assert shown(answer.status, "dhwOperationSetting", "vacationDaySetting") == (1, 7)
    assert bench.status(10 * 86_400.0)["dhwOperationSetting"] == 1


def test_the_vacation_day_count_alone_starts_nothing() -> None:
    bench = Bench.with_config()
    (answer,) = bench.control(1.0, 0x02000022, "goout-day", 9)
    assert shown(answer.status, "vacationDaySetting", "dhwOperationSetting") == (9, 1)
    (answer,) = bench.control(3.0, 0x02000022, "goout-day", 31)
    assert answer.status["vacationDaySetting"] == 9


def test_electric_mode_gives_way_after_three_days() -> None:
    bench = Bench.with_config(mode=4)
    bench.mode(1.0, 2)
    assert bench.status(72 * 3600.0)["dhwOperationSetting"] == 2
    assert bench.status(72 * 3600.0 + 2.0)["dhwOperationSetting"] == 4


def test_electric_mode_from_the_start_gives_way_to_the_factorys_mode() -> None:
    assert Bench.with_config(mode=2).status(72 * 3600.0 + 1.0)["dhwOperationSetting"] == 3


@pytest.mark.parametrize("raw", [70, 100, 131])
def test_the_set_point_is_shown_in_the_answer(raw: int) -> None:
    bench = Bench.with_config()
    (answer,) = bench.set_point(1.0, raw)
    assert answer.status["command"] == SET_POINT
    for name in ("dhwTemperatureSetting", "dhwTargetTemperatureSetting", "hpLowerOffTempSetting"):
        assert answer.status[name] == raw


@pytest.mark.parametrize("raw", [69, 132, 0, -1, 255])
def test_a_set_point_beyond_the_limits_is_acknowledged_and_not_taken(raw: int) -> None:
    bench = Bench.with_config(set_point=100)
    (answer,) = bench.set_point(1.0, raw)
    assert shown(answer.status, "command", "dhwTemperatureSetting") == (SET_POINT, 100)


def test_limits_are_the_units_own() -> None:
    bench = Bench.with_config(minimum=81, maximum=125)
    assert bench.set_point(1.0, 80)[0].status["dhwTemperatureSetting"] == 121
    assert bench.set_point(3.0, 81)[-1].status["dhwTemperatureSetting"] == 81


def test_anti_legionella() -> None:
    bench = Bench.with_config()
    (on,) = bench.control(1.0, 0x02000028, "anti-leg-on", 14)
    assert shown(on.status, "antiLegionellaUse", "antiLegionellaPeriod") == (2, 14)
    (odd,) = bench.control(3.0, 0x02000028, "anti-leg-on", 31)
    assert shown(odd.status, "antiLegionellaUse", "antiLegionellaPeriod") == (2, 14)
    (off,) = bench.control(5.0, 0x02000027, "anti-leg-off")
    assert shown(off.status, "antiLegionellaUse", "antiLegionellaPeriod") == (1, 14)


def test_the_air_filter() -> None:
    bench = Bench.with_config(filter_hours=123.4)
    (life,) = bench.control(1.0, 0x0200002A, "air-filter-life", 6)
    assert shown(life.status, "airFilterAlarmPeriod", "airFilterAlarmElapsed") == (3000, 123)
    (odd,) = bench.control(3.0, 0x0200002A, "air-filter-life", 1)
    assert odd.status["airFilterAlarmPeriod"] == 3000
    (reset,) = bench.control(5.0, 0x02000029, "air-filter-reset")
    assert reset.status["airFilterAlarmElapsed"] == 0
    (none,) = bench.control(7.0, 0x0200002A, "air-filter-life", 0)
    assert shown(none.status, "airFilterAlarmPeriod", "airFilterAlarmUse") == (0, 1)


def test_fan_hours_count_while_the_fan_runs() -> None:
    bench = Bench.with_config(running=True, lower=20.0, fan_hours=185.9, filter_hours=1.5)
    status = bench.status(2 * 3600.0)
    assert shown(status, "cumulatedOpTimeEvaFan", "airFilterAlarmElapsed") == (187, 3)


def test_time_of_use_on_and_off() -> None:
    bench = Bench.with_config(tou_status=3)
    (off,) = bench.control(1.0, 0x0200002B, "tou-off")[-1:]
    assert shown(off.status, "touStatus", "hpUpperOnTempSetting") == (0, 70)
    (on,) = bench.control(3.0, 0x0200002C, "tou-on")[-1:]
    assert shown(on.status, "touStatus", "hpUpperOnTempSetting") == (3, 121)
    (first,) = Bench.with_config(tou_status=0).control(1.0, 0x0200002C, "tou-on")
    assert first.status["touStatus"] == 1


@pytest.mark.parametrize("code", sorted(CONTROLS))
def test_every_control_is_acknowledged_with_a_status(code: int) -> None:
    control = CONTROLS[code]
    bench = Bench.with_config()
    bench.wait(0.0)
    (answer,) = [
        heard for heard in bench.control(1.0, code, control.mode, *[2] * control.lengths[0]) if not heard.pushed
    ]
    assert answer.status["command"] == code
    assert answer.envelope["sessionID"] == str(bench.session)
    assert answer.envelope["requestTopic"] == f"{ROOT}/ctrl"


@pytest.mark.parametrize("code", sorted(CONTROLS))
def test_code_and_mode_string_belong_together(code: int) -> None:
    bench = Bench.with_config()
    assert not bench.control(1.0, code, "other", *[2] * CONTROLS[code].lengths[0])


@pytest.mark.parametrize("code", [0x02000006, 0x0200000B, 0x0200000E, 0x0200000F, 0x02000013, 0x0200001C])
def test_codes_that_nobody_sends_are_not_answered(code: int) -> None:
    assert not Bench.with_config().control(1.0, code, "x")


def test_a_strict_unit_refuses_controls_in_quick_succession() -> None:
    bench = Bench.with_config(strict=True)
    bench.set_point(10.0, 110)
    (refusal,) = bench.set_point(10.9, 111)
    assert refusal.topic == f"{ROOT}/ctrl-fail"
    assert refusal.response["failCode"] == 2
    assert bench.set_point(12.0, 112)[-1].status["dhwTemperatureSetting"] == 112
    # A reading is no control.
    assert bench.status(12.1)["dhwTemperatureSetting"] == 112


def test_an_easy_unit_takes_them_all() -> None:
    bench = Bench.with_config()
    bench.set_point(10.0, 110)
    assert bench.set_point(10.1, 111)[-1].status["dhwTemperatureSetting"] == 111


# Reservations


def write(bench: Bench, at: float, use: int, *entries: dict[str, int]) -> list[Heard]:
    return bench.ask(at, "ctrl/rsv/rd", RSV_WRITE, reply=RSV, reservationUse=use, reservation=list(entries))


def test_a_reservation_write_is_echoed_and_its_switch_pushed() -> None:
    bench = Bench.with_config()
    echo, push = write(bench, 1.0, 2, WEEKDAYS, WEEKEND)
    assert echo.topic == RSV
    assert shown(echo.response, "reservationUse", "reservation") == (2, [WEEKDAYS, WEEKEND])
    assert echo.envelope["sessionID"] == str(bench.session)
    assert push.pushed
    assert shown(push.status, "command", "programReservationUse") == (0, 2)
    # No push when the switch stays.
    (echo,) = write(bench, 5.0, 2, WEEKDAYS)
    assert echo.response["reservation"] == [WEEKDAYS]
    echo, push = write(bench, 9.0, 1, WEEKDAYS)
    assert push.status["programReservationUse"] == 1
    assert bench.status(20.0)["programReservationUse"] == 1


def test_a_reservation_read_comes_twice() -> None:
    bench = Bench.with_config()
    empty, packed = bench.ask(1.0, "st/rsv/rd", RSV_READ, reply=RSV)
    assert shown(empty.response, "reservationUse", "reservation") == (1, [])
    assert shown(packed.response, "reservationUse", "reservation") == (1, "")
    write(bench, 2.0, 2, WEEKDAYS, WEEKEND)
    listed, packed = bench.ask(3.0, "st/rsv/rd", RSV_READ, reply=RSV)
    assert listed.response["reservation"] == [WEEKDAYS, WEEKEND]
    assert packed.topic == RSV.removesuffix("/rd")
    assert packed.response["reservation"] == "027c061e047801820800036e"


@pytest.mark.parametrize(
    "change",
    [
        {"reservationUse": None},
        {"reservationUse": 3},
        {"reservation": None},
        {"reservation": [WEEKDAYS] * 17},
        {"reservation": [WEEKDAYS | {"hour": 24}]},
        {"reservation": [WEEKDAYS | {"week": 255}]},
        {"reservation": [WEEKDAYS | {"enable": True}]},
        {"reservation": ["027c061e0478"]},
    ],
)
def test_a_programme_that_is_none_leaves_the_old_one(change: dict[str, Any]) -> None:
    bench = Bench.with_config()
    write(bench, 1.0, 2, WEEKDAYS)
    members = {"reservationUse": 2, "reservation": [WEEKEND]} | change
    assert not bench.ask(2.0, "ctrl/rsv/rd", RSV_WRITE, reply=RSV, **members)
    listed, _packed = bench.ask(3.0, "st/rsv/rd", RSV_READ, reply=RSV)
    assert listed.response["reservation"] == [WEEKDAYS]


def test_the_switch_off_is_one_or_zero() -> None:
    bench = Bench.with_config()
    write(bench, 1.0, 2, WEEKDAYS)
    echo, _push = write(bench, 2.0, 0, WEEKDAYS)
    assert echo.response["reservationUse"] == 1


def test_an_entry_fires_at_its_local_time() -> None:
    bench = Bench.with_config(upper=45.0, lower=40.0, mode=6)
    write(bench, 1.0, 2, WEEKDAYS, WEEKEND)
    monday = STARTED.replace(hour=6, minute=30, second=0) + timedelta(days=3)
    fires = (monday - STARTED).total_seconds()
    assert bench.heater.next_wake() == pytest.approx(fires, abs=1e-3)
    assert bench.status(fires - 1.0)["dhwOperationSetting"] == 6
    status = bench.status(fires + 1.0)
    assert shown(status, "dhwOperationSetting", "dhwTemperatureSetting", "operationBusy") == (4, 120, 2)
    # Once: the next one is tomorrow's.
    bench.control(fires + 60.0, OFF, "power-off")
    assert bench.status(fires + 23 * 3600.0)["dhwOperationSetting"] == 6
    assert bench.status(fires + 25 * 3600.0)["dhwOperationSetting"] == 4


def test_a_programme_switched_off_does_not_fire() -> None:
    bench = Bench.with_config(mode=6)
    write(bench, 1.0, 2, WEEKDAYS)
    write(bench, 2.0, 1, WEEKDAYS)
    assert bench.status(8 * 86_400.0)["dhwOperationSetting"] == 6


@pytest.mark.parametrize(
    ("day", "bit"),
    [(5, 128), (6, 64), (7, 32), (8, 16), (9, 8), (10, 4), (11, 2)],
    ids=["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
)
def test_days_of_the_week(day: int, bit: int) -> None:
    assert week_bit(datetime(2025, 10, day, tzinfo=STARTED.tzinfo)) == bit


def test_next_firing_is_strictly_later_and_skips_what_is_off() -> None:
    entries = read_entries([WEEKDAYS, WEEKEND])
    assert entries is not None
    programme = Programme(True, entries)
    friday = STARTED.replace(hour=6, minute=30, second=0)
    found = programme.next_after(friday)
    assert found == (friday + timedelta(days=3), Entry(2, 124, 6, 30, 4, 120))
    assert programme.next_after(friday - timedelta(seconds=1)) == (friday, Entry(2, 124, 6, 30, 4, 120))
    assert Programme(True).next_after(friday) is None
    assert Programme(False, entries).next_after(friday) is None


# Time of use


PERIOD = {
    "season": 4095,
    "week": 254,
    "startHour": 0,
    "startMinute": 0,
    "endHour": 23,
    "endMinute": 59,
    "priceMin": 36261,
    "priceMax": 46378,
    "decimalPoint": 5,
}


@pytest.mark.parametrize(
    ("periods", "echoed"), [([PERIOD], True), ([PERIOD] * 16, True), ([PERIOD] * 17, False), ([], False)]
)
def test_a_tariff_is_echoed(periods: list[dict[str, int]], echoed: bool) -> None:
    bench = Bench.with_config()
    reply = "cmd/52/client-0001/res/tou/rd"
    heard = bench.ask(1.0, "ctrl/tou/rd", 0x02000007, reply=reply, reservationUse=2, reservation=periods)
    assert [message.response["reservation"] for message in heard] == ([periods] if echoed else [])
