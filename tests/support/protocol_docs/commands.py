"""The tables of commands: each class once, with an example of it that the code itself wrote."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from functools import cache
from typing import Any

import navien_proto.wire.commands as wire
from navien_proto.jsontext import dumps
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.codes import FirmwareType, RecirculationMode
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.schedules import (
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.weekdays import WEEKDAYS
from navien_proto.wire.commands.raw import DeclaredOnly
from tests.support.protocol_docs.facts import facts, how_sure
from tests.support.protocol_docs.table import code, first_sentence, table

__all__ = [
    "command_classes",
    "controls_table",
    "declared_table",
    "examples",
    "gated_by",
    "queries_table",
    "writes_table",
]

BASES = (wire.Command, wire.Control, wire.DeclaredOnly, wire.RawCommand)
WIRE_NAMES = {row.python_name: row.wire_name for row in FEATURE_FIELDS}


@cache
def examples() -> dict[type[wire.Command], tuple[wire.Command, ...]]:
    """Commands of every class that can be made: what the tables show of them is what the code does."""
    reservation = Reservation(days=WEEKDAYS, time=time(6, 30), mode=Mode.HIGH_DEMAND, param=120)
    pump = RecirculationEntry(days=WEEKDAYS, time=time(6), on=True)
    price = Decimal("0.36261")
    period = TouPeriod(
        months=frozenset({1}), days=WEEKDAYS, start=time(0), end=time(15, 59), price_min=price, price_max=price
    )
    made: tuple[wire.Command, ...] = (
        *(wire.SetMode(mode) for mode in (Mode.HEAT_PUMP, Mode.ELECTRIC, Mode.ENERGY_SAVER, Mode.HIGH_DEMAND)),
        wire.StartVacation(days=7),
        wire.SetVacationDays(days=7),
        wire.AntiLegionellaOn(days=7),
        *(wire.SetRecirculationMode(mode) for mode in RecirculationMode if mode),
        wire.SetTemperature(celsius=58.5),
        wire.SetAirFilterLife(3000),
        wire.RequestHourlyEnergy(year=2026, month=1, days=[15]),
        wire.RequestDailyEnergy(year=2026, months=[1, 2]),
        wire.RequestMonthlyEnergy(years=[2025, 2026]),
        wire.ReplaceReservations(ReservationProgramme(True, (reservation,))),
        wire.ReplaceRecirculation(RecirculationProgramme(True, (pump,))),
        wire.WriteTouPlan(plan=TouPlan([period]), controller_serial_number="00000000XX00000000"),
        wire.CommitFirmware(
            staged=FirmwareDownload(sw_code=FirmwareType.CONTROLLER, sw_version=FirmwareVersion(184614912)),
            confirmed=True,
        ),
    )
    found: dict[type[wire.Command], list[wire.Command]] = {}
    for one in made:
        found.setdefault(type(one), []).append(one)
    for kind in command_classes():
        if kind not in found and not issubclass(kind, DeclaredOnly):
            found[kind] = [kind()]
    return {kind: tuple(ones) for kind, ones in found.items()}


@cache
def command_classes() -> tuple[type[wire.Command], ...]:
    """Every class of command that the library offers, by code and name; a raw command is none of them."""
    named = (getattr(wire, name) for name in wire.__all__)
    kinds = [one for one in named if isinstance(one, type) and issubclass(one, wire.Command) and one not in BASES]
    return tuple(sorted(kinds, key=lambda kind: (kind.code, kind.suffix, kind.__name__)))


def gated_by(flag: str) -> list[str]:
    """The classes that want this flag of the device info, given by attribute name."""
    return [
        kind.__name__
        for kind in command_classes()
        if kind in examples() and any(flag in (*one.needs, *_checked(one)) for one in examples()[kind])
    ]


def _checked(one: wire.Command) -> tuple[str, ...]:
    """The flags that are no yes or no, and which a class looks at itself."""
    return ("dhw_temperature_setting_use",) if isinstance(one, wire.SetTemperature) else ()


def queries_table() -> str:
    """The questions."""
    return table(
        ("code", "hex", "class", "suffix", "reply", "answer", "further members", "parameters", "capability",
         "how sure", "remarks"),
        (
            (
                *_numbers(kind),
                code(kind.suffix),
                _reply(ones[0]),
                _answer(ones[0]),
                _members(ones),
                _parameters(kind),
                _capability(ones),
                *_evidence(kind),
            )
            for kind, ones in _of(control=False)
        ),
    )  # fmt: skip


def controls_table() -> str:
    """The controls with a mode string."""
    return table(
        ("code", "hex", "class", "mode string", "param", "parameters", "capability", "confirmed when", "how sure",
         "remarks"),
        (
            (
                *_numbers(kind),
                code(kind.mode_string),
                ", ".join(code(list(one.params())) for one in ones if isinstance(one, wire.Control)),
                _parameters(kind),
                _capability(ones),
                _confirmed(kind),
                *_evidence(kind),
            )
            for kind, ones in _of(control=True)
            if issubclass(kind, wire.Control)
        ),
    )  # fmt: skip


def writes_table() -> str:
    """The writes of schedules and firmware."""
    return table(
        ("code", "hex", "class", "suffix", "reply", "further members", "parameters", "capability",
         "confirmed when", "how sure", "remarks"),
        (
            (
                *_numbers(kind),
                code(kind.suffix),
                _reply(ones[0]),
                _members(ones),
                _parameters(kind),
                _capability(ones),
                _confirmed(kind),
                *_evidence(kind),
            )
            for kind, ones in _of(control=True)
            if not issubclass(kind, wire.Control)
        ),
    )  # fmt: skip


def declared_table() -> str:
    """What only a raw command sends."""
    return table(
        ("code", "hex", "class", "mode string", "why not", "how sure", "remarks"),
        (
            (*_numbers(kind), code(kind.mode_string) or "-", kind.why, *_evidence(kind))
            for kind in command_classes()
            if issubclass(kind, DeclaredOnly)
        ),
    )


def _of(*, control: bool) -> list[tuple[type[wire.Command], tuple[wire.Command, ...]]]:
    return [
        (kind, examples()[kind]) for kind in command_classes() if kind in examples() and kind.is_control is control
    ]


def _numbers(kind: type[wire.Command]) -> tuple[object, ...]:
    what = "" if issubclass(kind, DeclaredOnly) else first_sentence(kind)
    return kind.code, f"0x{kind.code:08X}", f"{code(kind.__name__)} {what}"


def _evidence(kind: type[wire.Command]) -> tuple[str, str]:
    fact = facts("commands")[kind.__name__]
    return how_sure(fact, "D"), str(fact.get("remark", ""))


def _reply(one: wire.Command) -> str:
    behind = f"res/{one.reply_suffix}" if one.reply_suffix else ""
    return " ".join(filter(None, [one.reply_form.value, code(behind)])) if one.reply_kind else "none seen"


def _answer(one: wire.Command) -> str:
    if one.reply_kind is None:
        return "none"
    known = "by session id and code" if one.matched_by_session else "by kind and MAC"
    if _overrides(type(one), "answered_by"):
        known = "as " + first_sentence(type(one).answered_by).removeprefix("True of ").rstrip(".")
    return f"{code(one.reply_kind.__name__)}, known {known}"


def _confirmed(kind: type[wire.Command]) -> str:
    for name in ("shown_by", "answered_by"):
        if _overrides(kind, name):
            text = first_sentence(getattr(kind, name)).rstrip(".").removeprefix("Whether ")
            return text[:1].lower() + text[1:]
    if kind.matched_by_session:
        return "acknowledged"
    return f"a {code(kind.reply_kind.__name__)} of the device comes" if kind.reply_kind else "never"


def _overrides(kind: type[wire.Command], name: str) -> bool:
    return getattr(kind, name) is not getattr(wire.Command, name)


def _members(ones: tuple[wire.Command, ...]) -> str:
    return ", ".join(code(dumps(one.members()).decode()) for one in ones if one.members()) or "-"


def _parameters(kind: type[wire.Command]) -> str:
    return "; ".join(map(_parameter, facts("commands")[kind.__name__].get("params", ()))) or "-"


def _parameter(param: dict[str, Any]) -> str:
    text = param.get("range") or f"{param['lowest']}..{param['highest']}".replace(str((1 << 63) - 1), "2^63-1")
    return f"{code(param['name'])} ({param['unit']}): {text}"


def _capability(ones: tuple[wire.Command, ...]) -> str:
    needs = [set(one.needs) for one in ones]
    always = set.intersection(*needs)
    texts = [code(WIRE_NAMES[flag]) for one in ones[0:1] for flag in one.needs if flag in always]
    chosen = [code(WIRE_NAMES[flag]) for one in ones for flag in one.needs if flag not in always]
    if chosen:
        texts.append(" or ".join(chosen))
    texts += [code(WIRE_NAMES[flag]) for flag in _checked(ones[0])]
    return ", ".join(texts) or "none"
