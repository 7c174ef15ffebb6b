"""What messages are known to hold: the names of their members, and the codes of requests.

Decoding takes what it knows and lets the rest pass. Here is the other half of the question: which members of a
message nobody looked at (`unknown_members`), so that a capture of other firmware shows what is new, and a fixture
cannot hold a member that nobody decodes. The names come from the tables that decoding uses; tests hold the
rest to the decoders, member by member.

Sources: ``docs/protocol/mqtt.md`` sections 6 to 9, ``docs/protocol/responses.md``, ``docs/protocol/commands.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from navien_proto.errors import DecodeError
from navien_proto.jsontext import loads
from navien_proto.model.diagnostics import DIAGNOSTICS_FIELDS, GROUPS
from navien_proto.model.entry_reading import ENTRY_NAMES
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.fields import FieldRow
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.wire.messages import (
    AppConnectionSeen,
    ConnectionEvent,
    ControlFailure,
    DiagnosticsMessage,
    EnergyMessage,
    FeatureMessage,
    FirmwareDownloadMessage,
    Message,
    OtaMessage,
    RecirculationMessage,
    RequestSeen,
    ReservationsMessage,
    StatusMessage,
    TouMessage,
)

__all__ = ["UNREAD", "known_commands", "unknown_command", "unknown_members"]

Shape = Mapping[str, object]
"""Names of an object's members, each with the shape of what stands below it, or ``None`` for a plain value.

A list has the shape of its items.
"""

UNREAD = frozenset(
    {"protocolVersion", "deviceType", "responseTopic", "paramStr", "year", "month", "day", "reservationUse"}
    | {"reservation", "controllerSerialNumber", "commitOta"}
)
"""Members that are known and on which no message depends: those of every envelope, and, in requests that pass
by, all that stands in `RequestSeen.raw` alone."""


def _leaves(*names: str) -> dict[str, object]:
    return dict.fromkeys(names)


def _named(rows: tuple[FieldRow, ...]) -> dict[str, object]:
    return {name: None for row in rows for name in (row.wire_name, *row.aliases)}


_ENVELOPE = _leaves("protocolVersion", "clientID", "sessionID", "requestTopic", "responseTopic")
_DEVICE = _leaves("deviceType", "macAddress", "additionalValue")
_COUNTERS = _named(DIAGNOSTICS_FIELDS)
_USE = _leaves("hpUsage", "heUsage", "hpTime", "heTime")
_ENTRY = _leaves(*ENTRY_NAMES)
_PERIOD = _leaves(
    "season", "week", "startHour", "startMinute", "endHour", "endMinute", "priceMin", "priceMax", "decimalPoint"
)

# What is special of the ``response`` of each kind.
_RESPONSES: Mapping[type, Shape] = {
    StatusMessage: {"status": _named(STATUS_FIELDS)},
    FeatureMessage: {"feature": _named(FEATURE_FIELDS)},
    ControlFailure: {"failCode": None},
    ReservationsMessage: {"reservationUse": None, "reservation": _ENTRY},
    RecirculationMessage: {"reservationUse": None, "reservation": _ENTRY},
    TouMessage: {"reservationUse": None, "reservation": _PERIOD},
    EnergyMessage: {
        "typeOfUsage": None,
        "total": _USE,
        "usage": {"year": None, "month": None, "day": None, "data": _USE},
    },
    FirmwareDownloadMessage: {"downloadSwInfo": _leaves("swCode", "swVersion", "otaMode", "status")},
    DiagnosticsMessage: {"typeOfTD": None, "data": dict.fromkeys(GROUPS, _COUNTERS)},
    # Nobody has seen one: whatever is in it is new.
    OtaMessage: {},
}
# The short keys of two kinds (docs/protocol/mqtt.md section 9).
_SHORT = {"status": "st", "feature": "did"}
_REQUEST: Shape = {
    **_DEVICE,
    **_leaves("command", "mode", "param", "paramStr", "year", "month", "day", "reservationUse"),
    "reservation": {**_ENTRY, **_PERIOD},
    "controllerSerialNumber": None,
    "commitOta": _leaves("swCode", "swVersion"),
}
_CONNECTION: Shape = {**_ENVELOPE, "event": {**_DEVICE, "connection": {"status": None}}}
_APP_CONNECTION: Shape = {
    **_ENVELOPE,
    "timestamp": None,
    "event": {**_DEVICE, "connection": {"status": None, "os": None}},
}


def unknown_members(payload: bytes, message: Message) -> tuple[tuple[str, object], ...]:
    """Path and value of every member of ``payload`` at which nobody looked to make ``message`` of it.

    Paths begin at the top (``response.usage[0].data[3].epUsage``). Of an event or a message of unknown kind
    nothing is known, nothing is listed: there the message itself is what is new.
    """
    shape = _shape_of(message)
    if shape is None:
        return ()
    try:
        envelope = loads(payload)
    except DecodeError:
        return ()
    found = list(_below(envelope, shape, ""))
    if isinstance(message, DiagnosticsMessage):
        found += _packed_rest(message.raw.get("data"))
    return tuple(found)


def _shape_of(message: Message) -> Shape | None:
    if isinstance(message, RequestSeen):
        return {**_ENVELOPE, "request": _REQUEST}
    if isinstance(message, AppConnectionSeen):
        return _APP_CONNECTION
    if isinstance(message, ConnectionEvent):
        return _CONNECTION
    special = _RESPONSES.get(type(message))
    return None if special is None else {**_ENVELOPE, "response": {**_DEVICE, **special}}


def _below(value: object, shape: Shape, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(item, shape, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, member in value.items():
            below = f"{path}.{name}" if path else name
            asked = _asked_for(name, value, shape)
            if asked not in shape:
                yield below, member
            elif isinstance(inner := shape[asked], Mapping):
                yield from _below(member, inner, below)


def _asked_for(name: str, members: Mapping[str, object], shape: Shape) -> str:
    """What a short key stands for where the long one is not there."""
    return next(
        (
            long
            for long, short in _SHORT.items()
            if name == short and long in shape and not isinstance(members.get(long), dict)
        ),
        name,
    )


# Bytes of the packed groups (docs/protocol/responses.md section 9).
_PACKED_BYTES = {"tsData": 38, "tcData": 0, "tdData": 32, "taData": 72}
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})+")


def _packed_rest(data: object) -> Iterator[tuple[str, object]]:
    """What follows the known counters of a packed group; only its length is told."""
    for name, text in data.items() if isinstance(data, Mapping) else ():
        if name in _PACKED_BYTES and isinstance(text, str) and _HEXADECIMAL.fullmatch(text):
            rest = len(text) // 2 - _PACKED_BYTES[name]
            if rest > 0:
                yield f"response.data.{name}, bytes behind the last counter", rest


# --- command codes


@cache
def known_commands() -> Mapping[int, frozenset[str]]:
    """The suffixes of topics with which each code is sent, those that are declared only included."""
    from navien_proto.wire import commands

    found: dict[int, set[str]] = {}
    for name in commands.__all__:
        kind = getattr(commands, name)
        if isinstance(kind, type) and issubclass(kind, commands.Command):
            code = getattr(kind, "code", None)
            if isinstance(code, int):  # the base classes and RawCommand have none of their own
                found.setdefault(code, set()).add(kind.suffix)
    return {code: frozenset(suffixes) for code, suffixes in found.items()}


# What pushes have announced so far (docs/protocol/mqtt.md section 9).
_PUSHES = frozenset({0, 0x04000004, 0x04000013, 0x0400001C})


def unknown_command(message: Message) -> str | None:
    """What is new about the command code of a request or a status: ``"command"``, ``"suffix"`` or nothing.

    The suffix is new when a known request was published on a topic on which that code was not met.
    """
    if isinstance(message, StatusMessage):
        code = message.command
        return None if code is None or code in _PUSHES or code in known_commands() else "command"
    if not isinstance(message, RequestSeen) or message.command is None:
        return None
    suffixes = known_commands().get(message.command)
    if suffixes is None:
        return "command"
    return None if message.suffix is None or message.suffix in suffixes else "suffix"
