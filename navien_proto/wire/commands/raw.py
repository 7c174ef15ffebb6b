"""Commands as numbers, for experts, and those that are declared and must not be sent any other way.

Source: ``docs/protocol/commands.md`` section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.model.codes import CommandFamily
from navien_proto.wire.commands.base import Command, Control, ReplyForm, whole_number
from navien_proto.wire.messages import Received, StatusMessage

__all__ = [
    "DECLARED_ONLY",
    "CheckFirmware",
    "DeclaredOnly",
    "RawCommand",
    "ReconnectWifi",
    "ResetPreFilter",
    "ResetWaterFilter",
    "ResetWifi",
    "RunSmartDiagnostic",
    "SetCoolingMode",
    "SetFreezeProtectionTemperature",
    "WriteWeeklyReservation",
]


class DeclaredOnly(Control):
    """Base of the commands the vendor's app declares and never sends: they cannot be made.

    Attributes:
        why: a phrase that says why.

    Raises:
        UsageError: always; the sentence has the reason.
    """

    why: str

    def __init__(self, *_given: object, **_named: object) -> None:
        raise UsageError(
            f"{type(self).__name__} is unsupported: {self.why}. An expert may send "
            f"RawCommand(code={self.code:#010x}, …, expert=True)"
        )


class WriteWeeklyReservation(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x02000006
    mode_string = ""
    why = "it is declared and was never sent; weekly programmes are written with ReplaceReservations"


class CheckFirmware(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200000B
    mode_string = "ota-check"
    why = "it is declared and was never sent, and its mode string is a guess; ask with RequestFirmwareDownload"


class ReconnectWifi(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200000E
    mode_string = "wifi-reconnect"
    why = "it is declared and was never sent, and its mode string is a guess"


class ResetWifi(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200000F
    mode_string = "wifi-reset"
    why = "it is declared and was never sent; if it works, the unit loses its network for good"


class SetFreezeProtectionTemperature(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x02000013
    mode_string = "frez-temp"
    why = "it is declared and was never sent, and sources disagree about its mode string; use the panel"


class RunSmartDiagnostic(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x02000017
    mode_string = "smart-diagnostic"
    why = "it is declared and was never sent, and its mode string is a guess"


class SetCoolingMode(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200001C
    mode_string = "cooling-mode"
    why = "it is for hydronic products, which this one is not"


class ResetWaterFilter(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200001D
    mode_string = "water-filter-reset"
    why = "it is for hydronic products, which this one is not"


class ResetPreFilter(DeclaredOnly):
    """Refused: see ``why``."""

    code = 0x0200001E
    mode_string = "pre-filter-reset"
    why = "it is for hydronic products, which this one is not"


DECLARED_ONLY: Mapping[int, type[DeclaredOnly]] = {
    one.code: one
    for one in (
        WriteWeeklyReservation,
        CheckFirmware,
        ReconnectWifi,
        ResetWifi,
        SetFreezeProtectionTemperature,
        RunSmartDiagnostic,
        SetCoolingMode,
        ResetWaterFilter,
        ResetPreFilter,
    )
}
"""The commands that are declared only, by code."""


def _code(value: object) -> int:
    return whole_number(value, "code", 0, (1 << 32) - 1)


def _param(value: object) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise UsageError("param must be a list of whole numbers")
    return tuple(whole_number(one, "param", -(1 << 31), (1 << 31) - 1) for one in value)


@frozen(kw_only=True)
class RawCommand(Command):
    """Any command, as it is: no capability, limit or meaning is checked.

    Attributes:
        code: the number.
        suffix: of the request's topic; ``ctrl`` unless told.
        mode_string: ``mode``; without it neither ``mode`` nor ``param`` nor ``paramStr`` are sent.
        param: the numbers that go with it.
        more: further members of the request; they come last and go over those above.
        expert: must be true for the codes in `DECLARED_ONLY`, whose effect nobody knows.
        reply_form: where the answer is asked to go.
        reply_suffix: what stands behind ``res`` there.
        reply_kind: class of the answer, a status unless told; ``None`` for none.
        user_seq: a number in the app's form of reply topic.

    Raises:
        UsageError: a number is none, or the code is declared only and ``expert`` is not true.
    """

    plain = False  # ``more`` may hold anything
    code: int = field(converter=_code)
    suffix: str = "ctrl"
    mode_string: str | None = None
    param: tuple[int, ...] | None = field(default=None, converter=_param)
    more: Mapping[str, Any] = field(factory=dict, eq=repr, repr=False)
    expert: bool = False
    reply_form: ReplyForm = ReplyForm.ACK
    reply_suffix: str = ""
    reply_kind: type[Received] | None = StatusMessage
    user_seq: int = 0
    is_control: bool = field(init=False, repr=False)
    qos: int = field(init=False, repr=False)
    matched_by_session: bool = field(init=False, repr=False)

    @is_control.default
    def _changes(self) -> bool:
        # One query's code is a write on another topic: where it goes decides as well.
        return self.code >> 24 != CommandFamily.QUERY or self.suffix.partition("/")[0] == "ctrl"

    @qos.default
    def _qos(self) -> int:
        return 1 if self.is_control else 0

    @matched_by_session.default
    def _by_session(self) -> bool:
        return self.reply_kind is StatusMessage

    def __attrs_post_init__(self) -> None:
        declared = DECLARED_ONLY.get(self.code)
        if declared is not None and self.expert is not True:
            name = declared.__name__
            raise UsageError(f"{name} is unsupported: {declared.why}; say expert=True to insist")

    def members(self) -> dict[str, Any]:
        """``mode``, ``param`` and ``paramStr`` where there is a mode string, then ``more``."""
        found: dict[str, Any] = {}
        if self.mode_string is not None:
            found = {"mode": self.mode_string, "param": list(self.param or ()), "paramStr": ""}
        return found | dict(self.more)
