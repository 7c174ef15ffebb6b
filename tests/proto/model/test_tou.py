from __future__ import annotations

import json
import random
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.tou import MAX_PERIODS, FaultKind, TouPeriod, TouPlan
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND
from tests.proto.model import schedule_strategies as some

HOURS = ((0, 0, 15, 59), (16, 0, 20, 59), (21, 0, 23, 59))
PRICES = {
    3615: ((36261, 46378), (39261, 49378), (36261, 46378)),
    480: ((40378, 50495), (50678, 60795), (40378, 50495)),
}


def interval(week: int, hours: tuple[int, ...], prices: tuple[int, ...]) -> dict[str, int]:
    names = "startHour", "startMinute", "endHour", "endMinute", "priceMin", "priceMax"
    return {"week": week, **dict(zip(names, hours + prices, strict=True)), "decimalPoint": 5}


SCHEDULE = [
    {
        "season": season,
        "interval": [
            interval(week, hours, pair) for week in (124, 130) for hours, pair in zip(HOURS, prices, strict=True)
        ],
    }
    for season, prices in PRICES.items()
]
REST = {"name": "Example plan", "utility": "Example Power", "zipCode": "01234", "schedule": SCHEDULE}
FLAT: list[dict[str, Any]] = [
    {"season": season["season"], **one}
    for season in SCHEDULE
    for one in season["interval"]  # type: ignore[attr-defined]
]
PLAN = TouPlan.from_rest(REST)
DAY = TouPeriod(days=EVERY_DAY, start=time(), end=time(23, 59), price_min=0.1)


class TestForms:
    def test_both_forms_mean_the_same(self) -> None:
        flat = TouPlan.from_wire({"reservationUse": 2, "reservation": FLAT})
        assert flat.enabled is True
        assert len(flat.periods) == len(PLAN.periods) == 12
        assert flat.canonical() == PLAN.canonical()
        assert flat.fingerprint() == PLAN.fingerprint()
        assert flat != PLAN  # a unit knows no names
        assert evolve(flat, name="Example plan", utility="Example Power") == PLAN
        assert (flat.problems, PLAN.problems, PLAN.faults()) == ((), (), ())

    def test_the_cloud_gets_its_form_back(self) -> None:
        assert PLAN.to_rest() == REST
        assert json.dumps(PLAN.to_rest()) == json.dumps(REST)
        assert TouPlan.from_rest(PLAN.to_rest()) == PLAN

    def test_a_unit_gets_as_few_periods_as_possible(self) -> None:
        wire = PLAN.to_wire(enabled=True)
        assert wire["reservationUse"] == 2
        assert [
            (one["season"], one["week"], one["startHour"], one["priceMax"]) for one in wire["reservation"]
        ] == [
            (3615, 254, 0, 46378),
            (3615, 254, 16, 49378),
            (3615, 254, 21, 46378),
            (480, 254, 0, 50495),
            (480, 254, 16, 60795),
            (480, 254, 21, 50495),
        ]
        assert list(wire["reservation"][0]) == ["season", *interval(0, HOURS[0], (0, 0))]
        echoed = TouPlan.from_wire(wire)
        assert echoed.canonical() == PLAN.canonical()
        assert echoed.device_periods() == echoed.periods

    @pytest.mark.parametrize(
        ("own", "told", "raw"), [(None, None, 1), (True, None, 2), (True, False, 1), (False, True, 2)]
    )
    def test_the_switch(self, own: bool | None, told: bool | None, raw: int) -> None:
        assert TouPlan([DAY], enabled=own).to_wire(enabled=told)["reservationUse"] == raw

    @pytest.mark.parametrize(
        ("raw", "text"),
        [(0, "00000"), (1234, "01234"), ("90210", "90210"), (None, None), (123456, None), (True, None)],
    )
    def test_the_postcode_has_five_digits(self, raw: object, text: str | None) -> None:
        assert TouPlan.from_rest({"zipCode": raw}).zip_code == text
        assert TouPlan([], zip_code=text).to_rest()["zipCode"] == (text or "")

    def test_the_postcode_is_not_shown(self) -> None:
        assert "01234" not in repr(PLAN)

    @pytest.mark.parametrize("info", [{}, {"schedule": None}, {"schedule": []}, {"schedule": [{"season": 4095}]}])
    def test_no_schedule_is_no_error(self, info: dict[str, Any]) -> None:
        found = TouPlan.from_rest(info)
        assert (found.periods, found.odd, found.problems) == ((), (), ())

    def test_what_is_not_understood_is_kept_and_not_written(self) -> None:
        strange = {**FLAT[0], "decimalPoint": 11}
        nested = [{"season": 4096, "interval": [strange]}, 5, {"season": 480, "interval": [7, strange]}]
        for found, paths in (
            (TouPlan.from_wire({"reservation": [strange, FLAT[1]]}), ["reservation[0]"]),
            (
                TouPlan.from_rest({"schedule": [*SCHEDULE, *nested]}),
                ["schedule[2].interval[0]", "schedule[3]", "schedule[4].interval[0]", "schedule[4].interval[1]"],
            ),
        ):
            assert {problem.path for problem in found.problems} == set(paths)
            assert found.odd
            assert "not understood" in str(found)
            for write in (found.to_wire, found.to_rest, found.device_periods):
                with pytest.raises(UsageError, match="not understood"):
                    write()
            assert evolve(found, odd=()).to_wire()

    def test_packed_text_is_no_plan(self) -> None:
        found = TouPlan.from_wire({"reservationUse": 1, "reservation": "027c061e0478"})
        assert found.periods == ()
        assert [problem.reason for problem in found.problems] == ["expected a list"]

    @settings(deadline=None)
    @given(st.dictionaries(some.names, some.json_values), st.lists(st.dictionaries(some.names, some.small)))
    def test_whatever_comes_is_read(self, members: dict[str, Any], entries: list[dict[str, int]]) -> None:
        nested = {"schedule": [{"season": 480, "interval": entries}], **members}
        for found in (
            TouPlan.from_wire(members),
            TouPlan.from_wire({**members, "reservation": entries}),
            TouPlan.from_rest(nested),
        ):
            assert str(found)
            found.faults()
            assert hash(found) == hash(evolve(found, periods=reversed(found.periods)))

    @settings(deadline=None, max_examples=50)
    @given(st.lists(some.tou_periods(), max_size=5), st.text(), st.text())
    def test_plans_survive_the_cloud(self, periods: list[TouPeriod], name: str, utility: str) -> None:
        plan = TouPlan(periods, name=name, utility=utility)
        found = TouPlan.from_rest(plan.to_rest())
        assert sorted(found.periods, key=TouPeriod.canonical) == sorted(
            plan.split_at_midnight().periods, key=TouPeriod.canonical
        )
        assert (found.name, found.utility, found.problems) == (name, utility, ())


class TestComparing:
    def test_order_cuts_and_groups_do_not_count(self) -> None:
        shuffled = list(PLAN.periods)
        random.Random(1).shuffle(shuffled)
        for other in (evolve(PLAN, periods=shuffled), PLAN.merged(), evolve(PLAN, zip_code=None, enabled=True)):
            assert other == PLAN
            assert hash(other) == hash(PLAN)

    def test_what_counts(self) -> None:
        assert evolve(PLAN, name="Other") != PLAN
        assert evolve(PLAN, utility="Other") != PLAN
        assert evolve(PLAN, periods=PLAN.periods[1:]) != PLAN
        assert evolve(PLAN, periods=[evolve(PLAN.periods[0], price_max=0.46379), *PLAN.periods[1:]]) != PLAN
        assert PLAN.canonical() != PLAN

    def test_overlapping_plans_are_compared_as_they_are(self) -> None:
        plan = TouPlan([DAY, evolve(DAY, days=WEEKEND)])
        assert plan.merged() is plan
        assert plan == TouPlan(reversed(plan.periods))
        assert plan != TouPlan([DAY])


def hourly(count: int) -> list[TouPeriod]:
    """``count`` periods of different prices, whole days in all."""
    return [
        TouPeriod(
            days=EVERY_DAY,
            start=time(hour),
            end=time(23 if hour == count - 1 else hour, 59),
            price_min=Decimal(hour),
        )
        for hour in range(count)
    ]


class TestDevicePeriods:
    @pytest.mark.parametrize("count", [1, MAX_PERIODS])
    def test_as_many_as_a_unit_takes(self, count: int) -> None:
        plan = TouPlan(hourly(count))
        assert len(plan.device_periods()) == count
        assert plan.faults() == ()

    def test_too_many_are_counted(self) -> None:
        plan = TouPlan(hourly(17))
        with pytest.raises(UsageError, match=r"needs 17 periods.* at most 16"):
            plan.device_periods()
        (fault,) = plan.faults()
        assert fault.kind is FaultKind.TOO_MANY
        assert "17" in str(fault)

    def test_too_many_that_can_be_merged_are_fine(self) -> None:
        plan = TouPlan([evolve(period, months={month}) for month in range(1, 13) for period in hourly(4)])
        assert len(plan.periods) == 48
        assert len(plan.device_periods()) == 4

    def test_nights_are_split(self) -> None:
        night = evolve(DAY, start=time(22), end=time(5, 59))
        day = evolve(DAY, start=time(6), end=time(21, 59), price_min=0.2, price_max=0.2)
        found = TouPlan([night, day]).device_periods()
        assert [(one.start, one.end) for one in found] == [
            (time(0), time(5, 59)),
            (time(6), time(21, 59)),
            (time(22), time(23, 59)),
        ]

    @pytest.mark.parametrize(
        ("periods", "reason"),
        [
            ([], "without periods"),
            ([DAY, evolve(DAY, days=WEEKDAYS)], "overlap: all year, weekdays 00:00–23:59"),
            ([evolve(DAY, price_max=0.05)], "price_min"),
        ],
    )
    def test_what_cannot_be_written(self, periods: list[TouPeriod], reason: str) -> None:
        with pytest.raises(UsageError, match=reason):
            TouPlan(periods).device_periods()

    def test_only_periods_make_a_plan(self) -> None:
        with pytest.raises(UsageError, match=r"periods\[1\] must be a TouPeriod, not dict"):
            TouPlan([DAY, FLAT[0]])  # type: ignore[list-item]


def test_a_plan_in_words() -> None:
    assert str(TouPlan([DAY], name="Flat", utility="Power")) == "Flat, Power\nall year, every day 00:00–23:59, 0.1"
    assert str(TouPlan([])) == "a plan without a name"
