"""The tables of status and device info, of enumerations and of errors."""

from __future__ import annotations

from enum import Enum
from typing import Any

from navien_proto import units
from navien_proto.model import codes
from navien_proto.model.error_codes import ERRORS
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.fields import FieldRow
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus
from tests.support.protocol_docs.commands import gated_by
from tests.support.protocol_docs.facts import facts, how_sure
from tests.support.protocol_docs.table import code, number, table

__all__ = ["OWN_PAGE", "enum_names", "enum_table", "errors_table", "feature_table", "other_enums", "status_table"]

OWN_PAGE = {"ErrorCode"}
"""Enumerations whose members have a page and table of their own."""

OTHER_PRODUCTS = ("WaterLevel", "FilterChange", "Operation", "TouWeekType", "HeatControl")


def status_table() -> str:
    """Every field of a status."""
    told = facts("status_fields")
    heads = ("wire name", "python name", "decoder", "unit", "range (raw)", "seen (raw)", "how sure")
    return table(
        (*heads, "meaning", "remarks"),
        (
            (
                *_names(row),
                code(row.decoder),
                row.unit,
                _range(row, told[row.wire_name]),
                _seen(row, told[row.wire_name].get("seen", "")),
                how_sure(told[row.wire_name], "C" if row.captured else "D"),
                row.note,
                told[row.wire_name].get("remark", ""),
            )
            for row in STATUS_FIELDS
        ),
    )


def feature_table() -> str:
    """Every field of a device info."""
    told = facts("feature_fields")
    return table(
        (
            "wire name",
            "python name",
            "decoder",
            "unit",
            "range (raw)",
            "how sure",
            "gate of",
            "meaning",
            "remarks",
        ),
        (
            (
                *_names(row),
                code(row.decoder),
                row.unit,
                _range(row, told[row.wire_name]),
                how_sure(told[row.wire_name], "C" if row.captured else "D"),
                ", ".join(map(code, gated_by(row.python_name))),
                row.note,
                told[row.wire_name].get("remark", ""),
            )
            for row in FEATURE_FIELDS
        ),
    )


def _names(row: FieldRow) -> tuple[str, str]:
    wire, python = code(row.wire_name), code(row.python_name)
    if row.aliases:
        wire += f" (also {', '.join(map(code, row.aliases))})"
    if row.python_aliases:
        python += f" (also {', '.join(map(code, row.python_aliases))})"
    return wire, python


def _range(row: FieldRow, fact: dict[str, Any]) -> str:
    """What the raw number may be: told, or what the decoder takes."""
    if "range" in fact:
        return str(fact["range"])
    if row.decoder.startswith("flag_"):
        return "1, 2 (0 unknown)"
    if row.decoder == "enum:ErrorCode":
        return "0, or a number of [error_codes.md](error_codes.md)"
    if row.decoder.startswith("enum:"):
        members = getattr(codes, row.decoder.removeprefix("enum:"))
        numbers = [int(member) for member in members]
        return ", ".join(map(str, numbers)) if len(numbers) < 10 else f"see {row.decoder.removeprefix('enum:')}"
    return {"firmware_version": "0..4294967295", "str": "text"}.get(row.decoder, "not told")


def _seen(row: FieldRow, seen: str) -> str:
    """The raw values that were seen, and in brackets what the code makes of them when that is another thing."""
    if not seen or row.decoder in ("int", "diff_raw"):
        return seen
    raws = [int(raw) for raw in seen.replace("..", ";").split(";")]
    values = [_shown(getattr(DeviceStatus.from_wire({row.wire_name: raw}), row.python_name)) for raw in raws]
    return f"{seen} ({('..' if '..' in seen else '; ').join(values)})"


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def enum_names() -> list[str]:
    """The enumerations of the wire, by name."""
    return [
        name
        for name in codes.__all__
        if isinstance(found := getattr(codes, name), type)
        and issubclass(found, Enum)
        and found.__name__ == name
        and name not in OWN_PAGE
    ]


def enum_table(name: str) -> str:
    """One enumeration; what is known of it stands in a line below."""
    members: type[Enum] = getattr(codes, name)
    fact = facts("enums")[name]
    in_hex = fact.get("hex", False)
    also = {
        member: [alias for alias, one in members.__members__.items() if one is member and alias != member.name]
        for member in members
    }
    heads = ["value", *(["hex"] if in_hex else []), "name", "seen", "meaning"]
    rows = [
        [
            code(member.value) if isinstance(member.value, str) else member.value,
            *([f"0x{member.value:02X}"] if in_hex else []),
            member.name + (f" (also {', '.join(also[member])})" if also[member] else ""),
            "yes" if member.name in fact["seen"] else "no",
            _meaning(member, fact),
        ]
        for member in members
    ]
    return f"{table(heads, rows)}\n\nHow sure: {how_sure(fact, 'D')}."


def _meaning(member: Enum, fact: dict[str, Any]) -> str:
    meaning = str(fact.get(member.name, ""))
    return f"{meaning}, {member.litres} L" if isinstance(member, codes.VolumeCode) else meaning


def other_enums() -> str:
    """The enumerations that are declared for other products."""
    return table(
        ("enum", "values", "how sure"),
        (
            (
                name,
                ", ".join(f"{member.value} {member.name}" for member in getattr(codes, name)),
                how_sure(facts("enums")[name], "D"),
            )
            for name in OTHER_PRODUCTS
        ),
    )


def errors_table() -> str:
    """Every error, and that there is none."""
    rows = [
        (0, 0, "", code(codes.ErrorCode.NO_ERROR.name.lower()), "none", "none", "No error", "", "**C** capture")
    ]
    rows += [
        (
            row.code,
            row.sub_code,
            units.error_text(row.code, row.sub_code),
            code(row.name),
            row.stated.value,
            row.suggested.value,
            row.title,
            row.advice,
            "**D** documents",
        )
        for row in ERRORS
    ]
    return table(
        ("code", "sub", "display", "name", "vendor severity", "suggested severity", "title", "advice", "how sure"),
        rows,
    )
