"""What can be asked of a water heater, one frozen class each (``docs/protocol/commands.md``).

A command is checked when it is made, knows its code, and becomes bytes by `Command.to_envelope`. Whether the
unit at hand can do it is another question, which needs its device info: `Command.check`.

Questions stand in ``queries``, what changes a unit in ``controls``, ``set_point``, ``schedules`` and ``firmware``;
``raw`` has `RawCommand` and what only it can send. The seldom used are loaded when they are first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_proto.wire.commands.base import Command, Control, ReplyForm
from navien_proto.wire.commands.controls import (
    AntiLegionellaOff,
    AntiLegionellaOn,
    DemandResponseOff,
    DemandResponseOn,
    IntelligentOff,
    IntelligentOn,
    PowerOff,
    PowerOn,
    PressHotButton,
    ResetAirFilter,
    ResetCondenserFault,
    SetAirFilterLife,
    SetMode,
    SetRecirculationMode,
    SetVacationDays,
    StartVacation,
    TouOff,
    TouOn,
    UseReservations,
)
from navien_proto.wire.commands.queries import (
    EndSession,
    RequestDailyEnergy,
    RequestDeviceInfo,
    RequestDiagnostics,
    RequestFirmwareDownload,
    RequestHourlyEnergy,
    RequestMonthlyEnergy,
    RequestRecirculation,
    RequestReservations,
    RequestStatus,
)
from navien_proto.wire.commands.set_point import FALLBACK_LIMITS, SetPointLimits, SetTemperature

__all__ = [
    "DECLARED_ONLY",
    "FALLBACK_LIMITS",
    "AntiLegionellaOff",
    "AntiLegionellaOn",
    "CheckFirmware",
    "ClearRecirculation",
    "ClearReservations",
    "Command",
    "CommitFirmware",
    "Control",
    "DeclaredOnly",
    "DemandResponseOff",
    "DemandResponseOn",
    "EndSession",
    "IntelligentOff",
    "IntelligentOn",
    "PowerOff",
    "PowerOn",
    "PressHotButton",
    "RawCommand",
    "ReconnectWifi",
    "ReplaceRecirculation",
    "ReplaceReservations",
    "ReplyForm",
    "RequestDailyEnergy",
    "RequestDeviceInfo",
    "RequestDiagnostics",
    "RequestFirmwareDownload",
    "RequestHourlyEnergy",
    "RequestMonthlyEnergy",
    "RequestRecirculation",
    "RequestReservations",
    "RequestStatus",
    "ResetAirFilter",
    "ResetCondenserFault",
    "ResetPreFilter",
    "ResetWaterFilter",
    "ResetWifi",
    "RunSmartDiagnostic",
    "SetAirFilterLife",
    "SetCoolingMode",
    "SetFreezeProtectionTemperature",
    "SetMode",
    "SetPointLimits",
    "SetRecirculationMode",
    "SetTemperature",
    "SetVacationDays",
    "StartVacation",
    "TouOff",
    "TouOn",
    "UseReservations",
    "WriteTouPlan",
    "WriteWeeklyReservation",
]

if TYPE_CHECKING:
    from navien_proto.wire.commands.firmware import CommitFirmware
    from navien_proto.wire.commands.raw import (
        DECLARED_ONLY,
        CheckFirmware,
        DeclaredOnly,
        RawCommand,
        ReconnectWifi,
        ResetPreFilter,
        ResetWaterFilter,
        ResetWifi,
        RunSmartDiagnostic,
        SetCoolingMode,
        SetFreezeProtectionTemperature,
        WriteWeeklyReservation,
    )
    from navien_proto.wire.commands.schedules import (
        ClearRecirculation,
        ClearReservations,
        ReplaceRecirculation,
        ReplaceReservations,
        WriteTouPlan,
    )
else:
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_proto.wire.commands.firmware": "CommitFirmware",
            "navien_proto.wire.commands.raw": (
                "CheckFirmware DECLARED_ONLY DeclaredOnly RawCommand ReconnectWifi ResetPreFilter "
                "ResetWaterFilter ResetWifi RunSmartDiagnostic SetCoolingMode SetFreezeProtectionTemperature "
                "WriteWeeklyReservation"
            ),
            "navien_proto.wire.commands.schedules": (
                "ClearRecirculation ClearReservations ReplaceRecirculation ReplaceReservations WriteTouPlan"
            ),
        },
    )
