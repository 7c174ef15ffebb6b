"""``navien tou``: time of use, what electricity costs when."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click

from navien_anyio.cli.groups import group
from navien_anyio.cli.options import common_options, given_of, heater_options, way
from navien_anyio.cli.rates import key_options, look_up, periods_needed, pick
from navien_anyio.cli.steering import CONTROL_CODES, Wish, control_options, steer, steered
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_anyio.cli.calling import Service
    from navien_anyio.heater import Heater
    from navien_proto.model.device import Device
    from navien_proto.model.status import DeviceStatus
    from navien_proto.model.tou import TouPlan
    from navien_proto.wire.commands import Command

__all__ = ["tou"]


@group("tou", "Time of use: what electricity costs when.")
def tou() -> None:
    """Time of use: the heater avoids the hours in which electricity is dear.

    A plan has at most 16 periods: months, days, first and last minute, price of a kWh. It is written to the heater
    and then switched on. A heater does not tell its plan: 'show' reads the cloud's copy, which the app shows too.

    \b
    Examples:
      navien tou show
      navien tou rates 94110
      navien tou set --rate E-TOU-C --zip 94110
      navien tou set plan.toml
      navien tou on

    A file of TOML or JSON, as 'navien tou show --json' prints it; months and days may be left out for all:

    \b
      name = "E-TOU-C"
      utility = "Pacific Gas & Electric"
      [[periods]]
      months = "Jun-Sep"
      days = "weekdays"
      start = "16:00"
      end = "20:59"
      price = 0.61
    """


@tou.command("show", short_help="The plan on file, and whether it counts.")
@heater_options
@click.pass_context
def show(context: click.Context) -> None:
    """Show the plan that the cloud has on file, and whether the heater heeds time of use now.

    The JSON document has device, enabled (whether it heeds time of use), plan (name, utility, zip_code, periods),
    null when none is on file, and faults, what is wrong with the plan.

    \b
    Examples:
      navien tou show
      navien tou show --json > plan.json
    """
    from navien_anyio.cli.calling import call

    given = given_of(context)

    async def asked(service: Service) -> tuple[Device, DeviceStatus, TouPlan | None]:
        async with service.heater() as heater:
            status = await heater.status()
            answer = await heater.rest_tou()
            # No plan is an answer without one, or a plan without seasons.
            plan = answer.plan.to_plan() if answer.plan is not None and answer.has_plan else None
            return heater.device, status, plan

    device, status, plan = call(given, asked)
    if given.as_json:
        from navien_anyio.cli.documents import device_members, to_json
        from navien_anyio.cli.tariffs import plan_members

        document = {
            "device": device_members(device),
            "enabled": status.tou_enabled,
            "plan": None if plan is None else plan_members(plan),
            "faults": [] if plan is None else list(map(str, plan.faults())),
        }
        click.echo(to_json(document))
        return
    from rich.console import Console
    from rich.text import Text

    from navien_anyio.cli.words import label

    console = Console(highlight=False)
    heeds = {True: ("on", "green"), False: ("off", "yellow"), None: ("unknown", "yellow")}[status.tou_enabled]
    console.print(Text.assemble((label(device), "bold"), ": time of use: ", heeds))
    if plan is None:
        console.print("  no plan is on file: 'navien tou set' writes one")
    else:
        from navien_anyio.cli.prices import print_plan

        print_plan(console, plan)


@tou.command("set", short_help="Write a plan to the heater.", epilog=CONTROL_CODES)
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--rate", metavar="NAME|LABEL", help="A tariff of the OpenEI database instead of a file.")
@click.option("--zip", "zip_code", metavar="CODE", help="The postcode whose tariffs are meant.")
@key_options
@control_options
@click.pass_context
def set_plan(
    context: click.Context,
    file: IO[bytes] | None,
    rate: str | None,
    zip_code: str | None,
    openei_key: str | None,
    openei_url: str | None,
) -> None:
    """Write a plan of prices to the heater, from a file (see 'navien tou --help') or of a tariff of openei.org.

    It replaces the plan that the heater has. A tariff is stored in the cloud as well, where the app shows it; a
    plan from a file is not, since the cloud wants to know its tariff. 'navien tou on' makes it count.

    \b
    Examples:
      navien tou set plan.toml
      navien tou set plan.json --dry-run
      navien tou set --rate E-TOU-C --zip 94110
    """
    from navien_anyio.cli.tariffs import read_plan

    if (file is None) == (rate is None):
        raise UsageError("say which plan: a FILE, or --rate and --zip")
    if file is not None:
        plan = read_plan(file.name, file.read())
        follow = None
    else:
        if not zip_code:
            raise UsageError("--zip: tariffs are looked up by postcode, and none is given")
        found = pick(look_up(given_of(context), zip_code, openei_key, openei_url), rate or "")
        plan = found.to_plan(zip_code=zip_code)

        async def store(heater: Heater) -> None:
            await heater.store_tou(plan, source=found.raw)

        follow = store
    periods = len(plan.device_periods())

    async def make(heater: Heater) -> Command:
        from navien_proto.wire.commands import WriteTouPlan

        feature = heater.feature or await heater.request_feature()
        serial = feature.controller_serial_number or ""
        return WriteTouPlan(plan=plan, controller_serial_number=serial, enabled=True)

    named = f"“{plan.name}”" if plan.name else "without a name"
    notes = [str(fault) for fault in plan.faults()]
    steer(
        context,
        Wish(
            what=f"plan {named} of {periods} {'period' if periods == 1 else 'periods'} written",
            make=make,
            after=lambda _: [*notes, "'navien tou on' makes it count."],
            follow=follow,
        ),
    )


@tou.command("on", short_help="Let the heater heed it.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def on(context: click.Context) -> None:
    """Let the heater heed time of use by the plan it has.

    \b
    Examples:
      navien tou on
    """
    from navien_proto.wire.commands import TouOn

    steer(context, steered("time of use on", TouOn()))


@tou.command("off", short_help="Let the heater heed it no more.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def off(context: click.Context) -> None:
    """Let the heater heed time of use no more; the plan stays. What was held back takes effect.

    \b
    Examples:
      navien tou off
    """
    from navien_proto.wire.commands import TouOff

    steer(context, steered("time of use off", TouOff()))


@tou.command("rates", short_help="Which tariffs there are at a postcode.")
@click.argument("zip_code", metavar="ZIP")
@key_options
@way("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@common_options
@click.pass_context
def rates(context: click.Context, zip_code: str, openei_key: str | None, openei_url: str | None) -> None:
    """List the residential tariffs at a postcode by the OpenEI database, a service of a third party.

    A free key of yours is needed, in NAVIEN_OPENEI_KEY. The heater takes plans of at most 16 periods.

    The JSON document has a list "rates", each with label, utility, name, since and periods (how many a heater
    would need, null when the tariff says no hours).

    \b
    Examples:
      navien tou rates 94110
    """
    given = given_of(context)
    found = look_up(given, zip_code, openei_key, openei_url)
    rows = [
        {
            "label": rate.label,
            "utility": rate.utility,
            "name": rate.name,
            "since": None if rate.start is None else f"{rate.start:%Y-%m-%d}",
            "periods": periods_needed(rate),
        }
        for rate in found
    ]
    if given.as_json:
        from navien_anyio.cli.documents import to_json

        click.echo(to_json({"rates": rows}))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.words import ABSENT
    from navien_proto.model.tou import MAX_PERIODS

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("name", "utility", "since", "periods", "label"):
        table.add_column(header)
    for row in rows:
        needed = row["periods"]
        fits = isinstance(needed, int) and needed <= MAX_PERIODS
        cells = (row["name"], row["utility"], row["since"], needed, row["label"])
        table.add_row(*(Text(ABSENT if cell is None else str(cell), "" if fits else "dim") for cell in cells))
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(f"Dim: without hours, or of more than the {MAX_PERIODS} periods a heater takes.", "dim"))
