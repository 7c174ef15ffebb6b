"""The rules of the simulated broker, one by one: delivery, sessions, take-over, time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Will
from navien_proto.sim.broker import AWS, RELAXED, Broker, Cause, Delivery, PublishResult
from tests.support.broker import DAY, START, at, ended, enter, texts


@pytest.fixture
def broker() -> Broker:
    return Broker()


# Delivery.


def test_a_message_reaches_its_subscribers_and_nobody_else(broker: Broker) -> None:
    heater = broker.attach("navilink-aabbccddeeff")
    watcher, stranger = enter(broker, "watcher"), enter(broker, "stranger")
    assert broker.subscribe(watcher, [("cmd/52/navilink-aabbccddeeff/#", 1)], START) == (1,)
    assert broker.subscribe(stranger, [("cmd/52/navilink-001122334455/#", 1)], START) == (1,)
    topic = "cmd/52/navilink-aabbccddeeff/res"
    assert broker.publish(heater, topic, b"push", START, qos=1) is PublishResult.ACCEPTED
    assert broker.changed() == [watcher]
    assert broker.changed() == []
    assert broker.take(watcher) == [Delivery(topic, b"push", qos=1, id=1)]
    assert broker.take(watcher) == broker.take(stranger) == []


def test_a_client_hears_its_own_messages(broker: Broker) -> None:
    client = enter(broker)
    broker.subscribe(client, [("cmd/#", 0)], START)
    broker.publish(client, "cmd/st", b"request", START)
    assert texts(broker.take(client)) == ["request"]


@pytest.mark.parametrize("published", [0, 1])
@pytest.mark.parametrize("subscribed", [0, 1])
def test_the_lower_qos_wins(broker: Broker, published: int, subscribed: int) -> None:
    client = enter(broker)
    broker.subscribe(client, [("a", subscribed)], START)
    broker.publish(client, "a", b"x", START, qos=published)
    (delivery,) = broker.take(client)
    assert delivery.qos == min(published, subscribed)
    assert bool(delivery.id) == bool(delivery.qos)


def test_overlapping_filters_deliver_once_at_the_highest_qos(broker: Broker) -> None:
    client = enter(broker)
    broker.subscribe(client, [("a/b", 0), ("a/+", 1), ("#", 0), ("+/b", 0)], START)
    broker.publish(client, "a/b", b"x", START, qos=1)
    assert broker.take(client) == [Delivery("a/b", b"x", qos=1, id=1)]


def test_subscribing_again_changes_the_qos_and_counts_once(broker: Broker) -> None:
    client = enter(broker)
    broker.subscribe(client, [("a", 1)], START)
    broker.subscribe(client, [("a", 0)], START)
    assert client.subscriptions == {"a": 0}
    broker.publish(client, "a", b"x", START, qos=1)
    assert [delivery.qos for delivery in broker.take(client)] == [0]


def test_unsubscribing_ends_delivery_at_once(broker: Broker) -> None:
    client = enter(broker)
    broker.subscribe(client, [("a/#", 1), ("a/b", 1)], START)
    assert broker.unsubscribe(client, ["a/#", "never/had"], START)
    broker.publish(client, "a/b", b"one", START)
    broker.publish(client, "a/c", b"two", START)
    assert texts(broker.take(client)) == ["one"]
    broker.unsubscribe(client, ["a/b"], START)
    broker.publish(client, "a/b", b"three", START)
    assert broker.take(client) == []
    assert client.subscriptions == {}


def test_hash_takes_the_parent_by_the_specification_only() -> None:
    for limits, expected in ((AWS, []), (RELAXED, ["x"])):
        broker = Broker(limits)
        client = enter(broker)
        broker.subscribe(client, [("a/#", 0)], START)
        broker.publish(client, "a", b"x", START)
        assert texts(broker.take(client)) == expected


def test_many_topics_do_not_make_the_memory_of_routes_grow_wrong(broker: Broker) -> None:
    client, source = enter(broker), broker.attach("source")
    broker.subscribe(client, [("a/+", 0)], START)
    for number in range(5000):
        broker.publish(source, f"a/{number}", b"", at(number))
        broker.publish(source, f"b/{number}", b"", at(number))
        assert len(broker.take(client)) == 1


# QoS 1 and sessions.


def test_at_most_a_hundred_messages_wait_for_acknowledgement(broker: Broker) -> None:
    client, source = enter(broker, keep_alive=1200), broker.attach("source")
    broker.subscribe(client, [("a", 1)], START)
    for number in range(150):
        broker.publish(source, "a", b"%d" % number, at(number), qos=1)
    sent = broker.take(client)
    assert texts(sent) == [str(number) for number in range(100)]
    broker.acknowledge(client, 12345, at(150))
    assert broker.take(client) == []
    for delivery in sent[:3]:
        broker.acknowledge(client, delivery.id, at(151))
        broker.acknowledge(client, delivery.id, at(151))
    assert texts(broker.take(client)) == ["100", "101", "102"]


def test_packet_ids_go_round_and_pass_over_those_in_use(broker: Broker) -> None:
    client, source = enter(broker, keep_alive=1200), broker.attach("source")
    broker.subscribe(client, [("a", 1)], START)
    broker.publish(source, "a", b"kept", START, qos=1)
    assert [delivery.id for delivery in broker.take(client)] == [1]
    seen = []
    for number in range(65535):
        now = at(number / 50)
        broker.publish(source, "a", b"", now, qos=1)
        (delivery,) = broker.take(client)
        seen.append(delivery.id)
        broker.acknowledge(client, delivery.id, now)
    assert seen == [*range(2, 65536), 2]


def test_a_session_outlives_its_connection_for_an_hour(broker: Broker) -> None:
    client, source = enter(broker, clean_session=False), broker.attach("source")
    broker.subscribe(client, [("one", 1), ("zero", 0)], START)
    broker.publish(source, "one", b"taken", START, qos=1)
    assert texts(broker.take(client)) == ["taken"]
    broker.publish(source, "one", b"on its way", START, qos=1)
    broker.disconnect(client, at(10), orderly=False)
    assert broker.take(client) == []
    broker.publish(source, "one", b"queued", at(20), qos=1)
    broker.publish(source, "one", b"lost: QoS 0", at(20))
    broker.publish(source, "zero", b"lost too", at(20), qos=1)
    assert broker.next_timer() == at(10 + 3600).monotonic

    broker.changed()
    result = broker.connect("client-0001", at(3000), clean_session=False)
    assert result.session_present
    assert result.client is not None
    assert broker.changed() == [result.client]
    assert broker.take(result.client) == [
        Delivery("one", b"taken", qos=1, duplicate=True, id=1),
        Delivery("one", b"on its way", qos=1, id=2),
        Delivery("one", b"queued", qos=1, id=3),
    ]
    broker.acknowledge(result.client, 2, at(3001))
    broker.disconnect(result.client, at(3002))
    again = broker.connect("client-0001", at(3003), clean_session=False).client
    assert again is not None
    assert [(delivery.id, delivery.duplicate) for delivery in broker.take(again)] == [(1, True), (3, True)]
    assert again.subscriptions == {"one": 1, "zero": 0}


def test_a_session_expires(broker: Broker) -> None:
    client = enter(broker, clean_session=False)
    broker.subscribe(client, [("a", 1)], START)
    broker.disconnect(client, START)
    broker.handle_timer(at(3599.9))
    assert broker.next_timer() == at(3600).monotonic
    broker.handle_timer(at(3600))
    assert broker.next_timer() is None
    result = broker.connect("client-0001", at(3600), clean_session=False)
    assert not result.session_present
    assert result.client is not None
    assert result.client.subscriptions == {}


def test_a_clean_session_discards_what_was_kept_and_keeps_nothing(broker: Broker) -> None:
    broker.subscribe(enter(broker, clean_session=False), [("a", 1)], START)
    result = broker.connect("client-0001", at(2), clean_session=True)
    assert result.code == 0
    assert not result.session_present
    assert result.client is not None
    assert result.client.subscriptions == {}
    broker.subscribe(result.client, [("a", 1)], at(2))
    broker.disconnect(result.client, at(3))
    assert not broker.connect("client-0001", at(4), clean_session=False).session_present


# Take-over, early CONNECT, identifiers.


def test_the_same_client_id_kicks_the_older_connection(broker: Broker) -> None:
    first = enter(broker)
    broker.subscribe(first, [("a", 1)], START)
    result = broker.connect("client-0001", at(1))
    second = result.client
    assert second is not None
    assert result.kicked is first
    assert ended(first) is Cause.TAKEN_OVER
    assert broker.changed() == [first]
    assert broker.clients() == (second,)
    assert broker.find("client-0001") is second

    # F04: whatever the dead connection still says changes nothing.
    broker.subscribe(second, [("b", 0)], at(1))
    assert broker.publish(first, "b", b"late", at(2), qos=1) is PublishResult.UNANSWERED
    assert broker.subscribe(first, [("b", 0)], at(2)) is None
    assert not broker.unsubscribe(first, ["b"], at(2))
    broker.acknowledge(first, 1, at(2))
    broker.activity(first, at(80))
    broker.disconnect(first, at(2))
    broker.close(first, at(2))
    assert ended(first) is Cause.TAKEN_OVER
    assert ended(second) is None
    assert second.subscriptions == {"b": 0}
    assert broker.take(first) == broker.take(second) == []
    assert broker.next_timer() == at(1 + 90).monotonic


def test_one_client_id_connects_once_a_second(broker: Broker) -> None:
    first = enter(broker)
    early = broker.connect("client-0001", at(0.999))
    assert early.code is None
    assert early.client is None
    assert "moment ago" in early.reason
    assert ended(first) is None
    assert broker.connect("client-0002", at(0.999)).code == 0
    # The one that came too early does not count.
    assert broker.connect("client-0001", at(1)).kicked is first


@pytest.mark.parametrize("client_id", ["$client", "x" * 129, "é" * 65, "a\0", "\ud800"])
def test_impossible_identifiers_are_refused(broker: Broker, client_id: str) -> None:
    result = broker.connect(client_id, START)
    assert (result.code, result.client) == (2, None)
    assert broker.clients() == ()


def test_an_empty_identifier_is_replaced_for_a_clean_session_only(broker: Broker) -> None:
    assert broker.connect("", START, clean_session=False).code == 2
    enter(broker, "auto-1")
    first, second = enter(broker, ""), enter(broker, "")
    assert len({client.client_id for client in broker.clients()}) == 3
    assert first.client_id != second.client_id


def test_an_internal_client_keeps_out_of_everybodys_way(broker: Broker) -> None:
    heater = broker.attach("client-0001")
    client = enter(broker, "client-0001")
    assert ended(heater) is None
    assert broker.clients() == (client,)
    filters = [(f"{number}", 1) for number in range(60)]
    assert broker.subscribe(heater, filters, START) == (0,) * 60
    for _ in range(500):
        assert broker.publish(heater, "1", bytes(200_000), START, qos=1) is PublishResult.ACCEPTED
    assert len(broker.take(heater)) == 500
    broker.disconnect(heater, START)
    assert broker.take(heater) == []
    assert broker.find("client-0001") is client


def test_a_wrong_internal_client_is_an_error_of_the_simulation(broker: Broker) -> None:
    heater = broker.attach("heater")
    with pytest.raises(UsageError):
        broker.publish(heater, "a/#", b"", START)
    with pytest.raises(UsageError):
        broker.subscribe(heater, [("a#", 0)], START)


# Time.


@pytest.mark.parametrize(
    ("asked", "cut"), [(0, 1800), (1, 45), (29, 45), (30, 45), (60, 90), (1200, 1800), (1201, 1800), (65535, 1800)]
)
def test_keep_alive_is_clamped_and_cut_at_one_and_a_half(broker: Broker, asked: int, cut: int) -> None:
    client = enter(broker, keep_alive=asked)
    assert broker.next_timer() == at(cut).monotonic
    broker.handle_timer(at(cut - 0.001))
    assert ended(client) is None
    broker.handle_timer(at(cut))
    assert ended(client) is Cause.KEEP_ALIVE
    assert broker.changed() == [client]
    assert broker.next_timer() is None


def test_every_packet_is_a_sign_of_life(broker: Broker) -> None:
    client = enter(broker)
    says: list[Callable[[Instant], object]] = [
        lambda now: broker.activity(client, now),
        lambda now: broker.publish(client, "a", b"", now),
        lambda now: broker.publish(client, "a", b"", now, qos=2),
        lambda now: broker.subscribe(client, [("a", 1)], now),
        lambda now: broker.subscribe(client, [("a", 2)], now),
        lambda now: broker.unsubscribe(client, ["a"], now),
        lambda now: broker.acknowledge(client, 1, now),
    ]
    for place, say in enumerate(says, start=1):
        say(at(60 * place))
        assert broker.next_timer() == at(60 * place + 90).monotonic
    assert ended(client) is None


def test_what_the_client_receives_is_no_sign_of_life(broker: Broker) -> None:
    client, source = enter(broker), broker.attach("source")
    broker.subscribe(client, [("a", 0)], START)
    broker.publish(source, "a", b"", at(80))
    broker.handle_timer(at(90))
    assert client.closed is not None


def test_a_connection_lives_a_day(broker: Broker) -> None:
    client = enter(broker, keep_alive=1200, will=Will("gone", b"bye"))
    watcher = broker.attach("watcher")
    broker.subscribe(watcher, [("gone", 0)], START)
    for minute in range(0, 24 * 60, 20):
        broker.activity(client, at(60 * minute))
    assert broker.next_timer() == at(DAY).monotonic
    broker.handle_timer(at(DAY))
    assert ended(client) is Cause.LIFETIME
    assert texts(broker.take(watcher)) == ["bye"]


def test_a_relaxed_broker_honours_what_is_asked_and_forgets_nothing() -> None:
    broker = Broker(RELAXED)
    enter(broker, "silent", keep_alive=0)
    assert broker.next_timer() is None
    hasty = enter(broker, "hasty", keep_alive=2, clean_session=False)
    assert broker.next_timer() == at(3).monotonic
    broker.handle_timer(at(3))
    assert hasty.closed is not None
    assert broker.next_timer() is None
    assert broker.connect("hasty", at(10 * DAY), clean_session=False).session_present
    assert broker.connect("hasty", at(10 * DAY), clean_session=False).code == 0


def test_a_restart_forgets_sessions_that_were_to_last(broker: Broker) -> None:
    client = broker.connect("lasting", START, clean_session=False).client
    assert client is not None
    broker.subscribe(client, [("a/#", 1)], START)
    broker.disconnect(client, START)
    broker.restart(START)
    again = broker.connect("lasting", START, clean_session=False)
    assert not again.session_present
