"""One entry of a weekly programme: a reservation, or a switching of the recirculation pump.

Sources: ``docs/protocol/commands.md`` sections 6 and 8, ``docs/protocol/conversions.md`` section 13.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Self

from attrs import field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.codes import DhwOperationSetting, Unknown
from navien_proto.model.entry_reading import ENTRY_NAMES, EntryMembers, to_time
from navien_proto.model.weekdays import Weekday, days_text, to_days

__all__ = ["RecirculationEntry", "Reservation"]

_NO_PARAM = -1
_NO_PARAM_BYTE = 255
# Water between ice and steam; the unit's own limits are the command's affair.
_LOWEST_PARAM, _HIGHEST_PARAM = 0, 200
_PUMP_ON, _PUMP_OFF = 2, 1


def _number(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name} must be a whole number, not {type(value).__name__}")
    return value


def _truth(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def _mode(value: object) -> DhwOperationSetting | Unknown:
    number = _number(value, "mode")
    try:
        return DhwOperationSetting(number)
    except ValueError:
        return Unknown(number)


def _to_time(value: datetime.time) -> datetime.time:
    return to_time(value, "time")


def _enabled(value: object) -> bool:
    return _truth(value, "enabled")


def _on(value: object) -> bool:
    return _truth(value, "on")


def _param(value: object) -> int:
    return _number(value, "param")


def _mode_text(mode: DhwOperationSetting | Unknown) -> str:
    return f"mode {mode}" if isinstance(mode, Unknown) else mode.name.lower().replace("_", " ")


def _wire(entry: units.Entry) -> dict[str, int]:
    return dict(zip(ENTRY_NAMES, entry, strict=True))


@frozen(kw_only=True)
class Reservation:
    """A mode and a set point to take at a time on some days of the week.

    Attributes:
        days: at least one.
        time: by the unit's clock, to the minute.
        mode: to enter. A number without a name is kept as `Unknown` when a unit says it, and never written.
        param: set point in half degrees Celsius; modes 5 and 6 carry one too. `at` takes °C or °F.
        enabled: whether this entry counts.

    Raises:
        UsageError: an attribute is not what it must be; the sentence names it.
    """

    days: frozenset[Weekday] = field(converter=to_days)
    time: datetime.time = field(converter=_to_time)
    mode: DhwOperationSetting | Unknown = field(converter=_mode)
    param: int = field(converter=_param)
    enabled: bool = field(default=True, converter=_enabled)

    @classmethod
    def at(
        cls,
        days: Iterable[int],
        time: datetime.time,
        mode: int,
        *,
        celsius: float | None = None,
        fahrenheit: float | None = None,
        enabled: bool = True,
    ) -> Self:
        """A reservation with its set point in exactly one of °C and °F; the nearest half degree C counts.

        Raises:
            UsageError: not exactly one was given, or something is not what it must be.
        """
        if celsius is not None and fahrenheit is None:
            param = units.half_from_celsius(celsius)
        elif fahrenheit is not None and celsius is None:
            param = units.half_from_fahrenheit(fahrenheit)
        else:
            raise UsageError("give exactly one of celsius and fahrenheit")
        made = cls(days=to_days(days), time=time, mode=_mode(mode), param=param, enabled=enabled)
        made.check()
        return made

    @property
    def celsius(self) -> float:
        """The set point in °C."""
        return units.half_celsius(self.param)

    @property
    def fahrenheit(self) -> float:
        """The set point in °F, exactly."""
        return units.half_celsius_in_fahrenheit(self.param)

    def check(self) -> None:
        """Refuse what must not be written.

        Raises:
            UsageError: the mode has no name, or the set point is neither ice nor steam.
        """
        if isinstance(self.mode, Unknown):
            raise UsageError(f"mode {self.mode} is not known and is not written")
        if not _LOWEST_PARAM <= self.param <= _HIGHEST_PARAM:
            raise UsageError("param, the set point, must be 0 to 100 °C (raw 0 to 200)")

    def canonical(self) -> units.Entry:
        """The six numbers of the wire, for comparing; also of what must not be written."""
        return (
            units.flag_to_raw(self.enabled),
            units.week_to_raw(self.days),
            self.time.hour,
            self.time.minute,
            int(self.mode),
            self.param,
        )

    @classmethod
    def from_wire(cls, members: Mapping[str, object]) -> Self:
        """An entry as a unit sends it; mode and set point may be anything.

        Raises:
            Unfit: it cannot be an entry; the reason names the member.
        """
        return cls.read(EntryMembers(members))

    @classmethod
    def read(cls, members: EntryMembers) -> Self:
        """See `from_wire`."""
        return cls(
            enabled=members.flag("enable"),
            days=members.days("week"),
            time=members.time("hour", "min"),
            mode=_mode(members.whole("mode")),
            param=members.whole("param"),
        )

    def to_wire(self) -> dict[str, int]:
        """The entry as a unit takes it.

        Raises:
            UsageError: see `check`.
        """
        self.check()
        return _wire(self.canonical())

    @property
    def wish(self) -> tuple[int, int]:
        """What it asks for, apart from when."""
        return int(self.mode), self.param

    def describe(self, *, fahrenheit: bool = False) -> str:
        """The entry in words: ``weekdays 06:30, high demand, 60 °C``."""
        parts = [f"{days_text(self.days)} {self.time:%H:%M}", _mode_text(self.mode)]
        # The set point of a unit that does not heat says nothing.
        if self.mode not in (DhwOperationSetting.VACATION, DhwOperationSetting.POWER_OFF):
            parts.append(f"{units.whole_fahrenheit(self.param)} °F" if fahrenheit else f"{self.celsius:g} °C")
        return ", ".join(parts) + ("" if self.enabled else " (off)")

    def __str__(self) -> str:
        return self.describe()


@frozen(kw_only=True)
class RecirculationEntry:
    """A time on some days of the week at which the recirculation pump begins or ends to run.

    Attributes:
        days: at least one.
        time: by the unit's clock, to the minute.
        on: whether the pump runs from then on.
        enabled: whether this entry counts.
        param: -1; another number is kept when a unit says it, and never written.

    Raises:
        UsageError: an attribute is not what it must be; the sentence names it.
    """

    days: frozenset[Weekday] = field(converter=to_days)
    time: datetime.time = field(converter=_to_time)
    on: bool = field(converter=_on)
    enabled: bool = field(default=True, converter=_enabled)
    param: int = field(default=_NO_PARAM, converter=_param)

    def check(self) -> None:
        """Refuse what must not be written.

        Raises:
            UsageError: ``param`` is not -1.
        """
        if self.param != _NO_PARAM:
            raise UsageError("param of a recirculation entry must be -1")

    def canonical(self) -> units.Entry:
        """The six numbers of the wire, for comparing; also of what must not be written."""
        return (
            units.flag_to_raw(self.enabled),
            units.week_to_raw(self.days),
            self.time.hour,
            self.time.minute,
            _PUMP_ON if self.on else _PUMP_OFF,
            self.param,
        )

    @classmethod
    def from_wire(cls, members: Mapping[str, object]) -> Self:
        """An entry as a unit sends it; 255, the packed form of -1, is -1.

        Raises:
            Unfit: it cannot be an entry; the reason names the member.
        """
        return cls.read(EntryMembers(members))

    @classmethod
    def read(cls, members: EntryMembers) -> Self:
        """See `from_wire`."""
        param = members.whole("param")
        return cls(
            enabled=members.flag("enable"),
            days=members.days("week"),
            time=members.time("hour", "min"),
            on=members.whole("mode", _PUMP_OFF, _PUMP_ON) == _PUMP_ON,
            param=_NO_PARAM if param == _NO_PARAM_BYTE else param,
        )

    def to_wire(self) -> dict[str, int]:
        """The entry as a unit takes it.

        Raises:
            UsageError: see `check`.
        """
        self.check()
        return _wire(self.canonical())

    @property
    def wish(self) -> tuple[int, int]:
        """What it asks for, apart from when."""
        return int(self.on), self.param

    def describe(self) -> str:
        """The entry in words: ``weekdays 06:00, pump on``."""
        what = "pump on" if self.on else "pump off"
        return f"{days_text(self.days)} {self.time:%H:%M}, {what}{'' if self.enabled else ' (off)'}"

    def __str__(self) -> str:
        return self.describe()
