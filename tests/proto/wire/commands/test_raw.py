"""Raw commands, and those that can be sent no other way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.wire.commands import (
    DECLARED_ONLY,
    DeclaredOnly,
    RawCommand,
    ReplyForm,
    ResetWifi,
    SetFreezeProtectionTemperature,
    SetTemperature,
)
from navien_proto.wire.messages import OtaMessage, StatusMessage

DEVICE = Device(mac="aabbccddeeff", additional_value="1234", home_seq=12345)


def payload(command: RawCommand | SetTemperature) -> bytes:
    return command.to_envelope(DEVICE, "client-0001", "1768478400123").payload


@pytest.mark.parametrize("declared", DECLARED_ONLY.values(), ids=lambda one: one.__name__)
def test_what_is_declared_only_cannot_be_made_and_says_why(declared: type[DeclaredOnly]) -> None:
    for given_ in ((), (5,)):
        with pytest.raises(UsageError, match=r"is unsupported: .*RawCommand") as caught:
            declared(*given_)
        assert declared.why in str(caught.value)
    with pytest.raises(UsageError, match="unsupported"):
        declared(celsius=5)


def test_only_an_expert_sends_them_raw() -> None:
    with pytest.raises(UsageError, match=r"ResetWifi is unsupported: .*expert=True"):
        RawCommand(code=ResetWifi.code, mode_string="wifi-reset")
    for expert in (1, "yes"):
        with pytest.raises(UsageError, match="expert=True"):
            RawCommand(code=ResetWifi.code, expert=expert)  # type: ignore[arg-type]
    code = SetFreezeProtectionTemperature.code
    command = RawCommand(code=code, mode_string="frez-temp", param=[12], expert=True)
    request = json.loads(payload(command))["request"]
    assert (request["command"], request["mode"], request["param"]) == (33554451, "frez-temp", [12])


def test_a_raw_command_is_what_a_made_one_is() -> None:
    made = SetTemperature(fahrenheit=137)
    raw = RawCommand(code=made.code, mode_string=made.mode_string, param=made.params())
    assert payload(raw) == payload(made)
    assert (raw.is_control, raw.qos, raw.reply_kind, raw.matched_by_session) == (True, 1, StatusMessage, True)
    assert raw == RawCommand(code=made.code, mode_string=made.mode_string, param=made.params())
    assert len({raw, raw}) == 1
    raw.check(None)


def test_a_raw_query_has_no_mode() -> None:
    raw = RawCommand(code=0x01000003, suffix="st")
    assert (raw.is_control, raw.qos) == (False, 0)
    assert "mode" not in json.loads(payload(raw))["request"]


def test_the_write_that_has_a_querys_code_is_a_control() -> None:
    assert RawCommand(code=0x0100000A, suffix="ctrl/rsv/rd").is_control
    assert not RawCommand(code=0x0100000A, suffix="st/energy-usage-monthly-query/rd").is_control


def test_more_members_and_another_reply() -> None:
    raw = RawCommand(
        code=0x0200000A,
        suffix="ctrl/commit-ota",
        more={"commitOta": {"swCode": 1}},
        reply_form=ReplyForm.APP,
        reply_suffix="commit-ota",
        reply_kind=OtaMessage,
        user_seq=67890,
    )
    assert json.loads(payload(raw))["request"]["commitOta"] == {"swCode": 1}
    assert raw.reply_topic(DEVICE, "c") == "cmd/52/12345/67890/c/res/commit-ota"
    assert not raw.matched_by_session
    assert raw.answered_by(OtaMessage(topic="x")) is True
    assert "swCode" not in repr(raw)
    silent = RawCommand(code=1, reply_kind=None)
    assert silent.answered_by(OtaMessage(topic="x")) is None


def test_more_is_written_alike_whatever_is_installed() -> None:
    # orjson would write 1e16, and null for what is no number.
    assert payload(RawCommand(code=1, more={"x": 1e16})).endswith(b',"x":1e+16}}')
    for no_json in (float("nan"), {1}):
        with pytest.raises(UsageError, match="written as JSON"):
            payload(RawCommand(code=1, more={"x": no_json}))


@pytest.mark.parametrize("code", [True, -1, 1 << 32, "1", None])
def test_what_is_no_code(code: Any) -> None:
    with pytest.raises(UsageError, match="code must be a whole number"):
        RawCommand(code=code)


@pytest.mark.parametrize("param", [5, "12", ["1"], [True], [1 << 31]])
def test_what_are_no_numbers(param: Any) -> None:
    with pytest.raises(UsageError, match="param must be"):
        RawCommand(code=1, mode_string="x", param=param)


PARAMS = st.lists(st.integers(-(1 << 31), (1 << 31) - 1), max_size=5)


@given(st.integers(0, (1 << 32) - 1), st.text(max_size=5), PARAMS)
def test_any_numbers_are_written_as_they_are(code: int, mode: str, param: list[int]) -> None:
    raw = RawCommand(code=code, mode_string=mode, param=param, expert=True)
    request = json.loads(payload(raw))["request"]
    assert (request["command"], request["mode"], request["param"]) == (code, mode, param)
