"""What replaces the schedules of a unit (``docs/protocol/commands.md`` sections 4 and 6 to 8).

A unit takes whole lists only. To change an entry, read the list, change it, write it back, and let the echo
confirm it: all of these are confirmed by the content of the answer, for a stale one may arrive meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.model.feature import DeviceFeature
from navien_proto.wire.commands.base import Gated, ReplyForm
from navien_proto.wire.commands.set_point import SetPointLimits
from navien_proto.wire.messages import Received, RecirculationMessage, ReservationsMessage, TouMessage

if TYPE_CHECKING:
    # A program that writes one has loaded them; the others need not.
    from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme
    from navien_proto.model.tou import TouPlan

__all__ = [
    "ClearRecirculation",
    "ClearReservations",
    "ReplaceRecirculation",
    "ReplaceReservations",
    "WriteTouPlan",
]


def _copied(wire: dict[str, Any]) -> dict[str, Any]:
    # Commands do not change, whatever is done with their members.
    return wire | {"reservation": [dict(entry) for entry in wire["reservation"]]}


def _reservations(value: object) -> ReservationProgramme:
    from navien_proto.model.schedules import ReservationProgramme

    if not isinstance(value, ReservationProgramme):
        raise UsageError(f"programme must be a ReservationProgramme, not {type(value).__name__}")
    if not value.entries:
        raise UsageError("a list without entries clears the programme; if that is meant, send ClearReservations")
    return value


class _Reservations(Gated):
    """Base of what writes reservations."""

    __slots__ = ()
    code = 0x0100000A
    suffix = "ctrl/rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "rsv/rd"
    reply_kind = ReservationsMessage
    matched_by_session = False
    needs = ("program_reservation_use",)


@frozen
class ReplaceReservations(_Reservations):
    """Write the weekly reservations, at most 16; all others are lost.

    ``programme.enabled`` is the master switch: to switch reservations off and keep them, write them with it off.
    The set points of all entries must lie within the unit's limits.

    Raises:
        UsageError: there is no entry (that is `ClearReservations`), or too many, or one that must not be written.
    """

    programme: ReservationProgramme = field(converter=_reservations)
    _wire: dict[str, Any] = field(init=False, repr=False, eq=False)

    @_wire.default
    def _checked(self) -> dict[str, Any]:
        return self.programme.to_wire()

    def members(self) -> dict[str, Any]:
        """``reservationUse`` and ``reservation``."""
        return _copied(self._wire)

    def check(self, feature: DeviceFeature | None, *, expert: bool = False) -> None:
        """The capability, and the limits of the set point, of each entry."""
        super().check(feature, expert=expert)
        limits = SetPointLimits.of(feature, expert=expert)
        for index, entry in enumerate(self.programme.entries):
            try:
                limits.check(entry.param)
            except UsageError as error:
                raise UsageError(f"entries[{index}]: {error}") from None

    def answered_by(self, message: Received) -> bool | None:
        """Whether the echo has the same switch and entries, in any order."""
        return message.programme == self.programme if isinstance(message, ReservationsMessage) else None


class ClearReservations(_Reservations):
    """Remove all weekly reservations and switch them off."""

    __slots__ = ()

    def members(self) -> dict[str, Any]:
        """``reservationUse`` off and an empty ``reservation``."""
        return {"reservationUse": 1, "reservation": []}

    def answered_by(self, message: Received) -> bool | None:
        """Whether the echo has no entries and is off."""
        if not isinstance(message, ReservationsMessage):
            return None
        programme = message.programme
        return not programme.enabled and not programme.entries and not programme.odd


def _recirculation(value: object) -> RecirculationProgramme:
    from navien_proto.model.schedules import RecirculationProgramme

    if not isinstance(value, RecirculationProgramme):
        raise UsageError(f"programme must be a RecirculationProgramme, not {type(value).__name__}")
    if not value.entries:
        raise UsageError("a list without entries clears the programme; if that is meant, send ClearRecirculation")
    return value


class _Recirculation(Gated):
    """Base of what writes the recirculation programme."""

    __slots__ = ()
    code = 0x02000008
    suffix = "ctrl/recirc-rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "recirc-rsv/rd"
    reply_kind = RecirculationMessage
    matched_by_session = False
    needs = ("recirc_reservation_use",)


@frozen
class ReplaceRecirculation(_Recirculation):
    """Write the recirculation programme, at most 20 entries; all others are lost. An echo was never seen.

    Raises:
        UsageError: there is no entry (that is `ClearRecirculation`), or too many, or one that must not be written.
    """

    programme: RecirculationProgramme = field(converter=_recirculation)
    _wire: dict[str, Any] = field(init=False, repr=False, eq=False)

    @_wire.default
    def _checked(self) -> dict[str, Any]:
        return self.programme.to_wire()

    def members(self) -> dict[str, Any]:
        """``reservationUse`` and ``reservation``."""
        return _copied(self._wire)

    def answered_by(self, message: Received) -> bool | None:
        """Whether the echo has the same switch and entries, in any order."""
        return message.programme == self.programme if isinstance(message, RecirculationMessage) else None


class ClearRecirculation(_Recirculation):
    """Remove all entries of the recirculation programme and switch it off."""

    __slots__ = ()

    def members(self) -> dict[str, Any]:
        """``reservationUse`` off and an empty ``reservation``."""
        return {"reservationUse": 1, "reservation": []}

    def answered_by(self, message: Received) -> bool | None:
        """Whether the echo has no entries and is off."""
        if not isinstance(message, RecirculationMessage):
            return None
        programme = message.programme
        return not programme.enabled and not programme.entries and not programme.odd


def _plan(value: object) -> TouPlan:
    from navien_proto.model.tou import TouPlan

    if not isinstance(value, TouPlan):
        raise UsageError(f"plan must be a TouPlan, not {type(value).__name__}")
    return value


def _serial(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError("controller_serial_number must be text; the unit's device info has it")
    return value


def _on(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"enabled must be True or False, not {type(value).__name__}")
    return value


@frozen(kw_only=True)
class WriteTouPlan(Gated):
    """Write a time-of-use plan, 1 to 16 periods after equal neighbours are merged; `TouOn` makes it count.

    ``controller_serial_number`` is that of the unit's device info. ``enabled`` is the list's own switch.

    Raises:
        UsageError: the plan cannot be written (`navien_proto.model.tou.TouPlan.device_periods` says why), or
            there is no serial number.
    """

    code = 0x02000007
    suffix = "ctrl/tou/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "tou/rd"
    reply_kind = TouMessage
    matched_by_session = False
    needs = ("program_reservation_use",)
    plan: TouPlan = field(converter=_plan)
    controller_serial_number: str = field(converter=_serial, repr=False)
    enabled: bool = field(default=True, converter=_on)
    _wire: dict[str, Any] = field(init=False, repr=False, eq=False)

    @_wire.default
    def _checked(self) -> dict[str, Any]:
        return self.plan.to_wire(enabled=self.enabled)

    def members(self) -> dict[str, Any]:
        """The serial number, ``reservationUse`` and ``reservation``."""
        return {"controllerSerialNumber": self.controller_serial_number, **_copied(self._wire)}

    def answered_by(self, message: Received) -> bool | None:
        """Whether the echo has the same switch, and the same prices at every minute."""
        if not isinstance(message, TouMessage):
            return None
        echo = message.plan
        # As many periods as were written at most: a longer list is another, and is not looked at for long.
        if bool(echo.enabled) != self.enabled or len(echo.periods) > len(self._wire["reservation"]):
            return False
        return echo.canonical() == self.plan.canonical()
