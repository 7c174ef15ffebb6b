"""The examples of docs/mqtt.md run as they stand, but for the port, against mosquitto."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SAID = (
    ["tank/status b'warm'"],
    ["tank/status b'{\"dhw\":49.5}'"],
    ["8 published, 0 failed", "b'running'", "plant/zone/7 1 2"],
    ["tank-1 Tank in the cellar", "1 devices"],
)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.mark.parametrize(("snippet", "said"), list(zip(SNIPPETS, SAID, strict=True)))
def test_an_example_runs(mosquitto: Mosquitto, tmp_path: Path, snippet: str, said: list[str]) -> None:
    port = mosquitto.endpoint("mqtt").port
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippet.replace("port=1883", f"port={port}")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert run.stderr == ""
    assert run.returncode == 0
    for words in said:
        assert words in run.stdout
