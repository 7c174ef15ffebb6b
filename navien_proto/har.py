"""Captures: REST exchanges and MQTT messages out of a HAR file, and what they say.

A HAR file (HTTP Archive 1.2) as browsers, mitmproxy and the project's own recorder write it: REST exchanges are
its ordinary entries, and the frames of a WebSocket stand in its entry under ``_webSocketMessages``. MQTT packets
need not agree with frames: each direction of a WebSocket is read as one stream of bytes.

``read_har`` takes the file's bytes, ``decode_capture`` decodes what came out of it. Nothing here reads a disk.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import field, frozen

from navien_proto.cloud import endpoints, tou
from navien_proto.cloud.answers import Acknowledged, Answer
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.openei import parse_utility_rates
from navien_proto.cloud.replies import success_data
from navien_proto.errors import DecodeError, NavienError, UsageError
from navien_proto.jsontext import loads
from navien_proto.model.device import Device
from navien_proto.redact import redact_text, redact_url
from navien_proto.sim.packets import MalformedPacket, Packet, PacketReader, Publish
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import Message

__all__ = [
    "ANSWERS",
    "Capture",
    "Entry",
    "MqttMessage",
    "RestExchange",
    "Row",
    "answer_key",
    "decode_capture",
    "read_har",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds since 1970 beyond this are milliseconds (this many seconds is the year 5138).
MILLISECONDS = 1e11
TEXT_FRAME, BINARY_FRAME = 1, 2
# Twice what AWS IoT carries. Rubbish that looks like a long packet must not swallow the rest of a capture.
LONGEST_PACKET = 256 * 1024

Direction = Literal["send", "receive"]


@frozen(kw_only=True)
class RestExchange:
    """One HTTP request and its answer. ``time`` is when it was sent, ``place`` where it stands in the file."""

    time: datetime
    place: str
    method: str
    url: str = field(repr=lambda url: repr(redact_url(url)))
    request_body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    reply: HttpReply

    @property
    def path(self) -> str:
        """The path of the URL, without the query; empty when the URL is none."""
        return _path(self.url)


@frozen(kw_only=True)
class MqttMessage:
    """One MQTT PUBLISH. ``direction`` is the client's view; ``place`` is the frame that completed it."""

    time: datetime
    place: str
    direction: Direction
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retain: bool = False
    duplicate: bool = False


Entry = RestExchange | MqttMessage


@frozen(kw_only=True)
class Capture:
    """What a HAR file holds, in order of time.

    ``skipped`` counts what is no message: MQTT packets of other kinds by name (``CONNACK``), ``malformed`` and
    ``unfinished`` packets, and frames that carry no MQTT.
    """

    entries: tuple[Entry, ...]
    skipped: Mapping[str, int] = field(factory=dict)
    creator: str = ""

    @property
    def exchanges(self) -> tuple[RestExchange, ...]:
        """The REST exchanges alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, RestExchange))

    @property
    def messages(self) -> tuple[MqttMessage, ...]:
        """The MQTT messages alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, MqttMessage))


@frozen
class Row:
    """An entry and what it says: a decoded message, a parsed answer, or the error that it stands for.

    ``result`` is ``None`` for an HTTP exchange that is none of the cloud's.
    """

    entry: Entry
    result: Message | Answer | NavienError | None


def read_har(data: bytes) -> Capture:
    """The REST exchanges and MQTT messages of a HAR file.

    Raises:
        UsageError: ``data`` is no HAR file; the sentence names the place
            (``log.entries[3].request.url: expected text, found null``).
    """
    log = _Place(_parsed(data), "").inside("log")
    creator = log.inside("creator", optional=True)
    skipped: Counter[str] = Counter()
    entries: list[Entry] = []
    for entry in log.each("entries"):
        if entry.value.get("_webSocketMessages"):
            entries += _messages(entry, skipped)
        else:
            entries.append(_exchange(entry))
    entries.sort(key=lambda entry: entry.time)
    return Capture(entries=tuple(entries), skipped=dict(skipped), creator=creator.text("name", default=""))


def decode_capture(capture: Capture) -> Iterator[Row]:
    """Decode every entry, in order. Nothing is raised: what cannot be decoded is a row with its error."""
    for entry in capture.entries:
        try:
            yield Row(entry, _decoded(entry))
        except NavienError as error:
            yield Row(entry, error)


def _decoded(entry: Entry) -> Message | Answer | None:
    if isinstance(entry, MqttMessage):
        return decode(entry.topic, entry.payload)
    key = answer_key(entry)
    return None if key is None else ANSWERS[key](entry)


def answer_key(exchange: RestExchange) -> tuple[str, str] | None:
    """Method and path, without what stands before it, of the endpoint asked; ``None`` when it is none we know."""
    return next((key for key in ANSWERS if exchange.method == key[0] and exchange.path.endswith(key[1])), None)


def _device_asked_for(exchange: RestExchange) -> Device | None:
    """The device that a request is about, where the request was recorded."""
    try:
        body = loads(exchange.request_body)
        return Device(mac=body["macAddress"], additional_value=body["additionalValue"])
    except (DecodeError, UsageError, KeyError, TypeError):
        return None


ANSWERS: Mapping[tuple[str, str], Callable[[RestExchange], Answer]] = {
    ("POST", endpoints.SIGN_IN): lambda exchange: endpoints.parse_sign_in(exchange.reply, exchange.time),
    ("POST", endpoints.REFRESH): lambda exchange: endpoints.parse_refresh_grant(exchange.reply),
    ("POST", endpoints.DEVICE_LIST): lambda exchange: endpoints.parse_device_page(exchange.reply),
    ("POST", endpoints.DEVICE_INFO): lambda exchange: endpoints.parse_device_info(
        exchange.reply, _device_asked_for(exchange)
    ),
    ("POST", endpoints.FIRMWARE_INFO): lambda exchange: endpoints.parse_firmware_info(exchange.reply),
    ("GET", endpoints.TOU): lambda exchange: endpoints.parse_tou(exchange.reply),
    ("PUT", endpoints.TOU): lambda exchange: tou.parse_store_tou(exchange.reply),
    ("POST", tou.TOU_CONVERT): lambda exchange: tou.parse_convert_tou(exchange.reply),
    ("POST", endpoints.PUSH_TOKEN): lambda exchange: endpoints.parse_push_token(exchange.reply),
    # Refused whenever somebody tried, and never asked by us (docs/protocol/rest.md section 2).
    ("POST", "/device/connectivity-status"): lambda exchange: Acknowledged(
        data=success_data(exchange.reply, "asking for connectivity")
    ),
    # A third party's, of which time-of-use plans are made (docs/protocol/rest.md section 8).
    ("GET", "/utility_rates"): lambda exchange: parse_utility_rates(exchange.reply),
}


# --- the file --------------------------------------------------------------------------------------------


def _parsed(data: bytes) -> object:
    # Not jsontext: a capture of a day is larger than any message, and tools may begin a file with a BOM.
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError("this is no HAR file: it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"this is no HAR file: not JSON (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise UsageError("this is no HAR file: it is nested too deeply or holds a number too long") from None


def _exchange(entry: _Place) -> RestExchange:
    request, response = entry.inside("request"), entry.inside("response")
    post, content = request.inside("postData", optional=True), response.inside("content", optional=True)
    return RestExchange(
        time=entry.moment("startedDateTime"),
        place=entry.path,
        method=request.text("method").upper(),
        url=request.text("url"),
        request_body=_body(post),
        reply=HttpReply(int(response.number("status")), _headers(response), _body(content)),
    )


def _headers(message: _Place) -> dict[str, str]:
    return {
        header.text("name"): header.text("value", default="") for header in message.each("headers", optional=True)
    }


def _body(content: _Place) -> bytes:
    if content.text("encoding", default="").lower() == "base64":
        return content.base64("text")
    return content.text("text", default="").encode("utf-8", "surrogatepass")


def _messages(entry: _Place, skipped: Counter[str]) -> Iterator[MqttMessage]:
    """The PUBLISH packets in both directions of one WebSocket."""
    frames = list(entry.each("_webSocketMessages"))
    started = entry.moment("startedDateTime")
    if not _speaks_mqtt(entry):
        skipped["frames of other WebSockets"] += len(frames)
        return
    streams = {direction: PacketReader(LONGEST_PACKET) for direction in ("send", "receive")}
    for frame in frames:
        direction = frame.text("type")
        opcode = frame.number("opcode", default=TEXT_FRAME)
        if direction not in streams or opcode not in (TEXT_FRAME, BINARY_FRAME):
            skipped["frames without data"] += 1
            continue
        data = (
            frame.base64("data") if opcode == BINARY_FRAME else frame.text("data").encode("utf-8", "surrogatepass")
        )
        time = frame.seconds("time", default=started)
        try:
            packets: tuple[Packet, ...] = tuple(streams[direction].feed(data))
        except MalformedPacket as fault:
            # A capture may begin in mid-stream, or hold another version of MQTT: go on with the next frame.
            packets = fault.before
            skipped["malformed"] += 1
            streams[direction] = PacketReader(LONGEST_PACKET)
        for packet in packets:
            if isinstance(packet, Publish):
                yield MqttMessage(
                    time=time,
                    place=frame.path,
                    direction="send" if direction == "send" else "receive",
                    topic=packet.topic,
                    payload=packet.payload,
                    qos=packet.qos,
                    retain=packet.retain,
                    duplicate=packet.duplicate,
                )
            else:
                skipped[type(packet).__name__.upper()] += 1
    unfinished = sum(stream.buffered > 0 for stream in streams.values())
    if unfinished:
        skipped["unfinished"] += unfinished


def speaks_mqtt(entry: dict[str, Any]) -> bool:
    """Whether the frames of this entry of the file are MQTT."""
    return _speaks_mqtt(_Place(entry, ""))


def _speaks_mqtt(entry: _Place) -> bool:
    """Whether the sub-protocol says so; where no headers were recorded, whether the path does."""
    protocols = [
        value
        for side in ("request", "response")
        for name, value in _headers(entry.inside(side, optional=True)).items()
        if name.lower() == "sec-websocket-protocol"
    ]
    if protocols:
        return any("mqtt" in value.lower() for value in protocols)
    return "mqtt" in _path(entry.inside("request").text("url")).lower()


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # brackets around what is no address
        return ""


# --- one place in the file -------------------------------------------------------------------------------

KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "null"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "an object"),
)


class _Place:
    """A JSON object and where it stands. Its readers raise UsageError, naming the member that is wrong."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise UsageError(f"{path or 'the file'}: expected an object, found {_kind(value)}")
        self.value: dict[str, Any] = value
        self.path = path

    def inside(self, name: str, *, optional: bool = False) -> _Place:
        value = self.value.get(name)
        return _Place({} if optional and value is None else self._there(name), self._below(name))

    def each(self, name: str, *, optional: bool = False) -> Iterator[_Place]:
        value = self.value.get(name)
        if optional and value is None:
            return
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        for index, item in enumerate(value):
            yield _Place(item, f"{self._below(name)}[{index}]")

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.value.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def number(self, name: str, *, default: float | None = None) -> float:
        value = self.value.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        if not abs(value) < 1e15:  # true for NaN as well
            raise UsageError(f"{self._below(name)}: expected a number of ordinary size")
        return value

    def base64(self, name: str) -> bytes:
        text = "".join(self.text(name).split())
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise UsageError(f"{self._below(name)}: expected base64") from None

    def moment(self, name: str) -> datetime:
        """A time in ISO 8601 with its offset, as UTC."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise UsageError(f"{self._below(name)}: expected a time in ISO 8601 with its offset from UTC")

    def seconds(self, name: str, *, default: datetime) -> datetime:
        """A time in seconds since 1970; some tools write milliseconds."""
        if self.value.get(name) is None:
            return default
        value = self.number(name)
        try:
            return EPOCH + timedelta(seconds=value / 1000 if abs(value) > MILLISECONDS else value)
        except OverflowError:
            raise UsageError(f"{self._below(name)}: expected seconds since 1970") from None

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _there(self, name: str) -> object:
        if name not in self.value:
            raise self._wrong(name, "an object")
        return self.value[name]

    def _wrong(self, name: str, expected: str) -> UsageError:
        found = _kind(self.value[name]) if name in self.value else "nothing"
        return UsageError(f"{self._below(name)}: expected {expected}, found {found}")


def _kind(value: object) -> str:
    return next(name for kind, name in KINDS if isinstance(value, kind))
