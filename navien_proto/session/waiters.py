"""Who waits for the end of which command. Pure, for every transport.

A waiter is woken through ``wake``, a callback of the transport (an event's ``set``); it then reads
``outcome``.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from navien_proto.errors import NavienError
from navien_proto.session.events import CommandConfirmed, CommandFailed, CommandId, Event

__all__ = ["Waiter", "Waiters"]


@define(eq=False)
class Waiter:
    """One caller's wait for one command."""

    id: CommandId
    wake: Callable[[], None]
    ended: CommandConfirmed | CommandFailed | None = None
    broken: NavienError | None = field(default=None)

    @property
    def done(self) -> bool:
        """Whether ``outcome`` has an answer."""
        return self.ended is not None or self.broken is not None

    def outcome(self) -> CommandConfirmed:
        """How the command ended; call it when ``done``.

        Raises:
            CommandError: it was not confirmed.
            NavienError: the session ended in a way that told the command nothing.
        """
        if isinstance(self.ended, CommandConfirmed):
            return self.ended
        raise self.ended.error if self.ended is not None else self.broken or NavienError("the command goes on")


class Waiters:
    """All waits, by the command's id."""

    def __init__(self) -> None:
        self._waiting: dict[CommandId, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, command_id: CommandId, wake: Callable[[], None]) -> Waiter:
        """Wait for a command just submitted; call it before its events are collected."""
        waiter = self._waiting[command_id] = Waiter(command_id, wake)
        return waiter

    def forget(self, waiter: Waiter) -> None:
        """The caller waits no more."""
        self._waiting.pop(waiter.id, None)

    def take(self, event: Event) -> None:
        """An event of the session: wake the waiter whose command it ends."""
        if isinstance(event, CommandConfirmed | CommandFailed):
            waiter = self._waiting.pop(event.id, None)
            if waiter is not None:
                waiter.ended = event
                waiter.wake()

    def give_up(self, error: NavienError) -> None:
        """Nothing more will come: every waiter still there is woken with ``error``."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for waiter in waiting:
            waiter.broken = error
            waiter.wake()
