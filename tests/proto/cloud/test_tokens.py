from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.tokens import LONGEST_LIFETIME, TokenGrant, Tokens
from navien_proto.errors import UsageError

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

FULL = TokenGrant(
    access_token="access-token-placeholder",
    refresh_token="refresh-token-placeholder",
    id_token="id-token-placeholder",
    authentication_expires_in=3600,
    access_key_id="ASIAEXAMPLEEXAMPLE00",
    secret_key="secret-placeholder",
    session_token="session-token-placeholder",
    authorization_expires_in=7200,
)
TOKENS = Tokens.granted(FULL, NOON)

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
lifetimes = st.none() | st.floats(allow_nan=False) | st.integers()
grants = st.builds(
    TokenGrant,
    access_token=texts,
    refresh_token=st.none() | texts,
    id_token=st.none() | texts,
    authentication_expires_in=lifetimes,
    access_key_id=texts,
    secret_key=texts,
    session_token=st.none() | texts,
    authorization_expires_in=lifetimes,
)


class TestGranted:
    def test_both_clocks_start_at_the_answer(self) -> None:
        assert TOKENS.authentication_expires_at == NOON + HOUR
        assert TOKENS.authorization_expires_at == NOON + 2 * HOUR

    @pytest.mark.parametrize("lifetime", [None, 0, -1, -1e300])
    def test_an_absent_or_senseless_lifetime_is_an_hour(self, lifetime: float | None) -> None:
        grant = evolve(FULL, authentication_expires_in=lifetime, authorization_expires_in=lifetime)
        tokens = Tokens.granted(grant, NOON)
        assert tokens.authentication_expires_at == tokens.authorization_expires_at == NOON + HOUR

    def test_no_lifetime_leaves_the_calendar(self) -> None:
        tokens = Tokens.granted(evolve(FULL, authentication_expires_in=1e300), NOON)
        assert tokens.authentication_expires_at == NOON + timedelta(seconds=LONGEST_LIFETIME)

    @pytest.mark.parametrize("grant", [evolve(FULL, access_key_id=None), evolve(FULL, secret_key=None)])
    def test_a_sign_in_without_aws_credentials_is_none(self, grant: TokenGrant) -> None:
        with pytest.raises(UsageError, match="AWS"):
            Tokens.granted(grant, NOON)

    def test_credentials(self) -> None:
        expected = Credentials("ASIAEXAMPLEEXAMPLE00", "secret-placeholder", "session-token-placeholder")
        assert TOKENS.credentials == expected


class TestRefreshed:
    """docs/protocol/rest.md section 4, and F19."""

    later = NOON + timedelta(minutes=55)

    def test_what_is_absent_keeps_its_value(self) -> None:
        tokens = TOKENS.refreshed(TokenGrant(access_token="access-2"), self.later)
        assert tokens == evolve(TOKENS, access_token="access-2", authentication_expires_at=self.later + HOUR)

    def test_a_rotated_refresh_token_is_taken(self) -> None:
        grant = TokenGrant(access_token="access-2", refresh_token="refresh-2", id_token="id-2")
        tokens = TOKENS.refreshed(grant, self.later)
        assert (tokens.refresh_token, tokens.id_token) == ("refresh-2", "id-2")

    def test_the_aws_clock_goes_on(self) -> None:
        grant = TokenGrant(access_token="access-2", authorization_expires_in=3600)
        tokens = TOKENS.refreshed(grant, self.later)
        assert tokens.authorization_expires_at == TOKENS.authorization_expires_at

    def test_new_aws_credentials_reset_their_clock(self) -> None:
        grant = TokenGrant(access_token="a", access_key_id="ASIAEXAMPLEEXAMPLE01", secret_key="other")
        tokens = TOKENS.refreshed(grant, self.later)
        assert tokens.authorization_expires_at == self.later + HOUR
        assert tokens.credentials == Credentials("ASIAEXAMPLEEXAMPLE01", "other", "session-token-placeholder")

    def test_half_a_key_pair_is_left_aside(self) -> None:
        grant = TokenGrant(access_token="a", access_key_id="ASIAEXAMPLEEXAMPLE01", session_token="other")
        tokens = TOKENS.refreshed(grant, self.later)
        assert tokens.credentials == TOKENS.credentials
        assert tokens.authorization_expires_at == TOKENS.authorization_expires_at


class TestFresh:
    def test_each_expiry_is_its_own(self) -> None:
        moment = NOON + timedelta(minutes=90)
        assert not TOKENS.access_fresh(moment)
        assert TOKENS.aws_fresh(moment)

    def test_the_margin_counts(self) -> None:
        margin = timedelta(minutes=5)
        assert TOKENS.access_fresh(NOON + timedelta(minutes=54), margin)
        assert not TOKENS.access_fresh(NOON + timedelta(minutes=55), margin)
        assert TOKENS.aws_fresh(NOON + timedelta(minutes=114), margin)
        assert not TOKENS.aws_fresh(NOON + timedelta(minutes=115), margin)


class TestTime:
    def test_expiries_are_utc_whatever_they_came_as(self) -> None:
        """F21: an hour on a summer-time boundary is an hour."""
        local = NOON.astimezone(timezone(timedelta(hours=-7)))
        tokens = Tokens.granted(FULL, local)
        assert tokens == TOKENS
        assert tokens.authentication_expires_at.tzinfo is UTC

    def test_naive_expiries_are_refused(self) -> None:
        with pytest.raises(UsageError, match="authorization_expires_at"):
            evolve(TOKENS, authorization_expires_at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    "member", ["access_token", "refresh_token", "id_token", "access_key_id", "secret_key", "session_token"]
)
@pytest.mark.parametrize("bad", ["", "a\r\nX-Injected: 1", "tökén", "\x00", 7])
def test_what_cannot_stand_in_a_header_is_refused_by_name(member: str, bad: object) -> None:
    for holder in (TOKENS, FULL):
        with pytest.raises(UsageError, match=member) as caught:
            evolve(holder, **{member: bad})  # type: ignore[arg-type]
        assert "Injected" not in str(caught.value)


class TestStored:
    def test_round_trip_through_json(self) -> None:
        assert Tokens.from_dict(json.loads(json.dumps(TOKENS.to_dict()))) == TOKENS

    def test_members_of_a_later_version_are_left_aside(self) -> None:
        assert Tokens.from_dict({**TOKENS.to_dict(), "colour": "red"}) == TOKENS

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"access_token": None}, "stored tokens.access_token: expected text"),
            ({"access_token": 7}, "stored tokens.access_token: expected text"),
            ({"refresh_token": ["canary"]}, "stored tokens.refresh_token: expected text"),
            (
                {"secret_key": "canary\n"},
                "stored tokens: secret_key must be printable ASCII text that is not empty",
            ),
            (
                {"authorization_expires_at": "canary"},
                "stored tokens.authorization_expires_at: not a time in ISO 8601",
            ),
            ({"authorization_expires_at": 1700000000}, "stored tokens.authorization_expires_at: expected text"),
            (
                {"authorization_expires_at": "2026-01-15T12:00:00"},
                "stored tokens: authorization_expires_at must be an aware datetime",
            ),
            (
                {"authorization_expires_at": "0001-01-01T00:00:00+10:00"},
                "stored tokens: an expiry must be a time that exists in UTC",
            ),
        ],
    )
    def test_garbage_is_named_and_not_shown(self, change: dict[str, object], sentence: str) -> None:
        with pytest.raises(UsageError) as caught:
            Tokens.from_dict({**TOKENS.to_dict(), **change})
        assert str(caught.value) == sentence
        assert caught.value.__context__ is None

    def test_a_missing_member_is_named(self) -> None:
        stored = TOKENS.to_dict()
        del stored["secret_key"]
        with pytest.raises(UsageError, match=r"^stored tokens\.secret_key: missing$"):
            Tokens.from_dict(stored)

    @pytest.mark.parametrize("data", [None, [], "text", 7])
    def test_what_is_no_table_is_refused(self, data: object) -> None:
        with pytest.raises(UsageError, match="table"):
            Tokens.from_dict(data)


@given(grants, st.datetimes(datetime.fromisoformat("2000-01-01"), timezones=st.timezones()))
def test_every_token_set_survives_storing(grant: TokenGrant, now: datetime) -> None:
    try:
        tokens = Tokens.granted(grant, now)
    except OverflowError:  # the year 10000
        return
    assert Tokens.from_dict(json.loads(json.dumps(tokens.to_dict()))) == tokens


plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(st.sampled_from(sorted(TOKENS.to_dict())), plain).map(
        lambda change: {**TOKENS.to_dict(), **change}
    )
    | plain
)
def test_nothing_but_a_usage_error_escapes(data: object) -> None:
    try:
        tokens = Tokens.from_dict(data)
    except UsageError:
        return
    assert isinstance(tokens, Tokens)


def test_reprs_show_no_secret() -> None:
    for shown in (repr(TOKENS), repr(FULL)):
        assert "placeholder" not in shown
        assert "ASIA" not in shown
