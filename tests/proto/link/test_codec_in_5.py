"""What the codec hears in MQTT 5: properties, reason codes, and what of them may not be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.link import MqttCodec
from navien_proto.link.events import (
    Acknowledged,
    ConnAck,
    Disconnected,
    MessageIn,
    SubAck,
    UnsubAck,
)
from tests.proto.link.peers import (
    asked,
    fault_of,
    heard,
    open_codec,
    packet,
    properties,
    publish_body,
    text,
)

PUBLISH_PROPERTIES = properties(
    b"\x01\x01",
    b"\x02\x00\x00\x00\x05",
    b"\x03" + text("text"),
    b"\x08" + text("answer/here"),
    b"\x09" + text(b"\xff\x00"),
    b"\x0b\xff\x01",
    b"\x0b\x01",
    b"\x26" + text("k") + text("v"),
    b"\x26" + text("k") + text("w"),
)


def test_properties_of_a_message_are_read() -> None:
    (message,) = open_codec(5).feed(packet(0x30, text("a") + PUBLISH_PROPERTIES + b"payload"))
    assert isinstance(message, MessageIn)
    assert message.payload == b"payload"
    assert message.properties == {
        "payload_format_id": (1,),
        "message_expiry_interval": (5,),
        "content_type": ("text",),
        "response_topic": ("answer/here",),
        "correlation_data": (b"\xff\x00",),
        "subscription_identifier": (255, 1),
        "user_property": (("k", "v"), ("k", "w")),
    }


REASON = b"\x1f" + text("why")


def test_answers_in_mqtt_5() -> None:
    codec = asked(5)
    data = (
        packet(0x90, b"\0\1" + properties(REASON) + b"\1\x87")
        + packet(0xB0, b"\0\2\0\x11")
        + packet(0x40, b"\0\3\x87" + properties(REASON))
        + packet(0x50, b"\0\4\x10")
        + packet(0x70, b"\0\4")
        + packet(0x32, publish_body(5, "a", b"x", 9))
        + packet(0x62, b"\0\x63\0\0")
    )
    assert codec.feed(data) == [
        SubAck(1, (1, 0x87), {"reason_string": ("why",)}),
        UnsubAck(2, (0x11,)),
        Acknowledged(3, 0x87, {"reason_string": ("why",)}),
        Acknowledged(4),
        MessageIn("a", b"x", 1),
    ]
    assert codec.take() == [b"\x62\x04\0\4\0\0", b"\x40\x04\0\x09\0\0", b"\x70\x04\0\x63\x92\0"]


def test_a_refusing_pubrec_ends_the_message() -> None:
    codec = open_codec(5, max_in_flight=1)
    codec.publish("a", b"", 2)
    codec.publish("b", b"", 2)
    codec.take()
    assert codec.feed(packet(0x50, b"\0\1\x87")) == [Acknowledged(1, 0x87)]
    assert len(codec.take()) == 1


def test_the_broker_may_end_an_mqtt_5_connection_with_a_reason() -> None:
    codec = open_codec(5)
    data = packet(0xE0, b"\x8e" + properties(REASON, b"\x1c" + text("other")))
    assert codec.feed(data + packet(0xD0) + b"\0") == [
        Disconnected(0x8E, {"reason_string": ("why",), "server_reference": ("other",)})
    ]
    assert codec.feed(b"\0") == []
    assert open_codec(5).feed(packet(0xE0)) == [Disconnected(0)]
    assert open_codec(5).feed(packet(0xE0, b"\x8b")) == [Disconnected(0x8B)]


def test_connack_of_mqtt_5() -> None:
    codec = MqttCodec(version=5)
    codec.connect("client-0001")
    block = properties(
        b"\x11\0\0\0\x05",
        b"\x12" + text("given"),
        b"\x13\0\x3c",
        b"\x1a" + text("info"),
        b"\x22\0\x05",
        b"\x28\x01",
        b"\x29\x01",
        b"\x2a\x01",
    )
    (connack,) = codec.feed(packet(0x20, b"\0\0" + block))
    assert isinstance(connack, ConnAck)
    assert connack.properties == {
        "session_expiry_interval": (5,),
        "assigned_client_identifier": ("given",),
        "server_keep_alive": (60,),
        "response_info": ("info",),
        "topic_alias_maximum": (5,),
        "wildcard_subscription_available": (1,),
        "sub_id_available": (1,),
        "shared_subscription_available": (1,),
    }


def test_a_broker_without_mqtt_5_refuses_in_the_older_form() -> None:
    codec = MqttCodec(version=5)
    codec.connect("client-0001")
    assert codec.feed(packet(0x20, b"\0\1")) == [ConnAck(1)]


def broken_block(*items: bytes) -> bytes:
    return packet(0x30, text("a") + properties(*items))


FORBIDDEN_5 = {
    "no properties": packet(0x30, text("a")),
    "properties cut short": packet(0x30, text("a") + b"\x05\x01"),
    "length of properties too long": packet(0x30, text("a") + b"\x80\x80\x80\x80\x00"),
    "length of properties not the shortest": packet(0x30, text("a") + b"\x80\x00"),
    "length of properties cut short": packet(0x30, text("a") + b"\x80"),
    "unknown property": broken_block(b"\x7f\x00"),
    "property of CONNACK": broken_block(b"\x13\x00\x05"),
    "property twice": broken_block(b"\x01\x00", b"\x01\x00"),
    "no flag": broken_block(b"\x01\x02"),
    "number cut short": packet(0x30, text("a") + b"\x03\x02\x00\x00" + b"payload"),
    "text beyond the block": packet(0x30, text("a") + b"\x03\x03\x00\x05" + b"abcdef"),
    "half a length of a text": packet(0x30, text("a") + b"\x02\x03\x00" + b"\x00abcdef"),
    "second text beyond the block": packet(0x30, text("a") + b"\x05\x26\x00\x00\x00\x05" + b"abcdef"),
    "bad UTF-8 in a property": broken_block(b"\x03" + text(b"\xff")),
    "NUL in a property": broken_block(b"\x26" + text("a\0") + text("b")),
    "response topic with a wildcard": broken_block(b"\x08" + text("a/#")),
    "no response topic": broken_block(b"\x08" + text("")),
    "subscription id 0": broken_block(b"\x0b\x00"),
    "subscription id not the shortest": broken_block(b"\x0b\x80\x00"),
    "subscription id too long": broken_block(b"\x0b\xff\xff\xff\xff\x01"),
    "subscription id cut short": broken_block(b"\x0b\xff"),
    "a topic alias we did not allow": broken_block(b"\x23\x00\x01"),
    "no topic": packet(0x30, text("") + b"\0"),
    "PUBACK with a code of none": packet(0x40, b"\0\3\x01"),
    "PUBACK with bytes too many": packet(0x40, b"\0\3\0\0\0"),
    "PUBREC with a code of none": packet(0x50, b"\0\4\x92"),
    "PUBREL with a code of none": packet(0x62, b"\0\4\x80"),
    "SUBACK with a code of none": packet(0x90, b"\0\1\0\1\3"),
    "SUBACK with a code too few": packet(0x90, b"\0\1\0\1"),
    "SUBACK without properties": packet(0x90, b"\0\1"),
    "SUBACK without codes": packet(0x90, b"\0\1\0"),
    "UNSUBACK without codes": packet(0xB0, b"\0\2\0"),
    "UNSUBACK with codes too many": packet(0xB0, b"\0\2\0\0\0"),
    "UNSUBACK with a code of none": packet(0xB0, b"\0\2\0\1"),
    "DISCONNECT with the will": packet(0xE0, b"\x04"),
    "DISCONNECT with a code of none": packet(0xE0, b"\x01"),
    "DISCONNECT with bytes too many": packet(0xE0, b"\x80\0\0"),
    "DISCONNECT with session expiry": packet(0xE0, b"\x80" + properties(b"\x11\0\0\0\0")),
    "AUTH": packet(0xF0, b"\0\0"),
    "superfluous byte of length": b"\xd0\x80\x00",
}


@pytest.mark.parametrize("name", FORBIDDEN_5)
def test_what_mqtt_5_forbids_ends_the_connection(name: str) -> None:
    codec = asked(5)
    assert len(fault_of(codec, FORBIDDEN_5[name])) < 120
    assert codec.take() == []


BAD_CONNACKS_5 = {
    "two bytes": packet(0x20, b"\0\0"),
    "bytes too many": packet(0x20, b"\0\0\0\0"),
    "code of none": packet(0x20, b"\0\x01\0"),
    "authentication": packet(0x20, b"\0\0" + properties(b"\x15" + text("x"))),
    "receive maximum 0": packet(0x20, b"\0\0" + properties(b"\x21\0\0")),
    "maximum packet size 0": packet(0x20, b"\0\0" + properties(b"\x27\0\0\0\0")),
    "maximum QoS 2": packet(0x20, b"\0\0" + properties(b"\x24\x02")),
    "a property of a message": packet(0x20, b"\0\0" + properties(b"\x01\x01")),
    "reserved flags": packet(0x20, b"\2\0\0"),
}


@pytest.mark.parametrize("name", BAD_CONNACKS_5)
def test_connect_must_be_answered_by_a_sound_connack_of_mqtt_5(name: str) -> None:
    codec = MqttCodec(version=5)
    codec.connect("client-0001")
    fault_of(codec, BAD_CONNACKS_5[name])


@settings(deadline=None)
@given(size=st.integers(1, len(PUBLISH_PROPERTIES) - 2))
def test_properties_cut_anywhere_inside_one_are_refused(size: int) -> None:
    block = PUBLISH_PROPERTIES[1 : 1 + size]
    events, fault = heard(open_codec(5), [packet(0x30, text("a") + properties(block))])
    whole = {2, 7, 14, 28, 33, 36, 38, 45}
    assert (fault is None) == (size in whole)
    assert len(events) == (size in whole)
