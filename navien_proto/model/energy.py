"""Electricity a water heater used, by day or month, and in its lifetime.

Source: ``docs/protocol/responses.md`` section 8, ``docs/protocol/commands.md`` section 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from attrs import fields, frozen

__all__ = ["EnergyPeriod", "EnergyUse", "Granularity", "total_of"]


class Granularity(Enum):
    """What one item of an energy answer stands for."""

    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"


@frozen(kw_only=True)
class EnergyUse:
    """What heat pump and elements used in some time; ``None`` where the unit did not say.

    Attributes:
        heat_pump_energy: Wh of electricity.
        element_energy: Wh of electricity.
        heat_pump_hours: whole hours of running.
        element_hours: whole hours of running.
    """

    heat_pump_energy: int | None = None
    element_energy: int | None = None
    heat_pump_hours: int | None = None
    element_hours: int | None = None

    @property
    def energy(self) -> int | None:
        """Wh of both together; ``None`` when one of them is."""
        if self.heat_pump_energy is None or self.element_energy is None:
            return None
        return self.heat_pump_energy + self.element_energy


def total_of(uses: Iterable[EnergyUse]) -> EnergyUse:
    """All of them together; each figure is the sum of those that are known, ``None`` when none is."""
    found = list(uses)
    sums: dict[str, int | None] = {}
    for one in fields(EnergyUse):
        known = [value for use in found if (value := getattr(use, one.name)) is not None]
        sums[one.name] = sum(known) if known else None
    return EnergyUse(**sums)


@frozen(kw_only=True)
class EnergyPeriod:
    """A month with its days, or a year with its months.

    Attributes:
        year: 2000 and later.
        month: 1 to 12 where the items are days (or hours), ``None`` where they are months.
        day: of the month where the items are hours; no unit was seen to send those.
        items: in order; those that lie ahead may be missing at the end, or zero.
    """

    year: int | None
    month: int | None = None
    day: int | None = None
    items: tuple[EnergyUse, ...] = ()

    def item(self, number: int) -> EnergyUse | None:
        """The item of that day of the month, or month of the year, from 1; ``None`` when it is not there."""
        return self.items[number - 1] if 0 < number <= len(self.items) else None

    @property
    def total(self) -> EnergyUse:
        """The items together: what was used in this period, which is no lifetime total."""
        return total_of(self.items)
