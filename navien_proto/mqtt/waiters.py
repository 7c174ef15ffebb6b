"""Who waits for the end of which command or operation. Pure, for every transport.

A waiter is woken through ``wake``, a callback of the transport (an event's ``set``); it then reads
``outcome``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from attrs import define

from navien_proto.errors import NavienError

__all__ = ["Ended", "Failed", "Waiter", "Waiters"]


class Ended(Protocol):
    """The end of what has a number."""

    @property
    def id(self) -> int:
        """Its number."""


class Failed(Ended, Protocol):
    """An end that was not wished."""

    @property
    def error(self) -> NavienError:
        """How it ended."""


D = TypeVar("D", bound=Ended)
F = TypeVar("F", bound=Failed)


@define(eq=False)
class Waiter(Generic[D]):
    """One caller's wait for one command or operation."""

    id: int
    wake: Callable[[], None]
    ended: D | None = None
    error: NavienError | None = None

    @property
    def done(self) -> bool:
        """Whether ``outcome`` has an answer."""
        return self.ended is not None or self.error is not None

    def outcome(self) -> D:
        """How it ended; call it when ``done``.

        Raises:
            NavienError: it did not end as wished, or nobody will ever say how.
        """
        if self.ended is not None:
            return self.ended
        raise self.error or NavienError("it goes on")


class Waiters(Generic[D, F]):
    """All waits, by number. ``done`` is the class of a wished end, ``failed`` of any other."""

    def __init__(self, done: type[D], failed: type[F]) -> None:
        self._done = done
        self._failed = failed
        self._waiting: dict[int, Waiter[D]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, number: int, wake: Callable[[], None]) -> Waiter[D]:
        """Wait for what was just submitted; call it before its events are collected."""
        waiter: Waiter[D] = Waiter(number, wake)
        self._waiting[number] = waiter
        return waiter

    def forget(self, waiter: Waiter[D]) -> None:
        """The caller waits no more."""
        self._waiting.pop(waiter.id, None)

    def take(self, event: object) -> None:
        """An event: wake the waiter whose wait it ends."""
        if isinstance(event, self._done):
            waiter = self._waiting.pop(event.id, None)
            if waiter is not None:
                waiter.ended = event
                waiter.wake()
        elif isinstance(event, self._failed):
            waiter = self._waiting.pop(event.id, None)
            if waiter is not None:
                waiter.error = event.error
                waiter.wake()

    def give_up(self, error: NavienError) -> None:
        """Nothing more will come: every waiter still there is woken with ``error``."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for waiter in waiting:
            waiter.error = error
            waiter.wake()
