"""What is out, since when, and how often it has to be said: once out, once in, and a reminder an hour. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define

from navien_proto.instant import Instant

__all__ = ["REMINDER", "Outages"]

REMINDER = 3600.0
"""Seconds between two lines about the same outage."""


@define
class _Outage:
    since: float
    said: float
    what: str


class Outages:
    """The outages there are, each under a key: the link, or a heater's MAC."""

    def __init__(self) -> None:
        self._open: dict[str, _Outage] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._open

    def begin(self, key: str, now: Instant, what: str) -> bool:
        """Something is out; ``what`` is the latest known reason. Whether that is news, and has to be said."""
        known = self._open.get(key)
        if known is not None:
            known.what = what
            return False
        self._open[key] = _Outage(now.monotonic, now.monotonic, what)
        return True

    def end(self, key: str, now: Instant) -> float | None:
        """It is back: the seconds it was out, ``None`` when it was not."""
        outage = self._open.pop(key, None)
        return None if outage is None else now.monotonic - outage.since

    def reminders(self, now: Instant) -> Iterator[tuple[str, float, str]]:
        """The outages to be said once more: key, seconds so far, and what is known of the reason."""
        for key, outage in self._open.items():
            if now.monotonic - outage.said >= REMINDER:
                outage.said = now.monotonic
                yield key, now.monotonic - outage.since, outage.what
