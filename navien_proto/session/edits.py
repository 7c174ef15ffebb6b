"""The edits: one entry more, less, or another in its place (``docs/protocol/commands.md`` sections 6 to 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Self, TypeVar

from attrs import evolve, field, frozen

from navien_proto.errors import ScheduleConflict, UsageError
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.fields import Problem
from navien_proto.model.schedules import (
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.session.steps import Edit
from navien_proto.wire.commands import (
    ClearRecirculation,
    ClearReservations,
    Command,
    ReplaceRecirculation,
    ReplaceReservations,
    ReplyForm,
    RequestRecirculation,
    RequestReservations,
    SetPointLimits,
    WriteTouPlan,
)
from navien_proto.wire.messages import RecirculationMessage, ReservationsMessage, TouMessage

__all__ = ["EditRecirculation", "EditReservations", "EditTouPlan"]

T = TypeVar("T", Reservation, RecirculationEntry, TouPeriod)


def _tuple_of(kind: type[T], entries: Iterable[T]) -> tuple[T, ...]:
    found = tuple(entries)
    for entry in found:
        # A caller without type checks may bring anything.
        if not isinstance(entry, kind):
            raise UsageError(f"an entry must be a {kind.__name__}, not {type(entry).__name__}")
    return found


def _reservations(entries: Iterable[Reservation]) -> tuple[Reservation, ...]:
    found = _tuple_of(Reservation, entries)
    for entry in found:
        entry.check()
    return found


def _recirculation(entries: Iterable[RecirculationEntry]) -> tuple[RecirculationEntry, ...]:
    found = _tuple_of(RecirculationEntry, entries)
    for entry in found:
        entry.check()
    return found


def _periods(entries: Iterable[TouPeriod]) -> tuple[TouPeriod, ...]:
    return _tuple_of(TouPeriod, entries)


def _switch(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise UsageError(f"enabled must be True, False or None, not {type(value).__name__}")


def _understood(problems: tuple[Problem, ...], odd: tuple[object, ...]) -> None:
    if problems or odd:
        reason = str(getattr(odd[0], "reason", "")) if odd else problems[0].reason
        raise ScheduleConflict(f"not all of the device's list was understood ({reason}); nothing was written")


@frozen(kw_only=True)
class _EntriesEdit(Edit, Generic[T]):
    """What the three have: ``removed`` entries, which must be there, ``added`` ones, and the master switch."""

    removed: tuple[T, ...] = ()
    added: tuple[T, ...] = ()
    enabled: bool | None = field(default=None, converter=_switch)

    def __attrs_post_init__(self) -> None:
        if not self.removed and not self.added and self.enabled is None:
            raise UsageError("an edit adds an entry, removes one, or turns the switch")

    @classmethod
    def adding(cls, entry: T) -> Self:
        """One more entry."""
        return cls(added=(entry,))

    @classmethod
    def removing(cls, entry: T) -> Self:
        """One entry less; it must be in the device's list."""
        return cls(removed=(entry,))

    @classmethod
    def changing(cls, old: T, new: T) -> Self:
        """``new`` in the place of ``old``, which must be in the device's list."""
        return cls(removed=(old,), added=(new,))

    def _edited(self, entries: tuple[T, ...]) -> tuple[T, ...]:
        left = list(entries)
        for entry in self.removed:
            count = len(left)
            left = [one for one in left if one.canonical() != entry.canonical()]
            if len(left) == count:
                raise ScheduleConflict(f"the device's list has no such entry: {entry}; nothing was written")
        for entry in self.added:
            if all(one.canonical() != entry.canonical() for one in left):
                left.append(entry)
        return tuple(left)


@frozen(kw_only=True)
class EditReservations(_EntriesEdit[Reservation]):
    """Change entries of the weekly reservations and leave the others: ``EditReservations.adding(reservation)``.

    ``enabled`` turns the master switch as well; left out, it stays. Removing the last entry switches reservations
    off. Entries are told apart by all that is in them.

    Raises:
        UsageError: there is nothing to do, or an entry must not be written.
    """

    code = 0x0100000A
    suffix = "ctrl/rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "rsv/rd"
    reply_kind = ReservationsMessage
    matched_by_session = False
    needs = ("program_reservation_use",)
    removed: tuple[Reservation, ...] = field(default=(), converter=_reservations)
    added: tuple[Reservation, ...] = field(default=(), converter=_reservations)

    @classmethod
    def switching(cls, *, on: bool) -> Self:
        """Turn the master switch and leave every entry."""
        return cls(enabled=on)

    def check(self, feature: DeviceFeature | None, *, expert: bool = False) -> None:
        """The capability, and the limits of the set point of what is added."""
        super().check(feature, expert=expert)
        if self.added:
            limits = SetPointLimits.of(feature, expert=expert)
            for entry in self.added:
                limits.check(entry.param)

    def added_members(self) -> dict[str, Any]:
        """``reservation``."""
        return {"reservation": [entry.to_wire() for entry in self.added]}

    def question(self) -> Command:
        """The reservations."""
        return RequestReservations()

    def resolve(self, answer: object) -> Command | None:
        """See `Edit.resolve`."""
        if not isinstance(answer, ReservationsMessage):
            raise ScheduleConflict("the device answered with something else; nothing was written")
        programme = answer.programme
        _understood(programme.problems, programme.odd)
        enabled = programme.enabled if self.enabled is None else self.enabled
        wished = ReservationProgramme(enabled, self._edited(programme.entries))
        if wished == programme:
            return None
        try:
            return ReplaceReservations(wished) if wished.entries else ClearReservations()
        except UsageError as error:
            raise ScheduleConflict(f"{error}; nothing was written") from None


@frozen(kw_only=True)
class EditRecirculation(_EntriesEdit[RecirculationEntry]):
    """Change entries of the recirculation programme and leave the others, like `EditReservations`.

    Raises:
        UsageError: there is nothing to do, or an entry must not be written.
    """

    code = 0x02000008
    suffix = "ctrl/recirc-rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "recirc-rsv/rd"
    reply_kind = RecirculationMessage
    matched_by_session = False
    needs = ("recirc_reservation_use",)
    removed: tuple[RecirculationEntry, ...] = field(default=(), converter=_recirculation)
    added: tuple[RecirculationEntry, ...] = field(default=(), converter=_recirculation)

    @classmethod
    def switching(cls, *, on: bool) -> Self:
        """Turn the master switch and leave every entry."""
        return cls(enabled=on)

    def added_members(self) -> dict[str, Any]:
        """``reservation``."""
        return {"reservation": [entry.to_wire() for entry in self.added]}

    def question(self) -> Command:
        """The recirculation programme."""
        return RequestRecirculation()

    def resolve(self, answer: object) -> Command | None:
        """See `Edit.resolve`."""
        if not isinstance(answer, RecirculationMessage):
            raise ScheduleConflict("the device answered with something else; nothing was written")
        programme = answer.programme
        _understood(programme.problems, programme.odd)
        enabled = programme.enabled if self.enabled is None else self.enabled
        wished = RecirculationProgramme(enabled, self._edited(programme.entries))
        if wished == programme:
            return None
        try:
            return ReplaceRecirculation(wished) if wished.entries else ClearRecirculation()
        except UsageError as error:
            raise ScheduleConflict(f"{error}; nothing was written") from None


@frozen(kw_only=True)
class EditTouPlan(_EntriesEdit[TouPeriod]):
    """Change periods of the time-of-use plan and leave the others.

    A unit's plan cannot be read from the unit: the cloud's copy is read (``docs/protocol/rest.md`` section 8), or
    what the unit itself confirmed since that copy last changed. The copy is not written. ``enabled`` is the list's
    own switch, on unless told; ``controller_serial_number`` is that of the unit's device info, which the session
    fills in.

    Raises:
        UsageError: there is nothing to do.
    """

    code = 0x02000007
    suffix = "ctrl/tou/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "tou/rd"
    reply_kind = TouMessage
    matched_by_session = False
    needs = ("program_reservation_use",)
    removed: tuple[TouPeriod, ...] = field(default=(), converter=_periods)
    added: tuple[TouPeriod, ...] = field(default=(), converter=_periods)
    controller_serial_number: str = field(default="", repr=False)

    def for_unit(self, feature: DeviceFeature | None) -> Edit:
        """With the serial number of the unit's controller."""
        serial = self.controller_serial_number or (feature.controller_serial_number if feature else None)
        if not serial:
            raise UsageError("the serial number of the unit's controller is not known: ask for its device info")
        return evolve(self, controller_serial_number=serial)

    def added_members(self) -> dict[str, Any]:
        """``reservation``."""
        return {"reservation": [period.to_wire() for whole in self.added for period in whole.split_at_midnight()]}

    def question(self) -> Command | None:
        """Nothing: the plan stands in the cloud."""
        return None

    def resolve(self, answer: object) -> Command | None:
        """See `Edit.resolve`; ``answer`` is the plan on file."""
        if not isinstance(answer, TouPlan):
            raise ScheduleConflict("the cloud answered with something else; nothing was written")
        _understood(answer.problems, answer.odd)
        try:
            wished = evolve(answer, periods=self._edited(answer.periods))
            return WriteTouPlan(
                plan=wished,
                controller_serial_number=self.controller_serial_number,
                enabled=True if self.enabled is None else self.enabled,
            )
        except UsageError as error:
            raise ScheduleConflict(f"{error}; nothing was written") from None
