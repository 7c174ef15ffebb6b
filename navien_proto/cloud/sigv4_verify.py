"""The other side of the signature: whether a signed WebSocket upgrade may pass.

The simulated cloud judges with it as AWS IoT does: by what came over the wire, the Host header included,
and with its own clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from urllib.parse import unquote_plus

from navien_proto.cloud import sigv4
from navien_proto.cloud.digests import same_digest
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.errors import NavienError

__all__ = ["Refusal", "SignatureRefused", "verify_presigned"]

# AWS tolerates this much between its clock and the signer's.
SKEW = timedelta(minutes=5)
TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
SIGNED_APART = ("X-Amz-Signature", "X-Amz-Security-Token")


class Refusal(Enum):
    """Why a signed request does not pass."""

    MALFORMED = "the signed query is malformed"
    WRONG_SCOPE = "the signature is for another day, region or service"
    UNKNOWN_KEY = "the access key is not known"
    WRONG_TOKEN = "the session token is not the one of the key"
    NOT_YET_VALID = "the signature is dated in the future"
    EXPIRED = "the signature has expired"
    BAD_SIGNATURE = "the signature does not match"


class SignatureRefused(NavienError):
    """A signed request does not pass; ``reason`` says why. A server answers it with 403."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason

    def __reduce__(self) -> tuple[type[SignatureRefused], tuple[Refusal]]:
        return SignatureRefused, (self.reason,)


def verify_presigned(
    method: str,
    target: str,
    headers: Mapping[str, str],
    credentials_for: Callable[[str], Credentials | None],
    now: datetime,
    *,
    region: str | None = None,
) -> str:
    """Judge a signed request and say whose it is: the access key id.

    ``target`` is the request target as received, ``headers`` the request's headers by name in any case;
    those named in ``X-Amz-SignedHeaders`` take part, ``host`` always. ``credentials_for`` looks an access key
    id up and answers ``None`` for one that is not known or no longer good. ``region`` is checked when given.
    Without ``X-Amz-Expires`` a signature is good for five minutes.

    Raises:
        SignatureRefused: it does not pass, and why.
    """
    path, parameters = _parsed(target)
    signed_at = _time(parameters.get("X-Amz-Date", ""))
    if parameters.get("X-Amz-Algorithm") != sigv4.ALGORITHM:
        raise SignatureRefused(Refusal.MALFORMED)
    signed_headers = _signed_headers(parameters.get("X-Amz-SignedHeaders", ""), headers)
    lifetime = _lifetime(parameters)

    key_id, _, scope = parameters.get("X-Amz-Credential", "").partition("/")
    parts = scope.split("/")
    if len(parts) != 4 or scope != sigv4.scope(signed_at, parts[1]) or region not in (None, parts[1]):
        raise SignatureRefused(Refusal.WRONG_SCOPE)
    credentials = credentials_for(key_id)
    if credentials is None:
        raise SignatureRefused(Refusal.UNKNOWN_KEY)
    if not same_digest(parameters.get("X-Amz-Security-Token", ""), credentials.session_token or ""):
        raise SignatureRefused(Refusal.WRONG_TOKEN)
    age = now - signed_at
    if age < -SKEW:
        raise SignatureRefused(Refusal.NOT_YET_VALID)
    if age > lifetime:
        raise SignatureRefused(Refusal.EXPIRED)

    query = sigv4.join_parameters({n: v for n, v in parameters.items() if n not in SIGNED_APART})
    request = sigv4.canonical_request(query, signed_headers, method=method, path=path)
    text = sigv4.string_to_sign(request, signed_at, region=parts[1])
    expected = sigv4.signature(sigv4.signing_key(credentials.secret_key, signed_at, region=parts[1]), text)
    if not same_digest(parameters.get("X-Amz-Signature", ""), expected):
        raise SignatureRefused(Refusal.BAD_SIGNATURE)
    return key_id


def _parsed(target: str) -> tuple[str, dict[str, str]]:
    """The path as it stands and the decoded parameters; no name may come twice."""
    path, mark, query = target.partition("?")
    if not mark or not target.isascii():
        raise SignatureRefused(Refusal.MALFORMED)
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        try:
            # A plus is a space here, as in AWS: a token sent without encoding must not pass.
            name, value = (unquote_plus(part, errors="strict") for part in pair.split("=", 1))
        except ValueError:
            raise SignatureRefused(Refusal.MALFORMED) from None
        if name in parameters:
            raise SignatureRefused(Refusal.MALFORMED)
        parameters[name] = value
    return path, parameters


def _time(text: str) -> datetime:
    found = TIME.fullmatch(text)
    if not found:
        raise SignatureRefused(Refusal.MALFORMED)
    try:
        year, month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise SignatureRefused(Refusal.MALFORMED) from None


def _lifetime(parameters: Mapping[str, str]) -> timedelta:
    text = parameters.get("X-Amz-Expires")
    if text is None:
        return SKEW
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= sigv4.DAY:
        raise SignatureRefused(Refusal.MALFORMED)
    return timedelta(seconds=int(text))


def _signed_headers(names: str, headers: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in headers.items()}
    listed = names.split(";")
    if "host" not in listed or listed != sorted(set(listed)) or not given.keys() >= set(listed):
        raise SignatureRefused(Refusal.MALFORMED)
    signed = {name: given[name] for name in listed}
    signed["host"] = signed["host"].lower()
    return signed
