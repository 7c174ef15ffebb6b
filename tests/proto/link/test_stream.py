"""Cutting a stream into packets: any split, every limit, and no work that grows with the pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import RemoteProtocolError
from navien_proto.link.stream import PacketStream
from navien_proto.mqtt.actions import Version
from tests.proto.link.peers import number, packet
from tests.support.packets import cut

BODIES = st.one_of(st.binary(max_size=20), st.integers(100, 300).map(bytes), st.just(bytes(20_000)))
PACKETS = st.lists(st.tuples(st.sampled_from([0x20, 0x30, 0x40, 0x62, 0x90, 0xD0]), BODIES), max_size=6)


def fed(stream: PacketStream, *pieces: bytes) -> list[tuple[int, bytes]]:
    return [found for piece in pieces for found in stream.feed(piece)]


@settings(deadline=None)
@given(packets=PACKETS, data=st.data())
def test_any_split_gives_the_same_packets(packets: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = b"".join(packet(first, body) for first, body in packets)
    stream = PacketStream()
    assert fed(stream, *data.draw(cut(whole))) == packets
    assert stream.buffered == 0


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 70_000])
def test_byte_by_byte(size: int) -> None:
    whole = packet(0x30, bytes(size))
    stream = PacketStream()
    for place in range(len(whole) - 1):
        assert fed(stream, whole[place : place + 1]) == []
    assert fed(stream, whole[-1:]) == [(0x30, bytes(size))]


@pytest.mark.parametrize(
    "first", [*range(0x20), 0x24, 0x36, 0x37, 0x38, 0x39, 0x60, 0x61, 0x63, *range(0x80, 0x90), 0xC0]
)
@pytest.mark.parametrize("version", [4, 5])
def test_a_first_byte_that_may_not_be_is_refused_at_once(first: int, version: Version) -> None:
    with pytest.raises(RemoteProtocolError):
        fed(PacketStream(version), bytes([first]))


@pytest.mark.parametrize(("first", "five"), [(0xE0, True), (0xE1, False), (0xF0, False)])
def test_disconnect_is_a_servers_in_mqtt_5_alone(first: int, five: bool) -> None:
    with pytest.raises(RemoteProtocolError):
        fed(PacketStream(4), packet(first))
    if five:
        assert fed(PacketStream(5), packet(first)) == [(first, b"")]
    else:
        with pytest.raises(RemoteProtocolError):
            fed(PacketStream(5), packet(first))


def test_the_limit_counts_the_whole_packet_and_is_checked_before_anything_is_held() -> None:
    assert fed(PacketStream(limit=12), packet(0x30, bytes(10))) == [(0x30, bytes(10))]
    stream = PacketStream(limit=12)
    with pytest.raises(RemoteProtocolError, match="longer than the 12 bytes"):
        fed(stream, packet(0x30, bytes(11))[:2])
    assert stream.buffered == 0


@pytest.mark.parametrize("length", [1 << 21, (1 << 28) - 1])
@pytest.mark.parametrize("split", [False, True])
def test_a_hostile_length_buffers_nothing(length: int, split: bool) -> None:
    stream = PacketStream()
    head = b"\x30" + number(length)
    with pytest.raises(RemoteProtocolError, match="longer"):
        fed(stream, *([head[:1], head[1:]] if split else [head]))


@settings(deadline=None)
@given(data=st.data())
def test_a_length_of_five_bytes_is_none(data: st.DataObject) -> None:
    pieces = data.draw(cut(b"\x30\x80\x80\x80\x80\x01"))
    with pytest.raises(RemoteProtocolError, match="does not end after four bytes"):
        fed(PacketStream(limit=1 << 30), *pieces)


def test_a_length_in_more_bytes_than_needed_is_wrong_in_mqtt_5_alone() -> None:
    padded = b"\xd0\x80\x00"
    assert fed(PacketStream(4), padded) == [(0xD0, b"")]
    with pytest.raises(RemoteProtocolError, match="more bytes than it needs"):
        fed(PacketStream(5), padded)


def test_packets_in_front_of_a_fault_are_given() -> None:
    packets = PacketStream().feed(packet(0xD0) + packet(0x30, b"x") + b"\x00")
    assert [next(packets), next(packets)] == [(0xD0, b""), (0x30, b"x")]
    with pytest.raises(RemoteProtocolError):
        next(packets)


def test_no_more_than_one_packet_is_held() -> None:
    stream = PacketStream()
    piece = packet(0x30, bytes(1000)) * 7
    for start in range(0, len(piece) * 20, 997):
        fed(stream, (piece * 20)[start : start + 997])
        assert stream.buffered < 1003
