"""The work a link does is proportional to what it is sent, in whatever pieces it comes.

No clock says what is slow: the same work is done at one size and at eight times the size, and the ratio counts.
Anything that copies what it holds for each new piece would be near sixty-four.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from time import process_time

import pytest

from navien_proto.link import MqttCodec, WebSocketFraming
from navien_proto.link.events import MessageIn
from navien_proto.link.framing import PayloadIn, UpgradeRefused
from navien_proto.mqtt.actions import Endpoint
from tests.proto.link.peers import LINK, WEBSOCKET, ServerSide, number, open_codec, open_link, packet, text

SMALL = 64 * 1024
FACTOR = 8
# Between what is linear (8) and what is quadratic (64).
ALLOWED = 24


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def one_large_packet(size: int) -> Callable[[], None]:
    data = pieces(packet(0x30, text("a") + bytes(size)), 32)

    def run() -> None:
        codec = open_codec()
        heard = [event for piece in data for event in codec.feed(piece)]
        assert heard == [MessageIn("a", bytes(size))]

    return run


def many_small_packets(size: int) -> Callable[[], None]:
    data = packet(0xD0) * (size // 32)

    def run() -> None:
        assert len(open_codec().feed(data)) == size // 32

    return run


def many_packets_each_cut_in_two(size: int) -> Callable[[], None]:
    whole = packet(0x30, text("a") + bytes(60))
    data = pieces(whole * (size // len(whole)), len(whole) + 1)

    def run() -> None:
        codec = open_codec()
        assert sum(len(codec.feed(piece)) for piece in data) == size // len(whole)

    return run


def one_large_frame(size: int) -> Callable[[], None]:
    framed = pieces(ServerFrames.binary(bytes(size)), 32)

    def run() -> None:
        framing = upgraded()
        said = [event for piece in framed for event in framing.feed(piece)]
        assert sum(len(event.data) for event in said if isinstance(event, PayloadIn)) == size

    return run


def a_packet_in_many_frames(size: int) -> Callable[[], None]:
    data = packet(0x30, text("a") + bytes(size))
    framed = b"".join(ServerFrames.binary(piece) for piece in pieces(data, 32))

    def run() -> None:
        link, _ = open_link(WEBSOCKET)
        link.receive(framed)
        assert len(link.inputs()) == 1

    return run


def a_long_head(size: int) -> Callable[[], None]:
    # The head has a limit of 16 KiB, so the work is repeated instead; its pieces are as small as they can be.
    head = b"HTTP/1.1 403 No\r\n" + b"X: " + b"x" * (size // 64) + b"\r\nContent-Length: 0\r\n\r\n"

    def run() -> None:
        framing = WebSocketFraming(WEBSOCKET)
        said = [event for piece in pieces(head, 1) for event in framing.feed(piece)]
        assert said == [UpgradeRefused(403)]

    return run


def many_publishes_out(size: int) -> Callable[[], None]:
    def run() -> None:
        codec = open_codec(max_in_flight=10)
        acknowledged = 0
        for _ in range(size // 64):
            codec.publish("a", b"", 1)
        while sent := codec.take():
            acknowledged += len(codec.feed(b"".join(b"\x40\x02" + one[5:7] for one in sent)))
        assert acknowledged == size // 64

    return run


class ServerFrames:
    """Frames of a server, by hand."""

    @staticmethod
    def binary(payload: bytes) -> bytes:
        if len(payload) < 126:
            return bytes([0x82, len(payload)]) + payload
        if len(payload) < 1 << 16:
            return b"\x82\x7e" + len(payload).to_bytes(2, "big") + payload
        return b"\x82\x7f" + len(payload).to_bytes(8, "big") + payload


def upgraded() -> WebSocketFraming:
    framing, server = WebSocketFraming(WEBSOCKET), ServerSide()
    server.receive(framing.take())
    framing.feed(server.accept())
    return framing


def cost(run: Callable[[], None]) -> float:
    best = float("inf")
    for _ in range(4):
        began = process_time()
        run()
        best = min(best, process_time() - began)
    return best


@pytest.mark.parametrize(
    "work",
    [
        one_large_packet,
        many_small_packets,
        many_packets_each_cut_in_two,
        one_large_frame,
        a_packet_in_many_frames,
        a_long_head,
        many_publishes_out,
    ],
)
def test_eight_times_the_bytes_are_some_eight_times_the_work(work: Callable[[int], Callable[[], None]]) -> None:
    small, large = work(SMALL), work(SMALL * FACTOR)
    small()
    assert cost(large) < ALLOWED * cost(small)


def test_an_announced_length_costs_nothing_until_it_comes() -> None:
    codec = MqttCodec()
    codec.connect("client-0001")
    codec.feed(b"\x20\x02\0\0")
    head = b"\x30" + number((1 << 20) - 10)
    assert codec.feed(head) == []
    link, server = open_link(Endpoint("ws", "broker.example", 80, "/mqtt"))
    link.receive(b"\x82\x7f" + (1 << 62).to_bytes(8, "big") + head)
    assert not link.closed
    assert link.take() == b""
    assert (LINK, server.ws.state.name) == (7, "OPEN")


def test_topics_of_a_broker_that_makes_up_new_ones_are_not_kept() -> None:
    codec = open_codec()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for place in range(600):
            codec.feed(packet(0x30, text(f"{place:060000d}")))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held < 1 << 20
