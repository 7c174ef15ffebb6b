"""When which fault strikes: a plan that can be drawn by chance, printed, pasted into a test, and shrunk.

A plan is data, and so is each of its entries: taking one away, or making it shorter, changes nothing about the
others, because each draws from a seed of its own. ``repr(plan)`` is code (with ``from navien_proto.sim.faults
import *`` and the two names here in scope), ``str(plan)`` a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random

from attrs import field, frozen, validators

from navien_proto.errors import UsageError
from navien_proto.sim import faults as f
from navien_proto.sim.faults import Fault

__all__ = ["DEFAULT_MIX", "KINDS", "FaultPlan", "PlannedFault"]


@frozen
class PlannedFault:
    """One fault, from ``start`` seconds after the plan's begin for ``duration`` seconds; ``None`` is for good.

    What strikes once (a cut, a revocation) strikes at its begin and needs no duration. ``seed`` decides what a
    fault leaves to chance.

    Raises:
        ValueError: ``start`` or ``duration`` is negative.
    """

    start: float = field(validator=validators.ge(0.0))
    duration: float | None = field(validator=validators.optional(validators.ge(0.0)))
    fault: Fault = field(validator=validators.instance_of(Fault))
    seed: int = 0

    @property
    def end(self) -> float | None:
        """When it is over, in seconds after the plan's begin; ``None``: never."""
        return None if self.duration is None else self.start + self.duration

    def __repr__(self) -> str:
        seed = f", {self.seed}" if self.seed else ""
        return f"PlannedFault({self.start!r}, {self.duration!r}, {self.fault!r}{seed})"


def _by_start(entries: Iterable[PlannedFault]) -> tuple[PlannedFault, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.start))


@frozen(repr=False)
class FaultPlan:
    """Faults in the order of their starts; entries may overlap, also of one kind."""

    faults: tuple[PlannedFault, ...] = field(default=(), converter=_by_start)

    @classmethod
    def random(
        cls,
        rng: Random,
        length: float,
        *,
        every: float = 3600.0,
        longest: float = 600.0,
        mix: Mapping[str, float] | None = None,
    ) -> FaultPlan:
        """A plan of ``length`` seconds with one fault in each stretch of ``every`` seconds, at a random moment in
        it.

        Args:
            rng: draws moments, durations (1 to ``longest`` seconds, short ones more often), kinds and seeds.
            length: how long the plan is, s.
            every: the length of a stretch, s.
            longest: the longest duration, s.
            mix: weights by the names of :data:`KINDS`; :data:`DEFAULT_MIX` when left out.

        Raises:
            UsageError: ``every`` or ``longest`` is too small, or the mix is empty or has an unknown name.
        """
        weights = DEFAULT_MIX if mix is None else mix
        unknown = [name for name in weights if name not in KINDS]
        if unknown or not weights or min(weights.values()) < 0 or not any(weights.values()):
            unknown_names = f"no kind of fault is called {', '.join(unknown)}"
            what = unknown_names if unknown else "a mix needs positive weights"
            raise UsageError(f"{what}; there are {', '.join(KINDS)}")
        if every <= 0 or longest < 1:
            raise UsageError("every must be positive, and longest at least a second")
        names, shares = list(weights), list(weights.values())
        entries = []
        for number in range(int(length // every)):
            name = rng.choices(names, shares)[0]
            start = round(every * (number + rng.random()), 1)
            duration = round(longest ** rng.random(), 1)
            entries.append(PlannedFault(start, duration, KINDS[name](rng), rng.getrandbits(32)))
        return cls(entries)

    @property
    def mix(self) -> Counter[str]:
        """How many entries there are of each kind."""
        return Counter(type(entry.fault).__name__ for entry in self.faults)

    @property
    def end(self) -> float | None:
        """When the last fault is over, in seconds after the plan's begin; ``None``: never."""
        ends = [entry.end for entry in self.faults]
        return None if None in ends else max((end for end in ends if end is not None), default=0.0)

    def __len__(self) -> int:
        return len(self.faults)

    def __iter__(self) -> Iterator[PlannedFault]:
        return iter(self.faults)

    def __repr__(self) -> str:
        lines = "".join(f"        {entry!r},\n" for entry in self.faults)
        return f"FaultPlan(\n    [\n{lines}    ]\n)" if lines else "FaultPlan()"

    def __str__(self) -> str:
        head = f"{'start s':>12}  {'lasts s':>8}  fault"
        rows = [
            f"{entry.start:>12.1f}  {'for good' if entry.duration is None else round(entry.duration, 1):>8}"
            f"  {entry.fault!r}"
            for entry in self.faults
        ]
        return "\n".join([head, *rows])


def _of(frames: tuple[str, ...], rng: Random) -> tuple[str, ...]:
    return tuple(name for name in frames if rng.random() < 0.5)


def _share(rng: Random) -> float:
    return round(rng.uniform(0.1, 1.0), 2)


# One maker a kind: an ordinary fault of it, its figures drawn where they matter.
KINDS: Mapping[str, Callable[[Random], Fault]] = {
    "Unreachable": lambda rng: rng.choice(
        (f.Unreachable(), f.Unreachable(rest=False), f.Unreachable(link=False), f.Unreachable(reason="no host"))
    ),
    "RestSilent": lambda _rng: f.RestSilent(),
    "RestLost": lambda _rng: f.RestLost(),
    "RestSlow": lambda rng: f.RestSlow(seconds=round(rng.uniform(1.0, 60.0), 1)),
    "RestStatus": lambda rng: f.RestStatus(status=rng.choice((403, 500, 502, 503, 504))),
    "RestThrottled": lambda rng: f.RestThrottled(retry_after=rng.choice((None, 0, 10, 60))),
    "RestHtml": lambda rng: f.RestHtml(status=rng.choice((200, 502, 503))),
    "RestErrorBody": lambda rng: f.RestErrorBody(code=rng.choice((400, 500, 9999))),
    "RestTruncated": lambda rng: f.RestTruncated(kept=_share(rng)),
    "RestGarbled": lambda _rng: f.RestGarbled(),
    "RefreshTokenMissing": lambda _rng: f.RefreshTokenMissing(),
    "TokensExpire": lambda rng: f.TokensExpire(
        access=rng.choice((0.0, -600.0, 600.0, 3000.0)), aws=rng.choice((0.0, -600.0, 600.0, 3000.0))
    ),
    "TokensRevoked": lambda rng: rng.choice(
        (
            f.TokensRevoked(),
            f.TokensRevoked(access=False, refresh=False),
            f.TokensRevoked(aws=False),
            f.TokensRevoked(access=False, aws=False),
        )
    ),
    "AccountLocked": lambda _rng: f.AccountLocked(),
    "UpgradeRefused": lambda rng: f.UpgradeRefused(
        status=rng.choice((403, 403, 429, 503)), date=rng.random() < 0.9
    ),
    "ConnackLost": lambda _rng: f.ConnackLost(),
    "ConnackRefused": lambda rng: f.ConnackRefused(rng.choice((3, 5))),
    "HalfOpen": lambda rng: f.HalfOpen(reconnects=rng.random() < 0.5),
    "LinkCut": lambda _rng: f.LinkCut(),
    "BrokerRestart": lambda _rng: f.BrokerRestart(),
    "Takeover": lambda rng: f.Takeover(round(rng.uniform(0.0, 30.0), 1)),
    "SubscriptionDenied": lambda rng: f.SubscriptionDenied(
        rng.choice(("*", "cmd/52/navilink-*")), rng.random() < 0.3
    ),
    "PublishDenied": lambda rng: f.PublishDenied(rng.choice(("*", "*/st", "*/ctrl", "evt/*"))),
    "Drop": lambda rng: f.Drop(share=_share(rng), frames=_of(f.FRAMES, rng)),
    "Delay": lambda rng: f.Delay(
        share=_share(rng), frames=_of(f.FRAMES, rng), seconds=round(rng.uniform(0.5, 30.0), 1)
    ),
    "Duplicate": lambda rng: f.Duplicate(share=_share(rng), frames=_of(f.FRAMES, rng)),
    "Reorder": lambda rng: f.Reorder(share=_share(rng), seconds=round(rng.uniform(0.5, 10.0), 1)),
    "Truncate": lambda rng: f.Truncate(share=_share(rng)),
    "Garble": lambda rng: f.Garble(share=_share(rng)),
    "Redelivery": lambda rng: f.Redelivery(count=rng.randint(1, 25)),
    "WifiLost": lambda _rng: f.WifiLost(),
    "DeviceReboot": lambda _rng: f.DeviceReboot(),
    "Deaf": lambda _rng: f.Deaf(),
    "ControlFails": lambda _rng: f.ControlFails(),
    "DaylightSaving": lambda rng: f.DaylightSaving(hours=rng.choice((1.0, -1.0))),
    "UnitError": lambda rng: f.UnitError(code=rng.choice((515, 593, 799, 990))),
    "DeviceAdded": lambda rng: f.DeviceAdded(number=rng.randint(1, 3)),
    "DeviceRemoved": lambda _rng: f.DeviceRemoved(),
    "DeviceMoved": lambda _rng: f.DeviceMoved(),
    "ClockStep": lambda rng: f.ClockStep(float(rng.choice((-86400, -3600, -600, -61, 61, 600, 3600, 86400)))),
    "ClockDrift": lambda rng: f.ClockDrift(round(rng.uniform(-0.5, 0.5), 2)),
}
"""Every kind of fault that a random plan may have, by name."""

# A locked account is left alone for an hour by design, which no plan of ten-minute faults allows for.
DEFAULT_MIX: Mapping[str, float] = {name: 1.0 for name in KINDS if name != "AccountLocked"}
"""Every kind alike, but the locked account, which a session leaves alone long after it is unlocked."""
