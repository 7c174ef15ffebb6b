"""What the simulated broker knows of each client: its connection, and the session that may outlive it.

:class:`~navien_proto.sim.broker.Broker` owns and changes these objects; everybody else only reads them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum, IntEnum
from types import MappingProxyType

from attrs import field, frozen

from navien_proto.mqtt.actions import Will
from navien_proto.redact import redact_text
from navien_proto.sim.broker_limits import Limits
from navien_proto.sim.broker_policy import Policy
from navien_proto.timers import Timers

__all__ = [
    "BrokerTimer",
    "BrokerTimers",
    "Cause",
    "Client",
    "Closed",
    "ConnectResult",
    "Delivery",
    "PublishResult",
    "Rate",
    "Session",
]


class Cause(Enum):
    """Why a connection ended."""

    DISCONNECTED = "the client sent DISCONNECT"
    LOST = "the stream ended without DISCONNECT"
    TAKEN_OVER = "another client connected with the same id"
    KEEP_ALIVE = "the client was silent for too long"
    LIFETIME = "the connection had lived as long as connections may"
    DENIED = "the policy forbids what the client tried"
    LIMIT = "the client broke a limit"
    PROTOCOL = "the client broke the protocol"
    REFUSED = "the connection was not accepted"
    SERVER = "the broker ended it by itself"


@frozen
class Closed:
    """The end of a connection: its cause, and a sentence with the particulars."""

    cause: Cause
    sentence: str


@frozen
class Delivery:
    """One message on its way to one client.

    ``id`` is 0 at QoS 0. At QoS 1 it is the packet id, 1 to 65535, to be handed to ``Broker.acknowledge``;
    ``duplicate`` then says that the same message went out under the same id before.
    """

    topic: str = field(repr=redact_text)
    payload: bytes = field(repr=lambda payload: f"<{len(payload)} bytes>")
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    id: int = 0


class Rate:
    """How much went one way in the second that ends at ``until`` (monotonic)."""

    __slots__ = ("_bytes", "_count", "until")

    def __init__(self) -> None:
        self.until = float("-inf")
        self._count = 0
        self._bytes = 0

    def admit(self, size: int, limits: Limits, now: float) -> bool:
        """Count one more message of ``size`` bytes, unless it is too much for this second.

        The first message of a second is never too large, so that whatever waits goes in the end.
        """
        if now >= self.until:
            self.until, self._count, self._bytes = now + 1.0, 0, 0
        if self._count:
            if limits.publishes_per_second is not None and self._count >= limits.publishes_per_second:
                return False
            if limits.bytes_per_second is not None and self._bytes + size > limits.bytes_per_second:
                return False
        self._count += 1
        self._bytes += size
        return True


class BrokerTimer(IntEnum):
    """Why the broker wants to be woken."""

    KEEP_ALIVE = 0  # a client has said nothing for too long and is cut off
    LIFETIME = 1  # a connection has reached its age and is closed
    EXPIRY = 2  # a session without a connection is forgotten
    RESUME = 3  # a new second begins: messages held back for the rate may go


class Session:
    """Subscriptions and QoS 1 messages of one client id, with or without a connection."""

    __slots__ = ("_last_id", "clean", "client", "client_id", "filters", "queue", "unacknowledged")

    def __init__(self, client_id: str, *, clean: bool) -> None:
        self.client_id = client_id
        self.clean = clean
        self.client: Client | None = None
        self.filters: dict[str, int] = {}
        # Waiting to be sent for the first time, oldest first; they get their ids when they go.
        self.queue: deque[Delivery] = deque()
        # Handed to the client and not acknowledged, by id, oldest first.
        self.unacknowledged: dict[int, Delivery] = {}
        self._last_id = 0

    def start(self, delivery: Delivery) -> Delivery:
        """``delivery`` under a free id, from now on waiting for its acknowledgement."""
        packet_id = self._last_id % 0xFFFF + 1
        while packet_id in self.unacknowledged:
            packet_id = packet_id % 0xFFFF + 1
        self._last_id = packet_id
        started = Delivery(delivery.topic, delivery.payload, 1, delivery.retain, False, packet_id)
        self.unacknowledged[packet_id] = started
        return started


class Client:
    """One connection to the broker, from CONNECT on. ``closed`` says how it ended; ``None`` while it stands.

    A client with ``internal`` set is part of the simulation, not of its subject: no policy, timer or rate holds
    for it, and it is served at QoS 0, where nothing waits for an acknowledgement.
    """

    __slots__ = (
        "client_id",
        "closed",
        "internal",
        "outgoing",
        "policy",
        "rate_in",
        "rate_out",
        "session",
        "silence",
        "will",
    )

    def __init__(self, session: Session, policy: Policy, *, internal: bool = False) -> None:
        self.client_id = session.client_id
        self.session = session
        self.policy = policy
        self.internal = internal
        self.closed: Closed | None = None
        self.will: Will | None = None
        # Seconds of silence after which it is cut off.
        self.silence: float | None = None
        self.outgoing: list[Delivery] = []
        self.rate_in = Rate()
        self.rate_out = Rate()

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """The filters it is subscribed to, each with the QoS granted."""
        return MappingProxyType(self.session.filters)

    def __repr__(self) -> str:
        state = "open" if self.closed is None else self.closed.cause.name
        return f"<Client {redact_text(self.client_id)} {state}>"


class PublishResult(Enum):
    """What became of a PUBLISH."""

    ACCEPTED = "delivered; acknowledge it at QoS 1"
    UNANSWERED = "discarded without a word: QoS 2, too fast, or the connection was closed before"
    CLOSED = "the connection was closed because of it"


@frozen
class ConnectResult:
    """The answer to a CONNECT.

    ``code`` is CONNACK's return code, 0 for success, ``None`` for hanging up without one. ``client`` is there
    on success only. ``kicked`` is the connection that lost its place to this one. ``reason`` says why not.
    """

    code: int | None
    reason: str = ""
    client: Client | None = None
    session_present: bool = False
    kicked: Client | None = None


BrokerTimers = Timers[tuple[BrokerTimer, Client | Session]]
