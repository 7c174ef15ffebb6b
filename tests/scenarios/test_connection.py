"""What broke the connection of others (``failures.md``, F01 to F16), played on virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from navien_proto.errors import BadCredentials, LinkBroken
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import State
from navien_proto.session.actions import CloseLink, OpenLink, Publish, Subscribe
from navien_proto.session.events import (
    Connected,
    Disconnected,
    Retrying,
    SessionClosed,
    SignedIn,
    StatusReceived,
)
from navien_proto.session.inputs import LinkLost, LinkOpened, LinkRefused, PongReceived
from navien_proto.sim.faults import (
    BrokerRestart,
    Drop,
    Fault,
    HalfOpen,
    RestErrorBody,
    RestHtml,
    RestStatus,
    RestThrottled,
    RestTruncated,
    Unreachable,
)
from tests.scenarios.scene import Scene, actions

HOUR = 3600.0


def test_the_first_status_comes_within_seconds() -> None:
    scene = Scene()
    scene.start()
    took = scene.world.run_until(lambda: bool(scene.of(StatusReceived)), limit=60)
    assert took < 10
    status = scene.of(StatusReceived)[0].status
    assert status.dhw_temperature == 58.5
    assert status.problems == ()


def test_f01_the_connection_is_renewed_before_the_broker_cuts_it_and_a_cut_is_routine() -> None:
    scene = Scene().ready()
    scene.gone_by(50 * HOUR)
    disconnects = scene.of(Disconnected)
    assert len(disconnects) == 2
    assert all(event.planned for event in disconnects)
    assert all(22.5 * HOUR < later - sooner < 24 * HOUR for sooner, later in pairwise(scene.opens()))
    assert scene.of(Retrying) == []
    assert max(later - sooner for sooner, later in pairwise(scene.polls())) <= 300 + 10


def test_f01_a_cut_that_comes_all_the_same_leaves_no_gap_longer_than_one_backoff() -> None:
    scene = Scene(connection=ConnectionConfig(lifetime=30 * HOUR)).ready()
    scene.gone_by(25 * HOUR)
    (cut,) = scene.of(Disconnected)
    assert not cut.planned
    (retry,) = scene.of(Retrying)
    assert retry.delay <= 2
    assert max(later - sooner for sooner, later in pairwise(scene.polls())) <= 300 + 10


def test_f02_credentials_are_renewed_before_either_expires_and_every_reconnect_gets_in() -> None:
    scene = Scene().ready()
    for _ in range(5):
        scene.gone_by(HOUR)
        client = scene.cloud.broker.clients()[0]
        scene.cloud.broker.close(client, scene.world.now)
        scene.gone_by(60)
        assert scene.session.state is State.READY
    assert not [event for event in scene.of(Retrying) if "403" in str(event.error)]
    gaps = [later - sooner for sooner, later in pairwise(scene.sign_ins())]
    assert gaps
    assert all(gap <= HOUR - 5 * 60 + 1 for gap in gaps)
    assert {event.renewed for event in scene.of(SignedIn)[1:]} == {True}


def test_f02_credentials_that_the_cloud_dropped_lead_to_a_sign_in_not_to_endless_403() -> None:
    scene = Scene().ready()
    scene.gone_by(600)
    scene.cloud.service.revoke()
    scene.cut()
    took = scene.world.run_until(lambda: len(scene.of(Connected)) == 2, limit=120)
    assert took < 15
    assert len(scene.sign_ins()) == 2


@pytest.mark.parametrize(
    "answer",
    [
        RestStatus(status=401, paths=("/auth/refresh", "/device/list")),
        RestHtml(status=500),
        RestErrorBody(),
        RestTruncated(kept=0.0),
        RestErrorBody(code=200, message="SUCCESS"),
        RestStatus(status=403),
        RestThrottled(retry_after=30),
    ],
)
def test_f03_no_token_error_but_proven_bad_credentials_ends_the_loop(answer: Fault) -> None:
    scene = Scene().ready()
    scene.gone_by(600)
    scene.cloud.service.revoke()

    with scene.world.suffering(answer, Unreachable(reason="no route to host", rest=False)):
        scene.cut()
        scene.gone_by(6 * HOUR)
        assert scene.of(SessionClosed) == []
    took = scene.world.run_until(lambda: scene.session.state is State.READY, limit=900)
    assert took < 720


def test_f03_proven_bad_credentials_end_it_at_once() -> None:
    scene = Scene(password="wrong")
    scene.start()
    scene.gone_by(5)
    (closed,) = scene.of(SessionClosed)
    assert isinstance(closed.error, BadCredentials)
    assert len(scene.sign_ins()) == 1
    assert scene.session.next_timer() is None
    scene.gone_by(HOUR)
    assert len(scene.sign_ins()) == 1


def test_f04_the_old_link_is_closed_before_the_new_one_opens() -> None:
    scene = Scene().ready()
    for _ in range(10):
        with scene.world.suffering(HalfOpen()):
            scene.gone_by(200)
        scene.world.run_until(lambda: scene.session.state is State.READY)
    standing: set[int] = set()
    for _, action in actions(scene.peer):
        if isinstance(action, OpenLink):
            assert not standing
            standing.add(action.link)
        elif isinstance(action, CloseLink):
            standing.discard(action.link)
    assert len(scene.cloud.broker.clients()) == 1
    numbers = [event.link for event in scene.of(Connected)]
    assert numbers == sorted(set(numbers))


def test_f04_reports_of_dead_links_change_nothing() -> None:
    scene = Scene().ready()
    scene.cut()
    scene.world.run_until(lambda: len(scene.of(Connected)) == 2)
    opened, seen = scene.peer.opened, len(scene.peer.events)
    for report in (LinkLost(1, "late"), LinkRefused(1, "late"), LinkOpened(1), PongReceived(1)):
        scene.world.inject(scene.peer, report)
    assert scene.session.state is State.READY
    assert (scene.peer.opened, len(scene.peer.events)) == (opened, seen)


def test_f05_late_lost_reports_start_one_backoff_and_connects_keep_their_distance() -> None:
    scene = Scene().ready()
    for _ in range(20):
        for link in range(1, scene.peer.opened + 1):
            for _ in range(5):
                scene.world.inject(scene.peer, LinkLost(link, "late"))
        scene.gone_by(3)
    assert all(later - sooner >= 1.0 for sooner, later in pairwise(scene.opens()))
    assert len(scene.of(Retrying)) <= scene.peer.opened


def test_f07_subscribed_anew_on_every_connack() -> None:
    scene = Scene(heaters=3).ready()
    for _ in range(3):
        scene.cut()
        scene.world.run_until(lambda: scene.session.state is not State.READY)
        scene.world.run_until(lambda: scene.session.state is State.READY)
        scene.gone_by(5)  # thrown out at once it would come back as somebody else (F06)
    subscribed = [action for _, action in actions(scene.peer) if isinstance(action, Subscribe)]
    assert len({action.link for action in subscribed}) == len(subscribed) == 4
    assert len({action.filters for action in subscribed}) == 1
    before = len(scene.of(StatusReceived))
    scene.gone_by(310)
    assert len(scene.of(StatusReceived)) >= before + 3


def test_f07_a_lost_suback_times_out_into_a_reconnect_and_nothing_is_published_meanwhile() -> None:
    scene = Scene()
    with scene.world.suffering(Drop(frames=("suback",))):
        scene.start()
        scene.gone_by(10)
    assert scene.session.state is State.CONNECTING
    assert not [action for _, action in actions(scene.peer) if isinstance(action, Publish)]
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=60)
    (retry,) = scene.of(Retrying)
    assert "SUBSCRIBE" in str(retry.error)


def test_f09_a_half_open_link_is_noticed_and_replaced() -> None:
    scene = Scene().ready()
    with scene.world.suffering(HalfOpen()):
        noticed = scene.world.run_until(lambda: bool(scene.of(Disconnected)), limit=200)
    assert noticed <= 60 + 15 + 1
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=200)


def test_f09_polling_often_does_not_hide_a_half_open_link() -> None:
    scene = Scene(status_interval=10.0).ready()
    scene.world.begin(HalfOpen())
    noticed = scene.world.run_until(lambda: bool(scene.of(Disconnected)), limit=200)
    assert noticed <= 60 + 15 + 1


@pytest.mark.parametrize("moment", [0.01, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("trouble", [None, HalfOpen(), Unreachable(rest=False), Unreachable(link=False)])
def test_f11_close_is_final_from_every_state(moment: float, trouble: Fault | None) -> None:
    scene = Scene()
    if trouble is not None:
        scene.world.begin(trouble)
    scene.start()
    scene.gone_by(moment)
    scene.world.tell(scene.peer, scene.session.stop)
    took = scene.world.run_until(lambda: scene.session.state is State.CLOSED, limit=10)
    assert took <= 2.0
    assert [event.error for event in scene.of(SessionClosed)] == [None]
    done = len(actions(scene.peer)), len(scene.peer.events)
    scene.gone_by(HOUR)
    scene.world.inject(scene.peer, LinkLost(scene.peer.opened, "late"))
    scene.world.inject(scene.peer, LinkOpened(scene.peer.opened))
    assert scene.session.next_timer() is None
    assert (len(actions(scene.peer)), len(scene.peer.events)) == done


def test_f11_closing_during_an_interruption_does_not_resurrect_the_connection() -> None:
    scene = Scene().ready()
    scene.cut()
    scene.world.run_until(lambda: scene.session.state is State.WAITING)
    scene.world.tell(scene.peer, scene.session.stop)
    assert scene.session.state is State.CLOSED
    opened = scene.peer.opened
    scene.gone_by(24 * HOUR)
    assert scene.peer.opened == opened
    assert scene.cloud.broker.clients() == ()


@pytest.mark.parametrize("reason", ["the host name cannot be resolved", "connection refused", "TLS refused"])
def test_f16_the_first_connect_retries_and_the_reason_is_kept(reason: str) -> None:
    scene = Scene()
    outage = scene.world.begin(Unreachable(reason=reason, rest=False))
    scene.start()
    scene.gone_by(600)
    assert isinstance(scene.session.problem, LinkBroken)
    assert reason in str(scene.session.problem)
    retries = scene.of(Retrying)
    assert len(retries) > 5
    assert all(reason in str(event.error) for event in retries)
    scene.world.end(outage)
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=150)
    assert scene.session.problem is None


def test_f16_or_fails_fast_when_asked_to() -> None:
    for trouble in (Unreachable(rest=False), Unreachable(link=False)):
        scene = Scene(fail_fast=True)
        scene.world.begin(trouble)
        scene.start()
        scene.gone_by(30)
        (closed,) = scene.of(SessionClosed)
        assert "connection refused" in str(closed.error)


def test_f16_a_broker_restarted_later_is_found_again() -> None:
    scene = Scene(fail_fast=True).ready()
    with scene.world.suffering(BrokerRestart(), Unreachable(reason="the host name cannot be resolved")):
        scene.gone_by(3 * HOUR)
        assert scene.session.state is State.WAITING
    assert scene.world.run_until(lambda: scene.session.state is State.READY, limit=700) <= 130
