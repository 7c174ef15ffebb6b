"""The machine without its messages: water, thermostat, sequence and programme on one clock.

``step`` moves to the next thing that happens, but never past a given time. Between two such moments
everything that acts on the water is constant, so the physics takes long strides while nothing changes
quickly; a thermostat crossing inside a stride is searched for and ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf

from navien_proto.model.codes import Mode
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.heater_status import Counters, Figures
from navien_proto.sim.household import Draws, Household
from navien_proto.sim.programme import Entry, Programme
from navien_proto.sim.refrigerant import PowerMeter, Refrigerant
from navien_proto.sim.safety import Safety
from navien_proto.sim.sequencer import Sequencer, Step
from navien_proto.sim.tank import Inputs, Tank, TankState
from navien_proto.sim.tariff import Tariff, Window
from navien_proto.sim.thermostat import COMPRESSOR_MODES, Bounds, Demand, Thermostat
from navien_proto.sim.usage import UseCounter
from navien_proto.timers import Timers

__all__ = ["Unit"]

#: Longest strides in s: with an element or a draw, with the compressor, idle.
QUICK, STEADY, SLOW = 20.0, 120.0, 600.0
#: How closely a thermostat crossing is located, s.
RESOLUTION = 0.05
#: When a look at the thermostat changed nothing although a bound is passed, the next comes this late, s.
PATIENCE = 30.0
#: How far ahead a crossing is looked for, s.
HORIZON = 6 * 3600.0
HOUR = 3600.0
NORMAL_MODES = (Mode.HEAT_PUMP, Mode.ELECTRIC, Mode.ENERGY_SAVER, Mode.HIGH_DEMAND)


class Unit:
    """One water heater. Not told about topics; `navien_proto.sim.heater.Heater` speaks for it."""

    def __init__(self, config: HeaterConfig, started: datetime, household: Household | None) -> None:
        self.config = config
        self.started = started
        self.clock = 0.0
        self.timers: Timers[Step] = Timers()
        self.tank = Tank.at(config.upper, config.lower, config.vessel(), config.curve)
        self.thermostat = Thermostat(config, config.mode, config.set_point, config.tou_status)
        self.sequencer = Sequencer(config.timing, self.timers)
        self.power = PowerMeter(config.timing)
        self.refrigerant = Refrigerant(config, self.power)
        self.programme = Programme()
        self.counters = Counters(
            config.fan_hours, config.filter_hours, config.filter_period, config.vacation_days, config.vacation_days
        )
        self.figures = Figures(config.timing.figure_lag, config.set_point, self.thermostat.reference)
        self.draws = None if household is None else Draws(household, started)
        self.safety = Safety(min(config.ambient, config.inlet))
        self.use = UseCounter()
        self._before: int = config.mode if config.mode in NORMAL_MODES else Mode.HEAT_PUMP
        self._end_mode(config.mode)
        self._element_free = False
        self._patient_until = -inf
        self._firing: tuple[datetime, Entry] | None = None
        self._heartbeat = False
        self.window = Window(started)
        self._foreseen: tuple[float, float] | None = None
        running = config.running and config.mode in COMPRESSOR_MODES
        if running:
            self.sequencer.begin_running()
        self.refrigerant.begin(0.0, running=running, water=self._water())
        self._inputs = self._look()
        self._bounds = self._limits()
        if not running:
            # A cold tank calls for heat as soon as the unit is alive.
            self.timers.set(Step.REVIEW, 0.0)

    # What moves it

    def step(self, to: float) -> None:
        """Go to the next moment at which something happens, at most to ``to``, and let it happen."""
        if self.clock < to:
            self._flow_on(min(to, self.next_change()))
        for due in self.timers.due(self.clock):
            self._due(due)
        if self.draws is not None and self.draws.next <= self.clock:
            before = self.draws.flow
            self.draws.reach(self.clock)
            if self.draws.flow > before:
                self.thermostat.drawn_from()
                self._review()
        self._settle()

    def next_change(self) -> float:
        """The next heater second for which something is planned."""
        planned = self.timers.next()
        drawn = inf if self.draws is None else self.draws.next
        return drawn if planned is None else min(planned, drawn)

    def crossing(self) -> float:
        """The heater second at which a probe will leave the thermostat's bounds, as far as can be foreseen.

        That is up to the next planned change, which has to be waited for anyway; ``inf`` if not before. Without
        one, after hours in which nothing happens, a time at which to ask again.
        """
        if self.clock < self._patient_until:
            return self._patient_until
        if self._foreseen is None or self._foreseen[0] <= self.clock:
            self._foreseen = self._foresee()
        return self._foreseen[1]

    # What is done to it

    def choose_mode(self, mode: int, days: int = 0) -> None:
        """Enter a mode 1..6, as by a command or a reservation; ``days`` for vacation."""
        old = self.thermostat.mode
        if mode == Mode.VACATION:
            self.counters.vacation_days = self.counters.vacation_elapsed = days
        if old in (Mode.ENERGY_SAVER, Mode.HIGH_DEMAND) and mode != old:
            self.sequencer.drop_hybrid()
        if old in NORMAL_MODES and old != mode:
            self._before = old
        self._end_mode(mode)
        state = self.tank.state
        self._call(self.thermostat.enter(mode, state.upper_probe, state.lower_probe, self.sequencer.demand))
        self._figures()

    def command_mode(self, mode: int, days: int = 0) -> None:
        """``choose_mode`` by a command: inside a window of time of use it is held back until that ends."""
        if not self.window.hold(mode, days):
            self.choose_mode(mode, days)

    def power_on(self) -> None:
        """Back to the mode before switching off; nothing when the unit is on."""
        if self.thermostat.mode == Mode.POWER_OFF:
            self.choose_mode(self._before)

    def write_set_point(self, raw: int) -> None:
        """A set point in half-degrees C, within the limits; anything else is not taken."""
        if self.config.minimum <= raw <= self.config.maximum:
            self.thermostat.set_point = raw
            self.timers.set(Step.WRITTEN, self.clock + self.config.timing.thermostat_lag)
            self._figures()
            self._settle()

    def switch_tou(self, *, on: bool) -> None:
        """Time of use on or off; switched on it has the thresholds it was configured with."""
        self.thermostat.tou_status = (self.config.tou_status or 1) if on else 0
        self._follow_tariff(self.local_time())

    def store_tariff(self, tariff: Tariff) -> None:
        """Replace the time-of-use schedule; it is followed while time of use is on."""
        self.window.tariff = tariff
        self._follow_tariff(self.local_time())

    def switch_disinfection(self, days: int | None) -> None:
        """Anti-legionella every so many days, the first time after as many; ``None`` switches it off."""
        self.counters.anti_legionella = days is not None
        if days is None:
            self.safety.disinfecting = False
            self.timers.cancel(Step.DISINFECT)
            self._review()
        else:
            self.counters.anti_legionella_days = days
            self.timers.set(Step.DISINFECT, self.clock + 24 * HOUR * days)

    def heartbeat_due(self) -> bool:
        """Whether ``Step.HEARTBEAT`` has come since this was last asked."""
        due, self._heartbeat = self._heartbeat, False
        return due

    def store(self, programme: Programme) -> bool:
        """Replace the weekly programme; whether its switch has changed."""
        switched = programme.on != self.programme.on
        self.programme = programme
        self._plan_reservation()
        return switched

    def shift_clock(self, seconds: float) -> None:
        """Set the local time forward, or back; what the household does is not moved."""
        self.started += timedelta(seconds=seconds)
        self._plan_reservation()
        self._follow_tariff(self.local_time())

    def set_error(self, code: int, sub: int = 0) -> None:
        """Report this error, 0 for none; a leak and an overflow stop all heating."""
        self.safety.error = (code, sub)
        self._review()

    def local_time(self) -> datetime:
        """The unit's own local time."""
        return self.started + timedelta(seconds=self.clock)

    # Inside

    def _flow_on(self, to: float) -> None:
        """Let water flow and heat until ``to``, or until a probe leaves the thermostat's bounds."""
        while self.clock < to:
            patient = self.clock < self._patient_until
            until = min(to, self._patient_until) if patient else to
            stride = min(until - self.clock, self._longest())
            if patient:
                self._take(self.tank.trial(stride, self._inputs), stride, until)
                continue
            state, taken = self._stride(self.tank.state, stride)
            self._take(state, taken, until)
            if self._bounds.left(state.upper_probe, state.lower_probe):
                self._review()
                return

    def _stride(self, start: TankState, seconds: float) -> tuple[TankState, float]:
        """The state after ``seconds``, or after fewer when a probe leaves the bounds on the way."""
        trial, inputs, left = self.tank.trial, self._inputs, self._bounds.left
        state = trial(seconds, inputs, start)
        if not left(state.upper_probe, state.lower_probe):
            return state, seconds
        early, late = 0.0, seconds
        while late - early > RESOLUTION:
            middle = (early + late) / 2.0
            between = trial(middle, inputs, start)
            if left(between.upper_probe, between.lower_probe):
                late, state = middle, between
            else:
                early = middle
        return state, late

    def _foresee(self) -> tuple[float, float]:
        """How long this look ahead is good for, and the crossing it has found."""
        planned = self.next_change()
        horizon = min(planned, self.clock + HORIZON)
        clock, state, longest = self.clock, self.tank.state, self._longest()
        if self._bounds == Bounds():
            return inf, inf
        while clock < horizon:
            stride = min(horizon - clock, longest)
            state, taken = self._stride(state, stride)
            clock += taken
            if self._bounds.left(state.upper_probe, state.lower_probe):
                # Not at once again when the path really taken crosses a little later.
                found = max(clock, self.clock + 0.5)
                return found, found
        return horizon, inf if horizon == planned else horizon

    def _take(self, state: TankState, stride: float, until: float) -> None:
        self.tank.state = state
        inputs = self._inputs
        elements = inputs.upper_element + inputs.lower_element
        if inputs.compressor or elements:
            self.use.count(self.local_time(), stride, inputs.compressor, elements)
        if self.sequencer.fan:
            self.counters.fan_hours += stride / HOUR
            self.counters.filter_hours += stride / HOUR
        clock = self.clock + stride
        # Land on the planned second itself, not a rounding error beside it.
        self.clock = until if clock >= until - 1e-6 else clock

    def _longest(self) -> float:
        inputs = self._inputs
        if inputs.flow or inputs.upper_element or inputs.lower_element:
            return QUICK
        return STEADY if inputs.compressor else SLOW

    def _due(self, step: Step) -> None:
        match step:
            case Step.REVIEW:
                entering = not self._element_free and self.thermostat.mode == Mode.ENERGY_SAVER
                self._element_free = True
                self._review(entering=entering)
            case Step.WRITTEN:
                state = self.tank.state
                self._call(self.thermostat.written(state.upper_probe, state.lower_probe, self.sequencer.demand))
            case Step.RESERVATION:
                if self._firing is not None:
                    moment, entry = self._firing
                    self.write_set_point(entry.param)
                    self.choose_mode(entry.mode, max(1, self.counters.vacation_days))
                    self._plan_reservation(moment)
            case Step.TARIFF:
                # Rounded to microseconds the clock may still stand before the moment that has come.
                self._follow_tariff(max(self.local_time(), self.window.next))
            case Step.DISINFECT:
                self.safety.disinfecting = True
                self.timers.set(step, self.clock + 24 * HOUR * self.counters.anti_legionella_days)
                self._review()
            case Step.HEARTBEAT:
                self._heartbeat = True
            case Step.MODE_END:
                # Energy saver is the factory's choice when nothing else was chosen before.
                self.choose_mode(Mode.ENERGY_SAVER if self._before == self.thermostat.mode else self._before)
            case _:
                self.sequencer.due(step, self.clock)
                if step is Step.ELEMENT and self.sequencer.demand.element:
                    timing = self.config.timing
                    saver = self.thermostat.mode == Mode.ENERGY_SAVER
                    wait = timing.saver_review if saver else timing.element_minimum
                    self.timers.set(Step.REVIEW, self.clock + wait)

    def _review(self, *, entering: bool = False) -> None:
        state, free = self.tank.state, self._element_free
        current = self.sequencer.demand
        wish = self.thermostat.review(
            state.upper_probe, state.lower_probe, current, element_free=free, entering=entering
        )
        self._call(wish)

    def _call(self, demand: Demand) -> None:
        probes = self.tank.state.upper_probe, self.tank.state.lower_probe
        demand = self.safety.demand(demand, self.thermostat.mode, *probes)
        if demand.element != self.sequencer.demand.element:
            self._element_free = False
            self.timers.cancel(Step.REVIEW)
        self.sequencer.want(demand, self.clock)
        self._settle()
        state = self.tank.state
        if self._bounds.left(state.upper_probe, state.lower_probe):
            self._patient_until = self.clock + PATIENCE

    def _settle(self) -> None:
        """Make everything that follows from relays, draws and settings follow."""
        relays = self.sequencer
        elements = relays.upper_element or relays.lower_element
        self.refrigerant.switch(
            self.clock, fan=relays.fan, compressor=relays.compressor, elements=elements, water=self._water()
        )
        inputs, bounds = self._look(), self._limits()
        if inputs != self._inputs or bounds != self._bounds:
            self._inputs, self._bounds, self._foreseen = inputs, bounds, None

    def _look(self) -> Inputs:
        electrics, relays = self.config.electrics, self.sequencer
        element = electrics.element_beside if relays.compressor else electrics.element
        return Inputs(
            electrics.compressor if relays.compressor else 0.0,
            element if relays.upper_element else 0.0,
            element if relays.lower_element else 0.0,
            0.0 if self.draws is None else self.draws.flow,
            self.config.ambient,
            self.config.inlet,
        )

    def _limits(self) -> Bounds:
        if Step.WRITTEN in self.timers:  # a written set point is looked at once, and not before its time
            return Bounds()
        bounds = self.thermostat.bounds(self.sequencer.demand, element_free=self._element_free)
        return self.safety.bounds(bounds, self.thermostat.mode, self.tank.state.upper_probe)

    def _water(self) -> float:
        return (self.tank.state.upper + self.tank.state.lower) / 2.0

    def _figures(self) -> None:
        self.figures.change(self.clock, self.thermostat.set_point, self.thermostat.reference)

    def _end_mode(self, mode: int) -> None:
        config = self.config
        if mode == Mode.VACATION:
            hours = max(1.0, 24.0 * self.counters.vacation_days - config.vacation_lead_hours)
        elif mode == Mode.ELECTRIC:
            hours = config.electric_hours
        else:
            self.timers.cancel(Step.MODE_END)
            return
        self.timers.set(Step.MODE_END, self.clock + hours * HOUR)

    def _follow_tariff(self, now: datetime) -> None:
        """Raise the thresholds, and hold modes back, as the schedule has it at ``now``; none leaves both alone."""
        followed = bool(self.thermostat.tou_status) and self.window.follow(now)
        if followed:
            self.thermostat.tou_status = 3 if self.window.tariff.raised(now) else 1
            self.timers.set(Step.TARIFF, self.clock + (self.window.next - self.local_time()).total_seconds())
        else:
            self.timers.cancel(Step.TARIFF)
        held = self.window.release(always=not followed)
        if held is not None:
            self.choose_mode(*held)
        self._review()

    def _plan_reservation(self, fired: datetime | None = None) -> None:
        now = self.local_time()
        # Rounded to microseconds the clock may still stand before the entry that has just fired.
        self._firing = self.programme.next_after(now if fired is None else max(now, fired))
        if self._firing is None:
            self.timers.cancel(Step.RESERVATION)
        else:
            self.timers.set(Step.RESERVATION, self.clock + (self._firing[0] - now).total_seconds())
