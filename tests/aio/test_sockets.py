"""What real sockets do to a client: half-open, reset, slow, garbled, refused, gone; and what it leaves behind.

The scenarios F09, F11, F16 and F38 of the list of failures, over loopback.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import anyio
import pytest

from navien_anyio import MemoryStore, NavienClient
from navien_anyio.simserver import SimServer
from navien_proto.cloud.account import account_key
from navien_proto.errors import BadCredentials, LinkBroken, NavienError
from navien_proto.session import State
from navien_proto.session.events import Connected, DevicesListed, Disconnected, Retrying, SessionClosed
from tests.aio.helpers import becomes, client, until
from tests.support.ports import closed_port
from tests.support.relay import Relay
from tests.support.served import EMAIL, MACS, PASSWORD, QUICK, config, make_cloud
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[SimServer]:
    """One for all: what is under test is on this side of it."""
    with SimServer(make_cloud()) as serving:
        yield serving


@asynccontextmanager
async def relayed(server: SimServer, **changes: Any) -> AsyncIterator[tuple[Relay, NavienClient]]:
    """A client whose link goes through a relay."""
    with Relay((server.host, server.port)) as relay:
        async with client(server, mqtt_port=relay.port, **changes) as navien:
            yield relay, navien


def test_the_relay_relays(server: SimServer) -> None:
    with Relay((server.host, server.port)) as relay, socket.create_connection(("127.0.0.1", relay.port)) as mine:
        mine.sendall(b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert mine.recv(100).startswith(b"HTTP/1.1 404")


# --- F09: half-open -------------------------------------------------------------------------------------------


async def test_f09_a_half_open_link_is_noticed_by_an_unanswered_command(server: SimServer) -> None:
    async with relayed(server, connection=QUICK, reply_timeout=5.0) as (relay, navien):
        heater = navien.devices[0]
        await heater.request_feature()
        stream = navien.events()
        relay.black_hole = True
        async with anyio.create_task_group() as tasks:

            async def wish() -> None:
                with pytest.raises(NavienError):
                    await heater.set_temperature(celsius=48)

            tasks.start_soon(wish)
            lost = await until(stream, Disconnected)
        assert lost.reason
        relay.black_hole = False
        connected = await until(stream, Connected)
        assert connected.link > lost.link
        assert (await heater.status()).dhw_temperature is not None
        await becomes(lambda: relay.open_connections == 1)


async def test_f09_a_half_open_link_is_noticed_by_an_unanswered_ping(server: SimServer) -> None:
    async with relayed(server, connection=QUICK) as (relay, navien):
        stream = navien.events()
        relay.black_hole = True
        # Keep-alive is 30 s at least; asking for a sign of life now is the same path without the wait.
        navien.session._connection.probe(navien._parts.clock())
        navien._engine._driver.nudge()  # type: ignore[union-attr]
        await until(stream, Disconnected)
        relay.black_hole = False
        await until(stream, Connected)


async def test_f09_a_link_that_never_stands_is_given_up(server: SimServer) -> None:
    with Relay((server.host, server.port)) as relay:
        relay.black_hole = True
        async with NavienClient(
            config=config(server, mqtt_port=relay.port, connection=QUICK), wait=False
        ) as navien:
            stream = navien.events()
            retrying = await until(stream, Retrying)
            assert isinstance(retrying.error, LinkBroken)
            relay.black_hole = False
            await until(stream, Connected)


# --- other faults of the line ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset", "close"])
async def test_a_link_that_breaks_comes_back(server: SimServer, fault: str) -> None:
    async with relayed(server) as (relay, navien):
        stream = navien.events()
        await navien.devices[0].status()
        getattr(relay, fault)()
        lost = await until(stream, Disconnected)
        assert not lost.planned
        await until(stream, Connected)
        await navien.devices[0].status()


async def test_garbage_on_the_line_ends_the_link_and_no_more(server: SimServer) -> None:
    async with relayed(server) as (relay, navien):
        stream = navien.events()
        relay.garble = lambda data: bytes(byte ^ 0x5A for byte in data)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(navien.devices[0].status)
            await until(stream, Disconnected)
            relay.garble = None
            await until(stream, Connected)
            # A question is asked again on the new link: the task ends as well.


async def test_a_slow_line_works(server: SimServer) -> None:
    async with relayed(server) as (relay, navien):
        relay.delay = 0.1
        await navien.devices[0].status()


# --- F11: closing is final, bounded and clean -----------------------------------------------------------------


def sockets_to(port: int) -> int:
    """How many sockets of this process are connected to that port."""
    gc.collect()
    found = 0
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() != -1 and thing.family == socket.AF_INET:
            with suppress(OSError):
                found += thing.getpeername()[1] == port
    return found


def all_relayed(server: SimServer, relay: Relay) -> NavienClient:
    """A client with everything through the relay, not waited for."""
    base_url = f"http://127.0.0.1:{relay.port}/api/v2.1"
    # The first status goes unanswered soon, which shows a link that stood before the line was cut.
    settings = config(server, mqtt_port=relay.port, base_url=base_url, connection=QUICK, reply_timeout=2.0)
    return NavienClient(config=settings, wait=False)


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bound is out of reach: what ends, ends by the session's own."""
    monkeypatch.setattr("navien_anyio.driver.CLOSE_CAP", 3600.0)


async def closing_while(server: SimServer, prepare: Callable[[Relay, NavienClient], Awaitable[None]]) -> None:
    with Relay((server.host, server.port)) as relay:
        async with all_relayed(server, relay) as navien:
            await prepare(relay, navien)
            await navien.close()
            assert navien.session_state is State.CLOSED
        await becomes(lambda: sockets_to(relay.port) == 0)
        await becomes(lambda: relay.open_connections == 0)


async def test_f11_closing_while_ready(server: SimServer, unbounded: None) -> None:
    async def prepare(relay: Relay, navien: NavienClient) -> None:
        await until(navien.events(), Connected)

    await closing_while(server, prepare)


async def test_f11_closing_on_a_half_open_link(server: SimServer, unbounded: None) -> None:
    async def prepare(relay: Relay, navien: NavienClient) -> None:
        await until(navien.events(), Connected)
        relay.black_hole = True

    await closing_while(server, prepare)


async def test_f11_closing_during_an_interruption(server: SimServer, unbounded: None) -> None:
    async def prepare(relay: Relay, navien: NavienClient) -> None:
        stream = navien.events()
        await until(stream, Connected)
        relay.black_hole = True
        relay.reset()
        await until(stream, Retrying)

    await closing_while(server, prepare)


async def test_f11_closing_while_the_upgrade_hangs(server: SimServer, unbounded: None) -> None:
    async def prepare(relay: Relay, navien: NavienClient) -> None:
        stream = navien.events()
        await until(stream, DevicesListed)
        relay.black_hole = True
        await until(stream, Retrying)  # the first attempt may have been quicker than we are
        await becomes(lambda: navien.session_state is State.CONNECTING)

    await closing_while(server, prepare)


async def test_f11_closing_at_once(server: SimServer, unbounded: None) -> None:
    async def prepare(relay: Relay, navien: NavienClient) -> None:
        await anyio.lowlevel.checkpoint()

    await closing_while(server, prepare)


# --- F16: nothing there, at start-up as well as later ---------------------------------------------------------


async def test_f16_the_first_connection_is_retried_until_it_stands(server: SimServer) -> None:
    with closed_port() as port:
        async with NavienClient(config=config(server, mqtt_port=port), wait=False) as navien:
            stream = navien.events()
            retrying = await until(stream, Retrying)
            assert f"127.0.0.1:{port} refused the connection" in str(retrying.error)
            await becomes(lambda: navien.session_state is State.WAITING)  # it may be trying again already
            assert str(navien.session.problem) == str(retrying.error)
            with Relay((server.host, server.port), port=port):
                await until(stream, Connected)
                await navien.close()


async def test_f16_failing_fast_when_asked_to(server: SimServer) -> None:
    broken = config(server, base_url="http://127.0.0.1:9/api/v2.1", fail_fast=True)
    with anyio.fail_after(PATIENCE), pytest.raises(NavienError, match="refused the connection"):
        async with NavienClient(config=broken):
            raise AssertionError


async def test_f16_a_name_that_does_not_exist(server: SimServer) -> None:
    navien = NavienClient(config=config(server, mqtt_host="broker.invalid"), wait=False)
    async with navien:
        retrying = await until(navien.events(), Retrying)
    assert "the host name broker.invalid cannot be resolved" in str(retrying.error)


async def test_f16_the_service_is_gone_for_a_while() -> None:
    async with AsyncExitStack() as stack:
        port = stack.enter_context(closed_port())
        server = SimServer(make_cloud(), port=port)
        with server:
            navien = await stack.enter_async_context(client(server))
            stream = navien.events()
        await until(stream, Disconnected)
        await until(stream, Retrying)
        with server:  # on the same port again
            await until(stream, Connected)
            await navien.devices[0].status()
            await navien.close()


async def test_proven_wrong_credentials_end_a_running_session(server: SimServer) -> None:
    navien = NavienClient(config=config(server, password="wrong"), wait=False)
    async with navien:
        stream = navien.events()
        closed = await until(stream, SessionClosed)
        assert isinstance(closed.error, BadCredentials)
        with pytest.raises(BadCredentials):
            await stream.__anext__()


# --- cancellation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0.0, 0.002, 0.005, 0.02, 0.05, 0.1])
async def test_cancelling_while_entering_leaves_nothing(server: SimServer, after: float) -> None:
    with Relay((server.host, server.port)) as relay:
        with anyio.move_on_after(after):
            navien = NavienClient(
                config=config(server, mqtt_port=relay.port, base_url=f"http://127.0.0.1:{relay.port}/api/v2.1")
            )
            async with navien:
                await anyio.sleep_forever()
        await becomes(lambda: sockets_to(relay.port) == 0)
        await becomes(lambda: relay.open_connections == 0)


async def test_cancelling_the_body_closes_in_good_order(server: SimServer) -> None:
    with Relay((server.host, server.port)) as relay:
        navien = all_relayed(server, relay)
        async with anyio.create_task_group() as tasks, navien:
            stream = navien.events()
            await until(stream, Connected)
            tasks.cancel_scope.cancel()
            await anyio.sleep_forever()
        assert navien.session_state is State.CLOSED
        await becomes(lambda: sockets_to(relay.port) == 0)
        last = [event async for event in stream][-1]
        assert isinstance(last, SessionClosed)
        assert last.error is None


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
@pytest.mark.parametrize("twice", [False, True])
async def test_a_task_cancelled_the_way_of_asyncio_leaves_nothing_either(server: SimServer, twice: bool) -> None:
    ready = anyio.Event()

    async def body(navien: NavienClient) -> None:
        async with navien:
            await until(navien.events(), Connected)
            ready.set()
            await anyio.sleep_forever()

    with Relay((server.host, server.port)) as relay:
        navien = all_relayed(server, relay)
        task = asyncio.ensure_future(body(navien))
        await ready.wait()
        task.cancel()
        if twice:
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await becomes(lambda: sockets_to(relay.port) == 0)
        await becomes(lambda: relay.open_connections == 0)


# --- F22: secrets ---------------------------------------------------------------------------------------------


async def test_f22_no_log_shows_a_secret(server: SimServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = MemoryStore()
    async with NavienClient(config=config(server), token_store=store) as navien:
        await navien.devices[0].set_temperature(celsius=50)
        shown = [repr(event) async for event in _until_closed(navien)]
    saved = store.load(account_key(EMAIL, server.base_url))
    assert saved is not None
    assert saved.tokens is not None
    secrets = [str(value) for value in saved.tokens.to_dict().values()]
    ours = [record for record in caplog.records if record.threadName != "navien-simserver"]
    text = "\n".join([record.getMessage() for record in ours] + shown + [repr(saved), repr(navien.session)])
    for secret in (EMAIL, PASSWORD, MACS[0], "X-Amz-Signature", *secrets):
        if not secret.startswith("20"):  # expiries are none
            assert secret not in text


async def _until_closed(navien: NavienClient) -> AsyncIterator[object]:
    stream = navien.events()
    await navien.devices[0].status()
    await navien.close()
    async for event in stream:
        yield event
