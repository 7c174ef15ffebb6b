"""A capture without its secrets, fit to be shown: every one replaced by a stand-in of the same shape.

Secrets are found by key (``accessToken``, ``macAddress``, headers, cookies, queries) and by shape, in whatever
they are wrapped: JSON in text, URLs, forms, base64, MQTT packets in WebSocket frames. One seen under a key is
then found everywhere else. Stand-ins are stable within a file (`navien_proto.pseudonyms`), and messages decode to
the same readings as before.

What cannot be read cannot be cleaned and is left out: binary bodies, frames that are no MQTT 3.1.1, control
frames. MQTT packets come out one a frame, in the frame that completed them.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from attrs import evolve, field, frozen

from navien_proto.har import BINARY_FRAME, LONGEST_PACKET, TEXT_FRAME, read_har, speaks_mqtt
from navien_proto.pseudonyms import Pseudonyms, secret_kind
from navien_proto.redact import DEEPEST, PERSONAL
from navien_proto.sim.packets import (
    Connect,
    MalformedPacket,
    Packet,
    PacketReader,
    Publish,
    Subscribe,
    Unsubscribe,
    encode,
)
from navien_proto.wire.topics import TopicKind, parse_topic

__all__ = ["RedactedHar", "clean_topic", "redact_capture", "redact_har"]

# Under these stands what the reading of a file depends on: a heater may be called "device", or "POST".
STRUCTURE = frozenset({"method", "httpVersion", "mimeType", "type", "mode", "encoding", "requestTopic", "topic"})
# Entries of a schedule in packed text have twelve hexadecimal digits, as MAC addresses have.
PACKED = frozenset({"reservation"})
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


@frozen
class RedactedHar:
    """The file's bytes, and how many different secrets of each kind were replaced."""

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    counts: Mapping[str, int]


def redact_har(data: bytes) -> bytes:
    """The HAR file ``data`` without secrets, as a HAR file. Doing it twice changes nothing.

    Raises:
        UsageError: ``data`` is no HAR file, as `navien_proto.har.read_har` says it.
    """
    return redact_capture(data).data


def redact_capture(data: bytes) -> RedactedHar:
    """As `redact_har`, with the number of secrets.

    Raises:
        UsageError: ``data`` is no HAR file.
    """
    read_har(data)
    har = json.loads(data.decode("utf-8-sig"))
    walk = _Walk(Pseudonyms())
    walk.har(har)
    walk.names.settle()
    text = json.dumps(walk.har(har), indent=1)
    return RedactedHar(f"{text}\n".encode(), walk.names.counts)


def clean_topic(topic: str, names: Pseudonyms) -> str:
    """``topic`` with stand-ins for devices, clients, homes and users; those it names are learnt by ``names``."""
    parsed = parse_topic(topic)
    client_id = parsed.client_id
    if client_id is not None and client_id not in ("+", "#"):
        # Numbers of homes serve in place of clients' ids.
        names.of("number" if client_id.isdigit() else "client", client_id)
    levels = topic.split("/")
    if parsed.kind is TopicKind.APP_REPLY:
        for number in levels[2:4]:
            names.of("number", number)
    return "/".join(map(names.level, levels))


class _Walk:
    """One way through a file."""

    def __init__(self, names: Pseudonyms) -> None:
        self.names = names

    def har(self, har: dict[str, Any]) -> dict[str, Any]:
        entries = [self._entry(entry) for entry in har["log"]["entries"]]
        rest = {name: value for name, value in har["log"].items() if name != "entries"}
        whole = self._value({**har, "log": rest})
        whole["log"]["entries"] = entries
        return whole  # type: ignore[no-any-return]

    def _entry(self, entry: dict[str, Any]) -> Any:
        frames = entry.get("_webSocketMessages")
        rest = self._value({name: value for name, value in entry.items() if name != "_webSocketMessages"})
        rest["startedDateTime"] = entry["startedDateTime"]
        if frames:
            clean = self._mqtt(frames) if speaks_mqtt(entry) else map(self._other_frame, frames)
            # An empty list would make it an exchange.
            rest["_webSocketMessages"] = list(clean) or [{"type": "", "data": ""}]
        return rest

    # --- frames

    def _mqtt(self, frames: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        streams = {direction: PacketReader(LONGEST_PACKET) for direction in ("send", "receive")}
        for frame in frames:
            direction, opcode = frame["type"], frame.get("opcode")
            opcode = TEXT_FRAME if opcode is None else opcode
            if direction not in streams or opcode not in (TEXT_FRAME, BINARY_FRAME):
                continue
            text = frame["data"]
            data = _from_base64(text) if opcode == BINARY_FRAME else text.encode("utf-8", "surrogatepass")
            try:
                packets: tuple[Packet, ...] = tuple(streams[direction].feed(data))
            except MalformedPacket as fault:
                packets = fault.before
                streams[direction] = PacketReader(LONGEST_PACKET)
            rest = self._value({name: value for name, value in frame.items() if name != "data"})
            for packet in packets:
                clean = b64encode(encode(self._packet(packet))).decode()
                yield {**rest, "type": direction, "opcode": BINARY_FRAME, "data": clean}

    def _packet(self, packet: Packet) -> Packet:
        match packet:
            case Publish():
                return evolve(packet, topic=self._topic(packet.topic), payload=self._bytes(packet.payload))
            case Connect():
                will = packet.will
                if will is not None:
                    will = evolve(will, topic=self._topic(will.topic), payload=self._bytes(will.payload))
                return evolve(
                    packet,
                    client_id=self.names.of("client", packet.client_id),
                    username=None if packet.username is None else self._user_name(packet.username),
                    password=None if packet.password is None else b"<password>",
                    will=will,
                )
            case Subscribe():
                return evolve(packet, filters=tuple((self._topic(one), qos) for one, qos in packet.filters))
            case Unsubscribe():
                return evolve(packet, filters=tuple(map(self._topic, packet.filters)))
        return packet

    def _user_name(self, text: str) -> str:
        # AWS IoT takes metrics of the SDK, or a signed query, in the place of a user's name.
        return self._url(text) if "?" in text else self.names.of("token", text)

    def _topic(self, topic: str) -> str:
        return clean_topic(topic, self.names)

    def _other_frame(self, frame: dict[str, Any]) -> Any:
        text = frame.get("data")
        readable = isinstance(text, str) and frame.get("opcode", TEXT_FRAME) == TEXT_FRAME
        rest = self._value({name: value for name, value in frame.items() if name != "data"})
        return {**rest, "data": self._text(text, 0) if readable and isinstance(text, str) else ""}

    # --- values

    def _value(self, value: Any, kind: str | None = None, key: str = "", depth: int = 0) -> Any:
        if value is None or isinstance(value, bool) or value == "":
            return value
        if depth > DEEPEST:
            return "<too-deep>"
        if isinstance(value, dict):
            return self._mapping(value, kind, key, depth)
        if isinstance(value, list):
            return [self._value(item, kind, key, depth + 1) for item in value]
        if isinstance(value, int | float):
            return self._number(value, kind, key)
        if kind is not None:
            return self.names.of(kind, value)
        if key in STRUCTURE:
            return self._topic(value)
        if key in PACKED and HEXADECIMAL.issuperset(value):
            return self.names.packed(value)
        return self._text(value, depth)

    def _number(self, value: float, kind: str | None, key: str) -> float:
        if kind is None or key.lower().endswith("expiresin"):
            return value
        if kind == "number":
            name = self.names.of(kind, str(value))
            return int(name) if name.isdigit() else 0
        if kind in ("coordinates", "address") and len(str(value)) > 5:
            self.names.of("coordinates", str(value))
        return 1234 if kind == "additional" else type(value)(0)

    def _mapping(self, value: dict[str, Any], kind: str | None, key: str, depth: int) -> dict[str, Any]:
        # Headers, queries and cookies are objects of a name and a value.
        named = value.get("name") if "value" in value else None
        wrapped = value.get("encoding")
        clean: dict[str, Any] = {}
        for name, member in value.items():
            below = secret_kind(name) or kind
            if below is None:
                folded = "".join(filter(str.isalnum, name.lower()))
                below = (PERSONAL.get(folded) or "<>")[1:-1] or None
            if named is not None and name == "value" and below is None:
                below = "token" if key == "cookies" else secret_kind(named) if isinstance(named, str) else None
            if name == "text" and isinstance(member, str) and str(wrapped).lower() == "base64":
                shown: Any = b64encode(self._bytes(_from_base64(member))).decode()
            elif name == "name" and isinstance(named, str):
                shown = self.names.text(named, strict=True)
            else:
                shown = self._value(member, below, name, depth + 1)
            clean[self.names.text(name, strict=True)] = shown
        return clean

    # --- text

    def _bytes(self, data: bytes) -> bytes:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        # Text of another encoding is full of zeros, and would be looked through in vain.
        if "\0" in text:
            return b"<%d bytes>" % len(data)
        return self._text(text, 0).encode("utf-8", "surrogatepass")

    def _text(self, text: str, depth: int) -> str:
        document = _document(text)
        if document is not None:
            mark = "\ufeff" if text.startswith("\ufeff") else ""
            return mark + json.dumps(self._value(document, depth=depth + 1), separators=(",", ":"))
        if "=" in text and not any(map(str.isspace, text)):
            return self._url(text) if "?" in text else self._pairs(text)
        return self.names.text(text)

    def _url(self, url: str) -> str:
        address, mark, rest = url.partition("?")
        query, hash_mark, fragment = rest.partition("#")
        shown = self.names.text(address, strict=True)
        return f"{shown}{mark}{self._pairs(query)}{hash_mark}{self._pairs(fragment)}"

    def _pairs(self, query: str) -> str:
        # A secret may hold what parts the pairs.
        return "&".join(map(self._pair, self.names.query(query).split("&")))

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self.names.text(pair)
        plain_name, plain = unquote_plus(name), unquote_plus(value)
        kind = secret_kind(plain_name)
        document = None if kind else _document(plain)
        if kind is not None:
            shown = self.names.of(kind, plain)
        elif document is not None:
            shown = json.dumps(self._value(document), separators=(",", ":"))
        else:
            shown = self.names.text(plain)
        shown_name = self.names.text(plain_name, strict=True)
        return (
            f"{name if shown_name == plain_name else _quoted(shown_name)}{equals}"
            f"{value if shown == plain else _quoted(shown)}"
        )


def _document(text: str) -> Any:
    """The object or list that ``text`` is as JSON, else ``None``."""
    bare = text.removeprefix("\ufeff").lstrip()
    if not bare.startswith(("{", "[")):
        return None
    try:
        return json.loads(bare)
    except (ValueError, RecursionError):
        return None


def _from_base64(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()))
    except ValueError:
        return b""


def _quoted(text: str) -> str:
    return quote(text, safe="@", errors="surrogatepass")
