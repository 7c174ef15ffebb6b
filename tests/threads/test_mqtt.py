"""What only the blocking MQTT client has: threads, callbacks, forks, an interpreter that ends; and the mirror."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.errors import LinkClosed, UsageError
from navien_proto.mqtt.client_events import Message
from navien_sync.mqtt import MqttClient
from navien_sync.stores.registry import DeviceRegistry, Presence
from tests.support.mosquitto import Mosquitto
from tests.support.served import MACS
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task, client, our_threads

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running.endpoint("mqtt").port


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    becomes(lambda: our_threads() == [])


def test_it_is_offered_by_the_package_and_loaded_late() -> None:
    code = "import sys, navien_sync; assert 'navien_sync.mqtt' not in sys.modules; print(navien_sync.MqttClient)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "navien_sync.mqtt.client.MqttClient" in answer.stdout


def test_callbacks_are_called_in_order_and_what_they_raise_hurts_nobody(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[bytes] = []

    def callback(message: Any) -> None:
        assert isinstance(message, Message)
        heard.append(message.payload)
        if message.payload == b"2":
            raise RuntimeError("a bug of the user's")
        if message.payload == b"3":
            broker.publish("calls/answer", b"from a callback", qos=1)

    with MqttClient() as mqtt:
        broker = mqtt.connect("localhost", port=port)
        calls = broker.add_callback(callback, "calls/+")
        for n in range(5):
            broker.publish("calls/x", b"%d" % n, qos=1)
        becomes(lambda: len(heard) == 6)
        assert [one for one in heard if one.isdigit()] == [b"0", b"1", b"2", b"3", b"4"]
        calls.cancel()
        assert "a callback raised" in caplog.text
        caplog.clear()


def test_many_threads_share_a_connection(port: int) -> None:
    with MqttClient() as mqtt:
        broker = mqtt.connect("localhost", port=port)
        with broker.messages("many/#", timeout=PATIENCE) as messages:

            def tell(number: int) -> None:
                for n in range(50):
                    broker.publish(f"many/{number}", b"%d" % n, qos=1)

            tasks = [Task(partial(tell, number)) for number in range(8)]
            came = [next(messages) for _ in range(400)]
            for task in tasks:
                task.result()
        for n in range(8):
            assert [int(one.payload) for one in came if one.topic == f"many/{n}"] == list(range(50))


def test_waits_are_bounded(port: int) -> None:
    with MqttClient() as mqtt:
        broker = mqtt.connect("localhost", port=port)
        with broker.messages("silence", timeout=0.01) as messages:
            for _ in range(2):
                with pytest.raises(TimeoutError, match=r"in 0\.01 seconds"):
                    next(messages)
        with pytest.raises(TimeoutError, match="withdrawn"):
            broker.retained("silence", timeout=0.0)


def test_closing_ends_every_wait(port: int) -> None:
    mqtt = MqttClient().__enter__()
    broker = mqtt.connect("localhost", port=port)
    with broker.messages("silence") as messages:
        waiting = Task(lambda: next(messages, None))
        mqtt.close()
        assert waiting.result() is None
        with pytest.raises(LinkClosed):
            broker.publish("silence", b"")
    mqtt.close()
    with pytest.raises(UsageError, match="closed"):
        mqtt.connect("localhost", port=port)


def test_a_client_that_was_dropped_lets_its_threads_go(port: int) -> None:
    mqtt = MqttClient().__enter__()
    mqtt.connect("localhost", port=port)
    assert our_threads()
    del mqtt
    becomes(lambda: our_threads() == [])


def test_a_fork_is_refused_with_a_sentence(port: int) -> None:
    with MqttClient() as mqtt:
        broker = mqtt.connect("localhost", port=port)
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that threads and forks do not mix is the point
            child = os.fork()
        if not child:
            try:
                broker.publish("fork", b"")
            except UsageError as error:
                os.write(writing, str(error).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            assert b"forked" in pipe.read()
        broker.publish("fork", b"", qos=1)


@pytest.mark.parametrize("ending", ["falls off its end", "is interrupted"])
def test_the_interpreter_ends_and_says_goodbye(port: int, ending: str) -> None:
    program = f"""
from navien_sync import MqttClient
mqtt = MqttClient().__enter__()
broker = mqtt.connect("localhost", port={port})
try:
    with broker.messages("silence") as messages:
        print("ready", flush=True)
        if {ending == "is interrupted"}:
            next(messages)
except KeyboardInterrupt:
    print("interrupted")
"""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            if ending == "is interrupted":
                process.send_signal(signal.SIGINT)
            said, wrong = process.communicate(timeout=3 * PATIENCE)
        finally:
            process.kill()
    assert wrong == ""
    assert process.returncode == 0
    assert ("interrupted" in said) is (ending == "is interrupted")


def test_it_is_used_inside_with(port: int) -> None:
    mqtt = MqttClient()
    with pytest.raises(UsageError, match="inside 'with'"):
        mqtt.connect("localhost", port=port)
    with mqtt, pytest.raises(UsageError, match="entered once"):
        mqtt.__enter__()
    with MqttClient() as bare, pytest.raises(UsageError, match="no device registry"):
        bare.devices.count()
    with pytest.raises(UsageError, match="give user_id"):
        MqttClient(prefix_topics=True)


def test_heaters_are_mirrored(own_server: SimServer, tmp_path: Path) -> None:
    with DeviceRegistry(tmp_path / "registry.db") as registry, MqttClient("anna", registry=registry) as mqtt:
        with client(own_server) as navien:
            (registered,) = mqtt.mirror(navien)
            assert (registered.id, registered.type) == (MACS[0], "NWP500")
            navien.devices[0].status()
            becomes(lambda: mqtt.devices.get(MACS[0]).last_seen is not None)
            assert mqtt.devices.get(MACS[0]).presence is Presence.ONLINE
        assert mqtt.statistics().devices == 1
