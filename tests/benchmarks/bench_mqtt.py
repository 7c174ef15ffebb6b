"""MqttClient beside the clients that people use: ``python -m tests.benchmarks.bench_mqtt``.

Each client runs in a process of its own, over WebSocket, against :mod:`tests.benchmarks.mqtt_source`. Received
messages of 3 KB at QoS 0 per second of the process's CPU time, microseconds from publish to acknowledgement at
QoS 1 one after the other, and peak resident memory. The best of several rounds counts, the clients by turns.
awscrt is there twice: with a callback in its own thread that only counts, and with one that hands each message to
an asyncio program, as its users do.
With the dependency group ``bench`` installed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

MESSAGES, PUBLISHES, ROUNDS = 20_000, 1_000, 3
TOPIC, BODY = "bench/status", b"x" * 3072


class Result:
    """What one client measured of itself."""

    def __init__(self) -> None:
        self.cpu = self.latency = 0.0

    def heard(self, began: float) -> None:
        """Every message came; ``began`` is the CPU time before."""
        self.cpu = MESSAGES / (process_time() - began)

    def told(self, began: float) -> None:
        """Every publish was acknowledged."""
        self.latency = (perf_counter() - began) / PUBLISHES * 1e6

    def print(self) -> None:
        """For the process that compares."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([self.cpu, self.latency, peak]), flush=True)


async def anyio_client(port: int, result: Result) -> None:
    """Ours, on the backend that runs."""
    from navien_anyio import MqttClient

    async with MqttClient() as mqtt:
        broker = await mqtt.connect(f"ws://127.0.0.1:{port}/mqtt")
        async with broker.messages(TOPIC, qos=0, size=100_000) as messages:
            began = process_time()
            await broker.publish(f"go/{MESSAGES}", b"")
            left = MESSAGES
            async for _ in messages:
                left -= 1
                if not left:
                    break
            result.heard(began)
        clock = perf_counter()
        for _ in range(PUBLISHES):
            await broker.publish("t", BODY, qos=1)
        result.told(clock)


def navien_asyncio(port: int, result: Result) -> None:
    """Ours on asyncio."""
    import anyio

    anyio.run(anyio_client, port, result, backend="asyncio")


def navien_trio(port: int, result: Result) -> None:
    """Ours on trio."""
    import anyio

    anyio.run(anyio_client, port, result, backend="trio")


def navien_threads(port: int, result: Result) -> None:
    """Ours in threads."""
    from navien_sync import MqttClient

    with MqttClient() as mqtt:
        broker = mqtt.connect(f"ws://127.0.0.1:{port}/mqtt")
        with broker.messages(TOPIC, qos=0, size=100_000) as messages:
            began = process_time()
            broker.publish(f"go/{MESSAGES}", b"")
            for left in range(MESSAGES - 1, -1, -1):
                next(messages)
                if not left:
                    break
            result.heard(began)
        clock = perf_counter()
        for _ in range(PUBLISHES):
            broker.publish("t", BODY, qos=1)
        result.told(clock)


def aiomqtt(port: int, result: Result) -> None:
    """aiomqtt, on asyncio."""
    import asyncio

    import aiomqtt as theirs

    async def run() -> None:
        async with theirs.Client(
            "127.0.0.1", port, transport="websockets", websocket_path="/mqtt", max_queued_incoming_messages=100_000
        ) as client:
            await client.subscribe(TOPIC, qos=0)
            began = process_time()
            await client.publish(f"go/{MESSAGES}", b"")
            left = MESSAGES
            async for _ in client.messages:
                left -= 1
                if not left:
                    break
            result.heard(began)
            clock = perf_counter()
            for _ in range(PUBLISHES):
                await client.publish("t", BODY, qos=1)
            result.told(clock)

    asyncio.run(run())


def paho(port: int, result: Result) -> None:
    """paho-mqtt, with its thread."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client: Any = Client(CallbackAPIVersion.VERSION2, transport="websockets")
    client.ws_set_options(path="/mqtt")
    subscribed, over = threading.Event(), threading.Event()
    count = 0

    def message(*_args: object) -> None:
        nonlocal count
        count += 1
        if count == MESSAGES:
            over.set()

    client.on_connect = lambda *_args: client.subscribe(TOPIC, 0)
    client.on_subscribe = lambda *_args: subscribed.set()
    client.on_message = message
    client.connect("127.0.0.1", port)
    client.loop_start()
    subscribed.wait(30)
    began = process_time()
    client.publish(f"go/{MESSAGES}", b"")
    over.wait(120)
    result.heard(began)
    clock = perf_counter()
    for _ in range(PUBLISHES):
        client.publish("t", BODY, qos=1).wait_for_publish(30)
    result.told(clock)
    client.disconnect()
    client.loop_stop()


def awscrt_connection(port: int) -> Any:
    """A connection of awscrt's that stands."""
    from awscrt import io, mqtt

    loop: Any = io.EventLoopGroup(1)
    bootstrap: Any = io.ClientBootstrap(loop, io.DefaultHostResolver(loop))
    connection: Any = mqtt.Connection(
        mqtt.Client(bootstrap), "127.0.0.1", port, "bench", use_websockets=True, websocket_handshake_transform=None
    )
    connection.connect().result(30)
    return connection


def awscrt(port: int, result: Result) -> None:
    """awscrt, which is C."""
    from awscrt import mqtt

    connection = awscrt_connection(port)
    over = threading.Event()
    count = 0

    def message(*_args: object, **_options: object) -> None:
        nonlocal count
        count += 1
        if count == MESSAGES:
            over.set()

    connection.subscribe(TOPIC, mqtt.QoS.AT_MOST_ONCE, message)[0].result(30)
    began = process_time()
    connection.publish(f"go/{MESSAGES}", b"", mqtt.QoS.AT_MOST_ONCE)
    over.wait(120)
    result.heard(began)
    clock = perf_counter()
    for _ in range(PUBLISHES):
        connection.publish("t", BODY, mqtt.QoS.AT_LEAST_ONCE)[0].result(30)
    result.told(clock)
    connection.disconnect().result(30)


def awscrt_asyncio(port: int, result: Result) -> None:
    """awscrt under a program on asyncio."""
    import asyncio

    from awscrt import mqtt

    async def run() -> None:
        connection, loop = awscrt_connection(port), asyncio.get_running_loop()
        messages: asyncio.Queue[bytes] = asyncio.Queue()

        def message(topic: str, payload: bytes, **_options: object) -> None:
            loop.call_soon_threadsafe(messages.put_nowait, payload)

        subscribed, _ = connection.subscribe(TOPIC, mqtt.QoS.AT_MOST_ONCE, message)
        await asyncio.wrap_future(subscribed)
        began = process_time()
        connection.publish(f"go/{MESSAGES}", b"", mqtt.QoS.AT_MOST_ONCE)
        for _ in range(MESSAGES):
            await messages.get()
        result.heard(began)
        clock = perf_counter()
        for _ in range(PUBLISHES):
            await asyncio.wrap_future(connection.publish("t", BODY, mqtt.QoS.AT_LEAST_ONCE)[0])
        result.told(clock)
        await asyncio.wrap_future(connection.disconnect())

    asyncio.run(run())


CLIENTS: dict[str, Callable[[int, Result], None]] = {
    "navien asyncio": navien_asyncio,
    "navien trio": navien_trio,
    "navien threads": navien_threads,
    "aiomqtt": aiomqtt,
    "paho-mqtt": paho,
    "awscrt": awscrt,
    "awscrt asyncio": awscrt_asyncio,
}


def measured(name: str, port: str) -> list[float]:
    """One client, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_mqtt", name, port]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    figures: list[float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure side by side and print."""
    source = [sys.executable, "-m", "tests.benchmarks.mqtt_source"]
    with subprocess.Popen(source, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = server.stdout.readline().strip()
            rounds = [{name: measured(name, port) for name in CLIENTS} for _ in range(ROUNDS)]
        finally:
            server.kill()
    best = {
        name: (
            max(figures[name][0] for figures in rounds),
            min(figures[name][1] for figures in rounds),
            min(figures[name][2] for figures in rounds),
        )
        for name in CLIENTS
    }
    his, c = best["aiomqtt"], best["awscrt"]
    heads = ("msg/CPU s", "×aiomqtt", "CPU÷awscrt", "µs ack", "÷aiomqtt", "MB", "÷awscrt")
    print(f"{'':16}" + "".join(f"{head:>12}" for head in heads))
    for name, (cpu, latency, peak) in best.items():
        speed, delay = (f"{cpu:.0f}", cpu / his[0], c[0] / cpu), (f"{latency:.0f}", latency / his[1])
        figures = (*speed, *delay, f"{peak:.1f}", peak / c[2])
        cells = (figure if isinstance(figure, str) else f"{figure:.2f}" for figure in figures)
        print(f"{name:16}" + "".join(f"{cell:>12}" for cell in cells))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        outcome = Result()
        CLIENTS[sys.argv[1]](int(sys.argv[2]), outcome)
        outcome.print()
    else:
        main()
