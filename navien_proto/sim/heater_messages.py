"""Envelopes as the simulated heater reads and writes them (``docs/protocol/mqtt.md`` 5 to 7, ``responses.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from attrs import field, frozen

from navien_proto.errors import NavienError
from navien_proto.jsontext import dumps, loads
from navien_proto.model.device import normalise_mac
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.redact import redact_text
from navien_proto.sim.heater_config import HeaterConfig

__all__ = ["DEVICE_TYPE", "Envelopes", "Outgoing", "Request", "feature"]

DEVICE_TYPE = 52

# ``docs/protocol/responses.md`` section 4; the identity and the limits come from the configuration.
_FEATURE: Mapping[str, int] = {
    "countryCode": 3,
    "modelTypeCode": 513,
    "controlTypeCode": 100,
    "controllerSwVersion": 184614912,
    "panelSwVersion": 60454,
    "wifiSwVersion": 34013184,
    "controllerSwCode": 33556241,
    "panelSwCode": 268435761,
    "wifiSwCode": 268435985,
    "powerUse": 2,
    "holidayUse": 2,
    "programReservationUse": 2,
    "dhwUse": 2,
    "dhwTemperatureSettingUse": 2,
    "smartDiagnosticUse": 2,
    "wifiRssiUse": 2,
    "temperatureType": 2,
    "tempFormulaType": 1,
    "energyUsageUse": 2,
    "freezeProtectionUse": 2,
    "freezeProtectionTempMin": 12,
    "freezeProtectionTempMax": 20,
    "mixingValveUse": 1,
    "drSettingUse": 2,
    "antiLegionellaSettingUse": 2,
    "hpwhUse": 2,
    "dhwRefillUse": 2,
    "ecoUse": 2,
    "electricUse": 2,
    "heatpumpUse": 2,
    "energySaverUse": 2,
    "highDemandUse": 2,
    "title24Use": 1,
}


def feature(config: HeaterConfig) -> dict[str, int | str]:
    """The ``feature`` object of the unit, in wire order; members not listed above read 0."""
    pump = 2 if config.pump else 1
    own: dict[str, int | str] = {
        "recirculationUse": pump,
        "recircReservationUse": pump,
        "volumeCode": config.volume_code,
        "controllerSerialNumber": config.serial,
        "dhwTemperatureMin": config.minimum,
        "dhwTemperatureMax": config.maximum,
    }
    return {row.wire_name: own.get(row.wire_name, _FEATURE.get(row.wire_name, 0)) for row in FEATURE_FIELDS}


@frozen
class Outgoing:
    """A message the heater published: ``at`` in heater seconds, with QoS 1."""

    at: float
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=False)
    qos: int = 1


@frozen(kw_only=True)
class Request:
    """A request the heater understands: the envelope's text members and the ``request`` object."""

    suffix: str
    command: int
    session_id: str
    client_id: str = field(repr=False)
    request_topic: str = field(repr=redact_text)
    response_topic: str | None = field(repr=redact_text)
    members: Mapping[str, Any] = field(repr=False)


def _object(envelope: Mapping[str, Any] | bytes) -> Mapping[str, Any] | None:
    """The envelope as an object, or ``None`` for anything else that bytes may hold."""
    if not isinstance(envelope, bytes | bytearray | memoryview):
        return envelope
    try:
        parsed = loads(bytes(envelope))
    except (NavienError, ValueError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _text(value: object) -> TypeGuard[str]:
    """Text that can be written back: half a surrogate pair cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _publishable(topic: object) -> str | None:
    """``topic`` if a device could publish to it."""
    if not _text(topic) or not 0 < len(topic.encode()) <= 256:
        return None
    return None if any(sign in topic for sign in "+#\0") else topic


class Envelopes:
    """Reads requests to one unit and writes its answers and pushes.

    A request is understood when it lies on a topic of the unit, names that topic itself, is meant for its MAC and
    carries a whole command code; everything else is ignored, as a real unit does not answer it either.
    """

    def __init__(self, config: HeaterConfig) -> None:
        self._config = config
        self._root = f"cmd/{DEVICE_TYPE}/navilink-{config.mac}"
        self._requester = f"navilink-{config.mac}"
        self._push_number = 0

    def register(self, config: HeaterConfig) -> None:
        """Write under the identity of ``config`` from now on."""
        self._config = config

    def reset(self) -> None:
        """Forget who asked last, and number pushes anew."""
        self._requester = f"navilink-{self._config.mac}"
        self._push_number = 0

    def read(self, topic: str, envelope: Mapping[str, Any] | bytes) -> Request | None:
        """The request in ``envelope``, or ``None`` when the unit would not react to it."""
        content = _object(envelope)
        if content is None or not topic.startswith(self._root + "/") or content.get("requestTopic") != topic:
            return None
        members = content.get("request")
        session_id, client_id = content.get("sessionID"), content.get("clientID")
        if not isinstance(members, Mapping) or not _text(session_id) or not _text(client_id):
            return None
        command = members.get("command")
        if type(command) is not int or not self._own(members.get("macAddress")):
            return None
        self._requester = client_id
        return Request(
            suffix=topic.removeprefix(self._root + "/"),
            command=command,
            session_id=session_id,
            client_id=client_id,
            request_topic=topic,
            response_topic=_publishable(content.get("responseTopic")),
            members=members,
        )

    def connection(self, topic: str, envelope: Mapping[str, Any] | bytes) -> tuple[str, bool] | None:
        """The client and whether it came or went, for an app-connection event to this unit."""
        if topic != f"evt/{DEVICE_TYPE}/navilink-{self._config.mac}/app-connection":
            return None
        content = _object(envelope)
        client_id = content.get("clientID") if content is not None else None
        if content is None or not isinstance(client_id, str):
            return None
        event = content.get("event")
        state = event.get("connection") if isinstance(event, Mapping) else None
        # The short body has no status: it is only ever sent on connecting.
        return client_id, not (isinstance(state, Mapping) and state.get("status") == 0)

    def answer(self, at: float, request: Request, content: Mapping[str, Any]) -> Outgoing | None:
        """An answer on the topic that the request asked for; ``None`` when it asked for none."""
        if request.response_topic is None:
            return None
        return self.reply(at, request.response_topic, request, content)

    def reply(self, at: float, topic: str, request: Request, content: Mapping[str, Any]) -> Outgoing:
        """``content`` under the ids of ``request``, on ``topic``."""
        return self._write(at, topic, request.client_id, request.session_id, request.request_topic, content)

    def refusal(self, at: float, request: Request, code: int) -> Outgoing:
        """``ctrl-fail`` with ``code``."""
        return self.reply(at, f"{self._root}/ctrl-fail", request, {"failCode": code})

    def push(self, at: float, status: Mapping[str, int]) -> Outgoing:
        """An unprompted status: the next one-digit session id, under the name of whoever asked last."""
        self._push_number = (self._push_number + 1) % 10
        topic = f"{self._root}/res"
        number = str(self._push_number)
        return self._write(at, topic, self._requester, number, f"{self._root}/st", {"status": status})

    def _own(self, mac: object) -> bool:
        if not isinstance(mac, str):
            return False
        try:
            return normalise_mac(mac) == self._config.mac
        except NavienError:
            return False

    def _write(
        self, at: float, topic: str, client: str, session: str, asked: str, content: Mapping[str, Any]
    ) -> Outgoing:
        envelope = {
            "protocolVersion": 2,
            "clientID": client,
            "sessionID": session,
            "requestTopic": asked,
            "response": {
                "deviceType": DEVICE_TYPE,
                "macAddress": self._config.mac,
                "additionalValue": self._config.additional_value,
                **content,
            },
        }
        return Outgoing(at, topic, dumps(envelope))
