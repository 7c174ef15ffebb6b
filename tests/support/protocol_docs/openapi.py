"""``docs/protocol/openapi.json``: REST as OpenAPI 3.1, made from `ENDPOINTS` and what the parsers read."""

from __future__ import annotations

import json
from typing import Any

from tests.support.protocol_docs.endpoints import (
    ANSWERS,
    BASE,
    ENDPOINTS,
    Endpoint,
    Shape,
    answer_shape,
    errors_of,
)
from tests.support.protocol_docs.facts import MARKS, facts
from tests.support.protocol_docs.table import first_sentence

__all__ = ["openapi", "openapi_text"]

Schema = dict[str, Any]

ABOUT = """The REST part of the NaviLink cloud as far as it is known, which is not the vendor's documentation. \
Made from the code of navien; docs/protocol/rest.md explains it. Any member of an answer may be absent or null.

x-how-sure: C in the capture of a real unit, L exercised live by the newest library, A from the vendor's app, \
D documented, I inferred."""


def openapi_text() -> str:
    """The file."""
    return json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"


def openapi() -> dict[str, Any]:
    """The description."""
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        item = paths.setdefault(endpoint.path, {})
        if endpoint.host != BASE:
            item["servers"] = [{"url": endpoint.host, "description": "A third party, asked for rate plans alone."}]
        item[endpoint.request.method.lower()] = _operation(endpoint)
    schemas: dict[str, Schema] = {"Envelope": _envelope()}
    for endpoint in ENDPOINTS:
        schemas[endpoint.answer] = _answer(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NaviLink cloud, REST",
            "version": BASE.rpartition("/")[2],
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": BASE}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "accessToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "authorization",
                    "description": "The bare access token of a sign-in, without Bearer in front; lower case.",
                },
                "openei": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "api_key",
                    "description": "The user's own key of OpenEI.",
                },
            },
            "schemas": schemas,
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    fact = endpoint.fact
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": fact["title"],
        "description": f"docs/protocol/rest.md section {fact['section']}. {first_sentence(endpoint.builder)}",
        "x-how-sure": fact["sure"],
        "x-source": fact.get("source", MARKS[fact["sure"]]),
        "security": [{"accessToken": []}] if endpoint.authorised else [],
    }
    if endpoint.host != BASE:
        operation["security"] = [{"openei": []}]
    query = [name for name in endpoint.query if name != "api_key"]
    if query:
        operation["parameters"] = [
            {
                "name": name,
                "in": "query",
                "required": True,
                "description": facts("members")[name]["meaning"],
                "schema": {"type": "string"},
            }
            for name in query
        ]
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _sent(endpoint.body)}},
        }
    operation["responses"] = _responses(endpoint)
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    data: Schema = {"$ref": f"#/components/schemas/{endpoint.answer}"}
    envelope: Schema = {"$ref": "#/components/schemas/Envelope"}
    answer = data if endpoint.host != BASE else {"allOf": [envelope, {"properties": {"data": data}}]}
    described = "Success when the member code is 200; else refused, like HTTP 4xx."
    if endpoint.host != BASE:
        return {"200": {"description": "Success, unless it has a member error.", "content": _json(answer)}}
    refusals = {name: errors_of(endpoint, reply) for name, reply in ANSWERS.items() if errors_of(endpoint, reply)}
    return {
        "200": {"description": described, "content": _json(answer)},
        "default": {
            "description": "Refused; the body may be a web page. x-raised: the error of navien for each.",
            "content": _json(envelope),
            "x-raised": refusals,
        },
    }


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _envelope() -> Schema:
    return {
        "type": "object",
        "description": "What every answer of the cloud is wrapped in (C).",
        "required": ["code"],
        "properties": {
            "code": {"type": "integer", "description": "200 is success, whatever HTTP says."},
            "msg": {"type": ["string", "null"], "description": "SUCCESS, or what went wrong."},
            "data": {"description": "Null or absent when there is nothing to tell."},
        },
    }


def _answer(endpoint: Endpoint) -> Schema:
    schema = _read(answer_shape(endpoint), "")
    schema["type"] = [schema["type"], "null"]
    schema["description"] = first_sentence(_class(endpoint))
    return schema


def _class(endpoint: Endpoint) -> object:
    module = __import__(endpoint.parser.__module__, fromlist=["*"])
    from navien_proto.cloud import records

    return getattr(module, endpoint.answer, None) or getattr(records, endpoint.answer)


TYPES: dict[str, Schema] = {
    "text": {"type": ["string", "null"]},
    "whole": {"type": ["integer", "null"], "format": "int64"},
    "number": {"type": ["number", "null"]},
    "flag": {"type": ["integer", "null"], "enum": [0, 1, 2, None]},
    "any": {},
}


def _read(shape: Shape, name: str) -> Schema:
    if shape.kind == "array":
        schema: Schema = {"type": "array", "items": _read(shape.members["[]"], "")}
    elif shape.kind == "object":
        schema = {"type": "object"}
        if shape.members:
            schema["properties"] = {one: _read(inner, one) for one, inner in shape.members.items()}
    else:
        schema = dict(TYPES[shape.kind])
    if name:
        if isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        schema |= _said(name)
        if shape.attribute:
            schema["x-attribute"] = shape.attribute
    return schema


def _said(name: str) -> Schema:
    fact = facts("members")[name]
    said: Schema = {"description": fact["meaning"], "x-how-sure": fact["sure"]}
    if fact.get("secret"):
        said["format"] = "password"
    return said


def _sent(value: object, name: str = "") -> Schema:
    """What is sent, from an example; members below the plan of another service are its own affair."""
    schema: Schema
    if isinstance(value, dict):
        schema = {"type": "object"}
        if value:
            schema |= {
                "required": list(value),
                "properties": {one: _sent(inner, one) for one, inner in value.items()},
            }
    elif isinstance(value, list):
        schema = {"type": "array", "items": _sent(value[0])}
    else:
        schema = {"type": "string" if isinstance(value, str) else "integer"}
    return schema | _said(name) if name else schema
