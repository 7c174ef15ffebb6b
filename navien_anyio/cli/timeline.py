"""The time line of a capture: what each entry says, in words and as data, and how many were decoded. Pure.

Identities are not shown: heaters are numbered, and of REST answers only the kind is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from attrs import Factory, define, frozen

from navien_anyio.cli import words
from navien_anyio.cli.documents import readings, time_text
from navien_anyio.cli.rows import Reading, Unit
from navien_proto.cloud.answers import Answer, DevicePage
from navien_proto.errors import AuthError, CloudError, NavienError
from navien_proto.har import MqttMessage, RestExchange, Row
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.messages import (
    ControlFailure,
    FeatureMessage,
    Reason,
    RequestSeen,
    StatusMessage,
    UnknownMessage,
)

__all__ = ["Entry", "Tally", "Timeline", "cells", "headers", "kind_of", "timeline"]


@frozen(kw_only=True)
class Entry:
    """One line: when, whose, what kind, and the status, if it is one. ``problem`` says what was not understood."""

    time: datetime
    place: str
    heater: str = ""
    kind: str
    detail: str = ""
    status: DeviceStatus | None = None
    problem: str = ""
    undecodable: bool = False

    @property
    def what(self) -> str:
        """Kind and detail."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


@define
class Tally:
    """How many there were, and how many were decoded."""

    messages: int = 0
    messages_decoded: int = 0
    answers: int = 0
    answers_decoded: int = 0
    unknown: int = 0
    foreign: int = 0

    def sentence(self) -> str:
        """``18 of 18 messages and 7 of 7 REST answers decoded``."""
        told = (
            f"{self.messages_decoded} of {self.messages} messages and "
            f"{self.answers_decoded} of {self.answers} REST answers decoded"
        )
        if self.unknown:
            told += f"; {self.unknown} messages are of a kind not known yet"
        if self.foreign:
            told += f"; {self.foreign} exchanges are not the cloud's"
        return told


@define
class Timeline:
    """Every entry in order of time, and the tally."""

    entries: list[Entry] = Factory(list)
    tally: Tally = Factory(Tally)

    def readings(self) -> Iterable[Reading]:
        """What a log would hold of it."""
        for entry in self.entries:
            if entry.status is not None:
                yield Reading(at=entry.time, status=entry.status, device=entry.heater)

    def undecodable(self) -> list[Entry]:
        """The entries that could not be decoded."""
        return [entry for entry in self.entries if entry.undecodable]

    def document(self, unit: Unit, skipped: dict[str, int]) -> dict[str, Any]:
        """Plain data for JSON; ``skipped`` is what in the file was no message."""
        tally = self.tally
        return {
            "entries": [_members(entry, unit) for entry in self.entries],
            "counts": {
                "messages": tally.messages,
                "messages_decoded": tally.messages_decoded,
                "messages_of_unknown_kind": tally.unknown,
                "answers": tally.answers,
                "answers_decoded": tally.answers_decoded,
                "other_exchanges": tally.foreign,
            },
            "skipped": skipped,
        }


def timeline(rows: Iterable[Row]) -> Timeline:
    """The time line of decoded ``rows``."""
    line = Timeline()
    heaters: dict[str, str] = {}
    for row in rows:
        if isinstance(row.entry, MqttMessage):
            entry = _message(row, row.entry, heaters)
            line.tally.messages += 1
            line.tally.messages_decoded += not entry.undecodable
            line.tally.unknown += isinstance(row.result, UnknownMessage)
        elif row.result is None:
            line.tally.foreign += 1
            continue
        else:
            entry = _answer(row, row.entry)
            line.tally.answers += 1
            line.tally.answers_decoded += not entry.undecodable
        line.entries.append(entry)
    return line


def _message(row: Row, source: MqttMessage, heaters: dict[str, str]) -> Entry:
    result = row.result
    kind, detail, problem = kind_of(result), "", ""
    status = result.status if isinstance(result, StatusMessage) else None
    match result:
        case StatusMessage():
            kind, detail = "status", result.reason.value
        case FeatureMessage():
            kind = "device info"
        case ControlFailure():
            kind, detail = "refusal", "" if result.code is None else f"code {result.code}"
        case RequestSeen():
            kind, detail = "request", "" if result.command is None else f"{result.command:#010x}"
        case NavienError():
            return _failed(row, result, "message")
    if result is not None and not isinstance(result, Answer):
        problem = ", ".join(one.path for one in result.problems)
    mac = None if result is None or isinstance(result, Answer) else result.mac
    heater = "" if mac is None else heaters.setdefault(mac, f"heater {len(heaters) + 1}")
    return Entry(
        time=source.time,
        place=source.place,
        heater=heater,
        kind=kind,
        detail=detail,
        status=status,
        problem=problem and f"not understood: {problem}",
    )


def kind_of(result: object) -> str:
    """What a class of messages is called: ``ReservationsMessage`` is "reservations"."""
    name = type(result).__name__
    for ending in ("Message", "Seen"):
        name = name.removesuffix(ending)
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _answer(row: Row, source: RestExchange) -> Entry:
    result = row.result
    name = " ".join(source.path.rstrip("/").rsplit("/", 2)[-2:])
    if isinstance(result, NavienError):
        if isinstance(result, AuthError | CloudError):
            # The cloud said no, in its own way: that is understood.
            return Entry(time=source.time, place=source.place, kind="REST", detail=name, problem=str(result))
        return _failed(row, result, "REST")
    detail = name
    if isinstance(result, DevicePage):
        count = len(result.devices)
        detail = f"{name}, {count} device{'' if count == 1 else 's'}"
    problems = ", ".join(one.path for one in result.problems) if isinstance(result, Answer) else ""
    return Entry(
        time=source.time,
        place=source.place,
        kind="REST",
        detail=detail,
        problem=problems and f"not understood: {problems}",
    )


def _failed(row: Row, error: NavienError, kind: str) -> Entry:
    return Entry(time=row.entry.time, place=row.entry.place, kind=kind, problem=str(error), undecodable=True)


def _members(entry: Entry, unit: Unit) -> dict[str, Any]:
    members: dict[str, Any] = {
        "time": time_text(entry.time),
        "place": entry.place,
        "kind": re.sub(r"\W+", "_", entry.kind.lower()),
        "detail": entry.detail,
        "decoded": not entry.undecodable,
    }
    if entry.heater:
        members["heater"] = entry.heater
    if entry.problem:
        members["problem"] = entry.problem
    if entry.status is not None:
        members["readings"] = readings(entry.status, unit)
    return members


HEADERS = ("UTC", "what", "mode", "running", "charge", "water", "upper", "lower", "power")


def headers(unit: Unit) -> tuple[str, ...]:
    """The headers over ``cells``; those of temperatures name the unit."""
    return tuple(f"{name}\n°{unit.upper()}" if name in ("water", "upper", "lower") else name for name in HEADERS)


def cells(entry: Entry, unit: Unit) -> tuple[str, ...]:
    """The columns of a line: time in UTC, what came, mode, running, charge, temperatures, power.

    A line without a status has its particulars where a status tells what runs.
    """
    time = f"{entry.time.astimezone(UTC):%H:%M:%S}"
    status = entry.status
    if status is None:
        return (time, entry.kind, "", entry.detail)
    return (
        time,
        "ack" if entry.detail == Reason.ACKNOWLEDGEMENT.value else entry.detail,
        words.show_mode(status),
        words.show_running(status),
        words.show_charge(status),
        *(
            words.show_temperature(status, name, unit).removesuffix(f" °{unit.upper()}")
            for name in ("dhw_temperature", "tank_upper_temperature", "tank_lower_temperature")
        ),
        words.show_power(status),
    )
