"""One water heater of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from navien_proto.model.device import Device
from navien_proto.session.events import CommandConfirmed, Level
from navien_proto.session.hub import about_device
from navien_proto.wire.commands import Command
from navien_sync.callbacks import Callback, Subscription
from navien_sync.calls import HeaterCalls
from navien_sync.streams import EventStream

if TYPE_CHECKING:
    from navien_sync.client import NavienClient

__all__ = ["Heater"]


class Heater(HeaterCalls):
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

    def add_callback(self, callback: Callback) -> Subscription:
        """Call ``callback`` with every event of this heater; see :meth:`NavienClient.add_callback`."""
        return self._client.add_callback(callback, self)

    def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        return self._client.submit(command, self, level=level, expert=expert)
