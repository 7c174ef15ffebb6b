"""Which proxy a link goes through: the caller's, or that of the environment."""

from __future__ import annotations

from navien_proto.errors import LinkBroken, UsageError
from navien_proto.mqtt.actions import Endpoint
from navien_proto.mqtt.tunnel import Proxy

__all__ = ["proxy_for"]


def proxy_for(endpoint: Endpoint, given: str | None) -> Proxy | None:
    """The proxy to ``endpoint``: the one ``given``, or what the environment says; ``None`` for a direct way.

    In the environment ``HTTPS_PROXY`` is for encrypted links, ``HTTP_PROXY`` for plain ones, ``ALL_PROXY`` for
    both, and ``NO_PROXY`` lists the hosts that are reached directly; in either case of letters.

    Raises:
        UsageError: the address given is no ``http://`` one.
        LinkBroken: that of the environment is none.
    """
    if given is not None:
        return Proxy.from_url(given)
    from urllib.request import getproxies_environment, proxy_bypass  # takes 30 ms to import

    found = getproxies_environment()
    url = found.get("https" if endpoint.tls else "http") or found.get("all")
    host = endpoint.host.strip("[]")
    if not url or proxy_bypass(f"{host}:{endpoint.port}", found):
        return None
    try:
        return Proxy.from_url(url)
    except UsageError:
        raise LinkBroken("the proxy in the environment is no http:// address") from None
