"""``navien demo``: a simulated household in the same process, watched over the real protocol."""

from __future__ import annotations

import os

import click

from navien_anyio.cli.csvlog import CsvLog
from navien_anyio.cli.options import ANONYMOUS, common_options, footer, given_of, log_options, open_log, seconds_of
from navien_proto.config import Config, load_config

__all__ = ["demo"]

INTERVAL = 5.0
SPEED = 60.0
# Quicker than the real way to a heater, so that the first status is there within a moment.
DELAY = (0.05, 0.3)
# A morning: the first showers come soon.
BEGIN_HOUR, BEGIN_MINUTE = 6, 30

INTRO = (
    "This is a simulated heater, watched over the real protocol.",
    "Watch yours: NAVIEN_EMAIL and NAVIEN_PASSWORD into .env, then 'navien monitor'.",
)


@click.command(short_help="Watch a simulated household; needs no account.")
@click.option("--for", "duration", metavar="DURATION", help="End after 30s, 10m, 24h, 7d; never when absent.")
@click.option("--heaters", type=click.IntRange(1, 4), default=1, show_default=True, help="How many heaters.")
@log_options
@common_options
@click.pass_context
def demo(
    context: click.Context, duration: str | None, heaters: int, csv_path: str | None, columns: str | None
) -> None:
    """Watch a simulated water heater live. No account is needed, and nothing leaves this machine.

    A simulated cloud is started on a free port of 127.0.0.1, with a heater and a family that draws hot water.
    It is watched as the real one would be: REST sign-in, SigV4-signed WebSocket, MQTT, a status every 5 s.
    Only the heater's clock runs 60 times faster.

    Charge is the heater's own figure, by its upper probe and your set point. Usable energy is the heat in the
    whole tank above the coldest water of use; energy to set point is what is missing until heating stops.

    Ctrl-C ends it with a summary. Without a terminal it prints plain lines, one a message.

    \b
    Examples:
      navien demo
      navien demo --units c --csv tank.csv
      navien demo --for 30s | tail -1
    """
    given = given_of(context)
    seconds = seconds_of("--for", duration)
    # Of the environment only how to show things: a real account must not get mixed up with this.
    shown = {name: value for name in ("NAVIEN_UNITS", "NAVIEN_LOG_LEVEL") if (value := os.environ.get(name))}
    config = given.use(load_config(given.flags, shown, {}, {}, simulated=True))
    with open_log(csv_path, columns, config.units, interval=config.interval) as log:
        _run(config, heaters, log, seconds, anonymous=columns in ANONYMOUS)


def _run(config: Config, heaters: int, log: CsvLog | None, seconds: float | None, *, anonymous: bool) -> None:
    from datetime import datetime
    from functools import partial

    import anyio
    from attrs import evolve

    from navien_anyio.cli.simulating import Furnishing, watch_simulated
    from navien_anyio.cli.watching import Plan

    begin = datetime.now().astimezone().replace(hour=BEGIN_HOUR, minute=BEGIN_MINUTE, second=0, microsecond=0)
    plan = partial(
        Plan,
        units=config.units,
        duration=seconds,
        log=log,
        anonymous_rows=anonymous,
        intro=INTRO,
        title="simulated",
        footer=footer(log),
    )
    furnishing = Furnishing(started=begin, heaters=heaters, speed=SPEED, delay=DELAY)
    anyio.run(watch_simulated, plan, evolve(config, interval=INTERVAL), furnishing)
