"""What was denied is tried again: soon at first, and ever more seldom."""

from __future__ import annotations

from navien_proto.mqtt.retrial import HASTY, LONGEST, PERIOD, Retrials


def test_f08_every_minute_at_first_and_then_more_seldom_up_to_the_longest_wait() -> None:
    retrials = Retrials()
    waits = []
    for _ in range(HASTY + 20):
        waits.append(retrials.wait)
        retrials.tried()
    assert waits[: HASTY + 1] == [PERIOD] * (HASTY + 1)
    assert waits[HASTY + 1] == 2 * PERIOD
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    retrials.over()
    assert retrials.wait == PERIOD
