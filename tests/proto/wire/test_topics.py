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


MADE: list[tuple[Callable[..., str], tuple[object, ...], str]] = [
    (topics.request_topic, (MAC, "st/did"), f"cmd/52/navilink-{MAC}/st/did"),
    (topics.request_topic, ("AA:BB:CC:DD:EE:FF", "st"), f"cmd/52/navilink-{MAC}/st"),
    (topics.ack_topic, (MAC, CLIENT), f"cmd/52/navilink-{MAC}/{CLIENT}/res"),
    (topics.client_reply_topic, (CLIENT, "rsv/rd"), f"cmd/52/{CLIENT}/res/rsv/rd"),
    (topics.app_reply_topic, (12345, 67890, CLIENT, "td/rd"), f"cmd/52/12345/67890/{CLIENT}/res/td/rd"),
    (topics.app_reply_topic, (0, 0, CLIENT, ""), f"cmd/52/0/0/{CLIENT}/res"),
    (topics.push_topic, (MAC,), f"cmd/52/navilink-{MAC}/res"),
    (topics.device_reply_topic, (MAC, "dl-sw-info"), f"cmd/52/navilink-{MAC}/res/dl-sw-info"),
    (topics.control_failure_topic, (MAC,), f"cmd/52/navilink-{MAC}/ctrl-fail"),
    (topics.event_topic, (MAC, "app-connection"), f"evt/52/navilink-{MAC}/app-connection"),
    (topics.device_filter, (MAC,), f"cmd/52/navilink-{MAC}/#"),
    (topics.event_filter, (MAC,), f"evt/52/navilink-{MAC}/#"),
    (topics.client_filter, (CLIENT,), f"cmd/52/{CLIENT}/res/#"),
    (topics.app_filter, (12345, 67890, CLIENT), f"cmd/52/12345/67890/{CLIENT}/res/#"),
]


@pytest.mark.parametrize(("make", "given_", "text"), MADE)
def test_made(make: Callable[..., str], given_: tuple[object, ...], text: str) -> None:
    assert make(*given_) == text
    # The type of the device is 52 unless it is told.
    assert make(*given_, 50) == text.replace("/52/", "/50/")
    with pytest.raises(UsageError) as caught:
        make(*given_, True)
    assert str(caught.value) == "device_type must be a whole number, 0 or more"


def test_the_app_form_needs_no_suffix() -> None:
    assert topics.app_reply_topic(1, 2, CLIENT) == f"cmd/52/1/2/{CLIENT}/res"


def test_the_longest_topic_keeps_to_the_limits_of_aws() -> None:
    longest = topics.app_reply_topic(10**9, 10**9, "x" * 128, "energy-usage-monthly-query/rd")
    assert longest.count("/") == 7
    assert len(longest) < 256


@pytest.mark.parametrize(
    ("topic", "kind", "parts"),
    [
        (f"cmd/52/navilink-{MAC}/st/did", TopicKind.REQUEST, {"mac": MAC, "suffix": "st/did"}),
        (f"cmd/52/navilink-{MAC.upper()}/ctrl", TopicKind.REQUEST, {"mac": MAC, "suffix": "ctrl"}),
        (f"cmd/52/navilink-{MAC}/{CLIENT}/res", TopicKind.ACK, {"mac": MAC, "client_id": CLIENT}),
        (f"cmd/52/navilink-{MAC}/res", TopicKind.PUSH, {"mac": MAC}),
        (f"cmd/52/navilink-{MAC}/res/dl-sw-info", TopicKind.DEVICE_REPLY, {"mac": MAC, "suffix": "dl-sw-info"}),
        (f"cmd/52/navilink-{MAC}/res/a/b", TopicKind.DEVICE_REPLY, {"mac": MAC, "suffix": "a/b"}),
        (f"cmd/52/navilink-{MAC}/ctrl-fail", TopicKind.CONTROL_FAILURE, {"mac": MAC, "suffix": "ctrl-fail"}),
        (f"evt/52/navilink-{MAC}/connection", TopicKind.EVENT, {"mac": MAC, "suffix": "connection"}),
        (f"cmd/52/{CLIENT}/res/rsv/rd", TopicKind.CLIENT_REPLY, {"client_id": CLIENT, "suffix": "rsv/rd"}),
        (f"cmd/52/1/2/{CLIENT}/res/td/rd", TopicKind.APP_REPLY, {"client_id": CLIENT, "suffix": "td/rd"}),
        (f"cmd/52/1/2/{CLIENT}/res", TopicKind.APP_REPLY, {"client_id": CLIENT}),
    ],
)
def test_read_back(topic: str, kind: TopicKind, parts: dict[str, str]) -> None:
    parsed = parse_topic(topic)
    assert (parsed.kind, parsed.device_type) == (kind, 52)
    assert {"mac": parsed.mac, "client_id": parsed.client_id, "suffix": parsed.suffix} == {
        "mac": None,
        "client_id": None,
        "suffix": "",
    } | parts


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
        "cmd/52/x/2/client/res",
        "cmd/52/1/x/client/res",
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
    makers: list[Callable[[str], str]] = [
        lambda text: topics.request_topic(MAC, text),
        lambda text: topics.device_reply_topic(MAC, text),
        lambda text: topics.client_reply_topic(CLIENT, text),
        lambda text: topics.event_topic(MAC, text),
    ]
    for make in makers:
        with pytest.raises(UsageError) as caught:
            make(suffix)
        assert str(caught.value) == "a topic suffix is levels of printable ASCII characters with / between"


@pytest.mark.parametrize("number", [-1, True, "1", 1.0])
def test_unfit_numbers(number: int) -> None:
    makers: list[tuple[str, Callable[[], str]]] = [
        ("home_seq", lambda: topics.app_filter(number, 1, CLIENT)),
        ("user_seq", lambda: topics.app_filter(1, number, CLIENT)),
        ("device_type", lambda: topics.app_filter(1, 1, CLIENT, number)),
        ("device_type", lambda: topics.client_filter(CLIENT, number)),
        ("device_type", lambda: topics.device_filter(MAC, number)),
    ]
    for name, make in makers:
        with pytest.raises(UsageError) as caught:
            make()
        assert str(caught.value) == f"{name} must be a whole number, 0 or more"


def test_an_unfit_mac() -> None:
    with pytest.raises(UsageError, match="MAC"):
        topics.device_filter("nonsense")


def test_the_mac_is_not_shown() -> None:
    assert MAC not in repr(parse_topic(topics.ack_topic(MAC, f"navilink-{MAC}")))
