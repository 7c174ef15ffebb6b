"""One client, account and heaters, on any harness: a scenario is written once, and played on each.

``memory`` plays in a :class:`~navien_proto.sim.world.World`, where time jumps; ``asyncio``, ``trio`` and ``sync``
play over sockets against the same cloud, served on loopback. A scenario is plain blocking code: the asynchronous
client runs in a thread of its own, and every call waits for its end.
"""

from __future__ import annotations

import gc
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

import navien_anyio
import navien_sync
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.cloud.account import SavedAccount
from navien_proto.instant import Instant
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.session import Session, State
from navien_proto.session.events import CommandConfirmed, CommandFailed, Connected, Event, Level, StatusReceived
from navien_proto.session.hub import Hub
from navien_proto.sim.broker_policy import ALLOW_ALL, PolicyTable
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.wire.commands import Command
from navien_sync.calls import HeaterCalls
from tests.scenarios.scene import Scene
from tests.support.relay import Relay
from tests.support.served import QUICK_CLOUD, config, make_cloud
from tests.support.waiting import becomes

__all__ = ["HARNESSES", "SOCKETS", "Stage", "stage"]

SOCKETS = ("asyncio", "trio", "sync")
HARNESSES = ("memory", *SOCKETS)

# What is late only in vain costs another attempt.
CONNECTION = ConnectionConfig(
    open_timeout=10.0,
    connack_timeout=10.0,
    suback_timeout=10.0,
    puback_timeout=10.0,
    ping_timeout=10.0,
    close_timeout=2.0,
    reconnect=ReconnectPolicy(first_delay=1.0, factor=1.0, max_delay=1.0),
)

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class Stage(ABC):
    """What a scenario may do; ``heater`` has every method of a heater, blocking."""

    heater: Any
    told: list[Event]

    @property
    @abstractmethod
    def session(self) -> Session:
        """The session, to read."""

    @abstractmethod
    def cloud(self, move: Callable[[SimCloud, Instant], T]) -> T:
        """Do something to the cloud."""

    @abstractmethod
    def wait(self, true: Callable[[], bool]) -> None:
        """Let time pass until something holds."""

    @abstractmethod
    def later(self, seconds: float) -> None:
        """Let so much time pass for both sides, on both clocks."""

    @abstractmethod
    def begin(self, command: Command, *, level: Level = Level.ACCEPTED) -> None:
        """Hand in a command and go on; its end is told by an event."""

    @abstractmethod
    def stop(self) -> None:
        """Close the client and wait until it is closed."""

    # --- the same everywhere -----------------------------------------------------------------------------

    def of(self, kind: type[E]) -> list[E]:
        """What was told so far, of one kind."""
        return [event for event in list(self.told) if isinstance(event, kind)]

    def until(self, kind: type[E], number: int = 1) -> E:
        """The ``number``-th event of a kind, waiting for it."""
        self.wait(lambda: len(self.of(kind)) >= number)
        return self.of(kind)[number - 1]

    def ready(self) -> None:
        """Wait for the connection, and the first status of every heater."""
        self.wait(lambda: self.session.state is State.READY)
        self.wait(lambda: {event.device.mac for event in self.of(StatusReceived)} >= self._macs())
        self.wait(lambda: all(self.session.feature(mac) is not None for mac in self._macs()))

    def cut(self) -> None:
        """Let the broker end every link, and wait until the client noticed."""

        def close_all(cloud: SimCloud, now: Instant) -> None:
            for client in cloud.broker.clients():
                cloud.broker.close(client, now)

        before = len(self.of(Connected))
        self.cloud(close_all)
        self.wait(lambda: self.session.state is not State.READY or len(self.of(Connected)) > before)

    def shut(self) -> None:
        """Let the broker end every link and take no other until ``reopen``; waits until the client noticed."""
        self.cloud(lambda cloud, _now: cloud.broker.change_policy(PolicyTable(connect=())))
        self.cut()
        self.wait(lambda: self.session.state is not State.READY)

    def reopen(self) -> None:
        """Let the broker take links again."""
        self.cloud(lambda cloud, _now: cloud.broker.change_policy(ALLOW_ALL))

    def say(self, payload: bytes, suffix: str = "st") -> None:
        """Let somebody publish about the first heater."""
        topic = f"cmd/52/navilink-{self.session.devices[0].mac}/{suffix}"

        def publish(cloud: SimCloud, now: Instant) -> None:
            cloud.broker.publish(cloud.broker.attach("another-client"), topic, payload, now)

        self.cloud(publish)

    def sign_ins(self) -> int:
        """How often the cloud was asked to let somebody in."""
        return self.cloud(lambda cloud, _now: sum(account.sign_ins for account in cloud.service.accounts))

    def ends(self) -> list[CommandConfirmed | CommandFailed]:
        """The ends of commands, in the order they were told."""
        return [event for event in list(self.told) if isinstance(event, CommandConfirmed | CommandFailed)]

    def _macs(self) -> set[str]:
        return {device.mac for device in self.session.devices if device.online is not False}


class MemoryHeater(HeaterCalls):
    """A heater whose calls let the world go on until they end."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.session, Hub(), scene.session.devices[0])
        self._scene = scene

    def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        scene = self._scene
        number = scene.world.tell(
            scene.peer,
            lambda now: scene.session.submit(command, now, device=self.mac, level=level, expert=expert),
        )
        ended: list[Any] = []

        def over() -> bool:
            ended[:] = [
                event
                for event in scene.peer.events
                if isinstance(event, CommandConfirmed | CommandFailed) and event.id == number
            ]
            return bool(ended)

        scene.world.run_until(over, limit=1200)
        if isinstance(ended[0], CommandFailed):
            raise ended[0].error
        assert isinstance(ended[0], CommandConfirmed)
        return ended[0]


class MemoryStage(Stage):
    """In memory, where time jumps."""

    def __init__(self, heaters: int, account: SavedAccount | None, settings: dict[str, Any]) -> None:
        self._scene = Scene(heaters=heaters, **{"connection": CONNECTION, **settings})
        self.told = self._scene.peer.events
        self._scene.start(account)

    @property
    def heater(self) -> MemoryHeater:
        return MemoryHeater(self._scene)

    @property
    def session(self) -> Session:
        return self._scene.session

    def cloud(self, move: Callable[[SimCloud, Instant], T]) -> T:
        return move(self._scene.cloud, self._scene.world.now)

    def wait(self, true: Callable[[], bool]) -> None:
        self._scene.world.run_until(true, limit=3600)

    def later(self, seconds: float) -> None:
        self._scene.world.run(seconds)

    def begin(self, command: Command, *, level: Level = Level.ACCEPTED) -> None:
        scene = self._scene
        mac = scene.session.devices[0].mac
        scene.world.tell(scene.peer, lambda now: scene.session.submit(command, now, device=mac, level=level))

    def stop(self) -> None:
        self._scene.world.tell(self._scene.peer, self._scene.session.stop)
        self.wait(lambda: self._scene.session.closed)


class ShiftedClock:
    """The clocks of this machine, ``ahead`` by some seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> Instant:
        return system_clock().after(self.ahead)


class ServedStage(Stage):
    """Over sockets. ``relay`` stands between the client and the cloud; both read ``clock``."""

    def __init__(self, server: SimServer, relay: Relay, clock: ShiftedClock) -> None:
        self.server = server
        self.relay = relay
        self.clock = clock
        self._box: Mailbox[Event] = Mailbox(self._take, size=100_000)
        self.told = []
        self._threads: list[threading.Thread] = []

    def cloud(self, move: Callable[[SimCloud, Instant], T]) -> T:
        return self.server.call(move)

    def wait(self, true: Callable[[], bool]) -> None:
        becomes(true)

    def later(self, seconds: float) -> None:
        def pass_by(cloud: SimCloud, _now: Instant) -> None:
            self.clock.ahead += seconds
            for client in cloud.broker.clients():
                cloud.broker.activity(client, self.clock())  # nobody was silent: the time was not lived through

        self.cloud(pass_by)
        self._look()

    def begin(self, command: Command, *, level: Level = Level.ACCEPTED) -> None:
        def send() -> None:
            with suppress(Exception):  # its end is told by an event
                self._submit(command, level)

        before = self._handed_in()
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        self._threads.append(thread)
        becomes(lambda: self._handed_in() > before)

    def joined(self) -> None:
        """Wait for every caller; the client is closed, so nobody waits for ever."""
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    @abstractmethod
    def _submit(self, command: Command, level: Level) -> None:
        """Send a command and wait for its end."""

    @abstractmethod
    def _look(self) -> None:
        """Let the client look at its clock."""

    def _handed_in(self) -> int:
        return self.session._desk._last_id

    def _listen(self, hub: Hub) -> None:
        hub.add(self._box)

    def _take(self) -> None:
        while (event := self._box.take()) is not None:
            self.told.append(event)


class SyncStage(ServedStage):
    """The blocking client."""

    def __init__(
        self, server: SimServer, relay: Relay, clock: ShiftedClock, client: navien_sync.NavienClient
    ) -> None:
        super().__init__(server, relay, clock)
        self.client = client
        client.__enter__()
        self._listen(client.hub)

    @property
    def session(self) -> Session:
        return self.client.session

    @property
    def heater(self) -> Any:
        return self.client.devices[0]

    def stop(self) -> None:
        self.client.__exit__(None, None, None)

    def _submit(self, command: Command, level: Level) -> None:
        self.client.submit(command, self.client.devices[0], level=level)

    def _look(self) -> None:
        self.client.clear_queue()


class Blocking:
    """An object of an event loop, its methods called from outside of it."""

    def __init__(self, portal: BlockingPortal, behind: object) -> None:
        self._portal = portal
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if not callable(found):
            return found

        async def call(*args: Any, **options: Any) -> Any:
            result = found(*args, **options)
            return await result if hasattr(result, "__await__") else result

        return lambda *args, **options: self._portal.call(lambda: call(*args, **options))


class AsyncStage(ServedStage):
    """The asynchronous client, in a thread with an event loop."""

    def __init__(
        self,
        server: SimServer,
        relay: Relay,
        clock: ShiftedClock,
        portal: BlockingPortal,
        client: navien_anyio.NavienClient,
    ) -> None:
        super().__init__(server, relay, clock)
        self.client = client
        self._portal = portal
        self._ended: Any = None
        self._leave: anyio.Event | None = None
        self._future, _ = portal.start_task(self._live)

    async def _live(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        self._leave = anyio.Event()
        async with self.client as client:
            self._listen(client.hub)
            task_status.started()
            await self._leave.wait()

    @property
    def session(self) -> Session:
        return self.client.session

    @property
    def heater(self) -> Any:
        return Blocking(self._portal, self.client.devices[0])

    def stop(self) -> None:
        if not self._future.done():
            assert self._leave is not None
            self._portal.call(self._leave.set)
        self._future.result(60)

    def _submit(self, command: Command, level: Level) -> None:
        Blocking(self._portal, self.client).submit(command, self.client.devices[0], level=level)

    def _look(self) -> None:
        Blocking(self._portal, self.client).clear_queue()


_numbers = count(1)


@contextmanager
def stage(
    harness: str,
    *,
    heaters: int = 1,
    clock: Any = None,
    token_store: Any = None,
    proxy: str | None = None,
    cloud: SimCloudConfig = QUICK_CLOUD,
    **settings: Any,
) -> Iterator[Any]:
    """A stage of that kind, its client not yet connected; at its end nothing of it is left.

    ``clock``, ``token_store`` and ``proxy`` are for harnesses with sockets; a ``clock`` is the client's alone.
    """
    if harness == "memory":
        yield MemoryStage(heaters, None, {"cloud": cloud, **settings})
        return
    shared = ShiftedClock()
    before = _ours()
    with ExitStack() as stack:
        simulated = make_cloud(heaters=heaters, clock=shared, settings=cloud)
        server = stack.enter_context(SimServer(simulated, clock=shared))
        relay = stack.enter_context(Relay((server.host, server.port)))
        made = config(server, mqtt_port=relay.port, **{"connection": CONNECTION, **settings})
        options: dict[str, Any] = {
            "config": made,
            "wait": False,
            "token_store": token_store,
            "proxy": proxy,
            "clock": clock or shared,
        }
        play: ServedStage
        if harness == "sync":
            play = SyncStage(server, relay, shared, navien_sync.NavienClient(**options))
        else:
            portal = stack.enter_context(start_blocking_portal(harness, name=f"stage-{next(_numbers)}"))
            play = AsyncStage(server, relay, shared, portal, navien_anyio.NavienClient(**options))
        try:
            yield play
        finally:
            play.stop()
            play.joined()
        assert play.session.state is State.CLOSED
        becomes(lambda: relay.open_connections == 0)
    gc.collect()
    becomes(lambda: _ours() <= before)


def _ours() -> set[str]:
    """Threads with names of ours, and sockets: what must not outlive a stage."""
    names = {
        thread.name for thread in threading.enumerate() if thread.name.startswith(("navien-", "stage-", "relay"))
    }
    sockets = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{number}")
            if target.startswith("socket:"):
                sockets.add(target)
    return names | sockets
