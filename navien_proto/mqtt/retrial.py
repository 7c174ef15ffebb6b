"""When to try again what a broker has denied.

Rights come back: a policy is mended, or a broken network only looked like a denial. What was set aside would
otherwise leave a device unheard until the link is renewed a day later.
"""

from __future__ import annotations

__all__ = ["Retrials"]

# Most denials that end at all are short, and an attempt costs a packet, or at worst a link: every minute at first,
# and then ever more seldom, so that a lasting denial is no loop.
PERIOD = 60.0
HASTY = 10
LONGEST = 4 * 3600.0


class Retrials:
    """How often it was tried since all was allowed."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def wait(self) -> float:
        """Seconds until the next attempt."""
        return min(LONGEST, PERIOD * 2.0 ** min(max(0, self._count - HASTY), 8))

    def tried(self) -> None:
        """An attempt is made."""
        self._count += 1

    def over(self) -> None:
        """Nothing is denied any more."""
        self._count = 0
