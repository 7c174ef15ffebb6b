"""The simulated broker's codec: worked examples, round trips, every prefix, any split, and damage."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import RemoteProtocolError, UsageError
from navien_proto.mqtt.actions import Will
from navien_proto.sim.packet_fields import MAX_REMAINING_LENGTH, header
from navien_proto.sim.packets import (
    ConnAck,
    Connect,
    Disconnect,
    MalformedPacket,
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
    UnsupportedProtocol,
    decode,
    encode,
)
from tests.support.packets import PACKETS, cut

STATUS_TOPIC = "cmd/52/navilink-aabbccddeeff/st"

# Worked examples: docs/protocol/commands.md section 13.


def test_worked_connect_and_its_answer() -> None:
    data = bytes.fromhex("10170004 4d515454 04 02 003c 000b 636c69656e742d30303031")
    assert len(data) == 25
    assert decode(data) == Connect(client_id="client-0001", clean_session=True, keep_alive=60)
    assert encode(Connect(client_id="client-0001")) == data
    assert encode(ConnAck()) == bytes.fromhex("20020000")


def test_worked_publish() -> None:
    payload = (
        b'{"clientID":"client-0001","sessionID":"1768478400123","protocolVersion":2,'
        b'"requestTopic":"cmd/52/navilink-aabbccddeeff/st",'
        b'"responseTopic":"cmd/52/navilink-aabbccddeeff/client-0001/res",'
        b'"request":{"command":16777219,"deviceType":52,"macAddress":"aabbccddeeff","additionalValue":"1234"}}'
    )
    packet = Publish(topic=STATUS_TOPIC, payload=payload, qos=1, packet_id=1)
    data = encode(packet)
    assert len(payload) == 286
    assert len(data) == 324
    assert data.startswith(bytes.fromhex("32 c102 001f") + STATUS_TOPIC.encode() + bytes.fromhex("0001 7b22"))
    assert decode(data) == packet


def test_worked_subscribe_and_its_answer() -> None:
    packet = Subscribe(1, (("cmd/52/navilink-aabbccddeeff/#", 1), ("cmd/52/client-0001/res/#", 1)))
    data = encode(packet)
    assert len(data) == 64
    assert data.startswith(bytes.fromhex("823e0001001e636d642f3532"))
    assert decode(data) == packet
    assert encode(SubAck(1, (1, 1))) == bytes.fromhex("900400010101")


@pytest.mark.parametrize(
    ("packet", "data"),
    [
        (ConnAck(0, session_present=True), "20020100"),
        (ConnAck(5), "20020005"),
        (Publish(topic="a"), "3003000161"),
        (Publish(topic="a", payload=b"x", qos=1, retain=True, duplicate=True, packet_id=258), "3b0600016101 0278"),
        (PubAck(1), "40020001"),
        (PubRec(1), "50020001"),
        (PubRel(1), "62020001"),
        (PubComp(65535), "7002ffff"),
        (SubAck(1, (0, 1, 2, 0x80)), "9006000100010280"),
        (Unsubscribe(2, ("a/b",)), "a20700020003612f62"),
        (UnsubAck(2), "b0020002"),
        (PingReq(), "c000"),
        (PingResp(), "d000"),
        (Disconnect(), "e000"),
        (
            Connect(
                client_id="c",
                clean_session=False,
                keep_alive=0,
                will=Will("w", b"bye", qos=1, retain=True),
                username="u",
                password=b"\0p",
            ),
            "101c 0004 4d515454 04 ec 0000 0001 63 0001 77 0003 627965 0001 75 0002 0070",
        ),
    ],
)
def test_one_of_each_kind_in_bytes(packet: Packet, data: str) -> None:
    assert encode(packet) == bytes.fromhex(data)
    assert decode(bytes.fromhex(data)) == packet


# Properties.


@given(PACKETS)
def test_what_is_encoded_decodes_to_itself(packet: Packet) -> None:
    data = encode(packet)
    assert decode(data) == packet
    assert packet.to_bytes() == data


@given(PACKETS)
def test_a_proper_prefix_is_no_packet(packet: Packet) -> None:
    data = encode(packet)
    reader = PacketReader()
    for end in range(len(data)):
        with pytest.raises(MalformedPacket):
            decode(data[:end])
        assert reader.feed(data[end : end + 1]) == ([packet] if end + 1 == len(data) else [])
    assert reader.buffered == 0


@given(st.lists(PACKETS, max_size=6), st.data())
def test_any_split_of_the_stream_gives_the_same_packets(packets: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(map(encode, packets))
    reader = PacketReader()
    got = [packet for piece in data.draw(cut(stream)) for packet in reader.feed(piece)]
    assert got == packets


@given(PACKETS, st.binary(min_size=1, max_size=3))
def test_trailing_bytes_are_not_part_of_a_packet(packet: Packet, tail: bytes) -> None:
    with pytest.raises(MalformedPacket):
        decode(encode(packet) + tail)


@given(PACKETS, st.data())
def test_damaged_packets_decode_or_are_malformed(packet: Packet, data: st.DataObject) -> None:
    damaged = bytearray(encode(packet))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    _decodes_canonically_or_is_malformed(bytes(damaged))


@given(st.binary(max_size=60))
def test_garbage_decodes_or_is_malformed(garbage: bytes) -> None:
    _decodes_canonically_or_is_malformed(garbage)


@given(st.integers(0, 255), st.binary(max_size=30))
def test_garbage_behind_an_honest_length_decodes_or_is_malformed(first: int, body: bytes) -> None:
    _decodes_canonically_or_is_malformed(bytes([first, len(body)]) + body)


def _decodes_canonically_or_is_malformed(data: bytes) -> None:
    try:
        packet = decode(data)
    except MalformedPacket:
        return
    assert encode(packet) == data


@given(st.lists(PACKETS, max_size=3), st.binary(max_size=40), st.data())
def test_a_damaged_stream_gives_the_same_packets_and_fault_however_split(
    packets: list[Packet], garbage: bytes, data: st.DataObject
) -> None:
    stream = b"".join(map(encode, packets)) + garbage
    assert _read_all([stream]) == _read_all(data.draw(cut(stream)))


def _read_all(pieces: list[bytes]) -> tuple[list[Packet], str | None]:
    reader, got = PacketReader(), []
    for piece in pieces:
        try:
            got += reader.feed(piece)
        except MalformedPacket as fault:
            got += fault.before
            with pytest.raises(MalformedPacket) as again:
                reader.feed(b"")
            assert again.value.before == ()
            return got, str(fault)
    return got, None


# The rules, one by one.


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "cut short"),
        ("00 00", "type 0"),
        ("f0 00", "type 15"),
        ("11 00", "reserved flags"),
        ("60 02 0001", "reserved flags"),
        ("80 06 0001 0001 61 00", "reserved flags"),
        ("a0 05 0001 0001 61", "reserved flags"),
        ("c1 00", "reserved flags"),
        ("36 05 0001 61 0001", "QoS 3"),
        ("38 03 0001 61", "never a duplicate"),
        ("32 05 0001 61 0000", "packet_id is 0"),
        ("32 03 0001 61", "beyond the end"),
        ("40 02 0000", "packet_id is 0"),
        ("40 03 0001 00", "too many"),
        ("40 01 00", "beyond the end"),
        ("c0 01 00", "too many"),
        ("c0 80 00", "more bytes than it needs"),
        ("c0 80 80 80 80 01", "more than four bytes"),
        ("c0 ff ff ff ff", "more than four bytes"),
        ("30 04 0002 61", "announced"),
        ("30 02 0000", "empty"),
        ("30 03 0001 23", "wildcard"),
        ("30 03 0001 2b", "wildcard"),
        ("30 03 0001 00", "NUL"),
        ("30 03 0001 ff", "UTF-8"),
        ("30 05 0003 eda080", "UTF-8"),
        ("30 04 0002 c080", "UTF-8"),
        ("82 02 0001", "no filter"),
        ("82 06 0001 0001 61 03", "QoS 3"),
        ("82 06 0001 0001 61 80", "QoS 128"),
        ("82 05 0001 0001 61", "beyond the end"),
        ("82 07 0001 0002 6123 01", "mixes"),
        ("82 06 0000 0001 61 00", "packet_id is 0"),
        ("a2 02 0001", "no filter"),
        ("a2 04 0001 0000", "empty"),
        ("90 02 0001", "no code"),
        ("90 03 0001 03", "code other"),
        ("20 02 0200", "reserved flags"),
        ("20 02 0006", "code is 6"),
        ("20 02 0101", "session is present"),
        ("20 03 0000 00", "too many"),
        ("10 0d 0004 4d515454 04 03 003c 0001 63", "reserved flag"),
        ("10 0d 0004 4d515454 04 0a 003c 0001 63", "no will|there is none"),
        ("10 0d 0004 4d515454 04 22 003c 0001 63", "there is none"),
        ("10 12 0004 4d515454 04 1e 003c 0001 63 0001 77 0000", "QoS of the will is 3"),
        ("10 0f 0004 4d515454 04 42 003c 0001 63 0000", "without a user name"),
        ("10 11 0004 4d515454 04 06 003c 0001 63 0000 0000", "empty"),
        ("10 0d 0004 4d515455 04 02 003c 0001 63", "does not name"),
        ("10 0c 0004 4d515454 04 02 003c 0001", "beyond the end"),
    ],
)
def test_what_the_specification_forbids_is_malformed(data: str, said: str) -> None:
    with pytest.raises(MalformedPacket, match=said) as caught:
        decode(bytes.fromhex(data))
    assert isinstance(caught.value, RemoteProtocolError)


@pytest.mark.parametrize(
    ("data", "level"),
    [
        ("10 10 0004 4d515454 05 02 003c 00 0003 616263", 5),
        ("10 0d 0004 4d515454 03 02 003c 0001 63", 3),
        ("10 0f 0006 4d5149736470 03 02 003c 0001 63", 3),
    ],
)
def test_other_versions_are_told_apart_from_damage(data: str, level: int) -> None:
    with pytest.raises(UnsupportedProtocol) as caught:
        decode(bytes.fromhex(data))
    assert caught.value.level == level
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.level, str(copy)) == (level, str(caught.value))


def test_a_byte_order_mark_is_text_like_any_other() -> None:
    packet = Publish(topic="\ufeffa")
    assert decode(encode(packet)) == packet


@pytest.mark.parametrize(
    ("size", "length"),
    [(0, "03"), (124, "7f"), (125, "8001"), (16380, "ff7f"), (16381, "808001"), (2097149, "80808001")],
)
def test_the_remaining_length_grows_byte_by_byte(size: int, length: str) -> None:
    data = encode(Publish(topic="a", payload=bytes(size)))
    assert data[1 : 1 + len(length) // 2].hex() == length
    assert PacketReader().feed(data) == [Publish(topic="a", payload=bytes(size))]


def test_the_longest_remaining_length_is_the_last() -> None:
    assert header(0x30, MAX_REMAINING_LENGTH).hex() == "30ffffff7f"
    with pytest.raises(UsageError, match="longer than MQTT can say"):
        header(0x30, MAX_REMAINING_LENGTH + 1)


def test_the_limit_is_checked_before_the_body_is_waited_for() -> None:
    reader = PacketReader(limit=200)
    assert reader.feed(bytes.fromhex("30 c8 01")) == []
    assert reader.buffered == 3
    reader = PacketReader(limit=200)
    with pytest.raises(MalformedPacket, match="longer than 200 bytes"):
        reader.feed(encode(PingReq()) + bytes.fromhex("30 c9 01"))
    assert reader.buffered == 0


def test_the_packets_before_a_fault_are_handed_over_with_it() -> None:
    with pytest.raises(MalformedPacket) as caught:
        PacketReader().feed(encode(PingReq()) + encode(PubAck(7)) + b"\xff")
    assert caught.value.before == (PingReq(), PubAck(7))


def test_a_large_packet_in_single_bytes_costs_no_more_than_linear_time() -> None:
    # 128 KiB in pieces of one byte: quadratic copying would move 8 GiB and meet the time-out of the suite.
    packet = Publish(topic="a", payload=bytes(range(256)) * 512)
    reader = PacketReader()
    got = [whole for byte in encode(packet) for whole in reader.feed(bytes([byte]))]
    assert got == [packet]


def test_many_small_packets_in_one_piece() -> None:
    packets = [PubAck(number) for number in range(1, 20001)]
    assert PacketReader().feed(b"".join(map(encode, packets))) == packets


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Connect, {"client_id": "a\0"}),
        (Connect, {"client_id": "\udc00"}),
        (Connect, {"client_id": "x" * 65536}),
        (Connect, {"client_id": "a", "keep_alive": 65536}),
        (Connect, {"client_id": "a", "keep_alive": -1}),
        (Connect, {"client_id": "a", "username": "\0"}),
        (Connect, {"client_id": "a", "password": b"secret"}),
        (Connect, {"client_id": "a", "username": "u", "password": bytes(65536)}),
        (Connect, {"client_id": "a", "will": Will("w/#", b"")}),
        (Connect, {"client_id": "a", "will": Will("w", b"", qos=3)}),
        (Connect, {"client_id": "a", "will": Will("w", bytes(65536))}),
        (ConnAck, {"code": 6}),
        (ConnAck, {"code": 1, "session_present": True}),
        (Publish, {"topic": ""}),
        (Publish, {"topic": "a/#"}),
        (Publish, {"topic": "a", "qos": 3, "packet_id": 1}),
        (Publish, {"topic": "a", "qos": 1}),
        (Publish, {"topic": "a", "qos": 1, "packet_id": 0}),
        (Publish, {"topic": "a", "qos": 1, "packet_id": 65536}),
        (Publish, {"topic": "a", "packet_id": 1}),
        (Publish, {"topic": "a", "duplicate": True}),
        (PubAck, {"packet_id": 0}),
        (Subscribe, {"packet_id": 1, "filters": ()}),
        (Subscribe, {"packet_id": 1, "filters": (("a", 3),)}),
        (Subscribe, {"packet_id": 1, "filters": (("a#", 0),)}),
        (SubAck, {"packet_id": 1, "codes": ()}),
        (SubAck, {"packet_id": 1, "codes": (3,)}),
        (Unsubscribe, {"packet_id": 1, "filters": ()}),
        (Unsubscribe, {"packet_id": 1, "filters": ("",)}),
    ],
)
def test_what_cannot_be_sent_cannot_be_made(kind: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        kind(**arguments)


def test_reprs_hold_no_secret_and_no_payload() -> None:
    shown = repr(Connect(client_id="a", username="user@example.com", password=b"hunter2"))
    shown += repr(Publish(topic=STATUS_TOPIC, payload=b"secret"))
    shown += repr(Subscribe(1, ((STATUS_TOPIC, 1),))) + repr(Unsubscribe(1, (STATUS_TOPIC,)))
    for secret in ("user@example.com", "hunter2", "aabbccddeeff", "secret"):
        assert secret not in shown
