"""One price period of a time-of-use plan: some months, some days, from a minute to a minute.

Sources: ``docs/protocol/commands.md`` section 7, ``docs/protocol/rest.md`` section 8,
``docs/protocol/conversions.md`` sections 10 to 12.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from typing import Self

from attrs import Factory, evolve, field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.entry_reading import EntryMembers, to_time
from navien_proto.model.fields import Unfit
from navien_proto.model.weekdays import Weekday, days_text, to_days

__all__ = ["ALL_YEAR", "PriceKey", "TouPeriod", "months_text", "prices_text"]

ALL_YEAR: frozenset[int] = frozenset(range(1, 13))
"""All twelve months."""

PriceKey = tuple[tuple[int, int], tuple[int, int]]
"""Lowest and highest price, each as an integer without trailing zeros and the number of its decimals."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LAST_MINUTE = time(23, 59)
_MIDNIGHT = time(0, 0)
# What fits the signed 32 bits of a small controller; no price comes near.
_LARGEST_PRICE = (1 << 31) - 1


def _to_months(months: Iterable[int]) -> frozenset[int]:
    try:
        found = frozenset(months)
        units.season_to_raw(found)
    except (TypeError, UsageError):
        raise UsageError("months must be a set of numbers 1 to 12, at least one") from None
    return found


def _to_start(value: time) -> time:
    return to_time(value, "start")


def _to_end(value: time) -> time:
    return to_time(value, "end")


def _to_price(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(units.finite(value, "price")))


def months_text(months: frozenset[int]) -> str:
    """``months`` in words: ``all year``, ``Jun–Sep``, ``Oct–May`` or ``Jan Mar``."""
    if months == ALL_YEAR:
        return "all year"
    # A run may pass the turn of the year; it begins where the month before is missing.
    starts = [month for month in months if (month - 2) % 12 + 1 not in months]
    if len(starts) == 1 and len(months) > 2:
        last = (starts[0] + len(months) - 2) % 12
        return f"{_MONTHS[starts[0] - 1]}–{_MONTHS[last]}"
    return " ".join(_MONTHS[month - 1] for month in sorted(months))


def prices_text(lowest: Decimal, highest: Decimal) -> str:
    """One price, or two with “to” between."""
    return f"{lowest:f}" if lowest == highest else f"{lowest:f} to {highest:f}"


def _price_key(raw: int, decimals: int) -> tuple[int, int]:
    while decimals and raw % 10 == 0:
        raw, decimals = raw // 10, decimals - 1
    return raw, decimals


@frozen(kw_only=True, eq=False)
class TouPeriod:
    """A price, or the lowest and highest of several tiers, at certain times.

    Two periods are equal when they say the same to the unit: prices count as they are rounded for the wire.

    Attributes:
        months: 1 to 12, at least one.
        days: at least one.
        start: the first minute inside, by the unit's clock.
        end: the last minute inside: 15:59, not 16:00. Before ``start`` when the period passes midnight, which a
            unit does not take; see `split_at_midnight`.
        price_min: price of a kWh in the cheapest tier.
        price_max: the same in the dearest tier; ``price_min`` unless given.
        decimal_point: how many decimals the wire keeps, 0 to 10.

    Raises:
        UsageError: an attribute is not what it must be; the sentence names it.
    """

    months: frozenset[int] = field(converter=_to_months, default=ALL_YEAR)
    days: frozenset[Weekday] = field(converter=to_days)
    start: time = field(converter=_to_start)
    end: time = field(converter=_to_end)
    price_min: Decimal = field(converter=_to_price)
    price_max: Decimal = field(
        converter=_to_price, default=Factory(lambda period: period.price_min, takes_self=True)
    )
    decimal_point: int = 5

    def __attrs_post_init__(self) -> None:
        for name, price in (("price_min", self.price_min), ("price_max", self.price_max)):
            try:
                fits = abs(units.price_to_raw(price, self.decimal_point)) <= _LARGEST_PRICE
            except UsageError as error:
                raise UsageError(f"{name}: {error}") from None
            if not fits:
                raise UsageError(f"{name} is too large for the wire with {self.decimal_point} decimals")

    @property
    def season(self) -> int:
        """The months as bits."""
        return units.season_to_raw(self.months)

    @property
    def week(self) -> int:
        """The days as bits."""
        return units.week_to_raw(self.days)

    @property
    def crosses_midnight(self) -> bool:
        """Whether the period ends on the following day."""
        return self.end < self.start

    @property
    def price_key(self) -> PriceKey:
        """Both prices as they are rounded for the wire, equal for equal prices whatever their decimals."""
        decimals = self.decimal_point
        return (
            _price_key(units.price_to_raw(self.price_min, decimals), decimals),
            _price_key(units.price_to_raw(self.price_max, decimals), decimals),
        )

    def split_at_midnight(self) -> tuple[TouPeriod, ...]:
        """This period in parts that pass no midnight: itself, or one until 23:59 and one on the next days.

        The part after midnight keeps the months: what stands on the first of a month is off by that night.
        """
        if not self.crosses_midnight:
            return (self,)
        following = frozenset(Weekday((day + 1) % 7) for day in self.days)
        return evolve(self, end=_LAST_MINUTE), evolve(self, start=_MIDNIGHT, days=following)

    def check(self) -> None:
        """Refuse what a unit does not take.

        Raises:
            UsageError: the period passes midnight, or ``price_min`` is above ``price_max``.
        """
        if self.crosses_midnight:
            raise UsageError("a period must not pass midnight: end is before start")
        if self.price_min > self.price_max:
            raise UsageError("price_min must not be above price_max")

    def canonical(self) -> tuple[int, int, int, int, int, int, PriceKey]:
        """Plain data for comparing: season and week bits, start and end, prices."""
        start, end = self.start, self.end
        return self.season, self.week, start.hour, start.minute, end.hour, end.minute, self.price_key

    @classmethod
    def read(cls, members: EntryMembers, season: int | None = None) -> Self:
        """A period as a unit or the cloud writes it; the cloud's stand under their ``season``.

        Raises:
            Unfit: it cannot be a period; the reason names the member.
        """
        bits = members.whole("season") if season is None else season
        decimals = members.whole("decimalPoint", 0, 10)
        try:
            return cls(
                months=frozenset(units.season_months(bits)),
                days=members.days("week"),
                start=members.time("startHour", "startMinute"),
                end=members.time("endHour", "endMinute"),
                price_min=units.price_from_raw(members.whole("priceMin"), decimals),
                price_max=units.price_from_raw(members.whole("priceMax"), decimals),
                decimal_point=decimals,
            )
        except UsageError as error:
            raise Unfit(str(error)) from None

    def to_wire(self) -> dict[str, int]:
        """The period as a unit takes it.

        Raises:
            UsageError: see `check`.
        """
        return {"season": self.season, **self.to_interval()}

    def to_interval(self) -> dict[str, int]:
        """The period as the cloud takes it, under its season.

        Raises:
            UsageError: see `check`.
        """
        self.check()
        return {
            "week": self.week,
            "startHour": self.start.hour,
            "startMinute": self.start.minute,
            "endHour": self.end.hour,
            "endMinute": self.end.minute,
            "priceMin": units.price_to_raw(self.price_min, self.decimal_point),
            "priceMax": units.price_to_raw(self.price_max, self.decimal_point),
            "decimalPoint": self.decimal_point,
        }

    def describe(self) -> str:
        """The period in words: ``Jun–Sep, weekdays 16:00–20:59, 0.50678 to 0.60795``."""
        when = f"{days_text(self.days)} {self.start:%H:%M}–{self.end:%H:%M}"
        return f"{months_text(self.months)}, {when}, {prices_text(self.price_min, self.price_max)}"

    def __str__(self) -> str:
        return self.describe()

    def __eq__(self, other: object) -> bool:
        return self.canonical() == other.canonical() if isinstance(other, TouPeriod) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical())
