"""A simulated year of one heater, asked every five minutes: how long it takes, and what happened in it.

Run it by hand: ``python -m tests.benchmarks.bench_year [DAYS] [--faults] [--seed N]``. With ``--faults`` something
goes wrong every hour, for up to ten minutes, and at most 0.05 % of the time may the heater not be fresh.

Not fresh: no message of the heater for its period and 60 s. The time counts from 150 s after cloud and heater are
reachable again, which they are when no fault is in force.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random

from navien_proto import Session, SessionConfig
from navien_proto.jsontext import ENGINE
from navien_proto.session.config import GRACE
from navien_proto.session.events import FeatureReceived, OtherReceived, StatusReceived
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.fault_plan import FaultPlan
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.household import Household
from navien_proto.sim.world import World

DAY = 86400.0
PERIOD = 300.0
SETTLED = 150.0
TARGET = 0.0005


class Year:
    """One heater and one session for ``days``, with a fault in every hour or with none."""

    def __init__(self, days: float, *, faults: bool, seed: int) -> None:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        self.plan = FaultPlan.random(Random(seed), days * DAY) if faults else FaultPlan()
        cloud = SimCloud(rng=Random(seed))
        self.world = World(cloud, start=start, plan=self.plan)
        account = cloud.add_account("user@example.com", "not-a-real-password")
        heater = Heater(HeaterConfig(), rng=Random(1), started=start, household=Household.seeded(Random(3)))
        cloud.add_heater(account, heater, self.world.now)
        config = SessionConfig(email="user@example.com", password="not-a-real-password", status_interval=PERIOD)
        session = Session(config, rng=Random(2), new_id=lambda: "0000abcd")
        self.peer = self.world.join(session)
        self.hours = round(days * 24)
        self.began = self.world.now.monotonic
        self.seen: Counter[str] = Counter()
        self.stale: list[tuple[float, float]] = []
        self._heard = self.began
        self.world.tell(self.peer, session.start)

    def live(self) -> None:
        """Let it pass."""
        limit = PERIOD + GRACE
        for _ in range(self.hours):
            self.world.run(3600.0)
            for event in self.peer.events:
                self.seen[type(event).__name__] += 1
                if isinstance(event, StatusReceived):
                    self.seen[f"status: {event.message.reason.value}"] += 1
                if isinstance(event, StatusReceived | FeatureReceived | OtherReceived):
                    if event.at.monotonic - self._heard > limit:
                        self.stale.append((self._heard + limit, event.at.monotonic))
                    self._heard = event.at.monotonic
            self.peer.events.clear()
        end = self.world.now.monotonic
        if end - self._heard > limit:
            self.stale.append((self._heard + limit, end))
        self.seen["inputs of the session"] = self.peer.inputs

    def not_fresh(self) -> list[tuple[float, str]]:
        """Seconds without freshness that count, with the faults that went before."""
        found = []
        for since, until in self.stale:
            parts = self._counting(since, until)
            if parts > 0:
                before = [one for one in self.plan if since - 7200 < self.began + one.start < until]
                found.append((parts, f"{since - self.began:,.0f} s: {', '.join(repr(one) for one in before)}"))
        return found

    def _counting(self, since: float, until: float) -> float:
        """How many of these seconds were not within a fault, or within 150 s of one."""
        counted, at = 0.0, since
        for one in self.plan:
            begin, end = self.began + one.start, self.began + (one.end or 0.0) + SETTLED
            if end <= at or begin >= until:
                continue
            counted += max(0.0, begin - at)
            at = max(at, end)
        return counted + max(0.0, until - at)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("days", type=float, nargs="?", default=365.0)
    parser.add_argument("--faults", action="store_true", help="a fault in every hour")
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    began = time.perf_counter()
    year = Year(given.days, faults=given.faults, seed=given.seed)
    year.live()
    took = time.perf_counter() - began
    for name, count in sorted(year.seen.items()):
        print(f"{name:32} {count:>9,}")
    print(f"{given.days:g} days in {took:.1f} s with {ENGINE.name}; a year in {took * 365 / given.days:.0f} s")
    if not given.faults:
        return 0
    print("\nfaults: " + ", ".join(f"{count} {name}" for name, count in sorted(year.plan.mix.items())))
    lapses = sorted(year.not_fresh(), reverse=True)
    seconds = sum(lasted for lasted, _ in lapses)
    share = seconds / (year.hours * 3600)
    for lasted, about in lapses[:10]:
        print(f"not fresh for {lasted:,.0f} s at {about}")
    print(f"not fresh: {seconds:,.0f} s in {len(lapses)} lapses, {share:.4%} of the time (at most {TARGET:.2%})")
    return 0 if share <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
