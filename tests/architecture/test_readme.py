"""The README's examples run as they stand, against the simulated cloud; its commands are where CI looks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
EMAIL, PASSWORD = "user@example.com", "not-a-real-password"


def test_there_is_an_async_a_blocking_and_a_core_only_example() -> None:
    assert [("anyio" in s, "navien_sync" in s, "from navien_proto" in s) for s in SNIPPETS] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=["async", "blocking", "core"])
def test_an_example_runs_as_it_stands(snippet: str, tmp_path: Path) -> None:
    # A heater that speaks by itself every half second: the first example waits for that.
    cloud = SimCloud(SimCloudConfig(delay=(0.01, 0.05), speed=60.0), rng=Random(1))
    now = system_clock()
    heater = Heater(HeaterConfig(heartbeat=30.0), rng=Random(2), started=now.utc)
    cloud.add_heater(cloud.add_account(EMAIL, PASSWORD), heater, now)
    with SimServer(cloud) as server:
        settings = {**server.settings, "email": EMAIL, "password": PASSWORD}
        settings.pop("simulated")
        variables = {f"NAVIEN_{name.upper()}": str(value) for name, value in settings.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NAVI")}
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", snippet],
            env={**kept, **variables, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert run.stderr == ""
    assert run.returncode == 0
    assert any(figure in run.stdout for figure in ("58.5", "92")), run.stdout


@pytest.mark.parametrize("heading", ["Try it", "Test it"])
def test_a_heading_holds_one_command_line_alone_in_its_block(heading: str) -> None:
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    block = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)[0]
    assert len(block.splitlines()) == 1
