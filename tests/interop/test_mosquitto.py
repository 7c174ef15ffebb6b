"""The link against mosquitto: a real broker, over TCP and WebSocket, with and without TLS."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from attrs import evolve

from navien_anyio.link import Link
from navien_proto.mqtt.actions import CloseLink, OpenLink, Ping, Publish, Scheme, Subscribe, Will
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from tests.support.mosquitto import PASSWORD, PATIENCE, SCHEMES, USERNAME, Mosquitto, trusting
from tests.support.pump import Pump

KIB_128 = bytes(range(256)) * 512
CLIENTS = count(1)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One for all tests; each uses client ids and topics of its own."""
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture
def broker(mosquitto: Mosquitto) -> Iterator[Mosquitto]:
    """The broker, for a test of whose clients it must not complain."""
    before = settled(mosquitto)
    yield mosquitto
    settled(mosquitto)
    assert mosquitto.complaints(before) == []


def settled(mosquitto: Mosquitto) -> int:
    """Where the log is when everything that happened before stands in it: a client comes and goes last of all."""
    before, last = mosquitto.mark, f"navien-last-{next(CLIENTS):08x}"
    with link(mosquitto, "mqtt", last) as mine:
        mine.close()
    mosquitto.wait_for(f"Client {last} disconnected", since=before)
    return mosquitto.mark


@pytest.fixture
def name() -> str:
    """A client id that nobody else has."""
    return f"navien-client-{next(CLIENTS):08x}"


def link(broker: Mosquitto, scheme: Scheme, client_id: str, **options: Any) -> Pump:
    """A link that stands."""
    pumped = {key: options.pop(key) for key in ("chunk", "piece") if key in options}
    action = OpenLink(1, broker.endpoint(scheme), client_id, **options)
    return Pump(action, trusting(broker.authority), **pumped).opened()


# --- a whole life ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_link_lives_and_says_goodbye(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    with link(broker, scheme, name) as mine:
        assert mine.subscribe(f"{name}/+", f"{name}/deep/#") == (1, 1)
        mine.publish(f"{name}/a", b"at most once", qos=0)
        assert mine.message() == MessageReceived(1, f"{name}/a", b"at most once")
        mine.do(Publish(1, 3, f"{name}/deep/er", b"at least once", qos=1))
        answers = mine.next(2)
        assert PublishAnswered(1, 3) in answers
        assert MessageReceived(1, f"{name}/deep/er", b"at least once", qos=1) in answers
        mine.do(Ping(1))
        mine.until(PongReceived)
        before = broker.mark
        assert mine.close() == LinkLost(1, "closed")
        broker.wait_for(f"Client {name} disconnected.", since=before)


@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
def test_quality_of_service_2_comes_once(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    with link(broker, scheme, name) as mine:
        assert mine.subscribe(f"{name}/#", qos=2) == (2,)
        mine.do(
            Publish(1, 3, f"{name}/x", b"exactly once", qos=2), Publish(1, 4, f"{name}/x", b"and again", qos=2)
        )
        heard = mine.next(4)
        assert [answer for answer in heard if isinstance(answer, PublishAnswered)] == [
            PublishAnswered(1, 3),
            PublishAnswered(1, 4),
        ]
        assert [answer.payload for answer in heard if isinstance(answer, MessageReceived)] == [
            b"exactly once",
            b"and again",
        ]
        mine.close()


@pytest.mark.parametrize("scheme", ["mqtt", "wss"])
def test_mqtt_5_lives_too(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    will = Will(f"{name}/will", b"gone", qos=2)
    with (
        link(broker, scheme, name, version=5, username="größe", password="wörter") as mine,
        link(broker, "mqtt", f"{name}-2", version=5, will=will) as other,
    ):
        assert mine.subscribe(f"{name}/#", qos=2) == (2,)
        for place, payload in enumerate((b"", b"{}", bytes(20_000))):
            mine.do(*(Publish(1, 10 * place + qos, f"{name}/größe", payload, qos) for qos in range(3)))
            heard = mine.next(5)
            assert [r.payload for r in heard if isinstance(r, MessageReceived)] == [payload] * 3
            assert {r.id % 10 for r in heard if isinstance(r, PublishAnswered)} == {1, 2}
        # Nobody hears this one, which only MQTT 5 says: it is no refusal.
        mine.do(Publish(1, 99, "nobody/hears/this", b"", 1))
        answer = mine.until(PublishAnswered)
        assert (answer.id, answer.code) in ((99, 0), (99, 0x10))
        mine.do(Ping(1))
        mine.until(PongReceived)
        other.vanish()
        assert mine.message() == MessageReceived(1, f"{name}/will", b"gone", qos=2)
        assert mine.close() == LinkLost(1, "closed")


def test_mqtt_5_refuses_with_codes_of_its_own(broker: Mosquitto, name: str) -> None:
    with Pump(OpenLink(1, broker.endpoint("mqtt", guarded=True), name, version=5)) as mine:
        last = mine.end()
    assert isinstance(last, LinkRefused)
    assert last.code == 0x87
    assert "not authorised" in last.reason


# --- sizes and cuts -------------------------------------------------------------------------------------------


# One over WebSocket, which mosquitto paces at 4 KB per 100 ms; more below, through the real transport.
@pytest.mark.parametrize(("scheme", "qos"), [("mqtt", 0), ("mqtt", 1), ("mqtts", 1), ("ws", 1)])
def test_128_kib_come_and_go(broker: Mosquitto, scheme: Scheme, qos: int, name: str) -> None:
    with link(broker, scheme, name) as mine:
        mine.subscribe(f"{name}/#")
        mine.do(Publish(1, 3, f"{name}/x", KIB_128, qos))
        assert mine.message().payload == KIB_128
        mine.close()


@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
def test_many_packets_leave_in_one_segment(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    payloads = [b"%d" % number for number in range(60)]
    with link(broker, scheme, name) as mine:
        # One write for the subscription, every publish and a ping.
        mine.do(
            Subscribe(1, 1, (f"{name}/#",)),
            *(Publish(1, 2 + place, f"{name}/x", payload, place % 2) for place, payload in enumerate(payloads)),
            Ping(1),
        )
        # The answer to the subscription, every message, half of them acknowledged, and the pong.
        heard = mine.next(1 + 60 + 30 + 1)
        assert sorted(r.payload for r in heard if isinstance(r, MessageReceived)) == sorted(payloads)
        assert [r.id for r in heard if isinstance(r, PublishAnswered)] == list(range(3, 62, 2))
        assert heard[0] == SubscribeAnswered(1, 1, (1,))
        assert PongReceived(1) in heard
        mine.close()


@pytest.mark.parametrize(("scheme", "piece"), [("mqtt", 1), ("ws", 1), ("mqtt", 700), ("ws", 700)])
def test_one_packet_crosses_in_many_segments(broker: Mosquitto, scheme: Scheme, piece: int, name: str) -> None:
    payload = bytes(range(256)) * 12
    with link(broker, scheme, name, piece=piece) as mine:
        mine.subscribe(f"{name}/#")
        mine.publish(f"{name}/x", payload, qos=0)
        assert mine.message().payload == payload
        mine.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everything_is_read_byte_by_byte(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    with link(broker, scheme, name, chunk=1) as mine:
        mine.subscribe(f"{name}/#")
        mine.publish(f"{name}/x", b"x" * 300, qos=0)
        mine.publish(f"{name}/x", b"y" * 5, qos=0)
        assert [mine.message().payload, mine.message().payload] == [b"x" * 300, b"y" * 5]
        mine.close()


def test_what_is_written_in_any_language_arrives(broker: Mosquitto, name: str) -> None:
    with link(broker, "ws", f"{name}-größe") as mine:
        mine.subscribe(f"{name}/größe/水/+")
        mine.publish(f"{name}/größe/水/🌡", "größer als 水".encode(), qos=0)
        assert mine.message() == MessageReceived(1, f"{name}/größe/水/🌡", "größer als 水".encode())
        mine.close()


# --- who may come in ------------------------------------------------------------------------------------------


def test_the_right_password_is_let_in(broker: Mosquitto, name: str) -> None:
    action = OpenLink(1, broker.endpoint("mqtt", guarded=True), name, username=USERNAME, password=PASSWORD)
    with Pump(action).opened() as mine:
        mine.close()


@pytest.mark.parametrize(("username", "password"), [(None, None), (USERNAME, "wrong"), ("größe", "wörter")])
def test_a_wrong_password_is_refused_with_its_code(
    broker: Mosquitto, name: str, username: str | None, password: str | None
) -> None:
    action = OpenLink(1, broker.endpoint("mqtt", guarded=True), name, username=username, password=password)
    with Pump(action) as mine:
        last = mine.end()
    assert isinstance(last, LinkRefused)
    assert last.code == 5
    assert last.status is None
    assert "not authorised" in last.reason
    assert mine.heard == [ConnectSent(1)]


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
def test_a_broker_of_another_authority_is_not_trusted(mosquitto: Mosquitto, scheme: Scheme, name: str) -> None:
    action = OpenLink(1, mosquitto.endpoint(scheme), name)
    with pytest.raises(ssl.SSLCertVerificationError):
        Pump(action, trusting(trustme.CA()))


@pytest.mark.parametrize(("said", "listener"), [("ws", "mqtt"), ("mqtt", "ws")])
def test_the_wrong_listener_is_a_refusal(mosquitto: Mosquitto, said: Scheme, listener: Scheme, name: str) -> None:
    endpoint = evolve(mosquitto.endpoint(said), port=mosquitto.endpoint(listener).port)
    with Pump(OpenLink(1, endpoint, name)) as mine:
        assert isinstance(mine.end(), LinkRefused)


# --- being two, being gone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
def test_a_second_client_of_the_same_id_throws_out_the_first(broker: Mosquitto, scheme: Scheme, name: str) -> None:
    with link(broker, scheme, name) as first, link(broker, scheme, name) as second:
        last = first.end()
        assert isinstance(last, LinkLost)
        assert last.reason != "closed"
        second.subscribe(f"{name}/#")
        second.close()


def test_a_broker_drops_who_is_silent_and_keeps_who_pings(broker: Mosquitto, name: str) -> None:
    """Keep-alive of a second: the silent one is cut after one and a half, the other one is not."""
    for keep_alive in (1, 5, 20):
        client_id = f"{name}-{keep_alive}"
        with (
            link(broker, "mqtt", client_id, keep_alive=keep_alive) as silent,
            link(broker, "ws", f"{client_id}-2", keep_alive=keep_alive) as alive,
        ):
            before, pinged, longest = broker.mark, time.monotonic(), 0.0
            try:
                while not silent.heard:
                    longest, pinged = max(longest, time.monotonic() - pinged), time.monotonic()
                    alive.do(Ping(1))
                    alive.until(PongReceived)
                    silent.read(0.3)
            except AssertionError:
                if longest > keep_alive:
                    continue  # a busy machine made us the silent one: once more, with more time
                raise
            assert isinstance(silent.heard[-1], LinkLost)
            assert "exceeded timeout" in broker.wait_for(f"Client {client_id} ", since=before)
            alive.do(Ping(1))
            alive.until(PongReceived)
            alive.close()
            return
    raise AssertionError("we never pinged in time")


@pytest.mark.parametrize("scheme", ["mqtt", "wss"])
def test_the_will_is_published_when_the_link_is_cut_and_not_when_it_is_closed(
    broker: Mosquitto, scheme: Scheme, name: str
) -> None:
    will = Will(f"{name}/will", "größe gone".encode())
    with link(broker, "mqtt", name) as heir:
        heir.subscribe(f"{name}/#")
        with link(broker, scheme, f"{name}-1", will=will) as orderly:
            before = broker.mark
            orderly.close()
            broker.wait_for(f"Client {name}-1 disconnected", since=before)
        with link(broker, scheme, f"{name}-2", will=will) as cut:
            cut.do(CloseLink(1, abort=True))
            assert cut.end() == LinkLost(1, "closed")
        # The first message is the will of the second.
        assert heir.message() == MessageReceived(1, f"{name}/will", "größe gone".encode(), qos=1)
        heir.publish(f"{name}/last", b"", qos=0)
        assert heir.message().topic == f"{name}/last"
        heir.close()


def test_a_session_that_is_kept_has_what_came_meanwhile(broker: Mosquitto, name: str) -> None:
    with link(broker, "mqtt", name, clean_session=False) as mine:
        mine.subscribe(f"{name}/#")
        mine.close()
    with link(broker, "ws", f"{name}-2") as other:
        other.publish(f"{name}/x", b"while you were out")
        other.close()
    back = Pump(OpenLink(1, broker.endpoint("ws"), name, clean_session=False))
    with back:
        assert back.until(LinkOpened) == LinkOpened(1, session_present=True)
        assert back.message().payload == b"while you were out"
        back.close()
    with link(broker, "mqtt", name) as forgotten:
        forgotten.close()


# --- the real transport ---------------------------------------------------------------------------------------


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Reports:
    """What a link reports, to be waited for in any order."""

    def __init__(self) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[LinkInput](1000)
        self._heard: list[LinkInput] = []

    def take(self, reports: Iterable[LinkInput]) -> None:
        for report in reports:
            self._send.send_nowait(report)

    async def until(self, *wanted: LinkInput) -> None:
        with anyio.fail_after(PATIENCE):
            for report in wanted:
                while report not in self._heard:
                    self._heard.append(await self._receive.receive())
                self._heard.remove(report)

    def close(self) -> None:
        self._send.close()
        self._receive.close()


@pytest.mark.anyio
async def test_the_asynchronous_link_speaks_with_mosquitto(broker: Mosquitto, name: str) -> None:
    """WebSocket over TLS with a private authority; QoS 0 and 1; 128 KiB each way."""
    reports = Reports()
    action = OpenLink(4, broker.endpoint("wss"), name)
    link = Link(action, reports.take, trusting(broker.authority))
    last: list[LinkInput] = []

    async def run() -> None:
        last.append(await link.run())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await reports.until(LinkOpened(4))
        link.perform(Subscribe(4, 1, (f"{name}/#",)))
        await reports.until(SubscribeAnswered(4, 1, (1,)))
        link.perform(Publish(4, 2, f"{name}/x", b"small", qos=0))
        await reports.until(MessageReceived(4, f"{name}/x", b"small"))
        link.perform(Publish(4, 3, f"{name}/x", KIB_128, qos=1))
        await reports.until(PublishAnswered(4, 3), MessageReceived(4, f"{name}/x", KIB_128, qos=1))
        link.perform(Publish(4, 4, f"{name}/x", KIB_128, qos=0))
        await reports.until(MessageReceived(4, f"{name}/x", KIB_128))
        link.perform(Ping(4))
        await reports.until(PongReceived(4))
        link.close()
    assert last == [LinkLost(4, "closed")]
    reports.close()


@pytest.mark.anyio
async def test_the_asynchronous_link_refuses_another_authority(mosquitto: Mosquitto, name: str) -> None:
    reports = Reports()
    link = Link(OpenLink(4, mosquitto.endpoint("wss"), name), reports.take, trusting(trustme.CA()))
    with anyio.fail_after(PATIENCE):
        last = await link.run()
    assert isinstance(last, LinkRefused)
    assert "certificate of localhost is not trusted" in last.reason
    reports.close()


# --- where there is no mosquitto ------------------------------------------------------------------------------


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_mosquitto_tests_skip_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("shutil.which", lambda *_args, **_kwargs: None)
    with pytest.raises(outcome, match="mosquitto is not installed"):
        Mosquitto(tmp_path)
