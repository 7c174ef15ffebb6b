"""Events, and requests that pass by."""

from __future__ import annotations

import pytest

from navien_proto.wire.decode import decode
from navien_proto.wire.messages import (
    AppConnectionSeen,
    ConnectionEvent,
    EventMessage,
    RequestSeen,
)
from tests.proto.wire.documents import (
    APP,
    CONNECTION,
    OTA,
    TD,
    TOU,
    example,
    read,
)
from tests.proto.wire.examples import CLIENT, MAC, encode, reply, request


def test_a_request_passing_by_says_what_it_asks() -> None:
    value = request(mode="dhw-temperature", param=[117], paramStr="")
    message = read(RequestSeen, f"cmd/52/navilink-{MAC}/ctrl", value)
    assert (message.command, message.mode, message.param) == (33554464, "dhw-temperature", (117,))
    assert message.suffix == "ctrl"
    assert message.raw == value["request"]
    assert message.problems == ()


def test_the_suffix_tells_what_has_one_code_apart() -> None:
    for suffix in ("ctrl/rsv/rd", "st/energy-usage-monthly-query/rd"):
        assert read(RequestSeen, f"cmd/52/navilink-{MAC}/{suffix}", request(command=16777226)).suffix == suffix
    # Seen in a capture without its topic, the envelope says it.
    assert read(RequestSeen, "", request()).suffix == "ctrl"
    assert read(RequestSeen, "", {"request": {}}).suffix is None


@pytest.mark.parametrize("wrong", [None, 5, ["1"], [1.5], [True], {}])
def test_what_is_odd_about_a_request_is_told(wrong: object) -> None:
    message = read(RequestSeen, "x", request(param=wrong, mode=5))
    assert message.param is None
    assert message.mode is None
    assert [(problem.path, problem.raw, problem.reason) for problem in message.problems] == [
        ("param", wrong, "a list of whole numbers belongs here"),
        ("mode", 5, "text belongs here"),
    ]


@pytest.mark.parametrize(("status", "connected"), [(1, True), (0, False)])
def test_a_device_comes_and_goes(status: int, connected: bool) -> None:
    value = example(12)
    value["event"]["connection"]["status"] = status
    message = read(ConnectionEvent, CONNECTION, value)
    assert message.connected is connected
    assert message.name == "connection"
    assert message.mac == MAC
    assert message.raw == value
    assert message.problems == ()


@pytest.mark.parametrize("event", [None, {}, {"connection": 1}, {"connection": {}}])
def test_an_event_without_a_word_of_it(event: object) -> None:
    message = read(ConnectionEvent, CONNECTION, {"event": event})
    assert message.connected is None
    assert message.problems == ()


@pytest.mark.parametrize("status", [2, -1, "1", True])
def test_an_event_of_unknown_meaning(status: object) -> None:
    message = read(ConnectionEvent, CONNECTION, {"event": {"connection": {"status": status}}})
    assert message.connected is None
    (problem,) = message.problems
    assert (problem.path, problem.raw) == ("event.connection.status", status)
    if type(status) is int:
        assert problem.reason == "a connection is 0 or 1"


def test_an_app_says_that_it_is_there() -> None:
    event = {
        "additionalValue": "1234",
        "deviceType": 52,
        "macAddress": MAC,
        "connection": {"os": "A", "status": 0},
    }
    long = read(AppConnectionSeen, APP, {"clientID": CLIENT, "event": event})
    assert (long.connected, long.os, long.timestamp, long.client_id, long.mac) == (False, "A", None, CLIENT, MAC)
    short = read(AppConnectionSeen, APP, {"clientID": CLIENT, "timestamp": "2026-01-15T12:00:00Z"})
    assert (short.connected, short.os, short.timestamp) == (True, None, "2026-01-15T12:00:00Z")
    assert {long.name, short.name} == {"app-connection"}
    assert short.raw == {"clientID": CLIENT, "timestamp": "2026-01-15T12:00:00Z"}
    nothing = read(AppConnectionSeen, APP, [])
    assert (nothing.connected, nothing.mac) == (None, MAC)


def test_what_is_odd_about_an_app_is_told_by_its_path() -> None:
    connection = {"os": 7, "status": 9}
    message = read(AppConnectionSeen, APP, {"event": {"connection": connection}, "timestamp": 5, "clientID": 1})
    assert [(problem.path, problem.raw, problem.reason) for problem in message.problems] == [
        ("clientID", 1, "text belongs here"),
        ("event.connection.status", 9, "a connection is 0 or 1"),
        ("event.connection.os", 7, "text belongs here"),
        ("timestamp", 5, "text belongs here"),
    ]
    assert (message.connected, message.os, message.timestamp, message.client_id) == (None,) * 4


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("evt/52/mobile/event/disconnect-mqtt", "mobile/event/disconnect-mqtt"),
        (f"evt/52/navilink-{MAC}/other", "other"),
        ("evt/", ""),
    ],
)
@pytest.mark.parametrize("value", [{"a": 1}, [1], None, {"event": {"macAddress": MAC}}])
def test_other_events_are_kept(topic: str, name: str, value: object) -> None:
    message = read(EventMessage, topic, value)
    assert type(message) is EventMessage
    assert (message.name, message.raw) == (name, value)


def test_nothing_shown_identifies_the_owner() -> None:
    values: list[tuple[str, object]] = [
        (APP, {"clientID": CLIENT, "event": {"macAddress": MAC}}),
        (f"evt/52/x/{MAC}", {"macAddress": MAC}),
        ("x", request(controllerSerialNumber="00000000XX00000000", requestTopic=MAC)),
        (OTA, reply({"serial": "00000000XX00000000"})),
        (TD, example(9)),
        (TOU, example(7)),
    ]
    for topic, value in values:
        shown = repr(decode(topic, encode(value)))
        assert MAC not in shown
        assert "00000000XX00000000" not in shown
