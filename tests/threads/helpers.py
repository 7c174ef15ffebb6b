"""What the tests of the threaded transport share."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from navien_anyio.simserver import SimServer
from navien_proto.session.events import Event
from navien_sync import EventStream, NavienClient
from tests.support.served import config
from tests.support.waiting import PATIENCE

E = TypeVar("E", bound=Event)
T = TypeVar("T")

OURS = ("navien-pump", "navien-io", "navien-callbacks")


def client(server: SimServer, *, wait: bool = True, **changes: Any) -> NavienClient:
    """A client of the simulated cloud."""
    return NavienClient(config=config(server, **changes), wait=wait)


def until(stream: EventStream, kind: type[E]) -> E:
    """The next event of a kind; give the stream a time-out."""
    for event in stream:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"the stream ended before a {kind.__name__}")


def our_threads() -> list[str]:
    """Names of the transport's threads that live."""
    return [thread.name for thread in threading.enumerate() if thread.name in OURS]


def descriptors() -> int:
    """How many files and sockets the process has open."""
    return len(os.listdir("/proc/self/fd"))


class Task:
    """A function running in a thread of its own; ``result`` is its answer, or raises what it raised."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._answer: list[Any] = []
        self._error: list[BaseException] = []

        def run() -> None:
            try:
                self._answer.append(function())
            except BaseException as error:  # noqa: BLE001 (handed to whoever asks)
                self._error.append(error)

        self._thread = threading.Thread(target=run, name="task", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it ended."""
        return not self._thread.is_alive()

    def result(self, seconds: float = PATIENCE) -> Any:
        """Wait for its end."""
        self._thread.join(seconds)
        assert self.done, "it did not end"
        if self._error:
            raise self._error[0]
        return self._answer[0]


@contextmanager
def raw_server(handler: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server on loopback that hands each connection to ``handler``, one after the other; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            stream, _ = listener.accept()
            with stream, suppress(OSError):
                if stopping.is_set():
                    return
                handler(stream)

    stopping = threading.Event()
    thread = threading.Thread(target=serve, name="raw-server", daemon=True)
    thread.start()
    try:
        yield port
    finally:
        stopping.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            pass
        thread.join(PATIENCE)
        listener.close()
    assert not thread.is_alive(), "the handler did not end"
