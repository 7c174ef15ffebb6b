"""One link to a broker: a byte stream opened, and the link's protocol driven over it, without ever waiting.

What the bytes mean is :class:`navien_proto.link.protocol.LinkProtocol`'s affair.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from navien_proto.errors import LinkBroken
from navien_proto.link.protocol import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkInput
from navien_proto.mqtt.tunnel import Proxy, Tunnel
from navien_proto.reasons import describe_failure
from navien_sync.bytestream import ByteStream
from navien_sync.clock import Clock
from navien_sync.dialer import Address, Dialer
from navien_sync.watch import SocketWatch

__all__ = ["FAREWELL", "Link", "Resolve"]

FAREWELL = 1.0
"""Seconds for the last bytes out, and for the other side's answer to our goodbye."""

# Chunks read before others have their turn.
READS = 8

Resolve = Callable[[str, int, Callable[[list[Address] | Exception], None]], None]
"""Look up a host and port somewhere else, and call back in the link's thread with addresses or the error."""


class Link:
    """One link; see :class:`navien_sync.driver.LinkTask`. Everything happens in the watch's thread.

    Args:
        action: where and as whom.
        report: is told every report, in order; the last is a LinkRefused or LinkLost.
        watch: waits for the sockets.
        resolve: looks up names.
        context: for TLS.
        clock: reads both clocks.
        route: tells the proxy to go through, if there is one; left out, there is none.
    """

    def __init__(
        self,
        action: OpenLink,
        report: Callable[[LinkInput], None],
        watch: SocketWatch,
        *,
        resolve: Resolve,
        context: ssl.SSLContext | None,
        clock: Clock,
        route: Callable[[Endpoint], Proxy | None] | None = None,
    ) -> None:
        self._action = action
        self._report = report
        self._watch = watch
        self._resolve = resolve
        self._context = context
        self._clock = clock
        self._host = action.endpoint.host.strip("[]")
        self._protocol = LinkProtocol(action)
        self._route = route
        self._proxy: Proxy | None = None
        self._tunnel: Tunnel | None = None
        self._dialer: Dialer | None = None
        self._stream: ByteStream | None = None
        self._open = False
        self._ended = False
        self._cut_at: float | None = None

    # --- what the driver asks ----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to open it."""
        endpoint = self._action.endpoint
        try:
            self._proxy = None if self._route is None else self._route(endpoint)
        except LinkBroken as error:
            self._break(error)
            return
        where = endpoint if self._proxy is None else self._proxy
        self._resolve(where.host.strip("[]"), where.port, self._resolved)

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping | CloseLink) -> None:
        """Send something, or end it: in good order within ``FAREWELL`` seconds, or at once."""
        self._protocol.perform(action)
        if isinstance(action, CloseLink):
            if action.abort:
                self._end()
            elif self._cut_at is None:
                self._cut_at = self._now() + FAREWELL
        self._go_on()

    @property
    def due(self) -> float | None:
        """When to call ``handle_due`` (monotonic seconds)."""
        return self._dialer.due if self._dialer is not None else self._cut_at

    def handle_due(self) -> None:
        """Act on the deadline that has come."""
        if self._dialer is not None:
            self._dialer.try_next()
        else:
            self._protocol.perform(CloseLink(self._action.link, abort=True))
            self._end()

    # --- the way up --------------------------------------------------------------------------------------

    def _resolved(self, answer: list[Address] | Exception) -> None:
        if self._ended:
            return
        if isinstance(answer, Exception):
            self._break(answer)
        else:
            self._dialer = Dialer(answer, self._watch, self._now, connected=self._connected, failed=self._break)
            self._dialer.try_next()

    def _connected(self, sock: socket.socket) -> None:
        self._dialer = None
        try:
            # Packets are small, and a poll's answer is waited for.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._proxy is not None:
                self._tunnel = Tunnel(self._proxy, self._host, self._action.endpoint.port)
                self._stream = ByteStream(sock, None, self._host)
                self._stream.send(self._tunnel.request)
            else:
                self._stream = self._through(sock)
        except (OSError, ValueError) as error:
            sock.close()
            self._break(error)
        else:
            self._ready()

    # --- the open stream ---------------------------------------------------------------------------------

    def _ready(self) -> None:
        """The stream can go on."""
        stream = self._stream
        if stream is None:
            return
        try:
            if self._tunnel is not None:
                stream = self._dig(self._tunnel, stream)
            if self._tunnel is None and not self._open and stream.shake_hands():
                self._open = True
                self._protocol.start()
            if self._open:
                self._read(stream)
        except (OSError, ValueError) as error:  # a certificate may be refused with either
            self._break(error)
        self._go_on()

    def _through(self, sock: socket.socket) -> ByteStream:
        return ByteStream(sock, self._context if self._action.endpoint.tls else None, self._host)

    def _dig(self, tunnel: Tunnel, stream: ByteStream) -> ByteStream:
        """Go on with the way through the proxy; returns the stream to use from now on."""
        stream.send(b"")
        data = stream.receive()
        if data is None:
            return stream
        tunnel.receive(data)
        if tunnel.open:
            self._tunnel = None
            self._stream = stream = self._through(stream.sock)
        return stream

    def _read(self, stream: ByteStream) -> None:
        for _ in range(READS):
            data = stream.receive()
            if data is None or self._protocol.closed:
                return
            if not data:
                self._protocol.eof()
                return
            self._protocol.receive(data)
            if stream.spent:
                return

    def _go_on(self) -> None:
        """Send what there is, tell what came, and wait for what is needed next."""
        stream = self._stream
        if self._open and stream is not None:
            try:
                stream.send(self._protocol.take())
            except OSError as error:
                self._break(error)
        if self._ended:
            return
        if not self._protocol.closed:
            self._tell()
        elif stream is None or not stream.unsent:
            self._end()
            return
        elif self._cut_at is None:
            self._cut_at = self._now() + FAREWELL  # for the last words
        if stream is not None:
            self._watch.set(stream.sock, stream.wanted, self._ready)

    def _tell(self) -> None:
        for report in self._protocol.inputs():
            self._report(report)

    def _break(self, error: Exception) -> None:
        endpoint = self._action.endpoint
        plain = isinstance(error, LinkBroken)  # of a proxy's: it says all there is to say
        self._protocol.broken(str(error) if plain else describe_failure(error, endpoint.host, endpoint.port))
        self._end()

    def _end(self) -> None:
        """Let the sockets go, then tell the rest; the protocol is closed."""
        if self._ended:
            return
        self._ended = True
        self._cut_at = None
        if self._dialer is not None:
            self._dialer.close()
            self._dialer = None
        if self._stream is not None:
            self._watch.forget(self._stream.sock)
            self._stream.close()
            self._stream = None
        self._tell()

    def _now(self) -> float:
        return self._clock().monotonic
