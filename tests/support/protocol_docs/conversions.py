"""The tables of conversions: each decoder with its way back, and vectors worked out by the code."""

from __future__ import annotations

import calendar
from decimal import Decimal

from navien_proto import units
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.status import STATUS_FIELDS
from tests.support.protocol_docs.facts import facts, how_sure
from tests.support.protocol_docs.table import code, number, table

__all__ = ["VECTORS", "decoder_names", "decoders_table"]


def decoder_names() -> list[str]:
    """The decoders of the tables of fields; one name for all enumerations."""
    used = dict.fromkeys(
        "enum:Name" if row.decoder.startswith("enum:") else row.decoder
        for row in (*STATUS_FIELDS, *FEATURE_FIELDS)
    )
    return sorted(used, key=list(facts("decoders")).index)


def decoders_table() -> str:
    """Every decoder."""
    told = facts("decoders")
    return table(
        ("decoder", "unit", "fields", "formula", "way back", "functions of `navien_proto.units`", "section",
         "how sure"),
        (
            (
                code(name),
                ", ".join(_units(name)),
                _uses(name),
                told[name]["formula"],
                told[name]["inverse"],
                _functions(told[name].get("read", ""), told[name].get("write", "")),
                told[name]["section"],
                how_sure(told[name], "D"),
            )
            for name in decoder_names()
        ),
    )  # fmt: skip


def _rows(name: str) -> list[str]:
    kind = name.removesuffix("Name")
    return [
        row.unit
        for row in (*STATUS_FIELDS, *FEATURE_FIELDS)
        if (row.decoder.startswith(kind) if kind.endswith(":") else row.decoder == kind)
    ]


def _units(name: str) -> list[str]:
    return list(dict.fromkeys(_rows(name)))


def _uses(name: str) -> int:
    return len(_rows(name))


def _functions(*names: str) -> str:
    found = [name.strip() for text in names for name in text.split(",") if name.strip()]
    for name in found:
        getattr(units, name)  # one that is gone must not stay on the page
    return ", ".join(map(code, found)) or "-"


def _half() -> str:
    raws = (0, 12, 20, 70, 81, 98, 100, 104, 117, 120, 121, 131, -4, -13)
    return table(
        ("raw", "deg C", "deg F exact", "whole deg F"),
        (
            (raw, number(units.half_celsius(raw)), number(units.half_celsius_in_fahrenheit(raw)),
             units.whole_fahrenheit(raw))
            for raw in raws
        ),
    )  # fmt: skip


def _half_back() -> str:
    fahrenheit = (80, 95, 104, 110, 115, 120, 125, 130, 140, 150)
    celsius = (35, 40.5, 48.9, 55.2, 55.25, 60, 60.74, 65.5)
    rows = [(f"{value} degF", units.half_from_fahrenheit(value)) for value in fahrenheit]
    rows += [(f"{number(value)} degC", units.half_from_celsius(value)) for value in celsius]
    return table(("input", "raw"), rows)


def _deci() -> str:
    raws = (0, 111, 246, 260, 266, 535, 586, 597, 600, 605, 693, -50, -123)
    return table(
        ("raw", "deg C", "deg F"),
        ((raw, number(units.deci_celsius(raw)), number(units.deci_celsius_in_fahrenheit(raw))) for raw in raws),
    )


def _delta() -> str:
    raws = (50, 46, 48, 0, -1, -31, -35, 83, 86)
    return table(
        ("raw", "K", "F degrees"),
        ((raw, number(units.deci_celsius(raw)), number(units.deci_delta_in_fahrenheit(raw))) for raw in raws),
    )


def _outdoor() -> str:
    raws = (0, 1, 5, 6, 7, 8, 9, 16, 19, 20, 25, 33, 36, 40, 49, 50, 60, 119, 120)
    below = (-1, -5, -6, -9, -11, -15, -19, -20, -40)
    return table(
        ("raw", "deg C", "deg F exact", "type 1", "type 0"),
        (
            (raw, number(units.half_celsius(raw)), number(units.half_celsius_in_fahrenheit(raw)),
             units.outdoor_in_fahrenheit(raw, 1), units.outdoor_in_fahrenheit(raw, 0))
            for raw in (*raws, *below)
        ),
    )  # fmt: skip


def _differential() -> str:
    return table(
        ("raw", "0.5 K reading", "0.1 K reading"),
        (
            (raw, number(units.differential_kelvin(raw, counts_per_kelvin=2)),
             number(units.differential_kelvin(raw, counts_per_kelvin=10)))
            for raw in (0, 1, 2, 3, 4, 5, 8, 16)
        ),
    )  # fmt: skip


def _rssi() -> str:
    raws = (59, 60, 61, 45, 70, 90, 0, -45, -61)
    return table(("raw", "dBm"), ((raw, units.rssi_dbm(raw)) for raw in raws))


def _flow() -> str:
    return table(
        ("raw", "L/min", "gal/min"),
        (
            (raw, number(units.litres_per_minute(raw)),
             number(round(units.gallons(units.litres_per_minute(raw)), 3)))
            for raw in (0, 1, 5, 10, 38, 57, 76, 113, 189)
        ),
    )  # fmt: skip


def _energy() -> str:
    pairs = ((1861, 386), (1861, 379), (1861, 372), (1861, 119), (1791, 302), (1791, 49), (1720, 0), (1861, 105),
             (1861, 98))  # fmt: skip
    return table(
        ("raw total", "raw available", "full Wh", "missing Wh", "usable Wh", "usable %"),
        (
            (total, missing, full := units.watt_hours(total), lacks := units.watt_hours(missing),
             usable := units.usable_energy(full, lacks), number(round(100 * usable / full, 1)))
            for total, missing in pairs
        ),
    )  # fmt: skip


def _prices() -> str:
    pairs = (
        ("0.36261", 5), ("0.46378", 5), ("0.39261", 5), ("0.60795", 5), ("0.125", 2), ("0.115", 2), ("12.34", 2),
        ("0.5", 3), ("100", 0), ("0.1", 1), ("0.000004", 5), ("0.000005", 5), ("0.33333333", 5), ("-0.0125", 5),
    )  # fmt: skip
    rows = []
    for price, places in pairs:
        wire = units.price_to_raw(Decimal(price), places)
        back = f"{units.price_from_raw(wire, places):f}"
        rows.append((price, places, wire, back.rstrip("0").rstrip(".") if "." in back else back))
    return table(("price", "decimalPoint", "wire", "back"), rows)


def _weeks() -> str:
    names = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
    values = (2, 64, 124, 128, 130, 254, 84, 62, 40, 126, 192, 8)
    rows = []
    for value in values:
        days = [
            name for name, day in zip(names, (6, 0, 1, 2, 3, 4, 5), strict=True) if value & units.week_bit(day)
        ]
        if units.week_to_raw(units.week_days(value)) != value:
            raise ValueError(f"week {value} does not come back")
        rows.append((value, f"0x{value:02X}", f"{value:08b}", " ".join(days)))
    return table(("value", "hex", "binary", "days"), rows)


def _seasons() -> str:
    values = (480, 3615, 4095, 224, 448, 2051, 3, 1, 2048, 1016, 3087, 56)
    return table(
        ("value", "hex", "months"),
        (
            (value, f"0x{value:03X}", " ".join(calendar.month_abbr[month] for month in units.season_months(value)))
            for value in values
        ),
    )


def _errors() -> str:
    pairs = ((0, 0), (96, 0), (97, 0), (326, 0), (407, 1), (515, 25), (615, 30), (799, 0), (990, 0))
    return table(
        ("errorCode", "subErrorCode", "text"),
        ((*pair, units.error_text(*pair) or "(none)") for pair in pairs),
    )


def _filter() -> str:
    hours = (0, 1000, 1500, 2000, 2500, 3000, 5000, 7500, 10000)
    rows: list[tuple[object, object]] = [(one, units.filter_hours_to_raw(one)) for one in hours]
    return table(("hours", "wire"), [*rows, ("500, 750, 1200, 10500", "reject")])


def _codes() -> str:
    codes = (0x01000001, 0x01000003, 0x0100000A, 0x02000001, 0x02000005, 0x02000020, 0x0200002C, 0x04000004,
             0x04000013, 0x0400001C)  # fmt: skip
    return table(
        ("code", "hex", "family", "number"), ((one, f"0x{one:08X}", *units.command_parts(one)) for one in codes)
    )


VECTORS = {
    "half degrees": _half,
    "half degrees back": _half_back,
    "tenths of a degree": _deci,
    "differences": _delta,
    "outdoor temperature": _outdoor,
    "differentials": _differential,
    "signal": _rssi,
    "flow": _flow,
    "energy": _energy,
    "prices": _prices,
    "weeks": _weeks,
    "seasons": _seasons,
    "error texts": _errors,
    "filter life": _filter,
    "command codes": _codes,
}
"""The vectors by the name of their table."""
