"""What a transport is asked to do with a link."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from navien_proto.redact import redact_text

__all__ = [
    "MAX_PACKET_SIZE",
    "MAX_PAYLOAD",
    "CloseLink",
    "Endpoint",
    "LinkAction",
    "OpenLink",
    "Ping",
    "Publish",
    "Subscribe",
    "Unsubscribe",
    "Version",
    "Will",
]

MAX_PACKET_SIZE = 2 << 20
"""Bytes of the longest packet, in either direction: AWS IoT carries 128 KB (``docs/protocol/mqtt.md`` section 3),
other brokers more."""
MAX_PAYLOAD = MAX_PACKET_SIZE - 0x10000 - 64
"""Bytes of the longest payload: what is left of a packet beside the longest topic and the header."""

Scheme = Literal["wss", "ws", "mqtts", "mqtt"]
Version = Literal[4, 5]
"""The protocol level of CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5."""


@frozen
class Endpoint:
    """Where a broker listens.

    ``target`` is the HTTP request target of the WebSocket upgrade, byte for byte as signed; empty for
    plain TCP (``mqtt``, ``mqtts``). It is a secret and not shown.
    """

    scheme: Scheme
    host: str
    port: int
    target: str = field(default="", repr=False)

    @property
    def tls(self) -> bool:
        """Whether the byte stream is encrypted."""
        return self.scheme in ("wss", "mqtts")

    @property
    def websocket(self) -> bool:
        """Whether MQTT travels in WebSocket frames."""
        return self.scheme in ("wss", "ws")


@frozen
class Will:
    """What the broker publishes when the link is lost without DISCONNECT."""

    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 1
    retain: bool = False


@frozen
class OpenLink:
    """Open the byte stream, upgrade it, send CONNECT: ConnectSent, then LinkOpened or LinkRefused answers."""

    link: int
    endpoint: Endpoint
    client_id: str
    keep_alive: int = 60
    clean_session: bool = True
    will: Will | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    version: Version = 4


@frozen
class Subscribe:
    """Send SUBSCRIBE. Answered by SubscribeAnswered with the same ``id``."""

    link: int
    id: int
    filters: tuple[str, ...] = field(repr=lambda filters: repr(tuple(map(redact_text, filters))))
    qos: int = 1


@frozen
class Unsubscribe:
    """Send UNSUBSCRIBE. Answered by UnsubscribeAnswered with the same ``id``."""

    link: int
    id: int
    filters: tuple[str, ...] = field(repr=lambda filters: repr(tuple(map(redact_text, filters))))


@frozen
class Publish:
    """Send PUBLISH. At QoS 1 and 2 answered by PublishAnswered with the same ``id``, at QoS 0 by nothing.

    What the broker cannot take, or MQTT not say, is answered by PublishFailed at any QoS.
    """

    link: int
    id: int
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retain: bool = False


@frozen
class Ping:
    """Send PINGREQ. Answered by PongReceived."""

    link: int


@frozen
class CloseLink:
    """End the link: DISCONNECT and an orderly close, or at once when ``abort``. Answered by LinkLost.

    A link that never stood is abandoned; it too answers with LinkLost.
    """

    link: int
    abort: bool = False


LinkAction = OpenLink | Subscribe | Unsubscribe | Publish | Ping | CloseLink
