"""What follows from several readings of a status; each formula and its source stand with it.

Every value is ``None`` when a reading it needs is absent.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from navien_proto import units
from navien_proto.model.codes import CurrentState, DhwOperationSetting, DREvent, HeatSource
from navien_proto.model.status_table import StatusFields

if TYPE_CHECKING:
    from navien_proto.model.error_codes import DeviceError

__all__ = ["COMPRESSOR_WATTS", "HEAT_PUMP_COP", "DerivedReadings", "Waiting"]

HEAT_PUMP_COP = 2.9
"""Heat a heat pump makes of its electricity: the median over whole recoveries in a room of 22 °C
(``docs/protocol/device_model.md`` section 2)."""

COMPRESSOR_WATTS = 433
"""Electrical power of heat pump and fan when running steadily (``docs/protocol/device_model.md`` section 2)."""

# Below, the power shown has not caught up with the relays (device_model.md section 2).
_HEAT_PUMP_FROM = 300
_ELEMENT_FROM = 600

_DIFFERENTIALS = tuple(row.python_name for row in StatusFields.fields if row.decoder == "diff_raw")


class Waiting(Enum):
    """What a unit that does not heat is waiting for; see `DerivedReadings.waiting_for`."""

    NOTHING = "nothing"
    """It heats, or nothing is missing."""
    POWER_ON = "power on"
    """It is switched off."""
    END_OF_VACATION = "end of vacation"
    RESTART_LOCKOUT = "restart lock-out"
    """There is a heat call; the compressor rests for some three minutes after a stop."""
    START = "start"
    """There is a heat call; fan and valve prepare, or the call was only just taken."""
    DEMAND_RESPONSE = "demand response"
    """Heat is missing and the utility asks for restraint."""
    TIME_OF_USE = "time of use"
    """Heat is missing and there is no heat call, while time of use is followed. Provisional: a status alone does
    not tell a window from a tank that is warm enough."""
    COOLING = "cooling"
    """Heat is missing, but not enough for a heat call."""


class DerivedReadings(StatusFields):
    """Base of `navien_proto.model.status.DeviceStatus` and of its Fahrenheit view: the same values in both."""

    __slots__ = ()

    @property
    def error(self) -> DeviceError | None:
        """The error the unit reports, with title and advice; ``None`` when ``error_code`` is 0, or absent.

        Source: ``docs/protocol/error_codes.md``.
        """
        if not self.error_code:
            return None
        # Seldom needed: the table of texts is only loaded for the first error.
        from navien_proto.model.error_codes import device_error

        return device_error(self.error_code, self.sub_error_code)

    @property
    def heat_source_running(self) -> HeatSource | None:
        """What heats now, by the relays: ``comp_use``, and ``heat_upper_use`` or ``heat_lower_use``.

        ``current_heat_use`` shows what was decided and runs ahead of the relays
        (``docs/protocol/device_model.md`` section 9).
        """
        compressor, element = self.comp_use, self.electric_backup_on
        if compressor is None or element is None:
            return None
        return HeatSource(compressor + 2 * element)

    @property
    def electric_backup_on(self) -> bool | None:
        """Whether a heating element is on: ``heat_upper_use`` or ``heat_lower_use``.

        True in mode ELECTRIC as well, where the element is no backup. Source: ``docs/protocol/device_model.md``
        section 4.
        """
        upper, lower = self.heat_upper_use, self.heat_lower_use
        if upper or lower:
            return True
        return None if upper is None or lower is None else False

    @property
    def usable_energy(self) -> int | None:
        """Wh of hot water in the tank: full recovery less what is missing (conversions.md 9)."""
        full, missing = self.full_recovery_energy, self.energy_to_setpoint
        return None if full is None or missing is None else units.usable_energy(full, missing)

    @property
    def usable_share(self) -> float | None:
        """Usable energy in % of a full recovery: 100 (full - missing) / full (conversions.md 18).

        Another figure than ``dhw_charge_percent``, which looks at the upper probe alone. ``None`` as well when a
        full recovery takes nothing.
        """
        full, missing = self.full_recovery_energy, self.energy_to_setpoint
        if full is None or missing is None or full <= 0:
            return None
        return units.stored_percent(full, missing)

    @property
    def hours_to_full(self) -> float | None:
        """Hours until nothing is missing, if heating goes on with the present power and nobody draws water.

        ``energy_to_setpoint`` divided by the heat made: power × 2.9 for the heat pump (`HEAT_PUMP_COP`), power × 1
        for an element, 433 W × 2.9 (`COMPRESSOR_WATTS`) and the rest × 1 for both; 0 when nothing is missing. An
        estimate: a COP falls with hotter water and colder air. ``None`` as well while nothing heats, and while the
        power shown lags behind the relays (not 300 to 600 W with the heat pump, below 600 W with an element).

        Source: ``docs/protocol/device_model.md`` sections 2 and 5.
        """
        missing, power, source = self.energy_to_setpoint, self.current_inst_power, self.heat_source_running
        if missing is not None and missing <= 0:
            return 0.0
        if missing is None or power is None:
            return None
        match source:
            case HeatSource.HEAT_PUMP if _HEAT_PUMP_FROM <= power < _ELEMENT_FROM:
                heat = power * HEAT_PUMP_COP
            case HeatSource.ELEMENT if power >= _ELEMENT_FROM:
                heat = float(power)
            case HeatSource.BOTH if power >= _ELEMENT_FROM:
                heat = COMPRESSOR_WATTS * HEAT_PUMP_COP + (power - COMPRESSOR_WATTS)
            case _:
                return None
        return missing / heat

    @property
    def waiting_for(self) -> Waiting | None:
        """What the unit waits for, the first that holds:

        - a relay of a heat source is on: nothing;
        - ``dhw_operation_setting`` is POWER_OFF or VACATION: power on, end of vacation;
        - ``operation_busy``, which is a heat call: the restart lock-out in state RESTART_LOCKOUT, else the start;
        - ``energy_to_setpoint`` is 0: nothing;
        - ``dr_event_status`` is SHED or CPE: demand response;
        - ``tou_status`` is not 0 and ``tou_override_status`` is off: time of use (provisional);
        - else the tank has to cool down to where a heat call begins.

        Source: ``docs/protocol/device_model.md`` sections 3, 8 and 9.
        """
        source, mode, busy = self.heat_source_running, self.dhw_operation_setting, self.operation_busy
        if source is None or mode is None or busy is None:
            return None
        if source is not HeatSource.NONE:
            return Waiting.NOTHING
        if mode == DhwOperationSetting.POWER_OFF:
            return Waiting.POWER_ON
        if mode == DhwOperationSetting.VACATION:
            return Waiting.END_OF_VACATION
        if busy:
            locked = self.current_state == CurrentState.RESTART_LOCKOUT
            return Waiting.RESTART_LOCKOUT if locked else Waiting.START
        return self._waiting_without_call()

    def _waiting_without_call(self) -> Waiting | None:
        missing, event, tou = self.energy_to_setpoint, self.dr_event_status, self.tou_enabled
        if missing is None:
            return None
        if missing <= 0:
            return Waiting.NOTHING
        if event is None or tou is None:
            return None
        if event in (DREvent.SHED, DREvent.CPE):
            return Waiting.DEMAND_RESPONSE
        if tou and self.tou_override_status is None:
            return None
        return Waiting.TIME_OF_USE if tou and not self.tou_override_status else Waiting.COOLING

    @property
    def tou_enabled(self) -> bool | None:
        """Whether time of use is on at all: ``tou_status`` is not 0 (enums.md, TouStatus)."""
        return None if self.tou_status is None else self.tou_status != 0

    @property
    def tou_raised(self) -> bool | None:
        """Whether time of use raises the thresholds now. Provisional: fits all that was seen (enums.md)."""
        return None if self.tou_status is None else bool(self.tou_status & 2)

    @property
    def provisional_differentials(self) -> dict[str, float | None]:
        """The thermostat's differentials in K, by attribute name: 0.5 K a count (conversions.md 6).

        Provisional: that reading fits the capture's energy figures, another source claims 0.1 K a count.
        """
        counts = {name: getattr(self, name) for name in _DIFFERENTIALS}
        return {
            name: None if count is None else units.differential_kelvin(count, counts_per_kelvin=2)
            for name, count in counts.items()
        }
