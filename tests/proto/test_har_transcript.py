"""A session in the scripted world of a capture."""

from __future__ import annotations

import json

import pytest

from navien_proto.errors import UsageError
from navien_proto.har import read_har
from navien_proto.har_transcript import FromCapture, transcript_of
from navien_proto.session.transcript_replay import replay
from tests.proto.test_har import exchange, frame, har, socket
from tests.proto.test_har_redact import MAC, message, publish
from tests.support.captures import read_capture
from tests.support.record_fixture import FIXTURE

TOKEN = {
    "accessToken": "canary-access",
    "refreshToken": "canary-refresh",
    "accessKeyId": "canary-key",
    "secretKey": "canary-dice",
    "sessionToken": "canary-session",
    "authenticationExpiresIn": 3600,
    "authorizationExpiresIn": 3600,
}
SIGNED_IN = exchange("/user/sign-in", {"code": 200, "msg": "SUCCESS", "data": {"token": TOKEN, "userInfo": {}}})
REFUSED = exchange("/user/sign-in", {"code": 401, "msg": "USER_NOT_FOUND", "data": None})
STATUS = socket(
    frame(publish({"request": {"command": 1}}, f"cmd/52/navilink-{MAC}/st", qos=0), direction="send"),
    frame(publish(message(status={"dhwTemperature": 117, "command": 67108883})), seconds=1),
    frame(publish(b"{"), seconds=2),
)


def written(data: bytes) -> tuple[FromCapture, list[str]]:
    lines: list[str] = []
    return transcript_of(read_har(data), lines.append), lines


def events(lines: list[str]) -> list[str]:
    return [found for line in lines if (found := json.loads(line).get("event"))]


@pytest.mark.parametrize("data", [FIXTURE.read_bytes, read_capture], ids=["simulated", "real"])
def test_whole_sessions_are_heard_and_play_again(data: object) -> None:
    content = data()  # type: ignore[operator]
    capture = read_har(content)
    found, lines = written(content)
    received = [one for one in capture.messages if one.direction == "receive"]
    assert found.messages == len(received)
    assert events(lines).count("StatusReceived") >= 10
    assert replay(lines).difference is None
    assert written(content)[1] == lines
    text = "\n".join(lines)
    for one in received:
        assert one.topic.split("/")[2].removeprefix("navilink-") not in text


def test_the_capture_s_own_answers_are_used_and_hold_no_secret() -> None:
    found, lines = written(har(SIGNED_IN, STATUS))
    assert (found.messages, found.answers, found.made_up, found.sent, found.late) == (2, 1, 1, 1, 0)
    text = "\n".join(lines)
    assert "canary" not in text
    assert MAC not in text
    assert {"StatusReceived", "Undecodable"} <= set(events(lines))
    assert replay(lines).difference is None
    assert found.sentence() == (
        "2 messages heard, 1 REST answers of the capture, 1 made up, 1 sent messages left out"
    )


def test_the_account_is_that_of_the_capture_s_sign_in() -> None:
    sent = json.dumps({"userId": "someone@home.example", "password": "hunter22"})
    signed_in = exchange(
        "/user/sign-in",
        {"code": 200, "msg": "SUCCESS", "data": {"token": TOKEN, "userInfo": {}}},
        postData={"mimeType": "application/json", "text": sent},
    )
    _, lines = written(har(signed_in, STATUS))
    text = "\n".join(lines)
    assert "home.example" not in text
    assert "hunter22" not in text
    asked = next(form for line in lines if (form := json.loads(line)).get("action") == "SendHttp")
    assert "user1@example.com" in json.dumps(asked)
    assert replay(lines).difference is None


def test_without_rest_the_way_in_is_made_up() -> None:
    found, lines = written(har(STATUS))
    assert (found.messages, found.answers, found.made_up) == (2, 0, 2)
    assert "StatusReceived" in events(lines)


def test_a_capture_whose_sign_in_was_refused_is_heard_up_to_that() -> None:
    found, lines = written(har(REFUSED, STATUS))
    assert (found.messages, found.late) == (0, 2)
    assert events(lines)[-1] == "SessionClosed"
    assert "2 messages left out, the session was over" in found.sentence()
    assert replay(lines).difference is None


def test_there_must_be_something_to_hear() -> None:
    with pytest.raises(UsageError, match="no MQTT message"):
        written(har(SIGNED_IN))
