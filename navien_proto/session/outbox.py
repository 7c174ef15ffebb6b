"""Commands on their way: waiting for a link, waiting for an answer, come to their end.

First in, first out for each device; one control in flight per device, and a pause between two
(``docs/protocol/mqtt.md`` section 10: sent too fast they are refused). The session's own polls pass by the
callers' commands. An entry leaves in exactly one way, and whoever takes it out tells its caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import define, field, frozen

from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session.echo import differences
from navien_proto.session.events import CommandId, Level
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import ControlFailure, Message, StatusMessage

__all__ = ["Entry", "Outbox", "QueuedCommand", "Stage"]

# Pause between two controls to one device (docs/protocol/mqtt.md section 10, timing).
CONTROL_PAUSE = 1.0
# How many session ids of the past are known for ours: late answers to them are no answers to others.
REMEMBERED = 128


class Stage(Enum):
    """Where an entry stands."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"  # and waits to be applied


@frozen
class QueuedCommand:
    """A command that waits to be sent: what, to which heater, and since when."""

    id: CommandId
    device: Device
    command: Command
    since: Instant


@define(eq=False)
class Entry:
    """One submitted command. ``own`` marks the session's own polls, of which no caller hears.

    ``asks`` is what goes over the wire next, or is there now: the command itself, or one step of an edit, whose
    ``write`` is what it came to. ``begun`` marks what was sent once and has lost no step: it is no longer in the
    queue. ``retries`` counts refusals that were not the end, ``restarts`` readings that another client made
    worthless. ``differs`` is how far the last other schedule was from the one written.
    """

    id: CommandId
    device: Device
    command: Command
    level: Level
    submitted: Instant
    asks: Command
    own: bool = False
    stage: Stage = Stage.QUEUED
    session_id: str | None = None
    publish: int | None = None
    begun: bool = False
    retries: int = 0
    restarts: int = 0
    disturbed: bool = False
    write: Command | None = field(default=None)
    differs: int | None = None
    message: Message | None = field(default=None)
    sent_at: float = 0.0

    @property
    def waits(self) -> bool:
        """Whether it is in the queue that callers see."""
        return self.stage is Stage.QUEUED and not self.own and not self.begun

    @property
    def reading(self) -> bool:
        """Whether it is an edit that reads."""
        return self.command.is_control and not self.asks.is_control


class Outbox:
    """The entries by order of submission."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[CommandId, Entry] = {}
        self._by_session_id: dict[str, Entry] = {}
        self._past: dict[str, None] = {}
        self._clear_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, entry_id: CommandId) -> Entry | None:
        """The entry of that id, while it has not ended."""
        return self._entries.get(entry_id)

    def waiting(self) -> list[Entry]:
        """The callers' commands that wait to be sent, first in first."""
        return [entry for entry in self._entries.values() if entry.waits]

    def add(self, entry: Entry) -> Entry | None:
        """Queue an entry; returns the oldest waiting one when there is no more room for it."""
        waiting = [] if entry.own else self.waiting()
        self._entries[entry.id] = entry
        if len(waiting) < self._limit:
            return None
        return self.remove(waiting[0])

    def remove(self, entry: Entry) -> Entry:
        """Take an entry out for good."""
        self._entries.pop(entry.id, None)
        self._end_exchange(entry)
        return entry

    # --- what may go -------------------------------------------------------------------------------------

    def sendable(self, now: float) -> list[Entry]:
        """What may be sent now, in order."""
        ready: list[Entry] = []
        busy: set[str] = set()
        blocked: set[str] = set()
        for entry in self._entries.values():
            if entry.stage is Stage.SENT and entry.command.is_control:
                busy.add(entry.device.mac)
        for entry in self._entries.values():
            if entry.stage is not Stage.QUEUED:
                continue
            mac = entry.device.mac
            if not entry.own:
                # What must wait holds back all that came after it: nothing overtakes (F24).
                if mac in blocked:
                    continue
                if entry.command.is_control:
                    paced = entry.asks.is_control and now < self._clear_at.get(mac, now)
                    if mac in busy or paced:
                        blocked.add(mac)
                        continue
                    busy.add(mac)
            ready.append(entry)
        return ready

    def paced_until(self, now: float) -> float | None:
        """When the first pause ends that a waiting control has to keep (monotonic seconds)."""
        waits = [
            clear
            for entry in self._entries.values()
            if entry.stage is Stage.QUEUED
            and entry.asks.is_control
            and (clear := self._clear_at.get(entry.device.mac, now)) > now
        ]
        return min(waits, default=None)

    def asking_cloud(self, entry: Entry) -> None:
        """The entry waits for an answer that comes another way."""
        entry.stage, entry.begun = Stage.SENT, True

    def sent(self, entry: Entry, session_id: str, publish: int, now: float) -> None:
        """The entry is on its way under ``session_id``."""
        entry.stage = Stage.SENT
        entry.begun = True
        entry.session_id = session_id
        entry.publish = publish
        entry.sent_at = now
        self._by_session_id[session_id] = entry
        if entry.asks.is_control:
            self.pause(entry, now + CONTROL_PAUSE)

    def pause(self, entry: Entry, until: float) -> None:
        """No control goes to that entry's device before ``until``."""
        self._clear_at[entry.device.mac] = until

    def again(self, entry: Entry, *, asks: Command | None = None) -> None:
        """Send it once more, or its next step; its place in the order is kept."""
        self._end_exchange(entry)
        entry.stage = Stage.QUEUED
        if asks is not None:
            entry.asks = asks

    def requeue(self, entry: Entry) -> None:
        """Nothing of it reached the device for certain: it is in the queue again, in its old place."""
        self.again(entry)
        entry.begun = entry.disturbed = False

    def accepted(self, entry: Entry, message: Message) -> None:
        """The device took it; it waits to be applied."""
        self._end_exchange(entry)
        entry.stage, entry.message = Stage.ACCEPTED, message

    def _end_exchange(self, entry: Entry) -> None:
        if entry.session_id is not None:
            self._by_session_id.pop(entry.session_id, None)
            self._past[entry.session_id] = None
            if len(self._past) > REMEMBERED:
                del self._past[next(iter(self._past))]
        entry.session_id = entry.publish = None

    # --- what came back ----------------------------------------------------------------------------------

    def of_publish(self, publish: int) -> Entry | None:
        """The entry that went out as that publish."""
        return next((e for e in self._entries.values() if e.publish == publish), None)

    def answered(self, message: Message) -> Entry | None:
        """The entry this message answers, by the rules of ``docs/protocol/mqtt.md`` section 10.

        An answer under the session id of a write that shows another schedule is returned too; one that has no
        known id is only remembered in ``differs``, for an older one may be on its way.
        """
        if not self._by_session_id:
            return None
        named = self._by_session_id.get(message.session_id) if message.session_id else None
        if isinstance(message, StatusMessage):
            # The code must be echoed too: one-digit ids of pushes, and stale answers, are not ours.
            if named is not None and named.asks.code == message.command and self._same(named, message):
                return named
            return None
        if message.session_id in self._past:
            return None
        if named is not None and self._same(named, message):
            return named if named.asks.answered_by(message) is not None else None
        # Known by their content: a schedule that shows something else is an older one.
        for entry in self._by_session_id.values():
            command = entry.asks
            if command.matched_by_session or not self._same(entry, message):
                continue
            shown = command.answered_by(message)
            if shown:
                return entry
            if shown is False:
                entry.differs = differences(command, message)
        return None

    def refused(self, message: ControlFailure) -> Entry | None:
        """The one control in flight for the device, which a control failure refuses (it carries no sure id)."""
        if message.session_id in self._past:
            return None
        for entry in self._by_session_id.values():
            if entry.asks.is_control and self._same(entry, message):
                return entry
        return None

    def editing(self, mac: str | None, suffix: str) -> list[Entry]:
        """The edits under way of that device whose write goes to ``suffix``."""
        return [
            entry
            for entry in self._entries.values()
            if entry.begun
            and entry.stage is not Stage.ACCEPTED
            and entry.command is not entry.asks
            and entry.command.suffix == suffix
            and entry.device.mac == mac
        ]

    @staticmethod
    def _same(entry: Entry, message: Message) -> bool:
        return message.mac is None or message.mac == entry.device.mac
