"""Whatever the bytes: the rarer messages decode or are refused, in bounded time."""

from __future__ import annotations

import time as clock
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import DecodeError
from navien_proto.wire.decode import decode
from tests.proto.json_strategies import ENGINES, TEXTS, damaged
from tests.proto.wire.documents import (
    APP,
    CONNECTION,
    DL,
    ENERGY,
    OTA,
    RECIRC,
    RECIRC_HEX,
    RSV,
    RSV_HEX,
    TD,
    TOU,
    answers,
)
from tests.proto.wire.examples import ACK_TOPIC, encode, reply, request

TOPICS = [RSV, RSV_HEX, RECIRC, RECIRC_HEX, TOU, ENERGY, TD, DL, OTA, CONNECTION, APP, ACK_TOPIC, "evt/x", ""]
MESSAGES = [
    encode(value)
    for section in range(5, 13)
    for value in answers(section)
] + [encode(request(mode="m", param=[1])), encode(reply({"commitOta": {}}))]  # fmt: skip


def outcome(topic: str, payload: bytes, index: int) -> object:
    try:
        message = decode(topic, payload, engine=ENGINES[index])
    except DecodeError as error:
        return error.reason
    hash(message)
    return message, repr(message)


@settings(deadline=None)
@given(st.sampled_from(TOPICS) | st.text(), damaged(MESSAGES))
def test_damaged_messages_decode_or_are_refused_alike(topic: str, payload: bytes) -> None:
    assert len({repr(outcome(topic, payload, index)) for index in range(len(ENGINES))}) == 1


MEMBERS = ["reservation", "reservationUse", "typeOfUsage", "usage", "total", "typeOfTD", "data", "downloadSwInfo",
           "commitOta", "failCode", "season", "tsData", "month", "swVersion", "hpUsage", "connection", "event",
           "status", "param", "request"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 300) | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(alphabet="0123456789abcdefF ", max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(TOPICS),
    st.dictionaries(st.sampled_from(MEMBERS), VALUES),
    st.sampled_from(["response", "event", "request"]),
)
def test_any_members_decode(topic: str, members: dict[str, Any], part: str) -> None:
    try:
        message = decode(topic, encode({part: members}))
    except DecodeError:
        return
    assert repr(message)
    assert all(problem.path and problem.reason for problem in message.problems)


@settings(deadline=None)
@given(st.sampled_from(TOPICS), st.sampled_from(MEMBERS), TEXTS)
def test_any_json_as_a_member_decodes_or_is_refused(topic: str, name: str, text: str) -> None:
    payload = f'{{"response":{{"{name}":{text},"usage":[],"total":{{}}}}}}'.encode("utf-8", "surrogatepass")
    assert len({repr(outcome(topic, payload, index)) for index in range(len(ENGINES))}) == 1


@pytest.mark.parametrize("payload", MESSAGES, ids=range(len(MESSAGES)))
def test_every_prefix_is_refused(payload: bytes) -> None:
    for length in range(len(payload)):
        with pytest.raises(DecodeError):
            decode(RSV, payload[:length])


@pytest.mark.parametrize(
    ("topic", "name", "item"),
    [
        (DL, "downloadSwInfo", b"1,"),
        (DL, "downloadSwInfo", b'{"swCode":"x"},'),
        (ENERGY, "usage", b"1,"),
        (ENERGY, "usage", b'{"data":[1]},'),
        (RSV, "reservation", b"1,"),
        (TOU, "reservation", b"{},"),
        (RECIRC, "reservation", b"{},"),
    ],
)
def test_f36_a_long_list_of_nonsense_takes_bounded_time(topic: str, name: str, item: bytes) -> None:
    body = item * (250_000 // len(item))
    payload = b'{"response":{"typeOfUsage":1,"' + name.encode() + b'":[' + body[:-1] + b"]}}"
    if name != "usage":
        payload = payload.replace(b'"typeOfUsage":1,', b"")
    began = clock.thread_time()  # of this thread alone: the machine may be busy
    message = decode(topic, payload)
    assert len(message.problems) > 10_000
    assert clock.thread_time() - began < 60  # measured: 1 to 3; what is quadratic takes hours
