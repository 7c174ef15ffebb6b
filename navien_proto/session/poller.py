"""Asking each heater on its periods, and noticing when one falls silent.

Each heater has two periods, one for its status and one for its device info. What the heater says unasked counts as
an answer: the wait begins anew, so a heater that pushes is hardly asked. No wait is longer than its period; it is
shorter by up to a tenth, drawn at random, lest many heaters and many programs ask in step. A heater that is known
to be off line is not asked.

A heater that does not answer is asked once more before it is called stale, and while it is stale every minute for
a quarter of an hour: most outages are short, and are over sooner than a period.
"""

from __future__ import annotations

from random import Random

from attrs import define

from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import Connection
from navien_proto.session.changes import Changes
from navien_proto.session.config import (
    ACTIVE_FACTOR,
    GRACE,
    IDLE_FACTOR,
    SHORTEST_ACTIVE,
    USUAL_PERIOD,
    SessionConfig,
)
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import CameBack, Degraded, DeviceOnline, Event, Impairment, WentStale
from navien_proto.session.freshness import Freshness, Silence
from navien_proto.session.identity import Identity
from navien_proto.wire.commands import RequestDeviceInfo, RequestStatus
from navien_proto.wire.envelope import app_connection
from navien_proto.wire.messages import FeatureMessage, Message, StatusMessage

__all__ = ["Poller"]

# AWS IoT takes 100 publishes a second, and a connect costs three a heater (docs/protocol/mqtt.md section 3).
POLL_SPACING = 0.1
# The share of a period by which a wait may be shorter.
JITTER = 0.1
# A stale heater is asked this often for this long: a request costs next to nothing, a return not noticed a period.
STALE_PERIOD = 60.0
STALE_HASTE = 900.0


@define(eq=False)
class _Plan:
    """One heater's waits: how long they are, and when they end (monotonic seconds)."""

    status_wait: float | None = None
    status_due: float = 0.0
    info_wait: float | None = None
    info_due: float = 0.0
    asked: bool = False
    stale_since: float = 0.0


class Poller:
    """The session's own requests, and the freshness they keep up.

    ``events`` and ``deadlines`` are the session's own.
    """

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        desk: Desk,
        book: DeviceBook,
        changes: Changes,
        identity: Identity,
        events: list[Event],
        deadlines: Deadlines,
        *,
        rng: Random,
    ) -> None:
        self._config = config
        self._connection = connection
        self._desk = desk
        self._book = book
        self._changes = changes
        self._identity = identity
        self._events = events
        self._deadlines = deadlines
        self._rng = rng
        self._fresh = Freshness()
        self._plans: dict[str, _Plan] = {}
        self._greeted: set[str] = set()
        self._told_silent = 0

    # --- what moves it -----------------------------------------------------------------------------------

    def link_up(self, now: Instant) -> None:
        """Greet and ask every heater, one after the other."""
        self._greeted.clear()
        self.begin([device.mac for device in self._book], now)

    def begin(self, macs: list[str], now: Instant) -> None:
        """Greet and ask these heaters, whose filters are acknowledged, one after the other."""
        spacing = max(POLL_SPACING, 3 * self._connection.caution)
        for place, mac in enumerate(macs):
            plan = self._plans[mac] = self._plans.get(mac) or _Plan()
            plan.status_due = plan.info_due = now.monotonic
            plan.asked = False
            self._deadlines.set((Timer.POLL, mac), now.monotonic + place * spacing)
            self._watch(mac, now)

    def link_down(self) -> None:
        """Stop asking; silence goes on being counted."""
        for mac in self._plans:
            self._deadlines.cancel((Timer.POLL, mac))
            self._deadlines.cancel((Timer.INFO, mac))

    def forget(self, mac: str) -> None:
        """The heater is the account's no more."""
        for timer in (Timer.POLL, Timer.INFO, Timer.STALE):
            self._deadlines.cancel((timer, mac))
        self._plans.pop(mac, None)
        self._fresh.forget(mac)
        self._changes.forget(mac)

    def back_online(self, mac: str, now: Instant) -> None:
        """The account's list shows the heater on line again: ask at once what and how it is."""
        plan = self._plans.get(mac)
        if plan is not None:
            plan.status_due = now.monotonic
            self._resume(mac, plan, now)

    def poll(self, mac: str, now: Instant) -> None:
        """The wait for a status is over; on a new connection say hello first, and ask what the heater is."""
        device, plan = self._book.get(mac), self._plans.get(mac)
        if device is None or plan is None or not self._connection.ready or device.online is False:
            return
        if mac not in self._greeted:
            self._greet(device, now)
            if self._connection.caution:
                self._deadlines.set((Timer.INFO, mac), now.monotonic + self._connection.caution)
                self._deadlines.set((Timer.POLL, mac), now.monotonic + 2 * self._connection.caution)
                return
            self.ask_info(mac, now)
        if plan.status_due > now.monotonic:
            self._deadlines.set((Timer.POLL, mac), plan.status_due)
            return
        period = self._period(mac)
        if period is None:
            return
        if self._fresh.stale(mac):
            if plan.asked:
                self._tell_silence(now)  # it had the time to answer over this link
            if now.monotonic - plan.stale_since < STALE_HASTE:
                period = min(period, STALE_PERIOD)
        self._ask(device, RequestStatus(), now)
        plan.asked = True
        plan.status_wait = self._jittered(period)
        plan.status_due = now.monotonic + plan.status_wait
        self._deadlines.set((Timer.POLL, mac), plan.status_due)

    def ask_info(self, mac: str, now: Instant) -> None:
        """The wait for a device info is over."""
        device, plan = self._book.get(mac), self._plans.get(mac)
        if device is None or plan is None or not self._connection.ready or device.online is False:
            return
        if plan.info_due <= now.monotonic:
            self._ask(device, RequestDeviceInfo(), now)
            period = self._config.device_info_intervals.get(mac, self._config.device_info_interval)
            if period is None:
                return
            plan.info_wait = self._jittered(period)
            plan.info_due = now.monotonic + plan.info_wait
        self._deadlines.set((Timer.INFO, mac), plan.info_due)

    def heard(self, device: Device, message: Message, link: int, now: Instant) -> None:
        """A message of the heater came."""
        mac = device.mac
        silence = self._fresh.heard(mac, now)
        plan = self._plans.get(mac)
        if plan is not None:
            if isinstance(message, StatusMessage):
                self._said_status(mac, plan, now)
            elif isinstance(message, FeatureMessage) and plan.info_wait is not None:
                plan.info_due = now.monotonic + plan.info_wait
        if silence is None and device.online is not False:
            return
        online = self._book.heard(device)
        if online is not None:
            self._events.append(DeviceOnline(now, online, link))
        if silence is not None:
            self._events.append(CameBack(now, device, silence, link))
            self._watch(mac, now)
        if plan is not None:
            self._resume(mac, plan, now)

    def fell_silent(self, mac: str, now: Instant) -> bool:
        """The deadline of a heater's freshness came: ask it, or tell that it is stale (true), or wait on."""
        device = self._book.get(mac)
        if device is None:
            return False
        match self._fresh.due(mac, now):
            case Silence.ASK:
                if self._connection.ready and device.online is not False:
                    self._ask(device, RequestStatus(), now)
            case Silence.STALE:
                self._gone_stale(device, now)
                return True
            case None:
                pass
        self._arm(mac)
        return False

    # --- what can be read --------------------------------------------------------------------------------

    def any_stale(self) -> bool:
        """Whether any heater is silent for too long."""
        return any(self._fresh.stale(device.mac) for device in self._book)

    def heard_of(self, mac: str) -> tuple[float | None, bool]:
        """When the heater was last heard (monotonic seconds), if ever, and whether that is too long ago."""
        last = self._fresh.last(mac)
        return None if last is None else last.monotonic, self._fresh.stale(mac)

    @property
    def freshness(self) -> Freshness:
        """When each heater was last heard."""
        return self._fresh

    # --- how it goes about it ----------------------------------------------------------------------------

    def _greet(self, device: Device, now: Instant) -> None:
        self._greeted.add(device.mac)
        hello = app_connection(device, self._identity.client_id)
        self._connection.publish(hello.topic, hello.payload, hello.qos, now)

    def _ask(self, device: Device, command: RequestStatus | RequestDeviceInfo, now: Instant) -> None:
        if not self._desk.polling(device, command):
            self._desk.hand_in(command, device, now, own=True)

    def _resume(self, mac: str, plan: _Plan, now: Instant) -> None:
        """The heater is there again; what kept it away may have changed it: other firmware, another board."""
        if self._connection.ready:
            plan.info_due = now.monotonic
            self._deadlines.set((Timer.INFO, mac), now.monotonic)
            self._deadlines.set((Timer.POLL, mac), plan.status_due if mac in self._greeted else now.monotonic)

    def _said_status(self, mac: str, plan: _Plan, now: Instant) -> None:
        if self._config.adaptive:
            self._adapt(mac, plan, now)
        if plan.status_wait is not None:
            # The timer is left as it is, and looks here when it fires: statuses are many.
            plan.status_due = now.monotonic + plan.status_wait

    def _adapt(self, mac: str, plan: _Plan, now: Instant) -> None:
        """Follow the heater's pace where the present wait is of another."""
        period = self._period(mac)
        wait = plan.status_wait
        if period is None or wait is None or period * (1 - JITTER) <= wait <= period:
            return
        plan.status_wait = self._jittered(period)
        if (Timer.POLL, mac) in self._deadlines:
            self._deadlines.set((Timer.POLL, mac), now.monotonic + plan.status_wait)
        self._watch(mac, now)

    def _period(self, mac: str) -> float | None:
        """Seconds from one status request to the next; ``None`` for none."""
        period = self._config.status_intervals.get(mac, self._config.status_interval)
        if period is None or not self._config.adaptive:
            return period
        if self._changes.active(mac):
            return max(period * ACTIVE_FACTOR, min(period, SHORTEST_ACTIVE))
        return period * IDLE_FACTOR

    def _jittered(self, period: float) -> float:
        return period * self._rng.uniform(1 - JITTER, 1)

    def _watch(self, mac: str, now: Instant) -> None:
        self._fresh.watch(mac, (self._period(mac) or USUAL_PERIOD) + GRACE, now)
        self._arm(mac)

    def _arm(self, mac: str) -> None:
        deadline = self._fresh.deadline(mac)
        if deadline is not None:
            self._deadlines.set((Timer.STALE, mac), deadline)

    def _gone_stale(self, device: Device, now: Instant) -> None:
        mac = device.mac
        link = self._connection.link if self._connection.ready else None
        self._events.append(WentStale(now, device, self._fresh.last(mac), link))
        self._tell_silence(now)
        plan = self._plans.get(mac)
        if plan is not None:
            plan.stale_since = now.monotonic
            plan.status_due = min(plan.status_due, now.monotonic + STALE_PERIOD)
            if (Timer.POLL, mac) in self._deadlines:
                self._deadlines.set((Timer.POLL, mac), plan.status_due)

    def _tell_silence(self, now: Instant) -> None:
        link = self._connection.link
        if (
            self._connection.ready
            and self._told_silent != link
            and self._fresh.all_stale(device.mac for device in self._book)
        ):
            self._told_silent = link
            self._events.append(Degraded(now, link, Impairment.NO_DEVICE_FRESH))
