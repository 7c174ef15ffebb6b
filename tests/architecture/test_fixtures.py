"""Every fixture decodes without a loss, is what its name says, and holds no secret (``fixtures/README.md``)."""

from __future__ import annotations

import copy
import gc
import hashlib
import json
import re
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from navien_anyio.cli.unknowns import find_unknowns
from navien_proto.cloud import endpoints, openei, sigv4, tou
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import DecodeError, NavienError
from navien_proto.fixture_set import (
    BASE_URL,
    ENDPOINTS,
    MessageFixture,
    fixture_text,
    kind_of,
    row_of,
)
from navien_proto.har import ANSWERS, RestExchange, decode_capture, read_har
from navien_proto.jsontext import dumps
from navien_proto.model.device import Device
from navien_proto.model.tou import TouPlan
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import StatusMessage
from tests.support import record_fixture
from tests.support.fixture_files import (
    EXCHANGES,
    FILES,
    FIXTURES,
    HARS,
    MESSAGES,
    ROOT,
    SIGNINGS,
    documents,
    secrets_in,
)

PROTOCOL = ROOT.parent / "docs" / "protocol"
# MQTT packets of a whole connection that are no messages.
OTHER_PACKETS = {"CONNECT", "CONNACK", "SUBSCRIBE", "SUBACK", "PUBACK", "DISCONNECT"}
# A guess of the protocol's reference that no enumeration has: typeOfUsage of an answer by months.
UNKNOWN_NUMBERS = {"energy.type_of_usage": [2]}

KINDS = {
    "status-answer", "status-acknowledgement", "status-push", "feature", "control-failure", "reservations",
    "reservations-packed", "recirculation", "recirculation-packed", "tou", "energy-daily", "energy-monthly",
    "energy-hourly", "firmware-download", "diagnostics", "diagnostics-packed", "app-connection",
    "connection-event", "request",
}  # fmt: skip
FIRMWARES = {
    "status-answer": {"2025", "newer", "partial"},
    "status-acknowledgement": {"2025", "partial"},
    "status-push": {"2025", "partial"},
    "feature": {"newer", "older", "partial"},
}


# --- decoding


@pytest.mark.parametrize("name", FIXTURES)
def test_nothing_in_a_fixture_is_unknown_to_its_decoder(name: str) -> None:
    row = row_of(FIXTURES[name], name)
    found = find_unknowns([row])
    if ".remote-protocol-error." in name:
        assert [finding.what for finding in found] == ["undecodable"]
        return
    numbers = {finding.name: finding.numbers for finding in found if finding.what == "number"}
    assert [finding.sentence() for finding in found if finding.what != "number"] == []
    assert numbers.items() <= UNKNOWN_NUMBERS.items()


@pytest.mark.parametrize("name", FIXTURES)
def test_a_member_that_nobody_decodes_is_noticed_wherever_it_stands(name: str) -> None:
    fixture = FIXTURES[name]
    top = fixture.payload if isinstance(fixture, MessageFixture) else fixture.reply.body
    if not isinstance(top, dict) or ".remote-protocol-error." in name:
        return
    for place in [place for place in objects(top) if not opaque(name, place)]:
        changed = copy.deepcopy(top)
        reduce(lambda value, step: value[step], place, changed)["brandNew"] = 1
        if isinstance(fixture, MessageFixture):
            row = row_of(evolve(fixture, payload=changed))
        else:
            row = row_of(evolve(fixture, reply=evolve(fixture.reply, body=changed)))
        named = [finding.name for finding in find_unknowns([row]) if finding.what == "member"]
        assert any(one.endswith("brandNew") for one in named), place


def objects(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the objects in ``value`` stand, the first three of each list."""
    found = [place] if isinstance(value, dict) else []
    below = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for step, member in below:
        found += objects(member, (*place, step))
    return found


def opaque(name: str, place: tuple[Any, ...]) -> bool:
    """What is kept as it came, on purpose: legal documents, the tariffs of a rate database, refusals."""
    refused = name.split(".", maxsplit=1)[0] in {*ENDPOINTS.values()} and ".ok." not in name
    return (
        "legal" in place
        or (name.startswith("utility-rates") and (refused or place != ()))
        or (refused and place != ())
    )


def test_every_kind_and_every_firmware_is_there() -> None:
    decoded = {name: row_of(one).result for name, one in MESSAGES.items()}
    assert {kind_of(message) for message in decoded.values()} == KINDS  # type: ignore[arg-type]
    there: dict[str, set[str]] = {}
    for name in MESSAGES:
        kind, firmware, _ = name.split(".")
        there.setdefault(kind, set()).add(firmware)
    assert there == {kind: FIRMWARES.get(kind, {"any"}) for kind in KINDS}


def test_every_endpoint_is_there_and_refusals_of_every_sort() -> None:
    assert ENDPOINTS.keys() == ANSWERS.keys()
    assert {name.split(".")[0] for name in EXCHANGES} == set(ENDPOINTS.values())
    # Nobody was ever granted connectivity-status.
    granted = {name.split(".")[0] for name in EXCHANGES if ".ok." in name}
    assert granted == set(ENDPOINTS.values()) - {"connectivity-status"}
    assert {name.split(".")[1] for name in EXCHANGES} == {
        "ok", "bad-credentials", "account-locked", "token-expired", "throttled", "http-status-error",
        "remote-protocol-error",
    }  # fmt: skip
    replies = [one.reply for one in EXCHANGES.values()]
    assert any(one.status == 200 and one.text == "" for one in replies)
    assert any(one.text is not None and one.text.startswith("<html>") for one in replies)
    inside = [
        one.body["code"]
        for one in replies
        if one.status == 200 and isinstance(one.body, dict) and "code" in one.body
    ]
    assert set(inside) > {200, 401, 1001}


@pytest.mark.parametrize("name", FIXTURES)
def test_a_file_is_laid_out_as_the_recorder_writes_it(name: str) -> None:
    assert FILES[name].read_text(encoding="utf-8") == fixture_text(FIXTURES[name].document())


@pytest.mark.parametrize("name", [*FIXTURES, *SIGNINGS])
def test_every_source_leads_somewhere(name: str) -> None:
    source = FIXTURES[name].source if name in FIXTURES else SIGNINGS[name]["source"]
    cited = re.findall(r"docs/protocol/(\w+\.md)(?: sections? ((?:\d+)(?:(?:, | and )\d+)*))?", source)
    assert cited
    for page, sections in cited:
        text = (PROTOCOL / page).read_text(encoding="utf-8")
        for number in re.findall(r"\d+", sections):
            assert re.search(rf"^## {number}\.", text, re.MULTILINE), (page, number)


# --- REST: the very calls a session makes

HOUR = datetime(2026, 1, 15, 13, tzinfo=UTC)
TOKENS = Tokens(
    access_token="access-token-placeholder",
    refresh_token="refresh-token-placeholder",
    authentication_expires_at=HOUR,
    access_key_id="ASIAEXAMPLEEXAMPLE00",
    secret_key="secret-placeholder",
    authorization_expires_at=HOUR,
)
EMAIL, DEVICE = "user@example.com", Device(mac="aabbccddeeff", additional_value="1234")


def calls(request_body: Any) -> dict[str, HttpRequest]:
    """The request of each endpoint as navien_proto.cloud makes it, about the invented account."""
    about = (BASE_URL, TOKENS, EMAIL)
    body = request_body if isinstance(request_body, dict) else {}
    sources = body.get("sourceData")
    made = {
        "sign-in": endpoints.sign_in(BASE_URL, EMAIL, "not-a-real-password"),
        "refresh": endpoints.refresh(BASE_URL, TOKENS),
        "device-list": endpoints.device_list(*about),
        "device-info": endpoints.device_info(*about, DEVICE),
        "firmware-info": endpoints.firmware_info(*about, DEVICE),
        "tou": endpoints.tou(*about, DEVICE, "00000000XX00000000"),
        "push-token": endpoints.update_push_token(
            *about,
            push_token="push-token-placeholder",
            model_name="Example",
            app_version="2.03.00",
            os="A",
            os_version="14",
        ),
        "utility-rates": openei.utility_rates("api-key-placeholder", "00000"),
    }
    if isinstance(sources, dict):
        plan = TouPlan.from_rest(body["touInfo"])
        made["store-tou"] = tou.store_tou(*about, DEVICE, plan, source=sources)
    if isinstance(sources, list):
        made["convert-tou"] = tou.convert_tou(*about, sources)
    return made


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_request_is_what_the_call_makes(name: str) -> None:
    exchange = EXCHANGES[name]
    endpoint = name.split(".", maxsplit=1)[0]
    if endpoint == "connectivity-status":
        assert exchange.reply.status == 403  # asked by nobody
        return
    call = calls(exchange.request.body)[endpoint]
    base = openei.BASE_URL if endpoint == "utility-rates" else BASE_URL
    assert call.url == f"{base}{exchange.request.path}"
    assert call.method == exchange.request.method
    assert (json.loads(call.body) if call.body else None) == exchange.request.body


# --- SigV4


@pytest.mark.parametrize("name", SIGNINGS)
def test_every_step_of_a_signature_is_what_the_fixture_says(name: str) -> None:
    step = SIGNINGS[name]
    credentials = Credentials(**step["credentials"])
    at = datetime.strptime(step["time"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    region, path, expires = step["region"], step["path"], step["expires"]
    query = sigv4.canonical_query(credentials.access_key_id, at, region=region, expires=expires)
    assert query == step["canonical_query"]
    request = sigv4.canonical_request(query, {"host": step["host"]}, path=path)
    assert request.split("\n") == step["canonical_request"]
    assert hashlib.sha256(request.encode()).hexdigest() == step["canonical_request_sha256"]
    text = sigv4.string_to_sign(request, at, region=region)
    assert text.split("\n") == step["string_to_sign"]
    key = sigv4.signing_key(credentials.secret_key, at, region=region)
    assert key.hex() == step["signing_key"]
    assert sigv4.signature(key, text) == step["signature"]
    url = sigv4.presigned_url(credentials, step["host"], at, region=region, path=path, expires=expires)
    assert url == step["url"]
    known = {"what", "source", "credentials", "host", "time", "region", "path", "expires", "canonical_query"}
    known |= {"canonical_request", "canonical_request_sha256", "string_to_sign", "signing_key", "signature", "url"}
    assert step.keys() == known


# --- prefixes and leaks


@pytest.mark.parametrize("name", MESSAGES)
def test_every_prefix_of_a_payload_decodes_or_is_a_decode_error(name: str) -> None:
    fixture = MESSAGES[name]
    data = fixture.data
    for end in range(len(data)):
        try:  # not pytest.raises, which takes longer than decoding
            decode(fixture.topic, data[:end])
        except DecodeError:
            continue
        pytest.fail(f"the first {end} bytes decode, and no proper prefix of an object is JSON")
    assert kind_of(decode(fixture.topic, data)) == name.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("name", EXCHANGES)
def test_every_prefix_of_an_answer_is_an_answer_or_a_typed_error(name: str) -> None:
    entry = EXCHANGES[name].entry()
    assert isinstance(entry, RestExchange)
    reply, parse = entry.reply, ANSWERS[next(key for key, one in ENDPOINTS.items() if name.startswith(f"{one}."))]
    # Bodies of some ten thousand bytes are cut at every eleventh, and near their ends at every one.
    ends = {*range(min(600, len(reply.body))), *range(0, len(reply.body), 11)}
    for end in sorted(ends | set(range(max(0, len(reply.body) - 40), len(reply.body)))):
        cut = RestExchange(
            time=entry.time,
            place="",
            method=entry.method,
            url=entry.url,
            request_body=entry.request_body,
            reply=HttpReply(reply.status, reply.headers, reply.body[:end]),
        )
        with pytest.raises(NavienError):
            parse(cut)


def test_a_thousand_decodings_leave_nothing_behind() -> None:
    payloads = [(one.topic, one.data) for one in MESSAGES.values()]

    def a_thousand() -> None:
        for number in range(1000):
            decode(*payloads[number % len(payloads)])

    a_thousand()  # modules, tables and memories are made once
    grown = []
    tracemalloc.start()
    try:
        a_thousand()
        for _ in range(4):
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            a_thousand()
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    # A message is 1 to 20 kB: keeping one of a hundred would show every time, whatever else the process does once.
    assert min(grown) < 5_000


# --- secrets

INVENTED = {
    "aabbccddeeff", "aabbccddeefe", "aabbccddeefd", "navilink-aabbccddeeff", "user@example.com",
    "user%40example.com", "00000000XX00000000", "not-a-real-password", "client-0001", "12345", "67890", "1234",
    "0123", "NWP500", "Garage", "NPE", "Test", "User", "Installer", "1", "555-0100", "XX", "Sampletown",
    "1 Example Street", "0.0", "0", "00000", "<redacted>", "Simulated", "Owner", "wrong-password",
    "nobody@example.com", "refresh-token-gone",
    # AWS's documented example credentials, and what is made of them.
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "EXAMPLESESSION",
    "FwoGZXIvYXdzEXAMPLE+token/with=chars", "ASIAEXAMPLEEXAMPLE00",
}  # fmt: skip
PLACEHOLDER = re.compile(r"(?:[a-zA-Z]+-)+(?:placeholder|token-2)|[0-9a-f]{64}|AKIAIOSFODNN7EXAMPLE/.*")
FINDABLE = sorted([*FILES.values(), *(ROOT / "sigv4").glob("*.json"), *HARS.values()])


def real(found: set[str]) -> set[str]:
    return {one for one in found if one not in INVENTED and not PLACEHOLDER.fullmatch(one)}


@pytest.mark.parametrize("path", FINDABLE, ids=lambda path: path.name)
def test_every_identity_in_it_is_invented(path: Path) -> None:
    for document in documents(path):
        assert real(secrets_in(document)) == set()


CANARIES: dict[str, Callable[[Any], None]] = {
    "A1B2C3D4E5F6": lambda one: one.update(topic="cmd/52/navilink-A1B2C3D4E5F6/res"),
    "a1:b2:c3:d4:e5:f6": lambda one: one["payload"].update(note="seen at a1:b2:c3:d4:e5:f6"),
    "jane.roe@mail.test": lambda one: one["payload"].update(note=["of jane.roe@mail.test"]),
    "jane%40mail.test": lambda one: one.update(topic="x?to=jane%40mail.test"),
    "eyJhbGciOiJIUzI1NiJ9": lambda one: one["payload"].update(note={"deep": [["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"]]}),
    "ASIAQWERTYUIOPASDFGH": lambda one: one.update(what="signed by ASIAQWERTYUIOPASDFGH"),
    "20123456AB20123456": lambda one: one["payload"].update(controllerSerialNumber="20123456AB20123456"),
    "hunter2": lambda one: one["payload"].update({"password": "hunter2"}),
    "abc": lambda one: one["payload"].update(event={"accessToken": "abc"}),
    "sesame": lambda one: one.update(topic="wss://h/mqtt?X-Amz-Security-Token=sesame"),
    "7 Real Road": lambda one: one["payload"].update(location={"address": "7 Real Road"}),
    "47.11": lambda one: one["payload"].update(latitude=47.11),
    "0815": lambda one: one["payload"].update(additionalValue="0815"),
    "555123": lambda one: one["payload"].update(userSeq=555123),
    "9f8e7d6c": lambda one: one["payload"].update(clientID="9f8e7d6c"),
    "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY1": lambda one: one["payload"].update(
        note="je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY1"
    ),
}


@pytest.mark.parametrize("canary", CANARIES)
def test_the_search_finds_what_is_planted(canary: str) -> None:
    for name in ("status-push.2025.mode-changed", "tou.any.off", "app-connection.any.app"):
        document = copy.deepcopy(MESSAGES[name].document())
        assert real(secrets_in(document)) == set()
        CANARIES[canary](document)
        assert canary in real(secrets_in(document)), name


# --- sessions


@pytest.mark.parametrize("name", HARS)
def test_everything_in_a_session_decodes(name: str) -> None:
    capture = read_har(HARS[name].read_bytes())
    rows = list(decode_capture(capture))
    assert rows
    assert set(capture.skipped) <= OTHER_PACKETS
    assert [finding.sentence() for finding in find_unknowns(rows)] == []


@pytest.mark.parametrize("name", HARS)
def test_a_session_is_what_its_recipe_makes(name: str) -> None:
    assert HARS[name].read_text(encoding="utf-8") == record_fixture.RECIPES[f"{name}.har"]()
    assert record_fixture.RECIPES.keys() == {f"{one}.har" for one in HARS}


def test_the_simulated_session_has_the_captured_kinds_of_messages() -> None:
    rows = list(decode_capture(read_har(record_fixture.FIXTURE.read_bytes())))
    statuses = [row.result for row in rows if isinstance(row.result, StatusMessage)]
    assert len(statuses) == 18
    assert [message.reason.value for message in statuses[:3]] == ["answer", "push", "acknowledgement"]
    assert len(rows) == 25


def test_payloads_travel_as_they_are_written() -> None:
    fixture = MESSAGES["status-push.partial.cut"]
    assert fixture.data == dumps(fixture.payload)
