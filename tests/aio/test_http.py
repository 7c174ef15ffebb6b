"""The REST adapter against a server of raw bytes: what goes out, what comes back, what never leaks."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from navien_anyio.http import LARGEST_ANSWER, exchange, new_client, quiet_httpx
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from tests.support.ports import closed_port
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio

Handler = Callable[[SocketStream], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Trace: a\r\n\r\n{}"


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    async def serve(stream: SocketStream) -> None:
        async with stream:
            await handler(stream)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        yield f"http://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    ours, close = new_client(None)
    assert isinstance(ours, httpx.AsyncClient)
    try:
        yield ours
    finally:
        await close()


async def read_request(stream: SocketStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    # The body comes in a packet of its own.
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: *([0-9]+)", head, re.MULTILINE)
    while length is not None and len(body) < int(length[1]):
        body += await stream.receive()
    return head + b"\r\n\r\n" + body


async def test_a_request_goes_out_as_it_stands() -> None:
    heard: list[bytes] = []

    async def handler(stream: SocketStream) -> None:
        heard.append(await read_request(stream))
        await stream.send(OK)

    async with server(handler) as url, client() as http:
        request = HttpRequest(
            "POST",
            f"{url}/api/v2.1/device/list?a=b%2Fc",
            {"authorization": "bare-token", "Content-Type": "application/json"},
            b'{"userId": "user@example.com"}',
        )
        report = await exchange(http, 5, request)
    assert report == HttpAnswered(5, HttpReply(200, {"content-length": "2", "x-trace": "a"}, b"{}"))
    head, _, body = heard[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /api/v2.1/device/list?a=b%2Fc HTTP/1.1"
    assert b"authorization: bare-token" in lines
    assert b"Content-Type: application/json" in lines
    assert body == b'{"userId": "user@example.com"}'


async def test_a_redirect_is_an_answer_not_an_order() -> None:
    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    async with server(handler) as url, client() as http:
        report = await exchange(http, 1, HttpRequest("GET", url))
    assert isinstance(report, HttpAnswered)
    assert report.reply.status == 302


async def test_an_answer_without_end_is_not_kept() -> None:
    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        try:
            while True:
                await stream.send(b"x" * 65536)
        except (anyio.BrokenResourceError, OSError):
            return

    async with server(handler) as url, client() as http:
        report = await exchange(http, 1, HttpRequest("GET", url))
    assert isinstance(report, HttpFailed)
    assert str(LARGEST_ANSWER) in report.reason
    assert report.sent


async def test_a_refused_connection_never_left() -> None:
    with closed_port() as port:
        async with client() as http:
            report = await exchange(http, 3, HttpRequest("GET", f"http://127.0.0.1:{port}/"))
    assert report == HttpFailed(3, f"127.0.0.1:{port} refused the connection", sent=False)


async def test_a_host_that_does_not_exist_is_said_to() -> None:
    async with client() as http:
        report = await exchange(http, 3, HttpRequest("GET", "http://cloud.invalid/"))
    assert report == HttpFailed(3, "the host name cloud.invalid cannot be resolved", sent=False)


async def test_a_url_that_is_none_never_left() -> None:
    async with client() as http:
        report = await exchange(http, 3, HttpRequest("GET", "nonsense://x"))
    assert isinstance(report, HttpFailed)
    assert not report.sent


async def test_a_connection_lost_before_the_answer_may_have_been_heard() -> None:
    async def handler(stream: SocketStream) -> None:
        await read_request(stream)

    async with server(handler) as url, client() as http:
        report = await exchange(http, 1, HttpRequest("POST", url, {}, b"{}"))
    assert isinstance(report, HttpFailed)
    assert report.sent


async def test_an_idle_connection_that_had_ended_never_took_the_request() -> None:
    closing = anyio.Event()

    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(OK)
        # The request arrives on a connection that is being closed: the race every keep-alive client knows.
        await read_request(stream)
        closing.set()

    async with server(handler) as url, client() as http:
        assert isinstance(await exchange(http, 1, HttpRequest("GET", url)), HttpAnswered)
        report = await exchange(http, 2, HttpRequest("GET", url))
        assert closing.is_set()
    assert isinstance(report, HttpFailed)
    assert not report.sent


async def test_garbage_is_a_failure_not_an_exception() -> None:
    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(b"\x00\x01 this is not HTTP\r\n\r\n")

    async with server(handler) as url, client() as http:
        report = await exchange(http, 1, HttpRequest("GET", url))
    assert isinstance(report, HttpFailed)


async def test_cancelling_leaves_no_connection() -> None:
    asked, gone = anyio.Event(), anyio.Event()

    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        asked.set()
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        gone.set()

    async with server(handler) as url, client() as http:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(exchange, http, 1, HttpRequest("GET", url))
                await asked.wait()
                tasks.cancel_scope.cancel()
            await gone.wait()


async def test_cancelling_in_the_middle_of_a_request_leaves_nothing_to_the_garbage_collector() -> None:
    """Warnings are errors: trio's of a generator that was never ended would be one."""
    asked = anyio.Event()

    async def handler(stream: SocketStream) -> None:
        await stream.receive(1)
        asked.set()
        await anyio.sleep_forever()

    async with server(handler) as url, client() as http:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(exchange, http, 1, HttpRequest("POST", url, {}, b"x" * 50_000_000))
                await asked.wait()
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
    gc.collect()


async def test_a_client_of_the_caller_serves_as_well() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"{}", headers={"X-A": "b"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=("a", "b")) as http:
        report = await exchange(http, 1, HttpRequest("GET", "https://example.invalid/"))
    assert isinstance(report, HttpAnswered)
    assert report.reply.headers["x-a"] == "b"


async def test_no_log_shows_what_is_ours_and_others_log_on(caplog: pytest.LogCaptureFixture) -> None:
    quiet_httpx()
    quiet_httpx()
    caplog.set_level(logging.DEBUG)

    async def handler(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(OK.replace(b"\r\nX-Trace", b"\r\nConnection: close\r\nX-Trace"))

    async with server(handler) as url, client() as http:
        await exchange(http, 1, HttpRequest("GET", f"{url}/?userId=user@example.com", {"authorization": "canary"}))
        assert "user@example.com" not in caplog.text
        assert "canary" not in caplog.text
        await http.get(f"{url}/somebody-elses")
    assert "somebody-elses" in caplog.text
