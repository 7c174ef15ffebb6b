"""Edits of schedules as values: what they refuse to be made of, and what they make of an answer."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from navien_proto.errors import ScheduleConflict, UsageError
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import (
    EVERY_DAY,
    WEEKDAYS,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.session.echo import differences
from navien_proto.session.edits import EditRecirculation, EditReservations, EditTouPlan
from navien_proto.wire.commands import (
    ClearRecirculation,
    ReplaceRecirculation,
    ReplaceReservations,
    RequestRecirculation,
    WriteTouPlan,
)
from navien_proto.wire.decode import decode
from tests.proto.wire import examples

MORNING = Reservation.at(WEEKDAYS, time(6, 30), Mode.HEAT_PUMP, celsius=50)
PUMP = RecirculationEntry(days=WEEKDAYS, time=time(6), on=True)
DAY = TouPeriod(days=EVERY_DAY, start=time(8), end=time(20), price_min=Decimal("0.1"), price_max=Decimal("0.2"))
NIGHT = TouPeriod(days=EVERY_DAY, start=time(22), end=time(5), price_min=Decimal("0.1"), price_max=Decimal("0.1"))
SERIAL = "56496E6C00000000"


def answer(suffix: str, response: dict[str, Any]) -> Any:
    """What a unit answers."""
    topic = f"cmd/52/{examples.CLIENT}/res/{suffix}"
    return decode(topic, examples.encode({"response": {"macAddress": examples.MAC, **response}}))


@pytest.mark.parametrize("kind", [EditReservations, EditRecirculation, EditTouPlan])
def test_the_switch_is_on_off_or_left_alone(kind: Any) -> None:
    with pytest.raises(UsageError, match="enabled must be True, False or None, not str"):
        kind(enabled="yes")


def test_what_is_added_to_the_pump_s_programme_is_written_as_the_unit_has_it() -> None:
    assert EditRecirculation.adding(PUMP).added_members() == {"reservation": [PUMP.to_wire()]}
    assert EditReservations.adding(MORNING).added_members() == {"reservation": [MORNING.to_wire()]}


def test_a_period_over_midnight_is_added_as_two() -> None:
    added = EditTouPlan.adding(NIGHT).added_members()["reservation"]
    assert [(one["startHour"], one["endHour"]) for one in added] == [(22, 23), (0, 5)]


def test_an_edit_of_the_pump_s_programme_makes_a_write_of_what_was_read() -> None:
    read = answer("recirc-rsv/rd", {"reservationUse": 2, "reservation": [PUMP.to_wire()]})
    later = RecirculationEntry(days=WEEKDAYS, time=time(18), on=False)
    write = EditRecirculation.adding(later).resolve(read)
    assert isinstance(write, ReplaceRecirculation)
    assert write.programme == RecirculationProgramme(True, [PUMP, later])
    assert isinstance(EditRecirculation.removing(PUMP).resolve(read), ClearRecirculation)
    assert EditRecirculation.switching(on=True).resolve(read) is None


def test_an_edit_of_the_pump_s_programme_takes_no_other_answer_and_no_list_that_is_too_long() -> None:
    with pytest.raises(ScheduleConflict, match="answered with something else"):
        EditRecirculation.adding(PUMP).resolve(answer("rsv/rd", {"reservationUse": 2, "reservation": []}))
    with pytest.raises(ScheduleConflict, match="answered with something else"):
        EditReservations.adding(MORNING).resolve(answer("recirc-rsv/rd", {"reservationUse": 2, "reservation": []}))
    full = [RecirculationEntry(days=WEEKDAYS, time=time(hour, 15), on=True).to_wire() for hour in range(20)]
    read = answer("recirc-rsv/rd", {"reservationUse": 2, "reservation": full})
    with pytest.raises(ScheduleConflict, match="nothing was written"):
        EditRecirculation.adding(PUMP).resolve(read)


def test_a_plan_is_edited_only_where_the_controller_is_known() -> None:
    with pytest.raises(UsageError, match="ask for its device info"):
        EditTouPlan.adding(DAY).for_unit(None)


def test_differences_are_counted_in_entries_and_switches() -> None:
    wish = WriteTouPlan(plan=TouPlan([DAY]), controller_serial_number=SERIAL)
    other = evolve(DAY, start=time(9))
    echo = WriteTouPlan(plan=TouPlan([other]), controller_serial_number=SERIAL, enabled=False)
    shown = answer("tou/rd", {key: value for key, value in echo.members().items() if key != "command"})
    assert differences(wish, shown) == 3
    listed = answer("rsv/rd", {"reservationUse": 1, "reservation": []})
    assert differences(ReplaceReservations(ReservationProgramme(True, [MORNING])), listed) == 2
    assert differences(RequestRecirculation(), answer("st", {"status": {}})) == 1


def test_a_plan_with_too_many_periods_is_not_written() -> None:
    hours = [
        evolve(
            DAY, start=time(hour), end=time(hour, 59), price_min=Decimal(hour) / 100, price_max=Decimal(hour) / 100
        )
        for hour in range(17)
    ]
    edit = EditTouPlan(added=(hours[16],), controller_serial_number=SERIAL)
    with pytest.raises(ScheduleConflict, match="nothing was written"):
        edit.resolve(TouPlan(hours[:16]))
    with pytest.raises(ScheduleConflict, match="something else"):
        edit.resolve("no plan")
