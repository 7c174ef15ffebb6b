"""Messages to publish, one by one or many at once, and what came of many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from navien_proto.errors import NavienError, UsageError
from navien_proto.redact import redact_text

__all__ = ["BatchFailure", "BatchResult", "Outgoing", "outgoing", "payload_bytes"]


@frozen
class Outgoing:
    """A message to publish."""

    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retain: bool = False


@frozen
class BatchFailure:
    """One message of a batch that was not published: its place in the batch, from 0, and why."""

    place: int
    topic: str = field(repr=redact_text)
    error: NavienError


@frozen
class BatchResult:
    """What came of a batch."""

    published: int
    failures: tuple[BatchFailure, ...] = ()

    @property
    def failed(self) -> int:
        """How many were not published."""
        return len(self.failures)


def payload_bytes(payload: object) -> bytes:
    """A payload as bytes: bytes as they are, text in UTF-8.

    Raises:
        UsageError: it is neither, or text with half a surrogate pair. JSON has a method of its own.
    """
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    if isinstance(payload, str):
        try:
            return payload.encode()
        except UnicodeEncodeError:
            raise UsageError("payload is text with half a surrogate pair; no UTF-8 says that") from None
    raise UsageError(
        f"payload must be bytes or text, not {type(payload).__name__}; for JSON there is publish_json"
    )


def outgoing(messages: Iterable[Outgoing | Mapping[str, Any]]) -> list[Outgoing]:
    """A batch as it is published: mappings have the keys ``topic``, ``payload``, ``qos`` and ``retain``.

    Raises:
        UsageError: an entry is neither, lacks its topic, or has another key; it is named by its place.
    """
    batch = []
    for place, message in enumerate(messages):
        if isinstance(message, Outgoing):
            batch.append(message)
            continue
        if "topic" not in message:
            raise UsageError(f"message {place} of the batch must have a topic")
        unknown = set(message) - {"topic", "payload", "qos", "retain"}
        if unknown:
            raise UsageError(
                f"message {place} of the batch has unknown keys: {', '.join(sorted(map(str, unknown)))}"
            )
        payload = payload_bytes(message.get("payload", b""))
        batch.append(
            Outgoing(message["topic"], payload, message.get("qos", 0), bool(message.get("retain", False)))
        )
    return batch
