"""The connection machine: one link at a time, every deadline, and no way back from closed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from navien_proto.mqtt.actions import CloseLink, Endpoint, LinkAction, OpenLink, Ping, Publish, Subscribe
from navien_proto.mqtt.backoff import Backoff, ReconnectPolicy
from navien_proto.mqtt.connection import Connection, ConnectionConfig, LinkState
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.mqtt.notices import (
    ConnectionClosed,
    EndpointNeeded,
    FilterRefused,
    LinkDown,
    LinkUp,
    Notice,
    PublishSettled,
    RetryScheduled,
    TopicRefused,
)
from navien_proto.mqtt.states import LINK_STATES, LINK_TRANSITIONS, LinkTrigger
from tests.support.instants import Clock

ENDPOINT = Endpoint("wss", "broker.example", 443, "/mqtt?signed")


class Driver:
    """A connection, its clock, and what it last said."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.connection = Connection(ConnectionConfig(**settings), rng=Random(7))

    def report(self, report: LinkInput) -> None:
        self.connection.handle(report, self.clock.now)

    def alarm(self) -> float:
        """Go to the next timer and let it ring; returns how long that took."""
        due = self.connection.next_timer()
        assert due is not None
        waited = due - self.clock.now.monotonic
        self.connection.handle_timer(self.clock.to(due))
        return waited

    def open(self) -> OpenLink:
        self.connection.open(ENDPOINT, "cid", self.clock.now)
        (action,) = self.connection.actions()
        assert isinstance(action, OpenLink)
        return action

    def ready(self, *filters: str) -> int:
        self.connection.set_filters(filters, self.clock.now)
        self.connection.start()
        link = self.open().link
        self.establish(link)
        assert self.connection.ready
        self.connection.notices()
        return link

    def establish(self, link: int) -> None:
        self.report(ConnectSent(link))
        self.report(LinkOpened(link))
        for action in self.connection.actions():
            assert isinstance(action, Subscribe)
            self.report(SubscribeAnswered(link, action.id, (1,) * len(action.filters)))

    @property
    def state(self) -> LinkState:
        return self.connection.state

    def actions(self) -> list[LinkAction]:
        return self.connection.actions()

    def notices(self) -> list[Notice]:
        return self.connection.notices()


def test_a_life_from_start_to_close() -> None:
    d = Driver()
    d.connection.set_filters(["a/#", "b", "a/#"], d.clock.now)
    assert d.state is LinkState.IDLE
    assert d.connection.next_timer() is None
    d.connection.start()
    assert d.notices() == [EndpointNeeded()]
    action = d.open()
    assert (action.link, action.client_id, action.keep_alive, action.clean_session) == (1, "cid", 60, True)
    assert d.connection.next_timer() == d.clock.now.monotonic + 30
    d.report(ConnectSent(1))
    assert d.connection.next_timer() == d.clock.now.monotonic + 15
    d.report(LinkOpened(1))
    (subscribe,) = d.actions()
    assert isinstance(subscribe, Subscribe)
    assert subscribe.filters == ("a/#", "b"), "each filter once"
    assert not d.connection.ready
    d.report(SubscribeAnswered(1, subscribe.id, (1, 1)))
    assert d.notices() == [LinkUp(1, False)]
    d.connection.stop(d.clock.now)
    assert d.actions() == [CloseLink(1)]
    d.report(LinkLost(1, "closed"))
    assert d.notices() == [ConnectionClosed("closed")]
    assert (d.state, d.connection.next_timer(), d.actions()) == (LinkState.CLOSED, None, [])


def test_filters_are_split_into_packets_of_eight_and_all_must_be_answered() -> None:
    d = Driver()
    d.connection.set_filters([f"t/{n}" for n in range(20)], d.clock.now)
    d.connection.start()
    link = d.open().link
    d.report(LinkOpened(link))
    packets = [a for a in d.actions() if isinstance(a, Subscribe)]
    assert [len(p.filters) for p in packets] == [8, 8, 4]
    for packet in packets[:-1]:
        d.report(SubscribeAnswered(link, packet.id, (1,) * 8))
        assert not d.connection.ready
    d.report(SubscribeAnswered(link, packets[-1].id, (1,) * 4))
    assert d.connection.ready


def test_a_refused_filter_is_named_and_the_rest_works() -> None:
    d = Driver()
    d.connection.set_filters(["good", "bad"], d.clock.now)
    d.connection.start()
    d.notices()
    link = d.open().link
    d.report(LinkOpened(link))
    (packet,) = d.actions()
    assert isinstance(packet, Subscribe)
    d.report(SubscribeAnswered(link, packet.id, (1, 0x80)))
    assert d.notices() == [FilterRefused("bad", 0x80), LinkUp(link, False)]


def test_each_deadline_of_opening_ends_the_attempt_and_the_link_before_the_next() -> None:
    for reports, word in (((), "stand"), (("sent",), "CONNECT"), (("sent", "opened"), "SUBSCRIBE")):
        d = Driver()
        d.connection.set_filters(["a"], d.clock.now)
        d.connection.start()
        d.notices()
        link = d.open().link
        if "sent" in reports:
            d.report(ConnectSent(link))
        if "opened" in reports:
            d.report(LinkOpened(link))
            d.actions()
        d.alarm()
        assert d.actions() == [CloseLink(link, abort=True)]
        down, retry = d.notices()
        assert isinstance(down, LinkDown)
        assert word in down.reason
        assert down.retry_in is not None
        assert retry == RetryScheduled(down.retry_in, 1)
        assert d.state is LinkState.DRAINING
        d.report(LinkLost(link, "aborted"))
        assert d.notices() == []
        assert d.alarm() == pytest.approx(down.retry_in)
        assert down.retry_in >= 1.0
        assert d.notices() == [EndpointNeeded()]


def test_a_transport_that_never_reports_the_end_cannot_hold_the_machine() -> None:
    d = Driver()
    d.connection.start()
    link = d.open().link
    d.alarm()
    d.actions()
    assert d.alarm() == 2.0
    assert d.actions() == [CloseLink(link, abort=True)]
    assert d.state is LinkState.DUE, "the wait for the next attempt began with the end"


def test_silence_in_either_direction_is_asked_about() -> None:
    d = Driver()
    link = d.ready()
    for _ in range(3):
        d.clock.advance(20)
        d.connection.handle_timer(d.clock.now)
        d.connection.publish("t", b"x", 0, d.clock.now)  # busy outbound, silent inbound
    pings = [action for action in d.actions() if isinstance(action, Ping)]
    assert len(pings) == 1
    assert d.alarm() <= 15
    assert [type(action) for action in d.actions()] == [CloseLink]
    (down, *_) = d.notices()
    assert isinstance(down, LinkDown)
    assert (down.link, down.reason, down.was_up) == (link, "the broker did not answer a ping in time", True)


def test_an_answered_ping_keeps_the_link() -> None:
    d = Driver()
    link = d.ready()
    for _ in range(100):
        d.alarm()
        for action in d.actions():
            assert action == Ping(link)
            d.report(PongReceived(link))
    assert d.connection.ready


def test_an_unacknowledged_publish_ends_the_link() -> None:
    d = Driver()
    link = d.ready()
    publish = d.connection.publish("t", b"x", 1, d.clock.now)
    assert d.actions() == [Publish(link, publish, "t", b"x", 1)]
    assert d.alarm() == 20
    settled, down, _ = d.notices()
    assert settled == PublishSettled(publish, None)
    assert isinstance(down, LinkDown)
    assert down.reason == "the broker did not acknowledge a publish in time"


def test_an_acknowledged_publish_is_settled_once() -> None:
    d = Driver()
    link = d.ready()
    publish = d.connection.publish("t", b"x", 1, d.clock.now)
    d.report(PublishAnswered(link, publish))
    d.report(PublishAnswered(link, publish))
    assert d.notices() == [PublishSettled(publish, 0)]


def test_reports_of_dead_links_change_nothing() -> None:
    d = Driver()
    link = d.ready()
    d.report(LinkLost(link, "gone"))
    d.alarm()
    d.notices()
    new = d.open().link
    before = d.state, d.connection.next_timer()
    for report in (
        LinkLost(link, "late"),
        LinkOpened(link),
        LinkRefused(link, "late"),
        ConnectSent(link),
        PongReceived(link),
        MessageReceived(link, "t", b""),
        SubscribeAnswered(link, 1, (1,)),
        PublishAnswered(link, 1),
    ):
        d.report(report)
    assert (d.state, d.connection.next_timer()) == before
    assert d.notices() == []
    assert d.actions() == []
    assert new == link + 1


def test_many_lost_reports_start_one_backoff() -> None:
    d = Driver()
    link = d.ready()
    for _ in range(50):
        d.report(LinkLost(link, "lost"))
    assert [type(n) for n in d.notices()] == [LinkDown, RetryScheduled]


def test_the_lifetime_is_renewed_without_counting_a_failure() -> None:
    d = Driver(lifetime=3600.0, lifetime_jitter=0.0)
    link = d.ready()
    started = d.clock.now.monotonic
    while d.connection.ready:
        d.alarm()
        if Ping(link) in (actions := d.actions()):
            d.report(PongReceived(link))
    assert d.clock.now.monotonic - started == 3600
    assert actions == [CloseLink(link)]
    d.report(LinkLost(link, "closed"))
    (down, needed) = d.notices()
    assert isinstance(down, LinkDown)
    assert (down.planned, needed) == (True, EndpointNeeded())
    assert d.connection.failures == 0


def test_only_a_stable_link_resets_the_backoff() -> None:
    d = Driver()
    d.ready()
    for failures in range(1, 5):
        d.report(LinkLost(d.connection.link, "flapping"))
        assert d.connection.failures == failures
        d.alarm()
        d.notices()
        d.establish(d.open().link)
        d.clock.advance(30)
        d.connection.handle_timer(d.clock.now)
    d.clock.advance(31)
    d.connection.handle_timer(d.clock.now)
    assert d.connection.failures == 0


def test_f05_the_waits_of_many_clients_are_not_in_step() -> None:
    for failures in (0, 3, 30):
        waits = set()
        for seed in range(20):
            backoff = Backoff(ReconnectPolicy(), Random(seed))
            backoff.failures = failures
            waits.add(backoff.next_delay())
        assert len(waits) == 20


def test_f05_a_link_replaced_as_soon_as_it_stands_leaves_a_second_between_two_connects() -> None:
    d = Driver()
    link = d.ready()
    d.connection.replace("planned", d.clock.now)
    d.report(LinkLost(link, "closed"))
    assert EndpointNeeded() not in d.notices()
    assert d.alarm() == 1.0
    assert d.notices() == [EndpointNeeded()]


def test_f07_what_a_broker_says_that_it_remembers_is_subscribed_all_the_same() -> None:
    d = Driver(clean_session=False)
    d.connection.set_filters(["a", "b"], d.clock.now)
    d.connection.start()
    link = d.open().link
    d.report(LinkOpened(link, session_present=True))
    (subscribe,) = d.actions()
    assert isinstance(subscribe, Subscribe)
    assert subscribe.filters == ("a", "b")
    assert not d.connection.ready
    d.report(SubscribeAnswered(link, subscribe.id, (1, 1)))
    assert d.notices()[-1] == LinkUp(link, True)


def test_f08_one_hang_up_right_after_a_publish_is_an_accident() -> None:
    d = Driver()
    link = d.ready()
    d.connection.publish("t", b"x", 0, d.clock.now)
    d.report(LinkLost(link, "gone"))
    assert not [notice for notice in d.notices() if isinstance(notice, TopicRefused)]
    d.alarm()
    d.actions()
    d.establish(d.open().link)
    number = d.connection.publish("t", b"x", 0, d.clock.now)
    assert d.actions() == [Publish(d.connection.link, number, "t", b"x", 0)]


def test_attempts_can_be_limited_or_off() -> None:
    d = Driver(reconnect=ReconnectPolicy(enabled=False))
    link = d.ready()
    d.report(LinkLost(link, "gone"))
    assert d.notices()[-1] == ConnectionClosed("gone", exhausted=True)
    assert d.connection.next_timer() is None

    d = Driver(reconnect=ReconnectPolicy(max_attempts=2))
    d.connection.start()
    for _ in range(2):
        d.report(LinkRefused(d.open().link, "no"))
        d.alarm()
    d.report(LinkRefused(d.open().link, "no"))
    assert d.notices()[-1] == ConnectionClosed("no", exhausted=True)


def test_messages_before_and_after_their_time_are_dropped() -> None:
    d = Driver()
    link = d.ready()
    d.report(MessageReceived(link, "t", b"1"))
    d.connection.replace("planned", d.clock.now)
    d.report(MessageReceived(link, "t", b"2"))
    delivered = [n.payload for n in d.notices() if isinstance(n, MessageReceived)]
    assert delivered == [b"1"]


@given(seed=st.integers(), failures=st.integers(1, 3000))
def test_the_nth_wait_is_between_one_second_and_the_cap(seed: int, failures: int) -> None:
    backoff = Backoff(ReconnectPolicy(), Random(seed))
    backoff.failures = failures - 1
    delay = backoff.next_delay()
    assert delay is not None
    assert 1.0 <= delay <= min(120.0, 2.0 ** min(failures, 10))


def test_an_odd_answer_to_a_subscription_does_not_bring_a_stopped_connection_back() -> None:
    d = Driver()
    d.connection.set_filters(["a", "b"], d.clock.now)
    d.connection.start()
    link = d.open().link
    d.report(LinkOpened(link))
    (subscribe,) = d.actions()
    assert isinstance(subscribe, Subscribe)
    d.connection.stop(d.clock.now)
    d.report(SubscribeAnswered(link, subscribe.id, (1,)))
    assert (d.state, d.connection.next_timer()) == (LinkState.CLOSING, d.clock.now.monotonic + 2)
    d.report(LinkLost(link, "closed"))
    assert d.state is LinkState.CLOSED


def test_a_report_before_the_first_link_changes_nothing() -> None:
    d = Driver()
    d.report(LinkLost(0, "lost"))
    assert (d.state, d.notices()) == (LinkState.IDLE, [])


def test_nothing_leads_out_of_closed_and_everything_leads_there() -> None:
    reached = {LinkState.CLOSED}
    for _ in LinkState:
        reached |= {state for (state, _trigger), target in LINK_TRANSITIONS.items() if target in reached}
    assert reached == set(LinkState)
    assert all(state is not LinkState.CLOSED for state, _ in LINK_TRANSITIONS)
    assert {trigger for _, trigger in LINK_TRANSITIONS} == set(LinkTrigger)
    assert {LINK_TRANSITIONS[state, LinkTrigger.END] for state in LINK_STATES} == {LinkState.DRAINING}


class ConnectionMachine(RuleBasedStateMachine):
    """Any reports, moves and times, in any order: the rules of the house hold."""

    def __init__(self) -> None:
        super().__init__()
        self.d = Driver()
        self.d.connection.set_filters(["a", "b"], self.d.clock.now)
        self.standing: set[int] = set()
        self.last_open: float | None = None
        self.stopped = False
        self.unsettled: set[int] = set()

    def collect(self) -> None:
        for action in self.d.actions():
            assert not isinstance(action, OpenLink) or not self.standing, "two links"
            if isinstance(action, OpenLink):
                assert not self.stopped
                if self.last_open is not None:
                    assert self.d.clock.now.monotonic - self.last_open >= 1.0 - 1e-9
                self.last_open = self.d.clock.now.monotonic
                self.standing.add(action.link)
            elif isinstance(action, CloseLink):
                # After an abort the link is dead for the machine, whatever the transport still says.
                self.standing.discard(action.link)
        for notice in self.d.notices():
            if isinstance(notice, PublishSettled):
                self.unsettled.remove(notice.id)

    @rule(seconds=st.floats(0, 200))
    def time_passes(self, seconds: float) -> None:
        self.d.clock.advance(seconds)
        self.d.connection.handle_timer(self.d.clock.now)
        self.collect()

    @rule()
    def alarm_rings(self) -> None:
        if self.d.connection.next_timer() is not None:
            self.d.connection.handle_timer(
                self.d.clock.to(max(self.d.clock.now.monotonic, self.d.connection.next_timer() or 0.0))
            )
            self.collect()

    @rule()
    def start(self) -> None:
        self.d.connection.start()
        self.collect()

    @rule()
    def offer(self) -> None:
        self.d.connection.open(ENDPOINT, "cid", self.d.clock.now)
        self.collect()

    @rule()
    def decline(self) -> None:
        self.d.connection.fail("no credentials", self.d.clock.now)
        self.collect()

    @precondition(lambda self: self.d.connection.ready)
    @rule(qos=st.integers(0, 1))
    def publish(self, qos: int) -> None:
        publish = self.d.connection.publish("t", b"", qos, self.d.clock.now)
        if qos:
            self.unsettled.add(publish)
        self.collect()

    @rule(back=st.integers(0, 3), which=st.integers(0, 8), number=st.integers(0, 12), code=st.integers(0, 255))
    def report(self, back: int, which: int, number: int, code: int) -> None:
        link = self.d.connection.link - back
        report: LinkInput = (
            ConnectSent(link),
            LinkOpened(link),
            LinkRefused(link, "refused"),
            LinkLost(link, "lost"),
            SubscribeAnswered(link, number, (code, code)),
            SubscribeAnswered(link, number, (code,)),
            PublishAnswered(link, number, code),
            PongReceived(link),
            MessageReceived(link, "t", b""),
        )[which]
        if isinstance(report, LinkLost | LinkRefused):
            self.standing.discard(link)
        self.d.report(report)
        self.collect()

    @rule()
    def replace(self) -> None:
        self.d.connection.replace("replaced", self.d.clock.now)
        self.collect()

    @precondition(lambda self: self.d.connection.link > 3)
    @rule()
    def stop(self) -> None:
        self.d.connection.stop(self.d.clock.now)
        self.stopped = True
        self.collect()

    @invariant()
    def a_closed_connection_wants_nothing(self) -> None:
        if self.d.state is LinkState.CLOSED:
            assert self.d.connection.next_timer() is None
            assert not self.unsettled

    @invariant()
    def a_waiting_one_wakes_for_the_next_attempt(self) -> None:
        if self.d.state is LinkState.WAITING:
            due = self.d.connection.next_timer()
            assert due is not None
            assert due <= self.d.clock.now.monotonic + 120 or self.d.clock.now.monotonic > due


TestConnectionMachine = ConnectionMachine.TestCase
TestConnectionMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_no_endpoint_once_too_often_is_the_end() -> None:
    d = Driver(reconnect=ReconnectPolicy(enabled=False))
    d.connection.start()
    d.notices()
    d.connection.fail("no tokens", d.clock.now)
    assert d.notices() == [ConnectionClosed("no tokens", exhausted=True)]


def test_what_is_asked_out_of_place_does_nothing() -> None:
    d = Driver()
    d.connection.fail("not begun", d.clock.now)
    d.connection.open(ENDPOINT, "cid", d.clock.now)
    d.connection.probe(d.clock.now)
    d.connection.replace("not begun", d.clock.now)
    assert (d.state, d.actions(), d.notices()) == (LinkState.IDLE, [], [])
    link = d.ready("a/#")
    d.connection.start()
    d.connection.open(ENDPOINT, "cid", d.clock.now)
    d.connection.fail("it stands", d.clock.now)
    d.report(LinkOpened(link))
    d.report(UnsubscribeAnswered(link, 99))
    assert (d.state, d.actions(), d.notices()) == (LinkState.READY, [], [])


def test_a_filter_that_is_wanted_while_others_are_asked_for_follows_them() -> None:
    d = Driver()
    d.connection.set_filters(["a/#"], d.clock.now)
    d.connection.start()
    link = d.open().link
    d.report(ConnectSent(link))
    d.connection.subscribe(["b/#"], d.clock.now)
    d.report(LinkOpened(link))
    d.connection.subscribe(["c/#"], d.clock.now)
    asked: list[str] = []
    while questions := [action for action in d.actions() if isinstance(action, Subscribe)]:
        for action in questions:
            asked += action.filters
            d.report(SubscribeAnswered(link, action.id, (1,) * len(action.filters)))
    assert asked == ["a/#", "b/#", "c/#"]
    assert d.connection.ready


def test_a_sign_of_life_can_be_asked_for_at_once() -> None:
    d = Driver()
    link = d.ready("a/#")
    d.connection.probe(d.clock.now)
    d.connection.probe(d.clock.now)
    assert d.actions() == [Ping(link)]
