"""Our signer against AWS's own: botocore's query signer, on generated inputs."""

from __future__ import annotations

from datetime import datetime
from unittest import mock
from urllib.parse import urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import given, settings

from navien_proto.cloud import sigv4
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.sigv4_verify import verify_presigned
from tests.proto.cloud import strategies

SERVICE = "iotdevicegateway"


def their_target(pair: Credentials, host: str, now: datetime, *, region: str, path: str, expires: int) -> str:
    """Signed by botocore without the token, which AWS IoT wants appended afterwards."""
    signer = SigV4QueryAuth(TheirCredentials(pair.access_key_id, pair.secret_key), SERVICE, region, expires)
    request = AWSRequest("GET", f"https://{host}{path}")
    with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        signer.add_auth(request)
    url = str(request.url)
    if pair.session_token is not None:
        url += f"&X-Amz-Security-Token={sigv4.percent_encode(pair.session_token)}"
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@settings(deadline=None)
@given(
    pair=strategies.credentials,
    host=strategies.hosts,
    now=strategies.moments,
    region=strategies.regions,
    path=strategies.paths,
    expires=strategies.lifetimes,
)
def test_both_signers_agree(
    pair: Credentials, host: str, now: datetime, region: str, path: str, expires: int | None
) -> None:
    lifetime = 86400 if expires is None else expires
    theirs = their_target(pair, host, now, region=region, path=path, expires=lifetime)
    assert sigv4.presigned_target(pair, host, now, region=region, path=path, expires=lifetime) == theirs
    known = {pair.access_key_id: pair}
    assert verify_presigned("GET", theirs, {"Host": host}, known.get, now) == pair.access_key_id


@settings(deadline=None)
@given(
    pair=strategies.credentials,
    host=strategies.hosts,
    now=strategies.moments,
    region=strategies.regions,
    path=strategies.paths,
    expires=strategies.lifetimes,
)
def test_both_agree_on_every_step(
    pair: Credentials, host: str, now: datetime, region: str, path: str, expires: int | None
) -> None:
    """Step by step, which also covers a query without X-Amz-Expires: botocore never leaves it out."""
    signer = SigV4QueryAuth(TheirCredentials(pair.access_key_id, pair.secret_key), SERVICE, region)
    query = sigv4.canonical_query(pair.access_key_id, now, region=region, expires=expires)
    request = AWSRequest("GET", f"https://{host}{path}?{query}")
    request.context["timestamp"] = sigv4.timestamp(now)

    ours = sigv4.canonical_request(query, {"host": host}, path=path)
    assert ours == signer.canonical_request(request)
    text = sigv4.string_to_sign(ours, now, region=region)
    assert text == signer.string_to_sign(request, ours)
    key = sigv4.signing_key(pair.secret_key, now, region=region)
    assert sigv4.signature(key, text) == signer.signature(text, request)
