"""Events derived from consecutive messages, and what a duplicate is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.model.codes import DhwOperationSetting, ErrorCode, HeatSource, Unknown
from navien_proto.model.device import Device
from navien_proto.model.firmware import FirmwareVersion
from navien_proto.session import change_events as ce
from navien_proto.session.changes import ANSWERS_KEPT, PUSHES_KEPT, Changes
from navien_proto.session.device_change import DeviceChange
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import Message
from tests.support.instants import NOON

MAC = "aabbccddeeff"
DEVICE = Device(mac=MAC)
TOPIC = f"cmd/52/navilink-{MAC}/res"
CALM = {
    "command": 16777219,
    "dhwTemperatureSetting": 120,
    "dhwOperationSetting": 1,
    "compUse": 1,
    "heatUpperUse": 1,
    "heatLowerUse": 1,
    "dhwUse": 1,
    "dhwUseSustained": 0,
    "errorCode": 0,
    "subErrorCode": 0,
    "programReservationUse": 1,
    "dhwTemperature": 117,
}


def status(*gone: str, **changed: Any) -> Message:
    """A status as in `CALM`, with these members changed and those left out."""
    members = {name: value for name, value in {**CALM, **changed}.items() if name not in gone}
    return decode(TOPIC, json.dumps({"response": {"macAddress": MAC, "status": members}}).encode())


def feature(**members: Any) -> Message:
    return decode(TOPIC, json.dumps({"response": {"macAddress": MAC, "feature": members}}).encode())


def after(*messages: Message) -> list[DeviceChange]:
    """The events of the last of these messages."""
    changes, found = Changes(), []
    for message in messages:
        found = changes.take(DEVICE, message, 7, NOON)
    return found


def test_the_first_status_and_one_like_it_make_no_event() -> None:
    assert after(status()) == []
    assert after(status(compUse=2, errorCode=96)) == []
    assert after(status(), status(dhwTemperature=90, command=0)) == []


WHERE: dict[str, Any] = {"at": NOON, "link": 7, "device": DEVICE}
PUMP, ELEMENT = HeatSource.HEAT_PUMP, HeatSource.ELEMENT


@pytest.mark.parametrize(
    ("before", "now", "events"),
    [
        ({}, {"dhwTemperatureSetting": 117}, [ce.SetpointChanged(**WHERE, before=60.0, after=58.5)]),
        (
            {},
            {"dhwOperationSetting": 6},
            [ce.ModeChanged(**WHERE, before=DhwOperationSetting.HEAT_PUMP, after=DhwOperationSetting.POWER_OFF)],
        ),
        ({}, {"compUse": 2}, [ce.HeatingStarted(**WHERE, source=PUMP)]),
        ({"compUse": 2}, {}, [ce.HeatingStopped(**WHERE, source=PUMP)]),
        (
            {},
            {"heatUpperUse": 2},
            [ce.HeatingStarted(**WHERE, source=ELEMENT), ce.ElementOn(**WHERE, upper=True)],
        ),
        (
            {"heatUpperUse": 2},
            {"heatLowerUse": 2},
            [ce.ElementOff(**WHERE, upper=True), ce.ElementOn(**WHERE, upper=False)],
        ),
        (
            {"compUse": 2, "heatLowerUse": 2},
            {"compUse": 2},
            [ce.HeatingStopped(**WHERE, source=ELEMENT), ce.ElementOff(**WHERE, upper=False)],
        ),
        ({}, {"dhwUse": 2}, [ce.DrawStarted(**WHERE)]),
        ({"dhwUse": 2}, {"dhwUse": 2, "dhwUseSustained": 2}, []),
        ({"dhwUse": 2, "dhwUseSustained": 2}, {"dhwUseSustained": 2}, []),
        ({"dhwUse": 2, "dhwUseSustained": 2}, {"dhwUseSustained": 1}, [ce.DrawEnded(**WHERE)]),
        ({}, {"programReservationUse": 2}, [ce.ReservationsSwitched(**WHERE, on=True)]),
        ({"programReservationUse": 2}, {}, [ce.ReservationsSwitched(**WHERE, on=False)]),
        (
            {},
            {"errorCode": 799, "subErrorCode": 1},
            [ce.ErrorRaised(**WHERE, code=ErrorCode.WATER_LEAK, sub_code=1)],
        ),
        (
            {"errorCode": 799},
            {"errorCode": 799, "subErrorCode": 2},
            [
                ce.ErrorChanged(
                    **WHERE,
                    before=ErrorCode.WATER_LEAK,
                    sub_before=0,
                    code=ErrorCode.WATER_LEAK,
                    sub_code=2,
                )
            ],
        ),
        (
            {"errorCode": 799, "subErrorCode": 1},
            {},
            [ce.ErrorCleared(**WHERE, code=ErrorCode.WATER_LEAK, sub_code=1)],
        ),
        ({}, {"subErrorCode": 4}, []),
        # What was decided is not what runs (device_model.md section 9).
        ({}, {"currentHeatUse": 3, "operationMode": 96, "operationBusy": 2}, []),
    ],
)
def test_each_change_makes_its_events(
    before: dict[str, int], now: dict[str, int], events: list[DeviceChange]
) -> None:
    assert after(status(**before), status(**now)) == events


def test_f34_unknown_codes_are_kept_and_change_like_any_other() -> None:
    (changed,) = after(status(dhwOperationSetting=77), status(dhwOperationSetting=78))
    assert changed == ce.ModeChanged(**WHERE, before=Unknown(77), after=Unknown(78))
    (raised,) = after(status(), status(errorCode=12345))
    assert isinstance(raised, ce.ErrorRaised)
    assert raised.code == Unknown(12345)
    assert raised.error is not None
    assert "12345" in str(raised.error)


@pytest.mark.parametrize("name", sorted(set(CALM) - {"command"}))
def test_f35_an_absent_member_makes_no_change_and_hides_none(name: str) -> None:
    """And what it is when it comes again is compared with what it was before."""
    other = {name: 2 if CALM[name] == 1 else CALM[name] + 1}
    assert after(status(), status(name)) == []
    assert after(status(name), status(**other)) == [], "told for the first time"
    assert after(status(), status(name), status()) == []
    assert after(status(), status(name), status(**other)) == after(status(), status(**other))


@pytest.mark.parametrize("wrong", [0, "2", 7, None, 2.5])
def test_f35_a_flag_that_is_not_understood_makes_no_change(wrong: Any) -> None:
    assert after(status(), status(compUse=wrong)) == []
    assert after(status(compUse=2), status(compUse=wrong)) == []


def test_a_unit_that_tells_of_one_element_has_one() -> None:
    on, off = status("heatLowerUse", heatUpperUse=2), status("heatLowerUse")
    assert [type(event) for event in after(off, on)] == [ce.HeatingStarted, ce.ElementOn]
    assert [type(event) for event in after(on, off)] == [ce.HeatingStopped, ce.ElementOff]


def test_firmware_and_features() -> None:
    first = {"controllerSwVersion": 184614912, "panelSwVersion": 60454, "hpwhUse": 2, "dhwTemperatureMin": 70}
    assert after(feature(**first)) == []
    assert after(feature(**first), feature(**first)) == []
    firmware, features = after(
        feature(**first),
        feature(**{**first, "controllerSwVersion": 184614913, "hpwhUse": 1, "dhwTemperatureMin": 81}),
    )
    assert firmware == ce.FirmwareChanged(
        **WHERE, part="controller", before=FirmwareVersion(184614912), after=FirmwareVersion(184614913)
    )
    assert isinstance(features, ce.FeaturesChanged)
    assert features.names == ("hpwh_use", "dhw_temperature_min")
    assert features.feature.dhw_temperature_min == 40.5
    # An absent member neither changes nor is forgotten.
    assert after(feature(**first), feature(hpwhUse=2)) == []
    (later,) = after(feature(**first), feature(), feature(panelSwVersion=60455))
    assert later == ce.FirmwareChanged(
        **WHERE, part="panel", before=FirmwareVersion(60454), after=FirmwareVersion(60455)
    )


def test_devices_are_told_apart_and_forgotten() -> None:
    changes, other = Changes(), Device(mac="001122334455")
    assert changes.take(DEVICE, status(), 1, NOON) == []
    assert changes.take(other, status(compUse=2), 1, NOON) == []
    assert (changes.active(MAC), changes.active(other.mac), changes.active("ffffffffffff")) == (False, True, False)
    changes.forget(MAC)
    assert changes.take(DEVICE, status(dhwOperationSetting=2), 1, NOON) == []


@pytest.mark.parametrize(
    ("members", "active"),
    [({}, False), ({"compUse": 2}, True), ({"heatLowerUse": 2}, True), ({"dhwUse": 2}, True)],
)
def test_active_is_heating_or_drawing(members: dict[str, int], active: bool) -> None:
    changes = Changes()
    changes.take(DEVICE, status(**members), 1, NOON)
    assert changes.active(MAC) is active


def said(session_id: str | None, power: int = 1) -> tuple[Message, bytes]:
    members = {"response": {"macAddress": MAC, "status": {"command": 0, "currentInstPower": power}}}
    payload = json.dumps({"sessionID": session_id, **members} if session_id is not None else members).encode()
    return decode(TOPIC, payload), payload


def test_f14_a_duplicate_is_the_same_bytes_within_the_reach_of_their_identity() -> None:
    changes = Changes()
    for number in range(ANSWERS_KEPT):
        assert not changes.duplicate(MAC, *said(f"{1768478400123 + number}"))
    for number in range(ANSWERS_KEPT):
        assert changes.duplicate(MAC, *said(f"{1768478400123 + number}"))
    # Another device's are its own.
    assert not changes.duplicate("001122334455", *said("1768478400123"))


def test_f14_ten_honest_pushes_in_a_row_differ_and_the_eleventh_may_repeat_the_first() -> None:
    changes = Changes()
    for digit in range(10):
        assert not changes.duplicate(MAC, *said(str(digit)))
    assert not changes.duplicate(MAC, *said("0")), "an idle heater says the same with the same digit again"
    assert changes.duplicate(MAC, *said("0"))
    assert changes.duplicate(MAC, *said("9"))
    assert not changes.duplicate(MAC, *said("9", power=432)), "the same digit, other content"
    assert PUSHES_KEPT == 9


def test_f14_what_has_no_identity_is_no_duplicate() -> None:
    changes = Changes()
    for _ in range(3):
        assert not changes.duplicate(MAC, *said(None))
        assert not changes.duplicate(MAC, *said(""))


MEMBERS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([0, 1, 2, 3, 96, None, "x"]) for name in CALM if name != "command"}
)


@given(st.lists(MEMBERS, max_size=8))
def test_going_from_one_status_to_another_is_told_once_and_starts_alternate(told: list[dict[str, Any]]) -> None:
    changes = Changes()
    running: dict[HeatSource, bool] = {}
    for members in told:
        message = decode(TOPIC, json.dumps({"response": {"macAddress": MAC, "status": members}}).encode())
        found = changes.take(DEVICE, message, 1, NOON)
        assert changes.take(DEVICE, message, 1, NOON) == []
        assert len(
            {(type(event), getattr(event, "source", None), getattr(event, "upper", None)) for event in found}
        ) == len(found)
        for event in found:
            assert MAC not in repr(event)
            if isinstance(event, ce.HeatingStarted | ce.HeatingStopped):
                started = isinstance(event, ce.HeatingStarted)
                assert running.get(event.source) is not started
                running[event.source] = started


def test_equal_hashed_and_shown_by_their_members() -> None:
    one, same = ce.DrawStarted(**WHERE), ce.DrawStarted(**WHERE)
    assert one == same
    assert hash(one) == hash(same)
    assert one != ce.DrawEnded(**WHERE)
    assert one != 5
    assert repr(one).startswith("DrawStarted(at=")
    assert MAC not in repr(one)
