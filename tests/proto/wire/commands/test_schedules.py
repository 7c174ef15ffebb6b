"""Writing schedules: whole, checked, confirmed by content (F25, F26)."""

from __future__ import annotations

import copy
import random
from datetime import time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode
from navien_proto.model.schedules import (
    WEEKDAYS,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPlan
from navien_proto.wire.commands import (
    ClearRecirculation,
    ClearReservations,
    Command,
    ReplaceRecirculation,
    ReplaceReservations,
    WriteTouPlan,
)
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import Message, ReservationsMessage
from tests.proto.wire.documents import RECIRC, RSV, RSV_HEX, TOU, example, read
from tests.proto.wire.examples import encode, reply

MORNING = Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)


def reservations(count: int) -> list[Reservation]:
    return [evolve(MORNING, time=time(hour)) for hour in range(count)]


def echo(command: Command, topic: str = RSV) -> Message:
    """The answer of a unit that took it."""
    members = {name: value for name, value in command.members().items() if name.startswith("reservation")}
    return decode(topic, encode(reply(members)))


def test_f26_an_entry_is_added_by_reading_changing_writing_and_confirming() -> None:
    before = read(ReservationsMessage, RSV, example(5)).programme
    command = ReplaceReservations(evolve(before, entries=[*before.entries, evolve(MORNING, time=time(21))]))
    assert len(command.members()["reservation"]) == 3
    assert command.answered_by(echo(command)) is True
    # The list as it was, a stale read, confirms nothing.
    assert command.answered_by(read(ReservationsMessage, RSV, example(5))) is False


def test_f26_an_empty_list_does_not_wipe_the_programme_by_mistake() -> None:
    for empty in (ReservationProgramme(True), ReservationProgramme(None)):
        with pytest.raises(UsageError, match="send ClearReservations"):
            ReplaceReservations(empty)
    with pytest.raises(UsageError, match="send ClearRecirculation"):
        ReplaceRecirculation(RecirculationProgramme(False))
    for clear in (ClearReservations(), ClearRecirculation()):
        assert clear.members() == {"reservationUse": 1, "reservation": []}


def test_f26_a_list_that_was_not_wholly_understood_is_not_written_back() -> None:
    value = example(5)
    value["response"]["reservation"][1]["hour"] = 99
    programme = read(ReservationsMessage, RSV, value).programme
    with pytest.raises(UsageError, match="not understood"):
        ReplaceReservations(programme)


def test_reservations_can_be_switched_off_and_kept() -> None:
    command = ReplaceReservations(ReservationProgramme(False, [MORNING]))
    assert command.members()["reservationUse"] == 1
    assert len(command.members()["reservation"]) == 1
    assert command.answered_by(echo(command)) is True
    assert command.answered_by(echo(ReplaceReservations(ReservationProgramme(True, [MORNING])))) is False


def test_at_most_sixteen_reservations_and_twenty_entries_for_the_pump() -> None:
    ReplaceReservations(ReservationProgramme(True, reservations(16)))
    with pytest.raises(UsageError, match="at most 16 entries, not 17"):
        ReplaceReservations(ReservationProgramme(True, reservations(17)))
    pump = [RecirculationEntry(days=WEEKDAYS, time=time(hour), on=True) for hour in range(21)]
    ReplaceRecirculation(RecirculationProgramme(True, pump[:20]))
    with pytest.raises(UsageError, match="at most 20 entries, not 21"):
        ReplaceRecirculation(RecirculationProgramme(True, pump))


def test_a_command_does_not_change_with_its_members() -> None:
    for command in (ReplaceReservations(ReservationProgramme(True, [MORNING])), written()):
        before = copy.deepcopy(command.members())
        command.members()["reservation"][0]["week"] = 2
        command.members()["reservation"].clear()
        command.members()["reservationUse"] = 0
        assert command.members() == before


@given(st.integers(1, 16), st.randoms(use_true_random=False))
def test_f25_the_echo_in_any_order_and_form_confirms(count: int, rng: random.Random) -> None:
    command = ReplaceReservations(ReservationProgramme(True, reservations(count)))
    members = command.members()
    rng.shuffle(members["reservation"])
    assert command.answered_by(decode(RSV, encode(reply(members)))) is True
    packed = reply({"reservationUse": 2, "reservation": command.programme.to_hex().upper()})
    assert command.answered_by(decode(RSV_HEX, encode(packed))) is True
    members["reservation"].pop()
    assert command.answered_by(decode(RSV, encode(reply(members)))) is False


def test_f25_a_cleared_programme_is_confirmed_by_an_empty_one() -> None:
    for clear, topic, full in (
        (ClearReservations(), RSV, example(5)),
        (ClearRecirculation(), RECIRC, example(6)),
    ):
        assert clear.answered_by(decode(topic, encode(reply({"reservationUse": 1, "reservation": []})))) is True
        assert clear.answered_by(decode(topic, encode(reply({"reservationUse": 0, "reservation": ""})))) is True
        assert clear.answered_by(decode(topic, encode(reply({"reservationUse": 2, "reservation": []})))) is False
        assert clear.answered_by(decode(topic, encode(reply({"reservation": [5]})))) is False
        assert clear.answered_by(decode(topic, encode(full))) is False


def test_f25_messages_of_another_kind_are_no_answer() -> None:
    others = [decode(RECIRC, encode(example(6))), decode(TOU, encode(example(7)))]
    mine = decode(RSV, encode(example(5)))
    for command in (ReplaceReservations(ReservationProgramme(True, [MORNING])), ClearReservations()):
        assert [command.answered_by(other) for other in others] == [None, None]
    pump = ReplaceRecirculation(RecirculationProgramme.from_hex("027c060002ff027c081e01ff", enabled=True))
    assert (pump.answered_by(others[0]), pump.answered_by(mine)) == (True, None)
    assert ClearRecirculation().answered_by(mine) is None


# --- time of use


def plan() -> TouPlan:
    return TouPlan.from_wire(example(7)["response"])


def written(**changed: Any) -> WriteTouPlan:
    return WriteTouPlan(**{"plan": plan(), "controller_serial_number": "00000000XX00000000"} | changed)


def test_f25_a_plan_is_confirmed_by_its_prices() -> None:
    assert written().answered_by(echo(written(), TOU)) is True
    assert written().answered_by(decode(TOU, encode(example(7)))) is True
    assert written(enabled=False).answered_by(echo(written(), TOU)) is False
    assert written(enabled=False).members()["reservationUse"] == 1
    value = example(7)
    value["response"]["reservation"][0]["priceMax"] += 1
    assert written().answered_by(decode(TOU, encode(value))) is False
    assert written().answered_by(decode(RSV, encode(example(5)))) is None


def test_f36_a_plan_of_a_thousand_periods_is_not_the_one_written() -> None:
    value = example(7)
    value["response"]["reservation"] = value["response"]["reservation"] * 300
    assert written().answered_by(decode(TOU, encode(value))) is False


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"plan": None}, "must be a TouPlan"),
        ({"plan": TouPlan([])}, "without periods"),
        ({"controller_serial_number": ""}, "device info"),
        ({"controller_serial_number": None}, "device info"),
        ({"enabled": 2}, "enabled must be True or False"),
    ],
)
def test_what_is_no_plan(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        written(**changed)


@pytest.mark.parametrize("wrong", [None, [], [MORNING], "027c061e0478"])
def test_what_is_no_programme(wrong: Any) -> None:
    with pytest.raises(UsageError, match="must be a ReservationProgramme"):
        ReplaceReservations(wrong)
    with pytest.raises(UsageError, match="must be a RecirculationProgramme"):
        ReplaceRecirculation(wrong)
