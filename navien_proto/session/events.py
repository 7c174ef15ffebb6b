"""What a session tells the application. Each event carries the instant at which it happened."""

from __future__ import annotations

from enum import IntEnum
from typing import NewType

from attrs import field, frozen

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import CommandError, DecodeError, NavienError
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.model.status import DeviceStatus
from navien_proto.redact import redact_text
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import FeatureMessage, Message, StatusMessage

__all__ = [
    "AccountChanged",
    "AnswerMissed",
    "CameBack",
    "ClockCorrected",
    "CommandConfirmed",
    "CommandFailed",
    "CommandId",
    "Connected",
    "DeviceOffline",
    "DeviceOnline",
    "DevicesListed",
    "Disconnected",
    "Event",
    "EventsMissed",
    "FeatureReceived",
    "Level",
    "OtherReceived",
    "Retrying",
    "SessionClosed",
    "SignedIn",
    "StatusReceived",
    "SubscriptionRefused",
    "Undecodable",
    "WentStale",
]

CommandId = NewType("CommandId", int)


class Level(IntEnum):
    """How far a command came when it was confirmed (``docs/protocol/mqtt.md`` section 10)."""

    SENT = 1  # the broker has it (QoS 1), or it left (QoS 0)
    ACCEPTED = 2  # the device's matching acknowledgement or answer is here


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
class DeviceOnline:
    """The cloud's list, or a message, shows the device on line after it was not."""

    at: Instant
    device: Device


@frozen
class DeviceOffline:
    """The cloud's list shows the device off line."""

    at: Instant
    device: Device


@frozen
class Connected:
    """The link is up and every filter acknowledged; ``link`` counts the links of this session."""

    at: Instant
    link: int
    session_present: bool


@frozen
class Disconnected:
    """The link that was up is gone; ``planned`` when we replace it as a matter of routine."""

    at: Instant
    link: int
    reason: str = field(converter=redact_text)
    planned: bool = False


@frozen
class Retrying:
    """An attempt failed (``error`` says at what) or the link was lost; the next comes in ``delay`` seconds."""

    at: Instant
    error: NavienError
    delay: float
    failures: int


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
class SubscriptionRefused:
    """The broker refused one filter; it is set aside."""

    at: Instant
    filter: str = field(converter=redact_text)
    code: int


@frozen
class ClockCorrected:
    """The cloud's clock differs from ours by ``offset`` seconds; signatures follow the cloud's from now on."""

    at: Instant
    offset: float


@frozen
class AnswerMissed:
    """A status request of the session's own went unanswered."""

    at: Instant
    device: Device


@frozen
class WentStale:
    """No message of the device for longer than its period allows; ``last`` is when one came, if ever."""

    at: Instant
    device: Device
    last: Instant | None


@frozen
class CameBack:
    """A message of the device after it had gone stale; ``silence`` is the gap in seconds."""

    at: Instant
    device: Device
    silence: float


@frozen
class CommandConfirmed:
    """A submitted command came to its end as wished.

    ``level`` is how far; ``message`` the device's answer, if one was awaited. ``held`` marks an acknowledgement
    that does not show the wish: the device accepted it and holds it back (``docs/protocol/commands.md``
    section 7).
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
class EventsMissed:
    """This consumer was too slow: its ``count`` oldest events were dropped, the last of them of ``at``.

    Comes from the consumer's own mailbox, before the events that were kept; no other consumer sees it.
    """

    at: Instant
    count: int


@frozen
class SessionClosed:
    """The session is over; ``error`` is ``None`` when it was stopped by the application."""

    at: Instant
    error: NavienError | None = None


Event = (
    SignedIn
    | AccountChanged
    | DevicesListed
    | DeviceOnline
    | DeviceOffline
    | Connected
    | Disconnected
    | Retrying
    | StatusReceived
    | FeatureReceived
    | OtherReceived
    | Undecodable
    | SubscriptionRefused
    | ClockCorrected
    | AnswerMissed
    | WentStale
    | CameBack
    | CommandConfirmed
    | CommandFailed
    | EventsMissed
    | SessionClosed
)
