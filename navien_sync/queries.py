"""The cloud's REST queries and raw MQTT, as methods of a heater and of a client.

Made from ``navien_anyio/queries.py``, its asynchronous twin: ``python -m tests.support.blocking``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from navien_sync.calls import HeaterCalls
from navien_sync.streams import EventStream
from navien_proto.cloud import openei
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.openei import UtilityRates
from navien_proto.cloud.records import DeviceInfo, FirmwareInfo, TouAnswer, TouConversion
from navien_proto.errors import HttpStatusError
from navien_proto.jsontext import dumps
from navien_proto.model.tou import TouPlan
from navien_proto.session import requests
from navien_proto.session.known import KnownSession
from navien_proto.session.requests import Request
from navien_proto.session.results import answered_with

__all__ = ["AccountQueries", "HeaterQueries"]

FORBIDDEN = 403


class HeaterQueries(HeaterCalls):
    """What the cloud can be asked about a heater, beside what the heater itself says.

    The queries go over REST with the session's own tokens, and sign in anew when those are out. Ask for none of
    them more often than once a minute.

    All of them raise, beside what they name:
        AuthError: the account does not let us in.
        Throttled: too many requests, or too many sign-ins.
        HttpStatusError: the cloud said no.
        RemoteProtocolError: its answer is not the protocol.
        CloudError: it did not answer, three times.
        CommandCancelled: the client was closed meanwhile.
    """

    @abstractmethod
    def _request(self, request: Request) -> object:
        """Hand in a request about this heater and wait for its answer."""

    def rest_info(self) -> DeviceInfo:
        """The cloud's record of the heater: its name, where it stands, who installed it."""
        return answered_with(self._request(requests.ReadDeviceInfo()), DeviceInfo)

    def rest_firmware(self) -> FirmwareInfo:
        """The firmware of its parts, and what is staged, as the cloud has them on file."""
        return answered_with(self._request(requests.ReadFirmwareInfo()), FirmwareInfo)

    def rest_tou(self) -> TouAnswer:
        """The time-of-use plan on file in the cloud; its device info is asked for first when it is not known."""
        if self.feature is None:
            self.request_feature()
        return answered_with(self._request(requests.ReadStoredTou()), TouAnswer)

    def store_tou(
        self, plan: TouPlan, *, source: Mapping[str, object] | None = None, zip_code: str | None = None
    ) -> TouAnswer:
        """Store ``plan`` as the cloud's copy. The heater is not programmed by it: see ``write_tou_plan``.

        ``source`` is the plan of the rate database it was made of (``UtilityRate.raw``); ``zip_code`` is five
        digits, the plan's own unless told.

        Raises:
            UsageError: there is no postcode, or the plan cannot be written.
            GuardError: the settings forbid it.
        """
        request = requests.StoreTouPlan(plan, source or {}, zip_code)
        return answered_with(self._request(request), TouAnswer)

    def connectivity(self) -> bool | None:
        """Whether the cloud reaches the heater, asked now; ``None`` when it has no opinion.

        An account that may not read the record gets what the latest list said.
        """
        try:
            online = (self.rest_info()).online
        except HttpStatusError as error:
            if error.status != FORBIDDEN:
                raise
            return self.online
        return self.online if online is None else online


class AccountQueries(KnownSession):
    """What an account can ask the cloud, and raw MQTT on the session's own connection."""

    @abstractmethod
    def _request(self, request: Request) -> object:
        """Hand in a request and wait for its answer."""

    @abstractmethod
    def _fetch(self, request: HttpRequest, largest: int) -> HttpReply:
        """Perform one HTTP exchange that is none of the session's."""

    @abstractmethod
    def _raw_messages(self, topic_filter: str) -> EventStream:
        """The raw messages to come on the topics of a filter."""

    def convert_tou(self, sources: Iterable[Mapping[str, object]]) -> TouConversion:
        """Have the cloud convert plans of the rate database (``UtilityRate.raw``). Raises as a heater does."""
        return answered_with(self._request(requests.ConvertTouPlans(sources)), TouConversion)

    def register_push_token(
        self, push_token: str, *, model_name: str, app_version: str, os: str, os_version: str
    ) -> None:
        """Register a phone for push messages; of no use to anything else. Raises as a heater's queries do."""
        self._request(
            requests.RegisterPushToken(
                push_token=push_token,
                model_name=model_name,
                app_version=app_version,
                os=os,
                os_version=os_version,
            )
        )

    def openei_rates(
        self,
        api_key: str,
        address: str,
        *,
        sector: str = "Residential",
        limit: int = 100,
        base_url: str = openei.BASE_URL,
    ) -> UtilityRates:
        """Look up the tariffs at ``address``, a postcode, in the OpenEI database; at most ``limit``, 1 to 500.

        A third party's service: it is told neither the account nor the heaters. ``api_key`` is the user's own, a
        secret. ``UtilityRate.to_plan`` makes a plan of a tariff.

        Raises:
            UsageError: an argument is empty or out of range.
            Throttled: the key was used too often.
            HttpStatusError: the service refused; ``code`` is 403 when the key is not accepted.
            CloudError: it did not answer.
            RemoteProtocolError: the answer is not what the service sends.
        """
        request = openei.utility_rates(api_key, address, sector=sector, limit=limit, base_url=base_url)
        return openei.parse_utility_rates(self._fetch(request, openei.MAX_BYTES))

    def publish(
        self,
        topic: str,
        payload: bytes | str | Mapping[str, object] | list[object],
        *,
        qos: int = 1,
        retain: bool = False,
    ) -> int | None:
        """For experts: publish to any topic, over the connection that stands; a mapping or list is sent as JSON.

        At QoS 1 waits for the broker's acknowledgement and returns its code, at QoS 0 for nobody.

        Raises:
            UsageError: the topic is none or too long (256 bytes, 7 slashes), the payload larger than 128 KB, or
                ``qos`` not 0 or 1.
            GuardError: a guard is set: nobody knows what a raw message to a heater would do.
            LinkBroken: there is no connection, or it was lost before the answer.
            CommandRefused: the broker said no.
        """
        data = payload if isinstance(payload, bytes | bytearray | str) else dumps(payload)
        code = self._request(requests.PublishRaw(topic, data, qos, retain))
        return code if isinstance(code, int) else None

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> EventStream:
        """For experts: hear what is published to other topics; ``+`` and ``#`` as in MQTT.

        Returns, once the broker acknowledged it, a stream of
        :class:`~navien_proto.session.events.RawReceived`, from this moment on. It is subscribed again on every
        connection until :meth:`unsubscribe`; without a connection it waits for the next.

        Raises:
            UsageError: the filter is none, or one too many for a connection (50 in all).
            CommandRefused: the broker does not allow it.
        """
        request = requests.SubscribeRaw(topic_filter, qos)
        stream = self._raw_messages(request.filter)
        self._request(request)
        return stream

    def unsubscribe(self, topic_filter: str) -> None:
        """Hear it no more; does nothing when it was not subscribed.

        Raises:
            UsageError: the filter is none.
        """
        self._request(requests.UnsubscribeRaw(topic_filter))
