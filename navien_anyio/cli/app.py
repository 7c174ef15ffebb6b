"""The ``navien`` command: its commands, and how whatever happens becomes an exit code and a line or two."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Iterable
from typing import Any

import click

from navien_anyio.cli.exits import ExitCode, advice, exit_code
from navien_anyio.cli.options import Given, common_options
from navien_anyio.cli.words import UNPRINTABLE
from navien_proto import __version__
from navien_proto.errors import NavienError

__all__ = ["app", "run"]

# In the order a newcomer needs them; each is the module and the command of that name.
COMMANDS = (
    *("demo", "check", "monitor", "status", "devices", "info"),
    *("set", "schedule", "recirculation", "tou", "hot-button", "filter"),
    *("energy", "diagnostics", "firmware", "raw"),
    *("replay", "capture", "transcript", "simulate"),
)
# Where a command stands when its name is not that of its module.
ELSEWHERE = {
    "set": ("controls", "set_"),
    "hot-button": ("buttons", "hot_button"),
    "filter": ("buttons", "filter_"),
    "diagnostics": ("counters", "diagnostics"),
}
# What shells expect of a program ended by Ctrl-C.
INTERRUPTED = 130


class _App(click.Group):
    """A group that imports a command when it is wanted, and survives readers that go away."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """All commands, in their order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (the same)
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        name, attribute = ELSEWHERE.get(cmd_name, (cmd_name, cmd_name))
        module = importlib.import_module(f"navien_anyio.cli.{name}")
        command: click.Command = getattr(module, attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; ``| head`` is no error."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _forget_stdout()
            return None
        return result


@click.group(
    cls=_App,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="'navien COMMAND --help' has examples. Exit codes: 0 fine, 2 usage, 3 credentials, 4 network,"
    " 5 device.",
)
@click.version_option(__version__, prog_name="navien")
@common_options
@click.pass_context
def app(context: click.Context) -> None:
    """Watch and run Navien NWP500 heat-pump water heaters through the NaviLink cloud.

    \b
    Begin with:
      navien demo       a simulated household; needs no account
      navien check      goes from your settings to the first status, and says what to do
      navien monitor    watches your heater, and logs it
      navien set        tells it something, such as 'navien set temperature 50C'

    Settings come from the command line, the environment (NAVIEN_EMAIL, NAVIEN_PASSWORD, NAVIEN_UNITS, ...),
    the file .env, and navien.toml, in this order.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: list[str] | None = None) -> int:
    """Run the command with ``arguments`` (those of the process when ``None``); returns the exit code."""
    given = Given()
    try:
        result = app.main(args=arguments, prog_name="navien", standalone_mode=False, obj=given)
    except click.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        command = where.command_path if where is not None else "navien"
        message = error.format_message()
        _complain(given, [message[:1].lower() + message[1:].rstrip("."), f"See '{command} --help'."])
        return ExitCode.USAGE
    except BaseExceptionGroup as group:
        return _failed(given, _single(group))
    except Exception as error:  # noqa: BLE001 (the last line of defence: a bug is told, not thrown at a person)
        return _failed(given, error)
    return result if isinstance(result, int) else ExitCode.FINE


def _failed(given: Given, error: BaseException) -> int:
    code = exit_code(error)
    sentence = str(error) if isinstance(error, NavienError) else _bug(error)
    if given.debug:
        shown = "".join(traceback.format_exception(error))
        click.echo(given.redactor.text(shown).rstrip(), err=True)
    _complain(given, [sentence, advice(error)])
    return code


def _bug(error: BaseException) -> str:
    # What the operating system says is no secret, and often enough: "No space left on device".
    words = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return f"internal error ({type(error).__name__}{words})"


def _single(error: BaseException) -> BaseException:
    """What a task group wrapped; of several the first that was raised on purpose, since that can be told best."""
    while isinstance(error, BaseExceptionGroup):
        meant = [one for one in error.exceptions if isinstance(one, NavienError | BaseExceptionGroup)]
        error = (meant or error.exceptions)[0]
    return error


def _complain(given: Given, sentences: Iterable[str]) -> None:
    lines = [UNPRINTABLE.sub(" ", given.redactor.text(sentence)) for sentence in sentences if sentence]
    for number, line in enumerate(lines):
        click.echo(f"navien: {line}" if number == 0 else f"        {line}", err=True)


def _forget_stdout() -> None:
    """Nobody reads it any more: what is still to be flushed at the end goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
