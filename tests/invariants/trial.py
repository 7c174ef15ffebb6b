"""One trial: a session, faults and an application by chance, as data that can be printed, played and shrunk."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from random import Random
from time import monotonic
from typing import TypeVar

from attrs import evolve, frozen

from navien_proto.sim.fault_plan import KINDS, FaultPlan
from tests.invariants.rules import Broken
from tests.invariants.stage import Setting, Stage

__all__ = ["Deed", "Trial", "attempt", "shrunk"]

T = TypeVar("T")

# One application in so many is killed, or ends in good order, and is started again.
DEEDS = {"submit": 60, "cancel": 8, "clear": 2, "old": 20, "look": 6, "stop and start": 2, "kill and start": 2}


@frozen
class Deed:
    """What the application does ``at`` that second; ``seed`` decides what exactly."""

    at: float
    what: str
    seed: int


@frozen(kw_only=True)
class Trial:
    """All of one trial; playing it twice is the same twice."""

    seed: int
    hours: float
    heaters: int
    setting: Setting
    recorded: bool
    plan: FaultPlan
    deeds: tuple[Deed, ...]

    @classmethod
    def drawn(cls, seed: int) -> Trial:
        """Any trial."""
        rng = Random(seed)
        hours = rng.choice((2.0, 6.0, 12.0))
        length = hours * 3600.0
        # Sometimes an hour is left to a fault, sometimes they come in crowds.
        every = rng.choice((90.0, 300.0, 900.0, 3600.0))
        mix = {name: rng.choice((0.0, 1.0, 3.0)) for name in KINDS if name != "AccountLocked"}
        mix["AccountLocked"] = 0.3 if rng.random() < 0.1 else 0.0
        mix["LinkCut"] += 1.0
        plan = FaultPlan.random(rng, length, every=every, mix=mix)
        count = int(length / rng.choice((60.0, 300.0, 1800.0)))
        deeds = [
            Deed(round(rng.uniform(0.0, length), 1), name, rng.getrandbits(32))
            for name in rng.choices(list(DEEDS), list(DEEDS.values()), k=count)
        ]
        # Commands come in bursts, too: queues fill, and controls crowd.
        for _ in range(rng.randrange(4)):
            at = rng.uniform(0.0, length)
            deeds += [Deed(round(at + rng.random(), 2), "submit", rng.getrandbits(32)) for _ in range(12)]
        return cls(
            seed=seed,
            hours=hours,
            heaters=rng.choice((1, 1, 1, 2, 3, 8)),
            setting=Setting.drawn(rng),
            recorded=rng.random() < 0.05,
            plan=plan,
            deeds=tuple(sorted(deeds, key=lambda deed: deed.at)),
        )

    def play(self) -> int:
        """Play it to the end; returns how many inputs the sessions had.

        Raises:
            Broken: something does not hold.
        """
        stage = Stage(
            self.seed, heaters=self.heaters, setting=self.setting, plan=self.plan, recorded=self.recorded
        )
        began, passed = stage.now.monotonic, 0.0
        looks = [Deed(float(at), "fresh", 0) for at in range(0, int(self.hours * 3600), 600)]
        for deed in sorted([*self.deeds, *looks], key=lambda deed: deed.at):
            passed = stage.now.monotonic - began
            if deed.at > passed:
                stage.go_on(deed.at - passed)
            rng = Random(deed.seed)
            match deed.what:
                case "submit":
                    stage.submit(rng)
                case "cancel":
                    stage.cancel(rng)
                case "clear":
                    stage.clear()
                case "old":
                    stage.old(rng)
                case "look":
                    stage.look()
                case "stop and start":
                    stage.restart(killed=False)
                case "kill and start":
                    stage.restart(killed=True)
                case "fresh":
                    stage.check_fresh()
        stage.end()
        return stage.inputs

    def __str__(self) -> str:
        lines = "".join(f"    {deed.at:>10.1f}  {deed.what} ({deed.seed})\n" for deed in self.deeds)
        return (
            f"seed {self.seed}, {self.heaters} heaters, {self.hours:g} h, {self.setting!r}\n"
            f"{self.plan!r}\n{self.plan}\nthe application:\n{lines}"
        )


def attempt(seed: int) -> tuple[int, int, str | None, str | None]:
    """Play one trial: its seed, its inputs, and which rule broke with all that is known of it."""
    trial = Trial.drawn(seed)
    try:
        return seed, trial.play(), None, None
    except Broken as broken:
        return seed, 0, broken.rule, str(broken)
    except Exception as error:  # noqa: BLE001 (whatever a session raises is a finding)
        return seed, 0, type(error).__name__, traceback.format_exc()


def _fails(trial: Trial, rule: str) -> bool:
    try:
        trial.play()
    except Broken as broken:
        return broken.rule == rule
    except Exception as error:  # noqa: BLE001 (a bug is to be shrunk as well)
        return type(error).__name__ == rule
    return False


def _fewer(things: Sequence[T], fails: Callable[[tuple[T, ...]], bool], until: float) -> tuple[T, ...]:
    """Take away what is not needed, large pieces first."""
    kept, size = tuple(things), max(1, len(things) // 2)
    while kept and monotonic() < until:
        start = 0
        while start < len(kept) and monotonic() < until:
            tried = kept[:start] + kept[start + size :]
            if fails(tried):
                kept = tried
            else:
                start += size
        if size == 1:
            break
        size //= 2
    return kept


def shrunk(trial: Trial, rule: str, *, seconds: float = 120.0) -> Trial:
    """A trial as small as can be found in that time which breaks the same rule."""
    until = monotonic() + seconds
    deeds = _fewer(trial.deeds, lambda some: _fails(evolve(trial, deeds=some), rule), until)
    trial = evolve(trial, deeds=deeds)
    faults = _fewer(trial.plan.faults, lambda some: _fails(evolve(trial, plan=FaultPlan(some)), rule), until)
    trial = evolve(trial, plan=FaultPlan(faults))
    for heaters in range(1, trial.heaters):
        if _fails(smaller := evolve(trial, heaters=heaters), rule):
            return smaller
    return trial
