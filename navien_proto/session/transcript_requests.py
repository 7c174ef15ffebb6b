"""Requests in the form they have in a transcript, and back. Read and written only where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from navien_proto.errors import UsageError
from navien_proto.session import requests
from navien_proto.session.requests import Request
from navien_proto.session.transcript_forms import Forms, member, payload_from
from navien_proto.session.transcript_values import decode_value, encode_value

__all__ = ["request_form", "request_from"]

KINDS: dict[str, Any] = {name: getattr(requests, name) for name in requests.__all__}


def request_form(request: Request, device: str | None, forms: Forms) -> dict[str, Any]:
    """What was asked for, without its secrets; a payload as those of messages are written."""
    kind: Any = type(request)
    members = {
        field.name: forms.payload(value)
        if isinstance(value, bytes)
        else encode_value(value, forms.keyed, field.name)
        for field in attrs.fields(kind)
        for value in (getattr(request, field.name),)
    }
    return {
        "request": kind.__name__,
        "members": members,
        "mac": None if device is None else forms.keyed("mac", device),
    }


def request_from(form: Mapping[str, Any]) -> tuple[Request, str | None]:
    """What such a form was made of, and the MAC of the heater it is about.

    Raises:
        UsageError: it is no such form.
    """
    kind = KINDS.get(member(form, "request", str))
    if kind is None or not attrs.has(kind):
        raise UsageError("request: this version knows no such request")
    members = member(form, "members", dict)
    given: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.name in members:
            value = members[field.name]
            given[field.name] = payload_from(value) if field.name == "payload" else decode_value(value)
    try:
        made: Any = kind(**given)
    except TypeError:
        raise UsageError(f"{kind.__name__}: a member is missing or of another type") from None
    return made, member(form, "mac", str, type(None))
