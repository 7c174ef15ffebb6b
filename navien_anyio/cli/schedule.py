"""``navien schedule``: the weekly reservations of modes and set points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from navien_anyio.cli.groups import group
from navien_anyio.cli.options import given_of, heater_options
from navien_anyio.cli.steering import CONTROL_CODES, control_options, steer, steered, yes_option
from navien_anyio.cli.texts import MODES, parse_days, parse_degrees, parse_mode, parse_time
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_anyio.cli.programmes import Kind
    from navien_proto.model.entries import Reservation

__all__ = ["schedule"]

OFF_QUESTION = "Let a reservation switch the heater off every week at that time?"


def _kind() -> Kind[Reservation]:
    from navien_anyio.cli.programmes import Kind
    from navien_proto.session.edits import EditReservations
    from navien_proto.wire.commands import ClearReservations

    return Kind(
        name="reservation",
        ask=lambda heater: heater.reservations(),
        edit=EditReservations,
        clear=ClearReservations,
    )


@group("schedule", "Weekly reservations of modes and set points.")
def schedule() -> None:
    """The weekly reservations: a mode and a set point at a time on some days, by the heater's clock.

    The heater takes whole lists: they are read, changed and written, and confirmed by what the heater then
    shows. If somebody else changed the list in between, nothing is written. At most 16 entries.

    With --json: device; 'show' adds enabled (the master switch), entries (days, time, enabled, mode, celsius,
    fahrenheit), conflicts and not_understood; the others add what 'navien set' has, and programme with these.

    \b
    Examples:
      navien schedule show
      navien schedule add weekdays 06:30 high-demand 60C
      navien schedule add Sat,Sun 8am energy-saver 122F
      navien schedule change 1 --time 06:00
      navien schedule remove "weekdays 06:30"
      navien schedule on
    """


@schedule.command("show", short_help="What it has.")
@heater_options
@click.pass_context
def show(context: click.Context) -> None:
    """Show the reservations with their numbers, whether they are on, and which contradict each other.

    \b
    Examples:
      navien schedule show
      navien schedule show --json --device Garage
    """
    from navien_anyio.cli.programmes import show_programme

    show_programme(given_of(context), _kind(), "reservations")


@schedule.command("add", short_help="One more reservation.", epilog=CONTROL_CODES)
@click.argument("days")
@click.argument("time")
@click.argument("mode")
@click.argument("temperature")
@click.option("--unit", type=click.Choice(["c", "f"], case_sensitive=False), help="Of a number without one.")
@click.option("--disabled", is_flag=True, help="Write it, but do not let it count.")
@yes_option
@control_options
@click.pass_context
def add(
    context: click.Context, days: str, time: str, mode: str, temperature: str, unit: str | None, disabled: bool
) -> None:
    """Add a reservation and leave the others. It counts when the reservations are on: 'navien schedule on'.

    \b
    DAYS         weekdays, weekends, daily, Mon-Fri, or Mon,Wed,Sat
    TIME         06:30 or 6:30pm, by the heater's clock
    MODE         heat-pump, electric, energy-saver, high-demand, vacation or power-off
    TEMPERATURE  of the set point, with its unit: 60C or 140F

    \b
    Examples:
      navien schedule add weekdays 06:30 high-demand 60C
      navien schedule add Sun 10pm heat-pump 120F --disabled
    """
    from navien_proto.model.entries import Reservation

    wanted = parse_degrees("TEMPERATURE", temperature, unit)
    entry = Reservation.at(
        parse_days("DAYS", days),
        parse_time("TIME", time),
        parse_mode("MODE", mode),
        celsius=wanted.celsius,
        fahrenheit=wanted.fahrenheit,
        enabled=not disabled,
    )
    _kind().add(context, entry, question=OFF_QUESTION if entry.mode == MODES["power-off"] else "")


@schedule.command("change", short_help="Another one in the place of one.", epilog=CONTROL_CODES)
@click.argument("entry")
@click.option("--days", help="Such as weekdays or Mon,Wed.")
@click.option("--time", help="Such as 06:30.")
@click.option("--mode", help="Such as heat-pump.")
@click.option("--temperature", help="Of the set point, such as 60C or 140F.")
@click.option("--enabled/--disabled", "enabled", default=None, help="Whether it counts.")
@control_options
@click.pass_context
def change(
    context: click.Context,
    entry: str,
    days: str | None,
    time: str | None,
    mode: str | None,
    temperature: str | None,
    enabled: bool | None,
) -> None:
    """Change one reservation: what is not told stays.

    ENTRY is its number in 'navien schedule show', or its days and time.

    \b
    Examples:
      navien schedule change 1 --time 06:00 --temperature 58C
      navien schedule change "weekdays 06:30" --disabled
    """
    from attrs import evolve

    from navien_proto.model.entries import Reservation

    changes: dict[str, Any] = {}
    if days is not None:
        changes["days"] = parse_days("--days", days)
    if time is not None:
        changes["time"] = parse_time("--time", time)
    if mode is not None:
        changes["mode"] = parse_mode("--mode", mode)
        if changes["mode"] == MODES["power-off"]:
            raise UsageError("--mode: a reservation that switches off is added, so that it can be asked about")
    if enabled is not None:
        changes["enabled"] = enabled
    degrees = None if temperature is None else parse_degrees("--temperature", temperature)
    if not changes and degrees is None:
        raise UsageError("say what to change: --days, --time, --mode, --temperature, --enabled or --disabled")

    def changed(old: Reservation) -> Reservation:
        new = evolve(old, **changes)
        if degrees is None:
            return new
        return Reservation.at(
            new.days,
            new.time,
            new.mode,
            celsius=degrees.celsius,
            fahrenheit=degrees.fahrenheit,
            enabled=new.enabled,
        )

    _kind().change(context, entry, changed)


@schedule.command("remove", short_help="One reservation less.", epilog=CONTROL_CODES)
@click.argument("entry")
@control_options
@click.pass_context
def remove(context: click.Context, entry: str) -> None:
    """Take one reservation away. ENTRY is its number in 'navien schedule show', or its days and time.

    Removing the last one switches the reservations off.

    \b
    Examples:
      navien schedule remove 2
      navien schedule remove "Sat Sun 08:00"
    """
    _kind().remove(context, entry)


@schedule.command("clear", short_help="Take all of them away.", epilog=CONTROL_CODES)
@yes_option
@control_options
@click.pass_context
def clear(context: click.Context) -> None:
    """Take all reservations away and switch them off. 'navien schedule off' leaves them where they are.

    \b
    Examples:
      navien schedule clear --yes
    """
    _kind().remove_all(context)


@schedule.command("on", short_help="Let them count.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def on(context: click.Context) -> None:
    """Switch the reservations on; the entries stay as they are.

    \b
    Examples:
      navien schedule on
    """
    _kind().switch(context, on=True)


@schedule.command("off", short_help="Let none of them count.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def off(context: click.Context) -> None:
    """Switch the reservations off; the entries stay as they are.

    \b
    Examples:
      navien schedule off
    """
    _kind().switch(context, on=False)


@schedule.command("use", short_help="Enter the reservations' mode.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def use(context: click.Context) -> None:
    """Enter the mode of reservations, the app's "water programme". What it changes was never seen.

    'navien schedule on' is what makes the entries count.

    \b
    Examples:
      navien schedule use
    """
    from navien_proto.wire.commands import UseReservations

    steer(context, steered("mode of reservations", UseReservations()))
