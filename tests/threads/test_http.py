"""The blocking REST adapter against a server of raw bytes: what goes out, what comes back, what never leaks."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.session.inputs import HttpAnswered, HttpFailed
from navien_sync.http import LARGEST_ANSWER, Exchange, HttpClient, new_client, quiet_httpx
from tests.support.ports import closed_port
from tests.support.waiting import PATIENCE
from tests.threads.helpers import Task, raw_server

pytestmark = pytest.mark.usefixtures("nothing_is_left")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Trace: a\r\n\r\n{}"


@contextmanager
def client(context: ssl.SSLContext | None = None) -> Iterator[HttpClient]:
    ours, close = new_client(context)
    try:
        yield ours
    finally:
        close()


def exchange(http: HttpClient, number: int, request: HttpRequest) -> HttpAnswered | HttpFailed:
    return Exchange(http, number, request).run()


def read_request(stream: socket.socket) -> bytes:
    """One request whose body, if any, is a JSON object."""
    data = b""

    def more() -> bytes:
        if chunk := stream.recv(65536):
            return chunk
        raise ConnectionError("the client went away")

    while b"\r\n\r\n" not in data:
        data += more()
    while b"content-length: 0" not in data.lower() and data.startswith(b"POST") and not data.endswith(b"}"):
        data += more()
    return data


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    def handler(stream: socket.socket) -> None:
        read_request(stream)
        stream.sendall(answer)

    return handler


def test_a_request_goes_out_as_it_stands() -> None:
    heard: list[bytes] = []

    def handler(stream: socket.socket) -> None:
        heard.append(read_request(stream))
        stream.sendall(OK)

    with raw_server(handler) as port, client() as http:
        request = HttpRequest(
            "POST",
            f"http://127.0.0.1:{port}/api/v2.1/device/list?a=b%2Fc",
            {"authorization": "bare-token", "Content-Type": "application/json"},
            b'{"userId": "user@example.com"}',
        )
        report = exchange(http, 5, request)
    assert report == HttpAnswered(5, HttpReply(200, {"content-length": "2", "x-trace": "a"}, b"{}"))
    head, _, body = heard[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /api/v2.1/device/list?a=b%2Fc HTTP/1.1"
    assert b"authorization: bare-token" in lines
    assert b"Content-Type: application/json" in lines
    assert body == b'{"userId": "user@example.com"}'


def test_a_redirect_is_an_answer_not_an_order() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answering(redirect)) as port, client() as http:
        report = exchange(http, 1, HttpRequest("GET", f"http://127.0.0.1:{port}"))
    assert isinstance(report, HttpAnswered)
    assert report.reply.status == 302


def test_an_answer_without_end_is_not_kept() -> None:
    def handler(stream: socket.socket) -> None:
        read_request(stream)
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        with suppress(OSError):
            while True:
                stream.sendall(b"x" * 65536)

    with raw_server(handler) as port, client() as http:
        report = exchange(http, 1, HttpRequest("GET", f"http://127.0.0.1:{port}"))
    assert isinstance(report, HttpFailed)
    assert str(LARGEST_ANSWER) in report.reason
    assert report.sent


def test_a_refused_connection_never_left() -> None:
    with closed_port() as port, client() as http:
        report = exchange(http, 3, HttpRequest("GET", f"http://127.0.0.1:{port}/"))
    assert report == HttpFailed(3, f"127.0.0.1:{port} refused the connection", sent=False)


def test_a_host_that_does_not_exist_is_said_to() -> None:
    with client() as http:
        report = exchange(http, 3, HttpRequest("GET", "http://cloud.invalid/"))
    assert report == HttpFailed(3, "the host name cloud.invalid cannot be resolved", sent=False)


def test_a_url_that_is_none_never_left() -> None:
    with client() as http:
        report = exchange(http, 3, HttpRequest("GET", "nonsense://x"))
    assert isinstance(report, HttpFailed)
    assert not report.sent


def test_a_connection_lost_before_the_answer_may_have_been_heard() -> None:
    with raw_server(lambda stream: [read_request(stream)].clear()) as port, client() as http:
        report = exchange(http, 1, HttpRequest("POST", f"http://127.0.0.1:{port}", {}, b"{}"))
    assert isinstance(report, HttpFailed)
    assert report.sent


def test_garbage_is_a_failure_not_an_exception() -> None:
    with raw_server(answering(b"\x00\x01 this is not HTTP\r\n\r\n")) as port, client() as http:
        report = exchange(http, 1, HttpRequest("GET", f"http://127.0.0.1:{port}"))
    assert isinstance(report, HttpFailed)


def test_a_client_of_the_caller_serves_as_well() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"{}", headers={"X-A": "b"})

    with httpx.Client(transport=httpx.MockTransport(answer), auth=("a", "b")) as http:
        report = exchange(http, 1, HttpRequest("GET", "https://example.invalid/"))
    assert isinstance(report, HttpAnswered)
    assert report.reply.headers["x-a"] == "b"


# --- cutting it short -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("silence", ["no answer", "half an answer"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_exchange_is_cut_short_from_another_thread(
    scheme: str, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_sync.http.TIMEOUTS", (3600.0,) * 4)  # nothing ends by itself
    waiting, release = threading.Event(), threading.Event()

    def handler(stream: socket.socket) -> None:
        stream.recv(1024)  # under https: a TLS handshake that goes no further
        if silence == "half an answer" and scheme == "http":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        waiting.set()
        release.wait()

    context = ssl.create_default_context()
    with raw_server(handler) as port, client(context) as http:
        running = Exchange(http, 1, HttpRequest("GET", f"{scheme}://127.0.0.1:{port}/"))
        task = Task(running.run)
        assert waiting.wait(PATIENCE)
        running.cancel()
        report = task.result()
        running.cancel()
        release.set()
    assert isinstance(report, HttpFailed)


def test_an_exchange_cancelled_before_it_began_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.http.TIMEOUTS", (3600.0,) * 4)
    release = threading.Event()
    with raw_server(lambda stream: [release.wait()].clear()) as port, client() as http:
        running = Exchange(http, 1, HttpRequest("GET", f"http://127.0.0.1:{port}/"))
        running.cancel()
        assert isinstance(running.run(), HttpFailed)
        release.set()


# --- nothing is shown -----------------------------------------------------------------------------------------


def test_no_log_shows_what_is_ours_and_others_log_on(caplog: pytest.LogCaptureFixture) -> None:
    quiet_httpx()
    quiet_httpx()
    caplog.set_level(logging.DEBUG)
    ended = OK.replace(b"\r\nX-Trace", b"\r\nConnection: close\r\nX-Trace")
    with raw_server(answering(ended)) as port, client() as http:
        url = f"http://127.0.0.1:{port}"
        exchange(http, 1, HttpRequest("GET", f"{url}/?userId=user@example.com", {"authorization": "canary"}))
        assert "user@example.com" not in caplog.text
        assert "canary" not in caplog.text
        assert isinstance(http, httpx.Client)
        http.get(f"{url}/somebody-elses")
    assert "somebody-elses" in caplog.text
