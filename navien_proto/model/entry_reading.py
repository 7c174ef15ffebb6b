"""What reading all schedules has in common: entries that are understood, and those that are not.

A unit replaces its whole list by the one it is sent. What it said and we did not understand is therefore kept
(`OddEntry`), shown as problems, and never written back by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import time
from typing import Self, TypeVar

from attrs import field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.decoders import accept_flag, accept_integer
from navien_proto.model.fields import Problem, Unfit
from navien_proto.model.weekdays import Weekday, days_from_raw

__all__ = ["ENTRY_NAMES", "EntryMembers", "OddEntry", "read_entries", "read_use", "refuse_odd", "to_time"]

T = TypeVar("T")

ENTRY_NAMES = ("enable", "week", "hour", "min", "mode", "param")
"""The members of an entry in the order of its packed bytes."""


@frozen
class OddEntry:
    """An entry of a schedule that cannot be understood: ``raw`` as it came, ``reason`` why.

    It is kept, compared by what it shows, and hinders writing the list back.
    """

    raw: object = field(repr=False, eq=repr)
    reason: str = field(eq=False)

    def __hash__(self) -> int:
        return hash(repr(self.raw))


class EntryMembers:
    """The members of one entry, each read as what it must be.

    All methods raise `Unfit` with the member's name in the reason.
    """

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = members

    @classmethod
    def of(cls, entry: object) -> Self:
        """The members of ``entry``, which must be an object."""
        if not isinstance(entry, Mapping):
            raise Unfit("an entry is an object")
        return cls(entry)

    def whole(self, name: str, lowest: int | None = None, highest: int | None = None) -> int:
        """A whole number, from ``lowest`` to ``highest`` when both are told."""
        if name not in self._members:
            raise Unfit(f"{name} is missing")
        try:
            number = accept_integer(self._members[name])
        except Unfit as unfit:
            raise Unfit(f"{name}: {unfit}") from None
        if lowest is not None and highest is not None and not lowest <= number <= highest:
            raise Unfit(f"{name} must be {lowest} to {highest}")
        return number

    def flag(self, name: str) -> bool:
        """A flag; 0 is off here (``docs/protocol/conversions.md`` section 1)."""
        if name not in self._members:
            raise Unfit(f"{name} is missing")
        try:
            return accept_flag(self._members[name]) == 2
        except Unfit as unfit:
            raise Unfit(f"{name}: {unfit}") from None

    def days(self, name: str) -> frozenset[Weekday]:
        """Days of the week."""
        try:
            return days_from_raw(self.whole(name))
        except UsageError as error:
            raise Unfit(f"{name}: {error}") from None

    def time(self, hour: str, minute: str) -> time:
        """A time of day."""
        return time(self.whole(hour, 0, 23), self.whole(minute, 0, 59))


def to_time(value: time, name: str) -> time:
    """``value`` if it is a whole minute of a day, without a time zone: the unit has its own.

    Raises:
        UsageError: it is something else; the sentence calls it ``name``.
    """
    # A caller without type checks may bring anything.
    found: object = value
    if not isinstance(found, time):
        raise UsageError(f"{name} must be a datetime.time, not {type(found).__name__}")
    if value.second or value.microsecond or value.tzinfo is not None:
        raise UsageError(f"{name} must be a whole minute without a time zone")
    return value


def read_use(members: Mapping[str, object], problems: list[Problem]) -> bool | None:
    """The master switch ``reservationUse``; ``None`` when it is missing, which counts as off."""
    raw = members.get("reservationUse")
    if raw is None:
        return None
    try:
        return accept_flag(raw) == 2
    except Unfit as unfit:
        problems.append(Problem("reservationUse", raw, str(unfit)))
        return None


def _unpacked(text: str, problems: list[Problem]) -> Iterator[object]:
    whole = len(text) - len(text) % units.ENTRY_DIGITS
    for start in range(0, whole, units.ENTRY_DIGITS):
        digits = text[start : start + units.ENTRY_DIGITS]
        try:
            entry = units.entry_from_hex(digits)
        except UsageError:
            yield digits
            continue
        yield dict(zip(ENTRY_NAMES, entry, strict=True))
    if whole < len(text):
        problems.append(Problem("reservation", text[whole:], "a fragment of an entry at the end was ignored"))


def _is_empty_slot(entry: object) -> bool:
    """Whether all members are 0, as those of slots in packed text are (``docs/protocol/conversions.md`` 13)."""
    return (
        isinstance(entry, Mapping) and bool(entry) and all(type(raw) is int and raw == 0 for raw in entry.values())
    )


def read_entries(
    raw: object, read: Callable[[EntryMembers], T], problems: list[Problem], *, packed: bool = True
) -> tuple[tuple[T, ...], tuple[OddEntry, ...]]:
    """The entries of a list of objects, or where ``packed`` of hexadecimal text, and those that are odd.

    Empty slots are skipped. What is neither list nor text is a problem, and no entries.
    """
    entries: list[T] = []
    odd: list[OddEntry] = []
    found: list[object] = []
    if packed and isinstance(raw, str):
        found.extend(_unpacked(raw, problems))
    elif isinstance(raw, list | tuple):
        found.extend(raw)
    else:
        problems.append(Problem("reservation", raw, "expected a list" + " or packed text" * packed))
    for index, one in enumerate(found):
        if _is_empty_slot(one):
            continue
        try:
            entries.append(read(EntryMembers.of(one)))
        except Unfit as unfit:
            odd.append(OddEntry(one, str(unfit)))
            problems.append(Problem(f"reservation[{index}]", one, str(unfit)))
    return tuple(entries), tuple(odd)


def refuse_odd(odd: tuple[OddEntry, ...]) -> None:
    """Refuse to write a list back that holds what was not understood.

    Raises:
        UsageError: there is something.
    """
    if odd:
        raise UsageError(
            f"{len(odd)} entries of this list were not understood ({odd[0].reason}) and would be lost or "
            "garbled; leave them out knowingly with attrs.evolve(…, odd=())"
        )
