"""The short way gives what the long way gives, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import DecodeError
from navien_proto.jsontext import Engine
from navien_proto.wire import fastpath
from navien_proto.wire.decode import decode
from navien_proto.wire.fastpath import status_message
from navien_proto.wire.messages import StatusMessage
from tests.proto.json_strategies import ENGINES, TEXTS, damaged, strict
from tests.proto.wire.captured import captured_messages
from tests.proto.wire.examples import ACK_TOPIC, STATUS, encode, reply, status

BY_ENGINE = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def the_long_way(topic: str, payload: bytes, engine: Engine) -> object:
    """What `decode` gives when the short way never knows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("navien_proto.wire.decode.status_message", lambda *_: None)
        try:
            return decode(topic, payload, engine=engine)
        except DecodeError as error:
            return error.reason


def agree(payload: bytes) -> None:
    for engine in ENGINES:
        short = status_message(ACK_TOPIC, payload, engine)
        if short is not None:
            long = the_long_way(ACK_TOPIC, payload, engine)
            assert isinstance(long, StatusMessage)
            assert short == long
            assert repr(short) == repr(long)
            assert hash(short) == hash(long)
            assert strict(dict(short.status.raw)) == strict(dict(long.status.raw))


@BY_ENGINE
def test_the_usual_status_takes_it(engine: Engine) -> None:
    assert status_message(ACK_TOPIC, encode(status()), engine) is not None
    for topic, payload in captured_messages():
        assert status_message(topic, payload, engine) is not None
        agree(payload)


@BY_ENGINE
def test_so_does_another_firmware(engine: Engine) -> None:
    for message in (
        status(newNumber=5, dhwOperationBusy=1),
        reply({"status": {"command": 0, "compUse": 2}}),
        reply({"status": dict(reversed(STATUS.items()))}),
    ):
        assert status_message(ACK_TOPIC, encode(message), engine) is not None
        agree(encode(message))


@BY_ENGINE
@pytest.mark.parametrize(
    "changed",
    [
        {"compUse": 3},
        {"compUse": True},
        {"dhwTemperature": 117.0},
        {"dhwTemperature": None},
        {"dhwTemperature": 1 << 63},
        {"dhwTemperature": 10**400},
        {"dhwTemperature": -(10**19)},
        {"new": {"a": 1}},
        {"new": "x"},
        {"heLowerOnDiffTempSetting": 1},
    ],
)
def test_what_is_odd_does_not(changed: dict[str, Any], engine: Engine) -> None:
    assert status_message(ACK_TOPIC, encode(status(**changed)), engine) is None


@BY_ENGINE
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"client-0001"', b"5"),
        (b'"protocolVersion":2', b'"protocolVersion":2.0'),
        (b'"protocolVersion":2', b'"protocolVersion":true'),
        (b'"protocolVersion":2', b'"protocolVersion":3'),
        (b'"deviceType":52', b'"deviceType":-1'),
        (b'"deviceType":52', b'"deviceType":[]'),
        (b'"deviceType":52,', b""),
        (b'"sessionID"', b'"session"'),
        (b'"aabbccddeeff"', b'"AABBCCDDEEFF"'),
        (b'"response":', b'"extra":1,"response":'),
        (b'"status":{', b'"extra":1,"status":{'),
        (b'"status":{', b'"status":{},"status":{'),
        (b'"status":', b'"st":'),
    ],
)
def test_nor_does_an_odd_envelope(old: bytes, new: bytes, engine: Engine) -> None:
    payload = encode(status())
    assert old in payload
    assert status_message(ACK_TOPIC, payload.replace(old, new), engine) is None


@BY_ENGINE
@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b'{"a":{"b":{"c":' * 10000, b"1" * 300_000])
def test_nor_does_what_is_no_status(payload: bytes, engine: Engine) -> None:
    assert status_message(ACK_TOPIC, payload, engine) is None


@given(st.sampled_from(sorted(STATUS)), TEXTS | st.integers(-5, 300).map(str), st.booleans())
def test_both_ways_agree_on_any_member(name: str, text: str, replaced: bool) -> None:
    message = encode(status())
    old = f'"{name}":{STATUS[name]}'.encode()
    new = f'"{name}":{text}'.encode("utf-8", "surrogatepass")
    agree(message.replace(old, new if replaced else old + b"," + new))


@given(TEXTS, st.sampled_from(["response", "clientID", "protocolVersion", "sessionID", "new"]))
def test_both_ways_agree_on_any_envelope(text: str, name: str) -> None:
    agree(b"{" + f'"{name}":{text},'.encode("utf-8", "surrogatepass") + encode(status())[1:])


@given(damaged([encode(status()), encode(reply({"status": {"command": 0, "compUse": 2}}))]))
def test_both_ways_agree_on_damaged_messages(payload: bytes) -> None:
    agree(payload)


def test_one_function_is_all_there_is() -> None:
    assert fastpath.__all__ == ["status_message"]
