"""What a session asks of its transport: HTTP exchanges, and what to do with the link."""

from __future__ import annotations

from attrs import frozen

from navien_proto.cloud.http import HttpRequest
from navien_proto.mqtt.actions import (
    CloseLink,
    Endpoint,
    LinkAction,
    OpenLink,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
    Will,
)

__all__ = [
    "Action",
    "CancelHttp",
    "CloseLink",
    "Endpoint",
    "LinkAction",
    "OpenLink",
    "Ping",
    "Publish",
    "SendHttp",
    "Subscribe",
    "Unsubscribe",
    "Will",
]


@frozen
class SendHttp:
    """Send the request; report HttpAnswered or HttpFailed with the same ``exchange``."""

    exchange: int
    request: HttpRequest


@frozen
class CancelHttp:
    """Drop the exchange: its answer is of no more interest. No report is due."""

    exchange: int


Action = LinkAction | SendHttp | CancelHttp
