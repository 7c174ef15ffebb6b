"""Functions that are called with events, each in a task of its own."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable

import anyio

from navien_anyio.streams import EventStream
from navien_proto.session.events import Event

__all__ = ["Callback", "Subscription"]

Callback = Callable[[Event], object]
"""A function or a coroutine function."""

logger = logging.getLogger(__name__)


class Subscription:
    """A function called with each event, one at a time and in order, until it is cancelled or the session ends.

    A coroutine function is awaited; another must not block. What it raises is logged and stops nothing. One that
    is slow delays no other; it misses the oldest events when more than 1024 wait for it, and is told by an
    :class:`~navien_proto.session.events.EventsMissed`.
    """

    def __init__(self, stream: EventStream, callback: Callback) -> None:
        self._stream = stream
        self._callback = callback
        self._scope = anyio.CancelScope()
        self._calling = False
        self._over = False

    def cancel(self) -> None:
        """Call the function no more; again does nothing. A call that is under way goes on to its end."""
        self._over = True
        self._stream.close()
        if not self._calling:
            self._scope.cancel()

    def cut(self) -> None:
        """End a call that is under way, too."""
        self._over = True
        self._scope.cancel()

    async def run(self) -> None:
        """Call it, until there is nothing more to call it with."""
        with self._scope:
            try:
                async for event in self._stream:
                    if self._over:
                        return
                    await self._call(event)
            except Exception:  # noqa: BLE001 (what ended the session is told to who asks, not to callbacks)
                return

    async def _call(self, event: Event) -> None:
        self._calling = True
        try:
            result = self._callback(event)
            if inspect.isawaitable(result):
                await result
        except Exception:
            logger.exception("a callback raised; it will be called for the next event")
        finally:
            self._calling = False
