"""What all endpoints share: how a request is built, and how the data of its answer is opened."""

from __future__ import annotations

from navien_proto.cloud.http import HttpRequest, Method
from navien_proto.cloud.members import Members, Notes
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import RemoteProtocolError, UsageError
from navien_proto.jsontext import dumps

__all__ = ["api_request", "data_members"]


def api_request(
    method: Method, base_url: str, path: str, tokens: Tokens | None, body: dict[str, object] | None = None
) -> HttpRequest:
    """A request to the REST service; ``tokens`` when it needs a session, ``body`` when it has one.

    Raises:
        UsageError: ``base_url`` is no address, or the body cannot be written.
    """
    if not base_url.startswith(("https://", "http://")):
        raise UsageError("the address of the REST service begins with https:// or http://")
    headers: dict[str, str] = {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if tokens is not None:
        # Lower case and bare, as the cloud wants it: with "Bearer " in front it answers 401.
        headers["authorization"] = tokens.access_token
    return HttpRequest(method, base_url.rstrip("/") + path, headers, b"" if body is None else dumps(body))


def data_members(data: object, doing: str, notes: Notes) -> Members:
    """A reader of the object ``data``.

    Raises:
        RemoteProtocolError: it is none.
    """
    if not isinstance(data, dict):
        raise RemoteProtocolError(f"{doing} failed: the answer has no data")
    return notes.members(data)
