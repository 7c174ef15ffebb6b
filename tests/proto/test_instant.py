"""One moment on both clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from navien_proto.instant import Instant

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_both_clocks_run_together() -> None:
    now = Instant(100.0, NOON)
    assert now.after(90) == Instant(190.0, NOON + timedelta(seconds=90))
    assert now.after(-0.5) == Instant(99.5, NOON - timedelta(seconds=0.5))


def test_any_zone_is_told_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-8)))
    assert Instant(0.0, there).utc.tzinfo is UTC
    assert Instant(0.0, there) == Instant(0.0, NOON)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Instant\.utc must be an aware datetime, not datetime\.datetime\(2026"):
        Instant(0.0, NOON.replace(tzinfo=None))
