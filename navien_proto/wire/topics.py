"""Topics of the NaviLink cloud: making them, and reading what arrives (``docs/protocol/mqtt.md`` 5).

A *suffix* is what follows the device in a request's topic (``st/did``). Client ids become topic levels, which
is why they are checked here.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.model.device import mask_mac, normalise_mac
from navien_proto.redact import redact_text

__all__ = [
    "ParsedTopic",
    "TopicKind",
    "ack_topic",
    "app_filter",
    "app_reply_topic",
    "check_client_id",
    "client_filter",
    "client_reply_topic",
    "control_failure_topic",
    "device_filter",
    "device_reply_topic",
    "event_filter",
    "event_topic",
    "mac_in_topic",
    "parse_topic",
    "push_topic",
    "request_topic",
]

NWP500 = 52
"""The device type of the NWP500's Wi-Fi module, first number of its topics."""

_PREFIX = "navilink-"
_DEVICE = re.compile(r"(?:cmd|evt)/[0-9]+/navilink-([0-9a-fA-F]{12})(?:/|\Z)")
_LEVEL = re.compile(r"[!-~]+")
_FORBIDDEN = frozenset("/+#$")
# AWS IoT's own bound on client ids; longest topics then stay within 256 bytes.
_LONGEST_CLIENT_ID = 128


# What is asked for again and again: one client id, and for some devices the topics of some dozen commands.
_kept = lru_cache(maxsize=1024, typed=True)


@_kept
def check_client_id(client_id: str) -> str:
    """``client_id``, fit to be a level of a topic.

    Raises:
        UsageError: it is empty, longer than 128 characters, not printable ASCII, or holds ``/ + # $`` or a space.
    """
    if (
        not _LEVEL.fullmatch(client_id)
        or len(client_id) > _LONGEST_CLIENT_ID
        or not _FORBIDDEN.isdisjoint(client_id)
    ):
        raise UsageError("a client id is 1 to 128 printable ASCII characters without space, / + # and $")
    return client_id


def _check_suffix(suffix: str) -> str:
    levels = suffix.split("/")
    if not all(_LEVEL.fullmatch(level) and _FORBIDDEN.isdisjoint(level) for level in levels):
        raise UsageError("a topic suffix is levels of printable ASCII characters with / between")
    return suffix


def _sequence(number: object, name: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise UsageError(f"{name} must be a whole number, 0 or more")
    return number


def _device(root: str, mac: str, device_type: int) -> str:
    return f"{root}/{_sequence(device_type, 'device_type')}/{_PREFIX}{normalise_mac(mac)}"


@_kept
def request_topic(mac: str, suffix: str, device_type: int = NWP500) -> str:
    """Where a request is published: ``cmd/52/navilink-{mac}/{suffix}``."""
    return f"{_device('cmd', mac, device_type)}/{_check_suffix(suffix)}"


@_kept
def ack_topic(mac: str, client_id: str, device_type: int = NWP500) -> str:
    """The *ack* form of a reply topic, for status, device info and controls."""
    return f"{_device('cmd', mac, device_type)}/{check_client_id(client_id)}/res"


@_kept
def client_reply_topic(client_id: str, suffix: str, device_type: int = NWP500) -> str:
    """The *client* form of a reply topic, for schedules and energy; shared by all devices of a client."""
    number = _sequence(device_type, "device_type")
    return f"cmd/{number}/{check_client_id(client_id)}/res/{_check_suffix(suffix)}"


def app_reply_topic(
    home_seq: int, user_seq: int, client_id: str, suffix: str = "", device_type: int = NWP500
) -> str:
    """The *app* form of a reply topic, for diagnostics and firmware; any two numbers do, 0 included."""
    base = app_filter(home_seq, user_seq, client_id, device_type).removesuffix("/#")
    return f"{base}/{_check_suffix(suffix)}" if suffix else base


def push_topic(mac: str, device_type: int = NWP500) -> str:
    """Where a device publishes its status unasked."""
    return f"{_device('cmd', mac, device_type)}/res"


def device_reply_topic(mac: str, suffix: str, device_type: int = NWP500) -> str:
    """The *device* form of a reply topic, for firmware downloads."""
    return f"{push_topic(mac, device_type)}/{_check_suffix(suffix)}"


def control_failure_topic(mac: str, device_type: int = NWP500) -> str:
    """Where a device says that it refused a control."""
    return f"{_device('cmd', mac, device_type)}/ctrl-fail"


def event_topic(mac: str, name: str, device_type: int = NWP500) -> str:
    """Where an event goes: ``app-connection`` from clients, ``connection`` from the cloud."""
    return f"{_device('evt', mac, device_type)}/{_check_suffix(name)}"


def device_filter(mac: str, device_type: int = NWP500) -> str:
    """All that concerns a device, everyone's requests included."""
    return f"{_device('cmd', mac, device_type)}/#"


def event_filter(mac: str, device_type: int = NWP500) -> str:
    """All events of a device."""
    return f"{_device('evt', mac, device_type)}/#"


def client_filter(client_id: str, device_type: int = NWP500) -> str:
    """All replies of the client form."""
    return f"cmd/{_sequence(device_type, 'device_type')}/{check_client_id(client_id)}/res/#"


def app_filter(home_seq: int, user_seq: int, client_id: str, device_type: int = NWP500) -> str:
    """All replies of the app form."""
    numbers = (
        f"{_sequence(device_type, 'device_type')}/{_sequence(home_seq, 'home_seq')}"
        f"/{_sequence(user_seq, 'user_seq')}"
    )
    return f"cmd/{numbers}/{check_client_id(client_id)}/res/#"


def mac_in_topic(topic: str) -> str | None:
    """The MAC address in a device's topic, lower case; ``None`` when there is none."""
    found = _DEVICE.match(topic)
    return found.group(1).lower() if found else None


class TopicKind(Enum):
    """What a topic is for."""

    REQUEST = "request"
    ACK = "ack"
    PUSH = "push"
    DEVICE_REPLY = "device reply"
    CONTROL_FAILURE = "control failure"
    CLIENT_REPLY = "client reply"
    APP_REPLY = "app reply"
    EVENT = "event"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class ParsedTopic:
    """The parts of a topic. ``suffix`` is what follows the device or ``res``: ``st/did``, ``rsv/rd``, ``""``."""

    kind: TopicKind
    device_type: int | None = None
    mac: str | None = field(default=None, repr=mask_mac)
    client_id: str | None = field(default=None, repr=lambda text: repr(text and redact_text(text)))
    suffix: str = field(default="", repr=redact_text)


_UNKNOWN = ParsedTopic(kind=TopicKind.UNKNOWN)
_NUMBER = re.compile(r"[0-9]{1,9}")


def parse_topic(topic: str) -> ParsedTopic:
    """The parts of ``topic``; of kind `TopicKind.UNKNOWN` when it is none of the protocol's. Never fails."""
    root, *levels = topic.split("/")
    if root not in ("cmd", "evt") or len(levels) < 3 or not _NUMBER.fullmatch(levels[0]):
        return _UNKNOWN
    device_type = int(levels[0])
    mac = mac_in_topic(topic)
    if mac is not None:
        return _parse_device(root, device_type, mac, levels[2:])
    if root == "cmd" and levels[2] == "res" and len(levels) > 3:
        return ParsedTopic(
            kind=TopicKind.CLIENT_REPLY,
            device_type=device_type,
            client_id=levels[1],
            suffix="/".join(levels[3:]),
        )
    if root == "cmd" and levels[4:5] == ["res"] and all(map(_NUMBER.fullmatch, levels[1:3])):
        return ParsedTopic(
            kind=TopicKind.APP_REPLY,
            device_type=device_type,
            client_id=levels[3],
            suffix="/".join(levels[5:]),
        )
    return _UNKNOWN


def _parse_device(root: str, device_type: int, mac: str, rest: list[str]) -> ParsedTopic:
    client_id = None
    suffix = "/".join(rest)
    if root == "evt":
        kind = TopicKind.EVENT
    elif suffix == "ctrl-fail":
        kind = TopicKind.CONTROL_FAILURE
    elif rest[0] == "res":
        kind = TopicKind.DEVICE_REPLY if rest[1:] else TopicKind.PUSH
        suffix = "/".join(rest[1:])
    elif rest[1:] == ["res"]:
        kind, client_id, suffix = TopicKind.ACK, rest[0], ""
    else:
        kind = TopicKind.REQUEST
    return ParsedTopic(kind=kind, device_type=device_type, mac=mac, client_id=client_id, suffix=suffix)
