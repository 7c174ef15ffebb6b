"""Time-of-use plans as files and documents, and as tables. Pure.

One form for both: what ``navien tou show --json`` prints, ``navien tou set`` takes, in JSON or in TOML.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from navien_anyio.cli.texts import parse_days, parse_months, parse_time
from navien_proto.errors import UsageError
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.tou_period import months_text
from navien_proto.model.weekdays import days_text

__all__ = ["plan_members", "read_plan"]

PLAN = ("name", "utility", "zip_code", "periods")
PERIOD = ("months", "days", "start", "end", "price", "price_min", "price_max", "decimal_point")


def plan_members(plan: TouPlan) -> dict[str, Any]:
    """A plan as plain data."""
    return {
        "name": plan.name,
        "utility": plan.utility,
        "zip_code": plan.zip_code,
        "periods": [_period_members(period) for period in sorted(plan.periods, key=TouPeriod.canonical)],
    }


def _period_members(period: TouPeriod) -> dict[str, Any]:
    return {
        "months": months_text(period.months).replace("–", "-"),
        "days": days_text(period.days),
        "start": f"{period.start:%H:%M}",
        "end": f"{period.end:%H:%M}",
        "price_min": float(period.price_min),
        "price_max": float(period.price_max),
        "decimal_point": period.decimal_point,
    }


def read_plan(name: str, data: bytes) -> TouPlan:
    """The plan in a file of that name: JSON, or TOML when it ends in ``.toml``.

    Raises:
        UsageError: it is none; the sentence names the place in it.
    """
    try:
        text = data.decode("utf-8-sig")
        if name.lower().endswith(".toml"):
            found: object = tomllib.loads(text, parse_float=Decimal)
        else:
            found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        # tomllib and json say line and column; nothing in a tariff is a secret.
        raise UsageError(f"{name}: this is no file of that kind: {error}") from None
    # What 'tou show --json' prints has the plan beside the heater.
    if isinstance(found, Mapping) and isinstance(found.get("plan"), Mapping):
        found = found["plan"]
    members = _members(name, found, PLAN)
    periods = members.get("periods")
    if not isinstance(periods, list):
        raise UsageError(f"{name}: periods: expected a list")
    return TouPlan(
        [_read_period(f"{name}: periods[{place}]", period) for place, period in enumerate(periods)],
        name=_text(name, members, "name"),
        utility=_text(name, members, "utility"),
        zip_code=_text(name, members, "zip_code") or None,
    )


def _read_period(place: str, given: object) -> TouPeriod:
    members = _members(place, given, PERIOD)
    lowest = members.get("price_min", members.get("price"))
    highest = members.get("price_max", lowest)
    if lowest is None or ("price" in members and "price_min" in members):
        raise UsageError(f"{place}: expected price, or price_min and price_max")
    decimals = members.get("decimal_point", 5)
    if not isinstance(decimals, int) or isinstance(decimals, bool):
        raise UsageError(f"{place}: decimal_point: expected a whole number")
    try:
        return TouPeriod(
            months=parse_months("months", _text(place, members, "months") or "all year"),
            days=parse_days("days", _text(place, members, "days") or "daily"),
            start=parse_time("start", _text(place, members, "start")),
            end=parse_time("end", _text(place, members, "end")),
            price_min=_price(lowest),
            price_max=_price(highest),
            decimal_point=decimals,
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None


def _members(place: str, given: object, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise UsageError(f"{place}: expected a table with {', '.join(known)}")
    for name in given:
        if name not in known:
            raise UsageError(f"{place}: there is no {str(name)[:40]!r} here; known are {', '.join(known)}")
    return given


def _text(place: str, members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{place}: {name}: expected text")
    return value


def _price(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        price = Decimal(value)
        if price.is_finite():
            return price
    raise UsageError("price: expected a number")
