"""One water heater of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_proto.model.device import Device
from navien_proto.session.events import CommandConfirmed, Event, Level
from navien_proto.session.hub import Wanted, about_device
from navien_proto.session.requests import Request
from navien_proto.wire.commands import Command
from navien_sync.callbacks import Callback, Subscription
from navien_sync.queries import HeaterQueries
from navien_sync.streams import EventStream
from navien_sync.watching import StatusWatch

if TYPE_CHECKING:
    from navien_sync.client import NavienClient

__all__ = ["Heater"]


class Heater(HeaterQueries):
    """A water heater of the account; :attr:`NavienClient.devices` has them all. Any thread may use it.

    Reading an attribute asks nobody: it tells what is known. Methods ask the heater, and wait for the answer.
    """

    def __init__(self, client: NavienClient, device: Device) -> None:
        super().__init__(client.session, client.hub, device)
        self._client = client

    def events(self, timeout: float | None = None) -> EventStream:
        """Every event of this heater from now on: status, what changed, on line, stale, commands ended, …

        Waits at most ``timeout`` seconds for each, then raises TimeoutError; ``None`` is no limit.
        """
        return EventStream(self._client.hub, wanted=about_device(self.mac), timeout=timeout)

    def watch(self, timeout: float | None = None) -> StatusWatch:
        """The latest status: the one that is known, then each new one; a slow consumer sees only the newest.

        Waits at most ``timeout`` seconds for each, then raises TimeoutError; ``None`` is no limit.
        """
        return StatusWatch(self._client.hub, self.mac, timeout=timeout)

    def wait_for(self, what: Wanted, timeout: float | None = None) -> Event:
        """The next event of this heater that is meant by ``what``; see :meth:`NavienClient.wait_for`."""
        return self._client.wait_for(what, timeout, device=self)

    def add_callback(self, callback: Callback) -> Subscription:
        """Call ``callback`` with every event of this heater; see :meth:`NavienClient.add_callback`."""
        return self._client.add_callback(callback, self)

    def _request(self, request: Request) -> object:
        return self._client.request(request, self)

    def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        return self._client.submit(command, self, level=level, expert=expert)
