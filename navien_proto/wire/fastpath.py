"""A short way for the message that makes up nearly all traffic: a status in which nothing is odd.

`status_message` proves, with a handful of calls that each look at everything at once, that a message has the
usual envelope and only sound values, and builds what `navien_proto.wire.decode.decode` would. At any doubt it
gives ``None``, and the long way decides. A property test holds the two to the same result.

Because nothing but small numbers, expected strings and sound values is let through, none of the things that
the two JSON engines see differently (``navien_proto.jsontext``) can be in such a message.
"""

from __future__ import annotations

from typing import Any

from navien_proto.jsontext import MAX_BYTES, Engine
from navien_proto.model.device import is_normal_mac
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.messages import StatusMessage

__all__ = ["status_message"]

_pack = DeviceStatus.table.pack_plain
_PROTOCOL_VERSIONS = frozenset({1, 2})


def status_message(topic: str, payload: bytes, engine: Engine) -> StatusMessage | None:
    """The status message that ``payload`` is, ``None`` when it is another or anything in it is unusual."""
    # Three objects and no list: nothing deep can hide behind a member that comes twice.
    if len(payload) > MAX_BYTES or b"[" in payload or payload.count(b"{", 0, payload.rfind(b"{") + 1) != 3:
        return None
    try:
        envelope = engine.parse(payload)
        if type(envelope) is not dict or len(envelope) != 5:
            return None
        client_id = envelope["clientID"]
        session_id = envelope["sessionID"]
        request_topic = envelope["requestTopic"]
        version = envelope["protocolVersion"]
        response = envelope["response"]
        if type(response) is not dict or len(response) != 4:
            return None
        mac = response["macAddress"]
        additional = response["additionalValue"]
        device_type = response["deviceType"]
        status = response["status"]
    except (KeyError, ValueError, RecursionError):
        return None
    if not (
        type(client_id) is type(session_id) is type(request_topic) is type(mac) is type(additional) is str
        and type(version) is type(device_type) is int
        and version in _PROTOCOL_VERSIONS
        and 0 <= device_type < 1000
        and type(status) is dict
    ):
        return None
    packed = _pack(status)
    if packed is None or not is_normal_mac(mac):
        return None
    # What attrs would do member by member, done at once: the dictionary becomes the instance's.
    message = object.__new__(StatusMessage)
    facts: dict[str, Any] = {
        "topic": topic,
        "mac": mac,
        "client_id": client_id,
        "session_id": session_id,
        "request_topic": request_topic,
        "additional_value": additional,
        "problems": (),
        "status": DeviceStatus(*packed),
    }
    object.__setattr__(message, "__dict__", facts)
    return message
