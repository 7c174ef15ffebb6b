"""The simulated cloud on a port, in a thread of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from anyio import to_thread
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal

from navien_anyio.clock import Clock, system_clock
from navien_anyio.simserver.app import BASE_PATH, simulator_app
from navien_anyio.simserver.pump import CloudPump
from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.sim.cloud import SimCloud

if TYPE_CHECKING:
    import uvicorn

__all__ = ["SimServer"]

T = TypeVar("T")


class SimServer:
    """Serves ``cloud`` on ``host`` and ``port`` (0: any free one) inside ``with`` or ``async with``.

    It has a thread with a loop of its own, so whatever the caller runs on (asyncio, trio, no loop at all) is not
    disturbed. While it serves, the cloud is touched in that thread alone: see ``call``.

    Args:
        cloud: what is served; furnish it before.
        host: the address to listen on.
        port: the port to listen on.
        certificate: paths of a PEM certificate and of its key, for HTTPS and WSS; plain HTTP and WS when left out.
        clock: reads both clocks; the cloud's heaters must have been added by the same.
    """

    def __init__(
        self,
        cloud: SimCloud,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        certificate: tuple[str, str] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.host = host
        self.port = port
        self._cloud = cloud
        self._clock = clock
        self._certificate = certificate
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._server: uvicorn.Server | None = None
        self._pump: CloudPump | None = None

    # --- where it is -------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Of the REST service."""
        return f"http{'s' if self._certificate else ''}://{self._authority}{BASE_PATH}"

    @property
    def settings(self) -> dict[str, Any]:
        """What a client's configuration needs to come here instead of to the real service."""
        return {
            "simulated": True,
            "base_url": self.base_url,
            "mqtt_scheme": "wss" if self._certificate else "ws",
            "mqtt_host": self.host,
            "mqtt_port": self.port,
        }

    @property
    def _authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def call(self, move: Callable[[SimCloud, Instant], T]) -> T:
        """Look at the cloud or change it: ``move`` is called in the server's thread, and its result returned.

        Raises:
            UsageError: the server is not running.
        """
        if self._portal is None:
            raise UsageError("the simulated cloud is not being served")
        return self._portal.call(self._moved, move)

    def _moved(self, move: Callable[[SimCloud, Instant], T]) -> T:
        result = move(self._cloud, self._clock())
        if self._pump is not None:
            self._pump.moved()
        return result

    # --- its life ----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Listen.

        Raises:
            UsageError: the port is in use, or the address is not this machine's; or it was served before.
        """
        import uvicorn  # takes 100 ms to import, and only this needs it

        with ExitStack() as stack:
            listener = stack.enter_context(self._listen())
            config = uvicorn.Config(
                app="",
                lifespan="off",
                ws="wsproto",
                http="h11",
                log_config=None,
                log_level="warning",  # at INFO it shows signed URLs
                access_log=False,
                date_header=False,  # the cloud answers with its own
                server_header=False,
                timeout_graceful_shutdown=1,
                ssl_certfile=self._certificate and self._certificate[0],
                ssl_keyfile=self._certificate and self._certificate[1],
            )
            self._server = uvicorn.Server(config)
            self._portal = stack.enter_context(start_blocking_portal("asyncio", name="navien-simserver"))
            self.port = listener.getsockname()[1]
            future, _ = self._portal.start_task(self._serve, self._server, listener)
            stack.callback(future.result)
            stack.callback(setattr, self._server, "should_exit", True)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._portal = None
        self._stack.close()

    async def __aenter__(self) -> Self:
        """As ``with``, without holding up the caller's loop."""
        return await to_thread.run_sync(self.__enter__)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self.__exit__, None, None, None)

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            listener = socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            # The error's own text repeats the address.
            reason = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
            raise UsageError(f"cannot listen on {self._authority}: {reason}") from None
        # Accepted sockets inherit it; asyncio sets it where a protocol is named alone. Answers would wait 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    async def _serve(
        self, server: uvicorn.Server, listener: socket.socket, *, task_status: TaskStatus[None]
    ) -> None:
        self._pump = CloudPump(self._cloud, self._clock)
        server.config.app = simulator_app(self._pump)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._pump.run)
            tasks.start_soon(_announce, server, task_status)
            await server.serve(sockets=[listener])
            tasks.cancel_scope.cancel()


async def _announce(server: uvicorn.Server, task_status: TaskStatus[None]) -> None:
    # The socket listens already: who connects now is served in a moment.
    while not server.started:
        await anyio.sleep(0.005)
    task_status.started()
