"""The pump against machines and links made by hand, and the workers beside it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest
from attrs import define, field

from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.errors import NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import CloseLink, Endpoint, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.inputs import LinkInput, LinkLost, LinkOpened, PongReceived
from navien_proto.session.actions import Action, CancelHttp, SendHttp
from navien_proto.session.events import ClockCorrected, Event, SessionClosed
from navien_proto.session.inputs import HttpAnswered, Input
from navien_sync.clock import system_clock
from navien_sync.driver import Answered, Driver
from navien_sync.watch import SocketWatch
from navien_sync.workers import Workers
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task

pytestmark = pytest.mark.usefixtures("nothing_is_left")

REQUEST = HttpRequest("GET", "https://example.invalid/")
ENDPOINT = Endpoint("ws", "127.0.0.1", 1)


def nothing(machine: Machine, report: Input, now: Instant) -> None:
    pass


def close(machine: Machine, report: Input, now: Instant) -> None:
    machine.closed = True


@define
class Machine:
    """Does what ``on_input`` says; closes at ``stop``."""

    on_input: Callable[[Machine, Input, Instant], None] = nothing
    closed: bool = False
    inputs: list[Input] = field(factory=list)
    wants: list[Action] = field(factory=list)
    tells: list[Event] = field(factory=list)
    deadline: float | None = None
    close_on_stop: bool = True
    stops: int = 0

    def handle(self, report: Input, now: Instant) -> None:
        self.inputs.append(report)
        self.on_input(self, report, now)

    def handle_timer(self, now: Instant) -> None:
        assert self.deadline is not None
        assert now.monotonic >= self.deadline
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
    report: Callable[[LinkInput], None]
    due: float | None = None
    asked: list[object] = field(factory=list)
    ended: bool = False

    def start(self) -> None:
        self.report(LinkOpened(self.number))

    def perform(self, action: Subscribe | Unsubscribe | Publish | Ping | CloseLink) -> None:
        self.asked.append(action)
        if isinstance(action, Ping):
            self.report(PongReceived(self.number))
        elif isinstance(action, CloseLink) and not self.ended:
            self.ended = True
            self.report(LinkLost(self.number, "cut" if action.abort else "said goodbye"))

    def handle_due(self) -> None:
        self.due = None
        self.asked.append("due")


@define
class World:
    machine: Machine
    links: list[FakeLink] = field(factory=list)
    told: list[Event] = field(factory=list)
    cancelled: list[int] = field(factory=list)
    answer: bool = True

    def driver(self) -> Driver[Event]:
        def exchange(number: int, request: HttpRequest, answered: Answered) -> Callable[[], None]:
            if self.answer:
                threading.Thread(target=answered, args=[HttpAnswered(number, HttpReply(200))]).start()
            return lambda: self.cancelled.append(number)

        def open_link(action: OpenLink, report: Callable[[LinkInput], None], watch: SocketWatch) -> FakeLink:
            self.links.append(FakeLink(action.link, report))
            return self.links[-1]

        return Driver(
            self.machine, exchange=exchange, open_link=open_link, deliver=self.told.append, clock=system_clock
        )


def run(driver: Driver[Event]) -> None:
    driver.run()
    driver.end()


def test_an_exchange_comes_back_as_an_input() -> None:
    machine = Machine(on_input=close, wants=[SendHttp(7, REQUEST)])
    run(World(machine).driver())
    assert machine.inputs == [HttpAnswered(7, HttpReply(200))]


def test_cancelled_exchanges_and_those_left_at_the_end_are_cut_short() -> None:
    machine = Machine(wants=[SendHttp(1, REQUEST), SendHttp(2, REQUEST), CancelHttp(1), CancelHttp(3)])
    world = World(machine, answer=False)
    driver = world.driver()
    task = Task(lambda: run(driver))
    becomes(lambda: world.cancelled == [1])
    driver.stop()
    task.result()
    assert world.cancelled == [1, 2]
    assert machine.inputs == []


def test_link_actions_reach_their_link_and_reports_come_back() -> None:
    machine = Machine(wants=[OpenLink(1, ENDPOINT, "id"), Ping(1), Ping(99), CloseLink(1), Ping(1)])
    world = World(machine)
    driver = world.driver()
    task = Task(lambda: run(driver))
    becomes(lambda: len(machine.inputs) == 3)
    driver.stop()
    task.result()
    assert world.links[0].asked == [Ping(1), CloseLink(1)]
    assert machine.inputs == [LinkOpened(1), PongReceived(1), LinkLost(1, "said goodbye")]


def test_a_link_left_at_the_end_is_cut() -> None:
    machine = Machine(wants=[OpenLink(1, ENDPOINT, "id")], on_input=close)
    world = World(machine)
    run(world.driver())
    assert world.links[0].asked == [CloseLink(1, abort=True)]


def test_a_links_own_deadline_is_kept() -> None:
    machine = Machine(wants=[OpenLink(1, ENDPOINT, "id")])
    world = World(machine)
    driver = world.driver()
    task = Task(lambda: run(driver))
    becomes(lambda: len(world.links) == 1)
    driver.call(lambda now: setattr(world.links[0], "due", now.monotonic + 0.02))
    becomes(lambda: world.links[0].asked == ["due"])
    driver.stop()
    task.result()


def test_the_timer_fires_when_it_is_due_and_the_last_events_are_delivered() -> None:
    machine = Machine(deadline=time.monotonic() + 0.02)
    world = World(machine)
    run(world.driver())
    assert [type(event) for event in world.told] == [SessionClosed]


def test_calls_run_in_order_in_the_pump_and_end_with_it() -> None:
    machine = Machine()
    driver = World(machine).driver()
    order: list[object] = []
    driver.call(lambda now: order.append("before the start"))
    task = Task(lambda: run(driver))
    for number in range(100):
        driver.call(lambda now, number=number: order.append(number))  # type: ignore[misc]
    driver.stop()
    driver.stop()
    task.result()
    assert order == ["before the start", *range(100)]
    assert machine.stops == 1
    driver.call(lambda now: order.append("never"))
    driver.call(lambda now: order.append("never"), lambda: order.append("refused"))
    assert order[-1] == "refused"
    assert "never" not in order


def test_a_stop_by_the_garbage_collector_in_the_pump_itself_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dropped client is stopped in whatever thread collects it, at whatever moment."""
    machine = Machine()
    driver = World(machine).driver()
    wait = SocketWatch.wait

    def collecting(watch: SocketWatch, timeout: float | None) -> list[socket.socket]:
        driver.stop()
        return wait(watch, timeout)

    monkeypatch.setattr(SocketWatch, "wait", collecting)
    Task(lambda: run(driver)).result()
    assert machine.stops == 1


def test_calls_still_in_the_queue_at_the_end_are_refused() -> None:
    machine = Machine(on_input=close)
    driver = World(machine).driver()
    refused: list[int] = []
    driver.report(PongReceived(1))
    driver.run()
    driver.call(lambda now: refused.append(0), lambda: refused.append(1))
    driver.call(lambda now: refused.append(0))
    driver.end()
    assert refused == [1]


def test_what_does_not_close_is_cut_after_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.driver.CLOSE_CAP", 0.05)
    machine = Machine(close_on_stop=False)
    driver = World(machine).driver()
    task = Task(lambda: run(driver))
    driver.stop()
    task.result()
    assert driver.failure is None


def test_a_bug_ends_the_pump_in_good_order_and_is_kept() -> None:
    def broken(machine: Machine, report: Input, now: Instant) -> None:
        raise KeyError("a bug of ours")

    machine = Machine(on_input=broken, wants=[OpenLink(1, ENDPOINT, "id")])
    driver = World(machine).driver()
    run(driver)
    assert isinstance(driver.failure, NavienError)
    assert isinstance(driver.failure.__cause__, KeyError)
    assert "KeyError" in str(driver.failure)


def test_a_bug_of_another_thread_and_a_users_mistake_are_told_as_they_are() -> None:
    driver = World(Machine()).driver()
    driver.crash(UsageError("the client id is too long"))
    run(driver)
    assert str(driver.failure) == "the client id is too long"


def test_events_are_delivered_in_order() -> None:
    now = system_clock()
    machine = Machine(on_input=close, tells=[ClockCorrected(now, float(number)) for number in range(5)])
    world = World(machine)
    driver = world.driver()
    driver.report(PongReceived(1))
    run(driver)
    assert [event.offset for event in world.told if isinstance(event, ClockCorrected)] == [0, 1, 2, 3, 4]


def test_many_wakes_do_not_fill_the_pipe() -> None:
    watch = SocketWatch()
    for _ in range(100_000):
        watch.wake()
    watch.tell(watch.wait(PATIENCE))
    began = time.monotonic()
    assert watch.wait(0.05) == []
    assert time.monotonic() - began > 0.04
    watch.close()


def bug(now: Instant) -> None:
    raise ZeroDivisionError


def test_what_was_handed_in_beside_a_bug_is_told() -> None:
    driver = World(Machine()).driver()
    told: list[str] = []
    driver.call(lambda now: told.append("before"))
    driver.call(bug, lambda: told.append("never"))
    driver.call(lambda now: told.append("after"), lambda: told.append("refused"))
    run(driver)
    assert told == ["before", "refused"]
    assert driver.failure is not None


# --- workers --------------------------------------------------------------------------------------------------


def settles(name: str, count: int) -> None:
    """Wait until the threads of this name are ``count``: one is on its way back for a moment after its job."""
    becomes(lambda: sum(thread.name == name for thread in threading.enumerate()) == count)


def test_one_worker_serves_while_it_is_enough_and_a_busy_one_holds_up_nobody() -> None:
    crashes: list[Exception] = []
    workers = Workers("worker of this test", crashes.append)
    for number in range(20):
        assert workers.call(lambda number=number: number, PATIENCE) == number  # type: ignore[misc]
    settles("worker of this test", 1)
    release, busy = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        release.wait()

    workers.run(hang)
    assert busy.wait(PATIENCE)
    assert workers.call(lambda: "quick", PATIENCE) == "quick"
    settles("worker of this test", 2)
    assert workers.call(release.wait, 0.05) is None
    release.set()
    workers.close()
    assert workers.join(PATIENCE)
    assert not workers.run(lambda: None)
    assert workers.call(lambda: 1, PATIENCE) is None
    # Whoever is waited for has ended, and is not merely about to.
    assert "worker of this test" not in [thread.name for thread in threading.enumerate()]
    assert crashes == []


def test_a_job_that_raises_is_told_and_ends_nothing() -> None:
    crashes: list[Exception] = []
    workers = Workers("worker", crashes.append)

    def broken() -> None:
        raise KeyError("a bug")

    assert workers.call(broken, PATIENCE) is None
    assert workers.call(lambda: 1, PATIENCE) == 1
    workers.close()
    assert workers.join(PATIENCE)
    assert [type(crash) for crash in crashes] == [KeyError]


def test_a_system_without_threads_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers("worker", list[Exception]().append)

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert not workers.run(lambda: None)
    workers.close()
    assert workers.join(0)


def test_many_threads_give_jobs_at_once() -> None:
    workers = Workers("worker", list[Exception]().append)
    done: list[int] = []
    tasks = [Task(lambda: [workers.run(lambda: done.append(1)) for _ in range(200)]) for _ in range(5)]
    for task in tasks:
        assert all(task.result())
    workers.close()
    assert workers.join(PATIENCE)
    assert len(done) == 1000
