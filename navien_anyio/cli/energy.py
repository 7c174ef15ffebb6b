"""``navien energy``: the electricity a heater used, by day and by month."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from navien_anyio.cli.options import given_of, heater_options
from navien_anyio.cli.spans import MonthOfYear, parse_span_of_months, parse_span_of_years
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_anyio.heater import Heater
    from navien_proto.model.device import Device
    from navien_proto.model.energy import EnergyPeriod, EnergyUse
    from navien_proto.wire.messages import EnergyMessage

__all__ = ["energy"]

NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@click.command(short_help="The electricity it used, drawn.")
@click.option("--months", metavar="N|MONTHS", help="Day by day: so many months up to this one, or 2026-01.")
@click.option("--years", metavar="N|YEARS", help="Month by month: so many years up to this one, or 2024..2026.")
@heater_options
@click.pass_context
def energy(context: click.Context, months: str | None, years: str | None) -> None:
    """Show the electricity a heater used, heat pump and elements apart: the days of this month, unless told.

    What lies ahead is left out. The heater counts by its own clock, and its lifetime total is no sum of what is
    shown.

    The JSON document has device, by ("day" or "month"), periods (each with year, month or null, items and total),
    total and lifetime; each use has heat_pump_wh, element_wh, total_wh, heat_pump_hours and element_hours, null
    when the heater does not say it. An item has its day or month as number.

    \b
    Examples:
      navien energy
      navien energy --months 3
      navien energy --months 2025-11..2026-02
      navien energy --years 2 --json | jq .total.total_wh
    """
    from navien_anyio.cli.calling import Service, call

    given = given_of(context)
    if months is not None and years is not None:
        raise UsageError("--months, --years: days or months are shown, not both: give one of them")
    today = date.today()  # noqa: DTZ011 (the month on the wall of whoever asks)
    by_year = None if years is None else parse_span_of_years("--years", years, today)
    by_month = parse_span_of_months("--months", "1" if months is None else months, today)

    async def asked(service: Service) -> tuple[Device, list[EnergyMessage]]:
        async with service.heater() as heater:
            if by_year is not None:
                return heater.device, [await heater.monthly_energy(by_year)]
            return heater.device, await _days(heater, by_month)

    device, answers = call(given, asked)
    periods = [period for answer in answers for period in answer.periods]
    lifetime = answers[-1].lifetime
    if given.as_json:
        _print_document(device, periods, lifetime, by="day" if by_year is None else "month", today=today)
    else:
        _print_bars(device, periods, lifetime, today)


async def _days(heater: Heater, wanted: list[MonthOfYear]) -> list[EnergyMessage]:
    """One question a year: so the heater takes them."""
    return [
        await heater.daily_energy(year, [month for one, month in wanted if one == year])
        for year in sorted({year for year, _ in wanted})
    ]


def _past(period: EnergyPeriod, today: date) -> list[tuple[int, EnergyUse]]:
    """The items that are not ahead, with their numbers."""
    last = len(period.items)
    if period.month is None and period.year == today.year:
        last = today.month
    elif (period.year, period.month) == (today.year, today.month):
        last = today.day
    elif period.year is not None and (period.year, period.month or 1) > (today.year, today.month):
        last = 0
    return list(enumerate(period.items, 1))[:last]


def _use_members(use: EnergyUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {
        "heat_pump_wh": use.heat_pump_energy,
        "element_wh": use.element_energy,
        "total_wh": use.energy,
        "heat_pump_hours": use.heat_pump_hours,
        "element_hours": use.element_hours,
    }


def _print_document(
    device: Device, periods: list[EnergyPeriod], lifetime: EnergyUse | None, *, by: str, today: date
) -> None:
    from navien_anyio.cli.documents import device_members, to_json
    from navien_proto.model.energy import total_of

    document = {
        "device": device_members(device),
        "by": by,
        "periods": [
            {
                "year": period.year,
                "month": period.month,
                "items": [{"number": number, **(_use_members(use) or {})} for number, use in _past(period, today)],
                "total": _use_members(period.total),
            }
            for period in periods
        ],
        "total": _use_members(total_of(item for period in periods for item in period.items)),
        "lifetime": _use_members(lifetime),
    }
    click.echo(to_json(document))


def _print_bars(device: Device, periods: list[EnergyPeriod], lifetime: EnergyUse | None, today: date) -> None:
    from rich.console import Console
    from rich.text import Text

    from navien_anyio.cli.bars import Bar, bars, legend, totals_line
    from navien_anyio.cli.words import label
    from navien_proto.model.energy import total_of

    console = Console(highlight=False)
    console.print(Text.assemble((label(device), "bold"), ": electricity in kWh"))
    console.print(legend())
    for period in periods:
        lines = [Bar(_name(period, number), use) for number, use in _past(period, today)]
        console.print()
        console.print(totals_line(_title(period), period.total))
        if lines:
            console.print(bars(lines, console.width))
    console.print()
    if len(periods) > 1:
        console.print(totals_line("together", total_of(item for period in periods for item in period.items)))
    if lifetime is not None:
        console.print(totals_line("since it was installed", lifetime))


def _title(period: EnergyPeriod) -> str:
    if period.month is None:
        return str(period.year or "a year that was not told")
    return f"{NAMES[period.month - 1]} {period.year}"


def _name(period: EnergyPeriod, number: int) -> str:
    if period.month is None:
        return NAMES[number - 1] if number <= len(NAMES) else str(number)
    if period.year is not None:
        try:
            return f"{number:2} {date(period.year, period.month, number):%a}"
        except ValueError:
            return f"{number:2}"
    return f"{number:2}"
