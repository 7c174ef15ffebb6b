"""``navien monitor``: watch the account's heaters for as long as wanted."""

from __future__ import annotations

import click

from navien_anyio.cli.csvlog import CsvLog
from navien_anyio.cli.options import (
    ANONYMOUS,
    Given,
    account_options,
    common_options,
    device_option,
    footer,
    given_of,
    log_options,
    open_log,
    say_store_problem,
    seconds_of,
)
from navien_proto.config import Config

__all__ = ["monitor"]


@click.command(short_help="Watch your heater live, and log it.")
@click.option(
    "--interval", metavar="SECONDS", help="Between status requests: 300 when absent, 30 or more advised."
)
@click.option("--for", "duration", metavar="DURATION", help="End after 30s, 10m, 24h, 7d; never when absent.")
@click.option("--simulate", is_flag=True, help="Watch a simulated heater at real speed instead; needs no account.")
@click.option(
    "--transcript", metavar="FILE", help="Write what the session hears and says to this file, without secrets."
)
@click.option("--fail-fast", is_flag=True, help="Give up when the first connection fails.")
@log_options
@device_option
@account_options
@common_options
@click.pass_context
def monitor(
    context: click.Context,
    interval: str | None,
    duration: str | None,
    simulate: bool,
    transcript: str | None,
    fail_fast: bool,
    csv_path: str | None,
    columns: str | None,
) -> None:
    """Watch the account's heaters live, for a day or for years, and log them if you like.

    The account comes from NAVIEN_EMAIL and NAVIEN_PASSWORD, in the environment or in .env.

    Connections that fail are made again, the first one too. An outage is one line when it begins, one when it
    ends and one an hour between; a heater that is off line is said at once and waited for. A log has a row for
    each message and one for each gap, and every row is on disk when it is written.

    A transcript is for when something looks wrong: 'navien transcript show' reads it, 'navien transcript replay'
    plays it again, and it can be sent with a report. It grows by some 2 kB a message.

    Ctrl-C ends it with a summary; so does --for. Without a terminal it prints plain lines, one a message.

    \b
    Examples:
      navien monitor --csv tank.csv
      navien monitor --interval 60 --for 24h --csv power.csv --columns power
      navien monitor --simulate --interval 10 --transcript session.jsonl

    \b
    Exit codes:
      0  it ended as asked      3  the account was refused
      2  a setting is wrong     4  the service was never reached
                                5  no heater ever answered, or none is called so
    """
    given = given_of(context)
    seconds = seconds_of("--for", duration)
    config = _simulated_config(given, interval) if simulate else given.account(interval=interval)
    with open_log(csv_path, columns, config.units, interval=config.interval) as log:
        anonymous = columns in ANONYMOUS
        if simulate:
            _run_simulated(config, seconds, log, transcript, anonymous=anonymous)
        else:
            _run(given, config, seconds, log, transcript, anonymous=anonymous, fail_fast=fail_fast)


def _simulated_config(given: Given, interval: str | None) -> Config:
    from navien_anyio.cli.simulated import EMAIL, PASSWORD

    given.flags.pop("password_file", None)
    return given.config(simulated=True, interval=interval, email=EMAIL, password=PASSWORD)


def _run(
    given: Given,
    config: Config,
    seconds: float | None,
    log: CsvLog | None,
    transcript: str | None,
    *,
    anonymous: bool,
    fail_fast: bool,
) -> None:
    from functools import partial

    import anyio
    from attrs import evolve

    from navien_anyio.cli.watching import Plan, watch
    from navien_proto.session.settings import session_config

    store = given.store()
    plan = Plan(
        session=evolve(session_config(config), fail_fast=fail_fast),
        store=store,
        units=config.units,
        device=config.device,
        duration=seconds,
        log=log,
        anonymous_rows=anonymous,
        title=f"every {config.interval:g} s",
        footer=footer(log),
        transcript=transcript,
    )
    try:
        anyio.run(partial(watch, plan))
    finally:
        say_store_problem(store)


def _run_simulated(
    config: Config, seconds: float | None, log: CsvLog | None, transcript: str | None, *, anonymous: bool
) -> None:
    from datetime import datetime
    from functools import partial

    import anyio

    from navien_anyio.cli.simulating import Furnishing, watch_simulated
    from navien_anyio.cli.watching import Plan

    plan = partial(
        Plan,
        units=config.units,
        device=config.device,
        duration=seconds,
        log=log,
        anonymous_rows=anonymous,
        title=f"simulated, every {config.interval:g} s",
        footer=footer(log),
        transcript=transcript,
    )
    anyio.run(watch_simulated, plan, config, Furnishing(started=datetime.now().astimezone()))
