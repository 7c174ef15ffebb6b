"""Looking up electricity rates in the OpenEI database, and making time-of-use plans of them.

A third party's service: it has nothing to do with the account, needs a free key of the user's own, and is only
asked when a plan is looked for. Source: ``docs/protocol/rest.md`` section 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Context, Decimal
from urllib.parse import quote

from attrs import field, frozen

from navien_proto.cloud.answers import Answer
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.members import Members, Notes, objects
from navien_proto.cloud.replies import json_object, retry_after
from navien_proto.errors import HttpStatusError, NavienError, RemoteProtocolError, Throttled, UsageError
from navien_proto.model.decoders import accept_integer
from navien_proto.model.fields import Unfit
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.model.weekdays import WEEKDAYS, WEEKEND

__all__ = ["BASE_URL", "Hours", "RateTier", "UtilityRate", "UtilityRates", "parse_utility_rates", "utility_rates"]

BASE_URL = "https://api.openei.org"
"""Address of the service."""

Hours = tuple[tuple[int, ...], ...]
"""Twelve months of twenty-four hours, each the index of a period of prices."""

MAX_BYTES = 16 * 1024 * 1024  # a hundred plans in full detail have some megabytes
LONGEST_MESSAGE = 80
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
# Sums of doubles' decimal texts, whatever context the caller has set; a real price has few digits.
EXACT = Context(prec=40)


def utility_rates(
    api_key: str, address: str, *, sector: str = "Residential", limit: int = 100, base_url: str = BASE_URL
) -> HttpRequest:
    """Ask for the rates of the utilities at ``address``, a postcode. Read with :func:`parse_utility_rates`.

    The key stands in the query of the URL, which the ``repr`` of the request does not show.

    Raises:
        UsageError: ``api_key`` or ``address`` is empty, ``limit`` is not 1 to 500, ``base_url`` is no address,
            or a text cannot be encoded.
    """
    for name, value in (("api_key", api_key), ("address", address)):
        if not value.strip():
            raise UsageError(f"{name} must not be empty")
    if not 1 <= limit <= 500:
        raise UsageError("limit must be 1 to 500")
    if not base_url.startswith(("https://", "http://")):
        raise UsageError("the address of the rate database begins with https:// or http://")
    query = {
        "version": "7",
        "format": "json",
        "api_key": api_key,
        "detail": "full",
        "address": address,
        "sector": sector,
        "orderby": "startdate",
        "direction": "desc",
        "limit": str(limit),
    }
    try:
        encoded = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    except UnicodeEncodeError:
        raise UsageError("this cannot be written as a URL: half of a surrogate pair") from None
    return HttpRequest("GET", f"{base_url.rstrip('/')}/utility_rates?{encoded}")


@frozen(kw_only=True)
class RateTier:
    """What a kWh costs up to ``max`` of ``unit``: ``rate`` and ``adjustment`` together, either may be missing."""

    rate: Decimal | None = None
    adjustment: Decimal | None = None
    max: float | None = None
    unit: str | None = None

    @property
    def price(self) -> Decimal | None:
        """Their sum; ``None`` when both are missing."""
        if self.rate is None or self.adjustment is None:
            return self.rate if self.adjustment is None else self.adjustment
        return EXACT.add(self.rate, self.adjustment)


@frozen(kw_only=True)
class UtilityRate:
    """One version of a tariff.

    Attributes:
        label: the database's name of it; ``uri`` is its page.
        start: when this version began; ``end`` when it ended. ``None`` when not said.
        periods: the tiers of each period of prices.
        weekday: which period counts at which hour of which month from Monday to Friday; ``weekend`` on the
            others. ``None`` when absent or not understood.
        raw: the plan as it came, for `navien_proto.cloud.tou`.
    """

    label: str | None = None
    uri: str | None = None
    utility: str | None = None
    eia_id: int | None = None
    name: str | None = None
    sector: str | None = None
    approved: bool | None = None
    is_default: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    periods: tuple[tuple[RateTier, ...], ...] = ()
    weekday: Hours | None = None
    weekend: Hours | None = None
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    def to_plan(self, *, zip_code: str | None = None, decimal_point: int = 5) -> TouPlan:
        """The tariff as a time-of-use plan, equal neighbours merged; ``zip_code`` goes into it.

        Whether a unit can hold it, `TouPlan.device_periods` tells.

        Raises:
            UsageError: the tariff has no hours, or an hour without a price.
        """
        if self.weekday is None or self.weekend is None:
            raise UsageError("this tariff does not say which price counts at which hour")
        prices = [self._price_range(index) for index in range(len(self.periods))]
        found: list[TouPeriod] = []
        for days, hours in ((WEEKDAYS, self.weekday), (WEEKEND, self.weekend)):
            for month, row in enumerate(hours, 1):
                for hour, index in enumerate(row):
                    pair = prices[index] if 0 <= index < len(prices) else None
                    if pair is None:
                        raise UsageError(f"period {index} of this tariff has no price")
                    found.append(
                        TouPeriod(
                            months=frozenset({month}),
                            days=days,
                            start=time(hour),
                            end=time(hour, 59),
                            price_min=pair[0],
                            price_max=pair[1],
                            decimal_point=decimal_point,
                        )
                    )
        return TouPlan(found, name=self.name or "", utility=self.utility or "", zip_code=zip_code).merged()

    def _price_range(self, index: int) -> tuple[Decimal, Decimal] | None:
        prices = [tier.price for tier in self.periods[index]]
        known = [price for price in prices if price is not None]
        return (min(known), max(known)) if known and len(known) == len(prices) else None


@frozen(kw_only=True)
class UtilityRates(Answer):
    """The tariffs found, the newest version first."""

    rates: tuple[UtilityRate, ...] = ()

    def newest(self) -> tuple[UtilityRate, ...]:
        """The newest version of each tariff: of one utility, name and sector."""
        first: dict[tuple[object, ...], UtilityRate] = {}
        for rate in self.rates:
            first.setdefault((rate.eia_id, rate.utility, rate.name, rate.sector), rate)
        return tuple(first.values())


def parse_utility_rates(reply: HttpReply) -> UtilityRates:
    """The answer to :func:`utility_rates`. The service reports errors inside of success, too.

    Raises:
        Throttled: the key was used too often.
        HttpStatusError: the service refused otherwise; ``code`` is 403 when the key is not accepted.
        RemoteProtocolError: the answer is not what the service sends.
    """
    envelope, reason = json_object(reply.body, MAX_BYTES)
    error = envelope.get("error") or envelope.get("errors")
    if error or not 200 <= reply.status < 300:
        raise _refusal(reply, error)
    if "items" not in envelope:
        raise RemoteProtocolError(f"looking up rates failed: the answer {reason or 'has no items'}")
    notes = Notes()
    top = notes.members(envelope)
    rates = [_read_rate(item, raw) for item, raw in _items(top, notes)]
    rates.sort(key=lambda rate: rate.start or EARLIEST, reverse=True)
    # Items have a hundred members; those are kept in each rate's raw.
    return UtilityRates(rates=tuple(rates), problems=tuple(notes.problems), extra=dict(top.unread()))


def _refusal(reply: HttpReply, error: object) -> NavienError:
    found = error[0] if isinstance(error, list) and error else error
    found = found if isinstance(found, Mapping) else {"message": found}
    code, message = found.get("code"), found.get("message")
    said = [f"HTTP {reply.status}"]
    said += [_printable(part) for part in (code, message) if isinstance(part, str | int) and part]
    sentence = f"looking up rates failed: the rate database answered {', '.join(said)}"
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    if number == 429 or reply.status == 429 or code == "OVER_RATE_LIMIT":
        return Throttled(sentence, retry_after=retry_after(reply))
    if number is None and isinstance(code, str):
        number = int(code) if re.fullmatch("[0-9]{3}", code) else 403 if "KEY" in code.upper() else None
    return HttpStatusError(sentence, status=reply.status, code=number)


def _printable(value: object) -> str:
    # A long word may be the key that was refused, unless it looks like the name of an error.
    text = re.sub(r"\w{16,}", lambda word: word[0] if re.fullmatch("[A-Z_]+", word[0]) else "…", str(value))
    return "".join(filter(str.isprintable, text))[:LONGEST_MESSAGE]


def _items(top: Members, notes: Notes) -> Iterator[tuple[Members, Mapping[str, object]]]:
    raw = top.anything("items")
    found = [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []
    return zip(objects(raw, "items", notes), found, strict=True)


def _read_rate(item: Members, raw: Mapping[str, object]) -> UtilityRate:
    return UtilityRate(
        label=item.text("label"),
        uri=item.text("uri"),
        utility=item.text("utility"),
        eia_id=item.whole("eiaid"),
        name=item.text("name"),
        sector=item.text("sector"),
        approved=_truth(item, "approved"),
        is_default=_truth(item, "is_default"),
        start=_moment(item, "startdate"),
        end=_moment(item, "enddate"),
        periods=tuple(_read_tiers(item)),
        weekday=_hours(item, "energyweekdayschedule"),
        weekend=_hours(item, "energyweekendschedule"),
        raw=raw,
    )


def _truth(item: Members, name: str) -> bool | None:
    value = item.anything(name)
    if value is None or isinstance(value, bool):
        return value
    item.note(name, value, "expected true or false")
    return None


def _moment(item: Members, name: str) -> datetime | None:
    seconds = item.number(name)
    if seconds is None:
        return None
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        item.note(name, seconds, "expected a time")
        return None


def _read_tiers(item: Members) -> Iterator[tuple[RateTier, ...]]:
    name = "energyratestructure"
    structure = item.anything(name)
    if structure is not None and not isinstance(structure, list):
        item.note(name, structure, "expected a list")
        return
    for index, period in enumerate(structure or ()):
        # A reader of its own: what tiers have besides is kept in raw and not worth noting.
        notes = Notes()
        place = f"{name}[{index}]"
        yield tuple(
            RateTier(
                rate=_decimal(tier, "rate"),
                adjustment=_decimal(tier, "adj"),
                max=tier.number("max"),
                unit=tier.text("unit"),
            )
            for tier in objects(period, place, notes)
        )
        for problem in notes.problems:
            item.note(problem.path, problem.raw, problem.reason)


def _decimal(tier: Members, name: str) -> Decimal | None:
    value = tier.number(name)
    # The shortest text of the number is the one that was written.
    return None if value is None else Decimal(repr(value))


def _hours(item: Members, name: str) -> Hours | None:
    rows = item.anything(name)
    if rows is None:
        return None
    try:
        found = tuple(tuple(map(accept_integer, _sized(row, 24))) for row in _sized(rows, 12))
    except Unfit:
        item.note(name, rows, "expected 12 months of 24 whole numbers")
        return None
    return found


def _sized(value: object, size: int) -> list[object]:
    if not isinstance(value, list) or len(value) != size:
        raise Unfit(f"expected a list of {size}")
    return value
