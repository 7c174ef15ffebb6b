"""An event that can be waited for again and again."""

from __future__ import annotations

import anyio

__all__ = ["Signal"]


class Signal:
    """Something happened since the last wait. For one waiting task at a time."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """End the present wait, or the next one."""
        self._event.set()

    async def wait(self) -> None:
        """Until ``set`` was called since the last wait ended."""
        await self._event.wait()
        self._event = anyio.Event()
