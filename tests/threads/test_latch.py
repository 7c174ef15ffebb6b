"""One thread waits until another says go, once."""

from __future__ import annotations

from navien_sync.latch import Latch
from tests.support.waiting import PATIENCE
from tests.threads.helpers import Task


def test_it_is_shut_until_it_is_opened_and_open_for_good() -> None:
    latch = Latch()
    assert not latch.wait(0.0)
    latch.open()
    latch.open()
    assert latch.wait(0.0)
    assert latch.wait()


def test_who_waits_goes_on_when_another_thread_opens_it() -> None:
    latch = Latch()
    waiting = Task(lambda: latch.wait(PATIENCE))
    latch.open()
    assert waiting.result() is True
