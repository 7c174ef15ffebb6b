"""``navien simulate``: the simulated cloud alone, for other programs to talk to."""

from __future__ import annotations

from typing import Any

import click

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import common_options, given_of
from navien_proto.config import load_config
from navien_proto.errors import UsageError

__all__ = ["settings_lines", "simulate"]

VARIABLES = ("base_url", "mqtt_scheme", "mqtt_host", "mqtt_port")


def settings_lines(settings: dict[str, Any], email: str, password: str) -> list[str]:
    """The variables with which a client comes to the simulated cloud, as lines of a shell or of ``.env``."""
    from shlex import quote

    values = {"email": email, "password": password, **{name: settings[name] for name in VARIABLES}}
    return [f"NAVIEN_{name.upper()}={quote(str(value))}" for name, value in values.items()]


@click.command(short_help="Run the simulated cloud for other programs.")
@click.option("--port", type=click.IntRange(0, 65535), default=8500, show_default=True, help="0: any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; it is not encrypted.")
@click.option("--heaters", type=click.IntRange(1, 40), default=1, show_default=True, help="How many heaters.")
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 3600.0),
    default=1.0,
    show_default=True,
    help="How much faster the heaters' clocks run.",
)
@click.option("--email", default="user@example.com", show_default=True, help="Of the one account there is.")
@click.option("--password", default="simulated", show_default=True, help="Of that account.")
@common_options
@click.pass_context
def simulate(
    context: click.Context, port: int, host: str, heaters: int, speed: float, email: str, password: str
) -> None:
    """Run the simulated NaviLink cloud: REST over HTTP, MQTT over WebSocket, heaters in a household.

    It checks passwords, tokens and signatures as the real one does, and keeps the limits of its broker. The
    variables to use are printed; with them this and any other program comes here instead of to the service.
    Ctrl-C ends it.

    \b
    Examples:
      navien simulate > simulated.env &
      navien monitor --env-file simulated.env --interval 10
      navien simulate --heaters 3 --speed 60 --port 0
    """
    from datetime import datetime

    import anyio

    given = given_of(context)
    given.use(load_config(given.flags, {}, {}, {}, simulated=True))

    async def main() -> None:
        import secrets
        import signal
        from random import Random

        from navien_anyio.cli.simulated import simulated_cloud
        from navien_anyio.clock import system_clock
        from navien_anyio.simserver import SimServer

        rng = Random(secrets.randbits(64))
        cloud = simulated_cloud(
            system_clock(),
            datetime.now().astimezone(),
            rng=rng,
            heaters=heaters,
            speed=speed,
            email=email,
            password=password,
        )
        server = SimServer(cloud, host, port)
        try:
            await server.__aenter__()
        except UsageError as error:
            raise CliError(str(error), ExitCode.NETWORK, advice="--port 0 takes any free one.") from None
        try:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                for line in settings_lines(server.settings, email, password):
                    click.echo(line)
                click.echo("# serving until Ctrl-C", err=True)
                async for _ in signals:
                    return
        finally:
            await server.__aexit__(None, None, None)

    anyio.run(main)
