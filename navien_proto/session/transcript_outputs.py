"""What comes out of a session, in the form it has in a transcript: for reading and for comparing.

Secrets have the stand-ins of the inputs they came with, signatures are masked, and of what is long and follows
from the input above (a whole status) there is a digest. No output is made of its form again.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

import attrs

from navien_proto.cloud.account import SavedAccount
from navien_proto.cloud.answers import Answer
from navien_proto.cloud.digests import sha256_hex
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps
from navien_proto.model.device import Device
from navien_proto.model.fields import Problem, Readings
from navien_proto.pseudonyms import secret_kind
from navien_proto.session.actions import Action, Endpoint, OpenLink, SendHttp
from navien_proto.session.events import Event
from navien_proto.session.requests import Request
from navien_proto.session.transcript_forms import Forms, instant_form
from navien_proto.wire.commands import Command

__all__ = ["action_form", "error_form", "event_form"]

# What is longer as JSON is given as a digest: a status has 2.5 kB, and each of its numbers stands in the input.
LONGEST = 400
DIGEST_DIGITS = 16
# Of a signed query these identify somebody; the signature proves nothing once it is masked.
MASKED = "X-Amz-Signature"
CREDENTIAL = "X-Amz-Credential"
TOKEN = "X-Amz-Security-Token"


def action_form(action: Action, forms: Forms) -> dict[str, Any]:
    """An action, as it is written and compared."""
    form: dict[str, Any] = {"action": type(action).__name__}
    match action:
        case SendHttp():
            request = action.request
            return {
                **form,
                "exchange": action.exchange,
                "method": request.method,
                "url": forms.url(request.url),
                "headers": forms.value(dict(request.headers)),
                **({"body": forms.payload(request.body)} if request.body else {}),
            }
        case OpenLink():
            return {**form, **_members(action, forms), "endpoint": _endpoint(action.endpoint, forms)}
    return {**form, **_members(action, forms)}


def event_form(event: Event, forms: Forms, now: Instant | None) -> dict[str, Any]:
    """An event, as it is written and compared; its instant is left out when it is ``now``, the input's."""
    form = {"event": type(event).__name__, **_members(event, forms)}
    if event.at == now:
        del form["at"]
    return form


def error_form(error: BaseException, forms: Forms) -> dict[str, Any]:
    """What was raised: its class, and its sentence when it is one of ours."""
    form: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, NavienError):
        form["text"] = forms.names.text(str(error))
        for name in ("status", "code", "retry_after", "path"):
            if getattr(error, name, None) is not None:
                form[name] = _shown(getattr(error, name), forms, name)
    return form


def _endpoint(endpoint: Endpoint, forms: Forms) -> dict[str, Any]:
    path, _, query = endpoint.target.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if MASKED in parameters:
        parameters[MASKED] = "<signature>"
    if CREDENTIAL in parameters:
        key, slash, scope = parameters[CREDENTIAL].partition("/")
        parameters[CREDENTIAL] = f"{forms.names.of('token', key)}{slash}{scope}"
    if TOKEN in parameters:
        parameters[TOKEN] = forms.names.of("token", parameters[TOKEN])
    return {
        "scheme": endpoint.scheme,
        "host": forms.names.text(endpoint.host),
        "port": endpoint.port,
        "path": path,
        "query": parameters,
    }


def _members(value: Any, forms: Forms) -> dict[str, Any]:
    return {
        field.name: _shown(getattr(value, field.name), forms, field.name) for field in attrs.fields(type(value))
    }


def _shown(value: object, forms: Forms, key: str = "") -> Any:
    """Any part of an output; ``key`` is the name it stands under."""
    match value:
        case Enum():
            return value.name
        case None | bool() | int() | float():
            return value
        case str():
            return forms.keyed(key, value)
        case bytes():
            # Of what is no JSON the reason stays; what a replay makes of it has another length.
            return {name: part for name, part in forms.payload(value).items() if name != "bytes"}
        case Instant():
            return instant_form(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value.total_seconds()
        case BaseException():
            return error_form(value, forms)
        case Device():
            # Whole where the account's list is told; elsewhere it is enough to say which.
            return _device(value, forms) if key == "devices" else forms.names.of("mac", value.mac)
        case SavedAccount():
            return _account(value, forms)
        case Readings():
            return _short(forms.value(dict(value.raw)))
        case Problem():
            return {"path": value.path, "raw": forms.value(value.raw, secret_kind(value.path.split(".")[-1]))}
        case Answer() | Request():
            # It stands in the input above, under the names of the wire.
            return {"kind": type(value).__name__}
        case Command():
            return {"command": type(value).__name__, **forms.value({"members": value.members()})}
        case Mapping():
            return _short(forms.value({str(name): item for name, item in value.items()}))
        case list() | tuple():
            return [_shown(item, forms, key) for item in value]
        case frozenset() | set():
            return sorted((_shown(item, forms, key) for item in value), key=dumps)
    if attrs.has(type(value)):
        return {"kind": type(value).__name__, **_short(_members(value, forms))}
    return forms.names.text(str(value))


def _short(form: dict[str, Any]) -> dict[str, Any]:
    text = dumps(form)
    if len(text) <= LONGEST:
        return form
    return {"digest": sha256_hex(text)[:DIGEST_DIGITS], "bytes": len(text)}


def _device(device: Device, forms: Forms) -> Any:
    # Under the names of the wire, by which its secrets are known.
    place = device.location
    return forms.value(
        {
            "macAddress": device.mac,
            "additionalValue": device.additional_value,
            "deviceType": device.device_type,
            "deviceName": device.name,
            "online": device.online,
            "homeSeq": device.home_seq,
            "installType": device.install_type,
            "location": {field.name: getattr(place, field.name) for field in attrs.fields(type(place))},
        }
    )


def _account(account: SavedAccount, forms: Forms) -> dict[str, Any]:
    # Without the fingerprint of a refused password, which is another in a replay, as the password is.
    return {
        "tokens": None if account.tokens is None else forms.value(account.tokens.to_dict()),
        "sign_ins": [moment.isoformat() for moment in account.sign_ins],
        "refused": None if account.refusal is None else account.refusal.at.isoformat(),
    }
