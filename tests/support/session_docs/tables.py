"""The tables of events, statistics and timers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from attrs import Attribute, fields

from navien_proto.mqtt import dispatch, retrial
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.settings import ConnectionConfig, LinkTimer
from navien_proto.session import access, change_events, desk, errands, lifecycle, outbox, poller, statistics
from navien_proto.session import events as ev
from navien_proto.session.config import GRACE, SessionConfig
from navien_proto.session.deadlines import Timer
from navien_proto.session.freshness import LAST_CALL
from navien_proto.timers import NamedTimer
from tests.support.protocol_docs.table import code, markdown, number, table

__all__ = ["EVENTS", "TABLES", "event_classes"]

EVENTS: Mapping[str, tuple[type, ...]] = {
    "account": (
        ev.SignedIn,
        ev.CredentialsRefused,
        ev.AccountChanged,
        ev.DevicesListed,
        ev.DeviceAdded,
        ev.DeviceRemoved,
        ev.DeviceOnline,
        ev.DeviceOffline,
    ),
    "connection": (
        ev.Connected,
        ev.Disconnected,
        ev.Retrying,
        ev.Degraded,
        ev.SubscriptionRefused,
        ev.PublishRefused,
        ev.ClockCorrected,
        ev.SessionClosed,
    ),
    "messages": (
        ev.StatusReceived,
        ev.FeatureReceived,
        ev.OtherReceived,
        ev.Undecodable,
        ev.AnswerMissed,
        ev.WentStale,
        ev.CameBack,
    ),
    "changes": tuple(
        getattr(change_events, name)
        for name in (
            "SetpointChanged",
            "ModeChanged",
            "HeatingStarted",
            "HeatingStopped",
            "ElementOn",
            "ElementOff",
            "DrawStarted",
            "DrawEnded",
            "ErrorRaised",
            "ErrorChanged",
            "ErrorCleared",
            "ReservationsSwitched",
            "FirmwareChanged",
            "FeaturesChanged",
        )
    ),
    "commands": (ev.CommandConfirmed, ev.CommandFailed, ev.CommandApplied, ev.CommandNotApplied),
    "requests": (ev.RequestAnswered, ev.RequestFailed, ev.RawReceived),
    "delivery": (ev.EventsMissed,),
}
"""Every event, by what it is about."""


def event_classes() -> set[type]:
    """The events there are, by the code."""
    changes = {getattr(change_events, name) for name in change_events.__all__}
    return {kind for kind in get_args(ev.Event) if kind is not ev.DeviceChange} | changes


def _events(about: str) -> str:
    return table(
        ("event", "what it tells", "beside the instant `at`"),
        ((code(kind.__name__), markdown(_docstring(kind)), _attributes(kind)) for kind in EVENTS[about]),
    )


def _attributes(kind: type) -> str:
    found = [one.name for one in fields(kind) if one.name != "at"]
    found += [name for name, member in vars(kind).items() if isinstance(member, property)]
    return ", ".join(map(code, found)) or "-"


def _docstring(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


# --- statistics ------------------------------------------------------------------------------------------


def _statistics() -> str:
    """The members of a snapshot, from the section "Attributes" of its docstring.

    Raises:
        ValueError: that section and the class differ.
    """
    section = (inspect.getdoc(statistics.Statistics) or "").partition("Attributes:\n")[2]
    told = {
        match[1]: " ".join(match[2].split())
        for match in re.finditer(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    }
    names = [one.name for one in fields(statistics.Statistics)]
    if list(told) != names:
        raise ValueError(f"Statistics tells of {list(told)} and has {names}")
    return table(("member", "what it is"), ((code(name), markdown(told[name])) for name in names))


def _parts() -> str:
    kinds = (statistics.Gaps, statistics.RoundTrips, statistics.DeviceStatistics)
    return table(
        ("class", "what it is", "members"),
        ((code(kind.__name__), markdown(_docstring(kind)), _attributes(kind)) for kind in kinds),
    )


# --- timers ----------------------------------------------------------------------------------------------


def _timers(kinds: type[NamedTimer], settings: type, lasts: Mapping[NamedTimer, str]) -> str:
    """``lasts`` has what is not a setting, or more than one.

    Raises:
        ValueError: a timer has neither a setting nor a row there.
    """
    return table(
        ("timer", "why there is one", "how long"),
        ((code(timer.name), timer.reason, _length(timer, settings, lasts)) for timer in kinds),
    )


def _length(timer: NamedTimer, settings: type, lasts: Mapping[NamedTimer, str]) -> str:
    texts = []
    if timer.setting is not None:
        texts.append(f"`{timer.setting}`, {_seconds(_default(settings, timer.setting))}")
    if timer in lasts:
        texts.append(lasts[timer])
    if not texts:
        raise ValueError(f"{timer} has no setting: tell in tests/support/session_docs/tables.py how long it is")
    return "; ".join(texts)


def _default(settings: type, name: str) -> float:
    attribute: Attribute[Any] = getattr(fields(settings), name)
    seconds: Any = attribute.default
    return float(seconds)


def _seconds(seconds: float) -> str:
    """A length in the unit a person would choose."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 3 * size and seconds % size == 0:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def _session_timers() -> str:
    renew = access.RENEW_MARGIN.total_seconds()
    return _timers(
        Timer,
        SessionConfig,
        {
            Timer.RENEW: (
                f"{_seconds(renew)} before the earlier of both expiries, up to "
                f"{_seconds(access.RENEW_JITTER.total_seconds())} sooner by chance; after a failure "
                f"{_seconds(lifecycle.RENEW_RETRY[0])} to {_seconds(lifecycle.RENEW_RETRY[1])}"
            ),
            Timer.RELIST: (
                f"while a heater is off line or silent {_seconds(lifecycle.RELIST_SOON)} for "
                f"{_seconds(lifecycle.RELIST_HASTE)}, then `relist_interval`, "
                f"{_seconds(_default(SessionConfig, 'relist_interval'))}"
            ),
            Timer.POLL: (
                f"up to a tenth shorter by chance; for a stale heater {_seconds(poller.STALE_PERIOD)} for "
                f"{_seconds(poller.STALE_HASTE)}; a new link asks one heater each {number(poller.POLL_SPACING)} s"
            ),
            Timer.INFO: "up to a tenth shorter by chance",
            Timer.APPLY: f"{_seconds(desk.LONGEST_HELD)} for what is held back",
            Timer.READ_BACK: f"{_seconds(desk.FIRST_READ_BACK)}, then each {_seconds(desk.NEXT_READ_BACK)}",
            Timer.PACE: (
                f"{_seconds(outbox.CONTROL_PAUSE)} after a control, {_seconds(desk.REFUSED_PAUSE)} after one that "
                "came too soon"
            ),
            Timer.REQUEST: (
                f"{_seconds(errands.FIRST_PAUSE)} and up to as much more by chance, doubled each time; "
                f"{errands.MOST_TRIES} tries in all"
            ),
            Timer.STALE: (
                f"the status period and {_seconds(GRACE)}; {_seconds(LAST_CALL)} before that the heater is asked "
                "once more"
            ),
        },
    )


def _link_timers() -> str:
    policy = ReconnectPolicy()
    return _timers(
        LinkTimer,
        ConnectionConfig,
        {
            LinkTimer.LIFETIME: (
                f"and up to {_seconds(_default(ConnectionConfig, 'lifetime_jitter'))} more by chance "
                "(`lifetime_jitter`)"
            ),
            LinkTimer.RETRIAL: (
                f"{_seconds(retrial.PERIOD)}, {retrial.HASTY} times; then twice as long each time, "
                f"{_seconds(retrial.LONGEST)} at most"
            ),
            LinkTimer.RETRY: (
                f"the n-th is drawn from {_seconds(policy.first_delay)} to {number(policy.first_delay)} × "
                f"{number(policy.factor)}ⁿ s, {_seconds(policy.max_delay)} at most (`reconnect`)"
            ),
        },
    )


def _client_timers() -> str:
    grace = _seconds(dispatch.RETAINED_GRACE)
    return _timers(dispatch.ClientTimer, MqttConfig, {dispatch.ClientTimer.RETAINED: f"{grace} after SUBACK"})


TABLES: dict[str, Callable[[], str]] = {
    **{f"events about {about}": partial(_events, about) for about in EVENTS},
    "statistics": _statistics,
    "parts of statistics": _parts,
    "session timers": _session_timers,
    "link timers": _link_timers,
    "client timers": _client_timers,
}
"""How each table of the session's page is made."""
