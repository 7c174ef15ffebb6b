"""``navien recirculation``: the hours of the recirculation pump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from navien_anyio.cli.groups import group
from navien_anyio.cli.options import given_of, heater_options
from navien_anyio.cli.steering import CONTROL_CODES, control_options, yes_option
from navien_anyio.cli.texts import parse_days, parse_time
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_anyio.cli.programmes import Kind
    from navien_proto.model.entries import RecirculationEntry

__all__ = ["recirculation"]


def _kind() -> Kind[RecirculationEntry]:
    from navien_anyio.cli.programmes import Kind
    from navien_proto.session.edits import EditRecirculation
    from navien_proto.wire.commands import ClearRecirculation

    return Kind(
        name="pump time",
        ask=lambda heater: heater.recirculation(),
        edit=EditRecirculation,
        clear=ClearRecirculation,
    )


@group("recirculation", "The hours of the recirculation pump.")
def recirculation() -> None:
    """The hours of the recirculation pump: on from a time, off from another, on some days of the week.

    They count in the mode "schedule" ('navien set recirculation schedule') and when they are on. At most 20
    entries. No heater with a pump was ever tested. JSON as for 'navien schedule', entries with pump (on or off).

    \b
    Examples:
      navien recirculation show
      navien recirculation add weekdays 06:00 on
      navien recirculation add weekdays 08:30 off
      navien recirculation remove "weekdays 08:30"
      navien recirculation on
    """


@recirculation.command("show", short_help="What it has.")
@heater_options
@click.pass_context
def show(context: click.Context) -> None:
    """Show the hours of the pump with their numbers, and whether they are on.

    \b
    Examples:
      navien recirculation show
    """
    from navien_anyio.cli.programmes import show_programme

    show_programme(given_of(context), _kind(), "hours of the recirculation pump")


@recirculation.command("add", short_help="One more switching of the pump.", epilog=CONTROL_CODES)
@click.argument("days")
@click.argument("time")
@click.argument("pump", type=click.Choice(["on", "off"], case_sensitive=False))
@click.option("--disabled", is_flag=True, help="Write it, but do not let it count.")
@control_options
@click.pass_context
def add(context: click.Context, days: str, time: str, pump: str, disabled: bool) -> None:
    """Add a time at which the pump begins ("on") or ends ("off") to run, and leave the others.

    \b
    Examples:
      navien recirculation add weekdays 06:00 on
      navien recirculation add daily 10pm off
    """
    from navien_proto.model.entries import RecirculationEntry

    entry = RecirculationEntry(
        days=parse_days("DAYS", days),
        time=parse_time("TIME", time),
        on=pump.lower() == "on",
        enabled=not disabled,
    )
    _kind().add(context, entry)


@recirculation.command("change", short_help="Another one in the place of one.", epilog=CONTROL_CODES)
@click.argument("entry")
@click.option("--days", help="Such as weekdays or Mon,Wed.")
@click.option("--time", help="Such as 06:00.")
@click.option("--pump", type=click.Choice(["on", "off"], case_sensitive=False), help="What it does then.")
@click.option("--enabled/--disabled", "enabled", default=None, help="Whether it counts.")
@control_options
@click.pass_context
def change(
    context: click.Context, entry: str, days: str | None, time: str | None, pump: str | None, enabled: bool | None
) -> None:
    """Change one entry: what is not told stays. ENTRY is its number in 'show', or its days and time.

    \b
    Examples:
      navien recirculation change 1 --time 05:45
    """
    from attrs import evolve

    changes: dict[str, Any] = {}
    if days is not None:
        changes["days"] = parse_days("--days", days)
    if time is not None:
        changes["time"] = parse_time("--time", time)
    if pump is not None:
        changes["on"] = pump.lower() == "on"
    if enabled is not None:
        changes["enabled"] = enabled
    if not changes:
        raise UsageError("say what to change: --days, --time, --pump, --enabled or --disabled")
    _kind().change(context, entry, lambda old: evolve(old, **changes))


@recirculation.command("remove", short_help="One entry less.", epilog=CONTROL_CODES)
@click.argument("entry")
@control_options
@click.pass_context
def remove(context: click.Context, entry: str) -> None:
    """Take one entry away. ENTRY is its number in 'show', or its days and time.

    \b
    Examples:
      navien recirculation remove 2
    """
    _kind().remove(context, entry)


@recirculation.command("clear", short_help="Take all of them away.", epilog=CONTROL_CODES)
@yes_option
@control_options
@click.pass_context
def clear(context: click.Context) -> None:
    """Take all hours of the pump away.

    \b
    Examples:
      navien recirculation clear --yes
    """
    _kind().remove_all(context)


@recirculation.command("on", short_help="Let them count.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def on(context: click.Context) -> None:
    """Switch the pump's hours on; the entries stay as they are.

    \b
    Examples:
      navien recirculation on
    """
    _kind().switch(context, on=True)


@recirculation.command("off", short_help="Let none of them count.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def off(context: click.Context) -> None:
    """Switch the pump's hours off; the entries stay as they are.

    \b
    Examples:
      navien recirculation off
    """
    _kind().switch(context, on=False)
