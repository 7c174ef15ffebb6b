"""The driver against machines and links made by hand: order, timers, cancellation, failures."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import pytest
from attrs import define, field

from navien_anyio.clock import Clock, system_clock
from navien_anyio.driver import Driver, Report
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkLost, LinkOpened, LinkRefused, PongReceived
from navien_proto.session.actions import Action, CancelHttp, SendHttp
from navien_proto.session.events import ClockCorrected, Event, SessionClosed
from navien_proto.session.inputs import HttpAnswered, HttpFailed, Input
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio

REQUEST = HttpRequest("GET", "https://example.invalid/")
ENDPOINT = Endpoint("ws", "127.0.0.1", 1)


@define
class Machine:
    """Does what ``on_input`` says; closes at ``stop``."""

    on_input: Callable[[Machine, Input, Instant], None] = lambda machine, report, now: None
    closed: bool = False
    inputs: list[Input] = field(factory=list)
    wants: list[Action] = field(factory=list)
    tells: list[Event] = field(factory=list)
    deadline: float | None = None
    fired: list[float] = field(factory=list)
    close_on_stop: bool = True
    stops: int = 0

    def start(self, now: Instant) -> None:
        pass

    def handle(self, report: Input, now: Instant) -> None:
        self.inputs.append(report)
        self.on_input(self, report, now)

    def handle_timer(self, now: Instant) -> None:
        assert self.deadline is not None
        assert now.monotonic >= self.deadline
        self.fired.append(now.monotonic)
        self.deadline = None
        self.tells.append(SessionClosed(now))
        self.closed = True

    def next_timer(self) -> float | None:
        return self.deadline

    def actions(self) -> list[Action]:
        wants, self.wants = self.wants, []
        return wants

    def events(self) -> list[Event]:
        tells, self.tells = self.tells, []
        return tells

    def stop(self, now: Instant) -> None:
        self.stops += 1
        self.closed = self.closed or self.close_on_stop


@define
class FakeLink:
    number: int
    report: Report
    asked: list[object] = field(factory=list)
    said_goodbye: anyio.Event = field(factory=anyio.Event)
    cut: bool = False

    async def run(self) -> LinkRefused | LinkLost:
        self.report([LinkOpened(self.number)])
        try:
            await self.said_goodbye.wait()
        except BaseException:
            self.cut = True
            raise
        return LinkLost(self.number, "said goodbye")

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping) -> None:
        self.asked.append(action)
        self.report([PongReceived(self.number)])

    def close(self) -> None:
        self.said_goodbye.set()


@define
class World:
    machine: Machine
    links: list[FakeLink] = field(factory=list)
    told: list[Event] = field(factory=list)
    exchange: Callable[[int, HttpRequest], Awaitable[HttpAnswered | HttpFailed]] | None = None

    def driver(self, clock: Clock = system_clock) -> Driver[Event]:
        async def answer(number: int, request: HttpRequest) -> HttpAnswered | HttpFailed:
            return HttpAnswered(number, HttpReply(200))

        def open_link(action: OpenLink, report: Report) -> FakeLink:
            self.links.append(FakeLink(action.link, report))
            return self.links[-1]

        return Driver(
            self.machine,
            start=self.machine.start,
            exchange=self.exchange or answer,
            open_link=open_link,
            deliver=self.told.append,
            clock=clock,
        )


async def test_an_exchange_comes_back_as_an_input() -> None:
    machine = Machine(on_input=lambda machine, report, now: setattr(machine, "closed", True))
    machine.wants = [SendHttp(7, REQUEST)]
    await World(machine).driver().run()
    assert machine.inputs == [HttpAnswered(7, HttpReply(200))]


async def test_a_cancelled_exchange_reports_nothing() -> None:
    ended = []

    async def hang(number: int, request: HttpRequest) -> HttpAnswered:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(number)
        raise AssertionError

    machine = Machine()
    machine.wants = [SendHttp(1, REQUEST)]
    driver = World(machine, exchange=hang).driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        machine.wants = [CancelHttp(1), CancelHttp(2)]
        driver.nudge()
        await anyio.wait_all_tasks_blocked()
        assert ended == [1]
        driver.stop()
    assert machine.inputs == []


async def test_link_actions_reach_their_link_and_reports_come_back() -> None:
    machine = Machine()
    world = World(machine)
    machine.wants = [OpenLink(1, ENDPOINT, "id"), Ping(1), Ping(99)]
    driver = world.driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        assert world.links[0].asked == [Ping(1)]
        machine.wants = [CloseLink(1)]
        driver.nudge()
        await anyio.wait_all_tasks_blocked()
        assert machine.inputs == [PongReceived(1), LinkOpened(1), LinkLost(1, "said goodbye")]
        driver.stop()


async def test_what_the_application_wants_is_done_at_once_and_what_a_link_says_meanwhile_comes_after() -> None:
    machine = Machine()
    world = World(machine)
    machine.wants = [OpenLink(1, ENDPOINT, "id")]
    driver = world.driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        machine.wants, machine.inputs = [Ping(1), Ping(1)], []
        machine.tells = [ClockCorrected(system_clock(), 1.0)]
        driver.nudge()
        # Nobody waited, and the link's answers did not come between the two.
        assert world.links[0].asked == [Ping(1), Ping(1)]
        assert machine.inputs == [PongReceived(1), PongReceived(1)]
        assert [type(event) for event in world.told] == [ClockCorrected]
        driver.stop()


async def test_a_timer_that_is_set_later_and_due_sooner_wakes_the_driver() -> None:
    machine = Machine(deadline=system_clock().monotonic + 3600.0)
    driver = World(machine).driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        machine.deadline = system_clock().monotonic + 0.02
        driver.nudge()
        with anyio.fail_after(PATIENCE):
            await driver.finished.wait()
    assert len(machine.fired) == 1


async def test_a_clock_that_is_set_forward_is_noticed_with_the_next_move() -> None:
    ahead = 0.0
    machine = Machine(deadline=system_clock().monotonic + 60.0)
    driver = World(machine).driver(clock=lambda: system_clock().after(ahead))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        ahead = 3600.0
        machine.deadline = system_clock().monotonic + ahead + 0.02  # later than the wait that goes on
        driver.nudge()
        with anyio.fail_after(PATIENCE):
            await driver.finished.wait()
    assert len(machine.fired) == 1


async def test_what_is_told_by_a_machine_that_closes_as_it_starts_is_delivered() -> None:
    machine = Machine(closed=True)
    machine.tells = [SessionClosed(system_clock())]
    world = World(machine)
    await world.driver().run()
    assert [type(event) for event in world.told] == [SessionClosed]


async def test_an_aborted_link_is_cut_and_reported() -> None:
    machine = Machine()
    world = World(machine)
    machine.wants = [OpenLink(1, ENDPOINT, "id")]
    driver = world.driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        machine.wants = [CloseLink(1, abort=True)]
        driver.nudge()
        await anyio.wait_all_tasks_blocked()
        assert world.links[0].cut
        assert machine.inputs[-1] == LinkLost(1, "the connection was cut")
        driver.stop()


async def test_the_timer_fires_when_it_is_due_and_the_last_events_are_delivered() -> None:
    machine = Machine(deadline=system_clock().monotonic + 0.02)
    world = World(machine)
    with anyio.fail_after(PATIENCE):
        await world.driver().run()
    assert len(machine.fired) == 1
    assert isinstance(world.told[0], SessionClosed)


async def test_stop_before_the_first_step_starts_nothing() -> None:
    machine = Machine()
    world = World(machine)
    started: list[Instant] = []
    driver = Driver(
        machine,
        start=started.append,
        exchange=world.driver()._exchange,
        open_link=lambda action, report: FakeLink(action.link, report),
        deliver=world.told.append,
        clock=system_clock,
    )
    driver.stop()
    driver.stop()
    await driver.run()
    assert machine.stops == 1
    assert started == []
    assert driver.finished.is_set()


async def test_outer_cancellation_does_not_cut_a_driver_that_was_not_stopped() -> None:
    machine = Machine()
    driver = World(machine).driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await anyio.wait_all_tasks_blocked()
            assert not driver.finished.is_set()
            driver.stop()
            await driver.finished.wait()
    assert machine.stops == 1


async def test_a_machine_that_never_closes_is_cut_after_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_anyio.driver.CLOSE_CAP", 0.05)
    machine = Machine(close_on_stop=False)
    world = World(machine)
    machine.wants = [OpenLink(1, ENDPOINT, "id")]
    driver = world.driver()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        driver.stop()
        with anyio.fail_after(PATIENCE):
            await driver.finished.wait()
    assert world.links[0].cut


@pytest.mark.parametrize("place", ["machine", "exchange"])
async def test_a_bug_ends_the_driver_in_good_order_and_is_kept(place: str) -> None:
    def broken(machine: Machine, report: Input, now: Instant) -> None:
        raise KeyError("a bug of ours")

    async def broken_exchange(number: int, request: HttpRequest) -> HttpAnswered:
        raise KeyError("a bug of ours")

    machine = Machine(on_input=broken)
    machine.wants = [OpenLink(1, ENDPOINT, "id"), SendHttp(1, REQUEST)]
    world = World(machine, exchange=broken_exchange if place == "exchange" else None)
    driver = world.driver()
    await driver.run()
    assert isinstance(driver.failure, NavienError)
    assert isinstance(driver.failure.__cause__, KeyError)
    assert "KeyError" in str(driver.failure)


def test_the_system_clock_reads_both_clocks() -> None:
    before, monotonic = datetime.now(UTC), time.monotonic()
    now = system_clock()
    assert before <= now.utc <= datetime.now(UTC)
    assert monotonic <= now.monotonic <= time.monotonic()
    assert now.utc.tzinfo is UTC
