"""A connection to a broker that is played by hand: what the tests of the client's machine share."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any, TypeVar

from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Endpoint, LinkAction, OpenLink, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.client import MqttMachine
from navien_proto.mqtt.client_config import MqttConfig
from navien_proto.mqtt.client_events import Message, MqttEvent, OperationDone, OperationFailed
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkInput,
    LinkLost,
    LinkOpened,
    MessageReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from tests.support.instants import Clock

E = TypeVar("E")
A = TypeVar("A")

ENDPOINT = Endpoint("mqtt", "broker.example", 1883)


class Bench:
    """One machine, its clock, and everything it said."""

    def __init__(self, *, fail_fast: bool = False, **settings: Any) -> None:
        self.clock = Clock()
        ids = count(1)
        self.machine = MqttMachine(
            MqttConfig(endpoint=ENDPOINT, **settings),
            rng=Random(7),
            new_id=lambda: f"{next(ids):08x}",
            fail_fast=fail_fast,
        )
        self.heard: list[MqttEvent] = []
        self.link = 0
        self._left: list[LinkAction] = []

    @property
    def now(self) -> Instant:
        return self.clock.now

    def report(self, report: LinkInput) -> None:
        self.machine.handle(report, self.now)

    def asked(self) -> list[LinkAction]:
        """What it wants done; remembers the link."""
        actions, self._left = [*self._left, *self.machine.actions()], []
        for action in actions:
            if isinstance(action, OpenLink):
                self.link = action.link
        return actions

    def only(self, kind: type[A]) -> A:
        """The one thing it wants done."""
        (action,) = self.asked()
        assert isinstance(action, kind), action
        return action

    def told(self) -> list[MqttEvent]:
        """What it told since the last call."""
        events = self.machine.events()
        self.heard += events
        return events

    def one(self, kind: type[E]) -> E:
        """The one event of a kind since the last call."""
        (event,) = [event for event in self.told() if isinstance(event, kind)]
        return event

    def ends(self) -> dict[int, OperationDone | OperationFailed]:
        """The ends since the last call, by operation."""
        return {event.id: event for event in self.told() if isinstance(event, OperationDone | OperationFailed)}

    def alarm(self) -> float:
        """Go to the next timer and let it ring; returns how many seconds that took."""
        due = self.machine.next_timer()
        assert due is not None
        waited = due - self.now.monotonic
        self.machine.handle_timer(self.clock.to(due))
        return waited

    def stand(self) -> None:
        """A link comes to stand; every filter is granted as asked."""
        opening = self.only(OpenLink)
        self.report(ConnectSent(opening.link))
        self.report(LinkOpened(opening.link))
        self.answer_filters()

    def answer_filters(self, *codes: int) -> list[tuple[str, ...]]:
        """Answer every question about filters; returns what was asked."""
        actions = self.asked()
        questions = [action for action in actions if isinstance(action, Subscribe | Unsubscribe)]
        self._left = [action for action in actions if action not in questions]
        for asked in questions:
            if isinstance(asked, Subscribe):
                self.report(SubscribeAnswered(self.link, asked.id, codes or (asked.qos,) * len(asked.filters)))
            else:
                self.report(UnsubscribeAnswered(self.link, asked.id))
        return [asked.filters for asked in questions]

    def start(self) -> Bench:
        """Begin, and come to stand."""
        self.machine.start(self.now)
        self.stand()
        assert self.machine.ready
        self.told()
        return self

    def lose(self, reason: str = "reset") -> None:
        """The network breaks the link."""
        self.report(LinkLost(self.link, reason))

    def opening(self) -> OpenLink:
        """Wait for the next attempt."""
        while True:
            for action in self.asked():
                if isinstance(action, OpenLink):
                    return action
            self.alarm()

    def again(self) -> None:
        """After a loss: wait, and come to stand once more."""
        opening = self.opening()
        self.report(ConnectSent(opening.link))
        self.report(LinkOpened(opening.link))
        self.answer_filters()
        assert self.machine.ready

    def published(self) -> list[tuple[str, bytes, int]]:
        """What is published now, as topic, payload and QoS."""
        return [
            (action.topic, action.payload, action.qos) for action in self.asked() if isinstance(action, Publish)
        ]

    def acknowledge(self, *publishes: Publish, code: int = 0) -> None:
        for publish in publishes:
            self.report(PublishAnswered(self.link, publish.id, code))

    def message(self, topic: str, payload: bytes = b"", *, retain: bool = False) -> Message:
        self.report(MessageReceived(self.link, topic, payload, retain))
        return self.one(Message)
