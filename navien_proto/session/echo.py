"""How far an echoed schedule is from the one that was written (``docs/protocol/mqtt.md`` section 10)."""

from __future__ import annotations

from navien_proto.wire.commands import Command
from navien_proto.wire.messages import Received, RecirculationMessage, ReservationsMessage, TouMessage

__all__ = ["differences"]


def differences(command: Command, message: Received) -> int:
    """In how many entries, and the master switch, ``message`` differs from what ``command`` writes; at least 1.

    Call it for a schedule that `Command.answered_by` has found to be another one.
    """
    members = command.members()
    if isinstance(message, TouMessage):
        plan = type(message.plan).from_wire(members)
        ours = {period.canonical() for period in plan.periods}
        theirs = {period.canonical() for period in message.plan.periods}
        switches = bool(plan.enabled) is not bool(message.plan.enabled)
        return max(1, switches + len(ours ^ theirs) + len(message.plan.odd))
    if isinstance(message, ReservationsMessage | RecirculationMessage):
        programme = type(message.programme).from_wire(members)
        our_switch, our_entries, _ = programme.canonical()
        switch, entries, odd = message.programme.canonical()
        return max(1, (switch is not our_switch) + len(set(our_entries) ^ set(entries)) + len(odd))
    return 1
