"""Whose fault is it? Every status, in HTTP and in the body (F17, F18)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.replies import refused_refresh, success_data
from navien_proto.errors import (
    AccountLocked,
    AuthError,
    BadCredentials,
    CloudError,
    HttpStatusError,
    NavienError,
    RemoteProtocolError,
    Throttled,
    TokenExpired,
)
from tests.proto.cloud.bodies import reply, success

PAGE = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"


def outcome(answer: HttpReply, *, signing_in: bool = False) -> NavienError:
    with pytest.raises(NavienError) as caught:
        success_data(answer, "doing it", signing_in=signing_in)
    return caught.value


def failure(code: object, message: object = None, status: int = 200) -> HttpReply:
    return reply({"code": code, "msg": message}, status)


class TestSuccess:
    @pytest.mark.parametrize("status", [200, 201, 299])
    def test_both_codes_say_so(self, status: int) -> None:
        assert success_data(reply(success([1]), status), "doing it") == [1]

    @pytest.mark.parametrize("body", [{"code": 200}, {"code": 200, "data": None}])
    def test_data_may_be_missing(self, body: object) -> None:
        assert success_data(reply(body), "doing it", signing_in=True) is None


class TestSignIn:
    @pytest.mark.parametrize(
        "answer",
        [
            failure(1001, "INVALID_USER_PASSWORD"),
            failure(1001),
            failure(4711, "Invalid password"),
            failure(4711, "invalidUserPassword"),
            failure(4711, "The password is incorrect."),
            failure(4711, "USER_NOT_FOUND"),
            failure(4711, "Account does not exist / not exist"),
            failure(401),
            failure(401, "UNAUTHORIZED", status=401),
            failure(400, "WRONG_PASSWORD", status=400),
            failure(404, "USER_NOT_FOUND", status=404),
            HttpReply(401),
            HttpReply(401, {}, PAGE),
        ],
    )
    def test_proven_refusals_are_fatal_at_once(self, answer: HttpReply) -> None:
        error = outcome(answer, signing_in=True)
        assert isinstance(error, BadCredentials)
        assert not error.retryable
        assert str(error).startswith("the cloud refused the e-mail address or the password (HTTP ")

    @pytest.mark.parametrize(
        ("answer", "retryable"),
        [
            (failure(9999, "SOMETHING_NEW"), True),
            (failure(0, None), True),
            (failure(503, "PASSWORD_SERVICE_FAILED"), True),
            (failure(500, "INVALID_USER_PASSWORD", status=500), True),
            (HttpReply(502, {}, PAGE), True),
            (HttpReply(302, {"Location": "http://portal"}, PAGE), True),
            (failure(400, "MISSING_PARAMETER", status=400), False),
            (failure(403, "FORBIDDEN"), False),
            (HttpReply(404, {}, PAGE), False),
        ],
    )
    def test_everything_else_is_not_the_users_fault(self, answer: HttpReply, retryable: bool) -> None:
        error = outcome(answer, signing_in=True)
        assert isinstance(error, HttpStatusError)
        assert error.retryable is retryable
        assert error.status == answer.status

    @pytest.mark.parametrize("message", ["ACCOUNT_LOCKED", "userBlocked", "too many attempts with wrong password"])
    def test_a_locked_account_is_left_alone_for_an_hour(self, message: str) -> None:
        error = outcome(failure(1003, message), signing_in=True)
        assert isinstance(error, Throttled)
        assert error.retry_after == 3600

    @pytest.mark.parametrize("pause", [None, "0", "30"])
    def test_too_many_requests_are_no_locked_account(self, pause: str | None) -> None:
        headers = {} if pause is None else {"Retry-After": pause}
        error = outcome(HttpReply(429, headers, b'{"code":429,"msg":"TOO_MANY_REQUESTS"}'), signing_in=True)
        assert type(error) is Throttled
        assert error.retry_after == (None if pause is None else float(pause))
        locked = outcome(HttpReply(429, headers, b'{"code":429,"msg":"ACCOUNT_LOCKED"}'), signing_in=True)
        assert isinstance(locked, AccountLocked)


class TestOtherRequests:
    @pytest.mark.parametrize("answer", [HttpReply(401), failure(401), failure(401, "UNAUTHORIZED", status=401)])
    def test_401_means_the_token(self, answer: HttpReply) -> None:
        error = outcome(answer)
        assert isinstance(error, TokenExpired)
        assert error.retryable

    def test_a_password_has_no_part_in_them(self) -> None:
        error = outcome(failure(1001, "INVALID_USER_PASSWORD"))
        assert isinstance(error, HttpStatusError)
        assert (error.status, error.code) == (200, 1001)

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 502, 503, 504])
    def test_both_numbers_are_kept(self, status: int) -> None:
        for error in (outcome(failure(status, status=status)), outcome(HttpReply(status, {}, PAGE))):
            assert isinstance(error, HttpStatusError)
            assert error.status == status
            assert error.retryable is (status >= 500)
        inside = outcome(failure(status))
        assert isinstance(inside, HttpStatusError)
        assert (inside.status, inside.code, inside.retryable) == (200, status, status >= 500)

    def test_the_sentence_tells_what_the_cloud_said(self) -> None:
        error = outcome(failure(1234, "DEVICE_NOT_FOUND\n", status=404))
        assert str(error) == "doing it failed: the cloud answered HTTP 404, code 1234, DEVICE_NOT_FOUND"


class TestThrottled:
    DATE = "Thu, 15 Jan 2026 12:00:00 GMT"

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"Retry-After": "30"}, 30),
            ({"retry-after": " 0 "}, 0),
            ({"Retry-After": "9999999999"}, 86400),
            ({"Retry-After": "99999999999"}, None),
            ({"Retry-After": "-1"}, None),
            ({"Retry-After": "soon"}, None),
            ({"Retry-After": "Thu, 15 Jan 2026 12:01:30 GMT", "Date": DATE}, 90),
            ({"Retry-After": "Thu, 15 Jan 2026 11:00:00 GMT", "Date": DATE}, 0),
            ({"Retry-After": "Fri, 15 Jan 2027 12:00:00 GMT", "Date": DATE}, 86400),
            ({"Retry-After": "Thu, 15 Jan 2026 12:01:30 GMT"}, None),
        ],
    )
    def test_429_tells_how_long_to_wait(self, headers: dict[str, str], seconds: float | None) -> None:
        for answer in (HttpReply(429, headers, PAGE), HttpReply(200, headers, json.dumps({"code": 429}).encode())):
            for signing_in in (False, True):
                error = outcome(answer, signing_in=signing_in)
                assert isinstance(error, Throttled)
                assert error.retry_after == seconds
                assert error.retryable


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (PAGE, "is a web page"),
        (b"\n<html>", "is a web page"),
        (b"{", r"cannot be read \(not JSON"),
        (b'{"code": 200, "data": "\xff"}', r"cannot be read \(not UTF-8\)"),
        (b"[" * 100_000, r"cannot be read \(nested"),
        (b'{"code": NaN}', "cannot be read"),
        (b"[200]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b"{}", "has no code"),
        (b'{"code": "200", "data": {}}', "has no code"),
        (b'{"code": true}', "has no code"),
        (b'{"code": 200.0}', "has no code"),
    ],
)
@pytest.mark.parametrize("signing_in", [False, True])
def test_http_success_with_a_body_that_is_none(body: bytes, reason: str, signing_in: bool) -> None:
    with pytest.raises(RemoteProtocolError, match=rf"^doing it failed: the answer {reason}") as caught:
        success_data(HttpReply(200, {}, body), "doing it", signing_in=signing_in)
    assert caught.value.retryable
    assert not isinstance(caught.value, AuthError | CloudError)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (HttpReply(401), True),
        (failure(401), True),
        (failure(400, "INVALID_REFRESH_TOKEN", status=400), True),
        (failure(9999, "EXPIRED_REFRESH_TOKEN"), True),
        (HttpReply(403, {}, PAGE), True),
        (HttpReply(500, {}, PAGE), False),
        (failure(503), False),
        (HttpReply(429), False),
        (HttpReply(200, {}, PAGE), False),
    ],
)
def test_what_ends_the_refreshing_of_tokens(answer: HttpReply, refused: bool) -> None:
    assert refused_refresh(outcome(answer)) is refused


def test_no_secret_in_what_the_cloud_says_is_repeated() -> None:
    error = outcome(failure(4711, f"user@example.com with password=canary {'x' * 5000}"), signing_in=True)
    assert "example.com" not in str(error)
    assert "canary" not in str(error)
    assert len(str(error)) < 200


@given(
    st.integers(-1, 1000),
    st.dictionaries(st.sampled_from(["retry-after", "Date", "content-type"]), st.text()),
    st.binary()
    | st.fixed_dictionaries({}, optional={"code": st.integers() | st.text(), "msg": st.text()}).map(
        lambda body: json.dumps(body).encode()
    ),
    st.booleans(),
)
def test_nothing_else_escapes(status: int, headers: dict[str, str], body: bytes, signing_in: bool) -> None:
    try:
        success_data(HttpReply(status, headers, body), "doing it", signing_in=signing_in)
    except (BadCredentials, TokenExpired, Throttled, HttpStatusError, RemoteProtocolError):
        pass
    else:
        assert json.loads(body)["code"] == 200
        assert 200 <= status < 300


def test_what_an_address_spells_decides_nothing() -> None:
    """An owner may be called user or locked: only the cloud's own words count."""
    for address in ("user@example.com", "locked@example.com", "wrong.password@example.com"):
        body = json.dumps({"code": 404, "msg": f"{address} NOT FOUND"}).encode()
        with pytest.raises(HttpStatusError):
            success_data(HttpReply(200, {}, body), "signing in", signing_in=True)
