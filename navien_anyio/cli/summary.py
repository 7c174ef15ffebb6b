"""What was, when it is over. Pure."""

from __future__ import annotations

from navien_anyio.cli.board import Counts
from navien_anyio.cli.durations import show_duration

__all__ = ["summary_lines"]


def summary_lines(counts: Counts, uptime: float, *, log: tuple[str, int] | None = None) -> list[tuple[str, str]]:
    """Name and value of each line; ``log`` is the path of the CSV file and the rows written to it."""
    gaps = str(counts.gaps)
    if counts.gaps:
        gaps += f" ({show_duration(counts.gap_seconds)} in all)"
    lines = [
        ("uptime", show_duration(uptime)),
        ("messages", str(counts.messages)),
        ("reconnects", str(counts.reconnects) + (f" and {counts.renewals} planned" if counts.renewals else "")),
        ("gaps", gaps),
    ]
    if counts.undecodable:
        lines.append(("undecodable", str(counts.undecodable)))
    if counts.missed:
        lines.append(("missed events", str(counts.missed)))
    if log is not None:
        path, rows = log
        lines.append(("log", f"{rows} rows in {path}"))
    return lines
