from __future__ import annotations

from collections.abc import Iterator

import pytest

from navien_anyio.simserver import SimServer
from tests.support.served import make_cloud


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server() -> Iterator[SimServer]:
    with SimServer(make_cloud()) as serving:
        yield serving


@pytest.fixture
def two_heaters() -> Iterator[SimServer]:
    with SimServer(make_cloud(heaters=2)) as serving:
        yield serving
