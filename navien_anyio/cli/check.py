"""``navien check``: the doctor."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from navien_anyio.cli.exits import ExitCode
from navien_anyio.cli.options import (
    Given,
    account_options,
    common_options,
    device_option,
    given_of,
    say_store_problem,
)

if TYPE_CHECKING:
    from navien_anyio.cli.findings import Finding
    from navien_proto.config import Config

__all__ = ["check"]

INDENT = " " * 8


@click.command(short_help="When it does not work: finds out where and says what to do.")
@device_option
@account_options
@common_options
@click.pass_context
def check(context: click.Context) -> int:
    """Go from the settings to the first status, step by step; say what was found and what to do.

    Configuration (and where each value came from), DNS, TLS, clock, sign-in, devices and whether each is on
    line, WebSocket, subscription, first status. What depends on a failed step is skipped. No secret is shown:
    the output is made to be sent to somebody who helps.

    Stored tokens are used as 'navien monitor' would use them, so checking again does not sign in again.

    \b
    Examples:
      navien check
      navien check --device Garage --no-store

    The exit code is that of the first failure: 2 settings, 3 credentials, 4 network, 5 device.
    """
    import anyio

    given = given_of(context)
    config = given.config()
    return anyio.run(_check, given, config)


async def _check(given: Given, config: Config) -> ExitCode:
    from navien_anyio.cli.doctor import examine
    from navien_anyio.cli.findings import first_failure

    store = given.store()
    code = first_failure(await examine(config, store, lambda finding: _tell(given, finding)))
    say_store_problem(store)
    if code is ExitCode.FINE:
        click.echo(click.style("\nEverything works. 'navien monitor' watches it.", fg="green"))
    return code


def _tell(given: Given, finding: Finding) -> None:
    from navien_anyio.cli.findings import Outcome
    from navien_anyio.cli.words import UNPRINTABLE

    colours = {
        Outcome.FINE: "green",
        Outcome.NOTE: "yellow",
        Outcome.FAILED: "red",
        Outcome.SKIPPED: "bright_black",
    }
    outcome = click.style(f"{finding.outcome.value:<8}", fg=colours[finding.outcome])
    click.echo(outcome + click.style(finding.step, bold=True))
    for line in finding.found:
        click.echo(_indented(UNPRINTABLE.sub(" ", given.redactor.text(line))))
    if finding.advice:
        click.echo(click.style(_indented(f"→ {finding.advice}"), fg="cyan"))


def _indented(text: str) -> str:
    # Without a terminal nothing is gained by wrapping lines.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
    return click.wrap_text(text, width, initial_indent=INDENT, subsequent_indent=INDENT)
