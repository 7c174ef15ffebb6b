"""``navien diagnostics``: the counters of a heater's lifetime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from navien_anyio.cli.options import given_of, heater_options

if TYPE_CHECKING:
    from navien_proto.model.device import Device
    from navien_proto.model.diagnostics import Diagnostics
    from navien_proto.model.fields import FieldRow

__all__ = ["diagnostics"]

# How each unit of the table is written behind a number; what has none counts.
UNITS = {"h": "h", "day": "days", "count": "×", "step": "steps", "unknown": "(of a unit nobody knows)"}


@click.command("diagnostics", short_help="The counters of its lifetime.")
@click.option("--all", "everything", is_flag=True, help="With those that are 0.")
@heater_options
@click.pass_context
def diagnostics(context: click.Context, everything: bool) -> None:
    """Show what a heater counted since it was installed: energy, starts and hours, draws, and what went wrong.

    The JSON document has device and counters: each by name with its unit, null when the heater does not say it.

    \b
    Examples:
      navien diagnostics
      navien diagnostics --all --device Garage
      navien diagnostics --json | jq .counters.compressor_hours_h
    """
    from navien_anyio.cli.calling import Service, call

    given = given_of(context)

    async def asked(service: Service) -> tuple[Device, Diagnostics]:
        async with service.heater() as heater:
            return heater.device, await heater.diagnostics()

    device, counters = call(given, asked)
    if given.as_json:
        from navien_anyio.cli.documents import counter_members, device_members, to_json

        click.echo(to_json({"device": device_members(device), "counters": counter_members(counters)}))
        return
    _print_table(device, counters, everything=everything)


def _print_table(device: Device, counters: Diagnostics, *, everything: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.words import label

    console = Console(highlight=False)
    console.print(Text.assemble((label(device), "bold"), ": what it counted since it was installed"))
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    hidden = 0
    for row in counters.fields:
        value = getattr(counters, row.python_name)
        if value is None or (value == 0 and not everything):
            hidden += value is not None
            continue
        table.add_row(
            Text(_amount(value, row), "bold" if value else "dim"), Text(row.note, "" if value else "dim")
        )
    console.print(table)
    if not table.row_count:
        console.print("  nothing that is not 0")
    if hidden:
        console.print(Text(f"{hidden} others are 0: --all shows them.", "dim"))


def _amount(value: int, row: FieldRow) -> str:
    if row.unit == "Wh":
        return f"{value / 1000:,.1f} kWh"
    unit = UNITS.get(row.unit, row.unit)
    return f"{value:,}" if unit.startswith("(") else f"{value:,} {unit}"
