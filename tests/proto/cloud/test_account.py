"""What is remembered of an account: kept whole, shown without secrets, refused with a clear sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.cloud.account import MOST_SIGN_INS, Refusal, SavedAccount, account_key
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import UsageError

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOKENS = Tokens(
    access_token="canary-access",
    refresh_token="canary-refresh",
    authentication_expires_at=NOON + timedelta(hours=1),
    access_key_id="canary-key",
    secret_key="canary-secret",
    session_token="canary-session",
    authorization_expires_at=NOON + timedelta(hours=1),
)
REFUSAL = Refusal.of("canary-password", at=NOON, salt="canary-salt")

moments = st.integers(-(10**9), 10**9).map(lambda seconds: NOON + timedelta(seconds=seconds))
accounts = st.builds(
    SavedAccount,
    tokens=st.none() | st.just(TOKENS),
    sign_ins=st.lists(moments, max_size=12).map(tuple),
    refusal=st.none() | st.builds(Refusal, moments, st.text(max_size=8), st.text(max_size=8)),
)


@given(accounts)
def test_an_account_survives_json(account: SavedAccount) -> None:
    assert SavedAccount.from_dict(json.loads(json.dumps(account.to_dict()))) == account


def test_the_latest_sign_ins_are_kept_in_order_and_in_utc() -> None:
    eastern = timezone(timedelta(hours=-5))
    given_moments = [NOON.astimezone(eastern) + timedelta(minutes=n) for n in range(MOST_SIGN_INS + 5)]
    account = SavedAccount(sign_ins=tuple(reversed(given_moments)))
    assert account.sign_ins == tuple(NOON + timedelta(minutes=n) for n in range(5, MOST_SIGN_INS + 5))
    assert {moment.tzinfo for moment in account.sign_ins} == {UTC}


def test_f21_naive_time_stamps_are_refused() -> None:
    naive = datetime(2026, 1, 15, 12)  # noqa: DTZ001 (the point of the test)
    with pytest.raises(UsageError, match="aware"):
        SavedAccount(sign_ins=(naive,))
    with pytest.raises(UsageError, match="aware"):
        Refusal(naive, "", "")
    with pytest.raises(UsageError, match="sign_ins: expected a time in ISO 8601 with its offset"):
        SavedAccount.from_dict({"sign_ins": [naive.isoformat()]})


def test_f17_a_refused_password_is_recognised_and_not_kept() -> None:
    assert REFUSAL.matches("canary-password")
    assert not REFUSAL.matches("Canary-password")
    assert not Refusal.of("canary-password", at=NOON, salt="another").matches("")
    assert not Refusal(NOON, "é not hexadecimal \udcff", "s").matches("canary-password")
    assert "canary-password" not in json.dumps(REFUSAL.to_dict())
    assert REFUSAL.fingerprint != Refusal.of("canary-password", at=NOON, salt="other").fingerprint


def test_f22_no_secret_is_shown() -> None:
    account = SavedAccount(tokens=TOKENS, sign_ins=(NOON,), refusal=REFUSAL)
    assert "canary" not in repr(account)
    assert REFUSAL.fingerprint not in repr(account)


def test_f20_an_account_is_known_by_address_and_service_and_the_key_shows_neither() -> None:
    key = account_key("User@Example.com", "https://example.com/api/")
    assert key == account_key(" user@example.com", "https://example.com/api")
    assert key != account_key("other@example.com", "https://example.com/api")
    assert key != account_key("user@example.com", "https://example.com/other")
    assert len(key) == 64
    assert account_key("\udcff", "") != key


@pytest.mark.parametrize(
    ("data", "member"),
    [
        ({"tokens": 1}, "tokens"),
        ({"tokens": {"access_token": "x"}}, "tokens"),
        ({"sign_ins": "2026"}, "sign_ins"),
        ({"sign_ins": [1]}, "sign_ins"),
        ({"sign_ins": ["0001-01-01T00:00:00+23:00"]}, "sign_ins"),
        ({"refusal": []}, "refusal"),
        ({"refusal": {"at": NOON.isoformat()}}, "refusal"),
        ({"refusal": {"at": "noon", "fingerprint": "", "salt": ""}}, "refusal.at"),
    ],
)
def test_something_else_is_refused_by_name(data: dict[str, Any], member: str) -> None:
    with pytest.raises(UsageError, match=member):
        SavedAccount.from_dict(data)


def test_absent_members_are_empty() -> None:
    assert SavedAccount.from_dict({"added later": 1}) == SavedAccount()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["at", "salt", "fingerprint", "access_token", "x"]), inner)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["tokens", "sign_ins", "refusal", "x"]), values))
def test_whatever_was_stored_is_an_account_or_a_usage_error(data: dict[str, Any]) -> None:
    try:
        account = SavedAccount.from_dict(data)
    except UsageError:
        return
    assert SavedAccount.from_dict(account.to_dict()) == account
