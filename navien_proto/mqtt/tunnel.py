"""A way through an HTTP proxy: CONNECT and its answer (RFC 9110 section 9.3.6). Bytes in, bytes out."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from navien_proto.errors import LinkBroken, UsageError

__all__ = ["Proxy", "Tunnel"]

# What a proxy says before the tunnel stands; more is no answer to CONNECT.
LONGEST_ANSWER = 16 * 1024
LONGEST_REASON = 80
AUTHENTICATE = 407


@frozen
class Proxy:
    """Where an HTTP proxy listens; ``authorization`` is a header's value, a secret."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Proxy:
        """The proxy of an address such as ``http://user:password@proxy.example:3128``; port 80 unless told.

        Raises:
            UsageError: it is no such address; the sentence does not show it.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if not host or parts.scheme != "http":
            raise UsageError("proxy: expected an address that begins with http://, as http://proxy.example:3128")
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = f"Basic {b64encode(pair.encode('utf-8', 'replace')).decode()}"
        return cls(host, 80 if port is None else port, authorization)


class Tunnel:
    """One tunnel through ``proxy`` to a host: send ``request``, feed what comes back until ``open``."""

    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        self.request = "\r\n".join([*lines, "", ""]).encode("ascii", "replace")
        self.open = False
        self._answer = b""

    def receive(self, data: bytes) -> None:
        """Take bytes of the proxy's; none are left over, because the far side does not speak first.

        Raises:
            LinkBroken: the proxy refused, closed the connection (``data`` is empty), or is none.
        """
        if not data:
            raise LinkBroken("the proxy closed the connection before the tunnel stood")
        self._answer += data
        head, end, rest = self._answer.partition(b"\r\n\r\n")
        if not end:
            if len(self._answer) > LONGEST_ANSWER:
                raise LinkBroken("the proxy does not answer as an HTTP proxy does")
            return
        version, _, words = head.partition(b"\r\n")[0].decode("ascii", "replace").partition(" ")
        code, _, reason = words.partition(" ")
        if not version.startswith("HTTP/1.") or len(code) != 3 or not (code.isascii() and code.isdigit()):
            raise LinkBroken("the proxy does not answer as an HTTP proxy does")
        if int(code) == AUTHENTICATE:
            raise LinkBroken("the proxy wants a name and a password, or others than these (HTTP 407)")
        if not code.startswith("2"):
            said = "".join(filter(str.isprintable, reason))[:LONGEST_REASON]
            raise LinkBroken(f"the proxy refused the connection: HTTP {code} {said}".rstrip())
        if rest:
            raise LinkBroken("the proxy sent something before the tunnel was used")
        self.open = True
