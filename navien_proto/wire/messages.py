"""What can arrive, as frozen classes; `navien_proto.wire.decode.decode` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, fields, frozen

from navien_proto.model.codes import CommandFamily, DiagnosticsType, EnergyQueryType, Unknown
from navien_proto.model.device import mask_mac
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.fields import Problem
from navien_proto.model.status import DeviceStatus
from navien_proto.redact import redact_text

if TYPE_CHECKING:
    # Seldom received: `navien_proto.wire.replies` loads them when the first of a kind arrives.
    from navien_proto.model.diagnostics import Diagnostics
    from navien_proto.model.energy import EnergyPeriod, EnergyUse, Granularity
    from navien_proto.model.firmware import FirmwareDownload
    from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme
    from navien_proto.model.tou import TouPlan

__all__ = [
    "AppConnectionSeen",
    "ConnectionEvent",
    "ControlFailure",
    "DiagnosticsMessage",
    "EnergyMessage",
    "EventMessage",
    "FeatureMessage",
    "FirmwareDownloadMessage",
    "Message",
    "OtaMessage",
    "Reason",
    "RecirculationMessage",
    "RequestSeen",
    "ReservationsMessage",
    "StatusMessage",
    "TouMessage",
    "UnknownMessage",
]


class Reason(Enum):
    """Why a status was sent, told by the high byte of its command code (``docs/protocol/mqtt.md`` 9)."""

    ANSWER = "answer"
    """To a request for status."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """A control was accepted: settings are the new ones, what runs may still be the old."""
    PUSH = "push"
    """Nobody asked: something changed, or code 0."""
    UNKNOWN = "unknown"


_REASONS = {
    CommandFamily.QUERY.value: Reason.ANSWER,
    CommandFamily.CONTROL.value: Reason.ACKNOWLEDGEMENT,
    CommandFamily.CHANGE.value: Reason.PUSH,
}


def _masked(text: str | None) -> str:
    return repr(text if text is None else redact_text(text))


@frozen(kw_only=True, slots=False)
class Received:
    """What every message has, each ``None`` when the message did not say.

    Attributes:
        topic: where it arrived.
        mac: of the device, twelve lower-case hexadecimal digits; from the payload, else from the topic.
        client_id: of whoever asked, or ``navilink-`` and the MAC; identifies nothing by itself.
        session_id: that of the request, echoed; one digit in messages nobody asked for.
        request_topic: where the request was published.
        additional_value: the device's short text.
        problems: members that could not be understood, by wire name.
    """

    topic: str = field(repr=redact_text)
    mac: str | None = field(default=None, repr=mask_mac)
    client_id: str | None = field(default=None, repr=_masked)
    session_id: str | None = None
    request_topic: str | None = field(default=None, repr=_masked)
    additional_value: str | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()


@frozen(kw_only=True, slots=False)
class StatusMessage(Received):
    """The state of a water heater: an answer, an acknowledgement, or pushed."""

    status: DeviceStatus

    @property
    def command(self) -> int | None:
        """The code this status answers or announces."""
        return self.status.command

    @property
    def reason(self) -> Reason:
        """Why it was sent. Only `Reason.ANSWER` and `Reason.ACKNOWLEDGEMENT` belong to a request."""
        code = self.status.command
        if code is None:
            return Reason.UNKNOWN
        return Reason.PUSH if code == 0 else _REASONS.get(code >> 24, Reason.UNKNOWN)


@frozen(kw_only=True, slots=False)
class FeatureMessage(Received):
    """What a water heater is and can do: the answer to a request for device info."""

    feature: DeviceFeature


@frozen(kw_only=True, slots=False)
class ControlFailure(Received):
    """A control was refused. It names no request: it is the one in flight for that device.

    ``code`` is ``failCode``, see `navien_proto.model.codes.ControlFailCode`; ``None`` when the device gave none.
    """

    code: int | None = None


def _kind_of(raw: object) -> str:
    return f"<{type(raw).__name__}>"


# Comparing and showing are written once for the classes below: attrs would make them for each, at every import.
class _Seldom(Received):
    """Base of what is received seldom; equal, hashed and shown by its attributes like all messages."""

    def _compared(self) -> tuple[object, ...]:
        return tuple(getattr(self, one.name) for one in fields(type(self)) if one.eq)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Seldom) or type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __repr__(self) -> str:
        shown = (
            f"{one.name}={(one.repr if callable(one.repr) else repr)(getattr(self, one.name))}"
            for one in fields(type(self))
            if one.repr
        )
        return f"{type(self).__name__}({', '.join(shown)})"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Reply(_Seldom):
    """What the answers below have: ``raw`` is the ``response`` object as it came, not shown by ``repr``."""

    raw: Mapping[str, object] = field(factory=dict, eq=False, repr=_kind_of)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ReservationsMessage(_Reply):
    """The reservations a unit has: read, or the echo of what was written (``docs/protocol/responses.md`` 5).

    A read is answered twice, as a list and in packed text (``packed``). Entries that were not understood stand in
    ``programme.odd``, so that a list cannot be written back without them by mistake.
    """

    programme: ReservationProgramme
    packed: bool = False


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class RecirculationMessage(_Reply):
    """The recirculation programme a unit has, like `ReservationsMessage` (``docs/protocol/responses.md`` 6)."""

    programme: RecirculationProgramme
    packed: bool = False


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class TouMessage(_Reply):
    """The echo of a time-of-use plan that was written (``docs/protocol/responses.md`` 7); it cannot be read."""

    plan: TouPlan


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class EnergyMessage(_Reply):
    """Electricity used (``docs/protocol/responses.md`` 8).

    Attributes:
        granularity: what an item of ``periods`` stands for: by the presence of ``month`` and ``day``, else by the
            topics; ``None`` when nothing tells.
        type_of_usage: ``typeOfUsage``; what it is for months is not recorded.
        lifetime: since the unit was installed, whatever was asked for. No sum of ``periods``.
        periods: what was asked for: months of days, or years of months.
    """

    granularity: Granularity | None = None
    type_of_usage: EnergyQueryType | Unknown | None = None
    lifetime: EnergyUse | None = None
    periods: tuple[EnergyPeriod, ...] = ()

    @property
    def total(self) -> EnergyUse:
        """The items of all periods together: what was used in the time asked for."""
        from navien_proto.model.energy import total_of

        return total_of(item for period in self.periods for item in period.items)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class FirmwareDownloadMessage(_Reply):
    """The firmware that lies ready to be installed, without empty slots (``docs/protocol/responses.md`` 10)."""

    downloads: tuple[FirmwareDownload, ...] = ()


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class DiagnosticsMessage(_Reply):
    """Counters of a lifetime (``docs/protocol/responses.md`` 9), as JSON or ``packed``: the same values."""

    diagnostics: Diagnostics
    type_of_diagnostics: DiagnosticsType | Unknown | None = None
    packed: bool = False


class OtaMessage(_Reply):
    """The answer to a firmware commit. Nobody has seen one: all that is known is in ``raw``."""


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class RequestSeen(_Seldom):
    """A request passing by, ours or another client's: the device's filter matches those as well. No answer.

    Attributes:
        command: its code.
        mode: the mode string of a control.
        param: the numbers of a control.
        suffix: of the topic, which tells apart what has one code.
        raw: the ``request`` as it came, not shown by ``repr``.
    """

    command: int | None = None
    mode: str | None = None
    param: tuple[int, ...] | None = None
    suffix: str | None = field(default=None, repr=_masked)
    raw: object = field(default=None, eq=False, repr=_kind_of)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class EventMessage(_Seldom):
    """Something on an event topic (``docs/protocol/mqtt.md`` 5.3).

    ``name`` is what follows the device, or the device type, in the topic; ``raw`` the message's JSON value, not
    shown by ``repr``.
    """

    name: str = field(default="", repr=redact_text)
    raw: object = field(default=None, eq=False, repr=_kind_of)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ConnectionEvent(EventMessage):
    """The cloud says that a device came on line or left (``docs/protocol/responses.md`` 12).

    The shape is assumed: a hint to ask for a status, no truth. ``connected`` is ``None`` when not understood.
    """

    connected: bool | None = None


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class AppConnectionSeen(EventMessage):
    """A client, perhaps ourselves, says that it is there or gone (``docs/protocol/mqtt.md`` 8).

    ``connected`` is true for the short form, which has no status and is only sent on connecting. ``os`` is the
    app's letter for its system, ``timestamp`` the short form's text; both ``None`` when absent.
    """

    connected: bool | None = None
    os: str | None = None
    timestamp: str | None = None


@frozen(kw_only=True, slots=False)
class UnknownMessage(Received):
    """JSON that is none of the above; ``raw`` is its value, not shown by ``repr``."""

    raw: object = field(default=None, hash=False, repr=_kind_of)


Message: TypeAlias = (
    StatusMessage
    | FeatureMessage
    | ControlFailure
    | ReservationsMessage
    | RecirculationMessage
    | TouMessage
    | EnergyMessage
    | FirmwareDownloadMessage
    | DiagnosticsMessage
    | OtaMessage
    | RequestSeen
    | ConnectionEvent
    | AppConnectionSeen
    | EventMessage
    | UnknownMessage
)
"""All that `navien_proto.wire.decode.decode` can return."""
