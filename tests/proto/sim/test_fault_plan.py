"""Plans: drawn by chance and repeatable, printed as table and as code, shrinking, and executed on time."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.session import State
from navien_proto.session.events import SessionClosed
from navien_proto.session.inputs import HttpAnswered, LinkLost, LinkRefused
from navien_proto.sim import faults
from navien_proto.sim.fault_plan import DEFAULT_MIX, KINDS, FaultPlan, PlannedFault
from navien_proto.sim.faults import Drop, HalfOpen, LinkCut, RestStatus, Unreachable, WifiLost
from navien_proto.sim.world import TROUBLES
from tests.scenarios.scene import MAC, Scene
from tests.support.fault_plans import any_fault, fault_plans

DAY = 86400.0
CODE = {name: getattr(faults, name) for name in faults.__all__} | {
    "FaultPlan": FaultPlan,
    "PlannedFault": PlannedFault,
}


@given(st.integers(), st.sampled_from(sorted(KINDS)))
def test_every_kind_makes_faults_that_are_code_and_can_be_played(seed: int, name: str) -> None:
    fault = KINDS[name](Random(seed))
    assert type(fault).__name__ == name
    assert type(fault) in TROUBLES
    assert eval(repr(fault), CODE) == fault


def test_every_fault_has_a_kind_and_all_but_one_are_in_the_usual_mix() -> None:
    assert {kind.__name__ for kind in TROUBLES} == set(KINDS)
    assert set(KINDS) - set(DEFAULT_MIX) == {"AccountLocked"}


@given(fault_plans(DAY))
def test_a_plan_is_code(plan: FaultPlan) -> None:
    assert eval(repr(plan), CODE) == plan


def test_a_plan_reads_as_code_and_as_a_table() -> None:
    plan = FaultPlan(
        (PlannedFault(60.0, None, HalfOpen(reconnects=True)), PlannedFault(7.5, 90.0, Drop(frames=("pong",)), 3))
    )
    assert repr(plan) == (
        "FaultPlan(\n    [\n"
        "        PlannedFault(7.5, 90.0, Drop(frames=('pong',)), 3),\n"
        "        PlannedFault(60.0, None, HalfOpen(reconnects=True)),\n"
        "    ]\n)"
    )
    assert str(plan).splitlines() == [
        "     start s   lasts s  fault",
        "         7.5      90.0  Drop(frames=('pong',))",
        "        60.0  for good  HalfOpen(reconnects=True)",
    ]
    assert repr(FaultPlan()) == "FaultPlan()"
    assert (plan.end, FaultPlan().end, FaultPlan(plan.faults[:1]).end) == (None, 0.0, 97.5)


def test_a_random_plan_has_a_fault_an_hour_and_is_the_same_for_the_same_seed() -> None:
    plan = FaultPlan.random(Random(5), 30 * DAY)
    assert plan == FaultPlan.random(Random(5), 30 * DAY)
    assert plan != FaultPlan.random(Random(6), 30 * DAY)
    assert [int(planned.start // 3600) for planned in plan] == list(range(30 * 24))
    assert all(planned.duration is not None and 1 <= planned.duration <= 600 for planned in plan)
    assert set(plan.mix) == set(DEFAULT_MIX)
    assert plan.mix.total() == len(plan) == 720


def test_a_mix_of_ones_own() -> None:
    plan = FaultPlan.random(
        Random(1), DAY, every=60.0, longest=5.0, mix={"WifiLost": 1.0, "LinkCut": 3.0, "Deaf": 0}
    )
    assert set(plan.mix) == {"WifiLost", "LinkCut"}
    assert plan.mix["LinkCut"] > 2 * plan.mix["WifiLost"]


@pytest.mark.parametrize(
    "options", [{"mix": {"Gremlins": 1.0}}, {"mix": {}}, {"mix": {"Deaf": 0.0}}, {"every": 0.0}, {"longest": 0.5}]
)
def test_a_plan_that_cannot_be_drawn_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        FaultPlan.random(Random(1), DAY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: PlannedFault(-1.0, 1.0, LinkCut()),
        lambda: PlannedFault(1.0, -1.0, LinkCut()),
        lambda: Drop(share=1.5),
        lambda: Drop(frames=("letter",)),
        lambda: faults.Delay(seconds=-1.0),
        lambda: faults.Redelivery(count=26),
    ],
)
def test_a_fault_that_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"must be|possible are"):
        wrong()  # type: ignore[operator]


def test_the_world_plays_a_plan_on_time() -> None:
    plan = FaultPlan(
        (
            PlannedFault(100.0, 50.0, WifiLost()),
            PlannedFault(120.0, 10.0, Unreachable(link=False)),
            PlannedFault(300.0, 0.0, LinkCut()),
        )
    )
    scene = Scene().ready()
    began = scene.world.now.monotonic
    scene.world.play(plan)
    assert scene.world.calm_since is not None
    for until, troubles, online in ((99.0, 0, True), (110.0, 1, False), (125.0, 2, False), (140.0, 1, False)):
        scene.world.run(began + until - scene.world.now.monotonic)
        assert len(scene.world.troubles) == troubles
        assert scene.cloud.online(MAC) is online
    scene.world.run(began + 299.0 - scene.world.now.monotonic)
    assert scene.world.calm_since == pytest.approx(began + 150.0)
    lost = len(scene.reports(LinkLost))
    scene.gone_by(2)
    assert len(scene.reports(LinkLost)) == lost + 1


def run(plan: FaultPlan, seed: int) -> list[object]:
    """Everything that was reported to a session and everything it did, in six hours with this plan."""
    scene = Scene(seed=seed, plan=plan)
    scene.start()
    scene.gone_by(DAY / 4)
    return [*(scene.peer.reports or []), *(scene.peer.actions or [])]


def test_the_same_seeds_give_the_same_run() -> None:
    plan = FaultPlan.random(Random(3), DAY / 4, every=600.0)
    first = run(plan, 4)
    assert first == run(plan, 4)
    assert first != run(plan, 5)
    assert first != run(FaultPlan.random(Random(4), DAY / 4, every=600.0), 4)


@settings(max_examples=25, deadline=None)
@given(fault_plans(3600.0, longest=1200.0))
def test_any_plan_can_be_played_and_is_over_in_the_end(plan: FaultPlan) -> None:
    scene = Scene(plan=plan)
    scene.start()
    scene.gone_by(5400.0)
    assert scene.world.troubles == ()
    assert scene.cloud.online(MAC)
    assert scene.cloud.macs == (MAC,)
    assert not scene.reports(HttpAnswered) or scene.account.sign_ins <= 1 + len(scene.sign_ins())


def test_what_fails_shrinks_to_the_one_fault_that_matters() -> None:
    def refused(plan: FaultPlan) -> bool:
        scene = Scene(plan=plan)
        scene.start()
        scene.gone_by(5.0)
        return any(report.status is not None for report in scene.reports(LinkRefused))

    plans = fault_plans(1.0, faults=any_fault(("UpgradeRefused", "WifiLost", "RestSlow", "LinkCut")))
    chosen = settings(max_examples=1000, database=None, deadline=None)
    found = find(plans, refused, settings=chosen, random=Random(1))
    assert len(found) == 1
    assert found.faults[0].start == 0.0
    assert isinstance(found.faults[0].fault, faults.UpgradeRefused)


def test_days_of_everything_end_with_a_session_that_is_ready() -> None:
    scene = Scene(plan=FaultPlan.random(Random(11), 3 * DAY, every=1800.0))
    scene.start()
    scene.gone_by(3 * DAY + 3600.0)
    assert scene.of(SessionClosed) == []
    assert scene.session.state is State.READY


def test_a_fault_is_no_more_once_the_block_ends_also_when_it_raises() -> None:
    scene = Scene()
    with pytest.raises(RuntimeError), scene.world.suffering(RestStatus()):
        raise RuntimeError
    assert scene.world.troubles == ()


def test_a_heater_that_comes_anew_is_not_hit_by_what_hit_the_one_before() -> None:
    scene = Scene()
    world, mac = scene.world, "020000000001"
    added = world.begin(faults.DeviceAdded())
    lost = world.begin(WifiLost())
    assert not scene.cloud.online(mac)
    world.end(added)
    assert scene.cloud.macs == (MAC,)
    world.begin(faults.DeviceAdded())
    assert scene.cloud.online(mac)
    again = world.begin(WifiLost())
    world.end(lost)
    assert not scene.cloud.online(mac)
    world.end(again)
    assert scene.cloud.online(mac)
    assert scene.cloud.online(MAC)
