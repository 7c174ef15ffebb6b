"""Temperatures, times, days, months, modes, spans: what people write."""

from __future__ import annotations

import contextlib
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_anyio.cli.spans import parse_span_of_months, parse_span_of_years
from navien_anyio.cli.texts import (
    MODES,
    Degrees,
    parse_days,
    parse_degrees,
    parse_mode,
    parse_months,
    parse_number,
    parse_time,
)
from navien_proto.errors import UsageError
from navien_proto.model.tou_period import months_text
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday, days_text

TODAY = date(2026, 1, 15)


# --- temperatures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "degrees"),
    [
        ("50C", None, Degrees(50.0, "c")),
        (" 122 °F ", None, Degrees(122.0, "f")),
        ("48.5 celsius", None, Degrees(48.5, "c")),
        ("120°fahrenheit", None, Degrees(120.0, "f")),
        ("50", "c", Degrees(50.0, "c")),
        ("122", "f", Degrees(122.0, "f")),
        ("50c", "c", Degrees(50.0, "c")),
    ],
)
def test_temperatures_are_read_with_their_unit(text: str, unit: str | None, degrees: Degrees) -> None:
    assert parse_degrees("T", text, unit) == degrees


def test_f28_a_bare_number_is_refused_and_nothing_is_guessed() -> None:
    with pytest.raises(UsageError, match=r"^T: 60 of which unit\? Write 60C or 60F, or say --unit c or --unit f$"):
        parse_degrees("T", "60")


@pytest.mark.parametrize("text", ["", "C", "50K", "5 0C", "1e2C", "nanC", "٥٠C", "50CC", "1234C", "50C 60C"])
def test_what_is_no_temperature_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^T: expected a temperature with its unit, such as 50C or 122F, found "):
        parse_degrees("T", text, "c")


def test_two_units_that_differ_are_refused() -> None:
    with pytest.raises(UsageError, match="contradict each other"):
        parse_degrees("T", "50C", "f")


@given(st.floats(-50, 250).map(lambda value: round(value, 2)), st.sampled_from("cf"))
def test_a_written_temperature_reads_as_it_was(value: float, unit: str) -> None:
    assert parse_degrees("T", f"{value:.2f}{unit}") == Degrees(value, unit)


# --- times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:30", time(6, 30)),
        ("6:30", time(6, 30)),
        ("6:30pm", time(18, 30)),
        ("12 am", time(0)),
        ("12:05 PM", time(12, 5)),
        ("11pm", time(23)),
        ("23:59", time(23, 59)),
    ],
)
def test_times_are_read(text: str, expected: time) -> None:
    assert parse_time("TIME", text) == expected


@pytest.mark.parametrize("text", ["", "6", "24:00", "12:60", "13pm", "0am", "6:3", "06:30:00", "noon", "-1:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^TIME: expected a time such as 06:30 or 6:30pm, found "):
        parse_time("TIME", text)


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_every_time_reads_in_both_clocks(moment: time) -> None:
    assert parse_time("TIME", f"{moment:%H:%M}") == moment
    assert (
        parse_time("TIME", f"{(moment.hour + 11) % 12 + 1}:{moment:%M}{'pm' if moment.hour > 11 else 'am'}")
        == moment
    )


# --- days and months -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weekdays", WEEKDAYS),
        ("Weekends", WEEKEND),
        ("daily", EVERY_DAY),
        ("every day", EVERY_DAY),
        ("Mon-Fri", WEEKDAYS),
        ("Mon–Fri", WEEKDAYS),
        ("sat,sun", WEEKEND),
        ("Saturday Sunday", WEEKEND),
        ("Sat-Mon", {Weekday.SATURDAY, Weekday.SUNDAY, Weekday.MONDAY}),
        ("weekends, wed", {*WEEKEND, Weekday.WEDNESDAY}),
        ("tues", {Weekday.TUESDAY}),
    ],
)
def test_days_are_read(text: str, expected: set[Weekday]) -> None:
    assert parse_days("DAYS", text) == expected


@pytest.mark.parametrize("text", ["", ",", "mo", "monday-", "-fri", "mon-tue-wed", "someday", "1", "mon;tue"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^DAYS: expected days such as weekdays, weekends, daily, Mon-Fri or "):
        parse_days("DAYS", text)


@given(st.sets(st.sampled_from(list(Weekday)), min_size=1).map(frozenset))
def test_days_read_as_they_are_shown(days: frozenset[Weekday]) -> None:
    assert parse_days("DAYS", days_text(days)) == days


@given(st.sets(st.integers(1, 12), min_size=1).map(frozenset))
def test_months_read_as_they_are_shown(months: frozenset[int]) -> None:
    assert parse_months("months", months_text(months)) == months


@pytest.mark.parametrize("text", ["", "ju", "6", "Jun-", "summer"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^months: expected months such as all year, Jun-Sep or Jan,Mar, found "):
        parse_months("months", text)


# --- modes and numbers -----------------------------------------------------------------------------------


def test_modes_are_read_however_their_words_are_joined() -> None:
    for name, mode in MODES.items():
        for text in (name, name.upper(), name.replace("-", " "), name.replace("-", "_")):
            assert parse_mode("MODE", text) == mode


@pytest.mark.parametrize("text", ["", "3", "off", "heat", "eco"])
def test_numbers_of_modes_are_refused_since_programs_disagree_about_them(text: str) -> None:
    with pytest.raises(UsageError, match=r"^MODE: expected one of heat-pump, electric, energy-saver, high-demand"):
        parse_mode("MODE", text)


@given(st.integers(0, (1 << 32) - 1))
def test_codes_are_read_in_both_bases(number: int) -> None:
    assert parse_number("CODE", str(number)) == parse_number("CODE", hex(number)) == number


@pytest.mark.parametrize("text", ["", "0x", "-1", "4294967296", "1.5", "x02"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^CODE: expected a number such as 33554433 or 0x02000001, found "):
        parse_number("CODE", text)


# --- spans -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("1", [(2026, 1)]),
        ("3", [(2025, 11), (2025, 12), (2026, 1)]),
        ("2025-03", [(2025, 3)]),
        ("2025-12..2026-01", [(2025, 12), (2026, 1)]),
        ("2026-1, 2024-05,2026-01", [(2024, 5), (2026, 1)]),
    ],
)
def test_spans_of_months(text: str, months: list[tuple[int, int]]) -> None:
    assert parse_span_of_months("--months", text, TODAY) == months


@pytest.mark.parametrize("text", ["", "0", "25", "2026", "2026-13", "2026-02..2026-01", "2020-01..2026-01", "x"])
def test_what_is_no_span_of_months_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--months: expected a number of months up to 24, or months such as "):
        parse_span_of_months("--months", text, TODAY)


@pytest.mark.parametrize(
    ("text", "years"), [("2", [2025, 2026]), ("2024", [2024]), ("2023..2025", [2023, 2024, 2025])]
)
def test_spans_of_years(text: str, years: list[int]) -> None:
    assert parse_span_of_years("--years", text, TODAY) == years


@pytest.mark.parametrize("text", ["", "0", "27", "1999", "2026-01", "2026..2024"])
def test_what_is_no_span_of_years_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--years: expected a number of years up to 20, or years such as "):
        parse_span_of_years("--years", text, TODAY)


@given(st.text(max_size=30))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for parse in (parse_degrees, parse_time, parse_days, parse_months, parse_mode, parse_number):
        with contextlib.suppress(UsageError):
            parse("X", text)
    for span in (parse_span_of_months, parse_span_of_years):
        with contextlib.suppress(UsageError):
            assert span("X", text, TODAY)
