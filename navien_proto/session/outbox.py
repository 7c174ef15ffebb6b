"""Commands on their way: waiting for a link, waiting for an answer, come to their end.

First in, first out; one control in flight per device, and a pause between two
(``docs/protocol/mqtt.md`` section 10: sent too fast they are refused). Queries do not wait for controls.
An entry leaves in exactly one way, and whoever takes it out tells its caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import define, field

from navien_proto.errors import CommandRefused
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session.events import CommandId, Level
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import ControlFailure, Message, StatusMessage

__all__ = ["Entry", "Outbox", "Stage"]

# Pause between two controls to one device (docs/protocol/mqtt.md section 10, timing).
CONTROL_PAUSE = 1.0


class Stage(Enum):
    """Where an entry stands."""

    QUEUED = "queued"
    SENT = "sent"


@define(eq=False)
class Entry:
    """One submitted command. ``own`` marks the session's own polls, of which no caller hears."""

    id: CommandId
    device: Device
    command: Command
    level: Level
    submitted: Instant
    own: bool = False
    stage: Stage = Stage.QUEUED
    session_id: str | None = None
    publish: int | None = field(default=None)


class Outbox:
    """The entries by order of submission."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[CommandId, Entry] = {}
        self._by_session_id: dict[str, Entry] = {}
        self._last_control: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, entry_id: CommandId) -> Entry | None:
        """The entry of that id, while it has not ended."""
        return self._entries.get(entry_id)

    def queued(self) -> list[Entry]:
        """What waits to be sent, first in first."""
        return [entry for entry in self._entries.values() if entry.stage is Stage.QUEUED]

    def add(self, entry: Entry) -> Entry | None:
        """Queue an entry; returns the oldest waiting one when there is no more room for it."""
        waiting = self.queued()
        self._entries[entry.id] = entry
        if len(waiting) < self._limit:
            return None
        return self.remove(waiting[0])

    def remove(self, entry: Entry) -> Entry:
        """Take an entry out for good."""
        self._entries.pop(entry.id, None)
        if entry.session_id is not None:
            self._by_session_id.pop(entry.session_id, None)
        return entry

    def sendable(self, now: float) -> list[Entry]:
        """What may be sent now, in order."""
        if not self._entries:
            return []
        busy = {e.device.mac for e in self._entries.values() if e.stage is Stage.SENT and e.command.is_control}
        ready: list[Entry] = []
        for entry in self._entries.values():
            if entry.stage is not Stage.QUEUED:
                continue
            if entry.command.is_control:
                mac = entry.device.mac
                if mac in busy:
                    continue
                busy.add(mac)
                if now < self._last_control.get(mac, -CONTROL_PAUSE) + CONTROL_PAUSE:
                    continue
            ready.append(entry)
        return ready

    def paced_until(self) -> float | None:
        """When the pause of a waiting control ends (monotonic seconds), the earliest of them."""
        waits = [
            self._last_control[entry.device.mac] + CONTROL_PAUSE
            for entry in self._entries.values()
            if entry.stage is Stage.QUEUED and entry.command.is_control and entry.device.mac in self._last_control
        ]
        return min(waits, default=None)

    def sent(self, entry: Entry, session_id: str, publish: int, now: float) -> None:
        """The entry is on its way under ``session_id``."""
        entry.stage = Stage.SENT
        entry.session_id = session_id
        entry.publish = publish
        self._by_session_id[session_id] = entry
        if entry.command.is_control:
            self._last_control[entry.device.mac] = now

    def requeue(self, entry: Entry) -> None:
        """A query lost with its link asks again; its place in the order is kept."""
        if entry.session_id is not None:
            self._by_session_id.pop(entry.session_id, None)
        entry.stage, entry.session_id, entry.publish = Stage.QUEUED, None, None

    def of_publish(self, publish: int) -> Entry | None:
        """The entry that went out as that publish."""
        return next((e for e in self._entries.values() if e.publish == publish), None)

    def answered(self, message: Message) -> Entry | None:
        """The entry this message answers, by the rules of ``docs/protocol/mqtt.md`` section 10."""
        if not self._by_session_id:
            return None
        match message:
            case StatusMessage(session_id=str() as session_id):
                entry = self._by_session_id.get(session_id)
                # The code must be echoed too: one-digit ids of pushes, and stale answers, are not ours.
                if entry is not None and entry.command.code == message.command and self._same(entry, message):
                    return entry
            case _:
                # Known by their content: a schedule that shows something else is an older one.
                for entry in self._by_session_id.values():
                    command = entry.command
                    if (
                        not command.matched_by_session
                        and self._same(entry, message)
                        and command.answered_by(message)
                    ):
                        return entry
        return None

    def refused(self, message: ControlFailure) -> Entry | None:
        """The one control in flight for the device, which a control failure refuses (it carries no id)."""
        for entry in self._by_session_id.values():
            if entry.command.is_control and self._same(entry, message):
                return entry
        return None

    @staticmethod
    def refusal(message: ControlFailure) -> CommandRefused:
        """The error of a control failure (``docs/protocol/enums.md``, ControlFailCode)."""
        why = "commands came too close together" if message.code == 2 else f"code {message.code}"
        return CommandRefused(f"the device refused the command: {why}", code=message.code)

    @staticmethod
    def _same(entry: Entry, message: Message) -> bool:
        return message.mac is None or message.mac == entry.device.mac
