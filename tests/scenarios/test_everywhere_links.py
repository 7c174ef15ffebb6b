"""Scenarios of ``failures.md`` about links that hold on every harness: memory, asyncio, trio and threads."""

from __future__ import annotations

import logging

import pytest
from attrs import evolve

from navien_proto.instant import Instant
from navien_proto.session import State
from navien_proto.session.events import (
    Connected,
    Degraded,
    Disconnected,
    Impairment,
    Retrying,
    StatusReceived,
    SubscriptionRefused,
)
from navien_proto.sim.broker_policy import PolicyTable
from navien_proto.sim.broker_state import Cause
from navien_proto.sim.cloud import SimCloud
from tests.proto.wire import examples
from tests.scenarios.conftest import Play
from tests.support.served import QUICK
from tests.support.stage import CONNECTION, Stage


def test_f01_a_planned_renewal_is_routine_and_so_is_a_cut(play: Play) -> None:
    on = play(connection=evolve(CONNECTION, lifetime=1.0, lifetime_jitter=0.5))
    on.until(Connected, 2)
    assert on.of(Disconnected)[0].planned
    assert on.of(Retrying) == []
    assert on.heater.status().dhw_temperature is not None


def test_f01_a_cut_costs_one_backoff(play: Play) -> None:
    on = play()
    on.cut()
    on.until(Connected, 2)
    (cut,), (retry,) = on.of(Disconnected), on.of(Retrying)
    assert not cut.planned
    assert retry.delay == pytest.approx(1.0)
    assert on.heater.status().dhw_temperature is not None


def throw_out(on: Stage) -> None:
    """Let somebody else connect with our client id."""

    def take_over(cloud: SimCloud, now: Instant) -> None:
        ours = cloud.broker.find(on.session.client_id)
        if ours is not None:
            cloud.broker.close(ours, now, cause=Cause.TAKEN_OVER)

    on.cloud(take_over)


def test_f06_thrown_out_at_once_twice_running_we_come_back_as_somebody_else_and_later(play: Play) -> None:
    on = play()
    on.later(600)  # credentials of a moment ago are fresh
    on.wait(lambda: on.session.state is State.READY)
    ours = on.session.client_id
    links = len(on.of(Connected))
    # Thrown out for the first time after a while: an accident. Then twice as soon as it is connected.
    on.cut()
    while on.session.client_id == ours:
        links += 1
        on.until(Connected, links)
        assert links < 6, "no endless mutual kicking"
        before = len(on.of(Disconnected))
        throw_out(on)
        on.wait(lambda before=before: len(on.of(Disconnected)) > before)
    kicked = on.of(Retrying)[-1]
    assert "client id" in str(kicked.error)
    assert kicked.delay >= 30
    signed_in = on.sign_ins()
    on.later(kicked.delay + 1)
    on.until(Connected, links + 1)
    assert on.session.client_id != ours
    assert on.sign_ins() > signed_in, "with fresh credentials"


def test_f08_a_refused_filter_is_named_and_the_rest_works(play: Play) -> None:
    on = play(heaters=2)
    second = on.session.devices[1].mac
    on.cloud(
        lambda cloud, _now: cloud.broker.change_policy(
            PolicyTable(subscribe_denied=(f"cmd/52/navilink-{second}/*",))
        )
    )
    on.cut()
    refused = on.until(SubscriptionRefused)
    assert (refused.code, refused.hung_up) == (0x80, False)
    assert second not in refused.filter
    assert on.until(Degraded).impairment is Impairment.FILTER_REFUSED
    on.until(Connected, 2)
    assert on.heater.status().dhw_temperature is not None


def test_f09_a_half_open_link_is_noticed_and_replaced(play_on_sockets: Play) -> None:
    on = play_on_sockets(connection=QUICK)
    on.relay.black_hole = True
    on.later(61)  # of silence; the ping is not answered
    lost = on.until(Disconnected)
    assert "ping" in lost.reason
    on.relay.black_hole = False
    on.until(Connected, 2)
    assert on.heater.status().dhw_temperature is not None


def test_f14_a_message_that_comes_again_is_no_event_and_no_sample(play: Play) -> None:
    on = play()
    form = examples.status()
    form["sessionID"] = "1768478400999"
    payload = examples.encode(form)
    for _ in range(3):
        on.say(payload, "res")
    on.wait(lambda: on.session.statistics(on.of(StatusReceived)[-1].at).duplicates == 2)
    taken = [event for event in on.of(StatusReceived) if event.message.session_id == form["sessionID"]]
    assert len(taken) == 1


def test_f15_an_outage_is_told_once_and_a_renewal_is_no_outage(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    on = play()
    on.shut()
    on.wait(lambda: len(on.of(Retrying)) >= 3)
    on.reopen()
    on.until(Connected, 2)
    moves = [event for event in on.told if isinstance(event, Connected | Disconnected)]
    assert [type(event) for event in moves] == [Connected, Disconnected, Connected]
    assert not on.of(Disconnected)[0].planned
    assert on.session.state is State.READY
    # What a program says of it is its own affair: the library fills nobody's log.
    assert [record for record in caplog.records if record.name.startswith("navien")] == []
