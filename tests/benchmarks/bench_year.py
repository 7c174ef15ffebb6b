"""A simulated year of one heater, asked every five minutes: how long it takes, and what happened in it.

Run it by hand: ``python -m tests.benchmarks.bench_year [DAYS]``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random

from navien_proto import Session, SessionConfig
from navien_proto.jsontext import ENGINE
from navien_proto.session.events import StatusReceived
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.household import Household
from navien_proto.sim.world import World

DAY = 86400.0


def simulate(days: float) -> Counter[str]:
    """Let ``days`` pass; returns how many events of each kind there were."""
    rng = Random(2026)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    cloud = SimCloud(rng=rng)
    world = World(cloud, start=start)
    account = cloud.add_account("user@example.com", "not-a-real-password")
    heater = Heater(HeaterConfig(), rng=Random(1), started=start, household=Household.seeded(Random(3)))
    cloud.add_heater(account, heater, world.now)
    config = SessionConfig(email="user@example.com", password="not-a-real-password", status_interval=300.0)
    session = Session(config, rng=Random(2), new_id=lambda: "0000abcd")
    peer = world.join(session)
    world.tell(peer, session.start)
    seen: Counter[str] = Counter()
    for _ in range(round(days * 24)):
        world.run(3600.0)
        for event in peer.events:
            seen[type(event).__name__] += 1
            if isinstance(event, StatusReceived):
                seen[f"status: {event.message.reason.value}"] += 1
        peer.events.clear()
    seen["inputs of the session"] = peer.inputs
    return seen


def main() -> None:
    """Run and print."""
    days = float(sys.argv[1]) if len(sys.argv) > 1 else 365.0
    began = time.perf_counter()
    seen = simulate(days)
    took = time.perf_counter() - began
    for name, count in sorted(seen.items()):
        print(f"{name:32} {count:>9}")
    print(f"{days:g} days in {took:.1f} s with {ENGINE.name}; a year in {took * 365 / days:.0f} s")


if __name__ == "__main__":
    main()
