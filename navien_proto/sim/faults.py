"""Everything known to go wrong between a session, the cloud and a heater, each as a value.

A fault says what is wrong, not when: :class:`~navien_proto.sim.fault_plan.PlannedFault` gives it a time, and
``World.begin`` starts one by hand. While it lasts the world behaves as its docstring says; when it ends, what can
be undone is undone. Each names the row of the project's list of failures that it plays (F01 to F40).

A ``share`` is the probability, 0 to 1, with which each single thing is hit; which ones are is decided by the seed
of the plan's entry. Times are seconds. ``paths`` are ends of REST paths (``/user/sign-in``); empty means every
request. ``frames`` are some of :data:`FRAMES`; empty means all of them. ``heater`` is the number of a heater in
the order in which they joined the cloud, from 0; ``None`` means every one.
"""

from __future__ import annotations

from navien_proto.sim.fault import Fault
from navien_proto.sim.faults_heaters import (
    ControlFails,
    DaylightSaving,
    Deaf,
    DeviceAdded,
    DeviceMoved,
    DeviceReboot,
    DeviceRemoved,
    HeaterFault,
    UnitError,
    WifiLost,
)
from navien_proto.sim.faults_links import (
    DOWN_FRAMES,
    FRAMES,
    UP_FRAMES,
    BrokerRestart,
    ConnackLost,
    ConnackRefused,
    Delay,
    Drop,
    Duplicate,
    FrameFault,
    Garble,
    HalfOpen,
    LinkCut,
    PublishDenied,
    Redelivery,
    Reorder,
    SubscriptionDenied,
    Takeover,
    Truncate,
    UpgradeRefused,
)
from navien_proto.sim.faults_rest import (
    AccountLocked,
    ClockDrift,
    ClockStep,
    RefreshTokenMissing,
    RestErrorBody,
    RestFault,
    RestGarbled,
    RestHtml,
    RestLost,
    RestSilent,
    RestSlow,
    RestStatus,
    RestThrottled,
    RestTruncated,
    TokensExpire,
    TokensRevoked,
    Unreachable,
)

__all__ = [
    "DOWN_FRAMES",
    "FRAMES",
    "UP_FRAMES",
    "AccountLocked",
    "BrokerRestart",
    "ClockDrift",
    "ClockStep",
    "ConnackLost",
    "ConnackRefused",
    "ControlFails",
    "DaylightSaving",
    "Deaf",
    "Delay",
    "DeviceAdded",
    "DeviceMoved",
    "DeviceReboot",
    "DeviceRemoved",
    "Drop",
    "Duplicate",
    "Fault",
    "FrameFault",
    "Garble",
    "HalfOpen",
    "HeaterFault",
    "LinkCut",
    "PublishDenied",
    "Redelivery",
    "RefreshTokenMissing",
    "Reorder",
    "RestErrorBody",
    "RestFault",
    "RestGarbled",
    "RestHtml",
    "RestLost",
    "RestSilent",
    "RestSlow",
    "RestStatus",
    "RestThrottled",
    "RestTruncated",
    "SubscriptionDenied",
    "Takeover",
    "TokensExpire",
    "TokensRevoked",
    "Truncate",
    "UnitError",
    "Unreachable",
    "UpgradeRefused",
    "WifiLost",
]
