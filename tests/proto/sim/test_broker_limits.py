"""What the simulated broker does to clients that go too far: limits and policy."""

from __future__ import annotations

import pytest

from navien_proto.sim.broker import Broker, Cause, Client, Limits, PolicyTable, PublishResult
from tests.support.broker import START, at, ended, enter, texts, why


@pytest.fixture
def broker() -> Broker:
    return Broker()


def publish_result(broker: Broker, client: Client, **what: object) -> PublishResult:
    message = {"topic": "a", "payload": b"", "qos": 0, "retain": False} | what
    return broker.publish(client, now=START, **message)  # type: ignore[arg-type]


def test_qos_2_is_never_answered(broker: Broker) -> None:
    client = enter(broker)
    assert broker.subscribe(client, [("a", 0), ("b", 2)], START) is None
    assert client.subscriptions == {}
    broker.subscribe(client, [("a", 1)], START)
    assert publish_result(broker, client, qos=2) is PublishResult.UNANSWERED
    assert broker.take(client) == []
    assert ended(client) is None


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"payload": bytes(128 * 1024 + 1)}, "131073 bytes"),
        ({"topic": "a/b/c/d/e/f/g/h/i"}, "8 slashes"),
        ({"topic": "x" * 513}, "513 bytes"),
        ({"topic": ""}, "empty"),
        ({"topic": "a/#"}, "wildcard"),
    ],
)
def test_publishing_beyond_a_limit_closes(broker: Broker, what: dict[str, object], sentence: str) -> None:
    client = enter(broker)
    assert publish_result(broker, client, **what) is PublishResult.CLOSED
    assert ended(client) is Cause.LIMIT
    assert sentence in why(client)


def test_publishing_up_to_the_limits_is_fine(broker: Broker) -> None:
    client = enter(broker)
    for what in ({"payload": bytes(128 * 1024)}, {"topic": "a/b/c/d/e/f/g/h"}, {"topic": "x" * 512}):
        assert publish_result(broker, client, **what) is PublishResult.ACCEPTED


def test_subscribing_beyond_a_limit_closes() -> None:
    for filters in ([(f"{n}", 1) for n in range(9)], [("a/b/c/d/e/f/g/h/#", 1)], [("x" * 513, 1)], [("a#", 1)]):
        broker = Broker()
        client = enter(broker)
        assert broker.subscribe(client, filters, START) is None
        assert ended(client) is Cause.LIMIT


def test_fifty_subscriptions_and_not_one_more(broker: Broker) -> None:
    client = enter(broker, clean_session=False)
    for first in range(0, 50, 5):
        assert broker.subscribe(client, [(f"{n}", 1) for n in range(first, first + 5)], START) == (1,) * 5
    assert broker.subscribe(client, [("0", 0), ("49", 0)], START) == (0, 0)
    assert len(client.subscriptions) == 50
    assert broker.subscribe(client, [("50", 1)], START) is None
    assert client.closed is not None
    assert "51 subscriptions" in why(client)
    # What was refused did not get into the session that is kept.
    assert len(enter(broker, clean_session=False, now=at(2)).subscriptions) == 50


def test_the_hundred_and_first_publish_of_a_second_is_discarded(broker: Broker) -> None:
    client, watcher = enter(broker), broker.attach("watcher")
    broker.subscribe(watcher, [("a", 0)], START)
    results = [broker.publish(client, "a", b"%d" % number, START, qos=1) for number in range(102)]
    assert results == [PublishResult.ACCEPTED] * 100 + [PublishResult.UNANSWERED] * 2
    assert broker.publish(client, "a", b"", at(0.999)) is PublishResult.UNANSWERED
    assert broker.publish(client, "a", b"next", at(1)) is PublishResult.ACCEPTED
    assert texts(broker.take(watcher)) == [*map(str, range(100)), "next"]


def test_bytes_a_second_are_bounded_as_well(broker: Broker) -> None:
    client = enter(broker)
    results = [broker.publish(client, "a", bytes(128 * 1024), START) for _ in range(5)]
    assert results == [PublishResult.ACCEPTED] * 4 + [PublishResult.UNANSWERED]


def test_a_strict_broker_throws_out_who_publishes_too_fast() -> None:
    broker = Broker(Limits(publishes_per_second=1, close_on_excess_rate=True))
    client = enter(broker)
    assert broker.publish(client, "a", b"", START) is PublishResult.ACCEPTED
    assert broker.publish(client, "a", b"", START) is PublishResult.CLOSED


def test_too_much_for_a_client_is_lost_at_qos_0_and_delayed_at_qos_1() -> None:
    broker = Broker(Limits(publishes_per_second=2))
    client, source = enter(broker), broker.attach("source")
    broker.subscribe(client, [("zero", 0), ("one", 1)], START)
    for number in range(3):
        broker.publish(source, "zero", b"z%d" % number, START)
    for number in range(5):
        broker.publish(source, "one", b"%d" % number, START, qos=1)
    assert texts(broker.take(client)) == ["z0", "z1"]
    for second, expected in ((1, ["0", "1"]), (2, ["2", "3"]), (3, ["4"])):
        assert broker.next_timer() == at(second).monotonic
        broker.handle_timer(at(second))
        assert texts(broker.take(client)) == expected
    assert broker.next_timer() == at(90).monotonic


def test_messages_held_back_survive_the_connection() -> None:
    broker = Broker(Limits(publishes_per_second=1))
    client, source = enter(broker, clean_session=False), broker.attach("source")
    broker.subscribe(client, [("a", 1)], START)
    for number in range(3):
        broker.publish(source, "a", b"%d" % number, START, qos=1)
    broker.disconnect(client, START)
    broker.handle_timer(at(1))
    client = enter(broker, now=at(5), clean_session=False)
    assert [(d.payload, d.duplicate) for d in broker.take(client)] == [(b"0", False), (b"1", False)]
    broker.handle_timer(at(6))
    assert texts(broker.take(client)) == ["2"]


def test_a_denied_publish_closes_and_a_denied_subscription_is_refused() -> None:
    table = PolicyTable(
        connect=("client-*",),
        publish=("cmd/52/navilink-aabbccddeeff/*", "evt/??/x"),
        publish_denied=("*/ctrl",),
        retain=(),
        subscribe=("cmd/52/*/res", "a/#"),
        subscribe_denied=("cmd/52/+/res",),
    )
    broker = Broker(policy=table)
    assert broker.connect("other", START).code is None
    client = enter(broker)
    codes = broker.subscribe(
        client, [("cmd/52/a/res", 1), ("cmd/52/+/res", 1), ("a/b", 0), ("a/#", 0), ("$share/g/a/#", 0)], START
    )
    assert codes == (1, 0x80, 0x80, 0, 0x80)
    assert client.subscriptions == {"cmd/52/a/res": 1, "a/#": 0}
    assert publish_result(broker, client, topic="evt/52/x") is PublishResult.ACCEPTED
    topic = "cmd/52/navilink-aabbccddeeff/st"
    assert publish_result(broker, client, topic=topic) is PublishResult.ACCEPTED
    for what in ({"topic": topic.replace("/st", "/ctrl")}, {"topic": "evt/5/x"}, {"topic": topic, "retain": True}):
        client = enter(Broker(policy=table))
        assert publish_result(broker, client, **what) is PublishResult.CLOSED
        assert ended(client) is Cause.DENIED
        assert "aabbccddeeff" not in why(client)


def test_a_client_may_bring_the_policy_of_its_account(broker: Broker) -> None:
    client = enter(broker, policy=PolicyTable(subscribe=("mine/*",)))
    assert broker.subscribe(client, [("mine/a", 1), ("yours/a", 1)], START) == (1, 0x80)
    assert broker.subscribe(enter(broker, "other"), [("yours/a", 1)], START) == (1,)


def test_limits_make_sense() -> None:
    for wrong in ({"unacknowledged": 0}, {"publishes_per_second": 0}, {"bytes_per_second": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Limits(**wrong)  # type: ignore[arg-type]


def test_a_client_shows_its_id_and_how_it_ended(broker: Broker) -> None:
    client = enter(broker, "navilink-aabbccddeeff")
    assert repr(client) == "<Client navilink-<mac> open>"
    broker.disconnect(client, START)
    assert repr(client) == "<Client navilink-<mac> DISCONNECTED>"
