"""Plans of faults for Hypothesis, built of simple parts: what fails shrinks to few, short and plain faults."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from navien_proto.sim import faults as f
from navien_proto.sim.fault_plan import DEFAULT_MIX, KINDS, FaultPlan, PlannedFault
from navien_proto.sim.faults import FRAMES, Fault

__all__ = ["any_fault", "fault_plans", "planned_faults"]

_SHARES = st.sampled_from((1.0, 0.5, 0.1))
_FRAMES = st.lists(st.sampled_from(FRAMES), max_size=3, unique=True).map(tuple)
_SECONDS = st.integers(0, 60).map(float)


def _of_frames(kind: type[f.FrameFault]) -> st.SearchStrategy[Fault]:
    return st.builds(kind, share=_SHARES, frames=_FRAMES)


def _drawn(name: str) -> st.SearchStrategy[Fault]:
    return st.integers(0, 99).map(lambda seed: KINDS[name](Random(seed)))


def any_fault(names: tuple[str, ...] = tuple(DEFAULT_MIX)) -> st.SearchStrategy[Fault]:
    """A fault of the kinds named, the first ones simplest; where figures matter they shrink too."""
    figures: dict[str, st.SearchStrategy[Fault]] = {
        "RestSlow": st.builds(f.RestSlow, seconds=_SECONDS),
        "RestStatus": st.builds(f.RestStatus, status=st.sampled_from((503, 500, 403))),
        "RestTruncated": st.builds(f.RestTruncated, kept=st.sampled_from((0.0, 0.5, 0.9))),
        "UpgradeRefused": st.builds(f.UpgradeRefused, status=st.sampled_from((403, 503, 429)), date=st.booleans()),
        "Takeover": st.builds(f.Takeover, _SECONDS),
        "Drop": _of_frames(f.Drop),
        "Delay": st.builds(f.Delay, share=_SHARES, frames=_FRAMES, seconds=_SECONDS),
        "Duplicate": _of_frames(f.Duplicate),
        "Reorder": st.builds(f.Reorder, share=_SHARES, seconds=st.integers(0, 10).map(float)),
        "Truncate": _of_frames(f.Truncate),
        "Garble": _of_frames(f.Garble),
        "ClockStep": st.builds(f.ClockStep, st.integers(-100_000, 100_000).map(float)),
    }
    return st.one_of([figures[name] if name in figures else _drawn(name) for name in names])


def planned_faults(
    length: float, *, longest: float = 600.0, faults: st.SearchStrategy[Fault] | None = None
) -> st.SearchStrategy[PlannedFault]:
    """One fault in ``length`` seconds, up to ``longest`` of them; whole seconds, shrinking to early and short."""
    return st.builds(
        PlannedFault,
        st.integers(0, int(length)).map(float),
        st.integers(0, int(longest)).map(float),
        any_fault() if faults is None else faults,
        st.integers(0, 3),
    )


def fault_plans(
    length: float, *, most: int = 8, longest: float = 600.0, faults: st.SearchStrategy[Fault] | None = None
) -> st.SearchStrategy[FaultPlan]:
    """A plan of up to ``most`` faults."""
    return st.lists(planned_faults(length, longest=longest, faults=faults), max_size=most).map(
        lambda entries: FaultPlan(tuple(entries))
    )
