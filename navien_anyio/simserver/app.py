"""The simulated cloud as an ASGI application, for any ASGI server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from navien_anyio.signal import Signal
from navien_proto.cloud.dates import format_date
from navien_proto.cloud.sigv4_verify import SignatureRefused
from navien_proto.sim.broker_wire import BrokerConnection

if TYPE_CHECKING:
    from navien_anyio.simserver.pump import CloudPump

__all__ = ["BASE_PATH", "simulator_app"]

BASE_PATH = "/api/v2.1"
MQTT_PATH = "/mqtt"
# The largest request of the real service is a schedule of some 10 KiB.
LARGEST_REQUEST = 256 * 1024
# After the last word of a connection that the broker closes.
POLICY_VIOLATION = 1008


def simulator_app(pump: CloudPump) -> Starlette:
    """The application; ``pump.run()`` must run beside it, in the same loop."""

    async def rest(request: Request) -> Response:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_REQUEST:
                    return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        target = _target(request.scope).removeprefix(BASE_PATH)
        reply = pump.cloud.rest(request.method, target, dict(request.headers), bytes(body), pump.clock())
        pump.moved()
        return Response(reply.body, reply.status, reply.headers)

    async def mqtt(websocket: WebSocket) -> None:
        now = pump.clock()
        try:
            pump.cloud.authorize(_target(websocket.scope), dict(websocket.headers), now)
        except SignatureRefused:
            await _refuse(websocket, 403, format_date(now.utc))
            return
        if "mqtt" not in websocket.scope["subprotocols"]:
            await _refuse(websocket, 400, format_date(now.utc))
            return
        await websocket.accept("mqtt")
        await _Connection(websocket, pump).run()

    return Starlette(
        routes=[
            Route(BASE_PATH + "/{path:path}", rest, methods=["GET", "POST", "PUT", "DELETE"]),
            WebSocketRoute(MQTT_PATH, mqtt),
        ]
    )


def _target(scope: Scope) -> str:
    """Path and query as they came, byte for byte: the signature is over these."""
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    target: bytes = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return target.decode("latin-1")


async def _refuse(websocket: WebSocket, status: int, date: str) -> None:
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        body = b'{"message":"Forbidden"}' if status == 403 else b""
        headers = {"date": date, "content-type": "application/json"}
        await websocket.send_denial_response(Response(body, status, headers))
    else:
        await websocket.close()  # before it is accepted: the server answers 403


class _Connection:
    """One MQTT client on a WebSocket."""

    def __init__(self, websocket: WebSocket, pump: CloudPump) -> None:
        self._websocket = websocket
        self._pump = pump
        self._broker = BrokerConnection(pump.cloud.broker)
        self._signal = Signal()

    async def run(self) -> None:
        """Carry bytes both ways until either side ends it."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._send)
                await self._receive()
                self._signal.set()
                tasks.cancel_scope.cancel()
        finally:
            self._broker.eof(self._pump.clock())
            self._pump.unwatch(self._broker.client)
            self._pump.moved()

    async def _receive(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            data = message.get("bytes")
            if data is None:
                await self._close(1003)  # MQTT travels in binary frames
                return
            self._broker.receive(data, self._pump.clock())
            if self._broker.client is not None:
                self._pump.watch(self._broker.client, self._signal.set)
            self._signal.set()
            self._pump.moved()

    async def _send(self) -> None:
        while True:
            data = self._broker.take()
            if data:
                try:
                    await self._websocket.send_bytes(data)
                except (WebSocketDisconnect, RuntimeError):
                    return  # it went away meanwhile; the receiving side notices
            elif self._broker.closed is not None:
                await self._close(POLICY_VIOLATION)
                return
            else:
                await self._signal.wait()

    async def _close(self, code: int) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            try:
                await self._websocket.close(code)
            except (WebSocketDisconnect, RuntimeError):
                return
