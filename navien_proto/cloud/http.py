"""REST as data: what to send, and what came back. No transport, no parsing of bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

__all__ = ["HttpReply", "HttpRequest"]

Method = Literal["GET", "POST", "PUT"]


def _lower_keys(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@frozen
class HttpRequest:
    """One HTTP request for a transport to send as it stands.

    ``headers`` keep their spelling (the cloud wants ``authorization`` in lower case,
    ``docs/protocol/rest.md`` section 1). ``body`` is empty for GET. The ``repr`` shows the method and the
    path alone: everything else may hold a secret.
    """

    method: Method
    url: str = field(repr=lambda url: repr(url.partition("?")[0]))
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@frozen
class HttpReply:
    """One HTTP answer as it came: ``headers`` by lower-case name, ``body`` decompressed."""

    status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False, converter=_lower_keys)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
