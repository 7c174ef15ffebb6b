"""How the rarer answers are taken apart: schedules, energy, diagnostics, firmware, events.

Each function gets the part of a message that makes it its kind, and ``facts``, what all messages have, and adds
problems by their path. What these messages are made of is loaded with the first of a kind, so that whoever only
reads states pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from navien_proto.model.codes import DiagnosticsType, EnergyQueryType, FirmwareType, Unknown
from navien_proto.model.decoders import accept_integer
from navien_proto.model.fields import Problem, Unfit
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.wire.messages import (
    AppConnectionSeen,
    ConnectionEvent,
    DiagnosticsMessage,
    EnergyMessage,
    EventMessage,
    FirmwareDownloadMessage,
    OtaMessage,
    RecirculationMessage,
    RequestSeen,
    ReservationsMessage,
    TouMessage,
)
from navien_proto.wire.topics import TopicKind, parse_topic

if TYPE_CHECKING:
    from navien_proto.model.energy import EnergyPeriod, Granularity

__all__ = ["diagnostics", "energy", "event", "firmware_download", "number", "ota", "request_seen", "schedule"]

Members = dict[str, Any]
E = TypeVar("E", bound=IntEnum)

# How the entries of an unmarked list are told apart (docs/protocol/mqtt.md 9).
_NO_PARAM = (-1, 255)


def number(members: Members, name: str, problems: list[Problem], path: str = "") -> int | None:
    """The whole number ``name`` of ``members``; ``None`` when absent, and with a problem when it is none."""
    if name not in members:
        return None
    try:
        return accept_integer(members[name])
    except Unfit as unfit:
        problems.append(Problem(f"{path}{name}", members[name], str(unfit)))
        return None


def _text(members: Members, name: str, problems: list[Problem], path: str = "") -> str | None:
    value = members.get(name)
    if type(value) is str:
        return value
    if name in members:
        problems.append(Problem(f"{path}{name}", value, "text belongs here"))
    return None


def _code(members: type[E], value: int | None) -> E | Unknown | None:
    if value is None:
        return None
    try:
        return members(value)
    except ValueError:
        return Unknown(value)


def _items(value: object, path: str, problems: list[Problem]) -> Iterator[tuple[str, Members]]:
    """Path and object of each item of the list ``value``; ``null`` in it stands for an object without members."""
    if type(value) is not list:
        problems.append(Problem(path, value, "a list belongs here"))
        return
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if item is None or type(item) is dict:
            yield place, item or {}
        else:
            problems.append(Problem(place, item, "an object belongs here"))


def _with(problems: list[Problem], facts: Members) -> Members:
    return {**facts, "problems": (*facts["problems"], *problems)} if problems else facts


# --- schedules


def _looks_like_recirculation(entries: object) -> bool:
    if type(entries) is str:
        return any(entries[at + 10 : at + 12].lower() == "ff" for at in range(0, len(entries), 12))
    return any(type(one) is dict and one.get("param") in _NO_PARAM for one in _list(entries))


def _list(entries: object) -> list[Any]:
    return entries if type(entries) is list else []


_NAMES = {
    "tou/rd": "tou",
    "recirc-rsv": "recirculation",
    "recirc-rsv/rd": "recirculation",
    "rsv": "reservations",
    "rsv/rd": "reservations",
}


def _schedule_kind(topic: str, request_topic: str | None, entries: object) -> str:
    """Which of the three schedules it is: by topic, else by content, else by what was asked."""
    kind = _NAMES.get(topic.rpartition("/res/")[2]) if "/res/" in topic else None
    if kind is not None:
        return kind
    if any(type(one) is dict and "season" in one for one in _list(entries)):
        return "tou"
    if _looks_like_recirculation(entries):
        return "recirculation"
    if not entries and request_topic is not None:
        # An empty list says nothing of itself.
        for name, asked in _NAMES.items():
            if request_topic.endswith((f"/st/{name}", f"/ctrl/{name}")):
                return asked
    return "reservations"


def schedule(response: Members, facts: Members) -> ReservationsMessage | RecirculationMessage | TouMessage:
    """A message with ``reservation``."""
    entries = response["reservation"]
    kind = _schedule_kind(facts["topic"], facts["request_topic"], entries)
    if kind == "tou":
        from navien_proto.model.tou import TouPlan

        plan = TouPlan.from_wire(response)
        facts["problems"] += plan.problems
        return TouMessage(plan=plan, raw=response, **facts)
    from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme

    packed = type(entries) is str
    if kind == "recirculation":
        pump = RecirculationProgramme.from_wire(response)
        facts["problems"] += pump.problems
        return RecirculationMessage(programme=pump, packed=packed, raw=response, **facts)
    programme = ReservationProgramme.from_wire(response)
    facts["problems"] += programme.problems
    return ReservationsMessage(programme=programme, packed=packed, raw=response, **facts)


# --- energy


def energy(response: Members, facts: Members) -> EnergyMessage:
    """A message with ``typeOfUsage``, or ``total`` and ``usage``."""
    from navien_proto.model.energy import EnergyPeriod, EnergyUse

    problems: list[Problem] = []

    def use(members: Members, path: str) -> EnergyUse:
        return EnergyUse(
            heat_pump_energy=number(members, "hpUsage", problems, path),
            element_energy=number(members, "heUsage", problems, path),
            heat_pump_hours=number(members, "hpTime", problems, path),
            element_hours=number(members, "heTime", problems, path),
        )

    total = response.get("total", {})
    if type(total) is not dict:
        problems.append(Problem("total", total, "an object belongs here"))
    lifetime = use(total, "total.") if type(total) is dict and "total" in response else None
    periods = tuple(
        EnergyPeriod(
            year=number(entry, "year", problems, f"{path}."),
            month=number(entry, "month", problems, f"{path}."),
            day=number(entry, "day", problems, f"{path}."),
            items=tuple(
                use(item, f"{place}.") for place, item in _items(entry.get("data", []), f"{path}.data", problems)
            ),
        )
        for path, entry in _items(response.get("usage", []), "usage", problems)
    )
    return EnergyMessage(
        granularity=_granularity(periods, f"{facts['topic']} {facts['request_topic']}"),
        type_of_usage=_code(EnergyQueryType, number(response, "typeOfUsage", problems)),
        lifetime=lifetime,
        periods=periods,
        raw=response,
        **_with(problems, facts),
    )


def _granularity(periods: tuple[EnergyPeriod, ...], topics: str) -> Granularity | None:
    from navien_proto.model.energy import Granularity

    if not periods:
        return next((one for one in Granularity if f"/energy-usage-{one.value}-query/" in topics), None)
    if periods[0].month is None:
        return Granularity.MONTHLY
    return Granularity.DAILY if periods[0].day is None else Granularity.HOURLY


# --- diagnostics and firmware


def diagnostics(response: Members, facts: Members) -> DiagnosticsMessage:
    """A message with ``typeOfTD``."""
    from navien_proto.model.diagnostics import Diagnostics

    problems: list[Problem] = []
    kind = _code(DiagnosticsType, number(response, "typeOfTD", problems))
    data = response.get("data", {})
    if type(data) is not dict:
        problems.append(Problem("data", data, "an object belongs here"))
        data = {}
    counters, odd = Diagnostics.from_groups(data)
    return DiagnosticsMessage(
        diagnostics=counters,
        type_of_diagnostics=kind,
        packed=any(type(group) is str for group in data.values()),
        raw=response,
        **_with([*problems, *odd], facts),
    )


def firmware_download(response: Members, facts: Members) -> FirmwareDownloadMessage:
    """A message with ``downloadSwInfo``; entries that are all zero are empty slots."""
    problems: list[Problem] = []
    downloads = []
    for path, entry in _items(response["downloadSwInfo"], "downloadSwInfo", problems):
        if not any(entry.values()):
            continue
        code, version, mode, status = (
            number(entry, name, problems, f"{path}.") for name in ("swCode", "swVersion", "otaMode", "status")
        )
        if version is not None and not 0 <= version < 1 << 32:
            problems.append(Problem(f"{path}.swVersion", version, "a firmware number has 32 bits"))
            version = None
        downloads.append(
            FirmwareDownload(
                sw_code=_code(FirmwareType, code),
                sw_version=None if version is None else FirmwareVersion(version),
                ota_mode=mode,
                status=status,
            )
        )
    return FirmwareDownloadMessage(downloads=tuple(downloads), raw=response, **_with(problems, facts))


def ota(response: Members, facts: Members) -> OtaMessage:
    """A message with ``commitOta``, or on the topic of such answers."""
    return OtaMessage(raw=response, **facts)


# --- what is no answer


def request_seen(request: object, facts: Members) -> RequestSeen:
    """A message with ``request`` and no ``response``."""
    problems: list[Problem] = []
    members: Members = request if type(request) is dict else {}
    param = members.get("param")
    if "param" in members and (type(param) is not list or any(type(one) is not int for one in param)):
        problems.append(Problem("param", param, "a list of whole numbers belongs here"))
        param = None
    topics = (parse_topic(topic or "") for topic in (facts["topic"], facts["request_topic"]))
    return RequestSeen(
        command=number(members, "command", problems),
        mode=_text(members, "mode", problems),
        param=None if param is None else tuple(param),
        suffix=next((topic.suffix for topic in topics if topic.kind is TopicKind.REQUEST), None),
        raw=request,
        **_with(problems, facts),
    )


def event(envelope: object, facts: Members) -> EventMessage:
    """A message on an event topic that is neither answer nor request."""
    parsed = parse_topic(facts["topic"])
    if parsed.suffix == "connection":
        problems: list[Problem] = []
        state, connected = _connection(envelope, problems)
        return ConnectionEvent(name=parsed.suffix, connected=connected, raw=envelope, **_with(problems, facts))
    if parsed.suffix == "app-connection":
        problems = []
        members: Members = envelope if type(envelope) is dict else {}
        state, connected = _connection(envelope, problems)
        return AppConnectionSeen(
            name=parsed.suffix,
            connected=True if members and "event" not in members else connected,
            os=_text(state, "os", problems, "event.connection."),
            timestamp=_text(members, "timestamp", problems),
            raw=envelope,
            **_with(problems, facts),
        )
    # Without a device in it (evt/52/mobile/event/…), what follows the device type is the name.
    name = parsed.suffix if parsed.kind is TopicKind.EVENT else facts["topic"].split("/", 2)[-1]
    return EventMessage(name=name, raw=envelope, **facts)


def _connection(envelope: object, problems: list[Problem]) -> tuple[Members, bool | None]:
    """The ``event.connection`` of an event, and whether it says that somebody is connected."""
    found = envelope
    for name in ("event", "connection"):
        found = found.get(name) if type(found) is dict else None
    state: Members = found if type(found) is dict else {}
    status = number(state, "status", problems, "event.connection.")
    if status is not None and status not in (0, 1):
        problems.append(Problem("event.connection.status", status, "a connection is 0 or 1"))
    return state, bool(status) if status in (0, 1) else None
