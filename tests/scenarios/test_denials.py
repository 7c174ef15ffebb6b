"""What a broker does not allow, and who throws us out (``failures.md``, F06 and F08), played on virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from navien_proto.errors import CommandRefused, LinkBroken
from navien_proto.session import State
from navien_proto.session.actions import OpenLink, Publish, Subscribe
from navien_proto.session.events import (
    CommandFailed,
    Connected,
    Degraded,
    Disconnected,
    Impairment,
    PublishRefused,
    Retrying,
    SessionClosed,
    StatusReceived,
    SubscriptionRefused,
)
from navien_proto.sim.fault import Fault
from navien_proto.sim.faults_links import PublishDenied, SubscriptionDenied, Takeover
from navien_proto.wire.commands import SetTemperature
from tests.scenarios.scene import Scene, actions

HOUR = 3600.0


def client_ids(scene: Scene) -> list[str]:
    """The client ids of all links, in order."""
    return [action.client_id for _, action in actions(scene.peer) if isinstance(action, OpenLink)]


@pytest.mark.parametrize("after", [0.2, 1.5])
def test_f06_thrown_out_at_once_twice_running_we_come_back_as_somebody_else_and_later(after: float) -> None:
    scene = Scene().ready()
    scene.gone_by(600)
    signed_in = len(scene.sign_ins())
    with scene.world.suffering(Takeover(after=after)):
        scene.cut()
        scene.gone_by(HOUR)
        losses = [event for event in scene.of(Disconnected) if event.at.monotonic > 1600]
    assert len(losses) < 100, "no endless mutual kicking"
    assert len(set(client_ids(scene))) > 2
    assert all(later - sooner >= 1 for sooner, later in pairwise(scene.opens()))
    assert len(scene.sign_ins()) > signed_in, "with fresh credentials"
    kicked = [event for event in scene.of(Retrying) if "client id" in str(event.error)]
    assert kicked
    assert all(event.delay >= 30 for event in kicked)
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
    scene.gone_by(120)
    assert scene.session.state is State.READY


def test_f06_thrown_out_at_once_twice_running_we_sign_in_anew_within_minutes() -> None:
    scene = Scene().ready()
    scene.gone_by(600)
    with scene.world.suffering(Takeover(after=0.5)):
        scene.cut()
        scene.gone_by(180)
    assert len(scene.sign_ins()) > 1


def test_f06_a_client_id_of_the_users_own_is_kept_and_the_reason_is_said() -> None:
    scene = Scene(client_id="my-client").ready()
    with scene.world.suffering(Takeover(after=0.5)):
        scene.cut()
        scene.gone_by(300)
    assert set(client_ids(scene)) == {"my-client"}
    assert any("the one that was configured" in str(event.error) for event in scene.of(Retrying))


def test_f06_one_early_loss_is_an_accident() -> None:
    scene = Scene().ready()
    for _ in range(5):
        scene.cut()
        scene.world.run_until(lambda: scene.session.state is not State.READY)
        scene.world.run_until(lambda: scene.session.state is State.READY)
        scene.gone_by(1)
        scene.cut()
        scene.world.run_until(lambda: scene.session.state is not State.READY)
        scene.world.run_until(lambda: scene.session.state is State.READY)
        scene.gone_by(30)
    assert len(set(client_ids(scene))) == 1


def test_f08_a_refused_filter_is_named_and_the_rest_works() -> None:
    scene = Scene(heaters=3)
    with scene.world.suffering(SubscriptionDenied(pattern="cmd/52/navilink-aabbccddef00/*")):
        scene.ready()
        (refused,) = scene.of(SubscriptionRefused)
        assert (refused.code, refused.hung_up) == (0x80, False)
        (degraded,) = scene.of(Degraded)
        assert (degraded.link, degraded.impairment) == (1, Impairment.FILTER_REFUSED)
        assert len(scene.of(Connected)) == 1
        heard = {event.device.mac for event in scene.of(StatusReceived)}
        assert heard == {"aabbccddeeff", "aabbccddef01"}


def test_f08_a_broker_that_hangs_up_on_a_filter_is_asked_one_by_one_and_the_offender_is_set_aside() -> None:
    scene = Scene(heaters=10)
    denied = "cmd/52/navilink-aabbccddef03/#"
    with scene.world.suffering(SubscriptionDenied(pattern="cmd/52/navilink-aabbccddef03/*", silent=True)):
        scene.start()
        took = scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
        assert took < 120
        scene.gone_by(50)
        assert len(scene.of(Connected)) == 1
        (refused,) = scene.of(SubscriptionRefused)
        assert refused.hung_up
        assert "aabbccddef03" not in refused.filter
        assert [event.impairment for event in scene.of(Degraded)] == [Impairment.FILTER_REFUSED]
        asked: dict[int, list[tuple[str, ...]]] = {}
        for _, action in actions(scene.peer):
            if isinstance(action, Subscribe):
                asked.setdefault(action.link, []).append(action.filters)
        assert max(map(len, asked[1])) == 8
        assert {len(filters) for link in (2, 3) for filters in asked[link]} == {1}
        assert asked[3][-1] == (denied,), "the suspect comes last"
        assert denied not in {one for filters in asked[4] for one in filters}
        assert len({event.device.mac for event in scene.of(StatusReceived)}) == 9
        # It is tried again, each time at the price of a link, and more and more seldom.
        scene.gone_by(24 * HOUR)
        assert len(scene.of(Connected)) < 30
        scene.gone_by(24 * HOUR)
        assert len(scene.of(Connected)) < 40, "no endless loop"
        assert scene.session.state is State.READY
    scene.gone_by(5 * HOUR)
    late = {
        event.device.mac
        for event in scene.of(StatusReceived)
        if event.at.monotonic > scene.world.now.monotonic - 400
    }
    assert len(late) == 10, "rights that came back are used"


def test_f08_a_lost_network_while_subscribing_is_no_denial() -> None:
    scene = Scene(heaters=3)
    for _ in range(6):
        if scene.session.state is State.IDLE:
            scene.start()
        scene.world.run_until(lambda: bool(scene.cloud.broker.clients()), limit=200)
        scene.cut()
        scene.gone_by(0.5)
    scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
    scene.gone_by(60)
    assert len({event.device.mac for event in scene.of(StatusReceived)}) == 3


@pytest.mark.parametrize(
    ("pattern", "ends"),
    [("evt/*", "app-connection"), ("cmd/*/st", "/st"), ("cmd/*/st/did", "/st/did")],
)
def test_f08_a_topic_for_which_the_broker_hangs_up_is_set_aside(pattern: str, ends: str) -> None:
    scene = Scene()
    with scene.world.suffering(PublishDenied(pattern=pattern)):
        scene.start()
        scene.world.run_until(lambda: bool(scene.of(PublishRefused)), limit=600)
        (refused,) = scene.of(PublishRefused)
        assert refused.topic.endswith(ends)
        assert "aabbccddeeff" not in refused.topic
        scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
        last = scene.peer.opened
        scene.gone_by(50)
        assert Impairment.TOPIC_REFUSED in {event.impairment for event in scene.of(Degraded)}
        sent = [a.topic for _, a in actions(scene.peer) if isinstance(a, Publish) and a.link == last]
        assert sent
        assert not any(topic.endswith(ends) for topic in sent)
        scene.gone_by(24 * HOUR)
        links = scene.peer.opened
        scene.gone_by(24 * HOUR)
        assert scene.peer.opened <= links + 10, "no endless loop"


@pytest.mark.parametrize(
    "denied",
    [
        PublishDenied(pattern="*/st"),
        SubscriptionDenied(pattern="cmd/52/navilink-*"),
        SubscriptionDenied(pattern="cmd/52/navilink-*", silent=True),
    ],
)
def test_f08_rights_that_come_back_are_used_soon(denied: Fault) -> None:
    scene = Scene(status_interval=60.0).ready()
    with scene.world.suffering(denied):
        scene.cut()
        scene.gone_by(500)
        ended = scene.world.now.monotonic
    scene.gone_by(150)
    assert max(event.at.monotonic for event in scene.of(StatusReceived)) > ended
    # Nothing is held against the broker on the next link.
    scene.gone_by(1200)
    told = len(scene.of(Degraded))
    scene.cut()
    scene.gone_by(300)
    assert len(scene.of(Degraded)) == told
    assert scene.peer.opened < 25


def test_f08_a_control_that_is_denied_ends_as_refused_and_nothing_else_is_lost() -> None:
    scene = Scene().ready()
    with scene.world.suffering(PublishDenied(pattern="cmd/*/ctrl")):
        ended: list[CommandFailed] = []
        for pause in (400, 400, 1):
            scene.gone_by(pause)
            scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now))
            scene.gone_by(45)
            ended = scene.of(CommandFailed)
        assert len(ended) == 3
        assert isinstance(ended[-1].error, CommandRefused)
        assert ended[-1].error.code == 0x87
        assert scene.session.state is State.READY
        assert len(scene.of(PublishRefused)) == 1
    assert scene.of(SessionClosed) == []


def test_f08_the_reason_of_a_lost_link_stays_a_link_error() -> None:
    scene = Scene()
    with scene.world.suffering(SubscriptionDenied(silent=True)):
        scene.start()
        scene.gone_by(120)
        assert isinstance(scene.session.problem, LinkBroken | None)
