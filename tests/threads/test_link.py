"""One link by itself: plain TCP, TLS and WebSocket; refusals; goodbyes; addresses that do not answer."""

from __future__ import annotations

import errno
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.errors import NavienError
from navien_proto.mqtt.actions import CloseLink, Ping, Publish, Scheme, Subscribe
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_sync import NavienClient
from navien_sync.bytestream import ByteStream
from navien_sync.dialer import Address, resolve
from tests.support.served import config, make_cloud
from tests.threads.helpers import client, raw_server
from tests.threads.links import AUTHORITY, LARGE, Driven, broker, trusting

pytestmark = pytest.mark.usefixtures("nothing_is_left")

# --- a link's life --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_a_link_opens_speaks_and_says_goodbye(scheme: Scheme) -> None:
    with broker(tls=scheme == "mqtts") as port, Driven(scheme, port, context=trusting()) as driven:
        driven.heard(LinkOpened(7))
        driven.link.perform(Subscribe(7, 1, ("a/#",)))
        driven.heard(SubscribeAnswered(7, 1, (1,)))
        driven.link.perform(Publish(7, 2, "a/b", LARGE, qos=1))
        driven.heard(PublishAnswered(7, 2))
        driven.heard(MessageReceived(7, "a/b", LARGE, qos=1))
        driven.link.perform(Ping(7))
        driven.heard(PongReceived(7))
        driven.link.perform(CloseLink(7))
        assert driven.last() == LinkLost(7, "closed")
        driven.link.perform(Ping(7))
        driven.link.perform(CloseLink(7, abort=True))
        assert driven.link.due is None
    assert sum(isinstance(report, LinkLost) for report in driven.reports) == 1


def test_a_link_over_websocket_says_goodbye(server: SimServer) -> None:
    # The signature is wrong on purpose: what is signed is the session's affair, and tested with the client.
    with Driven("ws", server.port) as driven:
        last = driven.last()
    assert isinstance(last, LinkRefused)
    assert last.status == 403
    assert last.date is not None
    assert last.date.endswith("GMT")


def test_a_link_closed_before_it_stands_ends_at_once() -> None:
    with broker(deaf=True) as port, Driven("mqtt", port) as driven:
        driven.heard(ConnectSent(7))
        driven.link.perform(CloseLink(7))
        assert driven.last() == LinkLost(7, "closed")
    with Driven("mqtt", 9, addresses=[]) as refused:
        assert isinstance(refused.last(), LinkRefused)


def test_a_link_closed_while_its_name_is_looked_up_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Callable[[list[Address] | Exception], None]] = []
    monkeypatch.setattr(Driven, "resolve", lambda self, host, port, answered: answers.append(answered))
    with Driven("mqtt", 9) as driven:
        driven.link.perform(CloseLink(7))
        assert driven.last() == LinkLost(7, "closed")
        answers[0](resolve("127.0.0.1", 9))
        assert driven.reports == [LinkLost(7, "closed")]


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_goodbye_without_an_answer_is_bounded(scheme: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.link.FAREWELL", 0.1)

    heard = threading.Event()

    def fall_silent(stream: socket.socket) -> None:
        with suppress(OSError):
            while stream.recv(4096):
                heard.set()

    with raw_server(fall_silent) as port, Driven(scheme, port, context=trusting()) as driven:
        driven.until(heard.is_set)
        driven.link.perform(CloseLink(7))
        assert driven.last() == LinkLost(7, "closed")


def test_last_words_that_nobody_reads_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.link.FAREWELL", 0.1)
    release = threading.Event()

    def accept_and_ignore(stream: socket.socket) -> None:
        stream.recv(4096)
        stream.sendall(b"\x20\x02\x00\x00")  # CONNACK
        release.wait()

    with raw_server(accept_and_ignore) as port, Driven("mqtt", port) as driven:
        driven.heard(LinkOpened(7))
        for number in range(100):
            driven.link.perform(Publish(7, number, "a", LARGE, qos=0))
        driven.link.perform(CloseLink(7))
        assert isinstance(driven.last(), LinkLost)
        release.set()


def test_a_broker_that_hangs_up_is_told() -> None:
    def hang_up(stream: socket.socket) -> None:
        stream.recv(4096)

    with raw_server(hang_up) as port, Driven("mqtt", port) as driven:
        assert driven.last() == LinkRefused(7, "the other side closed the connection")


@pytest.mark.parametrize("polite", [True, False])
def test_a_broker_that_hangs_up_under_tls_is_told(polite: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

    def hang_up(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as stream:
            stream.recv(4096)
            stream.sendall(b"\x20\x02\x00\x00")  # CONNACK, in the same breath as the goodbye
            if polite:
                stream.unwrap()

    with raw_server(hang_up) as port, Driven("mqtts", port, context=trusting()) as driven:
        assert driven.last() == LinkLost(7, "the other side closed the connection")
        assert LinkOpened(7) in driven.reports


def test_a_broker_that_resets_the_connection_is_told() -> None:
    def reset(stream: socket.socket) -> None:
        stream.recv(4096)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw_server(reset) as port, Driven("mqtt", port) as driven:
        assert driven.last() == LinkRefused(7, "the connection was reset by the other side")


def test_sending_into_a_broken_connection_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with broker() as port, Driven("mqtt", port) as driven:
        driven.heard(LinkOpened(7))

        def send(self: ByteStream, data: bytes = b"") -> None:
            raise BrokenPipeError(errno.EPIPE, "broken")

        monkeypatch.setattr(ByteStream, "send", send)
        driven.link.perform(Ping(7))
        assert driven.last() == LinkLost(7, "the connection was reset by the other side")


# --- F16: what is in the way ----------------------------------------------------------------------------------


def test_f16_a_certificate_that_is_not_trusted_is_said() -> None:
    context = ssl.create_default_context()
    with broker(tls=True) as port, Driven("mqtts", port, context=context) as driven:
        last = driven.last()
    assert isinstance(last, LinkRefused)
    assert "the certificate of 127.0.0.1 is not trusted" in last.reason


def test_f16_a_certificate_of_another_host_is_said() -> None:
    with broker(tls=True) as port, Driven("mqtts", port, context=trusting(), host="localhost") as driven:
        last = driven.last()
    assert isinstance(last, LinkRefused)
    assert "the certificate of localhost is not trusted" in last.reason
    assert "mismatch" in last.reason


def test_f16_a_port_without_tls_is_said() -> None:
    def answer(stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_server(answer) as port, Driven("mqtts", port, context=trusting()) as driven:
        assert driven.last() == LinkRefused(7, f"127.0.0.1:{port} does not speak TLS")


def test_f16_a_name_that_tls_cannot_carry_is_said() -> None:
    addresses = None
    with broker(tls=True) as port, ExitStack() as stack:
        addresses = resolve("127.0.0.1", port)
        driven = stack.enter_context(Driven("mqtts", port, context=trusting(), host=".bad", addresses=addresses))
        assert isinstance(driven.last(), LinkRefused)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("broker.invalid", "the host name broker.invalid cannot be resolved"),
        ("a" * 70 + ".invalid", "cannot be resolved"),
        ("127.0.0.1", "127.0.0.1:9 refused the connection"),
        ("[::1]", "[::1]:9 "),
    ],
)
def test_f16_a_broker_that_cannot_be_reached_is_said(host: str, words: str) -> None:
    with Driven("mqtt", 9, host=host) as driven:
        last = driven.last()
    assert isinstance(last, LinkRefused)
    assert words in last.reason


# --- the whole client over TLS --------------------------------------------------------------------------------


@pytest.fixture
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimServer]:
    certificate = AUTHORITY.issue_cert("127.0.0.1")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    with SimServer(make_cloud(), certificate=(str(chain), str(key))) as server:
        yield server


def test_the_client_speaks_https_and_wss(tls_server: SimServer) -> None:
    assert tls_server.base_url.startswith("https:")
    with NavienClient(config=config(tls_server), ssl_context=trusting()) as navien:
        assert navien.devices[0].status().dhw_temperature is not None


def test_f16_the_client_says_that_a_certificate_is_not_trusted(tls_server: SimServer) -> None:
    untrusted = client(tls_server, fail_fast=True)
    with pytest.raises(NavienError, match=r"certificate of 127\.0\.0\.1 is not trusted"), untrusted:
        raise AssertionError
