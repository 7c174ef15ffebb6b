"""Clients behind an HTTP proxy, given or of the environment: REST and the link both go through it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from navien_anyio import NavienClient as AsyncClient
from navien_anyio.simserver import SimServer
from navien_proto.errors import LinkBroken, UsageError
from navien_proto.mqtt.actions import Endpoint
from navien_proto.session.events import Retrying
from navien_sync import NavienClient
from navien_sync.stores.proxies import proxy_for
from tests.support.http_server import TunnelProxy
from tests.support.served import config, make_cloud
from tests.support.stage import SOCKETS, stage

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
REFUSES = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
WSS = Endpoint("wss", "broker.example", 443)


@pytest.fixture(autouse=True)
def _nobody_s_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("harness", SOCKETS)
def test_rest_and_the_link_go_through_a_proxy_that_was_given(harness: str) -> None:
    with TunnelProxy() as proxy, stage(harness, proxy=f"http://me:canary@127.0.0.1:{proxy.port}") as on:
        on.ready()
        assert on.heater.status().dhw_temperature is not None
        tunnels = [head for head in proxy.heads if head.startswith(b"CONNECT")]
        assert len(tunnels) == 1
        assert f"127.0.0.1:{on.relay.port}".encode() in tunnels[0]
        assert b"Proxy-Authorization: Basic bWU6Y2FuYXJ5" in tunnels[0]
        assert any(b"/user/sign-in" in head for head in proxy.heads)
        assert "canary" not in "".join(map(repr, on.told))


@pytest.mark.parametrize("harness", SOCKETS)
def test_the_environment_names_a_proxy_and_whom_it_is_not_for(
    harness: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TunnelProxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        with stage(harness) as on:
            on.ready()
        asked = len(proxy.heads)
        assert asked >= 3
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with stage(harness) as on:
            on.ready()
        assert len(proxy.heads) == asked


@pytest.mark.parametrize("harness", SOCKETS)
def test_a_proxy_that_refuses_the_tunnel_is_said_plainly(harness: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with TunnelProxy(REFUSES) as proxy:
        way = proxy_for(WSS, f"http://127.0.0.1:{proxy.port}")
        for link in ("navien_anyio.engine.proxy_for", "navien_sync.engine.proxy_for"):
            monkeypatch.setattr(link, lambda endpoint, given: way)
        with stage(harness) as on:
            told = on.until(Retrying)
            assert "the proxy refused the connection: HTTP 403 Forbidden" in str(told.error)


@pytest.mark.parametrize("harness", SOCKETS)
def test_closing_while_a_proxy_is_silent(harness: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with TunnelProxy(b"HTTP/1.1 ") as proxy:
        way = proxy_for(WSS, f"http://127.0.0.1:{proxy.port}")
        for link in ("navien_anyio.engine.proxy_for", "navien_sync.engine.proxy_for"):
            monkeypatch.setattr(link, lambda endpoint, given: way)
        with stage(harness) as on:
            on.wait(lambda: bool(proxy.heads))


def test_the_environment_by_the_kind_of_link(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Endpoint("ws", "broker.example", 80)
    assert proxy_for(WSS, None) is None
    monkeypatch.setenv("https_proxy", "http://secure.example:1")
    found = proxy_for(WSS, None)
    assert found is not None
    assert found.host == "secure.example"
    assert proxy_for(plain, None) is None
    monkeypatch.setenv("ALL_PROXY", "socks5://canary.example:1")
    with pytest.raises(LinkBroken, match="environment") as caught:
        proxy_for(plain, None)
    assert "canary" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "example.com, .example")
    assert proxy_for(plain, None) is None


@pytest.mark.parametrize("client", [AsyncClient, NavienClient])
def test_a_proxy_that_is_none_is_refused_at_once(client: Any) -> None:
    with pytest.raises(UsageError, match="proxy: expected"):
        client("user@example.com", "x", proxy="socks5://127.0.0.1:1")


@pytest.mark.parametrize("harness", SOCKETS)
def test_tls_goes_through_a_proxy_that_sees_nothing_of_it(harness: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with SimServer(make_cloud(), certificate=(str(certificate), str(key))) as server, TunnelProxy() as proxy:
        options: Any = {
            "config": config(server),
            "ssl_context": context,
            "proxy": f"http://127.0.0.1:{proxy.port}",
        }
        if harness == "sync":
            with NavienClient(**options) as navien:
                assert navien.devices[0].status().dhw_temperature is not None
        else:

            async def play() -> None:
                async with AsyncClient(**options) as client:
                    assert (await client.devices[0].status()).dhw_temperature is not None

            anyio.run(play, backend=harness)
        assert {head.split(b" ")[0] for head in proxy.heads} == {b"CONNECT"}
        assert {head.split(b" ")[1] for head in proxy.heads} == {f"127.0.0.1:{server.port}".encode()}
