"""The course of an edit: read the device's list, change it, write it, let the echo confirm it.

A list that other clients write at the same time is theirs as well: their requests pass by
(``docs/protocol/mqtt.md`` section 5.4). One that comes before our write makes the reading worthless, and it is
read again; one that comes after makes the echo worthless, and the list is read once more before it is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_proto.errors import CommandError, CommandMismatch, NavienError, ScheduleConflict
from navien_proto.instant import Instant
from navien_proto.session.echo import differences
from navien_proto.session.gateway import Gateway
from navien_proto.session.outbox import Entry, Outbox, Stage
from navien_proto.session.steps import Edit
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import Message, Received, RequestSeen, TouMessage

if TYPE_CHECKING:
    from navien_proto.model.tou import TouPlan

__all__ = ["Editing"]

# Other clients may write at the very same time, but not for ever.
MOST_RESTARTS = 3


class Editing:
    """What the desk does with edits. A time-of-use plan is read from the cloud, by ``gateway``."""

    def __init__(self, outbox: Outbox, gateway: Gateway) -> None:
        self._outbox = outbox
        self._gateway = gateway
        self._on_file: dict[str, TouPlan] = {}
        self._confirmed: dict[str, tuple[TouPlan | None, TouPlan]] = {}

    def ask_cloud(self, entry: Entry, now: Instant) -> CommandError | None:
        """Ask for the plan that ``entry`` changes; returns the error when that cannot be."""
        serial = str(getattr(entry.command, "controller_serial_number", ""))
        try:
            self._gateway.ask_tou(entry.device, serial, entry.id, now)
        except NavienError as error:
            return _unread(error)
        self._outbox.asking_cloud(entry)
        return None

    def step(self, entry: Entry, answer: object) -> Message | None:
        """Take the answer to what ``entry`` asked; returns the device's word when it is done.

        Raises:
            CommandError: it cannot be done, or was not.
        """
        if isinstance(answer, NavienError):
            raise _unread(answer)
        if entry.write is None:
            return self._resolve(entry, answer)
        shown = entry.write.answered_by(answer) if isinstance(answer, Received) else None
        if not shown:
            if entry.asks is entry.write and isinstance(answer, Received):
                raise self.mismatch(entry, answer)
            raise self._conflict(entry, answer)
        if entry.asks is entry.write and entry.disturbed:
            question = self._question(entry)
            if question is None:
                raise ScheduleConflict("another client wrote a list at the same time; the device may have either")
            self._outbox.again(entry, asks=question)
            return None
        entry.asks = entry.write
        return answer  # type: ignore[return-value]  # what is Received and comes here is a Message

    def _resolve(self, entry: Entry, answer: object) -> Message | None:
        if entry.disturbed:
            self._restart(entry)
            return None
        base = answer if isinstance(answer, Received) else self._base(entry.device.mac, answer)
        command = entry.command
        write = command.resolve(base) if isinstance(command, Edit) else command
        if write is None:
            return answer  # type: ignore[return-value]
        entry.write, entry.differs = write, None
        self._outbox.again(entry, asks=write)
        return None

    def _restart(self, entry: Entry) -> None:
        entry.restarts += 1
        if entry.restarts > MOST_RESTARTS:
            raise ScheduleConflict("other clients keep changing the device's list; nothing was written")
        entry.disturbed, entry.write = False, None
        self._outbox.again(entry, asks=self._question(entry) or entry.command)

    @staticmethod
    def _question(entry: Entry) -> Command | None:
        return entry.command.question() if isinstance(entry.command, Edit) else None

    def start_over(self, entry: Entry) -> None:
        """What was read is old by now; what was written already stays written."""
        if entry.write is not None and entry.asks is entry.write and entry.command is not entry.write:
            entry.write = None
            entry.asks = self._question(entry) or entry.command

    # --- what others do ----------------------------------------------------------------------------------

    def heard(self, message: Message) -> None:
        """A message of a device: the plan it echoes is what it has."""
        if isinstance(message, TouMessage) and message.mac is not None and not message.plan.odd:
            self._confirmed[message.mac] = (self._on_file.get(message.mac), message.plan)

    def disturb(self, request: RequestSeen) -> None:
        """Another client wrote a list."""
        if request.suffix is None or not request.suffix.startswith("ctrl/"):
            return
        if request.suffix.startswith("ctrl/tou") and request.mac is not None:
            self._confirmed.pop(request.mac, None)
        for entry in self._outbox.editing(request.mac, request.suffix):
            if entry.stage is Stage.QUEUED and entry.asks is entry.write and entry.restarts < MOST_RESTARTS:
                self._restart(entry)  # not written yet: read it again
            else:
                entry.disturbed = True

    def _base(self, mac: str, plan: object) -> object:
        """The plan to change: the cloud's, unless the unit confirmed another since that last changed."""
        from navien_proto.model.tou import TouPlan

        if not isinstance(plan, TouPlan):
            return plan
        self._on_file[mac] = plan
        before, confirmed = self._confirmed.get(mac, (None, None))
        return plan if confirmed is None or (before is not None and before != plan) else confirmed

    # --- errors ------------------------------------------------------------------------------------------

    @staticmethod
    def mismatch(entry: Entry, message: Received) -> CommandMismatch:
        """The error of an echo that shows another schedule."""
        count = differences(entry.asks, message)
        return CommandMismatch(
            f"the device confirmed another schedule than was written: {count} differences", differences=count
        )

    @staticmethod
    def _conflict(entry: Entry, answer: object) -> ScheduleConflict:
        count = differences(entry.write or entry.asks, answer) if isinstance(answer, Received) else 1
        return ScheduleConflict(
            f"another client changed the device's list at the same time: {count} differences to what was written",
            differences=count,
        )


def _unread(error: NavienError) -> ScheduleConflict:
    return ScheduleConflict(f"the device's list could not be read ({error}); nothing was written")
