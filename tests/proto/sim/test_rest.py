"""The simulated REST service: what it refuses, and that its memory is bounded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from navien_proto.instant import Instant
from navien_proto.sim.rest import RestService

NOW = Instant(1000.0, datetime(2026, 1, 15, 12, tzinfo=UTC))
EMAIL, PASSWORD = "user@example.com", "not-a-real-password"


class Caller:
    def __init__(self) -> None:
        self.service = RestService(Random(1), access_lifetime=3600, aws_lifetime=3600, is_online=lambda _mac: True)
        self.service.add_account(EMAIL, PASSWORD)
        self.token = self.post("/user/sign-in", {"userId": EMAIL, "password": PASSWORD})[1]["data"]["token"]

    def send(self, method: str, path: str, body: bytes, token: str | None = None) -> tuple[int, Any]:
        headers = {} if token is None else {"authorization": token}
        reply = self.service.answer(method, path, headers, body, NOW)
        return reply.status, json.loads(reply.body)

    def post(
        self, path: str, members: object, *, method: str = "POST", token: str | None = None
    ) -> tuple[int, Any]:
        return self.send(method, path, json.dumps(members).encode(), token)

    def authorized(self, path: str, members: object, method: str = "POST") -> tuple[int, Any]:
        return self.post(path, members, method=method, token=self.token["accessToken"])


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_a_bad_request(caller: Caller, body: bytes) -> None:
    assert caller.send("POST", "/user/sign-in", body)[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "members"),
    [
        ("POST", "/device/list", {"userId": EMAIL, "offset": -1, "count": 20}),
        ("POST", "/device/list", {"userId": EMAIL, "offset": "0", "count": 20}),
        ("POST", "/device/list", {"userId": EMAIL, "offset": 0, "count": 0}),
        ("PUT", "/device/tou", {"userId": EMAIL, "touInfo": "none", "sourceData": {}}),
        ("PUT", "/device/tou", {"userId": EMAIL, "touInfo": {}, "sourceData": []}),
        ("POST", "/device/tou/convert", {"userId": EMAIL, "sourceData": {}}),
    ],
)
def test_members_of_the_wrong_kind_are_a_bad_request(
    caller: Caller, method: str, path: str, members: dict[str, Any]
) -> None:
    assert caller.authorized(path, members, method)[0] == 400


def test_nobody_sees_another_account(caller: Caller) -> None:
    caller.service.add_account("other@example.com", PASSWORD)
    members = {"offset": 0, "count": 20}
    assert caller.authorized("/device/list", {"userId": EMAIL.upper(), **members})[0] == 200
    assert caller.authorized("/device/list", {"userId": "other@example.com", **members})[0] == 403


def test_of_refresh_tokens_without_end_the_latest_stay_good(caller: Caller) -> None:
    tokens = [
        caller.post("/user/sign-in", {"userId": EMAIL, "password": PASSWORD})[1]["data"]["token"]["refreshToken"]
        for _ in range(1100)
    ]
    first, last = (
        caller.post("/auth/refresh", {"refreshToken": token})[1]["code"] for token in (tokens[0], tokens[-1])
    )
    assert first != 200
    assert last == 200
