"""What a Connection tells its owner (a Session, or a generic MQTT client).

A message that arrived over the present link is handed on as it was reported.
"""

from __future__ import annotations

from attrs import field, frozen

from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.redact import redact_text

__all__ = [
    "ConnectionClosed",
    "EndpointNeeded",
    "FilterRefused",
    "LinkDown",
    "LinkUp",
    "Notice",
    "PublishSettled",
    "RetryScheduled",
    "SubscribeSettled",
    "TopicRefused",
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
    ``retry_in`` is in how many seconds the next attempt begins, at the earliest; ``None`` when there is none.
    ``kicked`` when the broker ended it within two seconds of CONNACK, as it did with the one before.
    ``status`` and ``code`` are those of :class:`~navien_proto.mqtt.inputs.LinkRefused`, ``date`` its Date
    header.
    """

    link: int
    reason: str
    was_up: bool
    planned: bool = False
    retry_in: float | None = None
    kicked: bool = False
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
    """The broker refused one filter; it is set aside, the others work.

    ``hung_up``: not with an answer, but by ending the link twice when it was asked for this filter alone.
    """

    filter: str = field(repr=redact_text)
    code: int
    hung_up: bool = False


@frozen
class TopicRefused:
    """The broker ended the link twice when this topic alone was published; it is set aside, the others work."""

    topic: str = field(repr=redact_text)


@frozen
class PublishSettled:
    """A publish ended: acknowledged (``code`` below 0x80), refused, or lost with its link (``None``).

    At QoS 0 it comes only for what could not be sent at all. ``reason`` says why there is no code.
    """

    id: int
    code: int | None
    reason: str | None = None


@frozen
class SubscribeSettled:
    """What was asked for by ``subscribe`` or ``unsubscribe`` on a link that stood ended.

    ``codes`` has one code a filter (none for UNSUBACK in MQTT 3.1.1), or is ``None`` when the link was lost first:
    what is still wanted is then subscribed on the next one.
    """

    id: int
    codes: tuple[int, ...] | None


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
    | TopicRefused
    | MessageReceived
    | PublishSettled
    | SubscribeSettled
    | ConnectionClosed
)
