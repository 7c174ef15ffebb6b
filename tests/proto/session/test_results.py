from __future__ import annotations

from datetime import UTC, datetime

import pytest

from navien_proto.errors import RemoteProtocolError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.session.events import CommandConfirmed, CommandId, Level
from navien_proto.session.results import SetPointChanged, answered_with, feature_of, status_of
from navien_proto.wire.commands import RequestDeviceInfo, RequestStatus, SetTemperature

NOW = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))
DEVICE = Device(mac="aabbccddeeff")


def test_an_answer_of_another_kind_is_the_heaters_mistake() -> None:
    with pytest.raises(RemoteProtocolError, match="something else"):
        status_of(CommandConfirmed(NOW, CommandId(1), DEVICE, RequestStatus(), Level.ACCEPTED))
    with pytest.raises(RemoteProtocolError, match="something else"):
        feature_of(CommandConfirmed(NOW, CommandId(1), DEVICE, RequestDeviceInfo(), Level.ACCEPTED))


def test_a_set_point_that_was_only_sent_has_no_status() -> None:
    command = SetTemperature(fahrenheit=120)
    result = SetPointChanged.sent(command, CommandConfirmed(NOW, CommandId(1), DEVICE, command, Level.SENT))
    assert result.celsius == 49.0
    assert result.fahrenheit == pytest.approx(120.2)
    assert result.status is None
    assert result.level is Level.SENT


def test_an_answer_of_another_kind_is_the_peer_s_fault() -> None:
    assert answered_with("text", str) == "text"
    with pytest.raises(RemoteProtocolError, match="expected str for an answer, found int"):
        answered_with(3, str)
