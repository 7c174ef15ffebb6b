"""A time-of-use plan as a table in a terminal. Pure, but for the printing."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.tou_period import months_text, prices_text
from navien_proto.model.weekdays import days_text

__all__ = ["print_plan"]


def print_plan(console: Console, plan: TouPlan) -> None:
    """Print the periods of ``plan``, the dearer ones in another colour, and what is wrong with it."""
    console.print(Text("  " + (", ".join(filter(None, (plan.name, plan.utility))) or "a plan without a name")))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("months", "days", "from", "to", "price of a kWh"):
        table.add_column(header)
    lowest = min((period.price_max for period in plan.periods), default=None)
    for period in sorted(plan.periods, key=TouPeriod.canonical):
        dear = lowest is not None and period.price_max > lowest
        table.add_row(
            months_text(period.months),
            days_text(period.days),
            f"{period.start:%H:%M}",
            f"{period.end:%H:%M}",
            Text(prices_text(period.price_min, period.price_max), "yellow" if dear else "green"),
        )
    console.print(table)
    for fault in plan.faults():
        console.print(Text(f"  {fault}", "yellow"))
