"""What a transport reports to a session: the link's reports, and the answers of HTTP exchanges."""

from __future__ import annotations

from attrs import frozen

from navien_proto.cloud.http import HttpReply
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)

__all__ = [
    "ConnectSent",
    "HttpAnswered",
    "HttpFailed",
    "Input",
    "LinkInput",
    "LinkLost",
    "LinkOpened",
    "LinkRefused",
    "MessageReceived",
    "PongReceived",
    "PublishAnswered",
    "SubscribeAnswered",
    "UnsubscribeAnswered",
]


@frozen
class HttpAnswered:
    """The exchange came back with an answer, whatever its status."""

    exchange: int
    reply: HttpReply


@frozen
class HttpFailed:
    """The exchange brought no answer. ``sent`` is false when the request certainly never left."""

    exchange: int
    reason: str
    sent: bool = True


Input = LinkInput | HttpAnswered | HttpFailed
