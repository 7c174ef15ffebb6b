"""What the codec hears: a model beside it, any split, and every packet damaged in every way."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from navien_proto.link import MqttCodec, ProtocolFault
from navien_proto.link.events import (
    Acknowledged,
    CodecEvent,
    ConnAck,
    MessageIn,
    Pong,
    SubAck,
    UnsubAck,
)
from navien_proto.mqtt.actions import Version
from navien_proto.sim import packets as sim
from tests.proto.link.peers import (
    CONNACK,
    asked,
    fault_of,
    heard,
    open_codec,
    packet,
    publish_body,
    text,
)
from tests.support.packets import PACKETS, PAYLOADS, TOPICS, cut

SUBSCRIBED, UNSUBSCRIBED, ONCE, TWICE = 1, 2, 3, 4


class Model:
    """What :func:`asked` must make of a broker's packets; MQTT 3.1.1."""

    def __init__(self) -> None:
        self.events: list[CodecEvent] = []
        self.answers: list[sim.Packet] = []
        self.waiting: dict[int, type[sim.Packet]] = {
            SUBSCRIBED: sim.SubAck,
            UNSUBSCRIBED: sim.UnsubAck,
            ONCE: sim.PubAck,
            TWICE: sim.PubRec,
        }
        self.received: set[int] = set()

    def take(self, packets: Iterable[sim.Packet]) -> bool:
        """Whether all of ``packets`` make sense; those in front of one that does not are heard."""
        return all(self.one(one) for one in packets)

    def one(self, one: sim.Packet) -> bool:
        match one:
            case sim.Publish():
                if one.qos == 1:
                    self.answers.append(sim.PubAck(one.packet_id or 0))
                elif one.qos == 2:
                    self.answers.append(sim.PubRec(one.packet_id or 0))
                    if one.packet_id in self.received:
                        return True
                    self.received.add(one.packet_id or 0)
                self.events.append(MessageIn(one.topic, one.payload, one.qos, one.retain, one.duplicate))
            case sim.PubRel():
                self.answers.append(sim.PubComp(one.packet_id))
                self.received.discard(one.packet_id)
            case sim.PingResp():
                self.events.append(Pong())
            case sim.SubAck() | sim.UnsubAck() | sim.PubAck() | sim.PubRec() | sim.PubComp():
                return self.answer(one)
            case _:
                return False
        return True

    def answer(self, one: sim.SubAck | sim.UnsubAck | sim.PubAck | sim.PubRec | sim.PubComp) -> bool:
        if self.waiting.get(one.packet_id) is not type(one):
            return False
        if isinstance(one, sim.SubAck) and len(one.codes) != 2:
            return False
        del self.waiting[one.packet_id]
        match one:
            case sim.SubAck():
                self.events.append(SubAck(one.packet_id, one.codes))
            case sim.UnsubAck():
                self.events.append(UnsubAck(one.packet_id))
            case sim.PubRec():
                self.waiting[one.packet_id] = sim.PubComp
                self.answers.append(sim.PubRel(one.packet_id))
            case _:
                self.events.append(Acknowledged(one.packet_id))
        return True


CLIENTS = (0x10, 0x80, 0xA0, 0xC0, 0xE0)
NEAR_IDS = st.integers(1, 6)
CODES = st.sampled_from([0, 1, 2, 0x80])
LIKELY: st.SearchStrategy[sim.Packet] = st.one_of(
    st.builds(sim.SubAck, NEAR_IDS, st.lists(CODES, min_size=1, max_size=3).map(tuple)),
    *(st.builds(kind, NEAR_IDS) for kind in (sim.UnsubAck, sim.PubAck, sim.PubRec, sim.PubRel, sim.PubComp)),
    st.builds(sim.Publish, topic=TOPICS, payload=PAYLOADS, retain=st.booleans()),
    st.builds(
        sim.Publish,
        topic=TOPICS,
        payload=PAYLOADS,
        qos=st.integers(1, 2),
        packet_id=NEAR_IDS,
        duplicate=st.booleans(),
    ),
    st.just(sim.PingResp()),
)


def compare(data: bytes, pieces: list[bytes]) -> None:
    """The codec must make of ``pieces`` what the model makes of ``data``."""
    model, codec = Model(), asked()
    reader = sim.PacketReader(1 << 20)
    try:
        sound = model.take(reader.feed(data))
        # What a broker may not send is refused by its first byte already.
        if sound and reader.buffered:
            first = data[-reader.buffered]
            sound = first & 0xF0 not in CLIENTS and first not in (0x38, 0x39)
    except sim.MalformedPacket as fault:
        # MQTT 3.1.1 does not forbid a length with superfluous bytes; the simulated broker does.
        assume("more bytes than it needs" not in str(fault))
        model.take(fault.before)
        sound = False
    events, fault_text = heard(codec, pieces)
    assert events == model.events
    assert (fault_text is None) == sound
    assert codec.take() == [sim.encode(answer) for answer in model.answers]
    if fault_text is not None:
        with pytest.raises(ProtocolFault) as caught:
            codec.feed(b"\xd0\x00")
        assert (str(caught.value), caught.value.before) == (fault_text, ())


@given(packets=st.lists(LIKELY, max_size=8), data=st.data())
@settings(max_examples=200, deadline=None)
def test_sound_packets_in_any_split_are_what_the_model_says(
    packets: list[sim.Packet], data: st.DataObject
) -> None:
    whole = b"".join(sim.encode(one) for one in packets)
    compare(whole, data.draw(cut(whole)))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Packets of either side, with bytes changed, put in, or taken out."""
    packets = draw(st.lists(LIKELY | PACKETS, min_size=1, max_size=3))
    data = bytearray(b"".join(sim.encode(one) for one in packets))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data)))
        # Mostly near the front, where the meaning is.
        place = min(place, draw(st.sampled_from([2, 6, 1000])))
        match draw(st.sampled_from(["change", "insert", "delete"])):
            case "insert":
                data.insert(place, draw(st.integers(0, 255)))
            case "change" if place < len(data):
                data[place] = draw(st.integers(0, 255))
            case "delete":
                del data[place : place + draw(st.integers(1, 3))]
    return bytes(data)


@given(whole=damaged(), data=st.data())
@settings(max_examples=500, deadline=None)
@example(whole=b"\x62\x02\x00\x00", data=None)
def test_damaged_packets_are_refused_exactly_when_the_specification_forbids_them(
    whole: bytes, data: st.DataObject | None
) -> None:
    compare(whole, [whole] if data is None else data.draw(cut(whole)))


@given(st.lists(st.binary(max_size=40), max_size=5))
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("version", [4, 5])
def test_garbage_is_a_fault_or_nothing(version: Version, pieces: list[bytes]) -> None:
    heard(MqttCodec(version=version), pieces)
    heard(asked(version), pieces)


@pytest.mark.parametrize("version", [4, 5])
def test_every_proper_prefix_of_a_packet_says_nothing(version: Version) -> None:
    whole = packet(0x32, publish_body(version, "a/b", b"payload", 9))
    for size in range(len(whole)):
        codec = open_codec(version)
        assert codec.feed(whole[:size]) == []
        assert codec.feed(whole[size:]) == [MessageIn("a/b", b"payload", 1)]


FORBIDDEN = {
    "PINGRESP with a body": packet(0xD0, b"\0"),
    "CONNECT": packet(0x10, b""),
    "SUBSCRIBE": packet(0x82, b"\0\1\0\1a\0"),
    "UNSUBSCRIBE": packet(0xA2, b"\0\1\0\1a"),
    "PINGREQ": packet(0xC0),
    "a second CONNACK": CONNACK[4],
    "DUP at QoS 0": packet(0x38, text("a")),
    "QoS 3": packet(0x36, text("a") + b"\0\1"),
    "PUBREL without its flag": packet(0x60, b"\0\1"),
    "PUBACK with a flag": packet(0x41, b"\0\3"),
    "no topic": packet(0x30, text("")),
    "topic cut short": packet(0x30, b"\0\5abc"),
    "one byte of PUBLISH": packet(0x30, b"\0"),
    "no body of PUBLISH": packet(0x30),
    "+ in a topic": packet(0x30, text("a/+")),
    "# in a topic": packet(0x30, text("#")),
    "NUL in a topic": packet(0x30, text("a\0")),
    "bad UTF-8": packet(0x30, text(b"\xff")),
    "half a surrogate pair": packet(0x30, text(b"\xed\xa0\x80")),
    "overlong UTF-8": packet(0x30, text(b"\xc0\x80")),
    "packet id 0": packet(0x32, text("a") + b"\0\0"),
    "packet id missing": packet(0x32, text("a")),
    "half a packet id": packet(0x32, text("a") + b"\1"),
    "PUBACK with id 0": packet(0x40, b"\0\0"),
    "PUBACK without id": packet(0x40, b"\3"),
    "PUBACK of nothing": packet(0x40, b"\0\x63"),
    "PUBACK at QoS 2": packet(0x40, b"\0\4"),
    "PUBREC at QoS 1": packet(0x50, b"\0\3"),
    "PUBCOMP before PUBREC": packet(0x70, b"\0\4"),
    "PUBREL with id 0": packet(0x62, b"\0\0"),
    "SUBACK of nothing": packet(0x90, b"\0\x63\1"),
    "SUBACK of UNSUBSCRIBE": packet(0x90, b"\0\2\1"),
    "SUBACK with a code too few": packet(0x90, b"\0\1\1"),
    "SUBACK with a code too many": packet(0x90, b"\0\1\1\1\1"),
    "SUBACK without codes": packet(0x90, b"\0\1"),
    "SUBACK with QoS 3": packet(0x90, b"\0\1\1\3"),
    "UNSUBACK of SUBSCRIBE": packet(0xB0, b"\0\1"),
    "UNSUBACK with codes": packet(0xB0, b"\0\2\0"),
    "PUBACK with a code": packet(0x40, b"\0\3\0"),
    "DISCONNECT": packet(0xE0),
    "AUTH": packet(0xF0),
    "type 0": packet(0x00),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_mqtt_3_1_1_forbids_ends_the_connection(name: str) -> None:
    codec = asked()
    fault = fault_of(codec, FORBIDDEN[name])
    assert len(fault) < 120
    assert codec.take() == []
    assert fault_of(codec, b"") == fault


def test_an_id_that_is_only_held_back_cannot_be_acknowledged() -> None:
    codec = open_codec(max_in_flight=1)
    codec.publish("a", b"", 1)
    held = codec.publish("a", b"", 1)
    assert "answers nothing" in fault_of(codec, sim.encode(sim.PubAck(held or 0)))


BAD_CONNACKS = {
    "three bytes": packet(0x20, b"\0\0\0"),
    "one byte": packet(0x20, b"\0"),
    "reserved flags": packet(0x20, b"\2\0"),
    "a session refused": packet(0x20, b"\1\5"),
    "an unknown session": packet(0x20, b"\1\0"),
    "something else first": packet(0xD0),
    "a message first": packet(0x30, text("a")),
}


@pytest.mark.parametrize("name", BAD_CONNACKS)
def test_connect_must_be_answered_by_a_sound_connack(name: str) -> None:
    codec = MqttCodec()
    codec.connect("client-0001")
    fault_of(codec, BAD_CONNACKS[name])


def test_a_broker_that_speaks_first_is_refused() -> None:
    assert "wrong time" in fault_of(MqttCodec(), CONNACK[4])


@pytest.mark.parametrize("code", [*range(1, 6), 6, 0x87, 255])
def test_a_refusing_connack_is_the_last_that_is_heard(code: int) -> None:
    codec = MqttCodec()
    codec.connect("client-0001")
    assert codec.feed(packet(0x20, bytes([0, code])) + packet(0x30, text("a")) + b"\0") == [ConnAck(code)]
    assert codec.feed(b"garbage") == []


def test_a_session_that_was_asked_for_may_be_there() -> None:
    codec = MqttCodec()
    codec.connect("client-0001", clean_session=False)
    assert codec.feed(packet(0x20, b"\1\0")) == [ConnAck(0, True)]


def test_qos_2_is_heard_once_until_it_is_released() -> None:
    codec = open_codec()
    first = sim.encode(sim.Publish(topic="a", payload=b"x", qos=2, packet_id=9))
    again = sim.encode(sim.Publish(topic="a", payload=b"x", qos=2, packet_id=9, duplicate=True))
    assert codec.feed(first + again) == [MessageIn("a", b"x", 2)]
    assert codec.take() == [sim.encode(sim.PubRec(9))] * 2
    assert codec.feed(sim.encode(sim.PubRel(9)) * 2) == []
    assert codec.take() == [sim.encode(sim.PubComp(9))] * 2
    assert codec.feed(first) == [MessageIn("a", b"x", 2)]


def test_many_topics_are_not_all_remembered() -> None:
    codec = open_codec()
    for count in range(2000):
        codec.feed(packet(0x30, text(f"a/{count}")))
    assert codec.feed(packet(0x30, text("a/1"))) == [MessageIn("a/1", b"")]
    fault_of(codec, packet(0x30, text("a/+")))


def test_a_tripping_reader_is_the_peers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(_self: object, _cmd: int, _packet: bytes) -> None:
        raise ValueError("secret")

    monkeypatch.setattr("navien_proto.link.seam.Reader._handle_pingresp_packet", trip)
    codec = open_codec()
    fault = fault_of(codec, packet(0xD0))
    assert fault == "the broker sent a packet that cannot be read (ValueError)"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (0x00, "packets of type 0 do not exist"),
        (0x10, "the broker sent a packet of the kind CONNECT, which it may not"),
        (0xE0, "the broker sent a DISCONNECT, which in MQTT 3.1.1 only a client may"),
        (0x41, "the broker sent a PUBACK with forbidden flags (0x1)"),
    ],
)
def test_a_first_byte_that_no_broker_sends(first: int, words: str) -> None:
    assert fault_of(open_codec(), bytes([first, 0])) == words
