"""Documents, texts, URLs and topics with stand-ins for their secrets (`navien_proto.pseudonyms`).

Secrets are found by key (``accessToken``, ``macAddress``, headers, cookies, queries) and by shape, in whatever
they are wrapped: JSON in text, URLs, forms, base64. Captures and transcripts are cleaned by this one table.
Cleaning twice changes nothing.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote, unquote_plus

from navien_proto.pseudonyms import Pseudonyms, secret_kind
from navien_proto.redact import DEEPEST, PERSONAL
from navien_proto.wire.topics import TopicKind, parse_topic

__all__ = ["Cleaner", "clean_topic", "from_base64"]

# Under these stands what the reading of a file depends on: a heater may be called "device", or "POST".
STRUCTURE = frozenset({"method", "httpVersion", "mimeType", "type", "mode", "encoding", "requestTopic", "topic"})
# Entries of a schedule in packed text have twelve hexadecimal digits, as MAC addresses have.
PACKED = frozenset({"reservation"})
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


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


class Cleaner:
    """Puts stand-ins of ``names`` into everything it is shown."""

    def __init__(self, names: Pseudonyms) -> None:
        self.names = names

    def topic(self, topic: str) -> str:
        """A topic or filter of MQTT."""
        return clean_topic(topic, self.names)

    def value(self, value: Any, kind: str | None = None, key: str = "", depth: int = 0) -> Any:
        """A value of JSON; ``kind`` is what its key says it is, ``key`` that key."""
        if value is None or isinstance(value, bool) or value == "":
            return value
        if depth > DEEPEST:
            return "<too-deep>"
        if isinstance(value, dict):
            return self._mapping(value, kind, key, depth)
        if isinstance(value, list):
            return [self.value(item, kind, key, depth + 1) for item in value]
        if isinstance(value, int | float):
            return self._number(value, kind, key)
        if kind is not None:
            return self.names.of(kind, value)
        if key in STRUCTURE:
            return self.topic(value)
        if key in PACKED and HEXADECIMAL.issuperset(value):
            return self.names.packed(value)
        return self.text(value, depth)

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
                shown: Any = b64encode(self.data(from_base64(member))).decode()
            elif name == "name" and isinstance(named, str):
                shown = self.names.text(named, strict=True)
            else:
                shown = self.value(member, below, name, depth + 1)
            clean[self.names.text(name, strict=True)] = shown
        return clean

    def data(self, data: bytes) -> bytes:
        """Text in UTF-8; of what is no such text only the length is kept."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        # Text of another encoding is full of zeros, and would be looked through in vain.
        if "\0" in text:
            return b"<%d bytes>" % len(data)
        return self.text(text).encode("utf-8", "surrogatepass")

    def text(self, text: str, depth: int = 0) -> str:
        """A text, which may be a JSON document, a form or a URL."""
        document = _document(text)
        if document is not None:
            mark = "\ufeff" if text.startswith("\ufeff") else ""
            return mark + json.dumps(self.value(document, depth=depth + 1), separators=(",", ":"))
        if "=" in text and not any(map(str.isspace, text)):
            return self.url(text) if "?" in text else self._pairs(text)
        return self.names.text(text)

    def url(self, url: str) -> str:
        """A URL, or path and query."""
        address, mark, rest = url.partition("?")
        query, hash_mark, fragment = rest.partition("#")
        shown = self.names.text(address, strict=True)
        return f"{shown}{mark}{self._pairs(query)}{hash_mark}{self._pairs(fragment)}"

    def _pairs(self, query: str) -> str:
        # A secret may hold what parts the pairs.
        before = frozenset(query.split("&"))
        pairs = self.names.query(query).split("&")
        return "&".join(self._pair(pair, replaced=pair not in before) for pair in pairs)

    def _pair(self, pair: str, *, replaced: bool) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self.names.text(pair)
        plain_name, plain = unquote_plus(name), unquote_plus(value)
        kind = secret_kind(plain_name)
        document = None if kind else _document(plain)
        if kind is not None:
            # What stands there already must not be taken for somebody of that name.
            shown = plain if replaced and self.names.given(plain) else self.names.of(kind, plain)
        elif document is not None:
            shown = json.dumps(self.value(document), separators=(",", ":"))
        else:
            shown = self.names.text(plain)
        shown_name = self.names.text(plain_name, strict=True)
        return (
            f"{name if shown_name == plain_name else _quoted(shown_name)}{equals}"
            f"{value if shown == plain and kind is None else _quoted(shown)}"
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


def from_base64(text: str) -> bytes:
    """The bytes of base64, white space allowed; none when it is something else."""
    try:
        return b64decode("".join(text.split()))
    except ValueError:
        return b""


def _quoted(text: str) -> str:
    return quote(text, safe="@", errors="surrogatepass")
