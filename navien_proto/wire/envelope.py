"""The wrapping of what we publish (``docs/protocol/mqtt.md`` 6 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.jsontext import dumps, dumps_plain
from navien_proto.model.device import Device
from navien_proto.redact import redact_text
from navien_proto.wire import topics

__all__ = ["Envelope", "app_connection", "request_envelope"]

PROTOCOL_VERSION = 2
# Events keep the version the vendor's app gives them.
_EVENT_VERSION = 1


# Without slots: attrs makes such objects sooner, and few of them live at a time.
@frozen(kw_only=True, slots=False)
class Envelope:
    """One message ready to be published.

    ``reply_topic`` is where the answer will arrive, ``None`` when none is expected. Nothing is ever retained.
    The ``repr`` shows no payload, and topics without the MAC.
    """

    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    reply_topic: str | None = field(default=None, repr=lambda text: repr(text and redact_text(text)))
    qos: int = 0


def _check_session_id(session_id: str) -> str:
    # One digit is how the device marks what nobody asked for: an answer to it could not be told from a push.
    if not session_id or (len(session_id) == 1 and session_id.isdigit()):
        raise UsageError("session_id must be text of its own for each request, and not a single digit")
    return session_id


def request_envelope(
    device: Device,
    client_id: str,
    session_id: str,
    *,
    suffix: str,
    command: int,
    members: Mapping[str, Any],
    reply_topic: str,
    qos: int,
    plain: bool = False,
) -> Envelope:
    """A request to ``device``: ``command`` on ``suffix`` with further ``members`` in their order.

    ``session_id`` comes back in the answer; give every request another. ``plain`` says that ``members`` are fit
    for `navien_proto.jsontext.dumps_plain`, which is quicker.

    Raises:
        UsageError: an id or the suffix is unfit, or the device speaks another dialect (types 1 and 2).
    """
    if device.device_type in (1, 2):
        raise UsageError(f"devices of type {device.device_type} speak another dialect and are not controlled")
    topic = topics.request_topic(device.mac, suffix, device.device_type)
    body = {
        "clientID": topics.check_client_id(client_id),
        "sessionID": _check_session_id(session_id),
        "protocolVersion": PROTOCOL_VERSION,
        "requestTopic": topic,
        "responseTopic": reply_topic,
        "request": {
            "command": command,
            "deviceType": device.device_type,
            "macAddress": device.mac,
            "additionalValue": device.additional_value,
            **members,
        },
    }
    payload = dumps_plain(body) if plain else dumps(body)
    return Envelope(topic=topic, payload=payload, reply_topic=reply_topic, qos=qos)


def app_connection(device: Device, client_id: str, *, connected: bool = True) -> Envelope:
    """The event a client publishes after connecting, once a device; with ``connected=False`` its last will.

    The form is the vendor's app's; no answer comes (``docs/protocol/mqtt.md`` 8).

    Raises:
        UsageError: ``client_id`` is unfit for a topic.
    """
    topic = topics.event_topic(device.mac, "app-connection", device.device_type)
    body = {
        "clientID": topics.check_client_id(client_id),
        "protocolVersion": _EVENT_VERSION,
        "requestTopic": topic,
        "sessionID": "",
        "event": {
            "additionalValue": device.additional_value,
            "deviceType": device.device_type,
            "macAddress": device.mac,
            "connection": {"os": "A", "status": 1 if connected else 0},
        },
    }
    return Envelope(topic=topic, payload=dumps_plain(body), qos=1)
