"""What the simulated unit heats for, or does not, whatever mode it is in (``docs/protocol/device_model.md`` 7,
14).

Anti-legionella: once in so many days all the water is brought to 60 °C, by whatever the mode heats with; in
vacation by the compressor. A unit that is off leaves it out. Freeze protection: below 6 °C the lower element heats
in every mode, off included; where it stops is invented. Some errors stop all heating.
"""

from __future__ import annotations

from typing import Final

from attrs import define

from navien_proto.model.codes import Mode
from navien_proto.sim.thermostat import COMPRESSOR_MODES, NO_DEMAND, UPPER, Bounds, Demand

__all__ = ["Safety"]

LOWER: Final = 2
#: °C that kill legionella.
HOT = 60.0
#: Freeze protection: °C at which it begins and ends.
FREEZING, THAWED = 6.0, 11.0
#: Errors that stop heating: a water leak and an overflowing condensate pan (section 14).
STOPPING = (799, 990)


@define
class Safety:
    """``coldest``: of the room and of the inflow, °C; water gets no colder. ``error``: code and sub-code reported.
    ``disinfecting``: a cycle runs. ``thawing``: frost was near.
    """

    coldest: float
    error: tuple[int, int] = (0, 0)
    disinfecting: bool = False
    thawing: bool = False

    def demand(self, wish: Demand, mode: int, upper: float, lower: float) -> Demand:
        """The heat call, given the one that the thermostat makes, and the probes in °C."""
        if self.error[0] in STOPPING:
            return NO_DEMAND
        self.thawing = lower < THAWED if self.thawing else lower <= FREEZING
        self.disinfecting = self.disinfecting and mode != Mode.POWER_OFF and min(upper, lower) < HOT
        if self.disinfecting:
            if mode in (*COMPRESSOR_MODES, Mode.VACATION):
                return Demand(True, wish.element)
            return Demand(False, UPPER if upper < HOT else LOWER)
        return Demand(False, LOWER) if self.thawing and wish == NO_DEMAND else wish

    def bounds(self, wish: Bounds, mode: int, upper: float) -> Bounds:
        """Where ``demand`` may answer differently, given where the thermostat may."""
        if self.error[0] in STOPPING:
            return Bounds()
        if self.disinfecting:
            heated = mode in (*COMPRESSOR_MODES, Mode.VACATION) or upper >= HOT
            return Bounds(lower_high=HOT) if heated else Bounds(upper_high=HOT)
        if self.thawing:
            return wish._replace(lower_high=min(wish.lower_high, THAWED))
        if self.coldest < FREEZING:
            return wish._replace(lower_low=max(wish.lower_low, FREEZING))
        return wish
