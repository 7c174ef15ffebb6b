"""The suite for real accounts, run against the simulated cloud: it works before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from navien_anyio.simserver import SimServer
from tests.support.served import EMAIL, MACS, PASSWORD

ROOT = Path(__file__).parents[2]


def run(folder: Path, *options: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """The suite in a process of its own, with these settings in its environment and nobody else's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NAVI")}
    environment |= {f"NAVIEN_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"NAVIEN_LIVE_DIR": str(folder), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    arguments = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options, str(ROOT / "tests" / "live")],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_live_suite_passes_and_leaves_what_names_nobody(server: SimServer, tmp_path: Path) -> None:
    settings = {name: value for name, value in server.settings.items() if name != "simulated"}
    done = run(tmp_path, "--live", email=EMAIL, password=PASSWORD, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    left = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("live.*")}
    assert left.keys() == {"live.json", "live.jsonl"}
    for secret in (EMAIL, PASSWORD, MACS[0]):
        assert all(secret not in text for text in left.values())


def test_without_the_switch_nobody_is_asked(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" not in done.stdout
