"""What broke the data of others (``failures.md``, F22 and F33 to F36), played on virtual time."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from navien_proto.errors import DecodeError, NavienError
from navien_proto.model.codes import Unknown
from navien_proto.session import State
from navien_proto.session.events import (
    AccountChanged,
    CameBack,
    CommandFailed,
    OtherReceived,
    SessionClosed,
    StatusReceived,
    Undecodable,
    WentStale,
)
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.faults import LinkCut, TokensRevoked, Unreachable, UpgradeRefused
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
