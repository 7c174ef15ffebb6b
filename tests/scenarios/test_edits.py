"""Changes of single schedule entries, beside other clients and over bad connections, on virtual time."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from navien_proto.errors import CommandTimedOut, ScheduleConflict, UsageError
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.device import Device
from navien_proto.model.schedules import (
    WEEKDAYS,
    WEEKEND,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.session.actions import Publish
from navien_proto.session.edits import EditRecirculation, EditReservations, EditTouPlan
from navien_proto.session.events import CommandConfirmed, CommandFailed, Level
from navien_proto.session.guards import Guards
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.faults import Unreachable
from navien_proto.wire.commands import Command, ReplaceReservations, RequestReservations, WriteTouPlan
from navien_proto.wire.messages import RecirculationMessage, ReservationsMessage, TouMessage
from tests.scenarios.scene import MAC, Scene, actions
from tests.scenarios.test_commands import error_of, finish, offline, outcome, submit

MORNING = Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)
NOON = Reservation.at(WEEKDAYS, time(12, 0), Mode.HEAT_PUMP, celsius=50)
EVENING = Reservation.at(WEEKEND, time(20, 0), Mode.HEAT_PUMP, celsius=52)
LATE = Reservation.at(WEEKEND, time(22, 0), Mode.HEAT_PUMP, celsius=45)
PROGRAMME = ReservationProgramme(True, [MORNING, EVENING])


def with_programme(programme: ReservationProgramme = PROGRAMME, **settings: Any) -> Scene:
    """A heater that has reservations."""
    scene = Scene(**settings).ready()
    confirmed(scene, ReplaceReservations(programme))
    return scene


def confirmed(scene: Scene, command: Command, **options: Any) -> CommandConfirmed:
    ended = finish(scene, submit(scene, command, **options))
    assert isinstance(ended, CommandConfirmed), ended
    return ended


def stored(scene: Scene) -> ReservationProgramme:
    """What the heater has, asked for in the test's own way."""
    programme = scene.cloud.heater(MAC).unit.programme
    entries = [entry.to_wire() for entry in programme.entries]
    return ReservationProgramme.from_wire({"reservationUse": 2 if programme.on else 1, "reservation": entries})


def sent(scene: Scene, suffix: str) -> int:
    """How many requests went to ``suffix``."""
    return sum(isinstance(a, Publish) and a.topic.endswith(f"/{suffix}") for _, a in actions(scene.peer))


def another_client_writes(scene: Scene, command: Command) -> None:
    """Another app on the account publishes ``command``; the broker shows it to everybody."""
    envelope = command.to_envelope(Device(mac=MAC, additional_value="1234"), "other-app", "1700000000000")
    scene.cloud.broker.publish(
        scene.cloud.broker.attach("other-app"), envelope.topic, envelope.payload, scene.world.now, qos=1
    )


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (EditReservations.adding(NOON), [MORNING, NOON, EVENING]),
        (EditReservations.removing(MORNING), [EVENING]),
        (EditReservations.changing(EVENING, LATE), [MORNING, LATE]),
    ],
)
def test_f26_an_edit_changes_its_entry_and_leaves_the_others(
    edit: EditReservations, left: list[Reservation]
) -> None:
    scene = with_programme()
    ended = confirmed(scene, edit)
    assert ended.level is Level.ACCEPTED
    assert isinstance(ended.message, ReservationsMessage)
    assert ended.message.programme == stored(scene) == ReservationProgramme(True, left)
    assert sent(scene, "st/rsv/rd") == 1


def test_f26_the_switch_turns_and_the_last_entry_leaves() -> None:
    scene = with_programme()
    confirmed(scene, EditReservations.switching(on=False))
    assert stored(scene) == ReservationProgramme(False, [MORNING, EVENING])
    confirmed(scene, EditReservations(removed=(MORNING, EVENING)))
    assert stored(scene) == ReservationProgramme(False, [])


def test_f26_an_edit_that_is_so_already_writes_nothing() -> None:
    scene = with_programme()
    writes = sent(scene, "ctrl/rsv/rd")
    confirmed(scene, EditReservations.adding(MORNING))
    assert sent(scene, "ctrl/rsv/rd") == writes


def test_f26_a_list_that_cannot_be_read_is_not_written() -> None:
    scene = with_programme()
    writes = sent(scene, "ctrl/rsv/rd")
    scene.cloud.set_online(MAC, False)
    error = error_of(finish(scene, submit(scene, EditReservations.adding(NOON))))
    assert isinstance(error, CommandTimedOut)
    assert "nothing was written" in str(error)
    assert sent(scene, "ctrl/rsv/rd") == writes
    assert stored(scene) == PROGRAMME


def test_f26_a_list_that_is_not_understood_is_not_written() -> None:
    scene = with_programme()
    writes = sent(scene, "ctrl/rsv/rd")
    scene.cloud.set_online(MAC, False)
    command = submit(scene, EditReservations.adding(NOON))
    asked = next(a for _, a in reversed(actions(scene.peer)) if isinstance(a, Publish))
    topic = asked.payload.split(b'"responseTopic":"')[1].split(b'"')[0].decode()
    part = f'{{"macAddress":"{MAC}","reservationUse":2,"reservation":[{{"enable":2,"week":124}}]}}'
    message = MessageReceived(1, topic, f'{{"response":{part}}}'.encode())
    scene.world.inject(scene.peer, message)
    error = error_of(finish(scene, command, limit=0))
    assert isinstance(error, ScheduleConflict)
    assert "understood" in str(error)
    assert sent(scene, "ctrl/rsv/rd") == writes


def test_f26_an_entry_that_is_not_there_cannot_be_changed() -> None:
    scene = with_programme()
    error = error_of(finish(scene, submit(scene, EditReservations.changing(NOON, LATE))))
    assert isinstance(error, ScheduleConflict)
    assert "12:00" in str(error)
    assert stored(scene) == PROGRAMME


def test_f26_a_list_that_would_be_too_long_is_not_written() -> None:
    full = [Reservation.at(WEEKDAYS, time(hour, 15), Mode.HEAT_PUMP, celsius=50) for hour in range(16)]
    scene = with_programme(ReservationProgramme(True, full))
    error = error_of(finish(scene, submit(scene, EditReservations.adding(NOON))))
    assert isinstance(error, ScheduleConflict)
    assert "16" in str(error)


def test_f26_edits_of_one_heater_wait_for_each_other() -> None:
    scene = with_programme()
    edits = [EditReservations.adding(NOON), EditReservations.adding(LATE), EditReservations.removing(MORNING)]
    ids = [submit(scene, edit) for edit in edits]
    scene.world.run_until(lambda: all(outcome(scene, command) for command in ids), limit=120)
    assert all(isinstance(outcome(scene, command), CommandConfirmed) for command in ids)
    assert stored(scene) == ReservationProgramme(True, [NOON, EVENING, LATE])


def test_f26_what_another_client_writes_before_us_is_kept() -> None:
    scene = with_programme()
    command = submit(scene, EditReservations.adding(NOON))
    another_client_writes(scene, ReplaceReservations(ReservationProgramme(True, [MORNING, LATE])))
    assert isinstance(finish(scene, command), CommandConfirmed)
    assert stored(scene) == ReservationProgramme(True, [MORNING, NOON, LATE])
    assert sent(scene, "st/rsv/rd") == 2


def test_f26_what_another_client_writes_after_us_is_told() -> None:
    scene = with_programme()
    writes = sent(scene, "ctrl/rsv/rd")
    command = submit(scene, EditReservations.adding(NOON))
    scene.world.run_until(lambda: sent(scene, "ctrl/rsv/rd") > writes, limit=30)
    scene.gone_by(0.01)
    another_client_writes(scene, ReplaceReservations(ReservationProgramme(True, [LATE])))
    ended = finish(scene, command)
    if stored(scene) == ReservationProgramme(True, [LATE]):  # which one is last, the network decides
        error = error_of(ended)
        assert isinstance(error, ScheduleConflict)
        assert error.differences == 4
    else:
        assert isinstance(ended, CommandConfirmed)
    assert sent(scene, "st/rsv/rd") == 2


def test_f26_others_who_never_stop_writing_end_the_edit() -> None:
    scene = with_programme()
    writes = sent(scene, "ctrl/rsv/rd")
    command = submit(scene, EditReservations.adding(NOON))
    while outcome(scene, command) is None:
        another_client_writes(scene, ReplaceReservations(PROGRAMME))
        scene.gone_by(0.5)
    error = error_of(finish(scene, command))
    assert isinstance(error, ScheduleConflict)
    assert "keep changing" in str(error)
    assert sent(scene, "ctrl/rsv/rd") == writes


def test_an_edit_waits_for_a_connection_and_reads_anew_after_a_lost_one() -> None:
    scene = with_programme()
    outage = offline(scene)
    command = submit(scene, EditReservations.adding(NOON))
    assert [entry.id for entry in scene.session.queue] == [command]
    scene.world.end(outage)
    scene.world.run_until(lambda: sent(scene, "st/rsv/rd") == 1, limit=200)
    scene.cut()
    assert isinstance(finish(scene, command, limit=200), CommandConfirmed)
    assert sent(scene, "st/rsv/rd") == 2
    assert stored(scene) == ReservationProgramme(True, [MORNING, NOON, EVENING])


def test_an_edit_is_applied_when_a_reading_shows_it() -> None:
    scene = with_programme()
    ended = confirmed(scene, EditReservations.adding(NOON), level=Level.APPLIED)
    assert ended.level is Level.APPLIED
    assert isinstance(ended.message, ReservationsMessage)
    assert (ended.message.request_topic or "").endswith("/st/rsv/rd")


def test_edits_keep_the_heater_s_limits_and_the_user_s() -> None:
    scene = with_programme(guards=Guards(no_power_off=True, highest_celsius=60))
    hot = Reservation.at(WEEKDAYS, time(1, 0), Mode.HEAT_PUMP, celsius=70)
    off = Reservation.at(WEEKDAYS, time(1, 0), Mode.POWER_OFF, celsius=50)
    for entry, why in ((hot, "highest_celsius"), (off, "no_power_off")):
        with pytest.raises(UsageError, match=why):
            submit(scene, EditReservations.adding(entry))
    scene = Scene().ready()
    with pytest.raises(UsageError, match=r"65\.5"):
        submit(scene, EditReservations.adding(hot))
    with pytest.raises(UsageError, match="recircReservationUse"):
        submit(scene, EditRecirculation.adding(RecirculationEntry(days=WEEKDAYS, time=time(6, 0), on=True)))


def test_an_edit_must_do_something_and_is_no_single_message() -> None:
    with pytest.raises(UsageError, match="adds an entry"):
        EditReservations()
    with pytest.raises(UsageError, match="hand it to a session"):
        EditReservations.adding(NOON).to_envelope(Device(mac=MAC), "client", "1700000000000")
    with pytest.raises(UsageError, match="Reservation"):
        EditReservations(added=["06:30"])  # type: ignore[list-item]


def test_the_pump_s_programme_is_edited_like_the_reservations() -> None:
    scene = Scene()
    heater = scene.cloud.heater(MAC)
    heater.config = evolve(heater.config, pump=True)
    scene.ready()
    on, off = (RecirculationEntry(days=WEEKDAYS, time=time(hour, 0), on=hour == 6) for hour in (6, 8))
    confirmed(scene, EditRecirculation(added=(on, off), enabled=True))
    ended = confirmed(scene, EditRecirculation.removing(off), level=Level.APPLIED)
    assert ended.level is Level.APPLIED
    assert isinstance(ended.message, RecirculationMessage)
    assert ended.message.programme == RecirculationProgramme(True, [on])


# --- time of use: read from the cloud -------------------------------------------------------------------------

DAY = TouPeriod(days=WEEKDAYS, start=time(8, 0), end=time(19, 59), price_min=Decimal("0.30"))
NIGHT = TouPeriod(days=WEEKDAYS, start=time(20, 0), end=time(23, 59), price_min=Decimal("0.20"))
LATE_NIGHT = TouPeriod(days=WEEKDAYS, start=time(21, 0), end=time(23, 59), price_min=Decimal("0.10"))
WEEKENDS = TouPeriod(days=WEEKEND, start=time(0, 0), end=time(23, 59), price_min=Decimal("0.15"))


def on_file(scene: Scene, *periods: TouPeriod) -> None:
    """The cloud's copy of the plan."""
    plan = TouPlan(periods, name="Example plan", utility="Example Power", zip_code="00000")
    scene.account.plans[MAC] = plan.to_rest()


def plan_of(event: CommandConfirmed | CommandFailed) -> TouPlan:
    assert isinstance(event, CommandConfirmed), event
    assert isinstance(event.message, TouMessage)
    return event.message.plan


def same(plan: TouPlan, *periods: TouPeriod) -> bool:
    return plan.canonical() == TouPlan(periods).canonical()


def test_periods_of_a_plan_are_edited_on_what_the_cloud_has_on_file() -> None:
    scene = Scene().ready()
    on_file(scene, DAY, NIGHT)
    assert same(plan_of(confirmed(scene, EditTouPlan.adding(WEEKENDS))), DAY, NIGHT, WEEKENDS)
    # The cloud's copy is the old one still; what the heater confirmed since is newer.
    assert same(plan_of(confirmed(scene, EditTouPlan.changing(NIGHT, LATE_NIGHT))), DAY, LATE_NIGHT, WEEKENDS)
    # Now the copy has changed as well: somebody else stored another plan.
    on_file(scene, NIGHT)
    assert same(plan_of(confirmed(scene, EditTouPlan.adding(WEEKENDS))), NIGHT, WEEKENDS)


def test_a_plan_that_another_client_wrote_is_not_taken_for_ours() -> None:
    scene = Scene().ready()
    on_file(scene, DAY)
    confirmed(scene, EditTouPlan.adding(WEEKENDS))
    serial = "00000000XX00000000"
    another_client_writes(scene, WriteTouPlan(plan=TouPlan([NIGHT]), controller_serial_number=serial))
    scene.gone_by(5)
    assert same(plan_of(confirmed(scene, EditTouPlan.adding(NIGHT))), DAY, NIGHT)


def test_a_plan_that_cannot_be_read_is_not_written() -> None:
    scene = Scene().ready()
    on_file(scene, DAY)
    trouble = scene.world.begin(Unreachable(reason="no route to host"))
    error = error_of(finish(scene, submit(scene, EditTouPlan.adding(NIGHT))))
    assert isinstance(error, ScheduleConflict)
    assert "could not be read" in str(error)
    assert sent(scene, "ctrl/tou/rd") == 0
    scene.world.end(trouble)
    del scene.account.plans[MAC]
    assert isinstance(error_of(finish(scene, submit(scene, EditTouPlan.removing(NIGHT)))), ScheduleConflict)
    assert sent(scene, "ctrl/tou/rd") == 0


def test_a_reading_does_not_disturb_an_edit() -> None:
    scene = with_programme()
    edit, reading = submit(scene, EditReservations.adding(NOON)), submit(scene, RequestReservations())
    assert isinstance(finish(scene, edit), CommandConfirmed)
    assert isinstance(finish(scene, reading), CommandConfirmed)
