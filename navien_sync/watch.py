"""Waiting for sockets, in one thread; and ending that wait from another."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import cast

__all__ = ["READ", "WRITE", "SocketWatch"]

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

# Beyond this, system calls refuse the time-out; waking in vain once in an hour costs nothing.
LONGEST_WAIT = 3600.0
# Taken at once; a shorter answer has emptied the pipe.
WAKES = 4096


class SocketWatch:
    """Which sockets are waited for, for what, and who is told. Belongs to one thread; only ``wake`` is for others.

    Raises:
        OSError: the system has no socket left.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        try:
            self._wakened, self._waker = socket.socketpair()
        except OSError:
            self._selector.close()
            raise
        self._wakened.setblocking(False)
        self._waker.setblocking(False)
        self._told: dict[socket.socket, Callable[[], None]] = {}
        self.set(self._wakened, READ, self._woken)

    def set(self, sock: socket.socket, events: int, ready: Callable[[], None]) -> None:
        """Call ``ready`` whenever ``sock`` is ready for ``events`` (READ, WRITE or both; 0: no more)."""
        if not events:
            self.forget(sock)
            return
        if sock in self._told:
            self._selector.modify(sock, events)
        else:
            self._selector.register(sock, events)
        self._told[sock] = ready

    def forget(self, sock: socket.socket) -> None:
        """Wait for ``sock`` no more; call it before the socket is closed."""
        if self._told.pop(sock, None) is not None:
            self._selector.unregister(sock)

    def wait(self, timeout: float | None) -> list[socket.socket]:
        """Until a socket is ready, ``wake`` was called, or ``timeout`` seconds passed; tell those it returns."""
        limit = LONGEST_WAIT if timeout is None else min(timeout, LONGEST_WAIT)
        return [cast("socket.socket", key.fileobj) for key, _ in self._selector.select(limit)]

    def tell(self, ready: Iterable[socket.socket]) -> None:
        """Tell who waits for the sockets that are ready."""
        for sock in ready:
            # One that was told before may have closed this one.
            told = self._told.get(sock)
            if told is not None:
                told()

    def wake(self) -> None:
        """End the present wait, or the next one."""
        with suppress(BlockingIOError):  # full of wakes already
            self._waker.send(b"\0")

    def close(self) -> None:
        """Wait no more; what is still watched is for its owner to close."""
        self._told.clear()
        self._selector.close()
        self._wakened.close()
        self._waker.close()

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            while len(self._wakened.recv(WAKES)) == WAKES:
                pass
