"""The way of a session from its start to its end: what is missing for a link, who fetches it, what failures mean.

The table of :mod:`navien_proto.session.states` says where one can go; here stands why one goes.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from attrs import evolve

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import (
    BadCredentials,
    LinkBroken,
    NavienError,
    RemoteProtocolError,
    Throttled,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import Connection, LinkState
from navien_proto.mqtt.notices import FilterRefused, LinkDown, LinkUp, TopicRefused
from navien_proto.session import events as ev
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import Event
from navien_proto.session.gateway import Admitted, Failed, Gateway, Listed, Outcome, Purpose, TouRead
from navien_proto.session.identity import Identity
from navien_proto.session.poller import Poller
from navien_proto.session.states import TRANSITIONS, State, Trigger
from navien_proto.session.upgrade import CLOCK_TOLERANCE, REST_TOLERANCE, Upgrade
from navien_proto.wire import topics

__all__ = ["Lifecycle"]

# A renewal in the background that failed is tried again within these seconds, long before the expiry bites.
RENEW_RETRY = (60.0, 120.0)
# docs/protocol/mqtt.md section 3: up to four filters a client beside the 45 of its devices, one of them its own.
MOST_HOMES = 3
HTTP_FORBIDDEN = 403
# The list is asked this often for this long after trouble began (docs/protocol/rest.md section 10 allows no more).
RELIST_SOON = 60.0
RELIST_HASTE = 900.0


class Lifecycle:
    """Where the session stands, and its next step. ``events`` and ``deadlines`` are the session's own."""

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        gateway: Gateway,
        book: DeviceBook,
        desk: Desk,
        poller: Poller,
        identity: Identity,
        events: list[Event],
        deadlines: Deadlines,
        *,
        rng: Random,
    ) -> None:
        self._config = config
        self._connection = connection
        self._gateway = gateway
        self._book = book
        self._desk = desk
        self._poller = poller
        self._identity = identity
        self._events = events
        self._deadlines = deadlines
        self._rng = rng
        self._upgrade = Upgrade(config)
        self._account = gateway.access.account
        self._admitted = False
        self._ever_ready = False
        self._troubled: float | None = None
        self._joining: list[str] = []
        self._impaired: set[ev.Impairment] = set()
        self._lasting: set[ev.Impairment] = set()
        self._problem: NavienError = LinkBroken("not connected yet")
        self._fatal: NavienError | None = None
        self.more_filters: tuple[str, ...] = ()
        self.state = State.IDLE

    @property
    def running(self) -> bool:
        """Whether it was started and is not about to end."""
        return self.state not in (State.IDLE, State.CLOSING, State.CLOSED)

    @property
    def problem(self) -> NavienError | None:
        """Why the session is not ready, as far as known; ``None`` when it is."""
        return None if self.state is State.READY else self._fatal or self._problem

    @property
    def clock_offset(self) -> timedelta:
        """How much the cloud's clock is ahead of ours, as far as learnt."""
        return self._upgrade.clock_offset

    @clock_offset.setter
    def clock_offset(self, offset: timedelta) -> None:
        self._upgrade.clock_offset = offset

    # --- the way up --------------------------------------------------------------------------------------

    def begin(self, account: SavedAccount | None) -> None:
        """Start, with what a token store kept. Works once."""
        if self.state is State.IDLE and self._connection.state is LinkState.IDLE:
            if account is not None:
                self._gateway.access.restore(account)
                self._account = account
            self._connection.start()

    def advance(self, now: Instant) -> None:
        """The connection wants an endpoint: do the next thing that is missing for one."""
        if self._connection.state is not LinkState.DUE:
            return
        tokens = self._gateway.access.usable(now)
        if tokens is None:
            self._go(Trigger.SIGN_IN)
            self._ask_access(now)
        elif not self._book.known:
            self._go(Trigger.LIST)
            self._gateway.ask_list(now)
        else:
            if (Timer.RENEW, 0) not in self._deadlines:
                self._plan_renewal(now)
            self._go(Trigger.OPEN)
            self._connection.set_filters([*self.own_filters(), *self.more_filters], now)
            endpoint = self._upgrade.endpoint(tokens.credentials, now)
            self._connection.open(endpoint, self._identity.client_id, now)

    def own_filters(self) -> list[str]:
        """What to subscribe to for ourselves (docs/protocol/mqtt.md section 5.4)."""
        devices = [topics.device_filter(device.mac) for device in self._book]
        client_id = self._identity.client_id
        homes = tuple(dict.fromkeys(device.home_seq or 0 for device in self._book))[:MOST_HOMES]
        self._desk.homes = homes
        app_form = [topics.app_filter(home, 0, client_id) for home in homes]
        return [*devices, topics.client_filter(client_id), *app_form]

    def link_up(self, notice: LinkUp, now: Instant) -> None:
        """Every filter is acknowledged."""
        self._go(Trigger.UP)
        self._ever_ready = True
        self._events.append(ev.Connected(now, notice.link, notice.session_present))
        if not self._connection.denied:
            self._lasting.clear()
            self._impaired.clear()
        told = sorted(self._impaired, key=lambda one: one.name)
        self._events += [ev.Degraded(now, notice.link, impairment) for impairment in told]
        self._poller.link_up(now)

    def _go(self, trigger: Trigger) -> None:
        self.state = TRANSITIONS[self.state, trigger]

    # --- the account -------------------------------------------------------------------------------------

    def tell_account(self, now: Instant) -> None:
        """Tell when what a token store should keep has changed."""
        account = self._gateway.access.account
        if account is not self._account:
            self._account = account
            self._events.append(ev.AccountChanged(now, account))

    def renew(self, now: Instant) -> None:
        """Fresh tokens are due, while everything still works."""
        if self.state in (State.CONNECTING, State.READY):
            self._ask_access(now)

    def outcome(self, outcome: Outcome | None, now: Instant) -> None:
        """Take what an HTTP exchange brought."""
        match outcome:
            case None:
                return
            case Admitted():
                self._events.append(ev.SignedIn(now, renewed=self._admitted))
                self._admitted = True
                self._plan_renewal(now)
                if self._gateway.access.usable(now) is None:
                    # Asking again at once would be asking for ever.
                    error = RemoteProtocolError("the cloud issued tokens that expire at once")
                    self._failed(Failed(Purpose.ACCESS, error), now)
            case Listed():
                self._listed(outcome.devices, now)
            case TouRead():
                self._desk.cloud_answered(outcome.about, outcome.plan, now)
            case Failed(purpose=Purpose.TOU):
                self._desk.cloud_answered(outcome.about, outcome.error, now)
            case Failed():
                self._failed(outcome, now)
        self.advance(now)

    def _ask_access(self, now: Instant) -> None:
        try:
            self._gateway.ask_access(now)
        except NavienError as error:
            self._failed(Failed(Purpose.ACCESS, error), now)

    def _plan_renewal(self, now: Instant) -> None:
        due = now.monotonic + self._gateway.access.renewal_in(now)
        self._deadlines.set((Timer.RENEW, 0), due)

    def _failed(self, failed: Failed, now: Instant) -> None:
        error = failed.error
        if self._is_final(error):
            if isinstance(error, BadCredentials):
                self._events.append(ev.CredentialsRefused(now, error))
            self.close(error, now)
        elif self._connection.state is LinkState.DUE:
            self._problem = error
            at_least = (error.retry_after or 0.0) if isinstance(error, Throttled) else 0.0
            self._go(Trigger.DOWN)
            self._connection.fail(str(error), now, at_least=at_least)
        elif failed.purpose is Purpose.ACCESS:
            # A locked account stays locked for as long as it is tried.
            at_least = (error.retry_after or 0.0) if isinstance(error, Throttled) else 0.0
            wait = max(at_least, self._rng.uniform(*RENEW_RETRY))
            self._deadlines.set((Timer.RENEW, 0), now.monotonic + wait)
        else:
            wait = self._config.relist_interval
            if self._gateway.access.tokens is None:
                # The list was refused for want of good tokens.
                self._deadlines.set((Timer.RENEW, 0), now.monotonic)
                wait = min(wait, RELIST_SOON)
            self._deadlines.set((Timer.RELIST, 0), now.monotonic + wait)

    def _is_final(self, error: NavienError) -> bool:
        # Only proof ends a session, or a mistake of ours: all else may be mended by another attempt (F03).
        if isinstance(error, (BadCredentials, UsageError)):
            return True
        return self._config.fail_fast and not self._ever_ready

    def _listed(self, devices: tuple[Device, ...], now: Instant) -> None:
        before = tuple(self._book)
        first = not self._book.known
        try:
            news = self._book.listed(devices)
        except UsageError as error:
            self.close(error, now)
            return
        present = tuple(self._book)
        if first or [evolve(device, online=None) for device in before] != [
            evolve(device, online=None) for device in present
        ]:
            self._events.append(ev.DevicesListed(now, present))
        link = self._connection.link if self._connection.ready else None
        if not first:
            self._account_changed(before, present, link, now)
        for device in news:
            event = ev.DeviceOnline if device.online else ev.DeviceOffline
            self._events.append(event(now, device, link))
            if device.online:
                self._poller.back_online(device.mac, now)
        self._plan_relist(now)

    def _account_changed(
        self, before: tuple[Device, ...], present: tuple[Device, ...], link: int | None, now: Instant
    ) -> None:
        """Heaters came or went: known by their MAC, wherever they stand."""
        macs = {device.mac for device in present}
        for device in before:
            if device.mac not in macs:
                self._poller.forget(device.mac)
                self._events.append(ev.DeviceRemoved(now, device, link))
        known = {device.mac for device in before}
        added = [device for device in present if device.mac not in known]
        self._events += [ev.DeviceAdded(now, device, link) for device in added]
        if link is not None and macs != known:
            self._joining += [device.mac for device in added]
            self._connection.set_filters([*self.own_filters(), *self.more_filters], now)

    def subscribed(self, now: Instant) -> None:
        """Filters that were asked for while the link was up are answered: heaters that joined can be asked."""
        if self._connection.ready and not self._connection.subscribing:
            joined = [mac for mac in self._joining if self._book.get(mac) is not None]
            self._joining.clear()
            self._poller.begin(joined, now)

    def relist(self, now: Instant) -> None:
        """The account's list is due. The next date stands, should this one bring no answer."""
        self._deadlines.set((Timer.RELIST, 0), now.monotonic + RELIST_SOON)
        if self.state is State.READY:
            self._gateway.ask_list(now)

    def _plan_relist(self, now: Instant) -> None:
        well = len(self._book) and not self._poller.any_stale() and not self._book.any_offline()
        if well:
            self._troubled = None
            wait = self._config.list_interval
        else:
            self._troubled = now.monotonic if self._troubled is None else self._troubled
            wait = self._config.relist_interval
            if now.monotonic - self._troubled < RELIST_HASTE:
                wait = min(wait, RELIST_SOON)
        self._deadlines.set((Timer.RELIST, 0), now.monotonic + wait)

    # --- the way down ------------------------------------------------------------------------------------

    def link_down(self, notice: LinkDown, now: Instant) -> None:
        """The link is gone, or did not come up."""
        self._desk.link_down(now)
        self._poller.link_down()
        if notice.was_up:
            lost = ev.Disconnected(now, notice.link, notice.reason, notice.planned, notice.retry_in)
            self._events.append(lost)
        self._joining.clear()
        if notice.planned:
            self._lasting.clear()  # what was set aside is tried once more
        self._impaired = set(self._lasting)
        self._problem = LinkBroken(f"the connection to the message broker failed: {notice.reason}")
        if notice.kicked:
            self._thrown_out(now)
        if notice.status == HTTP_FORBIDDEN:
            self._forbidden(notice, now)
        self._go(Trigger.DOWN)
        if not notice.planned and self._is_final(self._problem):
            self.close(self._problem, now)

    def retrying(self, delay: float, failures: int, now: Instant) -> None:
        """Another attempt is planned."""
        if self.state is not State.CLOSING:  # else the notice before it, of the lost link, ended the session
            self._events.append(ev.Retrying(now, self._problem, delay, failures))

    def _thrown_out(self, now: Instant) -> None:
        """The broker ends link after link at once: somebody else, with other credentials, may be let be (F06)."""
        renewed = self._identity.renew()
        self._gateway.access.rejected(now)
        hint = "a fresh client id is used" if renewed else "the client id is the one that was configured"
        self._problem = LinkBroken(
            "the message broker ends every connection as soon as it stands: another program may have the same "
            f"client id; {hint}"
        )

    def filter_refused(self, notice: FilterRefused, now: Instant) -> None:
        """The broker does not let us hear something."""
        self._events.append(ev.SubscriptionRefused(now, notice.filter, notice.code, notice.hung_up))
        if notice.filter not in self.more_filters:
            self._impair(ev.Impairment.FILTER_REFUSED, now, lasting=notice.hung_up)

    def topic_refused(self, notice: TopicRefused, now: Instant) -> None:
        """The broker does not let us say something."""
        self._events.append(ev.PublishRefused(now, notice.topic))
        self._impair(ev.Impairment.TOPIC_REFUSED, now, lasting=True)

    def _impair(self, impairment: ev.Impairment, now: Instant, *, lasting: bool) -> None:
        if lasting:
            self._lasting.add(impairment)
        if self._connection.ready and self.state is State.READY and impairment not in self._impaired:
            self._events.append(ev.Degraded(now, self._connection.link, impairment))
        self._impaired.add(impairment)

    def _forbidden(self, notice: LinkDown, now: Instant) -> None:
        """A signature was refused: because our clock is wrong, or the credentials are no longer good."""
        if not self._corrected(notice.date, now, CLOCK_TOLERANCE):
            self._gateway.access.rejected(now)

    def learn_clock(self, date: str | None, now: Instant) -> None:
        """Take the cloud's time from the Date header of a REST answer."""
        self._corrected(date, now, REST_TOLERANCE)

    def _corrected(self, date: str | None, now: Instant, tolerance: timedelta) -> bool:
        wrong = self._upgrade.learn(date, now, tolerance=tolerance)
        if wrong:
            self._events.append(ev.ClockCorrected(now, self._upgrade.clock_offset.total_seconds()))
        return wrong

    def close(self, error: NavienError | None, now: Instant) -> None:
        """End for good; ``error`` is why, ``None`` when the application wishes it."""
        if self.state in (State.CLOSING, State.CLOSED):
            return
        self._fatal = error
        self._go(Trigger.STOP)
        self._gateway.abandon()
        self._desk.cancel_all("the session was closed", now)
        self._deadlines.clear()
        self._connection.stop(now)

    def ended(self, now: Instant, *, exhausted: bool) -> None:
        """The connection is closed: for ``exhausted`` attempts, or because we wished it."""
        if exhausted:
            self.close(self._problem, now)
        self._go(Trigger.ENDED)
        self._events.append(ev.SessionClosed(now, self._fatal))
