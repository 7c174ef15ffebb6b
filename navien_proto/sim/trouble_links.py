"""Troubles of links that stand, and of the broker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from attrs import evolve

from navien_proto.session.actions import Publish
from navien_proto.session.inputs import MessageReceived, SubscribeAnswered
from navien_proto.sim import faults as f
from navien_proto.sim.broker import Cause, Client, PolicyTable
from navien_proto.sim.carrier import Line
from navien_proto.sim.faults import Fault
from navien_proto.sim.trouble import SILENCE, Carried, FrameTrouble, Refusal, Silence, Trouble, garbled

__all__ = ["LINK_TROUBLES"]

# AWS takes one CONNECT a second from a client id: who comes sooner has to come again.
AGAIN = 1.0


class _HalfOpen(Trouble[f.HalfOpen]):
    def begin(self) -> None:
        for line in self.carrier.lines.values():
            line.dead = True

    def upgrade(self, line: Line) -> Silence | None:  # noqa: ARG002
        return None if self.fault.reconnects else SILENCE


class _LinkCut(Trouble[f.LinkCut]):
    def begin(self) -> None:
        for client in tuple(self.carrier.lines):
            self.cloud.broker.close(client, self.now, cause=Cause.LIFETIME, sentence=self.fault.reason)


class _BrokerRestart(Trouble[f.BrokerRestart]):
    def begin(self) -> None:
        self.cloud.broker.restart(self.now)

    def upgrade(self, line: Line) -> Refusal:  # noqa: ARG002
        return Refusal("connection refused")


class _Takeover(Trouble[f.Takeover]):
    def begin(self) -> None:
        self._twins: list[Client] = []
        for line in tuple(self.carrier.lines.values()):
            self._kick(line)

    def opened(self, line: Line) -> None:
        self.carrier.agenda.later(self.fault.after, partial(self._kick, line))

    def end(self) -> None:
        for twin in self._twins:
            self.cloud.broker.disconnect(twin, self.now)

    def _kick(self, line: Line) -> None:
        if self.over or line.client is None or line.client.closed is not None:
            return
        result = self.cloud.broker.connect(line.client.client_id, self.now)
        if result.client is None:
            self.carrier.agenda.later(AGAIN, partial(self._kick, line))
        else:
            self._twins = [twin for twin in self._twins if twin.closed is None]
            self._twins.append(result.client)
        self.carrier.deliver()


class _Denied(Trouble[Any]):
    """Policies of the troubles in force, joined into one."""

    def begin(self) -> None:
        self.hold("denied", *self._pattern())
        self._apply()

    def end(self) -> None:
        self.release("denied", *self._pattern())
        self._apply()

    def _pattern(self) -> tuple[str, str]:
        raise NotImplementedError

    def _apply(self) -> None:
        denied = [what for what in self.carrier.holds if isinstance(what, tuple) and what[0] == "denied"]
        table = PolicyTable(
            subscribe_denied=tuple(what[2] for what in denied if what[1] == "subscribe"),
            publish_denied=tuple(what[2] for what in denied if what[1] == "publish"),
        )
        self.cloud.broker.change_policy(table)


class _SubscriptionDenied(_Denied):
    def _pattern(self) -> tuple[str, str]:
        return "subscribe", self.fault.pattern

    def frame(self, line: Line, carried: Carried) -> Sequence[Carried]:
        frame = carried.frame
        if self.fault.silent and isinstance(frame, SubscribeAnswered) and 0x80 in frame.codes:
            if line.client is not None:
                self.cloud.broker.close(line.client, self.now, cause=Cause.DENIED, sentence="not authorised")
            return ()
        return (carried,)


class _PublishDenied(_Denied):
    def _pattern(self) -> tuple[str, str]:
        return "publish", self.fault.pattern


# --- frames ------------------------------------------------------------------------------------------------


class _Drop(FrameTrouble[f.Drop]):
    def hit(self, carried: Carried) -> Sequence[Carried]:  # noqa: ARG002
        return ()


class _Delay(FrameTrouble[f.Delay]):
    def hit(self, carried: Carried) -> Sequence[Carried]:
        return (carried._replace(late=carried.late + self.fault.seconds),)


class _Duplicate(FrameTrouble[f.Duplicate]):
    def hit(self, carried: Carried) -> Sequence[Carried]:
        frame = carried.frame
        if isinstance(frame, MessageReceived):
            frame = evolve(frame, duplicate=True)
        return (carried, Carried(frame, carried.late + self.fault.gap, overtaken=True))


class _Reorder(FrameTrouble[f.Reorder]):
    def hit(self, carried: Carried) -> Sequence[Carried]:
        late = carried.late + self.rng.uniform(0.0, self.fault.seconds)
        return (carried._replace(late=late, overtaken=True),)


class _Spoiling(FrameTrouble[Any]):
    def hit(self, carried: Carried) -> Sequence[Carried]:
        frame = carried.frame
        if isinstance(frame, MessageReceived | Publish):
            return (carried._replace(frame=evolve(frame, payload=self.spoilt(frame.payload))),)
        return (carried,)

    def spoilt(self, payload: bytes) -> bytes:
        raise NotImplementedError


class _Truncate(_Spoiling):
    def spoilt(self, payload: bytes) -> bytes:
        return payload[: self.rng.randrange(len(payload))] if payload else payload


class _Garble(_Spoiling):
    def spoilt(self, payload: bytes) -> bytes:
        return garbled(payload, self.rng)


class _Redelivery(Trouble[f.Redelivery]):
    def begin(self) -> None:
        self._again()

    def frame(self, line: Line, carried: Carried) -> Sequence[Carried]:
        if not isinstance(carried.frame, SubscribeAnswered):
            return (carried,)
        return (carried, *(Carried(message, carried.late) for message in self._messages(line)))

    def _messages(self, line: Line) -> list[MessageReceived]:
        recent = tuple(line.peer.recent)[-self.fault.count :]
        return [evolve(message, link=line.link, retain=True) for message in recent]

    def _again(self) -> None:
        if self.over:
            return
        for line in tuple(self.carrier.lines.values()):
            if not line.dead:
                for message in self._messages(line):
                    self.carrier.answer(line, message)
        self.carrier.agenda.later(self.fault.every, self._again)


LINK_TROUBLES: dict[type[Fault], type[Trouble[Any]]] = {
    f.HalfOpen: _HalfOpen,
    f.LinkCut: _LinkCut,
    f.BrokerRestart: _BrokerRestart,
    f.Takeover: _Takeover,
    f.SubscriptionDenied: _SubscriptionDenied,
    f.PublishDenied: _PublishDenied,
    f.Drop: _Drop,
    f.Delay: _Delay,
    f.Duplicate: _Duplicate,
    f.Reorder: _Reorder,
    f.Truncate: _Truncate,
    f.Garble: _Garble,
    f.Redelivery: _Redelivery,
}
"""What plays which fault, of those of links and of the broker."""
