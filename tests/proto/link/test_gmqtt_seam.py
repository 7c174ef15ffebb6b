"""The names of gmqtt that the link uses, one by one: when one moves, its test says which.

gmqtt's packet layer is not its public interface. ``navien_proto.link.seam`` is the only place to mend.
"""

from __future__ import annotations

import inspect
import logging
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import gmqtt
import gmqtt.mqtt.constants
import gmqtt.mqtt.handler
import gmqtt.mqtt.package
import gmqtt.mqtt.utils
import pytest

from navien_proto.link import seam

Handler = gmqtt.mqtt.handler.MqttPackageHandler
MOVED = "gmqtt's seam moved: mend navien_proto/link/seam.py"


def identity(proto_ver: int = 4) -> Any:
    return SimpleNamespace(
        proto_name=b"MQTT", proto_ver=proto_ver, id_generator=SimpleNamespace(next_id=lambda: 0x1234)
    )


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_release_is_one_that_was_read() -> None:
    assert version("gmqtt").startswith("0.8."), MOVED


def test_message() -> None:
    message = gmqtt.Message(b"a/b", b"payload", qos=1, retain=True)
    assert (message.topic, message.payload, message.qos, message.retain) == (b"a/b", b"payload", 1, True), MOVED
    assert (message.dup, message.properties, message.payload_size) == (False, {}, 7), MOVED


def test_subscription() -> None:
    made = gmqtt.Subscription(b"a/#", qos=1)
    assert (made.topic, made.qos, made.no_local, made.retain_as_published) == (b"a/#", 1, False, False), MOVED
    assert (made.retain_handling_options, made.subscription_identifier) == (0, None), MOVED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBACK", 0x40),
        ("PUBREC", 0x50),
        ("PUBREL", 0x60),
        ("PUBCOMP", 0x70),
        ("PINGREQ", 0xC0),
        ("DISCONNECT", 0xE0),
    ],
)
def test_mqtt_commands(name: str, value: int) -> None:
    assert gmqtt.mqtt.constants.MQTTCommands[name] == value, MOVED


BUILT = {
    "LoginPackageFactor": (
        (b"id", b"user", b"pw", True, 60, identity()),
        {"will_message": gmqtt.Message(b"w", b"gone", qos=1), "maximum_packet_size": 9},
        bytes.fromhex("102100044d51545404ce003c 00026964 000177 0004676f6e65 000475736572 00027077"),
    ),
    "LoginPackageFactor (MQTT 5)": (
        (b"id", None, None, False, 60, identity(5)),
        {"maximum_packet_size": 9, "session_expiry_interval": 3},
        bytes.fromhex("101900044d5154540500003c 0a 2700000009 1100000003 00026964"),
    ),
    "PublishPacket": (
        (gmqtt.Message(b"a", b"hi", qos=1), identity()),
        {},
        (0x1234, bytes.fromhex("3207 000161 1234 6869")),
    ),
    "PublishPacket (QoS 0)": (
        (gmqtt.Message(b"a", b"hi"), identity(5)),
        {},
        (None, bytes.fromhex("3006 000161 00 6869")),
    ),
    "SubscribePacket": (
        ([gmqtt.Subscription(b"a", qos=1), gmqtt.Subscription(b"b", qos=1)], identity()),
        {},
        (0x1234, bytes.fromhex("820a 1234 00016101 00016201")),
    ),
    "UnsubscribePacket": (
        ([b"a", b"\xc3\xbc"], identity()),
        {},
        (0x1234, bytes.fromhex("a209 1234 000161 0002c3bc")),
    ),
    "SimpleCommandPacket": ((0xC0,), {}, b"\xc0\x00"),
    "DisconnectPacket": ((identity(),), {"reason_code": 4}, b"\xe0\x00"),
    "DisconnectPacket (MQTT 5)": ((identity(5),), {"reason_code": 4}, b"\xe0\x02\x04\x00"),
    "CommandWithMidPacket": ((0x40, 0x1234, False), {"reason_code": 0, "proto_ver": 4}, b"\x40\x02\x12\x34"),
    "CommandWithMidPacket (MQTT 5)": (
        (0x62, 0x1234, False),
        {"reason_code": 0x92, "proto_ver": 5},
        b"\x62\x04\x12\x34\x92\x00",
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_builder(name: str) -> None:
    arguments, named, expected = BUILT[name]
    builder = getattr(gmqtt.mqtt.package, name.partition(" ")[0], None)
    assert builder is not None, MOVED
    assert builder.build_package(*arguments, **named) == expected, MOVED


def test_connection_state() -> None:
    assert gmqtt.mqtt.utils.ConnectionState(protocol_version=4).protocol_version == 4, MOVED


def test_handler_construction() -> None:
    wanted = {
        "connack_event",
        "connection_lost_event",
        "connection_state",
        "reconnect_callback",
        "disconnect_callback",
        "resend_qos_callback",
        "clear_qos_callback",
        "connect_properties",
        "subscriptions_getter",
        "remove_message_callback",
        "store_message_callback",
        "send_command_with_mid_callback",
        "logger",
    }
    required = {
        name
        for name, parameter in inspect.signature(Handler.__init__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    }
    assert required <= wanted, MOVED
    assert wanted <= set(parameters(Handler.__init__)), MOVED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_handle_packet", ["self", "cmd", "packet"]),
        ("_parse_properties", ["self", "packet"]),
        ("_send_puback", ["self", "mid", "reason_code"]),
        ("_send_pubrec", ["self", "mid", "reason_code"]),
        ("_send_pubrel", ["self", "mid", "dup", "reason_code"]),
        ("_send_pubcomp", ["self", "mid", "dup", "reason_code"]),
        ("_handle_suback_packet", ["self", "cmd", "raw_packet"]),
        ("_handle_unsuback_packet", ["self", "cmd", "raw_packet"]),
        # Ours take the place of these.
        ("_handle_connack_packet", ["self", "cmd", "packet"]),
        ("_handle_disconnect_packet", ["self", "cmd", "packet"]),
        ("_handle_publish_packet", ["self", "cmd", "raw_packet"]),
        ("_handle_puback_packet", ["self", "cmd", "packet"]),
        ("_handle_pubrec_packet", ["self", "cmd", "packet"]),
        ("_handle_pubrel_packet", ["self", "cmd", "packet"]),
        ("_handle_pubcomp_packet", ["self", "cmd", "packet"]),
        ("_handle_pingresp_packet", ["self", "cmd", "packet"]),
    ],
)
def test_handler_method(name: str, expected: list[str]) -> None:
    method = getattr(Handler, name, None)
    assert method is not None, f"{MOVED}: {name}"
    assert parameters(method) == expected, f"{MOVED}: {name}"


@pytest.mark.parametrize("name", ["on_subscribe", "on_unsubscribe"])
def test_handler_callback(name: str) -> None:
    found = inspect.getattr_static(Handler, name)
    assert isinstance(found, property), MOVED
    assert found.fset is not None, MOVED


def test_every_packet_of_a_server_is_read_by_a_method_of_its_name() -> None:
    commands = gmqtt.mqtt.constants.MQTTCommands
    for name in ("CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK", "PINGRESP"):
        assert hasattr(Handler, f"_handle_{commands[name].name.lower()}_packet"), MOVED


@pytest.mark.parametrize("name", seam.SILENCED)
def test_silenced_loggers_are_the_ones_it_writes_to(name: str) -> None:
    module = __import__(name, fromlist=["logger"])
    assert module.logger is logging.getLogger(name), MOVED
    assert any(isinstance(value, logging.Logger) for value in vars(module).values())


def test_no_other_module_of_the_packet_layer_has_a_logger() -> None:
    source = inspect.getsource(gmqtt.mqtt.property) + inspect.getsource(gmqtt.subscription)
    assert "logg" not in source, MOVED
