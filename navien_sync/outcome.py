"""Handing something to a machine in its pump, from any thread, and waiting for its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from navien_proto.errors import LinkClosed
from navien_proto.instant import Instant
from navien_proto.mqtt.waiters import Ended, Failed, Waiter, Waiters
from navien_sync.driver import Move
from navien_sync.hub import SharedHub
from navien_sync.latch import Latch

__all__ = ["outcome"]

D = TypeVar("D", bound=Ended)
F = TypeVar("F", bound=Failed)


def outcome(
    call: Callable[[Move, Callable[[], None]], None],
    hub: SharedHub,
    expected: Waiters[D, F],
    move: Callable[[Instant], int],
    take_back: Callable[[int, Instant], None],
) -> D:
    """The end of what ``move`` hands in; ``take_back`` is called when the wait is interrupted.

    ``call`` runs its first function in the pump, or the second when there is none any more.

    Raises:
        LinkClosed: the session is over.
        NavienError: what ``move`` raises, or what came instead of the end wished for.
    """
    ended = Latch()
    waiters: list[Waiter[D]] = []
    errors: list[Exception] = []

    def hand_in(now: Instant) -> None:
        if hub.closed:
            refuse()
            return
        try:
            waiters.append(expected.expect(move(now), ended.open))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the caller's)
            errors.append(error)
            ended.open()

    def refuse() -> None:
        errors.append(hub.error or LinkClosed("the client is closed"))
        ended.open()

    def withdraw(now: Instant) -> None:
        for waiter in waiters:
            if not waiter.done:
                expected.forget(waiter)
                take_back(waiter.id, now)

    try:
        call(hand_in, refuse)
        ended.wait()
    except BaseException:
        call(withdraw, lambda: None)
        raise
    if errors:
        raise errors[0]
    return waiters[0].outcome()
