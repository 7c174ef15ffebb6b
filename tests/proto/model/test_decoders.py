"""Each decoder on each sort of JSON value (docs/protocol/conversions.md, general rules)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest

from navien_proto.jsontext import OutOfRange
from navien_proto.model import decoders
from navien_proto.model.codes import Unknown
from navien_proto.model.fields import Readings


class Colour(IntEnum):
    """A code whose first number is 0, which is falsy."""

    RED = 0
    BLUE = 2


class Sample(Readings):
    """One field of each kind."""

    __slots__ = ()

    whole = decoders.integer("whole", "A.", unit="count")
    words = decoders.text("words", "B.")
    flag = decoders.flag_12("flag", "C.")
    tristate = decoders.flag_12_tristate("tristate", "D.")
    inverted = decoders.flag_12_inverted("inverted", "E.")
    half = decoders.half_celsius("half", "F.")
    deci = decoders.deci_celsius("deci", "G.")
    delta = decoders.deci_celsius_delta("delta", "H.")
    outdoor = decoders.raw_celsius_formula("outdoor", "I.")
    diff = decoders.diff_raw("diff", "J.")
    flow = decoders.div10("flow", "K.")
    energy = decoders.energy_count_x4("energy", "L.")
    rssi = decoders.rssi_magnitude("rssi", "M.")
    firmware = decoders.firmware_version("firmware", "N.")
    colour = decoders.code("colour", Colour, "O.")


def read(name: str, raw: Any) -> tuple[Any, str | None]:
    """The value of the field and the reason of its problem."""
    sample = Sample.from_wire({name: raw})
    assert sample.raw == {name: raw}
    return getattr(sample, name), sample.problems[0].reason if sample.problems else None


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("whole", 5, 5),
        ("whole", 5.0, 5),
        ("whole", -0.0, 0),
        ("whole", -(1 << 63), -(1 << 63)),
        ("words", "", ""),
        ("flag", 2, True),
        ("flag", 1, False),
        ("flag", 0, None),
        ("flag", True, True),
        ("flag", False, False),
        ("flag", 2.0, True),
        ("tristate", 2, True),
        ("tristate", 1, False),
        ("tristate", 0, None),
        ("tristate", False, False),
        ("inverted", 1, True),
        ("inverted", 2, False),
        ("inverted", 0, None),
        ("inverted", True, True),
        ("inverted", False, False),
        ("half", 117, 58.5),
        ("deci", 586, 58.6),
        ("delta", -35, -3.5),
        ("outdoor", 5, 2.5),
        ("diff", 4, 4),
        ("flow", 38, 3.8),
        ("energy", 1861, 7444),
        ("rssi", 59, -59),
        ("firmware", 60454, 60454),
        ("colour", 0, Colour.RED),
        ("colour", 2.0, Colour.BLUE),
        ("colour", 77, Unknown(77)),
    ],
)
def test_what_is_understood(name: str, raw: Any, value: Any) -> None:
    got, problem = read(name, raw)
    assert problem is None
    assert got == value
    assert type(got) is type(value) or name == "firmware"


NUMERIC = [row.python_name for row in Sample.fields if row.decoder != "str"]
FLAGS = ("flag", "tristate", "inverted")


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("2", "text"),
        (None, "null"),
        (2.5, "a fraction"),
        ([2], "a list"),
        ({}, "an object"),
        (float(1 << 63), "a number out of range"),
        (1 << 63, "a number out of range"),
        (-(1 << 63) - 1, "a number out of range"),
        (OutOfRange(1 << 70), "a number out of range"),
        (float("inf"), "a fraction"),
    ],
)
def test_what_is_not_a_number(name: str, raw: Any, word: str) -> None:
    value, problem = read(name, raw)
    assert value is None
    assert problem is not None
    assert problem.startswith(f"{word} where a")


@pytest.mark.parametrize("name", [name for name in NUMERIC if name not in FLAGS])
def test_a_truth_value_is_no_number(name: str) -> None:
    assert read(name, True) == (None, "a truth value where a whole number belongs")


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("raw", [3, -1, 255, 3.0])
def test_a_flag_is_0_1_or_2(name: str, raw: float) -> None:
    assert read(name, raw) == (None, "a flag is 0, 1 or 2")


@pytest.mark.parametrize(
    ("raw", "word"), [(1, "a number"), (None, "null"), (True, "a truth value"), (["x"], "a list")]
)
def test_what_is_not_text(raw: Any, word: str) -> None:
    assert read("words", raw) == (None, f"{word} where text belongs")


@pytest.mark.parametrize("raw", [-1, 1 << 32])
def test_a_firmware_number_has_32_bits(raw: int) -> None:
    assert read("firmware", raw) == (None, "a firmware number has 32 bits")


def test_names_of_the_decoders() -> None:
    assert [row.decoder for row in Sample.fields] == [
        "int",
        "str",
        "flag_12",
        "flag_12_tristate",
        "flag_12_inverted",
        "half_celsius",
        "deci_celsius",
        "deci_celsius_delta",
        "raw_celsius_formula",
        "diff_raw",
        "div10",
        "energy_count_x4",
        "rssi_magnitude",
        "firmware_version",
        "enum:Colour",
    ]
