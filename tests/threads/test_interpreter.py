"""The client in a process: no event loop is made, none is disturbed, Ctrl-C is heard, and the end is an end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.sim.broker_state import Cause
from tests.support.served import EMAIL, MACS, PASSWORD
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import client

pytestmark = pytest.mark.usefixtures("nothing_is_left")

ROOT = Path(__file__).resolve().parents[2]


# For a whole interpreter: it has to start, and to load what it needs.
LONG = 3 * PATIENCE


@contextmanager
def started(server: SimServer, program: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``program`` in a process of its own, with the simulated cloud configured; it ends with the block."""
    settings = {**server.settings, "email": EMAIL, "password": PASSWORD}
    settings.pop("simulated")
    variables = {f"NAVIEN_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NAVI")}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        env={**environment, **variables, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ends(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Tell it to go on, and return what it said until it ended."""
    return process.communicate("\n", timeout=LONG)


def test_no_event_loop_is_ever_made(server: SimServer) -> None:
    program = """
import asyncio, asyncio.base_events
def refuse(*args, **options):
    raise AssertionError("an event loop was made")
asyncio.new_event_loop = asyncio.events.new_event_loop = refuse
asyncio.base_events.BaseEventLoop.__init__ = refuse
asyncio.DefaultEventLoopPolicy.new_event_loop = refuse
from navien_sync import NavienClient
with NavienClient.from_config() as navien:
    heater = navien.devices[0]
    navien.add_callback(lambda event: None)
    print(heater.status().dhw_temperature, heater.set_temperature(celsius=50).celsius)
"""
    with started(server, program) as process:
        said, errors = ends(process)
    assert errors == ""
    assert said == "58.5 50.0\n"


def test_neither_client_of_the_other_kind_nor_heavy_packages_are_loaded_before_they_are_needed() -> None:
    program = """
import sys
import navien_sync
names = {name.partition(".")[0] for name in sys.modules}
print(sorted(names & {"navien_anyio", "anyio", "httpx", "httpcore", "gmqtt", "wsproto", "asyncio"}))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, timeout=LONG
    )
    assert run.stdout == "[]\n"


def test_a_running_loop_is_not_disturbed(server: SimServer) -> None:
    async def main() -> object:
        with client(server) as navien:
            answer = navien.devices[0].status().dhw_temperature
        await asyncio.sleep(0)
        return answer

    assert asyncio.run(main()) is not None


LEFT_OPEN = {
    "at work": "",
    "with a callback that hangs": "navien.add_callback(lambda event: threading.Event().wait()); heater.status()",
    "with another thread waiting": "threading.Thread(target=lambda: list(heater.events()), daemon=True).start()",
    "with an error of its own": "1 / 0",
}


@pytest.mark.parametrize("how", LEFT_OPEN)
def test_a_program_that_does_not_close_says_goodbye_and_ends(server: SimServer, how: str) -> None:
    program = f"""
import sys, threading
from navien_sync import NavienClient
navien = NavienClient.from_config().__enter__()
heater = navien.devices[0]
print("ready", flush=True)
sys.stdin.readline()
{LEFT_OPEN[how]}
"""
    # Of clients of earlier tests the server may still be taking leave.
    becomes(lambda: server.call(lambda cloud, now: cloud.broker.clients()) == ())
    with started(server, program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        (connected,) = server.call(lambda cloud, now: cloud.broker.clients())
        said, errors = ends(process)
    assert said == ""
    if how == "with an error of its own":
        assert process.returncode == 1
        assert errors.endswith("ZeroDivisionError: division by zero\n")
    else:
        assert (process.returncode, errors) == (0, "")
    becomes(lambda: connected.closed is not None)
    assert connected.closed is not None
    assert connected.closed.cause is Cause.DISCONNECTED


WAITS = {
    "for events": "list(heater.events())",
    "for an answer": "heater.status()",
    "for a connection": "NavienClient(config=SessionConfig(email='a@example.com', password='x', base_url='http://127.0.0.1:9')).__enter__()",
}


@pytest.mark.parametrize("wait", WAITS)
def test_ctrl_c_ends_a_wait(own_server: SimServer, wait: str) -> None:
    # What SIGINT does is inherited, and a shell lets its background jobs ignore it.
    program = f"""
import os, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from navien_proto.session import SessionConfig
from navien_sync import NavienClient
with NavienClient.from_config() as navien:
    heater = navien.devices[0]
    heater.request_feature()
    print("ready", flush=True)
    input()
    try:
        threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
        {WAITS[wait]}
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
    with started(own_server, program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        own_server.call(lambda cloud, now: cloud.set_online(MACS[0], False))  # no answer comes from now on
        said, errors = ends(process)
    assert (said, errors, process.returncode) == ("interrupted\n", "", 0)
