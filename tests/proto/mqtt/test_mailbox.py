from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import LinkBroken
from navien_proto.instant import Instant
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.session.events import ClockCorrected, Event, EventsMissed

START = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))


def event(number: int) -> ClockCorrected:
    return ClockCorrected(START.after(number), float(number))


def numbers(events: list[Event]) -> list[float]:
    return [event.offset for event in events if isinstance(event, ClockCorrected)]


def everything(box: Mailbox[Event]) -> list[Event]:
    taken = []
    while (taken_event := box.take()) is not None:
        taken.append(taken_event)
    return taken


def test_events_come_out_in_order_and_wake_the_consumer() -> None:
    woken: list[bool] = []
    box = Mailbox[Event](lambda: woken.append(True))
    for number in range(3):
        box.put(event(number))
    assert len(box) == 3
    assert numbers(everything(box)) == [0, 1, 2]
    assert len(woken) == 3
    assert box.take() is None


def test_the_oldest_make_room_and_the_consumer_hears_it_first() -> None:
    box = Mailbox[Event](lambda: None, size=2)
    for number in range(5):
        box.put(event(number))
    assert len(box) == 3
    assert everything(box) == [EventsMissed(START.after(2), 3), event(3), event(4)]
    box.put(event(5))
    assert everything(box) == [event(5)]


def test_unwanted_events_are_not_kept_and_wake_nobody() -> None:
    woken: list[bool] = []
    box = Mailbox[Event](lambda: woken.append(True), wanted=lambda event: event.at.monotonic > 1)
    for number in range(4):
        box.put(event(number))
    assert numbers(everything(box)) == [2, 3]
    assert len(woken) == 2


def test_a_closed_mailbox_takes_nothing_more_and_keeps_the_first_reason() -> None:
    box = Mailbox[Event](lambda: None)
    box.put(event(1))
    broken = LinkBroken("lost")
    box.close(broken)
    box.close(LinkBroken("again"))
    box.put(event(2))
    assert box.closed
    assert box.error is broken
    assert everything(box) == [event(1)]


def test_a_mailbox_holds_at_least_one_event() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Mailbox[Event](lambda: None, size=0)


@given(size=st.integers(1, 5), steps=st.lists(st.booleans(), max_size=40))
def test_every_event_is_taken_or_counted_as_missed(size: int, steps: list[bool]) -> None:
    box = Mailbox[Event](lambda: None, size=size)
    put, seen, missed = 0, [], 0
    for is_put in [*steps, *[False] * (size + 1)]:
        if is_put:
            box.put(event(put))
            put += 1
        elif isinstance(taken := box.take(), EventsMissed):
            missed += taken.count
        elif taken is not None:
            seen.append(taken)
    assert len(seen) + missed == put
    assert numbers(list(seen)) == sorted(numbers(list(seen)))
    assert len(box) == 0
