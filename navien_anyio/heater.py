"""One water heater of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_anyio.callbacks import Callback, Subscription
from navien_anyio.queries import HeaterQueries
from navien_anyio.streams import EventStream, StatusWatch
from navien_proto.model.device import Device
from navien_proto.session.events import CommandConfirmed, Event, Level
from navien_proto.session.hub import Wanted, about_device
from navien_proto.session.requests import Request
from navien_proto.wire.commands import Command

if TYPE_CHECKING:
    from navien_anyio.client import NavienClient

__all__ = ["Heater"]


class Heater(HeaterQueries):
    """A water heater of the account; :attr:`NavienClient.devices` has them all.

    Reading an attribute asks nobody: it tells what is known. Methods ask the heater, and wait for the answer.
    """

    def __init__(self, client: NavienClient, device: Device) -> None:
        super().__init__(client.session, client.hub, device)
        self._client = client

    def events(self) -> EventStream:
        """Every event of this heater from now on: status, what changed, on line, stale, commands ended, …"""
        return EventStream(self._client.hub, wanted=about_device(self.mac))

    def watch(self) -> StatusWatch:
        """The latest status: the one that is known, then each new one; a slow consumer sees only the newest."""
        return StatusWatch(self._client.hub, self.mac)

    async def wait_for(self, what: Wanted, timeout: float | None = None) -> Event:
        """The next event of this heater that is meant by ``what``; see :meth:`NavienClient.wait_for`."""
        return await self._client.wait_for(what, timeout, device=self)

    def add_callback(self, callback: Callback) -> Subscription:
        """Call ``callback`` with every event of this heater; see :meth:`NavienClient.add_callback`."""
        return self._client.add_callback(callback, self)

    async def _request(self, request: Request) -> object:
        return await self._client.request(request, self)

    async def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        return await self._client.submit(command, self, level=level, expert=expert)
