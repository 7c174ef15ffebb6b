"""Wills and retained messages at the simulated broker."""

from __future__ import annotations

import pytest

from navien_proto.mqtt.actions import Will
from navien_proto.sim.broker import RELAXED, Broker, Cause, Delivery, PolicyTable
from tests.support.broker import START, at, ended, enter, texts


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.mark.parametrize("end", ["lost", "kicked", "silent", "limit", "server"])
def test_a_will_is_published_when_the_connection_ends_otherwise(broker: Broker, end: str) -> None:
    client = enter(broker, will=Will("evt/app-connection", b"gone"))
    watcher = enter(broker, "watcher", keep_alive=1200)
    broker.subscribe(watcher, [("evt/#", 1)], START)
    match end:
        case "lost":
            broker.disconnect(client, at(5), orderly=False)
        case "kicked":
            broker.connect("client-0001", at(5))
        case "silent":
            broker.handle_timer(at(90))
        case "limit":
            broker.publish(client, "a" * 600, b"", at(5))
        case _:
            broker.close(client, at(5))
    assert broker.take(watcher) == [Delivery("evt/app-connection", b"gone", qos=1, id=1)]


def test_disconnect_discards_the_will(broker: Broker) -> None:
    client, watcher = enter(broker, will=Will("evt", b"gone")), broker.attach("watcher")
    broker.subscribe(watcher, [("evt", 0)], START)
    broker.disconnect(client, at(1))
    assert ended(client) is Cause.DISCONNECTED
    assert broker.take(watcher) == []


def test_a_will_obeys_limits_and_policy(broker: Broker) -> None:
    assert broker.connect("a", START, will=Will("x/#", b"")).code is None
    assert broker.connect("a", START, will=Will("a/b/c/d/e/f/g/h/i", b"")).code is None
    assert broker.connect("a", START, will=Will("x", b"", qos=2)).code is None
    watcher = broker.attach("watcher")
    broker.subscribe(watcher, [("x", 0)], START)
    table = PolicyTable(publish_denied=("x",))
    broker.disconnect(enter(broker, "b", will=Will("x", b"denied"), policy=table), START, orderly=False)
    table = PolicyTable(retain=())
    broker.disconnect(enter(broker, "c", will=Will("x", b"", retain=True), policy=table), START, orderly=False)
    broker.disconnect(enter(broker, "d", will=Will("x", bytes(200_000))), START, orderly=False)
    assert broker.take(watcher) == []
    broker.disconnect(enter(broker, "e", will=Will("x", b"kept", retain=True)), START, orderly=False)
    broker.unsubscribe(watcher, ["x"], START)
    broker.subscribe(watcher, [("x", 0)], START)
    assert broker.take(watcher) == [Delivery("x", b"kept"), Delivery("x", b"kept", retain=True)]


def test_retained_messages_meet_new_exact_subscriptions(broker: Broker) -> None:
    client, source = enter(broker), broker.attach("source")
    broker.subscribe(client, [("a/b", 0)], START)
    broker.publish(source, "a/b", b"old", START, retain=True)
    broker.publish(source, "a/b", b"new", START, qos=1, retain=True)
    broker.publish(source, "a/b", b"passing", START, qos=1)
    assert broker.take(client) == [Delivery("a/b", payload) for payload in (b"old", b"new", b"passing")]
    broker.subscribe(client, [("a/+", 1), ("#", 1)], START)
    assert broker.take(client) == []
    broker.subscribe(client, [("a/b", 1)], START)
    assert broker.take(client) == [Delivery("a/b", b"new", qos=1, retain=True, id=1)]
    broker.publish(source, "a/b", b"", START, retain=True)
    assert texts(broker.take(client)) == [""]
    broker.subscribe(client, [("a/b", 0)], START)
    assert broker.take(client) == []


def test_a_relaxed_broker_sends_retained_messages_for_wildcards_too() -> None:
    broker = Broker(RELAXED)
    client = enter(broker)
    for topic in ("a", "a/b", "c"):
        broker.publish(client, topic, topic.encode(), START, retain=True)
    broker.subscribe(client, [("a/#", 1)], START)
    assert texts(broker.take(client)) == ["a", "a/b"]
