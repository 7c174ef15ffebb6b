"""Fixture files: read strictly, named by their content, laid out for people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.fixture_set import (
    ENDPOINTS,
    Fixture,
    MessageFixture,
    RestFixture,
    RestReply,
    RestRequest,
    firmware_of,
    fixture_text,
    kind_of,
    read_fixture,
    row_of,
    title_of,
)
from navien_proto.har import ANSWERS, Capture, MqttMessage, decode_capture
from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.wire.decode import decode
from tests.proto.wire.examples import ACK_TOPIC, FEATURE, MAC, STATUS, encode, reply

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=8,
)
MESSAGE: dict[str, Any] = {"what": "w", "source": "s", "topic": "t", "payload": {}}
EXCHANGE: dict[str, Any] = {
    "what": "w",
    "source": "s",
    "request": {"method": "POST", "path": "/user/sign-in"},
    "reply": {"status": 503, "text": ""},
}


def read(name: str, document: object) -> Fixture:
    return read_fixture(name, json.dumps(document).encode())


class TestReading:
    def test_a_message(self) -> None:
        fixture = read("unknown.any.empty", MESSAGE)
        assert fixture == MessageFixture(what="w", source="s", topic="t", payload={})
        assert isinstance(fixture, MessageFixture)
        assert fixture.data == b"{}"

    def test_an_exchange(self) -> None:
        fixture = read("sign-in.http-status-error.down", EXCHANGE)
        request = RestRequest(method="POST", path="/user/sign-in")
        assert fixture == RestFixture(what="w", source="s", request=request, reply=RestReply(status=503, text=""))

    @pytest.mark.parametrize(
        ("document", "sentence"),
        [
            ([], "a.b.c: expected an object"),
            ({**MESSAGE, "odd": 1, "also": 2}, "a.b.c: also, odd does not belong here"),
            ({**MESSAGE, "what": 5}, "a.b.c.what: expected text"),
            ({"topic": "t", "payload": 1, "what": "w"}, "a.b.c.source: missing"),
            ({**EXCHANGE, "reply": 5}, "a.b.c.reply: expected an object"),
            ({**EXCHANGE, "reply": {"status": True}}, "a.b.c.reply.status: expected a whole number"),
            ({**EXCHANGE, "reply": {"status": 1, "headers": {"x": 1}}}, "a.b.c.reply.headers['x']: expected text"),
            (MESSAGE, "a.b.c: its content is unknown.any"),
            (EXCHANGE, "a.b.c: its content is sign-in.http-status-error"),
            (
                {**EXCHANGE, "request": {"method": "GET", "path": "/elsewhere"}},
                "a.b.c: its content is nothing that can be decoded",
            ),
        ],
    )
    def test_what_is_wrong_is_named(self, document: object, sentence: str) -> None:
        with pytest.raises(UsageError) as caught:
            read("a.b.c", document)
        assert str(caught.value) == sentence

    @pytest.mark.parametrize("name", ["", "a", "a.b", "a.b.c.d", "A.b.c", "a.b.c/d", "a..c", "../a.b.c"])
    def test_a_name_has_three_parts(self, name: str) -> None:
        with pytest.raises(UsageError, match="a fixture's name is three parts"):
            read(name, MESSAGE)

    @pytest.mark.parametrize("text", [b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"topic": NaN}', b"[" * 100_000])
    def test_text_that_is_no_json_is_refused(self, text: bytes) -> None:
        with pytest.raises(UsageError, match=r"^a\.b\.c: "):
            read_fixture("a.b.c", text)

    @given(
        document=json_values,
        more=st.sampled_from([{}, MESSAGE, EXCHANGE]),
        name=st.sampled_from(["reply", "topic"]),
    )
    def test_any_json_is_a_fixture_or_refused(self, document: Any, more: dict[str, Any], name: str) -> None:
        for value in (document, {**more, name: document}):
            try:
                fixture = read("unknown.any.x", value)
            except UsageError:
                continue
            assert read_fixture("unknown.any.x", fixture_text(fixture.document()).encode()) == fixture


class TestNames:
    def test_every_endpoint_that_is_decoded_has_one(self) -> None:
        assert ENDPOINTS.keys() == ANSWERS.keys()
        assert len(set(ENDPOINTS.values())) == len(ENDPOINTS)

    def test_what_cannot_be_decoded_has_no_title(self) -> None:
        message = MessageFixture(what="", source="", topic="t", payload={}).entry()
        assert isinstance(message, MqttMessage)
        broken = MqttMessage(time=message.time, place="", direction="send", topic="t", payload=b"{")
        assert [title_of(row) for row in decode_capture(Capture(entries=(broken,)))] == [None]

    @pytest.mark.parametrize(
        ("change", "firmware"),
        [
            ({}, "2025"),
            ({"dhwOperationBusy": 1}, "newer"),
            ({row.wire_name: 1 for row in STATUS_FIELDS if not row.captured}, "newer"),
            ({"neverSeen": 1}, "newer"),
            ({"dhwTemperature": None}, "2025"),  # null was sent
        ],
    )
    def test_a_status_tells_its_firmware_by_its_members(self, change: dict[str, Any], firmware: str) -> None:
        message = decode(ACK_TOPIC, encode(reply({"status": STATUS | change})))
        assert (kind_of(message), firmware_of(message)) == ("status-answer", firmware)

    @pytest.mark.parametrize("gone", ["command", "dhwTemperature", "availableEnergyCapacity"])
    def test_a_status_without_a_member_is_partial_whatever_else_it_has(self, gone: str) -> None:
        for more in ({}, {"dhwOperationBusy": 1}):
            members = {name: raw for name, raw in (STATUS | more).items() if name != gone}
            assert firmware_of(decode(ACK_TOPIC, encode(reply({"status": members})))) == "partial"

    @pytest.mark.parametrize(
        ("gone", "more", "firmware"),
        [
            ((), {}, "newer"),
            ((), {"neverSeen": 1}, "newer"),
            (("mixingValveUse",), {"mixingValueUse": 1}, "newer"),
            (("recircSwVersion", "recircModelTypeCode"), {}, "older"),
            (("recircSwVersion",), {}, "partial"),
            (("recircSwVersion", "recircModelTypeCode"), {"neverSeen": 1}, "partial"),
            (tuple(row.wire_name for row in FEATURE_FIELDS), {}, "partial"),
        ],
    )
    def test_a_device_info_does_too(self, gone: tuple[str, ...], more: dict[str, Any], firmware: str) -> None:
        members = {name: raw for name, raw in FEATURE.items() if name not in gone} | more
        assert firmware_of(decode(ACK_TOPIC, encode(reply({"feature": members})))) == firmware

    @pytest.mark.parametrize(
        ("topic", "message", "kind"),
        [
            ("x", reply({"typeOfUsage": 1}), "energy"),
            ("cmd/52/1/2/c/res/commit-ota", reply({}), "ota"),
            (f"evt/52/navilink-{MAC}/novelty", {}, "event"),
            ("x", [], "unknown"),
            ("x", reply({"status": {"command": 0x05000000}}), "status-unknown"),
        ],
    )
    def test_kinds_that_no_fixture_has(self, topic: str, message: Any, kind: str) -> None:
        row = row_of(MessageFixture(what="", source="", topic=topic, payload=message))
        assert title_of(row) == f"{kind}.{'partial' if kind == 'status-unknown' else 'any'}"


class TestLayout:
    def test_short_things_stand_on_a_line_and_long_ones_are_filled(self) -> None:
        text = fixture_text({"few": {"a": 1}, "none": [], "words": ["w" * 8] * 20, "word": "€"})
        word = '"wwwwwwww"'
        assert text.splitlines() == [
            "{",
            ' "few": {"a": 1},',
            ' "none": [],',
            ' "words": [',
            f"  {' '.join([f'{word},'] * 9)}",
            f"  {' '.join([f'{word},'] * 9)}",
            f"  {word}, {word}",
            " ],",
            ' "word": "€"',
            "}",
        ]

    def test_a_table_is_filled_and_a_few_long_members_stand_one_a_line(self) -> None:
        many = {f"member{number}": number for number in range(10)}
        few = {"first": "x" * 60, "second": "y" * 60}
        assert fixture_text({"many": many, "few": few}).splitlines() == [
            "{",
            ' "many": {',
            '  "member0": 0, "member1": 1, "member2": 2, "member3": 3, "member4": 4, "member5": 5, "member6": 6,',
            '  "member7": 7, "member8": 8, "member9": 9',
            " },",
            ' "few": {',
            '  "first": "' + "x" * 60 + '",',
            '  "second": "' + "y" * 60 + '"',
            " }",
            "}",
        ]

    @given(st.dictionaries(st.text(), json_values, max_size=3))
    def test_it_is_the_same_json(self, document: dict[str, Any]) -> None:
        assert json.loads(fixture_text(document)) == document
