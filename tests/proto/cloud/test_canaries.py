"""F22: no canary secret in the repr of any public class of the cloud, nor in any error it raises."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud import endpoints, sigv4
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.sigv4_verify import SignatureRefused, verify_presigned
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import NavienError
from navien_proto.har import decode_capture, read_har
from navien_proto.model.device import Device
from tests.proto.cloud.bodies import reply, success

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
MAC = "aabbccddee0f"
EMAIL = "canary.person@example.com"
SERIAL = "00000000CN00000000"
# Distinct, so that a leak names itself; none has a telling shape, unless its owner has one.
TOKEN = {
    "idToken": "canaryIdToken",
    "accessToken": "canaryAccessToken",
    "refreshToken": "canaryRefreshToken",
    "accessKeyId": "canaryKeyId",
    "secretKey": "canarySecretKey",
    "sessionToken": "canarySessionToken",
}
PERSONAL = {"state": "canaryState", "city": "canaryCity", "address": "canaryAddress", "latitude": 12.3456789}
INFO = {"macAddress": MAC, "additionalValue": "canaryAdditional", "deviceName": "canaryName", "homeSeq": 987654321}
UNIT = Device(mac=MAC, additional_value="1234")
BODIES: dict[str, tuple[Callable[[HttpReply], Any], Any]] = {
    "/user/sign-in": (
        lambda answer: endpoints.parse_sign_in(answer, NOON),
        {
            "userInfo": {"userFirstName": "canaryFirst", "userLastName": "canaryLast", "userSeq": 987654321},
            "legal": [{"description": "canaryLegal"}],
            "token": TOKEN,
            "extra": "canaryExtra",
        },
    ),
    "/auth/refresh": (endpoints.parse_refresh_grant, TOKEN),
    "/device/info": (
        lambda answer: endpoints.parse_device_info(answer, UNIT),
        {
            "deviceInfo": INFO,
            "location": PERSONAL,
            "installer": {
                "installerId": "canaryId",
                "installerFirstName": "canaryF",
                "installerLastName": "canaryL",
                "installerPhoneNumber": "canaryPhone",
            },
        },
    ),
    "/device/firmware/info": (endpoints.parse_firmware_info, {"firmwares": [INFO]}),
    "/device/tou": (
        endpoints.parse_tou,
        {"touInfo": {"controllerId": SERIAL, "manufactureId": SERIAL, "zipCode": "canaryZip", "schedule": []}},
    ),
    "/device/list": (endpoints.parse_device_page, [{"deviceInfo": INFO, "location": PERSONAL}]),
}
SECRETS = ("canary", MAC, SERIAL, EMAIL, "987654321", "12.3456789")


def assert_clean(*texts: str) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in text


def parts(value: Any) -> Iterator[object]:
    """An answer and every object of ours inside it: each may be shown by itself."""
    if attrs.has(type(value)):
        yield value
        for attribute in attrs.fields(type(value)):
            yield from parts(getattr(value, attribute.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts(item)


def everything(error: BaseException) -> str:
    """Message, notes, cause and context, as a log would show them, without the source lines."""
    lines = traceback.TracebackException.from_exception(error, lookup_lines=False).format_exception_only()
    return "".join([*lines, repr(error), repr(error.args), repr(vars(error))])


@pytest.mark.parametrize("path", BODIES)
def test_answers(path: str) -> None:
    parse, data = BODIES[path]
    answer = reply(success(data))
    assert_clean(repr(answer), *map(repr, parts(parse(answer))))


def test_tokens_and_what_is_signed_with_them() -> None:
    tokens = endpoints.parse_sign_in(reply(success(BODIES["/user/sign-in"][1])), NOON).tokens
    assert_clean(repr(tokens), repr(tokens.credentials))
    for request in (
        endpoints.sign_in("https://h", EMAIL, "canaryPassword"),
        endpoints.refresh("https://h", tokens),
        endpoints.device_list("https://h", tokens, EMAIL),
        endpoints.device_info("https://h", tokens, EMAIL, UNIT),
        endpoints.tou("https://h", tokens, EMAIL, UNIT, SERIAL),
    ):
        assert_clean(repr(request))


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 429, 500])
def test_errors_of_parsers(path: str, status: int) -> None:
    parse, data = BODIES[path]
    says = f"no {EMAIL} with password='canary' or token=canary on navilink-{MAC} {SERIAL}"
    for body in (
        json.dumps({"code": 1001, "msg": says, "data": data}).encode(),
        json.dumps({"code": 401, "msg": says}).encode(),
        json.dumps({"code": 200, "data": "canary"}).encode(),
        json.dumps({"code": "canary", "data": data}).encode(),
        b"<html>canary",
        b'{"code": 200, "data": {"token": {"accessToken": "canary\\n"}}, "x": canary',
    ):
        with pytest.raises(NavienError) as caught:
            parse(HttpReply(status, {"set-cookie": "canary"}, body))
        assert_clean(everything(caught.value))


@pytest.mark.parametrize("member", [*TOKEN, "authorization_expires_at"])
def test_errors_of_stored_tokens(member: str) -> None:
    stored = Tokens.granted(endpoints.parse_refresh_grant(reply(success(TOKEN))).grant, NOON).to_dict()
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)
    for bad in ("canary\n", ["canary"], {"canary": "canary"}):
        with pytest.raises(NavienError) as caught:
            Tokens.from_dict({**stored, name: bad})
        assert_clean(everything(caught.value))


def test_errors_of_signing() -> None:
    pair = Credentials("canaryKeyId", "canarySecretKey", "canaryToken")
    for build in (
        lambda: Credentials("canary\ud800", "x"),
        lambda: sigv4.presigned_url(pair, "https://canary@h", NOON),
        lambda: sigv4.presigned_url(pair, "h", NOON, path="/?canary"),
        lambda: sigv4.presigned_url(pair, "h", NOON, region="canary!"),
    ):
        with pytest.raises(NavienError) as caught:
            build()
        assert_clean(everything(caught.value))


@given(st.integers(0, 600), st.integers(32, 126))
def test_errors_of_verifying(position: int, character: int) -> None:
    pair = Credentials("canaryKeyId", "canarySecretKey", "canaryToken")
    target = sigv4.presigned_target(pair, "h", NOON)
    place = position % len(target)
    changed = target[:place] + chr(character) + target[place + 1 :]
    try:
        verify_presigned("GET", changed, {"host": "h"}, {pair.access_key_id: pair}.get, NOON)
    except SignatureRefused as error:
        assert_clean(everything(error))


def test_captures() -> None:
    entries = [
        {
            "startedDateTime": "2026-01-15T12:00:00Z",
            "request": {
                "method": "GET" if path == "/device/tou" else "POST",
                "url": f"https://h{path}?userId={EMAIL}&controllerId={SERIAL}",
                "postData": {
                    "text": json.dumps({"password": "canary", "macAddress": MAC, "additionalValue": "1"})
                },
            },
            "response": {"status": 200, "content": {"text": json.dumps(success(data))}},
        }
        for path, (_, data) in BODIES.items()
    ]
    capture = read_har(json.dumps({"log": {"entries": entries}}).encode())
    assert len(capture.exchanges) == len(BODIES)
    assert_clean(repr(capture), *(repr(row) for row in decode_capture(capture)))
