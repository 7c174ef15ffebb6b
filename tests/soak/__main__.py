"""The soak: ``python -m tests.soak --minutes 60``.

500 heaters over 20 accounts, each asked for its status every 10 s by one client process; the simulated cloud is
another process. A fault is injected every minute. What must hold, and what is printed:

* no loss: every heater answers at its period outside the faults, no answer is missed, no event dropped;
* every client is connected again within the bound after each fault;
* memory: the resident size of the last five minutes is that of minutes five to ten, within two percent (a run of
  less than fifteen minutes prints it and judges nothing).
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from attrs import define, field

from navien_anyio import NavienClient
from navien_proto.session.events import (
    AnswerMissed,
    Connected,
    Disconnected,
    EventsMissed,
    StatusReceived,
    Undecodable,
    WentStale,
)
from tests.soak.serve import PASSWORD, SWITCHING, email, switched

PERIOD = 10.0
# From the end of a fault until everything is as before: a backoff or two, and one period.
SETTLING = 25.0
# A heater that the account's list showed off line is asked again when the list, asked every minute, has it back.
BACK_ON_LINE = 60.0 + SETTLING + PERIOD
FAULTS = (("reset", 0.0), ("black hole", 15.0), ("close", 0.0), (SWITCHING, 15.0), ("garble", 3.0))
GROWTH = 1.02
SETTLED = 300.0
JUDGED_FROM = 900.0


@define
class Tally:
    """What one client saw."""

    heard: dict[str, float] = field(factory=dict)
    counts: Counter[str] = field(factory=Counter)
    longest: float = 0.0
    late: int = 0


@define
class Run:
    """One run."""

    accounts: int
    heaters: int
    seconds: float
    every: float
    tallies: list[Tally] = field(factory=list)
    sizes: list[tuple[float, float]] = field(factory=list)
    injected: Counter[str] = field(factory=Counter)
    calm_since: float | None = None
    spared_until: float = 0.0
    began: float = field(factory=time.monotonic)

    @property
    def switched(self) -> frozenset[str]:
        """The heaters that are taken off line now and then."""
        return switched(self.accounts, self.heaters)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    async def client(self, number: int, cloud: dict[str, Any], tasks: TaskGroup) -> None:
        """One account's client, until the run is over."""
        tally = self.tallies[number]
        async with NavienClient(
            email(number),
            PASSWORD,
            simulated=True,
            interval=PERIOD,
            base_url=cloud["base_url"],
            mqtt_scheme="ws",
            mqtt_host="127.0.0.1",
            mqtt_port=cloud["relay"],
        ) as navien:
            async for event in navien.events():
                tally.counts[type(event).__name__] += 1
                if isinstance(event, StatusReceived):
                    self.status(tally, event.device.mac)
                elif isinstance(event, AnswerMissed | WentStale) and self.calm_for(event.device.mac):
                    tally.counts[f"{type(event).__name__} while calm"] += 1
                elif isinstance(event, Undecodable) and self.calm:
                    tally.counts["Undecodable while calm"] += 1

    @property
    def calm(self) -> bool:
        """Whether the last fault has been got over."""
        return self.calm_since is not None and time.monotonic() > self.calm_since

    def calm_for(self, mac: str) -> bool:
        """Whether it is calm, and this heater was not off line a short while ago."""
        return self.calm and (mac not in self.switched or time.monotonic() > self.spared_until)

    def status(self, tally: Tally, mac: str) -> None:
        """A status came: how long after the one before, unless a fault lay between."""
        now = time.monotonic()
        before = tally.heard.get(mac)
        tally.heard[mac] = now
        if before is not None and self.calm_for(mac) and self.calm_since is not None and before > self.calm_since:
            tally.longest = max(tally.longest, now - before)
            tally.late += now - before > 2 * PERIOD

    async def faults(self, cloud: subprocess.Popen[str]) -> None:
        """Break something every so often, the last time early enough to get over it."""
        number = 0
        self.calm_since = time.monotonic() + SETTLING
        while self.elapsed + self.every + SETTLING < self.seconds:
            await anyio.sleep(self.every)
            name, seconds = FAULTS[number % len(FAULTS)]
            number += 1
            self.injected[name] += 1
            self.calm_since = None
            await to_thread.run_sync(_tell, cloud, f"{name} {seconds}\n")
            self.calm_since = time.monotonic() + SETTLING
            if name == SWITCHING:
                self.spared_until = time.monotonic() + BACK_ON_LINE

    async def measure(self) -> None:
        """The resident size, every ten seconds."""
        while True:
            gc.collect()
            self.sizes.append((self.elapsed, resident()))
            await anyio.sleep(10)

    async def go(self) -> None:
        """The whole of it."""
        command = [sys.executable, "-m", "tests.soak.serve", str(self.accounts), str(self.heaters)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cloud:
            assert cloud.stdin is not None
            where = await to_thread.run_sync(_answer, cloud)
            self.tallies = [Tally() for _ in range(self.accounts)]
            async with anyio.create_task_group() as tasks:
                for number in range(self.accounts):
                    tasks.start_soon(self.client, number, where, tasks)
                tasks.start_soon(self.measure)
                tasks.start_soon(self.faults, cloud)
                while self.elapsed < self.seconds:
                    await anyio.sleep(min(60.0, self.seconds - self.elapsed))
                    self.say()
                tasks.cancel_scope.cancel()
            cloud.stdin.close()

    def total(self, name: str) -> int:
        """How often something happened, over all clients."""
        return sum(tally.counts[name] for tally in self.tallies)

    def say(self) -> None:
        """One line of progress."""
        print(
            f"{self.elapsed:6.0f} s  {self.total('StatusReceived'):8d} statuses  "
            f"{self.total('Disconnected'):4d} links lost  {self.sizes[-1][1]:6.1f} MB",
            flush=True,
        )

    def verdict(self) -> list[str]:
        """What is wrong; empty when nothing is."""
        wrong = [
            f"{self.total(name)} × {name}"
            for name in (
                "EventsMissed",
                "AnswerMissed while calm",
                "WentStale while calm",
                "Undecodable while calm",
            )
            if self.total(name)
        ]
        unheard = self.accounts * self.heaters - sum(len(tally.heard) for tally in self.tallies)
        if unheard:
            wrong.append(f"{unheard} heaters were never heard")
        last = time.monotonic() - 2.5 * PERIOD
        silent = sum(at < last for tally in self.tallies for mac, at in tally.heard.items() if self.calm_for(mac))
        if silent:
            wrong.append(f"{silent} heaters were silent at the end")
        late = sum(tally.late for tally in self.tallies)
        if late:
            wrong.append(f"{late} statuses came later than two periods, without a fault")
        before, after = self.memory()
        if self.seconds >= JUDGED_FROM and after > before * GROWTH:
            wrong.append(f"memory grew from {before:.1f} to {after:.1f} MB")
        return wrong

    def memory(self) -> tuple[float, float]:
        """The resident size after the first five minutes, and at the end."""
        settled = [size for at, size in self.sizes if SETTLED <= at < 2 * SETTLED] or [self.sizes[0][1]]
        return median(settled), median([size for at, size in self.sizes if at > self.seconds - SETTLED])

    def report(self) -> None:
        """The figures."""
        before, after = self.memory()
        print(f"heaters           {self.accounts * self.heaters} in {self.accounts} accounts, every {PERIOD:g} s")
        print(f"wall time         {self.elapsed:.0f} s; processor time of the client {time.process_time():.0f} s")
        print(f"statuses          {self.total('StatusReceived')}")
        print(f"faults            {dict(self.injected)}")
        print(f"links             {self.total(Connected.__name__)} up, {self.total(Disconnected.__name__)} lost")
        print(f"longest interval  {max(tally.longest for tally in self.tallies):.1f} s outside the faults")
        print(f"dropped events    {self.total(EventsMissed.__name__)}")
        print(f"resident          {before:.1f} MB early, {after:.1f} MB at the end")


def resident() -> float:
    """The resident size of this process in MB; 0 where /proc is missing."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 / 1e6 if status.exists() else 0.0


def _answer(cloud: subprocess.Popen[str]) -> dict[str, Any]:
    assert cloud.stdout is not None
    answer: dict[str, Any] = json.loads(cloud.stdout.readline())
    return answer


def _tell(cloud: subprocess.Popen[str], line: str) -> None:
    assert cloud.stdin is not None
    cloud.stdin.write(line)
    cloud.stdin.flush()
    _answer(cloud)


def main() -> None:
    """Run, print, and exit with 1 when something was lost."""
    parser = argparse.ArgumentParser(description="Many heaters for a long time, with a fault every so often.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--heaters", type=int, default=25, help="in each account (default: 25)")
    parser.add_argument("--fault-every", type=float, default=60.0, help="seconds between faults (default: 60)")
    options = parser.parse_args()
    run = Run(options.accounts, options.heaters, options.minutes * 60, options.fault_every)
    anyio.run(run.go)
    run.report()
    wrong = run.verdict()
    print("nothing was lost" if not wrong else f"WRONG: {'; '.join(wrong)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
