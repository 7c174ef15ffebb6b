"""What a session counts while it runs. :mod:`navien_proto.session.statistics` makes a snapshot of it.

Everything here is bounded: kinds are few, texts are kept up to a number, and times go into fixed histograms. A
histogram and no random sample: counting must not draw from the session's random generator, and the same inputs
give the same figures.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

from navien_proto.errors import CommandCancelled, CommandError, CommandExpired, CommandRefused, CommandTimedOut
from navien_proto.instant import Instant
from navien_proto.redact import redact_text
from navien_proto.session import events as ev
from navien_proto.session.actions import Action, Publish, SendHttp
from navien_proto.session.states import State

__all__ = ["Durations", "Gap", "Recorder", "kind_of"]

# From 50 ms to over a minute in steps of 19 % (the fourth root of 2): a figure is wrong by no more.
BOUNDS = tuple(0.05 * 2 ** (step / 4) for step in range(43))
# Texts of peers and of the system: of how many different ones the count is kept; the rest is counted together.
MOST_TEXTS = 32
LONGEST_TEXT = 80
OTHER = "other"

_OUTCOMES: tuple[tuple[type[CommandError], str], ...] = (
    (CommandRefused, "refused"),
    (CommandTimedOut, "timed out"),
    (CommandExpired, "expired"),
    (CommandCancelled, "cancelled"),
)


class Durations:
    """How long something took, over and over: a histogram of fixed size, in seconds."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.count = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.count += 1
        self.longest = max(self.longest, seconds)

    def percentile(self, share: float) -> float | None:
        """What this share (0 to 1) does not exceed, at most 19 % too high; ``None`` before the first."""
        if not self.count:
            return None
        rank = share * self.count
        reached = zip((*BOUNDS, self.longest), accumulate(self.counts), strict=True)
        return next(min(bound, self.longest) for bound, seen in reached if seen and seen >= rank)


class Gap:
    """Times without something: how many, how long in all and at most, and since when the present one lasts."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.longest = 0.0
        self.since: float | None = None

    def begin(self, at: float) -> None:
        """It is gone (monotonic seconds); does nothing when it is already."""
        if self.since is None:
            self.since = at
            self.count += 1

    def end(self, at: float) -> None:
        """It is there again."""
        if self.since is not None:
            lasted = at - self.since
            self.since = None
            self.seconds += lasted
            self.longest = max(self.longest, lasted)


class Recorder:
    """Counts what the session hears, does and tells."""

    def __init__(self) -> None:
        self.received: Counter[type] = Counter()
        self.undecodable = 0
        self.duplicates = 0
        self.sent: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.sign_ins = 0
        self.links = 0
        self.closes: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.offline = Gap()
        self.silences: dict[str, Gap] = {}
        self.dwell: dict[State, float] = {}
        self.started: float | None = None
        self.link_since: float | None = None
        self.state = State.IDLE
        self._since = 0.0
        self._told: dict[type, Callable[[Any], None]] = {
            ev.SignedIn: self._signed_in,
            ev.Connected: self._connected,
            ev.Disconnected: self._disconnected,
            ev.Retrying: self._retrying,
            ev.WentStale: self._stale,
            ev.CameBack: self._back,
            ev.DeviceRemoved: self._removed,
            ev.CommandConfirmed: self._confirmed,
            ev.CommandFailed: self._failed,
        }

    def entered(self, state: State, now: Instant) -> None:
        """The session stands elsewhere from now on."""
        if self.started is None:
            self.started = now.monotonic
        else:
            self.dwell = self.dwell_until(now)
        self.state, self._since = state, now.monotonic

    def dwell_until(self, now: Instant) -> dict[State, float]:
        """Seconds in each state, the present one included."""
        seconds = dict(self.dwell)
        if self.started is not None:
            seconds[self.state] = seconds.get(self.state, 0.0) + now.monotonic - self._since
        return seconds

    def acted(self, actions: Iterable[Action]) -> None:
        """These were handed to the transport."""
        for action in actions:
            match action:
                case Publish():
                    self.sent[_kind_of_topic(action.topic)] += 1
                case SendHttp():
                    self.sent[_kind_of_url(action.request.url)] += 1
                case _:
                    self.sent[kind_of(type(action))] += 1

    def told(self, events: Iterable[ev.Event]) -> None:
        """These were handed to the application."""
        for event in events:
            note = self._told.get(type(event))
            if note is not None:
                note(event)

    def _signed_in(self, _event: ev.SignedIn) -> None:
        self.sign_ins += 1

    def _connected(self, event: ev.Connected) -> None:
        self.links += 1
        self.link_since = event.at.monotonic
        self.offline.end(event.at.monotonic)

    def _disconnected(self, event: ev.Disconnected) -> None:
        self.link_since = None
        self.offline.begin(event.at.monotonic)
        _count_text(self.closes, event.reason)

    def _retrying(self, event: ev.Retrying) -> None:
        _count_text(self.failures, str(event.error))

    def _stale(self, event: ev.WentStale) -> None:
        gap = self.silences.setdefault(event.device.mac, Gap())
        gap.begin(event.last.monotonic if event.last is not None else event.at.monotonic)

    def _back(self, event: ev.CameBack) -> None:
        self.silences.setdefault(event.device.mac, Gap()).end(event.at.monotonic)

    def _removed(self, event: ev.DeviceRemoved) -> None:
        self.silences.pop(event.device.mac, None)

    def _confirmed(self, event: ev.CommandConfirmed) -> None:
        self.commands["held" if event.held else event.level.name.lower()] += 1

    def _failed(self, event: ev.CommandFailed) -> None:
        outcome = next((name for kind, name in _OUTCOMES if isinstance(event.error, kind)), "failed")
        self.commands[outcome] += 1


def _count_text(counts: Counter[str], text: str) -> None:
    text = redact_text(text)[:LONGEST_TEXT]
    counts[text if text in counts or len(counts) < MOST_TEXTS else OTHER] += 1


def kind_of(kind: type) -> str:
    """A class's name in words: ``StatusMessage`` is ``status``, ``OpenLink`` ``open link``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower().removesuffix(" message")


def _kind_of_topic(topic: str) -> str:
    """What follows the device in a topic, ``publish st/did``; without anything that names the device."""
    head, _, tail = topic.partition("/navilink-")
    return f"publish {tail.partition('/')[2]}" if tail else f"publish {head.partition('/')[0]}"


def _kind_of_url(url: str) -> str:
    """The last words of a path, ``rest user/sign-in``; without the query, which names people."""
    return "rest " + "/".join(url.partition("?")[0].split("/")[-2:])
