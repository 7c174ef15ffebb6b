"""``navien hot-button`` and ``navien filter``: what is pressed rather than set."""

from __future__ import annotations

import click

from navien_anyio.cli.groups import group
from navien_anyio.cli.steering import CONTROL_CODES, control_options, steer, steered

__all__ = ["filter_", "hot_button"]


@click.command("hot-button", short_help="Run the recirculation pump now.", epilog=CONTROL_CODES)
@click.option(
    "--number",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="Sources disagree: 1 is what the app sends; by one source 2 is on and 1 is off.",
)
@control_options
@click.pass_context
def hot_button(context: click.Context, number: int) -> None:
    """Press the hot button: run the recirculation pump now, for hot water at the tap at once.

    No heater with a pump was ever tested; what can be known is that the heater accepted it. With --json the
    document is that of 'navien set'.

    \b
    Examples:
      navien hot-button
      navien hot-button --device Garage --json
    """
    from navien_proto.wire.commands import PressHotButton

    steer(context, steered("hot button pressed", PressHotButton(number)))


@group("filter", "The air filter's hours.")
def filter_() -> None:
    """The air filter: 'navien status --json' has its hours, 'navien set filter-life' when to be reminded.

    \b
    Examples:
      navien filter reset
    """


@filter_.command("reset", short_help="Count its hours from 0 again.", epilog=CONTROL_CODES)
@control_options
@click.pass_context
def reset(context: click.Context) -> None:
    """Count the air filter's hours from 0 again, after it was cleaned. With --json as 'navien set'.

    \b
    Examples:
      navien filter reset
      navien filter reset --wait applied
    """
    from navien_proto.wire.commands import ResetAirFilter

    steer(context, steered("air filter's hours begin at 0", ResetAirFilter()))
