"""The way of a session from its start to its end: what is missing for a link, who fetches it, what failures mean.

The table of :mod:`navien_proto.session.states` says where one can go; here stands why one goes.
"""

from __future__ import annotations

from random import Random

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
from navien_proto.mqtt.notices import LinkDown, LinkUp
from navien_proto.session import events as ev
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import Event
from navien_proto.session.gateway import Admitted, Failed, Gateway, Listed, Outcome, Purpose
from navien_proto.session.poller import Poller
from navien_proto.session.states import TRANSITIONS, State, Trigger
from navien_proto.session.upgrade import Upgrade
from navien_proto.wire import topics

__all__ = ["Lifecycle"]

# A renewal in the background that failed is tried again within these seconds, long before the expiry bites.
RENEW_RETRY = (60.0, 120.0)
HTTP_FORBIDDEN = 403


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
        client_id: str,
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
        self._client_id = client_id
        self._events = events
        self._deadlines = deadlines
        self._rng = rng
        self._upgrade = Upgrade(config)
        self._account = gateway.access.account
        self._admitted = False
        self._ever_ready = False
        self._problem: NavienError = LinkBroken("not connected yet")
        self._fatal: NavienError | None = None
        self.state = State.IDLE

    @property
    def running(self) -> bool:
        """Whether it was started and is not about to end."""
        return self.state not in (State.IDLE, State.CLOSING, State.CLOSED)

    @property
    def problem(self) -> NavienError | None:
        """Why the session is not ready, as far as known; ``None`` when it is."""
        return None if self.state is State.READY else self._fatal or self._problem

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
            macs = [device.mac for device in self._book]
            filters = [topics.device_filter(mac) for mac in macs]
            self._connection.set_filters([*filters, topics.client_filter(self._client_id)])
            endpoint = self._upgrade.endpoint(tokens.credentials, now)
            self._connection.open(endpoint, self._client_id, now)

    def link_up(self, notice: LinkUp, now: Instant) -> None:
        """Every filter is acknowledged."""
        self._go(Trigger.UP)
        self._ever_ready = True
        self._events.append(ev.Connected(now, notice.link, notice.session_present))
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
            self.close(error, now)
        elif self._connection.state is LinkState.DUE:
            self._problem = error
            at_least = (error.retry_after or 0.0) if isinstance(error, Throttled) else 0.0
            self._go(Trigger.DOWN)
            self._connection.fail(str(error), now, at_least=at_least)
        elif failed.purpose is Purpose.ACCESS:
            self._deadlines.set((Timer.RENEW, 0), now.monotonic + self._rng.uniform(*RENEW_RETRY))
        else:
            self._deadlines.set((Timer.RELIST, 0), now.monotonic + self._config.relist_interval)

    def _is_final(self, error: NavienError) -> bool:
        # Only proof ends a session, or a mistake of ours: all else may be mended by another attempt (F03).
        if isinstance(error, (BadCredentials, UsageError)):
            return True
        return self._config.fail_fast and not self._ever_ready

    def _listed(self, devices: tuple[Device, ...], now: Instant) -> None:
        before = {device.mac for device in self._book}
        first = not self._book.known
        try:
            news = self._book.listed(devices)
        except UsageError as error:
            self.close(error, now)
            return
        changed = before != {device.mac for device in self._book}
        if first or changed:
            self._events.append(ev.DevicesListed(now, tuple(self._book)))
        for device in news:
            event = ev.DeviceOnline if device.online else ev.DeviceOffline
            self._events.append(event(now, device))
        if changed and not first:
            self._connection.replace("the account's heaters changed", now)
        self._plan_relist(now)

    def _plan_relist(self, now: Instant) -> None:
        if self._poller.any_stale() or self._book.any_offline() or not len(self._book):
            self._deadlines.set((Timer.RELIST, 0), now.monotonic + self._config.relist_interval)

    # --- the way down ------------------------------------------------------------------------------------

    def link_down(self, notice: LinkDown, now: Instant) -> None:
        """The link is gone, or did not come up."""
        self._desk.link_down(now)
        self._poller.link_down()
        if notice.was_up:
            self._events.append(ev.Disconnected(now, notice.link, notice.reason, notice.planned))
        self._problem = LinkBroken(f"the connection to the message broker failed: {notice.reason}")
        if notice.status == HTTP_FORBIDDEN:
            self._forbidden(notice, now)
        self._go(Trigger.DOWN)
        if not notice.planned and self._is_final(self._problem):
            self.close(self._problem, now)

    def retrying(self, delay: float, failures: int, now: Instant) -> None:
        """Another attempt is planned."""
        if self.state is not State.CLOSING:  # else the notice before it, of the lost link, ended the session
            self._events.append(ev.Retrying(now, self._problem, delay, failures))

    def _forbidden(self, notice: LinkDown, now: Instant) -> None:
        """A signature was refused: because our clock is wrong, or the credentials are no longer good."""
        if self._upgrade.learn(notice.date, now):
            self._events.append(ev.ClockCorrected(now, self._upgrade.clock_offset.total_seconds()))
        else:
            self._gateway.access.rejected(now)

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
