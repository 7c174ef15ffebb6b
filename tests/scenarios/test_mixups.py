"""Answers, refusals and readings that are about something else (``failures.md``, F23 to F27), on virtual time."""

from __future__ import annotations

import json

import pytest

from navien_proto.errors import CommandExpired, CommandMismatch, CommandRefused, CommandTimedOut
from navien_proto.model.schedules import ReservationProgramme
from navien_proto.session.actions import Publish
from navien_proto.session.edits import EditReservations
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.session.inputs import MessageReceived
from navien_proto.wire.commands import ClearReservations, PowerOn, RequestStatus, SetTemperature
from tests.scenarios.scene import MAC, Scene, actions
from tests.scenarios.test_commands import error_of, finish, offline, outcome, submit
from tests.scenarios.test_edits import EVENING, MORNING, NOON, sent, stored, with_programme

SECOND = "aabbccddef00"


def last_request(scene: Scene) -> dict[str, str]:
    """Session id and response topic of what was published last."""
    published = next(action for _, action in reversed(actions(scene.peer)) if isinstance(action, Publish))
    members = json.loads(published.payload)
    return {"sessionID": members["sessionID"], "responseTopic": members["responseTopic"]}


def says(scene: Scene, topic: str, session_id: str | None = None, **response: object) -> None:
    """A message comes over the present link, whoever sent it."""
    payload: dict[str, object] = {"response": response}
    if session_id is not None:
        payload["sessionID"] = session_id
    message = MessageReceived(scene.peer.opened, topic, json.dumps(payload).encode())
    scene.world.inject(scene.peer, message)


def acknowledges(scene: Scene, session_id: str, code: int, mac: str = MAC) -> None:
    """A status that answers command ``code`` under that session id."""
    says(
        scene,
        f"cmd/52/navilink-{mac}/res",
        session_id,
        macAddress=mac,
        status={"command": code, "dhwOperationSetting": 1},
    )


def fails_control(scene: Scene, mac: str) -> None:
    """That heater refuses a control; it does not say which."""
    says(scene, f"cmd/52/navilink-{mac}/ctrl-fail", macAddress=mac, failCode=7)


def test_f25_only_the_heater_s_own_answer_to_this_very_command_confirms_it() -> None:
    scene = Scene(heaters=2).ready()
    scene.cloud.set_online(MAC, False)  # the heater itself says nothing here
    command = submit(scene, PowerOn(), device=MAC)
    ours = last_request(scene)["sessionID"]
    for session_id, code, mac in (
        (ours, RequestStatus.code, MAC),
        ("1700000000000", PowerOn.code, MAC),
        (ours, PowerOn.code, SECOND),
    ):
        acknowledges(scene, session_id, code, mac)
        assert outcome(scene, command) is None
    acknowledges(scene, ours, PowerOn.code)
    assert isinstance(outcome(scene, command), CommandConfirmed)


def test_f25_requests_of_the_same_instant_have_numbers_of_their_own() -> None:
    scene = Scene().ready()
    first, second = submit(scene, RequestStatus()), submit(scene, RequestStatus())
    published = [json.loads(a.payload) for _, a in actions(scene.peer) if isinstance(a, Publish)]
    assert len({members["sessionID"] for members in published}) == len(published)
    confirmed = [finish(scene, command) for command in (first, second)]
    assert all(isinstance(ended, CommandConfirmed) for ended in confirmed)


def test_f25_the_late_echo_of_an_earlier_write_does_not_confirm_the_next_one() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)
    first = submit(scene, ClearReservations())
    late = last_request(scene)
    assert isinstance(error_of(finish(scene, first)), CommandTimedOut)
    second = submit(scene, ClearReservations())
    ours = last_request(scene)
    for request, confirmed in ((late, False), (ours, True)):
        says(
            scene,
            request["responseTopic"],
            request["sessionID"],
            macAddress=MAC,
            reservationUse=1,
            reservation="",
        )
        assert isinstance(outcome(scene, second), CommandConfirmed) is confirmed


def test_f25_the_acknowledgement_of_another_command_does_not_show_that_a_wish_is_applied() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)

    def shows(command: int, session_id: str) -> None:
        status = {"command": command, "dhwTemperatureSetting": 100, "dhwOperationSetting": 1}
        says(scene, f"cmd/52/navilink-{MAC}/res", session_id, macAddress=MAC, status=status)

    wish = submit(scene, SetTemperature(celsius=50), level=Level.APPLIED)
    shows(SetTemperature.code, last_request(scene)["sessionID"])
    scene.gone_by(1.1)
    other = submit(scene, PowerOn())
    shows(PowerOn.code, last_request(scene)["sessionID"])
    assert outcome(scene, other) is not None
    assert outcome(scene, wish) is None
    shows(0x04000013, "7")
    ended = outcome(scene, wish)
    assert isinstance(ended, CommandConfirmed)
    assert ended.level is Level.APPLIED


def test_f27_a_refused_control_is_not_the_request_sent_before_it() -> None:
    scene = Scene().ready()
    request, control = submit(scene, RequestStatus()), submit(scene, PowerOn())
    fails_control(scene, MAC)
    assert isinstance(error_of(finish(scene, control, limit=0)), CommandRefused)
    assert isinstance(finish(scene, request), CommandConfirmed)


def test_f27_a_refused_control_is_not_that_of_another_heater() -> None:
    scene = Scene(heaters=2).ready()
    first, second = submit(scene, PowerOn(), device=MAC), submit(scene, PowerOn(), device=SECOND)
    fails_control(scene, SECOND)
    assert isinstance(error_of(finish(scene, second, limit=0)), CommandRefused)
    assert isinstance(finish(scene, first), CommandConfirmed)


def test_f23_a_request_expires_by_when_it_was_submitted_however_often_the_link_is_lost() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)
    began = scene.world.now.monotonic
    request = submit(scene, RequestStatus())
    scene.gone_by(25)
    offline(scene)
    assert isinstance(error_of(finish(scene, request, limit=400)), CommandExpired)
    assert scene.world.now.monotonic - began == pytest.approx(300, abs=1)


def test_f26_an_edit_that_is_answered_with_another_list_is_no_success() -> None:
    scene = with_programme()
    scene.gone_by(5)
    writes = sent(scene, "ctrl/rsv/rd")
    scene.cloud.set_online(MAC, False)
    edit = submit(scene, EditReservations.adding(NOON))
    for _ in ("the reading", "the write"):
        asked = last_request(scene)
        assert outcome(scene, edit) is None
        says(
            scene,
            asked["responseTopic"],
            asked["sessionID"],
            macAddress=MAC,
            reservationUse=2,
            reservation="",
        )
    assert sent(scene, "ctrl/rsv/rd") == writes + 1
    assert isinstance(error_of(finish(scene, edit, limit=0)), CommandMismatch)


def test_f26_what_was_read_over_a_link_that_is_lost_is_read_again() -> None:
    scene = with_programme()
    scene.gone_by(5)
    readings = sent(scene, "st/rsv/rd")
    scene.cloud.set_online(MAC, False)  # the heater itself says nothing for now
    control = submit(scene, PowerOn())
    acknowledges(scene, last_request(scene)["sessionID"], PowerOn.code)
    assert outcome(scene, control) is not None
    edit = submit(scene, EditReservations.adding(NOON))
    # The list of a moment ago; the write that follows from it keeps its distance to the control.
    says(scene, last_request(scene)["responseTopic"], macAddress=MAC, reservationUse=2, reservation="")
    assert sent(scene, "st/rsv/rd") == readings + 1
    scene.cut()
    scene.world.run_until(lambda: not scene.cloud.broker.clients(), limit=10)
    scene.cloud.set_online(MAC, True)
    assert isinstance(finish(scene, edit, limit=200), CommandConfirmed)
    assert sent(scene, "st/rsv/rd") == readings + 2
    assert stored(scene) == ReservationProgramme(True, [MORNING, NOON, EVENING])
