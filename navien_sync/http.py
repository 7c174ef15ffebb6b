"""REST exchanges through httpx: an :class:`HttpRequest` in, an answer or a failure out.

What answers mean, retries and time-outs are the session's affair. This is the blocking twin of the adapter in
``navien_anyio``.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.progress import Progress
from navien_proto.reasons import describe_failure
from navien_proto.session.inputs import HttpAnswered, HttpFailed

if TYPE_CHECKING:
    import ssl

__all__ = ["LARGEST_ANSWER", "Exchange", "HttpClient", "new_client", "quiet_httpx"]

LARGEST_ANSWER = 1024 * 1024
"""Bytes of an answer's body; the largest real one has some 20 KiB."""

# Seconds for connecting (each address, and TLS), reading, writing, and for a connection of a client's own pool.
# The session's time-out comes before; only connecting cannot be cut short by it.
TIMEOUTS = (10.0, 60.0, 60.0, 60.0)

# All loggers of httpx and httpcore: filters of a parent do not see what its children log.
LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))

_ours: ContextVar[bool] = ContextVar("navien_exchange", default=False)


class HttpClient(Protocol):
    """What is used of an ``httpx.Client``."""

    def build_request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: tuple[float, float, float, float],
        extensions: Any,
    ) -> Any:
        """A request object for ``send``."""

    def send(self, request: Any, *, stream: bool, auth: None, follow_redirects: bool) -> Any:
        """Send it; the answer's body is read by the caller."""


class _NotOurs(logging.Filter):
    """Drops what is logged during an exchange of ours: URLs and headers hold secrets."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 (whose it is decides, not what)
        return not _ours.get()


_filter = _NotOurs()


def quiet_httpx() -> None:
    """Keep exchanges of ours out of the logs of httpx and httpcore; other users of them log as before."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_filter)  # adding the same one again does nothing


class Exchange:
    """One exchange: ``run`` it in one thread, ``cancel`` it from another."""

    def __init__(
        self, client: HttpClient, number: int, request: HttpRequest, *, largest: int = LARGEST_ANSWER
    ) -> None:
        self._client = client
        self._number = number
        self._request = request
        self._largest = largest
        self._progress = Progress()
        self._lock = threading.Lock()
        self._cancelled = False
        self._connection: socket.socket | None = None

    def run(self) -> HttpAnswered | HttpFailed:
        """Send the request and report what came of it.

        Nothing is followed, decoded or waited for beyond what was asked, nor more than ``largest`` bytes read. No
        exception of the network escapes.
        """
        import httpx  # takes 100 ms to import: not before it is needed

        never = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        )
        number, request = self._number, self._request
        token = _ours.set(True)
        try:
            return self._send()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            parts = urlsplit(request.url)
            reason = describe_failure(error, parts.hostname or "the host", parts.port)
            return HttpFailed(number, reason, sent=self._progress.sent() and not isinstance(error, never))
        finally:
            _ours.reset(token)
            with self._lock:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None

    def cancel(self) -> None:
        """Cut it short: ``run`` returns soon, at the latest when connecting takes too long."""
        with self._lock:
            self._cancelled = True
            self._cut()

    def _send(self) -> HttpAnswered | HttpFailed:
        number, request = self._number, self._request
        built = self._client.build_request(
            request.method,
            request.url,
            content=request.body,
            headers=request.headers,
            timeout=TIMEOUTS,
            extensions={"trace": self._trace},
        )
        # No redirect: the password would follow it. No auth: a netrc file or the URL must not add a header.
        response = self._client.send(built, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._largest:
                    return HttpFailed(number, f"the answer is larger than {self._largest} bytes")
            return HttpAnswered(number, HttpReply(response.status_code, dict(response.headers), bytes(body)))
        finally:
            response.close()

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        self._progress.note(event)
        if event.endswith("connect_tcp.complete"):
            sock = info["return_value"].get_extra_info("socket")
            if isinstance(sock, socket.socket):
                # A second handle on the connection: TLS will take the first one away.
                with self._lock, suppress(OSError):
                    self._connection = sock.dup()
                    if self._cancelled:
                        self._cut()

    def _cut(self) -> None:
        # This wakes a thread that waits for the connection, which closing does not.
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


def new_client(context: ssl.SSLContext | None, proxy: str | None = None) -> tuple[HttpClient, Callable[[], None]]:
    """A client for one session, and how to close it. Without ``context`` it speaks plain HTTP alone.

    It goes through ``proxy``, or through what the environment says.
    """
    import httpx

    client = httpx.Client(
        # With roots given, httpx does not load its own.
        verify=context if context is not None else False,
        proxy=proxy,
        # A connection for each exchange: they come an hour apart, and only a connection of its own can be cut.
        limits=httpx.Limits(max_keepalive_connections=0),
    )
    return client, client.close
