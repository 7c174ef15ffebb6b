"""``encode(decode(x))`` keeps what it knows: what we send is read back, and what was read is sent as it came."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto import units
from navien_proto.model.codes import FirmwareType, Mode
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme
from navien_proto.model.status import DeviceStatus
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.wire import commands as c
from navien_proto.wire.decode import decode
from navien_proto.wire.envelope import app_connection
from navien_proto.wire.messages import (
    AppConnectionSeen,
    FeatureMessage,
    RecirculationMessage,
    RequestSeen,
    ReservationsMessage,
    StatusMessage,
    TouMessage,
)
from tests.proto.model import schedule_strategies as some
from tests.proto.wire.documents import RECIRC, RECIRC_HEX, RSV, RSV_HEX, TOU, read
from tests.proto.wire.examples import ACK_TOPIC, FEATURE, STATUS, reply

DEVICE = Device(mac="aabbccddeeff", additional_value="0123", home_seq=12345)
days = st.integers(1, 30)
years = st.integers(2000, 2099)
numbers = st.lists(st.integers(-(1 << 31), (1 << 31) - 1), max_size=5)

COMMANDS: st.SearchStrategy[c.Command] = st.one_of(
    st.sampled_from([c.RequestStatus(), c.RequestDeviceInfo(), c.EndSession(), c.RequestReservations(),
                     c.RequestRecirculation(), c.RequestFirmwareDownload(), c.PowerOn(), c.PowerOff(),
                     c.AntiLegionellaOff(), c.UseReservations(), c.ResetCondenserFault(), c.IntelligentOn(),
                     c.IntelligentOff(), c.DemandResponseOn(), c.DemandResponseOff(), c.ResetAirFilter(),
                     c.TouOn(), c.TouOff(), c.ClearReservations(), c.ClearRecirculation()]),
    st.builds(c.RequestDiagnostics, as_json=st.booleans(), user_seq=st.integers(0, 1 << 40)),
    st.builds(c.RequestDailyEnergy, years, st.sets(st.integers(1, 12), min_size=1)),
    st.builds(c.RequestMonthlyEnergy, st.sets(years, min_size=1, max_size=5)),
    st.builds(c.RequestHourlyEnergy, years, st.integers(1, 12), st.sets(st.integers(1, 31), min_size=1)),
    st.builds(c.SetTemperature, celsius=st.floats(0, 100)),
    st.builds(c.SetMode, st.sampled_from([Mode.HEAT_PUMP, Mode.ELECTRIC, Mode.ENERGY_SAVER, Mode.HIGH_DEMAND])),
    st.builds(c.StartVacation, days),
    st.builds(c.SetVacationDays, days),
    st.builds(c.AntiLegionellaOn, days),
    st.builds(c.PressHotButton, st.integers(1, 2)),
    st.builds(c.SetRecirculationMode, st.integers(1, 4)),
    st.builds(c.SetAirFilterLife, st.sampled_from([0, *range(1000, 10_001, 500)])),
    st.builds(
        c.CommitFirmware,
        staged=st.builds(
            FirmwareDownload,
            sw_code=st.sampled_from([FirmwareType.CONTROLLER, FirmwareType.PANEL]),
            sw_version=st.builds(FirmwareVersion, st.integers(1, (1 << 32) - 1)),
        ),
        confirmed=st.just(True),
    ),
    st.builds(c.RawCommand, code=st.integers(0, (1 << 32) - 1), expert=st.just(True),
              suffix=st.sampled_from(["ctrl", "st/x/rd"]), mode_string=st.text(max_size=9), param=numbers),
)  # fmt: skip
client_ids = st.from_regex(r"[A-Za-z0-9_.-]{1,128}", fullmatch=True)
session_ids = st.text(st.characters(codec="utf-8"), min_size=2, max_size=30)


@given(COMMANDS, client_ids, session_ids)
def test_a_request_of_ours_is_seen_as_what_it_is(command: c.Command, client_id: str, session_id: str) -> None:
    envelope = command.to_envelope(DEVICE, client_id, session_id)
    for topic in (envelope.topic, ""):  # without its topic too: the envelope repeats it
        seen = decode(topic, envelope.payload)
        assert isinstance(seen, RequestSeen)
        members = command.members()
        param = members.get("param")
        assert (seen.command, seen.suffix) == (command.code, command.suffix)
        assert (seen.mode, seen.param) == (members.get("mode"), None if param is None else tuple(param))
        assert (seen.client_id, seen.session_id, seen.request_topic) == (client_id, session_id, envelope.topic)
        assert (seen.mac, seen.additional_value, seen.problems) == (DEVICE.mac, "0123", ())
        asked = {"command": command.code, "deviceType": 52, "macAddress": DEVICE.mac, "additionalValue": "0123"}
        assert seen.raw == asked | members


@given(client_ids, st.booleans())
def test_a_client_that_comes_and_goes_is_seen(client_id: str, connected: bool) -> None:
    envelope = app_connection(DEVICE, client_id, connected=connected)
    seen = read(AppConnectionSeen, envelope.topic, json.loads(envelope.payload))
    assert (seen.connected, seen.os, seen.client_id, seen.mac) == (connected, "A", client_id, DEVICE.mac)
    assert seen.problems == ()


# --- schedules: through a command, the wire and an answer


def echoed(command: c.Command) -> dict[str, Any]:
    """What a unit answers to a write: the list as it was written."""
    request = json.loads(command.to_envelope(DEVICE, "client-0001", "s1").payload)["request"]
    return reply({name: value for name, value in request.items() if name.startswith("reservation")})


@given(st.booleans(), st.lists(some.reservations, min_size=1, max_size=16))
def test_reservations_come_back_in_both_forms(on: bool, entries: list[Any]) -> None:
    programme = ReservationProgramme(on, entries)
    command = c.ReplaceReservations(programme)
    listed = read(ReservationsMessage, RSV, echoed(command))
    packed = read(ReservationsMessage, RSV_HEX, reply(programme.to_wire() | {"reservation": programme.to_hex()}))
    for message in (listed, packed):
        assert message.programme.entries == programme.entries
        assert message.programme.to_wire() == command.members()
        assert message.programme.to_hex() == programme.to_hex()
        assert command.answered_by(message) is True
        assert message.problems == ()


@given(st.booleans(), st.lists(some.recirculation, min_size=1, max_size=20))
def test_the_hours_of_a_pump_come_back_in_both_forms(on: bool, entries: list[Any]) -> None:
    programme = RecirculationProgramme(on, entries)
    command = c.ReplaceRecirculation(programme)
    listed = read(RecirculationMessage, RECIRC, echoed(command))
    packed = read(
        RecirculationMessage, RECIRC_HEX, reply(programme.to_wire() | {"reservation": programme.to_hex()})
    )
    for message in (listed, packed):
        assert message.programme.entries == programme.entries
        assert message.programme.to_wire() == command.members()
        assert command.answered_by(message) is True
        assert message.problems == ()


@settings(deadline=None)
@given(
    st.booleans(),
    some.months,
    some.days,
    st.lists(st.tuples(st.integers(0, 10), *[st.integers(-1000, 100_000)] * 2), min_size=1, max_size=8),
)
def test_a_plan_comes_back_with_its_prices(
    on: bool, months: frozenset[int], days: Any, prices: list[tuple[int, int, int]]
) -> None:
    hours = range(0, 24, 3)
    plan = TouPlan(
        [
            TouPeriod(
                months=months,
                days=days,
                start=time(hour),
                end=time(hour + 2, 59),
                price_min=units.price_from_raw(min(low, high), decimals),
                price_max=units.price_from_raw(max(low, high), decimals),
                decimal_point=decimals,
            )
            for hour, (decimals, low, high) in zip(hours, prices, strict=False)
        ]
    )
    command = c.WriteTouPlan(plan=plan, controller_serial_number="0123456789", enabled=on)
    message = read(TouMessage, TOU, echoed(command))
    assert message.plan.canonical() == plan.canonical()
    assert message.plan.enabled is on
    assert message.plan.to_wire() == {
        name: value for name, value in command.members().items() if name != "controllerSerialNumber"
    }
    assert command.answered_by(message) is True


# --- what is only ever read keeps the numbers of the wire


def changed(members: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The members with other numbers, some of them gone."""
    return st.fixed_dictionaries({}, optional={name: st.integers(-40, 5000) for name in members})


@given(changed(STATUS))
def test_a_status_keeps_the_numbers_it_came_with(members: dict[str, Any]) -> None:
    message = read(StatusMessage, ACK_TOPIC, reply({"status": members}))
    assert dict(message.status.raw) == members
    assert DeviceStatus.from_wire(dict(message.status.raw)) == message.status


@given(changed({name: value for name, value in FEATURE.items() if type(value) is int}))
def test_device_info_keeps_the_numbers_it_came_with(members: dict[str, Any]) -> None:
    message = read(FeatureMessage, ACK_TOPIC, reply({"feature": members}))
    assert dict(message.feature.raw) == members
    assert DeviceFeature.from_wire(dict(message.feature.raw)) == message.feature
