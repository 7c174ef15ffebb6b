"""The simulated broker over bytes: sequence rules, answers, deliveries, and any bytes at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Will
from navien_proto.sim.broker import RELAXED, Broker, Cause, PolicyTable
from navien_proto.sim.broker_wire import BrokerConnection
from navien_proto.sim.packets import (
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PacketReader,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    encode,
)
from tests.support.broker import START, at
from tests.support.packets import PACKETS, cut

CONNECT = Connect(client_id="client-0001")
FILTER = "cmd/52/navilink-aabbccddeeff/#"
TOPIC = "cmd/52/navilink-aabbccddeeff/st"


class Peer:
    """A client reduced to its packets."""

    def __init__(self, broker: Broker, *, policy: PolicyTable | None = None) -> None:
        self.connection = BrokerConnection(broker, policy=policy)
        self.reader = PacketReader()

    def say(self, *packets: Packet, now: Instant = START) -> list[Packet]:
        """What comes back for ``packets``, all sent in one piece."""
        self.connection.receive(b"".join(map(encode, packets)), now)
        return self.hear()

    def hear(self) -> list[Packet]:
        return self.reader.feed(self.connection.take())

    @property
    def cause(self) -> Cause | None:
        closed = self.connection.closed
        return None if closed is None else closed.cause


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def peer(broker: Broker) -> Peer:
    peer = Peer(broker)
    assert peer.say(CONNECT) == [ConnAck()]
    return peer


def test_the_worked_examples_are_answered_as_written(broker: Broker) -> None:
    connection = BrokerConnection(broker)
    connection.receive(bytes.fromhex("101700044d515454 0402003c 000b636c69656e742d30303031"), START)
    assert connection.take() == bytes.fromhex("20020000")
    assert connection.take() == b""
    connection.receive(encode(Subscribe(1, ((FILTER, 1), ("cmd/52/client-0001/res/#", 1)))), START)
    assert connection.take() == bytes.fromhex("900400010101")
    assert connection.client is broker.find("client-0001")


def test_each_packet_has_its_answer(peer: Peer) -> None:
    assert peer.say(PingReq()) == [PingResp()]
    assert peer.say(Subscribe(7, ((FILTER, 0), ("a", 1)))) == [SubAck(7, (0, 1))]
    assert peer.say(Publish(topic=TOPIC, payload=b"x", qos=1, packet_id=9)) == [
        PubAck(9),
        Publish(topic=TOPIC, payload=b"x"),
    ]
    assert peer.say(Publish(topic="a", payload=b"y", qos=1, packet_id=10)) == [
        PubAck(10),
        Publish(topic="a", payload=b"y", qos=1, packet_id=1),
    ]
    assert peer.say(PubAck(1), Publish(topic="nobody/listens")) == []
    assert peer.say(Unsubscribe(8, ("a", "b"))) == [UnsubAck(8)]
    assert peer.say(Disconnect()) == []
    assert peer.cause is Cause.DISCONNECTED
    assert peer.say(PingReq()) == []


def test_everything_in_one_piece(broker: Broker) -> None:
    answers = Peer(broker).say(
        CONNECT, Subscribe(1, (("a", 1),)), Publish(topic="a", payload=b"x"), PingReq(), Disconnect(), PingReq()
    )
    assert answers == [ConnAck(), SubAck(1, (1,)), Publish(topic="a", payload=b"x"), PingResp()]


def test_retained_messages_come_behind_the_suback(peer: Peer) -> None:
    peer.say(Publish(topic="a", payload=b"kept", retain=True))
    assert peer.say(Subscribe(1, (("a", 1),))) == [
        SubAck(1, (1,)),
        Publish(topic="a", payload=b"kept", retain=True),
    ]


def test_deliveries_wait_until_they_are_taken(broker: Broker, peer: Peer) -> None:
    other = Peer(broker)
    other.say(Connect(client_id="other"), Subscribe(1, ((FILTER, 1),)))
    broker.changed()
    peer.say(Publish(topic=TOPIC, payload=b"x", qos=1, packet_id=1))
    assert broker.changed() == [other.connection.client]
    assert other.hear() == [Publish(topic=TOPIC, payload=b"x", qos=1, packet_id=1)]


def test_a_resumed_session_sends_again_as_duplicates(broker: Broker) -> None:
    lasting = Connect(client_id="client-0001", clean_session=False)
    peer = Peer(broker)
    assert peer.say(lasting, Subscribe(1, (("a", 1),))) == [ConnAck(), SubAck(1, (1,))]
    source = broker.attach("source")
    broker.publish(source, "a", b"first", START, qos=1)
    assert peer.hear() == [Publish(topic="a", payload=b"first", qos=1, packet_id=1)]
    peer.connection.eof(at(1))
    assert peer.cause is Cause.LOST
    broker.publish(source, "a", b"second", at(2), qos=1)
    assert Peer(broker).say(lasting, now=at(3)) == [
        ConnAck(0, session_present=True),
        Publish(topic="a", payload=b"first", qos=1, packet_id=1, duplicate=True),
        Publish(topic="a", payload=b"second", qos=1, packet_id=2),
    ]


def test_a_kicked_connection_closes_without_a_word(broker: Broker, peer: Peer) -> None:
    assert Peer(broker).say(CONNECT, now=at(1)) == [ConnAck()]
    assert peer.cause is Cause.TAKEN_OVER
    assert peer.hear() == []
    peer.connection.eof(at(2))
    assert peer.cause is Cause.TAKEN_OVER


def test_the_end_of_the_stream_fires_the_will(broker: Broker) -> None:
    watcher = Peer(broker)
    watcher.say(Connect(client_id="watcher"), Subscribe(1, (("evt", 0),)))
    for client_id, goodbye, expected in (("a", False, [Publish(topic="evt", payload=b"gone")]), ("b", True, [])):
        peer = Peer(broker)
        peer.say(Connect(client_id=client_id, will=Will("evt", b"gone")))
        if goodbye:
            peer.say(Disconnect())
        peer.connection.eof(START)
        assert watcher.hear() == expected


def test_a_stream_that_ends_before_connect_leaves_nothing(broker: Broker) -> None:
    peer = Peer(broker)
    peer.connection.receive(b"\x10", START)
    peer.connection.eof(START)
    assert peer.cause is Cause.LOST
    assert broker.next_timer() is None


def test_keep_alive_counts_what_the_client_sends(broker: Broker, peer: Peer) -> None:
    peer.say(PingReq(), now=at(60))
    broker.handle_timer(at(149))
    assert peer.cause is None
    broker.handle_timer(at(150))
    assert peer.cause is Cause.KEEP_ALIVE


# Refusals.


@pytest.mark.parametrize(
    ("connect", "answer"),
    [
        (Connect(client_id="", clean_session=False), [ConnAck(2)]),
        (Connect(client_id="$a"), [ConnAck(2)]),
        (Connect(client_id="denied"), []),
        (Connect(client_id="client-0001", will=Will("a", b"", qos=2)), []),
    ],
)
def test_a_refused_connect(broker: Broker, connect: Connect, answer: list[Packet]) -> None:
    peer = Peer(broker, policy=PolicyTable(connect=("client-*", "")))
    assert peer.say(connect) == answer
    assert peer.cause is Cause.REFUSED
    assert peer.connection.closed is not None
    assert peer.connection.closed.sentence
    assert peer.connection.client is None


@pytest.mark.parametrize("level", [b"\x05", b"\x03"])
def test_another_version_is_told_so(broker: Broker, level: bytes) -> None:
    connection = BrokerConnection(broker)
    connection.receive(b"\x10\x10\x00\x04MQTT" + level + b"\x02\x00\x3c\x00\x00\x03abc", START)
    assert connection.take() == encode(ConnAck(1))
    assert connection.closed is not None
    assert connection.closed.cause is Cause.PROTOCOL


@pytest.mark.parametrize(
    "packet", [PingReq(), Publish(topic="a"), Subscribe(1, (("a", 0),)), ConnAck(), Disconnect()]
)
def test_the_first_packet_must_be_connect(broker: Broker, packet: Packet) -> None:
    peer = Peer(broker)
    assert peer.say(packet, CONNECT) == []
    assert peer.cause is Cause.PROTOCOL
    assert broker.clients() == ()


@pytest.mark.parametrize(
    "packet",
    [CONNECT, ConnAck(), PubRec(1), PubRel(1), PubComp(1), SubAck(1, (0,)), UnsubAck(1), PingResp()],
)
def test_what_a_client_must_not_say_closes(broker: Broker, peer: Peer, packet: Packet) -> None:
    assert peer.say(PingReq(), packet, PingReq()) == [PingResp()]
    assert peer.cause is Cause.PROTOCOL
    assert broker.clients() == ()


def test_a_version_cannot_be_asked_for_twice(peer: Peer) -> None:
    peer.connection.receive(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc", START)
    assert peer.hear() == []
    assert peer.cause is Cause.PROTOCOL


def test_malformed_bytes_close_behind_the_packets_before_them(broker: Broker, peer: Peer) -> None:
    peer.connection.receive(encode(PingReq()) + b"\xff", START)
    assert peer.hear() == [PingResp()]
    assert peer.cause is Cause.PROTOCOL
    assert broker.clients() == ()


def test_qos_2_is_left_unanswered(peer: Peer) -> None:
    assert peer.say(Publish(topic="a", qos=2, packet_id=1), Subscribe(1, (("a", 2),)), PingReq()) == [PingResp()]
    assert peer.cause is None


def test_denials_and_limits(broker: Broker) -> None:
    table = PolicyTable(publish=("cmd/*",), subscribe=("cmd/*",))
    peer = Peer(broker, policy=table)
    assert peer.say(CONNECT, Subscribe(1, (("cmd/#", 1), ("#", 1)))) == [ConnAck(), SubAck(1, (1, 0x80))]
    assert peer.say(Publish(topic="evt/x", qos=1, packet_id=1)) == []
    assert peer.cause is Cause.DENIED
    peer = Peer(broker)
    assert peer.say(Connect(client_id="b"), Subscribe(1, tuple((f"{n}", 1) for n in range(9)))) == [ConnAck()]
    assert peer.cause is Cause.LIMIT


def test_payloads_of_128_kib_pass_and_no_larger_ones(peer: Peer) -> None:
    full = Publish(topic="a", payload=bytes(128 * 1024), qos=1, packet_id=1)
    assert peer.say(Subscribe(1, (("a", 0),)), full)[1:] == [PubAck(1), Publish(topic="a", payload=full.payload)]
    assert peer.say(Publish(topic="a", payload=bytes(128 * 1024 + 1))) == []
    assert peer.cause is Cause.LIMIT


def test_a_length_beyond_all_limits_is_not_waited_for(peer: Peer) -> None:
    peer.connection.receive(b"\x30\xff\xff\xff\x7f", START)
    assert peer.cause is Cause.PROTOCOL


def test_a_relaxed_broker_takes_whatever_mqtt_can_say() -> None:
    peer = Peer(Broker(RELAXED))
    payload = bytes(1 << 20)
    topic = "/".join("x" * 20)
    assert peer.say(CONNECT, Subscribe(1, tuple((f"{n}/#", 1) for n in range(99)))) == [
        ConnAck(),
        SubAck(1, (1,) * 99),
    ]
    assert peer.say(Subscribe(2, ((topic, 0),)), Publish(topic=topic, payload=payload))[1:] == [
        Publish(topic=topic, payload=payload)
    ]


# Properties.

CLIENT_PACKETS: st.SearchStrategy[Packet] = st.one_of(
    PACKETS,
    st.just(PingReq()),
    st.sampled_from([Subscribe(1, (("#", 1),)), Subscribe(2, (("+", 0), ("a/#", 1))), Unsubscribe(3, ("#",))]),
    st.builds(
        lambda topic, payload, qos: Publish(topic=topic, payload=payload, qos=qos, packet_id=1 if qos else None),
        st.sampled_from(["a", "a/b", "$a"]),
        st.binary(max_size=4),
        st.integers(0, 1),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CLIENT_PACKETS, max_size=12), st.data())
def test_any_packets_in_any_pieces_get_the_same_answer(packets: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(map(encode, [CONNECT, *packets]))
    whole, pieces = BrokerConnection(Broker()), BrokerConnection(Broker())
    whole.receive(stream, START)
    answer = b""
    for piece in data.draw(cut(stream)):
        pieces.receive(piece, START)
        answer += pieces.take()
    assert answer == whole.take()
    assert pieces.closed == whole.closed
    assert PacketReader().feed(answer)[0] == ConnAck()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), CLIENT_PACKETS.map(encode)), max_size=10), st.booleans())
def test_any_bytes_are_answered_or_the_connection_closes(pieces: list[bytes], connected: bool) -> None:
    broker = Broker()
    connection = BrokerConnection(broker)
    if connected:
        connection.receive(encode(CONNECT), START)
    for place, piece in enumerate(pieces):
        connection.receive(piece, at(place))
        PacketReader().feed(connection.take())
    connection.take()
    connection.eof(at(100))
    assert connection.closed is not None
    assert connection.take() == b""
    assert broker.clients() == ()
