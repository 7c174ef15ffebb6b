"""What real sockets do to a blocking client: half-open, reset, slow, garbled, refused, gone; and what it leaves.

The scenarios F09, F11 and F16 of the list of failures, over loopback.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.errors import BadCredentials, LinkBroken, LinkClosed, NavienError
from navien_proto.session import State
from navien_proto.session.events import Connected, DevicesListed, Disconnected, Retrying, SessionClosed
from navien_sync import NavienClient
from tests.support.ports import closed_port
from tests.support.relay import Relay
from tests.support.served import QUICK, config, make_cloud
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task, client, our_threads, raw_server, until

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@contextmanager
def relayed(server: SimServer, **changes: Any) -> Iterator[tuple[Relay, NavienClient]]:
    """A client whose link goes through a relay."""
    with Relay((server.host, server.port)) as relay, client(server, mqtt_port=relay.port, **changes) as navien:
        yield relay, navien


# --- F09: half-open -------------------------------------------------------------------------------------------


def test_f09_a_half_open_link_is_noticed_by_an_unanswered_command(server: SimServer) -> None:
    with relayed(server, connection=QUICK, reply_timeout=5.0) as (relay, navien):
        heater = navien.devices[0]
        heater.request_feature()
        stream = navien.events(timeout=PATIENCE)
        relay.black_hole = True
        task = Task(lambda: heater.set_temperature(celsius=48))
        lost = until(stream, Disconnected)
        assert lost.reason
        relay.black_hole = False
        assert until(stream, Connected).link > lost.link
        with pytest.raises(NavienError):
            task.result()
        assert heater.status().dhw_temperature is not None
        becomes(lambda: relay.open_connections == 1)


def test_f09_a_half_open_link_is_noticed_by_an_unanswered_ping(server: SimServer) -> None:
    with relayed(server, connection=QUICK) as (relay, navien):
        stream = navien.events(timeout=PATIENCE)
        relay.black_hole = True
        # Keep-alive is 30 s at least; asking for a sign of life now is the same path without the wait.
        assert navien._engine is not None
        navien._engine._driver.call(navien.session._connection.probe)
        until(stream, Disconnected)
        relay.black_hole = False
        until(stream, Connected)


def test_f09_a_link_that_never_stands_is_given_up(server: SimServer) -> None:
    with Relay((server.host, server.port)) as relay:
        relay.black_hole = True
        with client(server, mqtt_port=relay.port, connection=QUICK, wait=False) as navien:
            stream = navien.events(timeout=PATIENCE)
            assert isinstance(until(stream, Retrying).error, LinkBroken)
            relay.black_hole = False
            until(stream, Connected)


# --- other faults of the line ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset", "close"])
def test_a_link_that_breaks_comes_back(server: SimServer, fault: str) -> None:
    with relayed(server) as (relay, navien):
        stream = navien.events(timeout=PATIENCE)
        navien.devices[0].status()
        getattr(relay, fault)()
        assert not until(stream, Disconnected).planned
        until(stream, Connected)
        navien.devices[0].status()


def test_garbage_on_the_line_ends_the_link_and_no_more(server: SimServer) -> None:
    with relayed(server) as (relay, navien):
        stream = navien.events(timeout=PATIENCE)
        relay.garble = lambda data: bytes(byte ^ 0x5A for byte in data)
        task = Task(navien.devices[0].status)
        until(stream, Disconnected)
        relay.garble = None
        until(stream, Connected)
        assert task.result().dhw_temperature is not None  # a question is asked again on the new link


def test_a_slow_line_works(server: SimServer) -> None:
    with relayed(server) as (relay, navien):
        relay.delay = 0.1
        navien.devices[0].status()


# --- F11: closing is final, bounded and clean -----------------------------------------------------------------


def ready(relay: Relay, navien: NavienClient) -> None:
    until(navien.events(timeout=PATIENCE), Connected)


def half_open(relay: Relay, navien: NavienClient) -> None:
    ready(relay, navien)
    relay.black_hole = True


def interrupted(relay: Relay, navien: NavienClient) -> None:
    stream = navien.events(timeout=PATIENCE)
    until(stream, Connected)
    relay.black_hole = True
    relay.reset()
    until(stream, Retrying)


def upgrading(relay: Relay, navien: NavienClient) -> None:
    stream = navien.events(timeout=PATIENCE)
    until(stream, DevicesListed)
    relay.black_hole = True
    until(stream, Retrying)  # the first attempt may have been quicker than we are
    becomes(lambda: navien.session_state is State.CONNECTING)


def signing_in(relay: Relay, navien: NavienClient) -> None:
    relay.black_hole = True
    becomes(lambda: navien.session_state in (State.SIGNING_IN, State.WAITING, State.READY))


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bounds are out of reach: what ends, ends by the session's own."""
    monkeypatch.setattr("navien_sync.driver.CLOSE_CAP", 3600.0)
    monkeypatch.setattr("navien_sync.engine.LONGEST_CLOSE", 3600.0)
    monkeypatch.setattr("navien_sync.engine.JOIN", 3600.0)
    monkeypatch.setattr("navien_sync.http.TIMEOUTS", (3600.0,) * 4)


def at_once(relay: Relay, navien: NavienClient) -> None:
    pass


@pytest.mark.parametrize("prepare", [ready, half_open, interrupted, upgrading, signing_in, at_once])
def test_f11_closing_is_bounded_and_leaves_nothing(
    server: SimServer, prepare: Callable[[Relay, NavienClient], None], unbounded: None
) -> None:
    with Relay((server.host, server.port)) as relay:
        base_url = f"http://127.0.0.1:{relay.port}/api/v2.1"
        # The first status goes unanswered soon, which shows a link that stood before the line was cut.
        through = config(server, mqtt_port=relay.port, base_url=base_url, connection=QUICK, reply_timeout=2.0)
        with NavienClient(config=through, wait=False) as navien:
            prepare(relay, navien)
            navien.close()
            assert our_threads() == []
            assert navien.session_state is State.CLOSED
        becomes(lambda: relay.open_connections == 0)


def test_f11_closing_while_the_service_does_not_answer(server: SimServer, unbounded: None) -> None:
    asked, release = threading.Event(), threading.Event()

    def hang(stream: socket.socket) -> None:
        asked.set()
        release.wait()

    with raw_server(hang) as port:
        hanging = config(server, base_url=f"http://127.0.0.1:{port}/api/v2.1", http_timeout=3600.0)
        navien = NavienClient(config=hanging)
        task = Task(navien.__enter__)
        assert asked.wait(PATIENCE)
        navien.close()
        assert our_threads() == []
        with pytest.raises(LinkClosed):
            task.result()
        release.set()


def test_f11_closing_while_a_name_is_looked_up(server: SimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.engine.JOIN", 0.1)
    asked, release = threading.Event(), threading.Event()

    def hang(host: str, port: int) -> list[object]:
        asked.set()
        release.wait()
        return []

    monkeypatch.setattr("navien_sync.engine.resolve", hang)
    with client(server, wait=False) as navien:
        assert asked.wait(PATIENCE)
        navien.close()
    # What nothing can interrupt ends by itself.
    becomes(lambda: our_threads() == ["navien-io"])
    release.set()


# --- F16: nothing there, at start-up as well as later ---------------------------------------------------------


def test_f16_the_first_connection_is_retried_until_it_stands(server: SimServer) -> None:
    with closed_port() as port, client(server, mqtt_port=port, wait=False) as navien:
        stream = navien.events(timeout=PATIENCE)
        retrying = until(stream, Retrying)
        assert f"127.0.0.1:{port} refused the connection" in str(retrying.error)
        becomes(lambda: navien.session_state is State.WAITING)  # it may be trying again already
        assert str(navien.session.problem) == str(retrying.error)
        with Relay((server.host, server.port), port=port):
            until(stream, Connected)
            navien.close()


def test_f16_failing_fast_when_asked_to(server: SimServer) -> None:
    broken = client(server, base_url="http://127.0.0.1:9/api/v2.1", fail_fast=True)
    with pytest.raises(NavienError, match="refused the connection"), broken:
        raise AssertionError


def test_f16_a_name_that_does_not_exist(server: SimServer) -> None:
    with client(server, mqtt_host="broker.invalid", wait=False) as navien:
        retrying = until(navien.events(timeout=PATIENCE), Retrying)
    assert "the host name broker.invalid cannot be resolved" in str(retrying.error)


def test_f16_the_service_is_gone_for_a_while() -> None:
    with closed_port() as port:
        server = SimServer(make_cloud(), port=port)
        with server:
            navien = client(server).__enter__()
            stream = navien.events(timeout=PATIENCE)
        until(stream, Disconnected)
        until(stream, Retrying)
        with server:  # on the same port again
            until(stream, Connected)
            navien.devices[0].status()
            navien.close()


def test_f16_a_system_without_threads_is_a_failed_attempt(
    server: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from navien_sync.workers import Workers

    with client(server, wait=False) as navien:
        stream = navien.events(timeout=PATIENCE)
        until(stream, Connected)
        assert navien._engine is not None
        monkeypatch.setattr(Workers, "run", lambda self, job: False)
        navien._engine._driver.call(lambda now: navien.session._connection.replace("a test", now))
        until(stream, Disconnected)
        assert "no thread left" in str(until(stream, Retrying).error)
        monkeypatch.undo()
        until(stream, Connected)


def test_proven_wrong_credentials_end_a_running_session(server: SimServer) -> None:
    with client(server, password="wrong", wait=False) as navien:
        stream = navien.events(timeout=PATIENCE)
        closed = until(stream, SessionClosed)
        assert isinstance(closed.error, BadCredentials)
        with pytest.raises(BadCredentials):
            next(stream)
        becomes(lambda: our_threads() == [])  # also before the block is left
