"""Electricity as bars in a terminal: heat pump and elements beside each other on one line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from rich.table import Table
from rich.text import Text

from navien_anyio.cli.words import ABSENT, show_energy
from navien_proto.model.energy import EnergyUse

__all__ = ["ELEMENT", "HEAT_PUMP", "Bar", "bars", "legend", "totals_line"]

# Told apart without colours as well, for a pipe or an eye that sees none.
HEAT_PUMP, ELEMENT = ("█", "green"), ("▒", "red")
LABELS = 44
SHORTEST, LONGEST = 10, 60


@frozen
class Bar:
    """One line: what it is for, and what was used."""

    label: str
    use: EnergyUse


def bars(lines: Sequence[Bar], width: int) -> Table:
    """The lines as a table of at most ``width`` columns, all on the scale of the longest."""
    most = max((line.use.energy or 0 for line in lines), default=0)
    room = max(SHORTEST, min(LONGEST, width - LABELS))
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=room)
    for _ in range(3):
        table.add_column(no_wrap=True, justify="right")
    table.add_row("", "", Text("together", "dim"), Text("heat pump", "dim"), Text("elements", "dim"))
    for line in lines:
        pump, element = line.use.heat_pump_energy, line.use.element_energy
        first = _cells(pump, most, room)
        # The whole bar is rounded, not each part: bars of one total are of one length.
        whole = _cells((pump or 0) + (element or 0), most, room)
        drawn = Text.assemble((HEAT_PUMP[0] * first, HEAT_PUMP[1]), (ELEMENT[0] * (whole - first), ELEMENT[1]))
        cells = (line.use.energy, pump, element)
        style = "" if line.use.energy else "dim"
        table.add_row(Text(f"  {line.label}", style), drawn, *(Text(_short(cell), style) for cell in cells))
    return table


def legend() -> Text:
    """What the two kinds of bar are."""
    return Text.assemble(
        "  ", (HEAT_PUMP[0] * 2, HEAT_PUMP[1]), " heat pump   ", (ELEMENT[0] * 2, ELEMENT[1]), " elements"
    )


def totals_line(name: str, use: EnergyUse) -> Text:
    """A sum in words: ``2026-01: 84.20 kWh, heat pump 80.10 kWh, elements 4.10 kWh (5%)``."""
    line = Text.assemble((f"{name}: ", "bold"), (show_energy(use.energy), "bold"))
    line.append(f", heat pump {show_energy(use.heat_pump_energy)}, elements {show_energy(use.element_energy)}")
    if use.energy and use.element_energy is not None:
        line.append(f" ({use.element_energy / use.energy:.0%})", "dim")
    return line


def _cells(watt_hours: int | None, most: int, room: int) -> int:
    return round((watt_hours or 0) * room / most) if most else 0


def _short(watt_hours: int | None) -> str:
    return ABSENT if watt_hours is None else f"{watt_hours / 1000:.2f}"
