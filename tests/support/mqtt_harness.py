"""The generic MQTT client on asyncio, on trio and in threads, behind one blocking face: one suite for all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from navien_anyio.mqtt import MqttClient as AsyncClient
from navien_anyio.mqtt import MqttConnection as AsyncConnection
from navien_anyio.mqtt.devices import Devices
from navien_anyio.mqtt.streams import MessageStream, MqttEventStream
from navien_sync.mqtt import MqttClient
from tests.support.waiting import PATIENCE

__all__ = ["HARNESSES", "OpenClient", "open_client"]

HARNESSES = ("asyncio", "trio", "threads")

OpenClient = Callable[..., AbstractContextManager[Any]]


@contextmanager
def open_client(harness: str, *args: Any, **options: Any) -> Iterator[Any]:
    """A client inside ``with``, in whichever way it works; every wait for a message is bounded."""
    if harness == "threads":
        with MqttClient(*args, **options) as client:
            yield _Bounded(client)
    else:
        with (
            start_blocking_portal(harness, name="mqtt-client") as portal,
            portal.wrap_async_context_manager(AsyncClient(*args, **options)) as client,
        ):
            yield _Face(portal, client)


class _Bounded:
    """A blocking client or connection whose streams do not wait for ever."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if name in ("messages", "events"):
            return lambda *args, **options: value(*args, **{"timeout": PATIENCE, **options})
        if name in ("connect", "connection"):
            return lambda *args, **options: _Bounded(value(*args, **options))
        return value


class _Face:
    """An asynchronous object, called from a thread without a loop."""

    def __init__(self, portal: BlockingPortal, target: Any) -> None:
        self._portal = portal
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value = self._portal.call(getattr, self._target, name)
        if name == "messages":
            return self._messages
        if callable(value):
            return lambda *args, **options: self._faced(self._portal.call(_called, value, args, options))
        return self._faced(value)

    def _faced(self, value: Any) -> Any:
        if isinstance(value, AsyncConnection | Devices):
            return _Face(self._portal, value)
        if isinstance(value, MessageStream | MqttEventStream):
            return _Stream(self._portal, value, PATIENCE)
        return value

    @contextmanager
    def _messages(self, *filters: str, timeout: float = PATIENCE, **options: Any) -> Iterator[Any]:
        with self._portal.wrap_async_context_manager(self._target.messages(*filters, **options)) as stream:
            yield _Stream(self._portal, stream, timeout)


class _Stream:
    def __init__(self, portal: BlockingPortal, stream: Any, timeout: float) -> None:
        self._portal = portal
        self._stream = stream
        self._timeout = timeout

    @property
    def missed(self) -> Any:
        return self._stream.missed

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_args: object) -> None:
        self._portal.call(self._stream.aclose)

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> Any:
        try:
            return self._portal.call(self._take)
        except EOFError:
            raise StopIteration from None

    async def _take(self) -> Any:
        with anyio.fail_after(self._timeout):
            try:
                return await anext(self._stream)
            except StopAsyncIteration:
                raise EOFError from None


async def _called(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    value = function(*args, **options)
    return await value if inspect.isawaitable(value) else value
