"""One connection to any broker: every way an operation begins and ends."""

from __future__ import annotations

from typing import Any

import pytest

from navien_proto.errors import (
    AuthError,
    CommandCancelled,
    CommandExpired,
    CommandRefused,
    LinkBroken,
    LinkClosed,
    UsageError,
)
from navien_proto.mqtt.actions import MAX_PAYLOAD, CloseLink, OpenLink, Publish, Subscribe, Unsubscribe, Will
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.client_events import (
    Message,
    MqttClosed,
    MqttConnected,
    MqttDisconnected,
    MqttFilterRefused,
    MqttRetrying,
    OperationDone,
    OperationFailed,
    PublishDropped,
    Subscribed,
)
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PublishAnswered,
    PublishFailed,
    SubscribeAnswered,
)
from navien_proto.mqtt.settings import ConnectionConfig
from tests.proto.mqtt.mqtt_bench import ENDPOINT, Bench


def failed(bench: Bench, operation: int) -> BaseException:
    """With what an operation failed."""
    end = bench.ends()[operation]
    assert isinstance(end, OperationFailed), end
    return end.error


# --- its life -------------------------------------------------------------------------------------------------


def test_a_link_is_opened_as_the_settings_say() -> None:
    will = Will("gone", b"yes", qos=2, retain=True)
    bench = Bench(username="watcher", password="secret", will=will, version="5", client_id="mine")
    bench.machine.start(bench.now)
    opening = bench.only(OpenLink)
    assert opening == OpenLink(1, ENDPOINT, "mine", 60, True, will, "watcher", "secret", 5)
    bench.report(ConnectSent(1))
    bench.report(LinkOpened(1, True))
    assert bench.told() == [MqttConnected(bench.now, 1, True, "5")]


def test_a_client_id_is_made_where_none_is_given() -> None:
    assert Bench().machine.client_id == "navien-mqtt-00000001"


def test_its_status_says_how_it_stands() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a/#"], bench.now, qos=2)
    bench.answer_filters()
    bench.machine.publish("b", b"four", bench.now, qos=1)
    bench.report(MessageReceived(1, "a/b", b"three"))
    bench.clock.advance(5.0)
    status = bench.machine.status(bench.now)
    assert (status.connected, status.version, status.links, status.problem) == (True, "3.1.1", 1, None)
    assert (status.connected_for, status.silent_for) == (5.0, 5.0)
    assert (status.messages_sent, status.bytes_sent, status.in_flight, status.queued) == (1, 4, 1, 0)
    assert (status.messages_received, status.bytes_received) == (1, 5)
    assert status.subscriptions == {"a/#": 2}


def test_a_lost_link_is_told_and_made_again() -> None:
    bench = Bench().start()
    bench.lose("the network is gone")
    down, retrying = bench.told()
    assert down == MqttDisconnected(bench.now, 1, "the network is gone")
    assert isinstance(retrying, MqttRetrying)
    assert "the network is gone" in retrying.reason
    status = bench.machine.status(bench.now)
    assert (status.connected, status.connected_for) == (False, None)
    assert "the network is gone" in (status.problem or "")
    bench.again()
    assert bench.told() == [MqttConnected(bench.now, 2, False, "3.1.1")]
    assert bench.machine.problem is None


@pytest.mark.parametrize("when", ["before it began", "while it is opened", "while it stands", "while it waits"])
def test_it_closes_from_everywhere_and_cancels_what_waits(when: str) -> None:
    bench = Bench()
    if when != "before it began":
        bench.machine.start(bench.now)
    if when in ("while it stands", "while it waits"):
        bench.stand()
    if when == "while it waits":
        bench.lose()
    bench.asked()
    operation = bench.machine.publish("t", b"", bench.now, qos=1)
    bench.asked()
    bench.machine.stop(bench.now)
    if when in ("while it is opened", "while it stands"):
        assert bench.only(CloseLink) == CloseLink(1)
        bench.report(LinkLost(1, "closed"))
    events = bench.told()
    assert [event.id for event in events if isinstance(event, OperationFailed)] == [operation]
    assert events[-1] == MqttClosed(bench.now, None)
    assert bench.machine.closed
    assert bench.machine.next_timer() is None
    with pytest.raises(UsageError, match="closed"):
        bench.machine.publish("t", b"", bench.now)


def test_a_broker_that_does_not_answer_a_goodbye_holds_nobody_up() -> None:
    bench = Bench().start()
    bench.machine.stop(bench.now)
    with pytest.raises(UsageError, match="closed"):
        bench.machine.subscribe(["t"], bench.now)
    assert bench.alarm() == 2.0
    assert bench.machine.closed


def test_when_attempts_are_used_up_it_says_why() -> None:
    bench = Bench(connection=ConnectionConfig(reconnect=ReconnectPolicy(enabled=False)))
    bench.machine.start(bench.now)
    operation = bench.machine.publish("t", b"", bench.now)
    bench.asked()
    bench.report(LinkRefused(1, "connection refused"))
    assert bench.machine.closed
    events = bench.told()
    ends = [event for event in events if isinstance(event, OperationFailed)]
    assert [end.id for end in ends] == [operation]
    closed = events[-1]
    assert isinstance(closed, MqttClosed)
    assert isinstance(closed.error, LinkBroken)
    assert "connection refused" in str(closed.error)
    assert bench.machine.problem is closed.error


def test_in_haste_the_first_failure_is_the_last() -> None:
    bench = Bench(fail_fast=True)
    bench.machine.start(bench.now)
    operation = bench.machine.publish("t", b"", bench.now)
    bench.asked()
    bench.report(LinkRefused(1, "connection refused"))
    assert bench.machine.closed
    error = failed(bench, operation)
    assert isinstance(error, LinkBroken)
    assert "connection refused" in str(error)


def test_in_haste_an_overdue_link_is_closed_for_good() -> None:
    bench = Bench(fail_fast=True)
    bench.machine.start(bench.now)
    bench.asked()
    assert bench.alarm() == 30.0
    assert bench.only(CloseLink) == CloseLink(1, abort=True)
    bench.report(LinkLost(1, "closed"))
    assert bench.machine.closed
    assert "in time" in str(bench.machine.problem)


def test_once_it_stood_haste_is_over() -> None:
    bench = Bench(fail_fast=True).start()
    bench.lose()
    bench.again()
    assert bench.machine.ready


@pytest.mark.parametrize("code", [4, 5, 0x86, 0x87, 0x8A])
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_who_is_not_let_in_is_told_so_and_tries_no_more(code: int, version: str) -> None:
    bench = Bench(version=version)
    bench.machine.start(bench.now)
    bench.asked()
    bench.report(ConnectSent(1))
    bench.report(LinkRefused(1, "not authorised", code=code))
    (closed,) = bench.told()
    assert isinstance(closed, MqttClosed)
    assert isinstance(closed.error, AuthError)
    assert bench.machine.closed


def test_who_was_let_in_once_goes_on_trying() -> None:
    bench = Bench().start()
    bench.lose()
    bench.opening()
    bench.report(ConnectSent(2))
    bench.report(LinkRefused(2, "not authorised", code=5))
    assert not bench.machine.closed
    assert isinstance(bench.machine.problem, AuthError)
    bench.again()


@pytest.mark.parametrize(
    "answer",
    [
        LinkRefused(1, "unacceptable protocol version", code=1),
        LinkRefused(1, "unsupported protocol version", code=0x84),
        LinkRefused(1, "the broker sent a CONNACK of the wrong length"),
        LinkLost(1, "the other side closed the connection"),
        None,
    ],
    ids=["refused", "refused in MQTT 5", "garbage", "hung up", "no answer"],
)
@pytest.mark.parametrize("fail_fast", [False, True])
def test_mqtt_5_falls_back(answer: LinkInput | None, fail_fast: bool) -> None:
    bench = Bench(version="5", fail_fast=fail_fast)
    bench.machine.start(bench.now)
    assert bench.only(OpenLink).version == 5
    bench.report(ConnectSent(1))
    if answer is None:
        assert bench.alarm() == 15.0
    else:
        bench.report(answer)
    assert bench.opening().version == 4
    bench.report(ConnectSent(2))
    bench.report(LinkOpened(2))
    assert bench.one(MqttConnected).version == "3.1.1"


def test_mqtt_5_does_not_fall_back_for_a_network_that_is_down() -> None:
    bench = Bench(version="5")
    bench.machine.start(bench.now)
    bench.asked()
    bench.report(LinkRefused(1, "no route to host"))
    assert bench.opening().version == 5


def test_mqtt_5_that_stood_is_not_given_up() -> None:
    bench = Bench(version="5").start()
    bench.lose()
    bench.again()
    assert bench.one(MqttConnected).version == "5"


@pytest.mark.parametrize("given", [None, "mine"])
def test_thrown_out_twice_at_once_it_takes_another_name(given: str | None) -> None:
    bench = Bench(client_id=given).start()
    first = bench.machine.client_id
    bench.lose()
    bench.again()
    bench.lose()
    assert (bench.machine.client_id != first) is (given is None)
    bench.told()
    while bench.machine.next_timer() is not None and not bench.asked():
        waited = bench.alarm()
    assert waited >= 30.0


# --- publishing -----------------------------------------------------------------------------------------------


def test_at_qos_0_a_message_is_done_when_it_left() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"x", bench.now, retain=True)
    assert bench.only(Publish) == Publish(1, bench.machine.status(bench.now).links, "t", b"x", 0, True)
    assert bench.told() == [OperationDone(bench.now, operation)]


@pytest.mark.parametrize("qos", [1, 2])
def test_at_qos_1_and_2_it_is_done_when_the_broker_has_it(qos: int) -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"x", bench.now, qos=qos)
    publish = bench.only(Publish)
    assert bench.told() == []
    bench.acknowledge(publish)
    assert bench.told() == [OperationDone(bench.now, operation)]


def test_a_refused_message_fails() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"x", bench.now, qos=1)
    bench.acknowledge(bench.only(Publish), code=0x97)
    error = failed(bench, operation)
    assert isinstance(error, CommandRefused)
    assert error.code == 0x97


def test_what_this_broker_does_not_take_is_a_mistake_of_the_caller() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"x", bench.now, qos=1)
    bench.report(PublishFailed(1, bench.only(Publish).id, "a packet of 9 bytes is too long; 8 are allowed"))
    error = failed(bench, operation)
    assert isinstance(error, UsageError)
    assert "8 are allowed" in str(error)


def test_at_qos_0_it_is_told_all_the_same() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"x", bench.now)
    bench.report(PublishFailed(1, bench.only(Publish).id, "this broker does not retain messages"))
    assert bench.told() == [
        OperationDone(bench.now, operation),
        PublishDropped(bench.now, "this broker does not retain messages"),
    ]


def test_without_a_link_messages_wait_in_order() -> None:
    bench = Bench()
    bench.machine.start(bench.now)
    operations = [bench.machine.publish("t", bytes([n]), bench.now, qos=n % 3) for n in range(6)]
    assert bench.machine.status(bench.now).queued == 6
    opening = bench.only(OpenLink)
    bench.report(ConnectSent(opening.link))
    bench.report(LinkOpened(opening.link))
    assert bench.published() == [("t", bytes([n]), n % 3) for n in range(6)]
    assert set(bench.ends()) == {operations[0], operations[3]}


def test_qos_1_is_sent_again_in_order_and_before_what_came_later() -> None:
    bench = Bench(window=2).start()
    for n in range(4):
        bench.machine.publish("t", bytes([n]), bench.now, qos=1)
    assert [payload for _, payload, _ in bench.published()] == [b"\0", b"\1"]
    bench.lose()
    assert bench.ends() == {}
    bench.machine.publish("t", b"\4", bench.now, qos=1)
    bench.again()
    for expected in ([b"\0", b"\1"], [b"\2", b"\3"], [b"\4"]):
        publishes = [action for action in bench.asked() if isinstance(action, Publish)]
        assert [publish.payload for publish in publishes] == expected
        bench.acknowledge(*publishes)
    assert all(isinstance(end, OperationDone) for end in bench.ends().values())


def test_qos_2_is_not_sent_again_and_says_so() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"", bench.now, qos=2)
    bench.asked()
    bench.lose()
    error = failed(bench, operation)
    assert isinstance(error, LinkBroken)
    assert "may have been delivered" in str(error)
    bench.again()
    assert bench.published() == []


def test_the_window_holds_back_what_wants_an_acknowledgement_and_what_comes_behind_it() -> None:
    bench = Bench(window=1).start()
    bench.machine.publish("t", b"1", bench.now, qos=1)
    bench.machine.publish("t", b"2", bench.now, qos=2)
    bench.machine.publish("t", b"3", bench.now, qos=0)
    first = bench.only(Publish)
    assert bench.machine.status(bench.now).queued == 2
    bench.acknowledge(first)
    assert bench.published() == [("t", b"2", 2), ("t", b"3", 0)]


def test_a_full_queue_drops_its_oldest() -> None:
    bench = Bench(queue_limit=2)
    bench.machine.start(bench.now)
    first, *_ = [bench.machine.publish("t", b"", bench.now, qos=1) for _ in range(3)]
    ((operation, end),) = bench.ends().items()
    assert operation == first
    assert isinstance(end, OperationFailed)
    assert isinstance(end.error, CommandExpired)


def test_what_a_lost_link_hands_back_fills_no_queue_beyond_its_limit() -> None:
    bench = Bench(queue_limit=2, window=1).start()
    asked = [bench.machine.subscribe([f"t/{number}"], bench.now) for number in range(4)]
    kept = bench.machine.publish("t", b"", bench.now, qos=1)
    bench.asked()
    bench.lose()
    ends = bench.ends()
    assert list(ends) == asked[:2]
    assert all(isinstance(end, OperationFailed) and isinstance(end.error, CommandExpired) for end in ends.values())
    assert kept not in ends
    assert bench.machine.status(bench.now).queued == 3, "two, and what the window held"


def test_what_waits_too_long_is_not_sent() -> None:
    bench = Bench(queue_expiry=100.0, connection=ConnectionConfig(open_timeout=1000.0))
    bench.machine.start(bench.now)
    first = bench.machine.publish("t", b"", bench.now)
    bench.clock.advance(40.0)
    second = bench.machine.subscribe(["t"], bench.now)
    assert bench.alarm() == 60.0
    assert isinstance(failed(bench, first), CommandExpired)
    assert bench.alarm() == 40.0
    assert isinstance(failed(bench, second), CommandExpired)
    assert bench.machine.subscriptions == {}


def test_what_was_lost_long_after_it_was_submitted_expires_too() -> None:
    """The deadline passed while the message was on its way: it is remembered when the link is lost."""
    settings = ConnectionConfig(puback_timeout=500.0, keep_alive=1200)
    bench = Bench(queue_expiry=100.0, connection=settings).start()
    operation = bench.machine.publish("t", b"", bench.now, qos=1)
    bench.clock.advance(200.0)
    bench.machine.handle_timer(bench.now)
    assert bench.ends() == {}
    bench.lose()
    assert isinstance(failed(bench, operation), CommandExpired)


def test_without_a_queue_there_is_an_error_at_once() -> None:
    bench = Bench(queue=False)
    bench.machine.start(bench.now)
    with pytest.raises(LinkBroken, match="queueing is off"):
        bench.machine.publish("t", b"", bench.now)
    bench.stand()
    operation = bench.machine.publish("t", b"", bench.now, qos=1)
    asked = bench.machine.subscribe(["t"], bench.now)
    bench.lose()
    ends = bench.ends()
    assert set(ends) == {operation, asked}
    assert all(isinstance(end, OperationFailed) and isinstance(end.error, LinkBroken) for end in ends.values())
    assert bench.machine.subscriptions == {}


def test_a_withdrawn_message_is_not_sent() -> None:
    bench = Bench()
    bench.machine.start(bench.now)
    operation = bench.machine.publish("t", b"", bench.now)
    bench.machine.cancel(operation, bench.now)
    assert isinstance(failed(bench, operation), CommandCancelled)
    bench.machine.cancel(operation, bench.now)
    assert bench.told() == []
    bench.stand()
    assert bench.published() == []


def test_an_answer_to_what_was_withdrawn_is_nobodys() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"", bench.now, qos=1)
    publish = bench.only(Publish)
    bench.machine.cancel(operation, bench.now)
    bench.told()
    bench.acknowledge(publish)
    assert bench.told() == []


def test_a_broker_that_hangs_up_again_and_again_costs_no_topic() -> None:
    bench = Bench().start()
    for _ in range(4):
        bench.machine.publish("t", b"", bench.now)
        assert bench.published() == [("t", b"", 0)]
        bench.lose()
        bench.again()


# --- subscribing ----------------------------------------------------------------------------------------------


def test_a_subscription_says_what_was_granted_and_refused() -> None:
    bench = Bench().start()
    operation = bench.machine.subscribe(["a", "b", "c"], bench.now, qos=2)
    asked = bench.only(Subscribe)
    bench.report(SubscribeAnswered(1, asked.id, (2, 0x80, 0)))
    assert bench.told() == [OperationDone(bench.now, operation, Subscribed({"a": 2, "c": 0}, {"b": 0x80}))]
    assert set(bench.machine.subscriptions) == {"a", "c"}


def test_a_wholly_refused_subscription_fails_and_is_not_asked_for_again() -> None:
    bench = Bench().start()
    operation = bench.machine.subscribe(["a", "b"], bench.now)
    bench.answer_filters(0x80, 0x87)
    error = failed(bench, operation)
    assert isinstance(error, CommandRefused)
    assert error.code == 0x80
    assert bench.machine.subscriptions == {}
    bench.answer_filters()
    bench.lose()
    bench.told()
    bench.again()
    assert bench.asked() == []


def test_many_filters_go_in_packets_of_eight_and_end_as_one() -> None:
    bench = Bench().start()
    filters = [f"t/{n}" for n in range(20)]
    operation = bench.machine.subscribe(filters, bench.now)
    first, second, third = (action for action in bench.asked() if isinstance(action, Subscribe))
    assert [len(question.filters) for question in (first, second, third)] == [8, 8, 4]
    bench.report(SubscribeAnswered(1, third.id, (1,) * 4))
    bench.report(SubscribeAnswered(1, first.id, (0,) * 8))
    assert bench.told() == []
    bench.report(SubscribeAnswered(1, second.id, (0x80,) + (1,) * 7))
    (done,) = bench.told()
    assert isinstance(done, OperationDone)
    assert isinstance(done.outcome, Subscribed)
    assert done.id == operation
    assert done.outcome.refused == {"t/8": 0x80}
    assert {one: qos for one, qos in done.outcome.granted.items() if qos == 0} == {f"t/{n}": 0 for n in range(8)}


def test_subscriptions_are_made_again_on_every_link() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a", "b"], bench.now, qos=2)
    bench.answer_filters()
    bench.lose()
    bench.opening()
    bench.report(ConnectSent(2))
    bench.report(LinkOpened(2, session_present=True))
    assert not bench.machine.ready
    assert bench.answer_filters() == [("a", "b")]
    assert bench.machine.ready


def test_a_filter_refused_on_a_later_link_is_told() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a", "b"], bench.now)
    bench.answer_filters()
    bench.lose()
    bench.opening()
    bench.told()
    bench.report(ConnectSent(2))
    bench.report(LinkOpened(2))
    bench.answer_filters(1, 0x87)
    assert bench.one(MqttFilterRefused) == MqttFilterRefused(bench.now, "b", 0x87)
    assert bench.machine.ready


@pytest.mark.parametrize("code", [1, 0x80])
def test_a_subscription_lost_with_its_link_is_answered_by_the_next(code: int) -> None:
    bench = Bench().start()
    operation = bench.machine.subscribe(["a"], bench.now)
    bench.asked()
    bench.lose()
    assert bench.ends() == {}
    assert bench.machine.subscriptions == {}
    bench.opening()
    bench.told()
    bench.report(ConnectSent(2))
    bench.report(LinkOpened(2))
    assert bench.answer_filters(code) == [("a",)]
    end = bench.ends()[operation]
    assert isinstance(end, OperationDone if code == 1 else OperationFailed)
    assert set(bench.machine.subscriptions) == ({"a"} if code == 1 else set())


def test_a_subscription_lost_with_its_link_expires_like_everything() -> None:
    bench = Bench(queue_expiry=50.0).start()
    operation = bench.machine.subscribe(["a"], bench.now)
    bench.asked()
    bench.lose()
    bench.told()
    for _ in range(50):
        bench.alarm()
        if operation in (ends := bench.ends()):
            break
        for action in bench.asked():
            if isinstance(action, OpenLink):
                bench.report(LinkRefused(action.link, "connection refused"))
    end = ends[operation]
    assert isinstance(end, OperationFailed)
    assert isinstance(end.error, CommandExpired)


def test_a_withdrawn_subscription_leaves_no_filter_behind() -> None:
    bench = Bench().start()
    operation = bench.machine.subscribe(["a"], bench.now)
    asked = bench.only(Subscribe)
    bench.machine.cancel(operation, bench.now)
    assert bench.only(Unsubscribe).filters == ("a",)
    bench.report(SubscribeAnswered(1, asked.id, (0x80,)))
    assert not [event for event in bench.told() if isinstance(event, MqttFilterRefused)]


def test_a_withdrawn_subscription_takes_nothing_from_who_asked_for_the_same() -> None:
    bench = Bench().start()
    first = bench.machine.subscribe(["a"], bench.now)
    second = bench.machine.subscribe(["a"], bench.now)
    bench.machine.cancel(first, bench.now)
    assert bench.answer_filters() == [("a",), ("a",)]
    assert isinstance(bench.ends()[second], OperationDone)
    assert bench.machine.subscriptions == {"a": 1}


def test_taking_back_is_done_when_the_broker_says_so() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a", "b"], bench.now)
    bench.answer_filters()
    bench.told()
    operation = bench.machine.unsubscribe(["a"], bench.now)
    assert bench.machine.subscriptions == {"b": 1}
    assert bench.answer_filters() == [("a",)]
    assert bench.told() == [OperationDone(bench.now, operation)]


def test_taking_back_is_done_too_when_the_link_is_lost() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a"], bench.now)
    bench.answer_filters()
    bench.told()
    operation = bench.machine.unsubscribe(["a"], bench.now)
    bench.asked()
    bench.lose()
    assert isinstance(bench.ends()[operation], OperationDone)
    bench.again()
    assert bench.asked() == []


def test_what_two_took_back_is_done_for_both() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["a"], bench.now)
    bench.answer_filters()
    bench.lose()
    bench.told()
    both = [bench.machine.unsubscribe(["a"], bench.now) for _ in range(2)]
    bench.again()
    bench.answer_filters()
    assert set(bench.ends()) == set(both)


# --- what the broker keeps ------------------------------------------------------------------------------------


def test_a_retained_message_is_looked_up_and_the_filter_dropped() -> None:
    bench = Bench().start()
    operation = bench.machine.get_retained("kept", bench.now)
    asked = bench.only(Subscribe)
    assert (asked.filters, asked.qos) == (("kept",), 1)
    assert bench.machine.subscriptions == {}
    bench.report(MessageReceived(1, "kept", b"a live one, not kept", retain=False))
    bench.report(MessageReceived(1, "kept", b"value", retain=True))
    assert bench.ends() == {}
    bench.report(SubscribeAnswered(1, asked.id, (1,)))
    done = bench.ends()[operation]
    assert isinstance(done, OperationDone)
    assert isinstance(done.outcome, Message)
    assert (done.outcome.payload, done.outcome.retained) == (b"value", True)
    assert bench.only(Unsubscribe).filters == ("kept",)


def test_it_may_come_after_the_answer() -> None:
    bench = Bench().start()
    operation = bench.machine.get_retained("kept", bench.now)
    bench.answer_filters()
    bench.report(MessageReceived(1, "kept", b"value", retain=True))
    done = bench.ends()[operation]
    assert isinstance(done, OperationDone)
    assert isinstance(done.outcome, Message)


def test_a_second_of_silence_says_that_nothing_is_kept() -> None:
    bench = Bench().start()
    operation = bench.machine.get_retained("kept", bench.now)
    bench.answer_filters()
    assert bench.alarm() == 1.0
    assert bench.told() == [OperationDone(bench.now, operation, None)]
    assert bench.only(Unsubscribe).filters == ("kept",)


def test_an_existing_subscription_stays_and_keeps_its_qos() -> None:
    bench = Bench().start()
    bench.machine.subscribe(["kept"], bench.now, qos=2)
    bench.answer_filters()
    bench.told()
    bench.machine.get_retained("kept", bench.now)
    asked = bench.only(Subscribe)
    assert asked.qos == 2
    bench.report(MessageReceived(1, "kept", b"value", retain=True))
    bench.report(SubscribeAnswered(1, asked.id, (2,)))
    assert bench.asked() == []
    assert bench.machine.subscriptions == {"kept": 2}


def test_a_subscription_made_during_a_look_up_outlives_it() -> None:
    bench = Bench().start()
    bench.machine.get_retained("kept", bench.now)
    bench.machine.subscribe(["kept"], bench.now, qos=0)
    assert bench.answer_filters() == [("kept",), ("kept",)]
    bench.report(MessageReceived(1, "kept", b"value", retain=True))
    assert len(bench.ends()) == 2
    assert bench.asked() == []
    assert bench.machine.subscriptions == {"kept": 0}


def test_two_look_ups_of_one_topic_both_end() -> None:
    bench = Bench().start()
    both = [bench.machine.get_retained("kept", bench.now) for _ in range(2)]
    bench.answer_filters()
    bench.report(MessageReceived(1, "kept", b"value", retain=True))
    assert set(bench.ends()) == set(both)
    assert bench.machine.subscriptions == {}


def test_a_refused_look_up_is_an_error_and_not_nothing() -> None:
    bench = Bench().start()
    operation = bench.machine.get_retained("kept", bench.now)
    bench.answer_filters(0x80)
    assert isinstance(failed(bench, operation), CommandRefused)


@pytest.mark.parametrize("answered", [False, True])
def test_a_look_up_lost_with_its_link_is_made_again(answered: bool) -> None:
    bench = Bench().start()
    operation = bench.machine.get_retained("kept", bench.now)
    if answered:
        bench.answer_filters()
    bench.lose()
    bench.told()
    bench.again()
    bench.answer_filters()
    bench.report(MessageReceived(2, "kept", b"value", retain=True))
    done = bench.ends()[operation]
    assert isinstance(done, OperationDone)
    assert done.outcome is not None


# --- bad input ------------------------------------------------------------------------------------------------

NO_TOPICS = ["", "a/#", "a/+/b", "nul\0", "\ud800", "x" * 65536]
NO_FILTERS = ["", "a#", "a/#/b", "+a", "nul\0", "\udfff", "x" * 65536]


@pytest.mark.parametrize("topic", [*NO_TOPICS, 7, None, b"bytes"])
def test_what_is_no_topic_is_refused(topic: Any) -> None:
    bench = Bench().start()
    with pytest.raises(UsageError, match="topic"):
        bench.machine.publish(topic, b"", bench.now)
    with pytest.raises(UsageError, match="topic"):
        bench.machine.get_retained(topic, bench.now)
    assert bench.asked() == []


@pytest.mark.parametrize("topic_filter", NO_FILTERS)
def test_what_is_no_filter_is_refused(topic_filter: str) -> None:
    bench = Bench().start()
    with pytest.raises(UsageError, match="filter"):
        bench.machine.subscribe(["good", topic_filter], bench.now)
    assert bench.asked() == []
    assert bench.machine.subscriptions == {}


@pytest.mark.parametrize("qos", [3, -1, True, None, "1", 1.5])
def test_what_is_no_quality_of_service_is_refused(qos: Any) -> None:
    bench = Bench().start()
    with pytest.raises(UsageError, match="QoS"):
        bench.machine.publish("t", b"", bench.now, qos=qos)
    with pytest.raises(UsageError, match="QoS"):
        bench.machine.subscribe(["t"], bench.now, qos=qos)


def test_other_bad_input_is_refused() -> None:
    bench = Bench().start()
    payload: Any = "text"
    with pytest.raises(UsageError, match="payload must be bytes, not str"):
        bench.machine.publish("t", payload, bench.now)
    with pytest.raises(UsageError, match=f"at most {MAX_PAYLOAD}"):
        bench.machine.publish("t", bytes(MAX_PAYLOAD + 1), bench.now)
    with pytest.raises(UsageError, match="not one text"):
        bench.machine.subscribe("t", bench.now)
    with pytest.raises(UsageError, match="no filter"):
        bench.machine.subscribe([], bench.now)
    with pytest.raises(UsageError, match="not subscribed"):
        bench.machine.unsubscribe(["t"], bench.now)
    assert bench.told() == []


def test_reports_of_old_links_change_nothing() -> None:
    bench = Bench().start()
    operation = bench.machine.publish("t", b"", bench.now, qos=1)
    publish = bench.only(Publish)
    bench.lose()
    bench.again()
    bench.told()
    bench.report(PublishAnswered(1, publish.id))
    bench.report(MessageReceived(1, "t", b"old"))
    assert bench.told() == []
    bench.machine.stop(bench.now)
    assert isinstance(failed(bench, operation), CommandCancelled | LinkClosed)
