"""What friendly methods of a client return. Pure, for every transport."""

from __future__ import annotations

from typing import Self, TypeVar

from attrs import frozen

from navien_proto import units
from navien_proto.errors import RemoteProtocolError
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.wire.commands import SetTemperature
from navien_proto.wire.messages import FeatureMessage, Message, StatusMessage

__all__ = ["Confirmation", "SetPointChanged", "answer_of", "answered_with", "feature_of", "status_of"]

M = TypeVar("M", bound=Message)
A = TypeVar("A")


def status_of(confirmed: CommandConfirmed) -> DeviceStatus:
    """The status that answered a command.

    Raises:
        RemoteProtocolError: the answer is no status.
    """
    return answer_of(confirmed, StatusMessage).status


def answered_with(answer: object, kind: type[A]) -> A:
    """The answer to a request, which must be of a kind.

    Raises:
        RemoteProtocolError: it is something else.
    """
    if not isinstance(answer, kind):
        raise RemoteProtocolError(f"expected {kind.__name__} for an answer, found {type(answer).__name__}")
    return answer


def feature_of(confirmed: CommandConfirmed) -> DeviceFeature:
    """What the heater can do, as it answered a command.

    Raises:
        RemoteProtocolError: the answer is something else.
    """
    return answer_of(confirmed, FeatureMessage).feature


def answer_of(confirmed: CommandConfirmed, kind: type[M]) -> M:
    """The message that answered a command.

    Raises:
        RemoteProtocolError: the answer is of another kind.
    """
    if not isinstance(confirmed.message, kind):
        raise RemoteProtocolError("the heater answered the request with something else")
    return confirmed.message


@frozen(kw_only=True)
class Confirmation:
    """A command was confirmed.

    ``level`` is how far the confirmation reaches. With ``held`` the device accepted the wish and its answer does
    not show it (``docs/protocol/commands.md`` section 7). ``status`` is the device's answer, if it was a status.
    """

    device: Device
    level: Level
    held: bool
    status: DeviceStatus | None

    @classmethod
    def of(cls, confirmed: CommandConfirmed) -> Self:
        """What a friendly method returns for that event."""
        message = confirmed.message
        status = message.status if isinstance(message, StatusMessage) else None
        return cls(device=confirmed.device, level=confirmed.level, held=confirmed.held, status=status)


@frozen(kw_only=True)
class SetPointChanged(Confirmation):
    """A set point was sent and confirmed.

    ``celsius`` is what was sent: the wire counts half degrees, so it may differ from what was asked for.
    """

    celsius: float

    @property
    def fahrenheit(self) -> float:
        """What was sent, in °F."""
        return units.fahrenheit(self.celsius)

    @classmethod
    def sent(cls, command: SetTemperature, confirmed: CommandConfirmed) -> SetPointChanged:
        """The result of ``command``, confirmed by that event."""
        plain = Confirmation.of(confirmed)
        return cls(
            device=plain.device,
            level=plain.level,
            held=plain.held,
            status=plain.status,
            celsius=command.sent_celsius,
        )
