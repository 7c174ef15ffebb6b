"""Quoting a peer: one line, no secrets, no control characters, short."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.link.words import QUOTE_LENGTH, quoted


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ""),
        (b"", ""),
        ("plain words", "plain words"),
        (b'{"message":\r\n\t"Forbidden"}', '{"message": "Forbidden"}'),
        (b"\xff\x00ok\x1b[31m", "\N{REPLACEMENT CHARACTER} ok [31m"),
        ("x" * 65, "x" * 63 + "…"),
        ("x" * 64, "x" * 64),
        ("to user@example.com", "to <e-mail>"),
    ],
)
def test_examples(said: str | bytes, expected: str) -> None:
    assert quoted(said) == expected


def test_half_a_secret_is_none() -> None:
    # Cut first, the key would have lost its shape.
    said = quoted("x" * 50 + " AKIAIOSFODNN7EXAMPLE")
    assert "AKIA" not in said


@settings(deadline=None)
@given(st.text() | st.binary(max_size=200))
def test_anything_is_one_short_line(said: str | bytes) -> None:
    line = quoted(said)
    assert len(line) <= QUOTE_LENGTH
    assert line.isprintable()
    assert line == " ".join(line.split())
