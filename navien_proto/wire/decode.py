"""From the bytes of a message to what it means: `decode`.

A message is recognised by its payload first and its topic second, in the order of ``docs/protocol/mqtt.md`` 9;
that order is the table `KINDS`, and another kind of message is another row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from navien_proto.errors import UsageError
from navien_proto.jsontext import ENGINE, Engine, loads
from navien_proto.model.device import normalise_mac
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.fields import Problem
from navien_proto.model.status import DeviceStatus
from navien_proto.wire import replies
from navien_proto.wire.fastpath import status_message
from navien_proto.wire.messages import ControlFailure, FeatureMessage, Message, StatusMessage, UnknownMessage
from navien_proto.wire.topics import mac_in_topic

__all__ = ["KINDS", "Kind", "Message", "decode"]

Members = dict[str, Any]


@frozen
class Kind:
    """A row of the table of recognition.

    ``find(topic, response)`` gives the part of the ``response`` object that makes it this kind, ``None`` when it
    is another; ``build(part, facts)`` makes the message, ``facts`` being what all messages have.
    """

    name: str
    find: Callable[[str, Members], Members | None]
    build: Callable[[Members, Members], Message]


def _object_at(*names: str) -> Callable[[str, Members], Members | None]:
    def find(_topic: str, response: Members) -> Members | None:
        for name in names:
            part = response.get(name)
            if type(part) is dict:
                return part
        return None

    return find


def _status(part: Members, facts: Members) -> Message:
    status = DeviceStatus.from_wire(part)
    if status.problems:
        facts["problems"] += status.problems
    return StatusMessage(status=status, **facts)


def _feature(part: Members, facts: Members) -> Message:
    feature = DeviceFeature.from_wire(part)
    if feature.problems:
        facts["problems"] += feature.problems
    return FeatureMessage(feature=feature, **facts)


def _response_with(name: str, ending: str | None = None) -> Callable[[str, Members], Members | None]:
    """The response itself when it has the member, or the topic the ending."""

    def find(topic: str, response: Members) -> Members | None:
        return response if name in response or (ending is not None and topic.endswith(ending)) else None

    return find


def _failure(response: Members, facts: Members) -> Message:
    problems: list[Problem] = []
    code = replies.number(response, "failCode", problems)
    facts["problems"] += tuple(problems)
    return ControlFailure(code=code, **facts)


def _find_energy(_topic: str, response: Members) -> Members | None:
    return response if "typeOfUsage" in response or ("total" in response and "usage" in response) else None


def _find_schedule(_topic: str, response: Members) -> Members | None:
    return response if type(response.get("reservation")) in (list, str) else None


KINDS: tuple[Kind, ...] = (
    Kind("status", _object_at("status", "st"), _status),
    Kind("feature", _object_at("feature", "did"), _feature),
    Kind("control failure", _response_with("failCode", ending="/ctrl-fail"), _failure),
    Kind("firmware download", _response_with("downloadSwInfo"), replies.firmware_download),
    Kind("diagnostics", _response_with("typeOfTD"), replies.diagnostics),
    Kind("energy", _find_energy, replies.energy),
    Kind("schedule", _find_schedule, replies.schedule),
    Kind("firmware commit", _response_with("commitOta", ending="res/commit-ota"), replies.ota),
)
"""How an object with a ``response`` is recognised, first row that fits."""


_ENVELOPE_TEXTS = ("clientID", "sessionID", "requestTopic")
_PART_TEXTS = ("macAddress", "additionalValue")


def _not_text(members: Members, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        value = members.get(name, "")
        # A number is known to happen as the additional value, and becomes text.
        if type(value) is not str and not (name == "additionalValue" and type(value) is int):
            yield Problem(name, value, "text belongs here")


def _facts(topic: str, envelope: Members, part: Members) -> Members:
    """What all messages have: from the envelope, and from its ``response``, ``request`` or ``event``."""
    mac = part.get("macAddress")
    client_id = envelope.get("clientID")
    session_id = envelope.get("sessionID")
    request_topic = envelope.get("requestTopic")
    additional = part.get("additionalValue")
    problems: tuple[Problem, ...] = ()
    if not type(client_id) is type(session_id) is type(request_topic) is type(additional) is type(mac) is str:
        # Something is absent (fine) or of the wrong type (a problem).
        problems = (*_not_text(envelope, _ENVELOPE_TEXTS), *_not_text(part, _PART_TEXTS))
        client_id = client_id if type(client_id) is str else None
        session_id = session_id if type(session_id) is str else None
        request_topic = request_topic if type(request_topic) is str else None
        additional = str(additional) if type(additional) is int or type(additional) is str else None
        mac = mac if type(mac) is str else None
    if mac is not None:
        try:
            mac = normalise_mac(mac)
        except UsageError:
            problems += (Problem("macAddress", mac, "not twelve hexadecimal digits"),)
            mac = None
    return {
        "topic": topic,
        "mac": mac or mac_in_topic(topic),
        "client_id": client_id,
        "session_id": session_id,
        "request_topic": request_topic,
        "additional_value": additional,
        "problems": problems,
    }


def decode(topic: str, payload: bytes, *, engine: Engine | None = None) -> Message:
    """The message that ``payload`` is.

    Any member may be absent; one that cannot be understood is ``None`` and listed in the message's ``problems``
    by wire name or path, and the rest stands. JSON that fits no kind is an `UnknownMessage`; a request passing by,
    which is no answer, a `RequestSeen`. ``engine`` chooses the JSON engine, for tests.

    Raises:
        DecodeError: ``payload`` is no JSON, or JSON beyond the limits of `navien_proto.jsontext`.
            Nothing else is raised, whatever the bytes.
    """
    engine = engine or ENGINE
    usual = status_message(topic, payload, engine)
    if usual is not None:
        return usual
    envelope = loads(payload, topic=topic, engine=engine)
    members: Members = envelope if type(envelope) is dict else {}
    response = members.get("response")
    if type(response) is dict:
        facts = _facts(topic, members, response)
        for kind in KINDS:
            part = kind.find(topic, response)
            if part is not None:
                return kind.build(part, facts)
        return UnknownMessage(raw=envelope, **facts)
    if "request" in members:
        request = members["request"]
        return replies.request_seen(request, _facts(topic, members, request if type(request) is dict else {}))
    event = members.get("event")
    facts = _facts(topic, members, event if type(event) is dict else {})
    return replies.event(envelope, facts) if topic.startswith("evt/") else UnknownMessage(raw=envelope, **facts)
