"""The errors of commands that end without success, in words."""

from __future__ import annotations

from navien_proto.errors import CommandError, CommandMismatch, CommandRefused, CommandTimedOut
from navien_proto.session.outbox import Entry
from navien_proto.wire.messages import ControlFailure

__all__ = ["TOO_CLOSE", "refusal", "too_late"]

TOO_CLOSE = 2
"""The code of controls too close together (``docs/protocol/enums.md``, ControlFailCode)."""


def refusal(message: ControlFailure) -> CommandRefused:
    """The error of a control that the device refused."""
    why = "commands came too close together" if message.code == TOO_CLOSE else f"code {message.code}"
    return CommandRefused(f"the device refused the command: {why}", code=message.code)


def too_late(entry: Entry, limit: float) -> CommandError:
    """The error of a command whose answer did not come within ``limit`` seconds."""
    seconds = f"{limit:g} s"
    if entry.reading and entry.write is None:
        return CommandTimedOut(f"the device's list could not be read in {seconds}; nothing was written")
    if entry.differs is not None:
        return CommandMismatch(
            f"the device answered with another schedule, {entry.differs} differences, "
            f"and did not confirm the one written in {seconds}",
            differences=entry.differs,
        )
    what = "it may still have been obeyed" if entry.command.is_control else "the device may be off line"
    return CommandTimedOut(f"no answer from the device in {seconds}; {what}")
