"""Captures with what F36 lists in them: a row with its error, or a file that is none, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import DecodeError, NavienError, RemoteProtocolError, UsageError
from navien_proto.har import decode_capture, read_har
from tests.proto.cloud import bodies
from tests.proto.json_strategies import TEXTS, damaged
from tests.proto.test_har import exchange, frame, har, publish, socket
from tests.proto.wire import examples

ODD: dict[str, bytes] = {
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"response":' * 20_000 + b"1" + b"}" * 20_000,
    "an integer of 5000 digits": b'{"code":200,"data":' + b"1" * 5000 + b"}",
    "NaN": b'{"code":200,"data":NaN}',
    "overflow": b'{"code":200,"data":1e999}',
    "half a surrogate pair": b'{"code":200,"data":"\\ud800"}',
    "a byte-order mark": b'\xef\xbb\xbf{"code":200}',
}


def rest(body: bytes) -> dict[str, Any]:
    """An exchange whose answer is these bytes."""
    entry = exchange("/user/sign-in", None)
    entry["response"]["content"]["text"] = body.decode()
    return entry


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_f36_what_is_odd_in_a_capture_is_a_row_with_its_error(odd: bytes) -> None:
    good = socket(frame(publish(examples.encode(examples.status())), seconds=1))
    rows = list(decode_capture(read_har(har(rest(odd), socket(frame(publish(odd))), good))))
    assert [type(row.result) for row in rows[:2]] == [RemoteProtocolError, DecodeError]
    assert not isinstance(rows[2].result, NavienError)


def test_f36_ten_megabytes_are_refused_and_a_packet_no_broker_carries_is_skipped() -> None:
    large = b'{"code":200,"data":"' + b"x" * 10_000_000 + b'"}'
    capture = read_har(har(rest(large), socket(frame(publish(large)))))
    assert sum(capture.skipped.values()) == 1
    (row,) = decode_capture(capture)
    assert isinstance(row.result, RemoteProtocolError)


@pytest.mark.parametrize(
    "data",
    [
        b'{"log":{"entries":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"log":{"entries":[],"pages":' + b"1" * 100_000 + b"}}",
        b'{"log":{"entries":[' + json.dumps(exchange("/x", {})).encode()[:-1] + b',"startedDateTime":NaN}]}}',
        har().decode().encode("utf-16"),
    ],
    ids=["deep", "digits", "NaN for a time", "UTF-16"],
)
def test_f36_a_file_that_is_none(data: bytes) -> None:
    with pytest.raises(UsageError):
        read_har(data)


def test_the_last_of_equal_names_counts() -> None:
    whole = har(exchange("/user/sign-in", bodies.SIGN_IN))
    twice = whole.replace(b'{"log": {', b'{"log": 5, "log": {"entries": 7, ')
    assert read_har(twice) == read_har(whole)


@settings(deadline=None)
@given(
    damaged([har(exchange("/user/sign-in", bodies.SIGN_IN), socket(frame(publish(b"{}"))))]),
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40),
)
def test_a_damaged_file_and_any_payload_are_read_or_refused(file: bytes, payload: bytes) -> None:
    for data in (file, har(socket(frame(publish(payload))))):
        with suppress(UsageError):
            assert all(repr(row.result) for row in decode_capture(read_har(data)))
