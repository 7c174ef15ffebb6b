"""Commands: what they send, what they refuse, and when an acknowledgement shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.commands import (
    FALLBACK_LIMITS,
    Command,
    EndSession,
    PowerOff,
    PowerOn,
    RequestDeviceInfo,
    RequestStatus,
    SetMode,
    SetPointLimits,
    SetTemperature,
    StartVacation,
)
from navien_proto.wire.messages import FeatureMessage, StatusMessage
from tests.proto.wire.captured import captured_messages
from tests.proto.wire.examples import FEATURE, STATUS

DEVICE = Device(mac="aabbccddeeff", additional_value="1234")
HEAD = (
    b'{"clientID":"client-0001","sessionID":"1768478400123","protocolVersion":2,'
    b'"requestTopic":"cmd/52/navilink-aabbccddeeff/%b","responseTopic":"cmd/52/navilink-aabbccddeeff/client-0001/res",'
    b'"request":{"command":%d,"deviceType":52,"macAddress":"aabbccddeeff","additionalValue":"1234"%b}}'
)


def status(**changed: Any) -> DeviceStatus:
    return DeviceStatus.from_wire(STATUS | changed)


def feature(**changed: Any) -> DeviceFeature:
    return DeviceFeature.from_wire(FEATURE | changed)


@pytest.mark.parametrize(
    ("command", "suffix", "code", "members", "length"),
    [
        (RequestStatus(), b"st", 16777219, b"", 286),
        (RequestDeviceInfo(), b"st/did", 16777217, b"", 290),
        (
            SetTemperature(fahrenheit=137),
            b"ctrl",
            33554464,
            b',"mode":"dhw-temperature","param":[117],"paramStr":""',
            341,
        ),
        (StartVacation(2), b"ctrl", 33554437, b',"mode":"dhw-mode","param":[5,2],"paramStr":""', 334),
        (SetMode(Mode.ENERGY_SAVER), b"ctrl", 33554437, b',"mode":"dhw-mode","param":[3],"paramStr":""', 332),
        (PowerOff(), b"ctrl", 33554433, b',"mode":"power-off","param":[],"paramStr":""', 332),
        (PowerOn(), b"ctrl", 33554434, b',"mode":"power-on","param":[],"paramStr":""', 331),
        (EndSession(), b"st/end", 16777218, b"", 290),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Command) else "",
)
def test_what_is_published(command: Command, suffix: bytes, code: int, members: bytes, length: int) -> None:
    envelope = command.to_envelope(DEVICE, "client-0001", "1768478400123")
    assert envelope.payload == HEAD % (suffix, code, members)
    assert len(envelope.payload) == length
    assert envelope.topic == f"cmd/52/navilink-aabbccddeeff/{suffix.decode()}"
    assert envelope.reply_topic == "cmd/52/navilink-aabbccddeeff/client-0001/res"
    assert envelope.qos == command.qos == (1 if command.is_control else 0)
    assert command.is_control == (suffix == b"ctrl")
    assert command.suffix.encode() == suffix
    assert command.code == code


def test_which_answer_comes() -> None:
    assert RequestStatus().reply_kind is StatusMessage
    assert RequestDeviceInfo().reply_kind is FeatureMessage
    assert EndSession().reply_kind is None
    assert PowerOff().reply_kind is StatusMessage
    assert [one.matched_by_session for one in (RequestStatus(), PowerOn(), RequestDeviceInfo())] == [
        True,
        True,
        False,
    ]


# --- the set point


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ({"fahrenheit": 80}, 53),
        ({"fahrenheit": 120}, 98),
        ({"fahrenheit": 150}, 131),
        ({"celsius": 35}, 70),
        ({"celsius": 48.9}, 98),
        ({"celsius": 55.25}, 111),
        ({"celsius": 60.74}, 121),
        ({"celsius": 50}, 100),
        ({"fahrenheit": 122}, 100),
    ],
)
def test_the_nearest_half_degree_is_sent(given: dict[str, float], raw: int) -> None:
    command = SetTemperature(**given)
    assert command.raw == raw
    assert command.sent_celsius == raw / 2
    assert command.params() == (raw,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one"),
        ({"celsius": 50, "fahrenheit": 122}, "exactly one"),
        ({"celsius": None}, "exactly one"),
        ({"celsius": True}, "celsius must be a number, not bool"),
        ({"celsius": "50"}, "celsius must be a number, not str"),
        ({"fahrenheit": float("nan")}, "fahrenheit must be a finite number"),
        ({"celsius": float("inf")}, "celsius must be a finite number"),
        ({"celsius": 120}, "celsius must be between 0 and 100"),
        ({"fahrenheit": 10**400}, "fahrenheit must be between 32 and 212"),
        ({"celsius": -0.1}, "celsius must be between"),
    ],
)
def test_f28_what_is_no_set_point(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SetTemperature(**given)


def test_f29_the_limits_of_the_unit_decide_on_the_wire_value() -> None:
    unit = feature(dhwTemperatureMin=70, dhwTemperatureMax=131)
    for fits in ({"fahrenheit": 150}, {"fahrenheit": 95}, {"celsius": 65.5}, {"celsius": 35}):
        SetTemperature(**fits).check_limits(unit)
        SetTemperature(**fits).check(unit)
        SetTemperature(**fits).check_limits(FALLBACK_LIMITS)
    for beyond in ({"fahrenheit": 151}, {"fahrenheit": 94}, {"celsius": 66}, {"celsius": 34.5}):
        with pytest.raises(UsageError, match=r"out of range: this unit takes 35\.0 °C \(95\.0 °F\) to 65\.5 °C"):
            SetTemperature(**beyond).check_limits(unit)


def test_whole_degrees_only_where_the_unit_says_so() -> None:
    unit = feature(dhwTemperatureSettingUse=3)
    SetTemperature(celsius=50).check_limits(unit)
    with pytest.raises(UsageError, match=r"whole degrees Celsius, not 50\.5"):
        SetTemperature(celsius=50.5).check_limits(unit)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dhwTemperatureSettingUse": 0}, "no choice of set point"),
        ({"dhwTemperatureSettingUse": 1}, "no choice of set point"),
        ({"dhwTemperatureSettingUse": None}, "no choice of set point"),
        ({"dhwTemperatureMin": "x"}, "does not tell the limits"),
        ({"dhwTemperatureMax": None}, "does not tell the limits"),
    ],
)
def test_a_unit_without_a_choice(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SetTemperature(celsius=50).check_limits(feature(**changed))
    SetTemperature(celsius=50).check(feature(**changed), expert=True)


def test_without_device_info_nothing_is_guessed() -> None:
    with pytest.raises(UsageError, match="ask for its device info"):
        SetTemperature(celsius=50).check_limits(None)
    assert SetPointLimits.of(feature()) == FALLBACK_LIMITS
    assert SetPointLimits.of(None, expert=True) == FALLBACK_LIMITS
    SetTemperature(celsius=50).check(None, expert=True)
    with pytest.raises(UsageError, match="out of range"):
        SetTemperature(celsius=66).check(None, expert=True)
    RequestStatus().check(None)


@given(st.integers(0, 200))
def test_every_half_degree_can_be_sent(raw: int) -> None:
    assert SetTemperature(celsius=raw / 2).raw == raw
    assert SetTemperature(fahrenheit=(9 * raw + 320) / 10).raw == raw
    assert SetTemperature(celsius=raw / 2).shown_by(status(dhwTemperatureSetting=raw))
    assert not SetTemperature(celsius=raw / 2).shown_by(status(dhwTemperatureSetting=raw + 1))


# --- modes


@pytest.mark.parametrize("mode", [0, 5, 6, 9, True, "HEAT_PUMP", 1.0, None])
def test_f29_what_is_no_mode(mode: Any) -> None:
    with pytest.raises(UsageError, match="HEAT_PUMP, ELECTRIC, ENERGY_SAVER, HIGH_DEMAND"):
        SetMode(mode)


def test_a_number_is_a_mode() -> None:
    assert SetMode(2) == SetMode(Mode.ELECTRIC)


@pytest.mark.parametrize("days", [0, 31, -1, True, "2", 2.0, None])
def test_what_is_no_number_of_days(days: Any) -> None:
    with pytest.raises(UsageError, match="days must be a whole number from 1 to 30"):
        StartVacation(days)


@pytest.mark.parametrize(
    ("command", "shown", "hidden"),
    [
        (PowerOff(), {"dhwOperationSetting": 6}, {"dhwOperationSetting": 1}),
        (PowerOn(), {"dhwOperationSetting": 1}, {"dhwOperationSetting": 6}),
        (SetMode(Mode.HIGH_DEMAND), {"dhwOperationSetting": 4}, {"dhwOperationSetting": 3}),
        (
            StartVacation(3),
            {"dhwOperationSetting": 5, "vacationDaySetting": 3},
            {"dhwOperationSetting": 5, "vacationDaySetting": 2},
        ),
        (StartVacation(3), {"dhwOperationSetting": 5, "vacationDaySetting": 3}, {"vacationDaySetting": 3}),
        (SetTemperature(celsius=50), {"dhwTemperatureSetting": 100}, {"dhwTemperatureSetting": "100"}),
    ],
)
def test_an_acknowledgement_shows_the_wish_or_not(
    command: Command, shown: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert command.shown_by(status(**shown))
    assert not command.shown_by(status(**hidden))
    assert not command.shown_by(DeviceStatus.from_wire({}))
    assert RequestStatus().shown_by(status())


def test_captured_acknowledgements_show_what_was_sent() -> None:
    wishes: dict[int, list[Command]] = {
        PowerOff.code: [PowerOff()],
        PowerOn.code: [PowerOn()],
        SetMode.code: [SetMode(mode) for mode in Mode if mode <= Mode.HIGH_DEMAND],
    }
    for _topic, payload in captured_messages():
        members = json.loads(payload)["response"]["status"]
        for wish in wishes.get(members["command"], []):
            meant = not isinstance(wish, SetMode) or members["dhwOperationSetting"] == wish.mode
            assert wish.shown_by(DeviceStatus.from_wire(members)) == meant


def test_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        StartVacation(2).days = 3  # type: ignore[misc]
    assert {StartVacation(2), StartVacation(2)} == {StartVacation(2)}
