"""``demo`` and ``monitor``: live, until a signal, the time, or a reader that goes away ends them."""

from __future__ import annotations

import csv
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from navien_anyio.cli.csvlog import CsvLog
from navien_anyio.cli.rows import columns_of
from navien_anyio.cli.watching import Plan, watch
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.instant import Instant
from navien_proto.sim.cloud import SimCloud
from navien_sync.stores import MemoryStore
from tests.aio.cli.conftest import Command, Process, Result, long_enough, service
from tests.support.served import EMAIL, MACS, config
from tests.support.waiting import PATIENCE

Start = Callable[..., Process]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# --- the demo --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_shows_a_status_and_ends_with_a_summary(number: int, start: Start, home: Path) -> None:
    demo = start("demo", "--csv", "demo.csv", "--units", "c")
    line = demo.read_until("charge")
    assert re.search(r"Garage \(\w+\): charge \d+ %; usable \d\.\d\d kWh; to set point \d\.\d\d kWh missing", line)
    assert re.search(r"set point 60\.5 °C; .*power \d+ W; Wi-Fi -\d+ dBm", line)
    assert "heater's clock 06:3" in line
    assert "60 × faster" in line
    assert "NAVIEN_EMAIL and NAVIEN_PASSWORD" in "".join(demo.lines)
    demo.signal(number)
    code, rest = demo.end()
    assert code == 0
    summary = rest.splitlines()[-1]
    assert re.fullmatch(
        r"summary: uptime \d+ s; messages \d+; reconnects 0; gaps 0; log \d+ rows in demo\.csv", summary
    )
    logged = rows(Path("demo.csv"))
    assert {row["event"] for row in logged} == {"status"}
    assert f"log {len(logged)} rows" in summary
    # Nothing of the demo is kept.
    assert not (home / ".local").exists()


def test_the_demo_ends_after_its_time_and_minds_no_account_of_the_users(navien: Command) -> None:
    Path(".env").write_text("NAVIEN_EMAIL=nonsense\nNAVIEN_INTERVAL=nonsense\n")
    result = long_enough(
        lambda duration: navien(
            "demo", "--for", duration, "--heaters", "2", NAVIEN_UNITS="f", NAVIEN_BASE_URL="nonsense"
        ),
        lambda result: "Cottage (answer)" in result.out,
    )
    assert (result.code, result.err) == (0, "")
    assert "°F" in result.out
    assert "Cottage (answer)" in result.out


def test_piping_into_a_reader_that_stops_is_quiet(server: SimServer, start: Start) -> None:
    monitor = start("monitor", "--interval", "0.1", **service(server))
    monitor.read_until("charge")
    monitor.close_pipe()
    assert monitor.end() == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_terminal_the_demo_is_a_table(home: Path) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    script = "from navien_anyio.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "demo"], stdin=slave, stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    shown = b""
    try:
        while b"energy to set point" not in shown:
            shown += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        while b"gaps  " not in shown:
            shown += os.read(master, 4096)
        assert process.wait(90) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    text = shown.decode()
    assert "Garage" in text
    assert "heater's clock" in text
    assert "Traceback" not in text


# --- monitoring ------------------------------------------------------------------------------------------


def test_monitoring_for_a_time(server: SimServer, navien: Command) -> None:
    def monitor(duration: str) -> Result:
        Path("x.csv").unlink(missing_ok=True)
        return navien("monitor", "--for", duration, "--interval", "0.2", "--csv", "x.csv", **service(server))

    result = long_enough(monitor, lambda result: result.out.count("Heater 0 (") > 2)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].endswith("connected; waiting for the heater to answer")
    statuses = [line for line in lines if "Heater 0 (" in line]
    assert len(statuses) > 2
    logged = rows(Path("x.csv"))
    assert len(logged) == len(statuses)
    assert f"messages {len(statuses)}; reconnects 0; gaps 0; log {len(statuses)} rows in x.csv" in lines[-1]
    assert all(row["device"] == "Heater 0" and row["event"] == "status" for row in logged)


@pytest.mark.parametrize("columns", ["tank", "power", "all"])
def test_older_columns_can_be_chosen(columns: str, two_heaters: SimServer, navien: Command) -> None:
    def monitor(*more: str) -> Result:
        arguments = ("monitor", "--interval", "0.2", "--csv", "x.csv", "--columns", columns, *more)
        return long_enough(
            lambda duration: navien(*arguments, "--for", duration, **service(two_heaters)),
            lambda result: result.code == 0,
        )

    result = monitor("--units", "c")
    assert result.code == 0
    header = Path("x.csv").read_text().splitlines()[0]
    assert header in {columns_of(name, "c").header for name in ("tank", "power", "all")}
    assert ("choose one with --device" in result.out) == (columns != "all")
    if columns != "all":
        again = monitor("--device", "Heater 1")
        assert "choose one with --device" not in again.out
        assert "Heater 0" not in again.out


def test_a_file_with_other_columns_is_left_as_it_is(server: SimServer, navien: Command) -> None:
    Path("x.csv").write_text("mine,alone\n1,2\n")
    result = long_enough(
        lambda duration: navien("monitor", "--for", duration, "--csv", "x.csv", **service(server)),
        lambda result: result.code == 0,
    )
    assert result.code == 0
    assert "'x.csv' has other columns and is left as it is: rows go to 'x-2.csv'" in result.out
    assert "rows in x-2.csv" in result.out
    assert Path("x.csv").read_text() == "mine,alone\n1,2\n"


def test_the_log_is_opened_before_anybody_is_contacted(server: SimServer, navien: Command) -> None:
    result = navien("monitor", "--csv", "absent/x.csv", **service(server))
    assert (result.code, result.out) == (2, "")
    assert result.err == "navien: --csv: cannot write 'absent/x.csv': No such file or directory\n"
    assert server.call(lambda cloud, _now: cloud.service._accounts[EMAIL].sign_ins) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_disk_that_fills_up_ends_it_and_is_said(server: SimServer, navien: Command) -> None:
    result = navien("monitor", "--interval", "0.2", "--csv", "/dev/full", "--for", "90s", **service(server))
    assert result.code == 2
    assert result.err == "navien: --csv: cannot write '/dev/full': No space left on device\n"


def test_a_heater_off_line_is_said_at_once_waited_for_and_greeted(
    server: SimServer, start: Start, navien: Command
) -> None:
    server.call(lambda cloud, _now: cloud.set_online(MACS[0], online=False))
    monitor = start("monitor", "--interval", "0.2", **service(server))
    monitor.read_until("Heater 0 is off line: the cloud does not reach it; waiting for it")
    monitor.read_until("connected")
    server.call(lambda cloud, _now: cloud.set_online(MACS[0], online=True))
    # Whoever asks, everybody hears the heater speak.
    assert navien("status", "--no-store", **service(server)).code == 0
    monitor.read_until("Heater 0 is back after")
    monitor.read_until("charge")
    monitor.signal(signal.SIGINT)
    code, rest = monitor.end()
    assert code == 0
    assert "summary: " in rest
    assert "is back" not in rest


def test_a_heater_that_never_answers_is_exit_code_5(server: SimServer, navien: Command) -> None:
    server.call(lambda cloud, _now: cloud.set_online(MACS[0], online=False))
    result = long_enough(
        lambda duration: navien("monitor", "--for", duration, "--interval", "0.2", **service(server)),
        lambda result: "connected; waiting" in result.out,
    )
    assert result.code == 5
    assert re.match(r"navien: no status came in \d+ s: the heater is off line or does not answer\n", result.err)
    assert "summary: " in result.out


def test_a_lost_connection_is_one_line_out_and_one_in(server: SimServer, start: Start) -> None:
    monitor = start("monitor", "--interval", "0.2", **service(server))
    monitor.read_until("charge")

    def hang_up(cloud: SimCloud, now: Instant) -> None:
        for client in cloud.broker.clients():
            cloud.broker.close(client, now)

    server.call(hang_up)
    monitor.read_until("connection lost: ")
    monitor.read_until("connected again after ")
    monitor.signal(signal.SIGTERM)
    code, rest = monitor.end()
    assert code == 0
    assert "reconnects 1" in rest


def test_f39_killed_in_mid_run_every_row_is_whole_and_on_disk(server: SimServer, start: Start) -> None:
    path = Path("x.csv")
    monitor = start("monitor", "--interval", "0.1", "--csv", str(path), "--columns", "all", **service(server))
    shown = 0
    while shown < 5:
        monitor.read_until("charge")
        shown += 1
    monitor.signal(signal.SIGKILL)
    code, _ = monitor.end()
    assert code == -signal.SIGKILL
    text = path.read_text()
    assert text.endswith("\n")
    width = len(columns_of("all", "c").columns)
    assert {len(row) for row in csv.reader(text.splitlines())} == {width}
    # A row is on disk before its line is shown.
    assert len(text.splitlines()) - 1 >= shown
    # The next run goes on where this one was cut.
    again = start("monitor", "--interval", "0.1", "--csv", str(path), "--columns", "all", **service(server))
    again.read_until("charge")
    again.signal(signal.SIGINT)
    assert again.end()[0] == 0
    assert path.read_text().startswith(text)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_f39_a_silence_is_said_and_is_a_row_of_its_own(
    server: SimServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Time jumps by ten minutes when the first message is shown: nothing was heard in them."""
    jumped, began = 0.0, time.monotonic()

    def clock() -> Instant:
        return system_clock().after(jumped)

    def jump(_mac: str) -> str:
        nonlocal jumped
        jumped = 600.0
        return ""

    session = config(server, status_interval=0.2)
    for name, duration in (("x.csv", 1.5), ("y.csv", 8.0), ("z.csv", PATIENCE)):  # the machine may be busy
        jumped = 0.0
        with CsvLog(name, "default", "c") as log:
            plan = Plan(session=session, store=MemoryStore(), duration=duration, log=log, clocks=jump)
            await watch(plan, clock=clock)
        events = [row["event"] for row in rows(Path(name))]
        if "gap" in events and events[-1] == "status":
            break
    assert events[0] == events[-1] == "status"
    assert events.count("gap") == 1
    gap = next(row for row in rows(Path(name)) if row["event"] == "gap")
    assert 600 <= float(gap["gap_seconds"]) < 600 + time.monotonic() - began
    assert gap["timestamp"] == gap["gap_to"]
    shown = capsys.readouterr().out
    assert "Heater 0 is silent: it does not answer; waiting for it" in shown
    assert "Heater 0 is back after" in shown
    assert "gaps 1 (10 min" in shown


def test_a_simulated_heater_at_real_speed(start: Start, home: Path) -> None:
    monitor = start("monitor", "--simulate", "--interval", "0.5", "--units", "c", NAVIEN_PASSWORD_FILE="absent")
    line = monitor.read_until("Garage (answer): charge")
    assert "faster" not in line
    monitor.signal(signal.SIGINT)
    assert monitor.end()[0] == 0
    assert not (home / ".local").exists()
