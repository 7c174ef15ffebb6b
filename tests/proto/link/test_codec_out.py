"""What the codec sends: read back by the simulated broker's codec, and by hand where that does not go."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.link import MqttCodec
from navien_proto.mqtt.actions import Version, Will
from navien_proto.sim import packets as sim
from tests.proto.link.peers import CONNACK, open_codec, packet, properties, text
from tests.support.packets import FILTERS, PAYLOADS, QOS, TEXTS, TOPICS, WILLS

# Worked examples: docs/protocol/commands.md section 13.
STATUS_TOPIC = "cmd/52/navilink-aabbccddeeff/st"


def test_worked_connect() -> None:
    codec = MqttCodec()
    codec.connect("client-0001")
    assert codec.take() == [bytes.fromhex("10170004 4d515454 04 02 003c 000b 636c69656e742d30303031")]
    assert codec.take() == []


def test_worked_subscribe() -> None:
    codec = open_codec()
    codec.subscribe(["cmd/52/navilink-aabbccddeeff/#", "cmd/52/client-0001/res/#"])
    (sent,) = codec.take()
    assert len(sent) == 64
    assert sent.startswith(bytes.fromhex("823e0001001e636d642f3532"))


def test_worked_publish() -> None:
    codec = open_codec()
    assert codec.publish(STATUS_TOPIC, bytes(286), 1) == 1
    (sent,) = codec.take()
    assert len(sent) == 324
    assert sent[:5] == bytes.fromhex("32c102001f")


@settings(deadline=None)
@given(
    client_id=TEXTS.filter(bool),
    keep_alive=st.integers(0, 65535),
    clean=st.booleans(),
    will=st.none() | WILLS,
    login=st.none() | st.tuples(TEXTS, st.none() | TEXTS),
)
def test_connect(
    client_id: str, keep_alive: int, clean: bool, will: Will | None, login: tuple[str, str | None] | None
) -> None:
    user, password = login or (None, None)
    codec = MqttCodec()
    codec.connect(
        client_id, keep_alive=keep_alive, clean_session=clean, will=will, username=user, password=password
    )
    (sent,) = codec.take()
    assert sim.decode(sent) == sim.Connect(
        client_id=client_id,
        clean_session=clean,
        keep_alive=keep_alive,
        will=will,
        username=user,
        password=None if password is None else password.encode(),
    )


@settings(deadline=None)
@given(filters=st.lists(FILTERS, min_size=1, max_size=9), qos=QOS)
def test_subscribe_and_unsubscribe(filters: list[str], qos: int) -> None:
    codec = open_codec()
    assert (codec.subscribe(filters, qos), codec.unsubscribe(filters)) == (1, 2)
    assert [sim.decode(sent) for sent in codec.take()] == [
        sim.Subscribe(1, tuple((topic_filter, qos) for topic_filter in filters)),
        sim.Unsubscribe(2, tuple(filters)),
    ]


@settings(deadline=None)
@given(topic=TOPICS, payload=PAYLOADS, qos=QOS, retain=st.booleans())
def test_publish(topic: str, payload: bytes, qos: int, retain: bool) -> None:
    codec = open_codec()
    packet_id = codec.publish(topic, payload, qos, retain)
    assert (packet_id is None) == (qos == 0)
    (sent,) = codec.take()
    assert sim.decode(sent) == sim.Publish(
        topic=topic, payload=payload, qos=qos, retain=retain, packet_id=packet_id
    )


def test_ping_and_disconnect() -> None:
    codec = open_codec()
    codec.ping()
    codec.disconnect()
    assert codec.take() == [b"\xc0\x00", b"\xe0\x00"]


def test_mqtt_5_by_hand() -> None:
    codec = MqttCodec(version=5, max_packet_size=1000)
    codec.connect("é", clean_session=False, will=Will("w", b"gone", qos=0), username="ü", password="ß")
    variable = b"\x00\x04MQTT\x05\xc4\x00\x3c" + properties(b"\x27\x00\x00\x03\xe8", b"\x11\xff\xff\xff\xff")
    will = b"\x00" + text("w") + text("gone")
    assert codec.take() == [packet(0x10, variable + text("é") + will + text("ü") + text("ß"))]
    codec.feed(CONNACK[5])
    codec.subscribe(["ä/#"], 2)
    codec.unsubscribe(["ä/#"])
    codec.publish("ö", b"x", 1, True)
    codec.publish("ö", b"x")
    codec.disconnect(4)
    assert codec.take() == [
        packet(0x82, b"\x00\x01\x00" + text("ä/#") + b"\x02"),
        packet(0xA2, b"\x00\x02\x00" + text("ä/#")),
        packet(0x33, text("ö") + b"\x00\x03\x00x"),
        packet(0x30, text("ö") + b"\x00x"),
        packet(0xE0, b"\x04\x00"),
    ]


BAD_CONNECTS: dict[str, dict[str, Any]] = {
    "no client id": {"client_id": ""},
    "NUL": {"client_id": "a\0b"},
    "half a pair": {"client_id": "\ud800"},
    "client id too long": {"client_id": "é" * 32768},
    "keep-alive below 0": {"keep_alive": -1},
    "keep-alive too long": {"keep_alive": 65536},
    "password alone": {"password": "1234"},
    "user name with NUL": {"username": "\0"},
    "password too long": {"username": "u", "password": "x" * 65536},
    "will without topic": {"will": Will("", b"")},
    "will with wildcard": {"will": Will("a/#", b"")},
    "will at QoS 3": {"will": Will("a", b"", qos=3)},
    "will too long": {"will": Will("a", bytes(65536))},
    "will is no bytes": {"will": Will("a", "text")},  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", BAD_CONNECTS)
@pytest.mark.parametrize("version", [4, 5])
def test_connect_refuses(name: str, version: Version) -> None:
    codec = MqttCodec(version=version)
    with pytest.raises(UsageError) as caught:
        codec.connect(**{"client_id": "client-0001"} | BAD_CONNECTS[name])
    assert "1234" not in str(caught.value)
    assert codec.take() == []
    codec.connect("client-0001")


BAD_TOPICS = ["", "a/+", "#", "a\0b", "\ud800", "é" * 32768]
BAD_FILTERS = ["", "a/#/b", "a+", "a\0b", "\udfff", "x" * 65536]


@pytest.mark.parametrize("version", [4, 5])
def test_bad_arguments_send_nothing_and_use_no_id(version: Version) -> None:
    codec = open_codec(version, max_packet_size=200_000)
    for topic in BAD_TOPICS:
        with pytest.raises(UsageError):
            codec.publish(topic, b"")
    for topic_filter in BAD_FILTERS:
        with pytest.raises(UsageError):
            codec.subscribe(["fine", topic_filter])
        with pytest.raises(UsageError):
            codec.unsubscribe([topic_filter])
    for qos in (-1, 3, 4):
        with pytest.raises(UsageError):
            codec.publish("a", b"", qos)
        with pytest.raises(UsageError):
            codec.subscribe(["a"], qos)
    no_filters: tuple[Sequence[str], ...] = ([], (), "a/b")
    for filters in no_filters:
        with pytest.raises(UsageError):
            codec.subscribe(filters)
    with pytest.raises(UsageError, match="bytes, not str"):
        codec.publish("a", "text")  # type: ignore[arg-type]
    for qos in (0, 1, 2):
        with pytest.raises(UsageError, match="too long"):
            codec.publish("a", bytes(200_000), qos)
    with pytest.raises(UsageError, match="too long"):
        codec.subscribe(["x" * 60_000] * 4)
    assert codec.take() == []
    # The ids that were drawn in vain are free again.
    for _ in range(65535):
        codec.unsubscribe(["a"])


def test_only_two_versions_are_spoken() -> None:
    with pytest.raises(UsageError, match="version"):
        MqttCodec(version=3)  # type: ignore[arg-type]


def test_nothing_is_sent_before_connect_after_disconnect_and_after_a_fault() -> None:
    fresh, over, broken = MqttCodec(), open_codec(), open_codec()
    over.disconnect()
    over.take()
    with pytest.raises(Exception, match="type 0"):
        broken.feed(b"\0")
    for codec in (fresh, over, broken):
        for ask in (
            codec.ping,
            lambda codec=codec: codec.publish("a", b""),
            lambda codec=codec: codec.subscribe(["a"]),
            lambda codec=codec: codec.unsubscribe(["a"]),
        ):
            with pytest.raises(UsageError, match="no MQTT connection"):
                ask()
        assert codec.take() == []
    for codec in (fresh, over):
        with pytest.raises(UsageError, match="no MQTT connection"):
            codec.disconnect()
    with pytest.raises(UsageError, match="twice"):
        over.connect("client-0001")


def test_packet_ids_are_never_given_twice_while_in_use() -> None:
    codec = open_codec(max_in_flight=70_000)
    given_ids = [codec.publish("a", b"", 1) for _ in range(1000)]
    assert given_ids == list(range(1, 1001))
    codec.take()
    # All but three are acknowledged; the counter goes round and passes them by.
    for packet_id in range(1, 1001):
        if packet_id not in (5, 6, 700):
            codec.feed(b"\x40\x02" + packet_id.to_bytes(2, "big"))
    seen = []
    for _ in range(65535):
        given_id = codec.publish("a", b"", 1) or 0
        seen.append(given_id)
        codec.feed(b"\x40\x02" + given_id.to_bytes(2, "big"))
        codec.take()
    assert not {5, 6, 700} & set(seen)
    assert set(seen) == set(range(1, 65536)) - {5, 6, 700}


def test_when_no_packet_id_is_left_it_says_so() -> None:
    codec = open_codec()
    for _ in range(65535):
        codec.unsubscribe(["a"])
    with pytest.raises(UsageError, match="no packet id is left"):
        codec.subscribe(["a"])
    assert len(codec.take()) == 65535


def test_publishes_beyond_the_window_are_held_back_in_order() -> None:
    codec = open_codec(max_in_flight=2)
    ids = [codec.publish("a", bytes([count]), 1 + count % 2) for count in range(5)]
    codec.publish("now", b"")
    assert [sim.decode(sent) for sent in codec.take()] == [
        sim.Publish(topic="a", payload=b"\0", qos=1, packet_id=1),
        sim.Publish(topic="a", payload=b"\1", qos=2, packet_id=2),
        sim.Publish(topic="now"),
    ]
    assert ids == [1, 2, 3, 4, 5]
    codec.feed(sim.encode(sim.PubAck(1)))
    assert [sim.decode(sent) for sent in codec.take()] == [
        sim.Publish(topic="a", payload=b"\2", qos=1, packet_id=3)
    ]
    codec.feed(sim.encode(sim.PubRec(2)))
    assert codec.take() == [sim.encode(sim.PubRel(2))]
    codec.feed(sim.encode(sim.PubComp(2)) + sim.encode(sim.PubAck(3)))
    assert [sim.decode(sent) for sent in codec.take()] == [
        sim.Publish(topic="a", payload=b"\3", qos=2, packet_id=4),
        sim.Publish(topic="a", payload=b"\4", qos=1, packet_id=5),
    ]


def test_holding_back_has_an_end() -> None:
    codec = open_codec(max_in_flight=1)
    for _ in range(10_001):
        codec.publish("a", b"", 1)
    with pytest.raises(UsageError, match="held back"):
        codec.publish("a", b"", 1)
    assert len(codec.take()) == 1


def test_the_brokers_limits_hold() -> None:
    codec = MqttCodec(version=5)
    codec.connect("client-0001")
    limits = properties(b"\x21\x00\x02", b"\x27\x00\x00\x00\x14", b"\x24\x01", b"\x25\x00")
    codec.feed(packet(0x20, b"\x00\x00" + limits))
    codec.take()
    with pytest.raises(UsageError, match="1 at most"):
        codec.publish("a", b"", 2)
    with pytest.raises(UsageError, match="retain"):
        codec.publish("a", b"", 1, retain=True)
    with pytest.raises(UsageError, match="20 are allowed"):
        codec.publish("a", bytes(15))
    codec.publish("a", bytes(14))
    for _ in range(3):
        codec.publish("a", b"", 1)
    assert len(codec.take()) == 3


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.DEBUG)
    levels = {name: logging.getLogger(name).level for name in ("gmqtt", "gmqtt.mqtt.package", "gmqtt.mqtt.utils")}
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_nothing_is_logged(everything_logged: pytest.LogCaptureFixture) -> None:
    # What an application may do after the import: it must not open gmqtt's mouth again.
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "loggers": {"gmqtt": {"level": "DEBUG"}, "gmqtt.mqtt.package": {"level": "DEBUG"}},
        }
    )
    codec = open_codec()
    codec.subscribe(["secret/#"])
    codec.unsubscribe(["secret/#"])
    codec.publish("secret/topic", b"secret", 1)
    codec.feed(sim.encode(sim.Publish(topic="secret/topic", payload=b"secret", qos=2, packet_id=1)))
    codec.feed(sim.encode(sim.SubAck(1, (1,))) + sim.encode(sim.UnsubAck(2)) + sim.encode(sim.PubAck(3)))
    with pytest.raises(Exception, match="wildcard"):
        codec.feed(packet(0x30, text("secret/#")))
    assert everything_logged.records == []


def test_events_show_no_secrets() -> None:
    codec = open_codec()
    (message,) = codec.feed(packet(0x30, text("cmd/52/navilink-aabbccddeeff/res") + b"secret"))
    assert "secret" not in repr(message)
    assert "aabbccddeeff" not in repr(message)
