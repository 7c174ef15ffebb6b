"""What every message says beside its content: each member by itself, when others are odd."""

from __future__ import annotations

from typing import Any

import pytest

from navien_proto.errors import DecodeError
from navien_proto.jsontext import ENGINE, Engine
from navien_proto.model.device import Device
from navien_proto.model.fields import Problem
from navien_proto.wire.commands import (
    Command,
    RequestDiagnostics,
    RequestFirmwareDownload,
    RequestReservations,
    RequestStatus,
)
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import RecirculationMessage, ReservationsMessage, TouMessage, UnknownMessage
from tests.proto.wire.examples import ACK_TOPIC, CLIENT, MAC, encode, status

ATTRIBUTES = {
    "clientID": "client_id",
    "sessionID": "session_id",
    "requestTopic": "request_topic",
    "macAddress": "mac",
    "additionalValue": "additional_value",
}
WHOLE = {
    "clientID": "client-0001",
    "sessionID": "1700000000000",
    "requestTopic": f"cmd/52/navilink-{MAC}/st/rsv/rd",
    "macAddress": MAC,
    "additionalValue": "1234",
}


def told(**odd: Any) -> Any:
    """A message whose topic names no heater."""
    members = WHOLE | odd
    part = {name: members.pop(name) for name in ("macAddress", "additionalValue") if name in members}
    form = {**members, "response": {**part, "reservationUse": 2, "reservation": []}}
    return decode("elsewhere/rsv", encode(form))


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("odd", [5.5, [], {}, True])
def test_a_member_of_another_type_is_a_problem_and_the_others_stand(name: str, odd: object) -> None:
    message = told(**{name: odd})
    assert message.problems == (Problem(name, odd, "text belongs here"),)
    for other, attribute in ATTRIBUTES.items():
        assert getattr(message, attribute) == (None if other == name else WHOLE[other])


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_member_that_is_null_is_absent(name: str) -> None:
    form = {key: value for key, value in WHOLE.items() if key != name}
    part = {key: form.pop(key) for key in ("macAddress", "additionalValue") if key in form}
    message = decode("elsewhere/rsv", encode({**form, "response": {**part, "reservation": []}}))
    assert message.problems == ()
    for other, attribute in ATTRIBUTES.items():
        assert getattr(message, attribute) == (None if other == name else WHOLE[other])


def test_an_additional_value_that_is_a_number_becomes_text_and_the_others_stand() -> None:
    message = told(additionalValue=815)
    assert message.problems == ()
    assert [getattr(message, attribute) for attribute in ATTRIBUTES.values()] == [
        *list(WHOLE.values())[:-1],
        "815",
    ]


def test_a_mac_that_is_none_is_a_problem_beside_others_and_the_topic_s_is_taken() -> None:
    form = {"clientID": 7, "response": {"macAddress": "nobody", "reservation": []}}
    message = decode(f"cmd/52/navilink-{MAC}/res", encode(form))
    assert message.problems == (
        Problem("clientID", 7, "text belongs here"),
        Problem("macAddress", "nobody", "not twelve hexadecimal digits"),
    )
    assert message.mac == MAC
    assert told(macAddress="nobody").mac is None


def test_json_of_no_kind_is_kept_whole() -> None:
    form = {"clientID": "x", "response": {"macAddress": MAC, "something": "else"}}
    message = decode("elsewhere", encode(form))
    assert isinstance(message, UnknownMessage)
    assert message.raw == form


def test_lists_are_kept_as_they_came() -> None:
    for suffix, kind in (
        ("rsv/rd", ReservationsMessage),
        ("recirc-rsv/rd", RecirculationMessage),
        ("tou/rd", TouMessage),
    ):
        response = {"macAddress": MAC, "reservationUse": 1, "reservation": []}
        message = decode(f"cmd/52/{CLIENT}/res/{suffix}", encode({"response": response}))
        assert isinstance(message, kind)
        assert message.raw == response


def test_a_client_may_be_called_res() -> None:
    response = {"macAddress": MAC, "reservationUse": 1, "reservation": []}
    message = decode("cmd/52/res/res/recirc-rsv/rd", encode({"response": response}))
    assert isinstance(message, RecirculationMessage)


def test_an_entry_that_is_no_object_is_shown_in_its_problem() -> None:
    response = {"macAddress": MAC, "typeOfUsage": 1, "total": {}, "usage": ["odd"]}
    message = decode("elsewhere", encode({"response": response}))
    assert Problem("usage[0]", "odd", "an object belongs here") in message.problems


def test_the_engine_that_is_asked_for_is_asked() -> None:
    seen: list[bytes] = []

    def parse(data: bytes) -> Any:
        seen.append(data)
        return ENGINE.parse(data)

    payload = encode({"response": {"macAddress": MAC, "reservation": []}})
    decode("elsewhere/rsv", payload, engine=Engine("spy", parse))
    assert seen == [payload]


@pytest.mark.parametrize(
    "command", [RequestStatus(), RequestReservations(), RequestDiagnostics(), RequestFirmwareDownload()]
)
def test_topics_are_those_of_the_kind_of_device(command: Command) -> None:
    device = Device(mac=MAC, additional_value="1234", device_type=53, home_seq=7)
    envelope = command.to_envelope(device, "client-0001", "1700000000000")
    assert envelope.topic == f"cmd/53/navilink-{MAC}/{command.suffix}"
    assert envelope.reply_topic is not None
    assert envelope.reply_topic.startswith("cmd/53/")
    if command.reply_suffix:
        assert envelope.reply_topic.endswith(f"/{command.reply_suffix}")


def test_nothing_deep_or_long_comes_in_by_the_short_way() -> None:
    payload = encode(status())
    with pytest.raises(DecodeError, match="bytes"):
        decode(ACK_TOPIC, payload + b" " * (256 * 1024))
    twice = payload.replace(b'"deviceType"', b'"deviceType":' + b"[" * 100 + b"]" * 100 + b',"deviceType"', 1)
    with pytest.raises(DecodeError, match="deep"):
        decode(ACK_TOPIC, twice)


def test_a_code_that_is_no_number_says_what_it_must_be() -> None:
    payload = encode({"response": {"macAddress": MAC, "failCode": "seven"}})
    (problem,) = decode(f"cmd/52/navilink-{MAC}/ctrl-fail", payload).problems
    assert problem == Problem("failCode", "seven", "text where a whole number belongs")
