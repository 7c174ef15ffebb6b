"""The one place where JSON is read and written: two engines, one behaviour.

orjson is used when it is installed (extra ``fast``), the standard library otherwise. They differ at the edges
(numbers beyond 64 bits, NaN, overflow, lone surrogates, byte-order marks, nesting), so the edges are taken away
from the fast one: what it refuses, and what could hold a number it would round, is read by the standard
library, whose verdict stands. Everything else both read alike, and a property test holds them to it.

What is accepted is JSON in UTF-8 without a byte-order mark, at most `MAX_BYTES` long and `MAX_DEPTH` deep,
without NaN and Infinity, without numbers too large for a double, however written, and without lone surrogates.
An integer outside ±2⁶³ is accepted as `OutOfRange`, so that it becomes a problem of its member alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isinf
from typing import Any

from attrs import frozen

from navien_proto.errors import DecodeError, UsageError

__all__ = [
    "ENGINE",
    "FAST",
    "MAX_BYTES",
    "MAX_DEPTH",
    "STANDARD",
    "Engine",
    "OutOfRange",
    "dumps",
    "dumps_plain",
    "loads",
]

# AWS IoT carries at most 128 KB, the largest message of the protocol has some 3 KB.
MAX_BYTES = 256 * 1024
# The protocol nests five deep; the limit keeps recursion in later walks harmless.
MAX_DEPTH = 64


class OutOfRange(int):
    """An integer of a message that does not fit 64 bits with a sign. No field accepts it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return int.__repr__(self)


class _Refused(ValueError):
    pass


def _refuse_constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise _Refused("a number is too large")
    return number


def _integer(text: str) -> int:
    # A double ends at 309 digits, and the interpreter's own limit on digits is never below 640.
    if len(text) <= 310:
        number = int(text)
        if -(1 << 63) <= number < 1 << 63:
            return number
        if abs(number) < 1 << 1023 or not isinf(_as_double(number)):
            return OutOfRange(number)
    raise _Refused("a number is too large")


def _as_double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")


_PLAIN = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_EXACT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer)

_DIGITS = bytes.maketrans(b"123456789", b"000000000")


def _may_leave_64_bits(data: bytes) -> bool:
    # A run of 19 digits, the shortest that can, puts a digit on six neighbours of every third byte. Time stamps
    # in milliseconds (13 digits) do not, so real messages pass without a closer look.
    return b"000000" in data[::3].translate(_DIGITS)


def _may_leave_doubles(data: bytes) -> bool:
    # The same for runs of 309 digits and every thirty-second byte.
    return b"000000000" in data[::32].translate(_DIGITS)


@frozen
class Engine:
    """A JSON reader.

    ``parse`` refuses with a ``ValueError`` all that `loads` refuses, except nesting, and may refuse more;
    integers of 19 digits and more it may round. `loads` evens that out.
    """

    name: str
    parse: Callable[[bytes], Any]


def _parse_plain(data: bytes) -> Any:
    # Escapes, white space around the value and very long numbers are left to those who look more closely.
    if b"\\" in data or _may_leave_doubles(data):
        raise _Refused("not plain")
    text = data.decode()
    value, end = _PLAIN.raw_decode(text)
    if end != len(text):
        raise _Refused("not plain")
    return value


STANDARD = Engine("json", _parse_plain)
"""The standard library's reader."""


try:
    import orjson

    FAST: Engine | None = Engine("orjson", orjson.loads)
except ImportError:
    FAST = None
"""orjson, or ``None`` when it is not installed."""

ENGINE = FAST or STANDARD
"""The engine in use."""


# Possessive, so that unfinished strings cost no more than finished ones.
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _too_deep(data: bytes) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(data):
        token = match.group()
        if token in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token in (b"}", b"]"):
            depth -= 1
    return False


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


def _has_lone_surrogate(text: str) -> bool:
    awaited = -1  # where the second half of a pair must begin
    for match in _ESCAPE.finditer(text):
        unit = int(match.group(1) or "0", 16)
        low = 0xDC00 <= unit < 0xE000
        if low != (match.start() == awaited):
            return True
        if awaited not in (-1, match.start()):
            return True
        awaited = match.end() if 0xD800 <= unit < 0xDC00 else -1
    return awaited != -1


def _read(data: bytes) -> Any:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _Refused("not UTF-8") from None
    if text.startswith("\ufeff"):
        raise _Refused("it begins with a byte-order mark")
    if "\\u" in text and _has_lone_surrogate(text):
        raise _Refused("half of a surrogate pair")
    try:
        return (_EXACT if _may_leave_64_bits(data) else _PLAIN).decode(text)
    except json.JSONDecodeError as error:
        raise _Refused(f"not JSON (character {error.pos})") from None


def loads(data: bytes, *, topic: str = "", engine: Engine | None = None, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON text; objects are ``dict`` with the last of equal names.

    ``topic`` is only named in the error. ``engine`` is the one in use unless told; the answer is the same.
    ``max_bytes`` is for what is no message: answers of services that list a lot.

    Raises:
        DecodeError: ``data`` is not what the module's description accepts. Nothing else is raised.
    """
    if len(data) > max_bytes:
        raise DecodeError(topic, "", f"{len(data)} bytes are more than the {max_bytes} allowed")
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _too_deep(data):
        raise DecodeError(topic, "", f"nested deeper than {MAX_DEPTH}")
    if not _may_leave_64_bits(data):
        try:
            return (engine or ENGINE).parse(data)
        except ValueError:
            # One judge for all that is refused, so that both engines refuse the same with the same words.
            pass
    try:
        return _read(data)
    except _Refused as refused:
        raise DecodeError(topic, "", str(refused)) from None


_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def dumps(value: Any) -> bytes:
    """``value`` as compact JSON in UTF-8, members in their order. Whole numbers of any kind are written plain.

    Always by the standard library: the bytes must not depend on what is installed.

    Raises:
        UsageError: ``value`` holds what JSON cannot (NaN, half a surrogate pair, an object of another type).
    """
    try:
        return _COMPACT.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"this cannot be written as JSON ({type(error).__name__})") from None


def dumps_plain(value: Any) -> bytes:
    """The same bytes as `dumps`, sooner where orjson is installed.

    Only for what holds nothing but dictionaries by text, lists, text, whole numbers, truth values and ``None``:
    the engines write fractions in different ways, and orjson takes objects that are none of JSON's.

    Raises:
        UsageError: see `dumps`.
    """
    if FAST is not None:
        try:
            return orjson.dumps(value)
        except TypeError:
            # Integers beyond 64 bits, half of a surrogate pair: the other decides.
            pass
    return dumps(value)
