"""Every entry of a capture as a line: when, which way, what kind, on which topic or path, and how long. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from navien_anyio.cli.documents import time_text
from navien_anyio.cli.timeline import timeline
from navien_proto.har import MqttMessage, Row
from navien_proto.pseudonyms import Pseudonyms
from navien_proto.wire.cleaning import clean_topic

__all__ = ["Line", "contents", "identities"]

ARROWS = {"send": "→", "receive": "←"}
WORDS = {"→": "sent", "←": "received", "⇄": "exchange"}


@frozen(kw_only=True)
class Line:
    """One entry. ``way`` is ``→`` sent, ``←`` received, ``⇄`` a request and its answer; ``where`` is masked."""

    time: datetime
    way: str
    kind: str
    detail: str
    where: str
    size: int
    problem: str = ""

    def text(self) -> str:
        """The line."""
        what = f"{self.kind}: {self.detail}" if self.detail else self.kind
        told = f"{self.time.astimezone(UTC):%H:%M:%S} {self.way} {what:<28} {self.where}  {self.size} bytes"
        return f"{told}  ! {self.problem}" if self.problem else told

    def document(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "time": time_text(self.time),
            "direction": WORDS[self.way],
            "kind": self.kind,
            "detail": self.detail,
            "where": self.where,
            "bytes": self.size,
            **({"problem": self.problem} if self.problem else {}),
        }


def contents(rows: Sequence[Row]) -> list[Line]:
    """The lines of decoded ``rows``, in their order."""
    names = identities(rows)
    return [_line(row, names) for row in rows]


def identities(rows: Sequence[Row]) -> Pseudonyms:
    """Stand-ins for those who occur in ``rows``: a client's id is known by its place, not by its shape."""
    names = Pseudonyms()
    for row in rows:
        if isinstance(row.entry, MqttMessage):
            clean_topic(row.entry.topic, names)
        client_id = getattr(row.result, "client_id", None)
        if isinstance(client_id, str):
            names.of("client", client_id)
    names.settle()
    return names


def _line(row: Row, names: Pseudonyms) -> Line:
    source = row.entry
    told = next(iter(timeline((row,)).entries), None)
    # The sentence of an error names the topic.
    problem = "" if told is None else names.text(told.problem, strict=True)
    if isinstance(source, MqttMessage):
        return Line(
            time=source.time,
            way=ARROWS[source.direction],
            kind="message" if told is None else told.kind,
            detail="" if told is None else told.detail,
            where=clean_topic(source.topic, names),
            size=len(source.payload),
            problem=problem,
        )
    return Line(
        time=source.time,
        way="⇄",
        kind="other exchange" if told is None else told.kind,
        detail=f"{source.method} {source.reply.status}",
        where=names.text(source.path, strict=True),
        size=len(source.reply.body),
        problem=problem,
    )
