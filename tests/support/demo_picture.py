"""Draws ``docs/images/demo.svg``, the README's picture of the demo: ``python -m tests.support.demo_picture``.

A morning of the demo's own household, simulated on a clock that jumps, in the demo's own table. The picture is
the same every time and loads nothing from elsewhere.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console
from rich.text import Text

from navien_anyio.cli.board import Board
from navien_anyio.cli.demo import INTRO, SPEED
from navien_anyio.cli.simulated import heater_clock, simulated_cloud
from navien_anyio.cli.table import STYLES, board_table
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.session import events as ev
from navien_proto.wire.messages import StatusMessage

__all__ = ["PICTURE", "draw"]

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "demo.svg"
START = Instant(0.0, datetime(2026, 1, 15, 12, tzinfo=UTC))
MORNING = datetime(2026, 1, 15, 6, 30, tzinfo=UTC)
PERIOD, STATUSES = 5.0, 12
WIDTH = 80


def draw() -> str:
    """The picture as SVG."""
    cloud = simulated_cloud(START, MORNING, rng=Random(7), speed=SPEED)
    heater = cloud.heaters[0]
    device = Device(mac=heater.config.mac, name=heater.config.name, online=True)
    board = Board(START, 360.0)
    board.take(ev.DevicesListed(START, (device,)))
    board.take(ev.Connected(START.after(0.4), 1, session_present=False))
    now = START
    for number in range(STATUSES):
        now = START.after(1.0 + number * PERIOD)
        heater.advance(cloud.clock(device.mac, now))
        message = StatusMessage(topic="", status=DeviceStatus.from_wire(heater.status()))
        board.take(ev.StatusReceived(now, 1, device, message))
    now = now.after(2.0)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ navien demo", "bold"))
    for line in INTRO:
        console.print(Text(line, "dim"))
    for notice in board.notices():
        console.print(Text(notice.text, STYLES[notice.tone]))
    console.print(
        board_table(
            board,
            now,
            units="c",
            width=WIDTH,
            title="simulated",
            footer="Ctrl-C ends",
            clocks=lambda mac: heater_clock(cloud, mac, now),
        )
    )
    svg = console.export_svg(title="navien", unique_id="demo")
    # The exporter's fonts would be fetched from somebody's server; the reader's own will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw())
