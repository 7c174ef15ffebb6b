"""What messages are known to hold agrees with the decoders, member by member."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.jsontext import dumps
from navien_proto.model.fields import Readings
from navien_proto.wire.decode import decode
from navien_proto.wire.known import UNREAD, known_commands, unknown_command, unknown_members
from navien_proto.wire.messages import DiagnosticsMessage, Message, RequestSeen
from tests.proto.wire.examples import ACK_TOPIC, MAC, encode, reply, request, status
from tests.support.fixture_files import MESSAGES

# Of these no reply depends.
ENVELOPE = {"protocolVersion", "deviceType", "responseTopic"}


def said(message: Message) -> list[object]:
    """Everything a reader gets of a message, but for what is kept as it came."""
    told: list[object] = [type(message)]
    for one in fields(type(message)):
        value = getattr(message, one.name)
        if one.name != "raw":
            told.append((value.to_dict(), value.problems) if isinstance(value, Readings) else value)
    return told


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the plain values stand, the first three of each list; empty things count as plain."""
    below: Any = ()
    if isinstance(value, dict):
        below = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        below = enumerate(value[:3])
    if not below:
        yield place
    for step, member in below:
        yield from leaves(member, (*place, step))


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_known_is_what_is_read(name: str) -> None:
    fixture = MESSAGES[name]
    before = decode(fixture.topic, fixture.data)
    for place in leaves(fixture.payload):
        changed = copy.deepcopy(fixture.payload)
        holder = reduce(lambda value, step: value[step], place[:-1], changed)
        if isinstance(holder[place[-1]], dict):
            continue  # a group without counters
        # Neither a number nor text, and no list of numbers.
        holder[place[-1]] = [{"odd": True}]
        after = decode(fixture.topic, dumps(changed))
        names = [step for step in place if isinstance(step, str)]
        unread = UNREAD if isinstance(before, RequestSeen) else ENVELOPE
        assert (said(after) == said(before)) is (not unread.isdisjoint(names)), place


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_unknown_changes_nothing_but_what_is_kept(name: str) -> None:
    fixture = MESSAGES[name]
    before = decode(fixture.topic, fixture.data)
    assert unknown_members(fixture.data, before) == ()
    changed = {**fixture.payload, "brandNew": 5}
    after = decode(fixture.topic, dumps(changed))
    assert said(after) == said(before)
    assert unknown_members(dumps(changed), after) == (("brandNew", 5),)


def of(topic: str, value: Any) -> list[str]:
    """Paths of the unknown members of a message."""
    data = encode(value)
    return [path for path, _ in unknown_members(data, decode(topic, data))]


class TestPaths:
    def test_members_are_named_from_the_top(self) -> None:
        message = status(newThing=5)
        message["response"]["other"] = {"below": 1}
        assert of(ACK_TOPIC, message) == ["response.status.newThing", "response.other"]

    def test_items_of_lists_are_numbered(self) -> None:
        usage = [{"year": 2026, "month": 1, "data": [{"hpUsage": 1}, {"hpUsage": 1, "epUsage": 2}], "extra": 0}]
        found = of(ACK_TOPIC, reply({"typeOfUsage": 1, "usage": usage}))
        assert found == ["response.usage[0].data[1].epUsage", "response.usage[0].extra"]

    def test_a_request_beside_a_response_is_looked_at_by_nobody(self) -> None:
        assert of(ACK_TOPIC, {**status(), "request": {}}) == ["request"]

    @pytest.mark.parametrize(("long", "short"), [("status", "st"), ("feature", "did")])
    def test_a_short_key_is_known_where_it_is_read(self, long: str, short: str) -> None:
        assert of(ACK_TOPIC, reply({short: {}})) == []
        assert of(ACK_TOPIC, reply({short: {}, long: None})) == []
        assert of(ACK_TOPIC, reply({short: {}, long: {}})) == [f"response.{short}"]

    def test_nothing_is_known_of_a_message_of_no_kind_or_of_bytes_that_are_none(self) -> None:
        assert of(ACK_TOPIC, {"x": 1}) == []
        assert of(f"evt/52/navilink-{MAC}/novelty", {"x": 1}) == []
        assert unknown_members(b"{", decode(ACK_TOPIC, encode(status()))) == ()

    def test_everything_in_the_answer_to_a_commit_is_new(self) -> None:
        found = of("cmd/52/1/2/c/res/commit-ota", reply({"commitOta": {"swCode": 1}}))
        assert found == ["response.commitOta"]


NAMES = st.sampled_from(
    [
        "status",
        "st",
        "feature",
        "failCode",
        "downloadSwInfo",
        "typeOfTD",
        "data",
        "tsData",
        "typeOfUsage",
        "usage",
        "total",
        "reservation",
        "commitOta",
        "request",
        "response",
        "event",
        "connection",
        "command",
        "season",
        "x",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["00", "0" * 90]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=12,
)
TOPICS = [ACK_TOPIC, f"evt/52/navilink-{MAC}/connection", f"evt/52/navilink-{MAC}/app-connection", "x"]


@given(topic=st.sampled_from(TOPICS), response=values, more=st.dictionaries(NAMES, values, max_size=2))
def test_whatever_came_can_be_searched(topic: str, response: Any, more: dict[str, Any]) -> None:
    for envelope in ({"response": response, **more}, {"request": response}, {"event": response, **more}, response):
        data = encode(envelope)
        message = decode(topic, data)
        for path, raw in unknown_members(data, message):
            assert path
            assert unknown_command(message) in (None, "command", "suffix")
            assert raw is None or isinstance(raw, bool | int | str | list | dict)


class TestPackedDiagnostics:
    @pytest.mark.parametrize(("group", "known"), [("tsData", 38), ("tcData", 0), ("tdData", 32), ("taData", 72)])
    def test_bytes_behind_the_last_counter_are_noticed(self, group: str, known: int) -> None:
        fixture = MESSAGES["diagnostics-packed.any.counters"]
        path = f"response.data.{group}, bytes behind the last counter"
        for behind, count in (("00", 1), ("000102", 3)):
            payload = copy.deepcopy(fixture.payload)
            assert len(payload["response"]["data"][group]) == 2 * known
            payload["response"]["data"][group] += behind
            message = decode(fixture.topic, dumps(payload))
            assert isinstance(message, DiagnosticsMessage)
            assert message.problems == ()
            assert unknown_members(dumps(payload), message) == ((path, count),)

    def test_text_that_is_no_packed_text_is_a_problem_and_no_news(self) -> None:
        message = reply({"typeOfTD": 2, "data": {"tsData": "xyz", "tdData": 5}})
        assert of(ACK_TOPIC, message) == []

    def test_groups_that_nobody_knows_are_noticed(self) -> None:
        message = reply({"typeOfTD": 2, "data": {"txData": "00", "tsData": {"newCounter": 1}}})
        assert of(ACK_TOPIC, message) == ["response.data.txData", "response.data.tsData.newCounter"]

    def test_data_that_is_no_object_is_a_problem_and_no_news(self) -> None:
        assert of(ACK_TOPIC, reply({"typeOfTD": 2, "data": "00"})) == []


class TestCommandCodes:
    def test_one_code_is_known_on_two_topics(self) -> None:
        assert known_commands()[16777226] == {"ctrl/rsv/rd", "st/energy-usage-monthly-query/rd"}
        assert known_commands()[33554464] == {"ctrl"}

    @pytest.mark.parametrize("name", MESSAGES)
    def test_the_codes_of_the_reference_are_known(self, name: str) -> None:
        assert unknown_command(decode(MESSAGES[name].topic, MESSAGES[name].data)) is None

    @pytest.mark.parametrize(
        ("code", "suffix", "new"),
        [
            (33554464, "ctrl", None),
            (33554438, "ctrl", None),  # declared only, and known
            (33554464, "ctrl/other", "suffix"),
            (16777226, "ctrl", "suffix"),
            (33554480, "ctrl", "command"),
        ],
    )
    def test_of_requests(self, code: int, suffix: str, new: str | None) -> None:
        seen = decode(f"cmd/52/navilink-{MAC}/{suffix}", encode(request(command=code)))
        assert unknown_command(seen) == new

    def test_a_request_without_code_or_topic_says_nothing_new(self) -> None:
        assert unknown_command(decode("x/y", b'{"request":{"command":33554464}}')) is None
        assert unknown_command(decode("x/y", b'{"request":{}}')) is None

    @pytest.mark.parametrize(
        ("code", "new"),
        [
            (0, None),
            (67108868, None),
            (67108883, None),
            (67108892, None),
            (67108869, "command"),
            (16777219, None),
            (33554464, None),
            (33554480, "command"),
        ],
    )
    def test_of_statuses(self, code: int, new: str | None) -> None:
        assert unknown_command(decode(ACK_TOPIC, encode(status(command=code)))) == new

    def test_a_status_without_code_says_nothing_new(self) -> None:
        assert unknown_command(decode(ACK_TOPIC, encode(reply({"status": {}})))) is None
