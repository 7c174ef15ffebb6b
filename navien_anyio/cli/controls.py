"""``navien set``: everything a heater can be told at once."""

from __future__ import annotations

import click

from navien_anyio.cli.groups import group
from navien_anyio.cli.steering import CONTROL_CODES, control_options, steer, steered, yes_option
from navien_anyio.cli.texts import HEATING_MODES, parse_degrees
from navien_proto.errors import UsageError

__all__ = ["set_"]

# Freeze protection is documented to stay on; nobody has seen it work then (docs/protocol/commands.md section 3).
OFF_QUESTION = "Switch the heater off? It heats no water, and its freeze protection is not proven"
RECIRCULATION = ("always", "button", "schedule", "temperature")


@group("set", "Tell the heater something: set point, mode, power, vacation and more.")
def set_() -> None:
    """Tell one heater something, and say how far it was confirmed.

    Three levels: sent; accepted, the heater acknowledged it and shows the wish; applied, it runs it, which takes
    some seconds more. Commands return at accepted unless --wait says otherwise. Inside a window of time of use
    a heater accepts a mode and holds it back; that is said.

    With --json: device, what (in words), wanted and level (sent, accepted, applied), held (true: accepted and not
    run yet), and status, the heater's answer as in 'navien status --json', or null.

    \b
    Examples:
      navien set temperature 50C
      navien set mode heat-pump --device Garage --wait applied
      navien set power off --dry-run
    """


@set_.command("temperature", short_help="Choose the set point: 50C or 122F.", epilog=CONTROL_CODES)
@click.argument("temperature")
@click.option("--unit", type=click.Choice(["c", "f"], case_sensitive=False), help="Of a number without one.")
@control_options
@click.pass_context
def temperature_(context: click.Context, temperature: str, unit: str | None) -> None:
    """Choose the set point. The unit is part of the number: 50C or 122F; nothing is guessed.

    The heater counts half degrees Celsius: the nearest is sent, and what was sent is said. The heater's own
    limits hold, and those of the settings lowest_celsius and highest_celsius.

    \b
    Examples:
      navien set temperature 50C
      navien set temperature 122F --wait applied
      navien set temperature 48.5 --unit c --device Garage
    """
    from navien_proto import units
    from navien_proto.wire.commands import SetTemperature

    wanted = parse_degrees("TEMPERATURE", temperature, unit)
    command = SetTemperature(celsius=wanted.celsius, fahrenheit=wanted.fahrenheit)
    sent = command.sent_celsius
    what = f"set point {sent:.1f} °C ({units.fahrenheit(sent):.1f} °F)"
    asked = wanted.value if wanted.unit == "c" else units.celsius(wanted.value)
    if abs(asked - sent) > 0.01:
        what += f", the nearest to {wanted.value:g} °{wanted.unit.upper()}"
    steer(context, steered(what, command))


@set_.command("mode", short_help="Choose how to heat.", epilog=CONTROL_CODES)
@click.argument("mode", type=click.Choice(list(HEATING_MODES), case_sensitive=False))
@control_options
@click.pass_context
def mode_(context: click.Context, mode: str) -> None:
    """Choose how to heat. It ends a vacation, too.

    \b
      heat-pump     the compressor alone: cheapest, slowest
      electric      the elements alone; the heater leaves it by itself after 72 h
      energy-saver  the compressor first, an element when it lags far behind
      high-demand   compressor and element together, early

    For a vacation there is 'navien set vacation', for off 'navien set power off'.

    \b
    Examples:
      navien set mode heat-pump
      navien set mode high-demand --wait applied
    """
    from navien_proto.wire.commands import SetMode

    steer(context, steered(f"mode {mode.lower().replace('-', ' ')}", SetMode(HEATING_MODES[mode.lower()])))


@set_.command("power", short_help="Switch it on or off.", epilog=CONTROL_CODES)
@click.argument("state", type=click.Choice(["on", "off"], case_sensitive=False))
@yes_option
@control_options
@click.pass_context
def power(context: click.Context, state: str) -> None:
    """Switch the heater on, in the mode it had, or off.

    Off is asked about first, and refused where there is nobody to ask, unless --yes is given. The setting
    no_power_off forbids it altogether.

    \b
    Examples:
      navien set power on
      navien set power off
      navien set power off --yes --device Cottage
    """
    from navien_proto.wire.commands import PowerOff, PowerOn

    if state.lower() == "on":
        steer(context, steered("power on", PowerOn()))
    else:
        steer(context, steered("power off", PowerOff(), question=OFF_QUESTION))


@set_.command("vacation", short_help="Suspend heating for some days.", epilog=CONTROL_CODES)
@click.argument("days", type=int)
@click.option("--length-only", is_flag=True, help="Change the number of days and begin no vacation.")
@control_options
@click.pass_context
def vacation(context: click.Context, days: int, length_only: bool) -> None:
    """Suspend heating for 1 to 30 days. 'navien set mode' ends it.

    \b
    Examples:
      navien set vacation 7
      navien set vacation 14 --length-only
    """
    from navien_proto.wire.commands import SetVacationDays, StartVacation

    if length_only:
        steer(context, steered(f"length of vacations {_days(days)}", SetVacationDays(days)))
    else:
        steer(context, steered(f"vacation of {_days(days)}", StartVacation(days)))


@set_.command("anti-legionella", short_help="Heat against legionella every so many days.", epilog=CONTROL_CODES)
@click.argument("days", metavar="DAYS|off")
@control_options
@click.pass_context
def anti_legionella(context: click.Context, days: str) -> None:
    """Heat against legionella once in 1 to 30 days, or no more with "off".

    \b
    Examples:
      navien set anti-legionella 7
      navien set anti-legionella off
    """
    from navien_proto.wire.commands import AntiLegionellaOff, AntiLegionellaOn

    if days.strip().lower() == "off":
        steer(context, steered("anti-legionella off", AntiLegionellaOff()))
        return
    number = _whole("DAYS", days)
    steer(context, steered(f"anti-legionella once in {_days(number)}", AntiLegionellaOn(number)))


@set_.command("recirculation", short_help="Choose when the pump runs.", epilog=CONTROL_CODES)
@click.argument("mode", type=click.Choice(RECIRCULATION, case_sensitive=False))
@control_options
@click.pass_context
def recirculation_mode(context: click.Context, mode: str) -> None:
    """Choose when the recirculation pump runs; its hours are written with 'navien recirculation'.

    \b
      always       all the time
      button       when the hot button was pressed ('navien hot-button')
      schedule     at its hours
      temperature  when the water in the pipe is cold

    \b
    Examples:
      navien set recirculation button
    """
    from navien_proto.wire.commands import SetRecirculationMode

    number = RECIRCULATION.index(mode.lower()) + 1
    steer(context, steered(f"recirculation mode {mode.lower()}", SetRecirculationMode(number)))


@set_.command("intelligent", short_help="The vendor's learning.", epilog=CONTROL_CODES)
@click.argument("state", type=click.Choice(["on", "off"], case_sensitive=False))
@control_options
@click.pass_context
def intelligent(context: click.Context, state: str) -> None:
    """Switch the vendor's learning on or off; no status shows which it is.

    \b
    Examples:
      navien set intelligent on
    """
    from navien_proto.wire.commands import IntelligentOff, IntelligentOn

    on = state.lower() == "on"
    steer(context, steered(f"intelligent {state.lower()}", IntelligentOn() if on else IntelligentOff()))


@set_.command("demand-response", short_help="Take part in demand response.", epilog=CONTROL_CODES)
@click.argument("state", type=click.Choice(["on", "off"], case_sensitive=False))
@control_options
@click.pass_context
def demand_response(context: click.Context, state: str) -> None:
    """Take part in the utility's demand response, or do not; no status shows which it is.

    \b
    Examples:
      navien set demand-response off
    """
    from navien_proto.wire.commands import DemandResponseOff, DemandResponseOn

    on = state.lower() == "on"
    command = DemandResponseOn() if on else DemandResponseOff()
    steer(context, steered(f"demand response {state.lower()}", command))


@set_.command("filter-life", short_help="When to be reminded of the air filter.", epilog=CONTROL_CODES)
@click.argument("hours", metavar="HOURS|off")
@control_options
@click.pass_context
def filter_life(context: click.Context, hours: str) -> None:
    """Be reminded of the air filter after 1000 to 10000 hours of the fan in steps of 500, or never with "off".

    'navien filter reset' starts the count anew.

    \b
    Examples:
      navien set filter-life 3000
      navien set filter-life off
    """
    from navien_proto.wire.commands import SetAirFilterLife

    if hours.strip().lower() == "off":
        steer(context, steered("no reminder of the air filter", SetAirFilterLife(0)))
        return
    number = _whole("HOURS", hours)
    steer(context, steered(f"reminder of the air filter every {number} h", SetAirFilterLife(number)))


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _whole(label: str, text: str) -> int:
    wanted = text.strip()
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 6):
        raise UsageError(f"{label}: expected a whole number or off, found {text!r:.40}")
    return int(wanted)
