"""``navien status``: one status of each heater, for a person or for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import account_options, common_options, device_option, given_of, say_store_problem

if TYPE_CHECKING:
    from navien_anyio.cli.asking import Answer

__all__ = ["status"]


@click.command(short_help="Ask once how the heater is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@device_option
@account_options
@common_options
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Ask each heater of the account, or the one of --device, for its status, show it and end.

    Tokens are kept between runs, and a password that was refused is not tried again: safe to run from cron.

    The JSON document has a list "devices"; each has name, mac, online, and "status" with "received", "reason"
    and "readings" (every field, by name with its unit; temperatures in °C, or in °F with --units f), or null
    and a "problem".

    \b
    Examples:
      navien status
      navien status --device Garage --json | jq '.devices[0].status.readings.dhw_charge_percent'

    \b
    Exit codes:
      0  every heater answered  3  the account was refused
      2  a setting is wrong     4  the service cannot be reached
                                5  a heater is off line, does not answer, or is not of this account
    """
    import anyio

    from navien_anyio.cli.asking import ask_statuses

    given = given_of(context)
    config = given.account()
    store = given.store()
    try:
        answers = anyio.run(ask_statuses, config, store)
    finally:
        say_store_problem(store)
    if as_json:
        _print_document(answers, config.units)
    else:
        _print_panels(answers, config.units)
    silent = [answer for answer in answers if answer.status is None]
    if silent:
        from navien_anyio.cli.words import label

        told = "; ".join(f"{label(answer.device)}: {answer.problem}" for answer in silent)
        advice = "Is it powered, and does the NaviLink app show it as connected?"
        raise CliError(told, ExitCode.DEVICE, advice=advice)


def _print_document(answers: list[Answer], units: str) -> None:
    from navien_anyio.cli.documents import device_members, status_members, to_json, unit_of_document

    unit = unit_of_document(units)
    devices = []
    for answer in answers:
        members = device_members(answer.device)
        if answer.status is None:
            members |= {"status": None, "problem": answer.problem}
        else:
            members["status"] = status_members(answer.status, unit, answer.at, "answer")
        devices.append(members)
    click.echo(to_json({"devices": devices}))


def _print_panels(answers: list[Answer], units: str) -> None:
    from rich.console import Console

    from navien_anyio.cli.rows import unit_shown
    from navien_anyio.cli.table import status_panel
    from navien_anyio.cli.words import label

    console = Console(highlight=False)
    for answer in answers:
        if answer.status is not None:
            console.print(status_panel(label(answer.device), answer.status, unit_shown(units, answer.status)))
