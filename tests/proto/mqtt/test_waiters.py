from __future__ import annotations

from datetime import UTC, datetime

import pytest

from navien_proto.errors import CommandRefused, LinkClosed, NavienError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.waiters import Waiters
from navien_proto.session.events import ClockCorrected, CommandConfirmed, CommandFailed, CommandId, Level
from navien_proto.wire.commands import RequestStatus

NOW = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))
DEVICE = Device(mac="aabbccddeeff")


def confirmed(number: int) -> CommandConfirmed:
    return CommandConfirmed(NOW, CommandId(number), DEVICE, RequestStatus(), Level.ACCEPTED)


def test_a_waiter_is_woken_by_its_own_command_alone() -> None:
    waiters, woken = Waiters(CommandConfirmed, CommandFailed), []
    waiter = waiters.expect(CommandId(2), lambda: woken.append(2))
    waiters.take(ClockCorrected(NOW, 1.0))
    waiters.take(confirmed(1))
    assert woken == []
    waiters.take(confirmed(2))
    assert woken == [2]
    assert waiter.done
    assert waiter.outcome() == confirmed(2)
    assert len(waiters) == 0


def test_a_failed_command_raises_its_error() -> None:
    waiters = Waiters(CommandConfirmed, CommandFailed)
    waiter = waiters.expect(CommandId(1), lambda: None)
    error = CommandRefused("no", code=2)
    waiters.take(CommandFailed(NOW, CommandId(1), DEVICE, RequestStatus(), error))
    with pytest.raises(CommandRefused) as caught:
        waiter.outcome()
    assert caught.value is error


def test_a_forgotten_waiter_is_not_woken() -> None:
    waiters, woken = Waiters(CommandConfirmed, CommandFailed), []
    waiter = waiters.expect(CommandId(1), lambda: woken.append(1))
    waiters.forget(waiter)
    waiters.forget(waiter)
    waiters.take(confirmed(1))
    assert woken == []


def test_the_end_wakes_everybody_who_still_waits() -> None:
    waiters, woken = Waiters(CommandConfirmed, CommandFailed), []
    done = waiters.expect(CommandId(1), lambda: woken.append(1))
    left = waiters.expect(CommandId(2), lambda: woken.append(2))
    waiters.take(confirmed(1))
    waiters.give_up(LinkClosed("closed"))
    assert woken == [1, 2]
    assert done.outcome() == confirmed(1)
    with pytest.raises(LinkClosed):
        left.outcome()


def test_asking_too_early_is_an_error_not_an_answer() -> None:
    waiter = Waiters(CommandConfirmed, CommandFailed).expect(CommandId(1), lambda: None)
    with pytest.raises(NavienError, match="goes on"):
        waiter.outcome()
