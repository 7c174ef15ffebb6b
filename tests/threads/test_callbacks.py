"""Callbacks: each event once and in order; slow ones, raising ones and late ones hurt nobody (F38)."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.session.events import (
    ClockCorrected,
    CommandConfirmed,
    Event,
    EventsMissed,
    SessionClosed,
    StatusReceived,
)
from navien_sync import NavienClient, Subscription
from navien_sync.hub import SharedHub
from navien_sync.workers import Workers
from tests.support.instants import NOON as NOW
from tests.support.served import MACS
from tests.support.waiting import PATIENCE, becomes
from tests.threads.helpers import Task, client, our_threads

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def navien(server: SimServer, nothing_is_left: None) -> Iterator[NavienClient]:
    with client(server) as ours:
        yield ours


def test_a_callback_is_called_with_every_event_in_order(server: SimServer) -> None:
    seen: list[Event] = []
    threads: set[str] = set()

    def callback(event: Event) -> None:
        seen.append(event)
        threads.add(threading.current_thread().name)

    with client(server) as navien:
        navien.add_callback(callback)
        stream = navien.events()
        for _ in range(3):
            navien.devices[0].status()
    becomes(lambda: isinstance(seen[-1], SessionClosed))
    assert threads == {"navien-callbacks"}
    expected = list(stream)
    assert seen[-len(expected) :] == expected


def test_a_callback_of_a_heater_hears_of_that_one_alone(two_heaters: SimServer) -> None:
    seen: list[Event] = []
    with client(two_heaters) as navien:
        navien.devices[1].add_callback(seen.append)
        navien.add_callback(seen.append, MACS[1])
        navien.devices[0].status()
        navien.devices[1].status()
        becomes(lambda: any(isinstance(event, CommandConfirmed) for event in seen))
    assert {event.device.mac for event in seen if not isinstance(event, SessionClosed)} == {MACS[1]}  # type: ignore[union-attr]


def test_a_callback_that_raises_is_logged_and_called_again(
    navien: NavienClient, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Event] = []
    others: list[Event] = []

    def broken(event: Event) -> None:
        if not isinstance(event, CommandConfirmed):
            return
        calls.append(event)
        if len(calls) == 1:
            sys.exit("a callback's own mistake")
        raise RuntimeError("another one")

    with caplog.at_level(logging.ERROR, "navien_sync"):
        navien.add_callback(broken)
        navien.add_callback(others.append)
        for _ in range(3):
            navien.devices[0].status()
        becomes(lambda: len(calls) == 3)
        becomes(lambda: sum(isinstance(event, CommandConfirmed) for event in others) == 3)
        becomes(lambda: caplog.text.count("a callback raised") == 3)
    assert "a callback's own mistake" in caplog.text


def test_a_callback_that_hangs_delays_nobody(navien: NavienClient) -> None:
    hanging, release = threading.Event(), threading.Event()
    seen: list[Event] = []

    def hang(event: Event) -> None:
        hanging.set()
        release.wait()

    navien.add_callback(hang)
    navien.devices[0].status()
    assert hanging.wait(PATIENCE)
    navien.add_callback(seen.append)
    for _ in range(3):
        navien.devices[0].status()
    becomes(lambda: sum(isinstance(event, StatusReceived) for event in seen) >= 3)
    becomes(lambda: our_threads().count("navien-callbacks") == 2)
    release.set()


def test_a_callback_that_hangs_does_not_hold_up_the_end(
    server: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_sync.engine.JOIN", 0.1)
    release = threading.Event()
    with client(server) as navien:
        navien.add_callback(lambda event: release.wait())
        navien.devices[0].status()
    becomes(lambda: our_threads() == ["navien-callbacks"])
    release.set()


def test_a_slow_callback_is_told_what_it_missed() -> None:
    hub, crashes = SharedHub(), list[Exception]()
    workers = Workers("navien-callbacks", crashes.append)
    hanging, release = threading.Event(), threading.Event()
    seen: list[Event] = []

    def slow(event: Event) -> None:
        seen.append(event)
        hanging.set()
        release.wait()

    subscription = Subscription(hub, workers, slow, size=2)
    hub.deliver(ClockCorrected(NOW, 0.0))
    assert hanging.wait(PATIENCE)
    for offset in range(1, 6):
        hub.deliver(ClockCorrected(NOW, float(offset)))
    release.set()
    becomes(lambda: len(seen) == 4)
    assert seen[1] == EventsMissed(NOW, 3)
    assert seen[2:] == [ClockCorrected(NOW, 4.0), ClockCorrected(NOW, 5.0)]
    subscription.cancel()
    workers.close()
    assert workers.join(PATIENCE)
    assert crashes == []


def test_a_cancelled_subscription_is_called_no_more(navien: NavienClient) -> None:
    seen: list[Event] = []
    subscription = navien.add_callback(seen.append)
    navien.devices[0].status()
    becomes(lambda: bool(seen))
    subscription.cancel()
    subscription.cancel()
    count = len(seen)
    navien.devices[0].status()
    navien.devices[0].status()
    assert len(seen) <= count + 1  # a call may have been under way


def test_a_callback_may_use_the_client_and_even_close_it(server: SimServer) -> None:
    answers: list[object] = []

    def callback(event: Event) -> None:
        if isinstance(event, CommandConfirmed) and not answers:
            answers.append(ours.devices[0].status())
            ours.close()
            answers.append(ours.session_state)

    with client(server) as ours:
        ours.add_callback(callback)
        ours.devices[0].status()
        becomes(lambda: len(answers) == 2)
    assert str(answers[1]) == "State.CLOSED"


def test_callbacks_come_and_go_while_events_arrive(navien: NavienClient) -> None:
    stop = threading.Event()

    def come_and_go() -> int:
        rounds = 0
        while not (rounds and stop.is_set()):
            subscription = navien.add_callback(lambda event: None)
            stream = navien.events()
            subscription.cancel()
            stream.close()
            navien.events()  # and one that is merely dropped
            rounds += 1
        return rounds

    tasks = [Task(come_and_go) for _ in range(3)]
    for _ in range(20):
        navien.devices[0].status()
    stop.set()
    assert all(task.result() > 0 for task in tasks)
    assert navien.hub.kept == set()
