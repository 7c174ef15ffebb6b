"""The blocking client against the simulated cloud on loopback sockets."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

import navien_sync
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
from navien_sync import EventStream, Heater, MemoryStore, NavienClient
from navien_sync.clock import system_clock
from navien_sync.latch import Latch
from tests.support.served import EMAIL, MACS, PASSWORD, config
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task, client, our_threads, until

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def sign_ins(server: SimServer) -> int:
    return server.call(lambda cloud, now: cloud.service._accounts[EMAIL].sign_ins)


def test_the_example_of_the_documentation(server: SimServer) -> None:
    with NavienClient(EMAIL, PASSWORD, **server.settings) as navien:
        heater = navien.devices[0]
        status = heater.status()
        assert status.dhw_temperature is not None
        assert status.in_fahrenheit.dhw_temperature == pytest.approx(status.dhw_temperature * 1.8 + 32, abs=0.1)
        events = heater.events(timeout=PATIENCE)
        result = heater.set_temperature(celsius=50)
        assert result.celsius == 50
        assert result.level is Level.ACCEPTED
        assert not result.held
        assert result.status is not None
        assert result.status.dhw_temperature_setting == 50
        for event in events:
            assert event.at.monotonic > 0
            break
    assert navien.session_state is State.CLOSED


def test_a_fahrenheit_wish_is_sent_as_the_nearest_half_degree(server: SimServer) -> None:
    with client(server) as navien:
        result = navien.heater().set_temperature(fahrenheit=120)
    assert result.celsius == 49.0
    assert result.fahrenheit == pytest.approx(120.2)


def test_what_is_known_can_be_read_without_asking(server: SimServer) -> None:
    with client(server) as navien:
        heater = navien.devices[0]
        assert heater is navien.devices[0]
        assert heater.mac == MACS[0]
        assert heater.name == "Heater 0"
        assert heater.online
        assert MACS[0] not in repr(heater)
        status = heater.status()
        assert heater.last_status is not None
        assert heater.last_status.raw["dhwTemperature"] == status.raw["dhwTemperature"]
        feature = heater.request_feature()
        assert heater.feature is not None
        assert feature.dhw_temperature_max == 65.5
        assert navien.session_state is State.READY


def test_a_set_point_beyond_the_heaters_limits_is_not_sent(server: SimServer) -> None:
    with client(server) as navien:
        with pytest.raises(UsageError, match=r"65\.5 °C"):
            navien.devices[0].set_temperature(celsius=66)
        with pytest.raises(UsageError, match="exactly one"):
            navien.devices[0].set_temperature(celsius=50, fahrenheit=120)


def test_an_expert_sends_what_the_heater_says_it_cannot(server: SimServer) -> None:
    with client(server) as navien:
        heater = navien.devices[0]
        heater.request_feature()
        with pytest.raises(UsageError, match="recirculationUse"):
            navien.submit(PressHotButton(), heater)
        confirmed = navien.submit(PressHotButton(), heater, expert=True)
        assert confirmed.level is Level.ACCEPTED
        with pytest.raises(UsageError, match=r"65\.5 °C"):
            heater.set_temperature(celsius=66, expert=True)


def test_two_heaters_are_told_apart(two_heaters: SimServer) -> None:
    with client(two_heaters) as navien:
        first, second = navien.devices
        assert navien.heater("heater 1") is second
        assert navien.heater(MACS[0][-4:]) is first
        with pytest.raises(UsageError, match="no heater"):
            navien.heater("cellar")
        stream = second.events(timeout=PATIENCE)
        first.status()
        second.set_temperature(celsius=45)
        assert until(stream, CommandConfirmed).device.mac == MACS[1]
        with pytest.raises(UsageError, match="say which one"):
            navien.submit(RequestStatus())
        assert navien.submit(RequestStatus(), MACS[0]).device.mac == MACS[0]


def test_any_command_can_be_submitted(server: SimServer) -> None:
    with client(server) as navien:
        heater = navien.devices[0]
        assert isinstance(heater, Heater)
        heater.request_feature()
        confirmed = navien.submit(SetTemperature(celsius=47.5), heater, level=Level.SENT)
        assert confirmed.level is Level.SENT
        assert confirmed.message is None


# --- entering -------------------------------------------------------------------------------------------------


def test_wrong_credentials_are_said_at_once(own_server: SimServer) -> None:
    with pytest.raises(BadCredentials), client(own_server, password="wrong"):
        raise AssertionError
    assert sign_ins(own_server) == 1


def test_a_time_out_of_entering_tells_what_is_in_the_way(server: SimServer) -> None:
    for seconds in (0.3, 3.0, PATIENCE):  # on a busy machine the first attempt is not over at once
        unreachable = config(server, base_url="http://127.0.0.1:9/api/v2.1")
        with pytest.raises(NavienError) as caught, NavienClient(config=unreachable, connect_timeout=seconds):
            raise AssertionError
        if "refused the connection" in str(caught.value):
            return
        assert str(caught.value) == "the connection took too long"
    raise AssertionError("it does not tell what is in the way")


def test_entering_without_waiting(server: SimServer) -> None:
    with client(server, wait=False) as navien:
        assert until(navien.events(timeout=PATIENCE), StatusReceived).device.mac == MACS[0]
        assert len(navien.devices) == 1


def test_a_configuration_of_the_user_serves(server: SimServer) -> None:
    settings: dict[str, Any] = {**server.settings, "email": EMAIL, "password": PASSWORD}
    with NavienClient.from_config(Config(**settings)) as navien:
        assert len(navien.devices) == 1
    with NavienClient(config=lambda: Config(**settings)) as navien:
        assert len(navien.devices) == 1


def test_the_environment_is_read_on_entering(
    server: SimServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name, value in {**server.settings, "email": EMAIL, "password": PASSWORD}.items():
        if name != "simulated":
            monkeypatch.setenv(f"NAVIEN_{name.upper()}", str(value))
    with NavienClient.from_config() as navien:
        assert len(navien.devices) == 1


def test_settings_are_checked_when_the_client_is_made() -> None:
    with pytest.raises(UsageError, match="interval"):
        NavienClient(EMAIL, PASSWORD, interval=1)
    with pytest.raises(UsageError, match="no such setting"):
        NavienClient(EMAIL, PASSWORD, intervall=60)
    with pytest.raises(UsageError, match="not both"):
        NavienClient(EMAIL, config=Config(email=EMAIL))


def test_a_setting_that_mqtt_cannot_carry_is_said(server: SimServer) -> None:
    with pytest.raises(UsageError, match="client id"), client(server, client_id="küche"):
        raise AssertionError


def test_a_client_is_used_inside_its_block_and_once(server: SimServer) -> None:
    navien = client(server)
    assert navien.session_state is State.IDLE
    for use in (
        lambda: navien.devices,
        navien.events,
        lambda: navien.session,
        lambda: navien.hub,
        lambda: navien.add_callback(print),
    ):
        with pytest.raises(UsageError, match="'with'"):
            use()
    with navien:
        stream = navien.events()
    with pytest.raises(UsageError, match="once"):
        navien.__enter__()
    with pytest.raises(LinkClosed):
        navien.submit(RequestStatus())
    assert isinstance(list(stream)[-1], SessionClosed)
    assert list(navien.events()) == []


# --- waiting --------------------------------------------------------------------------------------------------


def test_a_silent_heater_times_out(own_server: SimServer) -> None:
    with client(own_server, reply_timeout=0.3) as navien:
        own_server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        with pytest.raises(CommandTimedOut) as caught:
            navien.devices[0].status()
        assert isinstance(caught.value, TimeoutError)


def test_a_stream_tells_when_nothing_comes_and_goes_on(server: SimServer) -> None:
    with client(server) as navien:
        heater = navien.devices[0]
        heater.request_feature()
        heater.status()
        stream = heater.events(timeout=0.05)
        with pytest.raises(TimeoutError, match=r"0\.05 seconds"):
            list(stream)
        heater.request_feature()  # when it returns, its event is there
        until(stream, FeatureReceived)


def test_a_stream_ends_in_another_thread_when_it_is_closed(server: SimServer) -> None:
    with client(server) as navien:
        with navien.devices[0].events() as stream:
            task = Task(lambda: list(stream))
            assert not task.done
        events = task.result()
        assert all(not isinstance(event, SessionClosed) for event in events)
        navien.devices[0].status()
        assert list(stream) == []


def test_a_slow_consumer_is_told_what_it_missed(server: SimServer) -> None:
    with client(server) as navien:
        heater = navien.devices[0]
        slow = EventStream(navien.hub, size=2)
        quick = EventStream(navien.hub)
        for _ in range(4):
            heater.status()
    missed = next(slow)
    assert isinstance(missed, EventsMissed)
    assert missed.count >= 4
    assert not isinstance(next(slow), EventsMissed)
    assert sum(isinstance(event, CommandConfirmed) for event in quick) == 4


def test_an_interrupted_wait_withdraws_the_command(own_server: SimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(own_server, reply_timeout=4 * PATIENCE) as navien:
        own_server.call(lambda cloud, now: cloud.set_online(MACS[0], False))
        stream = navien.events(timeout=PATIENCE)
        us, wait = threading.current_thread(), Latch.wait

        def interrupt(self: Latch, timeout: float | None = None) -> bool:
            if threading.current_thread() is us:  # the client's own threads wait for one another too
                raise KeyboardInterrupt
            return wait(self, timeout)

        with monkeypatch.context() as patch:
            patch.setattr(Latch, "wait", interrupt)
            with pytest.raises(KeyboardInterrupt):
                navien.devices[0].status()
        assert isinstance(until(stream, CommandFailed).error, CommandCancelled)
        assert len(navien.hub.waiters) == 0


# --- many threads ---------------------------------------------------------------------------------------------


def test_many_threads_call_at_once(two_heaters: SimServer) -> None:
    with client(two_heaters, reply_timeout=2 * PATIENCE) as navien:
        stream = EventStream(navien.hub, size=10_000)
        go = threading.Event()

        def work(number: int) -> list[str]:
            go.wait()
            heater = navien.devices[number % 2]
            answers = []
            for _ in range(5):
                assert heater.status().raw["dhwTemperature"]
                answers.append(navien.submit(RequestStatus(), heater).device.mac)
                assert navien.session_state is State.READY
                assert heater.last_status is not None
            return answers

        tasks = [Task(lambda number=number: work(number)) for number in range(8)]  # type: ignore[misc]
        go.set()
        for number, task in enumerate(tasks):
            assert task.result(3 * PATIENCE) == [MACS[number % 2]] * 5
        becomes(lambda: len(our_threads()) <= 3)
    confirmed = [event for event in stream if isinstance(event, CommandConfirmed)]
    assert len(confirmed) == len({event.id for event in confirmed}) == 80


# --- what a caller brings -------------------------------------------------------------------------------------


def test_tokens_of_the_store_save_a_sign_in(own_server: SimServer) -> None:
    store = MemoryStore()
    for _ in range(2):
        with NavienClient(config=config(own_server), token_store=store) as navien:
            navien.devices[0].status()
    assert sign_ins(own_server) == 1
    saved = store.load(account_key(EMAIL, own_server.base_url))
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


def test_a_broken_store_prevents_nothing(server: SimServer) -> None:
    with NavienClient(config=config(server), token_store=BrokenStore()) as navien:
        navien.devices[0].status()


class HangingStore(BrokenStore):
    def __init__(self) -> None:
        self.release = threading.Event()

    def load(self, account: str) -> SavedAccount | None:
        self.release.wait()
        return None

    def save(self, account: str, saved: SavedAccount) -> bool:
        self.release.wait()
        return True


def test_a_store_that_hangs_holds_up_neither_the_start_nor_the_end(
    server: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_sync.accounts.PATIENCE", 0.2)
    monkeypatch.setattr("navien_sync.engine.JOIN", 0.2)
    store = HangingStore()
    with NavienClient(config=config(server), token_store=store) as navien:
        navien.devices[0].status()
    # Here we are, and the store hangs still.
    becomes(lambda: set(our_threads()) == {"navien-io"})
    store.release.set()


def test_an_http_client_of_the_caller_is_used_and_left_open(server: SimServer) -> None:
    with httpx.Client() as http:
        with NavienClient(config=config(server), http_client=http) as navien:
            assert len(navien.devices) == 1
        assert not http.is_closed


def test_the_clock_can_be_brought(server: SimServer) -> None:
    read: list[float] = []

    def clock() -> Any:
        now = system_clock()
        read.append(now.monotonic)
        return now

    with NavienClient(config=config(server), clock=clock):
        assert read


def test_everything_public_is_there() -> None:
    for name in navien_sync.__all__:
        assert getattr(navien_sync, name).__doc__
