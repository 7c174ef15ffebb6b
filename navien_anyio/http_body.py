"""A request's body for httpx; apart, because httpx is not imported before it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

__all__ = ["Body"]


class Body(httpx.AsyncByteStream):
    """``data`` in one piece, from the start at each iteration.

    httpx's own is a generator, which a cancelled send leaves to the garbage collector in the middle: trio warns
    of such.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(self._data)


class _Pieces:
    def __init__(self, data: bytes) -> None:
        self._left = [data]

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()
