"""Whatever happens, every command ends exactly once, and nothing overtakes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.device import Device
from navien_proto.session import State
from navien_proto.session.actions import CloseLink, OpenLink, Ping, Publish, SendHttp, Subscribe
from navien_proto.session.edits import EditReservations
from navien_proto.session.events import (
    CommandApplied,
    CommandConfirmed,
    CommandFailed,
    CommandId,
    CommandNotApplied,
    Level,
)
from navien_proto.session.inputs import (
    HttpAnswered,
    LinkLost,
    LinkOpened,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.session.outbox import Entry, Outbox, Stage
from navien_proto.wire.commands import (
    ClearReservations,
    Command,
    PowerOff,
    PowerOn,
    RequestReservations,
    RequestStatus,
    SetMode,
    SetTemperature,
)
from tests.proto.session.test_session import LISTED, MAC, SIGNED_IN, make, reply
from tests.support.instants import NOON, Clock

SECOND = "aabbccddee00"
WRITES: list[Command] = [PowerOn(), PowerOff(), SetTemperature(celsius=50), SetMode(Mode.ELECTRIC)]
WISHES: list[Command] = [
    *WRITES,
    RequestStatus(),
    RequestReservations(),
    ClearReservations(),
    EditReservations.switching(on=True),
]


class OutboxMachine(RuleBasedStateMachine):
    """The order of the outbox, whatever is sent, answered, lost and withdrawn."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(5)
        self.now = 0.0
        self.last = 0
        self.left: dict[CommandId, Entry] = {}
        self.sent: dict[str, list[int]] = {MAC: [], SECOND: []}
        self.controls: dict[str, list[float]] = {MAC: [], SECOND: []}

    @rule(command=st.sampled_from([PowerOn(), RequestStatus()]), mac=st.sampled_from([MAC, SECOND]))
    def add(self, command: Command, mac: str) -> None:
        self.last += 1
        entry = Entry(CommandId(self.last), Device(mac=mac), command, Level.ACCEPTED, NOON, command)
        waiting = [one for one in self.left.values() if one.waits]
        dropped = self.outbox.add(entry)
        self.left[entry.id] = entry
        assert (dropped is not None) is (len(waiting) >= 5)
        if dropped is not None:
            assert dropped is waiting[0]
            del self.left[dropped.id]

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 5.0]))
    def send(self, seconds: float) -> None:
        self.now += seconds
        for entry in self.outbox.sendable(self.now):
            mac = entry.device.mac
            in_flight = [e for e in self.left.values() if e.stage is Stage.SENT and e.device.mac == mac]
            if entry.command.is_control:
                assert not any(one.command.is_control for one in in_flight)
                assert not self.controls[mac] or self.now >= self.controls[mac][-1] + 1.0
                self.controls[mac].append(self.now)
            # What was handed in before it has been sent before it.
            assert all(one.stage is not Stage.QUEUED for one in self.before(entry))
            self.outbox.sent(entry, f"{self.now}-{entry.id}", entry.id, self.now)

    def before(self, entry: Entry) -> list[Entry]:
        return [one for one in self.left.values() if one.id < entry.id and one.device.mac == entry.device.mac]

    @rule(place=st.integers(0, 9))
    def end(self, place: int) -> None:
        if self.left:
            entry = list(self.left.values())[place % len(self.left)]
            self.outbox.remove(entry)
            del self.left[entry.id]

    @rule()
    def lose_link(self) -> None:
        for entry in self.outbox:
            if entry.stage is Stage.SENT and not entry.asks.is_control:
                self.outbox.requeue(entry)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert [entry.id for entry in self.outbox] == sorted(self.left)


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def answer(published: Publish, kind: str) -> dict[str, Any] | None:
    """What a device, or another client, may say to a request."""
    envelope = json.loads(published.payload)
    if "request" not in envelope:
        return None
    code = envelope["request"]["command"]
    contents: dict[str, dict[str, Any]] = {
        "shown": {"status": {"command": code, "dhwOperationSetting": 2, "dhwTemperatureSetting": 100}},
        "held": {"status": {"command": code, "dhwOperationSetting": 1, "dhwTemperatureSetting": 80}},
        "push": {"status": {"command": 0, "dhwOperationSetting": 2, "operationMode": 0}},
        "refusal": {"failCode": 2},
        "other refusal": {"failCode": 9},
        "list": {"reservationUse": 1, "reservation": []},
        "other list": {"reservationUse": 2, "reservation": "027c061e0478"},
        "odd list": {"reservationUse": 2, "reservation": "02"},
    }
    return {
        "sessionID": envelope["sessionID"],
        "requestTopic": envelope["requestTopic"],
        "response": {"macAddress": MAC, **contents[kind]},
    }


KINDS = ["shown", "held", "push", "refusal", "other refusal", "list", "other list", "odd list"]
STEPS = st.one_of(
    # The usual course, often: a control, what the device says to it, and a status later.
    st.tuples(
        st.just("control"),
        st.sampled_from(WRITES),
        st.sampled_from([Level.ACCEPTED, Level.APPLIED]),
        st.sampled_from(["shown", "held", "refusal"]),
    ),
    st.tuples(st.just("answer"), st.just(1), st.just("push")),
    st.tuples(st.just("submit"), st.sampled_from(WISHES), st.sampled_from(list(Level))),
    st.tuples(st.just("answer"), st.integers(1, 4), st.sampled_from(KINDS)),
    st.tuples(st.just("anonymous"), st.integers(1, 4), st.sampled_from(KINDS)),
    st.tuples(st.just("settle"), st.integers(0, 6), st.sampled_from([0, 0x87])),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.0, 6.0, 31.0, 400.0, 90_000.0])),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(
        st.just("foreign"),
    ),
    st.tuples(
        st.just("lose"),
    ),
    st.tuples(
        st.just("clear"),
    ),
)


@given(steps=st.lists(STEPS, min_size=12, max_size=40), queue=st.booleans())
@settings(deadline=None, max_examples=200)
def test_every_command_ends_exactly_once(steps: list[tuple[Any, ...]], queue: bool) -> None:
    session, clock = make(queue=queue, status_interval=None), Clock()
    link = 0
    submitted: list[CommandId] = []
    published: list[Publish] = []
    ended: dict[CommandId, bool] = {}
    afterwards: set[CommandId] = set()
    number = 0

    def perform(action: object) -> None:
        nonlocal link
        match action:
            case SendHttp():
                body = LISTED if action.request.url.endswith("/device/list") else SIGNED_IN
                session.handle(HttpAnswered(action.exchange, reply(body)), clock.now)
            case OpenLink():
                link = action.link
                session.handle(LinkOpened(link), clock.now)
            case Subscribe():
                codes = (1,) * len(action.filters)
                session.handle(SubscribeAnswered(action.link, action.id, codes), clock.now)
            case CloseLink():
                session.handle(LinkLost(action.link, "closed"), clock.now)
            case Ping():
                session.handle(PongReceived(action.link), clock.now)
            case Publish():
                published.append(action)
            case _:
                pass

    def collect() -> None:
        while found := session.actions():
            for action in found:
                perform(action)
        for event in session.events():
            if isinstance(event, CommandConfirmed | CommandFailed):
                assert event.id not in ended
                ended[event.id] = isinstance(event, CommandConfirmed) and event.held
            elif isinstance(event, CommandApplied | CommandNotApplied):
                assert ended[event.id]  # only of what was told to be held, and once
                assert event.id not in afterwards
                afterwards.add(event.id)

    def hear(content: dict[str, Any] | None, topic: str) -> None:
        nonlocal number
        if content is not None:
            number += 1  # no two messages are alike
            payload = json.dumps(content | {"number": number}).encode()
            session.handle(MessageReceived(link, topic, payload), clock.now)

    session.start(clock.now)
    collect()
    assert session.state is State.READY
    for step in steps:
        match step:
            case ("submit", command, level):
                try:
                    submitted.append(session.submit(command, clock.now, level=level, expert=True))
                except ConnectionError:
                    assert not queue
            case ("control", command, level, kind) if session.state is State.READY:
                submitted.append(session.submit(command, clock.now, level=level, expert=True))
                collect()
                hear(answer(published[-1], kind), f"cmd/52/navilink-{MAC}/res")
            case ("answer" | "anonymous" as how, back, kind) if len(published) >= back:
                content = answer(published[-back], kind)
                if content is not None and how == "anonymous":
                    content["sessionID"] = "7"
                reading = kind.endswith("list")
                hear(
                    content, f"cmd/52/{session.client_id}/res/rsv/rd" if reading else f"cmd/52/navilink-{MAC}/res"
                )
            case ("settle", publish, code):
                session.handle(PublishAnswered(link, publish, code), clock.now)
            case ("wait", seconds):
                clock.advance(seconds)
                while (due := session.next_timer()) is not None and due <= clock.now.monotonic:
                    session.handle_timer(clock.now)
                    collect()
            case ("cancel", place) if submitted:
                session.cancel(submitted[place % len(submitted)], clock.now)
            case ("foreign",):
                request = {"clientID": "other", "request": {"command": 0x0100000A, "macAddress": MAC}}
                hear(request, f"cmd/52/navilink-{MAC}/ctrl/rsv/rd")
            case ("lose",):
                session.handle(LinkLost(link, "gone"), clock.now)
            case ("clear",):
                assert session.queued == session.clear_queue(clock.now)
                assert session.queue == ()
            case _:
                pass
        collect()
    session.stop(clock.now)
    collect()
    assert sorted(ended) == submitted
    assert afterwards == {command for command, held in ended.items() if held}
