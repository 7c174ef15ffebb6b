"""What properties of MQTT 5 a broker may send (specification section 2.2.2), checked byte by byte.

gmqtt reads properties, but takes any property in any packet, values out of their range, and lengths that reach
beyond the end. So every block passes here first.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from navien_proto.errors import RemoteProtocolError
from navien_proto.link.codes import Kind

__all__ = ["check_properties", "check_text"]


def _u8(_body: bytes, place: int) -> int:
    return place + 1


def _u16(_body: bytes, place: int) -> int:
    return place + 2


def _u32(_body: bytes, place: int) -> int:
    return place + 4


def _binary(body: bytes, place: int) -> int:
    return place + 2 + int.from_bytes(body[place : place + 2], "big")


def _text(body: bytes, place: int) -> int:
    end = _binary(body, place)
    check_text(body[place + 2 : end])
    return end


def _topic(body: bytes, place: int) -> int:
    end = _text(body, place)
    topic = body[place + 2 : end]
    if not topic or b"+" in topic or b"#" in topic:
        raise RemoteProtocolError("the response topic of a PUBLISH is no topic")
    return end


def _pair(body: bytes, place: int) -> int:
    return _text(body, _text(body, place))


def _number(body: bytes, place: int) -> int:
    return _variable(body, place)[1]


def check_text(raw: bytes) -> str:
    """``raw`` as text, when it is what MQTT calls a UTF-8 string (section 1.5.4).

    Raises:
        RemoteProtocolError: it is not UTF-8, or holds NUL or half a surrogate pair.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise RemoteProtocolError("a text in a packet is not UTF-8") from None
    if "\0" in text:
        raise RemoteProtocolError("a text in a packet holds NUL")
    return text


@frozen
class _Rule:
    """One property: how its value is passed over, where it may stand, and what its value may be."""

    name: str
    end: Callable[[bytes, int], int]
    where: frozenset[Kind]
    lowest: int = 0
    highest: int | None = None
    repeated: bool = False


_PUBLISH = frozenset({Kind.PUBLISH})
_CONNACK = frozenset({Kind.CONNACK})
_REASON = frozenset(
    {
        Kind.CONNACK,
        Kind.PUBACK,
        Kind.PUBREC,
        Kind.PUBREL,
        Kind.PUBCOMP,
        Kind.SUBACK,
        Kind.UNSUBACK,
        Kind.DISCONNECT,
    }
)
# What only a client sends, and what we never agree to, is missing: authentication, topic aliases.
_RULES = {
    1: _Rule("payload format", _u8, _PUBLISH, highest=1),
    2: _Rule("message expiry", _u32, _PUBLISH),
    3: _Rule("content type", _text, _PUBLISH),
    8: _Rule("response topic", _topic, _PUBLISH),
    9: _Rule("correlation data", _binary, _PUBLISH),
    11: _Rule("subscription id", _number, _PUBLISH, lowest=1, repeated=True),
    17: _Rule("session expiry", _u32, _CONNACK),
    18: _Rule("assigned client id", _text, _CONNACK),
    19: _Rule("keep alive", _u16, _CONNACK),
    26: _Rule("response information", _text, _CONNACK),
    28: _Rule("server reference", _text, frozenset({Kind.CONNACK, Kind.DISCONNECT})),
    31: _Rule("reason", _text, _REASON),
    33: _Rule("receive maximum", _u16, _CONNACK, lowest=1),
    34: _Rule("topic alias maximum", _u16, _CONNACK),
    36: _Rule("maximum QoS", _u8, _CONNACK, highest=1),
    37: _Rule("retain available", _u8, _CONNACK, highest=1),
    38: _Rule("user property", _pair, _REASON | _PUBLISH, repeated=True),
    39: _Rule("maximum packet size", _u32, _CONNACK, lowest=1),
    40: _Rule("wildcards available", _u8, _CONNACK, highest=1),
    41: _Rule("subscription ids available", _u8, _CONNACK, highest=1),
    42: _Rule("shared subscriptions available", _u8, _CONNACK, highest=1),
}
_FIXED = (_u8, _u16, _u32)


def check_properties(body: bytes, place: int, kind: Kind) -> int:
    """Check the block of properties that begins at ``place`` of a packet's ``body``; returns where it ends.

    Raises:
        RemoteProtocolError: it is not such a block, or not one that ``kind`` may carry.
    """
    length, place = _variable(body, place)
    end = place + length
    if end > len(body):
        raise RemoteProtocolError(f"the properties of a {kind.name} reach beyond its end")
    # A property that reaches beyond the block reaches beyond this, whatever follows.
    block = body[:end]
    seen: set[int] = set()
    while place < end:
        number = block[place]
        rule = _RULES.get(number)
        if rule is None or kind not in rule.where:
            raise RemoteProtocolError(f"a {kind.name} carries property {number}, which it may not")
        if number in seen and not rule.repeated:
            raise RemoteProtocolError(f"a {kind.name} carries two of the property {rule.name}")
        seen.add(number)
        start, place = place + 1, rule.end(block, place + 1)
        if place > end:
            raise RemoteProtocolError(f"the property {rule.name} reaches beyond the properties of its {kind.name}")
        _check_value(rule, block, start, place)
    return end


def _check_value(rule: _Rule, block: bytes, start: int, end: int) -> None:
    if rule.end in _FIXED:
        value = int.from_bytes(block[start:end], "big")
    elif rule.end is _number:
        value = _variable(block, start)[0]
    else:
        return
    if value < rule.lowest or (rule.highest is not None and value > rule.highest):
        raise RemoteProtocolError(f"the property {rule.name} is {value}, which it may not be")


def _variable(body: bytes, place: int) -> tuple[int, int]:
    """A number of up to four bytes with seven bits each (section 1.5.5), and where it ends."""
    value = 0
    for count in range(4):
        if place >= len(body):
            raise RemoteProtocolError("a number reaches beyond the end of its packet")
        byte = body[place]
        place += 1
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            if not byte and count:
                raise RemoteProtocolError("a number has more bytes than it needs")
            return value, place
    raise RemoteProtocolError("a number does not end after four bytes")
