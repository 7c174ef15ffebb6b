"""What a control would publish, without publishing it: for ``--dry-run``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from attrs import frozen

from navien_anyio.cli.documents import device_members, to_json
from navien_anyio.cli.words import label
from navien_proto.redact import redact_text, redact_value
from navien_proto.session.settings import session_config
from navien_proto.session.steps import Edit

if TYPE_CHECKING:
    from navien_anyio.heater import Heater
    from navien_proto.config import Config
    from navien_proto.model.device import Device
    from navien_proto.wire.commands import Command

__all__ = ["Rehearsed", "print_rehearsal", "rehearse"]

# Stand in for what a session draws anew each time.
CLIENT_ID, SESSION_ID = "client-id", "session-id"


@frozen
class Rehearsed:
    """One message that would be published, secrets masked."""

    topic: str
    payload: object
    qos: int


async def rehearse(heater: Heater, config: Config, command: Command, *, expert: bool) -> Rehearsed | None:
    """What ``command`` would publish after the checks of a session; ``None`` when nothing is to be done.

    An edit reads the heater's list, as it would.

    Raises:
        UsageError: a guard forbids it, or the heater cannot do it.
        ScheduleConflict: the edit does not fit the heater's list.
    """
    feature = heater.feature
    if feature is None and not expert:
        feature = await heater.request_feature()
    session_config(config).guards.check(command)
    command.check(feature, expert=expert)
    if isinstance(command, Edit):
        question = command.for_unit(feature).question()
        answer = None if question is None else (await heater.submit(question, expert=expert)).message
        resolved = command.resolve(answer)
        if resolved is None:
            return None
        command = resolved
    envelope = command.to_envelope(heater.device, CLIENT_ID, SESSION_ID)
    payload = redact_value(json.loads(envelope.payload))
    return Rehearsed(redact_text(envelope.topic), payload, envelope.qos)


def print_rehearsal(device: Device, what: str, found: Rehearsed | None, *, as_json: bool) -> None:
    """Say it."""
    if as_json:
        would = None if found is None else {"topic": found.topic, "qos": found.qos, "payload": found.payload}
        click.echo(
            to_json({"device": device_members(device), "what": what, "dry_run": True, "would_publish": would})
        )
        return
    click.echo(f"{label(device)}: {what}: not sent (--dry-run)")
    if found is None:
        click.echo("  the heater has it so already: nothing would be published")
        return
    click.echo(f"  topic    {found.topic}")
    click.echo(f"  QoS      {found.qos}")
    click.echo(
        "  payload  " + json.dumps(found.payload, indent=2, ensure_ascii=False).replace("\n", "\n           ")
    )
