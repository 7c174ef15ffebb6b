"""Messages as plain data."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from navien_proto.model.fields import Problem
from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.messages import (
    ControlFailure,
    Message,
    OtaMessage,
    Reason,
    RecirculationMessage,
    ReservationsMessage,
    StatusMessage,
    UnknownMessage,
)

MAC = "aabbccddeeff"


def test_made_by_hand_from_what_is_known() -> None:
    message = StatusMessage(topic="t", status=DeviceStatus.from_wire({"command": 33554437}))
    assert (message.mac, message.client_id, message.session_id, message.request_topic) == (None,) * 4
    assert message.problems == ()
    assert message.reason is Reason.ACKNOWLEDGEMENT


def test_frozen() -> None:
    message = ControlFailure(topic="t", code=2)
    with pytest.raises(FrozenInstanceError):
        message.code = 3  # type: ignore[misc]
    assert evolve(message, code=3) == ControlFailure(topic="t", code=3)


def test_can_be_counted_in_a_set_whatever_it_holds() -> None:
    odd = UnknownMessage(topic="t", raw=[{}], problems=(Problem("x", [], "why"),))
    assert len({odd, evolve(odd)}) == 1


def test_messages_of_different_kinds_are_different() -> None:
    first = ReservationsMessage(topic="t", programme=ReservationProgramme(None), packed=False, raw={})
    other = RecirculationMessage(topic="t", programme=RecirculationProgramme(None), packed=False, raw={})
    assert first != other
    assert first != "t"
    # The kind counts, whatever it holds.
    anything: Any = ReservationProgramme(None)
    alike = RecirculationMessage(topic="t", programme=anything, packed=False, raw={})
    assert first != alike
    assert hash(first) != hash(alike)
    assert first == evolve(first)
    assert hash(first) == hash(evolve(first))
    # Sets of many messages stay quick: their hashes differ.
    hashes = {hash(evolve(first, topic=f"t{number}")) for number in range(50)} | {hash(other)}
    assert len(hashes) == 51


def test_the_mac_is_shown_nowhere() -> None:
    message = ControlFailure(
        topic=f"cmd/52/navilink-{MAC}/ctrl-fail",
        mac=MAC,
        client_id=f"navilink-{MAC}",
        request_topic=f"cmd/52/navilink-{MAC}/ctrl",
        additional_value="1234",
    )
    assert repr(message) == (
        "ControlFailure(topic=cmd/52/navilink-<mac>/ctrl-fail, mac='<mac>', client_id='navilink-<mac>', "
        "session_id=None, request_topic='cmd/52/navilink-<mac>/ctrl', problems=(), code=None)"
    )


def test_what_is_received_seldom_is_shown_without_its_content() -> None:
    assert repr(UnknownMessage(topic="t", mac=MAC, raw={"secret": 1})) == (
        "UnknownMessage(topic=t, mac='<mac>', client_id=None, session_id=None, request_topic=None, problems=(), "
        "raw=<dict>)"
    )
    assert repr(OtaMessage(topic="t", raw={"secret": 1})) == (
        "OtaMessage(topic=t, mac=None, client_id=None, session_id=None, request_topic=None, problems=(), "
        "raw=<dict>)"
    )


def test_the_union_names_all_kinds() -> None:
    assert {kind.__name__ for kind in get_args(Message)} == {
        "StatusMessage",
        "FeatureMessage",
        "ControlFailure",
        "ReservationsMessage",
        "RecirculationMessage",
        "TouMessage",
        "EnergyMessage",
        "FirmwareDownloadMessage",
        "DiagnosticsMessage",
        "OtaMessage",
        "RequestSeen",
        "ConnectionEvent",
        "AppConnectionSeen",
        "EventMessage",
        "UnknownMessage",
    }
