"""The simulated broker over a stream of bytes: MQTT 3.1.1 packets in front of the rules of the broker."""

from __future__ import annotations

from navien_proto.instant import Instant
from navien_proto.sim.broker import Broker, Policy, PublishResult
from navien_proto.sim.broker_state import Cause, Client, Closed
from navien_proto.sim.packets import (
    MAX_REMAINING_LENGTH,
    ConnAck,
    Connect,
    Disconnect,
    MalformedPacket,
    Packet,
    PacketReader,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    UnsupportedProtocol,
)

__all__ = ["BrokerConnection"]

_UNACCEPTABLE_VERSION = 1
# Beside its payload a PUBLISH has a topic of at most 65535 bytes, its length, and a packet id.
_AROUND_PAYLOAD = 2 + 65535 + 2


class BrokerConnection:
    """One client's stream, from its first byte to its last.

    Give it what arrives (:meth:`receive`, :meth:`eof`); after that, and whenever ``Broker.changed`` names its
    ``client``, send what :meth:`take` hands over, and close the stream once ``closed`` is set and everything
    is sent. Timers are the broker's. ``policy`` is the one of the account that the stream was opened for.

    ``client`` is there from an accepted CONNECT on.
    """

    def __init__(self, broker: Broker, *, policy: Policy | None = None) -> None:
        self.client: Client | None = None
        self._broker = broker
        self._policy = policy
        self._reader = PacketReader(min(broker.limits.payload + _AROUND_PAYLOAD, MAX_REMAINING_LENGTH))
        self._out: list[bytes] = []
        self._closed: Closed | None = None

    @property
    def closed(self) -> Closed | None:
        """Why the stream is to be closed; ``None`` while it is not."""
        return self._closed if self.client is None else self.client.closed

    def receive(self, data: bytes, now: Instant) -> None:
        """Bytes from the client, in any pieces. After the end they are ignored. Raises nothing."""
        if not self._open():
            return
        fault: MalformedPacket | None = None
        try:
            packets = tuple(self._reader.feed(data))
        except MalformedPacket as error:
            packets, fault = error.before, error
        for packet in packets:
            self._handle(packet, now)
            if not self._open():
                return
        if fault is not None:
            if self.client is None and isinstance(fault, UnsupportedProtocol):
                self._send(ConnAck(_UNACCEPTABLE_VERSION))
            self._end(Cause.PROTOCOL, str(fault), now)

    def eof(self, now: Instant) -> None:
        """The stream is gone, from whatever side. Nothing happens when the connection has ended before."""
        if not self._open():
            return
        if self.client is not None:
            self._broker.disconnect(self.client, now, orderly=False)
        else:
            self._end(Cause.LOST, "the stream ended before CONNECT", now)

    def take(self) -> bytes:
        """The bytes to send: answers and deliveries, in the order they came to be."""
        self._flush()
        out, self._out = self._out, []
        return b"".join(out)

    def _open(self) -> bool:
        return self.closed is None

    def _handle(self, packet: Packet, now: Instant) -> None:
        if self.client is None:
            if isinstance(packet, Connect):
                self._connect(packet, now)
            else:
                self._end(Cause.PROTOCOL, f"{type(packet).__name__} before CONNECT", now)
            return
        broker, client = self._broker, self.client
        match packet:
            case Publish():
                result = broker.publish(
                    client, packet.topic, packet.payload, now, qos=packet.qos, retain=packet.retain
                )
                if result is PublishResult.ACCEPTED and packet.packet_id is not None:
                    self._send(PubAck(packet.packet_id))
            case PubAck():
                broker.acknowledge(client, packet.packet_id, now)
            case Subscribe():
                codes = broker.subscribe(client, packet.filters, now)
                if codes is not None:
                    self._send(SubAck(packet.packet_id, codes))
            case Unsubscribe():
                broker.unsubscribe(client, packet.filters, now)
                self._send(UnsubAck(packet.packet_id))
            case PingReq():
                broker.activity(client, now)
                self._send(PingResp())
            case Disconnect():
                broker.disconnect(client, now)
            case _:
                # A second CONNECT, a step of QoS 2 that was never begun, or what only a server says.
                self._end(Cause.PROTOCOL, f"an unexpected {type(packet).__name__}", now)
        self._flush()

    def _connect(self, packet: Connect, now: Instant) -> None:
        result = self._broker.connect(
            packet.client_id,
            now,
            clean_session=packet.clean_session,
            keep_alive=packet.keep_alive,
            will=packet.will,
            policy=self._policy,
        )
        self.client = result.client
        if result.code is not None:
            self._send(ConnAck(result.code, result.session_present))
        if result.client is None:
            self._end(Cause.REFUSED, result.reason, now)
        self._flush()

    def _end(self, cause: Cause, sentence: str, now: Instant) -> None:
        if self.client is not None:
            self._broker.close(self.client, now, cause=cause, sentence=sentence)
        else:
            self._closed = Closed(cause, sentence)

    def _send(self, packet: Packet) -> None:
        self._out.append(packet.to_bytes())

    def _flush(self) -> None:
        """Turn the broker's deliveries into packets, behind whatever was answered before."""
        if self.client is None:
            return
        for delivery in self._broker.take(self.client):
            self._send(
                Publish(
                    topic=delivery.topic,
                    payload=delivery.payload,
                    qos=delivery.qos,
                    retain=delivery.retain,
                    duplicate=delivery.duplicate,
                    packet_id=delivery.id or None,
                )
            )
