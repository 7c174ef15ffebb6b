"""Several addresses for one name, and the wait for their sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from navien_proto.mqtt.actions import CloseLink
from navien_proto.mqtt.inputs import LinkLost, LinkOpened
from navien_sync.dialer import Address, Dialer, resolve
from navien_sync.watch import READ, SocketWatch
from tests.support.waiting import PATIENCE
from tests.threads.links import Driven, broker

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@contextmanager
def black_hole() -> Iterator[Address]:
    """An address where SYN packets are swallowed: a listener whose backlog is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield (socket.AF_INET, socket.SOCK_STREAM, 0, "", listener.getsockname())


def test_an_address_that_does_not_answer_hides_no_other() -> None:
    with broker() as port, black_hole() as hole:
        began = time.monotonic()
        with Driven("mqtt", port, addresses=[hole, *resolve("127.0.0.1", port)]) as driven:
            driven.heard(LinkOpened(7))
        assert time.monotonic() - began > 0.2  # the first one has its chance


def test_an_address_that_refuses_is_followed_by_the_next_at_once() -> None:
    unsupported: Address = (12345, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))
    unreachable: Address = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0))
    with broker() as port:
        addresses = [*resolve("127.0.0.1", 9), unsupported, unreachable, *resolve("127.0.0.1", port)]
        with Driven("mqtt", port, addresses=addresses) as driven:
            driven.heard(LinkOpened(7))


def test_a_link_given_up_while_it_dials_lets_go() -> None:
    with black_hole() as hole, Driven("mqtt", 9, addresses=[hole, hole]) as driven:
        driven.until(lambda: driven.link.due is None)  # the second one is tried as well
        driven.link.perform(CloseLink(7))
        assert driven.last() == LinkLost(7, "closed")


def test_families_are_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry(family: int, host: str) -> Address:
        return (family, socket.SOCK_STREAM, 6, "", (host, 1))

    six, four = socket.AF_INET6, socket.AF_INET
    found = [entry(six, "::1"), entry(six, "::2"), entry(four, "1"), entry(four, "2"), entry(four, "3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    assert [address[4][0] for address in resolve("a", 1)] == ["::1", "1", "::2", "2", "3"]


def test_nobody_is_told_of_a_socket_that_another_one_closed() -> None:
    """Two sockets are ready in the same wait, and the first to be told closes the second."""
    told: list[socket.socket] = []
    watch = SocketWatch()
    (a, b), (c, d) = socket.socketpair(), socket.socketpair()

    def ready(mine: socket.socket, other: socket.socket) -> None:
        told.append(mine)
        watch.forget(other)
        other.close()

    with a, b, c, d:
        watch.set(a, READ, lambda: ready(a, c))
        watch.set(c, READ, lambda: ready(c, a))
        b.send(b"x")
        d.send(b"x")
        watch.tell(watch.wait(PATIENCE))
        assert len(told) == 1
    watch.close()


def test_nothing_more_is_heard_from_a_dialer_that_was_closed() -> None:
    heard: list[object] = []
    watch = SocketWatch()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dialer = Dialer(
            resolve(*listener.getsockname()), watch, time.monotonic, connected=heard.append, failed=heard.append
        )
        dialer.try_next()
        accepted, _ = listener.accept()
        with accepted:
            # The socket is ready; in the wait that this wake ends, it would be told.
            dialer.close()
            watch.wake()
            watch.tell(watch.wait(PATIENCE))
    watch.close()
    assert heard == []
