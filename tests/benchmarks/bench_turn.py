"""One turn of a session against nwp500-python 6.1.1: ``python -m tests.benchmarks.bench_turn``.

From the bytes of a status message to what the application is told. Ours: ``handle``, ``actions``, ``events`` and
``next_timer`` of a session that is connected. Theirs: the handler that their subscription to a device's status
installs, which decodes, compares with the state before and emits events; their coroutines are run to the end where
they are handed over, without an event loop, which costs them more in earnest. On both sides one listener hears
every status. The sides take turns; the best of many short repeats counts.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from itertools import cycle
from random import Random
from time import thread_time
from types import SimpleNamespace
from typing import Any

from navien_proto import Session, SessionConfig
from navien_proto.jsontext import ENGINE
from navien_proto.session import State
from navien_proto.session.events import StatusReceived
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.world import World
from tests.benchmarks.bench_decode import INSISTED
from tests.proto.wire import examples

TARGET = 0.5
# More than a session remembers of answers: none is a duplicate when its turn comes again.
MESSAGES, REPEATS, TURNS = 120, 300, 40


def payloads() -> list[bytes]:
    """Statuses as they come, each under a session id of its own: other temperatures and power in every one.

    In one of ten the compressor has started or stopped, in one of forty the set point is another.
    """
    found = []
    for number in range(MESSAGES):
        form = examples.status()
        form["sessionID"] = str(1768478400123 + number)
        status = form["response"]["status"]
        running = number // 10 % 2 == 0
        status.update(dict.fromkeys(INSISTED, 1))
        status.update(
            compUse=2 if running else 1,
            currentInstPower=420 + number % 7 if running else 0,
            dhwTemperature=110 + number % 5,
            tankUpperTemperature=560 + number % 9,
            dhwTemperatureSetting=117 if number // 40 % 2 else 121,
        )
        found.append(examples.encode(form))
    return found


def ours(messages: list[bytes]) -> Callable[[], None]:
    """A turn of a session that is connected."""
    rng = Random(1)
    cloud = SimCloud(rng=rng)
    world = World(cloud)
    account = cloud.add_account("user@example.com", "not-a-real-password")
    heater = Heater(HeaterConfig(mac=examples.MAC), rng=rng, started=world.now.utc)
    cloud.add_heater(account, heater, world.now)
    config = SessionConfig(email="user@example.com", password="not-a-real-password")
    session = Session(config, rng=rng, new_id=lambda: "0000abcd")
    peer = world.join(session)
    world.tell(peer, session.start)
    world.run_until(lambda: session.state is State.READY)
    world.run(60.0)
    link, now = peer.opened, world.now
    reports = cycle([MessageReceived(link, examples.ACK_TOPIC, message) for message in messages])
    heard: deque[object] = deque(maxlen=1)

    def turn() -> None:
        session.handle(next(reports), now)
        session.actions()
        heard.extend(event.status for event in session.events() if isinstance(event, StatusReceived))
        session.next_timer()

    turn()
    if len(heard) != 1:
        raise RuntimeError("the session did not take the message")
    return turn


def theirs(messages: list[bytes]) -> Callable[[], None]:
    """What their client does with a message, from the callback of its MQTT library on."""
    from nwp500.events import EventEmitter
    from nwp500.mqtt_subscriptions import MqttSubscriptionManager

    logging.getLogger("nwp500").setLevel(logging.WARNING)

    class Connection:
        """Grants every subscription at once."""

        def subscribe(self, **_given: Any) -> tuple[Future[dict[str, int]], int]:
            granted: Future[dict[str, int]] = Future()
            granted.set_result({"qos": 1})
            return granted, 1

    def run(coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("it waits for something")

    heard: deque[object] = deque(maxlen=1)
    emitter = EventEmitter()
    manager = MqttSubscriptionManager(Connection(), examples.CLIENT, emitter, run)
    emitter.on("status_received", heard.append)
    device: Any = SimpleNamespace(device_info=SimpleNamespace(mac_address=examples.MAC, device_type=52))

    import asyncio

    asyncio.run(manager.subscribe_device_status(device, lambda _status: None))
    ahead = cycle(messages)

    def turn() -> None:
        manager._on_message_received(examples.ACK_TOPIC, next(ahead))

    turn()
    if len(heard) != 1:
        raise RuntimeError("they did not take the message")
    return turn


def main() -> int:
    """Measure and print; 1 when it takes too long."""
    messages = payloads()
    sides = (ours(messages), theirs(messages))
    best = [float("inf"), float("inf")]
    for _ in range(REPEATS):
        for index, turn in enumerate(sides):
            started = thread_time()
            for _ in range(TURNS):
                turn()
            best[index] = min(best[index], (thread_time() - started) / TURNS)
    ratio = best[0] / best[1]
    size = len(messages[0])
    print(f"one turn, {size} bytes, {ENGINE.name}: ours {best[0] * 1e6:.1f} µs, nwp500 {best[1] * 1e6:.1f} µs")
    print(f"ratio {ratio:.2f} (at most {TARGET})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
