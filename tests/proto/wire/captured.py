"""The MQTT messages of the real capture, taken out of their packets by hand."""

from __future__ import annotations

import base64
import json

from tests.support.captures import read_capture


def _publish(packet: bytes) -> tuple[str, bytes]:
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 1
    length = int.from_bytes(packet[at : at + 2], "big")
    topic = packet[at + 2 : at + 2 + length].decode()
    # Every captured packet is of QoS 1: two bytes of packet id follow the topic.
    return topic, packet[at + length + 4 :]


def captured_messages() -> list[tuple[str, bytes]]:
    """Topic and payload of all eighteen; skips the calling test where the capture is absent."""
    entries = json.loads(read_capture())["log"]["entries"]
    frames = [frame for entry in entries for frame in entry.get("_webSocketMessages", ())]
    return [_publish(base64.b64decode(frame["data"])) for frame in frames]
