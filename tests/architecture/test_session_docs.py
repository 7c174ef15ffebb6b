"""The session's page and pictures say what the code does; the driver of the other page runs as it stands."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.mqtt.dispatch import ClientTimer
from navien_proto.mqtt.settings import LinkTimer
from navien_proto.mqtt.states import LINK_TRANSITIONS, LinkState, LinkTrigger
from navien_proto.session import TRANSITIONS, State, Trigger
from navien_proto.session import events as ev
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Timer
from navien_proto.session.session import Session
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from tests.support.relay import Relay
from tests.support.session_docs.drawing import Arrow, Box, picture
from tests.support.session_docs.states import link_states, session_states
from tests.support.session_docs.tables import EVENTS, event_classes
from tests.support.waiting import becomes

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "session.md").read_text("utf-8")
SNIPPETS = re.findall(
    r"^```python\n(.*?)^```", (DOCS / "embedding.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)
EMAIL, PASSWORD = "user@example.com", "not-a-real-password"


# --- tables and pictures ---------------------------------------------------------------------------------


def test_every_event_stands_in_one_table() -> None:
    told = [kind for kinds in EVENTS.values() for kind in kinds]
    assert len(told) == len(set(told))
    assert set(told) == event_classes()


@pytest.mark.parametrize("timer", [*Timer, *LinkTimer, *ClientTimer], ids=str)
def test_every_timer_says_why_it_exists(timer: Timer | LinkTimer | ClientTimer) -> None:
    assert len(timer.reason.split()) > 3
    assert f"| `{timer.name}` | {timer.reason} |" in PAGE


@pytest.mark.parametrize(("svg", "states"), [(session_states(), State), (link_states(), LinkState)])
def test_a_picture_shows_every_state_and_is_well_formed(svg: str, states: type[State] | type[LinkState]) -> None:
    root = ET.fromstring(svg)
    texts = {"".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {state.name.replace("_", " ") for state in states} <= texts


def test_nothing_stands_outside_a_picture() -> None:
    for svg in (session_states(), link_states()):
        root = ET.fromstring(svg)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for element in root.iter():
            x, y = float(element.get("x", "0")), float(element.get("y", "0"))
            assert 0 <= x <= width
            assert 0 <= y <= height


def _draw(table: dict[tuple[State, Trigger], State], *arrows: Arrow) -> str:
    boxes = [Box(State.CLOSING, 0, 0), Box(State.CLOSED, 200, 0)]
    return picture("two states", (300, 50), table, boxes, arrows)


def test_a_picture_that_shows_something_else_than_the_table_is_refused() -> None:
    table = {(State.CLOSING, Trigger.ENDED): State.CLOSED}
    way = ((60.0, 0.0), (140.0, 0.0))
    arrow = Arrow((State.CLOSING,), Trigger.ENDED, State.CLOSED, way, (100, 0, "middle", 20))
    assert "CLOSED" in _draw(table, arrow)
    with pytest.raises(ValueError, match="differ"):
        _draw(table)
    with pytest.raises(ValueError, match="twice"):
        _draw(table, arrow, arrow)
    with pytest.raises(ValueError, match="differ"):
        _draw(table, Arrow((State.CLOSING,), Trigger.ENDED, State.CLOSING, way, (100, 0, "middle", 20)))
    with pytest.raises(ValueError, match="words"):
        _draw(table, Arrow((State.CLOSING,), Trigger.ENDED, State.CLOSED, way))
    with pytest.raises(ValueError, match="boxes"):
        _draw(
            {**table, (State.READY, Trigger.STOP): State.CLOSING},
            arrow,
            Arrow((State.READY,), Trigger.STOP, State.CLOSING, way, (100, 0, "middle", 20)),
        )


def test_the_tables_of_states_are_whole() -> None:
    assert {trigger for _, trigger in TRANSITIONS} == set(Trigger)
    assert {trigger for _, trigger in LINK_TRANSITIONS} == set(LinkTrigger)
    assert {state for state, _ in TRANSITIONS} | {State.CLOSED} == set(State)
    assert {state for state, _ in LINK_TRANSITIONS} | {LinkState.CLOSED} == set(LinkState)


# --- the driver ------------------------------------------------------------------------------------------


@contextmanager
def simulated() -> Iterator[SimServer]:
    cloud = SimCloud(SimCloudConfig(delay=(0.01, 0.05)), rng=Random(1))
    now = system_clock()
    heater = Heater(HeaterConfig(), rng=Random(2), started=now.utc)
    cloud.add_heater(cloud.add_account(EMAIL, PASSWORD), heater, now)
    with SimServer(cloud) as server:
        yield server


def run_program(server: SimServer, tmp_path: Path, password: str) -> subprocess.CompletedProcess[str]:
    settings = {**server.settings, "email": EMAIL, "password": password}
    settings.pop("simulated")
    variables = {f"NAVIEN_{name.upper()}": str(value) for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NAVI")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", "".join(SNIPPETS)],
        env={**kept, **variables, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_driver_is_short() -> None:
    assert len(SNIPPETS) == 2
    body = SNIPPETS[0][SNIPPETS[0].index("class ") :]
    assert len([line for line in body.splitlines() if line.strip()]) < 70, "the page says sixty-odd lines"


def test_the_driver_and_its_program_run_as_they_stand(tmp_path: Path) -> None:
    with simulated() as server:
        run = run_program(server, tmp_path, PASSWORD)
    assert run.stderr == ""
    assert run.returncode == 0
    assert re.match(r"the top of the tank has \d+\.\d+ degrees C\n", run.stdout), run.stdout
    assert run.stdout.endswith("closed: as wished\n")


def test_the_program_ends_with_the_reason_when_the_password_is_wrong(tmp_path: Path) -> None:
    with simulated() as server:
        run = run_program(server, tmp_path, "not-the-password")
    assert run.stderr == ""
    assert run.returncode == 0
    assert run.stdout.startswith("closed: ")
    assert "not-the-password" not in run.stdout


def embedded(server: SimServer, port: int) -> tuple[type[Any], Session]:
    """The driver of the page, and a session that reaches the broker through ``port``."""
    names: dict[str, Any] = {"__name__": "embedding"}
    exec(compile(SNIPPETS[0], "embedding.md", "exec"), names)
    config = SessionConfig(
        email=EMAIL,
        password=PASSWORD,
        base_url=server.base_url,
        mqtt_scheme="ws",
        mqtt_host="127.0.0.1",
        mqtt_port=port,
    )
    return names["Driver"], Session(config, rng=Random(3), new_id=lambda: "embedded")


def test_the_driver_brings_a_link_back_that_was_reset() -> None:
    heard: list[ev.Event] = []

    async def main(server: SimServer, relay: Relay) -> None:
        make, session = embedded(server, relay.port)

        def deliver(event: ev.Event) -> None:
            heard.append(event)
            if isinstance(event, ev.StatusReceived):
                if event.link == 1 and len(links(heard)) == 1 and not losses(heard):
                    asyncio.get_running_loop().run_in_executor(None, relay.reset)
                elif event.link == 2:
                    driver.move(session.stop)

        driver = make(session, deliver)
        async with asyncio.timeout(60):
            await driver.run()
        assert not driver.links
        assert not driver.exchanges

    with simulated() as server, Relay((server.host, server.port)) as relay:
        asyncio.run(main(server, relay))
    assert links(heard) == [1, 2]
    assert len(losses(heard)) == 1
    assert isinstance(heard[-1], ev.SessionClosed)
    assert heard[-1].error is None


def test_the_driver_leaves_a_broker_that_says_nothing() -> None:
    heard: list[ev.Event] = []

    async def main(server: SimServer, relay: Relay) -> None:
        make, session = embedded(server, relay.port)
        relay.black_hole = True
        driver = make(session, heard.append)
        async with asyncio.timeout(60):
            running = asyncio.create_task(driver.run())
            await asyncio.to_thread(becomes, lambda: relay.accepted > 0)
            driver.move(session.stop)
            await running
        assert not driver.links

    with simulated() as server, Relay((server.host, server.port)) as relay:
        asyncio.run(main(server, relay))
    assert isinstance(heard[-1], ev.SessionClosed)
    assert not links(heard)


def links(heard: list[ev.Event]) -> list[int]:
    return [event.link for event in heard if isinstance(event, ev.Connected)]


def losses(heard: list[ev.Event]) -> list[ev.Event]:
    return [event for event in heard if isinstance(event, ev.Disconnected)]
