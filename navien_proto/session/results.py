"""What friendly methods of a client return. Pure, for every transport."""

from __future__ import annotations

from attrs import frozen

from navien_proto import units
from navien_proto.errors import RemoteProtocolError
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.wire.commands import SetTemperature
from navien_proto.wire.messages import FeatureMessage, StatusMessage

__all__ = ["SetPointChanged", "feature_of", "status_of"]


def status_of(confirmed: CommandConfirmed) -> DeviceStatus:
    """The status that answered a command.

    Raises:
        RemoteProtocolError: the answer is no status.
    """
    if not isinstance(confirmed.message, StatusMessage):
        raise RemoteProtocolError("the heater answered the request for its status with something else")
    return confirmed.message.status


def feature_of(confirmed: CommandConfirmed) -> DeviceFeature:
    """What the heater can do, as it answered a command.

    Raises:
        RemoteProtocolError: the answer is something else.
    """
    if not isinstance(confirmed.message, FeatureMessage):
        raise RemoteProtocolError("the heater answered the request for its features with something else")
    return confirmed.message.feature


@frozen(kw_only=True)
class SetPointChanged:
    """A set point was sent and confirmed.

    ``celsius`` is what was sent: the wire counts half degrees, so it may differ from what was asked for.
    ``level`` is how far the confirmation reaches. With ``held`` the device accepted the wish and its answer does
    not show it (``docs/protocol/commands.md`` section 7). ``status`` is the device's answer, if one was awaited.
    """

    device: Device
    celsius: float
    level: Level
    held: bool
    status: DeviceStatus | None

    @property
    def fahrenheit(self) -> float:
        """What was sent, in °F."""
        return units.fahrenheit(self.celsius)

    @classmethod
    def of(cls, command: SetTemperature, confirmed: CommandConfirmed) -> SetPointChanged:
        """The result of ``command``, confirmed by that event."""
        message = confirmed.message
        return cls(
            device=confirmed.device,
            celsius=command.sent_celsius,
            level=confirmed.level,
            held=confirmed.held,
            status=message.status if isinstance(message, StatusMessage) else None,
        )
