"""What people write for temperatures, times, days, months, modes and numbers. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from navien_proto.errors import UsageError
from navien_proto.model.codes import DhwOperationSetting
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday
from navien_proto.settings import shown

__all__ = [
    "HEATING_MODES",
    "MODES",
    "Degrees",
    "parse_days",
    "parse_degrees",
    "parse_mode",
    "parse_months",
    "parse_number",
    "parse_time",
]

TEMPERATURE = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,3})?) ?°? ?(c|f|celsius|fahrenheit)?")
CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))? ?(am|pm)?")
NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,10}")
# Hyphens, and the dashes that we print.
DASHES = str.maketrans({"–": "-", "—": "-", "‑": "-", "_": "-"})
SHORTEST_NAME = 3

HEATING_MODES: Mapping[str, DhwOperationSetting] = {
    "heat-pump": DhwOperationSetting.HEAT_PUMP,
    "electric": DhwOperationSetting.ELECTRIC,
    "energy-saver": DhwOperationSetting.ENERGY_SAVER,
    "high-demand": DhwOperationSetting.HIGH_DEMAND,
}
"""The modes that heat, by their names on the command line."""

MODES: Mapping[str, DhwOperationSetting] = {
    **HEATING_MODES,
    "vacation": DhwOperationSetting.VACATION,
    "power-off": DhwOperationSetting.POWER_OFF,
}
"""The modes a reservation may enter."""

DAY_NAMES = tuple(day.name.lower() for day in Weekday)
DAY_GROUPS: Mapping[str, frozenset[int]] = {
    **dict.fromkeys(("weekdays", "weekday"), frozenset(map(int, WEEKDAYS))),
    **dict.fromkeys(("weekends", "weekend"), frozenset(map(int, WEEKEND))),
    **dict.fromkeys(("every-day", "everyday", "daily", "all"), frozenset(map(int, EVERY_DAY))),
}
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_GROUPS: Mapping[str, frozenset[int]] = dict.fromkeys(("all-year", "all"), frozenset(range(12)))


@frozen
class Degrees:
    """A temperature of water and its unit, ``c`` or ``f``."""

    value: float
    unit: str

    @property
    def celsius(self) -> float | None:
        """The value when it is in °C, as `SetTemperature` takes it."""
        return self.value if self.unit == "c" else None

    @property
    def fahrenheit(self) -> float | None:
        """The value when it is in °F."""
        return self.value if self.unit == "f" else None


def parse_degrees(label: str, text: str, unit: str | None = None) -> Degrees:
    """The temperature in ``text``: ``50C``, ``122 °F``; a bare number only when ``unit`` says what it is.

    Raises:
        UsageError: it is none, or its unit is not said, or said twice and differently.
    """
    found = TEMPERATURE.fullmatch(text.strip().lower())
    if found is None:
        expected = "a temperature with its unit, such as 50C or 122F"
        raise UsageError(f"{label}: expected {expected}, found {shown(text)}")
    said = found[2][0] if found[2] else None
    if said is None and unit is None:
        # 60 is hot water in one unit and cold in the other: nothing is guessed (F28).
        number = found[1]
        raise UsageError(
            f"{label}: {number} of which unit? Write {number}C or {number}F, or say --unit c or --unit f"
        )
    if said is not None and unit not in (None, said):
        raise UsageError(f"{label}: {shown(text)} and --unit {unit} contradict each other")
    return Degrees(float(found[1]), said or unit or "c")


def parse_time(label: str, text: str) -> datetime.time:
    """The time of day in ``text``: ``06:30``, ``6:30pm``, ``6 am``.

    Raises:
        UsageError: it is none.
    """
    found = CLOCK.fullmatch(text.strip().lower())
    if found is not None and (found[2] or found[3]):
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3] is not None:
            # 12 am is midnight and 12 pm is noon.
            hour = hour % 12 + (12 if found[3] == "pm" else 0) if 1 <= hour <= 12 else 24
        if hour <= 23 and minute <= 59:
            return datetime.time(hour, minute)
    raise UsageError(f"{label}: expected a time such as 06:30 or 6:30pm, found {shown(text)}")


def parse_days(label: str, text: str) -> frozenset[Weekday]:
    """The days in ``text``: ``weekdays``, ``weekends``, ``every day``, ``Mon-Fri``, ``Mon,Wed Sat``.

    Raises:
        UsageError: one is no day, or there is none.
    """
    wanted = text.strip().lower().replace("every day", "every-day")
    found = _named(wanted, DAY_NAMES, DAY_GROUPS)
    if not found:
        raise UsageError(
            f"{label}: expected days such as weekdays, weekends, daily, Mon-Fri or Mon,Wed, found {shown(text)}"
        )
    return frozenset(map(Weekday, found))


def parse_months(label: str, text: str) -> frozenset[int]:
    """The months in ``text``, 1 to 12: ``all year``, ``Jun-Sep``, ``Oct-May``, ``Jan,Mar``.

    Raises:
        UsageError: one is no month, or there is none.
    """
    wanted = text.strip().lower().replace("all year", "all-year")
    found = _named(wanted, MONTH_NAMES, MONTH_GROUPS)
    if not found:
        raise UsageError(f"{label}: expected months such as all year, Jun-Sep or Jan,Mar, found {shown(text)}")
    return frozenset(month + 1 for month in found)


def parse_mode(label: str, text: str) -> DhwOperationSetting:
    """The mode a reservation enters, by its name; numbers mean different things in different programs.

    Raises:
        UsageError: there is no such mode.
    """
    name = re.sub(r"[\s-]+", "-", text.strip().lower().translate(DASHES))
    if name not in MODES:
        raise UsageError(f"{label}: expected one of {', '.join(MODES)}, found {shown(text)}")
    return MODES[name]


def parse_number(label: str, text: str) -> int:
    """A whole number, decimal or hexadecimal with 0x.

    Raises:
        UsageError: it is none of 32 bits.
    """
    wanted = text.strip().lower()
    if NUMBER.fullmatch(wanted):
        number = int(wanted, 16 if wanted.startswith("0x") else 10)
        if number < 1 << 32:
            return number
    raise UsageError(f"{label}: expected a number such as 33554433 or 0x02000001, found {shown(text)}")


def _named(text: str, names: Sequence[str], groups: Mapping[str, frozenset[int]]) -> frozenset[int] | None:
    """The places in ``names`` that the words of ``text`` mean; ``None`` when one of them means nothing."""
    found: set[int] = set()
    for word in filter(None, re.split(r"[,\s]+", text.translate(DASHES))):
        if word in groups:
            found |= groups[word]
            continue
        first, dash, last = word.partition("-")
        ends = [_place(name, names) for name in ((first, last) if dash else (first,))]
        if None in ends:
            return None
        found |= set(_run([end for end in ends if end is not None], len(names)))
    return frozenset(found)


def _run(ends: list[int], length: int) -> Iterator[int]:
    """From the first to the last, past the turn of the week or year if need be."""
    place = ends[0]
    while place != ends[-1]:
        yield place
        place = (place + 1) % length
    yield place


def _place(word: str, names: Sequence[str]) -> int | None:
    if len(word) < SHORTEST_NAME:
        return None
    return next((place for place, name in enumerate(names) if name.startswith(word)), None)
