"""REST exchanges through httpx: an :class:`HttpRequest` in, an answer or a failure out.

What answers mean, retries and time-outs are the session's affair. This is the asynchronous twin of the
adapter in ``navien_sync``.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio

from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.progress import Progress
from navien_proto.reasons import describe_failure
from navien_proto.session.inputs import HttpAnswered, HttpFailed

__all__ = ["LARGEST_ANSWER", "HttpClient", "exchange", "new_client", "quiet_httpx"]

LARGEST_ANSWER = 1024 * 1024
"""Bytes of an answer's body; the largest real one has some 20 KiB."""

# All loggers of httpx and httpcore: filters of a parent do not see what its children log.
LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))

_ours: ContextVar[bool] = ContextVar("navien_exchange", default=False)


class HttpClient(Protocol):
    """What is used of an ``httpx.AsyncClient``."""

    def build_request(
        self, method: str, url: str, *, content: bytes, headers: Mapping[str, str], timeout: None, extensions: Any
    ) -> Any:
        """A request object for ``send``."""

    async def send(self, request: Any, *, stream: bool, auth: None, follow_redirects: bool) -> Any:
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


async def exchange(
    client: HttpClient, number: int, request: HttpRequest, *, largest: int = LARGEST_ANSWER
) -> HttpAnswered | HttpFailed:
    """Send ``request`` and report what came of it under the exchange's ``number``.

    Nothing is followed, decoded or waited for beyond what was asked, nor more than ``largest`` bytes read;
    time-outs are the caller's, by cancellation. No exception of the network escapes.
    """
    import httpx  # takes 100 ms to import: not before it is needed

    from navien_anyio.http_body import Body

    never = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    )
    progress = Progress()

    async def trace(event: str, _info: Any) -> None:
        progress.note(event)

    token = _ours.set(True)
    try:
        built = client.build_request(
            request.method,
            request.url,
            content=request.body,
            headers=request.headers,
            timeout=None,
            extensions={"trace": trace},
        )
        built.stream = Body(request.body)
        # No redirect: the password would follow it. No auth: a netrc file or the URL must not add a header.
        response = await client.send(built, stream=True, auth=None, follow_redirects=False)
        try:
            body = await _read_body(response, largest)
            if len(body) > largest:
                return HttpFailed(number, f"the answer is larger than {largest} bytes")
            return HttpAnswered(number, HttpReply(response.status_code, dict(response.headers), body))
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as error:
        parts = urlsplit(request.url)
        reason = describe_failure(error, parts.hostname or "the host", parts.port)
        return HttpFailed(number, reason, sent=progress.sent() and not isinstance(error, never))
    finally:
        _ours.reset(token)


async def _read_body(response: Any, largest: int) -> bytes:
    """The body, or a little more than ``largest`` bytes of it."""
    body = bytearray()
    with anyio.CancelScope() as scope:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > largest:
                # Leaving the loop would leave httpx's nested generators to the garbage collector; this ends them.
                scope.cancel()
    return bytes(body)


def new_client(
    context: ssl.SSLContext | None, proxy: str | None = None
) -> tuple[HttpClient, Callable[[], Awaitable[None]]]:
    """A client for one session, and how to close it. Without ``context`` it speaks plain HTTP alone.

    It goes through ``proxy``, or through what the environment says.
    """
    import httpx

    # With roots given, httpx does not load its own.
    client = httpx.AsyncClient(verify=context if context is not None else False, proxy=proxy)
    return client, client.aclose
