"""The house has few rooms: what stands where, and what each package offers."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from navien_proto.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "navien_proto", "navien_anyio", "navien_sync", "tests", "fixtures", "docs", "pyproject.toml", "README.md",
}  # fmt: skip
PUBLIC = ("navien_proto", "navien_anyio", "navien_sync", "navien_proto.session", "navien_proto.link")


def tracked() -> list[str]:
    """The files git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def test_nothing_else_stands_at_the_top() -> None:
    top = {path.partition("/")[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= ROOMS


def test_files_stay_small_enough_to_read() -> None:
    long = {
        path: lines
        for path in tracked()
        if path.endswith(".py")
        and not path.startswith("tests/")
        # The session is what has to be trusted most, so it is what has to be read most easily.
        and (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines()))
        > (400 if path.startswith("navien_proto/session/") else 450)
    }
    assert long == {}


@pytest.mark.parametrize("package", PUBLIC)
def test_what_a_package_offers_exists_and_is_listed_in_order(package: str) -> None:
    module = importlib.import_module(package)
    names = module.__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(module, name, None) is not None, name


@pytest.mark.parametrize("package", ["navien_proto", "navien_anyio", "navien_sync"])
def test_each_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_the_core_loads_neither_the_link_nor_the_simulator_nor_anything_that_does_io() -> None:
    code = (
        "import sys, navien_proto\n"
        "print(*sorted(name for name in sys.modules if name.startswith('navien_proto.')))\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    ours, tops = (line.split() for line in answer.stdout.splitlines())
    rooms = {name.split(".")[1] for name in ours}
    assert rooms.isdisjoint({"link", "sim", "har", "watch"})
    assert set(tops).isdisjoint(
        {"asyncio", "socket", "ssl", "logging", "httpx", "anyio", "gmqtt", "wsproto", "email"}
    )


def test_the_example_of_an_env_file_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = [line.lstrip("# ").partition("=")[0] for line in text.splitlines() if "=" in line]
    assert named == [setting.variable for setting in SETTINGS.values()]
    for setting in SETTINGS.values():
        assert setting.meaning in text
