"""An HTTP service on loopback that gives every request the same answer; and a proxy that tunnels."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from navien_proto.cloud.http import HttpReply

__all__ = ["OneShotHttp", "TunnelProxy"]


class _Server:
    """Hands each connection to ``handle``, in a thread of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def handle(self, stream: socket.socket) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._start(self._serve)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stopping = True
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        self._listener.close()

    def _start(self, function: object, *args: object) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while True:
            stream, _ = self._listener.accept()
            if self._stopping:
                stream.close()
                return
            self._start(self._guarded, stream)

    def _guarded(self, stream: socket.socket) -> None:
        with stream, suppress(OSError):
            self.handle(stream)


def head_of(stream: socket.socket) -> bytes:
    """A request up to the end of its headers."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65536)
        if not more:
            break
        data += more
    return data


class OneShotHttp(_Server):
    """Answers with ``reply``; ``request`` is what was asked last, ``url`` where."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__()
        self._reply = reply
        self.request = b""
        self.url = f"http://127.0.0.1:{self.port}"

    def handle(self, stream: socket.socket) -> None:
        self.request = head_of(stream)
        reply = self._reply
        headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        head = (
            f"HTTP/1.1 {reply.status} x\r\n{headers}content-length: {len(reply.body)}\r\nconnection: close\r\n\r\n"
        )
        stream.sendall(head.encode() + reply.body)


class TunnelProxy(_Server):
    """An HTTP proxy, for CONNECT and plain requests; ``heads`` are what it got, ``answer`` its refusal."""

    def __init__(self, answer: bytes | None = None) -> None:
        super().__init__()
        self.heads: list[bytes] = []
        self._answer = answer

    def handle(self, stream: socket.socket) -> None:
        data = head_of(stream)
        if not data:
            return
        self.heads.append(data)
        if self._answer is not None:
            stream.sendall(self._answer)
            return
        method, target, _ = data.split(b" ", 2)
        if method == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            first = b""
        else:
            address = target.decode().removeprefix("http://")
            authority, _, path = address.partition("/")
            host, _, port = authority.rpartition(":")
            first = data.replace(target, f"/{path}".encode(), 1)
            # The next request would come over this connection as it is.
            first = first.replace(b"onnection: keep-alive", b"onnection: close", 1)
        with socket.create_connection((host, int(port))) as server:
            if method == b"CONNECT":
                stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(first)
            self._start(self._carry, stream, server)
            self._carry(server, stream)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
