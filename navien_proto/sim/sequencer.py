"""From a heat call to relays, one step after the other, with the waits a real unit shows.

``docs/protocol/device_model.md`` section 9. The states are the numbers of ``currentStatenum``:

    20 idle ──heat call──▶ 30 fan and valve ──▶ 40 compressor on ──▶ 50 running
                 │                ▲                    │                 │
                 │                │                    └──call ends──▶ 60 stopping
                 └──too soon──▶ 70 lock-out ◀──────call comes back────── │ ──▶ 20

Everything reported lags the call: ``operationMode`` follows ``mode_lag`` later and takes with it all that switches
off; an element's relay follows ``relay_lag`` after that; the compressor's relay ``prestart`` after the fan.
The two elements are never on together: there is one place that switches one on, and it leaves the other off.
"""

from __future__ import annotations

from enum import Enum, auto

from attrs import define, field

from navien_proto.model.codes import CurrentState
from navien_proto.sim.heater_config import Timing
from navien_proto.sim.thermostat import NO_DEMAND, UPPER, Demand
from navien_proto.timers import Timers

__all__ = ["Sequencer", "Step"]


class Step(Enum):
    """What the unit waits for."""

    FOLLOW = auto()  # operationMode takes over the heat call, and what is not called for switches off
    ELEMENT = auto()  # the element's relay, after the mode
    COMPRESSOR = auto()  # the compressor's relay, when fan and valve are ready
    RUNNING = auto()  # the compressor has found its steady state
    FAN_OFF = auto()  # the fan has run on after the compressor
    SETTLED = auto()  # the fan stands still: the stop is complete
    UNLOCK = auto()  # pressures are level again: a new start is allowed
    REVIEW = auto()  # an element's minimum time is over: the thermostat may let it go
    WRITTEN = auto()  # a set point was written: the thermostat looks at it
    RESERVATION = auto()  # the next entry of the weekly programme
    MODE_END = auto()  # vacation or electric mode ends by itself
    TARIFF = auto()  # a dear hour begins or ends, or the time before one begins
    DISINFECT = auto()  # the water is to be heated against legionella
    HEARTBEAT = auto()  # a push without a reason, while an app is connected


@define
class Sequencer:
    """State, relays and the reported mode; ``want`` gives it a heat call, ``due`` a step that has come.

    ``timing``: the waits. ``timers``: shared with the heater, in heater seconds. ``mode``: ``operationMode``.
    """

    timing: Timing
    timers: Timers[Step]
    demand: Demand = NO_DEMAND
    state: CurrentState = CurrentState.IDLE
    mode: int = 0
    fan: bool = False
    compressor: bool = False
    upper_element: bool = False
    lower_element: bool = False
    starts: int = 0
    _locked_until: float = field(default=float("-inf"))

    @property
    def busy(self) -> bool:
        """``operationBusy``: whether there is a heat call, the wait in lock-out included."""
        return self.demand != NO_DEMAND

    def begin_running(self) -> None:
        """Start as a unit whose compressor has been running for a while."""
        self.demand = Demand(compressor=True)
        self.state, self.mode = CurrentState.RUNNING, 32 * self.demand.heat_use
        self.fan = self.compressor = True

    def want(self, demand: Demand, now: float) -> None:
        """Take over a heat call at ``now``; nothing but the lock-out shows before ``Step.FOLLOW``."""
        if demand == self.demand:
            return
        self.demand = demand
        self.timers.set(Step.FOLLOW, now + self.timing.mode_lag)
        if demand.compressor and self.state == CurrentState.IDLE and now < self._locked_until:
            self._lock()

    def drop_hybrid(self) -> None:
        """Leaving energy saver or high demand: the element is gone from ``operationMode`` at once."""
        if self.mode == 96:
            self.mode = 32

    def due(self, step: Step, now: float) -> None:
        """A step of the sequence has come; other steps are the heater's and change nothing here."""
        match step:
            case Step.FOLLOW:
                self._follow(now)
            case Step.ELEMENT:
                self.upper_element = self.demand.element == UPPER
                self.lower_element = self.demand.element not in (0, UPPER)
            case Step.COMPRESSOR:
                self.compressor = True
                self.starts += 1
                self.state = CurrentState.COMPRESSOR_START
                self.timers.set(Step.RUNNING, now + self.timing.running)
            case Step.RUNNING:
                self.state = CurrentState.RUNNING
            case Step.FAN_OFF:
                self.fan = False
                self.timers.set(Step.SETTLED, now + self.timing.settling)
            case Step.SETTLED:
                if self.demand.compressor:
                    self._start(now)
                else:
                    self.state = CurrentState.IDLE
            case Step.UNLOCK if self.state == CurrentState.RESTART_LOCKOUT:
                self._start(now)
            case _:
                return

    def _follow(self, now: float) -> None:
        self.mode = 32 * self.demand.heat_use
        self.upper_element = self.upper_element and self.demand.element == UPPER
        self.lower_element = self.lower_element and self.demand.element not in (0, UPPER)
        if self.demand.element and not (self.upper_element or self.lower_element):
            self.timers.set(Step.ELEMENT, now + self.timing.relay_lag)
        else:
            self.timers.cancel(Step.ELEMENT)
        if self.demand.compressor:
            if self.state == CurrentState.IDLE:
                self._start(now)
        elif self.state in (CurrentState.PRE_START, CurrentState.RESTART_LOCKOUT):
            self.fan = False
            self.timers.cancel(Step.COMPRESSOR)
            self.state = CurrentState.IDLE
        elif self.state in (CurrentState.COMPRESSOR_START, CurrentState.RUNNING):
            self.compressor = False
            self.timers.cancel(Step.RUNNING)
            self._locked_until = now + self.timing.lockout
            self.state = CurrentState.STOPPING
            self.timers.set(Step.FAN_OFF, now + self.timing.fan_overrun)

    def _start(self, now: float) -> None:
        if now < self._locked_until:
            self._lock()
            return
        self.fan = True
        self.state = CurrentState.PRE_START
        self.timers.set(Step.COMPRESSOR, now + self.timing.prestart)

    def _lock(self) -> None:
        self.state = CurrentState.RESTART_LOCKOUT
        self.timers.set(Step.UNLOCK, self._locked_until)
