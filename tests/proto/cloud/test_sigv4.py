from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given

from navien_proto.cloud import sigv4
from navien_proto.cloud.defaults import MQTT_HOST
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.errors import UsageError
from tests.proto.cloud import strategies

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
PAIR = Credentials(KEY_ID, SECRET, "FwoGZXIvYXdzEXAMPLE+token/with=chars")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)

QUERY = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260115%2Fus-east-1"
    "%2Fiotdevicegateway%2Faws4_request&X-Amz-Date=20260115T120000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
)
REQUEST = f"""GET
/mqtt
{QUERY}
host:a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com

host
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"""
SIGNATURE = "6f7a48373ad3adb3cbcbf694a60dd7e650b5f715d1b8a9a20834cb25b878e697"


class TestVectorOne:
    def test_url(self) -> None:
        url = sigv4.presigned_url(
            Credentials(KEY_ID, SECRET, "EXAMPLESESSION"),
            "example.iot.us-east-1.amazonaws.com",
            datetime(2013, 5, 24, tzinfo=UTC),
        )
        assert url.startswith("wss://example.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
        assert url.endswith(
            "&X-Amz-Signature=3ec863617e7e6afa53fc5669c7db4983300818ddc18e72db53c6408d00f60d94"
            "&X-Amz-Security-Token=EXAMPLESESSION"
        )


class TestVectorTwo:
    def test_canonical_query(self) -> None:
        assert sigv4.canonical_query(KEY_ID, NOON) == QUERY

    def test_canonical_request(self) -> None:
        assert sigv4.canonical_request(QUERY, {"host": MQTT_HOST}) == REQUEST

    def test_hash_of_the_canonical_request(self) -> None:
        hashed = hashlib.sha256(REQUEST.encode()).hexdigest()
        assert hashed == "ed1a6171dc40a39ff00dfb25365e80f3114506cab5b97b544e47b13b01465fe5"

    def test_string_to_sign(self) -> None:
        assert sigv4.string_to_sign(REQUEST, NOON).split("\n") == [
            "AWS4-HMAC-SHA256",
            "20260115T120000Z",
            "20260115/us-east-1/iotdevicegateway/aws4_request",
            "ed1a6171dc40a39ff00dfb25365e80f3114506cab5b97b544e47b13b01465fe5",
        ]

    def test_signing_key(self) -> None:
        key = sigv4.signing_key(SECRET, NOON)
        assert key.hex() == "9625c99053014efcae29b9628366b2b8ce1655168bb91921b9d37d44d8797037"

    def test_signature(self) -> None:
        key = sigv4.signing_key(SECRET, NOON)
        assert sigv4.signature(key, sigv4.string_to_sign(REQUEST, NOON)) == SIGNATURE

    def test_target_has_the_token_behind_the_signature(self) -> None:
        assert sigv4.presigned_target(PAIR, MQTT_HOST, NOON) == (
            f"/mqtt?{QUERY}&X-Amz-Signature={SIGNATURE}"
            "&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2Btoken%2Fwith%3Dchars"
        )

    def test_without_expires(self) -> None:
        target = sigv4.presigned_target(PAIR, MQTT_HOST, NOON, expires=None)
        assert "X-Amz-Expires" not in target
        assert "=89af40e6cdd1429b1773e5d34f9b1914cf42225f57d2094d657a41a84cd8f821&" in target


def test_without_a_token_the_parameter_is_left_out() -> None:
    target = sigv4.presigned_target(Credentials(KEY_ID, SECRET), MQTT_HOST, NOON)
    assert target.endswith(f"&X-Amz-Signature={SIGNATURE}")


def test_any_time_zone_signs_the_same_moment() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-8)))
    assert sigv4.presigned_url(PAIR, MQTT_HOST, elsewhere) == sigv4.presigned_url(PAIR, MQTT_HOST, NOON)


def test_host_is_signed_and_written_in_lower_case() -> None:
    assert sigv4.presigned_url(PAIR, MQTT_HOST.upper(), NOON) == sigv4.presigned_url(PAIR, MQTT_HOST, NOON)


def test_a_port_in_the_host_header_is_signed() -> None:
    bare = sigv4.presigned_target(PAIR, "127.0.0.1", NOON)
    assert sigv4.presigned_target(PAIR, "127.0.0.1:8883", NOON) != bare


def test_header_values_are_trimmed_and_folded() -> None:
    request = sigv4.canonical_request("", {"host": "h", "connection": "  keep   alive "})
    assert "\nconnection:keep alive\nhost:h\n\nconnection;host\n" in request


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "user@host", "https://host", "h\nost", "host:", "host:port", "hôst", "[::1", "a?b"]
)
def test_what_is_no_host_header_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="host"):
        sigv4.presigned_url(PAIR, host, NOON)


@pytest.mark.parametrize("path", ["", "mqtt", "/a b", "/a?b", "/%41", "/a//b", "/../a", "/a/.", "/ä"])
def test_a_path_that_would_change_on_its_way_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="path"):
        sigv4.presigned_target(PAIR, MQTT_HOST, NOON, path=path)


@pytest.mark.parametrize("path", ["/", "/mqtt", "/mqtt/", "/.well-known/..x"])
def test_plain_paths_are_signed(path: str) -> None:
    assert sigv4.presigned_target(PAIR, MQTT_HOST, NOON, path=path).startswith(f"{path}?")


@pytest.mark.parametrize("expires", [0, -1, 86401])
def test_lifetimes_out_of_range_are_refused(expires: int) -> None:
    with pytest.raises(UsageError, match="86400"):
        sigv4.presigned_target(PAIR, MQTT_HOST, NOON, expires=expires)


@pytest.mark.parametrize("region", ["", "us/east", "US-EAST-1", "us east"])
def test_what_is_no_region_is_refused(region: str) -> None:
    with pytest.raises(UsageError, match="region"):
        sigv4.presigned_target(PAIR, MQTT_HOST, NOON, region=region)


def test_the_sentence_says_what_belongs_there() -> None:
    wrong: dict[str, dict[str, Any]] = {
        "a host to sign is a name or an address, with :port unless it is the default one": {"host": "a b"},
        "the path of a signed URL starts with / and holds only letters, digits and -._~": {"path": "mqtt"},
        "a region holds only lower-case letters, digits and hyphens, like us-east-1": {"region": "US"},
        "a signed URL lives 1 to 86400 whole seconds": {"expires": 0},
        "signing needs an aware datetime": {"at": NOON.replace(tzinfo=None)},
        "signing needs a time that exists in UTC": {"at": datetime.fromisoformat("0001-01-01T00:00:00+01:00")},
    }
    usual: dict[str, Any] = {"host": MQTT_HOST, "at": NOON}
    for sentence, changed in wrong.items():
        for make in (sigv4.presigned_target, sigv4.presigned_url):
            with pytest.raises(UsageError) as caught:
                make(PAIR, **(usual | changed))
            assert str(caught.value) == sentence


class Nowhere(tzinfo):
    """A zone that does not know its offset: a time in it is as naive as one without a zone."""

    def utcoffset(self, at: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


@pytest.mark.parametrize("zone", [None, Nowhere()])
def test_naive_time_is_refused(zone: tzinfo | None) -> None:
    with pytest.raises(UsageError, match="aware"):
        sigv4.presigned_target(PAIR, MQTT_HOST, datetime(2026, 1, 15, tzinfo=zone))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_the_very_ends_of_time_are_refused(moment: str) -> None:
    with pytest.raises(UsageError, match="UTC"):
        sigv4.presigned_target(PAIR, MQTT_HOST, datetime.fromisoformat(moment))


class TestCredentials:
    def test_repr_shows_nothing(self) -> None:
        shown = repr(PAIR)
        assert shown == "Credentials()"

    @pytest.mark.parametrize("bad", ["", chr(0xD800), chr(0xDFFF), None, b"bytes"])
    def test_members_must_be_text(self, bad: str) -> None:
        with pytest.raises(UsageError, match="access_key_id"):
            Credentials(bad, SECRET)
        with pytest.raises(UsageError, match="secret_key"):
            Credentials(KEY_ID, bad)
        if bad is not None:
            with pytest.raises(UsageError, match="session_token"):
                Credentials(KEY_ID, SECRET, bad)


@given(
    pair=strategies.credentials,
    host=strategies.hosts,
    now=strategies.moments,
    region=strategies.regions,
    path=strategies.paths,
    expires=strategies.lifetimes,
)
def test_every_signed_url_is_printable_and_parses_back(
    pair: Credentials, host: str, now: datetime, region: str, path: str, expires: int | None
) -> None:
    url = sigv4.presigned_url(pair, host, now, region=region, path=path, expires=expires)
    assert url.isascii()
    assert not any(character.isspace() for character in url)
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("wss", host, path)
    parameters = dict(parse_qsl(parts.query, strict_parsing=True))
    assert parameters.get("X-Amz-Security-Token") == pair.session_token
    date = now.strftime("%Y%m%d")
    assert parameters["X-Amz-Credential"] == f"{pair.access_key_id}/{date}/{region}/iotdevicegateway/aws4_request"
    assert parameters.get("X-Amz-Expires") == (None if expires is None else str(expires))
    assert len(parameters["X-Amz-Signature"]) == 64
