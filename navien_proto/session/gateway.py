"""The session's side of the REST service: exchanges, their time-outs, and what their answers mean."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from navien_proto.cloud import endpoints
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import CloudError, NavienError, TokenExpired
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session.access import Access
from navien_proto.session.actions import Action, CancelHttp, SendHttp
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.inputs import HttpAnswered, HttpFailed

if TYPE_CHECKING:
    from navien_proto.model.tou import TouPlan

__all__ = ["Admitted", "Failed", "Gateway", "Listed", "Outcome", "Purpose", "Replied", "TouRead"]


class Purpose(Enum):
    """What an exchange is for; there is at most one of a purpose at a time, but for plans and requests."""

    ACCESS = "signing in"
    TOU = "reading the time-of-use plan"
    LIST = "listing the devices"
    REQUEST = "asking the cloud"


@frozen
class _Exchange:
    number: int
    purpose: Purpose
    request: HttpRequest
    retried: bool = False
    about: int = 0


@frozen
class Admitted:
    """Fresh tokens are here."""


@frozen
class Listed:
    """The account's devices, all products."""

    devices: tuple[Device, ...]


@frozen
class TouRead:
    """The time-of-use plan on file, ``None`` when there is none.

    ``about`` is the number given with the question.
    """

    about: int
    plan: TouPlan | None


@frozen
class Replied:
    """The answer to what the application asked for; ``about`` is the number given with it."""

    about: int
    reply: HttpReply


@frozen
class Failed:
    """The exchange did not do what it was for; ``about`` as for TouRead."""

    purpose: Purpose
    error: NavienError
    about: int = 0


Outcome = Admitted | Listed | TouRead | Replied | Failed


class Gateway:
    """Sends what :class:`Access` and the device list need, and reads the answers.

    ``actions`` and ``deadlines`` are the session's own: what is appended there is the session's word.
    """

    def __init__(self, config: SessionConfig, actions: list[Action], deadlines: Deadlines, *, rng: Random) -> None:
        self._config = config
        self._actions = actions
        self._deadlines = deadlines
        self._open: dict[int, _Exchange] = {}
        self._last = 0
        self._pages: list[Device] = []
        self.access = Access(config.email, config.password, config.base_url, rng=rng)

    def busy(self, purpose: Purpose) -> bool:
        """Whether an exchange of that purpose is in flight."""
        return any(exchange.purpose is purpose for exchange in self._open.values())

    def awaits(self, number: int) -> bool:
        """Whether the exchange of that number is in flight."""
        return number in self._open

    def ask_access(self, now: Instant) -> None:
        """Ask for fresh tokens, unless that is already under way.

        Raises:
            AuthError, Throttled: see :meth:`Access.request`.
        """
        if not self.busy(Purpose.ACCESS):
            self._begin(Purpose.ACCESS, self.access.request(now), now)

    def ask_list(self, now: Instant) -> None:
        """Ask for the device list, unless that is already under way; needs tokens."""
        tokens = self.access.tokens
        if tokens is not None and not self.busy(Purpose.LIST):
            self._pages = []
            request = endpoints.device_list(self._config.base_url, tokens, self._config.email)
            self._begin(Purpose.LIST, request, now)

    def ask_tou(self, device: Device, serial: str, about: int, now: Instant) -> None:
        """Ask for a device's time-of-use plan on file; ``serial`` is that of its controller.

        Raises:
            TokenExpired: there are no tokens now.
        """
        tokens = self.access.usable(now)
        if tokens is None:
            raise TokenExpired("the account is being signed in again")
        request = endpoints.tou(self._config.base_url, tokens, self._config.email, device, serial)
        self._send(_Exchange(0, Purpose.TOU, request, about=about), now)

    def ask(self, request: HttpRequest, about: int, now: Instant) -> None:
        """Send what the application asked for."""
        self._send(_Exchange(0, Purpose.REQUEST, request, about=about), now)

    def answered(self, report: HttpAnswered, now: Instant) -> Outcome | None:
        """What an answer brought; ``None`` for an exchange that is no more, or one that goes on."""
        exchange = self._take(report.exchange)
        if exchange is None:
            return None
        try:
            if exchange.purpose is Purpose.ACCESS:
                self.access.answer(report.reply, now)
                return Admitted()
            if exchange.purpose is Purpose.REQUEST:
                return Replied(exchange.about, report.reply)
            if exchange.purpose is Purpose.TOU:
                plan = endpoints.parse_tou(report.reply).plan
                return TouRead(exchange.about, None if plan is None else plan.to_plan())
            return self._page(report.reply, now)
        except NavienError as error:
            if isinstance(error, TokenExpired):
                self.access.rejected(now)
            return Failed(exchange.purpose, error, exchange.about)

    def failed(self, report: HttpFailed, now: Instant) -> Outcome | None:
        """No answer came. A request that never left an idle connection is sent once more without a word."""
        exchange = self._take(report.exchange)
        if exchange is None:
            return None
        if not report.sent and not exchange.retried:
            self._send(evolve(exchange, retried=True), now)
            return None
        if not report.sent and exchange.purpose is Purpose.ACCESS:
            self.access.never_left()
        error = CloudError(f"{exchange.purpose.value} failed: {report.reason}")
        return Failed(exchange.purpose, error, exchange.about)

    def timed_out(self, number: int, now: Instant) -> Outcome | None:
        """The deadline of an exchange has come."""
        self._actions.append(CancelHttp(number))
        return self.failed(HttpFailed(number, f"no answer in {self._config.http_timeout:g} s"), now)

    def abandon(self) -> None:
        """Drop every exchange."""
        for number in tuple(self._open):
            self._take(number)
            self._actions.append(CancelHttp(number))

    def _page(self, reply: HttpReply, now: Instant) -> Outcome | None:
        page = endpoints.parse_device_list(reply)
        known = {device.mac for device in self._pages}
        fresh = [device for device in page if device.mac not in known]
        self._pages.extend(fresh)
        tokens = self.access.tokens
        # A full page may have a successor; one that repeats what is known is the end (rest.md section 5).
        if len(page) < endpoints.PAGE_SIZE or not fresh or tokens is None:
            return Listed(tuple(self._pages))
        request = endpoints.device_list(self._config.base_url, tokens, self._config.email, offset=len(self._pages))
        self._begin(Purpose.LIST, request, now)
        return None

    def _begin(self, purpose: Purpose, request: HttpRequest, now: Instant) -> None:
        self._send(_Exchange(0, purpose, request), now)

    def _send(self, exchange: _Exchange, now: Instant) -> None:
        self._last += 1
        self._open[self._last] = evolve(exchange, number=self._last)
        self._deadlines.set((Timer.HTTP, self._last), now.monotonic + self._config.http_timeout)
        self._actions.append(SendHttp(self._last, exchange.request))

    def _take(self, number: int) -> _Exchange | None:
        self._deadlines.cancel((Timer.HTTP, number))
        return self._open.pop(number, None)
