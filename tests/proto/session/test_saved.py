"""What a session remembers from one run to the next."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session import State
from navien_proto.session.events import AccountChanged, CameBack, ClockCorrected, DevicesListed, WentStale
from navien_proto.session.saved import SavedSession
from navien_proto.wire.commands import SetTemperature
from tests.scenarios.scene import MAC, PASSWORD, Scene

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
EMPTY: dict[str, Any] = {"schema": 1, "saved_at": "2026-01-15T12:00:00+00:00"}

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def saved_by(scene: Scene) -> SavedSession:
    """Through JSON, as a file would keep it."""
    return SavedSession.from_json(scene.session.save(scene.world.now).to_json())


def test_heaters_features_clock_and_last_messages_are_saved_and_nothing_secret() -> None:
    scene = Scene().ready()
    saved = scene.session.save(scene.world.now)
    assert [device.mac for device in saved.devices] == [MAC]
    assert saved.features[MAC] == scene.session.feature(MAC)
    assert timedelta(0) <= scene.world.now.utc - saved.last_heard[MAC] < timedelta(seconds=25)
    text = saved.to_json().decode()
    tokens = scene.of(AccountChanged)[-1].account.tokens
    assert tokens is not None
    for secret in (PASSWORD, tokens.access_token, tokens.secret_key, "Example Street"):
        assert secret not in text
    assert MAC not in repr(saved)
    assert SavedSession.from_json(saved.to_json()).to_dict() == saved.to_dict()


def test_a_restored_session_checks_commands_before_it_is_connected() -> None:
    before = Scene().ready()
    after = Scene()
    after.world.tell(after.peer, lambda now: after.session.start(now, None, saved_by(before)))
    assert [device.mac for device in after.session.devices] == [MAC]
    with pytest.raises(UsageError, match="out of range"):
        after.session.submit(SetTemperature(celsius=90), after.world.now)
    after.world.tell(after.peer, lambda now: after.session.submit(SetTemperature(celsius=50), now))
    after.world.run_until(lambda: after.session.state is State.READY)
    assert len(after.of(DevicesListed)) == 1


def test_without_a_saved_state_it_cannot() -> None:
    scene = Scene()
    scene.start()
    with pytest.raises(UsageError, match="no heater is known"):
        scene.session.submit(SetTemperature(celsius=50), scene.world.now)


def test_silence_is_counted_across_the_restart() -> None:
    before = Scene().ready()
    saved = saved_by(before)
    after = Scene()
    after.world.run(7200)
    after.world.tell(after.peer, lambda now: after.session.start(now, None, saved))
    after.world.run(60)
    gap = (after.world.now.utc - saved.last_heard[MAC]).total_seconds()
    assert [event.last.utc for event in after.of(WentStale) if event.last] == [saved.last_heard[MAC]]
    assert [event.silence for event in after.of(CameBack)] == [pytest.approx(gap, abs=60)]


def test_a_short_pause_is_no_gap() -> None:
    before = Scene().ready()
    after = Scene()
    after.world.run(60)
    after.world.tell(after.peer, lambda now: after.session.start(now, None, saved_by(before)))
    after.world.run(60)
    assert not after.of(WentStale)
    assert not after.of(CameBack)


def test_the_first_signature_is_on_the_cloud_s_clock() -> None:
    saved = SavedSession(saved_at=NOW, clock_offset=12.5)
    scene = Scene()
    scene.world.tell(scene.peer, lambda now: scene.session.start(now, None, saved))
    assert scene.session.save(scene.world.now).clock_offset == 12.5
    scene.world.run(60)
    assert scene.session.state is State.READY
    assert len(scene.of(ClockCorrected)) <= 1


def test_a_heater_that_left_the_account_meanwhile_is_gone_after_the_list() -> None:
    gone = Device(mac="aabbccddee00", name="Gone")
    saved = SavedSession(saved_at=NOW, devices=(gone,), last_heard={gone.mac: NOW})
    scene = Scene()
    scene.world.tell(scene.peer, lambda now: scene.session.start(now, None, saved))
    assert [device.mac for device in scene.session.devices] == [gone.mac]
    scene.world.run(60)
    assert [device.mac for device in scene.session.devices] == [MAC]
    assert scene.session.save(scene.world.now).last_heard.keys() == {MAC}


def test_what_another_run_watched_and_this_one_does_not_is_left_out() -> None:
    saved = SavedSession(saved_at=NOW, devices=(Device(mac=MAC), Device(mac="aabbccddee00")))
    scene = Scene(devices=frozenset({MAC}))
    scene.world.tell(scene.peer, lambda now: scene.session.start(now, None, saved))
    assert [device.mac for device in scene.session.devices] == [MAC]


def test_monotonic_time_is_this_process_s_own() -> None:
    saved = SavedSession(saved_at=NOW, last_heard={MAC: NOW})
    assert saved.heard(MAC, Instant(5.0, NOW + timedelta(hours=1))) == Instant(5.0 - 3600, NOW)
    # A clock that was set back: nobody was heard in the future.
    assert saved.heard(MAC, Instant(5.0, NOW - timedelta(hours=1))) == Instant(5.0, NOW - timedelta(hours=1))
    assert saved.heard("aabbccddee00", Instant(5.0, NOW)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "expected schema 1"),
        ({"schema": True}, "expected schema 1"),
        ({"saved_at": None}, "saved_at: expected a time"),
        ({"saved_at": "2026-01-15T12:00:00"}, "offset"),
        ({"saved_at": "0001-01-01T00:00:00+14:00"}, "saved_at: expected a time"),
        ({"clock_offset": "1"}, "clock_offset"),
        ({"clock_offset": 1e12}, "clock_offset"),
        ({"devices": {}}, "devices: expected a list"),
        ({"devices": [1]}, r"devices\[0\]: expected a table"),
        ({"devices": [{}]}, r"devices\[0\]: expected a heater"),
        ({"devices": [{"mac": MAC, "online": 1}]}, r"devices\[0\].online: expected bool"),
        ({"devices": [{"mac": "x"}]}, r"devices\[0\]: expected a heater"),
        ({"features": []}, "features: expected a table"),
        ({"features": {MAC: 1}}, "features: expected a table"),
        ({"features": {"x": {}}}, "features: expected MAC"),
        ({"last_heard": {MAC: 3}}, "last_heard: expected a time"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        SavedSession.from_dict({**EMPTY, **change})
    assert MAC not in str(refusal.value)


@given(values)
def test_any_json_is_a_saved_session_or_refused(value: Any) -> None:
    try:
        SavedSession.from_dict(value)
    except UsageError:
        return
    assert value["schema"] == 1


@given(st.dictionaries(st.sampled_from(["saved_at", "clock_offset", "devices", "features", "last_heard"]), values))
def test_any_member_is_taken_or_refused(members: dict[str, Any]) -> None:
    try:
        saved = SavedSession.from_dict({**EMPTY, **members})
    except UsageError:
        return
    assert SavedSession.from_json(saved.to_json()) == saved


def test_every_cut_of_a_saved_session_is_refused() -> None:
    data = Scene().ready().session.save(Instant(0.0, NOW)).to_json()
    for end in range(0, len(data), 7):
        with pytest.raises(UsageError):
            SavedSession.from_json(data[:end])
    assert json.loads(data)["schema"] == 1
