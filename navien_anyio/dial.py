"""A byte stream to an endpoint: TCP, the way through a proxy, TLS."""

from __future__ import annotations

import socket
import ssl

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSStream

from navien_anyio.tls import client_context
from navien_proto.mqtt.actions import Endpoint
from navien_proto.mqtt.tunnel import Proxy, Tunnel

__all__ = ["CHUNK", "dial"]

CHUNK = 65536
"""Bytes read at once."""


async def dial(endpoint: Endpoint, context: ssl.SSLContext | None, proxy: Proxy | None) -> ByteStream:
    """Connect to ``endpoint``, through ``proxy`` if there is one; ``context`` is for TLS, made when it is missing.

    Raises:
        OSError, UnicodeError: the host is not found or not reached, or its certificate is not accepted.
        anyio.BrokenResourceError, anyio.EndOfStream: the connection was lost on the way.
        LinkBroken: the proxy refused.
    """
    host = endpoint.host.strip("[]")
    if endpoint.tls and context is None:
        context = await client_context()
    where = endpoint if proxy is None else proxy
    stream = await anyio.connect_tcp(where.host.strip("[]"), where.port)
    try:
        if proxy is not None:
            await _dig(stream, Tunnel(proxy, host, endpoint.port))
        # Packets are small, and a poll's answer is waited for.
        stream.extra(SocketAttribute.raw_socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not endpoint.tls:
            return stream
        return await TLSStream.wrap(stream, hostname=host, ssl_context=context, standard_compatible=False)
    except BaseException:
        await anyio.aclose_forcefully(stream)
        raise


async def _dig(stream: ByteStream, tunnel: Tunnel) -> None:
    await stream.send(tunnel.request)
    while not tunnel.open:
        try:
            data = await stream.receive(CHUNK)
        except anyio.EndOfStream:
            data = b""
        tunnel.receive(data)
