"""JSON: two engines, one behaviour, whatever the bytes."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from navien_proto.errors import DecodeError, NavienError, UsageError
from navien_proto.jsontext import MAX_BYTES, MAX_DEPTH, Engine, OutOfRange, dumps, dumps_plain, loads
from tests.proto.json_strategies import ENGINES, SPACE, TEXTS, damaged, strict
from tests.proto.wire import examples

BY_ENGINE = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def outcome(data: bytes, engine: Engine) -> str:
    """What reading gives, types and all, as text that can be compared."""
    try:
        return strict(loads(data, engine=engine))
    except DecodeError as error:
        return f"refused: {error.reason}"


MESSAGES = [
    examples.encode(examples.status()),
    examples.encode(examples.reply({"feature": examples.FEATURE})),
    examples.encode({"request": {"command": 1}}),
    json.dumps(examples.status(), indent=1).encode(),
]


def one_behaviour(data: bytes) -> None:
    results = {outcome(data, engine) for engine in ENGINES}
    assert len(results) == 1, results


@given(TEXTS, SPACE, SPACE)
@example("[" + "9" * 19 + "]", "", "")
@example('{"a":"\\ud800","a":1}', "", "")
@example('"\\ud83d\\n\\ude00"', "", "")
def test_both_engines_read_all_json_alike(text: str, before: str, after: str) -> None:
    one_behaviour((before + text + after).encode("utf-8", "surrogatepass"))


@given(damaged(MESSAGES))
def test_both_engines_read_damaged_messages_alike(data: bytes) -> None:
    one_behaviour(data)


@given(st.binary())
def test_both_engines_read_garbage_alike(data: bytes) -> None:
    one_behaviour(data)


@given(
    st.integers(55, 75), st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[[],{"]":', b"}]")]), st.booleans()
)
def test_both_engines_agree_on_depth(levels: int, pair: tuple[bytes, bytes], closed: bool) -> None:
    data = pair[0] * levels + b"1" + (pair[1] * levels if closed else b"")
    one_behaviour(data)


@BY_ENGINE
def test_depth_is_counted_outside_strings(engine: Engine) -> None:
    assert loads(b'["' + b"[" * 1000 + b'\\"", {}' + b",[]" * 500 + b"]", engine=engine)[0] == "[" * 1000 + '"'
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    loads(deepest, engine=engine)
    with pytest.raises(DecodeError, match="nested deeper than 64"):
        loads(b"[" + deepest + b"]", engine=engine)


@BY_ENGINE
@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 30_000, b'"\\"' * 60_000 + b"[" * 100])
def test_what_is_very_deep_is_refused_in_no_time(data: bytes, engine: Engine) -> None:
    with pytest.raises(DecodeError):
        loads(data, engine=engine)


@BY_ENGINE
def test_size_is_limited(engine: Engine) -> None:
    assert loads(b" " * (MAX_BYTES - 1) + b"1", engine=engine) == 1
    with pytest.raises(DecodeError, match="more than the 262144 allowed"):
        loads(b" " * MAX_BYTES + b"1", engine=engine)


@BY_ENGINE
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e999", "too large"),
        (b"9" * 309, "too large"),
        (b'{"a":' + b"9" * 5000 + b"}", "too large"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00":1}', "surrogate"),
    ],
)
def test_what_is_refused(data: bytes, reason: str, engine: Engine) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        loads(data, topic="cmd/52/navilink-aabbccddeeff/res", engine=engine)
    assert caught.value.topic == "cmd/52/navilink-<mac>/res"


@BY_ENGINE
def test_the_error_shows_nothing_of_the_payload(engine: Engine) -> None:
    with pytest.raises(DecodeError) as caught:
        loads(b'{"secret-name":"secret-value"', engine=engine)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@BY_ENGINE
@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, (1 << 64) - 1, 10**30, 10**308])
def test_integers_beyond_64_bits_are_kept_and_marked(number: int, engine: Engine) -> None:
    (read,) = loads(b"[%d]" % number, engine=engine)
    assert type(read) is OutOfRange
    assert read == number
    assert repr(read) == str(number)


@BY_ENGINE
@pytest.mark.parametrize("number", [(1 << 63) - 1, -(1 << 63), 10**18])
def test_integers_of_64_bits_are_plain(number: int, engine: Engine) -> None:
    (read,) = loads(b"[%d]" % number, engine=engine)
    assert type(read) is int
    assert read == number


@BY_ENGINE
def test_the_interpreters_limit_on_digits_changes_nothing(engine: Engine) -> None:
    source = (
        "import sys; from navien_proto import jsontext, errors\n"
        f"engine = {{e.name: e for e in (jsontext.STANDARD, jsontext.FAST) if e}}[{engine.name!r}]\n"
        "for digits in (308, 309, 5000):\n"
        "    try: print(len(str(jsontext.loads(b'9' * digits, engine=engine))))\n"
        "    except errors.DecodeError as error: print(error.reason)\n"
    )
    for limit in ("0", "640", "4300"):
        done = subprocess.run(
            [sys.executable, "-c", source],
            env=os.environ | {"PYTHONINTMAXSTRDIGITS": limit},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == ["308", "a number is too large", "a number is too large"]


def test_the_last_of_equal_names_counts() -> None:
    for engine in ENGINES:
        assert loads(b'{"a":1,"b":2,"a":3}', engine=engine) == {"a": 3, "b": 2}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON_VALUES)
@settings(max_examples=50)
def test_what_is_written_is_read_back(value: Any) -> None:
    for engine in ENGINES:
        assert strict(loads(dumps(value), engine=engine)) == strict(value)


def test_writing_is_compact_and_keeps_order() -> None:
    assert dumps({"b": [1, True, None], "a": "ü\u2028"}) == '{"b":[1,true,null],"a":"ü\u2028"}'.encode()
    assert dumps(OutOfRange(7)) == b"7"


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {1, 2}, object(), b"x"])
def test_what_json_cannot_say_is_not_written(value: Any) -> None:
    with pytest.raises(UsageError, match="written as JSON") as caught:
        dumps({"a": value})
    assert isinstance(caught.value, NavienError)


@pytest.mark.parametrize("write", [dumps, dumps_plain])
def test_a_circle_is_not_written(write: Callable[[Any], bytes]) -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(UsageError, match="written as JSON"):
        write(circle)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(PLAIN)
@example("".join(map(chr, range(0x20))) + '\x7f"\\/\u2028\U0001f600')
@example([1 << 64, -(1 << 70)])
def test_plain_data_is_written_alike_by_both(value: Any) -> None:
    assert dumps_plain(value) == dumps(value)


def test_plain_data_is_written_without_orjson_too(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"b": [1, True, None], "a": "ü"}
    before = dumps_plain(value)
    monkeypatch.setattr("navien_proto.jsontext.FAST", None)
    assert dumps_plain(value) == before


@pytest.mark.parametrize("value", ["\ud800", {1, 2}, object(), b"x"])
def test_what_json_cannot_say_is_no_plain_data(value: Any) -> None:
    with pytest.raises(UsageError, match="written as JSON"):
        dumps_plain({"a": value})


def test_without_orjson_the_standard_library_reads() -> None:
    source = (
        "import sys; sys.modules['orjson'] = None\n"
        "from navien_proto import jsontext\n"
        "assert jsontext.FAST is None and jsontext.ENGINE is jsontext.STANDARD\n"
        "print(jsontext.loads(b'[1]'), jsontext.dumps_plain([1, 'a']))\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[1] b'[1,\"a\"]'\n"
