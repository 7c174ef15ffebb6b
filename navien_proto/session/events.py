"""What a session tells the application. Each event carries the instant at which it happened."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NewType

from attrs import field, frozen

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import BadCredentials, CommandError, DecodeError, NavienError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.mqtt.mailbox import EventsMissed
from navien_proto.redact import redact_text
from navien_proto.session.device_change import DeviceChange
from navien_proto.session.link_events import (
    ClockCorrected,
    Connected,
    Degraded,
    Disconnected,
    Impairment,
    PublishRefused,
    Retrying,
    SubscriptionRefused,
)
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import FeatureMessage, Message, StatusMessage

if TYPE_CHECKING:
    # Requests are seldom, and their classes are loaded with the first.
    from navien_proto.session.requests import Request

__all__ = [
    "AccountChanged",
    "AnswerMissed",
    "CameBack",
    "ClockCorrected",
    "CommandApplied",
    "CommandConfirmed",
    "CommandFailed",
    "CommandId",
    "CommandNotApplied",
    "Connected",
    "CredentialsRefused",
    "Degraded",
    "DeviceAdded",
    "DeviceChange",
    "DeviceOffline",
    "DeviceOnline",
    "DeviceRemoved",
    "DevicesListed",
    "Disconnected",
    "Event",
    "EventsMissed",
    "FeatureReceived",
    "Impairment",
    "Level",
    "OtherReceived",
    "PublishRefused",
    "RawReceived",
    "RequestAnswered",
    "RequestFailed",
    "RequestId",
    "Retrying",
    "SessionClosed",
    "SignedIn",
    "StatusReceived",
    "SubscriptionRefused",
    "Undecodable",
    "WentStale",
]

CommandId = NewType("CommandId", int)
RequestId = NewType("RequestId", int)


class Level(IntEnum):
    """How far a command came when it was confirmed (``docs/protocol/mqtt.md`` section 10)."""

    SENT = 1  # the broker has it (QoS 1), or it left (QoS 0)
    ACCEPTED = 2  # the device's matching acknowledgement or answer is here
    APPLIED = 3  # a later message shows that the device runs it


@frozen
class SignedIn:
    """The account is signed in; ``renewed`` when it was before."""

    at: Instant
    renewed: bool


@frozen
class AccountChanged:
    """What a token store should keep for this account changed: tokens, sign-ins, a proven refusal."""

    at: Instant
    account: SavedAccount = field(repr=False)


@frozen
class DevicesListed:
    """The account's heaters, in the cloud's order; other products are left out."""

    at: Instant
    devices: tuple[Device, ...]


@frozen
class CredentialsRefused:
    """The account proved the e-mail address or the password wrong; SessionClosed with the same error follows."""

    at: Instant
    error: BadCredentials


@frozen
class DeviceAdded:
    """The account has a heater it had not, known by its MAC; none is told of the first list.

    Moved to another home, or renamed, it is the same one: that tells DevicesListed. ``link`` is the link's number
    when one is up.
    """

    at: Instant
    device: Device
    link: int | None = None


@frozen
class DeviceRemoved:
    """The account has the heater no more; ``device`` is what was known of it, ``link`` as for DeviceAdded."""

    at: Instant
    device: Device
    link: int | None = None


@frozen
class DeviceOnline:
    """The cloud's list, or a message, shows the device on line after it was not; ``link`` as for DeviceAdded."""

    at: Instant
    device: Device
    link: int | None = None


@frozen
class DeviceOffline:
    """The cloud's list shows the device off line; ``link`` as for DeviceAdded."""

    at: Instant
    device: Device
    link: int | None = None


@frozen
class StatusReceived:
    """A status of a device: an answer, an acknowledgement, or unprompted (``message.reason``)."""

    at: Instant
    link: int
    device: Device
    message: StatusMessage

    @property
    def status(self) -> DeviceStatus:
        """The decoded status."""
        return self.message.status


@frozen
class FeatureReceived:
    """A device told what it is and can do."""

    at: Instant
    link: int
    device: Device
    message: FeatureMessage


@frozen
class OtherReceived:
    """A message that is neither status nor feature, or of a device that is not ours."""

    at: Instant
    link: int
    message: Message


@frozen
class Undecodable:
    """A payload that is no message; the connection lives."""

    at: Instant
    link: int
    error: DecodeError


@frozen
class AnswerMissed:
    """A status request of the session's own went unanswered."""

    at: Instant
    device: Device


@frozen
class WentStale:
    """No message of the device for longer than its period allows, though it was asked for one.

    ``last`` is when one came, if ever; ``link`` as for DeviceAdded. Unasked while the link is down or the device
    is known to be off line.
    """

    at: Instant
    device: Device
    last: Instant | None
    link: int | None = None


@frozen
class CameBack:
    """A message of the device, by ``link``, after it had gone stale; ``silence`` is the gap in seconds."""

    at: Instant
    device: Device
    silence: float
    link: int | None = None


@frozen
class CommandConfirmed:
    """A submitted command came to its end as wished.

    ``level`` is how far; ``message`` the device's answer, if one was awaited. ``held`` marks what the device
    accepted and does not run yet: the acknowledgement does not show the wish (``docs/protocol/commands.md``
    section 7), or nothing showed it applied in the time allowed. CommandApplied or CommandNotApplied follows.
    """

    at: Instant
    id: CommandId
    device: Device
    command: Command
    level: Level
    message: Message | None = None
    held: bool = False


@frozen
class CommandFailed:
    """A submitted command came to its end otherwise: ``error`` is a CommandError that says how."""

    at: Instant
    id: CommandId
    device: Device
    command: Command
    error: CommandError


@frozen
class CommandApplied:
    """A command that had ended as accepted and held is applied now, as ``message`` shows."""

    at: Instant
    id: CommandId
    device: Device
    command: Command
    message: Message


@frozen
class CommandNotApplied:
    """A command that had ended as accepted and held was not seen to be applied, and is looked for no more.

    ``reason``: another command took its place, a day passed, or the session closed.
    """

    at: Instant
    id: CommandId
    device: Device
    command: Command
    reason: str


@frozen
class RequestAnswered:
    """What was asked for beside commands is here.

    ``answer`` is what the cloud said (:mod:`navien_proto.cloud.records`), the filter that is subscribed or no
    more, or the broker's code for a publish (``None`` at QoS 0). ``device`` is the heater in question, if one is.
    """

    at: Instant
    id: RequestId
    device: Device | None
    request: Request
    answer: object = field(repr=False)


@frozen
class RequestFailed:
    """What was asked for beside commands did not come; ``error`` says why."""

    at: Instant
    id: RequestId
    device: Device | None
    request: Request
    error: NavienError


@frozen
class RawReceived:
    """A message on a topic that the application subscribed to by itself, as it came."""

    at: Instant
    link: int
    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    retain: bool = False


@frozen
class SessionClosed:
    """The session is over; ``error`` is ``None`` when it was stopped by the application."""

    at: Instant
    error: NavienError | None = None


Event = (
    SignedIn
    | AccountChanged
    | CredentialsRefused
    | DevicesListed
    | DeviceAdded
    | DeviceRemoved
    | DeviceOnline
    | DeviceOffline
    | DeviceChange
    | Connected
    | Disconnected
    | Degraded
    | Retrying
    | StatusReceived
    | FeatureReceived
    | OtherReceived
    | Undecodable
    | SubscriptionRefused
    | PublishRefused
    | ClockCorrected
    | AnswerMissed
    | WentStale
    | CameBack
    | CommandConfirmed
    | CommandFailed
    | CommandApplied
    | CommandNotApplied
    | RequestAnswered
    | RequestFailed
    | RawReceived
    | EventsMissed
    | SessionClosed
)
