from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import frozen

from navien_anyio.cli.app import run
from navien_anyio.simserver import SimServer
from tests.support.served import EMAIL, PASSWORD
from tests.support.waiting import PATIENCE


@frozen
class Result:
    code: int
    out: str
    err: str


Command = Callable[..., Result]


def long_enough(command: Callable[[str], Result], enough: Callable[[Result], bool]) -> Result:
    """What ``command`` comes to with the first duration that is ``enough`` on this machine.

    How much happens in a second is not ours to say. ``command`` begins anew at each call.
    """
    result = command("1s")
    for duration in ("5s", "30s"):
        if enough(result):
            break
        result = command(duration)
    return result


def service(server: SimServer, *, email: str = EMAIL, password: str = PASSWORD) -> dict[str, str]:
    """The environment of a user whose service is ``server``."""
    settings = {name: server.settings[name] for name in ("base_url", "mqtt_scheme", "mqtt_host", "mqtt_port")}
    settings |= {"email": email, "password": password}
    return {f"NAVIEN_{name.upper()}": str(value) for name, value in settings.items()}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without configuration, in an empty directory."""
    for name in [name for name in os.environ if name.startswith(("NAVIEN_", "NAVILINK_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return tmp_path


@pytest.fixture
def navien(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process: ``navien("status", "--json", NAVIEN_UNITS="c")``."""

    def command(*arguments: str, **environment: str) -> Result:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code = run(list(arguments))
        captured = capsys.readouterr()
        return Result(int(code), captured.out, captured.err)

    return command


class Process:
    """The command in a process of its own, without a terminal; standard error goes where output goes."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", "from navien_anyio.cli import main; main()", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            text=True,
        )
        self.lines: list[str] = []

    def read_until(self, wanted: str) -> str:
        """The first line, from the next on, that holds ``wanted``."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            if wanted in line:
                return line
        raise AssertionError(f"it ended before {wanted!r}:\n{''.join(self.lines)}")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def close_pipe(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.close()

    def end(self) -> tuple[int, str]:
        """Its exit code and the rest of what it says."""
        rest = "" if self._process.stdout is None or self._process.stdout.closed else self._process.stdout.read()
        code = self._process.wait(2 * PATIENCE)
        return code, rest

    def cleanup(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start the command in a process; it does not outlive the test."""
    processes: list[Process] = []

    def started(*arguments: str, **environment: str) -> Process:
        processes.append(Process(*arguments, **environment))
        return processes[-1]

    yield started
    for process in processes:
        process.cleanup()
