"""Captures: the real one whole, and every way a tool may write or break one."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.cloud import answers, records
from navien_proto.cloud.openei import UtilityRates
from navien_proto.errors import BadCredentials, DecodeError, HttpStatusError, RemoteProtocolError, UsageError
from navien_proto.har import Capture, MqttMessage, RestExchange, answer_key, decode_capture, read_har
from navien_proto.model.status import DeviceStatus
from navien_proto.sim import packets
from navien_proto.wire.messages import RequestSeen, StatusMessage
from tests.proto.cloud import bodies
from tests.support.captures import read_capture

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOPIC = "cmd/52/navilink-aabbccddeeff/client-0001/res"
HANDSHAKE = [{"name": "Sec-WebSocket-Protocol", "value": "mqtt"}]


def exchange(path: str, body: Any, *, method: str = "POST", status: int = 200, **request: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-01-15T12:00:00.000Z",
        "request": {"method": method, "url": f"https://h/api/v2.1{path}", "headers": [], **request},
        "response": {"status": status, "headers": [], "content": {"text": json.dumps(body)}},
    }


def frame(data: bytes, *, seconds: float = 0, direction: str = "receive") -> dict[str, Any]:
    return {
        "type": direction,
        "time": NOON.timestamp() + seconds,
        "opcode": 2,
        "data": b64encode(data).decode(),
    }


def socket(
    *frames: dict[str, Any], headers: list[dict[str, str]] = HANDSHAKE, path: str = "/mqtt"
) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-01-15T12:00:00+00:00",
        "request": {"method": "GET", "url": f"wss://h{path}?X-Amz-Signature=canary", "headers": headers},
        "response": {"status": 101, "headers": []},
        "_webSocketMessages": list(frames),
    }


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "test"}, "entries": list(entries)}}).encode()


def publish(payload: bytes, **more: Any) -> bytes:
    return packets.encode(packets.Publish(topic=TOPIC, payload=payload, **more))


class TestTheRealCapture:
    """18 of 18 messages and 7 of 7 answers, with no field lost."""

    def test_what_is_in_it(self) -> None:
        capture = read_har(read_capture())
        assert (len(capture.exchanges), len(capture.messages)) == (7, 18)
        assert capture.skipped == {}
        assert capture.creator == "traffic capture"
        assert [entry.time for entry in capture.entries] == sorted(entry.time for entry in capture.entries)
        assert {message.qos for message in capture.messages} == {1}
        assert {message.direction for message in capture.messages} == {"receive"}

    def test_every_answer_is_parsed_and_every_member_is_known(self) -> None:
        found = [row.result for row in decode_capture(read_har(read_capture()))][:7]
        assert [type(result) for result in found] == [
            answers.SignIn,
            answers.DevicePage,
            records.DeviceInfo,
            records.FirmwareInfo,
            records.TouAnswer,
            answers.Acknowledged,
            answers.Refreshed,
        ]
        for result in found:
            assert isinstance(result, answers.Answer)
            assert (result.problems, result.extra) == ((), {})

    def test_the_answers_say_what_they_said(self) -> None:
        rows = list(decode_capture(read_har(read_capture())))
        sign_in, page, info, firmware, tou, _, refreshed = (row.result for row in rows[:7])
        assert isinstance(sign_in, answers.SignIn)
        assert sign_in.tokens.authorization_expires_at == rows[0].entry.time + timedelta(hours=1)
        assert isinstance(page, answers.DevicePage)
        assert [(d.mac, d.device_type, d.online) for d in page.devices] == [("aabbccddeeff", 52, True)]
        assert isinstance(info, records.DeviceInfo)
        assert (info.location.latitude, info.install_type, info.error_alarm) == (37.0, "R", False)
        assert isinstance(firmware, records.FirmwareInfo)
        assert [part.version for part in firmware.components] == [167837696, 34013184, 60454, 60454]
        assert isinstance(tou, records.TouAnswer)
        assert tou.plan is not None
        assert sum(season.months or 0 for season in tou.plan.seasons) == 4095
        assert [len(season.intervals) for season in tou.plan.seasons] == [6, 6]
        assert isinstance(refreshed, answers.Refreshed)
        assert refreshed.grant.access_key_id is None

    def test_every_message_is_a_status_and_keeps_every_member(self) -> None:
        rows = [row for row in decode_capture(read_har(read_capture())) if isinstance(row.entry, MqttMessage)]
        assert len(rows) == 18
        for row in rows:
            assert isinstance(row.entry, MqttMessage)
            assert isinstance(row.result, StatusMessage)
            assert row.result.problems == ()
            assert dict(row.result.status.raw) == json.loads(row.entry.payload)["response"]["status"]

    def test_the_first_status(self) -> None:
        row = next(
            row for row in decode_capture(read_har(read_capture())) if isinstance(row.result, StatusMessage)
        )
        assert isinstance(row.result, StatusMessage)
        status: DeviceStatus = row.result.status
        assert status.dhw_temperature == 58.5
        assert status.tank_upper_temperature == 58.6
        assert status.dhw_charge_percent == 92
        assert status.current_inst_power == 432
        assert status.current_super_heat == 4.6


class TestRest:
    def test_a_request_is_kept_with_its_answer(self) -> None:
        entry = exchange(
            "/device/list?x=1",
            bodies.DEVICE_LIST,
            method="post",
            postData={"mimeType": "x", "text": '{"offset":0}'},
        )
        entry["response"]["headers"] = [{"name": "Date", "value": "now"}]
        (found,) = read_har(har(entry)).exchanges
        assert (found.method, found.path, found.time) == ("POST", "/api/v2.1/device/list", NOON)
        assert found.request_body == b'{"offset":0}'
        assert (found.reply.status, found.reply.headers) == (200, {"date": "now"})
        assert found.place == "log.entries[0]"

    def test_base64_bodies(self) -> None:
        entry = exchange("/x", None)
        entry["response"]["content"] = {"encoding": "base64", "text": b64encode(b"\x00\xff").decode()}
        assert read_har(har(entry)).exchanges[0].reply.body == b"\x00\xff"

    def test_a_body_that_was_not_recorded(self) -> None:
        entry = exchange("/user/sign-in", None)
        del entry["response"]["content"]
        (row,) = decode_capture(read_har(har(entry)))
        assert isinstance(row.result, RemoteProtocolError)

    def test_a_refused_sign_in_is_a_row_with_its_error(self) -> None:
        (row,) = decode_capture(read_har(har(exchange("/user/sign-in", {"code": 1001}))))
        assert isinstance(row.result, BadCredentials)

    def test_device_information_is_about_the_device_asked_for(self) -> None:
        post = {"text": '{"userId":"user@example.com","macAddress":"aabbccddeeff","additionalValue":"0123"}'}
        (row,) = decode_capture(read_har(har(exchange("/device/info", bodies.DEVICE_INFO, postData=post))))
        assert isinstance(row.result, records.DeviceInfo)
        assert (row.result.mac, row.result.additional_value) == ("aabbccddeeff", "0123")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"macAddress":"x","additionalValue":"1"}', "nonsense"])
    def test_a_request_that_tells_no_device(self, text: str) -> None:
        entry = exchange("/device/info", bodies.DEVICE_INFO, postData={"text": text})
        (row,) = decode_capture(read_har(har(entry)))
        assert isinstance(row.result, records.DeviceInfo)
        assert row.result.mac is None

    def test_plans_stored_and_converted(self) -> None:
        info = {"name": "Example plan", "schedule": []}
        stored = exchange("/device/tou", bodies.success({"touInfo": info}), method="PUT")
        converted = exchange("/device/tou/convert", bodies.success({"touInfo": [info]}))
        one, other = [row.result for row in decode_capture(read_har(har(stored, converted)))]
        assert one == records.TouAnswer(plan=records.StoredTouPlan(name="Example plan"))
        assert other == records.TouConversion(plans=(records.StoredTouPlan(name="Example plan"),))

    def test_other_sites_are_nobodys_business(self) -> None:
        rows = decode_capture(read_har(har(exchange("/other", {}), exchange("/device/list", {}, method="PUT"))))
        assert [row.result for row in rows] == [None, None]

    def test_no_secret_in_the_repr(self) -> None:
        entry = exchange("/device/tou?userId=canary%40example.com", {"canary": 1}, postData={"text": "canary"})
        assert "canary" not in repr(read_har(har(entry)))


class TestMqtt:
    def test_both_directions_and_both_qualities(self) -> None:
        capture = read_har(
            har(
                socket(
                    frame(publish(b"one", qos=1, packet_id=7, duplicate=True), seconds=1.5),
                    frame(publish(b"two", retain=True), seconds=2, direction="send"),
                )
            )
        )
        assert capture.messages == (
            MqttMessage(
                time=NOON + timedelta(seconds=1.5), place="log.entries[0]._webSocketMessages[0]",
                direction="receive", topic=TOPIC, payload=b"one", qos=1, duplicate=True,
            ),
            MqttMessage(
                time=NOON + timedelta(seconds=2), place="log.entries[0]._webSocketMessages[1]", direction="send",
                topic=TOPIC, payload=b"two", retain=True,
            ),
        )  # fmt: skip

    def test_other_packets_are_counted(self) -> None:
        others: list[packets.Packet] = [
            packets.ConnAck(),
            packets.PubAck(7),
            packets.PubAck(8),
            packets.PingResp(),
        ]
        frames = [frame(packets.encode(packet)) for packet in others]
        assert read_har(har(socket(*frames))).skipped == {"CONNACK": 1, "PUBACK": 2, "PINGRESP": 1}

    def test_frames_without_data_are_counted(self) -> None:
        frames: list[dict[str, Any]] = [
            {"type": "error", "data": "x"},
            {"type": "receive", "opcode": 9, "data": ""},
            frame(publish(b"x")),
        ]
        capture = read_har(har(socket(*frames)))
        assert capture.skipped == {"frames without data": 2}
        assert len(capture.messages) == 1

    def test_text_frames_hold_the_bytes_as_they_are(self) -> None:
        text: dict[str, Any] = {
            "type": "receive",
            "time": NOON.timestamp(),
            "data": publish(b'{"a":"\xc3\xa9"}').decode(),
        }
        assert read_har(har(socket(text))).messages[0].payload == b'{"a":"\xc3\xa9"}'
        assert read_har(har(socket({**text, "opcode": 1}))).messages[0].payload == b'{"a":"\xc3\xa9"}'

    @pytest.mark.parametrize("time", [NOON.timestamp() + 5, (NOON.timestamp() + 5) * 1000])
    def test_times_in_seconds_or_milliseconds(self, time: float) -> None:
        (message,) = read_har(har(socket({**frame(publish(b"x")), "time": time}))).messages
        assert message.time == NOON + timedelta(seconds=5)

    def test_a_frame_without_a_time_has_that_of_its_socket(self) -> None:
        (message,) = read_har(har(socket({**frame(publish(b"x")), "time": None}))).messages
        assert message.time == NOON

    @pytest.mark.parametrize(
        ("headers", "path", "count"),
        [
            (HANDSHAKE, "/anything", 1),
            ([], "/mqtt", 1),
            ([], "/chat", 0),
            ([{"name": "sec-websocket-protocol", "value": "chat"}], "/mqtt", 0),
        ],
    )
    def test_other_websockets_are_left_aside(self, headers: list[dict[str, str]], path: str, count: int) -> None:
        capture = read_har(har(socket(frame(publish(b"x")), headers=headers, path=path)))
        assert len(capture.messages) == count
        assert capture.skipped == ({} if count else {"frames of other WebSockets": 1})

    def test_a_malformed_packet_costs_its_frame_alone(self) -> None:
        frames = [frame(publish(b"a") + b"\xf1\x00" + publish(b"lost")), frame(publish(b"b"))]
        capture = read_har(har(socket(*frames)))
        assert [message.payload for message in capture.messages] == [b"a", b"b"]
        assert capture.skipped == {"malformed": 1}

    def test_a_packet_that_never_ends_is_counted(self) -> None:
        capture = read_har(har(socket(frame(publish(b"a") + publish(b"b")[:-1]))))
        assert [message.payload for message in capture.messages] == [b"a"]
        assert capture.skipped == {"unfinished": 1}

    def test_what_cannot_be_decoded_is_a_row_with_its_error(self) -> None:
        rows = list(
            decode_capture(read_har(har(socket(frame(publish(b"\xff")), frame(publish(b'{"request":{}}'))))))
        )
        assert [type(row.result) for row in rows] == [DecodeError, RequestSeen]

    @given(
        st.lists(st.tuples(st.binary(max_size=200), st.booleans()), max_size=8),
        st.lists(st.integers(0, 2000), max_size=8),
    )
    def test_packets_and_frames_need_not_agree(self, sent: list[tuple[bytes, bool]], cuts: list[int]) -> None:
        stream = b"".join(
            publish(payload, qos=1, packet_id=1) if acknowledged else publish(payload)
            for payload, acknowledged in sent
        )
        edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
        frames = [frame(stream[start:end]) for start, end in pairwise(edges)]
        capture = read_har(har(socket(*frames)))
        assert [message.payload for message in capture.messages] == [payload for payload, _ in sent]
        assert capture.skipped == {}


def test_entries_come_in_order_of_time() -> None:
    late = {**exchange("/late", {}), "startedDateTime": "2026-01-15T13:00:30+01:00"}
    first = {**exchange("/first", {}), "startedDateTime": "2026-01-15T11:59:59.1234567Z"}
    capture = read_har(har(late, socket(frame(publish(b"x"), seconds=10)), first))
    assert [type(entry) for entry in capture.entries] == [RestExchange, MqttMessage, RestExchange]
    assert all(entry.time.tzinfo is UTC for entry in capture.entries)


def test_an_empty_capture() -> None:
    assert read_har(b'{"log": {"entries": []}}') == Capture(entries=())
    assert read_har(b'\xef\xbb\xbf{"log": {"entries": []}}') == Capture(entries=())


def test_an_ordinary_entry_with_an_empty_list_of_messages() -> None:
    assert len(read_har(har({**exchange("/x", {}), "_webSocketMessages": []})).exchanges) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "this is no HAR file: not JSON (line 1, column 1)"),
        (b"{\n  x", "this is no HAR file: not JSON (line 2, column 3)"),
        (b"\xff\xfe", "this is no HAR file: it is not UTF-8"),
        (b"[" * 100_000, "this is no HAR file: it is nested too deeply or holds a number too long"),
        (b"1" * 100_000, "this is no HAR file: it is nested too deeply or holds a number too long"),
        (b"[]", "the file: expected an object, found a list"),
        (b"{}", "log: expected an object, found nothing"),
        (b'{"log": 5}', "log: expected an object, found a number"),
        (b'{"log": {}}', "log.entries: expected a list, found nothing"),
        (b'{"log": {"creator": "x", "entries": []}}', "log.creator: expected an object, found text"),
        (b'{"log": {"entries": [null]}}', "log.entries[0]: expected an object, found null"),
    ],
)
def test_what_is_no_har_file(data: bytes, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_har(data)
    assert str(caught.value) == sentence


def put(entry: dict[str, Any], *place: Any) -> dict[str, Any]:
    *path, name, value = place
    target: Any = entry
    for step in path:
        target = target[step]
    target[name] = value
    return entry


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (put(exchange("/x", 1), "request", "url", None), "log.entries[1].request.url: expected text, found null"),
        (
            put(exchange("/x", 1), "request", True),
            "log.entries[1].request: expected an object, found true or false",
        ),
        (
            put(exchange("/x", 1), "response", "status", "200"),
            "log.entries[1].response.status: expected a number, found text",
        ),
        (
            put(exchange("/x", 1), "response", "status", 1e300),
            "log.entries[1].response.status: expected a number of ordinary size",
        ),
        (
            put(exchange("/x", 1), "response", "headers", {}),
            "log.entries[1].response.headers: expected a list, found an object",
        ),
        (
            put(exchange("/x", 1), "response", "headers", [{"name": 1}]),
            "log.entries[1].response.headers[0].name: expected text, found a number",
        ),
        (
            put(exchange("/x", 1), "response", "content", {"encoding": "base64", "text": "*"}),
            "log.entries[1].response.content.text: expected base64",
        ),
        (
            put(exchange("/x", 1), "startedDateTime", "yesterday"),
            "log.entries[1].startedDateTime: expected a time in ISO 8601 with its offset from UTC",
        ),
        (
            put(exchange("/x", 1), "startedDateTime", "2026-01-15T12:00:00"),
            "log.entries[1].startedDateTime: expected a time in ISO 8601 with its offset from UTC",
        ),
        (
            put(exchange("/x", 1), "startedDateTime", "0001-01-01T00:00:00+10:00"),
            "log.entries[1].startedDateTime: expected a time in ISO 8601 with its offset from UTC",
        ),
        (
            put(exchange("/x", 1), "_webSocketMessages", "x"),
            "log.entries[1]._webSocketMessages: expected a list, found text",
        ),
        (socket({"type": 1}), "log.entries[1]._webSocketMessages[0].type: expected text, found a number"),
        (
            socket({"type": "send", "opcode": 2, "data": "é"}),
            "log.entries[1]._webSocketMessages[0].data: expected base64",
        ),
        (
            socket({**frame(b""), "time": -1e14}),
            "log.entries[1]._webSocketMessages[0].time: expected seconds since 1970",
        ),
    ],
)
def test_a_malformed_member_is_named(entry: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_har(har(exchange("/x", {}), entry))
    assert str(caught.value) == sentence


WHOLE = {
    "log": {
        "creator": {"name": "test"},
        "entries": [
            exchange("/device/list", bodies.DEVICE_LIST, postData={"text": "{}"}),
            socket(
                frame(publish(b'{"response":{"status":{"command":0}}}')), frame(publish(b"x"), direction="send")
            ),
        ],
    }
}
junk: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(below for key, member in inner for below in places(member, (*place, key)))]


def read_all(data: bytes) -> None:
    try:
        capture = read_har(data)
    except UsageError as error:
        assert ": " in str(error)  # noqa: PT017
    else:
        assert len(list(decode_capture(capture))) == len(capture.entries)


@settings(deadline=None)
@given(st.sampled_from(places(WHOLE)), junk)
def test_any_member_may_be_anything(place: tuple[Any, ...], new: Any) -> None:
    document = json.loads(json.dumps(WHOLE))
    read_all(json.dumps(put(document, *place, new) if place else new).encode())


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_taken(data: bytes) -> None:
    read_all(data)


def test_a_file_cut_short_is_no_har_file() -> None:
    whole = json.dumps(WHOLE).encode()
    for cut in range(0, len(whole), 7):
        with pytest.raises(UsageError, match="no HAR file"):
            read_har(whole[:cut])


class TestEndpointsOfOthers:
    def test_the_rate_database_and_what_is_always_refused_are_understood(self) -> None:
        rates = exchange("/utility_rates?api_key=canary", {"items": []}, method="GET")
        refused = exchange("/device/connectivity-status", {"code": 403, "msg": "FORBIDDEN"}, status=403)
        granted = exchange("/device/connectivity-status", {"code": 200, "msg": "SUCCESS", "data": {"x": 1}})
        found = [row.result for row in decode_capture(read_har(har(rates, refused, granted)))]
        assert [type(one) for one in found] == [UtilityRates, HttpStatusError, answers.Acknowledged]

    def test_an_exchange_tells_its_endpoint_whatever_stands_before_it(self) -> None:
        (entry,) = read_har(har(exchange("/user/sign-in?x=/device/list", {}))).exchanges
        assert answer_key(entry) == ("POST", "/user/sign-in")
        (entry,) = read_har(har(exchange("/user/sign-in", {}, method="GET"))).exchanges
        assert answer_key(entry) is None

    @pytest.mark.parametrize("url", ["https://[", "wss://[::1/mqtt", "", "%"])
    def test_a_url_that_is_none_harms_nobody(self, url: str) -> None:
        plain, frames = exchange("/x", {}), socket(frame(b"\xd0\x00"), headers=[])
        plain["request"]["url"] = frames["request"]["url"] = url
        assert [row.result for row in decode_capture(read_har(har(plain, frames)))] == [None]


def test_headers_may_be_absent() -> None:
    entry = exchange("/device/list", {"code": 200, "msg": "SUCCESS", "data": []})
    del entry["request"]["headers"], entry["response"]["headers"]
    (row,) = decode_capture(read_har(har(entry)))
    assert isinstance(row.result, answers.DevicePage)
