from __future__ import annotations

import pytest

from navien_proto.errors import LinkBroken, UsageError
from navien_proto.mqtt.tunnel import Proxy, Tunnel

PROXY = Proxy.from_url("http://user:p%40ss@proxy.example:3128")
STANDS = b"HTTP/1.1 200 Connection established\r\nvia: somebody\r\n\r\n"


def test_an_address_is_read_and_its_secret_is_not_shown() -> None:
    assert (PROXY.host, PROXY.port, PROXY.authorization) == ("proxy.example", 3128, "Basic dXNlcjpwQHNz")
    assert "dXNl" not in repr(PROXY)
    assert Proxy.from_url("proxy.example") == Proxy("proxy.example", 80)
    assert Proxy.from_url("http://[::1]:8080/").host == "::1"


@pytest.mark.parametrize("url", ["", "http://", "socks5://h:1", "https://h", "http://h:99999", "http://[::1"])
def test_what_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(UsageError, match="proxy: expected an address") as caught:
        Proxy.from_url(url)
    assert "99999" not in str(caught.value)


def test_the_request_names_the_host_and_carries_the_password() -> None:
    assert Tunnel(PROXY, "broker.example", 443).request == (
        b"CONNECT broker.example:443 HTTP/1.1\r\nHost: broker.example:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
    )
    assert Tunnel(Proxy("p", 80), "::1", 443).request == b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, len(STANDS)])
def test_the_tunnel_stands_after_the_whole_answer(size: int) -> None:
    tunnel = Tunnel(PROXY, "h", 443)
    for start in range(0, len(STANDS), size):
        assert not tunnel.open
        tunnel.receive(STANDS[start : start + size])
    assert tunnel.open


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 407 x\r\n\r\n", "name and a password"),
        (b"HTTP/1.1 403 Forbidden\x00\r\n\r\n", "HTTP 403 Forbidden$"),
        (b"HTTP/1.1 503\r\n\r\n", "HTTP 503$"),
        (b"SSH-2.0 hello\r\n\r\n", "as an HTTP proxy does"),
        (b"HTTP/1.1 \xb2\xb2\xb2 x\r\n\r\n", "as an HTTP proxy does"),
        (b"x" * 20000, "as an HTTP proxy does"),
        (STANDS + b"more", "before the tunnel was used"),
    ],
)
def test_any_other_answer_is_said_plainly(answer: bytes, says: str) -> None:
    with pytest.raises(LinkBroken, match=says):
        Tunnel(PROXY, "h", 443).receive(answer)
