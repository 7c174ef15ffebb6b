"""The rule of the house: the core does no I/O, reads no clock, and its floors are climbed one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.purity import violations

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("navien_proto", "navien_anyio", "navien_sync")


def test_the_house_is_in_order() -> None:
    assert violations(ROOT) == []


PLANTS = {
    "a clock": ("navien_proto/instant.py", "import time"),
    "a clock by call": ("navien_proto/units.py", "from datetime import datetime\nNOW = datetime.now()"),
    "a clock by module": ("navien_proto/units.py", "import datetime as d\nNOW = d.datetime.now(d.UTC)"),
    "a clock by another name": ("navien_proto/units.py", "from datetime import datetime as d\nNOW = d.now()"),
    "a socket": ("navien_proto/session/session.py", "from socket import socket"),
    "an event loop": ("navien_proto/model/status.py", "import asyncio.events"),
    "a hidden import": ("navien_proto/units.py", "def f():\n    import os.path\n    return os.path"),
    "randomness": ("navien_proto/mqtt/backoff.py", "import random\nDRAW = random.random()"),
    "randomness by name": ("navien_proto/mqtt/backoff.py", "from random import choice"),
    "an identity": ("navien_proto/session/session.py", "import uuid\nID = uuid.uuid4()"),
    "an await": ("navien_proto/session/desk.py", "async def f(g):\n    await g"),
    "a foreign package": ("navien_proto/cloud/tokens.py", "import httpx"),
    "gmqtt outside the link": ("navien_proto/wire/topics.py", "import gmqtt"),
    "the link in the core": ("navien_proto/session/session.py", "from navien_proto.link import LinkProtocol"),
    "the simulator in the core": ("navien_proto/session/session.py", "import navien_proto.sim.world"),
    "an arrow up": ("navien_proto/model/status.py", "from navien_proto.wire import decode"),
    "an arrow up by package": ("navien_proto/errors.py", "from navien_proto import session"),
    "a transport in the core": ("navien_proto/config.py", "import navien_sync.stores"),
    "AnyIO in the threads": ("navien_sync/stores.py", "import navien_anyio"),
    "the threads in AnyIO": ("navien_anyio/client.py", "from navien_sync import client"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_violation_is_found(tmp_path: Path, plant: str) -> None:
    path, code = PLANTS[plant]
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text("")
    target = tmp_path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(code + "\n")
    found = violations(tmp_path)
    assert found
    assert all(line.startswith(path) for line in found)
