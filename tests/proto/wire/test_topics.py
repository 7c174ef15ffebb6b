"""Topics: made, and read back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.wire import topics
from navien_proto.wire.topics import ParsedTopic, TopicKind, mac_in_topic, parse_topic

MAC = "aabbccddeeff"
CLIENT = "client-0001"


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        (topics.request_topic(MAC, "st/did"), f"cmd/52/navilink-{MAC}/st/did"),
        (topics.request_topic("AA:BB:CC:DD:EE:FF", "st", 50), f"cmd/50/navilink-{MAC}/st"),
        (topics.ack_topic(MAC, CLIENT), f"cmd/52/navilink-{MAC}/{CLIENT}/res"),
        (topics.client_reply_topic(CLIENT, "rsv/rd"), f"cmd/52/{CLIENT}/res/rsv/rd"),
        (topics.app_reply_topic(12345, 67890, CLIENT, "td/rd"), f"cmd/52/12345/67890/{CLIENT}/res/td/rd"),
        (topics.app_reply_topic(0, 0, CLIENT), f"cmd/52/0/0/{CLIENT}/res"),
        (topics.push_topic(MAC), f"cmd/52/navilink-{MAC}/res"),
        (topics.device_reply_topic(MAC, "dl-sw-info"), f"cmd/52/navilink-{MAC}/res/dl-sw-info"),
        (topics.control_failure_topic(MAC), f"cmd/52/navilink-{MAC}/ctrl-fail"),
        (topics.event_topic(MAC, "app-connection"), f"evt/52/navilink-{MAC}/app-connection"),
        (topics.device_filter(MAC), f"cmd/52/navilink-{MAC}/#"),
        (topics.event_filter(MAC), f"evt/52/navilink-{MAC}/#"),
        (topics.client_filter(CLIENT), f"cmd/52/{CLIENT}/res/#"),
        (topics.app_filter(12345, 67890, CLIENT), f"cmd/52/12345/67890/{CLIENT}/res/#"),
    ],
)
def test_made(topic: str, text: str) -> None:
    assert topic == text


def test_the_longest_topic_keeps_to_the_limits_of_aws() -> None:
    longest = topics.app_reply_topic(10**9, 10**9, "x" * 128, "energy-usage-monthly-query/rd")
    assert longest.count("/") == 7
    assert len(longest) < 256


@pytest.mark.parametrize(
    ("topic", "parsed"),
    [
        (
            topics.request_topic(MAC, "st/did"),
            ParsedTopic(kind=TopicKind.REQUEST, device_type=52, mac=MAC, suffix="st/did"),
        ),
        (
            topics.ack_topic(MAC, CLIENT),
            ParsedTopic(kind=TopicKind.ACK, device_type=52, mac=MAC, client_id=CLIENT),
        ),
        (topics.push_topic(MAC), ParsedTopic(kind=TopicKind.PUSH, device_type=52, mac=MAC)),
        (
            topics.device_reply_topic(MAC, "dl-sw-info"),
            ParsedTopic(kind=TopicKind.DEVICE_REPLY, device_type=52, mac=MAC, suffix="dl-sw-info"),
        ),
        (
            topics.control_failure_topic(MAC),
            ParsedTopic(kind=TopicKind.CONTROL_FAILURE, device_type=52, mac=MAC, suffix="ctrl-fail"),
        ),
        (
            topics.event_topic(MAC, "connection"),
            ParsedTopic(kind=TopicKind.EVENT, device_type=52, mac=MAC, suffix="connection"),
        ),
        (
            topics.client_reply_topic(CLIENT, "rsv/rd"),
            ParsedTopic(kind=TopicKind.CLIENT_REPLY, device_type=52, client_id=CLIENT, suffix="rsv/rd"),
        ),
        (
            topics.app_reply_topic(1, 2, CLIENT, "did"),
            ParsedTopic(kind=TopicKind.APP_REPLY, device_type=52, client_id=CLIENT, suffix="did"),
        ),
        (
            topics.app_reply_topic(1, 2, CLIENT),
            ParsedTopic(kind=TopicKind.APP_REPLY, device_type=52, client_id=CLIENT),
        ),
        (
            f"cmd/52/navilink-{MAC.upper()}/ctrl",
            ParsedTopic(kind=TopicKind.REQUEST, device_type=52, mac=MAC, suffix="ctrl"),
        ),
    ],
)
def test_read_back(topic: str, parsed: ParsedTopic) -> None:
    assert parse_topic(topic) == parsed


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "cmd",
        "cmd/52",
        "cmd/x/navilink-aabbccddeeff/st",
        "abc/52/navilink-aabbccddeeff/st",
        "evt/+/mobile/event/disconnect-mqtt",
        "cmd/52/navilink-aabbccddeef/st",
        "cmd/52/a/b/client/res",
        "cmd/52/client/res",
        "cmd/9999999999/client/res/x",
        "evt/52/client/res/x",
    ],
)
def test_what_is_no_topic_of_the_protocol(topic: str) -> None:
    assert parse_topic(topic) == ParsedTopic(kind=TopicKind.UNKNOWN)


@given(st.text() | st.from_regex(r"(cmd|evt)/[0-9]{1,3}(/[-a-z0-9]{0,12}){0,6}"))
def test_reading_never_fails(topic: str) -> None:
    parsed = parse_topic(topic)
    assert mac_in_topic(topic) == parsed.mac or parsed.mac is None


CLIENT_IDS = st.from_regex(r"[!-~]{1,128}", fullmatch=True).filter(lambda text: not set(text) & set("/+#$"))


@given(CLIENT_IDS, st.from_regex(r"[0-9a-f]{12}", fullmatch=True))
def test_every_fit_client_id_comes_back(client_id: str, mac: str) -> None:
    assert topics.check_client_id(client_id) == client_id
    parsed = parse_topic(topics.ack_topic(mac, client_id))
    if client_id != "res":  # as a level it would look like the device's own reply
        assert (parsed.kind, parsed.client_id, parsed.mac) == (TopicKind.ACK, client_id, mac)
    app = parse_topic(topics.app_reply_topic(1, 2, client_id))
    assert (app.kind, app.client_id) == (TopicKind.APP_REPLY, client_id)


@pytest.mark.parametrize(
    "client_id", ["", "a/b", "a+", "#", "$aws", "a b", "a\n", "ü", "x" * 129, "\x00", "a\x7f"]
)
def test_unfit_client_ids(client_id: str) -> None:
    makers: list[Callable[[str], str]] = [
        topics.check_client_id,
        topics.client_filter,
        lambda text: topics.ack_topic(MAC, text),
        lambda text: topics.app_filter(1, 2, text),
        lambda text: topics.client_reply_topic(text, "x"),
    ]
    for make in makers:
        with pytest.raises(UsageError, match="client id"):
            make(client_id)


@pytest.mark.parametrize("suffix", ["", "a//b", "/a", "a/", "#", "a/+", "a b"])
def test_unfit_suffixes(suffix: str) -> None:
    with pytest.raises(UsageError, match="suffix"):
        topics.request_topic(MAC, suffix)


@pytest.mark.parametrize("number", [-1, True, "1", 1.0])
def test_unfit_numbers(number: int) -> None:
    with pytest.raises(UsageError, match="home_seq"):
        topics.app_filter(number, 1, CLIENT)
    with pytest.raises(UsageError, match="device_type"):
        topics.device_filter(MAC, number)


def test_an_unfit_mac() -> None:
    with pytest.raises(UsageError, match="MAC"):
        topics.device_filter("nonsense")


def test_the_mac_is_not_shown() -> None:
    assert MAC not in repr(parse_topic(topics.ack_topic(MAC, f"navilink-{MAC}")))
