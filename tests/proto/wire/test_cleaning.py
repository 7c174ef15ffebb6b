"""Stand-ins for secrets, by key and by shape, in whatever they are wrapped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from navien_proto.pseudonyms import Pseudonyms
from navien_proto.redact import DEEPEST
from navien_proto.wire.cleaning import Cleaner, from_base64

MAC = "aabbccddeeff"


def fresh() -> Cleaner:
    return Cleaner(Pseudonyms(at_once=True))


@pytest.fixture
def cleaner() -> Cleaner:
    return fresh()


@pytest.mark.parametrize(
    ("topic", "clean"),
    [
        (f"cmd/52/navilink-{MAC}/st/did", "cmd/52/navilink-020000000001/st/did"),
        (f"evt/52/navilink-{MAC.upper()}/connection", "evt/52/navilink-020000000001/connection"),
        (f"cmd/52/navilink-{MAC}/phone-7/res", "cmd/52/navilink-020000000001/client-1/res"),
        ("cmd/52/phone-7/res/rsv/rd", "cmd/52/client-1/res/rsv/rd"),
        ("cmd/52/12345/res/rsv/rd", "cmd/52/999000001/res/rsv/rd"),
        ("cmd/52/12345/67890/phone-7/res/td/rd", "cmd/52/999000001/999000002/client-1/res/td/rd"),
        ("cmd/52/12345/12345/phone-7/res", "cmd/52/999000001/999000001/client-1/res"),
        ("cmd/52/+/res/#", "cmd/52/+/res/#"),
        ("cmd/52/#", "cmd/52/#"),
        ("homeassistant/sensor/state", "homeassistant/sensor/state"),
    ],
)
def test_topics(cleaner: Cleaner, topic: str, clean: str) -> None:
    assert cleaner.topic(topic) == clean
    assert fresh().topic(clean) == clean  # a second time nothing changes


def test_a_client_is_known_by_its_topic_wherever_it_stands_later(cleaner: Cleaner) -> None:
    cleaner.topic(f"cmd/52/navilink-{MAC}/phone-7-of-jane/res")
    assert cleaner.value({"note": "phone-7-of-jane says hello"}) == {"note": "client-1 says hello"}


VALUES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    ("", ""),
    (5, 5),
    (1.5, 1.5),
    ("plain words", "plain words"),
    ({"accessToken": "secret-abc"}, {"accessToken": "<token-1>"}),
    ({"accessToken": None, "password": ""}, {"accessToken": None, "password": ""}),
    ({"macAddress": "AA:BB:CC:DD:EE:FF"}, {"macAddress": "02:00:00:00:00:01"}),
    ({"userId": "someone@home.org"}, {"userId": "user1@example.com"}),
    ({"city": "Springfield"}, {"city": "<address-1>"}),
    ({"deviceName": "Basement"}, {"deviceName": "<name-1>"}),
    # Numbers stay numbers.
    ({"homeSeq": 12345, "userSeq": "67890"}, {"homeSeq": 999000001, "userSeq": "999000002"}),
    ({"latitude": 40.1234567, "longitude": -74}, {"latitude": 0.0, "longitude": 0}),
    ({"latitude": True}, {"latitude": True}),
    ({"zipCode": 12345}, {"zipCode": 0}),
    ({"additionalValue": 4711}, {"additionalValue": 1234}),
    ({"additionalValue": "0815"}, {"additionalValue": "1234"}),
    ({"authenticationExpiresIn": 3600}, {"authenticationExpiresIn": 3600}),
    # A key says what all below it is.
    ({"password": {"inner": ["hunter22"]}}, {"password": {"inner": ["<password-1>"]}}),
    ({"address": ["1 Main Street", 7]}, {"address": ["<address-1>", 0]}),
    # A secret may be a key.
    ({MAC: 1}, {"020000000001": 1}),
    # Headers, queries and cookies.
    (
        {"headers": [{"name": "Authorization", "value": "abc123456"}, {"name": "Accept", "value": "*/*"}]},
        {"headers": [{"name": "Authorization", "value": "<token-1>"}, {"name": "Accept", "value": "*/*"}]},
    ),
    ({"cookies": [{"name": "sid", "value": "x"}]}, {"cookies": [{"name": "sid", "value": "<token-1>"}]}),
    ({"queryString": [{"name": 5, "value": "x"}]}, {"queryString": [{"name": 5, "value": "x"}]}),
    # Bodies in base64: text is looked into, of the rest only the length is kept.
    ({"text": "aGVsbG8=", "encoding": "base64"}, {"text": "aGVsbG8=", "encoding": "base64"}),
    (
        {"text": "eyJwYXNzd29yZCI6Imh1bnRlcjIyIn0=", "encoding": "Base64"},
        {"text": "eyJwYXNzd29yZCI6IjxwYXNzd29yZC0xPiJ9", "encoding": "Base64"},
    ),
    ({"text": "bm8gVVRGOO/w", "encoding": "base64"}, {"text": "PDkgYnl0ZXM+", "encoding": "base64"}),
    ({"text": "aGVsbG8="}, {"text": "aGVsbG8="}),
    # What a reader depends on, and what only looks like a MAC address.
    (
        {"mode": "dhw-mode", "requestTopic": f"cmd/52/navilink-{MAC}/ctrl"},
        {"mode": "dhw-mode", "requestTopic": "cmd/52/navilink-020000000001/ctrl"},
    ),
    ({"topic": "cmd/52/phone-7/res/x"}, {"topic": "cmd/52/client-1/res/x"}),
    ({"reservation": "027c061e0478"}, {"reservation": "027c061e0478"}),
    ({"reservation": MAC, "x": MAC}, {"reservation": MAC, "x": "020000000001"}),
    # A place is searched for in other texts when it is exact enough to be one.
    ({"latitude": 40.123, "note": "at 40.123"}, {"latitude": 0.0, "note": "at 0.0"}),
    ({"latitude": 40.12, "note": "at 40.12"}, {"latitude": 0.0, "note": "at 40.12"}),
    ({"zipCode": 123456, "note": "at 123456"}, {"zipCode": 0, "note": "at 0.0"}),
    ({"homeSeq": 123456, "note": "at 123456"}, {"homeSeq": 999000001, "note": "at 999000001"}),
    # All below these is personal, whatever its key.
    ({"Location": {"anything": "Elm Street"}}, {"Location": {"anything": "<address-1>"}}),
    ({"installer": {"anything": "Bob Builder"}}, {"installer": {"anything": "<installer-1>"}}),
    # A word that is also a name stays where it says what something is.
    (
        {"deviceName": "status", "headers": [{"name": "status", "value": "1"}], "status": 1},
        {"deviceName": "<name-1>", "headers": [{"name": "status", "value": "1"}], "status": 1},
    ),
    ({"name": "token", "value": "abc12345", "note": "x"}, {"name": "token", "value": "<token-1>", "note": "x"}),
    ({"name": "token", "note": "abc12345"}, {"name": "token", "note": "abc12345"}),
    ({"body": "userId=jane%40home.org&x=1"}, {"body": "userId=user1@example.com&x=1"}),
    ({"text": '{"a": [1, {"password": "hunter22"}]}'}, {"text": '{"a":[1,{"password":"<password-1>"}]}'}),
]


@pytest.mark.parametrize(("value", "clean"), VALUES)
def test_values(cleaner: Cleaner, value: Any, clean: Any) -> None:
    assert cleaner.value(value) == clean
    again = fresh().value(clean)
    assert again == clean
    assert json.dumps(again) == json.dumps(clean)


def test_what_is_too_deep_is_cut_off(cleaner: Cleaner) -> None:
    value: Any = "bottom"
    for _ in range(DEEPEST):
        value = [value]
    assert cleaner.value(value) == value
    clean = cleaner.value([value])
    for _ in range(DEEPEST + 1):
        (clean,) = clean
    assert clean == "<too-deep>"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"accessToken":"zzz-secret"}', '{"accessToken":"<token-1>"}'),
        ('\ufeff {"accessToken":"zzz-secret"}', '\ufeff{"accessToken":"<token-1>"}'),
        ('[ 1, {"a" : 2} ]', '[1,{"a":2}]'),
        ('{"broken', '{"broken'),
        ("[" * 5000, "[" * 5000),
        ("password=hunter22&x=1", "password=%3Cpassword-1%3E&x=1"),
        ("x=a%20b&flag&n=", "x=a%20b&flag&n="),
        ("a=1 b=2", "a=1 b=2"),
        (
            "https://h/p?token=abcdef1234&q=a%20b#password=x12345",
            "https://h/p?token=%3Ctoken-1%3E&q=a%20b#password=%3Cpassword-1%3E",
        ),
        (
            "q=%7B%22password%22%3A%22hunter22%22%7D",
            "q=%7B%22password%22%3A%22%3Cpassword-1%3E%22%7D",
        ),
        ("mac=aa%3Abb%3Acc%3Add%3Aee%3Aff", "mac=02%3A00%3A00%3A00%3A00%3A01"),
        (f"{MAC}=1&y=2", "020000000001=1&y=2"),
    ],
)
def test_texts(cleaner: Cleaner, text: str, clean: str) -> None:
    assert cleaner.text(text) == clean
    assert fresh().text(clean) == clean


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (b"hi", b"hi"),
        ("ü".encode(), "ü".encode()),
        (b'{"password":"hunter22"}', b'{"password":"<password-1>"}'),
        (b"\xff\xfe\x00", b"<3 bytes>"),
        ("ab".encode("utf-16-le"), b"<4 bytes>"),
        (b"", b""),
    ],
)
def test_bytes(cleaner: Cleaner, data: bytes, clean: bytes) -> None:
    assert cleaner.data(data) == clean
    assert fresh().data(clean) == clean


@pytest.mark.parametrize(("text", "data"), [("aGVs\r\n bG8=", b"hello"), ("", b""), ("a", b""), ("é", b"")])
def test_base64_as_tools_write_it(text: str, data: bytes) -> None:
    assert from_base64(text) == data


def test_the_same_secret_has_one_name_everywhere(cleaner: Cleaner) -> None:
    first = cleaner.value({"password": "hunter22", "other": {"newPassword": "swordfish1"}})
    assert cleaner.text("they said hunter22 and swordfish1") == "they said {} and {}".format(
        first["password"], first["other"]["newPassword"]
    )
    assert cleaner.url("/p?password=hunter22") == "/p?password=%3Cpassword-1%3E"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("/p?token=ab=cd=", "/p?token=%3Ctoken-1%3E"),
        ("/p?token=ab?cd12345", "/p?token=%3Ctoken-1%3E"),
        ("/p?a=1#password=x12345#more", "/p?a=1#password=%3Cpassword-1%3E"),
        ("/p?a=1#top", "/p?a=1#top"),
        ("/p", "/p"),
    ],
)
def test_a_secret_may_hold_what_parts_a_url(cleaner: Cleaner, url: str, clean: str) -> None:
    assert cleaner.url(url) == clean


def test_a_word_of_a_path_is_no_name(cleaner: Cleaner) -> None:
    assert cleaner.value({"deviceName": "status"}) == {"deviceName": "<name-1>"}
    assert cleaner.url("/status?x=1") == "/status?x=1"
    assert cleaner.value({"status": "the status of it"}) == {"status": "the <name-1> of it"}


def test_numbers_below_a_secret_key_say_nothing_but_lifetimes_stay() -> None:
    form = {"token": {"authenticationExpiresIn": 3600, "AUTHORIZATIONEXPIRESIN": 60, "serial": 4711}}
    shown = fresh().value(form)
    assert shown["token"] == {"authenticationExpiresIn": 3600, "AUTHORIZATIONEXPIRESIN": 60, "serial": 0}


def test_a_number_that_stands_for_a_home_stays_a_number(cleaner: Cleaner) -> None:
    assert cleaner.value({"homeSeq": 12345}) == {"homeSeq": 999000001}
    assert cleaner.value({"homeSeq": 12.5})["homeSeq"] != 12.5


def test_a_name_is_of_a_header_only_where_a_value_stands_beside_it(cleaner: Cleaner) -> None:
    assert cleaner.value({"name": "password", "note": "hunter22"})["note"] == "hunter22"
    assert cleaner.value({"name": "password", "value": "hunter22"})["value"] == "<password-1>"


def test_keys_with_dashes_are_read_as_without(cleaner: Cleaner) -> None:
    assert cleaner.value({"Zip-Code": "12345"}) == {"Zip-Code": "00000"}


def test_a_form_keeps_what_is_none_of_its_secrets_as_it_was_written(cleaner: Cleaner) -> None:
    assert cleaner.text("a=%41&b=c+d") == "a=%41&b=c+d"
    assert cleaner.text("password=hunter22&x=%41") == "password=%3Cpassword-1%3E&x=%41"
    assert cleaner.text("mac%41ddress=aabbccddeeff") == "mac%41ddress=020000000001"


def test_a_document_in_a_query_is_cleaned_and_written_shortly(cleaner: Cleaner) -> None:
    assert cleaner.text('d={"password":"hunter22","b":[1,2]}') == (
        "d=%7B%22password%22%3A%22%3Cpassword-1%3E%22%2C%22b%22%3A%5B1%2C2%5D%7D"
    )


def test_words_with_an_equals_sign_are_no_form(cleaner: Cleaner) -> None:
    assert cleaner.text("and so x=%41 it ends") == "and so x=%41 it ends"


@pytest.mark.parametrize(("outer", "inner", "deep"), [(DEEPEST - 9, 9, True), (DEEPEST - 12, 9, False)])
def test_depth_is_counted_through_texts(outer: int, inner: int, deep: bool) -> None:
    text = json.dumps("[" * inner + "7" + "]" * inner)
    shown = fresh().text("[" * outer + text + "]" * outer)
    assert ("<too-deep>" in shown) is deep


def test_a_name_that_is_an_ordinary_word_is_no_key_no_path_and_no_header(cleaner: Cleaner) -> None:
    assert cleaner.value({"deviceName": "status"}) == {"deviceName": "<name-1>"}
    for form in ({"status": 1}, {"name": "status", "value": "x"}):
        assert cleaner.value(form) == form
    assert cleaner.text("https://host/status?a=1") == "https://host/status?a=1"


def test_a_stand_in_that_was_put_into_a_query_is_not_replaced_again(cleaner: Cleaner) -> None:
    cleaner.value({"password": "a&b=c"})
    assert cleaner.text("x=1&password=a&b=c&y=2") == "x=1&password=%3Cpassword-1%3E&y=2"
    # What stood there before as a stand-in is somebody of that name.
    assert cleaner.text("password=%3Cpassword-1%3E&z=1") == "password=%3Cpassword-1%3E&z=1"


def test_a_long_secret_is_found_as_a_key_a_path_a_header_and_the_name_of_a_pair(cleaner: Cleaner) -> None:
    cleaner.value({"password": "correct-horse-9"})
    assert cleaner.value({"correct-horse-9": 1}) == {"<password-1>": 1}
    assert cleaner.value({"name": "correct-horse-9", "value": "x"}) == {"name": "<password-1>", "value": "x"}
    assert cleaner.text("https://host/correct-horse-9?a=1") == "https://host/<password-1>?a=1"
    assert cleaner.text("correct%2Dhorse-9=1&a=2") == "%3Cpassword-1%3E=1&a=2"


def test_a_stand_in_that_was_there_before_is_somebody_else_s(cleaner: Cleaner) -> None:
    cleaner.value({"macAddress": MAC})
    assert cleaner.text(f"macAddress={MAC}&x=1") == "macAddress=020000000001&x=1"
    assert cleaner.text("macAddress=020000000001&x=1") == "macAddress=020000000002&x=1"


def test_a_name_without_a_value_is_looked_at_like_any_text(cleaner: Cleaner) -> None:
    shown = cleaner.value({"name": '{"password":"hunter22"}'})
    assert shown == {"name": '{"password":"<password-1>"}'}


@pytest.mark.parametrize(("levels", "deep"), [(DEEPEST, False), (DEEPEST + 2, True)])
def test_depth_is_counted_through_objects(cleaner: Cleaner, levels: int, deep: bool) -> None:
    value: Any = 7
    for _ in range(levels):
        value = {"a": value}
    assert ("<too-deep>" in json.dumps(cleaner.value(value))) is deep


def test_an_installer_is_personal_however_the_key_is_written(cleaner: Cleaner) -> None:
    assert cleaner.value({"In-Staller": "Jane Doe"}) == {"In-Staller": "<installer-1>"}
