"""MQTT 3.1.1 and 5, client side, as bytes: gmqtt's packet layer behind one wall.

Theory of operation. gmqtt builds what goes out and reads what comes in (:mod:`navien_proto.link.seam`). Around it
stand our own rules: arguments are checked before a packet is built of them
(:mod:`~navien_proto.link.outgoing`), the stream is cut by :mod:`~navien_proto.link.stream`, each packet is
checked for its shape by :mod:`~navien_proto.link.incoming` and here for its sense: an answer must answer
something. Only then does gmqtt see it.

One codec serves one connection: packet ids, and what was received at QoS 2, are not carried over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn, cast

from navien_proto.errors import RemoteProtocolError, UsageError
from navien_proto.link.codes import Kind
from navien_proto.link.events import (
    CodecEvent,
    ConnAck,
    ProtocolFault,
)
from navien_proto.link.incoming import PacketChecker
from navien_proto.link.outgoing import (
    PacketIds,
    check_filters,
    check_keep_alive,
    check_qos,
    check_text,
    check_will,
)
from navien_proto.link.seam import READING_FAULTS, Builder, Reader
from navien_proto.link.stream import MAX_PACKET_SIZE, PacketStream
from navien_proto.mqtt.actions import Version, Will
from navien_proto.mqtt.topics import check_topic

__all__ = ["MAX_IN_FLIGHT", "MqttCodec"]

# AWS IoT takes 100 unacknowledged publishes (docs/protocol/mqtt.md section 3).
MAX_IN_FLIGHT = 100
# Beyond, the caller is faster than any broker.
MAX_HELD = 10_000
# MQTT 5 section 3.1.2.11.2: what a session that survives in MQTT 3.1.1 is in MQTT 5.
_NEVER_EXPIRES = 0xFFFFFFFF
_PUBLISH = int(Kind.PUBLISH)
_NO_CONNECTION = "there is no MQTT connection: it was not asked for yet, or is over"


class MqttCodec:
    """One MQTT connection: ask it for packets, ``take`` them, ``feed`` it what arrives.

    Args:
        version: 4 for MQTT 3.1.1, 5 for MQTT 5.
        max_packet_size: bytes of the longest packet, header included, in either direction.
        max_in_flight: publishes at QoS 1 and 2 that may wait for their acknowledgement at once; the broker may
            lower it. More are held back, in order, until it is their turn.
    """

    def __init__(
        self,
        *,
        version: Version = 4,
        max_packet_size: int = MAX_PACKET_SIZE,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        if version not in (4, 5):
            raise UsageError(f"MQTT version is {version!r}; it must be 4 (MQTT 3.1.1) or 5")
        self._version: Version = version
        self._max_incoming = self._max_outgoing = max_packet_size
        self._max_in_flight = max_in_flight
        self._max_qos = 2
        self._may_retain = True
        self._ids = PacketIds()
        self._builder = Builder(version, self._ids.next_id)
        self._checker = PacketChecker(version)
        self._stream = PacketStream(version, max_packet_size)
        self._events: list[CodecEvent] = []
        self._out: list[bytes] = []
        self._reader = Reader(self._builder, self._events.append, self._out.append)
        # What each packet id waits for, and how many codes the answer has.
        self._awaited: dict[int, tuple[Kind, int]] = {}
        # Publishes not sent yet, in order, and how many of those sent are unacknowledged.
        self._held: dict[int, bytes] = {}
        self._in_flight = 0
        self._clean_session = True
        self._asked = self._connected = self._ended = False
        self._fault: str | None = None

    # --- to the broker -----------------------------------------------------------------------------------

    def connect(
        self,
        client_id: str,
        *,
        keep_alive: int = 60,
        clean_session: bool = True,
        will: Will | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """CONNECT, to be answered by :class:`~navien_proto.link.events.ConnAck`. ``keep_alive`` is in seconds.

        Raises:
            UsageError: an argument is something CONNECT cannot say, or ``connect`` was called before.
        """
        if self._asked:
            raise UsageError("connect() was called twice on one codec; each connection needs a codec of its own")
        if not client_id:
            raise UsageError("client id is empty")
        if password is not None and username is None:
            raise UsageError("a password needs a user name")
        properties = {"maximum_packet_size": self._max_incoming}
        if not clean_session:
            properties["session_expiry_interval"] = _NEVER_EXPIRES
        packet = self._builder.connect(
            check_text("client id", client_id),
            keep_alive=check_keep_alive(keep_alive),
            clean_session=clean_session,
            will=None if will is None else check_will(will),
            username=None if username is None else check_text("user name", username),
            password=None if password is None else check_text("password", password),
            properties=properties,
        )
        self._check_size(packet)
        self._out.append(packet)
        self._asked = True
        self._clean_session = clean_session

    def subscribe(self, filters: Sequence[str], qos: int = 1) -> int:
        """SUBSCRIBE to all ``filters``; the id is that of the SubAck to come.

        Raises:
            UsageError: there is no filter, or one that is none; ``qos`` is not 0 to 2; no connection.
        """
        self._check_usable()
        packet_id, packet = self._builder.subscribe(check_filters(filters), check_qos(qos))
        self._check_size(packet, packet_id)
        self._out.append(packet)
        self._awaited[packet_id] = Kind.SUBACK, len(filters)
        return packet_id

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """UNSUBSCRIBE from all ``filters``; the id is that of the UnsubAck to come.

        Raises:
            UsageError: there is no filter, or one that is none; no connection.
        """
        self._check_usable()
        packet_id, packet = self._builder.unsubscribe(check_filters(filters))
        self._check_size(packet, packet_id)
        self._out.append(packet)
        # In MQTT 3.1.1 its answer has no codes.
        self._awaited[packet_id] = Kind.UNSUBACK, len(filters) if self._version == 5 else 0
        return packet_id

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> int | None:
        """PUBLISH; the id is that of the Acknowledged to come, ``None`` at QoS 0, which nothing answers.

        Raises:
            UsageError: the topic is none, the packet too long, ``qos`` not 0 to 2; too many publishes are held
                back; the broker said in CONNACK that it does not take such messages; no connection.
        """
        self._check_usable()
        check_topic(topic)
        if not isinstance(payload, bytes):
            raise UsageError(f"payload must be bytes, not {type(payload).__name__}")
        if check_qos(qos) > self._max_qos:
            raise UsageError(f"QoS is {qos}; this broker takes {self._max_qos} at most")
        if retain and not self._may_retain:
            raise UsageError("this broker does not retain messages")
        if qos and len(self._held) == MAX_HELD:
            raise UsageError(
                f"{MAX_HELD} publishes are held back for a broker that acknowledges none; no more are"
            )
        packet_id, packet = self._builder.publish(topic, payload, qos, retain)
        self._check_size(packet, packet_id)
        if packet_id is None:
            self._out.append(packet)
        else:
            self._awaited[packet_id] = Kind.PUBACK if qos == 1 else Kind.PUBREC, 0
            self._held[packet_id] = packet
            self._send_held()
        return packet_id

    def ping(self) -> None:
        """PINGREQ, to be answered by Pong.

        Raises:
            UsageError: no connection.
        """
        self._check_usable()
        self._out.append(self._builder.ping())

    def disconnect(self, code: int = 0) -> None:
        """DISCONNECT, after which nothing more is sent or heard. MQTT 3.1.1 does not say ``code``.

        Raises:
            UsageError: no connection.
        """
        # Also after a fault of the broker's, to tell it.
        if not self._asked or self._ended:
            raise UsageError(_NO_CONNECTION)
        self._out.append(self._builder.disconnect(code))
        self._ended = True

    def take(self) -> list[bytes]:
        """The packets to write, in order, each whole; handed over once."""
        packets = self._out.copy()
        # The list stays the same: the reader appends to it.
        self._out.clear()
        return packets

    # --- from the broker ---------------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[CodecEvent]:
        """What the broker says with ``data``, however the stream is cut. After an end nothing is heard.

        Raises:
            ProtocolFault: it is not MQTT, or not what a broker may say now; what came in front of that is in
                ``before``. The connection is to be closed; feeding it more raises the same again.
        """
        if self._fault is not None:
            raise ProtocolFault(self._fault)
        packets: Iterable[tuple[int, bytes]] = () if self._ended else self._stream.feed(data)
        try:
            for first, body in packets:
                codes = self._checker.check(first, body)
                kind = first & 0xF0
                if kind != _PUBLISH or not self._connected:
                    self._check_sense(Kind(kind), body, codes)
                self._reader.read(first, body)
                if not self._connected:
                    self._answered(cast(ConnAck, self._events[-1]))
                if self._ended:
                    break
        except RemoteProtocolError as error:
            self._break(str(error))
        except READING_FAULTS as error:
            self._break(f"the broker sent a packet that cannot be read ({type(error).__name__})")
        return self._heard()

    def _check_sense(self, kind: Kind, body: bytes, codes: int) -> None:
        """What a well-formed packet must be to make sense now; ``codes`` is how many it carries."""
        if (kind is Kind.CONNACK) is self._connected or not self._asked:
            raise RemoteProtocolError(f"the broker sent a {kind.name} at the wrong time")
        if kind is Kind.CONNACK:
            if body[0] and self._clean_session:
                raise RemoteProtocolError("the broker claims to know a session that was to be a new one")
        elif kind is Kind.DISCONNECT:
            self._ended = True
        elif kind not in (Kind.PUBREL, Kind.PINGRESP):
            self._check_answer(kind, body, codes)

    def _check_answer(self, kind: Kind, body: bytes, codes: int) -> None:
        """An answer has a question: its id is one of ours, and waits for just this."""
        packet_id = int.from_bytes(body[:2], "big")
        if self._awaited.get(packet_id) != (kind, codes) or packet_id in self._held:
            raise RemoteProtocolError(f"the broker sent a {kind.name} that answers nothing we sent")
        if kind is Kind.PUBREC and (len(body) < 3 or body[2] < 0x80):
            self._awaited[packet_id] = Kind.PUBCOMP, 0
            return
        del self._awaited[packet_id]
        self._ids.free(packet_id)
        if kind not in (Kind.SUBACK, Kind.UNSUBACK):
            self._in_flight -= 1
            self._send_held()

    def _answered(self, connack: ConnAck) -> None:
        """CONNACK came: the connection stands within the broker's limits, or does not."""
        if connack.code:
            self._ended = True
            return
        self._connected = True
        limits = {name: values[0] for name, values in connack.properties.items()}
        self._max_in_flight = _lower(self._max_in_flight, limits.get("receive_maximum"))
        self._max_outgoing = _lower(self._max_outgoing, limits.get("maximum_packet_size"))
        self._max_qos = _lower(self._max_qos, limits.get("max_qos"))
        self._may_retain = limits.get("retain_available", 1) == 1

    def _heard(self) -> list[CodecEvent]:
        events = self._events.copy()
        self._events.clear()
        return events

    def _break(self, sentence: str) -> NoReturn:
        self._fault = sentence
        raise ProtocolFault(sentence, tuple(self._heard())) from None

    # --- both --------------------------------------------------------------------------------------------

    def _check_usable(self) -> None:
        if not self._asked or self._ended or self._fault is not None:
            raise UsageError(_NO_CONNECTION)

    def _check_size(self, packet: bytes, packet_id: int | None = None) -> None:
        if len(packet) > self._max_outgoing:
            if packet_id is not None:
                self._ids.free(packet_id)
            raise UsageError(f"a packet of {len(packet)} bytes is too long; {self._max_outgoing} are allowed")

    def _send_held(self) -> None:
        while self._held and self._in_flight < self._max_in_flight:
            packet_id = next(iter(self._held))
            self._out.append(self._held.pop(packet_id))
            self._in_flight += 1


def _lower(ours: int, theirs: object) -> int:
    return min(ours, theirs) if isinstance(theirs, int) else ours
