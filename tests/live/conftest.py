"""The live suite: a real account, asked and never told. Run by hand: ``pytest --live tests/live``.

The account is that of the environment (``NAVIEN_EMAIL``, ``NAVIEN_PASSWORD``, all other settings too). The session
only reads. What was heard is left, without secrets, as a transcript and a report in ``NAVIEN_LIVE_DIR`` (the
present folder's ``live`` unless told).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from navien_proto.session.settings import session_config
from navien_sync import NavienClient
from navien_sync.stores import gather_config
from navien_sync.stores.diagnostics import write_diagnostics

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--live"):
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="asks a real account: run pytest --live"))


@pytest.fixture(scope="session")
def folder() -> Path:
    found = Path(os.environ.get("NAVIEN_LIVE_DIR", "live"))
    found.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture(scope="session")
def navien(folder: Path) -> Iterator[NavienClient]:
    # Whatever the environment says: nothing is changed.
    settings = session_config(evolve(gather_config({}), read_only=True))
    with NavienClient(config=settings, transcript=folder / "live.jsonl") as client:
        yield client
        write_diagnostics(client.diagnostics(), folder / "live.json")
