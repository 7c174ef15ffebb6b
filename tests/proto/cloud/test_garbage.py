"""What no cloud should send: each parser refuses it with a typed error or reads what is left, in bounded time."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.cloud import openei, tou
from navien_proto.cloud.http import HttpReply
from navien_proto.errors import RemoteProtocolError
from tests.proto.cloud import bodies
from tests.proto.cloud.test_endpoints import EXPECTED, PARSERS, places
from tests.proto.json_strategies import TEXTS, damaged

ALL = {
    **{name: parse for name, (parse, _) in PARSERS.items()},
    "store": tou.parse_store_tou,
    "convert": tou.parse_convert_tou,
}
BODIES = [json.dumps(body).encode() for _, body in PARSERS.values()]
WHOLE = json.dumps(bodies.SIGN_IN).encode()

REFUSED: dict[str, tuple[bytes, str]] = {
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 64"),
    "deep objects": (b'{"data":' * 20_000 + b"1" + b"}" * 20_000, "nested deeper than 64"),
    "depth behind a member that comes again": (
        b'{"data":' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"," + WHOLE[1:],
        "nested deeper than 64",
    ),
    "an integer of 5000 digits": (b'{"code":200,"data":' + b"1" * 5000 + b"}", "a number is too large"),
    "5000 digits nobody asked for": (b'{"new":' + b"1" * 5000 + b"," + WHOLE[1:], "a number is too large"),
    "NaN": (WHOLE.replace(b"3600", b"NaN"), "NaN is not JSON"),
    "Infinity": (WHOLE.replace(b"3600", b"-Infinity"), "-Infinity is not JSON"),
    "overflow": (WHOLE.replace(b"3600", b"1e999"), "a number is too large"),
    "half a surrogate pair": (WHOLE.replace(b"Test", b"\\ud800"), "half of a surrogate pair"),
    "a byte-order mark": (b"\xef\xbb\xbf" + WHOLE, "it begins with a byte-order mark"),
    "UTF-16": (WHOLE.decode().encode("utf-16"), "not UTF-8"),
    "10 MB": (
        b'{"code":200,"msg":"' + b"x" * 10_000_000 + b'"}',
        "10000021 bytes are more than the 262144 allowed",
    ),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=list(REFUSED))
@pytest.mark.parametrize("name", ALL)
def test_f36_refused_with_a_typed_error(name: str, body: bytes, reason: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ALL[name](HttpReply(200, {}, body))
    assert str(caught.value).endswith(f"the answer cannot be read ({reason})")
    # An HTTP status that is no success stands whatever the body is.
    with pytest.raises(EXPECTED) as other:
        ALL[name](HttpReply(503, {}, body))
    assert not isinstance(other.value, RemoteProtocolError)


def test_a_list_of_tariffs_may_be_longer_than_a_message_but_not_endless() -> None:
    items = json.dumps({"items": [{"label": "x" * 100, "name": "y"}] * 5000}).encode()
    assert len(openei.parse_utility_rates(HttpReply(200, {}, items)).rates) == 5000
    endless = b'{"items":[' + b"1," * 9_000_000
    with pytest.raises(RemoteProtocolError, match="bytes are more than"):
        openei.parse_utility_rates(HttpReply(200, {}, endless))


def test_the_last_of_equal_names_counts() -> None:
    body = b'{"code":500,"data":[],"code":200,"data":{"a":1}}'
    assert PARSERS["push"][0](HttpReply(200, {}, body)).data == {"a": 1}


@settings(deadline=None)
@given(st.sampled_from(sorted(ALL)), st.sampled_from([200, 200, 200, 401, 500]), damaged(BODIES))
def test_a_damaged_answer_is_read_or_refused(name: str, status: int, body: bytes) -> None:
    with suppress(*EXPECTED):
        assert repr(ALL[name](HttpReply(status, {}, body)))


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(PARSERS)), TEXTS)
def test_any_json_in_place_of_a_member_is_read_or_refused(data: st.DataObject, name: str, text: str) -> None:
    parse, body = PARSERS[name]
    *path, last = data.draw(st.sampled_from([place for place in places(body) if place]))
    copy = json.loads(json.dumps(body))
    target: Any = copy
    for step in path:
        target = target[step]
    target[last] = "@here@"
    raw = json.dumps(copy).replace('"@here@"', text).encode("utf-8", "surrogatepass")
    with suppress(*EXPECTED):
        assert repr(parse(HttpReply(200, {}, raw)))


@settings(deadline=None)
@given(
    st.sampled_from([200, 200, 403, 500]),
    damaged([b'{"items":[{"label":"a","energyratestructure":[[{"rate":0.1}]]}]}']),
)
def test_a_damaged_list_of_tariffs_is_read_or_refused(status: int, body: bytes) -> None:
    with suppress(*EXPECTED):
        assert repr(openei.parse_utility_rates(HttpReply(status, {}, body)))
