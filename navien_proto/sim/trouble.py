"""A fault in force: what it changes about what passes it on its way.

A :class:`~navien_proto.sim.faults.Fault` is a value; a trouble is what plays it. Each hook does nothing unless a
trouble overrides it, so a trouble reads as the list of what is different while it lasts.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

from attrs import frozen

from navien_proto.cloud.http import HttpReply
from navien_proto.instant import Instant
from navien_proto.session.actions import Ping, Publish, Subscribe, Unsubscribe
from navien_proto.session.inputs import (
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.faults import Fault, FrameFault, HeaterFault, RestFault

if TYPE_CHECKING:
    from navien_proto.sim.carrier import Carrier, Line

__all__ = [
    "SILENCE",
    "Carried",
    "Frame",
    "FrameTrouble",
    "HeaterTrouble",
    "NoAnswer",
    "Refusal",
    "RestTrouble",
    "Silence",
    "Trouble",
    "garbled",
]

F_co = TypeVar("F_co", bound=Fault, covariant=True)
R_co = TypeVar("R_co", bound=RestFault, covariant=True)
S_co = TypeVar("S_co", bound=FrameFault, covariant=True)
H_co = TypeVar("H_co", bound=HeaterFault, covariant=True)

Frame = (
    Subscribe
    | Unsubscribe
    | Publish
    | Ping
    | SubscribeAnswered
    | UnsubscribeAnswered
    | PublishAnswered
    | PongReceived
    | MessageReceived
)

_NAMES: dict[type[object], str] = {
    Subscribe: "subscribe",
    Unsubscribe: "subscribe",
    Publish: "publish",
    Ping: "ping",
    SubscribeAnswered: "suback",
    UnsubscribeAnswered: "suback",
    PublishAnswered: "puback",
    PongReceived: "pong",
    MessageReceived: "message",
}


class Silence(Enum):
    """Nothing comes back, not even a refusal."""

    SILENCE = "silence"


SILENCE = Silence.SILENCE


@frozen
class NoAnswer:
    """A REST request brought none: ``reason`` why, ``None`` for silence; ``sent`` whether it had left."""

    reason: str | None = None
    sent: bool = True


@frozen
class Refusal:
    """A link did not come to stand, as :class:`~navien_proto.session.inputs.LinkRefused` tells it."""

    reason: str
    status: int | None = None
    code: int | None = None
    date: bool = True


class Carried(NamedTuple):
    """A frame on its way, ``late`` by so many seconds; ``overtaken`` when later frames need not wait for it."""

    frame: Frame
    late: float = 0.0
    overtaken: bool = False


class Trouble(Generic[F_co]):
    """One fault in force, from ``begin`` to ``end``; ``rng`` is its own."""

    def __init__(self, fault: F_co, rng: Random, carrier: Carrier) -> None:
        self.fault = fault
        self.rng = rng
        self.carrier = carrier
        self.over = False

    @property
    def cloud(self) -> SimCloud:
        """The cloud it plays in."""
        return self.carrier.cloud

    @property
    def now(self) -> Instant:
        """The present instant."""
        return self.carrier.now

    def hold(self, *what: Hashable) -> bool:
        """Need ``what`` to be wrong; true when no other trouble does yet."""
        return self.carrier.hold(what)

    def release(self, *what: Hashable) -> bool:
        """Need it no more; true when no other trouble does."""
        return self.carrier.release(what)

    def begin(self) -> None:
        """It strikes."""

    def end(self) -> None:
        """It is over."""

    def request(self, path: str) -> HttpReply | NoAnswer | None:  # noqa: ARG002
        """What comes in place of the cloud's answer to a request for ``path``, which never sees it."""
        return None

    def reply(self, path: str, reply: HttpReply) -> HttpReply | NoAnswer:  # noqa: ARG002
        """What becomes of the cloud's answer."""
        return reply

    def lateness(self, path: str) -> float:  # noqa: ARG002
        """How late the answer comes, s."""
        return 0.0

    def upgrade(self, line: Line) -> Refusal | Silence | None:  # noqa: ARG002
        """What meets a link that is being opened; ``None``: nothing."""
        return None

    def connack(self, line: Line) -> Refusal | Silence | None:  # noqa: ARG002
        """What meets its CONNECT."""
        return None

    def opened(self, line: Line) -> None:
        """A link stands."""

    def frame(self, line: Line, carried: Carried) -> Sequence[Carried]:  # noqa: ARG002
        """What becomes of a frame."""
        return (carried,)

    def clock(self) -> float:
        """By how many seconds it puts the sessions' wall clock ahead of the cloud's."""
        return 0.0


class RestTrouble(Trouble[R_co]):
    """A fault of REST requests: ``answer`` in the cloud's place, ``spoil`` its answer, or both left alone."""

    def request(self, path: str) -> HttpReply | NoAnswer | None:
        """Answer the requests concerned."""
        return self.answer() if self.fault.concerns(path) else None

    def reply(self, path: str, reply: HttpReply) -> HttpReply | NoAnswer:
        """Spoil the answers concerned."""
        return self.spoil(reply) if self.fault.concerns(path) else reply

    def answer(self) -> HttpReply | NoAnswer | None:
        """See ``request``; for the requests concerned alone."""
        return None

    def spoil(self, reply: HttpReply) -> HttpReply | NoAnswer:
        """See ``reply``; for the requests concerned alone."""
        return reply


class FrameTrouble(Trouble[S_co]):
    """A fault of a share of the frames: ``hit`` says what becomes of one."""

    def frame(self, line: Line, carried: Carried) -> Sequence[Carried]:  # noqa: ARG002
        """Hit the frames that the fault chooses."""
        fault = self.fault
        if fault.frames and _NAMES[type(carried.frame)] not in fault.frames:
            return (carried,)
        # Certainty draws nothing, and so needs no luck to be repeated.
        if fault.share < 1.0 and self.rng.random() >= fault.share:
            return (carried,)
        return self.hit(carried)

    def hit(self, carried: Carried) -> Sequence[Carried]:
        """What becomes of a frame that the fault has chosen."""
        raise NotImplementedError


class HeaterTrouble(Trouble[H_co]):
    """A fault of heaters: ``strike`` and ``spare`` one of those that it found at its begin.

    With ``what`` named, of several troubles that make the same thing wrong the first alone strikes, and the last
    alone spares.
    """

    what = ""

    def begin(self) -> None:
        """Strike the heaters that are there."""
        which = self.fault.heater
        macs = self.cloud.macs if which is None else self.cloud.macs[which : which + 1]
        # By identity: one that is unplugged and one that is plugged in later may share a MAC.
        self._struck = {mac: self.cloud.heater(mac) for mac in macs}
        for mac, heater in self._struck.items():
            if not self.what or self.hold(self.what, heater):
                self.strike(mac)

    def end(self) -> None:
        """Spare those of them that are still there."""
        for mac, heater in self._struck.items():
            last = not self.what or self.release(self.what, heater)
            if last and mac in self.cloud.macs and self.cloud.heater(mac) is heater:
                self.spare(mac)

    def strike(self, mac: str) -> None:
        """Make it so."""

    def spare(self, mac: str) -> None:
        """Undo it."""

    def newest(self, mac: str) -> Self | None:
        """The last of its kind that is still in force for this heater: what it says holds again."""
        same = (t for t in reversed(self.carrier.troubles) if isinstance(t, type(self)))
        return next((trouble for trouble in same if mac in trouble._struck), None)


def garbled(data: bytes, rng: Random) -> bytes:
    """``data`` with one byte in sixteen, and one at least, replaced."""
    if not data:
        return data
    spoilt = bytearray(data)
    for _ in range(1 + len(data) // 16):
        spoilt[rng.randrange(len(spoilt))] = rng.getrandbits(8)
    return bytes(spoilt)
