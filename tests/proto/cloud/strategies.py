"""Inputs for signatures: what a caller may pass."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from navien_proto.cloud.sigv4 import Credentials

# Any text that can be encoded at all; AWS draws its own from a narrower alphabet.
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
key_ids = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=4, max_size=20).map("AKIA".__add__)
credentials = st.builds(Credentials, key_ids, secrets, st.none() | secrets)
labels = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
ports = st.integers(1, 65535).filter(lambda port: port not in (80, 443))
hosts = names | st.builds("{}:{}".format, names, ports) | st.builds("[::1]:{}".format, ports)
regions = st.sampled_from(["us-east-1", "us-west-2", "eu-central-1", "cn-north-1"])
paths = st.sampled_from(["/mqtt", "/", "/a/b-c_d.e~f", "/mqtt/", "/v2.1/mqtt"])
lifetimes = st.none() | st.integers(1, 86400)
# botocore cannot write years before 1000 as four digits, and a window must fit before the end of time.
moments = st.datetimes(
    datetime.fromisoformat("1000-01-01"), datetime.fromisoformat("9998-12-31"), timezones=st.just(UTC)
)
