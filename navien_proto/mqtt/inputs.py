"""What a transport reports about a link. Every report carries the number of its link."""

from __future__ import annotations

from attrs import field, frozen

from navien_proto.redact import redact_text

__all__ = [
    "ConnectSent",
    "LinkInput",
    "LinkLost",
    "LinkOpened",
    "LinkRefused",
    "MessageReceived",
    "PongReceived",
    "PublishAnswered",
    "PublishFailed",
    "SubscribeAnswered",
    "UnsubscribeAnswered",
]


@frozen
class ConnectSent:
    """The byte stream (and the WebSocket, if any) stands and CONNECT is on its way; CONNACK is awaited."""

    link: int


@frozen
class LinkOpened:
    """CONNACK accepted the connection; ``keep_alive`` (s) is what the broker asks for instead of ours (MQTT 5)."""

    link: int
    session_present: bool = False
    keep_alive: int | None = None


@frozen
class LinkRefused:
    """The link did not come to stand.

    ``status`` is the HTTP status of a refused WebSocket upgrade, ``code`` the return code of a refusing
    CONNACK; both are ``None`` when no answer came at all (DNS, TCP, TLS, time-out), and ``reason`` then
    says why. ``date`` is the Date header of the refusal, from which a wrong clock can be learnt.
    """

    link: int
    reason: str
    status: int | None = None
    code: int | None = None
    date: str | None = None


@frozen
class LinkLost:
    """The link that stood is gone, or a close that was asked for is done. Nothing more comes from it."""

    link: int
    reason: str


@frozen
class SubscribeAnswered:
    """SUBACK for our subscription ``id``: one code a filter, in order; 0x80 and above is refusal."""

    link: int
    id: int
    codes: tuple[int, ...]


@frozen
class UnsubscribeAnswered:
    """UNSUBACK for our ``id``; MQTT 3.1.1 gives no codes."""

    link: int
    id: int
    codes: tuple[int, ...] = ()


@frozen
class PublishAnswered:
    """PUBACK (QoS 2: PUBCOMP) for publish ``id``; ``code`` 0x80 and above is refusal (MQTT 5 alone tells)."""

    link: int
    id: int
    code: int = 0


@frozen
class PublishFailed:
    """Publish ``id`` was not sent: ``reason`` says what about it this broker or MQTT cannot take."""

    link: int
    id: int
    reason: str


@frozen
class PongReceived:
    """PINGRESP."""

    link: int


@frozen
class MessageReceived:
    """A PUBLISH from the broker. Acknowledging it is the link's affair."""

    link: int
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    retain: bool = False
    duplicate: bool = False
    qos: int = 0


LinkInput = (
    ConnectSent
    | LinkOpened
    | LinkRefused
    | LinkLost
    | SubscribeAnswered
    | UnsubscribeAnswered
    | PublishAnswered
    | PublishFailed
    | PongReceived
    | MessageReceived
)
