"""What calls for heat: the chosen mode, the thresholds it shows, and the probes.

The shown thresholds do not explain all starts of a real unit (``docs/protocol/device_model.md`` section 3), so the
rules are the measured ones: a written mode or set point is an event that may start heating by itself;
the ON thresholds are the fallback; a threshold acts when the lower probe falls through it or a draw makes it
fall, not merely by lying below.

Temperatures are °C, but for ``raw`` values, which are half-degrees C as on the wire.
"""

from __future__ import annotations

from math import inf
from typing import Final, NamedTuple

from attrs import define, field

from navien_proto.model.codes import Mode
from navien_proto.sim.heater_config import HeaterConfig

__all__ = ["COMPRESSOR_MODES", "NO_DEMAND", "UPPER", "Bounds", "Demand", "Thermostat"]

COMPRESSOR_MODES = (Mode.HEAT_PUMP, Mode.ENERGY_SAVER, Mode.HIGH_DEMAND)

UPPER: Final = 1
LOWER: Final = 2


class Demand(NamedTuple):
    """The heat call: whether the compressor is wanted, and which element (0 none, 1 upper, 2 lower)."""

    compressor: bool = False
    element: int = 0

    @property
    def heat_use(self) -> int:
        """``currentHeatUse``: 0 none, 1 heat pump, 2 element, 3 both."""
        return int(self.compressor) + (2 if self.element else 0)


NO_DEMAND = Demand()


class Bounds(NamedTuple):
    """Probe temperatures between which nothing happens: the caller asks again when one is left."""

    upper_low: float = -inf
    upper_high: float = inf
    lower_low: float = -inf
    lower_high: float = inf

    def left(self, upper: float, lower: float) -> bool:
        """Whether a probe has reached a bound."""
        return (
            lower <= self.lower_low
            or lower >= self.lower_high
            or upper <= self.upper_low
            or upper >= self.upper_high
        )


@define
class Thermostat:
    """Settings and their consequences.

    ``set_point`` (raw) is assigned, ``mode`` changes through ``enter``; the rest follows. ``armed`` tells
    whether the ON threshold may act by level: a stop that leaves the tank below it clears it.
    """

    config: HeaterConfig
    mode: int
    set_point: int
    tou_status: int
    he_upper_on: int = field(init=False)
    he_off: int = field(init=False)
    armed: bool = field(default=True, init=False)

    def __attrs_post_init__(self) -> None:
        # Section 3: an idle unit in heat-pump mode shows the minimum under raised thresholds only.
        trailing = not (self.raised and self.mode == Mode.HEAT_PUMP)
        self.he_upper_on = self.set_point if trailing else self.config.minimum
        self.he_off = self.set_point

    @property
    def raised(self) -> bool:
        """Whether TOU raises the heat pump's ON thresholds to the set point."""
        return bool(self.tou_status & 2)

    @property
    def target(self) -> float:
        """The set point in °C."""
        return self.set_point / 2

    @property
    def reference(self) -> float:
        """Where the compressor stops, °C: (hpLowerOff + hpLowerOffDiff) / 2."""
        return (self.set_point + self.lower_off_diff) / 2

    @property
    def lower_off_diff(self) -> int:
        """``hpLowerOffDiffTempSetting``, counts of 0.5 K."""
        return 0 if self.mode in (Mode.ELECTRIC, Mode.ENERGY_SAVER) else 2

    @property
    def start_below(self) -> float:
        """The lower probe's ON threshold for the compressor, °C, its differential taken off."""
        return self.target - 2.0 if self.raised else self.config.minimum / 2

    def shown(self) -> dict[str, int]:
        """The thermostat members of a status, by wire name (the table of section 3)."""
        on = self.set_point if self.raised else self.config.minimum
        element_modes = (
            (Mode.ENERGY_SAVER, Mode.HIGH_DEMAND, Mode.ELECTRIC)
            if self.raised
            else (Mode.ELECTRIC, Mode.HIGH_DEMAND, Mode.VACATION)
        )
        return {
            "hpUpperOnTempSetting": on,
            "hpUpperOffTempSetting": self.set_point,
            "hpLowerOnTempSetting": on,
            "hpLowerOffTempSetting": self.set_point,
            "heUpperOnTempSetting": self.he_upper_on,
            "heUpperOffTempSetting": self.he_off,
            "heLowerOnTempSetting": self.config.minimum,
            "heLowerOffTempSetting": self.he_off,
            "hpUpperOnDiffTempSetting": 4 if self.raised and self.mode == Mode.ENERGY_SAVER else 0,
            "hpLowerOnDiffTempSetting": 4 if self.raised else 0,
            "hpLowerOffDiffTempSetting": self.lower_off_diff,
            "heUpperOnDiffTempSetting": 4 if self.mode in element_modes else 0,
        }

    def enter(self, mode: int, upper: float, lower: float, current: Demand) -> Demand:
        """A mode was chosen: the heat call that it makes at once, whatever ran before."""
        self.mode = mode
        if mode in (Mode.ELECTRIC, Mode.HIGH_DEMAND):
            self.he_upper_on = self.set_point
        elif mode == Mode.ENERGY_SAVER:
            self.he_upper_on = self.set_point if self.raised else self.config.minimum
        # Entering the other modes leaves that field as it was: it trails, as captured.
        self.he_off = self.set_point
        self.armed = True
        short = self.target - upper
        wants = current.compressor or short > 0 or lower <= self.start_below
        compressor = mode in COMPRESSOR_MODES and wants and lower < self.reference
        element = 0
        if mode == Mode.ELECTRIC:
            element = self._electric(upper, lower, short >= self.config.thresholds.entry_electric)
        elif mode in (Mode.ENERGY_SAVER, Mode.HIGH_DEMAND):
            entry = self.config.thresholds
            enough = entry.entry_saver if mode == Mode.ENERGY_SAVER else entry.entry_demand
            element = UPPER if short >= enough else 0
        return Demand(compressor, element)

    def written(self, upper: float, lower: float, current: Demand) -> Demand:
        """A set point was written a moment ago: above the upper probe it starts heating, else it stops it."""
        if self.target <= upper:
            self.armed = False
            return NO_DEMAND
        demand = self.review(upper, lower, current, element_free=False)
        if self.mode in COMPRESSOR_MODES and lower < self.reference:
            demand = Demand(True, demand.element)
        elif self.mode == Mode.ELECTRIC and not demand.element:
            short = self.target - upper
            demand = Demand(False, self._electric(upper, lower, short >= self.config.thresholds.entry_electric))
        return demand

    def review(
        self, upper: float, lower: float, current: Demand, *, element_free: bool, entering: bool = False
    ) -> Demand:
        """The heat call by level, with hysteresis.

        ``element_free``: the element may stop, its minimum time being over. ``entering``: this is the one look
        that energy saver takes at the element it started on entering.
        """
        if self.mode not in (*COMPRESSOR_MODES, Mode.ELECTRIC):
            return NO_DEMAND
        if lower > self.start_below:
            self.armed = True
        held = current.element and not element_free
        if self.mode == Mode.ELECTRIC:
            return Demand(False, current.element if held else self._electric_next(upper, lower, current.element))
        element = current.element if held else self._hybrid_element(upper, current.element, entering=entering)
        if current.compressor:
            return Demand(lower < self.reference, element)
        low_bottom = self.armed and lower <= self.start_below
        low_top = self.raised and upper <= self.target - self.config.thresholds.window_start
        call = (low_bottom or low_top or element > 0) and lower < self.reference
        return Demand(call, element)

    def drawn_from(self) -> None:
        """A draw began: a lower probe that lies below its threshold counts again."""
        self.armed = True

    def bounds(self, current: Demand, *, element_free: bool) -> Bounds:
        """Where the next ``review`` may answer differently; ``element_free``: its minimum time is over."""
        mode = self.mode
        if mode not in (*COMPRESSOR_MODES, Mode.ELECTRIC):
            return Bounds()
        limits = self.config.thresholds
        upper_low, upper_high, lower_low, lower_high = -inf, inf, -inf, inf
        stop = self.target - limits.off_margin
        if current.element == UPPER:
            upper_high = stop if element_free else inf
        elif current.element == LOWER:
            lower_high = stop if element_free else inf
        else:
            upper_low = self.target - self._far
        if mode == Mode.ELECTRIC:
            if not current.element:
                lower_low = self.config.minimum / 2
        elif current.compressor:
            lower_high = self.reference
        else:
            if self.armed:
                lower_low = self.start_below
            else:
                lower_high = self.start_below + 0.01
            if self.raised:
                upper_low = max(upper_low, self.target - limits.window_start)
        return Bounds(upper_low, upper_high, lower_low, lower_high)

    @property
    def _far(self) -> float:
        """How much the upper probe must be short for an element to come back, K."""
        limits = self.config.thresholds
        if self.mode == Mode.HEAT_PUMP:
            return inf
        return limits.saver_far if self.mode == Mode.ENERGY_SAVER else limits.re_engage

    def _hybrid_element(self, upper: float, current: int, *, entering: bool) -> int:
        limits = self.config.thresholds
        short = self.target - upper
        if current:
            keep = limits.saver_keep if entering and self.mode == Mode.ENERGY_SAVER else limits.off_margin
            return UPPER if short > keep else 0
        return UPPER if short >= self._far else 0

    def _electric_next(self, upper: float, lower: float, current: int) -> int:
        """Upper zone first, then the lower one; nothing until either has fallen far enough."""
        short = self.target - upper
        start = short >= self._far or lower <= self.config.minimum / 2
        if not current:
            return self._electric(upper, lower, start)
        margin = self.config.thresholds.off_margin
        if current == UPPER and short > margin:
            return UPPER
        return LOWER if self.target - lower > margin else 0

    def _electric(self, upper: float, lower: float, start: bool) -> int:
        if not start:
            return 0
        limits = self.config.thresholds
        if self.target - upper >= limits.entry_electric:
            return UPPER
        return LOWER if self.target - lower > limits.off_margin else 0
