"""The water of the simulated heater: two zones, their probes, and every watt-hour accounted for.

Temperatures are °C, powers W, energies Wh, times s, capacities Wh/K, flows L/min.
The picture is ``docs/protocol/device_model.md`` sections 1, 2 and 6: an upper and a lower zone; cold
water enters at the bottom, hot water leaves at the top, the condenser heats the lower zone.

One refinement keeps two zones honest about draws. Mixed zones would cool the upper one from the first
litre on; a real tank pushes a cold front upwards. So the water that a draw lifts from the lower into the
upper zone is not at the lower zone's mean but at the temperature of its top: the upper zone stays hot until
most of the lower one is cold, and no energy is invented.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

from attrs import define, field, frozen

__all__ = ["WATER", "HeatPumpCurve", "Inputs", "Tank", "TankConfig", "TankState"]

#: Heat capacity of water in Wh per litre and kelvin.
WATER = 1.163


@frozen(kw_only=True)
class TankConfig:
    """What the vessel is made of (``docs/protocol/device_model.md`` sections 1, 4 and 6).

    ``capacity``: Wh/K of the whole tank (281 for the 65 gal unit). ``upper_share``: part of it in the upper
    zone. ``loss``: stand-by loss, W per K above the room. ``mixing``: share of the smaller zone exchanged
    with the other per minute; smaller than the 0.5 % that section 14 offers, because a captured upper
    probe stood still for minutes above a zone 5 K colder, and because larger values flatten a partly used
    tank within an hour. ``probe_lag``: s. ``front``: how sharp the cold front is: the upper zone begins to cool
    when 1 / (``front`` + 1) of the lower zone's warmth is left.
    """

    capacity: float = 280.96
    upper_share: float = 0.5
    loss: float = 1.5
    mixing: float = 0.002
    probe_lag: float = 50.0
    front: float = 3.0


@frozen(kw_only=True)
class HeatPumpCurve:
    """Heat delivered per electrical watt (``docs/protocol/device_model.md`` section 2).

    ``reference`` at ``air`` and ``water`` °C; rises by ``per_air`` per K of warmer air, falls by
    ``per_water`` per K of hotter water, and stays within ``lowest`` and ``highest``.
    """

    reference: float = 2.9
    air: float = 22.0
    water: float = 52.0
    per_air: float = 0.035
    per_water: float = 0.03
    lowest: float = 1.2
    highest: float = 4.5

    def cop(self, air: float, water: float) -> float:
        """Coefficient of performance at this air and mean water temperature."""
        value = self.reference + self.per_air * (air - self.air) - self.per_water * (water - self.water)
        return min(max(value, self.lowest), self.highest)


class Inputs(NamedTuple):
    """What acts on the water, constant over one step: electrical W of the compressor, W of the two
    elements, L/min drawn, °C of the room and of the cold water."""

    compressor: float
    upper_element: float
    lower_element: float
    flow: float
    ambient: float
    inlet: float


class TankState(NamedTuple):
    """Zones and probes in °C, and the running totals of heat in, lost and drawn in Wh."""

    upper: float
    lower: float
    upper_probe: float
    lower_probe: float
    heat_in: float
    lost: float
    drawn: float


class _Rates(NamedTuple):
    upper: float  # K/s
    lower: float  # K/s
    heat_in: float  # W
    lost: float  # W
    drawn: float  # W


@define
class Tank:
    """The tank's state and how it moves.

    ``trial`` answers with the state after a step without taking it, so that the caller can look for the
    moment a thermostat acts; assign the answer to ``state`` to take it.
    """

    state: TankState
    config: TankConfig = TankConfig()
    curve: HeatPumpCurve = HeatPumpCurve()
    _upper_capacity: float = field(init=False)
    _lower_capacity: float = field(init=False)
    _exchange: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._upper_capacity = self.config.capacity * self.config.upper_share
        self._lower_capacity = self.config.capacity - self._upper_capacity
        # A share per minute of the smaller zone's water changing places, as W per K of difference.
        self._exchange = self.config.mixing * 60.0 * min(self._upper_capacity, self._lower_capacity)

    @classmethod
    def at(cls, upper: float, lower: float, config: TankConfig, curve: HeatPumpCurve) -> Tank:
        """A tank whose zones and probes stand at these °C."""
        return cls(TankState(upper, lower, upper, lower, 0.0, 0.0, 0.0), config, curve)

    def stored(self) -> float:
        """Heat in the water above 0 °C, Wh."""
        return self.state.upper * self._upper_capacity + self.state.lower * self._lower_capacity

    def trial(self, seconds: float, inputs: Inputs, old: TankState | None = None) -> TankState:
        """The state ``seconds`` from now (or from ``old``) under constant ``inputs``; this tank does not move.

        Second-order (Heun); steps of minutes suit an idle or slowly heated tank, of some twenty seconds
        one that is drawn from or heated by an element.
        """
        old = old or self.state
        first = self._rates(old.upper, old.lower, inputs)
        second = self._rates(old.upper + first.upper * seconds, old.lower + first.lower * seconds, inputs)
        half = 0.5 * seconds
        upper = old.upper + half * (first.upper + second.upper)
        lower = old.lower + half * (first.lower + second.lower)
        if lower > upper:  # warm water rises: the zones become one
            both = self._upper_capacity * upper + self._lower_capacity * lower
            upper = lower = both / self.config.capacity
        hours = half / 3600.0
        decay = exp(-seconds / self.config.probe_lag)
        return TankState(
            upper,
            lower,
            self._probe(old.upper_probe, old.upper, upper, seconds, decay),
            self._probe(old.lower_probe, old.lower, lower, seconds, decay),
            old.heat_in + hours * (first.heat_in + second.heat_in),
            old.lost + hours * (first.lost + second.lost),
            old.drawn + hours * (first.drawn + second.drawn),
        )

    def _probe(self, shown: float, before: float, after: float, seconds: float, decay: float) -> float:
        """A first-order lag behind water that moves in a straight line: exact for any length of step."""
        behind = (after - before) / seconds * self.config.probe_lag
        return after - behind + (shown - before + behind) * decay

    def _rates(self, upper: float, lower: float, inputs: Inputs) -> _Rates:
        compressor, upper_element, lower_element, flow, ambient, inlet = inputs
        config = self.config
        upper_loss = config.loss * config.upper_share * (upper - ambient)
        lower_loss = config.loss * (1.0 - config.upper_share) * (lower - ambient)
        down = self._exchange * (upper - lower)
        to_upper = upper_element - upper_loss - down
        to_lower = lower_element - lower_loss + down
        heat_in = upper_element + lower_element
        drawn = 0.0
        if compressor:
            water = config.upper_share * upper + (1.0 - config.upper_share) * lower
            pumped = compressor * self.curve.cop(ambient, water)
            to_lower += pumped
            heat_in += pumped
        if flow:
            carried = flow * 60.0 * WATER  # W per K of the stream
            top = min(upper, lower + max(0.0, config.front * (lower - inlet)))
            to_upper += carried * (top - upper)
            to_lower += carried * (inlet - top)
            drawn = carried * (upper - inlet)
        return _Rates(
            to_upper / (self._upper_capacity * 3600.0),
            to_lower / (self._lower_capacity * 3600.0),
            heat_in,
            upper_loss + lower_loss,
            drawn,
        )
