"""What an MQTT connection says, as frozen objects, and how it says that it broke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from navien_proto.errors import RemoteProtocolError
from navien_proto.redact import redact_text

__all__ = [
    "NO_PROPERTIES",
    "Acknowledged",
    "CodecEvent",
    "ConnAck",
    "Disconnected",
    "MessageIn",
    "Pong",
    "Properties",
    "ProtocolFault",
    "SubAck",
    "UnsubAck",
]

Properties = Mapping[str, tuple[int | str | bytes | tuple[str, str], ...]]
"""Properties of MQTT 5 by gmqtt's names (``reason_string``), each with its values in order."""

NO_PROPERTIES: Properties = {}


@frozen
class ConnAck:
    """The answer to CONNECT; ``code`` 0 is yes."""

    code: int
    session_present: bool = False
    properties: Properties = field(default=NO_PROPERTIES, repr=False)


@frozen
class MessageIn:
    """A PUBLISH. Its acknowledgement, where its QoS wants one, is already among the packets to send."""

    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    properties: Properties = field(default=NO_PROPERTIES, repr=False)


@frozen
class Acknowledged:
    """Our PUBLISH ``id`` came to its end: PUBACK at QoS 1, PUBCOMP at QoS 2, or a refusing PUBREC.

    ``code`` 0x80 and above is refusal; MQTT 3.1.1 cannot say so.
    """

    id: int
    code: int = 0
    properties: Properties = field(default=NO_PROPERTIES, repr=False)


@frozen
class SubAck:
    """The answer to our SUBSCRIBE ``id``: one code a filter, in order; 0x80 and above is refusal."""

    id: int
    codes: tuple[int, ...]
    properties: Properties = field(default=NO_PROPERTIES, repr=False)


@frozen
class UnsubAck:
    """The answer to our UNSUBSCRIBE ``id``; MQTT 3.1.1 gives no codes."""

    id: int
    codes: tuple[int, ...] = ()


@frozen
class Pong:
    """PINGRESP."""


@frozen
class Disconnected:
    """The broker ends the connection and says why (MQTT 5 alone); nothing follows."""

    code: int = 0
    properties: Properties = field(default=NO_PROPERTIES, repr=False)


CodecEvent = ConnAck | MessageIn | Acknowledged | SubAck | UnsubAck | Pong | Disconnected


class ProtocolFault(RemoteProtocolError):
    """The peer broke the protocol; the connection is of no more use.

    ``before`` is what it said in front of the fault, in the bytes of the same call: events of the layer that
    raises.
    """

    def __init__(self, sentence: str, before: tuple[Any, ...] = ()) -> None:
        super().__init__(sentence)
        self.before = before
