"""The client against the simulated cloud on loopback sockets."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

import navien_anyio
from navien_anyio import Heater, MemoryStore, NavienClient
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.cloud.account import SavedAccount, account_key
from navien_proto.config import Config
from navien_proto.errors import (
    BadCredentials,
    CommandCancelled,
    CommandTimedOut,
    LinkClosed,
    NavienError,
    UsageError,
)
from navien_proto.session import State
from navien_proto.session.events import (
    CommandConfirmed,
    CommandFailed,
    EventsMissed,
    FeatureReceived,
    Level,
    SessionClosed,
    StatusReceived,
)
from navien_proto.wire.commands import PressHotButton, RequestStatus, SetTemperature
from tests.aio.helpers import becomes, client, until
from tests.support.served import EMAIL, MACS, PASSWORD, config
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


def sign_ins(server: SimServer) -> int:
    return server.call(lambda cloud, now: cloud.service._accounts[EMAIL].sign_ins)


async def test_the_example_of_the_documentation(server: SimServer) -> None:
    async with NavienClient(EMAIL, PASSWORD, **server.settings) as navien:
        heater = navien.devices[0]
        events = heater.events()
        status = await heater.status()
        assert status.dhw_temperature is not None
        assert status.in_fahrenheit.dhw_temperature == pytest.approx(status.dhw_temperature * 1.8 + 32, abs=0.1)
        result = await heater.set_temperature(celsius=50)
        assert result.celsius == 50
        assert result.level is Level.ACCEPTED
        assert not result.held
        assert result.status is not None
        assert result.status.dhw_temperature_setting == 50
        async for event in events:
            assert isinstance(event, StatusReceived | FeatureReceived)
            break
    assert navien.session_state is State.CLOSED


async def test_a_fahrenheit_wish_is_sent_as_the_nearest_half_degree(server: SimServer) -> None:
    async with client(server) as navien:
        result = await navien.heater().set_temperature(fahrenheit=120)
    assert result.celsius == 49.0
    assert result.fahrenheit == pytest.approx(120.2)


async def test_what_is_known_can_be_read_without_asking(server: SimServer) -> None:
    async with client(server) as navien:
        heater = navien.devices[0]
        assert heater is navien.devices[0]
        assert heater.mac == MACS[0]
        assert heater.name == "Heater 0"
        assert heater.online
        assert MACS[0] not in repr(heater)
        assert MACS[0] not in repr(navien.devices)
        status = await heater.status()
        assert heater.last_status is not None
        assert heater.last_status.raw["dhwTemperature"] == status.raw["dhwTemperature"]
        feature = await heater.request_feature()
        assert heater.feature is not None
        assert feature.dhw_temperature_max == 65.5
        assert navien.session_state is State.READY


async def test_a_set_point_beyond_the_heaters_limits_is_not_sent(server: SimServer) -> None:
    async with client(server) as navien:
        with pytest.raises(UsageError, match=r"65\.5 °C"):
            await navien.devices[0].set_temperature(celsius=66)
        with pytest.raises(UsageError, match="exactly one"):
            await navien.devices[0].set_temperature(celsius=50, fahrenheit=120)


async def test_an_expert_sends_what_the_heater_says_it_cannot(server: SimServer) -> None:
    async with client(server) as navien:
        heater = navien.devices[0]
        await heater.request_feature()
        with pytest.raises(UsageError, match="recirculationUse"):
            await navien.submit(PressHotButton(), heater)
        confirmed = await navien.submit(PressHotButton(), heater, expert=True)
        assert confirmed.level is Level.ACCEPTED
        with pytest.raises(UsageError, match=r"65\.5 °C"):
            await heater.set_temperature(celsius=66, expert=True)


async def test_two_heaters_are_told_apart(two_heaters: SimServer) -> None:
    async with client(two_heaters) as navien:
        first, second = navien.devices
        assert navien.heater("heater 1") is second
        assert navien.heater(MACS[0][-4:]) is first
        with pytest.raises(UsageError, match="no heater"):
            navien.heater("cellar")
        stream = second.events()
        await first.status()
        await second.set_temperature(celsius=45)
        confirmed = await until(stream, CommandConfirmed)
        assert confirmed.device.mac == MACS[1]
        with pytest.raises(UsageError, match="say which one"):
            await navien.submit(RequestStatus())
        answer = await navien.submit(RequestStatus(), MACS[0])
        assert answer.device.mac == MACS[0]


async def test_wrong_credentials_are_said_at_once(server: SimServer) -> None:
    with anyio.fail_after(PATIENCE), pytest.raises(BadCredentials):
        async with client(server, password="wrong"):
            raise AssertionError
    assert sign_ins(server) == 1


async def test_a_time_out_of_entering_tells_what_is_in_the_way(server: SimServer) -> None:
    for seconds in (0.3, 3.0, PATIENCE):  # on a busy machine the first attempt is not over at once
        unreachable = config(server, base_url="http://127.0.0.1:9/api/v2.1")
        with pytest.raises(NavienError) as caught:
            async with NavienClient(config=unreachable, connect_timeout=seconds):
                raise AssertionError
        if "refused the connection" in str(caught.value):
            return
        assert str(caught.value) == "the connection took too long"
    raise AssertionError("it does not tell what is in the way")


async def test_entering_without_waiting(server: SimServer) -> None:
    navien = NavienClient(config=config(server), wait=False)
    async with navien:
        assert navien.devices == ()
        stream = navien.events()
        event = await until(stream, StatusReceived)
        assert event.device.mac == MACS[0]
        assert len(navien.devices) == 1


async def test_a_configuration_of_the_user_serves(server: SimServer) -> None:
    settings: dict[str, Any] = {**server.settings, "email": EMAIL, "password": PASSWORD}
    async with NavienClient.from_config(Config(**settings)) as navien:
        assert len(navien.devices) == 1
    async with NavienClient(config=lambda: Config(**settings)) as navien:
        assert len(navien.devices) == 1


async def test_the_environment_is_read_on_entering(
    server: SimServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name, value in {**server.settings, "email": EMAIL, "password": PASSWORD}.items():
        if name != "simulated":
            monkeypatch.setenv(f"NAVIEN_{name.upper()}", str(value))
    async with NavienClient.from_config() as navien:
        assert len(navien.devices) == 1


def test_settings_are_checked_when_the_client_is_made() -> None:
    with pytest.raises(UsageError, match="interval"):
        NavienClient(EMAIL, PASSWORD, interval=1)
    with pytest.raises(UsageError, match="no such setting"):
        NavienClient(EMAIL, PASSWORD, intervall=60)
    with pytest.raises(UsageError, match="e-mail"):
        NavienClient()
    with pytest.raises(UsageError, match="not both"):
        NavienClient(EMAIL, config=Config(email=EMAIL))


async def test_a_client_is_used_inside_its_block_and_once(server: SimServer) -> None:
    navien = client(server)
    assert navien.session_state is State.IDLE
    for use in (lambda: navien.devices, navien.events, lambda: navien.session, lambda: navien.hub):
        with pytest.raises(UsageError, match="async with"):
            use()
    async with navien:
        stream = navien.events()
    with pytest.raises(UsageError, match="once"):
        await navien.__aenter__()
    with pytest.raises(LinkClosed):
        await navien.submit(RequestStatus())
    assert [event async for event in stream][-1:] != []
    assert [event async for event in navien.events()] == []


async def test_closing_is_final_and_may_be_repeated(server: SimServer) -> None:
    async with client(server) as navien:
        stream = navien.events()
        await navien.close()
        await navien.close()
        assert navien.session_state is State.CLOSED
        events = [event async for event in stream]
        assert events[-1] == SessionClosed(events[-1].at, None)
        with pytest.raises(LinkClosed):
            await navien.devices[0].status()
    await navien.close()
    unused = client(server)
    await unused.close()
    with pytest.raises(UsageError):
        await unused.__aenter__()


async def test_closing_while_entering_ends_the_entering(server: SimServer) -> None:
    navien = NavienClient(config=config(server, base_url="http://127.0.0.1:9/api/v2.1"))
    async with anyio.create_task_group() as tasks:

        async def close_soon() -> None:
            await becomes(lambda: navien.session_state is State.WAITING)
            await navien.close()

        tasks.start_soon(close_soon)
        with anyio.fail_after(PATIENCE), pytest.raises(LinkClosed):
            async with navien:
                raise AssertionError


async def test_a_command_in_flight_ends_when_the_client_closes(server: SimServer) -> None:
    async with client(server, reply_timeout=4 * PATIENCE) as navien:
        server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                with pytest.raises(CommandCancelled):
                    await navien.devices[0].status()

            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            await navien.close()


async def test_a_silent_heater_times_out(server: SimServer) -> None:
    async with client(server, reply_timeout=0.3) as navien:
        server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        with anyio.fail_after(PATIENCE), pytest.raises(CommandTimedOut) as caught:
            await navien.devices[0].status()
        assert isinstance(caught.value, TimeoutError)


async def test_a_cancelled_wait_withdraws_the_command(server: SimServer) -> None:
    async with client(server, reply_timeout=4 * PATIENCE) as navien:
        server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        stream = navien.events()
        with anyio.move_on_after(0.1) as scope:
            await navien.devices[0].status()
        assert scope.cancelled_caught
        failed = await until(stream, CommandFailed)
        assert isinstance(failed.error, CommandCancelled)
        assert len(navien.hub.waiters) == 0


async def test_what_the_body_raises_comes_out_as_it_is(server: SimServer) -> None:
    with pytest.raises(ZeroDivisionError):
        async with client(server):
            raise ZeroDivisionError


async def test_a_slow_consumer_is_told_and_a_raising_one_hurts_nobody(
    server: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(server) as navien:
        heater = navien.devices[0]
        slow = navien_anyio.EventStream(navien.hub, size=2)
        quick = heater.events()
        seen: list[object] = []

        async def consume() -> None:
            seen.extend([event async for event in quick])

        async def stumble() -> None:
            async for _ in heater.events():
                raise RuntimeError("a consumer's own mistake")

        async def raise_soon() -> None:
            with pytest.raises(RuntimeError):
                await stumble()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(consume)
            tasks.start_soon(raise_soon)
            for _ in range(4):
                await heater.status()
            await anyio.sleep(0)
            await quick.aclose()
        missed = await slow.__anext__()
        assert isinstance(missed, EventsMissed)
        assert missed.count >= 4
        assert not isinstance(await slow.__anext__(), EventsMissed)
        assert sum(isinstance(event, CommandConfirmed) for event in seen) == 4


async def test_a_stream_in_a_block_ends_with_it(server: SimServer) -> None:
    async with client(server) as navien:
        async with navien.events() as stream:
            await navien.devices[0].request_feature()
            await until(stream, FeatureReceived)
        rest = [event async for event in stream]
        await navien.devices[0].status()
        assert [event async for event in stream] == []
        assert all(not isinstance(event, SessionClosed) for event in rest)


async def test_tokens_of_the_store_save_a_sign_in(server: SimServer) -> None:
    store = MemoryStore()
    for _ in range(2):
        async with NavienClient(config=config(server), token_store=store) as navien:
            await navien.devices[0].status()
    assert sign_ins(server) == 1
    saved = store.load(account_key(EMAIL, server.base_url))
    assert saved is not None
    assert saved.tokens is not None


class BrokenStore:
    problem: str | None = None

    def load(self, account: str) -> SavedAccount | None:
        raise RuntimeError("no")

    def save(self, account: str, saved: SavedAccount) -> bool:
        raise RuntimeError("no")

    def forget(self, account: str) -> bool:
        raise RuntimeError("no")


async def test_a_broken_store_prevents_nothing(server: SimServer) -> None:
    async with NavienClient(config=config(server), token_store=BrokenStore()) as navien:
        await navien.devices[0].status()


async def test_an_http_client_of_the_caller_is_used_and_left_open(server: SimServer) -> None:
    async with httpx.AsyncClient() as http:
        async with NavienClient(config=config(server), http_client=http) as navien:
            assert len(navien.devices) == 1
        assert not http.is_closed


async def test_any_command_can_be_submitted(server: SimServer) -> None:
    async with client(server) as navien:
        heater = navien.devices[0]
        assert isinstance(heater, Heater)
        await heater.request_feature()
        confirmed = await navien.submit(SetTemperature(celsius=47.5), heater, level=Level.SENT)
        assert confirmed.level is Level.SENT
        assert confirmed.message is None


async def test_a_bug_inside_is_told_plainly_not_in_a_group(
    server: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use() -> None:
        async with client(server) as navien:
            stream = navien.events()
            monkeypatch.setattr(navien.session, "handle", lambda report, now: 1 // 0)
            with pytest.raises(NavienError, match="internal error"):
                await navien.devices[0].status()
            with pytest.raises(NavienError, match="internal error"):
                await until(stream, SessionClosed)

    with anyio.fail_after(PATIENCE), pytest.raises(NavienError, match="internal error") as caught:
        await use()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_the_clock_can_be_brought(server: SimServer) -> None:
    read: list[float] = []

    def clock() -> Any:
        now = system_clock()
        read.append(now.monotonic)
        return now

    async with NavienClient(config=config(server), clock=clock):
        assert read


def test_everything_public_is_there() -> None:
    for name in navien_anyio.__all__:
        assert getattr(navien_anyio, name).__doc__
