"""A broker for one link, and a link driven from the test's own thread."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trustme

from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Scheme
from navien_proto.mqtt.inputs import LinkInput, LinkLost, LinkRefused
from navien_proto.sim.broker import Broker
from navien_proto.sim.broker_wire import BrokerConnection
from navien_sync.clock import system_clock
from navien_sync.dialer import Address, resolve
from navien_sync.link import Link
from navien_sync.watch import SocketWatch
from tests.support.waiting import PATIENCE
from tests.threads.helpers import raw_server

AUTHORITY = trustme.CA()
LARGE = b"x" * 100_000


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@contextmanager
def broker(*, tls: bool = False, deaf: bool = False) -> Iterator[int]:
    """A broker of one connection at a time on plain TCP or TLS; ``deaf`` takes bytes and never answers."""
    rules = Broker()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

    def handle(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) if tls else plain.dup() as stream:
            connection = BrokerConnection(rules)
            while not connection.closed and (data := stream.recv(65536)):
                if not deaf:
                    connection.receive(data, system_clock())
                    rules.changed()
                    stream.sendall(connection.take())
            connection.eof(system_clock())

    with raw_server(handle) as port:
        yield port


class Driven:
    """A link and its reports, driven from the test's own thread."""

    def __init__(
        self,
        scheme: Scheme,
        port: int,
        *,
        context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        addresses: list[Address] | None = None,
    ) -> None:
        target = "/mqtt?X-Amz-Signature=0" if scheme in ("ws", "wss") else ""
        action = OpenLink(7, Endpoint(scheme, host, port, target), "client-1")
        self.reports: list[LinkInput] = []
        self.watch = SocketWatch()
        self.addresses = addresses
        self.link = Link(
            action, self.reports.append, self.watch, resolve=self.resolve, context=context, clock=system_clock
        )

    def __enter__(self) -> Driven:
        self.link.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.link.perform(CloseLink(7, abort=True))
        self.watch.close()

    def resolve(self, host: str, port: int, answered: Callable[[list[Address] | Exception], None]) -> None:
        try:
            answered(self.addresses if self.addresses is not None else resolve(host, port))
        except (OSError, UnicodeError) as error:
            answered(error)

    def until(self, true: Callable[[], bool]) -> None:
        """Drive it until ``true()``, which may look at what other threads did."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, self.reports
            due = self.link.due
            if due is not None and due <= time.monotonic():
                self.link.handle_due()
                continue
            # No longer than a moment: nobody wakes the watch when another thread did something.
            self.watch.tell(self.watch.wait(max(0.0, min(0.01, (due or end) - time.monotonic()))))

    def heard(self, report: LinkInput) -> None:
        self.until(lambda: report in self.reports)

    def last(self) -> LinkRefused | LinkLost:
        self.until(lambda: any(isinstance(report, LinkRefused | LinkLost) for report in self.reports))
        final = self.reports[-1]
        assert isinstance(final, LinkRefused | LinkLost)
        return final
