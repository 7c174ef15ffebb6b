"""A TCP relay between a client and a server, with the faults of real networks, each switched on at will.

It runs in a thread of its own, so it serves tests of every kind.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import SocketAttribute, SocketStream, TaskGroup
from anyio.from_thread import BlockingPortal, start_blocking_portal

__all__ = ["Relay"]

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


class Relay:
    """Relays ``127.0.0.1:port`` to ``target``. Attributes may be set at any time:

    ``black_hole`` swallows everything in both directions and keeps connections open (a half-open link).
    ``delay`` holds each chunk back for so many seconds. ``garble`` changes what the server sends.
    """

    def __init__(self, target: tuple[str, int], *, port: int = 0) -> None:
        self.target = target
        self.port = port
        self.black_hole = False
        self.delay = 0.0
        self.garble: Callable[[bytes], bytes] | None = None
        self.accepted = 0
        self._open: set[SocketStream] = set()
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._stop: anyio.Event | None = None
        self._listener: socket.socket | None = None

    @property
    def open_connections(self) -> int:
        """Client connections that stand now."""
        return len(self._open)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal("asyncio", name="relay"))
            future, self.port = self._portal.start_task(self._serve)
            stack.callback(future.result)
            stack.callback(self._portal.call, self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stack.close()

    def reset(self) -> None:
        """Break every connection with RST."""
        self._call(self._reset)

    def close(self) -> None:
        """End every connection in good order, from the server's side."""
        self._call(self._close)

    def _call(self, move: Callable[[], object]) -> None:
        assert self._portal is not None
        self._portal.call(move)

    # --- in the thread -----------------------------------------------------------------------------------

    async def _serve(self, *, task_status: anyio.abc.TaskStatus[int]) -> None:
        self._stop = anyio.Event()
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=self.port, reuse_port=True)
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, self._connection)
            task_status.started(listener.extra(SocketAttribute.local_port))
            await self._stop.wait()
            tasks.cancel_scope.cancel()

    async def _end(self) -> None:
        assert self._stop is not None
        self._stop.set()

    async def _connection(self, client: SocketStream) -> None:
        self.accepted += 1
        self._open.add(client)
        try:
            async with client:
                if self.black_hole:
                    await self._swallow(client)
                    return
                with contextlib.suppress(OSError):
                    async with await anyio.connect_tcp(*self.target) as server, anyio.create_task_group() as tasks:
                        tasks.start_soon(self._carry, client, server, False, tasks)
                        await self._carry(server, client, True, tasks)
        finally:
            self._open.discard(client)

    async def _swallow(self, stream: SocketStream) -> None:
        with contextlib.suppress(*GONE):
            while True:
                await stream.receive()

    async def _carry(
        self,
        source: SocketStream,
        sink: SocketStream,
        inbound: bool,
        tasks: TaskGroup,
    ) -> None:
        try:
            while True:
                data = await source.receive()
                if self.delay:
                    await anyio.sleep(self.delay)
                if not self.black_hole:
                    await sink.send(self.garble(data) if inbound and self.garble else data)
        except GONE:
            if not inbound:
                self._open.discard(source)
            # With the hole open, an end on one side is not told to the other either.
            if not self.black_hole:
                tasks.cancel_scope.cancel()

    async def _reset(self) -> None:
        for stream in list(self._open):
            raw = stream.extra(SocketAttribute.raw_socket)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await stream.aclose()

    async def _close(self) -> None:
        for stream in list(self._open):
            with contextlib.suppress(*GONE):
                await stream.aclose()
