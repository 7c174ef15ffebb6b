"""``navien replay``: what a capture holds, decoded, as a time line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from navien_anyio.cli.options import common_options, given_of, log_options, open_log
from navien_proto.config import Config
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_anyio.cli.timeline import Timeline
    from navien_proto.har import Capture

__all__ = ["no_account", "read_capture", "read_file", "replay"]

# Without a terminal nothing is gained by wrapping lines.
PIPE_WIDTH = 160
# From how many columns on there is room between those of the table.
WIDE = 100


@click.command(short_help="Decode a HAR capture and show its time line.")
@click.argument("file", metavar="FILE.har")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@log_options
@common_options
@click.pass_context
def replay(context: click.Context, file: str, as_json: bool, csv_path: str | None, columns: str | None) -> None:
    """Decode every MQTT message and REST answer of a HAR file, and show the time line.

    A HAR file is what browsers and proxies such as mitmproxy save. It is read here and sent nowhere; names,
    addresses, tokens and MACs in it are not shown. What cannot be decoded is listed with its place in the file.

    The JSON document has "entries" (time, place, kind, detail, decoded, and readings of a status), "counts" and
    "skipped".

    \b
    Examples:
      navien replay session.har
      navien replay session.har --units c --csv session.csv --columns all
      navien replay session.har --json | jq .counts
    """
    from navien_proto.har import decode_capture

    given = given_of(context)
    config = given.use(no_account(given.flags))
    capture = read_capture(file)
    from navien_anyio.cli.timeline import timeline

    line = timeline(decode_capture(capture))
    with open_log(csv_path, columns, config.units) as log:
        for reading in line.readings():
            if log is not None:
                log.write(reading)
    if as_json:
        from navien_anyio.cli.documents import to_json, unit_of_document

        click.echo(to_json(line.document(unit_of_document(config.units), dict(capture.skipped))))
    else:
        _print(line, capture, config.units)


def no_account(flags: dict[str, object]) -> Config:
    """The configuration of a command that works on files."""
    import os

    from navien_proto.config import load_config

    # No account is used here: what may be wrong with its settings does not matter.
    shown = {name: value for name in ("NAVIEN_UNITS", "NAVIEN_LOG_LEVEL") if (value := os.environ.get(name))}
    return load_config(flags, shown, {}, {}, simulated=True)


def read_file(file: str) -> bytes:
    """The contents of ``file``, of standard input for ``-``.

    Raises:
        UsageError: it cannot be read.
    """
    from navien_sync.stores.places import reason

    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file!r}: {reason(error)}") from None


def read_capture(file: str) -> Capture:
    """What the HAR file of that name holds.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    from navien_proto.har import read_har

    data = read_file(file)
    try:
        return read_har(data)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None


def _print(line: Timeline, capture: Capture, units: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from navien_anyio.cli.rows import unit_shown
    from navien_anyio.cli.timeline import cells, headers

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    if line.entries:
        first, last = line.entries[0].time, line.entries[-1].time
        times = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
        console.print(f"{len(line.entries)} entries {times}")
    # One unit for the whole table: that of the first status, when it is left to the heater.
    unit = unit_shown(units, next((entry.status for entry in line.entries if entry.status is not None), None))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1 if console.width >= WIDE else 0, 0, 0))
    for place, header in enumerate(headers(unit)):
        # Where it is narrow, what runs is told in two lines.
        table.add_column(
            header,
            no_wrap=place != 3,
            min_width=9 if place == 3 else None,
            justify="right" if place > 3 else "left",
        )
    for entry in line.entries:
        style = "red" if entry.undecodable else "dim" if entry.status is None else ""
        table.add_row(*map(Text, cells(entry, unit)), style=style)
    console.print(table)
    for entry in line.entries:
        if entry.problem:
            console.print(Text(f"{entry.place}: {entry.what}: {entry.problem}", "red"))
    if capture.skipped:
        skipped = ", ".join(f"{count} {name}" for name, count in capture.skipped.items())
        console.print(Text(f"Not messages: {skipped}", "dim"))
    console.print(Text(line.tally.sentence(), "bold"))
