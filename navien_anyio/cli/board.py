"""What is known while watching: each heater's latest status, the connection, counts, and what has to be said.

Pure: events of the session go in, and out come readings and gaps for a log and notices for a person. An outage
is one notice when it begins, one when it ends and one an hour between; routine renewals are none.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import define, field, frozen

from navien_anyio.cli.choosing import choose
from navien_anyio.cli.durations import show_duration
from navien_anyio.cli.outages import Outages
from navien_anyio.cli.rows import Gap, Reading
from navien_anyio.cli.words import label
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.session import events as ev
from navien_proto.wire.messages import Reason

__all__ = ["Board", "Counts", "HeaterView", "Notice", "Tone"]

LINK = "link"


class Tone(Enum):
    """How a notice is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@frozen
class Notice:
    """A sentence for a person, and when what it tells of happened."""

    at: datetime
    text: str
    tone: Tone = Tone.PLAIN


@define
class HeaterView:
    """One heater as it is shown."""

    device: Device
    status: DeviceStatus | None = None
    at: Instant | None = None
    reason: Reason = Reason.UNKNOWN
    stale: bool = False
    # From when silence counts: the last status, or when we began to expect one.
    expected: Instant | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What it is called."""
        return label(self.device)


@define
class Counts:
    """What the summary tells."""

    messages: int = 0
    connections: int = 0
    reconnects: int = 0
    renewals: int = 0
    gaps: int = 0
    gap_seconds: float = 0.0
    undecodable: int = 0
    missed: int = 0


class Board:
    """Takes every event of a session; ``heaters`` are those watched, in the account's order.

    Args:
        started: when watching began.
        limit: silence in seconds beyond which a log has a gap.
        wanted: the one heater to watch, by name or end of its MAC; all when ``None``.
    """

    def __init__(self, started: Instant, limit: float, wanted: str | None = None) -> None:
        self.started = started
        self.counts = Counts()
        self.connected = False
        self.heaters: dict[str, HeaterView] = {}
        self.problem: NavienError | None = None
        self._limit = limit
        self._wanted = wanted
        self._outages = Outages()
        self._known = False
        self._planned = False
        self._notices: list[Notice] = []
        self._rows: list[Reading | Gap] = []
        self._told_garbled = False

    def notices(self) -> list[Notice]:
        """What has to be said since the last call, in order."""
        notices, self._notices = self._notices, []
        return notices

    def rows(self) -> list[Reading | Gap]:
        """What has to be logged since the last call, in order."""
        rows, self._rows = self._rows, []
        return rows

    def take(self, event: ev.Event) -> None:
        """Take one event.

        Raises:
            CliError: the account has no heater, or not the one that is wanted.
        """
        match event:
            case ev.DevicesListed():
                self._listed(event)
            case ev.Connected():
                self._connected(event)
            case ev.Disconnected():
                self._disconnected(event)
            case ev.Retrying():
                self._retrying(event)
            case ev.StatusReceived():
                self._status(event)
            case ev.DeviceOffline() | ev.DeviceOnline() | ev.WentStale() | ev.CameBack() | ev.AnswerMissed():
                view = self.heaters.get(event.device.mac)
                if view is not None:
                    self._about(view, event)
            case ev.SubscriptionRefused():
                self._say(event.at, f"the broker refused a subscription (code {event.code:#x})", Tone.BAD)
            case ev.ClockCorrected():
                self._say(event.at, _clock(event.offset), Tone.BAD)
            case ev.Undecodable():
                self._garbled(event)
            case ev.EventsMissed():
                self.counts.missed += event.count
                self._say(event.at, f"too slow: {event.count} events were dropped", Tone.BAD)
            case _:
                pass

    def tick(self, now: Instant) -> None:
        """Time has passed: remind of what is still out."""
        for key, seconds, what in self._outages.reminders(now):
            who = "the service" if key == LINK else self.heaters[key].name
            self._say(now, f"{who} is still out after {show_duration(seconds)}: {what}", Tone.BAD)

    def finish(self, now: Instant) -> None:
        """Watching ends: a silence that lasts becomes a gap."""
        for view in self.heaters.values():
            self._look_for_gap(view, now)

    # --- the connection ----------------------------------------------------------------------------------

    def _connected(self, event: ev.Connected) -> None:
        counts = self.counts
        counts.connections += 1
        lasted = self._outages.end(LINK, event.at)
        if self._planned:
            counts.renewals += 1
        elif counts.connections > 1:
            counts.reconnects += 1
            self._say(event.at, f"connected again after {show_duration(lasted or 0.0)}", Tone.GOOD)
        else:
            self._say(event.at, "connected; waiting for the heater to answer", Tone.GOOD)
        self.connected, self._planned, self.problem = True, False, None

    def _disconnected(self, event: ev.Disconnected) -> None:
        self.connected = False
        self._planned = event.planned
        if not event.planned and self._outages.begin(LINK, event.at, event.reason):
            self._say(event.at, f"connection lost: {event.reason}; reconnecting", Tone.BAD)

    def _retrying(self, event: ev.Retrying) -> None:
        self.problem = event.error
        self._planned = False  # a renewal that fails is an outage
        if self._outages.begin(LINK, event.at, str(event.error)):
            self._say(event.at, f"no connection: {event.error}; trying again until it works", Tone.BAD)

    # --- the heaters -------------------------------------------------------------------------------------

    def _listed(self, event: ev.DevicesListed) -> None:
        devices = event.devices
        if not self._known:
            devices = choose(devices, self._wanted)
        elif self._wanted is not None:
            devices = tuple(device for device in devices if device.mac in self.heaters)
        self._known = True
        self.heaters = {
            device.mac: self.heaters.get(device.mac) or HeaterView(device, expected=event.at) for device in devices
        }
        for device in devices:
            self.heaters[device.mac].device = device

    def _status(self, event: ev.StatusReceived) -> None:
        view = self.heaters.get(event.device.mac)
        if view is None:
            return
        self.counts.messages += 1
        self._back(view, event.at)
        self._look_for_gap(view, event.at)
        view.device, view.status, view.at, view.reason = event.device, event.status, event.at, event.message.reason
        view.stale, view.expected = False, event.at
        self._rows.append(Reading(at=event.at.utc, status=event.status, device=view.name))

    def _look_for_gap(self, view: HeaterView, now: Instant) -> None:
        since = view.expected
        if since is None or now.monotonic - since.monotonic <= self._limit:
            return
        view.expected = now
        self.counts.gaps += 1
        self.counts.gap_seconds += now.monotonic - since.monotonic
        self._rows.append(Gap(start=since.utc, end=now.utc, device=view.name))

    def _about(
        self,
        view: HeaterView,
        event: ev.DeviceOffline | ev.DeviceOnline | ev.WentStale | ev.CameBack | ev.AnswerMissed,
    ) -> None:
        if not isinstance(event, ev.CameBack | ev.AnswerMissed):
            view.device = event.device
        match event:
            case ev.DeviceOffline():
                self._out(view, event.at, "off line: the cloud does not reach it; waiting for it")
            case ev.WentStale():
                view.stale = True
                # While there is no connection the silence is not the heater's.
                if self.connected:
                    self._out(view, event.at, "silent: it does not answer; waiting for it")
            case ev.AnswerMissed():
                if view.stale and self.connected:
                    self._out(view, event.at, "silent: it does not answer; waiting for it")
            case ev.DeviceOnline() | ev.CameBack():
                self._back(view, event.at)

    def _out(self, view: HeaterView, at: Instant, what: str) -> None:
        if self._outages.begin(view.device.mac, at, what):
            self._say(at, f"{view.name} is {what}", Tone.BAD)

    def _back(self, view: HeaterView, at: Instant) -> None:
        lasted = self._outages.end(view.device.mac, at)
        if lasted is not None:
            self._say(at, f"{view.name} is back after {show_duration(lasted)}", Tone.GOOD)

    # --- the rest ----------------------------------------------------------------------------------------

    def _garbled(self, event: ev.Undecodable) -> None:
        self.counts.undecodable += 1
        if not self._told_garbled:
            self._told_garbled = True
            self._say(event.at, f"{event.error} (said once; the summary counts)", Tone.BAD)

    def _say(self, at: Instant, text: str, tone: Tone) -> None:
        self._notices.append(Notice(at.utc, text, tone))


def _clock(offset: float) -> str:
    side = "behind" if offset > 0 else "ahead"
    return f"this machine's clock is {show_duration(abs(offset))} {side}; signatures follow the cloud's"
