"""Bytes in, bytes out: MQTT and WebSocket of one link, without a socket.

The one corner of the core that is not pure: gmqtt imports asyncio (nothing of it ever runs) and wsproto draws
the masks of frames from the system.
"""

from navien_proto.link.codec import MqttCodec
from navien_proto.link.events import ProtocolFault
from navien_proto.link.framing import WebSocketFraming
from navien_proto.link.protocol import LinkProtocol

__all__ = ["LinkProtocol", "MqttCodec", "ProtocolFault", "WebSocketFraming"]
