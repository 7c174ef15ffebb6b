from __future__ import annotations

from datetime import UTC, time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode, Unknown
from navien_proto.model.entries import RecirculationEntry, Reservation
from navien_proto.model.fields import Unfit
from navien_proto.model.schedules import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday
from tests.proto.model import schedule_strategies as some

MORNING = Reservation(days=WEEKDAYS, time=time(6, 30), mode=Mode.HIGH_DEMAND, param=120)
WIRE = {"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120}
PUMP = RecirculationEntry(days=WEEKDAYS, time=time(6), on=True)
PUMP_WIRE = {"enable": 2, "week": 124, "hour": 6, "min": 0, "mode": 2, "param": -1}


class TestReservation:
    def test_it_is_written_in_the_order_of_the_protocol(self) -> None:
        assert list(MORNING.to_wire().items()) == list(WIRE.items())
        assert Reservation.from_wire(WIRE) == MORNING

    def test_it_has_words(self) -> None:
        assert str(MORNING) == "weekdays 06:30, high demand, 60 °C"
        assert MORNING.describe(fahrenheit=True) == "weekdays 06:30, high demand, 140 °F"
        odd = Reservation(days={Weekday.SUNDAY}, time=time(), mode=Unknown(9), param=121, enabled=False)
        assert str(odd) == "Sun 00:00, mode 9, 60.5 °C (off)"

    @pytest.mark.parametrize(("mode", "words"), [(Mode.VACATION, "vacation"), (Mode.POWER_OFF, "power off")])
    def test_a_unit_that_does_not_heat_shows_no_set_point(self, mode: Mode, words: str) -> None:
        assert str(evolve(MORNING, mode=mode)) == f"weekdays 06:30, {words}"

    def test_its_set_point_is_read_in_both_units(self) -> None:
        assert (MORNING.celsius, MORNING.fahrenheit) == (60.0, 140.0)
        assert evolve(MORNING, param=98).fahrenheit == 120.2

    @pytest.mark.parametrize(
        ("given", "param"),
        [({"celsius": 60}, 120), ({"celsius": 55.25}, 111), ({"fahrenheit": 120}, 98), ({"celsius": 0}, 0)],
    )
    def test_it_is_made_with_either_unit(self, given: dict[str, float], param: int) -> None:
        assert Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, **given) == evolve(MORNING, param=param)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "given", [{}, {"celsius": 60, "fahrenheit": 140}, {"celsius": 101}, {"fahrenheit": 31}, {"celsius": -0.5}]
    )
    def test_it_needs_one_sensible_set_point(self, given: dict[str, float]) -> None:
        with pytest.raises(UsageError, match=r"exactly one|0 to 100 °C"):
            Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, **given)  # type: ignore[arg-type]

    @pytest.mark.parametrize(("param", "fine"), [(-1, False), (0, True), (200, True), (201, False)])
    def test_limits_are_those_of_water(self, param: int, fine: bool) -> None:
        entry = evolve(MORNING, param=param)
        if fine:
            assert entry.to_wire()["param"] == param
        else:
            with pytest.raises(UsageError, match="param"):
                entry.to_wire()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("days", []),
            ("days", "Monday"),
            ("time", "06:30"),
            ("time", time(6, 30, 1)),
            ("time", time(6, 30, 0, 1)),
            ("time", time(6, 30, tzinfo=UTC)),
            ("mode", "HIGH_DEMAND"),
            ("mode", True),
            ("param", 60.5),
            ("param", False),
            ("enabled", 2),
            ("enabled", None),
        ],
    )
    def test_what_is_wrong_is_named(self, name: str, value: Any) -> None:
        with pytest.raises(UsageError, match=f"^{name}"):
            evolve(MORNING, **{name: value})

    def test_a_number_without_a_name_survives_and_is_not_written(self) -> None:
        entry = Reservation.from_wire({**WIRE, "mode": 7, "param": 300})
        assert entry.mode == Unknown(7)
        assert entry.param == 300
        assert entry.canonical() == (2, 124, 6, 30, 7, 300)
        with pytest.raises(UsageError, match="mode 7"):
            entry.to_wire()

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"enable": 3}, "enable"),
            ({"enable": "2"}, "enable"),
            ({"week": 0}, "week"),
            ({"week": 125}, "week"),
            ({"week": 256}, "week"),
            ({"week": -2}, "week"),
            ({"hour": 24}, "hour"),
            ({"hour": -1}, "hour"),
            ({"min": 60}, "min"),
            ({"min": 1.5}, "min"),
            ({"mode": None}, "mode"),
            ({"param": "x"}, "param"),
            ({"param": 1 << 64}, "param"),
        ],
    )
    def test_what_cannot_be_an_entry_is_unfit(self, change: dict[str, Any], reason: str) -> None:
        with pytest.raises(Unfit, match=f"^{reason}"):
            Reservation.from_wire({**WIRE, **change})

    @pytest.mark.parametrize("name", list(WIRE))
    def test_every_member_is_needed(self, name: str) -> None:
        with pytest.raises(Unfit, match=f"^{name} is missing"):
            Reservation.from_wire({key: value for key, value in WIRE.items() if key != name})

    @pytest.mark.parametrize(("raw", "enabled"), [(2, True), (1, False), (0, False), (True, True), (False, False)])
    def test_zero_is_off(self, raw: int, enabled: bool) -> None:
        assert Reservation.from_wire({**WIRE, "enable": raw}).enabled is enabled

    def test_integral_fractions_are_understood(self) -> None:
        assert Reservation.from_wire({name: float(raw) for name, raw in WIRE.items()}) == MORNING

    @given(some.reservations)
    def test_it_survives_the_wire(self, entry: Reservation) -> None:
        assert Reservation.from_wire(entry.to_wire()) == entry
        assert units.entry_from_hex(units.entry_to_hex(entry.canonical())) == entry.canonical()
        assert str(entry)


class TestRecirculationEntry:
    def test_it_is_written_in_the_order_of_the_protocol(self) -> None:
        assert list(PUMP.to_wire().items()) == list(PUMP_WIRE.items())
        assert RecirculationEntry.from_wire(PUMP_WIRE) == PUMP
        assert RecirculationEntry.from_wire({**PUMP_WIRE, "param": 255, "mode": 1}) == evolve(PUMP, on=False)

    def test_it_has_words(self) -> None:
        assert str(PUMP) == "weekdays 06:00, pump on"
        assert str(evolve(PUMP, on=False, days=EVERY_DAY, enabled=False)) == "every day 06:00, pump off (off)"
        assert str(evolve(PUMP, days=WEEKEND)) == "weekends 06:00, pump on"

    def test_another_parameter_survives_and_is_not_written(self) -> None:
        entry = RecirculationEntry.from_wire({**PUMP_WIRE, "param": 0})
        assert entry.param == 0
        assert entry != PUMP
        with pytest.raises(UsageError, match="param"):
            entry.to_wire()

    @pytest.mark.parametrize("mode", [0, 3, 4])
    def test_another_mode_is_unfit(self, mode: int) -> None:
        with pytest.raises(Unfit, match=r"^mode"):
            RecirculationEntry.from_wire({**PUMP_WIRE, "mode": mode})

    @pytest.mark.parametrize(("name", "value"), [("on", 2), ("on", None), ("param", "x"), ("enabled", 1)])
    def test_what_is_wrong_is_named(self, name: str, value: Any) -> None:
        with pytest.raises(UsageError, match=f"^{name}"):
            evolve(PUMP, **{name: value})

    @given(some.recirculation)
    def test_it_survives_the_wire(self, entry: RecirculationEntry) -> None:
        assert RecirculationEntry.from_wire(entry.to_wire()) == entry
        assert str(entry)
