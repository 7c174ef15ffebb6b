"""Connecting to the first of several addresses that answers, without waiting for any."""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, zip_longest
from typing import Any

from navien_sync.watch import WRITE, SocketWatch

__all__ = ["STAGGER", "Address", "Dialer", "resolve"]

Address = tuple[int, int, int, str, Any]
"""As ``socket.getaddrinfo`` gives them."""

# RFC 8305 section 5: an address that does not answer within a quarter of a second is joined by the next one,
# so that a broken IPv6 path does not hide a working IPv4 one.
STAGGER = 0.25

UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of ``host``, the families in turn. Blocks.

    Raises:
        OSError: the name cannot be resolved.
        UnicodeError: it is no name.
    """
    found: list[Address] = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    first = [address for address in found if address[0] == found[0][0]]
    others = [address for address in found if address[0] != found[0][0]]
    return [address for address in chain(*zip_longest(first, others)) if address is not None]


class Dialer:
    """Tries ``addresses`` one after the other, a quarter of a second apart or as soon as one fails.

    Exactly one of ``connected`` and ``failed`` is called, from ``try_next`` or the watch; unless ``close``
    comes first. ``clock`` gives monotonic seconds.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        watch: SocketWatch,
        clock: Callable[[], float],
        *,
        connected: Callable[[socket.socket], None],
        failed: Callable[[OSError], None],
    ) -> None:
        self._left = deque(addresses)
        self._watch = watch
        self._clock = clock
        self._connected = connected
        self._failed = failed
        self._trying: list[socket.socket] = []
        self._error: OSError | None = None
        self.due: float | None = None

    def try_next(self) -> None:
        """Try the first address, and later, when ``due`` (monotonic seconds) has come, the next one as well."""
        self.due = None
        while self._left:
            family, kind, protocol, _, address = self._left.popleft()
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:
                self._note(error)
                continue
            sock.setblocking(False)
            try:
                code = sock.connect_ex(address)
            except OSError as error:
                code = error.errno or errno.EINVAL
            if code in UNDER_WAY:
                self._trying.append(sock)
                self._watch.set(sock, WRITE, partial(self._ready, sock))
                self.due = self._clock() + STAGGER if self._left else None
                return
            sock.close()
            self._note(OSError(code, os.strerror(code)))
        if not self._trying:
            self._failed(self._error or OSError(errno.EADDRNOTAVAIL, "no address"))

    def close(self) -> None:
        """Give up."""
        self._left.clear()
        self.due = None
        trying, self._trying = self._trying, []
        for sock in trying:
            self._watch.forget(sock)
            sock.close()

    def _ready(self, sock: socket.socket) -> None:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._watch.forget(sock)
        self._trying.remove(sock)
        if code:
            sock.close()
            self._note(OSError(code, os.strerror(code)))
            self.try_next()
        else:
            self.close()
            self._connected(sock)

    def _note(self, error: OSError) -> None:
        # The first address is the one the system likes best: its error says most.
        self._error = self._error or error
