"""A capture without its secrets, fit to be shown: every one replaced by a stand-in of the same shape.

Secrets are found by key (``accessToken``, ``macAddress``, headers, cookies, queries) and by shape, in whatever
they are wrapped: JSON in text, URLs, forms, base64, MQTT packets in WebSocket frames. One seen under a key is
then found everywhere else. Stand-ins are stable within a file (`navien_proto.pseudonyms`), and messages decode to
the same readings as before.

What cannot be read cannot be cleaned and is left out: binary bodies, frames that are no MQTT 3.1.1, control
frames. MQTT packets come out one a frame, in the frame that completed them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from navien_proto.har import BINARY_FRAME, LONGEST_PACKET, TEXT_FRAME, read_har, speaks_mqtt
from navien_proto.pseudonyms import Pseudonyms
from navien_proto.sim.packets import (
    Connect,
    MalformedPacket,
    Packet,
    PacketReader,
    Publish,
    Subscribe,
    Unsubscribe,
    encode,
)
from navien_proto.wire.cleaning import Cleaner, from_base64

__all__ = ["RedactedHar", "redact_capture", "redact_har"]


@frozen
class RedactedHar:
    """The file's bytes, and how many different secrets of each kind were replaced."""

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    counts: Mapping[str, int]


def redact_har(data: bytes) -> bytes:
    """The HAR file ``data`` without secrets, as a HAR file. Doing it twice changes nothing.

    Raises:
        UsageError: ``data`` is no HAR file, as `navien_proto.har.read_har` says it.
    """
    return redact_capture(data).data


def redact_capture(data: bytes) -> RedactedHar:
    """As `redact_har`, with the number of secrets.

    Raises:
        UsageError: ``data`` is no HAR file.
    """
    read_har(data)
    har = json.loads(data.decode("utf-8-sig"))
    walk = _Walk(Pseudonyms())
    walk.har(har)
    walk.names.settle()
    text = json.dumps(walk.har(har), indent=1)
    return RedactedHar(f"{text}\n".encode(), walk.names.counts)


class _Walk(Cleaner):
    """One way through a file."""

    def har(self, har: dict[str, Any]) -> dict[str, Any]:
        entries = [self._entry(entry) for entry in har["log"]["entries"]]
        rest = {name: value for name, value in har["log"].items() if name != "entries"}
        whole = self.value({**har, "log": rest})
        whole["log"]["entries"] = entries
        return whole  # type: ignore[no-any-return]

    def _entry(self, entry: dict[str, Any]) -> Any:
        frames = entry.get("_webSocketMessages")
        rest = self.value({name: value for name, value in entry.items() if name != "_webSocketMessages"})
        rest["startedDateTime"] = entry["startedDateTime"]
        if frames:
            clean = self._mqtt(frames) if speaks_mqtt(entry) else map(self._other_frame, frames)
            # An empty list would make it an exchange.
            rest["_webSocketMessages"] = list(clean) or [{"type": "", "data": ""}]
        return rest

    # --- frames

    def _mqtt(self, frames: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        streams = {direction: PacketReader(LONGEST_PACKET) for direction in ("send", "receive")}
        for frame in frames:
            direction, opcode = frame["type"], frame.get("opcode")
            opcode = TEXT_FRAME if opcode is None else opcode
            if direction not in streams or opcode not in (TEXT_FRAME, BINARY_FRAME):
                continue
            text = frame["data"]
            data = from_base64(text) if opcode == BINARY_FRAME else text.encode("utf-8", "surrogatepass")
            try:
                packets: tuple[Packet, ...] = tuple(streams[direction].feed(data))
            except MalformedPacket as fault:
                packets = fault.before
                streams[direction] = PacketReader(LONGEST_PACKET)
            rest = self.value({name: value for name, value in frame.items() if name != "data"})
            for packet in packets:
                clean = b64encode(encode(self._packet(packet))).decode()
                yield {**rest, "type": direction, "opcode": BINARY_FRAME, "data": clean}

    def _packet(self, packet: Packet) -> Packet:
        match packet:
            case Publish():
                return evolve(packet, topic=self.topic(packet.topic), payload=self.data(packet.payload))
            case Connect():
                will = packet.will
                if will is not None:
                    will = evolve(will, topic=self.topic(will.topic), payload=self.data(will.payload))
                return evolve(
                    packet,
                    client_id=self.names.of("client", packet.client_id),
                    username=None if packet.username is None else self._user_name(packet.username),
                    password=None if packet.password is None else b"<password>",
                    will=will,
                )
            case Subscribe():
                return evolve(packet, filters=tuple((self.topic(one), qos) for one, qos in packet.filters))
            case Unsubscribe():
                return evolve(packet, filters=tuple(map(self.topic, packet.filters)))
        return packet

    def _user_name(self, text: str) -> str:
        # AWS IoT takes metrics of the SDK, or a signed query, in the place of a user's name.
        return self.url(text) if "?" in text else self.names.of("token", text)

    def _other_frame(self, frame: dict[str, Any]) -> Any:
        text = frame.get("data")
        readable = isinstance(text, str) and frame.get("opcode", TEXT_FRAME) == TEXT_FRAME
        rest = self.value({name: value for name, value in frame.items() if name != "data"})
        return {**rest, "data": self.text(text) if readable and isinstance(text, str) else ""}
