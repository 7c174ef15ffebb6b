"""The simulated broker on a real socket: one thread, blocking nothing, on wall time."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

from navien_proto.instant import Instant
from navien_proto.sim.broker import Broker
from navien_proto.sim.broker_wire import BrokerConnection
from tests.support.waiting import PATIENCE

__all__ = ["BrokerServer"]

T = TypeVar("T")


class BrokerServer:
    """Serves ``broker`` on 127.0.0.1 while it is entered; ``port`` is where.

    The broker belongs to the server's thread: use :meth:`call` to look at it or to move it.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._waker, self._wakened = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._streams: dict[socket.socket, tuple[BrokerConnection, bytearray]] = {}
        self._calls: list[Callable[[], None]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="broker")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.call(lambda _broker, _now: setattr(self, "_stopping", True))
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        for stream in (*self._streams, self._listener, self._waker, self._wakened):
            stream.close()
        self._selector.close()

    def call(self, function: Callable[[Broker, Instant], T]) -> T:
        """``function`` of the broker and the time, run in the server's thread."""
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(function(self._broker, _now()))
            except Exception as error:  # noqa: BLE001 — handed to the caller
                answer.set_exception(error)

        self._calls.append(run)
        self._waker.send(b"x")
        return answer.result(PATIENCE)

    def _run(self) -> None:
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wakened, selectors.EVENT_READ)
        while not self._stopping:
            due = self._broker.next_timer()
            wait = None if due is None else max(0.0, due - _now().monotonic)
            for key, _ in self._selector.select(wait):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._wakened:
                    self._wakened.recv(4096)
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._read(key.fileobj)
            while self._calls:
                self._calls.pop(0)()
            self._broker.handle_timer(_now())
            self._broker.changed()
            for stream in tuple(self._streams):
                self._write(stream)

    def _accept(self) -> None:
        stream, _ = self._listener.accept()
        stream.setblocking(False)
        self._streams[stream] = BrokerConnection(self._broker), bytearray()
        self._selector.register(stream, selectors.EVENT_READ)

    def _read(self, stream: socket.socket) -> None:
        connection, _ = self._streams[stream]
        try:
            data = stream.recv(65536)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if data:
            connection.receive(data, _now())
        else:
            connection.eof(_now())
            self._drop(stream)

    def _write(self, stream: socket.socket) -> None:
        connection, waiting = self._streams[stream]
        waiting += connection.take()
        try:
            while waiting:
                del waiting[: stream.send(waiting)]
        except BlockingIOError:
            self._selector.modify(stream, selectors.EVENT_READ | selectors.EVENT_WRITE)
            return
        except ConnectionError:
            connection.eof(_now())
            self._drop(stream)
            return
        self._selector.modify(stream, selectors.EVENT_READ)
        if connection.closed is not None:
            self._drop(stream)

    def _drop(self, stream: socket.socket) -> None:
        self._selector.unregister(stream)
        del self._streams[stream]
        stream.close()


def _now() -> Instant:
    return Instant(time.monotonic(), datetime.now(UTC))
