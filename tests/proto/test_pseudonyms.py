"""Stand-ins keep the shape, stay the same, and stand for themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.pseudonyms import Pseudonyms, secret_kind


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("macAddress", "mac"),
        ("Authorization", "token"),
        ("X-Amz-Signature", "token"),
        ("refresh_token", "token"),
        ("userId", "e-mail"),
        ("homeSeq", "number"),
        ("client-id", "client"),
        ("dhwTemperature", None),
        ("Bearer <token>", None),
    ],
)
def test_kinds_are_known_by_key(key: str, kind: str | None) -> None:
    assert secret_kind(key) == kind


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("mac", "A1B2C3D4E5F6", "020000000001"),
        ("mac", "a1-b2-c3-d4-e5-f6", "02-00-00-00-00-01"),
        ("mac", "a1b2.c3d4.e5f6", "0200.0000.0001"),
        ("mac", "no address", "<mac-1>"),
        ("e-mail", "a@b.example", "user1@example.com"),
        ("serial", "12345678AB12345678", "00000000XX00000001"),
        ("serial", "1234567890123456", "0000000000000001"),
        ("serial", "SN-5", "<serial-1>"),
        ("token", "anything", "<token-1>"),
        ("address", "04711", "00000"),
        ("address", "Somewhere", "<address-1>"),
        ("coordinates", "1.25", "0.0"),
        ("additional", "5322", "1234"),
        ("number", "31337", "999000001"),
        ("client", "3c1c8f0e-0000-4000-8000-a1b2c3d4e5f6", "client-1"),
        ("client", "navilink-a1b2c3d4e5f6", "navilink-020000000001"),
        ("password", "", ""),
        ("token", "None", "None"),
    ],
)
def test_stand_ins_keep_the_shape(kind: str, value: str, name: str) -> None:
    names = Pseudonyms()
    assert names.of(kind, value) == name
    assert names.of(kind, value) == name
    assert Pseudonyms().of(kind, name) == name


def test_a_stand_in_that_was_there_keeps_its_number() -> None:
    names = Pseudonyms()
    for value in ("a@b.example", "user1@example.com"):
        names.of("e-mail", value)
    names.settle()
    assert names.text("user1@example.com, a@b.example") == "user1@example.com, user2@example.com"
    assert names.counts == {"e-mail": 1}
    assert repr(names) == "<Pseudonyms of 2 secrets>"


def test_what_a_stand_in_is_joined_to_does_not_change_it() -> None:
    assert Pseudonyms().text("navilink-user7@example.com") == "navilink-user7@example.com"
    assert Pseudonyms().text("superuser7@example.com") == "user1@example.com"


def test_an_address_in_a_url_stays_encoded() -> None:
    assert Pseudonyms().text("to=jane.doe%40home.org") == "to=user1%40example.com"


def test_an_endless_stream_of_texts_is_looked_at_again_and_says_the_same() -> None:
    names = Pseudonyms(at_once=True)
    shown = names.text("a0:00:00:00:03:e8")
    for number in range(5000):
        assert names.text(f"text {number}") == f"text {number}"
    assert names.text("a0:00:00:00:03:e8") == shown == "02:00:00:00:00:01"


def test_after_a_thousand_labels_serve() -> None:
    names = Pseudonyms()
    shown = [names.of("mac", f"a0000000{number:04x}") for number in range(1001)]
    assert shown[998:] == ["020000000999", "<mac-1000>", "<mac-1001>"]
    assert names.text("at a0:00:00:00:03:e8") == "at <mac-1001>"


def test_ordinary_words_are_not_searched_for_in_what_has_a_structure() -> None:
    names = Pseudonyms()
    names.of("name", "status")
    names.of("password", "abc")
    names.settle()
    assert names.text("abc status", strict=True) == "abc status"
    assert names.text("abc status") == "abc <name-1>"
    assert names.text("statuses") == "statuses"


@given(st.text(), st.lists(st.tuples(st.sampled_from(["token", "name", "mac", "e-mail", "serial"]), st.text())))
def test_twice_is_once(text: str, secrets: list[tuple[str, str]]) -> None:
    names = Pseudonyms()
    for kind, value in secrets:
        names.of(kind, value)
    names.settle()
    once = names.text(text)
    assert Pseudonyms().text(once) == once
