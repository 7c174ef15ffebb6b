"""The weekly programmes of a unit: reservations of modes and set points, and hours of a recirculation pump.

Programmes are values: made by hand, read from the wire in either of its forms, compared without regard to the
order of their entries, which a unit does not keep. Sources: ``docs/protocol/commands.md`` sections 6 and 8,
``docs/protocol/responses.md`` sections 5 and 6, ``docs/protocol/conversions.md`` section 13.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, ClassVar, Generic, Self, TypeVar

from attrs import field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.entries import RecirculationEntry, Reservation
from navien_proto.model.entry_reading import EntryMembers, OddEntry, read_entries, read_use, refuse_odd
from navien_proto.model.fields import Problem
from navien_proto.model.weekdays import EVERY_DAY, WEEKDAYS, WEEKEND, Weekday, days_text

__all__ = [
    "EVERY_DAY",
    "MAX_RECIRCULATION_ENTRIES",
    "MAX_RESERVATIONS",
    "WEEKDAYS",
    "WEEKEND",
    "Canonical",
    "Conflict",
    "OddEntry",
    "Programme",
    "RecirculationEntry",
    "RecirculationProgramme",
    "Reservation",
    "ReservationProgramme",
    "Weekday",
]

MAX_RESERVATIONS = 16
"""The most reservations written; the documented figure, never probed."""
MAX_RECIRCULATION_ENTRIES = 20
"""The most entries of a recirculation programme written."""

Canonical = tuple[bool, tuple[units.Entry, ...], tuple[str, ...]]
"""A programme for comparing and keeping: switch, sorted entries as on the wire, and what was not understood."""

E = TypeVar("E", Reservation, RecirculationEntry)


@frozen
class Conflict(Generic[E]):
    """Two enabled entries that ask for different things at one time, on the ``days`` they share."""

    first: E
    second: E
    days: frozenset[Weekday]

    @property
    def time(self) -> datetime.time:
        """The time of both."""
        return self.first.time

    def __str__(self) -> str:
        return f"{days_text(self.days)} {self.time:%H:%M}: “{self.first}” and “{self.second}”"


def _switch(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise UsageError(f"enabled must be True, False or None, not {type(value).__name__}")


def _all(entries: Iterable[E], kind: type[E]) -> tuple[E, ...]:
    found = tuple(entries)
    for index, entry in enumerate(found):
        if not isinstance(entry, kind):
            raise UsageError(f"entries[{index}] must be a {kind.__name__}, not {type(entry).__name__}")
    return found


def _reservations(entries: Iterable[Reservation]) -> tuple[Reservation, ...]:
    return _all(entries, Reservation)


def _recirculation(entries: Iterable[RecirculationEntry]) -> tuple[RecirculationEntry, ...]:
    return _all(entries, RecirculationEntry)


@frozen(eq=False)
class Programme(Generic[E]):
    """What both programmes are: a switch and entries in any order.

    Two programmes are equal when they have the same entries, in whatever order and however often, and are both
    on or both not.

    Attributes:
        enabled: the master switch; ``None`` when a unit did not say, which counts as off.
        entries: what was understood.
        odd: what was not; it is not written back.
        problems: what was noticed while it was read.
        limit: the most entries that are written.
    """

    limit: ClassVar[int]
    kind: ClassVar[type[Any]]
    enabled: bool | None = field(converter=_switch)
    entries: tuple[E, ...] = ()
    odd: tuple[OddEntry, ...] = field(default=(), kw_only=True)
    problems: tuple[Problem, ...] = field(default=(), kw_only=True)

    @classmethod
    def from_wire(cls, members: Mapping[str, object]) -> Self:
        """The programme in a response: ``reservationUse`` and ``reservation``, a list or packed text.

        Raises nothing: what cannot be understood stands in ``odd`` and ``problems``.
        """
        problems: list[Problem] = []
        enabled = read_use(members, problems)
        entries, odd = read_entries(members.get("reservation"), cls._read, problems)
        return cls(enabled, entries, odd=odd, problems=tuple(problems))

    @classmethod
    def from_hex(cls, text: str, *, enabled: bool | None = None) -> Self:
        """The programme in packed text, six bytes an entry; what is odd about it stands in ``problems``."""
        problems: list[Problem] = []
        entries, odd = read_entries(text, cls._read, problems)
        return cls(enabled, entries, odd=odd, problems=tuple(problems))

    @classmethod
    def _read(cls, members: EntryMembers) -> E:
        made: E = cls.kind.read(members)
        return made

    def check(self) -> None:
        """Refuse what must not be written.

        Raises:
            UsageError: too many entries, one that must not be written, or what was not understood.
        """
        refuse_odd(self.odd)
        if len(self.entries) > self.limit:
            raise UsageError(f"a unit takes at most {self.limit} entries, not {len(self.entries)}")
        for index, entry in enumerate(self.entries):
            try:
                entry.check()
            except UsageError as error:
                raise UsageError(f"entries[{index}]: {error}") from None

    def to_wire(self) -> dict[str, Any]:
        """The whole programme as a unit takes it; it replaces the one the unit has.

        Raises:
            UsageError: see `check`.
        """
        self.check()
        return {
            "reservationUse": units.flag_to_raw(bool(self.enabled)),
            "reservation": [entry.to_wire() for entry in self.entries],
        }

    def to_hex(self) -> str:
        """The entries as packed text, lower case.

        Raises:
            UsageError: see `check`.
        """
        self.check()
        return "".join(units.entry_to_hex(entry.canonical()) for entry in self.entries)

    def canonical(self) -> Canonical:
        """The programme as plain sorted data: stable, hashable, and equal for equal programmes."""
        entries = tuple(sorted({entry.canonical() for entry in self.entries}))
        return bool(self.enabled), entries, tuple(sorted({repr(odd.raw) for odd in self.odd}))

    def fingerprint(self) -> str:
        """A digest of `canonical`, the same in every process: for keeping what was wished."""
        return hashlib.sha256(repr(self.canonical()).encode("utf-8", "surrogatepass")).hexdigest()

    def conflicts(self) -> tuple[Conflict[E], ...]:
        """Pairs of enabled entries at one time on a shared day that ask for different things."""
        enabled = [entry for entry in self.entries if entry.enabled]
        return tuple(
            Conflict(first, second, first.days & second.days)
            for first, second in combinations(enabled, 2)
            if first.time == second.time and first.wish != second.wish and first.days & second.days
        )

    def describe(self) -> str:
        """The programme in words: its switch, then its entries by time, one a line."""
        by_time = sorted(self.entries, key=lambda entry: (entry.time, entry.canonical()))
        lines: list[str] = list(map(str, by_time))
        lines += [f"an entry that was not understood ({odd.reason})" for odd in self.odd]
        switch = {True: "on", False: "off", None: "off (the unit did not say)"}[self.enabled]
        return "\n".join([switch if lines else f"{switch}, no entries", *lines])

    def __str__(self) -> str:
        return self.describe()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Programme):
            return NotImplemented
        return self.canonical() == other.canonical()

    def __hash__(self) -> int:
        return hash(self.canonical())


@frozen(eq=False)
class ReservationProgramme(Programme[Reservation]):
    """The reservations of a unit: ``ReservationProgramme(True, [Reservation.at(…), …])``.

    Writing one does not switch it on unless ``enabled`` is true; status field ``programReservationUse``
    follows the switch.
    """

    limit = MAX_RESERVATIONS
    kind = Reservation
    entries: tuple[Reservation, ...] = field(default=(), converter=_reservations)


@frozen(eq=False)
class RecirculationProgramme(Programme[RecirculationEntry]):
    """When the recirculation pump runs. No unit with a pump was ever tested."""

    limit = MAX_RECIRCULATION_ENTRIES
    kind = RecirculationEntry
    entries: tuple[RecirculationEntry, ...] = field(default=(), converter=_recirculation)
