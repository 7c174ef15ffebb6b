"""Deadlines by name. The core never sleeps: it says when it wants to be woken."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from enum import Enum
from typing import Generic, Self, TypeVar

__all__ = ["NamedTimer", "Timers"]

K = TypeVar("K", bound=Hashable)


class NamedTimer(Enum):
    """Base of the enumerations of deadlines: each member says why it exists.

    ``reason`` says why there is such a deadline. ``setting`` is the attribute that holds its length in seconds,
    in the settings of whoever sets it; ``None`` when the length is not a setting.
    """

    reason: str
    setting: str | None

    def __new__(cls, value: str, reason: str, setting: str | None = None) -> Self:
        """A member is written as its value, its reason and its setting."""
        member = object.__new__(cls)
        member._value_ = value
        member.reason = reason
        member.setting = setting
        return member

    # Members are keys of every dictionary of deadlines, and an enumeration hashes its name each time.
    __hash__ = object.__hash__


class Timers(Generic[K]):
    """A handful of named deadlines in monotonic seconds.

    Setting a name again replaces its deadline. ``due`` hands over what has come, earliest first, and
    forgets it; names set while it is being walked take part when they are due as well.
    """

    __slots__ = ("_deadlines", "_earliest")

    def __init__(self) -> None:
        self._deadlines: dict[K, float] = {}
        # Asked for after every move, and changed by few: kept until the deadline it stands for is gone.
        self._earliest: float | None = None

    def set(self, name: K, deadline: float) -> None:
        """Wake at ``deadline`` (monotonic seconds) for ``name``; an older deadline of that name is gone."""
        if self._deadlines.get(name) == self._earliest:
            self._earliest = None
        self._deadlines[name] = deadline
        if self._earliest is not None and deadline < self._earliest:
            self._earliest = deadline

    def cancel(self, name: K) -> None:
        """Forget ``name``; nothing happens when it is not set."""
        if self._deadlines.pop(name, None) == self._earliest:
            self._earliest = None

    def clear(self) -> None:
        """Forget every name."""
        self._deadlines.clear()
        self._earliest = None

    def deadline(self, name: K) -> float | None:
        """When ``name`` is due, or ``None`` when it is not set."""
        return self._deadlines.get(name)

    def next(self) -> float | None:
        """The earliest deadline, or ``None`` when nothing is set."""
        if self._earliest is None and self._deadlines:
            self._earliest = min(self._deadlines.values())
        return self._earliest

    def due(self, now: float) -> Iterator[K]:
        """Hand over every name whose deadline is at or before ``now``, earliest first."""
        deadlines = self._deadlines
        while (earliest := self.next()) is not None and earliest <= now:
            name = min(deadlines, key=deadlines.__getitem__)
            self.cancel(name)
            yield name

    def __contains__(self, name: object) -> bool:
        return name in self._deadlines

    def __len__(self) -> int:
        return len(self._deadlines)
