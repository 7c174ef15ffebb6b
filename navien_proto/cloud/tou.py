"""Time-of-use plans in the cloud: storing one, and having one made of a rate database's.

Storing a plan does not program the unit: the list must be sent to it as well, and time of use switched on.
Source: ``docs/protocol/rest.md`` section 8. Reading the plan on file is `navien_proto.cloud.endpoints.tou`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from navien_proto.cloud.calls import api_request, data_members
from navien_proto.cloud.endpoints import TOU
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.members import Notes
from navien_proto.cloud.record_parts import read_plan
from navien_proto.cloud.records import TouAnswer, TouConversion
from navien_proto.cloud.replies import success_data
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.model.tou import TouPlan

__all__ = ["convert_tou", "parse_convert_tou", "parse_store_tou", "read_tou_answer", "store_tou"]

TOU_CONVERT = f"{TOU}/convert"


def store_tou(
    base_url: str,
    tokens: Tokens,
    email: str,
    device: Device,
    plan: TouPlan,
    *,
    source: Mapping[str, object],
    zip_code: str | None = None,
    register_path: str = "wifi",
    source_type: str = "openei",
    user_type: str = "O",
) -> HttpRequest:
    """Store ``plan`` as the cloud's copy. Read the answer with :func:`parse_store_tou`. May be repeated.

    ``source`` is the one plan of the rate database it was made of, as it came (`UtilityRate.raw`); ``zip_code``
    where the unit stands, the plan's own unless told.

    Raises:
        UsageError: there is no postcode, the plan cannot be written, or a text cannot be encoded.
    """
    code = zip_code or plan.zip_code
    if not code:
        raise UsageError("zip_code is needed to store a plan: neither the call nor the plan names one")
    info = {**plan.to_rest(), "zipCode": code}
    body: dict[str, object] = {
        "userId": email,
        "userType": user_type,
        "macAddress": device.mac,
        "additionalValue": device.additional_value,
        "registerPath": register_path,
        "sourceType": source_type,
        "sourceData": dict(source),
        "zipCode": code,
        "touInfo": info,
    }
    return api_request("PUT", base_url, TOU, tokens, body)


def convert_tou(
    base_url: str,
    tokens: Tokens,
    email: str,
    sources: Iterable[Mapping[str, object]],
    *,
    source_type: str = "openei",
    source_version: int = 7,
    user_type: str = "O",
) -> HttpRequest:
    """Have the cloud convert plans of a rate database. Read the answer with :func:`parse_convert_tou`.

    ``sources`` are the plans as they came (`UtilityRate.raw`).

    Raises:
        UsageError: ``base_url`` is no address, or a plan cannot be written as JSON.
    """
    body: dict[str, object] = {
        "userId": email,
        "userType": user_type,
        "sourceType": source_type,
        "sourceVersion": source_version,
        "sourceData": [dict(source) for source in sources],
    }
    return api_request("POST", base_url, TOU_CONVERT, tokens, body)


def parse_store_tou(reply: HttpReply) -> TouAnswer:
    """The answer to :func:`store_tou`, which echoes the plan.

    Raises:
        TokenExpired: refresh or sign in, and ask once more.
        Throttled, HttpStatusError, RemoteProtocolError: it failed otherwise.
    """
    return read_tou_answer(reply, "storing the time-of-use plan")


def parse_convert_tou(reply: HttpReply) -> TouConversion:
    """The answer to :func:`convert_tou`; raises what :func:`parse_store_tou` raises."""
    notes = Notes()
    doing = "converting the time-of-use plans"
    data = data_members(success_data(reply, doing), doing, notes)
    plans = tuple(read_plan(info) for info in data.each("touInfo"))
    return TouConversion(plans=plans, problems=tuple(notes.problems), extra=notes.extra())


def read_tou_answer(reply: HttpReply, doing: str) -> TouAnswer:
    """An answer with one plan, or none; ``doing`` names the request in a sentence.

    Raises:
        TokenExpired, Throttled, HttpStatusError, RemoteProtocolError: as :func:`parse_store_tou`.
    """
    notes = Notes()
    data = data_members(success_data(reply, doing), doing, notes)
    return TouAnswer(
        register_path=data.text("registerPath"),
        source_type=data.text("sourceType"),
        plan=None if data.anything("touInfo") is None else read_plan(data.members("touInfo")),
        problems=tuple(notes.problems),
        extra=notes.extra(),
    )
