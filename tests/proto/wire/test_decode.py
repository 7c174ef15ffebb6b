"""Decoding: recognition, members absent and odd, and whatever the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import DecodeError
from navien_proto.model.codes import CurrentOperationMode, DhwOperationSetting, ErrorCode, Unknown
from navien_proto.model.fields import Problem
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import (
    FeatureMessage,
    Message,
    Reason,
    StatusMessage,
    UnknownMessage,
)
from tests.proto.json_strategies import ENGINES, TEXTS, damaged, strict
from tests.proto.wire.captured import captured_messages
from tests.proto.wire.examples import (
    ACK_TOPIC,
    CLIENT,
    FEATURE,
    MAC,
    PUSH_TOPIC,
    STATUS,
    encode,
    reply,
    status,
    status_of,
)


def paths(message: Message) -> list[str]:
    """Wire names of the problems."""
    return [problem.path for problem in message.problems]


# --- the real unit


def test_f33_every_captured_message_decodes_whole() -> None:
    messages = captured_messages()
    assert len(messages) == 18
    for topic, payload in messages:
        for engine in ENGINES:
            message = decode(topic, payload, engine=engine)
            assert isinstance(message, StatusMessage)
            assert message.problems == ()
            assert message.mac == MAC
            members = json.loads(payload)["response"]["status"]
            assert message.status.raw == members
            for row in STATUS_FIELDS:
                value = getattr(message.status, row.python_name)
                # A flag's 0 is the vendor's own "unknown".
                unknown = row.unit == "bool" and members.get(row.wire_name) == 0
                assert (value is None) == (row.wire_name not in members or unknown), row.wire_name


def test_the_first_captured_status() -> None:
    message = decode(*captured_messages()[0])
    assert isinstance(message, StatusMessage)
    read = message.status
    assert message.reason is Reason.ANSWER
    assert message.request_topic == f"cmd/52/navilink-{MAC}/st"
    assert (read.dhw_temperature, read.tank_upper_temperature, read.dhw_charge_percent) == (58.5, 58.6, 92)
    assert (read.current_inst_power, read.current_super_heat) == (432, 4.6)
    assert read.in_fahrenheit.dhw_temperature == 137.3


def test_captured_reasons_follow_codes_and_sessions() -> None:
    for topic, payload in captured_messages():
        message = decode(topic, payload)
        assert isinstance(message, StatusMessage)
        assert message.session_id is not None
        pushed = len(message.session_id) == 1
        assert (message.reason is Reason.PUSH) == pushed == topic.endswith(f"{MAC}/res")


# --- any member may be absent (F33)


def test_f33_a_status_without_any_one_member() -> None:
    whole = status_of(status()).status
    for gone in STATUS:
        members = {name: raw for name, raw in STATUS.items() if name != gone}
        message = status_of(reply({"status": members}))
        assert message.problems == ()
        for row in STATUS_FIELDS:
            expected = None if row.wire_name == gone else getattr(whole, row.python_name)
            assert getattr(message.status, row.python_name) == expected


def test_f33_the_documented_acknowledgement_with_most_members_cut() -> None:
    cut = {"command": 33554437, "operationMode": 32, "dhwOperationSetting": 3, "currentHeatUse": 3,
           "hpLowerOffDiffTempSetting": 0, "heUpperOnTempSetting": 121}  # fmt: skip
    message = status_of(reply({"status": cut}, suffix="ctrl"))
    assert message.reason is Reason.ACKNOWLEDGEMENT
    assert message.status.dhw_operation_setting is DhwOperationSetting.ENERGY_SAVER
    assert sum(getattr(message.status, row.python_name) is not None for row in STATUS_FIELDS) == 6
    assert status_of(reply({"status": {}})).command is None


@pytest.mark.parametrize("gone", ["protocolVersion", "clientID", "sessionID", "requestTopic"])
def test_f33_an_envelope_without_a_member(gone: str) -> None:
    envelope = {name: value for name, value in status().items() if name != gone}
    message = status_of(envelope)
    assert message.problems == ()
    assert message.status == status_of(status()).status
    if gone == "sessionID":
        assert message.session_id is None


def test_newer_members_are_kept_as_they_are() -> None:
    message = status_of(status(newNumber=5, newObject={"a": [1, None]}))
    assert message.problems == ()
    assert message.status.raw["newNumber"] == 5
    assert message.status.raw["newObject"] == {"a": [1, None]}
    assert message.status.dhw_temperature == 58.5


# --- unknown codes (F34) and nothing invented (F35)


@pytest.mark.parametrize(
    "row", [row for row in STATUS_FIELDS if row.decoder.startswith("enum:")], ids=lambda row: row.python_name
)
def test_f34_an_unknown_code_is_kept_and_the_rest_decoded(row: Any) -> None:
    message = status_of(status(**{row.wire_name: 77}))
    value = getattr(message.status, row.python_name)
    assert isinstance(value, Unknown)
    assert value == 77
    assert message.problems == ()
    assert message.status.dhw_temperature == 58.5
    assert message.status.raw[row.wire_name] == 77


def test_f35_absent_codes_and_flags_are_none() -> None:
    read = status_of(reply({"status": {"dhwTemperature": 117}})).status
    assert read.operation_mode is not CurrentOperationMode.STANDBY
    assert read.error_code is not ErrorCode.NO_ERROR
    assert (read.operation_mode, read.error_code, read.comp_use) == (None, None, None)


@pytest.mark.parametrize("raw", ["2", None, 2.5, [2], {"a": 2}, 1 << 63, 1e300, 10**30])
@pytest.mark.parametrize("row", STATUS_FIELDS, ids=lambda row: row.python_name)
def test_f35_a_wrong_type_is_a_problem_of_one_member(row: Any, raw: Any) -> None:
    message = status_of(status(**{row.wire_name: raw}))
    assert getattr(message.status, row.python_name) is None
    assert paths(message) == [row.wire_name]
    assert message.problems == message.status.problems
    assert message.status.raw[row.wire_name] == raw
    other = "dhwTemperature" if row.wire_name != "dhwTemperature" else "tankUpperTemperature"
    assert message.status.raw[other] == STATUS[other]
    assert message.status.current_inst_power == (None if row.wire_name == "currentInstPower" else 432)


def test_f35_truth_values_are_flags_and_nothing_else() -> None:
    message = status_of(status(compUse=False, heatUpperUse=True, touOverrideStatus=True, dhwTemperature=True))
    assert message.status.comp_use is False
    assert message.status.heat_upper_use is True
    assert message.status.tou_override_status is True
    assert message.status.dhw_temperature is None
    assert paths(message) == ["dhwTemperature"]


def test_f35_a_flag_beyond_2_is_a_problem() -> None:
    message = status_of(status(compUse=3))
    assert message.status.comp_use is None
    assert message.problems == (Problem("compUse", 3, "a flag is 0, 1 or 2"),)


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"status": {"compUse": 3}}, "compUse"),
        ({"feature": {"powerUse": "x"}}, "powerUse"),
        ({"failCode": "x"}, "failCode"),
        ({"typeOfTD": "x"}, "typeOfTD"),
        ({"downloadSwInfo": 5}, "downloadSwInfo"),
        ({"typeOfUsage": "x"}, "typeOfUsage"),
        ({"reservationUse": 9, "reservation": []}, "reservationUse"),
        ({"reservationUse": 9, "reservation": [{"season": 4095}]}, "reservationUse"),
        ({"reservationUse": 9, "reservation": "027c060002ff"}, "reservationUse"),
    ],
)
def test_f35_problems_of_the_envelope_and_of_its_content_stand_together(part: dict[str, Any], path: str) -> None:
    message = decode(ACK_TOPIC, encode(reply(part) | {"sessionID": 5}))
    assert paths(message)[0] == "sessionID"
    assert path in paths(message)


def test_integral_fractions_are_numbers() -> None:
    message = decode(ACK_TOPIC, encode(status()).replace(b'"dhwTemperature":117', b'"dhwTemperature":117.0'))
    assert isinstance(message, StatusMessage)
    assert message.status.dhw_temperature == 58.5
    assert message.problems == ()
    assert type(message.status.raw["dhwTemperature"]) is float


# --- payloads that are refused, F36

REFUSED: dict[str, bytes] = {
    "invalid UTF-8": b'{"response":{"status":{"a":"\xff"}}}',
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"response":' * 20_000 + b"1" + b"}" * 20_000,
    "a 5000-digit integer": encode(status()).replace(b'"dhwTemperature":117', b'"dhwTemperature":' + b"1" * 5000),
    "a 5000-digit integer nobody asked for": b'{"new":' + b"1" * 5000 + b"," + encode(status())[1:],
    "a 5000-digit integer that is overwritten": b'{"response":' + b"1" * 5000 + b"," + encode(status())[1:],
    "depth that is overwritten": b'{"response":' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"," + encode(status())[1:],
    "NaN": encode(status()).replace(b":117", b":NaN"),
    "Infinity": encode(status()).replace(b":117", b":-Infinity"),
    "overflow": encode(status()).replace(b":117", b":1e999"),
    "10 MB": b'{"response":{"status":{"a":"' + b"x" * 10_000_000 + b'"}}}',
    "half a surrogate pair": encode(status()).replace(b"client-0001", b"\\ud800"),
    "a byte-order mark": b"\xef\xbb\xbf" + encode(status()),
    "UTF-16": encode(status()).decode().encode("utf-16"),
    "nothing": b"",
    "half a message": encode(status())[:1000],
}


@pytest.mark.parametrize("payload", REFUSED.values(), ids=list(REFUSED))
def test_f36_refused_with_a_typed_error(payload: bytes) -> None:
    reasons = set()
    for engine in ENGINES:
        with pytest.raises(DecodeError) as caught:
            decode(ACK_TOPIC, payload, engine=engine)
        assert caught.value.topic == f"cmd/52/navilink-<mac>/{CLIENT}/res"
        assert MAC not in str(caught.value)
        reasons.add(caught.value.reason)
    assert len(reasons) == 1


# --- whatever the bytes

MESSAGES = [
    encode(status()),
    encode(reply({"status": {"command": 0, "compUse": 2}})),
    encode(reply({"feature": FEATURE})),
    encode(reply({"failCode": 2})),
    encode({"request": {"command": 16777219, "macAddress": MAC}}),
]
TOPICS = st.sampled_from([ACK_TOPIC, PUSH_TOPIC, f"cmd/52/navilink-{MAC}/ctrl-fail", "evt/52/x", ""]) | st.text()


def outcome(topic: str, payload: bytes, index: int) -> tuple[object, ...]:
    try:
        message = decode(topic, payload, engine=ENGINES[index])
    except DecodeError as error:
        return "refused", error.reason, error.topic
    return message, repr(message), *shown(message)


def shown(message: Message) -> list[str]:
    found = [strict([problem.path, problem.raw, problem.reason]) for problem in message.problems]
    if isinstance(message, StatusMessage):
        found += [strict(dict(message.status.raw)), strict(message.status.to_dict())]
    elif isinstance(message, FeatureMessage):
        found += [strict(dict(message.feature.raw)), strict(message.feature.to_dict())]
    elif isinstance(message, UnknownMessage):
        found.append(strict(message.raw))
    return found


def one_outcome(topic: str, payload: bytes) -> None:
    first = outcome(topic, payload, 0)
    for index in range(1, len(ENGINES)):
        assert outcome(topic, payload, index) == first


@given(TOPICS, damaged(MESSAGES))
def test_both_engines_decode_damaged_messages_alike(topic: str, payload: bytes) -> None:
    one_outcome(topic, payload)


@given(TOPICS, st.binary())
def test_both_engines_decode_garbage_alike(topic: str, payload: bytes) -> None:
    one_outcome(topic, payload)


@given(st.sampled_from(sorted(STATUS)), TEXTS, st.booleans())
def test_both_engines_decode_any_member_alike(name: str, text: str, twice: bool) -> None:
    message = encode(status())
    old = f'"{name}":{STATUS[name]},'.encode()
    new = f'"{name}":{text},'.encode("utf-8", "surrogatepass")
    one_outcome(ACK_TOPIC, message.replace(old, new + old if twice else new))


@given(
    TEXTS,
    st.sampled_from(["response", "clientID", "sessionID", "protocolVersion", "new", "status"]),
    st.booleans(),
)
def test_both_engines_decode_any_envelope_alike(text: str, name: str, first: bool) -> None:
    added = f'"{name}":{text}'.encode("utf-8", "surrogatepass")
    message = encode(status())
    one_outcome(ACK_TOPIC, b"{" + added + b"," + message[1:] if first else message[:-1] + b"," + added + b"}")


@settings(max_examples=30)
@given(st.integers(0, 17), st.data())
def test_both_engines_decode_damaged_captures_alike(index: int, data: st.DataObject) -> None:
    topic, payload = captured_messages()[index]
    one_outcome(topic, data.draw(damaged([payload])))


def test_every_prefix_of_a_message_is_refused() -> None:
    payload = encode(status())
    for length in range(0, len(payload), 7):
        with pytest.raises(DecodeError):
            decode(ACK_TOPIC, payload[:length])
