"""What a session can be asked for beside commands: the cloud's REST queries, and raw MQTT for experts. Data, pure.

Each class is handed to :meth:`navien_proto.session.session.Session.request` and ends in exactly one
:class:`~navien_proto.session.events.RequestAnswered` or :class:`~navien_proto.session.events.RequestFailed`.
These are asked for seldom; the module is loaded with the first of them.
Source: ``docs/protocol/rest.md`` sections 6 to 9, ``docs/protocol/mqtt.md`` section 3.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from attrs import field, frozen, validators

from navien_proto.cloud import endpoints
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.model.tou import TouPlan
from navien_proto.mqtt.topics import check_filter, check_topic
from navien_proto.redact import redact_text

__all__ = [
    "CloudRequest",
    "ConvertTouPlans",
    "PublishRaw",
    "ReadDeviceInfo",
    "ReadFirmwareInfo",
    "ReadStoredTou",
    "RegisterPushToken",
    "Request",
    "StoreTouPlan",
    "SubscribeRaw",
    "UnsubscribeRaw",
]

# docs/protocol/mqtt.md section 3: what AWS IoT takes.
MOST_BYTES = 256
MOST_SLASHES = 7
LARGEST_PAYLOAD = 128 * 1024


def _sources(sources: Iterable[Mapping[str, object]]) -> tuple[Mapping[str, object], ...]:
    return tuple(sources)


@frozen(kw_only=True)
class Asker:
    """In whose name a query of the cloud is made, and about which heater.

    ``serial`` is that of the heater's controller, which only its device info tells.
    """

    base_url: str
    tokens: Tokens
    email: str
    device: Device | None = None
    serial: str | None = None

    @property
    def heater(self) -> Device:
        """The heater in question.

        Raises:
            UsageError: none was named.
        """
        if self.device is None:
            raise UsageError("this query is about a heater, and none was named")
        return self.device


class Request:
    """Base of all requests.

    Attributes:
        changes: whether it changes something: a session that only reads (``read_only``) refuses it.
        of_heater: whether it is about one heater.
    """

    __slots__ = ()
    changes: ClassVar[bool] = False
    of_heater: ClassVar[bool] = False


class CloudRequest(Request):
    """Base of the queries of the REST service.

    Attributes:
        doing: what it does, for sentences.
        repeatable: whether it may be sent again when nobody knows what became of it.
    """

    __slots__ = ()
    doing: ClassVar[str]
    repeatable: ClassVar[bool] = True

    @abstractmethod
    def to_http(self, asker: Asker) -> HttpRequest:
        """The HTTP request.

        Raises:
            UsageError: it cannot be written.
        """

    @abstractmethod
    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """What the answer says.

        Raises:
            TokenExpired, Throttled, HttpStatusError, RemoteProtocolError: as the parsers of
                :mod:`navien_proto.cloud.endpoints` do.
        """


@frozen
class ReadDeviceInfo(CloudRequest):
    """The cloud's record of a heater (:class:`~navien_proto.cloud.records.DeviceInfo`)."""

    of_heater = True
    doing = "reading the device information"

    def to_http(self, asker: Asker) -> HttpRequest:
        """POST ``/device/info``."""
        return endpoints.device_info(asker.base_url, asker.tokens, asker.email, asker.heater)

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """A :class:`~navien_proto.cloud.records.DeviceInfo`."""
        return endpoints.parse_device_info(reply, _device)


@frozen
class ReadFirmwareInfo(CloudRequest):
    """The firmware of a heater's parts (:class:`~navien_proto.cloud.records.FirmwareInfo`)."""

    of_heater = True
    doing = "reading the firmware information"

    def to_http(self, asker: Asker) -> HttpRequest:
        """POST ``/device/firmware/info``."""
        return endpoints.firmware_info(asker.base_url, asker.tokens, asker.email, asker.heater)

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """A :class:`~navien_proto.cloud.records.FirmwareInfo`."""
        return endpoints.parse_firmware_info(reply)


@frozen
class ReadStoredTou(CloudRequest):
    """A heater's time-of-use plan on file (:class:`~navien_proto.cloud.records.TouAnswer`).

    Needs the heater's device info: the cloud wants the serial number of its controller.
    """

    of_heater = True
    doing = "reading the time-of-use plan"

    def to_http(self, asker: Asker) -> HttpRequest:
        """GET ``/device/tou``."""
        if not asker.serial:
            raise UsageError(
                "reading the plan on file needs the controller's serial number, which the heater's device info "
                "tells; it is not known yet"
            )
        return endpoints.tou(asker.base_url, asker.tokens, asker.email, asker.heater, asker.serial)

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """A :class:`~navien_proto.cloud.records.TouAnswer`."""
        return endpoints.parse_tou(reply)


@frozen
class StoreTouPlan(CloudRequest):
    """Store a plan as the cloud's copy. The heater is not programmed by it.

    ``source`` is the plan of the rate database it was made of, as it came; ``zip_code`` where the heater stands,
    the plan's own unless told. May be repeated.
    """

    changes = True
    of_heater = True
    doing = "storing the time-of-use plan"

    plan: TouPlan
    source: Mapping[str, object] = field(factory=dict, repr=False)
    zip_code: str | None = field(default=None, repr=False)

    def to_http(self, asker: Asker) -> HttpRequest:
        """PUT ``/device/tou``."""
        from navien_proto.cloud.tou import store_tou

        return store_tou(
            asker.base_url,
            asker.tokens,
            asker.email,
            asker.heater,
            self.plan,
            source=self.source,
            zip_code=self.zip_code,
        )

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """A :class:`~navien_proto.cloud.records.TouAnswer`, which echoes the plan."""
        from navien_proto.cloud.tou import parse_store_tou

        return parse_store_tou(reply)


@frozen
class ConvertTouPlans(CloudRequest):
    """Have the cloud convert plans of a rate database (:class:`~navien_proto.cloud.records.TouConversion`).

    ``sources`` are the plans as they came (``UtilityRate.raw``).
    """

    doing = "converting the time-of-use plans"

    sources: tuple[Mapping[str, object], ...] = field(
        converter=_sources, repr=lambda sources: f"<{len(sources)} plans>"
    )

    def to_http(self, asker: Asker) -> HttpRequest:
        """POST ``/device/tou/convert``."""
        from navien_proto.cloud.tou import convert_tou

        return convert_tou(asker.base_url, asker.tokens, asker.email, self.sources)

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """A :class:`~navien_proto.cloud.records.TouConversion`."""
        from navien_proto.cloud.tou import parse_convert_tou

        return parse_convert_tou(reply)


@frozen(kw_only=True)
class RegisterPushToken(CloudRequest):
    """Register a phone for push messages (:class:`~navien_proto.cloud.answers.Acknowledged`)."""

    changes = True
    repeatable = False
    doing = "registering the push token"

    push_token: str = field(repr=False)
    model_name: str
    app_version: str
    os: str
    os_version: str

    def to_http(self, asker: Asker) -> HttpRequest:
        """POST ``/app/update-push-token``."""
        return endpoints.update_push_token(
            asker.base_url,
            asker.tokens,
            asker.email,
            push_token=self.push_token,
            model_name=self.model_name,
            app_version=self.app_version,
            os=self.os,
            os_version=self.os_version,
        )

    def read(self, reply: HttpReply, _device: Device | None) -> object:
        """An :class:`~navien_proto.cloud.answers.Acknowledged`."""
        return endpoints.parse_push_token(reply)


# --- raw MQTT --------------------------------------------------------------------------------------------


def _topic(topic: str) -> str:
    return check_topic(topic, max_bytes=MOST_BYTES, max_slashes=MOST_SLASHES)


def _filter(topic_filter: str) -> str:
    return check_filter(topic_filter, max_bytes=MOST_BYTES, max_slashes=MOST_SLASHES)


def _payload(payload: bytes | bytearray | str) -> bytes:
    if not isinstance(payload, bytes | bytearray | str):
        raise UsageError(f"payload: expected bytes or text, found {type(payload).__name__}")
    try:
        data = payload.encode() if isinstance(payload, str) else bytes(payload)
    except UnicodeEncodeError:
        raise UsageError("payload: this text has half of a surrogate pair") from None
    if len(data) > LARGEST_PAYLOAD:
        raise UsageError(f"payload: expected at most {LARGEST_PAYLOAD} bytes, found {len(data)}")
    return data


def _qos(qos: int) -> Literal[0, 1]:
    if qos not in (0, 1) or isinstance(qos, bool):
        # The cloud's broker leaves QoS 2 unanswered (docs/protocol/mqtt.md section 3).
        raise UsageError("qos: expected 0 or 1")
    return 1 if qos else 0


@frozen
class PublishRaw(Request):
    """Publish ``payload`` (bytes; a text is sent as UTF-8) to ``topic``, over a link that stands.

    Raises:
        UsageError: the topic is none, or has more than 256 bytes or 7 slashes; the payload is larger than
            128 KB; the QoS is not 0 or 1.
    """

    changes = True

    topic: str = field(converter=_topic, repr=redact_text)
    payload: bytes = field(converter=_payload, repr=lambda payload: f"<{len(payload)} bytes>")
    qos: Literal[0, 1] = field(default=1, converter=_qos)
    retain: bool = field(default=False, validator=validators.instance_of(bool))


@frozen
class SubscribeRaw(Request):
    """Hear what is published to the topics of ``filter``, on this link and on every later one.

    Raises:
        UsageError: the filter is none, or has more than 256 bytes or 7 slashes; the QoS is not 0 or 1.
    """

    filter: str = field(converter=_filter, repr=redact_text)
    qos: Literal[0, 1] = field(default=1, converter=_qos)


@frozen
class UnsubscribeRaw(Request):
    """Hear it no more; raises as :class:`SubscribeRaw` does."""

    filter: str = field(converter=_filter, repr=redact_text)
