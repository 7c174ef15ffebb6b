"""What a session was asked for beside commands, from ``hand_in`` to exactly one event.

A query of the cloud goes with the session's own tokens. Without good ones it waits for a sign-in; one that the
cloud answers with 401 is sent once more with fresh ones; one that may be repeated is tried three times when the
service fails (``docs/protocol/rest.md`` section 10). Raw MQTT goes over the link that stands; filters are kept for
the next one.
"""

from __future__ import annotations

from random import Random

from attrs import define

from navien_proto.errors import (
    CommandCancelled,
    CommandRefused,
    LinkBroken,
    NavienError,
    Throttled,
    TokenExpired,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import REFUSED, Connection
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.mqtt.notices import PublishSettled, SubscribeSettled
from navien_proto.mqtt.topics import topic_matches
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import Event, RawReceived, RequestAnswered, RequestFailed, RequestId
from navien_proto.session.gateway import Admitted, Failed, Gateway, Outcome, Purpose, Replied
from navien_proto.session.requests import Asker, CloudRequest, PublishRaw, Request, SubscribeRaw, UnsubscribeRaw

__all__ = ["Errands"]

# docs/protocol/rest.md section 10: three tries, a second apart and doubling, with jitter.
MOST_TRIES = 3
FIRST_PAUSE = 1.0
# For tokens: a refresh that is refused, and a sign-in.
MOST_WAITS = 2
# docs/protocol/mqtt.md section 3: subscriptions of one connection.
MOST_FILTERS = 50


@define(eq=False)
class Errand:
    """One request on its way: how often it was sent, and waited for tokens; ``renewed`` after a 401."""

    id: RequestId
    request: Request
    device: Device | None
    tries: int = 0
    waits: int = 0
    renewed: bool = False


class Errands:
    """The requests that have not ended. ``events`` and ``deadlines`` are the session's own."""

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        gateway: Gateway,
        book: DeviceBook,
        events: list[Event],
        deadlines: Deadlines,
        *,
        rng: Random,
    ) -> None:
        self._config = config
        self._connection = connection
        self._gateway = gateway
        self._book = book
        self._events = events
        self._deadlines = deadlines
        self._rng = rng
        self._last = 0
        self._open: dict[RequestId, Errand] = {}
        self._for_tokens: list[Errand] = []
        self._publishes: dict[int, RequestId] = {}
        self._questions: dict[int, RequestId] = {}
        self._qos: dict[str, int] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters that the application wants beside the session's own."""
        return tuple(self._qos)

    # --- in ----------------------------------------------------------------------------------------------

    def hand_in(self, request: Request, device: Device | None, own: list[str], now: Instant) -> RequestId:
        """Take a request; ``own`` are the filters of the session itself.

        Raises:
            UsageError: it cannot be written, or needs what is not known.
            LinkBroken: a raw publish without a connection.
        """
        errand = Errand(RequestId(self._last + 1), request, device)
        match request:
            case CloudRequest():
                self._go(errand, request, now)
            case PublishRaw():
                self._publish(errand, request, now)
            case SubscribeRaw():
                self._subscribe(errand, request, own, now)
            case UnsubscribeRaw():
                self._unsubscribe(errand, request, own, now)
            case _:
                raise UsageError(f"expected a request, found {type(request).__name__}")
        self._last += 1
        return errand.id

    def cancel(self, number: RequestId, now: Instant) -> None:
        """Its caller waits no more; what is under way goes on unheard."""
        if number in self._open:
            self._fail(self._open[number], CommandCancelled("the request was withdrawn"), now)

    def cancel_all(self, now: Instant) -> None:
        """The session ends."""
        for errand in list(self._open.values()):
            self._fail(errand, CommandCancelled("the session was closed"), now)

    # --- the cloud ---------------------------------------------------------------------------------------

    def took(self, outcome: Outcome | None, now: Instant) -> bool:
        """Take what an exchange brought, if it was one of ours."""
        match outcome:
            case Replied():
                self._replied(outcome, now)
            case Failed(purpose=Purpose.REQUEST):
                errand = self._open.get(RequestId(outcome.about))
                if errand is not None:
                    self._failed(errand, outcome.error, now)
            case _:
                return False
        return True

    def access(self, outcome: Outcome | None, now: Instant) -> None:
        """The session got tokens, or got none: what waits for them goes, or fails."""
        if not isinstance(outcome, Admitted | Failed):
            return
        if isinstance(outcome, Failed) and outcome.purpose is not Purpose.ACCESS:
            return
        waiting, self._for_tokens = self._for_tokens, []
        for errand in waiting:
            if isinstance(outcome, Failed) and not isinstance(outcome.error, TokenExpired):
                self._fail(errand, outcome.error, now)
            else:
                self._try(errand, now)  # after a refused refresh that is a sign-in

    def retry(self, number: RequestId, now: Instant) -> None:
        """The pause before another try is over."""
        if number in self._open:
            self._try(self._open[number], now)

    def _go(self, errand: Errand, request: CloudRequest, now: Instant) -> None:
        """Send a query, or have it wait for tokens."""
        tokens = self._gateway.access.usable(now)
        if tokens is None:
            if errand.waits == MOST_WAITS:
                raise TokenExpired("the cloud issues no tokens that last")
            errand.waits += 1
            self._gateway.ask_access(now)
            self._for_tokens.append(errand)
        else:
            device = errand.device
            feature = None if device is None else self._book.feature(device.mac)
            asker = Asker(
                base_url=self._config.base_url,
                tokens=tokens,
                email=self._config.email,
                device=device,
                serial=None if feature is None else feature.controller_serial_number,
            )
            http = request.to_http(asker)
            errand.tries += 1
            self._gateway.ask(http, errand.id, now)
        self._open[errand.id] = errand

    def _try(self, errand: Errand, now: Instant) -> None:
        try:
            if isinstance(errand.request, CloudRequest):
                self._go(errand, errand.request, now)
        except NavienError as error:
            self._fail(errand, error, now)

    def _replied(self, replied: Replied, now: Instant) -> None:
        errand = self._open.get(RequestId(replied.about))
        if errand is None or not isinstance(errand.request, CloudRequest):
            return
        try:
            answer = errand.request.read(replied.reply, errand.device)
        except TokenExpired as error:
            self._gateway.access.rejected(now)
            if errand.renewed:
                self._fail(errand, error, now)
            else:
                # With others; or with the same once more, when they are too fresh to be at fault.
                errand.renewed = True
                self._try(errand, now)
        except NavienError as error:
            self._failed(errand, error, now)
        else:
            self._end(errand)
            self._events.append(RequestAnswered(now, errand.id, errand.device, errand.request, answer))

    def _failed(self, errand: Errand, error: NavienError, now: Instant) -> None:
        request = errand.request
        again = isinstance(request, CloudRequest) and request.repeatable and error.retryable
        if not again or errand.tries >= MOST_TRIES:
            self._fail(errand, error, now)
            return
        pause = FIRST_PAUSE * 2 ** (errand.tries - 1) * self._rng.uniform(1.0, 2.0)
        if isinstance(error, Throttled):
            pause = max(pause, error.retry_after or 0.0)
        self._deadlines.set((Timer.REQUEST, errand.id), now.monotonic + pause)

    # --- raw MQTT ----------------------------------------------------------------------------------------

    def _publish(self, errand: Errand, request: PublishRaw, now: Instant) -> None:
        if not self._connection.ready:
            raise LinkBroken("there is no connection to publish over")
        number = self._connection.publish(request.topic, request.payload, request.qos, now, retain=request.retain)
        if request.qos:
            self._open[errand.id] = errand
            self._publishes[number] = errand.id
        else:
            self._done(errand, None, now)

    def _subscribe(self, errand: Errand, request: SubscribeRaw, own: list[str], now: Instant) -> None:
        others = {*own, *self._qos, request.filter}
        if len(others) > MOST_FILTERS:
            raise UsageError(f"one connection carries {MOST_FILTERS} filters, {len(own)} of them its own")
        self._qos[request.filter] = request.qos
        if request.filter in own:
            self._done(errand, request.filter, now)
            return
        self._asked(errand, self._connection.subscribe([request.filter], now, qos=request.qos), now)

    def _unsubscribe(self, errand: Errand, request: UnsubscribeRaw, own: list[str], now: Instant) -> None:
        known = self._qos.pop(request.filter, None) is not None and request.filter not in own
        self._asked(errand, self._connection.unsubscribe([request.filter], now) if known else (), now)

    def _asked(self, errand: Errand, questions: tuple[int, ...], now: Instant) -> None:
        if not questions:
            # No link to ask on: the next one is asked.
            self._done(errand, self._filter(errand), now)
            return
        self._open[errand.id] = errand
        self._questions.update(dict.fromkeys(questions, errand.id))

    def published(self, notice: PublishSettled, now: Instant) -> None:
        """A publish ended; of ours its caller is told."""
        number = self._publishes.pop(notice.id, None)
        errand = None if number is None else self._open.get(number)
        if errand is None:
            return
        if notice.code is None:
            self._fail(errand, LinkBroken(notice.reason or "the connection was lost before the answer"), now)
        elif notice.code >= REFUSED:
            sentence = f"the broker refused the message with code {notice.code:#x}"
            self._fail(errand, CommandRefused(sentence, code=notice.code), now)
        else:
            self._done(errand, notice.code, now)

    def subscribed(self, notice: SubscribeSettled, now: Instant) -> None:
        """A question about filters ended; of ours its caller is told."""
        number = self._questions.pop(notice.id, None)
        errand = None if number is None else self._open.get(number)
        if errand is None:
            return
        refused = next((code for code in notice.codes or () if code >= REFUSED), None)
        if refused is not None and isinstance(errand.request, SubscribeRaw):
            self._qos.pop(errand.request.filter, None)
            sentence = f"the broker refused the filter with code {refused:#x}"
            self._fail(errand, CommandRefused(sentence, code=refused), now)
        else:
            self._done(errand, self._filter(errand), now)

    def heard(self, message: MessageReceived, own: list[str], now: Instant) -> bool:
        """A message came: tell of it when it is wanted raw; true when the session itself did not ask for it."""
        if not any(topic_matches(one, message.topic) for one in self._qos):
            return False
        self._events.append(RawReceived(now, message.link, message.topic, message.payload, message.retain))
        return not any(topic_matches(one, message.topic) for one in own)

    @staticmethod
    def _filter(errand: Errand) -> str | None:
        request = errand.request
        return request.filter if isinstance(request, SubscribeRaw | UnsubscribeRaw) else None

    # --- out ---------------------------------------------------------------------------------------------

    def _end(self, errand: Errand) -> None:
        self._open.pop(errand.id, None)
        self._deadlines.cancel((Timer.REQUEST, errand.id))
        if errand in self._for_tokens:
            self._for_tokens.remove(errand)

    def _done(self, errand: Errand, answer: object, now: Instant) -> None:
        self._end(errand)
        self._events.append(RequestAnswered(now, errand.id, errand.device, errand.request, answer))

    def _fail(self, errand: Errand, error: NavienError, now: Instant) -> None:
        self._end(errand)
        self._events.append(RequestFailed(now, errand.id, errand.device, errand.request, error))
