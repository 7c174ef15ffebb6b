"""What a client of any broker tells its application. Each event carries the instant at which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NewType

from attrs import Factory, field, frozen

from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.redact import redact_text

__all__ = [
    "ConnectionStatus",
    "Message",
    "MqttClosed",
    "MqttConnected",
    "MqttDisconnected",
    "MqttEvent",
    "MqttFilterRefused",
    "MqttRetrying",
    "OperationDone",
    "OperationFailed",
    "OperationId",
    "Outcome",
    "PublishDropped",
    "Subscribed",
]

OperationId = NewType("OperationId", int)


@frozen
class Message:
    """A message of the broker.

    ``retained`` when it was kept for us, ``duplicate`` when it may have come before.
    """

    at: Instant
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retained: bool = False
    duplicate: bool = False


@frozen
class MqttConnected:
    """The link stands and every filter is acknowledged. ``version`` is ``"3.1.1"`` or ``"5"``."""

    at: Instant
    link: int
    session_present: bool
    version: str


@frozen
class MqttDisconnected:
    """The link that stood is gone; ``planned`` when it is replaced as a matter of routine."""

    at: Instant
    link: int
    reason: str = field(converter=redact_text)
    planned: bool = False


@frozen
class MqttRetrying:
    """An attempt failed, or the link was lost; the next attempt comes in ``delay`` seconds."""

    at: Instant
    reason: str = field(converter=redact_text)
    delay: float
    failures: int


@frozen
class MqttFilterRefused:
    """The broker refused on a new link what it had granted before: nothing comes of this filter. Others work."""

    at: Instant
    filter: str = field(repr=redact_text)
    code: int


@frozen
class PublishDropped:
    """A message at QoS 0 was not sent after all: ``reason`` says what about it this broker does not take."""

    at: Instant
    reason: str


@frozen
class Subscribed:
    """What came of a subscription: the QoS granted by filter, and the code by refused filter."""

    granted: Mapping[str, int] = Factory(dict)
    refused: Mapping[str, int] = Factory(dict)


Outcome = Subscribed | Message | None
"""What an operation gave: a subscription its answer, a look for a retained message that message or nothing."""


@frozen
class OperationDone:
    """An operation came to its end as wished."""

    at: Instant
    id: OperationId
    outcome: Outcome = None


@frozen
class OperationFailed:
    """An operation came to its end otherwise; ``error`` says how."""

    at: Instant
    id: OperationId
    error: NavienError


@frozen
class MqttClosed:
    """The connection is over; ``error`` is ``None`` when it was closed by the application."""

    at: Instant
    error: NavienError | None = None


MqttEvent = (
    Message
    | MqttConnected
    | MqttDisconnected
    | MqttRetrying
    | MqttFilterRefused
    | PublishDropped
    | OperationDone
    | OperationFailed
    | MqttClosed
)


@frozen(kw_only=True)
class ConnectionStatus:
    """A connection at one moment. Bytes are those of payloads; ``connected_for`` and ``silent_for`` in seconds."""

    connected: bool
    client_id: str
    version: str
    links: int
    connected_for: float | None
    silent_for: float | None
    messages_sent: int
    messages_received: int
    bytes_sent: int
    bytes_received: int
    queued: int
    in_flight: int
    subscriptions: Mapping[str, int]
    problem: str | None = None
