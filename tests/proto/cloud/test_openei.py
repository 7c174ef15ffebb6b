from __future__ import annotations

import json
from datetime import UTC, datetime, time
from decimal import Decimal, localcontext
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.openei import RateTier, UtilityRate, parse_utility_rates, utility_rates
from navien_proto.errors import HttpStatusError, NavienError, RemoteProtocolError, Throttled, UsageError
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND
from navien_proto.redact import redact_url
from tests.proto.cloud.bodies import reply
from tests.proto.model.schedule_strategies import json_values

KEY = "k3yK3YexampleExample0123456789"
SUMMER = range(5, 9)  # June to September, counted from 0
PEAK = [0] * 16 + [1] * 5 + [0] * 3
SUMMER_PEAK = [2] * 16 + [3] * 5 + [2] * 3
ITEM: dict[str, Any] = {
    "label": "0123456789abcdef",
    "uri": "https://example.com/rate",
    "utility": "Example Power",
    "eiaid": 99,
    "name": "TOU-D",
    "sector": "Residential",
    "approved": True,
    "is_default": False,
    "startdate": 1735689600,
    "enddate": 1767225600,
    "energyratestructure": [
        [{"rate": 0.3, "adj": 0.06261, "max": 10, "unit": "kWh"}, {"rate": 0.46378}],
        [{"rate": 0.39261}, {"rate": 0.4, "adj": 0.09378}],
        [{"adj": 0.40378}, {"rate": 0.50495}],
        [{"rate": 0.50678}, {"rate": 0.60795}],
    ],
    "energyweekdayschedule": [SUMMER_PEAK if month in SUMMER else PEAK for month in range(12)],
    "energyweekendschedule": [[2 if month in SUMMER else 0] * 24 for month in range(12)],
    "demandunits": "kW",
}


def rates(*items: Any, **members: Any) -> HttpReply:
    return reply({"items": list(items), **members})


def rate(**changes: Any) -> UtilityRate:
    item = {name: value for name, value in {**ITEM, **changes}.items() if value is not ...}
    return parse_utility_rates(rates(item)).rates[0]


class TestRequest:
    def test_what_is_asked(self) -> None:
        request = utility_rates(KEY, "01234 6789")
        parts = urlsplit(request.url)
        assert (request.method, parts.scheme, parts.netloc, parts.path) == (
            "GET",
            "https",
            "api.openei.org",
            "/utility_rates",
        )
        assert dict(parse_qsl(parts.query)) == {
            "version": "7",
            "format": "json",
            "api_key": KEY,
            "detail": "full",
            "address": "01234 6789",
            "sector": "Residential",
            "orderby": "startdate",
            "direction": "desc",
            "limit": "100",
        }
        assert (request.headers, request.body) == ({}, b"")

    def test_the_key_and_the_address_are_not_shown(self) -> None:
        request = utility_rates(KEY, "01234")
        for shown in (repr(request), redact_url(request.url)):
            assert KEY not in shown
            assert "01234" not in shown

    @pytest.mark.parametrize(
        "wrong",
        [
            {"api_key": " "},
            {"address": ""},
            {"limit": 0},
            {"limit": 501},
            {"base_url": "ftp://x"},
            {"sector": "\ud800"},
        ],
    )
    def test_what_cannot_be_asked(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(UsageError) as caught:
            utility_rates(**{"api_key": KEY, "address": "01234", **wrong})
        assert KEY not in str(caught.value)


class TestAnswer:
    def test_a_rate(self) -> None:
        found = rate()
        assert found.raw == ITEM
        assert (found.label, found.uri) == ("0123456789abcdef", "https://example.com/rate")
        assert (found.utility, found.eia_id, found.name) == ("Example Power", 99, "TOU-D")
        assert (found.sector, found.approved, found.is_default) == ("Residential", True, False)
        assert found.start == datetime(2025, 1, 1, tzinfo=UTC)
        assert found.end == datetime(2026, 1, 1, tzinfo=UTC)
        assert found.periods[0] == (
            RateTier(rate=Decimal("0.3"), adjustment=Decimal("0.06261"), max=10, unit="kWh"),
            RateTier(rate=Decimal("0.46378")),
        )
        assert [tier.price for tier in found.periods[0]] == [Decimal("0.36261"), Decimal("0.46378")]
        assert RateTier().price is None
        assert found.weekday is not None
        assert found.weekday[6] == tuple(SUMMER_PEAK)

    def test_the_newest_version_comes_first(self) -> None:
        versions = [{**ITEM, "startdate": start} for start in (5, None, 9, -9)]
        found = parse_utility_rates(rates(*versions, {**ITEM, "name": "Other", "startdate": 7}))
        starts = [None if one.start is None else int(one.start.timestamp()) for one in found.rates]
        assert starts == [9, 7, 5, -9, None]
        assert [(one.name, one.start) for one in found.newest()] == [
            ("TOU-D", datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)),
            ("Other", datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)),
        ]

    def test_only_members_of_the_answer_itself_are_extra(self) -> None:
        found = parse_utility_rates(rates(ITEM, version=7))
        assert (found.extra, found.problems) == ({"version": 7}, ())
        assert parse_utility_rates(rates()).rates == ()

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"label": 5}, "label"),
            ({"eiaid": "99"}, "eiaid"),
            ({"approved": 1}, "approved"),
            ({"startdate": "2025"}, "startdate"),
            ({"startdate": 1e18}, "startdate"),
            ({"enddate": -1e12}, "enddate"),
            ({"energyratestructure": {}}, "energyratestructure"),
            ({"energyratestructure": [5]}, "energyratestructure[0]"),
            ({"energyratestructure": [[{"rate": 1}, 5]]}, "energyratestructure[0][1]"),
            ({"energyratestructure": [[{"rate": "0.3"}]]}, "energyratestructure[0][0].rate"),
            ({"energyweekdayschedule": [[0] * 24] * 11}, "energyweekdayschedule"),
            ({"energyweekdayschedule": [[0] * 24] * 11 + [[0] * 23]}, "energyweekdayschedule"),
            ({"energyweekendschedule": [[0] * 24] * 11 + [[0.5] * 24]}, "energyweekendschedule"),
            ({"energyweekendschedule": 5}, "energyweekendschedule"),
        ],
    )
    def test_nonsense_is_a_problem_of_its_member(self, changes: dict[str, Any], path: str) -> None:
        found = parse_utility_rates(rates({**ITEM, **changes}))
        assert [problem.path for problem in found.problems] == [f"items[0].{path}"]
        assert found.rates[0].utility == "Example Power"

    @pytest.mark.parametrize("items", [None, 5, {}, [5], [None]])
    def test_no_items(self, items: object) -> None:
        found = parse_utility_rates(reply({"items": items}))
        assert found.rates == ()

    def test_a_large_answer_is_read(self) -> None:
        found = parse_utility_rates(rates(*[{**ITEM, "description": "x" * 10_000}] * 100))
        assert len(found.rates) == 100

    @settings(max_examples=50, deadline=None)
    @given(json_values, json_values, st.sampled_from(sorted(ITEM)))
    def test_whatever_comes_is_read_or_refused(self, body: Any, value: Any, name: str) -> None:
        for answer in (reply(body), reply({"items": body}), rates(body, {**ITEM, name: value})):
            try:
                found = parse_utility_rates(answer)
            except NavienError:
                continue
            for one in found.rates:
                try:
                    plan = one.to_plan()
                except UsageError:
                    continue
                assert not plan.odd

    @given(st.integers(100, 599), st.binary())
    def test_any_bytes_are_read_or_refused(self, status: int, body: bytes) -> None:
        with pytest.raises(NavienError):
            parse_utility_rates(HttpReply(status, {}, body))


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "status", "code", "retryable"),
        [
            ({"error": {"code": "API_KEY_INVALID", "message": f"The key {KEY} is invalid"}}, 200, 403, False),
            ({"error": {"code": "API_KEY_MISSING", "message": "No key"}}, 403, 403, False),
            ({"error": {"code": 404, "message": "No data"}}, 200, 404, False),
            ({"error": {"code": "500", "message": "Broken"}}, 200, 500, True),
            ({"error": {"code": "SOMETHING", "message": "Odd"}}, 200, None, True),
            ({"error": "plain words"}, 200, None, True),
            ({"errors": [{"message": "first"}, {}]}, 200, None, True),
            ({"error": True, "items": []}, 200, None, True),
            ({}, 500, None, True),
            ({"items": []}, 400, None, False),
        ],
    )
    def test_a_refusal(self, body: object, status: int, code: int | None, retryable: bool) -> None:
        with pytest.raises(HttpStatusError, match="looking up rates failed") as caught:
            parse_utility_rates(reply(body, status))
        assert (caught.value.status, caught.value.code, caught.value.retryable) == (status, code, retryable)
        assert KEY not in str(caught.value)

    def test_the_name_of_an_error_is_shown(self) -> None:
        with pytest.raises(HttpStatusError, match="API_KEY_UNVERIFIED, Verify the key"):
            parse_utility_rates(reply({"error": {"code": "API_KEY_UNVERIFIED", "message": "Verify the key"}}))

    @pytest.mark.parametrize(
        ("code", "status"), [("OVER_RATE_LIMIT", 200), ("OVER_RATE_LIMIT", 429), (429, 200), (None, 429)]
    )
    def test_too_many_requests(self, code: object, status: int) -> None:
        answer = HttpReply(status, {"Retry-After": "90"}, json.dumps({"error": {"code": code}}).encode())
        with pytest.raises(Throttled) as caught:
            parse_utility_rates(answer)
        assert caught.value.retry_after == 90

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", "is empty"),
            (b"<html>", "is a web page"),
            (b"[]", "is no JSON object"),
            (b"{}", "has no items"),
            (b"{", "cannot be read"),
            (b" " * (16 * 1024 * 1024 + 1), "is empty"),
            (b'"' + b"x" * (16 * 1024 * 1024) + b'"', "more than"),
        ],
    )
    def test_what_is_no_answer(self, body: bytes, reason: str) -> None:
        with pytest.raises(RemoteProtocolError, match=reason):
            parse_utility_rates(HttpReply(200, {}, body))


class TestPlan:
    def test_hours_become_periods(self) -> None:
        plan = rate().to_plan(zip_code="01234")
        assert (plan.name, plan.utility, plan.zip_code) == ("TOU-D", "Example Power", "01234")
        assert {str(period) for period in plan.periods} == {
            "Oct–May, weekdays 00:00–15:59, 0.36261 to 0.46378",
            "Oct–May, weekdays 16:00–20:59, 0.39261 to 0.49378",
            "Oct–May, weekdays 21:00–23:59, 0.36261 to 0.46378",
            "Oct–May, weekends 00:00–23:59, 0.36261 to 0.46378",
            "Jun–Sep, weekdays 00:00–15:59, 0.40378 to 0.50495",
            "Jun–Sep, weekdays 16:00–20:59, 0.50678 to 0.60795",
            "Jun–Sep, weekdays 21:00–23:59, 0.40378 to 0.50495",
            "Jun–Sep, weekends 00:00–23:59, 0.40378 to 0.50495",
        }
        assert plan.faults() == ()
        assert len(plan.device_periods()) == 8

    def test_the_callers_arithmetic_does_not_matter(self) -> None:
        with localcontext() as context:
            context.prec = 2
            assert rate().to_plan() == rate().to_plan()
            assert rate().periods[0][0].price == Decimal("0.36261")

    def test_periods_of_one_price_are_one(self) -> None:
        plan = rate(energyratestructure=[[{"rate": 0.1}]] * 4).to_plan(decimal_point=2)
        (period,) = plan.periods
        assert (period.days, period.start, period.end) == (EVERY_DAY, time(), time(23, 59))
        assert period.to_wire()["priceMin"] == 10

    def test_too_many_periods_are_counted_by_the_plan(self) -> None:
        hours = [list(range(24))] * 12
        prices = [[{"rate": index / 100}] for index in range(24)]
        plan = rate(energyratestructure=prices, energyweekdayschedule=hours, energyweekendschedule=hours).to_plan()
        with pytest.raises(UsageError, match="24 periods"):
            plan.device_periods()

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"energyweekdayschedule": ...}, "which price"),
            ({"energyweekendschedule": None}, "which price"),
            ({"energyratestructure": []}, "period 0 .* no price"),
            ({"energyratestructure": [[]] * 4}, "period 0 .* no price"),
            ({"energyratestructure": [[{"rate": 1}, {}]] * 4}, "period 0 .* no price"),
            ({"energyweekdayschedule": [[-1] * 24] * 12}, "period -1 .* no price"),
            ({"energyratestructure": [[{"rate": 1e9}]] * 4}, "price_min is too large"),
        ],
    )
    def test_what_is_no_plan(self, changes: dict[str, Any], reason: str) -> None:
        with pytest.raises(UsageError, match=reason):
            rate(**changes).to_plan()

    def test_days_are_working_days_and_weekends(self) -> None:
        plan = rate().to_plan()
        assert {period.days for period in plan.periods} == {WEEKDAYS, WEEKEND}
        assert evolve(rate(), name=None, utility=None).to_plan().name == ""
