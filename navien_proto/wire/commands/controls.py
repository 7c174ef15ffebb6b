"""What changes a unit at once (``docs/protocol/commands.md`` section 3)."""

from __future__ import annotations

from attrs import field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.codes import DhwOperationSetting, RecirculationMode
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.commands.base import Control, whole_number

__all__ = [
    "AntiLegionellaOff",
    "AntiLegionellaOn",
    "DemandResponseOff",
    "DemandResponseOn",
    "IntelligentOff",
    "IntelligentOn",
    "PowerOff",
    "PowerOn",
    "PressHotButton",
    "ResetAirFilter",
    "ResetCondenserFault",
    "SetAirFilterLife",
    "SetMode",
    "SetRecirculationMode",
    "SetVacationDays",
    "StartVacation",
    "TouOff",
    "TouOn",
    "UseReservations",
]


class PowerOff(Control):
    """Switch the unit off. Freeze protection is documented to stay on; nobody has seen it work then."""

    __slots__ = ()
    code = 0x02000001
    mode_string = "power-off"
    needs = ("power_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The setting is POWER_OFF."""
        return status.dhw_operation_setting == DhwOperationSetting.POWER_OFF


class PowerOn(Control):
    """Switch the unit on; it came back in the mode it had before, the one time it was seen."""

    __slots__ = ()
    code = 0x02000002
    mode_string = "power-on"
    needs = ("power_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The setting is any mode but POWER_OFF."""
        return status.dhw_operation_setting not in (None, DhwOperationSetting.POWER_OFF)


_MODES = {
    DhwOperationSetting.HEAT_PUMP: ("dhw_use", "heatpump_use"),
    DhwOperationSetting.ELECTRIC: ("dhw_use", "electric_use"),
    DhwOperationSetting.ENERGY_SAVER: ("dhw_use", "energy_saver_use"),
    DhwOperationSetting.HIGH_DEMAND: ("dhw_use", "high_demand_use"),
}
_BY_NUMBER = {int(mode): mode for mode in _MODES}


def _heating_mode(mode: object) -> DhwOperationSetting:
    if isinstance(mode, int) and not isinstance(mode, bool) and mode in _BY_NUMBER:
        return _BY_NUMBER[mode]
    names = ", ".join(one.name for one in _MODES)
    raise UsageError(f"mode must be one of {names} (1 to 4); for the others use StartVacation and PowerOff")


@frozen
class SetMode(Control):
    """Choose how to heat: ``SetMode(Mode.HEAT_PUMP)``; the numbers 1 to 4 are understood.

    A unit inside a window of time of use acknowledges and holds the change back.

    Raises:
        UsageError: ``mode`` is none of the four.
    """

    code = 0x02000005
    mode_string = "dhw-mode"
    mode: DhwOperationSetting = field(converter=_heating_mode)
    needs: tuple[str, ...] = field(init=False, repr=False, eq=False)

    @needs.default
    def _flags(self) -> tuple[str, ...]:
        return _MODES[self.mode]

    def params(self) -> tuple[int, ...]:
        """The mode's number."""
        return (int(self.mode),)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The setting is the mode."""
        return status.dhw_operation_setting == self.mode


def _days(days: object) -> int:
    return whole_number(days, "days", 1, 30)


@frozen
class _Days(Control):
    """Base of the controls with a number of days.

    Raises:
        UsageError: ``days`` is not 1 to 30.
    """

    days: int = field(converter=_days)

    def params(self) -> tuple[int, ...]:
        """The days."""
        return (self.days,)


class StartVacation(_Days):
    """Suspend heating for 1 to 30 days. Another mode ends it.

    Raises:
        UsageError: ``days`` is no such number.
    """

    __slots__ = ()
    code = 0x02000005
    mode_string = "dhw-mode"
    needs = ("holiday_use",)

    def params(self) -> tuple[int, ...]:
        """The vacation mode's number and the days."""
        return (int(DhwOperationSetting.VACATION), self.days)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The setting is VACATION for as many days."""
        return (
            status.dhw_operation_setting == DhwOperationSetting.VACATION
            and status.vacation_day_setting == self.days
        )


class SetVacationDays(_Days):
    """Change the number of days of a vacation, 1 to 30, and nothing else: it begins none.

    Raises:
        UsageError: ``days`` is no such number.
    """

    __slots__ = ()
    code = 0x02000022
    mode_string = "goout-day"
    needs = ("holiday_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The days are as many."""
        return status.vacation_day_setting == self.days


class AntiLegionellaOn(_Days):
    """Heat against legionella once in 1 to 30 days.

    Raises:
        UsageError: ``days`` is no such number.
    """

    __slots__ = ()
    code = 0x02000028
    mode_string = "anti-leg-on"
    needs = ("anti_legionella_setting_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """It is enabled with that period."""
        return status.anti_legionella_use is True and status.anti_legionella_period == self.days


class AntiLegionellaOff(Control):
    """Heat against legionella no more."""

    __slots__ = ()
    code = 0x02000027
    mode_string = "anti-leg-off"
    needs = ("anti_legionella_setting_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """It is disabled."""
        return status.anti_legionella_use is False


class UseReservations(Control):
    """Enter the reservations' mode (``reservation-mode``); what it changes was never seen."""

    __slots__ = ()
    code = 0x02000009
    mode_string = "reservation-mode"
    needs = ("program_reservation_use",)


def _button(number: object) -> int:
    return whole_number(number, "number", 1, 2)


@frozen
class PressHotButton(Control):
    """Run the recirculation pump now. Uncertain: 1 is the app's; one source has 2 for on and 1 for off.

    Raises:
        UsageError: ``number`` is neither 1 nor 2.
    """

    code = 0x0200000C
    mode_string = "recirc-hotbtn"
    needs = ("recirculation_use",)
    number: int = field(default=1, converter=_button)

    def params(self) -> tuple[int, ...]:
        """The number."""
        return (self.number,)


def _recirculation(mode: object) -> RecirculationMode:
    return RecirculationMode(whole_number(mode, "mode of recirculation", 1, 4))


@frozen
class SetRecirculationMode(Control):
    """Choose when the recirculation pump runs. No unit with a pump was ever tested.

    Raises:
        UsageError: ``mode`` is not ALWAYS, BUTTON, SCHEDULE or TEMPERATURE (1 to 4).
    """

    code = 0x0200000D
    mode_string = "recirc-mode"
    needs = ("recirculation_use",)
    mode: RecirculationMode = field(converter=_recirculation)

    def params(self) -> tuple[int, ...]:
        """The mode's number."""
        return (int(self.mode),)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The recirculation mode is the one chosen."""
        return status.recirc_operation_mode == self.mode


class ResetCondenserFault(Control):
    """An installer's function. It was acknowledged; no effect was ever seen."""

    __slots__ = ()
    code = 0x0200001F
    mode_string = "cond-fault-reset"


class IntelligentOff(Control):
    """Switch the vendor's learning off; what a status shows of it is not known."""

    __slots__ = ()
    code = 0x02000023
    mode_string = "intelligent-off"


class IntelligentOn(Control):
    """Switch the vendor's learning on; what a status shows of it is not known."""

    __slots__ = ()
    code = 0x02000024
    mode_string = "intelligent-on"


class DemandResponseOff(Control):
    """Take no part in demand response; what a status shows of it is not known."""

    __slots__ = ()
    code = 0x02000025
    mode_string = "dr-off"
    needs = ("dr_setting_use",)


class DemandResponseOn(Control):
    """Take part in demand response; what a status shows of it is not known."""

    __slots__ = ()
    code = 0x02000026
    mode_string = "dr-on"
    needs = ("dr_setting_use",)


class ResetAirFilter(Control):
    """Count the air filter's hours from 0 again."""

    __slots__ = ()
    code = 0x02000029
    mode_string = "air-filter-reset"

    def shown_by(self, status: DeviceStatus) -> bool:
        """No hours have passed."""
        return status.air_filter_alarm_elapsed == 0


def _filter_hours(hours: int) -> int:
    units.filter_hours_to_raw(hours)
    return hours


@frozen
class SetAirFilterLife(Control):
    """Be reminded of the air filter after 1000 to 10000 fan hours in steps of 500; 0 switches the reminder off.

    The wire counts steps of 500 h, the unit answers in hours.

    Raises:
        UsageError: ``hours`` is nothing of that.
    """

    code = 0x0200002A
    mode_string = "air-filter-life"
    hours: int = field(converter=_filter_hours)

    def params(self) -> tuple[int, ...]:
        """The steps of 500 h."""
        return (units.filter_hours_to_raw(self.hours),)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The period is as many hours; for 0, that or the reminder is off."""
        if self.hours == 0 and status.air_filter_alarm_use is False:
            return True
        return status.air_filter_alarm_period == self.hours


class TouOff(Control):
    """Heed time of use no more; the plan stays."""

    __slots__ = ()
    code = 0x0200002B
    mode_string = "tou-off"
    needs = ("program_reservation_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """Time of use is off."""
        return status.tou_enabled is False


class TouOn(Control):
    """Heed time of use by the plan the unit has."""

    __slots__ = ()
    code = 0x0200002C
    mode_string = "tou-on"
    needs = ("program_reservation_use",)

    def shown_by(self, status: DeviceStatus) -> bool:
        """Time of use is on."""
        return status.tou_enabled is True
