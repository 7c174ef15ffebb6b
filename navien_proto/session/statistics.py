"""How a session has been: one immutable snapshot, which names no device, no person and no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import asdict, fields, frozen, has

from navien_proto.instant import Instant
from navien_proto.session.recorder import Durations, Gap, Recorder, kind_of
from navien_proto.session.states import State

__all__ = ["DeviceStatistics", "Gaps", "RoundTrips", "Statistics", "snapshot"]


@frozen(kw_only=True)
class Gaps:
    """Times without something, in seconds: how many, how long in all and at most, the present one included.

    ``open`` tells whether one lasts.
    """

    count: int
    seconds: float
    longest: float
    open: bool


@frozen(kw_only=True)
class RoundTrips:
    """Seconds from a request to its answer: 50, 90 and 99 of a hundred took no longer, to within 19 %.

    ``longest`` is exact. All are ``None`` before the first answer.
    """

    count: int
    p50: float | None
    p90: float | None
    p99: float | None
    longest: float | None


@frozen(kw_only=True)
class DeviceStatistics:
    """One heater, known by its ``place`` in the account's list, from 1 on.

    ``silent_for`` is in seconds, ``None`` when it was never heard; ``silences`` are the times it was stale, each
    counted from its last message.
    """

    place: int
    online: bool | None
    silent_for: float | None
    stale: bool
    silences: Gaps


@frozen(kw_only=True)
class Statistics:
    """How a session has been since its start.

    What was handed over with ``actions()`` and ``events()`` is counted; times are in seconds.

    Attributes:
        at: when the snapshot was made.
        state: where the session stands.
        running_for: since the start; 0.0 before it.
        dwell: time in each state.
        link: the number of the link that is up, ``None`` when there is none.
        link_for: how long it is up.
        connections: links that came to stand and were subscribed.
        attempts: links that were opened.
        sign_ins: successful sign-ins and refreshes of tokens.
        closes: how often a link that was up ended, by reason; beyond 32 different ones under ``other``.
        failures: how often another attempt had to be planned, by the error.
        offline: times between a link that was up and the next; planned renewals are among them.
        received: messages by kind, those that were taken.
        undecodable: payloads that were no messages.
        duplicates: messages that were delivered again, or retained.
        sent: what the transport was asked to do, by kind; topics and addresses without names.
        round_trips: from a request to its answer.
        commands: ended commands of callers by outcome: ``sent``, ``accepted``, ``applied``, ``held``, ``refused``,
            ``timed out``, ``expired``, ``cancelled``, ``failed``.
        queued: commands that wait.
        devices: the heaters, in the account's order.
    """

    at: Instant
    state: State
    running_for: float
    dwell: Mapping[str, float]
    link: int | None
    link_for: float | None
    connections: int
    attempts: int
    sign_ins: int
    closes: Mapping[str, int]
    failures: Mapping[str, int]
    offline: Gaps
    received: Mapping[str, int]
    undecodable: int
    duplicates: int
    sent: Mapping[str, int]
    round_trips: RoundTrips
    commands: Mapping[str, int]
    queued: int
    devices: tuple[DeviceStatistics, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain members for JSON; ``at`` as ISO 8601."""
        plain = {one.name: _plain(getattr(self, one.name)) for one in fields(type(self))}
        return {**plain, "at": self.at.utc.isoformat(), "state": self.state.value}


def snapshot(
    recorder: Recorder,
    now: Instant,
    *,
    round_trips: Durations,
    link: int | None,
    queued: int,
    devices: Iterable[tuple[str, bool | None, float | None, bool]],
) -> Statistics:
    """A snapshot; ``devices`` are MAC, on line, when last heard (monotonic) and stale, in the account's order."""
    started, since = recorder.started, recorder.link_since
    return Statistics(
        at=now,
        state=recorder.state,
        running_for=0.0 if started is None else now.monotonic - started,
        dwell=_frozen({state.value: seconds for state, seconds in recorder.dwell_until(now).items()}),
        link=link,
        link_for=None if link is None or since is None else now.monotonic - since,
        connections=recorder.links,
        attempts=recorder.sent["open link"],
        sign_ins=recorder.sign_ins,
        closes=_frozen(recorder.closes),
        failures=_frozen(recorder.failures),
        offline=_gaps(recorder.offline, now),
        received=_frozen({kind_of(kind): count for kind, count in dict(recorder.received).items()}),
        undecodable=recorder.undecodable,
        duplicates=recorder.duplicates,
        sent=_frozen(recorder.sent),
        round_trips=_round_trips(round_trips),
        commands=_frozen(recorder.commands),
        queued=queued,
        devices=tuple(
            DeviceStatistics(
                place=place,
                online=online,
                silent_for=None if heard is None else now.monotonic - heard,
                stale=stale,
                silences=_gaps(recorder.silences.get(mac) or Gap(), now),
            )
            for place, (mac, online, heard, stale) in enumerate(devices, 1)
        ),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [asdict(one) for one in value]
    return asdict(value) if has(type(value)) else value


def _frozen(counts: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(counts))


def _gaps(gap: Gap, now: Instant) -> Gaps:
    lasts = 0.0 if gap.since is None else now.monotonic - gap.since
    return Gaps(
        count=gap.count,
        seconds=gap.seconds + lasts,
        longest=max(gap.longest, lasts),
        open=gap.since is not None,
    )


def _round_trips(durations: Durations) -> RoundTrips:
    return RoundTrips(
        count=durations.count,
        p50=durations.percentile(0.50),
        p90=durations.percentile(0.90),
        p99=durations.percentile(0.99),
        longest=durations.longest if durations.count else None,
    )
