"""What goes into a session, in the form it has in a transcript: without its secrets, and fit to be played again.

An input is cleaned *before* it is written (:mod:`navien_proto.wire.cleaning`): its secrets become stand-ins that
a session can work with as with the real ones, so what is written is an input itself. A replay hears stand-ins
where the recorded session heard secrets, and says stand-ins where that one said secrets; since what was said is
cleaned by the same table, both read alike.

What is no JSON cannot be cleaned. Of such a payload the reason is kept for which it is none, and a replay makes
other bytes that are refused for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from navien_proto.cloud.account import Refusal, SavedAccount
from navien_proto.cloud.http import HttpReply
from navien_proto.errors import DecodeError, UsageError
from navien_proto.instant import Instant
from navien_proto.jsontext import MAX_DEPTH, dumps, loads
from navien_proto.pseudonyms import Pseudonyms, secret_kind
from navien_proto.redact import redact_text
from navien_proto.session import inputs
from navien_proto.session.config import SessionConfig
from navien_proto.session.inputs import HttpAnswered, Input, MessageReceived
from navien_proto.session.saved import SavedSession
from navien_proto.wire.cleaning import Cleaner

__all__ = [
    "Forms",
    "account_from",
    "input_from",
    "instant_form",
    "instant_from",
    "member",
    "payload_from",
]

# All that is read of an answer's headers; others are left out, and cookies with them.
HEADERS = ("content-type", "date", "retry-after")
# Of the cloud's words this many characters are read (navien_proto.cloud.replies).
WORDS = 80
# What cannot stand in a header is no token; that it cannot is all that is kept of it.
UNBEARABLE = "\u00e9"
INPUTS: dict[str, type] = {
    name: getattr(inputs, name) for name in inputs.__all__ if name not in ("Input", "LinkInput")
}


class Names(Pseudonyms):
    """The stand-ins of one transcript."""

    def __init__(self) -> None:
        super().__init__(at_once=True)

    def of(self, kind: str, value: str) -> str:
        """The stand-in for ``value``; one that is as good or as bad a token as the real one."""
        if kind == "token" and not (value.isascii() and value.isprintable()):
            return UNBEARABLE
        return super().of(kind, value)


class Forms(Cleaner):
    """Brings inputs into their form. One object a transcript: it remembers the stand-ins."""

    def __init__(self) -> None:
        super().__init__(Names())

    def keyed(self, key: str, text: str) -> str:
        """A text that stands under ``key``."""
        kind = secret_kind(key)
        if kind is not None:
            return self.names.of(kind, text) if text else text
        if key.lower().endswith("topic") or key in ("filter", "filters"):
            return self.topic(text)
        return self.names.text(text)

    def config(self, config: SessionConfig) -> SessionConfig:
        """The settings of the session that is played again."""

        def clean(value: Any, key: str) -> Any:
            if isinstance(value, str):
                return self.keyed(key, value)
            if isinstance(value, Mapping):
                # By MAC: a heater's own period.
                return {self.names.of("mac", name): clean(value[name], key) for name in sorted(value)}
            return value

        names = self.names
        return attrs.evolve(
            config,
            email=names.of("e-mail", config.email),
            password=config.password and names.of("password", config.password),
            client_id=config.client_id and names.of("client", config.client_id),
            devices=frozenset(names.of("mac", mac) for mac in sorted(config.devices)),
            **{
                field.name: clean(getattr(config, field.name), field.name)
                for field in attrs.fields(SessionConfig)
                if field.name not in ("email", "password", "client_id", "devices")
            },
        )

    def input(self, report: Input) -> dict[str, Any]:
        """A report of the transport."""
        form: dict[str, Any] = {"in": type(report).__name__}
        for field in attrs.fields(type(report)):
            value = getattr(report, field.name)
            if value == field.default:
                continue
            form[field.name] = self._member(field.name, value)
        return form

    def _member(self, name: str, value: Any) -> Any:
        if isinstance(value, HttpReply):
            headers = {one: self.names.text(value.headers[one]) for one in HEADERS if one in value.headers}
            return {"status": value.status, "headers": headers, **self.payload(value.body, rest=True)}
        if isinstance(value, bytes):
            return self.payload(value)
        if isinstance(value, str):
            return self.keyed(name, value)
        return list(value) if isinstance(value, tuple) else value

    def payload(self, data: bytes, *, rest: bool = False) -> dict[str, Any]:
        """A payload or body: its JSON, or why it is none."""
        try:
            document = loads(data)
        except DecodeError as error:
            page = {"page": True} if data.lstrip().startswith(b"<") else {}
            blank = {} if data.strip() else {"blank": True}
            return {"no_json": error.reason, "bytes": len(data), **page, **blank}
        if rest and isinstance(document, dict) and isinstance(document.get("msg"), str):
            # The cloud's words decide what an error means: as they are read, and no stand-in may add one.
            words = redact_text("".join(filter(str.isprintable, document["msg"])))
            document = {**document, "msg": words[:WORDS]}
        return {"json": self.value(document)}

    def account(self, account: SavedAccount | None, password: str | None) -> dict[str, Any] | None:
        """What a token store kept. A refused password is kept as whether it is the present one."""
        if account is None:
            return None
        tokens, refusal = account.tokens, account.refusal
        return {
            "tokens": None if tokens is None else self.value(tokens.to_dict()),
            "sign_ins": [moment.isoformat() for moment in account.sign_ins],
            "refusal": None
            if refusal is None
            else {"at": refusal.at.isoformat(), "same": bool(password) and refusal.matches(password or "")},
        }

    def saved(self, saved: SavedSession | None) -> dict[str, Any] | None:
        """What another run knew."""
        if saved is None:
            return None
        form = saved.to_dict()
        for device in form["devices"]:
            if device["name"]:
                device["name"] = self.names.of("name", device["name"])
        return dict(self.value(form))


def instant_form(at: Instant) -> list[Any]:
    """Both clocks: seconds, and UTC."""
    return [at.monotonic, at.utc.isoformat()]


# --- and back --------------------------------------------------------------------------------------------


def member(form: Mapping[str, Any], name: str, *kinds: type) -> Any:
    """The member of that name and of one of these types.

    Raises:
        UsageError: there is none.
    """
    value = form.get(name)
    if name not in form or not isinstance(value, kinds):
        expected = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise UsageError(
            f"{name}: expected {expected}, found {type(value).__name__ if name in form else 'nothing'}"
        )
    return value


def instant_from(form: Mapping[str, Any]) -> Instant:
    """The instant of a line.

    Raises:
        UsageError: it has none.
    """
    found = member(form, "at", list)
    try:
        monotonic, utc = found
        return Instant(float(monotonic), datetime.fromisoformat(utc))
    except (TypeError, ValueError, OverflowError):
        raise UsageError("at: expected seconds, and a time in ISO 8601 with its offset") from None


def input_from(form: Mapping[str, Any]) -> Input:
    """The input of a line.

    Raises:
        UsageError: it is none.
    """
    kind = INPUTS.get(member(form, "in", str))
    if kind is None:
        raise UsageError("in: this version knows no such input")
    named: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.name in form:
            named[field.name] = READERS.get((kind, field.name), _plain)(form, field.name)
    try:
        made: Input = kind(**named)
    except TypeError:
        raise UsageError(f"{kind.__name__}: a member is missing") from None
    return made


def _plain(form: Mapping[str, Any], name: str) -> Any:
    if name == "codes":
        return tuple(form[name])
    return member(form, name, int, str, bool, type(None))


def _reply(form: Mapping[str, Any], name: str) -> HttpReply:
    reply = member(form, name, dict)
    headers = member(reply, "headers", dict)
    return HttpReply(
        member(reply, "status", int), {one: str(text) for one, text in headers.items()}, payload_from(reply)
    )


READERS: dict[tuple[type, str], Callable[[Mapping[str, Any], str], Any]] = {
    (MessageReceived, "payload"): lambda form, name: payload_from(member(form, name, dict)),
    (HttpAnswered, "reply"): _reply,
}


def payload_from(form: Mapping[str, Any]) -> bytes:
    """Bytes that say the same as those a form was made of, or are refused for the same reason.

    Raises:
        UsageError: it is no such form.
    """
    if "json" in form:
        return dumps(form["json"])
    reason: str = member(form, "no_json", str)
    size: int = member(form, "bytes", int)
    first = b"<" if form.get("page") else b"!"
    at = int("0" + "".join(filter(str.isdigit, reason)))
    if reason.startswith("not JSON"):
        return b" " * at + (b"" if form.get("blank") else first)
    if "more than the" in reason:
        return first * size
    if reason.endswith("is not JSON"):
        return reason.partition(" ")[0].encode()
    prefix = b"<" if form.get("page") else b""
    for words, data in OTHERS.items():
        if reason.startswith(words):
            return prefix + data
    raise UsageError("no_json: this version knows no such reason")


# Bytes for each of the other reasons of navien_proto.jsontext, by how it begins.
OTHERS = {
    "nested deeper": b"[" * (MAX_DEPTH + 1),
    "not UTF-8": b"\xff",
    "it begins with a byte-order mark": b"\xef\xbb\xbf",
    "half of a surrogate pair": b'"\\ud800"',
    "a number is too large": b"1e999",
}


def account_from(form: Mapping[str, Any] | None, password: str | None) -> SavedAccount | None:
    """What a token store would have kept for a session with ``password``.

    Raises:
        UsageError: it is no such form.
    """
    if form is None:
        return None
    found = form.get("refusal")
    account = SavedAccount.from_dict({**form, "refusal": None})
    if found is None:
        return account
    try:
        at = datetime.fromisoformat(found["at"])
        refused = password or "" if found["same"] else f"not {password}"
        return attrs.evolve(account, refusal=Refusal.of(refused, at=at, salt="transcript"))
    except (TypeError, ValueError, KeyError):
        raise UsageError("refusal: expected when, and whether it was the same password") from None
