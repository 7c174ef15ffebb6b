"""Where a session's events go: to who waits for a command, to the latest status, to every consumer. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from weakref import ref

from navien_proto.errors import LinkClosed, NavienError
from navien_proto.model.status import DeviceStatus
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.mqtt.topics import topic_matches
from navien_proto.mqtt.waiters import Waiters
from navien_proto.session.events import (
    CommandConfirmed,
    CommandFailed,
    Event,
    RawReceived,
    RequestAnswered,
    RequestFailed,
    SessionClosed,
    StatusReceived,
)

__all__ = ["Hub", "Wanted", "about_device", "event_wanted", "raw_messages", "status_of_device"]

Wanted = type | tuple[type, ...] | Callable[[Event], bool]
"""What to wait for: a class of events, several, or a function that says whether an event is meant."""

# Of the events of a session so many are kept for a bug report.
LATEST = 50


def about_device(mac: str) -> Callable[[Event], bool]:
    """Which events concern the heater with this MAC: those that carry it as ``device``."""

    def wanted(event: Event) -> bool:
        device = getattr(event, "device", None)
        return device is not None and device.mac == mac

    return wanted


def status_of_device(mac: str) -> Callable[[Event], bool]:
    """Which events are a status of the heater with this MAC."""

    def wanted(event: Event) -> bool:
        return isinstance(event, StatusReceived) and event.device.mac == mac

    return wanted


def raw_messages(topic_filter: str) -> Callable[[Event], bool]:
    """Which events are raw messages on the topics of this filter."""

    def wanted(event: Event) -> bool:
        return isinstance(event, RawReceived) and topic_matches(topic_filter, event.topic)

    return wanted


def event_wanted(what: Wanted, mac: str | None = None) -> Callable[[Event], bool]:
    """Which events are meant by ``what``; with a MAC, of those about that heater."""
    concerns = None if mac is None else about_device(mac)

    def wanted(event: Event) -> bool:
        if concerns is not None and not concerns(event):
            return False
        return isinstance(event, what) if isinstance(what, type | tuple) else bool(what(event))

    return wanted


class Hub:
    """Takes every event of one session, in order, and spreads it.

    Mailboxes are held weakly: a consumer that is no more needs no farewell. When the session is over,
    consumers end and waiters are told.
    """

    def __init__(self) -> None:
        self.waiters = Waiters(CommandConfirmed, CommandFailed)
        self.requests = Waiters(RequestAnswered, RequestFailed)
        self.latest: deque[Event] = deque(maxlen=LATEST)
        self.closed = False
        self.error: NavienError | None = None
        self._boxes: list[ref[Mailbox[Event]]] = []
        self._statuses: dict[str, DeviceStatus] = {}

    def status(self, mac: str) -> DeviceStatus | None:
        """The latest status of the heater with this MAC; ``None`` before the first."""
        return self._statuses.get(mac)

    def add(self, box: Mailbox[Event]) -> None:
        """Put every event from now on into ``box`` as well."""
        if self.closed:
            box.close(self.error)
        else:
            self._boxes.append(ref(box))

    def remove(self, box: Mailbox[Event]) -> None:
        """No more events for ``box``; what it has can still be taken."""
        self._boxes = [kept for kept in self._boxes if kept() not in (None, box)]
        box.close()

    def deliver(self, event: Event) -> None:
        """Take one event of the session."""
        if isinstance(event, StatusReceived):
            self._statuses[event.device.mac] = event.status
        for box in self._living():
            box.put(event)
        self.waiters.take(event)
        self.requests.take(event)
        self.latest.append(event)
        if isinstance(event, SessionClosed):
            self.close(event.error)

    def close(self, error: NavienError | None) -> None:
        """The session is over; ``error`` is why, unless it was stopped. Only the first call counts."""
        if self.closed:
            return
        self.closed, self.error = True, error
        for box in self._living():
            box.close(error)
        self._boxes.clear()
        for waiters in (self.waiters, self.requests):
            waiters.give_up(error or LinkClosed("the session was closed"))

    def _living(self) -> list[Mailbox[Event]]:
        # Not a WeakSet: it changes when the garbage collector runs, which may be in any thread.
        living = [box for kept in self._boxes if (box := kept()) is not None]
        if len(living) < len(self._boxes):
            self._boxes = [ref(box) for box in living]
        return living
