"""Lengths of time as people write and read them. Pure."""

from __future__ import annotations

import re

from navien_proto.errors import UsageError
from navien_proto.settings import shown

__all__ = ["parse_duration", "show_duration"]

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# One number and its unit, or several from the larger to the smaller: 90m, 1.5h, 1d12h.
SHAPE = re.compile(r"(?:([0-9]{1,7}(?:\.[0-9]{1,3})?)\s?([dhms])\s?)")
LONGEST = 10 * 365 * 86400.0


def parse_duration(label: str, text: str) -> float:
    """The seconds that ``text`` (``30s``, ``10m``, ``24h``, ``7d``, ``1h30m``) stands for.

    Raises:
        UsageError: it stands for none, or for less than a second or more than ten years; the sentence begins
            with ``label``.
    """
    total, place, smallest = 0.0, 0, LONGEST
    wanted = text.strip().lower()
    while (part := SHAPE.match(wanted, place)) and SECONDS[part[2]] < smallest:
        smallest = SECONDS[part[2]]
        total += float(part[1]) * smallest
        place = part.end()
    if place != len(wanted) or not 1.0 <= total <= LONGEST:
        raise UsageError(f"{label}: expected a duration such as 30s, 10m, 24h or 7d, found {shown(text)}")
    return total


def show_duration(seconds: float) -> str:
    """``seconds`` in the two largest units that say something: ``42 s``, ``2 min 05 s``, ``3 h``, ``2 d 4 h``."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes < 1:
        return f"{rest} s"
    hours, left = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} min" + (f" {rest:02} s" if rest else "")
    days, left_hours = divmod(hours, 24)
    if days < 1:
        return f"{hours} h" + (f" {left:02} min" if left else "")
    return f"{days} d" + (f" {left_hours} h" if left_hours else "")
