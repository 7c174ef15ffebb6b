"""What the heat-pump circuit shows beside its relays: fan, valve, pipe temperatures, air, power.

Nothing here acts on the water or on the sequence; it is computed, when asked for, from the moments at which things
were switched, so it costs nothing while nobody asks. Figures from ``docs/protocol/device_model.md`` sections
2 and 9. Times are heater seconds, temperatures °C.
"""

from __future__ import annotations

from math import exp

from attrs import Factory, define, field

from navien_proto.sim.heater_config import Electrics, HeaterConfig, Timing

__all__ = ["PowerMeter", "Refrigerant"]

FAN_TARGET = 550
FAN_SPEED = 545.0
PARKED = 480.0
#: The valve's way, steps per second: from parked to its start in 13 s.
VALVE_RATE = 35.0


@define
class _Approach:
    """A value on its way from ``start`` at ``since`` toward a target, with one time constant in seconds."""

    start: float
    since: float

    def at(self, now: float, target: float, constant: float) -> float:
        return target + (self.start - target) * exp(-max(0.0, now - self.since) / constant)


@define
class PowerMeter:
    """``currentInstPower``: a mean over a short window that ended a moment ago.

    ``record`` the electrical draw whenever it changes, also ahead of time; ``reading`` gives what is reported.
    """

    timing: Timing
    _changes: list[tuple[float, float]] = Factory(list)

    def record(self, now: float, watts: float) -> None:
        """From ``now`` on the unit draws ``watts``; what was foreseen for later is void."""
        while self._changes and self._changes[-1][0] >= now:
            self._changes.pop()
        self._changes.append((now, watts))

    def foresee(self, at: float, watts: float) -> None:
        """The draw will be ``watts`` from ``at`` on, unless something else is recorded before."""
        self._changes.append((at, watts))

    def reading(self, now: float) -> float:
        """The reported figure in W."""
        end = now - self.timing.power_delay
        begin = end - self.timing.power_window
        while len(self._changes) > 1 and self._changes[1][0] <= begin:
            self._changes.pop(0)
        total, upto = 0.0, end
        for since, watts in reversed(self._changes):
            if since >= upto:
                continue
            total += watts * (upto - max(since, begin))
            upto = since
            if since <= begin:
                break
        else:
            # Older than the record: as it began.
            total += self._changes[0][1] * max(0.0, upto - begin)
        return total / self.timing.power_window


@define
class Refrigerant:
    """Fan, valve, pipes and air sensor; ``switch`` tells it the relays and the state after each change."""

    config: HeaterConfig
    power: PowerMeter
    fan: bool = False
    compressor: bool = False
    _speed: _Approach = Factory(lambda: _Approach(0.0, 0.0))
    _air: _Approach = Factory(lambda: _Approach(0.0, 0.0))
    _valve: float = PARKED
    _valve_since: float = 0.0
    _valve_plan: tuple[tuple[float, float], ...] = ()
    _pipes: tuple[_Approach, _Approach, _Approach] | None = None
    _elements: bool = field(default=False)
    _fan_since: float = 0.0

    def begin(self, now: float, *, running: bool, water: float) -> None:
        """The state of a unit that has been idle, or running, for long."""
        if running:
            self.fan = self.compressor = True
            self._speed = _Approach(FAN_SPEED, now)
            self._air = _Approach(self.config.fan_cooling, now)
            self._fan_since = now - 60.0
            self._valve, self._valve_plan = 140.0, ((now, 140.0),)
            air = self.air(now)
            steady = (water + 13.0, air - 12.3, air - 14.8)
            self._pipes = tuple_of_approaches(steady, now)
        self.power.record(now - 60.0, self._draw())

    def switch(self, now: float, *, fan: bool, compressor: bool, elements: bool, water: float) -> None:
        """Relays have changed, or may have; ``water`` is the mean temperature of the tank."""
        if (fan, compressor, elements) == (self.fan, self.compressor, self._elements):
            return
        if compressor != self.compressor:
            self._pipes = tuple_of_approaches(self.pipes(now, water), now)
        if fan != self.fan:
            self._speed = _Approach(self.rpm(now), now)
            self._air = _Approach(self._cooling(now), now)
            self._fan_since = now
        self._plan_valve(now, fan=fan, compressor=compressor)
        started = compressor and not self.compressor
        self.fan, self.compressor, self._elements = fan, compressor, elements
        self.power.record(now, self._draw() if not started else self.config.electrics.fan)
        if started:
            rest = self._draw() - self.config.electrics.fan
            for after, share in ((4.0, 0.3), (12.0, 0.7), (25.0, 0.9), (45.0, 1.0)):
                self.power.foresee(now + after, self.config.electrics.fan + share * rest)

    def rpm(self, now: float) -> float:
        """``currentFanRpm``."""
        if self.fan:
            return self._speed.at(now - 1.5, FAN_SPEED, 2.5)
        speed = self._speed.at(now, 0.0, 6.0)
        return speed if speed > 20.0 else 0.0

    def pwm(self, now: float) -> float:
        """``fanPwm``: a low drive while the fan starts."""
        if not self.fan:
            return 0.0
        return 1092.0 if now - self._fan_since < 3.0 else 1468.0

    def air(self, now: float) -> float:
        """The air sensor: cooled by the running fan within minutes, warming slowly afterwards."""
        return self.config.ambient - self._cooling(now)

    def valve(self, now: float) -> float:
        """``eevStep``."""
        position, since = self._valve, self._valve_since
        for index, (begin, target) in enumerate(self._valve_plan):
            if begin >= now:
                break
            since = max(since, begin)
            end = self._valve_plan[index + 1][0] if index + 1 < len(self._valve_plan) else now
            way = VALVE_RATE * (min(end, now) - since)
            position = max(target, position - way) if position > target else min(target, position + way)
        return position

    def pipes(self, now: float, water: float) -> tuple[float, float, float]:
        """Discharge, suction and evaporator temperature.

        Running they settle within minutes; after a stop they first meet the tank and the room, then drift for
        an hour to what a long idle unit shows.
        """
        ambient = self.air(now)
        if self._pipes is None:
            return ambient + 9.0, ambient + 10.5, ambient + 4.4
        discharge, suction, evaporator = self._pipes
        if self.compressor:
            return (
                discharge.at(now, water + 13.0, 120.0),
                suction.at(now, ambient - 12.3, 90.0),
                evaporator.at(now, ambient - 14.8, 60.0),
            )
        drift = exp(-max(0.0, now - discharge.since) / 3600.0)
        return (
            discharge.at(now, ambient + 9.0 + (water - ambient - 9.0) * drift, 40.0),
            suction.at(now, ambient + 10.5 - 9.3 * drift, 100.0),
            evaporator.at(now, ambient + 4.4 - 2.9 * drift, 35.0),
        )

    def _cooling(self, now: float) -> float:
        return self._air.at(now, self.config.fan_cooling, 60.0) if self.fan else self._air.at(now, 0.0, 1800.0)

    def _plan_valve(self, now: float, *, fan: bool, compressor: bool) -> None:
        plan: tuple[tuple[float, float], ...] | None = None
        if compressor and not self.compressor:
            plan = ((now + 30.0, 140.0),)
        elif self.compressor and not compressor:
            plan = ((now + 10.0, PARKED),)
        elif fan and not self.fan:
            plan = ((now, 35.0), (now + 15.0, 250.0))
        elif self.fan and not fan:
            plan = ((now, PARKED),)
        if plan is not None:
            self._valve, self._valve_since, self._valve_plan = self.valve(now), now, plan

    def _draw(self) -> float:
        electrics: Electrics = self.config.electrics
        if self.compressor:
            return electrics.compressor + (electrics.element_beside if self._elements else 0.0)
        if self._elements:
            return electrics.element
        return electrics.fan if self.fan else electrics.standby


def tuple_of_approaches(values: tuple[float, float, float], now: float) -> tuple[_Approach, _Approach, _Approach]:
    """Three values that leave from here at ``now``."""
    return _Approach(values[0], now), _Approach(values[1], now), _Approach(values[2], now)
