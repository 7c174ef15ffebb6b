"""The repository's fixtures, read; and what in a document would be a secret if it were not invented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from navien_proto.fixture_set import Fixture, MessageFixture, RestFixture, read_fixture
from navien_proto.har import read_har
from navien_proto.pseudonyms import secret_kind
from navien_proto.redact import PERSONAL

ROOT = Path(__file__).resolve().parents[2] / "fixtures"
FILES = {path.stem: path for folder in ("messages", "rest") for path in sorted((ROOT / folder).glob("*.json"))}
FIXTURES: dict[str, Fixture] = {name: read_fixture(name, path.read_bytes()) for name, path in FILES.items()}
MESSAGES = {name: one for name, one in FIXTURES.items() if isinstance(one, MessageFixture)}
EXCHANGES = {name: one for name, one in FIXTURES.items() if isinstance(one, RestFixture)}
SIGNINGS = {path.stem: json.loads(path.read_bytes()) for path in sorted((ROOT / "sigv4").glob("*.json"))}
HARS = {path.stem: path for path in sorted(ROOT.glob("*.har"))}

SHAPES = tuple(
    map(
        re.compile,
        (
            r"(?<![0-9a-zA-Z])[0-9a-fA-F]{12}(?![0-9a-zA-Z])",
            r"(?<![0-9a-zA-Z])(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}(?![0-9a-zA-Z])",
            r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+",
            r"eyJ[\w-]{8,}",
            r"A[KS]IA\w{12,}",
            r"\d{8}[A-Z]{2}\d{8}",
            (
                r"(?<![A-Za-z0-9+/])(?=[^a-z\s]{0,60}[a-z])(?=[^A-Z\s]{0,60}[A-Z])(?=[^0-9\s]{0,60}[0-9])"
                r"[A-Za-z0-9+/]{40,}"
            ),
        ),
    )
)


def documents(path: Path) -> Iterator[Any]:
    """All that a reader of a file can see, as data: its JSON, and what is wrapped in it."""
    document = json.loads(path.read_bytes())
    yield document
    if path.suffix != ".har":
        return
    capture = read_har(path.read_bytes())
    for message in capture.messages:
        yield message.topic
        yield json.loads(message.payload)
    for exchange in capture.exchanges:
        yield from (json.loads(body) for body in (exchange.request_body, exchange.reply.body) if body)


def secrets_in(value: Any, kind: str | None = None) -> set[str]:
    """Everything in ``value`` that its key or its shape says is a secret or an identity."""
    if isinstance(value, dict):
        found: set[str] = set()
        named = value.get("name") if "value" in value else None
        for name, member in value.items():
            if name == "data" and value.get("opcode") == 2:
                continue  # the base64 of a frame says nothing by its shape; what is in it is a document of its own
            below = secret_kind(name) or PERSONAL.get(name.lower()) or kind
            if name == "value" and isinstance(named, str):
                below = secret_kind(named) or kind
            found |= secrets_in(name) | secrets_in(member, None if name.endswith("ExpiresIn") else below)
        return found
    if isinstance(value, list):
        return set().union(*(secrets_in(one, kind) for one in value))
    if value is None or isinstance(value, bool) or value == "":
        return set()
    if not isinstance(value, str):
        return set() if kind is None else {str(value)}
    found = set() if kind is None else {value}
    found |= {one[0] for shape in SHAPES for one in shape.finditer(value)}
    if "?" in value and not any(map(str.isspace, value)):
        for name, plain in parse_qsl(value.partition("?")[2], keep_blank_values=True):
            found |= secrets_in({name: plain})
    return found
