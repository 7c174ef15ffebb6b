from __future__ import annotations

import gc
from datetime import UTC, datetime

import pytest

from navien_proto.errors import BadCredentials, DecodeError, LinkClosed
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.session.events import (
    AnswerMissed,
    ClockCorrected,
    CommandId,
    DeviceOnline,
    Event,
    SessionClosed,
    Undecodable,
)
from navien_proto.session.hub import Hub, about_device, event_wanted

NOW = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))
DEVICE = Device(mac="aabbccddeeff")
OTHER = Device(mac="aabbccddee00")


def test_every_consumer_gets_every_event_it_wants() -> None:
    hub = Hub()
    all_events, of_device = (
        Mailbox[Event](lambda: None),
        Mailbox[Event](lambda: None, wanted=about_device(DEVICE.mac)),
    )
    hub.add(all_events)
    hub.add(of_device)
    for event in (ClockCorrected(NOW, 1.0), AnswerMissed(NOW, DEVICE), DeviceOnline(NOW, OTHER)):
        hub.deliver(event)
    assert len(all_events) == 3
    assert of_device.take() == AnswerMissed(NOW, DEVICE)
    assert of_device.take() is None


def test_a_consumer_that_is_no_more_costs_nothing() -> None:
    hub = Hub()
    hub.add(Mailbox[Event](lambda: None))
    gc.collect()
    hub.deliver(ClockCorrected(NOW, 1.0))
    kept = Mailbox[Event](lambda: None)
    hub.add(kept)
    hub.remove(kept)
    hub.deliver(ClockCorrected(NOW, 1.0))
    assert kept.closed
    assert kept.take() is None


def test_the_end_of_the_session_ends_consumers_and_waiters() -> None:
    hub = Hub()
    box = Mailbox[Event](lambda: None)
    hub.add(box)
    waiter = hub.waiters.expect(CommandId(1), lambda: None)
    wrong = BadCredentials("no")
    hub.deliver(SessionClosed(NOW, wrong))
    hub.close(None)
    assert box.take() == SessionClosed(NOW, wrong)
    assert box.error is wrong
    with pytest.raises(BadCredentials):
        waiter.outcome()
    late = Mailbox[Event](lambda: None)
    hub.add(late)
    assert late.closed
    assert late.error is wrong


def test_a_wish_to_close_is_no_error_for_consumers() -> None:
    hub = Hub()
    box = Mailbox[Event](lambda: None)
    hub.add(box)
    waiter = hub.waiters.expect(CommandId(1), lambda: None)
    hub.close(None)
    assert box.closed
    assert box.error is None
    with pytest.raises(LinkClosed):
        waiter.outcome()


def test_an_event_of_a_heater_is_wanted_of_that_heater_alone() -> None:
    wanted = event_wanted(Undecodable, "aabbccddee01")
    assert not wanted(Undecodable(NOW, 1, DecodeError("t", "", "no JSON")))
    assert event_wanted(Undecodable)(Undecodable(NOW, 1, DecodeError("t", "", "no JSON")))
