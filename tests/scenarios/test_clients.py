"""What a client offers beside commands, the same names on asyncio, on trio and in threads."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest

from navien_anyio import NavienClient as AsyncClient
from navien_anyio.simserver import SimServer
from navien_proto.cloud.http import HttpReply
from navien_proto.errors import (
    CloudError,
    CommandCancelled,
    HttpStatusError,
    LinkBroken,
    StoreError,
    UsageError,
)
from navien_proto.session import State
from navien_proto.session.events import CommandConfirmed, RawReceived, StatusReceived
from navien_proto.wire.commands import SetTemperature
from navien_sync import NavienClient
from navien_sync.stores.diagnostics import write_diagnostics
from tests.support.http_server import OneShotHttp
from tests.support.served import EMAIL, PASSWORD, config, make_cloud
from tests.support.stage import SOCKETS, AsyncStage, Blocking, stage
from tests.support.waiting import becomes

TOPIC = "example/elsewhere"


class Client:
    """A client of any harness, blocking, with its stage."""

    def __init__(self, on: Any) -> None:
        self.on = on
        self.does: Any = Blocking(on._portal, on.client) if isinstance(on, AsyncStage) else on.client
        self.heater: Any = on.heater

    def next(self, stream: Any) -> Any:
        """The next of a stream or watch."""
        if isinstance(self.on, AsyncStage):
            return self.on._portal.call(stream.__anext__)
        return next(stream)


@pytest.fixture(params=SOCKETS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    with stage(request.param) as on:
        on.ready()
        yield Client(on)


def test_what_stands_can_be_read(client: Client) -> None:
    found = client.on.client
    assert found.connected
    assert not found.reconnecting
    assert found.reconnect_attempts == 0
    assert found.client_id == found.session.client_id
    statistics = client.does.statistics()
    assert statistics.connections == 1
    assert statistics.state is State.READY


def test_a_watch_shows_the_newest_status_alone(client: Client) -> None:
    watch = client.heater.watch()
    known = client.next(watch)
    assert known is client.on.client.devices[0].last_status
    for celsius in (46.0, 47.0):
        client.heater.set_temperature(celsius=celsius)
    assert client.next(watch).dhw_temperature_setting == 47.0


def test_an_event_is_waited_for_by_its_class_or_a_function(client: Client) -> None:
    found: list[Any] = []

    def wait(what: Any) -> threading.Thread:
        box = client.on.client.hub
        before = len(box._boxes)
        thread = threading.Thread(target=lambda: found.append(client.heater.wait_for(what, 30)))
        thread.start()
        becomes(lambda: len(box._boxes) > before)
        return thread

    waiting = [
        wait(StatusReceived),
        wait((CommandConfirmed, RawReceived)),
        wait(lambda event: isinstance(event, CommandConfirmed)),
    ]
    client.heater.set_temperature(celsius=46)
    for thread in waiting:
        thread.join(30)
    assert sorted(type(event).__name__ for event in found) == [
        "CommandConfirmed",
        "CommandConfirmed",
        "StatusReceived",
    ]
    with pytest.raises(TimeoutError):
        client.does.wait_for(RawReceived, 0.05)


def test_f38_a_callback_that_raises_stops_nothing(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []

    def stumble(event: object) -> None:
        raise RuntimeError("a callback's own mistake")

    bad = client.heater.add_callback(stumble)
    good = client.does.add_callback(seen.append)
    client.heater.status()
    becomes(lambda: any(isinstance(event, CommandConfirmed) for event in seen))
    becomes(lambda: "a callback raised" in caplog.text)
    if isinstance(client.on, AsyncStage):
        for subscription in (bad, good, good):
            client.on._portal.call(subscription.cancel)
    else:
        for subscription in (bad, good, good):
            subscription.cancel()
    count = len(seen)
    client.heater.status()
    assert len(seen) == count


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_f38_coroutine_functions_are_awaited_and_a_slow_one_is_cut_at_the_end(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_anyio.engine.CALLBACKS_END", 0.05)

    async def run() -> None:
        with SimServer(make_cloud()) as server:
            seen: list[object] = []
            stuck = anyio.Event()

            async def keep(event: object) -> None:
                await anyio.lowlevel.checkpoint()
                seen.append(event)

            async def hang(event: object) -> None:
                stuck.set()
                await anyio.sleep_forever()

            async with AsyncClient(config=config(server)) as navien:
                navien.add_callback(keep)
                navien.add_callback(hang)
                await navien.devices[0].status()
                await stuck.wait()
            assert any(isinstance(event, CommandConfirmed) for event in seen)

    anyio.run(run, backend=backend)


def test_the_queue_is_read_and_cleared(client: Client) -> None:
    on = client.on
    on.relay.black_hole = True
    on.relay.reset()
    on.wait(lambda: on.session.state is not State.READY)
    on.begin(SetTemperature(celsius=46))
    queue = client.does.queue if not isinstance(on, AsyncStage) else on.client.queue
    assert [entry.command for entry in queue] == [SetTemperature(celsius=46)]
    assert client.does.clear_queue() == 1
    on.wait(lambda: len(on.ends()) == 1)
    assert isinstance(on.ends()[0].error, CommandCancelled)


def test_the_cloud_is_asked_with_the_session_s_tokens(client: Client) -> None:
    assert client.heater.rest_info().online is True
    assert client.heater.rest_firmware().components
    assert client.heater.rest_tou().plan is None
    assert client.heater.connectivity() is True
    client.does.register_push_token("x", model_name="m", app_version="1", os="o", os_version="1")
    assert client.does.convert_tou([{"label": "x"}]).plans == ()
    assert client.on.sign_ins() == 1


def test_raw_messages(client: Client) -> None:
    stream = client.does.subscribe(TOPIC)
    assert client.does.publish(TOPIC, {"a": 1}) == 0
    assert client.does.publish(TOPIC, b"two", qos=0) is None
    assert [client.next(stream).payload for _ in range(2)] == [b'{"a":1}', b"two"]
    client.does.unsubscribe(TOPIC)
    with pytest.raises(UsageError, match="wildcard"):
        client.does.publish("a/#", b"")
    client.on.relay.black_hole = True
    client.on.relay.reset()
    client.on.wait(lambda: client.on.session.state is not State.READY)
    with pytest.raises(LinkBroken):
        client.does.publish(TOPIC, b"")


def test_diagnostics_hold_no_secret(client: Client, tmp_path: Path) -> None:
    mac = client.on.session.devices[0].mac
    serial = client.on.client.devices[0].feature.controller_serial_number
    client.heater.set_temperature(celsius=46)
    client.does.publish(f"example/{mac}", b'{"password": "canary"}', qos=0)
    report = client.does.diagnostics()
    path = write_diagnostics(report, tmp_path / "report.json")
    text = path.read_text(encoding="utf-8")
    assert json.loads(text)["state"] == "ready"
    assert report["heaters"][0]["feature"]["controllerSwVersion"]
    assert report["versions"]["python"]
    assert report["statistics"]["connections"] == 1
    for secret in (EMAIL, PASSWORD, mac, serial, "canary", "Heater 0", "ASIA"):
        assert secret not in text, secret
    assert os.stat(path).st_mode & 0o077 == 0
    with pytest.raises(StoreError, match="cannot write"):
        write_diagnostics(report, tmp_path / "nowhere" / "report.json")
    assert os.listdir(tmp_path) == ["report.json"]


def test_rates_are_looked_up_with_the_users_own_key(client: Client) -> None:
    rate = {
        "label": "x" * 100,
        "name": "A plan",
        "utility": "Power",
        "energyratestructure": [[{"rate": 0.2}]],
        "energyweekdayschedule": [[0] * 24] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
    }
    large = json.dumps({"items": [rate] * 1500}).encode()
    assert len(large) > 2 << 20
    with OneShotHttp(HttpReply(200, {"content-type": "application/json"}, large)) as service:
        found = client.does.openei_rates("canary-key", "00501", base_url=service.url)
        assert len(found.rates) == 1500
        assert found.rates[0].to_plan().name == "A plan"
        assert b"api_key=canary-key" in service.request
        assert b"authorization" not in service.request.lower()
    refused = json.dumps({"error": {"code": "API_KEY_INVALID", "message": "canary-key is not valid"}}).encode()
    with (
        OneShotHttp(HttpReply(200, {}, refused)) as service,
        pytest.raises(HttpStatusError) as caught,
    ):
        client.does.openei_rates("canary-key", "00501", base_url=service.url)
    assert caught.value.code == 403
    with pytest.raises(CloudError, match="refused the connection"):
        client.does.openei_rates("canary-key", "00501", base_url="http://127.0.0.1:9")


# --- many clients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_twenty_clients_in_one_loop_and_a_task_group_of_the_caller(backend: str) -> None:
    async def run() -> None:
        with SimServer(make_cloud()) as server:
            async with anyio.create_task_group() as tasks:
                clients = [AsyncClient(config=config(server), wait=False, task_group=tasks) for _ in range(20)]
                for navien in clients:
                    await navien.__aenter__()
                for navien in clients:
                    while not navien.connected:
                        await anyio.sleep(0.01)
                assert len({navien.client_id for navien in clients}) == 20
                statuses = [await navien.devices[0].status() for navien in clients]
                assert all(status.dhw_temperature is not None for status in statuses)

                async def leave(navien: AsyncClient) -> None:
                    await navien.__aexit__(None, None, None)

                for navien in clients[1:]:
                    tasks.start_soon(leave, navien)
                # Whoever cancels the group closes what works in it.
                while any(navien.session_state is not State.CLOSED for navien in clients[1:]):
                    await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()
            assert clients[0].session_state is State.CLOSED
            await clients[0].__aexit__(None, None, None)

    anyio.run(run, backend=backend)


def test_twenty_clients_in_threads() -> None:
    with SimServer(make_cloud()) as server, ExitStack() as stack:
        clients = [stack.enter_context(NavienClient(config=config(server))) for _ in range(20)]
        assert all(client.heater().status().dhw_temperature is not None for client in clients)
        assert len({client.client_id for client in clients}) == 20
