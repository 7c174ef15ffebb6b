"""Fixtures: one message or one REST exchange a file, named by what is in it, readable and free of identities.

A file is JSON: what it is, where its facts came from, and the message (topic and payload) or the exchange
(request and reply). Its name has three parts with dots between, and the first two follow from the content::

    status-acknowledgement.2025.mode.json      kind of message, firmware, anything
    sign-in.bad-credentials.wrong-password.json    endpoint, verdict, anything

The firmware of a status or a device info is told by the members it sends (`firmware_of`); other messages do not
tell theirs and are ``any``. ``fixtures/README.md`` describes the format for people.

`read_fixture` takes a file's text; `navien_proto.fixture_collect` makes a set of a capture. No disk is read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from navien_proto.cloud.answers import Answer
from navien_proto.cloud.http import HttpReply
from navien_proto.errors import DecodeError, NavienError, UsageError
from navien_proto.har import Capture, Entry, MqttMessage, RestExchange, Row, answer_key, decode_capture
from navien_proto.jsontext import dumps, loads
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.fields import FieldRow, Readings
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.wire.messages import (
    DiagnosticsMessage,
    EnergyMessage,
    FeatureMessage,
    Message,
    RecirculationMessage,
    ReservationsMessage,
    StatusMessage,
)

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "ENDPOINTS",
    "Fixture",
    "MessageFixture",
    "RestFixture",
    "RestReply",
    "RestRequest",
    "family_of",
    "firmware_of",
    "fixture_text",
    "kind_of",
    "read_fixture",
    "row_of",
    "title_of",
    "verdict_of",
]

BASE_URL = "https://nlus.naviensmartcontrol.com/api/v2.1"
# Nothing in a fixture depends on when it happened; lifetimes of tokens are counted from here.
WHEN = datetime(2026, 1, 15, 12, tzinfo=UTC)
# Answers of rate databases have some megabytes.
LARGEST = 16 * 1024 * 1024
# Columns of a file, and how many plain members stand one a line.
WIDTH = 110
MOST_LINES = 6
NAME = re.compile(r"([a-z0-9-]+\.[a-z0-9-]+)\.[a-z0-9-]+")

ENDPOINTS: Mapping[tuple[str, str], str] = {
    ("POST", "/user/sign-in"): "sign-in",
    ("POST", "/auth/refresh"): "refresh",
    ("POST", "/device/list"): "device-list",
    ("POST", "/device/info"): "device-info",
    ("POST", "/device/firmware/info"): "firmware-info",
    ("GET", "/device/tou"): "tou",
    ("PUT", "/device/tou"): "store-tou",
    ("POST", "/device/tou/convert"): "convert-tou",
    ("POST", "/app/update-push-token"): "push-token",
    ("POST", "/device/connectivity-status"): "connectivity-status",
    ("GET", "/utility_rates"): "utility-rates",
}
"""What the endpoints of ``docs/protocol/rest.md`` are called in names of fixtures, by method and path."""


@frozen(kw_only=True)
class MessageFixture:
    """One MQTT message. ``what`` says what it is, ``source`` where its facts came from."""

    what: str
    source: str
    topic: str
    payload: Any = field(repr=False)

    @property
    def data(self) -> bytes:
        """The payload as it travels."""
        return dumps(self.payload)

    def entry(self, place: str = "") -> Entry:
        """The message as `navien_proto.har.decode_capture` takes it."""
        return MqttMessage(time=WHEN, place=place, direction="receive", topic=self.topic, payload=self.data)

    def document(self) -> dict[str, Any]:
        """The file's content."""
        return {"what": self.what, "source": self.source, "topic": self.topic, "payload": self.payload}


@frozen(kw_only=True)
class RestRequest:
    """What was asked: ``path`` is below the service's address and has the query; ``body`` a JSON value."""

    method: str
    path: str = field(repr=False)
    body: Any = field(default=None, repr=False)


@frozen(kw_only=True)
class RestReply:
    """What came: ``body`` a JSON value, or ``text`` what is none."""

    status: int
    headers: dict[str, str] = field(factory=dict)
    body: Any = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)

    @property
    def data(self) -> bytes:
        """The body as it travels."""
        return dumps(self.body) if self.text is None else self.text.encode("utf-8", "surrogatepass")


@frozen(kw_only=True)
class RestFixture:
    """One REST exchange. ``what`` says what it is, ``source`` where its facts came from."""

    what: str
    source: str
    request: RestRequest
    reply: RestReply

    def entry(self, place: str = "") -> Entry:
        """The exchange as `navien_proto.har.decode_capture` takes it."""
        reply = self.reply
        return RestExchange(
            time=WHEN,
            place=place,
            method=self.request.method,
            url=f"{BASE_URL}{self.request.path}",
            request_body=b"" if self.request.body is None else dumps(self.request.body),
            reply=HttpReply(reply.status, reply.headers, reply.data),
        )

    def document(self) -> dict[str, Any]:
        """The file's content, without what is absent."""
        request, reply = asdict(self.request), asdict(self.reply)
        if self.request.body is None:
            del request["body"]
        if not self.reply.headers:
            del reply["headers"]
        del reply["text" if self.reply.text is None else "body"]
        return {"what": self.what, "source": self.source, "request": request, "reply": reply}


Fixture = MessageFixture | RestFixture


def row_of(fixture: Fixture, place: str = "") -> Row:
    """The fixture decoded, by the way that captures take."""
    (row,) = decode_capture(Capture(entries=(fixture.entry(place),)))
    return row


# --- text


def fixture_text(document: Mapping[str, Any]) -> str:
    """The text of a fixture file: JSON as a person would set it, short things on a line, long tables filled."""
    members = ",\n".join(f" {json.dumps(name)}: {_laid_out(value, 1)}" for name, value in document.items())
    return f"{{\n{members}\n}}\n"


def _laid_out(value: Any, depth: int) -> str:
    whole = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or len(whole) + depth <= WIDTH:
        return whole
    below = value.values() if isinstance(value, dict) else value
    flat = not any(isinstance(one, dict | list) for one in below)
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{json.dumps(name)}: {_laid_out(one, depth + 1)}" for name, one in value.items()]
        flat = flat and len(parts) > MOST_LINES
    else:
        opening, closing = "[", "]"
        parts = [_laid_out(one, depth + 1) for one in value]
    margin = " " * (depth + 1)
    lines = list(_filled(parts, WIDTH - len(margin))) if flat else [f"{part}," for part in parts]
    inside = "\n".join(margin + line for line in lines).removesuffix(",")
    return f"{opening}\n{inside}\n{' ' * depth}{closing}"


def _filled(parts: Iterable[str], width: int) -> Iterator[str]:
    """The parts with commas, as many on a line as there is room for."""
    line = ""
    for part in parts:
        if line and len(line) + len(part) + 2 > width:
            yield line
            line = ""
        line += f" {part}," if line else f"{part},"
    yield line


# --- names


def family_of(message: Message) -> str:
    """What a class of messages is called: ``status``, ``firmware-download``, ``request``."""
    return _words(type(message)).removesuffix("-message").removesuffix("-seen")


def kind_of(message: Message) -> str:
    """The first part of the name of a message's fixture: ``status-push``, ``reservations-packed``."""
    kind = family_of(message)
    match message:
        case StatusMessage():
            return f"{kind}-{message.reason.value}"
        case EnergyMessage():
            return kind if message.granularity is None else f"{kind}-{message.granularity.value}"
        case ReservationsMessage() | RecirculationMessage() | DiagnosticsMessage():
            return f"{kind}-packed" if message.packed else kind
    return kind


def _words(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _names(rows: Iterable[FieldRow]) -> frozenset[str]:
    return frozenset(row.wire_name for row in rows)


_ALL_STATUS = _names(STATUS_FIELDS)
_STATUS_2025 = _names(row for row in STATUS_FIELDS if row.captured)
_ALL_FEATURE = _names(FEATURE_FIELDS)
# Older firmware knows no recirculation module (docs/protocol/feature_fields.md).
_OLDER_FEATURE = _ALL_FEATURE - {"recircSwVersion", "recircModelTypeCode"}


def firmware_of(message: Message) -> str:
    """The firmware by the members that a message has, the second part of its fixture's name.

    ``2025``: a status with exactly the 87 members of the captured unit; ``newer``: with all of those and more, or
    a device info with everything; ``older``: a device info that knows no recirculation module; ``partial``:
    anything less; ``any``: messages that do not tell.
    """
    if isinstance(message, StatusMessage):
        found = _sent(message.status)
        if found == _STATUS_2025:
            return "2025"
        return "newer" if found > _STATUS_2025 else "partial"
    if isinstance(message, FeatureMessage):
        found = _sent(message.feature)
        return "newer" if found >= _ALL_FEATURE else "older" if found == _OLDER_FEATURE else "partial"
    return "any"


def _sent(readings: Readings) -> frozenset[str]:
    """Wire names of the members that came, by the first spelling of those that have two."""
    spelt = {alias: row.wire_name for row in readings.fields for alias in row.aliases}
    return frozenset(spelt.get(name, name) for name in readings.raw)


def verdict_of(result: Answer | NavienError) -> str:
    """``ok`` or the error an answer stands for: the second part of the name of an exchange's fixture."""
    return "ok" if isinstance(result, Answer) else _words(type(result))


def title_of(row: Row) -> str | None:
    """The first two parts of the name for a decoded entry.

    ``None`` for what makes no fixture: messages that cannot be decoded, exchanges that are none of the cloud's.
    """
    if isinstance(row.entry, MqttMessage):
        if row.result is None or isinstance(row.result, NavienError | Answer):
            return None
        return f"{kind_of(row.result)}.{firmware_of(row.result)}"
    key = answer_key(row.entry)
    if key is None or not isinstance(row.result, NavienError | Answer):
        return None
    return f"{ENDPOINTS[key]}.{verdict_of(row.result)}"


def read_fixture(name: str, text: bytes) -> Fixture:
    """The fixture in a file; ``name`` is the file's, without its folder and ``.json``.

    Raises:
        UsageError: it is none, has members it should not have, or its name does not fit its content. The sentence
            begins with the name.
    """
    parts = NAME.fullmatch(name)
    if parts is None:
        raise UsageError(f"{name}: a fixture's name is three parts of a-z, 0-9 and - with dots between")
    try:
        document = loads(text, max_bytes=LARGEST)
    except DecodeError as error:
        raise UsageError(f"{name}: {error.reason}") from None
    fixture = _structured(name, document)
    title = title_of(row_of(fixture))
    if title != parts[1]:
        raise UsageError(f"{name}: its content is {title or 'nothing that can be decoded'}")
    return fixture


def _structured(name: str, document: object) -> Fixture:
    if not isinstance(document, dict):
        raise UsageError(f"{name}: expected an object")
    from cattrs import BaseValidationError, transform_error

    kind: type[Fixture] = MessageFixture if "topic" in document else RestFixture
    try:
        return _converter().structure(document, kind)
    except BaseValidationError as error:
        found = [reason.rpartition(" @ ") for reason in transform_error(error, name, _reason)]
    # Raised here and not above, so that no traceback leads to the values.
    raise UsageError("; ".join(f"{place}: {reason}" for reason, _, place in found))


class _Unfit(TypeError):
    """A value is of another type; the text says what was expected."""


def _reason(error: BaseException, _type: type | None) -> str:
    """One reason, without the value."""
    from cattrs.errors import ForbiddenExtraKeysError

    if isinstance(error, ForbiddenExtraKeysError):
        return f"{', '.join(sorted(error.extra_fields))} does not belong here"
    if isinstance(error, _Unfit):
        return str(error)
    return "missing" if isinstance(error, KeyError) else "expected an object"


def _converter() -> Converter:
    """Refuses members that a fixture does not have."""
    # Takes longer to import than all of the core.
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    # By itself it turns anything into text, and text into numbers.
    for kind, words in ((str, "text"), (int, "a whole number")):
        converter.register_structure_hook(kind, _only(kind, words))
    return converter


def _only(kind: type, words: str) -> Callable[[object, type], object]:
    def structure(value: object, _type: type) -> object:
        if type(value) is not kind:
            raise _Unfit(f"expected {words}")
        return value

    return structure
