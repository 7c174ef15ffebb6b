"""One moment, read from both clocks at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import Attribute, field, frozen


def _aware(_instance: object, attribute: Attribute[datetime], value: datetime) -> None:
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(f"Instant.{attribute.name} must be an aware datetime, not {value!r}")


def _to_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC or value.tzinfo is None else value.astimezone(UTC)


@frozen
class Instant:
    """A moment on both clocks; everything in the core that moves is told one as ``now``.

    Timers run on ``monotonic`` (seconds, never steps back, meaningless across processes); signatures,
    expiries and time stamps use ``utc`` (aware). Keeping the two together means that a wall clock set by
    hand moves no timer.

    Raises:
        ValueError: ``utc`` is naive.
    """

    monotonic: float
    utc: datetime = field(converter=_to_utc, validator=_aware)

    def after(self, seconds: float) -> Instant:
        """The instant ``seconds`` later on both clocks (earlier when negative)."""
        return Instant(self.monotonic + seconds, self.utc + timedelta(seconds=seconds))
