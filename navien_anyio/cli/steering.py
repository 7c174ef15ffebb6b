"""Telling one heater something: the options all controls share, the question before, the answer after.

A command of the command line makes a `Wish` and hands it to `steer`; all that follows is the same for all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import frozen

from navien_anyio.cli.exits import CliError, ExitCode, advice, exit_code
from navien_anyio.cli.options import Given, combine, given_of, heater_options, way
from navien_proto.errors import NavienError

if TYPE_CHECKING:
    from navien_anyio.cli.calling import Service
    from navien_anyio.heater import Heater
    from navien_proto.session.events import CommandConfirmed, Level
    from navien_proto.wire.commands import Command

__all__ = ["CONTROL_CODES", "Wish", "control_options", "steer", "steered", "submitted", "yes_option"]

F = TypeVar("F", bound=Callable[..., Any])

CONTROL_CODES = """\b
Exit codes:
  0  done, to the level of --wait  3  the account was refused
  2  the call or a setting is      4  the service cannot be reached
     wrong, a guard forbids it,    5  the heater is off line, does not answer or refuses,
     or the heater cannot do it       or did not come as far as --wait applied
"""
"""What a control may end with, for the end of its help."""

control_options: Callable[[F], F] = combine(
    way(
        "--wait",
        type=click.Choice(["sent", "accepted", "applied"], case_sensitive=False),
        help="For what to wait: nothing; the heater's acknowledgement (the default); until it runs it.",
    ),
    way("--dry-run", is_flag=True, help="Show what would be published, secrets masked, and publish none of it."),
    way("--expert", is_flag=True, help="Send what the heater's device info says it cannot do. Guards still hold."),
    heater_options,
)
"""Of commands that change something."""

yes_option: Callable[[F], F] = way("--yes", "-y", is_flag=True, help="Do not ask whether it is meant.")
"""Of controls that ask first."""


@frozen(kw_only=True)
class Wish:
    """What shall be done.

    Attributes:
        what: in words, for the answer: ``set point 50.0 °C (122.0 °F)``.
        make: the command for the heater meant, which may be asked for what is needed to make it.
        question: to be answered with yes first; empty for none.
        after: what to tell of the answer beside the level, as lines.
        members: the same for programs.
        follow: what is done in the cloud when the heater has confirmed it.
    """

    what: str
    make: Callable[[Heater], Awaitable[Command]]
    question: str = ""
    after: Callable[[CommandConfirmed], list[str]] = lambda _: []
    members: Callable[[CommandConfirmed], dict[str, Any]] = lambda _: {}
    follow: Callable[[Heater], Awaitable[object]] | None = None


def submitted(command: Command) -> Callable[[Heater], Awaitable[Command]]:
    """For a `Wish` whose command needs nothing of the heater."""

    async def make(_heater: Heater) -> Command:
        return command

    return make


def steered(what: str, command: Command, *, question: str = "") -> Wish:
    """A `Wish` whose command needs nothing of the heater."""
    return Wish(what=what, make=submitted(command), question=question)


def steer(context: click.Context, wish: Wish) -> None:
    """Ask, connect, send, and say what came of it.

    Raises:
        CliError: it was not confirmed by a person, or not as far as was asked.
        NavienError: what is in the way.
    """
    given = given_of(context)
    if wish.question and not given.dry_run:
        _ask(given, wish.question)

    from navien_anyio.cli.calling import call

    if given.dry_run:
        from navien_anyio.cli.rehearsal import print_rehearsal, rehearse

        async def rehearsed(service: Service) -> None:
            async with service.heater() as heater:
                command = await wish.make(heater)
                found = await rehearse(heater, service.config, command, expert=given.expert)
            print_rehearsal(heater.device, wish.what, found, as_json=given.as_json)

        call(given, rehearsed)
        return

    async def told(service: Service) -> tuple[CommandConfirmed, NavienError | None]:
        async with service.heater() as heater:
            command = await wish.make(heater)
            confirmed = await heater.submit(command, level=_level(given), expert=given.expert)
            try:
                if wish.follow is not None:
                    await wish.follow(heater)
            except NavienError as error:
                return confirmed, error
        return confirmed, None

    confirmed, problem = call(given, told)
    if given.as_json:
        _print_document(given, wish, confirmed)
    else:
        _print_lines(given, wish, confirmed)
    if problem is not None:
        raise CliError(f"the heater has it; {problem}", exit_code(problem), advice=advice(problem))
    if confirmed.held and given.wait == "applied":
        raise CliError(
            "the heater accepted it and does not run it yet",
            ExitCode.DEVICE,
            advice="It may do so later: 'navien status' shows whether it does.",
        )


def _ask(given: Given, question: str) -> None:
    if given.yes:
        return
    if not sys.stdin.isatty():
        raise CliError(
            "this wants to be confirmed, and there is no terminal to ask on",
            ExitCode.USAGE,
            advice="Nothing was sent. --yes confirms it.",
        )
    if not click.confirm(question, err=True):
        raise CliError("not confirmed: nothing was sent", ExitCode.USAGE)


def _level(given: Given) -> Level:
    from navien_proto.session.events import Level

    return Level[given.wait.upper()]


def outcome(confirmed: CommandConfirmed, wanted: str) -> tuple[str, str]:
    """How far it was confirmed, in words, and the style for them."""
    from navien_proto.session.events import Level

    if confirmed.held:
        return "accepted, and held back", "yellow"
    if confirmed.level is Level.APPLIED:
        return "applied: the heater runs it", "green"
    if confirmed.level is Level.SENT:
        return "sent; no answer was waited for", "cyan"
    if wanted == "applied":
        return "accepted; no message shows whether the heater runs it", "green"
    return "accepted", "green"


def _reasons(confirmed: CommandConfirmed) -> list[str]:
    """Why it may be held back."""
    from navien_proto.wire.messages import StatusMessage

    if not confirmed.held:
        return []
    message = confirmed.message
    if isinstance(message, StatusMessage) and message.status.tou_enabled:
        return ["Time of use is on: it takes effect when the window ends, or after 'navien tou off'."]
    return ["The heater's answer does not show it yet; 'navien status' tells whether it comes."]


def _answer(confirmed: CommandConfirmed, given: Given) -> list[str]:
    """What the heater says of itself now, if it answered with a status."""
    from navien_anyio.cli import words
    from navien_anyio.cli.rows import unit_shown
    from navien_proto.wire.messages import StatusMessage

    if not isinstance(confirmed.message, StatusMessage):
        return []
    status = confirmed.message.status
    shown = words.show_temperature(status, "dhw_temperature_setting", unit_shown(given.units, status))
    mode, running, power = words.show_mode(status), words.show_running(status), words.show_power(status)
    return [f"it says: set point {shown}, mode {mode}, running {running}, {power}"]


def _print_lines(given: Given, wish: Wish, confirmed: CommandConfirmed) -> None:
    from rich.console import Console
    from rich.text import Text

    from navien_anyio.cli.words import label

    console = Console(highlight=False, soft_wrap=True)
    words, style = outcome(confirmed, given.wait)
    console.print(Text.assemble((label(confirmed.device), "bold"), f": {wish.what}: ", (words, style)))
    for line in (*_reasons(confirmed), *wish.after(confirmed), *_answer(confirmed, given)):
        console.print(Text(f"  {line}"))


def _print_document(given: Given, wish: Wish, confirmed: CommandConfirmed) -> None:
    from navien_anyio.cli.documents import device_members, to_json

    document = {
        "device": device_members(confirmed.device),
        "what": wish.what,
        "wanted": given.wait,
        "level": confirmed.level.name.lower(),
        "held": confirmed.held,
        "status": _status(confirmed, given.units),
        **wish.members(confirmed),
    }
    click.echo(to_json(document))


def _status(confirmed: CommandConfirmed, units: str) -> dict[str, Any] | None:
    from navien_anyio.cli.documents import status_members, unit_of_document
    from navien_proto.wire.messages import StatusMessage

    message = confirmed.message
    if not isinstance(message, StatusMessage):
        return None
    return status_members(message.status, unit_of_document(units), confirmed.at.utc, message.reason.value)
