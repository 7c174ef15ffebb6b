"""A read-only selection of the scenarios on a real account, and REST compared with MQTT."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from navien_proto.errors import CommandTimedOut, GuardError, HttpStatusError
from navien_proto.session.events import StatusReceived
from navien_sync import Heater, NavienClient
from navien_sync.stores.transcripts import read_transcript


@pytest.fixture
def heater(navien: NavienClient) -> Heater:
    if not navien.devices:
        pytest.skip("the account has no heater")
    found = next((one for one in navien.devices if one.online is not False), None)
    if found is None:
        pytest.skip("no heater of the account is on line")
    return found


def test_the_account_is_in_and_connected(navien: NavienClient) -> None:
    assert navien.connected
    statistics = navien.statistics()
    assert statistics.connections >= 1
    assert statistics.undecodable == 0


def test_every_field_of_a_status_is_understood(heater: Heater) -> None:
    status = heater.status()
    assert status.problems == ()
    assert status.dhw_temperature is not None
    assert 0 < status.dhw_temperature < 100


def test_every_field_of_the_device_info_is_understood(heater: Heater) -> None:
    feature = heater.request_feature()
    assert feature.problems == ()
    assert feature.controller_serial_number


def test_schedules_are_read(heater: Heater) -> None:
    assert heater.reservations().problems == ()


def test_a_status_that_comes_of_itself_is_told(navien: NavienClient, heater: Heater) -> None:
    events = heater.events(timeout=60)
    heater.status()
    assert any(isinstance(event, StatusReceived) for event in events)


def test_rest_and_mqtt_agree_that_it_is_there(heater: Heater) -> None:
    try:
        heater.status()
        answers = True
    except CommandTimedOut:
        answers = False
    assert heater.connectivity() is answers


def test_the_firmware_of_every_part_is_on_file(heater: Heater) -> None:
    try:
        found = heater.rest_firmware()
    except HttpStatusError as error:
        pytest.skip(f"this account may not read it: {error}")
    assert found.problems == ()
    assert found.components
    assert all(component.version is not None for component in found.components)


def test_rest_and_mqtt_tell_of_the_same_heater(heater: Heater) -> None:
    try:
        info = heater.rest_info()
    except HttpStatusError as error:
        pytest.skip(f"this account may not read it: {error}")
    assert info.mac == heater.mac
    assert info.device_type == heater.device.device_type
    assert info.problems == ()


def test_the_plan_on_file_is_read(heater: Heater) -> None:
    assert heater.rest_tou().problems == ()


def test_nothing_can_be_changed_by_this_suite(heater: Heater) -> None:
    with pytest.raises(GuardError):
        heater.set_temperature(celsius=50)


def test_what_was_written_names_nobody(navien: NavienClient, folder: Path, heater: Heater) -> None:
    transcript = navien.transcript
    assert transcript is not None
    text = b"".join(read_transcript(transcript.path)).decode()
    report = json.dumps(navien.diagnostics())
    serial = (heater.feature or heater.request_feature()).controller_serial_number or heater.mac
    for secret in (heater.mac, serial):
        assert secret not in text
        assert secret not in report
