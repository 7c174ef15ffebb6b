"""Errors: every documented row, sub-codes and codes nobody documented."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.model.codes import ErrorCode, Unknown
from navien_proto.model.error_codes import ERRORS, Severity, device_error
from navien_proto.model.status import DeviceStatus
from tests.support.captures import CAPTURE

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol" / "error_codes.md"


def status(**members: Any) -> DeviceStatus:
    return DeviceStatus.from_wire(members)


def test_the_rows_are_those_of_the_documentation() -> None:
    rows = [re.split(r" *\| *", line.strip("| ")) for line in PAGE.read_text("utf-8").splitlines()]
    documented = [
        (row[0], row[1], row[2], row[3].strip("`"), row[4], row[5])
        for row in rows
        if row[0].isdigit() and row[0] != "0"
    ]
    ours = []
    for row in ERRORS:
        error = device_error(row.code, row.sub_code)
        assert error is not None
        ours.append(
            (str(row.code), str(row.sub_code), error.text, row.name, row.stated.value, row.suggested.value)
        )
    assert ours == documented
    assert len(ours) == 46


def test_the_rows_are_those_of_the_reference_in_words_of_our_own() -> None:
    path = CAPTURE.parents[1] / "protocol" / "error_codes.csv"
    if not path.exists():
        pytest.skip(f"the protocol's list of errors is not beside the repository: {path}")
    with path.open(newline="") as lines:
        documented = [line for line in csv.DictReader(lines) if line["code"] != "0"]
    assert [(row.code, row.sub_code, row.name) for row in ERRORS] == [
        (int(line["code"]), int(line["sub"]), line["name"]) for line in documented
    ]
    theirs = {line["meaning"] for line in documented} | {line["action"] for line in documented}
    assert theirs.isdisjoint({row.title for row in ERRORS} | {row.advice for row in ERRORS})


def test_every_row_says_something_to_a_person() -> None:
    assert {row.code for row in ERRORS} == {code for code in ErrorCode if code}
    for row in ERRORS:
        assert row.title[0].isupper()
        assert not row.title.endswith(".")
        assert row.advice.endswith(".")


def test_an_error_of_a_status() -> None:
    error = status(errorCode=407, subErrorCode=1).error
    assert error is not None
    assert (error.code, error.sub_code, error.text) == (ErrorCode.OUTLET_SENSOR, 1, "E407-01")
    assert (error.name, error.stated) == ("outlet_sensor_low", Severity.REDUCED_CAPACITY)
    assert str(error) == "E407-01: Outlet sensor reads too low"


@pytest.mark.parametrize(
    "members", [{}, {"errorCode": 0, "subErrorCode": 0}, {"errorCode": "96"}, {"subErrorCode": 1}]
)
def test_no_error_is_invented(members: dict[str, Any]) -> None:
    assert status(**members).error is None


def test_a_sub_code_nobody_documented_has_the_texts_of_the_first_row() -> None:
    error = status(errorCode=615, subErrorCode=99).error
    assert error is not None
    assert (error.text, error.sub_code, error.name) == ("E615-99", 99, "adc_reference")


def test_without_a_sub_code_the_panel_form_has_none() -> None:
    error = status(errorCode=96).error
    assert error is not None
    assert (error.text, error.sub_code, error.name) == ("E096", None, "upper_element_abnormal")


def test_f34_a_code_nobody_documented_keeps_its_number_and_panel_form() -> None:
    error = status(errorCode=77, subErrorCode=3).error
    assert error is not None
    assert isinstance(error.code, Unknown)
    assert (error.code, error.text, error.name) == (77, "E077-03", "unknown_error")
    short = device_error(77)
    assert short is not None
    assert short.text == "E077"
    assert (short.stated, short.suggested) == (Severity.UNKNOWN, Severity.WARNING)
    assert short.advice


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.none() | st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_numbers_have_an_error(code: int, sub_code: int | None) -> None:
    error = device_error(code, sub_code)
    assert (error is None) == (code == 0)
    if error is not None:
        assert (int(error.code), error.sub_code) == (code, sub_code)
        assert error.text
