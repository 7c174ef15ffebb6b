"""Time-of-use plans: what electricity costs at which time of the year, week and day.

A plan is a value. The unit holds it as a flat list, the cloud nested by season; both are read and written here.
Sources: ``docs/protocol/commands.md`` section 7, ``docs/protocol/responses.md`` section 7,
``docs/protocol/rest.md`` section 8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Self

from attrs import evolve, field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.entry_reading import EntryMembers, OddEntry, read_entries, read_use, refuse_odd
from navien_proto.model.fields import Problem, Unfit
from navien_proto.model.tou_layout import FaultKind, TouFault, faults, merged
from navien_proto.model.tou_period import ALL_YEAR, TouPeriod

__all__ = ["ALL_YEAR", "MAX_PERIODS", "FaultKind", "TouFault", "TouPeriod", "TouPlan"]

MAX_PERIODS = 16
"""The most periods a unit takes."""


def _as_tuple(periods: Iterable[TouPeriod]) -> tuple[TouPeriod, ...]:
    found = tuple(periods)
    for index, period in enumerate(found):
        # A caller without type checks may bring anything.
        if not isinstance(period, TouPeriod):  # type: ignore[redundant-expr,unused-ignore]
            raise UsageError(f"periods[{index}] must be a TouPeriod, not {type(period).__name__}")
    return found


@frozen(eq=False)
class TouPlan:
    """A time-of-use plan: ``TouPlan([TouPeriod(…), …], name="…", utility="…")``.

    Two plans are equal when they have one name and utility and ask the same price at every minute, however
    their periods are ordered, cut or grouped. `canonical` compares the prices alone, as a unit knows no names.

    Attributes:
        periods: in any order.
        name: of the tariff.
        utility: the company.
        zip_code: five digits, as the cloud wants them.
        enabled: the switch that came with the list of a unit; ``None`` where there is none. No part of equality.
        odd: entries that were not understood; they are not written back.
        problems: what was noticed while it was read.
    """

    periods: tuple[TouPeriod, ...] = field(converter=_as_tuple)
    name: str = field(default="", kw_only=True)
    utility: str = field(default="", kw_only=True)
    zip_code: str | None = field(default=None, kw_only=True, repr=False)
    enabled: bool | None = field(default=None, kw_only=True)
    odd: tuple[OddEntry, ...] = field(default=(), kw_only=True)
    problems: tuple[Problem, ...] = field(default=(), kw_only=True)

    # --- the unit's form ---

    @classmethod
    def from_wire(cls, members: Mapping[str, object]) -> Self:
        """The plan a unit echoes: ``reservationUse`` and the flat list ``reservation``.

        Raises nothing: what cannot be understood stands in ``odd`` and ``problems``.
        """
        problems: list[Problem] = []
        enabled = read_use(members, problems)
        periods, odd = read_entries(members.get("reservation"), TouPeriod.read, problems, packed=False)
        return cls(periods, enabled=enabled, odd=odd, problems=tuple(problems))

    def device_periods(self) -> tuple[TouPeriod, ...]:
        """The periods to send to a unit: split at midnight, equal neighbours merged, at most 16.

        What follows upon another at its price is joined to it, days with the same hours become one week, months
        with the same weeks one season.

        Raises:
            UsageError: there are none or more than 16 (the sentence has the count), periods overlap, a lowest
                price is above the highest, or entries were not understood.
        """
        refuse_odd(self.odd)
        if not self.periods:
            raise UsageError("a plan without periods cannot be written")
        found = merged(self.periods)
        if found is None:
            overlap = next(fault for fault in self.faults() if fault.kind is FaultKind.OVERLAP)
            raise UsageError(f"{overlap}: which price counts cannot be told")
        for period in found:
            period.check()
        if len(found) > MAX_PERIODS:
            raise UsageError(
                f"the plan needs {len(found)} periods, equal neighbours merged; a unit takes at most {MAX_PERIODS}"
            )
        return found

    def to_wire(self, *, enabled: bool | None = None) -> dict[str, Any]:
        """The plan as a unit takes it, switched as ``enabled`` says, or else as the plan itself does.

        Raises:
            UsageError: see `device_periods`.
        """
        switch = self.enabled if enabled is None else enabled
        return {
            "reservationUse": units.flag_to_raw(bool(switch)),
            "reservation": [period.to_wire() for period in self.device_periods()],
        }

    # --- the cloud's form ---

    @classmethod
    def from_rest(cls, info: Mapping[str, object]) -> Self:
        """The plan in a ``touInfo`` object of the cloud: intervals under their seasons.

        Raises nothing: what cannot be understood stands in ``odd`` and ``problems``.
        """
        problems: list[Problem] = []
        periods: list[TouPeriod] = []
        odd: list[OddEntry] = []
        for place, season, interval in _intervals(info.get("schedule"), problems):
            try:
                bits = EntryMembers({"season": season}).whole("season", 1, units.ALL_MONTHS)
                periods.append(TouPeriod.read(EntryMembers.of(interval), bits))
            except Unfit as unfit:
                odd.append(OddEntry((season, interval), str(unfit)))
                problems.append(Problem(place, interval, str(unfit)))
        name, utility, zip_code = info.get("name"), info.get("utility"), info.get("zipCode")
        return cls(
            periods,
            name=name if isinstance(name, str) else "",
            utility=utility if isinstance(utility, str) else "",
            zip_code=_five_digits(zip_code),
            odd=tuple(odd),
            problems=tuple(problems),
        )

    def to_rest(self) -> dict[str, Any]:
        """The plan as the cloud takes it; its periods as they are, split at midnight, by season.

        Raises:
            UsageError: a lowest price is above the highest, or entries were not understood.
        """
        refuse_odd(self.odd)
        seasons: dict[int, list[dict[str, int]]] = {}
        for whole in self.periods:
            for period in whole.split_at_midnight():
                seasons.setdefault(period.season, []).append(period.to_interval())
        return {
            "name": self.name,
            "utility": self.utility,
            "zipCode": self.zip_code or "",
            "schedule": [{"season": season, "interval": found} for season, found in seasons.items()],
        }

    # --- the plan itself ---

    def merged(self) -> TouPlan:
        """The same plan in as few periods as possible; itself when periods overlap."""
        found = merged(self.periods)
        return self if found is None else evolve(self, periods=found)

    def split_at_midnight(self) -> TouPlan:
        """The same plan without periods that pass midnight."""
        return evolve(self, periods=[part for period in self.periods for part in period.split_at_midnight()])

    def faults(self) -> tuple[TouFault, ...]:
        """What is wrong with the plan: overlaps, holes, seasons that are no year, prices, number of periods."""
        found = faults(self.periods)
        fewest = merged(self.periods)
        count = len(self.periods if fewest is None else fewest)
        if count > MAX_PERIODS:
            found.append(
                TouFault(FaultKind.TOO_MANY, f"the plan needs {count} periods, a unit takes {MAX_PERIODS}")
            )
        return tuple(found)

    def canonical(self) -> tuple[tuple[Any, ...], tuple[str, ...]]:
        """The prices as plain sorted data, and what was not understood: equal for plans that mean the same."""
        fewest = merged(self.periods)
        periods = tuple(sorted({period.canonical() for period in (self.periods if fewest is None else fewest)}))
        return periods, tuple(sorted({repr(odd.raw) for odd in self.odd}))

    def fingerprint(self) -> str:
        """A digest of `canonical`, the same in every process: for keeping what was wished."""
        return hashlib.sha256(repr(self.canonical()).encode("utf-8", "surrogatepass")).hexdigest()

    def describe(self) -> str:
        """The plan in words: its name, then its periods, one a line."""
        title = ", ".join(filter(None, (self.name, self.utility))) or "a plan without a name"
        lines = [title, *map(str, sorted(self.periods, key=TouPeriod.canonical))]
        lines += [f"a period that was not understood ({odd.reason})" for odd in self.odd]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TouPlan):
            return NotImplemented
        return (self.name, self.utility, self.canonical()) == (other.name, other.utility, other.canonical())

    def __hash__(self) -> int:
        return hash((self.name, self.utility, self.canonical()))


def _five_digits(zip_code: object) -> str | None:
    """A postcode; the cloud writes text and reads a number, which has lost its zeros."""
    if isinstance(zip_code, int) and not isinstance(zip_code, bool) and 0 <= zip_code < 100_000:
        return f"{zip_code:05}"
    return zip_code if isinstance(zip_code, str) else None


def _intervals(schedule: object, problems: list[Problem]) -> Iterable[tuple[str, object, object]]:
    """Place, season and interval of each interval of a nested schedule; no schedule is an empty one."""
    for place, season in _items(schedule, "schedule", problems):
        if not isinstance(season, Mapping):
            problems.append(Problem(place, season, "expected an object"))
            continue
        for inner, interval in _items(season.get("interval"), f"{place}.interval", problems):
            yield inner, season.get("season"), interval


def _items(value: object, place: str, problems: list[Problem]) -> Iterable[tuple[str, object]]:
    if isinstance(value, list | tuple):
        return [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    if value is not None:
        problems.append(Problem(place, value, "expected a list"))
    return []
