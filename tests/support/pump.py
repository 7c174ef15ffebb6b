"""The smallest transport there can be around a LinkProtocol: one blocking socket, pumped by the test."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from navien_proto.link import LinkProtocol
from navien_proto.mqtt.actions import CloseLink, OpenLink, Ping, Publish, Subscribe
from navien_proto.mqtt.inputs import (
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from tests.support.waiting import PATIENCE

__all__ = ["Pump"]

I = TypeVar("I", bound=LinkInput)  # noqa: E741 - an input


class Pump:
    """One link over one socket; closing is left to the test or the ``with`` statement.

    ``chunk`` is how much is read at once, ``piece`` how much is written at once (``None``: all there is).
    """

    def __init__(
        self,
        action: OpenLink,
        context: ssl.SSLContext | None = None,
        *,
        chunk: int = 65536,
        piece: int | None = None,
        protocol: LinkProtocol | None = None,
    ) -> None:
        self.link = action.link
        self.protocol = LinkProtocol(action) if protocol is None else protocol
        self.heard: list[LinkInput] = []
        self._chunk = chunk
        self._piece = piece
        endpoint = self.protocol.endpoint
        self._socket = socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if endpoint.tls:
            try:
                self._socket = (context or ssl.create_default_context()).wrap_socket(
                    self._socket, server_hostname=endpoint.host
                )
            except BaseException:
                self._socket.close()
                raise
        self.protocol.start()
        self.write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Cut the connection without a word."""
        self._socket.close()

    def write(self) -> None:
        """Send what the protocol wants sent."""
        data = self.protocol.take()
        step = self._piece or len(data) or 1
        try:
            for start in range(0, len(data), step):
                self._socket.sendall(data[start : start + step])
        except OSError:
            # Who is done hangs up, without waiting for our last words.
            self.protocol.broken("the connection was cut")

    def do(self, *actions: Subscribe | Publish | Ping | CloseLink) -> None:
        """Perform ``actions``; their bytes leave together."""
        for action in actions:
            self.protocol.perform(action)
        self.write()

    def read(self, seconds: float = PATIENCE) -> None:
        """Wait for some bytes, ``seconds`` at most, and take them in; what must be answered is answered."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(self._chunk)
        except TimeoutError:
            return
        except ConnectionResetError:
            self.protocol.broken("the connection was reset")
        else:
            if data:
                self.protocol.receive(data)
            else:
                self.protocol.eof()
        self.heard += self.protocol.inputs()
        self.write()

    def until(self, kind: type[I], true: Callable[[I], bool] = lambda _: True) -> I:
        """The next input of a ``kind`` for which ``true``; everything before it is dropped from ``heard``.

        Raises:
            AssertionError: the link ended without it, or it did not come in time.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            self.heard += self.protocol.inputs()
            while self.heard:
                found = self.heard.pop(0)
                if isinstance(found, kind) and true(found):
                    return found
                assert not isinstance(found, LinkLost | LinkRefused), found
            assert not self.protocol.closed
            assert time.monotonic() < deadline, f"no {kind.__name__} in time"
            self.read()

    def next(self, number: int) -> list[LinkInput]:
        """The next ``number`` of inputs, whatever they are."""
        deadline = time.monotonic() + PATIENCE
        while len(self.heard) < number:
            assert not self.protocol.closed
            assert time.monotonic() < deadline, self.heard
            self.read()
        found = self.heard[:number]
        del self.heard[:number]
        return found

    def opened(self) -> Self:
        """Wait until the link stands."""
        self.until(LinkOpened)
        return self

    def subscribe(self, *filters: str, qos: int = 1, id: int = 1) -> tuple[int, ...]:  # noqa: A002
        """Subscribe, and wait for the codes of the answer."""
        self.do(Subscribe(self.link, id, filters, qos))
        return self.until(SubscribeAnswered, lambda answer: answer.id == id).codes

    def publish(self, topic: str, payload: bytes, qos: int = 1, id: int = 2) -> None:  # noqa: A002
        """Publish, and wait for the acknowledgement if there is to be one; messages in front of it are dropped."""
        self.do(Publish(self.link, id, topic, payload, qos))
        if qos:
            self.until(PublishAnswered, lambda answer: answer.id == id)

    def message(self) -> MessageReceived:
        """The next message."""
        return self.until(MessageReceived)

    def end(self) -> LinkLost | LinkRefused:
        """Wait for the end; what comes before it stays in ``heard``."""
        deadline = time.monotonic() + PATIENCE
        self.heard += self.protocol.inputs()
        while not self.protocol.closed:
            assert time.monotonic() < deadline, "the link does not end"
            self.read()
        last = self.heard.pop()
        assert isinstance(last, LinkLost | LinkRefused)
        return last

    def close(self) -> LinkLost | LinkRefused:
        """Close in good order, and wait for the end."""
        self.do(CloseLink(self.link))
        last = self.end()
        self.vanish()
        return last
