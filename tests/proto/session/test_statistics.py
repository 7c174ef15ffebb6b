"""What a session counts, and the snapshot of it."""

from __future__ import annotations

import json

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.session import State
from navien_proto.session.events import Disconnected
from navien_proto.session.inputs import MessageReceived
from navien_proto.session.recorder import BOUNDS, MOST_TEXTS, Durations, Gap, Recorder
from navien_proto.wire.commands import RequestStatus, SetTemperature
from tests.scenarios.scene import EMAIL, MAC, PASSWORD, Scene
from tests.support.instants import NOON


@given(st.lists(st.floats(0.05, 60), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_percentiles_are_right_to_within_a_step(durations: list[float], share: float) -> None:
    histogram = Durations()
    for seconds in durations:
        histogram.add(seconds)
    ordered = sorted(durations)
    exact = ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
    found = histogram.percentile(share)
    assert found is not None
    assert exact <= found * 1.0000001
    assert found <= max(exact * 1.2, BOUNDS[0])
    assert histogram.count == len(durations)


def test_durations_of_any_size_are_counted_in_the_same_memory() -> None:
    histogram = Durations()
    assert histogram.percentile(0.5) is None
    size = len(histogram.counts)
    for seconds in (0.0, 1e-9, 1e9):
        histogram.add(seconds)
    assert (histogram.percentile(0.99), histogram.longest, len(histogram.counts)) == (1e9, 1e9, size)


def test_gaps() -> None:
    gap = Gap()
    gap.end(5)
    gap.begin(10)
    gap.begin(11)
    gap.end(15)
    gap.begin(20)
    gap.end(22)
    assert (gap.count, gap.seconds, gap.longest, gap.since) == (2, 7, 5, None)


def test_reasons_are_bounded_and_redacted() -> None:
    recorder = Recorder()
    recorder.told(Disconnected(NOON, 1, f"no route to host {number} of {EMAIL}") for number in range(1000))
    assert len(recorder.closes) == MOST_TEXTS + 1
    assert recorder.closes["other"] == 1000 - MOST_TEXTS
    assert EMAIL not in str(recorder.closes)


def test_before_the_start_there_is_nothing() -> None:
    scene = Scene()
    found = scene.session.statistics(scene.world.now)
    assert (found.state, found.running_for, found.dwell, found.link, found.link_for) == (
        State.IDLE,
        0.0,
        {},
        None,
        None,
    )
    assert (found.connections, found.attempts, found.round_trips.p50, found.devices) == (0, 0, None, ())


def test_a_day_with_a_loss_a_silence_and_commands() -> None:
    scene = Scene(heaters=2).ready()
    scene.gone_by(3600)
    scene.cut()
    scene.gone_by(600)
    scene.cloud.set_online(MAC, False)
    scene.gone_by(1200)
    during = scene.session.statistics(scene.world.now)
    assert [device.stale for device in during.devices] == [True, False]
    assert during.devices[0].online is False
    assert during.devices[0].silences.open
    assert during.devices[0].silences.longest == during.devices[0].silent_for
    scene.cloud.set_online(MAC, True)
    scene.gone_by(600)
    for _ in range(3):
        scene.world.tell(scene.peer, lambda now: scene.session.submit(SetTemperature(celsius=55), now, device=MAC))
        scene.gone_by(30)
    scene.world.tell(scene.peer, lambda now: scene.session.submit(RequestStatus(), now, device="aabbccddef00"))
    scene.gone_by(30)
    says = MessageReceived(scene.peer.opened, f"cmd/52/navilink-{MAC}/res", b"\xff")
    scene.world.inject(scene.peer, says)
    found = scene.session.statistics(scene.world.now)
    assert (found.connections, found.attempts, found.link) == (2, 2, 2)
    assert found.closes == {"closed by the broker": 1}
    assert sum(found.failures.values()) == 1
    assert found.offline.count == 1
    assert 1 <= found.offline.seconds < 10
    assert not found.offline.open
    assert found.running_for == pytest.approx(sum(found.dwell.values()))
    assert found.dwell["ready"] > 0.99 * found.running_for
    assert found.link_for is not None
    assert found.link_for < found.dwell["ready"]
    assert found.undecodable == 1
    assert found.commands == {"accepted": 4}
    assert found.received["status"] > 30
    assert found.sent["publish ctrl"] == 3
    assert found.sent["publish st"] > 20
    assert found.sent["rest user/sign-in"] >= 1
    assert found.round_trips.count > 20
    assert found.round_trips.p50 is not None
    assert 0.6 <= found.round_trips.p50 <= 2.4 * 1.2
    assert found.round_trips.p50 <= (found.round_trips.p99 or 0) <= (found.round_trips.longest or 0)
    first, second = found.devices
    assert (first.place, first.silences.count, first.silences.open, first.stale) == (1, 1, False, False)
    assert first.silences.longest > 1000
    assert (second.place, second.silences.count) == (2, 0)


def test_a_snapshot_is_immutable_json_and_without_a_secret() -> None:
    scene = Scene(heaters=2).ready()
    scene.gone_by(1000)
    scene.cut()
    scene.gone_by(1)
    found = scene.session.statistics(scene.world.now)
    kept = json.dumps(found.to_dict())
    scene.gone_by(5000)
    assert json.dumps(found.to_dict()) == kept
    with pytest.raises(FrozenInstanceError):
        found.connections = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.sent["ping"] = 0  # type: ignore[index]
    text = kept + repr(found)
    for secret in (MAC, EMAIL, PASSWORD, "Heater 1", scene.session.client_id):
        assert secret not in text
    plain = json.loads(kept)
    assert plain["state"] == found.state.value
    assert plain["at"].endswith("+00:00")
    assert [device["place"] for device in plain["devices"]] == [1, 2]


def test_looking_at_the_figures_changes_nothing() -> None:
    scenes = [Scene(seed=3), Scene(seed=3)]
    for scene in scenes:
        scene.ready()
    for _ in range(100):
        for scene in scenes:
            scene.gone_by(600)
        scenes[0].session.statistics(scenes[0].world.now)
    assert scenes[0].peer.events == scenes[1].peer.events
