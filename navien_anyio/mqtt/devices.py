"""One user's devices in the registry, without holding up the loop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

if TYPE_CHECKING:
    from navien_sync.stores.registry import DevicePage, Presence, RegisteredDevice, UserDevices

__all__ = ["Devices"]


class Devices:
    """The methods of :class:`navien_sync.stores.registry.UserDevices`, each in a worker thread."""

    def __init__(self, devices: UserDevices) -> None:
        self._devices = devices

    @property
    def blocking(self) -> UserDevices:
        """The same, for who has a thread to wait in."""
        return self._devices

    async def register(
        self,
        device_id: str,
        name: str,
        type: str = "",  # noqa: A002 (the field's own word)
        metadata: Mapping[str, Any] | None = None,
    ) -> RegisteredDevice:
        """Register a device, or describe a registered one anew.

        Raises:
            UsageError, StoreError: as :meth:`~navien_sync.stores.registry.UserDevices.register`.
        """
        return await to_thread.run_sync(self._devices.register, device_id, name, type, metadata)

    async def get(self, device_id: str) -> RegisteredDevice:
        """One device.

        Raises:
            UsageError: this user has no such device.
            StoreError: the database cannot be used.
        """
        return await to_thread.run_sync(self._devices.get, device_id)

    async def page(self, page: int = 1, page_size: int = 50) -> DevicePage:
        """A page of the devices, oldest registration first.

        Raises:
            UsageError: ``page`` is below 1, or ``page_size`` not from 1 to 1000.
            StoreError: the database cannot be used.
        """
        return await to_thread.run_sync(self._devices.page, page, page_size)

    async def set_presence(self, device_id: str, presence: Presence) -> RegisteredDevice:
        """Say whether a device is there.

        Raises:
            UsageError: this user has no such device.
            StoreError: the database cannot be used.
        """
        return await to_thread.run_sync(self._devices.set_presence, device_id, presence)

    async def seen(self, device_id: str, at: datetime | None = None) -> bool:
        """A device was heard; whether that is news.

        Raises:
            UsageError, StoreError: as :meth:`~navien_sync.stores.registry.UserDevices.seen`.
        """
        return await to_thread.run_sync(self._devices.seen, device_id, at)

    async def expire(self, before: datetime) -> tuple[str, ...]:
        """Take every device off line that was last seen before ``before``; returns their ids.

        Raises:
            UsageError, StoreError: as :meth:`~navien_sync.stores.registry.UserDevices.expire`.
        """
        return await to_thread.run_sync(self._devices.expire, before)

    async def unregister(self, device_id: str) -> bool:
        """Forget a device; false when there is none.

        Raises:
            UsageError, StoreError: as :meth:`~navien_sync.stores.registry.UserDevices.unregister`.
        """
        return await to_thread.run_sync(self._devices.unregister, device_id)

    async def count(self, presence: Presence | None = None) -> int:
        """How many devices there are, or how many of that presence.

        Raises:
            StoreError: the database cannot be used.
        """
        return await to_thread.run_sync(partial(self._devices.count, presence))
