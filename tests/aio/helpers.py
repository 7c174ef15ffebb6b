"""What the tests of the client share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import anyio

from navien_anyio import NavienClient
from navien_anyio.simserver import SimServer
from navien_anyio.streams import EventStream
from navien_proto.session.events import Event
from tests.support.served import config
from tests.support.waiting import PATIENCE

E = TypeVar("E", bound=Event)


def client(server: SimServer, **changes: Any) -> NavienClient:
    """A client of the simulated cloud."""
    return NavienClient(config=config(server, **changes))


async def until(stream: EventStream, kind: type[E]) -> E:
    """The next event of a kind."""
    with anyio.fail_after(PATIENCE):
        async for event in stream:
            if isinstance(event, kind):
                return event
    raise AssertionError(f"the stream ended before a {kind.__name__}")


async def becomes(true: Callable[[], bool]) -> None:
    """Wait until ``true()``; for what another thread does and nobody is told."""
    with anyio.fail_after(PATIENCE):
        while not true():
            await anyio.sleep(0.005)


def threads() -> set[str]:
    """Names of the threads alive, without the pools that asyncio, trio and AnyIO keep for the next call."""
    pools = ("AnyIO worker", "asyncio_", "Trio thread", "ThreadPoolExecutor")
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith(pools)}
