"""F22: no secret in logs, exports and reprs, by key, by shape, and exactly where it is known."""

from __future__ import annotations

import json
from time import thread_time
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from navien_proto.model.feature import FEATURE_FIELDS
from navien_proto.model.status import STATUS_FIELDS
from navien_proto.redact import Redactor, redact_text, redact_url, redact_value, secret_label

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-_x"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNED = (
    "wss://a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260115%2Fus-east-1%2Fiotdevicegateway%2Faws4_request"
    "&X-Amz-Date=20260115T120000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=6f7a48373ad3adb3cbcbf694a60dd7e650b5f715d1b8a9a20834cb25b878e697"
    "&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2Btoken"
)
SIGNED_REDACTED = (
    "wss://a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=<access-key>&X-Amz-Date=20260115T120000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=<signature>&X-Amz-Security-Token=<token>"
)

SECRET_KEYS = [
    "password", "userPassword", "NAVIEN_PASSWORD", "accessToken", "access_token", "ACCESS-TOKEN", "refreshToken",
    "idToken", "sessionToken", "pushToken", "accessKeyId", "secretKey", "aws_secret_access_key", "userId", "email",
    "NAVIEN_EMAIL", "macAddress", "mac_address", "controllerSerialNumber", "controllerId", "manufactureId",
    "userFirstName", "userLastName", "installerFirstName", "installerPhoneNumber", "deviceName", "address", "city",
    "latitude", "longitude", "altitude", "zipCode", "authorization", "Cookie", "X-Amz-Signature",
    "X-Amz-Security-Token", "X-Amz-Credential", "api_key",
]  # fmt: skip


class TestShapes:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (f"token {JWT} refused", "token <token> refused"),
            (JWT[:25] + "…", "<token>…"),
            ("Bearer abc.def-123", "Bearer <token>"),
            ("key AKIAIOSFODNN7EXAMPLE is old", "key <access-key> is old"),
            (f"signed with {AWS_SECRET}", "signed with <secret>"),
            ("user.name+tag@example.co.uk, please", "<e-mail>, please"),
            ("userid user%2Btag%40example.com", "userid <e-mail>"),
            ("cmd/52/navilink-aabbccddeeff/client-0001/res", "cmd/52/navilink-<mac>/client-0001/res"),
            ("cmd%2F52%2Faabbccddeeff%2Fst", "cmd%2F52%2F<mac>%2Fst"),
            ("AA:BB:CC:DD:EE:FF and aa-bb-cc-dd-ee-ff", "<mac> and <mac>"),
            ("aa%3Abb%3Acc%3Add%3Aee%3Aff", "<mac>"),
            ("aabb.ccdd.eeff", "<mac>"),
            ("001122334455", "<mac>"),
            ("serial 00000000XX00000000.", "serial <serial>."),
            ("mqtt://user:hunter2@broker.lan:1883/x", "mqtt://<user>@broker.lan:1883/x"),
            ("Authorization: Basic dXNlcg==\nHost: a", "Authorization: <authorization>\nHost: a"),
            ("set-cookie: id=1; path=/", "set-cookie: <authorization>"),
            ("at latitude 37.4219", "at latitude <coordinates>"),
            ("location: 37.4219, -122.0841", "location: <coordinates>"),
            ("(lat, lon) 37.4219 -122.0841", "(lat, lon) <coordinates>"),
            (SIGNED, SIGNED_REDACTED),
        ],
    )
    def test_what_looks_like_a_secret_is_replaced_by_what_it_was(self, text: str, shown: str) -> None:
        assert redact_text(text) == shown

    @pytest.mark.parametrize(
        "text",
        [
            "the broker closed the connection: keep-alive 60 s missed",
            "session 1758919299363, code 16777219, raw 117",
            "2026-01-15T12:00:00.123456+00:00 and 20260115T120000Z",
            "navien-client-0a1b2c3d",
            "0a1b2c3d-0a1b-4c3d-8e5f-aabbccddeeff",  # the client id of the app: a UUID
            "app-00000001",
            "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "https://nlus.naviensmartcontrol.com/api/v2.1/device/firmware/info",
            "/home/someone/Documents/Navien/Captures2/NavienCaptureFilesFromSeptember/first.har",
            "log.entries[3].request.url: expected text, found null",
            "password: expected text, found null",
            "mac: not twelve hexadecimal digits",
            "the bearer token is missing",
            "Tokens(authentication_expires_at=datetime.datetime(2026, 1, 15, 13, 0))",
            "DHW 58.5 °C, upper 58.6 °C, 432 W",
            "decoder=half_celsius unit=degC code=200 msg=SUCCESS",
            "'topic': 'cmd/52/a/res', 'qos': 1",
        ],
    )
    def test_words_and_numbers_stay(self, text: str) -> None:
        assert redact_text(text) == text


class TestKeys:
    @pytest.mark.parametrize("key", SECRET_KEYS)
    def test_every_spelling_in_every_writing(self, key: str) -> None:
        label = secret_label(key)
        assert label is not None
        canary = "ca nary"
        for text in (
            json.dumps({"a": 1, key: canary, "b": 2}),
            repr({"a": 1, key: canary, "b": 2}),
            json.dumps(json.dumps({"a": 1, key: canary, "b": 2})),
            json.dumps(json.dumps(json.dumps({"a": 1, key: canary, "b": 2}))),
            f"{key}='{canary}', b=2",
            f'{key}: "{canary}", b: 2',
        ):
            shown = redact_text(text)
            assert "nary" not in shown
            assert label in shown
            assert "2" in shown
        assert redact_text(f"{key}=canary b=2") == f"{key}={label} b=2"
        assert redact_text(f"?{key}=canary&b=2") == f"?{key}={label}&b=2"
        assert redact_value({key: canary, "b": [{key: 5}]}) == {key: label, "b": [{key: label}]}

    def test_no_field_of_the_device_is_hidden_but_its_serial(self) -> None:
        rows = [*STATUS_FIELDS, *FEATURE_FIELDS]
        hidden = {row.wire_name for row in rows if secret_label(row.wire_name)}
        assert hidden == {"controllerSerialNumber"}
        assert [row.python_name for row in rows if secret_label(row.python_name)] == ["controller_serial_number"]

    @pytest.mark.parametrize(
        "key", ["sessionID", "clientID", "deviceType", "additionalValue", "tokens", "capacity"]
    )
    def test_other_keys_are_no_secrets(self, key: str) -> None:
        assert secret_label(key) is None

    @pytest.mark.parametrize("value", ["null", "None", "True", "false", "''", '""'])
    def test_what_says_not_set_stays(self, value: str) -> None:
        assert redact_text(f"password={value}") == f"password={value}"
        assert redact_text(f"'password': {value}, 'x': 1") == f"'password': {value}, 'x': 1"

    def test_a_quotation_mark_inside_the_value_does_not_end_it(self) -> None:
        assert redact_text(json.dumps({"password": 'a"can"ary\\', "x": 1})) == '{"password": "<password>", "x": 1}'

    def test_a_value_that_is_cut_off_is_hidden_to_its_end(self) -> None:
        assert redact_text('{"password": "canary') == '{"password": "<password>'
        assert redact_text('{\\"password\\": \\"canary') == '{\\"password\\": \\"<password>'
        assert redact_text('{"password":') == '{"password":'

    def test_numbers_are_hidden_and_what_follows_is_not(self) -> None:
        text = '{"latitude":37.0,"longitude":-122.0,"altitude":null,"x":1}'
        shown = '{"latitude":<coordinates>,"longitude":<coordinates>,"altitude":null,"x":1}'
        assert redact_text(text) == shown
        assert redact_text("Location(latitude=37.0, longitude=-122.0)") == (
            "Location(latitude=<coordinates>, longitude=<coordinates>)"
        )


class TestUrl:
    def test_signed(self) -> None:
        assert redact_url(SIGNED) == SIGNED_REDACTED

    def test_query_values_are_looked_at_decoded(self) -> None:
        query = urlencode({"a": '{"password": "canary"}', "userId": "user@example.com", "b": "x y"})
        assert redact_url(f"https://h/p?{query}#frag") == (
            'https://h/p?a={"password": "<password>"}&userId=<e-mail>&b=x+y#frag'
        )

    def test_encoded_names_are_recognised(self) -> None:
        assert redact_url("https://h/?X%2DAmz%2DSignature=abc") == "https://h/?X%2DAmz%2DSignature=<signature>"
        assert redact_url("https://h/?aabbccddeeff=1") == "https://h/?<mac>=1"

    def test_what_is_harmless_stays_byte_for_byte(self) -> None:
        url = "https://h:8080/device/tou?additionalValue=1234&userType=O&flag&&password=#x%20y"
        assert redact_url(url) == url

    def test_user_and_path(self) -> None:
        assert redact_url("https://me:pw@h/navilink-aabbccddeeff?x=1") == "https://<user>@h/navilink-<mac>?x=1"


class TestValue:
    def test_nested_data(self) -> None:
        value = {
            "deviceInfo": {"macAddress": "aabbccddeeff", "deviceType": 52, "connected": True},
            "location": {"state": "XX", "city": "Sampletown", "altitude": None, "more": [{"floor": 2}]},
            "installer": {"installerId": None, "installerFirstName": "Test"},
            "headers": [{"name": "authorization", "value": "canary"}, {"name": "host", "value": "h"}],
            "navilink-aabbccddeeff": ("user@example.com", b"canary", 1.5, ""),
        }
        assert redact_value(value) == {
            "deviceInfo": {"macAddress": "<mac>", "deviceType": 52, "connected": True},
            "location": {
                "state": "<address>", "city": "<address>", "altitude": None, "more": [{"floor": "<address>"}],
            },
            "installer": {"installerId": None, "installerFirstName": "<installer>"},
            "headers": [{"name": "authorization", "value": "<authorization>"}, {"name": "host", "value": "h"}],
            "navilink-<mac>": ("<e-mail>", "<6 bytes>", 1.5, ""),
        }  # fmt: skip

    def test_the_original_is_not_touched(self) -> None:
        value: dict[str, Any] = {"password": "canary", "list": [{"email": "x"}]}
        redact_value(value)
        assert value == {"password": "canary", "list": [{"email": "x"}]}

    def test_other_objects_become_their_redacted_repr(self) -> None:
        class Thing:
            def __repr__(self) -> str:
                return "Thing(password='canary')"

        assert redact_value([Thing()]) == ["Thing(password='<password>')"]

    def test_depth_is_bounded(self) -> None:
        value: object = "user@example.com"
        for _ in range(5000):
            value = [value]
        assert "<too deep>" in json.dumps(redact_value(value))


class TestKnownSecrets:
    def test_exact_texts_are_hidden_wherever_they_stand(self) -> None:
        secrets = ["hunter2", "hunter2-long", 'qu"ote\\', "söße & süß"]
        text = f"a hunter2-long b xhunter2x {json.dumps(secrets[2])} {secrets[2]!r} {quote(secrets[3], safe='')}"
        shown = redact_text(text, secrets)
        assert shown == "a <secret> b x<secret>x \"<secret>\" '<secret>' <secret>"
        assert redact_value({"k": ["hunter2"]}, secrets) == {"k": ["<secret>"]}
        assert redact_url("http://h/hunter2?q=s%C3%B6%C3%9Fe%20%26%20s%C3%BC%C3%9F", secrets) == (
            "http://h/<secret>?q=<secret>"
        )

    def test_short_ones_are_not_searched_for(self) -> None:
        assert redact_text("a cat sat", ["", "a", "cat"]) == "a cat sat"

    def test_the_repr_tells_none(self) -> None:
        assert repr(Redactor(["hunter2", "x"])) == "<Redactor of 1 secrets>"


words = st.sampled_from(
    [*SECRET_KEYS, *"=:\"'\\,&?@ \n{}.-<>aé", ": ", '\\"', "://", "%40", "%2F", "eyJ", "bearer", "00:", "latitude",
     "37.0", "AKIAIOSFODNN7EXAMPLE", "aabbccddeeff", "00000000XX00000000", "user@example.com", "<token>", "B0+/",
     "location", AWS_SECRET, JWT, "null"]
)  # fmt: skip
soups = st.lists(words | st.text(max_size=5), max_size=30).map("".join)


@given(soups)
@example('"password":"a"password=b')
@example("AKIAIOSFODNN7EXAMPLEeyJ37.0")
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    redact_text(text)
    redact_url(text)
    redact_text(text, [text])


secrets = st.sampled_from([JWT, AWS_SECRET, "AKIAIOSFODNN7EXAMPLE", "user@example.com", "AA:BB:CC:DD:EE:FF",
                           "aabbccddeeff", "00000000XX00000000"])  # fmt: skip
between = st.text(" \n\t;,()[]{}|/'\"").filter(bool)


@given(between, secrets, between, secrets, between)
def test_shapes_are_found_between_any_punctuation(a: str, first: str, b: str, second: str, c: str) -> None:
    shown = redact_text(f"{a}{first}{b}{second}{c}")
    assert first not in shown
    assert second not in shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value] if isinstance(value, str) else []


@given(json_values, st.sampled_from(SECRET_KEYS), st.text("abcxyz", min_size=3).map("canary".__add__))
def test_a_secret_key_hides_whatever_is_below_it(value: Any, key: str, canary: str) -> None:
    wrapped = [{"outer": {key: [canary, {"inner": canary, "more": value}]}}]
    shown = redact_value(wrapped)
    assert all(canary not in leaf for leaf in leaves(shown))
    assert json.loads(json.dumps(shown)) == shown


LONG = 60_000


PIECES = [
    *"a0\\ -=", "a.", "a@", "a@b.", "eyJ", "eyJ.", '\\\\"', "ab:", "%2F", "a%2Ba", '"a":', "'b':'", 'password="',
    '"password":\\"', "bearer ", "bearer a.", "://", "password:", "latitude ", "location, ", "aB1+/", "navilink-",
    "AKIA", "authorization:", "cookie: a", "coordinates 1.", "00000000XX", "x=", "a.b-c+d", "&userId=",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    """Generous to slow machines, and blind to busy ones: what is quadratic takes minutes at this length."""
    text = piece * (LONG // len(piece))
    began = thread_time()
    redact_text(text)
    assert thread_time() - began < 20
