"""``navien raw``: any code, for experts."""

from __future__ import annotations

import json
from typing import Any

import click

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import given_of
from navien_anyio.cli.steering import CONTROL_CODES, Wish, control_options, steer, submitted, yes_option
from navien_anyio.cli.texts import parse_number
from navien_proto.errors import UsageError

__all__ = ["raw"]

ANSWERS = {
    "status": "StatusMessage",
    "info": "FeatureMessage",
    "reservations": "ReservationsMessage",
    "recirculation": "RecirculationMessage",
    "tou": "TouMessage",
    "energy": "EnergyMessage",
    "diagnostics": "DiagnosticsMessage",
    "firmware": "FirmwareDownloadMessage",
    "none": None,
}


@click.command(short_help="Send any code. For experts.", epilog=CONTROL_CODES)
@click.argument("code")
@click.option("--suffix", default="ctrl", show_default=True, help="Of the topic.")
@click.option("--mode", "mode_string", metavar="TEXT", help="The mode string; without it no param is sent either.")
@click.option("--param", "params", type=int, multiple=True, help="A number that goes with it; may be repeated.")
@click.option("--member", "members", metavar="NAME=JSON", multiple=True, help="One more member of the request.")
@click.option(
    "--answer", type=click.Choice(list(ANSWERS)), default="status", show_default=True, help="What is waited for."
)
@click.option(
    "--reply",
    type=click.Choice(["ack", "client", "app", "device"]),
    default="ack",
    show_default=True,
    help="The form of topic that is asked for the answer.",
)
@click.option("--reply-suffix", default="", help="What stands behind 'res' in it.")
@yes_option
@control_options
@click.pass_context
def raw(
    context: click.Context,
    code: str,
    suffix: str,
    mode_string: str | None,
    params: tuple[int, ...],
    members: tuple[str, ...],
    answer: str,
    reply: str,
    reply_suffix: str,
) -> None:
    """Send a command by its number, as it is: no ability, limit or meaning is checked. Guards hold.

    What changes a heater is asked about first, unless --yes is given. Codes that the vendor's app declares and
    never sends need --expert: nobody knows what they do. docs/protocol/commands.md has the numbers.

    The answer is printed as it came, secrets masked. With --json it stands in "answer", beside what 'navien set'
    has.

    \b
    Examples:
      navien raw 0x01000003 --suffix st
      navien raw 0x01000001 --suffix st/did --answer info
      navien raw 0x02000020 --mode dhw-temperature --param 100 --dry-run
      navien raw 0x0200001F --mode cond-fault-reset --yes
    """
    from navien_proto.wire import messages
    from navien_proto.wire.commands import RawCommand, ReplyForm

    given = given_of(context)
    kind = ANSWERS[answer]
    command = RawCommand(
        code=parse_number("CODE", code),
        suffix=suffix,
        mode_string=mode_string,
        param=params if mode_string is not None else None,
        more=dict(_member(text) for text in members),
        expert=given.expert,
        reply_form=ReplyForm(reply),
        reply_suffix=reply_suffix,
        reply_kind=None if kind is None else getattr(messages, kind),
    )
    if params and mode_string is None:
        raise UsageError("--param: numbers go with a mode string: give --mode as well")
    if given.wait == "applied":
        raise CliError("--wait: whether a heater runs what has no meaning here cannot be seen", ExitCode.USAGE)
    question = f"Send {command.code:#010x} to the heater as it is?" if command.is_control else ""
    wish = Wish(
        what=f"{command.code:#010x} on {suffix}",
        make=submitted(command),
        question=question,
        after=lambda confirmed: _shown(confirmed.message),
        members=lambda confirmed: {"answer": _members(confirmed.message)},
    )
    steer(context, wish)


def _member(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if name and equals:
        try:
            return name, json.loads(value)
        except (ValueError, RecursionError):
            pass
    raise UsageError(f"--member: expected NAME=JSON such as reservationUse=2, found {text[:40]!r}")


def _members(message: Any) -> object:
    """The answer as it came, secrets masked."""
    from navien_proto.redact import redact_value
    from navien_proto.wire.messages import FeatureMessage, StatusMessage

    if message is None:
        return None
    if isinstance(message, StatusMessage):
        return redact_value(dict(message.status.raw))
    if isinstance(message, FeatureMessage):
        return redact_value(dict(message.feature.raw))
    return redact_value(message.raw)


def _shown(message: Any) -> list[str]:
    members = _members(message)
    return [] if members is None else json.dumps(members, indent=2, ensure_ascii=False).splitlines()
