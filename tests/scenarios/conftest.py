"""Where scenarios are played: on every harness, or on those with sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.stage import HARNESSES, SOCKETS, stage

Play = Callable[..., Any]


@pytest.fixture(params=HARNESSES)
def play(request: pytest.FixtureRequest) -> Iterator[Play]:
    """Puts a client on the stage, and waits for it unless told not to."""
    yield from _players(request.param)


@pytest.fixture(params=SOCKETS)
def play_on_sockets(request: pytest.FixtureRequest) -> Iterator[Play]:
    """The same, where a socket is the subject, or where memory has a scenario of its own."""
    yield from _players(request.param)


def _players(harness: str) -> Iterator[Play]:
    with ExitStack() as stack:

        def begin(*, ready: bool = True, **options: Any) -> Any:
            found = stack.enter_context(stage(harness, **options))
            if ready:
                found.ready()
            return found

        yield begin
