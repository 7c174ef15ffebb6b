"""The endpoints of REST: each request as the code builds it, each answer as the code reads it.

Nothing is written down twice. The builders are called with invented data, and what they make shows method,
path, authentication and body. The parsers are given answers until they ask for no further member: what they ask
for, and how, is the shape of the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any, get_type_hints
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, fields, frozen, has

from navien_proto.cloud import answers, endpoints, openei, records, tou
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.members import Members
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import NavienError
from navien_proto.model.device import Device
from navien_proto.model.fields import Problem
from navien_proto.model.tou import TouPlan
from tests.support.protocol_docs.commands import examples
from tests.support.protocol_docs.facts import facts, how_sure
from tests.support.protocol_docs.table import code, table

__all__ = [
    "ENDPOINTS",
    "Endpoint",
    "Shape",
    "answer_shape",
    "endpoints_table",
    "errors_of",
    "errors_table",
    "offered",
]

BASE = "https://nlus.naviensmartcontrol.com/api/v2.1"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOKENS = Tokens(
    access_token="invented",
    refresh_token="invented",
    authentication_expires_at=NOW,
    access_key_id="invented",
    secret_key="invented",
    authorization_expires_at=NOW,
)
DEVICE = Device(mac="aabbccddeeff", additional_value="1234")
EMAIL = "user@example.com"
SERIAL = "00000000XX00000000"


def _plan() -> TouPlan:
    (write,) = (one for ones in examples().values() for one in ones if hasattr(one, "plan"))
    plan = write.plan
    assert isinstance(plan, TouPlan)
    return plan


@frozen(kw_only=True, eq=False)
class Endpoint:
    """One endpoint: who makes the request, an example of it, and who reads the answer."""

    builder: Callable[..., HttpRequest]
    request: HttpRequest
    parser: Callable[..., Any]
    read: Callable[[HttpReply], object]

    @property
    def name(self) -> str:
        """Of the builder."""
        return self.builder.__name__

    @property
    def fact(self) -> dict[str, Any]:
        """What is said beyond the code."""
        return facts("endpoints")[self.name]

    @property
    def path(self) -> str:
        """Below the base of the API; of another service, on its own host."""
        return urlsplit(self.request.url).path.removeprefix(urlsplit(BASE).path)

    @property
    def host(self) -> str:
        """The service, as an address."""
        split = urlsplit(self.request.url)
        return BASE if self.request.url.startswith(BASE) else f"{split.scheme}://{split.netloc}"

    @property
    def authorised(self) -> bool:
        """Whether it carries the access token."""
        return "authorization" in self.request.headers

    @property
    def body(self) -> dict[str, Any] | None:
        """The example's body."""
        found: dict[str, Any] | None = json.loads(self.request.body) if self.request.body else None
        return found

    @property
    def query(self) -> dict[str, str]:
        """The example's query."""
        return dict(parse_qsl(urlsplit(self.request.url).query))

    @property
    def answer(self) -> str:
        """Class of the answer."""
        names = vars(endpoints) | vars(answers) | vars(records) | vars(openei)
        found = get_type_hints(self.parser, globalns=names)["return"]
        return found.__name__ if isinstance(found, type) else str(found)


def _endpoint(
    builder: Callable[..., HttpRequest],
    request: HttpRequest,
    parser: Callable[..., Any],
    read: Callable[[HttpReply], object] | None = None,
) -> Endpoint:
    return Endpoint(builder=builder, request=request, parser=parser, read=read or parser)


ENDPOINTS = (
    _endpoint(
        endpoints.sign_in,
        endpoints.sign_in(BASE, EMAIL, "invented"),
        endpoints.parse_sign_in,
        lambda reply: endpoints.parse_sign_in(reply, NOW),
    ),
    _endpoint(endpoints.refresh, endpoints.refresh(BASE, TOKENS), endpoints.parse_refresh_grant),
    _endpoint(endpoints.device_list, endpoints.device_list(BASE, TOKENS, EMAIL), endpoints.parse_device_page),
    _endpoint(
        endpoints.device_info, endpoints.device_info(BASE, TOKENS, EMAIL, DEVICE), endpoints.parse_device_info
    ),
    _endpoint(
        endpoints.firmware_info,
        endpoints.firmware_info(BASE, TOKENS, EMAIL, DEVICE),
        endpoints.parse_firmware_info,
    ),
    _endpoint(endpoints.tou, endpoints.tou(BASE, TOKENS, EMAIL, DEVICE, SERIAL), endpoints.parse_tou),
    _endpoint(
        tou.store_tou,
        tou.store_tou(BASE, TOKENS, EMAIL, DEVICE, _plan(), source={}, zip_code="00000"),
        tou.parse_store_tou,
    ),
    _endpoint(tou.convert_tou, tou.convert_tou(BASE, TOKENS, EMAIL, [{}]), tou.parse_convert_tou),
    _endpoint(
        endpoints.update_push_token,
        endpoints.update_push_token(
            BASE, TOKENS, EMAIL, push_token="invented", model_name="phone", app_version="1", os="A", os_version="1"
        ),
        endpoints.parse_push_token,
    ),
    _endpoint(openei.utility_rates, openei.utility_rates("invented", "00000"), openei.parse_utility_rates),
)
"""Every endpoint the code knows, in the order of ``docs/protocol/rest.md``."""


# --- what an answer holds ----------------------------------------------------------------------------------


@define
class Shape:
    """What is read of one place in an answer: its kind, and its members when it is an object or a list of them."""

    kind: str = "object"
    members: dict[str, Shape] = field(factory=dict)
    attribute: str = ""

    def at(self, path: str) -> Shape:
        """The place; made when it is new."""
        here = self
        for name in filter(None, re.sub(r"\[\d+\]", ".[]", path).split(".")):
            here = here.members.setdefault(name, Shape("any"))
        return here

    def sample(self, numbers: Iterator[int]) -> object:
        """An answer of this shape, each value another."""
        if self.kind == "array":
            return [self.members["[]"].sample(numbers)] if "[]" in self.members else []
        if self.kind == "object":
            return {name: _sample(name, shape, numbers) for name, shape in self.members.items()}
        number = next(numbers)
        return {"text": f"x{number}", "any": f"x{number}", "flag": 1, "number": 4000.0 + number}.get(
            self.kind, 1000 + number
        )


def _sample(name: str, shape: Shape, numbers: Iterator[int]) -> object:
    return "aabbccddeeff" if name == "macAddress" else shape.sample(numbers)


# An object or list says more than that a member was looked at.
WEIGHT = {"any": 0, "text": 1, "whole": 1, "number": 1, "flag": 2, "object": 3, "array": 3}
READS = {"anything": "any", "members": "object", "each": "array", "text": "text", "whole": "whole",
         "number": "number", "flag": "flag"}  # fmt: skip


@contextmanager
def _watched(root: Shape) -> Iterator[None]:
    """Note in ``root`` what is asked of answers meanwhile."""

    def watching(method: str, kind: str) -> Callable[..., Any]:
        asked = getattr(Members, method)

        def read(self: Members, name: str) -> Any:
            shape = root.at(self.path(name))
            if WEIGHT[kind] > WEIGHT[shape.kind]:
                shape.kind = kind
            return asked(self, name)

        return read

    with ExitStack() as patches:
        for method, kind in READS.items():
            patches.enter_context(patch.object(Members, method, watching(method, kind)))
        yield


@cache
def answer_shape(endpoint: Endpoint) -> Shape:
    """What the parser reads of an answer; of an endpoint of the cloud, below ``data``.

    Raises:
        AssertionError: it takes no answer of that shape, so that the shape cannot be right.
    """
    for start in (Shape("object"), Shape("array", {"[]": Shape("object")})):
        if endpoint.host != BASE and start.kind == "object":
            start.at("items").kind = "array"
            start.at("items[0]").kind = "object"
        seen = ""
        error: NavienError | None = None
        while seen != (seen := repr(start)):
            answer = HttpReply(200, {}, json.dumps(_wrapped(endpoint, start.sample(count(1)))).encode())
            with _watched(start):
                try:
                    endpoint.read(answer)
                    error = None
                except NavienError as found:
                    error = found
            for shape in _all(start):
                if shape.kind == "array":
                    shape.members.setdefault("[]", Shape("object"))
                elif shape.members and shape.kind == "any":
                    shape.kind = "object"
        if error is None:
            _name_attributes(start, endpoint)
            return start
    raise AssertionError(f"{endpoint.name}: no answer is taken")


def _name_attributes(shape: Shape, endpoint: Endpoint) -> None:
    """Note beside each member which attribute of which class holds its value: every sample is another."""
    sample = shape.sample(count(1))
    held = dict(_held(endpoint.read(HttpReply(200, {}, json.dumps(_wrapped(endpoint, sample)).encode()))))
    for one, value in _leaves(shape, sample):
        one.attribute = held.get(value, "")


def _held(value: Any) -> Iterator[tuple[object, str]]:
    if isinstance(value, Problem):
        return
    if isinstance(value, tuple | list):
        for item in value:
            yield from _held(item)
    elif has(type(value)):
        for one in fields(type(value)):
            inner = getattr(value, one.name)
            if isinstance(inner, str | int | float) and not isinstance(inner, bool):
                yield _key(inner), f"{type(value).__name__}.{one.name}"
            else:
                yield from _held(inner)


def _leaves(shape: Shape, sample: object) -> Iterator[tuple[Shape, object]]:
    if isinstance(sample, dict):
        for name, inner in sample.items():
            yield from _leaves(shape.members[name], inner)
    elif isinstance(sample, list):
        yield from _leaves(shape.members["[]"], sample[0])
    else:
        yield shape, _key(sample)


def _key(value: object) -> tuple[str, str]:
    # A version is a number with a text of its own.
    if isinstance(value, int | float):
        return "number", str(float(value))
    return "text", str(value)


def _all(shape: Shape) -> Iterator[Shape]:
    yield shape
    for one in shape.members.values():
        yield from _all(one)


def _wrapped(endpoint: Endpoint, data: object) -> object:
    return {"code": 200, "msg": "SUCCESS", "data": data} if endpoint.host == BASE else data


# --- tables ------------------------------------------------------------------------------------------------

ANSWERS = {
    "HTTP 400": HttpReply(400, {}, b'{"code": 400, "msg": "BAD_REQUEST"}'),
    "HTTP 401": HttpReply(401, {}, b'{"code": 401, "msg": "UNAUTHORIZED"}'),
    "HTTP 200, code 401": HttpReply(200, {}, b'{"code": 401, "msg": "UNAUTHORIZED"}'),
    "HTTP 200, code 1001 `INVALID_USER_PASSWORD`": HttpReply(
        200, {}, b'{"code": 1001, "msg": "INVALID_USER_PASSWORD"}'
    ),
    "msg `USER_NOT_FOUND`": HttpReply(200, {}, b'{"code": 1002, "msg": "USER_NOT_FOUND"}'),
    "HTTP 403": HttpReply(403, {}, b'{"code": 403, "msg": "FORBIDDEN"}'),
    "HTTP 404": HttpReply(404, {}, b'{"code": 404, "msg": "NOT_FOUND"}'),
    "HTTP 429": HttpReply(429, {}, b""),
    "HTTP 500, 502, 503, 504": HttpReply(503, {}, b"<html></html>"),
    "HTTP 200, no JSON object": HttpReply(200, {}, b"<html></html>"),
    "HTTP 200, code 200, no `data`": HttpReply(200, {}, b'{"code": 200, "msg": "SUCCESS"}'),
}


def errors_of(endpoint: Endpoint, reply: HttpReply) -> str:
    """The class of the error that an answer becomes; nothing when it is none."""
    try:
        endpoint.read(reply)
    except NavienError as error:
        return type(error).__name__
    return ""


def errors_table() -> str:
    """What refusals become, by endpoint."""
    ours = [one for one in ENDPOINTS if one.host == BASE]
    groups: dict[tuple[str, ...], list[str]] = {}
    for one in ours:
        groups.setdefault(tuple(errors_of(one, reply) for reply in ANSWERS.values()), []).append(one.name)
    rows = zip(ANSWERS, *groups, strict=True)
    return table(
        ("answer", *(", ".join(map(code, names)) for names in groups.values())),
        ((answer, *(code(error) or "-" for error in errors)) for answer, *errors in rows),
    )


def endpoints_table() -> str:
    """Every endpoint."""
    return table(
        ("method and path", "function", "token", "body / query", "answer", "data read", "how sure", "section"),
        (
            (
                f"{one.request.method} {code(one.path)}" + ("" if one.host == BASE else f" on {code(one.host)}"),
                f"{code(one.name)}: {one.fact['title']}",
                "yes" if one.authorised else "no",
                _sent(one),
                f"{code(one.answer)} by {code(one.parser.__name__)}",
                _read(answer_shape(one)),
                how_sure(one.fact, "D"),
                one.fact["section"],
            )
            for one in ENDPOINTS
        ),
    )


def _sent(one: Endpoint) -> str:
    where = "JSON" if one.body is not None else "query"
    return f"{where}: " + ", ".join(map(code, one.body if one.body is not None else one.query))


def _read(shape: Shape) -> str:
    if shape.kind == "array":
        return f"list of {_read(shape.members['[]'])}"
    return ", ".join(map(code, shape.members)) or "nothing"


def offered() -> list[str]:
    """The functions that the modules of endpoints offer, builders and parsers alike."""
    found = []
    for module in (endpoints, tou, openei):
        found += [name for name in module.__all__ if name.islower() and callable(getattr(module, name))]
    return found
