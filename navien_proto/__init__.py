"""The NaviLink protocol and the Navien NWP500, without I/O.

Everything here is a function of its inputs: no socket, no clock, no thread. Embed it at any height:

- *models and commands*: :func:`decode` turns a message into typed values, commands turn into envelopes;
- *the session*: :class:`Session` signs in, connects, polls, reconnects; a driver performs its actions;
- *bytes*: ``navien_proto.link`` turns them into a session's inputs (it needs gmqtt and wsproto).
"""

from typing import TYPE_CHECKING

from navien_proto.errors import (
    AccountLocked,
    AuthError,
    BadCredentials,
    CloudError,
    CommandCancelled,
    CommandError,
    CommandExpired,
    CommandMismatch,
    CommandRefused,
    CommandTimedOut,
    DecodeError,
    GuardError,
    HttpStatusError,
    LinkBroken,
    LinkClosed,
    LinkError,
    NavienError,
    RemoteProtocolError,
    ScheduleConflict,
    Throttled,
    TokenExpired,
    UsageError,
)
from navien_proto.instant import Instant

# A literal: the build reads it, and importlib.metadata would bring a socket with it.
__version__ = "0.1.0"

__all__ = [
    "FEATURE_FIELDS",
    "STATUS_FIELDS",
    "AccountLocked",
    "AntiLegionellaOff",
    "AntiLegionellaOn",
    "AppConnectionSeen",
    "AuthError",
    "BadCredentials",
    "ClearRecirculation",
    "ClearReservations",
    "CloudError",
    "Command",
    "CommandCancelled",
    "CommandError",
    "CommandExpired",
    "CommandId",
    "CommandMismatch",
    "CommandRefused",
    "CommandTimedOut",
    "CommitFirmware",
    "ConnectionEvent",
    "ControlFailure",
    "DecodeError",
    "DemandResponseOff",
    "DemandResponseOn",
    "Device",
    "DeviceError",
    "DeviceFeature",
    "DeviceStatus",
    "Diagnostics",
    "DiagnosticsMessage",
    "EditRecirculation",
    "EditReservations",
    "EditTouPlan",
    "EndSession",
    "EnergyMessage",
    "EnergyPeriod",
    "EnergyUse",
    "EventMessage",
    "FeatureMessage",
    "FirmwareDownload",
    "FirmwareDownloadMessage",
    "FirmwareVersion",
    "GuardError",
    "Guards",
    "HttpStatusError",
    "Instant",
    "IntelligentOff",
    "IntelligentOn",
    "Level",
    "LinkBroken",
    "LinkClosed",
    "LinkError",
    "Message",
    "Mode",
    "NavienError",
    "OtaMessage",
    "PowerOff",
    "PowerOn",
    "PressHotButton",
    "RawCommand",
    "Reason",
    "RecirculationEntry",
    "RecirculationMessage",
    "RecirculationProgramme",
    "RemoteProtocolError",
    "ReplaceRecirculation",
    "ReplaceReservations",
    "RequestDailyEnergy",
    "RequestDeviceInfo",
    "RequestDiagnostics",
    "RequestFirmwareDownload",
    "RequestHourlyEnergy",
    "RequestMonthlyEnergy",
    "RequestRecirculation",
    "RequestReservations",
    "RequestSeen",
    "RequestStatus",
    "Reservation",
    "ReservationProgramme",
    "ReservationsMessage",
    "ResetAirFilter",
    "ResetCondenserFault",
    "ScheduleConflict",
    "Session",
    "SessionConfig",
    "SetAirFilterLife",
    "SetMode",
    "SetRecirculationMode",
    "SetTemperature",
    "SetVacationDays",
    "StartVacation",
    "State",
    "StatusMessage",
    "Throttled",
    "TokenExpired",
    "TouMessage",
    "TouOff",
    "TouOn",
    "TouPeriod",
    "TouPlan",
    "Unknown",
    "UnknownMessage",
    "UsageError",
    "UseReservations",
    "Waiting",
    "Weekday",
    "WriteTouPlan",
    "__version__",
    "decode",
]

if TYPE_CHECKING:
    from navien_proto.model.codes import DhwOperationSetting as Mode
    from navien_proto.model.codes import Unknown
    from navien_proto.model.derived import Waiting
    from navien_proto.model.device import Device
    from navien_proto.model.diagnostics import Diagnostics
    from navien_proto.model.energy import EnergyPeriod, EnergyUse
    from navien_proto.model.error_codes import DeviceError
    from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature
    from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
    from navien_proto.model.schedules import (
        RecirculationEntry,
        RecirculationProgramme,
        Reservation,
        ReservationProgramme,
        Weekday,
    )
    from navien_proto.model.status import STATUS_FIELDS, DeviceStatus
    from navien_proto.model.tou import TouPeriod, TouPlan
    from navien_proto.session import Session, SessionConfig, State
    from navien_proto.session.edits import EditRecirculation, EditReservations, EditTouPlan
    from navien_proto.session.events import CommandId, Level
    from navien_proto.session.guards import Guards
    from navien_proto.wire.commands import (
        AntiLegionellaOff,
        AntiLegionellaOn,
        Command,
        DemandResponseOff,
        DemandResponseOn,
        EndSession,
        IntelligentOff,
        IntelligentOn,
        PowerOff,
        PowerOn,
        PressHotButton,
        RequestDailyEnergy,
        RequestDeviceInfo,
        RequestDiagnostics,
        RequestFirmwareDownload,
        RequestHourlyEnergy,
        RequestMonthlyEnergy,
        RequestRecirculation,
        RequestReservations,
        RequestStatus,
        ResetAirFilter,
        ResetCondenserFault,
        SetAirFilterLife,
        SetMode,
        SetRecirculationMode,
        SetTemperature,
        SetVacationDays,
        StartVacation,
        TouOff,
        TouOn,
        UseReservations,
    )
    from navien_proto.wire.commands.firmware import CommitFirmware
    from navien_proto.wire.commands.raw import RawCommand
    from navien_proto.wire.commands.schedules import (
        ClearRecirculation,
        ClearReservations,
        ReplaceRecirculation,
        ReplaceReservations,
        WriteTouPlan,
    )
    from navien_proto.wire.decode import decode
    from navien_proto.wire.messages import (
        AppConnectionSeen,
        ConnectionEvent,
        ControlFailure,
        DiagnosticsMessage,
        EnergyMessage,
        EventMessage,
        FeatureMessage,
        FirmwareDownloadMessage,
        Message,
        OtaMessage,
        Reason,
        RecirculationMessage,
        RequestSeen,
        ReservationsMessage,
        StatusMessage,
        TouMessage,
        UnknownMessage,
    )
else:
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_proto.model.codes": "Mode=DhwOperationSetting Unknown",
            "navien_proto.model.derived": "Waiting",
            "navien_proto.model.device": "Device",
            "navien_proto.model.diagnostics": "Diagnostics",
            "navien_proto.model.energy": "EnergyPeriod EnergyUse",
            "navien_proto.model.error_codes": "DeviceError",
            "navien_proto.model.feature": "DeviceFeature FEATURE_FIELDS",
            "navien_proto.model.firmware": "FirmwareDownload FirmwareVersion",
            "navien_proto.model.schedules": (
                "RecirculationEntry RecirculationProgramme Reservation ReservationProgramme Weekday"
            ),
            "navien_proto.model.status": "DeviceStatus STATUS_FIELDS",
            "navien_proto.model.tou": "TouPeriod TouPlan",
            "navien_proto.session": "Session SessionConfig State",
            "navien_proto.session.edits": "EditRecirculation EditReservations EditTouPlan",
            "navien_proto.session.events": "CommandId Level",
            "navien_proto.session.guards": "Guards",
            "navien_proto.wire.commands": (
                "AntiLegionellaOff AntiLegionellaOn Command DemandResponseOff DemandResponseOn EndSession "
                "IntelligentOff IntelligentOn PowerOff PowerOn PressHotButton RequestDailyEnergy "
                "RequestDeviceInfo RequestDiagnostics RequestFirmwareDownload RequestHourlyEnergy "
                "RequestMonthlyEnergy RequestRecirculation RequestReservations RequestStatus ResetAirFilter "
                "ResetCondenserFault SetAirFilterLife SetMode SetRecirculationMode SetTemperature "
                "SetVacationDays StartVacation TouOff TouOn UseReservations"
            ),
            "navien_proto.wire.commands.firmware": "CommitFirmware",
            "navien_proto.wire.commands.raw": "RawCommand",
            "navien_proto.wire.commands.schedules": (
                "ClearRecirculation ClearReservations ReplaceRecirculation ReplaceReservations WriteTouPlan"
            ),
            "navien_proto.wire.decode": "decode",
            "navien_proto.wire.messages": (
                "AppConnectionSeen ConnectionEvent ControlFailure DiagnosticsMessage EnergyMessage EventMessage "
                "FeatureMessage FirmwareDownloadMessage Message OtaMessage Reason RecirculationMessage "
                "RequestSeen ReservationsMessage StatusMessage TouMessage UnknownMessage"
            ),
        },
    )
