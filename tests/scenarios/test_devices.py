"""Heaters that fall silent, come, go and move (``failures.md``, F10 and F13), and when they are asked."""

from __future__ import annotations

from itertools import pairwise

import pytest

from navien_proto.errors import LinkError, UsageError
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import State
from navien_proto.session.actions import Publish, Subscribe, Unsubscribe
from navien_proto.session.change_events import ErrorChanged, ErrorCleared, ErrorRaised
from navien_proto.session.events import (
    CameBack,
    Connected,
    Degraded,
    DeviceAdded,
    DeviceOffline,
    DeviceOnline,
    DeviceRemoved,
    DevicesListed,
    FeatureReceived,
    Impairment,
    SessionClosed,
    StatusReceived,
    WentStale,
)
from navien_proto.session.inputs import MessageReceived
from navien_proto.sim.faults import SubscriptionDenied
from navien_proto.sim.faults_heaters import Deaf, DeviceMoved, WifiLost
from navien_proto.sim.faults_heaters import DeviceAdded as Added
from navien_proto.sim.faults_heaters import DeviceRemoved as Removed
from navien_proto.sim.faults_rest import Unreachable
from tests.scenarios.scene import MAC, Scene, actions

HOUR = 3600.0
SECOND = "aabbccddef00"
NEW = "020000000001"


def asked(scene: Scene, mac: str, suffix: str, since: float = 0.0) -> list[float]:
    """When a heater was asked for something."""
    return [
        at.monotonic
        for at, action in actions(scene.peer)
        if isinstance(action, Publish)
        and action.topic == f"cmd/52/navilink-{mac}/{suffix}"
        and at.monotonic >= since
    ]


# --- freshness ---------------------------------------------------------------------------------------------


def test_f10_a_silent_heater_is_asked_again_before_it_is_called_stale() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Deaf()):
        scene.world.run_until(lambda: bool(scene.of(WentStale)), limit=2 * HOUR)
        (stale,) = scene.of(WentStale)
        last = scene.of(StatusReceived)[-1].at.monotonic
        assert stale.last is not None
        assert (stale.last.monotonic, stale.link) == (last, 1)
        assert stale.at.monotonic == pytest.approx(last + 360)
        polls = asked(scene, MAC, "st", since=last)
        assert len(polls) == 2
        assert polls[0] <= last + 300
        assert polls[1] == pytest.approx(last + 330)
        (degraded,) = scene.of(Degraded)
        assert (degraded.impairment, degraded.link) == (Impairment.NO_DEVICE_FRESH, 1)
        scene.gone_by(HOUR)
        assert len(scene.of(WentStale)) == len(scene.of(Degraded)) == 1
        assert scene.session.state is State.READY
    scene.world.run_until(lambda: bool(scene.of(CameBack)), limit=310)
    (back,) = scene.of(CameBack)
    assert back.link == 1
    assert back.silence == pytest.approx(back.at.monotonic - last)


@pytest.mark.parametrize("minutes", [1, 5, 7, 8, 10, 14])
@pytest.mark.parametrize("fault", [Deaf, WifiLost])
def test_f10_a_heater_that_is_back_is_noticed_within_minutes(minutes: float, fault: type[Deaf | WifiLost]) -> None:
    scene = Scene().ready()
    with scene.world.suffering(fault()):
        scene.gone_by(60 * minutes)
    over = scene.world.now.monotonic
    scene.gone_by(300)
    last = [e.at.monotonic for e in scene.of(StatusReceived) if e.at.monotonic <= over][-1]
    first = next(e.at.monotonic for e in scene.of(StatusReceived) if e.at.monotonic > over)
    assert first < max(over + 75, last + 310)


def test_f10_over_a_link_that_is_down_silence_goes_on_and_nothing_is_asked() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Unreachable()):
        scene.cut()
        scene.gone_by(30)
        since = scene.world.now.monotonic
        scene.world.run_until(lambda: bool(scene.of(WentStale)), limit=HOUR)
        assert scene.of(WentStale)[0].link is None
        assert asked(scene, MAC, "st", since) == []
        assert scene.of(Degraded) == []


def test_a_heater_known_to_be_off_line_is_not_asked_and_asked_at_once_when_it_is_back() -> None:
    scene = Scene(heaters=2).ready()
    with scene.world.suffering(WifiLost(heater=0)):
        scene.world.run_until(lambda: bool(scene.of(DeviceOffline)), limit=HOUR)
        (off,) = scene.of(DeviceOffline)
        assert (off.device.mac, off.link) == (MAC, 1)
        since = scene.world.now.monotonic
        scene.gone_by(6 * HOUR)
        assert asked(scene, MAC, "st", since) == asked(scene, MAC, "st/did", since) == []
        assert len(asked(scene, SECOND, "st", since)) >= 6 * 12
    scene.world.run_until(lambda: bool(scene.of(DeviceOnline)), limit=301)
    (on,) = scene.of(DeviceOnline)
    assert (on.device.mac, on.link) == (MAC, 1)
    scene.gone_by(10)
    assert scene.of(CameBack)[-1].at.monotonic - on.at.monotonic < 8
    assert asked(scene, MAC, "st/did", on.at.monotonic), "and what it is, for it may have been updated"


# --- periods -----------------------------------------------------------------------------------------------


def test_no_wait_is_longer_than_the_period_nor_shorter_than_nine_tenths_and_they_vary() -> None:
    scene = Scene(heaters=3).ready()
    scene.gone_by(12 * HOUR)
    for mac in (MAC, SECOND):
        waits = [later - sooner for sooner, later in pairwise(asked(scene, mac, "st"))][1:]
        assert len(waits) > 100
        assert all(270 <= wait <= 300 + 3 for wait in waits)
        assert len({round(wait) for wait in waits}) > 10


def test_a_push_makes_the_wait_begin_anew() -> None:
    scene = Scene().ready()
    since = scene.world.now.monotonic
    for number in range(60):
        scene.gone_by(120)
        pushed = f'{{"response":{{"macAddress":"{MAC}","status":{{"command":0,"currentInstPower":{number}}}}}}}'
        scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/res", pushed.encode()))
    assert asked(scene, MAC, "st", since) == []
    scene.gone_by(301)
    assert len(asked(scene, MAC, "st", since)) == 1


def test_each_heater_may_have_periods_of_its_own() -> None:
    scene = Scene(
        heaters=3,
        status_intervals={MAC: 60.0, SECOND: None},
        device_info_intervals={MAC: 600.0, SECOND: None},
    ).ready()
    since = scene.world.now.monotonic
    scene.gone_by(2 * HOUR)
    assert len(asked(scene, MAC, "st", since)) >= 120
    assert len(asked(scene, MAC, "st/did", since)) >= 12
    assert len(asked(scene, "aabbccddef01", "st", since)) in range(24, 28)
    assert asked(scene, "aabbccddef01", "st/did", since) == []
    assert asked(scene, SECOND, "st/did", since) == []
    # Without a period the heater is asked only when it is about to be called stale.
    waits = [later - sooner for sooner, later in pairwise(asked(scene, SECOND, "st", since))]
    assert all(wait >= 330 for wait in waits)
    assert scene.of(WentStale) == []


def test_device_info_is_asked_once_a_day_on_a_link_that_lasts() -> None:
    scene = Scene().ready()
    scene.gone_by(72 * HOUR)
    waits = [later - sooner for sooner, later in pairwise(asked(scene, MAC, "st/did"))]
    assert all(wait <= 24 * HOUR + 60 for wait in waits)
    assert len(scene.of(FeatureReceived)) <= 1 + 2 * 3


def test_adaptive_asks_more_often_while_heating_and_more_seldom_while_idle() -> None:
    scene = Scene(adaptive=True).ready()

    def say(relay: int) -> None:
        said = f'{{"response":{{"macAddress":"{MAC}","status":{{"command":67108892,"compUse":{relay}}}}}}}'
        scene.world.inject(scene.peer, MessageReceived(1, f"cmd/52/navilink-{MAC}/res", said.encode()))

    since = scene.world.now.monotonic
    scene.gone_by(2 * HOUR)
    idle = asked(scene, MAC, "st", since)
    assert 12 <= len(idle) <= 14
    assert scene.of(WentStale) == [], "the limit follows the pace"
    say(2)
    since = scene.world.now.monotonic
    scene.gone_by(62)
    assert len(asked(scene, MAC, "st", since)) == 1


def test_stop_stops_asking() -> None:
    scene = Scene(heaters=2).ready()
    scene.world.tell(scene.peer, scene.session.stop)
    since = scene.world.now.monotonic
    scene.gone_by(24 * HOUR)
    assert scene.session.next_timer() is None
    assert asked(scene, MAC, "st", since) == []


# --- the account's list ------------------------------------------------------------------------------------


def test_a_new_heater_is_subscribed_and_asked_over_the_link_that_stands() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Added()):
        scene.world.run_until(lambda: bool(scene.of(DeviceAdded)), limit=3600)
        (added,) = scene.of(DeviceAdded)
        assert (added.device.mac, added.link) == (NEW, 1)
        scene.gone_by(20)
        assert {event.device.mac for event in scene.of(StatusReceived)} == {MAC, NEW}
        assert scene.session.feature(NEW) is not None
        assert len(scene.of(Connected)) == 1
        assert [device.mac for device in scene.session.devices] == [MAC, NEW]
        assert scene.of(DevicesListed)[-1].devices == scene.session.devices
        subscribed = [a.filters for _, a in actions(scene.peer) if isinstance(a, Subscribe)]
        assert subscribed[1:] == [(f"cmd/52/navilink-{NEW}/#",)]
    assert len(scene.of(DeviceAdded)) == 1


def test_a_heater_that_is_gone_is_not_asked_any_more_and_may_come_again() -> None:
    scene = Scene(heaters=2).ready()
    with scene.world.suffering(Removed(heater=0)):
        scene.world.run_until(lambda: bool(scene.of(DeviceRemoved)), limit=3600)
        (removed,) = scene.of(DeviceRemoved)
        assert (removed.device.mac, removed.link) == (MAC, 1)
        since = scene.world.now.monotonic
        scene.gone_by(3 * HOUR)
        assert asked(scene, MAC, "st", since) == asked(scene, MAC, "st/did", since) == []
        dropped = [a.filters for _, a in actions(scene.peer) if isinstance(a, Unsubscribe)]
        assert dropped == [(f"cmd/52/navilink-{MAC}/#",)]
        assert [event for event in scene.of(WentStale) if event.device.mac == MAC] == []
        assert [device.place for device in scene.session.statistics(scene.world.now).devices] == [1]
    scene.world.run_until(lambda: bool(scene.of(DeviceAdded)), limit=3600)
    scene.gone_by(20)
    assert asked(scene, MAC, "st", scene.world.now.monotonic - 25)
    assert len(scene.of(Connected)) == 1
    assert scene.of(WentStale) == [], "its silence begins anew"


def test_f03_a_list_that_fell_due_during_an_outage_is_asked_for_when_it_is_over() -> None:
    scene = Scene().ready()
    with scene.world.suffering(Unreachable()):
        scene.cut()
        scene.gone_by(1.5 * HOUR)
    with scene.world.suffering(Added()):
        scene.world.run_until(lambda: scene.session.state is State.READY, limit=300)
        scene.gone_by(120)
        assert [event.device.mac for event in scene.of(DeviceAdded)] == [NEW]


def test_a_heater_that_moved_to_another_home_is_the_same_one() -> None:
    scene = Scene().ready()
    with scene.world.suffering(DeviceMoved()):
        scene.world.run_until(lambda: scene.session.devices[0].home_seq == 54321, limit=3600)
        assert not scene.of(DeviceAdded)
        assert not scene.of(DeviceRemoved)
        assert scene.of(DevicesListed)[-1].devices[0].name == "Moved"
        scene.gone_by(HOUR)
        assert scene.of(WentStale) == []


def test_an_account_that_gets_its_first_heater_later() -> None:
    scene = Scene(heaters=0)
    scene.start()
    scene.gone_by(60)
    assert scene.session.devices == ()
    with scene.world.suffering(Added()):
        scene.world.run_until(lambda: bool(scene.of(StatusReceived)), limit=400)
        assert len(scene.of(DeviceAdded)) == 1


def test_f13_forty_five_heaters_in_one_session_each_filter_once_eight_a_packet() -> None:
    scene = Scene(heaters=45).ready()
    scene.gone_by(10)
    packets = [a.filters for _, a in actions(scene.peer) if isinstance(a, Subscribe)]
    filters = [one for packet in packets for one in packet]
    assert max(map(len, packets)) == 8
    assert len(filters) == len(set(filters)) <= 50
    assert len({event.device.mac for event in scene.of(StatusReceived)}) == 45
    scene.cut()
    scene.world.run_until(lambda: len(scene.of(Connected)) == 2)
    again = [a.filters for _, a in actions(scene.peer) if isinstance(a, Subscribe) and a.link == 2]
    assert sorted(one for packet in again for one in packet) == sorted(filters)


def test_f13_more_heaters_than_a_session_carries_is_a_clear_error() -> None:
    scene = Scene(heaters=46)
    scene.start()
    scene.gone_by(10)
    (closed,) = scene.of(SessionClosed)
    assert isinstance(closed.error, UsageError)
    assert "45" in str(closed.error)


def test_a_heater_that_the_list_has_off_line_and_that_speaks_is_on_line() -> None:
    scene = Scene(list_interval=300.0, relist_interval=300.0).ready()
    scene.cloud.set_online(MAC, False)
    scene.world.run_until(lambda: bool(scene.of(DeviceOffline)), limit=HOUR)
    assert scene.session.devices[0].online is False
    said = f'{{"response":{{"macAddress":"{MAC}","status":{{"command":0}}}}}}'.encode()
    scene.world.inject(scene.peer, MessageReceived(scene.peer.opened, f"cmd/52/navilink-{MAC}/res", said))
    (online,) = scene.of(DeviceOnline)
    assert online.device.online is True
    assert scene.session.devices[0].online is True


def test_f08_a_heater_that_joins_and_may_not_be_heard_is_told_while_the_link_stands() -> None:
    scene = Scene().ready()
    with scene.world.suffering(SubscriptionDenied(pattern=f"cmd/52/navilink-{NEW}/*"), Added(number=1)):
        scene.world.run_until(lambda: bool(scene.of(Degraded)), limit=2 * HOUR)
        (degraded,) = scene.of(Degraded)
        assert degraded.impairment is Impairment.FILTER_REFUSED
        assert len(scene.of(Connected)) == 1


def test_attempts_can_be_limited_for_the_whole_session() -> None:
    scene = Scene(connection=ConnectionConfig(reconnect=ReconnectPolicy(max_attempts=2)))
    with scene.world.suffering(Unreachable(rest=False)):
        scene.start()
        scene.world.run_until(lambda: bool(scene.of(SessionClosed)), limit=HOUR)
    (closed,) = scene.of(SessionClosed)
    assert isinstance(closed.error, LinkError)


def test_an_error_that_changes_and_goes_says_what_it_means() -> None:
    scene = Scene(status_interval=60.0).ready()
    for code, sub in ((799, 1), (515, 1), (0, 0)):
        scene.cloud.set_error(MAC, code, sub, scene.world.now)
        scene.gone_by(120)
    (raised,), (changed,), (cleared,) = scene.of(ErrorRaised), scene.of(ErrorChanged), scene.of(ErrorCleared)
    told = [raised.error, changed.error, cleared.error]
    assert [one.code for one in told if one is not None] == [799, 515, 515]
    assert all(one is not None and one.title for one in told)
