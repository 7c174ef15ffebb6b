"""HTTP dates: written and read back, in all three forms, and nothing ever escapes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud.dates import format_date, parse_date

EXAMPLE = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_the_three_forms_of_the_specification_name_one_moment(text: str) -> None:
    assert parse_date(text) == EXAMPLE


@given(st.integers(365 * 86400, 2**35).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    assert parse_date(format_date(moment)) == moment


@given(st.text())
def test_text_that_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT", ""],
)
def test_impossible_dates_are_none(text: str) -> None:
    assert parse_date(text) is None


def test_a_leap_second_is_taken_for_the_one_before() -> None:
    assert parse_date("Sun, 06 Nov 1994 08:49:60 GMT") == datetime(1994, 11, 6, 8, 49, 59, tzinfo=UTC)
