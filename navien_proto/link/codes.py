"""The numbers of MQTT: kinds of packets, return codes of 3.1.1, reason codes of 5, in words."""

from __future__ import annotations

from enum import IntEnum

from navien_proto.errors import RemoteProtocolError
from navien_proto.mqtt.actions import Version

__all__ = ["LEGAL_CODES", "LEGAL_FIRST_BYTES", "Kind", "code_words", "first_byte_fault"]


class Kind(IntEnum):
    """The upper half of a packet's first byte."""

    CONNECT = 0x10
    CONNACK = 0x20
    PUBLISH = 0x30
    PUBACK = 0x40
    PUBREC = 0x50
    PUBREL = 0x60
    PUBCOMP = 0x70
    SUBSCRIBE = 0x80
    SUBACK = 0x90
    UNSUBSCRIBE = 0xA0
    UNSUBACK = 0xB0
    PINGREQ = 0xC0
    PINGRESP = 0xD0
    DISCONNECT = 0xE0
    AUTH = 0xF0


# What a server may send, with the flags it must carry; PUBLISH has flags of its own.
_FLAGS = {
    Kind.CONNACK: 0,
    Kind.PUBACK: 0,
    Kind.PUBREC: 0,
    Kind.PUBREL: 2,
    Kind.PUBCOMP: 0,
    Kind.SUBACK: 0,
    Kind.UNSUBACK: 0,
    Kind.PINGRESP: 0,
    Kind.DISCONNECT: 0,
}
# MQTT section 3.3.1: no QoS 3, and at QoS 0 nothing can be a repetition.
_PUBLISHES = frozenset(range(0x30, 0x40)) - {0x36, 0x37, 0x3E, 0x3F, 0x38, 0x39}
LEGAL_FIRST_BYTES: dict[Version, frozenset[int]] = {
    4: _PUBLISHES | {kind | flags for kind, flags in _FLAGS.items() if kind is not Kind.DISCONNECT},
    5: _PUBLISHES | {kind | flags for kind, flags in _FLAGS.items()},
}


def first_byte_fault(first: int, version: Version) -> RemoteProtocolError:
    """Why a server may send no packet that begins with ``first``, which is none of LEGAL_FIRST_BYTES."""
    kind = first & 0xF0
    if not kind:
        return RemoteProtocolError("packets of type 0 do not exist")
    name = Kind(kind).name
    if kind in _FLAGS or kind == Kind.PUBLISH:
        if kind == Kind.DISCONNECT and version == 4:
            return RemoteProtocolError("the broker sent a DISCONNECT, which in MQTT 3.1.1 only a client may")
        return RemoteProtocolError(f"the broker sent a {name} with forbidden flags ({first & 0x0F:#x})")
    return RemoteProtocolError(f"the broker sent a packet of the kind {name}, which it may not")


_WORDS = {
    0x00: "normal disconnection",
    # Return codes of MQTT 3.1.1, section 3.2.2.3.
    0x01: "it does not speak this version of MQTT",
    0x02: "it does not accept the client id",
    0x03: "it is unavailable",
    0x04: "the user name or the password is wrong",
    0x05: "the client is not authorised",
    # Reason codes of MQTT 5, section 2.4.
    0x80: "it gives no reason",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "it has reasons of its own",
    0x84: "it does not speak this version of MQTT",
    0x85: "it does not accept the client id",
    0x86: "the user name or the password is wrong",
    0x87: "the client is not authorised",
    0x88: "it is unavailable",
    0x89: "it is busy",
    0x8A: "the client is banned",
    0x8B: "it is shutting down",
    0x8C: "bad authentication method",
    0x8D: "it heard nothing for longer than the keep-alive allows",
    0x8E: "another client connected with the same id",
    0x8F: "the topic filter is not accepted",
    0x90: "the topic is not accepted",
    0x93: "too many messages at once",
    0x94: "invalid topic alias",
    0x95: "the packet is too large",
    0x96: "too many messages in a short time",
    0x97: "a quota is exceeded",
    0x98: "an administrator ended it",
    0x99: "the payload is not in the announced format",
    0x9A: "it does not retain messages",
    0x9B: "it does not support this QoS",
    0x9C: "another server is to be used",
    0x9D: "the server has moved",
    0x9E: "it does not support shared subscriptions",
    0x9F: "too many connections in a short time",
    0xA0: "the time allowed for a connection is over",
    0xA1: "it does not support subscription ids",
    0xA2: "it does not support wildcards in subscriptions",
}

_ACK = frozenset({0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99})
_RELEASE = frozenset({0x00, 0x92})
# Which codes each packet of a server may carry.
LEGAL_CODES: dict[Version, dict[Kind, frozenset[int]]] = {
    4: {Kind.SUBACK: frozenset({0, 1, 2, 0x80})},
    5: {
        Kind.CONNACK: frozenset({0x00, *range(0x80, 0x8B), 0x8C, 0x90, 0x95, 0x97, *range(0x99, 0x9E), 0x9F}),
        Kind.PUBACK: _ACK,
        Kind.PUBREC: _ACK,
        Kind.PUBREL: _RELEASE,
        Kind.PUBCOMP: _RELEASE,
        Kind.SUBACK: frozenset({0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2}),
        Kind.UNSUBACK: frozenset({0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91}),
        Kind.DISCONNECT: frozenset({0x00, *range(0x80, 0x84), 0x87, 0x89, *range(0x8B, 0x91), *range(0x93, 0xA3)}),
    },
}


def code_words(code: int) -> str:
    """The ``code`` of a CONNACK or a DISCONNECT for a person, the number included."""
    words = _WORDS.get(code)
    return f"{words} (code {code})" if words else f"code {code}"
