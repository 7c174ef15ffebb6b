"""The doctor where the way to the service is not the usual one."""

from __future__ import annotations

import pytest

from navien_anyio.simserver import SimServer
from tests.aio.cli.conftest import Command, service
from tests.aio.cli.test_service import steps
from tests.support.http_server import TunnelProxy
from tests.support.ports import closed_port


def test_behind_a_proxy_of_the_environment_every_step_goes_through_it(
    server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with TunnelProxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:canary@127.0.0.1:{proxy.port}")
        result = navien("check", **service(server))
        assert result.code == 0
        assert f"127.0.0.1 is the affair of the proxy 127.0.0.1:{proxy.port}" in result.out
        assert "canary" not in result.out + result.err
        assert "FAILED" not in steps(result).values()
        tunnels = [head for head in proxy.heads if head.startswith(b"CONNECT")]
        assert len(tunnels) == 3  # for two looks and the link


def test_a_proxy_that_is_not_there_is_told_where_it_is_met_first(
    server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        result = navien("check", **service(server))
    assert result.code == 4
    assert steps(result)["TLS"] == "FAILED"
    assert f"through a proxy: 127.0.0.1:{port} refused the connection" in result.out


@pytest.mark.parametrize(
    ("answer", "url", "said"),
    [
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "http://127.0.0.1:{}", "HTTP 403 Forbidden"),
        (None, "socks5://127.0.0.1:{}", "the proxy in the environment is no http:// address"),
    ],
)
def test_a_proxy_that_is_none_or_does_not_let_through_is_told(
    server: SimServer, navien: Command, monkeypatch: pytest.MonkeyPatch, answer: bytes | None, url: str, said: str
) -> None:
    with TunnelProxy(answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", url.format(proxy.port))
        result = navien("check", **service(server))
    assert result.code == 4
    assert said in result.out


def test_a_locked_account_is_the_account_s_trouble(server: SimServer, navien: Command) -> None:
    server.call(lambda cloud, _now: setattr(cloud.service.accounts[0], "locked", True))
    for command in ("status", "check"):
        result = navien(command, **service(server))
        assert result.code == 3
        assert "locked this account" in result.out + result.err
