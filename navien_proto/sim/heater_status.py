"""The 87 members of a status, put together from the parts of the simulated heater.

Which members there are and in which order is the field table's; what they read is written here. Derived
figures follow ``docs/protocol/conversions.md`` 18.
"""

from __future__ import annotations

from math import floor
from random import Random
from typing import Protocol

from attrs import Factory, define, frozen

from navien_proto import units
from navien_proto.model.codes import CurrentState
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.sim.heater_config import HeaterConfig, Noise
from navien_proto.sim.household import Draws
from navien_proto.sim.programme import Programme
from navien_proto.sim.refrigerant import FAN_TARGET, PowerMeter, Refrigerant
from navien_proto.sim.safety import Safety
from navien_proto.sim.sequencer import Sequencer
from navien_proto.sim.tank import Tank
from navien_proto.sim.thermostat import Thermostat

__all__ = ["Counters", "Figures", "Jitter", "Parts", "assemble"]

# What never changed in the captures of a healthy unit; members not named here and not computed read 0.
_CONSTANT = {
    "specialFunctionStatus": 1,
    "didReload": 1,
    "freezeProtectionUse": 2,
    "ecoUse": 2,
    "targetSuperHeat": 50,
    "shutOffValveUse": 1,
    "conOvrSensorUse": 1,
    "wtrOvrSensorUse": 1,
    "freezeProtectionTemperature": 12,
    "temperatureType": 2,
    "tempFormulaType": 1,
    "errorBuzzerUse": 2,
    "scaldUse": 2,
    "touOverrideStatus": 2,
}
_TEMPLATE = {row.wire_name: _CONSTANT.get(row.wire_name, 0) for row in STATUS_FIELDS if row.captured}


@define
class Counters:
    """What the unit counts and keeps besides heat: hours, days, switches."""

    fan_hours: float
    filter_hours: float
    filter_period: int
    vacation_days: int = 0
    vacation_elapsed: int = 0
    anti_legionella: bool = False
    anti_legionella_days: int = 7


@frozen
class Jitter:
    """One drawing of the sensors' unrest, each between -1 and 1; the tank probes' are small most of the time."""

    upper: float = 0.0
    lower: float = 0.0
    ambient: float = 0.0
    suction: float = 0.0
    evaporator: float = 0.0
    fan: float = 0.0
    power: float = 0.0
    signal: int = 0

    @classmethod
    def drawn(cls, rng: Random, noise: Noise) -> Jitter:
        """Deviations in the units of ``noise``."""
        random = rng.random

        def around(largest: float) -> float:
            return (random() + random() - 1.0) * largest

        return cls(
            around(noise.upper),
            around(noise.lower),
            around(noise.ambient),
            around(noise.pipes),
            around(noise.pipes * 0.4),
            around(noise.fan),
            around(noise.power),
            round(around(noise.signal)),
        )


@define
class Figures:
    """Set point and energy reference as the charge and energy figures know them: some seconds late."""

    lag: float
    set_point: int
    reference: float
    _coming: list[tuple[float, int, float]] = Factory(list)

    def change(self, now: float, set_point: int, reference: float) -> None:
        """From ``now`` on other values hold; the figures follow."""
        self._coming.append((now + self.lag, set_point, reference))

    def reach(self, now: float) -> None:
        """Take over what has become due."""
        while self._coming and self._coming[0][0] <= now:
            _at, self.set_point, self.reference = self._coming.pop(0)


def _flag(on: bool) -> int:
    return 2 if on else 1


def _tenths(value: float) -> int:
    return floor(10.0 * value + 0.5)


def _energy(config: HeaterConfig, figures: Figures, upper: int, lower: int) -> tuple[int, int, int]:
    """Charge %, total and available counts, from probes in tenths of a degree as they are shown."""
    lowest, slope = config.minimum, config.energy_slope
    charge = units.charge_percent(upper, figures.set_point, lowest) if figures.set_point > lowest else 100
    reference = units.half_from_celsius(figures.reference)
    total = units.total_count(reference, 0, lowest, slope)
    return max(0, charge), max(0, total), units.available_count(reference, upper, lower, slope)


class Parts(Protocol):
    """What a status is made of: the unit, as far as it shows."""

    @property
    def config(self) -> HeaterConfig:
        """Who it is and what it is made of."""

    @property
    def tank(self) -> Tank:
        """Water and probes."""

    @property
    def thermostat(self) -> Thermostat:
        """Settings and thresholds."""

    @property
    def sequencer(self) -> Sequencer:
        """Heat call, state, relays, reported mode."""

    @property
    def refrigerant(self) -> Refrigerant:
        """Fan, valve, pipes, air."""

    @property
    def power(self) -> PowerMeter:
        """The reported draw."""

    @property
    def programme(self) -> Programme:
        """The weekly programme."""

    @property
    def counters(self) -> Counters:
        """Hours and switches."""

    @property
    def safety(self) -> Safety:
        """Errors, and heating against frost and legionella."""

    @property
    def figures(self) -> Figures:
        """What the charge and energy figures know."""

    @property
    def draws(self) -> Draws | None:
        """The household, if there is one."""


def assemble(command: int, now: float, unit: Parts, jitter: Jitter) -> dict[str, int]:
    """A status as it goes on the wire at heater second ``now``, all members in wire order."""
    config, thermostat, sequencer = unit.config, unit.thermostat, unit.sequencer
    refrigerant, counters, figures, draws = unit.refrigerant, unit.counters, unit.figures, unit.draws
    tank = unit.tank.state
    figures.reach(now)
    upper = _tenths(tank.upper_probe + jitter.upper)
    lower = _tenths(tank.lower_probe + jitter.lower)
    discharge, suction, evaporator = refrigerant.pipes(now, (tank.upper + tank.lower) / 2.0)
    charge, total, missing = _energy(config, figures, upper, lower)
    rpm = refrigerant.rpm(now)
    watts = unit.power.reading(now)
    status = _TEMPLATE.copy()
    status.update(thermostat.shown())
    status["command"] = command
    status["operationMode"] = sequencer.mode
    status["operationBusy"] = _flag(sequencer.busy)
    status["dhwUse"] = _flag(draws is not None and draws.active > 0)
    status["dhwUseSustained"] = 2 if draws is not None and draws.sustained else 0
    status["dhwTemperature"] = upper // 5
    status["dhwTemperatureSetting"] = thermostat.set_point
    status["programReservationUse"] = _flag(unit.programme.on)
    status["errorCode"], status["subErrorCode"] = unit.safety.error
    status["wifiRssi"] = config.signal + jitter.signal
    status["dhwTargetTemperatureSetting"] = thermostat.set_point
    status["tankUpperTemperature"] = upper
    status["tankLowerTemperature"] = lower
    status["dischargeTemperature"] = _tenths(discharge)
    status["suctionTemperature"] = _tenths(suction + jitter.suction)
    status["evaporatorTemperature"] = _tenths(evaporator + jitter.evaporator)
    status["ambientTemperature"] = _tenths(refrigerant.air(now) + jitter.ambient)
    status["compUse"] = _flag(sequencer.compressor)
    status["eevUse"] = _flag(sequencer.state != CurrentState.IDLE)
    status["evaFanUse"] = _flag(sequencer.fan)
    status["currentInstPower"] = round(watts + (jitter.power if watts > 100.0 else 0.0))
    status["dhwChargePer"] = charge
    status["vacationDaySetting"] = counters.vacation_days
    status["vacationDayElapsed"] = counters.vacation_elapsed
    status["antiLegionellaUse"] = _flag(counters.anti_legionella)
    status["antiLegionellaOperationBusy"] = _flag(unit.safety.disinfecting)
    status["antiLegionellaPeriod"] = counters.anti_legionella_days
    status["dhwOperationSetting"] = thermostat.mode
    status["currentHeatUse"] = sequencer.demand.heat_use
    status["currentStatenum"] = int(sequencer.state)
    status["targetFanRpm"] = FAN_TARGET if sequencer.fan else 0
    status["currentFanRpm"] = round(rpm + jitter.fan) if rpm > 100.0 else round(rpm)
    status["fanPwm"] = round(refrigerant.pwm(now) + (3.0 * jitter.fan if rpm > 100.0 and sequencer.fan else 0.0))
    status["eevStep"] = round(refrigerant.valve(now))
    status["currentSuperHeat"] = _tenths(suction - evaporator + 2.2)
    status["heatUpperUse"] = _flag(sequencer.upper_element)
    status["heatLowerUse"] = _flag(sequencer.lower_element)
    status["airFilterAlarmUse"] = _flag(counters.filter_period > 0)
    status["airFilterAlarmPeriod"] = counters.filter_period
    status["airFilterAlarmElapsed"] = int(counters.filter_hours)
    status["cumulatedOpTimeEvaFan"] = int(counters.fan_hours)
    status["touStatus"] = thermostat.tou_status
    status["totalEnergyCapacity"] = total
    status["availableEnergyCapacity"] = missing
    return status
