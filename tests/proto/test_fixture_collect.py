"""A capture becomes a set of fixtures: one of each shape, redacted, which read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from navien_proto.fixture_collect import Collected, Sort, collect
from navien_proto.fixture_set import MessageFixture, RestFixture, fixture_text, read_fixture
from navien_proto.har import decode_capture, read_har
from navien_proto.har_redact import redact_har
from tests.proto.test_har import exchange, frame, har, socket
from tests.proto.test_har_redact import MAC, TOPIC, message, publish
from tests.support.captures import read_capture
from tests.support.fixture_files import HARS, secrets_in


def of(*entries: Any, everything: bool = False) -> Collected:
    return collect(decode_capture(read_har(redact_har(har(*entries)))), everything=everything)


def statuses(*members: dict[str, Any]) -> dict[str, Any]:
    frames = [frame(publish(message(status=one)), seconds=number) for number, one in enumerate(members)]
    return socket(*frames)


@pytest.mark.parametrize(
    "read", [*(path.read_bytes for path in HARS.values()), read_capture], ids=[*HARS, "captured"]
)
@pytest.mark.parametrize("everything", [False, True])
def test_a_session_becomes_fixtures_that_read_back(read: Callable[[], bytes], everything: bool) -> None:
    rows = list(decode_capture(read_har(redact_har(read()))))
    found = collect(rows, everything=everything)
    assert found.fixtures
    assert sum(sort.seen for sort in found.sorts) + found.left_out == len(rows)
    assert sum(sort.taken for sort in found.sorts) == len(found.fixtures)
    for name, fixture in found.fixtures.items():
        text = fixture_text(fixture.document())
        assert read_fixture(name, text.encode()) == fixture
        assert "aabbccddeeff" not in text
        assert all("navilink-" not in one or "020000000001" in one for one in secrets_in(fixture.document()))


def test_one_of_each_command_and_shape_is_taken() -> None:
    first = {"command": 0, "dhwTemperature": 117}
    found = of(
        statuses(first, {**first, "dhwTemperature": 118}, {**first, "command": 67108883}, {**first, "x": 1})
    )
    assert list(found.fixtures) == [
        "status-push.partial.0x00000000",
        "status-push.partial.0x04000013",
        "status-push.partial.0x00000000-2",
    ]
    assert found.sorts == (Sort("status-push.partial", 4, 3),)


def test_what_differs_in_a_code_is_taken_too() -> None:
    first = {"command": 0, "errorCode": 0, "operationMode": 32}
    found = of(statuses(first, {**first, "errorCode": 407}, {**first, "operationMode": 77}, first))
    assert found.sorts == (Sort("status-push.partial", 4, 3),)
    refusals = [frame(publish(message(failCode=code)), seconds=code) for code in (2, 3, 2)]
    features = [frame(publish(message(feature={"volumeCode": code})), seconds=code + 10) for code in (1, 2, 1)]
    found = of(socket(*refusals, *features))
    assert found.sorts == (Sort("control-failure.any", 3, 2), Sort("feature.partial", 3, 2))
    found = of(
        *(exchange("/user/sign-in", {"code": code, "msg": "USER_NOT_FOUND"}) for code in (1002, 1004, 1002))
    )
    assert found.sorts == (Sort("sign-in.bad-credentials", 3, 2),)


def test_everything_is_all_that_differs() -> None:
    first = {"command": 0, "dhwTemperature": 117}
    found = of(statuses(first, {**first, "dhwTemperature": 118}, first), everything=True)
    assert list(found.fixtures) == ["status-push.partial.0x00000000", "status-push.partial.0x00000000-2"]
    assert found.sorts == (Sort("status-push.partial", 3, 2),)


def test_what_is_not_known_yet_is_taken_as_well() -> None:
    found = of(socket(frame(publish({"never": "seen"})), frame(publish([1, 2]))))
    assert list(found.fixtures) == ["unknown.any.seen", "unknown.any.seen-2"]


def test_what_cannot_be_decoded_is_left_out_and_counted() -> None:
    found = of(exchange("/elsewhere", {}), socket(frame(publish(b"{"))))
    assert (found.fixtures, found.sorts, found.left_out) == ({}, (), 2)


def test_requests_are_told_apart_by_code_and_mode() -> None:
    def asked(command: Any, mode: str) -> bytes:
        return publish(
            {"request": {"command": command, "mode": mode, "macAddress": MAC}}, f"cmd/52/navilink-{MAC}/ctrl"
        )

    packets = [asked(5, "a"), asked(5, "b"), asked(5, "a"), asked(-1, "a"), asked("x", "a")]
    found = of(socket(*map(frame, packets)))
    assert list(found.fixtures) == [
        "request.any.0x00000005",
        "request.any.0x00000005-2",
        "request.any.negative",
        "request.any.seen",
    ]


def test_identities_have_stand_ins() -> None:
    found = of(
        exchange(
            f"/device/tou?macAddress={MAC}&userId=jane%40mail.test",
            {"code": 401, "msg": "UNAUTHORIZED"},
            method="GET",
            status=401,
        ),
        statuses({"command": 0}),
    )
    tou, pushed = found.fixtures.values()
    assert isinstance(tou, RestFixture)
    assert isinstance(pushed, MessageFixture)
    assert tou.request.path == "/device/tou?macAddress=020000000001&userId=user1@example.com"
    assert pushed.topic == TOPIC.replace(MAC, "020000000001").replace("4f5e6d7c-canary", "client-1")
    whole = json.dumps([one.document() for one in found.fixtures.values()])
    assert MAC not in whole
    assert "canary" not in whole
    assert "jane" not in whole


def test_a_page_in_place_of_an_answer_is_kept_as_text() -> None:
    entry = exchange("/device/list", None, status=502)
    entry["response"]["content"] = {"text": "<html>€</html>"}
    entry["response"]["headers"] = [
        {"name": "Retry-After", "value": "5"},
        {"name": "Set-Cookie", "value": "session=canary"},
    ]
    entry["request"]["postData"] = {"text": '{"offset": 0}'}
    (fixture,) = of(entry).fixtures.values()
    assert isinstance(fixture, RestFixture)
    assert fixture.document()["reply"] == {
        "status": 502,
        "headers": {"retry-after": "5"},
        "text": "<html>€</html>",
    }
    assert fixture.document()["request"] == {"method": "POST", "path": "/device/list", "body": {"offset": 0}}


def test_an_answer_of_null_is_json() -> None:
    (fixture,) = of(exchange("/device/list", None)).fixtures.values()
    assert fixture.document()["reply"] == {"status": 200, "body": None}
