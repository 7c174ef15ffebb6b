"""The simulated broker against paho-mqtt, over loopback TCP: another implementation of the client's side."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from navien_proto.instant import Instant
from navien_proto.sim.broker import AWS, Broker, Cause, Client, Delivery, Limits, PolicyTable
from tests.support.broker import ended
from tests.support.tcp_server import BrokerServer
from tests.support.waiting import PATIENCE, becomes

# AWS, but for the second between two CONNECTs of one client id, which a test does not want to wait for.
UNHURRIED = Limits(connect_interval=0.0)


class Watched:
    """A paho client whose callbacks land in queues, so that each can be waited for."""

    def __init__(self, server: BrokerServer, client_id: str, **options: Any) -> None:
        options = {"clean_session": True, "protocol": MQTTProtocolVersion.MQTTv311} | options
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False, **options)
        self.port = server.port
        self.happened: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.paho.on_connect = lambda _c, _u, flags, code, _p: self.happened.put(
            ("connected", (flags.session_present, code.getName()))
        )
        self.paho.on_disconnect = lambda *_: self.happened.put(("gone", None))
        self.paho.on_subscribe = lambda _c, _u, _mid, codes, _p: self.happened.put(
            ("subscribed", [code.value for code in codes])
        )
        self.paho.on_unsubscribe = lambda *_: self.happened.put(("unsubscribed", None))
        self.paho.on_message = lambda _c, _u, message: self.messages.put(message)

    def wait(self, what: str) -> Any:
        """The particulars of the next happening, which must be ``what``."""
        name, particulars = self.happened.get(timeout=PATIENCE)
        assert name == what, (name, particulars)
        return particulars

    def start(self, keep_alive: int = 60) -> tuple[bool, str]:
        self.paho.connect("127.0.0.1", self.port, keepalive=keep_alive)
        self.paho.loop_start()
        answer: tuple[bool, str] = self.wait("connected")
        return answer

    def subscribe(self, *filters: tuple[str, int]) -> list[int]:
        self.paho.subscribe(list(filters))
        codes: list[int] = self.wait("subscribed")
        return codes

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        self.paho.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE)

    def message(self) -> tuple[str, bytes, int, bool]:
        message = self.messages.get(timeout=PATIENCE)
        return message.topic, bytes(message.payload), message.qos, message.retain

    def vanish(self) -> None:
        """Close the stream without DISCONNECT."""
        stream = self.paho.socket()
        assert isinstance(stream, socket.socket)
        stream.shutdown(socket.SHUT_RDWR)
        self.wait("gone")

    def stop(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()
        # paho closes its inner socket pair when it is collected: at once, if no callback leads back to it.
        del self.paho


@contextmanager
def serving(broker: Broker) -> Iterator[tuple[BrokerServer, Callable[..., Watched]]]:
    clients: list[Watched] = []

    def make(client_id: str, **options: Any) -> Watched:
        clients.append(Watched(server, client_id, **options))
        return clients[-1]

    with BrokerServer(broker) as server:
        try:
            yield server, make
        finally:
            for client in clients:
                client.stop()


@pytest.fixture
def served() -> Iterator[tuple[BrokerServer, Callable[..., Watched]]]:
    with serving(Broker(AWS)) as everything:
        yield everything


Served = tuple[BrokerServer, Callable[..., Watched]]


def test_both_qualities_reach_a_wildcard_subscription(served: Served) -> None:
    _, make = served
    client = make("client-0001")
    assert client.start() == (False, "Success")
    assert client.subscribe(("cmd/52/navilink-aabbccddeeff/#", 1), ("cmd/52/client-0001/res/#", 0)) == [1, 0]
    client.publish("cmd/52/navilink-aabbccddeeff/st", b"zero")
    assert client.message() == ("cmd/52/navilink-aabbccddeeff/st", b"zero", 0, False)
    client.publish("cmd/52/navilink-aabbccddeeff/ctrl", b"one", qos=1)
    assert client.message() == ("cmd/52/navilink-aabbccddeeff/ctrl", b"one", 1, False)
    client.publish("cmd/52/client-0001/res/did", b"lowered", qos=1)
    assert client.message() == ("cmd/52/client-0001/res/did", b"lowered", 0, False)
    client.paho.unsubscribe("cmd/52/client-0001/res/#")
    client.wait("unsubscribed")
    client.publish("cmd/52/client-0001/res/did", b"unheard", qos=1)
    client.publish("cmd/52/navilink-aabbccddeeff/st", b"last")
    assert client.message()[1] == b"last"


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16384, 128 * 1024])
def test_payloads_of_every_length_class(served: Served, size: int) -> None:
    _, make = served
    client = make("client-0001")
    client.start()
    client.subscribe(("a", 1))
    payload = bytes(range(256)) * (size // 256 + 1)
    client.publish("a", payload[:size], qos=1)
    assert client.message() == ("a", payload[:size], 1, False)


def test_hundreds_of_acknowledged_messages_both_ways() -> None:
    # Beyond the window of 100 and beyond paho's own of 20; the rate is not the point here.
    limits = Limits(publishes_per_second=None)
    with serving(Broker(limits)) as (_, make):
        client = make("client-0001")
        client.start()
        client.subscribe(("a", 1))
        for number in range(500):
            client.paho.publish("a", b"%d" % number, qos=1)
        assert [client.message()[1] for _ in range(500)] == [b"%d" % number for number in range(500)]


def test_a_will_is_heard_when_the_client_vanishes(served: Served) -> None:
    server, make = served
    watcher = make("watcher")
    watcher.start()
    watcher.subscribe(("evt/#", 1))
    polite, rude = make("polite"), make("rude")
    for client in (polite, rude):
        client.paho.will_set("evt/polite" if client is polite else "evt/rude", b"gone", qos=1)
        client.start()
    polite.paho.disconnect()
    polite.wait("gone")
    becomes(lambda: server.call(lambda broker, _now: broker.find("polite")) is None)
    rude.vanish()
    # The first message is the will of the second: there was no other before it.
    assert watcher.message() == ("evt/rude", b"gone", 1, False)


def test_retained_messages(served: Served) -> None:
    _, make = served
    client = make("client-0001")
    client.start()
    client.publish("a/b", b"kept", qos=1, retain=True)
    client.subscribe(("a/#", 1))
    client.subscribe(("a/b", 1))
    assert client.message() == ("a/b", b"kept", 1, True)
    client.publish("a/b", b"", retain=True)
    assert client.message() == ("a/b", b"", 0, False)


def test_a_lasting_session_gets_what_it_missed() -> None:
    with serving(Broker(UNHURRIED)) as (server, make):
        client = make("client-0001", clean_session=False)
        assert client.start() == (False, "Success")
        client.subscribe(("a", 1))
        client.vanish()
        server.call(publish_missed)
        again = make("client-0001", clean_session=False)
        assert again.start() == (True, "Success")
        assert again.message() == ("a", b"missed", 1, False)


def publish_missed(broker: Broker, now: Instant) -> None:
    broker.publish(broker.attach("source"), "a", b"missed", now, qos=1)


class PingedBroker(Broker):
    """Says when it was pinged."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.pinged = threading.Event()

    def activity(self, client: Client, now: Instant) -> None:
        super().activity(client, now)
        self.pinged.set()


def test_a_silent_client_pings_and_stays() -> None:
    broker = PingedBroker(Limits(keep_alive=(1, 2), keep_alive_grace=60.0))
    with serving(broker) as (server, make):
        client = make("client-0001")
        client.start(keep_alive=1)
        before = server.call(lambda broker, _now: broker.next_timer())
        assert broker.pinged.wait(PATIENCE)
        after = server.call(lambda broker, _now: broker.next_timer())
        assert before is not None
        assert after is not None
        assert after > before
        assert client.paho.is_connected()


def test_refusals_as_another_implementation_sees_them() -> None:
    table = PolicyTable(publish=("cmd/*",), subscribe=("cmd/*",))
    with serving(Broker(AWS, policy=table)) as (server, make):
        client = make("client-0001")
        client.start()
        assert client.subscribe(("cmd/#", 1), ("#", 1)) == [1, 0x80]
        client.paho.publish("evt/denied", b"x")
        client.wait("gone")
        assert server.call(lambda broker, _now: broker.clients()) == ()

        refused = make("$client")
        assert refused.start() == (False, "Client identifier not valid")
        newer = make("client-0005", protocol=MQTTProtocolVersion.MQTTv5, clean_session=None)
        newer.paho.connect("127.0.0.1", server.port)
        newer.paho.loop_start()
        assert newer.happened.get(timeout=PATIENCE)[0] in ("connected", "gone")
        assert not newer.paho.is_connected()


def test_a_second_client_with_the_same_id_takes_the_place() -> None:
    with serving(Broker(UNHURRIED)) as (server, make):
        first, second = make("client-0001"), make("client-0001")
        first.start()
        held = server.call(lambda broker, _now: broker.find("client-0001"))
        assert held is not None
        second.start()
        first.wait("gone")
        assert ended(held) is Cause.TAKEN_OVER
        second.subscribe(("a", 0))
        second.publish("a", b"mine")
        assert second.message()[1] == b"mine"


def test_a_client_id_that_comes_back_too_soon_is_hung_up_on() -> None:
    # AWS's second would be over before a busy machine comes back.
    with serving(Broker(Limits(connect_interval=3600.0))) as (_, make):
        make("client-0001").start()
        second = make("client-0001")
        second.paho.connect("127.0.0.1", second.port)
        second.paho.loop_start()
        second.wait("gone")


def test_the_other_face_of_the_broker_hears_and_answers(served: Served) -> None:
    server, make = served
    client = make("client-0001")
    client.start()
    client.subscribe(("cmd/52/navilink-aabbccddeeff/client-0001/res", 1))

    def attach(broker: Broker, now: Instant) -> Client:
        heater = broker.attach("navilink-aabbccddeeff")
        broker.subscribe(heater, [("cmd/52/navilink-aabbccddeeff/st", 0)], now)
        return heater

    heater = server.call(attach)
    client.publish("cmd/52/navilink-aabbccddeeff/st", b"ask", qos=1)
    heard = server.call(lambda broker, _now: broker.take(heater))
    assert heard == [Delivery("cmd/52/navilink-aabbccddeeff/st", b"ask")]
    topic = "cmd/52/navilink-aabbccddeeff/client-0001/res"
    server.call(lambda broker, now: broker.publish(heater, topic, b"answer", now, qos=1))
    assert client.message() == (topic, b"answer", 1, False)
