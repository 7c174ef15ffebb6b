"""One link by itself: plain TCP, TLS and WebSocket; refusals; goodbyes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
import trustme
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener

from navien_anyio.clock import system_clock
from navien_anyio.link import Link
from navien_anyio.simserver import SimServer
from navien_proto.mqtt.actions import Endpoint, OpenLink, Ping, Publish, Scheme, Subscribe
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.sim.broker import Broker
from navien_proto.sim.broker_wire import BrokerConnection
from tests.aio.helpers import becomes, client
from tests.support.served import config, make_cloud
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio

AUTHORITY = trustme.CA()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@asynccontextmanager
async def broker(*, tls: bool = False, deaf: bool = False) -> AsyncIterator[int]:
    """A broker of one connection at a time on plain TCP or TLS; ``deaf`` takes bytes and never answers."""
    rules = Broker()

    async def serve(stream: ByteStream) -> None:
        connection = BrokerConnection(rules)
        async with stream:
            try:
                while not connection.closed:
                    data = await stream.receive()
                    if deaf:
                        continue
                    connection.receive(data, system_clock())
                    rules.changed()
                    await stream.send(connection.take())
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                connection.eof(system_clock())

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    serving = TLSListener(listener, context, standard_compatible=False) if tls else listener
    async with serving, anyio.create_task_group() as tasks:
        tasks.start_soon(serving.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


class Driven:
    """A link as a task, its reports, and its last one."""

    def __init__(
        self, scheme: Scheme, port: int, *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ):
        target = "/mqtt?X-Amz-Signature=0" if scheme in ("ws", "wss") else ""
        action = OpenLink(7, Endpoint(scheme, host, port, target), "client-1")
        self.reports: list[LinkInput] = []
        self.last: LinkRefused | LinkLost | None = None
        self.link = Link(action, self.reports.extend, context)

    async def run(self) -> None:
        self.last = await self.link.run()

    async def heard(self, report: LinkInput) -> None:
        await becomes(lambda: report in self.reports)


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
async def test_a_link_opens_speaks_and_says_goodbye(scheme: Scheme) -> None:
    async with broker(tls=scheme == "mqtts") as port, anyio.create_task_group() as tasks:
        driven = Driven(scheme, port, context=trusting())
        tasks.start_soon(driven.run)
        await driven.heard(LinkOpened(7))
        driven.link.perform(Subscribe(7, 1, ("a/#",)))
        await driven.heard(SubscribeAnswered(7, 1, (1,)))
        driven.link.perform(Publish(7, 2, "a/b", b"x" * 100_000, qos=1))
        await driven.heard(PublishAnswered(7, 2))
        await driven.heard(MessageReceived(7, "a/b", b"x" * 100_000, qos=1))
        driven.link.perform(Ping(7))
        await driven.heard(PongReceived(7))
        driven.link.close()
        driven.link.close()
        await becomes(lambda: driven.last is not None)
        assert driven.last == LinkLost(7, "closed")
        assert driven.reports[0] == ConnectSent(7)


async def test_a_certificate_that_is_not_trusted_is_said() -> None:
    async with broker(tls=True) as port:
        driven = Driven("mqtts", port)
        await driven.run()
    assert isinstance(driven.last, LinkRefused)
    assert driven.last.reason.startswith("the certificate of 127.0.0.1 is not trusted")
    assert driven.reports == []


async def test_a_certificate_of_another_host_is_said() -> None:
    async with broker(tls=True) as port:
        driven = Driven("mqtts", port, context=trusting(), host="localhost")
        await driven.run()
    assert isinstance(driven.last, LinkRefused)
    assert "certificate of localhost is not trusted" in driven.last.reason


async def test_a_port_without_tls_is_said() -> None:
    async def answer(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        driven = Driven("mqtts", listener.extra(SocketAttribute.local_port), context=trusting())
        await driven.run()
        tasks.cancel_scope.cancel()
    assert driven.last is not None
    assert driven.last.reason.endswith("does not speak TLS")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("broker.invalid", "the host name broker.invalid cannot be resolved"),
        ("a" * 70 + ".invalid", "cannot be resolved"),
        ("127.0.0.1", "127.0.0.1:9 refused the connection"),
        ("[::1]", "[::1]:9 "),
    ],
)
async def test_a_broker_that_cannot_be_reached_is_said(host: str, words: str) -> None:
    driven = Driven("mqtt", 9, host=host)
    await driven.run()
    assert isinstance(driven.last, LinkRefused)
    assert words in driven.last.reason


async def test_an_upgrade_that_is_refused_tells_status_and_date() -> None:
    with SimServer(make_cloud()) as server:
        driven = Driven("ws", server.port)
        await driven.run()
    assert isinstance(driven.last, LinkRefused)
    assert driven.last.status == 403
    assert driven.last.date is not None
    assert driven.last.date.endswith("GMT")


async def test_a_link_closed_before_it_stands_ends_at_once() -> None:
    async with broker(deaf=True) as port, anyio.create_task_group() as tasks:
        driven = Driven("mqtt", port)
        tasks.start_soon(driven.run)
        await driven.heard(ConnectSent(7))
        driven.link.close()
        await becomes(lambda: driven.last is not None)
        unopened = Driven("mqtt", port)
        unopened.link.close()
        await unopened.run()
    assert driven.last == LinkLost(7, "closed")
    assert unopened.last == LinkLost(7, "closed")


async def test_a_goodbye_without_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_anyio.link.FAREWELL", 0.1)
    asked, done = anyio.Event(), anyio.Event()

    async def upgrade_and_fall_silent(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()
            asked.set()
            await done.wait()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, upgrade_and_fall_silent)
        driven = Driven("ws", listener.extra(SocketAttribute.local_port))
        tasks.start_soon(driven.run)
        with anyio.fail_after(PATIENCE):
            await asked.wait()
        driven.link.close()
        await becomes(lambda: driven.last is not None)
        done.set()
        tasks.cancel_scope.cancel()
    assert driven.last == LinkLost(7, "closed")


async def test_a_broker_that_hangs_up_is_told() -> None:
    async def hang_up(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, hang_up)
        driven = Driven("mqtt", listener.extra(SocketAttribute.local_port))
        await driven.run()
        tasks.cancel_scope.cancel()
    assert driven.last == LinkRefused(7, "the other side closed the connection")


# --- the whole client over TLS --------------------------------------------------------------------------------


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[SimServer]:
    certificate = AUTHORITY.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    with SimServer(make_cloud(), certificate=(str(chain), str(key))) as server:
        yield server


async def test_the_client_speaks_https_and_wss(tls_server: SimServer) -> None:
    from navien_anyio import NavienClient

    assert tls_server.base_url.startswith("https:")
    async with NavienClient(config=config(tls_server), ssl_context=trusting()) as navien:
        status = await navien.devices[0].status()
    assert status.dhw_temperature is not None


async def test_f16_a_certificate_that_is_not_trusted_is_said(tls_server: SimServer) -> None:
    from navien_proto.errors import NavienError

    with (
        anyio.fail_after(PATIENCE),
        pytest.raises(NavienError, match=r"certificate of 127\.0\.0\.1 is not trusted"),
    ):
        async with client(tls_server, fail_fast=True):
            raise AssertionError
