"""An endpoint that sends pre-encoded frames, for the benchmark of clients (``bench_mqtt``).

A WebSocket server that speaks just enough MQTT 3.1.1: it accepts, grants, acknowledges at once, and after a
publish to ``go/<count>`` sends so many messages of 3 KB at QoS 0, joined in blocks made before, so that what is
measured is the client. It prints its port.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading

TOPIC = b"bench/status"
PAYLOAD = (b'{"status":{' + b",".join(b'"field%03d":%05d' % (n, n) for n in range(190)) + b"}}")[:3072]
BLOCK = 20


def frame(payload: bytes) -> bytes:
    """One binary frame of a server."""
    if len(payload) < 126:
        return b"\x82" + bytes([len(payload)]) + payload
    return b"\x82\x7e" + len(payload).to_bytes(2, "big") + payload


def publish() -> bytes:
    """The message, as MQTT."""
    body = len(TOPIC).to_bytes(2, "big") + TOPIC + PAYLOAD
    return b"\x30" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


MESSAGES = frame(publish()) * BLOCK


def received(stream: socket.socket, size: int) -> bytes:
    """Exactly so many bytes."""
    data = bytearray()
    while len(data) < size:
        chunk = stream.recv(size - len(data))
        if not chunk:
            raise ConnectionError
        data += chunk
    return bytes(data)


def unframed(stream: socket.socket) -> bytes:
    """The payload of the next frame of a client."""
    first, second = received(stream, 2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(received(stream, 2 if size == 126 else 8), "big")
    mask = received(stream, 4)
    data = received(stream, size)
    if first & 0x0F == 8:
        raise ConnectionError
    whole = mask * (size // 4 + 1)
    return (int.from_bytes(data, "big") ^ int.from_bytes(whole[:size], "big")).to_bytes(size, "big")


def upgrade(stream: socket.socket) -> None:
    """Agree to the WebSocket."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(4096)
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    assert key is not None
    token = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    stream.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


def answer(stream: socket.socket, packet: bytes) -> None:
    """Do what one packet asks."""
    kind = packet[0] & 0xF0
    place = 1
    while packet[place] & 0x80:
        place += 1
    body = packet[place + 1 :]
    if kind == 0x10:
        stream.sendall(frame(b"\x20\x02\0\0"))
    elif kind == 0x80:
        stream.sendall(frame(b"\x90\x03" + body[:2] + b"\x01"))
    elif kind == 0xA0:
        stream.sendall(frame(b"\xb0\x02" + body[:2]))
    elif kind == 0xC0:
        stream.sendall(frame(b"\xd0\0"))
    elif kind == 0x30:
        end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end].decode()
        if packet[0] & 0x06:
            stream.sendall(frame(b"\x40\x02" + body[end : end + 2]))
        if topic.startswith("go/"):
            for _ in range(int(topic[3:]) // BLOCK):
                stream.sendall(MESSAGES)


def serve(stream: socket.socket) -> None:
    """One client, to its end."""
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with stream:
        try:
            upgrade(stream)
            data = b""
            while True:
                data += unframed(stream)
                # A client may put several packets into a frame, or one into several.
                while (size := whole(data)) is not None:
                    answer(stream, data[:size])
                    data = data[size:]
        except (ConnectionError, OSError):
            pass


def whole(data: bytes) -> int | None:
    """How long the first packet is, once it is there."""
    length = shift = 0
    for place, byte in enumerate(data[1:5], start=2):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return place + length if len(data) >= place + length else None
    return None


def main() -> None:
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=serve, args=(stream,), daemon=True).start()


if __name__ == "__main__":
    main()
