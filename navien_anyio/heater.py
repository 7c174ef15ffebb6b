"""One water heater of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_anyio.calls import HeaterCalls
from navien_anyio.streams import EventStream
from navien_proto.model.device import Device
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.session.hub import about_device
from navien_proto.wire.commands import Command

if TYPE_CHECKING:
    from navien_anyio.client import NavienClient

__all__ = ["Heater"]


class Heater(HeaterCalls):
    """A water heater of the account; :attr:`NavienClient.devices` has them all.

    Reading an attribute asks nobody: it tells what is known. Methods ask the heater, and wait for the answer.
    """

    def __init__(self, client: NavienClient, device: Device) -> None:
        super().__init__(client.session, client.hub, device)
        self._client = client

    def events(self) -> EventStream:
        """Every event of this heater from now on: status, what changed, on line, stale, commands ended, …"""
        return EventStream(self._client.hub, wanted=about_device(self.mac))

    async def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        return await self._client.submit(command, self, level=level, expert=expert)
