"""Scenarios of ``failures.md`` that hold on every harness: in memory, on asyncio, on trio and in threads."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from navien_anyio.clock import system_clock
from navien_proto.errors import (
    BadCredentials,
    CommandCancelled,
    CommandExpired,
    CommandRefused,
    CommandTimedOut,
    GuardError,
    LinkError,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import WEEKDAYS, Reservation, ReservationProgramme
from navien_proto.session import State
from navien_proto.session.events import (
    ClockCorrected,
    CommandConfirmed,
    CommandFailed,
    Connected,
    CredentialsRefused,
    DeviceOffline,
    Disconnected,
    Retrying,
    SessionClosed,
    SignedIn,
    StatusReceived,
    Undecodable,
)
from navien_proto.session.guards import Guards
from navien_proto.wire.commands import PowerOff, PowerOn, RequestStatus, SetTemperature
from navien_sync.stores import MemoryStore
from tests.scenarios.conftest import Play
from tests.support.stage import Stage

# --- links ------------------------------------------------------------------------------------------------


def test_f04_every_link_has_a_number_of_its_own_and_is_told_in_order(play: Play) -> None:
    on = play()
    on.cut()
    on.until(Connected, 2)
    moves = [event for event in on.told if isinstance(event, Connected | Disconnected)]
    assert [type(event) for event in moves] == [Connected, Disconnected, Connected]
    assert moves[0].link == moves[1].link < moves[2].link


def test_f07_subscribed_anew_on_every_connack(play: Play) -> None:
    on = play()
    on.cut()
    on.until(Connected, 2)
    before = len(on.of(StatusReceived))
    on.heater.status()
    assert len(on.of(StatusReceived)) > before


def test_f11_close_is_final(play: Play) -> None:
    on = play()
    on.stop()
    assert on.session.state is State.CLOSED
    assert on.of(SessionClosed)[0].error is None
    told = len(on.told)
    assert isinstance(on.told[-1], SessionClosed)
    assert len(on.told) == told


def test_f11_closing_while_an_attempt_is_planned(play: Play) -> None:
    on = play()
    on.cut()
    on.stop()
    assert on.session.state is State.CLOSED
    assert isinstance(on.told[-1], SessionClosed)


def test_f13_many_heaters_in_one_session(play: Play) -> None:
    on = play(heaters=2)
    assert len(on.session.devices) == 2
    assert {event.device.mac for event in on.of(StatusReceived)} == {device.mac for device in on.session.devices}


def test_f05_a_reset_starts_one_backoff(play_on_sockets: Play) -> None:
    on = play_on_sockets()
    on.relay.reset()
    on.until(Connected, 2)
    assert len(on.of(Disconnected)) == 1
    assert len(on.of(Retrying)) >= 1


def test_f16_a_first_connection_that_fails_is_tried_again(play_on_sockets: Play) -> None:
    on = play_on_sockets(ready=False)
    on.relay.reset()
    on.ready()
    assert on.heater.status().dhw_temperature is not None


# --- accounts ---------------------------------------------------------------------------------------------


def test_f12_a_wrong_clock_is_learnt(play_on_sockets: Play) -> None:
    def ahead() -> Instant:
        now = system_clock()
        return Instant(now.monotonic, now.utc + timedelta(minutes=30))

    on = play_on_sockets(clock=ahead)
    corrected = on.of(ClockCorrected)
    assert len(corrected) == 1
    assert -1860 < corrected[0].offset < -1740


def test_f17_a_proven_wrong_password_is_fatal_at_once(play: Play) -> None:
    on = play(password="wrong", ready=False)
    closed = on.until(SessionClosed)
    assert isinstance(closed.error, BadCredentials)
    assert len(on.of(CredentialsRefused)) == 1
    assert on.sign_ins() == 1


def test_f20_stored_tokens_save_a_sign_in_and_dead_ones_prevent_none(play_on_sockets: Play) -> None:
    store = MemoryStore()
    first = play_on_sockets(token_store=store)
    assert first.sign_ins() == 1
    first.stop()
    # The other cloud knows nothing of these tokens.
    second = play_on_sockets(token_store=store)
    assert second.sign_ins() == 1
    assert second.of(SignedIn)


def test_f22_no_repr_and_no_error_shows_a_secret(play: Play) -> None:
    on = play()
    on.heater.set_temperature(celsius=50)
    on.cut()
    on.until(Connected, 2)
    text = " ".join(map(repr, on.told)) + " ".join(str(event.error) for event in on.of(Retrying))
    for secret in ("user@example.com", "not-a-real-password", on.session.devices[0].mac, "X-Amz-Signature"):
        assert secret not in text


# --- commands ---------------------------------------------------------------------------------------------


def test_f23_what_waited_too_long_is_not_sent_later(play: Play) -> None:
    on = play(queue_expiry=0.2)
    on.shut()
    on.begin(SetTemperature(celsius=48))
    failed = on.until(CommandFailed)
    assert isinstance(failed.error, CommandExpired)
    on.reopen()
    on.wait(lambda: on.session.state is State.READY)
    assert on.heater.status().dhw_temperature_setting != 48


def test_f24_what_waits_is_sent_in_order(play: Play) -> None:
    on = play()
    on.shut()
    for celsius in (46.0, 47.0):
        on.begin(SetTemperature(celsius=celsius))
    assert on.ends() == []
    on.reopen()
    on.wait(lambda: len(on.ends()) == 2)
    ended = on.ends()
    assert [event.command for event in ended] == [SetTemperature(celsius=one) for one in (46.0, 47.0)]
    assert all(isinstance(event, CommandConfirmed) for event in ended)
    assert on.heater.status().dhw_temperature_setting == 47


def test_f25_every_command_ends_when_the_heater_does_not_answer(play: Play) -> None:
    on = play(reply_timeout=0.3)
    mac = on.session.devices[0].mac
    on.cloud(lambda cloud, now: cloud.set_online(mac, False))
    with pytest.raises(CommandTimedOut):
        on.heater.status()
    on.begin(RequestStatus())
    on.stop()
    assert isinstance(on.of(CommandFailed)[-1].error, CommandTimedOut | CommandCancelled)


def test_f26_one_entry_is_added_and_the_others_stay(play: Play) -> None:
    on = play()
    first = Reservation.at(WEEKDAYS, time(6, 30), Mode.HEAT_PUMP, celsius=50)
    on.heater.replace_reservations(ReservationProgramme(True, [first]))
    second = Reservation.at(WEEKDAYS, time(21), Mode.HEAT_PUMP, celsius=45)
    on.heater.add_reservation(second)
    assert len(on.heater.reservations().entries) == 2


def controls_sent(on: Stage) -> int:
    return on.session.statistics(on.told[-1].at).sent.get("publish ctrl", 0)


def test_f27_one_control_is_in_flight_and_a_refusal_is_of_that_one(play: Play) -> None:
    on = play()
    mac = on.session.devices[0].mac
    on.cloud(lambda cloud, _now: cloud.set_mute(mac, True))
    on.begin(PowerOn())
    on.begin(SetTemperature(celsius=47))
    on.wait(lambda: controls_sent(on) == 1)
    on.say(f'{{"response":{{"macAddress":"{mac}","failCode":7}}}}'.encode(), "ctrl-fail")
    refused = on.until(CommandFailed)
    assert isinstance(refused.command, PowerOn)
    assert isinstance(refused.error, CommandRefused)
    assert refused.error.code == 7
    on.cloud(lambda cloud, _now: cloud.set_mute(mac, False))
    confirmed = on.until(CommandConfirmed)
    assert confirmed.command == SetTemperature(celsius=47)
    assert confirmed.at.monotonic - refused.at.monotonic < 5
    assert controls_sent(on) == 2


def test_f27_controls_in_quick_succession_pause_and_one_is_tried_again(play: Play) -> None:
    on = play()
    mac = on.session.devices[0].mac
    on.cloud(lambda cloud, _now: cloud.set_mute(mac, True))
    on.begin(PowerOn())
    on.wait(lambda: controls_sent(on) == 1)
    on.say(f'{{"response":{{"macAddress":"{mac}","failCode":2}}}}'.encode(), "ctrl-fail")
    on.wait(lambda: "control failure" in on.session.statistics(on.told[-1].at).received)
    assert on.ends() == []
    on.cloud(lambda cloud, _now: cloud.set_mute(mac, False))
    on.later(5)
    assert isinstance(on.until(CommandConfirmed).command, PowerOn)
    assert controls_sent(on) == 2


def test_f28_f29_units_are_explicit_and_limits_are_the_heater_s_own(play: Play) -> None:
    on = play()
    assert on.heater.set_temperature(fahrenheit=120).celsius == 49.0
    with pytest.raises(UsageError, match="exactly one"):
        on.heater.set_temperature(celsius=50, fahrenheit=120)
    with pytest.raises(UsageError, match=r"65\.5"):
        on.heater.set_temperature(celsius=66)
    assert on.heater.status().dhw_temperature_setting == 49.0


def test_f30_what_the_heater_cannot_do_is_not_sent(play: Play) -> None:
    on = play()
    with pytest.raises(UsageError, match="recirculationUse"):
        on.heater.press_hot_button()


def test_f31_a_commanded_value_is_no_state_before_the_heater_shows_it(play: Play) -> None:
    on = play()
    before = len(on.of(StatusReceived))
    result = on.heater.set_temperature(celsius=47)
    assert result.status is not None
    shown = [event for event in on.of(StatusReceived)[before:] if event.status.dhw_temperature_setting == 47]
    assert shown


def test_f32_guards_bind_everybody(play: Play) -> None:
    on = play(guards=Guards(no_power_off=True, highest_celsius=55))
    for wish in (PowerOff(), SetTemperature(celsius=56)):
        with pytest.raises(GuardError):
            on.heater.submit(wish, expert=True)
    assert on.of(CommandFailed) == []


def test_f36_garbage_is_told_and_the_connection_lives(play: Play) -> None:
    on = play()
    on.say(b"\xff\xfe not JSON")
    on.until(Undecodable)
    assert on.session.state is State.READY
    assert on.heater.status().dhw_temperature is not None


def test_f10_a_heater_that_is_gone_is_told_by_the_list(play: Play) -> None:
    on = play(list_interval=0.5, relist_interval=0.5)
    mac = on.session.devices[0].mac
    on.cloud(lambda cloud, now: cloud.set_online(mac, False))
    assert on.until(DeviceOffline).device.mac == mac


def test_a_queue_that_is_off_refuses_at_once(play: Play) -> None:
    on = play(queue=False)
    on.shut()
    with pytest.raises(LinkError):
        on.heater.status()
