"""One water heater of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_anyio.streams import EventStream
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.session.events import Level
from navien_proto.session.heater import KnownHeater
from navien_proto.session.hub import about_device
from navien_proto.session.results import SetPointChanged, feature_of, status_of
from navien_proto.wire.commands import RequestDeviceInfo, RequestStatus, SetTemperature

if TYPE_CHECKING:
    from navien_anyio.client import NavienClient

__all__ = ["Heater"]


class Heater(KnownHeater):
    """A water heater of the account; :attr:`NavienClient.devices` has them all.

    Reading an attribute asks nobody: it tells what is known. Methods that ask wait for the answer, at most the
    session's reply time-out (30 s) once there is a connection.
    """

    def __init__(self, client: NavienClient, device: Device) -> None:
        super().__init__(client.session, client.hub, device)
        self._client = client

    def events(self) -> EventStream:
        """Every event of this heater from now on: status, on line, stale, commands ended, …"""
        return EventStream(self._client.hub, wanted=about_device(self.mac))

    async def status(self) -> DeviceStatus:
        """Ask for its status and wait for the answer.

        Raises:
            CommandTimedOut: no answer came; it may be off line.
            CommandError, LinkError, NavienError: as :meth:`NavienClient.submit`.
        """
        return status_of(await self._client.submit(RequestStatus(), self))

    async def request_feature(self) -> DeviceFeature:
        """Ask what it can do and wait for the answer.

        Raises:
            CommandTimedOut: no answer came; it may be off line.
            CommandError, LinkError, NavienError: as :meth:`NavienClient.submit`.
        """
        return feature_of(await self._client.submit(RequestDeviceInfo(), self))

    async def set_temperature(
        self,
        *,
        celsius: float | None = None,
        fahrenheit: float | None = None,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> SetPointChanged:
        """Change the set point; give exactly one of both. ``level`` says for what it waits.

        The nearest half degree Celsius is sent; the result says which. The heater's own limits are asked for
        first when they are not known yet; an ``expert`` does without them.

        Raises:
            UsageError: not exactly one value, or one beyond the heater's limits.
            GuardError: the settings forbid it.
            CommandRefused: the heater or the broker said no.
            CommandTimedOut: no answer came; it may have been obeyed.
            CommandError, LinkError, NavienError: as :meth:`NavienClient.submit`.
        """
        command = SetTemperature(celsius=celsius, fahrenheit=fahrenheit)
        if self.feature is None and not expert:
            await self.request_feature()
        return SetPointChanged.of(command, await self._client.submit(command, self, level=level, expert=expert))
