"""What is remembered of an account from one run to the next: its tokens, and its sign-ins.

The sign-ins are remembered so that a program started every minute cannot lock the account: at most so many
in a time, and none at all with a password that the cloud has proven wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from navien_proto.cloud.digests import pbkdf2_sha256, same_digest, sha256_hex
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import UsageError

__all__ = ["MOST_SIGN_INS", "Refusal", "SavedAccount", "account_key"]

MOST_SIGN_INS = 10
"""How many attempts are remembered; the breaker looks at fewer."""

# A guess costs some 40 ms: enough to make a stolen file a poor oracle, little beside a sign-in.
ROUNDS = 100_000


def account_key(email: str, base_url: str) -> str:
    """The name of an account in a store: a hash of e-mail address (in any case) and service, in hexadecimal."""
    name = f"{email.strip().lower()}\n{base_url.rstrip('/')}"
    return sha256_hex(name.encode("utf-8", "surrogatepass"))


def _fingerprint(password: str, salt: str) -> str:
    secret, grain = (text.encode("utf-8", "surrogatepass") for text in (password, salt))
    return pbkdf2_sha256(secret, grain, ROUNDS)


def _utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise UsageError("expected an aware datetime")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UsageError("expected a time that exists in UTC") from None


def _latest(moments: Iterable[datetime]) -> tuple[datetime, ...]:
    return tuple(sorted(map(_utc, moments))[-MOST_SIGN_INS:])


@frozen
class Refusal:
    """The cloud proved a password wrong ``at`` that moment.

    The password itself is not kept: ``fingerprint`` is its PBKDF2-HMAC-SHA256 with ``salt``, in hexadecimal.

    Raises:
        UsageError: ``at`` is naive.
    """

    at: datetime = field(converter=_utc)
    fingerprint: str = field(repr=False)
    salt: str = field(repr=False)

    @classmethod
    def of(cls, password: str, *, at: datetime, salt: str) -> Refusal:
        """The refusal of ``password``; ``salt`` is any text not used before. Takes some 40 ms."""
        return cls(at, _fingerprint(password, salt), salt)

    def to_dict(self) -> dict[str, str]:
        """Plain data, ready for JSON."""
        return {"at": self.at.isoformat(), "fingerprint": self.fingerprint, "salt": self.salt}

    def matches(self, password: str) -> bool:
        """Whether ``password`` is the one that was refused. Takes some 40 ms."""
        return same_digest(_fingerprint(password, self.salt), self.fingerprint)


@frozen(kw_only=True)
class SavedAccount:
    """What a store keeps for one account. Its ``repr`` shows no secret.

    ``sign_ins`` are the latest attempts in UTC, earliest first, at most ``MOST_SIGN_INS``; more are cut on
    construction. ``refusal`` is there while the password last tried is known to be wrong.

    Raises:
        UsageError: a time stamp is naive.
    """

    tokens: Tokens | None = field(default=None, repr=False)
    sign_ins: tuple[datetime, ...] = field(default=(), converter=_latest)
    refusal: Refusal | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; it holds the tokens in the clear."""
        return {
            "tokens": None if self.tokens is None else self.tokens.to_dict(),
            "sign_ins": [moment.isoformat() for moment in self.sign_ins],
            "refusal": None if self.refusal is None else self.refusal.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> SavedAccount:
        """What :meth:`to_dict` gave; members that are absent are empty, unknown ones are passed over.

        Raises:
            UsageError: ``data`` is something else; the sentence says which member, and shows no value.
        """
        sign_ins, tokens, refusal = (data.get(name) for name in ("sign_ins", "tokens", "refusal"))
        if not isinstance(sign_ins, list | None):
            raise UsageError("sign_ins: expected a list")
        return cls(
            tokens=None if tokens is None else Tokens.from_dict(tokens),
            sign_ins=tuple(_moment("sign_ins", item) for item in sign_ins or ()),
            refusal=None if refusal is None else _refusal(refusal),
        )


def _refusal(data: object) -> Refusal:
    if not isinstance(data, Mapping):
        raise UsageError("refusal: expected a table of members")
    fingerprint, salt = data.get("fingerprint"), data.get("salt")
    if not isinstance(fingerprint, str) or not isinstance(salt, str):
        raise UsageError("refusal: expected a fingerprint and a salt")
    return Refusal(_moment("refusal.at", data.get("at")), fingerprint, salt)


def _moment(path: str, value: object) -> datetime:
    try:
        return _utc(datetime.fromisoformat(value if isinstance(value, str) else ""))
    except ValueError:
        raise UsageError(f"{path}: expected a time in ISO 8601 with its offset") from None
