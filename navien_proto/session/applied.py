"""From accepted to applied: what shows that a unit runs what it was told.

An acknowledgement shows the new settings at once; what runs follows 1 to 15 s later in pushed messages, and some
wishes are held back for hours (``docs/protocol/mqtt.md`` section 10, ``commands.md`` section 7). So a wish counts
as applied when a message that is no acknowledgement shows it:

- a mode or switch: a status shows the setting, and ``operationMode`` has nothing running that the wish excludes;
- a schedule: a later reading shows the list;
- what no status shows, and time-of-use plans, which cannot be read from the unit: never seen; accepted is the end.
"""

from __future__ import annotations

from attrs import define

from navien_proto.model.codes import CurrentOperationMode, DhwOperationSetting
from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import CommandId
from navien_proto.session.outbox import Entry
from navien_proto.wire.commands import (
    Command,
    Control,
    PowerOff,
    RequestRecirculation,
    RequestReservations,
    RequestStatus,
    SetMode,
    StartVacation,
)
from navien_proto.wire.messages import (
    Message,
    Reason,
    Received,
    RecirculationMessage,
    ReservationsMessage,
    StatusMessage,
)

__all__ = ["Wish", "Wishes", "read_back", "runs"]

COMPRESSOR, ELEMENT = 0x20, 0x40
# What ``operationMode`` may show under a mode (docs/protocol/enums.md, CurrentOperationMode); others allow both.
_PATHS = {DhwOperationSetting.HEAT_PUMP: COMPRESSOR, DhwOperationSetting.ELECTRIC: ELEMENT}

# Commands that undo each other share a number: the later one takes the earlier one's place.
_SAME = {
    0x02000002: 0x02000001,  # power on, off, modes and vacation are one setting
    0x02000005: 0x02000001,
    0x02000024: 0x02000023,
    0x02000026: 0x02000025,
    0x02000028: 0x02000027,
    0x0200002C: 0x0200002B,
}


def _shown(command: Command) -> bool:
    return isinstance(command, Control) and type(command).shown_by is not Command.shown_by


def read_back(command: Command) -> Command | None:
    """The question whose answer shows whether the unit runs ``command``; ``None`` when no answer would."""
    if _shown(command):
        return RequestStatus()
    if command.reply_kind is ReservationsMessage and command.is_control:
        return RequestReservations()
    if command.reply_kind is RecirculationMessage and command.is_control:
        return RequestRecirculation()
    return None


def runs(command: Command, message: Received) -> bool:
    """Whether ``message``, of the right device, shows that the unit runs ``command``."""
    if isinstance(message, StatusMessage):
        return (
            message.reason is not Reason.ACKNOWLEDGEMENT
            and _shown(command)
            and command.shown_by(message.status)
            and _may_run(command, message.status)
        )
    # The echo of a write is no reading, whoever wrote.
    is_echo = (message.request_topic or "").endswith(f"/{command.suffix}")
    return not is_echo and not command.matched_by_session and command.answered_by(message) is True


def _may_run(command: Command, status: DeviceStatus) -> bool:
    running = status.operation_mode
    if not isinstance(running, CurrentOperationMode):
        return True
    if isinstance(command, PowerOff | StartVacation):
        return running == CurrentOperationMode.STANDBY
    allowed = _PATHS.get(command.mode, COMPRESSOR | ELEMENT) if isinstance(command, SetMode) else ~0
    return not running & ~allowed


@define(eq=False)
class Wish:
    """An accepted command that is not yet seen to be applied; ``held`` when its caller has been told so far."""

    entry: Entry
    held: bool


class Wishes:
    """What was accepted and is not applied yet: at most one wish about one thing of one device."""

    def __init__(self) -> None:
        self._by_subject: dict[tuple[str, str, int], Wish] = {}

    def __len__(self) -> int:
        return len(self._by_subject)

    def add(self, entry: Entry, *, held: bool) -> None:
        """Wait for that entry; call ``take_over`` before."""
        self._by_subject[self._subject(entry)] = Wish(entry, held)

    def take_over(self, entry: Entry) -> Wish | None:
        """The wish whose place an accepted command takes; it is dropped."""
        return self._by_subject.pop(self._subject(entry), None) if entry.asks.is_control else None

    def get(self, command_id: CommandId) -> Wish | None:
        """The wish of that command."""
        return next((wish for wish in self._by_subject.values() if wish.entry.id == command_id), None)

    def drop(self, entry: Entry) -> None:
        """Wait no more for that entry."""
        subject = self._subject(entry)
        if subject in self._by_subject and self._by_subject[subject].entry is entry:
            del self._by_subject[subject]

    def shown_in(self, message: Message) -> list[Wish]:
        """The wishes that a message shows to be applied; they are dropped."""
        found = [
            wish
            for wish in self._by_subject.values()
            if wish.entry.device.mac == message.mac and runs(wish.entry.asks, message)
        ]
        for wish in found:
            self.drop(wish.entry)
        return found

    def all(self) -> list[Wish]:
        """Every wish."""
        return list(self._by_subject.values())

    @staticmethod
    def _subject(entry: Entry) -> tuple[str, str, int]:
        command = entry.asks
        return entry.device.mac, command.suffix, _SAME.get(command.code, command.code)
