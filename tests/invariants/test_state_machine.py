"""Any order of faults, commands, restarts and silences: Hypothesis looks for one that breaks an invariant."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from navien_proto.session import State
from navien_proto.sim.fault_plan import DEFAULT_MIX
from navien_proto.sim.faults import ClockDrift, ClockStep, Fault
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.trouble import Trouble
from tests.invariants.stage import Setting, Stage
from tests.support.fault_plans import any_fault

SEEDS = st.integers(0, 2**16)
MOST_FAULTS = 4


class SessionMachine(RuleBasedStateMachine):
    """A session, its cloud, and whatever happens to them."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage | None = None
        self.troubles: list[Trouble[Fault]] = []
        self.heaters = 0

    @initialize(
        seed=SEEDS,
        heaters=st.integers(1, 3),
        interval=st.sampled_from((60.0, 300.0, 10.0)),
        queue=st.booleans(),
        adaptive=st.booleans(),
        recorded=st.booleans(),
    )
    def begin(self, seed: int, heaters: int, interval: float, queue: bool, adaptive: bool, recorded: bool) -> None:
        setting = Setting(status_interval=interval, queue=queue, adaptive=adaptive, queue_limit=5)
        self.stage = Stage(seed, heaters=heaters, setting=setting, recorded=recorded, thorough=True)
        self.heaters = heaters

    @property
    def on(self) -> Stage:
        assert self.stage is not None
        return self.stage

    @rule(seconds=st.sampled_from((1.0, 0.1, 5.0, 30.0, 120.0, 600.0, 1200.0)))
    def let_time_pass(self, seconds: float) -> None:
        self.on.go_on(seconds)

    @rule(fault=any_fault(tuple(DEFAULT_MIX)), seed=st.integers(0, 3))
    @precondition(lambda self: len(self.troubles) < MOST_FAULTS)
    def start_a_fault(self, fault: Fault, seed: int) -> None:
        self.on.clock_moved |= isinstance(fault, ClockStep | ClockDrift)
        self.troubles.append(self.on.world.begin(fault, seed=seed))

    @rule(which=st.integers(0, MOST_FAULTS - 1))
    @precondition(lambda self: self.troubles)
    def end_a_fault(self, which: int) -> None:
        self.on.world.end(self.troubles.pop(which % len(self.troubles)))

    @rule(seed=SEEDS)
    def submit(self, seed: int) -> None:
        self.on.submit(Random(seed))

    @rule(seeds=st.lists(SEEDS, min_size=6, max_size=12))
    def submit_many(self, seeds: list[int]) -> None:
        for seed in seeds:
            self.on.submit(Random(seed))

    @rule(seed=SEEDS)
    def cancel(self, seed: int) -> None:
        self.on.cancel(Random(seed))

    @rule()
    def clear_the_queue(self) -> None:
        self.on.clear()

    @rule(seed=SEEDS)
    def hear_of_the_past(self, seed: int) -> None:
        self.on.old(Random(seed))

    @rule()
    def look(self) -> None:
        self.on.look()

    @rule(killed=st.booleans())
    def start_again(self, killed: bool) -> None:
        self.on.restart(killed=killed)

    @rule()
    @precondition(lambda self: self.heaters < 5)
    def buy_a_heater(self) -> None:
        config = HeaterConfig(mac=f"aabbccddef{self.heaters:02x}", serial=f"00000000XX{self.heaters:08d}")
        heater = Heater(config, rng=Random(self.heaters), started=self.on.now.utc)
        self.on.cloud.add_heater(self.on.cloud.service.accounts[0], heater, self.on.now)
        self.heaters += 1

    @rule()
    @precondition(lambda self: not self.troubles and len(self.on.cloud.macs) > 1)
    def sell_a_heater(self) -> None:
        self.on.cloud.remove_heater(self.on.cloud.macs[-1], self.on.now)

    @invariant()
    def what_is_live_is_fresh(self) -> None:
        if self.stage is not None:
            self.stage.check_fresh()

    def teardown(self) -> None:
        if self.stage is None:
            return
        for trouble in self.troubles:
            self.stage.world.end(trouble)
        self.stage.end()
        assert self.stage.watched.state is State.CLOSED


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
