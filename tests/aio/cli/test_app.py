"""What every command has in common: help, versions, mistakes, exit codes, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import navien_anyio
from navien_anyio.cli import app as module
from navien_anyio.cli import main
from navien_anyio.cli.app import COMMANDS, app
from navien_anyio.cli.options import common_options
from navien_proto import __version__
from navien_proto.errors import BadCredentials, NavienError
from tests.aio.cli.conftest import Command


def test_the_version_and_the_commands_in_the_order_of_need(navien: Command) -> None:
    assert navien("--version").out == f"navien, version {__version__}\n"
    shown = navien()
    assert shown.code == 0
    assert shown.out == navien("--help").out
    places = [shown.out.index(f"\n  {command} ") for command in COMMANDS]
    assert places == sorted(places)
    assert "2 usage, 3 credentials, 4 network, 5 device" in " ".join(shown.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_by_examples(command: str, navien: Command) -> None:
    shown = navien(command, "--help")
    assert shown.code == 0
    assert f"Examples:\n    navien {command}" in shown.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "no such command 'bogus'"),
        (["monitor", "--bogus"], "no such option"),
        (["monitor", "--units", "k"], "invalid value for '--units': 'k' is not one of 'auto', 'f', 'c'"),
        (["replay"], "missing argument 'FILE.har'"),
        (["demo", "--heaters", "0"], "invalid value for '--heaters'"),
        (["status", "extra"], "got unexpected extra argument (extra)"),
        (["status"], "no account is set"),
        (["devices"], "no account is set"),
        (["monitor"], "no account is set"),
        (["monitor", "--email", "nobody"], "--email: expected an e-mail address"),
        (["monitor", "--env-file", "absent.env"], "cannot read 'absent.env': No such file or directory"),
        (["monitor", "--interval", "0"], "--interval: expected seconds from 10 to 86400, found '0'"),
        (["monitor", "--interval", "9"], "--interval: expected seconds from 10 to 86400, found '9'"),
        (["monitor", "--interval", "soon"], "--interval: expected seconds from 10 to 86400, found 'soon'"),
        (["monitor", "--for", "1 fortnight"], "--for: expected a duration such as 30s, 10m, 24h or 7d"),
        (["demo", "--columns", "tank"], "--columns: it says what stands in the file of --csv"),
        (["demo", "--csv", "absent/x.csv"], "--csv: cannot write 'absent/x.csv': No such file or directory"),
        (["monitor", "--simulate", "--interval", "0"], "--interval: expected seconds from 0.1 to 86400"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(arguments: list[str], said: str, navien: Command) -> None:
    result = navien(*arguments)
    assert result.code == 2
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[0].startswith("navien: ")
    assert said in lines[0]
    assert len(lines) <= 2


def test_a_short_interval_is_warned_of(navien: Command) -> None:
    result = navien("check", "--interval", "20")
    assert "no such option" in result.err
    result = navien("devices", NAVIEN_INTERVAL="20")
    assert result.err.splitlines()[0].startswith("navien: NAVIEN_INTERVAL: 20 seconds is less than the advised 30")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the command ``status`` raise whatever is handed over."""

    def use(error: BaseException) -> None:
        @click.command()
        @common_options
        def failing() -> None:
            raise error

        monkeypatch.setattr(module._App, "get_command", lambda *_: failing)

    return use


def test_a_bug_is_told_and_not_thrown_at_a_person(failing: Any, navien: Command) -> None:
    failing(ZeroDivisionError("with canary@example.com in it"))
    result = navien("status")
    assert result.code == 1
    assert result.err.splitlines() == [
        "navien: internal error (ZeroDivisionError)",
        "        This is a bug. With --debug there is more to report.",
    ]
    shown = navien("status", "--debug")
    assert "Traceback" in shown.err
    assert "canary" not in shown.err


def test_what_a_task_group_wraps_is_unwrapped(failing: Any, navien: Command) -> None:
    failing(BaseExceptionGroup("tasks", [ExceptionGroup("more", [BadCredentials("the password is wrong")])]))
    result = navien("status")
    assert result.code == 3
    assert result.err.startswith("navien: the password is wrong\n")
    failing(ExceptionGroup("tasks", [ValueError(), BadCredentials("no"), BadCredentials("no")]))
    assert navien("status").code == 3
    failing(ExceptionGroup("tasks", [ValueError(), TypeError()]))
    assert navien("status").code == 1
    failing(OSError(28, "No space left on device"))
    assert navien("status").err.startswith("navien: internal error (OSError: No space left on device)\n")
    failing(NavienError("the sky fell\x1b[2J"))
    assert navien("status").err.startswith("navien: the sky fell [2J\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_before_anything_runs_is_quiet(error: BaseException, failing: Any, navien: Command) -> None:
    failing(error)
    result = navien("status")
    assert result.code == 130
    assert result.err.strip() == ""


def test_a_reader_that_goes_away_is_no_error(failing: Any, navien: Command) -> None:
    failing(BrokenPipeError())
    # Standard output is replaced by a file of pytest's: what is done to it must not reach the terminal.
    result = navien("status")
    assert (result.code, result.err) == (0, "")


def test_without_the_extra_it_says_what_is_missing(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['anyio'] = sys.modules['click'] = sys.modules['rich'] = None\n"
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name: None if name in ('anyio', 'click', 'rich') else real(name)\n"
        "from navien_anyio.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=90, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr == "navien: the command line needs click, rich, anyio: pip install 'navien[cli]'\n"


def test_the_entry_point_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["navien", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("navien, version")


def test_the_group_is_public() -> None:
    assert isinstance(app, click.Group)
    assert all(getattr(navien_anyio, name) is not None for name in navien_anyio.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'bogus'"):
        navien_anyio.bogus  # type: ignore[attr-defined]  # noqa: B018
