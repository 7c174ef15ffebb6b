"""What moves a simulated cloud on wall time, and wakes the connections it has something for."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from navien_anyio.clock import Clock
from navien_anyio.signal import Signal
from navien_proto.sim.broker import Client
from navien_proto.sim.cloud import SimCloud

__all__ = ["CloudPump"]


class CloudPump:
    """Lets the cloud live. Whoever moves the cloud otherwise (a request, a packet) calls ``moved`` afterwards."""

    def __init__(self, cloud: SimCloud, clock: Clock) -> None:
        self.cloud = cloud
        self.clock = clock
        self._wakes: dict[Client, Callable[[], None]] = {}
        self._signal = Signal()

    def watch(self, client: Client, wake: Callable[[], None]) -> None:
        """Call ``wake`` whenever the broker has something for ``client``, or closed it."""
        self._wakes[client] = wake

    def unwatch(self, client: Client | None) -> None:
        """Call nobody for ``client`` any more."""
        if client is not None:
            self._wakes.pop(client, None)

    def moved(self) -> None:
        """Something moved the cloud: wake the connections concerned and look at the timers anew."""
        for client in self.cloud.collect(self.clock()):
            wake = self._wakes.get(client)
            if wake is not None:
                wake()
        self._signal.set()

    async def run(self) -> None:
        """Let happen what is due, when it is due; until cancelled."""
        while True:
            due = self.cloud.next_timer()
            with anyio.move_on_after(None if due is None else max(0.0, due - self.clock().monotonic)):
                await self._signal.wait()
            due, now = self.cloud.next_timer(), self.clock()
            if due is not None and due <= now.monotonic:
                self.cloud.handle_timer(now)
                self.moved()
