"""One link to a broker: a byte stream opened, and the link's protocol driven over it.

What the bytes mean is :class:`navien_proto.link.protocol.LinkProtocol`'s affair. Only one task writes: a send
that is cancelled may leave half a packet on the wire, so nothing is sent after one.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

import anyio
from anyio.abc import ByteStream
from anyio.lowlevel import checkpoint

from navien_anyio.dial import CHUNK, dial
from navien_anyio.driver import Report
from navien_anyio.signal import Signal
from navien_proto.errors import LinkBroken
from navien_proto.link.protocol import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkLost, LinkRefused
from navien_proto.mqtt.tunnel import Proxy
from navien_proto.reasons import describe_failure

__all__ = ["FAREWELL", "Link"]

FAREWELL = 1.0
"""Seconds for the last bytes out, and for the other side's answer to our goodbye."""

# What streams raise when the other side, the network or TLS fails; ssl.SSLError is an OSError. A host name that
# cannot be one (a label of 64 letters) is a UnicodeError.
FAILURES = (OSError, UnicodeError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


class Link:
    """The task of one link; see :class:`navien_anyio.driver.LinkTask`.

    Args:
        action: where and as whom.
        report: takes every report but the last.
        context: for TLS; made when it is needed and missing.
        route: tells the proxy to go through, if there is one; left out, there is none.
    """

    def __init__(
        self,
        action: OpenLink,
        report: Report,
        context: ssl.SSLContext | None = None,
        *,
        route: Callable[[Endpoint], Proxy | None] | None = None,
    ) -> None:
        self._action = action
        self._report = report
        self._context = context
        self._route = route
        self._protocol = LinkProtocol(action)
        self._signal = Signal()
        self._opening = anyio.CancelScope()
        self._reading = anyio.CancelScope()
        self._written = anyio.Event()
        self._ended = False
        self._last: LinkRefused | LinkLost = LinkLost(action.link, "the connection was cut")

    async def run(self) -> LinkRefused | LinkLost:
        """Open the link and drive it to its end; returns the last report. Cancelled: cut at once."""
        stream: ByteStream | None = None
        try:
            with self._opening:
                stream = await self._connect()
            if stream is not None:
                await self._drive(stream)
        except FAILURES as error:
            self._fail(error)
        finally:
            if stream is not None:
                # Neither TLS nor TCP waits for the other side here; the bound is for an odd stream.
                with anyio.move_on_after(FAREWELL, shield=True):
                    await stream.aclose()
        self._collect()
        return self._last

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping) -> None:
        """Send something; nothing happens unless the link stands."""
        self._protocol.perform(action)
        self._collect()  # it may tell at once what cannot be sent

    def close(self) -> None:
        """Say goodbye and end, after ``FAREWELL`` seconds at the latest."""
        self._protocol.perform(CloseLink(self._action.link))
        self._opening.cancel()
        # Without WebSocket nobody answers a goodbye; with it, not for ever.
        self._reading.deadline = anyio.current_time() + (0.0 if self._protocol.closed else FAREWELL)
        self._signal.set()

    # --- the stream --------------------------------------------------------------------------------------

    async def _connect(self) -> ByteStream:
        endpoint = self._action.endpoint
        return await dial(endpoint, self._context, None if self._route is None else self._route(endpoint))

    async def _drive(self, stream: ByteStream) -> None:
        self._protocol.start()
        self._collect()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write, stream)
            with self._reading:
                await self._read(stream)
            if self._reading.cancelled_caught:
                self._protocol.broken("closed")
            self._ended = True
            self._signal.set()
            with anyio.move_on_after(FAREWELL):
                await self._written.wait()
            tasks.cancel_scope.cancel()

    async def _read(self, stream: ByteStream) -> None:
        while not self._protocol.closed:
            try:
                data = await stream.receive(CHUNK)
            except anyio.EndOfStream:
                self._protocol.eof()
            except FAILURES as error:
                self._fail(error)
            else:
                self._protocol.receive(data)
            self._collect()
            if self._action.endpoint.tls:
                await checkpoint()  # TLS hands out what it has without pausing

    async def _write(self, stream: ByteStream) -> None:
        try:
            while True:
                data = self._protocol.take()
                if data:
                    await stream.send(data)
                elif self._ended:
                    return
                else:
                    await self._signal.wait()
        except FAILURES as error:
            self._fail(error)
            self._reading.cancel()
        finally:
            self._written.set()

    def _fail(self, error: BaseException) -> None:
        endpoint = self._action.endpoint
        plain = isinstance(error, LinkBroken)  # of a proxy's: it says all there is to say
        self._protocol.broken(str(error) if plain else describe_failure(error, endpoint.host, endpoint.port))

    def _collect(self) -> None:
        """Pass on what the protocol has to say, to either side."""
        if self._protocol.unsent:
            self._signal.set()
        reports = self._protocol.inputs()
        if reports and isinstance(last := reports[-1], LinkRefused | LinkLost):
            self._last = last
            del reports[-1]
        if reports:
            self._report(reports)
