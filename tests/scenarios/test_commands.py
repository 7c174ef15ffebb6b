"""Commands on their way to the heater and back, on virtual time."""

from __future__ import annotations

from datetime import time
from itertools import pairwise
from typing import Any

import pytest

from navien_proto.errors import (
    CommandCancelled,
    CommandExpired,
    CommandMismatch,
    CommandRefused,
    CommandTimedOut,
    GuardError,
    LinkBroken,
    NavienError,
    UsageError,
)
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.codes import FirmwareType
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.schedules import WEEKDAYS, Reservation, ReservationProgramme
from navien_proto.session import State
from navien_proto.session.actions import Publish, Subscribe
from navien_proto.session.events import (
    CommandApplied,
    CommandConfirmed,
    CommandFailed,
    CommandId,
    CommandNotApplied,
    Level,
    StatusReceived,
)
from navien_proto.session.guards import Guards
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.faults import Unreachable
from navien_proto.sim.tariff import Tariff
from navien_proto.wire.commands import (
    Command,
    CommitFirmware,
    DemandResponseOn,
    EndSession,
    PowerOff,
    PowerOn,
    PressHotButton,
    RawCommand,
    ReplaceReservations,
    RequestDiagnostics,
    RequestFirmwareDownload,
    RequestStatus,
    SetMode,
    SetTemperature,
    StartVacation,
)
from navien_proto.wire.messages import DiagnosticsMessage, OtaMessage, ReservationsMessage, StatusMessage
from tests.scenarios.scene import MAC, Scene, actions


def submit(scene: Scene, command: Command, **options: Any) -> CommandId:
    return scene.world.tell(scene.peer, lambda now: scene.session.submit(command, now, **options))  # type: ignore[return-value]


def outcome(scene: Scene, command: CommandId) -> CommandConfirmed | CommandFailed | None:
    ended = [e for e in scene.peer.events if isinstance(e, CommandConfirmed | CommandFailed) and e.id == command]
    assert len(ended) <= 1
    return ended[0] if ended else None


def finish(scene: Scene, command: CommandId, *, limit: float = 60) -> CommandConfirmed | CommandFailed:
    scene.world.run_until(lambda: outcome(scene, command) is not None, limit=limit)
    ended = outcome(scene, command)
    assert ended is not None
    return ended


def error_of(ended: CommandConfirmed | CommandFailed) -> NavienError:
    assert isinstance(ended, CommandFailed)
    return ended.error


def controls(scene: Scene) -> list[float]:
    """When controls were sent."""
    return [
        at.monotonic
        for at, action in actions(scene.peer)
        if isinstance(action, Publish) and action.topic.endswith("/ctrl")
    ]


def test_a_set_point_is_confirmed_by_the_acknowledgement_that_shows_it() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, SetTemperature(fahrenheit=120)))
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.held) == (Level.ACCEPTED, False)
    assert isinstance(ended.message, StatusMessage)
    assert ended.message.status.dhw_temperature_setting == 49.0
    assert ended.message.status.raw["dhwTemperatureSetting"] == 98


def test_a_request_is_confirmed_with_its_answer_and_not_by_a_push() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, RequestStatus()))
    assert isinstance(ended, CommandConfirmed)
    assert isinstance(ended.message, StatusMessage)
    assert ended.message.command == RequestStatus.code
    assert len(ended.message.session_id or "") == 13


def test_sent_is_enough_when_asked_for() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, PowerOn(), level=Level.SENT), limit=1)
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.message) == (Level.SENT, None)


def test_a_limit_is_accepted_and_what_lies_beyond_is_refused_before_it_is_sent() -> None:
    scene = Scene().ready()
    for celsius in (35.0, 65.5):
        assert isinstance(finish(scene, submit(scene, SetTemperature(celsius=celsius))), CommandConfirmed)
    sent = len(controls(scene))
    for celsius in (34.5, 66.0):
        with pytest.raises(UsageError, match=r"35\.0 °C"):
            submit(scene, SetTemperature(celsius=celsius))
    assert len(controls(scene)) == sent


def test_an_acknowledgement_that_does_not_show_the_wish_is_held() -> None:
    scene = Scene().ready()
    # The device acknowledges with its session id and code, in the mode it had.
    command = submit(scene, SetMode(Mode.ELECTRIC))
    published = next(a for _, a in reversed(actions(scene.peer)) if isinstance(a, Publish))
    session_id = published.payload.split(b'"sessionID":"')[1].split(b'"')[0].decode()
    payload = (
        f'{{"sessionID":"{session_id}","response":{{"macAddress":"{MAC}",'
        '"status":{"command":33554437,"dhwOperationSetting":1}}}'
    )
    scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/res", payload.encode()))
    ended = outcome(scene, command)
    assert isinstance(ended, CommandConfirmed)
    assert ended.held


def test_f23_what_waited_for_a_connection_too_long_is_not_sent_later() -> None:
    scene = Scene().ready()
    outage = scene.world.begin(Unreachable(reason="no route to host"))
    scene.cut()
    scene.world.run_until(lambda: scene.session.state is State.WAITING)
    command = submit(scene, PowerOff())
    assert scene.session.queued == 1
    ended = finish(scene, command, limit=301)
    assert isinstance(error_of(ended), CommandExpired)
    scene.world.end(outage)
    scene.gone_by(600)
    assert controls(scene) == []


def test_f23_what_waited_a_little_goes_out_in_order() -> None:
    scene = Scene().ready()
    outage = scene.world.begin(Unreachable(reason="no route to host"))
    scene.cut()
    scene.world.run_until(lambda: scene.session.state is State.WAITING)
    wishes = [SetMode(Mode.ELECTRIC), SetTemperature(celsius=55), SetMode(Mode.HEAT_PUMP)]
    ids = [submit(scene, wish) for wish in wishes]
    scene.gone_by(100)
    scene.world.end(outage)
    scene.world.run_until(lambda: all(outcome(scene, command) for command in ids), limit=200)
    ended = [event for event in scene.peer.events if isinstance(event, CommandConfirmed)]
    assert [event.command for event in ended] == wishes


def test_f25_every_command_ends_when_the_heater_does_not_answer() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)
    control, request = submit(scene, PowerOn()), submit(scene, RequestStatus())
    began = scene.world.now.monotonic
    assert isinstance(error_of(finish(scene, control)), CommandTimedOut)
    assert isinstance(error_of(finish(scene, request)), CommandTimedOut)
    assert scene.world.now.monotonic - began == pytest.approx(30, abs=1)
    assert "may still have been obeyed" in str(error_of(finish(scene, control)))


def test_f27_controls_go_one_at_a_time_and_a_second_apart() -> None:
    scene = Scene().ready()
    commands = [SetMode(Mode.ELECTRIC), SetMode(Mode.HEAT_PUMP), StartVacation(days=3), PowerOff(), PowerOn()]
    ids = [submit(scene, command) for command in commands]
    assert len(controls(scene)) == 1
    scene.world.run_until(lambda: all(outcome(scene, command) for command in ids), limit=100)
    assert all(later - sooner >= 1.0 for sooner, later in pairwise(controls(scene)))
    assert all(isinstance(outcome(scene, command), CommandConfirmed) for command in ids)


def fail_control(scene: Scene, code: int, mark: str = "") -> None:
    """The device refuses a control; it does not say which."""
    payload = f'{{"response":{{"macAddress":"{MAC}","failCode":{code}}},"mark":"{mark}"}}'.encode()
    scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/ctrl-fail", payload))


def test_f27_a_control_failure_refuses_the_one_control_in_flight() -> None:
    scene = Scene().ready()
    first, second = submit(scene, PowerOn()), submit(scene, PowerOff())
    fail_control(scene, 7)
    error = error_of(finish(scene, first, limit=0))
    assert isinstance(error, CommandRefused)
    assert error.code == 7
    assert isinstance(finish(scene, second), CommandConfirmed)


def test_f27_too_close_together_pauses_and_retries_once() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)  # the heater itself says nothing here
    first, second = submit(scene, PowerOn()), submit(scene, PowerOff())
    fail_control(scene, 2, "first")
    assert outcome(scene, first) is None
    scene.gone_by(4.9)
    assert len(controls(scene)) == 1
    scene.gone_by(0.2)
    assert len(controls(scene)) == 2
    assert outcome(scene, first) is None
    fail_control(scene, 2, "second")
    error = error_of(finish(scene, first, limit=0))
    assert isinstance(error, CommandRefused)
    assert error.code == 2
    scene.cloud.set_online(MAC, True)
    assert isinstance(finish(scene, second), CommandConfirmed)
    assert controls(scene)[2] - controls(scene)[1] >= 5.0


def test_f30_what_the_heater_cannot_do_is_not_sent_but_for_an_expert() -> None:
    scene = Scene().ready()
    with pytest.raises(UsageError, match="recirculationUse"):
        submit(scene, PressHotButton())
    assert controls(scene) == []
    assert isinstance(finish(scene, submit(scene, PressHotButton(), expert=True)), CommandConfirmed)


def test_f25_a_schedule_is_confirmed_by_its_own_echo_and_not_by_an_older_one() -> None:
    scene = Scene().ready()
    wish = ReservationProgramme(True, [Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)])
    scene.cloud.set_online(MAC, False)  # the heater itself says nothing here
    command = submit(scene, ReplaceReservations(wish))
    published = next(a for _, a in reversed(actions(scene.peer)) if isinstance(a, Publish))
    topic = published.payload.split(b'"responseTopic":"')[1].split(b'"')[0].decode()
    for entries in ("", "027c061e0470", "027c061e0478"):
        assert outcome(scene, command) is None
        part = f'{{"macAddress":"{MAC}","reservationUse":2,"reservation":"{entries}"}}'
        scene.world.inject(scene.peer, MessageReceived(1, topic, f'{{"response":{part}}}'.encode()))
    ended = outcome(scene, command)
    assert isinstance(ended, CommandConfirmed)
    assert isinstance(ended.message, ReservationsMessage)
    assert (ended.message.programme, ended.held) == (wish, False)


def test_a_request_lost_with_its_link_is_asked_again_and_a_control_is_not() -> None:
    scene = Scene().ready()
    request, control = submit(scene, RequestStatus()), submit(scene, PowerOff())
    scene.cut()
    scene.cloud.set_online(MAC, False)  # what was on its way is lost
    scene.gone_by(0.2)
    scene.cloud.set_online(MAC, True)
    assert isinstance(finish(scene, request), CommandConfirmed)
    assert isinstance(error_of(finish(scene, control)), CommandTimedOut)
    assert len(controls(scene)) == 1


def test_a_withdrawn_command_ends_as_cancelled_and_once() -> None:
    scene = Scene().ready()
    command = submit(scene, SetTemperature(celsius=50))
    for _ in range(2):
        scene.world.tell(scene.peer, lambda now: scene.session.cancel(command, now))
    assert isinstance(error_of(finish(scene, command)), CommandCancelled)
    scene.gone_by(30)
    # State comes from the device alone: it obeyed all the same, and says so (F31).
    assert scene.of(StatusReceived)[-1].status.dhw_temperature_setting == 50.0


def test_f31_the_commanded_value_is_not_shown_before_the_device_confirmed() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)
    submit(scene, SetTemperature(celsius=50))
    scene.gone_by(60)
    assert {event.status.dhw_temperature_setting for event in scene.of(StatusReceived)} == {60.5}


# --- applied -------------------------------------------------------------------------------------------------


def test_applied_is_a_later_status_that_shows_what_runs() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, SetMode(Mode.ELECTRIC), level=Level.APPLIED))
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.held) == (Level.APPLIED, False)
    assert isinstance(ended.message, StatusMessage)
    assert ended.message.command != SetMode.code  # no acknowledgement
    assert ended.message.status.dhw_operation_setting is Mode.ELECTRIC


def test_a_control_that_waits_to_be_applied_holds_no_other_back() -> None:
    scene = Scene().ready()
    first = submit(scene, SetTemperature(celsius=50), level=Level.APPLIED)
    second = submit(scene, SetMode(Mode.ELECTRIC))
    ended = finish(scene, second)
    assert isinstance(ended, CommandConfirmed)
    assert isinstance(finish(scene, first), CommandConfirmed)


def test_what_no_status_shows_ends_as_accepted() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, DemandResponseOn(), level=Level.APPLIED))
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.held) == (Level.ACCEPTED, False)


def test_a_mode_held_back_in_a_window_is_told_when_it_is_applied() -> None:
    scene = Scene().ready()
    unit = scene.cloud.heater(MAC).unit
    unit.window.dear = True
    command = submit(scene, SetMode(Mode.ELECTRIC), level=Level.APPLIED)
    ended = finish(scene, command)
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.held) == (Level.ACCEPTED, True)
    scene.gone_by(3600)
    assert scene.of(CommandApplied) == []
    unit.store_tariff(Tariff())
    scene.world.run_until(lambda: scene.of(CommandApplied) != [], limit=400)
    (applied,) = scene.of(CommandApplied)
    assert applied.id == command
    assert isinstance(applied.message, StatusMessage)
    assert applied.message.status.dhw_operation_setting is Mode.ELECTRIC
    scene.gone_by(90_000)
    assert scene.of(CommandNotApplied) == []


def test_another_mode_takes_the_place_of_one_held_back() -> None:
    scene = Scene().ready()
    unit = scene.cloud.heater(MAC).unit
    unit.window.dear = True
    first = submit(scene, SetMode(Mode.ELECTRIC))
    finish(scene, first)
    second = submit(scene, SetMode(Mode.HIGH_DEMAND))
    finish(scene, second)
    (event,) = scene.of(CommandNotApplied)
    assert (event.id, event.reason) == (first, "another command took its place")
    unit.store_tariff(Tariff())
    scene.world.run_until(lambda: scene.of(CommandApplied) != [], limit=400)
    assert [event.id for event in scene.of(CommandApplied)] == [second]


def test_a_held_mode_is_given_up_after_a_day_and_when_the_session_closes() -> None:
    for seconds, reason in ((86_500, "it was held back for a day"), (10, "the session was closed")):
        scene = Scene().ready()
        scene.cloud.heater(MAC).unit.window.dear = True
        command = submit(scene, SetMode(Mode.ELECTRIC))
        finish(scene, command)
        scene.gone_by(seconds)
        scene.world.tell(scene.peer, scene.session.stop)
        scene.world.run_until(lambda scene=scene: scene.session.closed, limit=60)  # type: ignore[misc]
        assert [(event.id, event.reason) for event in scene.of(CommandNotApplied)] == [(command, reason)]


def test_waiting_for_applied_ends_at_its_time_out_as_held() -> None:
    scene = Scene(applied_timeout=20.0).ready()
    command = submit(scene, SetTemperature(celsius=50), level=Level.APPLIED)
    scene.world.run_until(lambda: len(controls(scene)) == 1)
    scene.world.run_until(lambda: scene.of(StatusReceived)[-1].status.command == SetTemperature.code, limit=30)
    scene.cloud.set_online(MAC, False)  # accepted, and then silence
    began = scene.world.now.monotonic
    ended = finish(scene, command)
    assert isinstance(ended, CommandConfirmed)
    assert (ended.level, ended.held) == (Level.ACCEPTED, True)
    assert scene.world.now.monotonic - began == pytest.approx(20.0, abs=0.1)
    scene.cloud.set_online(MAC, True)
    scene.world.run_until(lambda: scene.of(CommandApplied) != [], limit=700)
    assert [event.id for event in scene.of(CommandApplied)] == [command]


def test_a_wait_for_applied_can_be_withdrawn() -> None:
    scene = Scene().ready()
    scene.cloud.heater(MAC)
    command = submit(scene, SetTemperature(celsius=50), level=Level.APPLIED)
    scene.world.run_until(lambda: scene.of(StatusReceived)[-1].status.command == SetTemperature.code, limit=30)
    scene.world.tell(scene.peer, lambda now: scene.session.cancel(command, now))
    assert isinstance(error_of(finish(scene, command, limit=0)), CommandCancelled)
    scene.gone_by(60)
    assert scene.of(CommandApplied) == []


# --- the queue -----------------------------------------------------------------------------------------------


def offline(scene: Scene) -> Any:
    """The network is gone, and the session knows; returns the outage."""
    outage = scene.world.begin(Unreachable(reason="no route to host"))
    scene.cut()
    scene.world.run_until(lambda: scene.session.state is State.WAITING)
    return outage


def test_f24_everything_waits_in_order_and_can_be_read_and_cleared() -> None:
    scene = Scene().ready()
    offline(scene)
    wishes = [SetMode(Mode.ELECTRIC), RequestStatus(), SetTemperature(celsius=55)]
    ids = [submit(scene, wish) for wish in wishes]
    queue = scene.session.queue
    assert [entry.id for entry in queue] == ids
    assert [entry.command for entry in queue] == wishes
    assert {entry.since for entry in queue} == {scene.world.now}
    assert {entry.device.mac for entry in queue} == {MAC}
    assert scene.world.tell(scene.peer, scene.session.clear_queue) == 3
    assert scene.session.queue == ()
    for command in ids:
        assert isinstance(error_of(finish(scene, command, limit=0)), CommandCancelled)


def test_f24_a_request_does_not_overtake_the_control_before_it() -> None:
    scene = Scene().ready()
    outage = offline(scene)
    wishes = [SetMode(Mode.ELECTRIC), SetMode(Mode.HEAT_PUMP), RequestStatus(), SetMode(Mode.ENERGY_SAVER)]
    ids = [submit(scene, wish) for wish in wishes]
    scene.world.end(outage)
    scene.world.run_until(lambda: all(outcome(scene, command) for command in ids), limit=200)
    ended = [event for event in scene.peer.events if isinstance(event, CommandConfirmed) and event.id in ids]
    assert [event.command for event in ended] == wishes
    status = ended[2].message
    assert isinstance(status, StatusMessage)
    assert status.status.dhw_operation_setting is Mode.HEAT_PUMP


def test_f24_a_second_outage_keeps_the_order() -> None:
    scene = Scene().ready()
    outage = offline(scene)
    wishes = [RequestStatus(), RequestDiagnostics(), SetMode(Mode.ELECTRIC), SetMode(Mode.HEAT_PUMP)]
    ids = [submit(scene, wish) for wish in wishes]
    scene.world.end(outage)
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=200)
    scene.cloud.set_online(MAC, False)
    outage = offline(scene)
    assert [entry.id for entry in scene.session.queue] == [ids[0], ids[1], ids[3]]
    scene.cloud.set_online(MAC, True)
    scene.world.end(outage)
    scene.world.run_until(lambda: all(outcome(scene, command) for command in ids), limit=200)
    # The control that was on its way is not repeated: nobody knows whether it was obeyed.
    assert isinstance(outcome(scene, ids[2]), CommandFailed)
    assert [type(outcome(scene, ids[place])) for place in (0, 1, 3)] == [CommandConfirmed] * 3


def test_a_queue_that_is_off_keeps_nothing_of_a_lost_link() -> None:
    scene = Scene(queue=False).ready()
    scene.cloud.set_online(MAC, False)
    request, first, second = (submit(scene, one) for one in (RequestStatus(), PowerOn(), PowerOff()))
    offline(scene)
    assert isinstance(error_of(finish(scene, request, limit=0)), CommandExpired)
    assert isinstance(error_of(finish(scene, second, limit=0)), CommandExpired)
    assert isinstance(error_of(finish(scene, first)), CommandTimedOut)
    with pytest.raises(LinkBroken, match="queue"):
        submit(scene, PowerOn())


# --- guards --------------------------------------------------------------------------------------------------


def test_f32_a_guard_refuses_what_would_switch_the_heater_off() -> None:
    scene = Scene(guards=Guards(no_power_off=True)).ready()
    night = Reservation.at(WEEKDAYS, time(22, 0), Mode.POWER_OFF, celsius=50)
    for command in (
        PowerOff(),
        RawCommand(code=PowerOff.code, mode_string="power-off"),
        RawCommand(code=SetMode.code, mode_string="dhw-mode", param=(6,)),
        ReplaceReservations(ReservationProgramme(True, [night])),
    ):
        with pytest.raises(GuardError, match="no_power_off") as refused:
            submit(scene, command, expert=True)
        assert refused.value.guard == "no_power_off"
    assert isinstance(finish(scene, submit(scene, SetMode(Mode.ELECTRIC))), CommandConfirmed)


def test_f32_a_session_that_only_reads_sends_no_control() -> None:
    scene = Scene(guards=Guards(read_only=True)).ready()
    with pytest.raises(GuardError, match="read_only"):
        submit(scene, SetTemperature(celsius=50))
    assert isinstance(finish(scene, submit(scene, RequestStatus())), CommandConfirmed)
    assert controls(scene) == []


def test_f32_set_points_stay_within_the_user_s_own_bounds() -> None:
    scene = Scene(guards=Guards(lowest_celsius=45, highest_celsius=55)).ready()
    for celsius, guard in ((44.5, "lowest_celsius"), (55.5, "highest_celsius")):
        morning = Reservation.at(WEEKDAYS, time(6, 0), Mode.HEAT_PUMP, celsius=celsius)
        for command in (
            SetTemperature(celsius=celsius),
            RawCommand(code=SetTemperature.code, mode_string="dhw-temperature", param=(round(celsius * 2),)),
            ReplaceReservations(ReservationProgramme(True, [morning])),
        ):
            with pytest.raises(GuardError, match=guard):
                submit(scene, command, expert=True)
    for celsius in (45, 55):
        assert isinstance(finish(scene, submit(scene, SetTemperature(celsius=celsius))), CommandConfirmed)


@pytest.mark.parametrize(
    "bounds",
    [{"lowest_celsius": 56, "highest_celsius": 55}, {"lowest_celsius": -1}, {"highest_celsius": 101}],
)
def test_bounds_that_make_no_sense_are_refused(bounds: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="celsius"):
        Guards(**bounds)


# --- answers in their own ways -------------------------------------------------------------------------------


def test_diagnostics_come_as_json_where_the_app_form_is_subscribed() -> None:
    scene = Scene().ready()
    filters = {f for _, a in actions(scene.peer) if isinstance(a, Subscribe) for f in a.filters}
    assert f"cmd/52/12345/0/{scene.session.client_id}/res/#" in filters
    ended = finish(scene, submit(scene, RequestDiagnostics()))
    assert isinstance(ended, CommandConfirmed)
    assert isinstance(ended.message, DiagnosticsMessage)
    assert not ended.message.packed
    assert ended.message.diagnostics.fan_hours == 185
    packed = finish(scene, submit(scene, RequestDiagnostics(as_json=False)))
    assert isinstance(packed, CommandConfirmed)
    assert isinstance(packed.message, DiagnosticsMessage)
    assert packed.message.packed
    assert packed.message.diagnostics.fan_hours == 185
    with pytest.raises(UsageError, match="user_seq"):
        submit(scene, RequestDiagnostics(user_seq=5))


def test_a_firmware_commit_ends_by_its_answer() -> None:
    scene = Scene().ready()
    staged = FirmwareDownload(sw_code=FirmwareType.PANEL, sw_version=FirmwareVersion(184614912))
    ended = finish(scene, submit(scene, CommitFirmware(staged=staged, confirmed=True)))
    assert isinstance(ended, CommandConfirmed)
    assert isinstance(ended.message, OtaMessage)
    assert isinstance(finish(scene, submit(scene, RequestFirmwareDownload())), CommandConfirmed)


def test_what_nobody_answers_ends_when_it_is_sent() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, EndSession(), level=Level.APPLIED), limit=1)
    assert isinstance(ended, CommandConfirmed)
    assert ended.level is Level.SENT


def test_what_cannot_be_written_is_refused_at_once() -> None:
    scene = Scene().ready()
    with pytest.raises(UsageError, match="JSON"):
        submit(scene, RawCommand(code=0x02000099, more={"odd": {1, 2}}))


def test_f25_another_schedule_in_the_answer_is_an_error_that_counts_the_differences() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)  # the heater itself says nothing here
    wish = ReservationProgramme(True, [Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)])
    other = '"reservationUse":1,"reservation":"027c061e0470"'
    command = submit(scene, ReplaceReservations(wish))
    published = next(a for _, a in reversed(actions(scene.peer)) if isinstance(a, Publish))
    topic = published.payload.split(b'"responseTopic":"')[1].split(b'"')[0].decode()
    session_id = published.payload.split(b'"sessionID":"')[1].split(b'"')[0].decode()
    # Without an id it may be an older one: the time-out tells of it.
    payload = f'{{"response":{{"macAddress":"{MAC}",{other}}}}}'.encode()
    scene.world.inject(scene.peer, MessageReceived(1, topic, payload))
    assert outcome(scene, command) is None
    error = error_of(finish(scene, command))
    assert isinstance(error, CommandMismatch)
    assert error.differences == 3  # the switch, one entry less and one more
    # Under the id of the write it is the answer.
    command = submit(scene, ReplaceReservations(wish))
    published = next(a for _, a in reversed(actions(scene.peer)) if isinstance(a, Publish))
    newer = published.payload.split(b'"sessionID":"')[1].split(b'"')[0].decode()
    for number in (session_id, newer):
        assert outcome(scene, command) is None
        payload = f'{{"sessionID":"{number}","response":{{"macAddress":"{MAC}",{other}}}}}'.encode()
        scene.world.inject(scene.peer, MessageReceived(1, topic, payload))
    error = error_of(finish(scene, command, limit=0))
    assert isinstance(error, CommandMismatch)
    assert "3 differences" in str(error)


def test_power_off_is_applied_when_the_heater_stands_still() -> None:
    scene = Scene().ready()
    ended = finish(scene, submit(scene, PowerOff(), level=Level.APPLIED), limit=120)
    assert isinstance(ended, CommandConfirmed)
    assert ended.level is Level.APPLIED


def test_another_command_takes_the_place_of_one_that_waits_to_be_applied() -> None:
    scene = Scene().ready()
    first = submit(scene, SetMode(Mode.ELECTRIC), level=Level.APPLIED)
    scene.world.run_until(lambda: bool(scene.of(StatusReceived)) and not scene.session.queued, limit=30)
    second = submit(scene, SetMode(Mode.HEAT_PUMP), level=Level.ACCEPTED)
    assert isinstance(finish(scene, second, limit=120), CommandConfirmed)
    ended = finish(scene, first, limit=120)
    assert isinstance(ended, CommandConfirmed)
    if ended.level is not Level.APPLIED:
        assert ended.held
        assert [event.id for event in scene.of(CommandNotApplied)] == [first]
