"""What a Connection tells its owner (a Session, or a generic MQTT client)."""

from __future__ import annotations

from attrs import field, frozen

from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.redact import redact_text

__all__ = [
    "ConnectionClosed",
    "Delivered",
    "EndpointNeeded",
    "FilterRefused",
    "LinkDown",
    "LinkUp",
    "Notice",
    "PublishSettled",
    "RetryScheduled",
]


@frozen
class EndpointNeeded:
    """It is time to open a link: the owner calls ``open`` or ``fail``, now or later."""


@frozen
class LinkUp:
    """CONNACK and every SUBACK are in: the connection is ready to publish."""

    link: int
    session_present: bool


@frozen
class LinkDown:
    """The link is gone or never came to stand.

    ``was_up`` tells a loss from a failed attempt; ``planned`` marks our own replacement of an old link.
    ``status`` and ``code`` are those of :class:`~navien_proto.mqtt.inputs.LinkRefused`, ``date`` its Date
    header.
    """

    link: int
    reason: str
    was_up: bool
    planned: bool = False
    status: int | None = None
    code: int | None = None
    date: str | None = None


@frozen
class RetryScheduled:
    """The next attempt comes in ``delay`` seconds; ``failures`` attempts failed in a row."""

    delay: float
    failures: int


@frozen
class FilterRefused:
    """The broker refused one filter; it is set aside, the others work."""

    filter: str = field(repr=redact_text)
    code: int


@frozen
class Delivered:
    """A message arrived over the present link."""

    message: MessageReceived


@frozen
class PublishSettled:
    """A QoS 1 publish ended: acknowledged (``code`` below 0x80), refused, or lost with its link (``None``)."""

    id: int
    code: int | None


@frozen
class ConnectionClosed:
    """No link, no timer, nothing more. ``exhausted`` when the attempts allowed were used up."""

    reason: str
    exhausted: bool = False


Notice = (
    EndpointNeeded
    | LinkUp
    | LinkDown
    | RetryScheduled
    | FilterRefused
    | Delivered
    | PublishSettled
    | ConnectionClosed
)
