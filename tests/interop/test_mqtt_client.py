"""The generic client against mosquitto, on asyncio, on trio and in threads; mosquitto finds nothing wrong."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from navien_proto.errors import (
    AuthError,
    CommandRefused,
    LinkBroken,
    LinkClosed,
    UsageError,
)
from navien_proto.mqtt.actions import MAX_PAYLOAD, Scheme, Will
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.client_events import MqttConnected, MqttDisconnected, Subscribed
from navien_proto.mqtt.settings import ConnectionConfig
from navien_sync.stores.registry import DeviceRegistry, Presence
from tests.support.mosquitto import PASSWORD, SCHEMES, USERNAME, Mosquitto, trusting
from tests.support.mqtt_harness import HARNESSES, OpenClient, open_client
from tests.support.ports import closed_port
from tests.support.waiting import PATIENCE, becomes

NAMES = count(1)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One for all tests; each uses topics of its own."""
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(harness: str) -> OpenClient:
    return partial(open_client, harness)


@pytest.fixture
def broker(mosquitto: Mosquitto) -> Iterator[Mosquitto]:
    """The broker, for a test of whose clients it must not complain."""
    before = settled(mosquitto)
    yield mosquitto
    settled(mosquitto)
    # MQTT has said goodbye by then; TLS's own goodbye is not waited for.
    assert [line for line in mosquitto.complaints(before) if "unexpected eof" not in line] == []


def settled(mosquitto: Mosquitto) -> int:
    """Where the log is when everything that happened before stands in it: a client comes and goes last of all."""
    before, last = mosquitto.mark, f"navien-end-{next(NAMES):08x}"
    with open_client("threads") as mqtt:
        mqtt.connect(url(mosquitto, "mqtt"), client_id=last)
    mosquitto.wait_for(f"Client {last} disconnected", since=before)
    return mosquitto.mark


@pytest.fixture
def topic() -> str:
    """A topic that no other test uses."""
    return f"test/{next(NAMES):08x}"


def url(mosquitto: Mosquitto, scheme: Scheme) -> str:
    endpoint = mosquitto.endpoint(scheme)
    return f"{scheme}://{endpoint.host}:{endpoint.port}{endpoint.target}"


def options(mosquitto: Mosquitto, scheme: Scheme) -> dict[str, Any]:
    return {"ssl_context": trusting(mosquitto.authority)} if scheme in ("mqtts", "wss") else {}


def payloads(stream: Any, number: int) -> list[bytes]:
    return [message.payload for message in islice(stream, number)]


# --- a whole life ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_whole_life(broker: Mosquitto, client: OpenClient, topic: str, scheme: Scheme, version: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, scheme), version=version, **options(broker, scheme))
        assert (mine.connected, mine.status().version) == (True, version)
        with mine.messages(f"{topic}/+", qos=2) as messages:
            for qos in (0, 1, 2):
                mine.publish(f"{topic}/{qos}", f"at {qos}", qos=qos)
            came = list(islice(messages, 3))
            assert [(one.topic, one.payload, one.qos) for one in came] == [
                (f"{topic}/{qos}", b"at %d" % qos, qos) for qos in (0, 1, 2)
            ]
            mine.publish_json(f"{topic}/json", {"dhw": 49.5})
            assert payloads(messages, 1) == [b'{"dhw":49.5}']
        assert mine.subscriptions == {}
        status = mine.status()
        assert (status.messages_sent, status.messages_received, status.problem) == (4, 4, None)
        mqtt.disconnect()
        assert mine.closed
        with pytest.raises((LinkClosed, UsageError), match="closed"):
            mine.publish(topic, b"")


# mosquitto's WebSocket takes 4 KB in 100 ms: a megabyte would take longer than an acknowledgement may.
@pytest.mark.parametrize(
    ("scheme", "size"), [("mqtt", 128 << 10), ("wss", 128 << 10), ("mqtt", 1 << 20), ("mqtts", 1 << 20)]
)
def test_large_payloads(broker: Mosquitto, client: OpenClient, topic: str, scheme: Scheme, size: int) -> None:
    payload = bytes(range(256)) * (size // 256)
    with client() as mqtt:
        mine = mqtt.connect(url(broker, scheme), **options(broker, scheme))
        with mine.messages(topic) as messages:
            mine.publish(topic, payload, qos=1)
            assert payloads(messages, 1) == [payload]


def test_a_payload_over_the_limit_is_an_error_and_no_end(
    broker: Mosquitto, client: OpenClient, topic: str
) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        for qos in (0, 1, 2):
            with pytest.raises(UsageError, match=f"at most {MAX_PAYLOAD}"):
                mine.publish(topic, bytes(MAX_PAYLOAD + 1), qos=qos)
        mine.publish(topic, b"still there", qos=1)


def test_what_the_broker_keeps(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        assert mine.retained(topic) is None
        mine.set_retained(topic, "warm")
        kept = mine.retained(topic)
        assert (kept.payload, kept.retained) == (b"warm", True)
        assert mine.subscriptions == {}
        with mine.messages(topic) as messages:
            assert next(messages).retained
            assert mine.retained(topic).payload == b"warm"
            assert list(mine.subscriptions) == [topic]
            mine.delete_retained(topic)
        assert mine.retained(topic) is None


def test_batches_say_what_failed(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        with mine.messages(f"{topic}/#") as messages:
            good = [{"topic": f"{topic}/{n}", "payload": b"%d" % n, "qos": n % 3} for n in range(300)]
            result = mine.publish_batch([*good, {"topic": "bad/#"}, {"topic": topic, "qos": 3}])
            assert (result.published, result.failed) == (300, 2)
            assert [(failure.place, type(failure.error)) for failure in result.failures] == [
                (300, UsageError),
                (301, UsageError),
            ]
            assert sorted(payloads(messages, 300)) == sorted(b"%d" % n for n in range(300))
        with pytest.raises(UsageError, match="must have a topic"):
            mine.publish_batch([{"payload": b""}])


def test_many_filters_topics_and_figures(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        filters = [f"{topic}/{n}" for n in range(20)]
        assert mine.subscribe(*filters) == Subscribed(dict.fromkeys(filters, 1))
        assert mine.subscriptions == dict.fromkeys(filters, 1)
        mine.unsubscribe(*filters[1:])
        assert mine.subscriptions == {filters[0]: 1}
        with mine.messages(filters[0]) as messages:
            mine.publish(filters[0], b"three", qos=1)
            assert payloads(messages, 1) == [b"three"]
            info = mine.topic_info(filters[0])
            assert (info.sent, info.received, info.bytes_sent, info.consumers) == (1, 1, 5, 1)
        assert [info.topic for info in mine.topics(topic)] == [filters[0]]
        statistics = mqtt.statistics()
        assert (statistics.connections, statistics.connected, statistics.topics) == (1, 1, 1)
        assert (statistics.messages_sent_today, statistics.messages_received) == (1, 1)
        health = mqtt.health()
        assert (health.ok, health.connections, health.registry) == (True, {"default": True}, None)


def test_several_connections_by_name(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        one = mqtt.connect(url(broker, "mqtt"), name="one")
        other = mqtt.connect(url(broker, "ws"), name="other")
        with other.messages(topic) as messages:
            one.publish(topic, b"across", qos=1)
            assert payloads(messages, 1) == [b"across"]
        assert [each.name for each in mqtt.connections] == ["one", "other"]
        with pytest.raises(UsageError, match="there is a connection named 'one' already"):
            mqtt.connect(url(broker, "mqtt"), name="one")
        with pytest.raises(UsageError, match="no connection named 'third'; there are: 'one', 'other'"):
            mqtt.connection("third")
        mqtt.disconnect("one")
        assert [each.name for each in mqtt.connections] == ["other"]
        assert mqtt.connection("other").connected


def test_a_slow_consumer_is_told_what_it_missed(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        with mine.messages(topic, size=2) as messages, mine.messages(topic, qos=1) as all_of_them:
            for n in range(5):
                mine.publish(topic, b"%d" % n, qos=1)
            assert payloads(all_of_them, 5) == [b"%d" % n for n in range(5)]
            assert payloads(messages, 2) == [b"3", b"4"]
            assert messages.missed == 3


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_will_is_published_when_a_client_is_gone(
    broker: Mosquitto, client: OpenClient, topic: str, version: str
) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"), name="mine", client_id=f"twin-{topic[5:]}")
        with mine.messages(topic) as messages, client() as other:
            will = Will(topic, b"gone", qos=1, retain=True)
            device = other.connect(
                url(broker, "mqtt"), will=will, client_id=f"device-{topic[5:]}", version=version
            )
            device.publish(topic, b"here", qos=1)
            assert payloads(messages, 1) == [b"here"]
            # Another client with its id: the broker throws the first one out, which is no goodbye.
            mqtt.connect(url(broker, "mqtt"), name="thief", client_id=f"device-{topic[5:]}")
            assert payloads(messages, 1) == [b"gone"]
            mqtt.disconnect("thief")
        assert mine.retained(topic).payload == b"gone"
        mine.delete_retained(topic)


# --- who is let in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_user_name_and_password(broker: Mosquitto, client: OpenClient, version: str) -> None:
    port = broker.endpoint("mqtt", guarded=True).port
    with client() as mqtt:
        mine = mqtt.connect("localhost", port=port, username=USERNAME, password=PASSWORD, version=version)
        assert mine.connected
        for credentials in ({}, {"username": USERNAME, "password": "wrong"}):
            with pytest.raises(AuthError, match="does not let this client in"):
                mqtt.connect("localhost", port=port, name="other", version=version, **credentials)
        assert [each.name for each in mqtt.connections] == ["default"]


def test_client_certificates(mosquitto: Mosquitto, client: OpenClient, topic: str) -> None:
    context = trusting(mosquitto.authority)
    where = f"mqtts://localhost:{mosquitto.personal_port}"
    with client() as mqtt:
        with pytest.raises(LinkBroken):
            mqtt.connect(where, ssl_context=context)
        mosquitto.authority.issue_cert("watcher", common_name="watcher").configure_cert(context)
        mine = mqtt.connect(where, ssl_context=context)
        mine.publish(topic, b"", qos=1)
        with pytest.raises(LinkBroken, match="certificate"):
            mqtt.connect(where, name="stranger", ssl_context=ssl.create_default_context())


def test_nobody_there(client: OpenClient) -> None:
    with closed_port() as port, client() as mqtt:
        with pytest.raises(LinkBroken, match="refused"):
            mqtt.connect("127.0.0.1", port=port)
        assert mqtt.connections == ()


# --- when the broker is in trouble ----------------------------------------------------------------------------


def test_a_restart_in_mid_flow_loses_nothing_acknowledged(tmp_path: Path, client: OpenClient, topic: str) -> None:
    connection = ConnectionConfig(clean_session=False)
    with Mosquitto(tmp_path) as broker, client() as mqtt:
        hears = mqtt.connect(url(broker, "mqtt"), name="hears", client_id="hears", connection=connection)
        tells = mqtt.connect(url(broker, "mqtt"), name="tells", client_id="tells")
        with hears.messages(topic, size=10_000) as messages:
            half = threading.Event()
            acknowledged: list[bytes] = []

            def tell() -> None:
                for n in range(400):
                    tells.publish(topic, b"%d" % n, qos=1)
                    acknowledged.append(b"%d" % n)
                    if n == 100:
                        half.set()

            telling = threading.Thread(target=tell, name="telling")
            telling.start()
            assert half.wait(PATIENCE)
            broker.restart()
            telling.join(2 * PATIENCE)
            assert not telling.is_alive()
            assert len(acknowledged) == 400
            came: set[bytes] = set()
            while len(came) < 400:
                came.add(next(messages).payload)
        assert hears.status().links == tells.status().links == 2
        assert broker.complaints() == []


def test_a_broker_that_stands_still(tmp_path: Path, client: OpenClient, topic: str) -> None:
    """Every wait ends by its time-out, and what was meant is done when the broker goes on."""
    connection = ConnectionConfig(
        puback_timeout=0.5, open_timeout=0.5, connack_timeout=0.5, reconnect=ReconnectPolicy(max_delay=1.0)
    )
    with Mosquitto(tmp_path) as broker, client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"), connection=connection)
        with mine.messages(topic) as messages, mine.events() as events:
            with broker.paused():
                telling = threading.Thread(target=partial(mine.publish, topic, b"late", qos=1), name="telling")
                telling.start()
                lost = next(event for event in events if isinstance(event, MqttDisconnected))
                assert "did not acknowledge a publish in time" in lost.reason
                with pytest.raises(LinkBroken, match="in time"):
                    mqtt.connect(url(broker, "mqtt"), name="other", connection=connection)
            next(event for event in events if isinstance(event, MqttConnected))
            telling.join(PATIENCE)
            assert not telling.is_alive()
            assert payloads(messages, 1) == [b"late"]


# --- users ----------------------------------------------------------------------------------------------------


def test_two_users_never_meet(broker: Mosquitto, client: OpenClient, topic: str, tmp_path: Path) -> None:
    with DeviceRegistry(tmp_path / "registry.db") as registry:
        anna, bert = (client(user, registry=registry, prefix_topics=True) for user in ("anna", "bert"))
        with anna as mine, bert as other:
            here, there = mine.connect(url(broker, "mqtt")), other.connect(url(broker, "mqtt"))
            with here.messages("#") as heard, there.messages("#", topic) as elsewhere:
                here.publish(topic, b"for anna", qos=1, retain=True)
                there.publish(topic, b"for bert", qos=1)
                assert [(one.topic, one.payload) for one in islice(heard, 1)] == [(topic, b"for anna")]
                assert [(one.topic, one.payload) for one in islice(elsewhere, 1)] == [(topic, b"for bert")]
            assert there.retained(topic) is None
            assert here.retained(topic).topic == topic
            here.delete_retained(topic)
            mine.devices.register("tank", "Tank")
            with pytest.raises(UsageError, match="no such device"):
                other.devices.get("tank")
            with pytest.raises(UsageError, match=r"cannot begin with '\$'"):
                there.subscribe("$share/group/#")


@pytest.mark.parametrize("user", ["a/b", "+", "#", "$SYS", "", "../anna", "nul\0"])
def test_a_user_id_that_would_climb_out_is_refused(harness: str, user: str) -> None:
    with pytest.raises(UsageError), open_client(harness, user, prefix_topics=True):
        pass


def test_presence_is_kept_true(broker: Mosquitto, client: OpenClient, topic: str, tmp_path: Path) -> None:
    with DeviceRegistry(tmp_path / "registry.db") as registry, client("anna", registry=registry) as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        mqtt.devices.register("tank-1", "Tank")
        mqtt.devices.register("tank-2", "Other tank")

        def presence(device: str) -> Presence:
            found = mqtt.devices.get(device).presence
            assert isinstance(found, Presence)
            return found

        mqtt.watch_presence("tank-1", f"{topic}/tank-1/presence")
        mine.publish(f"{topic}/tank-1/presence", "online", qos=1)
        becomes(lambda: presence("tank-1") is Presence.ONLINE)
        mine.publish(f"{topic}/tank-1/presence", "nonsense", qos=1)
        mine.publish(f"{topic}/tank-1/presence", "offline", qos=1)
        becomes(lambda: presence("tank-1") is Presence.OFFLINE)
        mqtt.watch_last_seen(f"{topic}/#", silent_after=0.4)
        mine.publish(f"{topic}/tank-2/status", b"{}", qos=1)
        becomes(lambda: mqtt.devices.get("tank-2").last_seen is not None)
        becomes(lambda: presence("tank-2") is Presence.OFFLINE)
        metrics = mqtt.device_metrics("tank-2")
        assert (metrics.messages_sent, metrics.messages_received) == (1, 1)
        with pytest.raises(UsageError, match="no such device"):
            mqtt.watch_presence("nobody", f"{topic}/nobody")
        with pytest.raises(UsageError, match="silent_after"):
            mqtt.watch_last_seen("#", silent_after=0)
        assert mqtt.health().registry is True


# --- bad input ------------------------------------------------------------------------------------------------


def test_bad_input_is_refused_and_nothing_is_sent(broker: Mosquitto, client: OpenClient, topic: str) -> None:
    with client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"))
        for bad in ("", f"{topic}/#", f"{topic}/+/x", "nul\0", "\ud800", "x" * 65536):
            for call in (partial(mine.publish, bad, b""), partial(mine.retained, bad)):
                with pytest.raises(UsageError, match="topic"):
                    call()
        for bad in ("", "a#", "a/#/b", "nul\0", "\udfff", "x" * 65536):
            with pytest.raises(UsageError, match="filter"):
                mine.subscribe(bad)
        for qos in (3, -1):
            with pytest.raises(UsageError, match="QoS"):
                mine.publish(topic, b"", qos=qos)
            with pytest.raises(UsageError, match="QoS"):
                mine.subscribe(topic, qos=qos)
        with pytest.raises(UsageError, match="bytes or text"):
            mine.publish(topic, {"a": 1})
        with pytest.raises(UsageError, match="half a surrogate pair"):
            mine.publish(topic, "\ud800")
        with pytest.raises(UsageError, match="not subscribed"):
            mine.unsubscribe(topic)
        with pytest.raises(UsageError, match="no filter"):
            mine.subscribe()
        assert mine.status().messages_sent == 0


@pytest.mark.parametrize(
    ("where", "settings", "words"),
    [
        ("", {}, "empty"),
        ("http://broker", {}, "http"),
        ("mqtt://user:pass@broker", {}, "username and password by themselves"),
        ("mqtt://broker:0", {}, "port"),
        ("mqtt://broker:99999", {}, "port"),
        ("mqtt://[::1", {}, "cannot be read"),
        ("ws://broker/with space", {}, "target"),
        ("broker", {"version": "4"}, "'3.1.1' or '5'"),
        ("broker", {"window": 0}, "window"),
        ("broker", {"colour": "red"}, "colour"),
        ("broker", {"client_id": ""}, "client id"),
        ("broker", {"client_id": "nul\0"}, "client id holds NUL"),
        ("broker", {"password": "alone"}, "user name"),
        ("broker", {"username": "\ud800"}, "user name"),
        ("broker", {"will": Will("a/#", b"")}, "wildcard"),
        ("broker", {"will": Will("a", b"", qos=3)}, "QoS"),
        ("broker", {"will": "gone"}, "will"),
        ("broker", {"connection": ConnectionConfig(clean_session=False)}, "client_id"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_opened(
    client: OpenClient, where: str, settings: dict[str, Any], words: str
) -> None:
    with client() as mqtt:
        with pytest.raises(UsageError, match=words):
            mqtt.connect(where, **settings)
        assert mqtt.connections == ()


def test_a_refused_message_surfaces(tmp_path: Path, client: OpenClient) -> None:
    """MQTT 3.1.1 has no word for it."""
    access = tmp_path / "access"
    access.write_text("topic readwrite allowed/#\n")
    access.chmod(0o600)
    with Mosquitto(tmp_path, access=access) as broker, client() as mqtt:
        mine = mqtt.connect(url(broker, "mqtt"), version="5")
        with pytest.raises(CommandRefused, match="refused the message with code 0x87"):
            mine.publish("denied", b"", qos=1)
        mine.publish("allowed/x", b"", qos=1)
