"""Codes: every vector of docs/protocol/conversions.md 1, 13 to 15 and 17."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.units import Entry


@pytest.mark.parametrize(
    ("raw", "plain", "inverted"), [(2, True, False), (1, False, True), (0, None, None), (3, None, None)]
)
def test_flags(raw: int, plain: bool | None, inverted: bool | None) -> None:
    assert units.flag(raw) is plain
    assert units.inverted_flag(raw) is inverted


@pytest.mark.parametrize("on", [True, False])
def test_flags_come_back(on: bool) -> None:
    assert units.flag(units.flag_to_raw(on)) is on
    assert units.inverted_flag(units.inverted_flag_to_raw(on)) is on
    assert {units.flag_to_raw(on), units.inverted_flag_to_raw(on)} == {1, 2}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (184614912, "11.1.0.0"),
        (167837696, "10.1.0.0"),
        (34013184, "2.7.0.0"),
        (60454, "0.0.236.38"),
        (0, "0.0.0.0"),
        (16777216, "1.0.0.0"),
        (33619971, "2.1.0.3"),
        (4294967295, "255.255.255.255"),
    ],
)
def test_firmware(number: int, text: str) -> None:
    assert units.firmware_text(number) == text
    assert units.firmware_number(text) == number


@pytest.mark.parametrize("number", [-1, 1 << 32])
def test_a_firmware_number_has_32_bits(number: int) -> None:
    with pytest.raises(UsageError, match="32 bits"):
        units.firmware_text(number)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1.2.3.", "1.2.3.²", "-1.2.3.4"]
)
def test_firmware_text_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="four numbers"):
        units.firmware_number(text)


@given(st.integers(0, (1 << 32) - 1))
def test_firmware_text_comes_back(number: int) -> None:
    assert units.firmware_number(units.firmware_text(number)) == number


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("027c061e0478", (2, 124, 6, 30, 4, 120)),
        ("023e061e0478", (2, 62, 6, 30, 4, 120)),
        ("01820800036e", (1, 130, 8, 0, 3, 110)),
        ("02fe16000162", (2, 254, 22, 0, 1, 98)),
        ("027c10000164", (2, 124, 16, 0, 1, 100)),
        ("028000000379", (2, 128, 0, 0, 3, 121)),
        ("0102173b0283", (1, 2, 23, 59, 2, 131)),
        ("0240050f0375", (2, 64, 5, 15, 3, 117)),
        ("02280c2d0446", (2, 40, 12, 45, 4, 70)),
    ],
)
def test_entries(text: str, entry: Entry) -> None:
    assert units.entry_from_hex(text) == units.entry_from_hex(text.upper()) == entry
    assert units.entry_to_hex(entry) == text
    assert len(text) == units.ENTRY_DIGITS


@pytest.mark.parametrize(
    "text", ["", "027c061e047", "027c061e04780", "027c061e047g", " 27c061e0478", "０27c061e0478"]
)
def test_what_is_no_entry(text: str) -> None:
    with pytest.raises(UsageError, match="twelve hexadecimal digits"):
        units.entry_from_hex(text)


@pytest.mark.parametrize(
    "entry", [(0, 0, 0, 0, 0, 256), (-2, 0, 0, 0, 0, 0), (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)]
)
def test_what_no_entry_holds(entry: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="six numbers"):
        units.entry_to_hex(entry)


@given(st.tuples(*[st.integers(0, 255)] * 6))
def test_entries_come_back(entry: Entry) -> None:
    assert units.entry_from_hex(units.entry_to_hex(entry)) == entry


def test_minus_one_is_ff() -> None:
    assert units.entry_to_hex((2, 124, 6, 0, 2, -1)) == "027c060002ff"
    assert units.entry_from_hex("027c060002ff")[5] == 255


@pytest.mark.parametrize(
    ("code", "sub_code", "text"),
    [
        (0, 0, ""),
        (96, 0, "E096-00"),
        (97, 0, "E097-00"),
        (326, 0, "E326-00"),
        (407, 1, "E407-01"),
        (515, 25, "E515-25"),
        (615, 30, "E615-30"),
        (799, 0, "E799-00"),
        (990, 0, "E990-00"),
        (77, 0, "E077-00"),
        (1234, 100, "E1234-100"),
    ],
)
def test_errors(code: int, sub_code: int, text: str) -> None:
    assert units.error_text(code, sub_code) == text
    assert units.error_numbers(text) == (code, sub_code)


def test_a_healthy_unit_has_no_error_whatever_the_sub_code() -> None:
    assert units.error_text(0, 5) == ""
    assert units.error_text(-1, -1) == "E-01--1"


def test_an_error_without_a_sub_code_has_0() -> None:
    assert units.error_numbers("E407") == (407, 0)
    assert units.error_text(407) == "E407-00"


@pytest.mark.parametrize("text", ["407", "E", "E40", "E407-", "E407-1", "e407-01", "E407-01 ", "E４07", "E-01"])
def test_what_is_no_error(text: str) -> None:
    with pytest.raises(UsageError, match="E407-01"):
        units.error_numbers(text)


@given(st.integers(1, 999_999_999), st.integers(0, 999_999_999))
def test_errors_come_back(code: int, sub_code: int) -> None:
    assert units.error_numbers(units.error_text(code, sub_code)) == (code, sub_code)


@pytest.mark.parametrize(
    ("code", "family", "number"),
    [
        (16777217, 1, 1),
        (16777219, 1, 3),
        (16777226, 1, 10),
        (33554433, 2, 1),
        (33554437, 2, 5),
        (33554464, 2, 32),
        (33554476, 2, 44),
        (67108868, 4, 4),
        (67108883, 4, 19),
        (67108892, 4, 28),
        (0xFFFFFFFF, 255, 0xFFFFFF),
        (0, 0, 0),
    ],
)
def test_commands(code: int, family: int, number: int) -> None:
    assert units.command_code(family, number) == code
    assert units.command_parts(code) == (family, number)


@pytest.mark.parametrize(("family", "number"), [(-1, 0), (256, 0), (0, -1), (0, 1 << 24)])
def test_what_is_no_command(family: int, number: int) -> None:
    with pytest.raises(UsageError, match="8 bits"):
        units.command_code(family, number)


@pytest.mark.parametrize("code", [-1, 1 << 32])
def test_a_code_has_32_bits(code: int) -> None:
    with pytest.raises(UsageError, match="32 bits"):
        units.command_parts(code)


@given(st.integers(0, 255), st.integers(0, (1 << 24) - 1))
def test_commands_come_back(family: int, number: int) -> None:
    assert units.command_parts(units.command_code(family, number)) == (family, number)
