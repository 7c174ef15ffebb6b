"""What only the asynchronous MQTT client has: cancellation, tasks of the same loop; and the mirror."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from navien_anyio import MqttClient
from navien_anyio.simserver import SimServer
from navien_proto.errors import UsageError
from navien_sync.stores.registry import DeviceRegistry, Presence
from tests.aio.helpers import client
from tests.support.mosquitto import Mosquitto
from tests.support.served import MACS
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running.endpoint("mqtt").port


def test_it_is_offered_by_the_package_and_loaded_late() -> None:
    code = "import sys, navien_anyio; assert 'anyio' not in sys.modules; print(navien_anyio.MqttClient)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "navien_anyio.mqtt.client.MqttClient" in answer.stdout


async def test_a_cancelled_wait_withdraws_what_was_asked(port: int) -> None:
    async with MqttClient() as mqtt:
        broker = await mqtt.connect("localhost", port=port)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await broker.subscribe("never")
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with broker.messages("never either"):
                pytest.fail("it was cancelled")
        assert scope.cancelled_caught
        assert broker.subscriptions == {}
        await broker.publish("still/there", b"", qos=1)


async def test_cancelling_whoever_holds_the_client_leaves_nothing_behind(port: int) -> None:
    with anyio.CancelScope() as scope:
        async with MqttClient() as mqtt:
            broker = await mqtt.connect("localhost", port=port)
            scope.cancel()
            await checkpoint()
    assert scope.cancelled_caught
    assert broker.closed
    assert mqtt.connections[0].closed


async def test_tasks_share_a_connection(port: int) -> None:
    async with MqttClient() as mqtt:
        broker = await mqtt.connect("localhost", port=port)
        async with broker.messages("shared/#") as messages, anyio.create_task_group() as tasks:
            for n in range(50):
                tasks.start_soon(broker.publish, f"shared/{n}", b"")
            with anyio.fail_after(PATIENCE):
                came = {(await anext(messages)).topic for _ in range(50)}
    assert len(came) == 50


async def test_it_is_used_inside_async_with() -> None:
    mqtt = MqttClient()
    with pytest.raises(UsageError, match="inside 'async with'"):
        await mqtt.connect("localhost")
    async with mqtt:
        with pytest.raises(UsageError, match="entered once"):
            await mqtt.__aenter__()
        with pytest.raises(UsageError, match="no device registry"):
            await mqtt.devices.count()
    with pytest.raises(UsageError, match="give user_id"):
        MqttClient(prefix_topics=True)


async def test_heaters_are_mirrored(server: SimServer, tmp_path: Path) -> None:
    with DeviceRegistry(tmp_path / "registry.db") as registry:
        async with MqttClient("anna", registry=registry) as mqtt:
            async with client(server) as navien:
                (registered,) = await mqtt.mirror(navien)
                assert (registered.id, registered.type) == (MACS[0], "NWP500")
                await navien.devices[0].status()
                with anyio.fail_after(PATIENCE):
                    while (await mqtt.devices.get(MACS[0])).last_seen is None:
                        await anyio.sleep(0.005)
                assert (await mqtt.devices.get(MACS[0])).presence is Presence.ONLINE
            assert (await mqtt.statistics()).devices == 1
