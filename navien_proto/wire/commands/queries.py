"""Questions to a unit (``docs/protocol/commands.md`` sections 2 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.wire.commands.base import Command, ReplyForm, whole_number
from navien_proto.wire.messages import (
    DiagnosticsMessage,
    EnergyMessage,
    FeatureMessage,
    FirmwareDownloadMessage,
    Received,
    RecirculationMessage,
    ReservationsMessage,
)

__all__ = [
    "EndSession",
    "RequestDailyEnergy",
    "RequestDeviceInfo",
    "RequestDiagnostics",
    "RequestFirmwareDownload",
    "RequestHourlyEnergy",
    "RequestMonthlyEnergy",
    "RequestRecirculation",
    "RequestReservations",
    "RequestStatus",
]


class RequestStatus(Command):
    """Ask for a status."""

    __slots__ = ()
    code = 0x01000003
    suffix = "st"


class RequestDeviceInfo(Command):
    """Ask what the unit is and can do. The answer is known by its kind and its MAC."""

    __slots__ = ()
    code = 0x01000001
    suffix = "st/did"
    reply_kind = FeatureMessage
    matched_by_session = False


class EndSession(Command):
    """Say goodbye to a unit before disconnecting. Optional; no answer was ever seen."""

    __slots__ = ()
    code = 0x01000002
    suffix = "st/end"
    reply_kind = None
    matched_by_session = False


class RequestReservations(Command):
    """Ask for the weekly reservations; answered as a list and in packed text."""

    __slots__ = ()
    code = 0x01000006
    suffix = "st/rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "rsv/rd"
    reply_kind = ReservationsMessage
    matched_by_session = False
    needs = ("program_reservation_use",)


class RequestRecirculation(Command):
    """Ask for the recirculation programme; answered as a list and in packed text."""

    __slots__ = ()
    code = 0x0100000F
    suffix = "st/recirc-rsv/rd"
    reply_form = ReplyForm.CLIENT
    reply_suffix = "recirc-rsv/rd"
    reply_kind = RecirculationMessage
    matched_by_session = False
    needs = ("recirc_reservation_use",)


class RequestFirmwareDownload(Command):
    """Ask which firmware lies ready; the answer goes to the device's form of topic, whatever was asked."""

    __slots__ = ()
    code = 0x0100000B
    suffix = "st/dl-sw-info"
    reply_form = ReplyForm.DEVICE
    reply_suffix = "dl-sw-info"
    reply_kind = FirmwareDownloadMessage
    matched_by_session = False


def _user_seq(value: object) -> int:
    return whole_number(value, "user_seq", 0, (1 << 63) - 1)


@frozen(kw_only=True)
class RequestDiagnostics(Command):
    """Ask for the counters of a lifetime.

    The cloud turns them into JSON only for the app's form of reply topic, which needs a subscription to
    `navien_proto.wire.topics.app_filter` with the device's ``home_seq`` (0 without one) and this ``user_seq``.
    With ``as_json=False`` they come packed, on the client's form.

    Raises:
        UsageError: ``user_seq`` is no whole number, 0 or more.
    """

    code = 0x0100000C
    suffix = "st/td/rd"
    reply_suffix = "td/rd"
    reply_kind = DiagnosticsMessage
    matched_by_session = False
    as_json: bool = True
    user_seq: int = field(default=0, converter=_user_seq)
    reply_form: ReplyForm = field(init=False, repr=False)

    @reply_form.default
    def _form(self) -> ReplyForm:
        return ReplyForm.APP if self.as_json else ReplyForm.CLIENT


def _year(value: object) -> int:
    return whole_number(value, "year", 2000, 2099)


def _month(value: object) -> int:
    return whole_number(value, "month", 1, 12)


def _day(value: object) -> int:
    return whole_number(value, "day", 1, 31)


def _several(values: object, name: str, one: Callable[[object], int]) -> tuple[int, ...]:
    if not isinstance(values, Iterable) or isinstance(values, str | bytes):
        raise UsageError(f"{name} must be a list of whole numbers")
    found = tuple(sorted({one(value) for value in values}))
    if not found:
        raise UsageError(f"{name} must name at least one")
    return found


def _years(values: object) -> tuple[int, ...]:
    return _several(values, "years", _year)


def _months(values: object) -> tuple[int, ...]:
    return _several(values, "months", _month)


def _days(values: object) -> tuple[int, ...]:
    return _several(values, "days", _day)


class _EnergyQuery(Command):
    """Base of the questions about electricity. The answer is known by the years and months in it."""

    __slots__ = ()
    reply_form = ReplyForm.CLIENT
    reply_kind = EnergyMessage
    matched_by_session = False
    needs = ("energy_usage_use",)
    granularity: str

    def asked(self) -> set[tuple[int | None, int | None]]:
        """The years and months that were asked for, as `EnergyMessage` names them."""
        raise NotImplementedError

    def answered_by(self, message: Received) -> bool | None:
        """True of an energy message of that kind with nothing but years and months that were asked for."""
        if not isinstance(message, EnergyMessage):
            return None
        if message.granularity is None or message.granularity.value != self.granularity:
            return None
        return {(period.year, period.month) for period in message.periods} <= self.asked() or None


@frozen
class RequestDailyEnergy(_EnergyQuery):
    """Ask for the electricity used on each day of some months of a year.

    Raises:
        UsageError: ``year`` is not 2000 to 2099, or ``months`` not 1 to 12, at least one.
    """

    code = 0x01000009
    suffix = "st/energy-usage-daily-query/rd"
    reply_suffix = "energy-usage-daily-query/rd"
    granularity = "daily"
    year: int = field(converter=_year)
    months: tuple[int, ...] = field(converter=_months)

    def members(self) -> dict[str, Any]:
        """``year`` and ``month``."""
        return {"year": self.year, "month": list(self.months)}

    def asked(self) -> set[tuple[int | None, int | None]]:
        """See `EnergyMessage.periods`."""
        return {(self.year, month) for month in self.months}


@frozen
class RequestMonthlyEnergy(_EnergyQuery):
    """Ask for the electricity used in each month of some years.

    Raises:
        UsageError: ``years`` are not 2000 to 2099, at least one.
    """

    code = 0x0100000A
    suffix = "st/energy-usage-monthly-query/rd"
    reply_suffix = "energy-usage-monthly-query/rd"
    granularity = "monthly"
    years: tuple[int, ...] = field(converter=_years)

    def members(self) -> dict[str, Any]:
        """``year``, which here is a list."""
        return {"year": list(self.years)}

    def asked(self) -> set[tuple[int | None, int | None]]:
        """See `EnergyMessage.periods`."""
        return {(year, None) for year in self.years}


@frozen
class RequestHourlyEnergy(_EnergyQuery):
    """Ask for the electricity used in each hour of some days. It was never answered: expect a time-out.

    Raises:
        UsageError: ``year``, ``month`` or ``days`` are not of the calendar.
    """

    code = 0x01000008
    suffix = "st/energy-usage-hourly-query/rd"
    reply_suffix = "energy-usage-hourly-query/rd"
    granularity = "hourly"
    year: int = field(converter=_year)
    month: int = field(converter=_month)
    days: tuple[int, ...] = field(converter=_days)

    def members(self) -> dict[str, Any]:
        """``year``, ``month`` and ``day``."""
        return {"year": self.year, "month": self.month, "day": list(self.days)}

    def asked(self) -> set[tuple[int | None, int | None]]:
        """See `EnergyMessage.periods`."""
        return {(self.year, self.month)}
