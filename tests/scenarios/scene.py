"""One account, one heater, one session in a world: where most scenarios begin."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any, TypeVar

from navien_proto.cloud.account import SavedAccount
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session.actions import OpenLink, Publish, SendHttp
from navien_proto.session.events import Event
from navien_proto.session.inputs import Input
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.fault_plan import FaultPlan
from navien_proto.sim.heater import Heater
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.world import Peer, World

MAC = "aabbccddeeff"
EMAIL = "user@example.com"
PASSWORD = "not-a-real-password"

E = TypeVar("E", bound=Event)
R = TypeVar("R", bound=Input)


class Scene:
    """A world with a cloud, an account, a heater, and a session that records what it does."""

    def __init__(
        self,
        *,
        seed: int = 1,
        heaters: int = 1,
        cloud: SimCloudConfig | None = None,
        connection: ConnectionConfig | None = None,
        password: str = PASSWORD,
        plan: FaultPlan | None = None,
        pump: bool = False,
        **settings: Any,
    ) -> None:
        self.rng = Random(seed)
        self.cloud = SimCloud(cloud, rng=self.rng)
        self.world = World(self.cloud, plan=plan)
        self.account = self.cloud.add_account(EMAIL, PASSWORD)
        for number in range(heaters):
            mac = f"{int(MAC, 16) + number:012x}"
            config = HeaterConfig(mac=mac, name=f"Heater {number + 1}", pump=pump)
            heater = Heater(config, rng=Random(self.rng.random()), started=self.world.now.utc)
            self.cloud.add_heater(self.account, heater, self.world.now)
        self.ids = count(1)
        self.settings = {"connection": connection or ConnectionConfig(), "password": password, **settings}
        self.session = self.new_session()
        self.peer = self.world.join(self.session, record=True)

    def new_session(self, **changes: Any) -> Session:
        """Another session of the same account."""
        config = SessionConfig(email=EMAIL, **{**self.settings, **changes})
        return Session(config, rng=Random(self.rng.random()), new_id=lambda: f"{next(self.ids):08x}")

    def start(self, account: SavedAccount | None = None) -> None:
        """Let the session begin."""
        self.world.tell(self.peer, lambda now: self.session.start(now, account))

    def ready(self) -> Scene:
        """Begin, and go on until the first status is here and things are calm."""
        self.start()
        self.world.run_until(lambda: self.session.state is State.READY, limit=300)
        self.world.run(20)
        return self

    def of(self, kind: type[E]) -> list[E]:
        """The session's events of one kind."""
        return self.peer.of(kind)

    def reports(self, kind: type[R], since: float = 0.0) -> list[R]:
        """What was reported to the session, of one kind, from ``since`` (monotonic) on."""
        return [
            report for at, report in self.peer.reports or [] if isinstance(report, kind) and at.monotonic >= since
        ]

    def cut(self) -> None:
        """Let the broker end every link, for no reason that it tells."""
        for client in self.cloud.broker.clients():
            self.cloud.broker.close(client, self.world.now)

    def gone_by(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run(seconds)

    def opens(self) -> list[float]:
        """When links were opened (monotonic seconds)."""
        return [at.monotonic for at, action in actions(self.peer) if isinstance(action, OpenLink)]

    def sign_ins(self) -> list[float]:
        """When sign-ins were sent."""
        return [
            at.monotonic
            for at, action in actions(self.peer)
            if isinstance(action, SendHttp) and action.request.url.endswith("/user/sign-in")
        ]

    def polls(self) -> list[float]:
        """When a status was asked for."""
        return [
            at.monotonic
            for at, action in actions(self.peer)
            if isinstance(action, Publish) and action.topic.endswith("/st")
        ]


def actions(peer: Peer) -> list[Any]:
    """What the session asked of its transport, with the instant."""
    return peer.actions or []
