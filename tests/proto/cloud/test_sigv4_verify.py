from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud import sigv4
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.sigv4_verify import Refusal, SignatureRefused, verify_presigned
from tests.proto.cloud import strategies

HOST = "127.0.0.1:8883"
PAIR = Credentials("ASIAEXAMPLEEXAMPLE00", "secret-placeholder", "FwoGEXAMPLE+token/with=chars")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TARGET = sigv4.presigned_target(PAIR, HOST, NOON)


def lookup(*known: Credentials) -> dict[str, Credentials]:
    return {pair.access_key_id: pair for pair in known}


def judge(
    target: str = TARGET,
    *,
    method: str = "GET",
    host: str = HOST,
    pair: Credentials = PAIR,
    now: datetime = NOON,
    region: str | None = None,
    headers: dict[str, str] | None = None,
) -> str:
    given_headers = {"Host": host} if headers is None else headers
    return verify_presigned(method, target, given_headers, lookup(pair).get, now, region=region)


def refusal(target: str = TARGET, **changed: object) -> Refusal:
    with pytest.raises(SignatureRefused) as caught:
        judge(target, **changed)  # type: ignore[arg-type]
    return caught.value.reason


def test_a_good_signature_tells_whose_it_is() -> None:
    assert judge() == "ASIAEXAMPLEEXAMPLE00"
    assert judge(region="us-east-1") == "ASIAEXAMPLEEXAMPLE00"


@pytest.mark.parametrize(("minutes", "passes"), [(-6, False), (-5, True), (1440, True), (1441, False)])
def test_the_window_runs_from_five_minutes_before_to_the_end_of_expires(minutes: int, passes: bool) -> None:
    now = NOON + timedelta(minutes=minutes)
    if passes:
        assert judge(now=now)
    else:
        assert refusal(now=now) is (Refusal.NOT_YET_VALID if minutes < 0 else Refusal.EXPIRED)


def test_without_expires_five_minutes_are_granted() -> None:
    target = sigv4.presigned_target(PAIR, HOST, NOON, expires=None)
    assert judge(target, now=NOON + timedelta(minutes=5))
    assert refusal(target, now=NOON + timedelta(minutes=5, seconds=1)) is Refusal.EXPIRED


def test_another_method_host_path_or_secret_does_not_match() -> None:
    assert refusal(method="POST") is Refusal.BAD_SIGNATURE
    assert refusal(host="127.0.0.1") is Refusal.BAD_SIGNATURE
    assert refusal(TARGET.replace("/mqtt?", "/mqtt2?")) is Refusal.BAD_SIGNATURE
    other = Credentials(PAIR.access_key_id, "another secret", PAIR.session_token)
    assert refusal(pair=other) is Refusal.BAD_SIGNATURE


def test_unknown_key_and_wrong_region() -> None:
    stranger = Credentials("ASIAEXAMPLEEXAMPLE01", "secret-placeholder", "x")
    assert refusal(pair=stranger) is Refusal.UNKNOWN_KEY
    assert refusal(region="eu-west-1") is Refusal.WRONG_SCOPE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("X-Amz-Algorithm", Refusal.MALFORMED),
        ("X-Amz-Credential", Refusal.WRONG_SCOPE),
        ("X-Amz-Date", Refusal.MALFORMED),
        ("X-Amz-SignedHeaders", Refusal.MALFORMED),
        ("X-Amz-Signature", Refusal.BAD_SIGNATURE),
    ],
)
def test_every_parameter_is_needed(name: str, reason: Refusal) -> None:
    path, _, query = TARGET.partition("?")
    left = [pair for pair in query.split("&") if not pair.startswith(f"{name}=")]
    assert refusal(f"{path}?{'&'.join(left)}") is reason


class TestToken:
    def test_a_missing_or_wrong_token_is_refused(self) -> None:
        bare, _, token = TARGET.rpartition("&")
        assert token.startswith("X-Amz-Security-Token=")
        assert refusal(bare) is Refusal.WRONG_TOKEN
        assert refusal(TARGET + "x") is Refusal.WRONG_TOKEN

    def test_a_token_sent_without_encoding_is_refused(self) -> None:
        bare, _, _ = TARGET.rpartition("&")
        plain = f"{bare}&X-Amz-Security-Token={PAIR.session_token}"
        assert refusal(plain) is Refusal.WRONG_TOKEN

    def test_what_ends_no_name_and_no_path_needs_no_encoding(self) -> None:
        pair = Credentials(PAIR.access_key_id, PAIR.secret_key, "a?b=c==")
        target = sigv4.presigned_target(pair, HOST, NOON)
        assert judge(target.replace("%3D", "=").replace("%3F", "?"), pair=pair) == pair.access_key_id

    def test_a_token_for_a_permanent_key_is_refused(self) -> None:
        permanent = Credentials(PAIR.access_key_id, PAIR.secret_key)
        assert refusal(pair=permanent) is Refusal.WRONG_TOKEN

    def test_a_signed_token_is_refused(self) -> None:
        """The rule of other AWS services is the error people make here."""
        parameters = dict(parse_qsl(sigv4.canonical_query(PAIR.access_key_id, NOON)))
        query = sigv4.join_parameters({**parameters, "X-Amz-Security-Token": str(PAIR.session_token)})
        text = sigv4.string_to_sign(sigv4.canonical_request(query, {"host": HOST}), NOON)
        signed = sigv4.signature(sigv4.signing_key(PAIR.secret_key, NOON), text)
        assert refusal(f"/mqtt?{query}&X-Amz-Signature={signed}") is Refusal.BAD_SIGNATURE


class TestSignedHeaders:
    """AWS clients may sign more than the host."""

    @staticmethod
    def signed(**headers: str) -> str:
        names = ";".join(sorted(headers))
        query = sigv4.canonical_query(PAIR.access_key_id, NOON).replace(
            "X-Amz-SignedHeaders=host", f"X-Amz-SignedHeaders={sigv4.percent_encode(names)}"
        )
        text = sigv4.string_to_sign(sigv4.canonical_request(query, headers), NOON)
        signature = sigv4.signature(sigv4.signing_key(PAIR.secret_key, NOON), text)
        token = sigv4.percent_encode(str(PAIR.session_token))
        return f"/mqtt?{query}&X-Amz-Signature={signature}&X-Amz-Security-Token={token}"

    def test_connection_and_host(self) -> None:
        target = self.signed(connection="upgrade", host=HOST)
        assert judge(target, headers={"Host": HOST, "Connection": " upgrade "}) == PAIR.access_key_id
        assert refusal(target, headers={"Host": HOST, "Connection": "close"}) is Refusal.BAD_SIGNATURE

    def test_a_signed_header_must_be_there(self) -> None:
        target = self.signed(connection="upgrade", host=HOST)
        assert refusal(target, headers={"Host": HOST}) is Refusal.MALFORMED

    def test_the_host_must_be_signed(self) -> None:
        target = self.signed(connection="upgrade")
        assert refusal(target, headers={"Host": HOST, "Connection": "upgrade"}) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-HMAC-SHA1"),
        ("X-Amz-Date=20260115T120000Z", "X-Amz-Date=2026-01-15"),
        ("X-Amz-Date=20260115T120000Z", "X-Amz-Date=20260230T120000Z"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=604800"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=0"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=-1"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bhost"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
        ("&X-Amz-Signature", "&X-Amz-Expires=86400&X-Amz-Signature"),
        ("&X-Amz-Signature", "&&X-Amz-Signature"),
        ("&X-Amz-Signature", "&%ff=1&X-Amz-Signature"),
        ("&X-Amz-Signature", "&ü=1&X-Amz-Signature"),
        ("?", ""),
    ],
)
def test_malformed_queries(old: str, new: str) -> None:
    assert old in TARGET
    assert refusal(TARGET.replace(old, new, 1)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%2F20260115%2F", "%2F20260114%2F"),
        ("iotdevicegateway", "iotdata"),
        ("aws4_request", "aws4"),
        ("%2Faws4_request", "%2Faws4_request%2Fmore"),
        ("%2F20260115%2F", ""),
    ],
)
def test_scopes_of_something_else(old: str, new: str) -> None:
    assert refusal(TARGET.replace(old, new, 1)) is Refusal.WRONG_SCOPE


def test_an_unsigned_request_is_malformed() -> None:
    assert refusal("/mqtt") is Refusal.MALFORMED
    assert refusal("") is Refusal.MALFORMED


def test_the_error_is_a_sentence_without_secrets_and_can_be_pickled() -> None:
    error = SignatureRefused(Refusal.BAD_SIGNATURE)
    assert str(error) == "the signature does not match"
    assert pickle.loads(pickle.dumps(error)).reason is Refusal.BAD_SIGNATURE


@given(
    pair=strategies.credentials,
    host=strategies.hosts,
    now=strategies.moments,
    region=strategies.regions,
    path=strategies.paths,
    expires=strategies.lifetimes,
)
def test_what_is_signed_passes(
    pair: Credentials, host: str, now: datetime, region: str, path: str, expires: int | None
) -> None:
    target = sigv4.presigned_target(pair, host, now, region=region, path=path, expires=expires)
    found = verify_presigned("GET", target, {"HOST": host.upper()}, lookup(pair).get, now, region=region)
    assert found == pair.access_key_id


def meaning(target: str) -> object:
    """What a query says when decoded: bytes may differ where the meaning does not (``%2F`` and ``%2f``)."""
    path, _, query = target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    return path, sorted((unquote_plus(name), mark, unquote_plus(value)) for name, mark, value in pairs)


@given(position=st.integers(0, len(TARGET) - 1), character=st.characters(max_codepoint=127))
def test_any_change_is_refused(position: int, character: str) -> None:
    changed = TARGET[:position] + character + TARGET[position + 1 :]
    if meaning(changed) == meaning(TARGET):
        assert judge(changed)
    else:
        assert isinstance(refusal(changed), Refusal)


@given(cut=st.integers(0, len(TARGET) - 1))
def test_no_proper_prefix_passes(cut: int) -> None:
    assert isinstance(refusal(TARGET[:cut]), Refusal)


@given(target=st.text(), method=st.text(), headers=st.dictionaries(st.text(), st.text()))
def test_garbage_is_refused_and_nothing_else_escapes(target: str, method: str, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        verify_presigned(method, target, headers, lookup(PAIR).get, NOON)
