"""AWS Signature Version 4 in its query-string form, as AWS IoT wants it for MQTT over WebSocket.

The steps carry the specification's names and are pure: ``canonical_request`` → ``string_to_sign`` →
``signature`` under ``signing_key``. ``presigned_target`` joins them into the request target of the WebSocket
upgrade, ``presigned_url`` into a whole URL.

One thing is odd and right: the session token is appended *after* signing. AWS IoT answers 403 to a
signature that covers it, although most other AWS services demand that it does.

Source: ``docs/protocol/mqtt.md`` section 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from attrs import Attribute, field, frozen

from navien_proto.cloud.defaults import MQTT_PATH, REGION
from navien_proto.cloud.digests import hmac_sha256, sha256_hex
from navien_proto.errors import UsageError

__all__ = [
    "Credentials",
    "canonical_query",
    "canonical_request",
    "presigned_target",
    "presigned_url",
    "signature",
    "signing_key",
    "string_to_sign",
]

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "iotdevicegateway"
TERMINATOR = "aws4_request"
# SHA-256 of nothing (docs/protocol/mqtt.md section 2).
EMPTY_PAYLOAD_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
DAY = 86400  # seconds; the longest life of a URL that AWS grants

# What may stand in a Host header: a name or an address, an IPv6 literal in brackets, a port.
HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
# Characters that are the same before and after percent-encoding, so that the path sent is the path signed.
PATH = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+/?")


def _encodable(_instance: object, attribute: Attribute[Any], value: object) -> None:
    if value is None and attribute.default is None:
        return
    if not isinstance(value, str) or not value:
        raise UsageError(f"Credentials.{attribute.name} must be text that is not empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError(f"Credentials.{attribute.name} holds characters that cannot be encoded")


@frozen
class Credentials:
    """An AWS key pair, with the session token that belongs to it when the pair is temporary.

    The ``repr`` shows nothing of it.

    Raises:
        UsageError: a member is empty or is not text.
    """

    access_key_id: str = field(repr=False, validator=_encodable)
    secret_key: str = field(repr=False, validator=_encodable)
    session_token: str | None = field(default=None, repr=False, validator=_encodable)


def timestamp(at: datetime) -> str:
    """``at`` as ``YYYYMMDDTHHMMSSZ``; the first eight characters are the date of the scope.

    Raises:
        UsageError: ``at`` is naive, or so near the ends of time that it has no UTC.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise UsageError("signing needs an aware datetime")
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        raise UsageError("signing needs a time that exists in UTC") from None
    # Not strftime: it writes years before 1000 without leading zeros on some systems.
    date = f"{utc.year:04}{utc.month:02}{utc.day:02}"
    return f"{date}T{utc.hour:02}{utc.minute:02}{utc.second:02}Z"


def scope(at: datetime, region: str = REGION) -> str:
    """What a signature is good for: ``<date>/<region>/iotdevicegateway/aws4_request``."""
    return f"{timestamp(at)[:8]}/{region}/{SERVICE}/{TERMINATOR}"


def percent_encode(text: str) -> str:
    """``text`` with everything but letters, digits and ``-_.~`` percent-encoded, slashes included."""
    return quote(text, safe="-_.~")


def join_parameters(parameters: Mapping[str, str]) -> str:
    """The parameters encoded, sorted by encoded name, and joined: the canonical form of a query."""
    encoded = sorted((percent_encode(name), percent_encode(value)) for name, value in parameters.items())
    return "&".join(f"{name}={value}" for name, value in encoded)


def canonical_query(access_key_id: str, at: datetime, *, region: str = REGION, expires: int | None = DAY) -> str:
    """Every parameter that is signed: four of them, five with ``expires`` (seconds, at most 86400).

    Raises:
        UsageError: ``at`` is naive, or ``expires`` is not in 1 to 86400.
    """
    parameters = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key_id}/{scope(at, region)}",
        "X-Amz-Date": timestamp(at),
        "X-Amz-SignedHeaders": "host",
    }
    if expires is not None:
        if not 1 <= expires <= DAY:
            raise UsageError(f"a signed URL lives 1 to {DAY} whole seconds")
        parameters["X-Amz-Expires"] = str(expires)
    return join_parameters(parameters)


def canonical_request(
    query: str, headers: Mapping[str, str], *, method: str = "GET", path: str = MQTT_PATH
) -> str:
    """The request as it is hashed: method, path, query, signed headers, their names, hash of no payload.

    ``query`` is a canonical query. ``headers`` are the signed ones, by lower-case name; their values are
    trimmed and runs of spaces in them folded, as the specification asks.
    """
    names = sorted(headers)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    return "\n".join([method, path, query, *lines, "", ";".join(names), EMPTY_PAYLOAD_HASH])


def string_to_sign(request: str, at: datetime, *, region: str = REGION) -> str:
    """What is signed: algorithm, time, scope and the hash of the canonical request."""
    hashed = sha256_hex(request.encode())
    return "\n".join([ALGORITHM, timestamp(at), scope(at, region), hashed])


def signing_key(secret_key: str, at: datetime, *, region: str = REGION) -> bytes:
    """The key of one day, one region and this service, derived from the secret key."""
    key = f"AWS4{secret_key}".encode()
    for part in scope(at, region).split("/"):
        key = hmac_sha256(key, part.encode())
    return key


def signature(key: bytes, text: str) -> str:
    """The signature of ``text`` (a string to sign) under ``key`` (a signing key): 64 lower-case hex digits."""
    return hmac_sha256(key, text.encode()).hex()


def presigned_target(
    credentials: Credentials,
    host: str,
    at: datetime,
    *,
    region: str = REGION,
    path: str = MQTT_PATH,
    expires: int | None = DAY,
) -> str:
    """The request target of a signed WebSocket upgrade: path and query, to be sent byte for byte.

    ``host`` is the value of the Host header as it will be sent: the bare name on the default port of the
    scheme (443 for ``wss``, 80 for ``ws``), ``name:port`` on any other. It is signed in lower case. ``at`` is
    aware; AWS refuses a time more than some minutes in the future. ``expires`` is in seconds, ``None`` leaves
    the parameter out.

    Make a fresh one for every attempt to connect; it is a secret.

    Raises:
        UsageError: ``host`` is no Host header, ``path`` would have to be encoded, ``region`` is empty or
            holds a slash, ``at`` is naive, or ``expires`` is not in 1 to 86400.
    """
    host = _checked_host(host)
    if not PATH.fullmatch(path):
        raise UsageError("the path of a signed URL starts with / and holds only letters, digits and -._~")
    if not re.fullmatch(r"[a-z0-9-]+", region):
        raise UsageError("a region holds only lower-case letters, digits and hyphens, like us-east-1")
    query = canonical_query(credentials.access_key_id, at, region=region, expires=expires)
    text = string_to_sign(canonical_request(query, {"host": host}, path=path), at, region=region)
    signed = signature(signing_key(credentials.secret_key, at, region=region), text)
    target = f"{path}?{query}&X-Amz-Signature={signed}"
    if credentials.session_token is not None:
        target += f"&X-Amz-Security-Token={percent_encode(credentials.session_token)}"
    return target


def presigned_url(
    credentials: Credentials,
    host: str,
    at: datetime,
    *,
    region: str = REGION,
    path: str = MQTT_PATH,
    expires: int | None = DAY,
) -> str:
    """The whole URL, ``wss://<host><target>``; arguments and errors as for ``presigned_target``."""
    target = presigned_target(credentials, host, at, region=region, path=path, expires=expires)
    return f"wss://{_checked_host(host)}{target}"


def _checked_host(host: str) -> str:
    lowered = host.lower()
    if not HOST.fullmatch(lowered):
        raise UsageError("a host to sign is a name or an address, with :port unless it is the default one")
    return lowered
