"""What is published, byte by byte."""

from __future__ import annotations

import json

import pytest

from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.wire.commands import RequestStatus
from navien_proto.wire.envelope import Envelope, app_connection, request_envelope

DEVICE = Device(mac="aabbccddeeff", additional_value="1234")


def test_a_request_with_members_of_its_own() -> None:
    envelope = request_envelope(
        DEVICE,
        "client-0001",
        "1768478400123",
        suffix="ctrl/rsv/rd",
        command=16777226,
        members={
            "reservationUse": 2,
            "reservation": [{"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120}],
        },
        reply_topic="cmd/52/client-0001/res/rsv/rd",
        qos=1,
    )
    assert len(envelope.payload) == 378
    assert envelope.payload.endswith(
        b'"reservationUse":2,"reservation":[{"enable":2,"week":124,"hour":6,"min":30,"mode":4,"param":120}]}}'
    )
    assert envelope.topic == json.loads(envelope.payload)["requestTopic"]


def test_the_app_connection() -> None:
    envelope = app_connection(DEVICE, "client-0001")
    assert envelope == Envelope(
        topic="evt/52/navilink-aabbccddeeff/app-connection",
        payload=b'{"clientID":"client-0001","protocolVersion":1,'
        b'"requestTopic":"evt/52/navilink-aabbccddeeff/app-connection","sessionID":"","event":'
        b'{"additionalValue":"1234","deviceType":52,"macAddress":"aabbccddeeff","connection":{"os":"A","status":1}}}',
        reply_topic=None,
        qos=1,
    )
    other = app_connection(Device(mac="aabbccddeeff", device_type=50), "client-0001")
    assert json.loads(other.payload)["requestTopic"] == other.topic
    assert other.topic == "evt/50/navilink-aabbccddeeff/app-connection"
    will = app_connection(DEVICE, "client-0001", connected=False)
    assert json.loads(will.payload)["event"]["connection"] == {"os": "A", "status": 0}


@pytest.mark.parametrize("session_id", ["", "3"])
def test_an_answer_must_be_told_from_a_push(session_id: str) -> None:
    with pytest.raises(UsageError, match="session_id"):
        RequestStatus().to_envelope(DEVICE, "client-0001", session_id)


@pytest.mark.parametrize("device_type", [1, 2])
def test_devices_of_another_dialect_are_left_alone(device_type: int) -> None:
    device = Device(mac="aabbccddeeff", additional_value="1234", device_type=device_type)
    with pytest.raises(UsageError, match="another dialect"):
        RequestStatus().to_envelope(device, "client-0001", "x1")


def test_an_unfit_client_id() -> None:
    with pytest.raises(UsageError, match="client id"):
        app_connection(DEVICE, "a/b")
    with pytest.raises(UsageError, match="client id"):
        RequestStatus().to_envelope(DEVICE, "a/b", "x1")


def test_shown_without_payload_and_mac() -> None:
    shown = repr(RequestStatus().to_envelope(DEVICE, "client-0001", "x1"))
    assert "aabbccddeeff" not in shown
    assert "1234" not in shown
    assert "cmd/52/navilink-<mac>/st" in shown
