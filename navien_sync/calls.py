"""Every command and query of the wire as a method of a heater.

Made from ``navien_anyio/calls.py``, its asynchronous twin: ``python -m tests.support.blocking``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.codes import RecirculationMode
from navien_proto.model.diagnostics import Diagnostics
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.firmware import FirmwareDownload
from navien_proto.model.schedules import (
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.status import DeviceStatus
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.session.edits import EditRecirculation, EditReservations, EditTouPlan
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.session.heater import KnownHeater
from navien_proto.session.results import Confirmation, SetPointChanged, answer_of, feature_of, status_of
from navien_proto.wire import commands
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import (
    DiagnosticsMessage,
    EnergyMessage,
    FirmwareDownloadMessage,
    RecirculationMessage,
    ReservationsMessage,
)

__all__ = ["HeaterCalls"]


class HeaterCalls(KnownHeater):
    """What a heater can be asked and told.

    Every method waits for its end: without a connection for one to stand (at most 300 s), then for the answer (at
    most 30 s), unless set otherwise. Controls and schedules return a
    :class:`~navien_proto.session.results.Confirmation`: how far it was confirmed, and whether the heater holds the
    wish back. With ``level=Level.APPLIED`` they wait until the heater runs it, with ``Level.SENT`` for nobody.
    ``expert=True`` sends what the heater's device info says it cannot do. What the heater can do is asked for
    first when it is not known yet.

    All of them raise, beside what they name:
        UsageError: a value is out of range, or the heater cannot do it.
        GuardError: the settings forbid it.
        CommandRefused: the heater or the broker said no.
        CommandTimedOut: no answer came; it may be off line, and a control may still be obeyed.
        CommandExpired: it waited for a connection for too long.
        LinkError: there is no connection and queueing is off, or the client is closed.
        NavienError: what ended the session, when it ended by itself.
    """

    @abstractmethod
    def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        """Send a command and wait for its end."""

    # --- questions ---------------------------------------------------------------------------------------

    def status(self) -> DeviceStatus:
        """Ask for its status: temperatures in °C, powers in W, and so on, by the units of the field table."""
        return status_of(self._ask(commands.RequestStatus()))

    def request_feature(self) -> DeviceFeature:
        """Ask what it is and can do."""
        return feature_of(self._ask(commands.RequestDeviceInfo()))

    def reservations(self) -> ReservationProgramme:
        """Ask for the weekly reservations it has."""
        confirmed = self._ask(commands.RequestReservations())
        return answer_of(confirmed, ReservationsMessage).programme

    def recirculation(self) -> RecirculationProgramme:
        """Ask for the hours of its recirculation pump."""
        confirmed = self._ask(commands.RequestRecirculation())
        return answer_of(confirmed, RecirculationMessage).programme

    def daily_energy(self, year: int, months: Iterable[int]) -> EnergyMessage:
        """Ask for the electricity used on each day of some months, in Wh by heat pump and elements."""
        return answer_of(self._query(commands.RequestDailyEnergy(year, tuple(months))), EnergyMessage)

    def monthly_energy(self, years: Iterable[int]) -> EnergyMessage:
        """Ask for the electricity used in each month of some years, in Wh by heat pump and elements."""
        return answer_of(self._query(commands.RequestMonthlyEnergy(tuple(years))), EnergyMessage)

    def diagnostics(self, *, as_json: bool = True) -> Diagnostics:
        """Ask for the counters of its lifetime; ``as_json=False`` asks for the packed form."""
        command = commands.RequestDiagnostics(as_json=as_json)
        return answer_of(self._ask(command), DiagnosticsMessage).diagnostics

    def firmware_downloads(self) -> tuple[FirmwareDownload, ...]:
        """Ask which firmware lies ready to be installed."""
        confirmed = self._ask(commands.RequestFirmwareDownload())
        return answer_of(confirmed, FirmwareDownloadMessage).downloads

    # --- controls ----------------------------------------------------------------------------------------

    def set_temperature(
        self,
        *,
        celsius: float | None = None,
        fahrenheit: float | None = None,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> SetPointChanged:
        """Change the set point; give exactly one of both. The nearest half degree Celsius is sent: see the result.

        Raises:
            UsageError: not exactly one value, or one beyond the heater's own limits.
        """
        command = commands.SetTemperature(celsius=celsius, fahrenheit=fahrenheit)
        return SetPointChanged.sent(command, self._known(command, level, expert=expert))

    def power_on(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Switch it on; it comes back in the mode it had."""
        return Confirmation.of(self._known(commands.PowerOn(), level, expert=expert))

    def power_off(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Switch it off. Freeze protection is documented to stay on; nobody has seen it work then."""
        return Confirmation.of(self._known(commands.PowerOff(), level, expert=expert))

    def set_mode(
        self, mode: Mode | int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Choose how to heat: HEAT_PUMP, ELECTRIC, ENERGY_SAVER or HIGH_DEMAND.

        Inside a window of time of use the heater holds the change back.
        """
        return Confirmation.of(self._known(commands.SetMode(mode), level, expert=expert))

    def start_vacation(
        self, days: int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Suspend heating for 1 to 30 days; another mode ends it."""
        return Confirmation.of(self._known(commands.StartVacation(days), level, expert=expert))

    def set_vacation_days(
        self, days: int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Change the length of a vacation, 1 to 30 days, without beginning one."""
        return Confirmation.of(self._known(commands.SetVacationDays(days), level, expert=expert))

    def anti_legionella_on(
        self, days: int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Heat against legionella once in 1 to 30 days."""
        return Confirmation.of(self._known(commands.AntiLegionellaOn(days), level, expert=expert))

    def anti_legionella_off(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Heat against legionella no more."""
        return Confirmation.of(self._known(commands.AntiLegionellaOff(), level, expert=expert))

    def use_reservations(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Enter the reservations' mode; what it changes was never seen. See also `switch_reservations`."""
        return Confirmation.of(self._known(commands.UseReservations(), level, expert=expert))

    def press_hot_button(
        self, number: int = 1, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Run the recirculation pump now."""
        return Confirmation.of(self._known(commands.PressHotButton(number), level, expert=expert))

    def set_recirculation_mode(
        self, mode: RecirculationMode | int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Choose when the recirculation pump runs: ALWAYS, BUTTON, SCHEDULE or TEMPERATURE (1 to 4)."""
        return Confirmation.of(self._known(commands.SetRecirculationMode(mode), level, expert=expert))

    def reset_air_filter(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Count the air filter's hours from 0 again."""
        return Confirmation.of(self._known(commands.ResetAirFilter(), level, expert=expert))

    def set_air_filter_life(
        self, hours: int, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Be reminded of the filter after 1000 to 10000 fan hours in steps of 500; 0 switches the reminder off."""
        return Confirmation.of(self._known(commands.SetAirFilterLife(hours), level, expert=expert))

    def reset_condenser_fault(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """An installer's function; no effect was ever seen."""
        return Confirmation.of(self._known(commands.ResetCondenserFault(), level, expert=expert))

    def intelligent_on(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Switch the vendor's learning on."""
        return Confirmation.of(self._known(commands.IntelligentOn(), level, expert=expert))

    def intelligent_off(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Switch the vendor's learning off."""
        return Confirmation.of(self._known(commands.IntelligentOff(), level, expert=expert))

    def demand_response_on(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Take part in demand response."""
        return Confirmation.of(self._known(commands.DemandResponseOn(), level, expert=expert))

    def demand_response_off(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Take no part in demand response."""
        return Confirmation.of(self._known(commands.DemandResponseOff(), level, expert=expert))

    def tou_on(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Heed time of use by the plan it has."""
        return Confirmation.of(self._known(commands.TouOn(), level, expert=expert))

    def tou_off(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Heed time of use no more; the plan stays."""
        return Confirmation.of(self._known(commands.TouOff(), level, expert=expert))

    # --- schedules ----------------------------------------------------------------------------------------

    def replace_reservations(
        self, programme: ReservationProgramme, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Write all weekly reservations, at most 16, in place of those it has; confirmed when it shows them."""
        return Confirmation.of(self._known(commands.ReplaceReservations(programme), level, expert=expert))

    def clear_reservations(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Take all weekly reservations away and switch them off."""
        return Confirmation.of(self._known(commands.ClearReservations(), level, expert=expert))

    def add_reservation(
        self, entry: Reservation, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Add one reservation and leave the others: they are read, changed, written and confirmed."""
        return Confirmation.of(self._known(EditReservations.adding(entry), level, expert=expert))

    def change_reservation(
        self, old: Reservation, new: Reservation, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Put one reservation in the place of another, which it must have."""
        return Confirmation.of(self._known(EditReservations.changing(old, new), level, expert=expert))

    def remove_reservation(
        self, entry: Reservation, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Take one reservation away, which it must have."""
        return Confirmation.of(self._known(EditReservations.removing(entry), level, expert=expert))

    def switch_reservations(
        self, *, on: bool, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Turn the reservations' master switch and leave the entries."""
        return Confirmation.of(self._known(EditReservations.switching(on=on), level, expert=expert))

    def replace_recirculation(
        self, programme: RecirculationProgramme, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Write the hours of the recirculation pump, at most 20, in place of those it has."""
        return Confirmation.of(self._known(commands.ReplaceRecirculation(programme), level, expert=expert))

    def clear_recirculation(self, *, level: Level = Level.ACCEPTED, expert: bool = False) -> Confirmation:
        """Take all hours of the recirculation pump away."""
        return Confirmation.of(self._known(commands.ClearRecirculation(), level, expert=expert))

    def add_recirculation(
        self, entry: RecirculationEntry, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Add one entry to the hours of the recirculation pump and leave the others."""
        return Confirmation.of(self._known(EditRecirculation.adding(entry), level, expert=expert))

    def change_recirculation(
        self,
        old: RecirculationEntry,
        new: RecirculationEntry,
        *,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> Confirmation:
        """Put one entry in the place of another, which it must have."""
        return Confirmation.of(self._known(EditRecirculation.changing(old, new), level, expert=expert))

    def remove_recirculation(
        self, entry: RecirculationEntry, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Take one entry away, which it must have."""
        return Confirmation.of(self._known(EditRecirculation.removing(entry), level, expert=expert))

    def switch_recirculation(
        self, *, on: bool, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Turn the recirculation programme's master switch and leave the entries."""
        return Confirmation.of(self._known(EditRecirculation.switching(on=on), level, expert=expert))

    def write_tou_plan(
        self, plan: TouPlan, *, enabled: bool = True, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Write a time-of-use plan of at most 16 periods, equal neighbours merged; `tou_on` makes it count.

        Raises:
            UsageError: the plan cannot be written: it says why, with the count.
        """
        feature = self.feature or self.request_feature()
        serial = feature.controller_serial_number or ""
        command = commands.WriteTouPlan(plan=plan, controller_serial_number=serial, enabled=enabled)
        return Confirmation.of(self._submit(command, level, expert=expert))

    def add_tou_period(
        self, period: TouPeriod, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Add one period to the time-of-use plan on file and write it."""
        return Confirmation.of(self._known(EditTouPlan.adding(period), level, expert=expert))

    def change_tou_period(
        self, old: TouPeriod, new: TouPeriod, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Put one period in the place of another of the plan on file, and write it."""
        return Confirmation.of(self._known(EditTouPlan.changing(old, new), level, expert=expert))

    def remove_tou_period(
        self, period: TouPeriod, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> Confirmation:
        """Take one period off the plan on file, and write it."""
        return Confirmation.of(self._known(EditTouPlan.removing(period), level, expert=expert))

    # --- the rest ----------------------------------------------------------------------------------------

    def commit_firmware(self, staged: FirmwareDownload, *, confirmed: bool = False) -> Confirmation:
        """Install firmware that lies ready. Nobody has ever tried it: ``confirmed=True`` says that you mean it."""
        command = commands.CommitFirmware(staged=staged, confirmed=confirmed)
        return Confirmation.of(self._known(command, Level.ACCEPTED, expert=False))

    def submit(
        self, command: Command, *, level: Level = Level.ACCEPTED, expert: bool = False
    ) -> CommandConfirmed:
        """Send any command, such as a :class:`~navien_proto.wire.commands.RawCommand`."""
        return self._known(command, level, expert=expert)

    def _ask(self, command: Command) -> CommandConfirmed:
        return self._submit(command, Level.ACCEPTED, expert=False)

    def _query(self, command: Command) -> CommandConfirmed:
        return self._known(command, Level.ACCEPTED, expert=False)

    def _known(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        """Send it, having asked what the heater can do if that is not known and nobody knows better."""
        if self.feature is None and not expert:
            self.request_feature()
        return self._submit(command, level, expert=expert)
