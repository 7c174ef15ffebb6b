"""A redacted capture: no secret survives, and it says what it said."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.har import Capture, MqttMessage, RestExchange, decode_capture, read_har
from navien_proto.har_redact import redact_capture, redact_har
from navien_proto.mqtt.actions import Will
from navien_proto.sim import packets
from navien_proto.wire.messages import RequestSeen, ReservationsMessage, StatusMessage
from tests.proto.test_har import HANDSHAKE, exchange, frame, har, socket
from tests.support.captures import read_capture
from tests.support.record_fixture import FIXTURE

MAC = "a1b2c3d4e5f6"
TOPIC = f"cmd/52/navilink-{MAC}/4f5e6d7c-canary/res"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImNhbmFyeSJ9.c2lnbmF0dXJl"


def publish(document: Any, topic: str = TOPIC, **more: Any) -> bytes:
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return packets.encode(packets.Publish(topic=topic, payload=payload, **more))


def message(**response: Any) -> dict[str, Any]:
    return {"clientID": "4f5e6d7c-canary", "sessionID": "1", "response": {"macAddress": MAC, **response}}


def redacted(*entries: Any) -> Capture:
    return read_har(redact_har(har(*entries)))


def plain(data: bytes) -> str:
    """All that a reader of the file can see: its text, and what stands in its frames."""
    capture = read_har(data)
    seen = [json.dumps(json.loads(data), ensure_ascii=False)]
    seen += [f"{one.topic} {one.payload.decode(errors='replace')}" for one in capture.messages]
    seen += [f"{one.url} {one.request_body!r} {one.reply.body!r}" for one in capture.exchanges]
    return "\n".join(seen)


@pytest.mark.parametrize("read", [FIXTURE.read_bytes, read_capture], ids=["fixture", "captured"])
def test_a_session_decodes_to_the_same_readings(read: Callable[[], bytes]) -> None:
    before = read()
    after = redact_har(before)
    rows, clean = (list(decode_capture(read_har(data))) for data in (before, after))
    assert [type(row.result) for row in rows] == [type(row.result) for row in clean]
    assert [row.entry.time for row in rows] == [row.entry.time for row in clean]
    for row, other in zip(rows, clean, strict=True):
        if isinstance(row.result, StatusMessage) and isinstance(other.result, StatusMessage):
            assert row.result.status == other.result.status
            assert other.result.mac == "020000000001"
    assert "aabbccddeeff" not in plain(after)
    assert redact_har(after) == after


class TestWhatIsReplaced:
    def test_one_heater_is_one_heater_in_every_spelling(self) -> None:
        device = {"macAddress": "A1:B2:C3:D4:E5:F6", "controllerSerialNumber": "12345678AB12345678"}
        capture = redacted(
            exchange(
                "/device/list?macAddress=A1%3AB2%3AC3%3AD4%3AE5%3AF6", {"data": [device, {"macAddress": MAC}]}
            ),
            socket(frame(publish(message(status={"dhwTemperature": 117})))),
        )
        (rest,), (mqtt,) = capture.exchanges, capture.messages
        assert rest.url.endswith("macAddress=02%3A00%3A00%3A00%3A00%3A01")
        first, second = json.loads(rest.reply.body)["data"]
        assert first == {"macAddress": "02:00:00:00:00:01", "controllerSerialNumber": "00000000XX00000001"}
        assert second == {"macAddress": "020000000001"}
        assert mqtt.topic == "cmd/52/navilink-020000000001/client-1/res"
        assert json.loads(mqtt.payload)["clientID"] == "client-1"

    def test_people_places_and_tokens(self) -> None:
        body = {
            "userId": "Some.Body@Mail.Example",
            "userFirstName": "Wilhelmina",
            "userSeq": 4711,
            "location": {"state": "Nowhere", "latitude": 12.345678, "altitude": None},
            "zipCode": 90210,
            "token": {"accessToken": JWT, "authenticationExpiresIn": 3600},
            "note": "Wilhelmina (some.body@mail.example) at 12.345678",
        }
        headers = [{"name": "Authorization", "value": f"Bearer {JWT}"}, {"name": "Accept", "value": "x/y"}]
        clean = redacted(exchange("/x", body, headers=headers, cookies=[{"name": "sid", "value": "abc123"}]))
        assert json.loads(clean.exchanges[0].reply.body) == {
            "userId": "user1@example.com",
            "userFirstName": "<name-1>",
            "userSeq": 999000001,
            "location": {"state": "<address-1>", "latitude": 0.0, "altitude": None},
            "zipCode": 0,
            "token": {"accessToken": "<token-3>", "authenticationExpiresIn": 3600},
            "note": "<name-1> (user1@example.com) at 0.0",
        }
        assert redact_capture(har(exchange("/x", body))).counts["e-mail"] == 1

    def test_bodies_forms_and_signed_addresses(self) -> None:
        form = "userId=a.canary%40mail.example&password=canary%26word&q=1"
        entry = exchange(
            f"/x?X-Amz-Signature=canary0&X-Amz-Security-Token={JWT}&ok=1#access_token=canary1",
            {},
            postData={"text": form, "params": [{"name": "password", "value": "canary&word"}]},
        )
        entry["response"]["content"] = {
            "encoding": "base64",
            "text": b64encode(b'{"deviceName":"canary","n":1.5}').decode(),
        }
        (clean,) = redacted(entry).exchanges
        assert clean.request_body == b"userId=user1@example.com&password=%3Cpassword-1%3E&q=1"
        assert clean.reply.body == b'{"deviceName":"<name-1>","n":1.5}'
        assert "canary" not in clean.url
        assert JWT not in clean.url
        assert "ok=1" in clean.url

    def test_what_says_not_set_stays(self) -> None:
        body = {"macAddress": None, "deviceName": "", "token": "null", "password": False}
        assert json.loads(redacted(exchange("/x", body)).exchanges[0].reply.body) == body

    def test_binary_that_cannot_be_read_is_left_out(self) -> None:
        entry = exchange("/x", {})
        entry["response"]["content"] = {
            "encoding": "base64",
            "text": b64encode("canary".encode("utf-16")).decode(),
        }
        assert redacted(entry).exchanges[0].reply.body == b"<14 bytes>"
        (mqtt,) = redacted(socket(frame(publish(b"\xff\xfecanary")))).messages
        assert mqtt.payload == b"<8 bytes>"

    def test_packed_schedules_are_no_addresses(self) -> None:
        entry = "3e06060f1e04"
        (row,) = decode_capture(
            redacted(socket(frame(publish(message(reservationUse=2, reservation=entry), f"{TOPIC}/rsv/rd"))))
        )
        assert isinstance(row.result, ReservationsMessage)
        assert row.result.raw["reservation"] == entry

    def test_a_home_number_in_a_topic_is_that_of_the_account(self) -> None:
        capture = redacted(
            exchange("/device/list", {"data": [{"deviceInfo": {"homeSeq": 31337}}]}),
            socket(frame(publish({}, "cmd/52/31337/x/res"))),
        )
        assert json.loads(capture.exchanges[0].reply.body)["data"][0]["deviceInfo"]["homeSeq"] == 999000001
        assert capture.messages[0].topic == "cmd/52/999000001/x/res"

    def test_who_is_named_by_a_topic_alone(self) -> None:
        topics = {
            f"cmd/52/navilink-{MAC}/canary/res": "cmd/52/navilink-020000000001/client-1/res",
            "cmd/52/canary/res/st": "cmd/52/client-1/res/st",
            "cmd/52/31337/4711/canary/res/st": "cmd/52/999000001/999000002/client-1/res/st",
            "cmd/52/31337/res/st": "cmd/52/999000001/res/st",
        }
        capture = redacted(socket(*(frame(publish(b"?", topic)) for topic in topics)))
        assert {one.topic for one in capture.messages} == set(topics.values())
        subscribe = packets.Subscribe(packet_id=1, filters=(("cmd/52/+/res/#", 0),))
        clean = redact_har(har(socket(frame(packets.encode(subscribe)))))
        data = json.loads(clean)["log"]["entries"][0]["_webSocketMessages"][0]["data"]
        assert packets.decode(b64decode(data)) == subscribe


class TestFrames:
    def test_packets_are_put_one_in_a_frame(self) -> None:
        stream = publish(message(status={"dhwTemperature": 117}), qos=1, packet_id=7) * 2
        request = publish({"clientID": "c", "request": {"command": 16777219, "macAddress": MAC}})
        clean = redact_har(
            har(
                socket(
                    frame(stream[:40]),
                    frame(stream[40:] + packets.encode(packets.PingResp()), seconds=1),
                    frame(request, seconds=2, direction="send"),
                )
            )
        )
        log = json.loads(clean)["log"]["entries"][0]["_webSocketMessages"]
        assert [one["time"] % 60 for one in log] == [1, 1, 1, 2]
        capture = read_har(clean)
        assert capture.skipped == {"PINGRESP": 1}
        assert [(one.qos, one.direction) for one in capture.messages] == [
            (1, "receive"),
            (1, "receive"),
            (0, "send"),
        ]
        assert isinstance(list(decode_capture(capture))[-1].result, RequestSeen)

    def test_connections_and_subscriptions_are_cleaned(self) -> None:
        connect = packets.Connect(
            client_id="4f5e6d7c-canary",
            username="?SDK=x&X-Amz-Signature=canary",
            password=b"canary",
            will=Will(f"evt/1/navilink-{MAC}", b'{"macAddress":"a1b2c3d4e5f6"}'),
        )
        sent: list[packets.Packet] = [
            connect,
            packets.Connect(client_id="x-canary", username="canary-user"),
            packets.Subscribe(packet_id=1, filters=((f"cmd/52/navilink-{MAC}/#", 1),)),
            packets.Unsubscribe(packet_id=2, filters=("cmd/+/4f5e6d7c-canary/#",)),
        ]
        clean = redact_har(har(socket(*(frame(packets.encode(one), direction="send") for one in sent))))
        frames = json.loads(clean)["log"]["entries"][0]["_webSocketMessages"]
        back = [packets.decode(b64decode(one["data"])) for one in frames]
        assert back == [
            packets.Connect(
                client_id="client-1",
                username="?SDK=x&X-Amz-Signature=%3Ctoken-1%3E",
                password=b"<password>",
                will=Will("evt/1/navilink-020000000001", b'{"macAddress":"020000000001"}'),
            ),
            packets.Connect(client_id="client-2", username="<token-2>"),
            packets.Subscribe(packet_id=1, filters=(("cmd/52/navilink-020000000001/#", 1),)),
            packets.Unsubscribe(packet_id=2, filters=("cmd/+/client-1/#",)),
        ]

    def test_what_is_no_mqtt_is_left_out(self) -> None:
        ping = {"type": "send", "opcode": 9, "data": "canary"}
        clean = redact_har(har(socket(frame(b"\x00canary"), ping, frame(publish(message())))))
        assert len(json.loads(clean)["log"]["entries"][0]["_webSocketMessages"]) == 1
        nothing = redact_har(har(socket(ping)))
        assert read_har(nothing).entries == ()
        assert "canary" not in plain(nothing)
        assert redact_har(nothing) == nothing

    def test_other_web_sockets_keep_their_text_alone(self) -> None:
        text = {"type": "send", "opcode": 1, "data": '{"macAddress":"a1b2c3d4e5f6"}'}
        clean = redact_har(har(socket(text, frame(b"canary"), headers=[], path="/chat")))
        frames = json.loads(clean)["log"]["entries"][0]["_webSocketMessages"]
        assert [one["data"] for one in frames] == ['{"macAddress":"020000000001"}', ""]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", har({"startedDateTime": "x"})])
def test_a_malformed_file_is_refused_as_when_it_is_read(data: bytes) -> None:
    with pytest.raises(UsageError) as read:
        read_har(data)
    with pytest.raises(UsageError) as clean:
        redact_har(data)
    assert str(clean.value) == str(read.value)


# Each with the key under which it is a secret; elsewhere in the file it is found by having been seen there.
CANARIES = {
    "password": "canaryPass word",
    "accessToken": "canary.token/with+signs==",
    "deviceName": "canary heater",
    "city": "Canaryville West",
    "macAddress": "ca9a97ca9a97",
    "userId": "canary.person@mail.example",
    "controllerSerialNumber": "99999999CN99999999",
    "clientID": "canary-client-0001",
}
secrets = st.sampled_from(sorted(CANARIES.values()))
keyed = st.dictionaries(st.sampled_from(sorted(CANARIES)), secrets, max_size=3)
leaves = st.one_of(
    secrets,
    st.none(),
    st.integers(-5, 10**13),
    st.text(max_size=8),
    secrets.map(lambda secret: f"said {secret}, twice"),
    keyed.map(json.dumps),
    keyed.map(lambda members: f"log: {json.dumps(members)}"),
)
documents = st.recursive(
    st.one_of(keyed, leaves),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["data", "token", "name", "value", "location", "x"]), secrets), inner
        ),
    ),
    max_leaves=8,
)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    document, other = draw(documents), draw(documents)
    rest = exchange("/x", document, comment=other, postData={"text": json.dumps(other)})
    rest["request"]["headers"] = [{"name": draw(secrets), "value": draw(secrets)}]
    rest["request"]["url"] += f"?a={draw(secrets).replace(' ', '%20')}"
    known = exchange("/known", CANARIES)
    level = draw(st.sampled_from([MAC, CANARIES["clientID"], CANARIES["macAddress"], CANARIES["userId"]]))
    stream = publish(document, f"cmd/52/navilink-{level}/x/res") + publish(other)
    cut = draw(st.integers(1, len(stream) - 1))
    return har(rest, known, socket(frame(stream[:cut]), frame(stream[cut:]), headers=HANDSHAKE))


@settings(deadline=None, max_examples=100)
@given(captures())
def test_no_canary_survives_and_a_second_time_changes_nothing(data: bytes) -> None:
    clean = redact_har(data)
    seen = plain(clean).lower()
    for secret in (*CANARIES.values(), MAC):
        assert secret.lower() not in seen
        assert json.dumps(secret)[1:-1].lower() not in seen
    assert redact_har(clean) == clean
    before, after = read_har(data), read_har(clean)
    assert [type(one) for one in before.entries] == [type(one) for one in after.entries]
    assert {type(one) for one in after.entries} == {RestExchange, MqttMessage}
