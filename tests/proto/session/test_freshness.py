"""Silence of a device: asked about first, then stale."""

from __future__ import annotations

import pytest

from navien_proto.session.freshness import LAST_CALL, Freshness, Silence
from tests.support.instants import NOON, Clock

MAC = "aabbccddeeff"


def test_asked_first_then_stale_then_back() -> None:
    clock, fresh = Clock(), Freshness()
    fresh.watch(MAC, 360, clock.now)
    start = clock.now.monotonic
    assert fresh.deadline(MAC) == start + 360 - LAST_CALL
    assert fresh.due(MAC, clock.advance(360 - LAST_CALL - 1)) is None
    assert fresh.due(MAC, clock.advance(1)) is Silence.ASK
    assert fresh.deadline(MAC) == start + 360
    assert fresh.due(MAC, clock.now) is None, "once each"
    assert fresh.due(MAC, clock.advance(LAST_CALL)) is Silence.STALE
    assert (fresh.stale(MAC), fresh.deadline(MAC), fresh.due(MAC, clock.now)) == (True, None, None)
    assert fresh.all_stale([MAC])
    assert not fresh.all_stale([MAC, "other"])
    assert fresh.heard(MAC, clock.advance(40)) == 400
    assert (fresh.stale(MAC), fresh.last(MAC)) == (False, clock.now)
    assert fresh.deadline(MAC) == clock.now.monotonic + 360 - LAST_CALL


def test_a_message_begins_the_silence_anew_and_a_missed_alarm_goes_straight_to_stale() -> None:
    clock, fresh = Clock(), Freshness()
    fresh.watch(MAC, 360, clock.now)
    clock.advance(340)
    assert fresh.due(MAC, clock.now) is Silence.ASK
    assert fresh.heard(MAC, clock.now) is None
    assert fresh.deadline(MAC) == clock.now.monotonic + 330
    assert fresh.due(MAC, clock.advance(5000)) is Silence.STALE


def test_the_limit_follows_what_is_set_and_a_short_one_leaves_time_to_answer() -> None:
    fresh = Freshness()
    fresh.watch(MAC, 40, NOON)
    assert fresh.deadline(MAC) == NOON.monotonic + 20
    fresh.watch(MAC, 1000, NOON.after(10))
    assert fresh.deadline(MAC) == NOON.monotonic + 970, "counted from the first time it was watched"


@pytest.mark.parametrize("heard", [False, True])
def test_a_device_that_is_forgotten_begins_anew(heard: bool) -> None:
    clock, fresh = Clock(), Freshness()
    fresh.watch(MAC, 60, clock.now)
    if heard:
        fresh.heard(MAC, clock.now)
    assert fresh.due(MAC, clock.advance(100)) is Silence.STALE
    fresh.forget(MAC)
    assert (fresh.stale(MAC), fresh.last(MAC), fresh.deadline(MAC)) == (False, None, None)
    fresh.watch(MAC, 60, clock.now)
    assert fresh.deadline(MAC) == clock.now.monotonic + 30


def test_none_are_all_stale_where_there_is_none() -> None:
    assert not Freshness().all_stale([])
