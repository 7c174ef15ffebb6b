"""HTTP dates by hand (RFC 9110 section 5.6.7): ``email.utils`` would bring a socket with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["format_date", "parse_date"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        # IMF-fixdate, the one that is sent: Sun, 06 Nov 1994 08:49:37 GMT
        rf"[A-Z][a-z]{{2}}, (?P<day>\d\d) (?P<month>[A-Z][a-z]{{2}}) (?P<year>\d{{4}}) {CLOCK} GMT",
        # RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
        rf"[A-Z][a-z]{{5,8}}, (?P<day>\d\d)-(?P<month>[A-Z][a-z]{{2}})-(?P<year>\d\d) {CLOCK} GMT",
        # asctime: Sun Nov  6 08:49:37 1994
        rf"[A-Z][a-z]{{2}} (?P<month>[A-Z][a-z]{{2}}) (?P<day>[ \d]\d) {CLOCK} (?P<year>\d{{4}})",
    )
)
# A two-digit year is of this century below, of the last from here on: dates here are of the present.
PIVOT = 70


def parse_date(text: str) -> datetime | None:
    """The moment an HTTP date names, aware in UTC; ``None`` when it is none. Never fails."""
    for form in FORMS:
        found = form.fullmatch(text.strip())
        if found is None or found["month"] not in MONTHS:
            continue
        year = int(found["year"])
        if len(found["year"]) == 2:
            year += 2000 if year < PIVOT else 1900
        # A leap second is the one before it, for all we do with it.
        second = min(int(found["second"]), 59) if found["second"] == "60" else int(found["second"])
        month = MONTHS.index(found["month"]) + 1
        try:
            return datetime(
                year, month, int(found["day"]), int(found["hour"]), int(found["minute"]), second, tzinfo=UTC
            )
        except ValueError:
            return None
    return None


def format_date(moment: datetime) -> str:
    """``moment`` (aware) as an HTTP date, in whole seconds."""
    utc = moment.astimezone(UTC)
    day, month = DAYS[utc.weekday()], MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02d} {month} {utc.year:04d} {utc:%H:%M:%S} GMT"
