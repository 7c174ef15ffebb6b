"""What stands around a client's machine: where messages go, what was counted, batches, prefixes, presence."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from navien_proto.errors import LinkBroken, LinkClosed, NavienError, UsageError
from navien_proto.mqtt.batch import BatchFailure, BatchResult, Outgoing, outgoing, payload_bytes
from navien_proto.mqtt.client import MqttMachine
from navien_proto.mqtt.client_config import broker_config, broker_endpoint
from navien_proto.mqtt.client_events import (
    Message,
    MqttClosed,
    MqttConnected,
    MqttEvent,
    OperationDone,
    OperationId,
    Subscribed,
)
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.mqtt.health import Health, client_statistics, device_metrics
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.mqtt.presence import PresenceWords, Sightings
from navien_proto.mqtt.switchboard import Switchboard
from navien_proto.mqtt.tenancy import Scope
from navien_proto.mqtt.traffic import MOST_TOPICS, Traffic
from tests.support.instants import NOON


def box() -> Mailbox[Message]:
    return Mailbox(lambda: None)


def taken(mailbox: Mailbox[Message]) -> list[str]:
    topics = []
    while isinstance(message := mailbox.take(), Message):
        topics.append(message.topic)
    return topics


# --- the switchboard ------------------------------------------------------------------------------------------


def test_messages_go_to_those_whose_filter_takes_them() -> None:
    board, all_of_it, one, shared = Switchboard(), box(), box(), box()
    board.add(all_of_it, ["a/#"])
    board.add(one, ["a/b", "a/+"])
    board.add(shared, ["$share/group/a/c"])
    for topic in ("a/b", "a/c", "b"):
        board.deliver(Message(NOON, topic, b""))
    assert taken(all_of_it) == ["a/b", "a/c"]
    assert taken(one) == ["a/b", "a/c"]
    assert taken(shared) == ["a/c"]
    assert (board.consumers("a/c"), board.consumers("b")) == (3, 0)
    assert board.wanted("$share/group/a/c")
    board.remove(one)
    board.deliver(Message(NOON, "a/b", b""))
    assert (taken(one), one.closed, board.wanted("a/+")) == ([], True, False)


def test_a_consumer_that_is_gone_needs_no_farewell() -> None:
    board, consumer = Switchboard(), box()
    board.add(consumer, ["a"])
    del consumer
    board.deliver(Message(NOON, "a", b""))
    assert board.consumers("a") == 0


def test_ends_wake_who_waits_and_the_rest_goes_to_watchers() -> None:
    board, woken = Switchboard(), []
    events: Mailbox[MqttEvent] = Mailbox(lambda: None)
    board.watch(events)
    waiter = board.waiters.expect(3, lambda: woken.append(3))
    board.deliver(OperationDone(NOON, OperationId(3)))
    board.deliver(MqttConnected(NOON, 1, False, "5"))
    assert (woken, waiter.outcome().id) == ([3], 3)
    assert events.take() == MqttConnected(NOON, 1, False, "5")


@pytest.mark.parametrize("error", [None, LinkBroken("gone")])
def test_the_end_is_told_to_everybody_and_to_who_comes_late(error: NavienError | None) -> None:
    board, early, late = Switchboard(), box(), box()
    events: Mailbox[MqttEvent] = Mailbox(lambda: None)
    board.add(early, ["a"])
    waiter = board.waiters.expect(1, lambda: None)
    board.deliver(MqttClosed(NOON, error))
    board.close(LinkClosed("a second end changes nothing"))
    board.add(late, ["a"])
    board.watch(events)
    assert [(each.closed, each.error) for each in (early, late, events)] == [(True, error)] * 3
    with pytest.raises(LinkBroken if error else LinkClosed):
        waiter.outcome()


# --- what was counted -----------------------------------------------------------------------------------------


def test_traffic_is_counted_by_topic_and_day() -> None:
    traffic = Traffic()
    traffic.sent("a/1", 5, NOON)
    traffic.sent("a/2", 1, NOON)
    traffic.received("a/1", 7, NOON.after(60.0))
    info = traffic.info("a/1", 2)
    assert (info.sent, info.received, info.bytes_sent, info.bytes_received, info.consumers) == (1, 1, 5, 7, 2)
    assert info.last == NOON.after(60.0)
    assert (traffic.info("never").sent, traffic.info("never").last) == (0, None)
    assert (traffic.topics("a/"), traffic.topics("b"), traffic.sent_today) == (["a/1", "a/2"], [], 2)
    traffic.sent("a/1", 5, NOON.after(86400.0))
    assert traffic.sent_today == 1


def test_endless_topics_take_no_endless_memory() -> None:
    traffic = Traffic()
    for n in range(MOST_TOPICS + 5):
        traffic.received(f"t/{n}", 1, NOON)
    assert len(traffic) == MOST_TOPICS
    assert traffic.info("t/4").received == 0
    assert traffic.info("t/5").received == 1


def test_metrics_of_a_device_are_those_of_topics_with_its_id() -> None:
    traffic = Traffic()
    for topic in ("site/tank/status", "tank", "site/tank-2/status"):
        traffic.received(topic, 10, NOON)
    traffic.sent("site/tank/set", 3, NOON)
    metrics = device_metrics("tank", [traffic.info(topic) for topic in traffic.topics()])
    assert (metrics.messages_received, metrics.messages_sent, metrics.bytes_sent) == (2, 1, 3)
    assert metrics.bytes_received == 20


# --- batches --------------------------------------------------------------------------------------------------


def test_a_batch_is_of_messages_or_mappings() -> None:
    ready = Outgoing("a", b"x", 1, True)
    assert outgoing([ready, {"topic": "b", "payload": "ü", "qos": 2, "retain": 1}, {"topic": "c"}]) == [
        ready,
        Outgoing("b", "ü".encode(), 2, True),
        Outgoing("c", b""),
    ]
    failure = BatchFailure(1, "b", LinkBroken("gone"))
    assert BatchResult(2, (failure,)).failed == 1


@pytest.mark.parametrize(
    ("entry", "words"),
    [({"payload": b""}, "message 1 of the batch must have a topic"), ({"topic": "a", "colour": 1}, "colour")],
)
def test_a_wrong_entry_is_named_by_its_place(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        outgoing([{"topic": "good"}, entry])


def test_payloads_are_bytes_or_text() -> None:
    assert [payload_bytes(one) for one in (b"a", bytearray(b"b"), memoryview(b"c"), "d")] == [
        b"a",
        b"b",
        b"c",
        b"d",
    ]
    for bad in ({"a": 1}, None, 5):
        with pytest.raises(UsageError, match="publish_json"):
            payload_bytes(bad)
    with pytest.raises(UsageError, match="surrogate"):
        payload_bytes("\ud800")


# --- prefixes, presence, endpoints ----------------------------------------------------------------------------


def test_a_prefix_is_put_on_and_taken_off() -> None:
    scope = Scope("anna")
    assert (scope.topic("a"), scope.filter("#"), scope.filter("+/x")) == ("anna/a", "anna/#", "anna/+/x")
    assert scope.message(Message(NOON, "anna/anna/a", b"x", 1, True, True)) == Message(
        NOON, "anna/a", b"x", 1, True, True
    )
    assert Scope().topic("a") == "a"
    with pytest.raises(UsageError, match=r"cannot begin with '\$'"):
        scope.filter("$share/g/#")


@pytest.mark.parametrize("prefix", ["", "a/b", "a/", "+", "#", "$SYS", "nul\0", "\ud800"])
def test_what_is_no_level_is_no_prefix(prefix: str) -> None:
    with pytest.raises(UsageError):
        Scope(prefix)


def test_presence_is_read_from_words() -> None:
    words = PresenceWords.of("up", b"down")
    assert [words.read(said) for said in (b"up", b"down", b"", b"what")] == [True, False, False, None]


def test_sightings_are_told_now_and_then() -> None:
    sightings = Sightings(10.0)
    assert sightings.levels("site/tank//site", NOON) == ["site", "tank"]
    assert sightings.levels("site/other", NOON.after(9.9)) == ["other"]
    assert sightings.levels("site/tank", NOON.after(10.0)) == ["site", "tank"]


@pytest.mark.parametrize(
    ("where", "port", "expected"),
    [
        ("broker.example", None, ("mqtt", "broker.example", 1883, "")),
        ("broker.example:1884", None, ("mqtt", "broker.example", 1884, "")),
        ("mqtts://broker.example", None, ("mqtts", "broker.example", 8883, "")),
        ("mqtt://[::1]", 7, ("mqtt", "::1", 7, "")),
        ("ws://broker.example", None, ("ws", "broker.example", 80, "/mqtt")),
        ("wss://broker.example/path?a=b", None, ("wss", "broker.example", 443, "/path?a=b")),
    ],
)
def test_endpoints(where: str, port: int | None, expected: tuple[str, str, int, str]) -> None:
    endpoint = broker_endpoint(where, port)
    assert (endpoint.scheme, endpoint.host, endpoint.port, endpoint.target) == expected


def test_passwords_are_not_shown() -> None:
    config = broker_config("broker.example", None, {"username": "someone", "password": "not-a-real-password"})
    assert "not-a-real" not in repr(config)
    assert "someone" not in repr(config)


def test_endless_devices_and_routes_take_no_endless_memory() -> None:
    sightings = Sightings(every=10.0)
    for number in range(10_001):
        assert sightings.due(f"device-{number}", NOON)
    assert sightings.due("device-0", NOON), "forgotten, and told again"
    assert not sightings.due("device-10000", NOON)
    board, mailbox = Switchboard(), box()
    board.add(mailbox, ["a/#"])
    for number in range(10_001):
        board.deliver(Message(NOON, f"a/{number}", b"", 0))
    board.deliver(Message(NOON, "b/1", b"", 0))
    assert board.consumers("a/0") == 1
    assert board.consumers("b/1") == 0


def test_a_url_without_a_host_names_no_broker() -> None:
    with pytest.raises(UsageError, match="names no host"):
        broker_endpoint("mqtt://:1883")


@pytest.mark.parametrize(
    ("where", "port", "says"),
    [
        (" ", None, "host is empty"),
        ("http://broker.example", None, "begins with http://"),
        ("mqtt://[::1", None, "cannot be read"),
        ("mqtt://me:canary@broker.example", None, "username and password by themselves"),
        ("mqtt://broker.example:1x", None, "number from 1 to 65535"),
        ("broker.example", 70_000, "port is 70000"),
    ],
)
def test_what_is_no_broker_is_told(where: str, port: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=says) as told:
        broker_endpoint(where, port)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"version": "4"}, "must be '3.1.1' or '5'"),
        ({"connection": ConnectionConfig(clean_session=False)}, "needs a client_id of your own"),
        ({"queue_limit": 0}, "'queue_limit' must be >= 1"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_of_a_connection_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        broker_config("broker.example", None, settings)


def test_what_a_link_is_opened_with() -> None:
    named = broker_config("broker.example", None, {"client_id": "me", "version": "5"}).open_link()
    assert (named.client_id, named.version) == ("me", 5)
    assert broker_config("broker.example", None, {}).open_link().client_id == "navien-mqtt"


def test_without_a_prefix_names_are_the_broker_s() -> None:
    plain, below = Scope(None), Scope("me")
    message = Message(NOON, "me/a", b"", 1)
    assert plain.message(message) is message
    assert below.message(message).topic == "a"
    answer = Subscribed({"me/a": 1}, {"me/b": 0x80})
    assert below.granted(answer) == Subscribed({"a": 1}, {"b": 0x80})


def test_sums_over_connections() -> None:
    machine = MqttMachine(broker_config("broker.example", None, {}), rng=Random(1), new_id=lambda: "1")
    status = machine.status(NOON)
    sums = client_statistics([(status, 2, 3), (status, 4, 5)], (7, 6))
    assert (sums.connections, sums.connected, sums.topics, sums.messages_sent_today) == (2, 0, 6, 8)
    assert Health().ok
    assert not Health(problems={"home": "it is down"}).ok


def test_a_watcher_of_a_connection_that_is_closed_is_told_and_a_gone_one_is_not() -> None:
    board = Switchboard()
    watcher: Mailbox[MqttEvent] = Mailbox(lambda: None)
    board.watch(watcher)
    board.watch(Mailbox(lambda: None))
    board.close(LinkClosed("closed"))
    assert watcher.closed
    assert isinstance(watcher.error, LinkClosed)
