"""What a packet of a broker must look like, whatever the state (MQTT 3.1.1 and 5, section 3).

gmqtt skips malformed packets or reads them as well as it can. Here each is checked before gmqtt sees it: what
the specification forbids is :class:`~navien_proto.errors.RemoteProtocolError`. What depends on the state
(answers to questions never asked) is the codec's to check.
"""

from __future__ import annotations

from navien_proto.errors import RemoteProtocolError
from navien_proto.link.codes import LEGAL_CODES, Kind
from navien_proto.link.properties import check_properties, check_text
from navien_proto.mqtt.actions import Version

__all__ = ["PacketChecker"]

# A client hears on few topics, and short ones; the bounds are for a broker that makes up others.
_KNOWN_TOPICS = 512
_KNOWN_LENGTH = 256
_PUBLISH = int(Kind.PUBLISH)


class PacketChecker:
    """The rules of one ``version``; it remembers topics it has seen to be good."""

    __slots__ = ("_codes", "_five", "_topics")

    def __init__(self, version: Version) -> None:
        self._five = version == 5
        self._codes = LEGAL_CODES[version]
        self._topics: set[bytes] = set()

    def check(self, first: int, body: bytes) -> int:
        """Check a whole packet whose ``first`` byte is known to be good; returns how many filters it answers.

        Raises:
            RemoteProtocolError: it is malformed.
        """
        if first & 0xF0 == _PUBLISH:
            # Nearly all packets are; an enum would cost more than the check.
            self._publish(first, body)
            return 0
        match kind := Kind(first & 0xF0):
            case Kind.CONNACK:
                self._connack(body)
            case Kind.SUBACK | Kind.UNSUBACK:
                return self._answer(kind, body)
            case Kind.PINGRESP:
                if body:
                    raise RemoteProtocolError("the broker sent a PINGRESP with a body")
            case Kind.DISCONNECT:
                self._code_and_properties(kind, body, 0)
            case _:
                self._packet_id(kind, body, 0)
                self._code_and_properties(kind, body, 2)
        return 0

    def _publish(self, first: int, body: bytes) -> None:
        end = 2 + (body[0] << 8 | body[1]) if len(body) > 1 else 2
        if end > len(body):
            raise RemoteProtocolError("the broker sent a PUBLISH that ends before its topic does")
        topic = body[2:end]
        if topic not in self._topics:
            self._topic(topic)
        if first & 0x06:
            self._packet_id(Kind.PUBLISH, body, end)
            end += 2
        if self._five:
            check_properties(body, end, Kind.PUBLISH)

    def _topic(self, raw: bytes) -> None:
        # In MQTT 5 an empty topic goes with a topic alias; we allow none.
        if not raw:
            raise RemoteProtocolError("the broker sent a PUBLISH without a topic")
        if b"+" in raw or b"#" in raw:
            raise RemoteProtocolError("the broker sent a PUBLISH with a wildcard in its topic")
        check_text(raw)
        if len(self._topics) == _KNOWN_TOPICS:
            self._topics.clear()
        if len(raw) <= _KNOWN_LENGTH:
            self._topics.add(raw)

    def _connack(self, body: bytes) -> None:
        # A broker that does not know MQTT 5 refuses in the form of 3.1.1.
        if self._five and (len(body) != 2 or body[1] not in range(1, 6)):
            if len(body) < 3 or check_properties(body, 2, Kind.CONNACK) != len(body):
                raise RemoteProtocolError("the broker sent a CONNACK of the wrong length")
            self._code(Kind.CONNACK, body[1])
        elif len(body) != 2:
            raise RemoteProtocolError("the broker sent a CONNACK of the wrong length")
        if body[0] > 1 or (body[0] and body[1]):
            raise RemoteProtocolError("the broker sent a CONNACK with forbidden flags")

    def _answer(self, kind: Kind, body: bytes) -> int:
        self._packet_id(kind, body, 0)
        end = check_properties(body, 2, kind) if self._five else 2
        # Only 3.1.1's UNSUBACK says nothing more.
        if (end == len(body)) is not (kind is Kind.UNSUBACK and not self._five):
            raise RemoteProtocolError(f"the broker sent a {kind.name} of the wrong length")
        for code in body[end:]:
            self._code(kind, code)
        return len(body) - end

    def _code_and_properties(self, kind: Kind, body: bytes, place: int) -> None:
        """What follows a packet id (or nothing, in DISCONNECT): in MQTT 5 a code and properties, if any."""
        if len(body) == place:
            return
        if not self._five:
            raise RemoteProtocolError(f"the broker sent a {kind.name} of the wrong length")
        self._code(kind, body[place])
        if len(body) > place + 1 and check_properties(body, place + 1, kind) != len(body):
            raise RemoteProtocolError(f"the broker sent a {kind.name} of the wrong length")

    def _code(self, kind: Kind, code: int) -> None:
        if code not in self._codes[kind]:
            raise RemoteProtocolError(f"the broker sent a {kind.name} with code {code}, which means nothing")

    @staticmethod
    def _packet_id(kind: Kind, body: bytes, place: int) -> None:
        if len(body) < place + 2:
            raise RemoteProtocolError(f"the broker sent a {kind.name} that ends before its packet id does")
        if not (body[place] or body[place + 1]):
            raise RemoteProtocolError(f"the broker sent a {kind.name} with packet id 0")
