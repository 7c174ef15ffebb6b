"""What broke the data of others (``failures.md``, F22 and F33 to F36), played on virtual time."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import pytest

from navien_proto.errors import DecodeError, NavienError
from navien_proto.model.codes import Unknown
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.session import State
from navien_proto.session.change_events import HeatingStarted, HeatingStopped, SetpointChanged
from navien_proto.session.device_change import DeviceChange
from navien_proto.session.events import (
    AccountChanged,
    CameBack,
    CommandFailed,
    Event,
    EventsMissed,
    OtherReceived,
    SessionClosed,
    StatusReceived,
    Undecodable,
    WentStale,
)
from navien_proto.session.hub import Hub
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.fault import Fault
from navien_proto.sim.faults import LinkCut, TokensRevoked, Unreachable, UpgradeRefused
from navien_proto.sim.faults_heaters import Deaf
from navien_proto.sim.faults_links import Duplicate, Redelivery
from navien_proto.wire.commands import SetTemperature
from tests.scenarios.scene import EMAIL, MAC, PASSWORD, Scene, actions

TOPIC = f"cmd/52/navilink-{MAC}/res"


def says(scene: Scene, payload: bytes) -> None:
    """The broker delivers ``payload`` as if the heater had published it."""
    scene.world.inject(scene.peer, MessageReceived(scene.peer.opened, TOPIC, payload))


def status_with(**changes: Any) -> bytes:
    """A pushed status with these members; ``None`` leaves one out."""
    status = {"command": 67108883, "dhwTemperature": 117, "operationMode": 32, "operationBusy": 2, **changes}
    status = {name: value for name, value in status.items() if value is not None}
    return json.dumps({"sessionID": "3", "response": {"macAddress": MAC, "status": status}}).encode()


def test_f22_no_secret_reaches_a_repr_an_error_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene = Scene().ready()
    scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now))
    scene.gone_by(3600)
    reason = f"cannot reach https://x/?userId={EMAIL}"
    with scene.world.suffering(TokensRevoked(), LinkCut(), UpgradeRefused()):
        scene.gone_by(60)
        with scene.world.suffering(Unreachable(reason=reason)):
            scene.gone_by(900)
    assert any("cannot reach" in str(error) for error in errors(scene))
    says(scene, b"\xff" + MAC.encode())
    says(scene, json.dumps({"response": {"macAddress": MAC, "novel": EMAIL}}).encode())
    canaries = [EMAIL, PASSWORD, MAC, MAC.upper(), "Signature=", "00000000XX00000000", "Example Street"]
    for event in scene.of(AccountChanged):
        found = event.account.tokens
        if found is not None:
            canaries += [
                found.access_token,
                found.secret_key,
                found.access_key_id,
                found.session_token or "-" * 99,
            ]
            canaries += [found.refresh_token or "-" * 99]
    scene.world.tell(scene.peer, scene.session.stop)
    assert len(canaries) > 10
    said = [repr(event) for event in scene.peer.events]
    said += [str(event) for event in scene.peer.events]
    said += [repr(action) for _, action in actions(scene.peer)]
    said += [repr(scene.session), repr(scene.session.problem), str(scene.session.problem), repr(scene.settings)]
    said += [repr(error) + str(error) for error in errors(scene)]
    said += [record.getMessage() for record in caplog.records]
    text = "\n".join(said).replace(repr(PASSWORD), "")  # the test's own settings
    for canary in set(canaries):
        assert canary not in text


def errors(scene: Scene) -> list[NavienError]:
    """Every error the session told of."""
    return [
        error for event in scene.peer.events if isinstance(error := getattr(event, "error", None), NavienError)
    ]


def test_f33_any_member_may_be_absent() -> None:
    scene = Scene().ready()
    before = len(scene.of(StatusReceived))
    says(scene, status_with(operationBusy=None))
    says(scene, json.dumps({"response": {"macAddress": MAC, "status": {}}}).encode())
    partial, empty = (event.status for event in scene.of(StatusReceived)[before:])
    assert (partial.dhw_temperature, partial.operation_busy, partial.tank_upper_temperature) == (58.5, None, None)
    assert empty.dhw_temperature is None
    assert partial.problems == empty.problems == ()


def test_f34_an_unknown_code_is_kept_and_the_rest_decodes() -> None:
    scene = Scene().ready()
    says(scene, status_with(operationMode=33, dhwOperationSetting=77))
    status = scene.of(StatusReceived)[-1].status
    assert (status.operation_mode, status.dhw_operation_setting) == (Unknown(33), Unknown(77))
    assert status.dhw_temperature == 58.5


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe{}",
        b'{"response":' * 100_000,
        b'{"response":{"macAddress":"aabbccddeeff","status":{"dhwTemperature":NaN}}}',
        b'{"response":{"macAddress":"aabbccddeeff","status":{"wifiRssi":' + b"9" * 5000 + b"}}}",
        b"x" * 10_000_000,
        b"",
        b"[]",
        b"null",
    ],
    ids=["utf-8", "nesting", "nan", "5000 digits", "10 MB", "empty", "list", "null"],
)
def test_f36_garbage_is_told_and_counted_and_the_connection_lives(payload: bytes) -> None:
    scene = Scene().ready()
    statuses = len(scene.of(StatusReceived))
    says(scene, payload)
    told = [*scene.of(Undecodable), *(e for e in scene.of(OtherReceived) if payload in (b"[]", b"null"))]
    assert len(told) == 1
    if isinstance(told[0], Undecodable):
        assert isinstance(told[0].error, DecodeError)
    assert scene.session.state is State.READY
    scene.gone_by(301)
    assert len(scene.of(StatusReceived)) > statuses
    assert scene.of(SessionClosed) == []


def test_f36_an_integer_beyond_64_bits_is_a_problem_of_its_member() -> None:
    scene = Scene().ready()
    says(scene, status_with(wifiRssi=10**30))
    event = scene.of(StatusReceived)[-1]
    assert event.status.wifi_rssi is None
    assert event.status.dhw_temperature == 58.5
    assert [problem.path for problem in event.status.problems] == ["wifiRssi"]


def test_every_command_ends_once_even_when_the_session_closes() -> None:
    scene = Scene().ready()
    scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now))
    scene.world.tell(scene.peer, scene.session.stop)
    (failed,) = scene.of(CommandFailed)
    assert "closed" in str(failed.error)


def test_f10_an_event_about_a_heater_does_not_show_that_it_is_alive() -> None:
    scene = Scene().ready()
    scene.cloud.set_online(MAC, False)
    scene.world.run_until(lambda: bool(scene.of(WentStale)), limit=7200)
    event = f'{{"event":{{"macAddress":"{MAC}","connection":{{"status":1}}}}}}'.encode()
    for name in ("connection", "app-connection"):
        scene.world.inject(scene.peer, MessageReceived(1, f"evt/52/navilink-{MAC}/{name}", event))
    assert scene.of(CameBack) == []
    said = f'{{"response":{{"macAddress":"{MAC}","status":{{"command":0}}}}}}'.encode()
    scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/res", said))
    assert len(scene.of(CameBack)) == 1


@pytest.mark.parametrize("fault", [Duplicate(frames=("message",)), Redelivery(count=20, every=7.0)])
def test_f14_duplicates_and_retained_redelivery_are_no_event_and_no_sample(fault: Fault) -> None:
    plain, scene = Scene(seed=4), Scene(seed=4)
    plain.ready().gone_by(3600)
    with scene.world.suffering(fault):
        scene.ready().gone_by(3600)
    told = [event.message for event in scene.of(StatusReceived)]
    assert len(scene.reports(MessageReceived)) > len(told) + 50
    assert len({id(message) for message in told}) == len(told)
    assert abs(len(told) - len(plain.of(StatusReceived))) <= 2
    assert scene.session.statistics(scene.world.now).duplicates > 10
    assert [type(event) for event in changes(scene)] == [type(event) for event in changes(plain)]


def test_f14_a_redelivered_old_state_makes_no_change_and_does_not_show_that_the_heater_lives() -> None:
    scene = Scene().ready()
    says(scene, status_with(operationMode=0, dhwOperationSetting=1))
    says(scene, status_with(operationMode=0, dhwOperationSetting=3))
    seen = len(scene.of(StatusReceived)), len(changes(scene))
    heard = scene.session.statistics(scene.world.now).devices[0].silent_for
    assert heard == 0
    scene.gone_by(5)
    says(scene, status_with(operationMode=0, dhwOperationSetting=1))
    retained = MessageReceived(scene.peer.opened, TOPIC, status_with(dhwOperationSetting=4), retain=True)
    scene.world.inject(scene.peer, retained)
    assert (len(scene.of(StatusReceived)), len(changes(scene))) == seen
    assert scene.session.statistics(scene.world.now).devices[0].silent_for == 5


def changes(scene: Scene) -> list[DeviceChange]:
    """Everything that was derived."""
    return [event for event in scene.peer.events if isinstance(event, DeviceChange)]


def test_f31_a_commanded_value_is_no_state_before_the_device_shows_it() -> None:
    scene = Scene().ready()
    before = scene.of(StatusReceived)[-1].status.dhw_temperature_setting
    submitted = scene.world.now.monotonic
    scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=48), now))
    assert not changes(scene)
    assert scene.of(StatusReceived)[-1].status.dhw_temperature_setting == before
    scene.gone_by(20)
    (moved,) = [event for event in changes(scene) if isinstance(event, SetpointChanged)]
    assert (moved.before, moved.after, moved.link) == (before, 48.0, 1)
    assert moved.at.monotonic > submitted + 0.5
    # And a device that never answers shows nothing.
    with scene.world.suffering(Deaf()):
        scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now))
        scene.gone_by(120)
    assert len([event for event in changes(scene) if isinstance(event, SetpointChanged)]) == 1


def test_f35_what_is_absent_or_wrong_is_none_and_changes_nothing() -> None:
    scene = Scene().ready()
    says(scene, status_with(dhwOperationSetting=3, errorCode=0, programReservationUse=2, compUse=1))
    told = len(changes(scene))
    says(scene, status_with(dhwOperationSetting=None, errorCode=None, programReservationUse=None, compUse=None))
    says(scene, status_with(dhwOperationSetting="2", errorCode=[], programReservationUse="2", compUse="2"))
    status = scene.of(StatusReceived)[-1].status
    assert (status.dhw_operation_setting, status.error_code, status.program_reservation_use) == (None, None, None)
    assert len(status.problems) == 4
    assert status.raw["compUse"] == "2"
    assert len(changes(scene)) == told


def test_f37_a_superheat_is_a_difference_and_missing_energy_is_not_what_is_available() -> None:
    scene = Scene().ready()
    says(scene, status_with(targetSuperHeat=50, totalEnergyCapacity=1861, availableEnergyCapacity=379))
    status = scene.of(StatusReceived)[-1].status
    assert (status.target_super_heat, status.in_fahrenheit.target_super_heat) == (5.0, 9.0)
    assert (status.full_recovery_energy, status.energy_to_setpoint) == (4 * 1861, 4 * 379)
    assert status.usable_energy == 4 * (1861 - 379)
    assert (status.raw["targetSuperHeat"], status.decoder) == (50, 1)


def test_f38_a_slow_consumer_is_bounded_and_told_and_hinders_nobody() -> None:
    scene = Scene().ready()
    hub = Hub()
    slow: Mailbox[Event] = Mailbox(lambda: None, size=5)
    quick: Mailbox[Event] = Mailbox(lambda: None)
    hub.add(slow)
    hub.add(quick)
    seen = len(scene.peer.events)
    scene.gone_by(3600)
    fresh = scene.peer.events[seen:]
    for event in fresh:
        hub.deliver(event)
    assert len(fresh) > 10
    assert [quick.take() for _ in fresh] == fresh
    missed = slow.take()
    assert isinstance(missed, EventsMissed)
    assert missed.count == len(fresh) - 5
    assert [slow.take() for _ in range(5)] == fresh[-5:]


def test_a_day_of_heating_is_told_in_pairs() -> None:
    scene = Scene(heaters=2).ready()
    for number in range(16):
        wish = SetTemperature(celsius=62 if number % 2 == 0 else 45)
        scene.world.tell(scene.peer, partial(scene.session.submit, wish, device=MAC))
        scene.gone_by(5400)
    for mac in {event.device.mac for event in changes(scene)}:
        running: dict[object, bool] = {}
        for event in changes(scene):
            if event.device.mac == mac and isinstance(event, HeatingStarted | HeatingStopped):
                started = isinstance(event, HeatingStarted)
                assert running.get(event.source) is not started
                running[event.source] = started
    assert any(isinstance(event, HeatingStarted) for event in changes(scene))
