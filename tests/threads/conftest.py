from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from navien_anyio.simserver import SimServer
from tests.support.served import make_cloud
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import descriptors, our_threads


@pytest.fixture(scope="package")
def server() -> Iterator[SimServer]:
    """One cloud for all tests that leave it as it is."""
    with SimServer(make_cloud()) as serving:
        yield serving


@pytest.fixture(scope="package")
def two_heaters() -> Iterator[SimServer]:
    """The same with two heaters."""
    with SimServer(make_cloud(heaters=2)) as serving:
        yield serving


@pytest.fixture
def own_server() -> Iterator[SimServer]:
    """A cloud of the test's own."""
    with SimServer(make_cloud()) as serving:
        yield serving


@pytest.fixture(autouse=True)
def _ends_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine: closing gives up a thread only where a test says so."""
    monkeypatch.setattr("navien_sync.engine.JOIN", PATIENCE)
    monkeypatch.setattr("navien_sync.engine.LONGEST_CLOSE", 2 * PATIENCE)


@pytest.fixture
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test leaves neither a thread nor a file nor a socket of its own (F11)."""
    for name in ("server", "two_heaters", "own_server"):
        if name in request.fixturenames:
            request.getfixturevalue(name)  # before we count
    before = descriptors()
    yield
    becomes(lambda: our_threads() == [])

    def let_go() -> bool:
        if descriptors() > before:
            gc.collect()  # of the server's thread too, which may be a little behind
        return descriptors() <= before

    becomes(let_go)
