"""Commands on their way to the heater and back, on virtual time."""

from __future__ import annotations

from datetime import time
from itertools import pairwise
from typing import Any

import pytest

from navien_proto.errors import (
    CommandCancelled,
    CommandExpired,
    CommandRefused,
    CommandTimedOut,
    NavienError,
    UsageError,
)
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import WEEKDAYS, Reservation, ReservationProgramme
from navien_proto.session import State
from navien_proto.session.actions import Publish
from navien_proto.session.events import CommandConfirmed, CommandFailed, CommandId, Level, StatusReceived
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.faults import Unreachable
from navien_proto.wire.commands import (
    Command,
    PowerOff,
    PowerOn,
    PressHotButton,
    ReplaceReservations,
    RequestStatus,
    SetMode,
    SetTemperature,
    StartVacation,
)
from navien_proto.wire.messages import ReservationsMessage, StatusMessage
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


def test_f27_a_control_failure_refuses_the_one_control_in_flight() -> None:
    scene = Scene().ready()
    first, second = submit(scene, PowerOn()), submit(scene, PowerOff())
    payload = f'{{"response":{{"macAddress":"{MAC}","failCode":2}}}}'.encode()
    scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/ctrl-fail", payload))
    ended = outcome(scene, first)
    assert isinstance(ended, CommandFailed)
    assert isinstance(ended.error, CommandRefused)
    assert ended.error.code == 2
    assert isinstance(finish(scene, second), CommandConfirmed)


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
