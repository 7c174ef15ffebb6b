"""Which kind of message a payload is, and what all kinds have."""

from __future__ import annotations

from typing import Any

import pytest

from navien_proto.wire.decode import KINDS, decode
from navien_proto.wire.messages import (
    ControlFailure,
    DiagnosticsMessage,
    EnergyMessage,
    FeatureMessage,
    FirmwareDownloadMessage,
    Message,
    OtaMessage,
    Reason,
    RequestSeen,
    ReservationsMessage,
    StatusMessage,
    UnknownMessage,
)
from tests.proto.wire.examples import (
    ACK_TOPIC,
    CLIENT,
    FEATURE,
    MAC,
    PUSH_TOPIC,
    SESSION,
    STATUS,
    encode,
    reply,
    status,
    status_of,
)


def paths(message: Message) -> list[str]:
    """Wire names of the problems."""
    return [problem.path for problem in message.problems]


def test_the_order_of_recognition() -> None:
    assert [kind.name for kind in KINDS] == [
        "status", "feature", "control failure", "firmware download", "diagnostics", "energy", "schedule",
        "firmware commit",
    ]  # fmt: skip
    parts: dict[str, Any] = {"status": STATUS, "feature": FEATURE, "failCode": 2, "downloadSwInfo": [],
                             "typeOfTD": 2, "typeOfUsage": 1, "reservation": [], "commitOta": {}}  # fmt: skip
    found = []
    while parts:
        found.append(type(decode(ACK_TOPIC, encode(reply(parts)))))
        parts.pop(next(iter(parts)))
    assert found == [
        StatusMessage, FeatureMessage, ControlFailure, FirmwareDownloadMessage, DiagnosticsMessage, EnergyMessage,
        ReservationsMessage, OtaMessage,
    ]  # fmt: skip


def test_energy_is_known_by_total_and_usage_as_well() -> None:
    assert isinstance(decode(ACK_TOPIC, encode(reply({"total": {}, "usage": []}))), EnergyMessage)
    for name in ("total", "usage"):
        assert isinstance(decode(ACK_TOPIC, encode(reply({name: []}))), UnknownMessage)


def test_short_keys() -> None:
    assert isinstance(decode(ACK_TOPIC, encode(reply({"st": STATUS}))), StatusMessage)
    assert isinstance(decode(ACK_TOPIC, encode(reply({"did": FEATURE}))), FeatureMessage)
    preferred = status_of(reply({"st": {}, "status": STATUS}))
    assert preferred.status.dhw_temperature == 58.5


def test_device_info() -> None:
    message = decode(ACK_TOPIC, encode(reply({"feature": FEATURE | {"wifiRssiUse": "x"}}, suffix="st/did")))
    assert isinstance(message, FeatureMessage)
    assert message.feature.dhw_temperature_max == 65.5
    assert paths(message) == ["wifiRssiUse"]
    assert message.session_id == SESSION


def test_a_control_failure() -> None:
    topic = f"cmd/52/navilink-{MAC}/ctrl-fail"
    message = decode(topic, encode(reply({"failCode": 2}, suffix="ctrl")))
    assert isinstance(message, ControlFailure)
    assert (message.code, message.mac, message.problems) == (2, MAC, ())
    by_topic = decode(topic, encode({"response": {}}))
    assert isinstance(by_topic, ControlFailure)
    assert (by_topic.code, by_topic.mac) == (None, MAC)
    wrong = decode(topic, encode(reply({"failCode": "2"})))
    assert isinstance(wrong, ControlFailure)
    assert wrong.code is None
    assert paths(wrong) == ["failCode"]


def test_a_request_passing_by() -> None:
    request = {"command": 16777219, "deviceType": 52, "macAddress": MAC, "additionalValue": "1234"}
    envelope = {"clientID": CLIENT, "sessionID": SESSION, "request": request}
    message = decode(f"cmd/52/navilink-{MAC}/st", encode(envelope))
    assert isinstance(message, RequestSeen)
    assert (message.command, message.mac, message.client_id) == (16777219, MAC, CLIENT)
    for odd in (None, [1], "x"):
        message = decode(f"cmd/52/navilink-{MAC}/st", encode(envelope | {"request": odd}))
        assert isinstance(message, RequestSeen)
        assert (message.command, message.mac, message.session_id) == (None, MAC, SESSION)
    wrong = decode("x", encode(envelope | {"request": request | {"command": True}}))
    assert isinstance(wrong, RequestSeen)
    assert wrong.command is None
    assert paths(wrong) == ["command"]


def test_an_answer_that_repeats_its_request_is_an_answer() -> None:
    assert isinstance(
        decode(ACK_TOPIC, encode(status() | {"request": {}, "responseTopic": ACK_TOPIC})), StatusMessage
    )


@pytest.mark.parametrize(
    "value", [None, 1, "x", [1, 2], {}, {"response": None}, {"response": [1]}, {"a": {"b": 1}}]
)
def test_what_is_none_of_these_is_kept(value: Any) -> None:
    message = decode(PUSH_TOPIC, encode(value))
    assert isinstance(message, UnknownMessage)
    assert message.raw == value
    assert message.mac == MAC
    assert "raw=<" in repr(message)


def test_an_unknown_response_keeps_what_is_said_of_it() -> None:
    message = decode(ACK_TOPIC, encode(reply({"reservation": 5, "status": [1]})))
    assert isinstance(message, UnknownMessage)
    assert (message.session_id, message.mac, message.additional_value) == (SESSION, MAC, "1234")


# --- what all messages have


@pytest.mark.parametrize("mac", ["AABBCCDDEEFF", "aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF"])
def test_the_mac_is_normalised(mac: str) -> None:
    envelope = status()
    envelope["response"]["macAddress"] = mac
    message = status_of(envelope, topic="x")
    assert message.mac == MAC
    assert message.problems == ()


def test_the_mac_comes_from_the_topic_when_the_payload_has_none() -> None:
    envelope = status()
    del envelope["response"]["macAddress"]
    assert status_of(envelope).mac == MAC
    assert status_of(envelope, topic=f"cmd/52/{CLIENT}/res/x").mac is None
    envelope["response"]["macAddress"] = "nonsense"
    message = status_of(envelope)
    assert message.mac == MAC
    assert paths(message) == ["macAddress"]


def test_the_additional_value_becomes_text() -> None:
    envelope = status()
    envelope["response"]["additionalValue"] = 1234
    message = status_of(envelope)
    assert message.additional_value == "1234"
    assert message.problems == ()


@pytest.mark.parametrize("name", ["clientID", "sessionID", "requestTopic"])
@pytest.mark.parametrize("value", [None, 5, True, ["x"]])
def test_an_envelope_member_of_another_type_is_a_problem(name: str, value: Any) -> None:
    message = status_of(status() | {name: value})
    assert paths(message) == [name]
    assert message.status.dhw_temperature == 58.5


@pytest.mark.parametrize("name", ["macAddress", "additionalValue"])
def test_a_response_member_of_another_type_is_a_problem(name: str) -> None:
    envelope = status(dhwTemperature="x")
    envelope["response"][name] = 1.5
    assert paths(status_of(envelope)) == [name, "dhwTemperature"]


def test_nothing_shown_identifies_the_owner() -> None:
    messages: tuple[object, ...] = (
        status(),
        reply({"feature": FEATURE}),
        reply({"failCode": 1}),
        {"request": {"macAddress": MAC}},
        [],
    )
    for message in messages:
        shown = repr(decode(ACK_TOPIC, encode(message)))
        assert MAC not in shown
        assert FEATURE["controllerSerialNumber"] not in shown


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (0, Reason.PUSH),
        (16777219, Reason.ANSWER),
        (33554433, Reason.ACKNOWLEDGEMENT),
        (67108868, Reason.PUSH),
        (67108892, Reason.PUSH),
        (1, Reason.UNKNOWN),
        (0x03000001, Reason.UNKNOWN),
        (-1, Reason.UNKNOWN),
        (None, Reason.UNKNOWN),
    ],
)
def test_why_a_status_was_sent(command: int | None, reason: Reason) -> None:
    members = {} if command is None else {"command": command}
    message = status_of(reply({"status": members}, session="3"), topic=PUSH_TOPIC)
    assert message.command == command
    assert message.reason is reason
