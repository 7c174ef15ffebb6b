"""What the simulated heater answers, and to what it says nothing."""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.sim.heater import Heater, HeaterConfig
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import FeatureMessage, StatusMessage
from tests.support.heater_bench import ACK, DID, MAC, MODE, PUSH, ROOT, ST, STARTED, Bench, Heard

APP_REPLY = "cmd/52/12345/67890/client-0001/res"


def test_a_status_request_is_answered_and_pushed_once_more() -> None:
    bench = Bench.with_config(fan_cooling=0.0)
    answer, push = bench.ask(5.0, "st", ST)
    assert (answer.topic, push.topic) == (ACK, PUSH)
    assert (answer.at, push.at) == (5.0, 5.0)
    assert answer.envelope["sessionID"] == str(bench.session)
    assert answer.envelope["clientID"] == push.envelope["clientID"] == "client-0001"
    assert answer.envelope["requestTopic"] == push.envelope["requestTopic"] == f"{ROOT}/st"
    assert push.envelope["sessionID"] == "1"
    assert (answer.status["command"], push.status["command"]) == (ST, 0)
    assert answer.status | {"command": 0} == push.status


def test_the_answer_goes_where_it_was_asked_to_go() -> None:
    bench = Bench.with_config()
    assert bench.ask(1.0, "st", ST, reply=APP_REPLY)[0].topic == APP_REPLY


def test_a_status_has_the_captured_members_in_the_captured_order() -> None:
    status = Bench.with_config().status(0.0)
    assert list(status) == [row.wire_name for row in STATUS_FIELDS if row.captured]
    assert all(type(value) is int for value in status.values())


def test_push_numbers_have_one_digit_and_roll() -> None:
    bench = Bench.with_config()
    numbers = [bench.ask(float(n), "st", ST)[1].envelope["sessionID"] for n in range(12)]
    assert numbers == [*"1234567890", "1", "2"]


def test_the_device_info() -> None:
    bench = Bench.with_config(volume_code=3, minimum=81, serial="00000000XX00000042")
    (heard,) = bench.ask(1.0, "st/did", DID)
    feature = heard.response["feature"]
    assert list(feature) == [row.wire_name for row in FEATURE_FIELDS]
    assert (feature["volumeCode"], feature["dhwTemperatureMin"], feature["dhwTemperatureMax"]) == (3, 81, 131)
    assert feature["controllerSerialNumber"] == "00000000XX00000042"
    assert feature["modelTypeCode"] == 513


def test_what_it_says_decodes_without_a_problem() -> None:
    bench = Bench.with_config()
    envelope = bench.envelope("st", ST)
    bench.heater.receive(f"{ROOT}/st", json.dumps(envelope).encode(), 1.0)
    bench.heater.receive(f"{ROOT}/st/did", bench.envelope("st/did", DID), 1.0)
    answer, push, feature = [decode(out.topic, out.payload) for out in bench.heater.take()]
    assert isinstance(answer, StatusMessage)
    assert isinstance(push, StatusMessage)
    assert isinstance(feature, FeatureMessage)
    assert not answer.problems
    assert not push.problems
    assert not feature.problems
    assert answer.session_id == envelope["sessionID"]
    assert (answer.reason.name, push.reason.name) == ("ANSWER", "PUSH")
    assert answer.status.dhw_temperature == 58.5


def test_the_status_is_the_same_until_time_passes() -> None:
    heater = Bench.with_config().heater
    heater.advance(10.0)
    assert heater.status() == heater.status()


def test_everything_is_decided_by_the_seed() -> None:
    def hear(seed: int) -> list[dict[str, Any]]:
        bench = Bench.with_config(seed=seed)
        return [bench.status(300.0 * n) for n in range(20)]

    assert hear(1) == hear(1)
    assert hear(1) != hear(2)


def test_noise_stays_small() -> None:
    bench, quiet = Bench.with_config(), Bench.with_config(noise=None)
    for n in range(200):
        mine, plain = bench.status(10.0 * n), quiet.status(10.0 * n)
        assert abs(mine["tankUpperTemperature"] - plain["tankUpperTemperature"]) <= 1
        assert abs(mine["tankLowerTemperature"] - plain["tankLowerTemperature"]) <= 2
        assert abs(mine["ambientTemperature"] - plain["ambientTemperature"]) <= 3
        assert abs(mine["wifiRssi"] - 60) <= 1


# Ignored


@pytest.mark.parametrize(
    "change",
    [
        {"requestTopic": f"{ROOT}/ctrl"},
        {"requestTopic": None},
        {"sessionID": 12},
        {"sessionID": "\ud800"},
        {"clientID": None},
        {"request": None},
        {"request": []},
        {"request": {"command": ST}},
        {"request": {"command": ST, "macAddress": "ffeeddccbbaa"}},
        {"request": {"command": str(ST), "macAddress": MAC}},
        {"request": {"command": True, "macAddress": MAC}},
        {"request": {"command": 0x01000063, "macAddress": MAC}},
        {"request": {"command": DID, "macAddress": MAC}},
        {"request": {"command": ST, "macAddress": "x"}},
        {"request": {"command": ST, "macAddress": 7}},
        {"response": {"status": {}}, "request": None},
    ],
)
def test_a_request_that_is_none_is_not_answered(change: dict[str, Any]) -> None:
    bench = Bench.with_config()
    bench.heater.receive(f"{ROOT}/st", bench.envelope("st", ST) | change, 1.0)
    assert not bench.heater.take()


@pytest.mark.parametrize("reply", [None, "", "a/#", "a/+/b", "a\0b", "x" * 257])
def test_no_answer_without_a_place_for_it(reply: str | None) -> None:
    bench = Bench.with_config()
    assert not bench.ask(1.0, "st", ST, reply=reply)


def test_a_control_without_a_place_for_its_answer_is_obeyed_all_the_same() -> None:
    bench = Bench.with_config(upper=50.0, lower=50.0, tou_status=1)
    heard = bench.ask(1.0, "ctrl", MODE, reply=None, mode="dhw-mode", param=[3], paramStr="")
    assert [message.pushed for message in heard] == [True]
    assert heard[0].status["dhwOperationSetting"] == 3


def test_other_units_requests_are_not_its_own() -> None:
    bench = Bench.with_config()
    topic = "cmd/52/navilink-ffeeddccbbaa/st"
    bench.heater.receive(topic, bench.envelope("st", ST) | {"requestTopic": topic}, 1.0)
    assert not bench.heater.take()


def test_a_mac_with_separators_is_its_own() -> None:
    bench = Bench.with_config()
    envelope = bench.envelope("st", ST)
    envelope["request"]["macAddress"] = "AA:BB:CC:DD:EE:FF"
    bench.heater.receive(f"{ROOT}/st", envelope, 1.0)
    assert len(bench.heater.take()) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
topics = st.sampled_from(
    [
        *(f"{ROOT}/{suffix}" for suffix in ("st", "ctrl", "ctrl/rsv/rd", "ctrl/tou/rd", "st/rsv/rd")),
        f"evt/52/navilink-{MAC}/app-connection",
        "",
        ROOT,
    ]
)


@given(topic=topics, payload=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None)
def test_garbage_is_ignored(topic: str, payload: bytes) -> None:
    bench = Bench.with_config()
    bench.heater.receive(topic, payload, 1.0)
    assert not bench.heater.take()


members = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["dhw-mode", "power-off", "dhw-temperature", "tou-on", "x"]) | json_values,
        "param": st.lists(st.integers(-5, 200) | json_values, max_size=3) | json_values,
        "reservationUse": st.integers(0, 3) | json_values,
        "reservation": st.lists(json_values, max_size=3) | json_values,
    },
)
codes = st.sampled_from(
    [0x02000000 + n for n in range(0x30)] + [0x01000000 + n for n in range(0x12)] + [0, -1, 0x04000013]
)


@given(topic=topics, command=codes, content=members)
@settings(deadline=None)
def test_whole_envelopes_with_odd_contents_never_hurt(topic: str, command: int, content: dict[str, Any]) -> None:
    bench = Bench.with_config()
    suffix = topic.removeprefix(f"{ROOT}/")
    bench.heater.receive(topic, bench.envelope(suffix, command, **content) | {"requestTopic": topic}, 1.0)
    for message in bench.heard():
        assert message.response["macAddress"] == MAC
    assert bench.status(100.0)["dhwOperationSetting"] in range(1, 7)


# Time


def test_a_heater_needs_to_know_its_local_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        Heater(HeaterConfig(), rng=Random(1), started=datetime(2025, 1, 1))  # noqa: DTZ001


def test_the_clock_never_goes_back() -> None:
    bench = Bench.with_config()
    bench.wait(100.0)
    bench.wait(50.0)
    assert bench.heater.clock == 100.0
    assert bench.ask(60.0, "st", ST)[0].at == 100.0


def test_nothing_is_coming_to_a_unit_that_is_off() -> None:
    bench = Bench.with_config(mode=6)
    bench.wait(0.0)
    assert bench.heater.next_wake() is None
    assert not bench.wait(30 * 86_400.0)


def test_collecting_forgets() -> None:
    bench = Bench.with_config()
    assert bench.ask(1.0, "st", ST)
    assert not bench.heard()


def test_secrets_are_not_in_the_repr() -> None:
    bench = Bench.with_config(serial="00000000XX00000042")
    bench.heater.receive(f"{ROOT}/st", bench.envelope("st", ST), 1.0)
    for text in (repr(bench.heater.config), repr(bench.heater.take())):
        assert MAC not in text
        assert "00000042" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"mac": "AABB"},
        {"mode": 7},
        {"volume_code": 4},
        {"tou_status": 2},
        {"set_point": 1000},
        {"vacation_days": 31},
    ],
)
def test_a_configuration_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HeaterConfig(**wrong)


# While an app is connected


def event(bench: Bench, at: float, body: dict[str, Any]) -> list[Heard]:
    bench.heater.receive(f"evt/52/navilink-{MAC}/app-connection", {"clientID": "client-0001", **body}, at)
    return bench.heard()


def test_a_heartbeat_while_somebody_listens() -> None:
    bench = Bench.with_config(heartbeat=30.0, mode=6)
    assert not bench.wait(100.0)
    assert not event(bench, 100.0, {"timestamp": "2026-01-15T12:00:00Z"})
    beats = bench.wait(200.0)
    assert [beat.at for beat in beats] == [130.0, 160.0, 190.0]
    assert {(beat.topic, beat.status["command"]) for beat in beats} == {(PUSH, 0)}
    assert not event(bench, 200.0, {"event": {"connection": {"status": 0}}})
    assert not bench.wait(400.0)


def test_the_end_of_a_session_ends_the_heartbeat() -> None:
    bench = Bench.with_config(heartbeat=30.0, mode=6)
    event(bench, 0.0, {"event": {"connection": {"status": 1, "os": "A"}}})
    assert len(bench.wait(60.0)) == 2
    assert not bench.ask(70.0, "st/end", 0x01000002)
    assert not bench.wait(400.0)


def test_no_heartbeat_unless_asked_for() -> None:
    bench = Bench.with_config(mode=6)
    event(bench, 0.0, {"timestamp": "2026-01-15T12:00:00Z"})
    assert not bench.wait(3600.0)


def test_the_unit_keeps_its_own_local_time() -> None:
    bench = Bench.with_config()
    bench.wait(3600.0)
    local = bench.heater.unit.local_time()
    assert (local - STARTED).total_seconds() == 3600.0
    assert local.utcoffset() == STARTED.utcoffset()
