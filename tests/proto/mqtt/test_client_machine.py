"""Whatever the application asks and the network does, in any order: the promises of the client's machine hold."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from navien_proto.errors import CommandRefused, LinkBroken, UsageError
from navien_proto.mqtt.actions import LinkAction, OpenLink, Ping, Publish, Subscribe, Unsubscribe
from navien_proto.mqtt.client_events import MqttClosed, OperationDone, OperationFailed, OperationId
from navien_proto.mqtt.inputs import (
    ConnectSent,
    LinkLost,
    LinkOpened,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
    UnsubscribeAnswered,
)
from tests.proto.mqtt.mqtt_bench import Bench

TOPICS = st.sampled_from(["a", "b", "c"])
QOS = st.integers(0, 2)
WINDOW, LIMIT = 3, 8


class Client(RuleBasedStateMachine):
    """A machine against a broker that answers when it likes.

    Each publish carries its operation's number as payload, so that what goes over the wire tells whose it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(window=WINDOW, queue_limit=LIMIT, queue_expiry=120.0)
        self.machine = self.bench.machine
        self.open: OpenLink | None = None
        self.stands = False
        self.questions: list[Subscribe | Unsubscribe] = []
        self.unacknowledged: list[Publish] = []
        self.broker: dict[str, int] = {}
        self.refused: set[str] = set()
        self.ended: dict[int, OperationDone | OperationFailed] = {}
        self.submitted: dict[OperationId, int | None] = {}
        self.sent: dict[int, list[int]] = {}
        self.order: list[int] = []
        self.closed = 0
        self.count = 0
        self.machine.start(self.bench.now)
        self._collect()

    # --- the wire ----------------------------------------------------------------------------------------

    def _collect(self) -> None:
        for action in self.bench.asked():
            self._wanted(action)
        for event in self.bench.told():
            if isinstance(event, OperationDone | OperationFailed):
                assert event.id in self.submitted, "an end of what was never asked"
                assert event.id not in self.ended, "two ends of one operation"
                self.ended[event.id] = event
            assert not self.closed, "something was told after the end"
            self.closed += isinstance(event, MqttClosed)

    def _wanted(self, action: LinkAction) -> None:
        match action:
            case OpenLink():
                self.open, self.stands = action, False
                self._forget()
            case Publish():
                assert self.stands, "a publish without a link"
                number = int(action.payload)
                times = self.sent.setdefault(number, [])
                assert action.link not in times, "sent twice over one link"
                assert not times or action.qos == 1, "only QoS 1 is sent again"
                if not times:
                    self.order.append(number)
                times.append(action.link)
                if action.qos:
                    later = [int(one.payload) for one in self.unacknowledged]
                    assert all(number > other for other in later), "not in order"
                    self.unacknowledged.append(action)
                    living = [one for one in self.unacknowledged if int(one.payload) not in self.ended]
                    assert len(living) <= WINDOW + 1, "the window does not hold"
            case Subscribe() | Unsubscribe():
                self.questions.append(action)
            case Ping():
                self.bench.report(PongReceived(action.link))
            case _:
                self._gone()

    def _forget(self) -> None:
        self.questions.clear()
        self.unacknowledged.clear()
        self.broker.clear()
        self.refused.clear()

    def _gone(self) -> None:
        if self.open is not None:
            link, self.open, self.stands = self.open.link, None, False
            self._forget()
            self.bench.report(LinkLost(link, "gone"))
            self._collect()

    # --- the application ---------------------------------------------------------------------------------

    def _submit(self, qos: int | None, operation: OperationId) -> None:
        self.submitted[operation] = qos
        self._collect()

    @property
    def _running(self) -> bool:
        return not self.closed

    @precondition(lambda self: self._running)
    @rule(topic=TOPICS, qos=QOS)
    def publish(self, topic: str, qos: int) -> None:
        self.count = max(self.submitted, default=0) + 1
        payload = b"%d" % self.count
        operation = self.machine.publish(topic, payload, self.bench.now, qos=qos)
        assert operation == self.count
        self._submit(qos, operation)

    @precondition(lambda self: self._running)
    @rule(topics=st.lists(TOPICS, min_size=1), qos=QOS)
    def subscribe(self, topics: list[str], qos: int) -> None:
        self._submit(None, self.machine.subscribe(topics, self.bench.now, qos=qos))

    @precondition(lambda self: self._running)
    @rule(topic=TOPICS)
    def unsubscribe(self, topic: str) -> None:
        if topic in self.machine.subscriptions:
            self._submit(None, self.machine.unsubscribe([topic], self.bench.now))

    @precondition(lambda self: self._running)
    @rule(topic=TOPICS)
    def look_up(self, topic: str) -> None:
        self._submit(None, self.machine.get_retained(topic, self.bench.now))

    @precondition(lambda self: self._running and self.submitted)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(list(self.submitted)))
        self.machine.cancel(operation, self.bench.now)
        self._collect()
        assert operation in self.ended

    # --- the broker and the network ----------------------------------------------------------------------

    @precondition(lambda self: self.open is not None and not self.stands)
    @rule()
    def accept(self) -> None:
        assert self.open is not None
        self.stands = True
        self.bench.report(ConnectSent(self.open.link))
        self.bench.report(LinkOpened(self.open.link))
        self._collect()

    @precondition(lambda self: self.questions)
    @rule(granted=st.booleans())
    def answer(self, granted: bool) -> None:
        question = self.questions.pop(0)
        if isinstance(question, Subscribe):
            code = question.qos if granted else 0x80
            for one in question.filters:
                self.refused.discard(one)
                if granted:
                    self.broker[one] = code
                else:
                    self.broker.pop(one, None)
                    self.refused.add(one)
            self.bench.report(SubscribeAnswered(question.link, question.id, (code,) * len(question.filters)))
        else:
            for one in question.filters:
                self.broker.pop(one, None)
            self.bench.report(UnsubscribeAnswered(question.link, question.id))
        self._collect()

    @precondition(lambda self: self.unacknowledged)
    @rule(data=st.data(), code=st.sampled_from([0, 0, 0, 0x97]))
    def acknowledge(self, data: st.DataObject, code: int) -> None:
        publish = data.draw(st.sampled_from(self.unacknowledged))
        self.unacknowledged.remove(publish)
        self.bench.report(PublishAnswered(publish.link, publish.id, code))
        self._collect()
        assert int(publish.payload) in self.ended

    @precondition(lambda self: self.stands)
    @rule(topic=TOPICS, retain=st.booleans())
    def message(self, topic: str, retain: bool) -> None:
        assert self.open is not None
        self.bench.report(MessageReceived(self.open.link, topic, b"", retain))
        self._collect()

    @precondition(lambda self: self.open is not None)
    @rule()
    def lose(self) -> None:
        self._gone()

    @precondition(lambda self: self._running)
    @rule()
    def timer(self) -> None:
        self.bench.alarm()
        self._collect()

    @precondition(lambda self: self._running)
    @rule(seconds=st.floats(0.0, 10.0))
    def wait(self, seconds: float) -> None:
        self.machine.handle_timer(self.bench.clock.advance(seconds))
        self._collect()

    @rule()
    def stop(self) -> None:
        """Again it does nothing."""
        self.machine.stop(self.bench.now)
        self._collect()
        assert set(self.ended) == set(self.submitted), "something did not end"
        while self.machine.next_timer() is not None:
            self.bench.alarm()
            self._collect()
        assert self.closed == 1

    # --- what always holds -------------------------------------------------------------------------------

    @invariant()
    def first_in_first_out(self) -> None:
        assert self.order == sorted(self.order)

    @invariant()
    def nothing_waits_beyond_its_limits(self) -> None:
        status = self.machine.status(self.bench.now)
        assert status.queued + status.in_flight <= LIMIT + WINDOW + 1
        if self.closed:
            assert self.machine.next_timer() is None
            assert status.queued == status.in_flight == 0

    @invariant()
    def who_failed_is_told_the_truth(self) -> None:
        for operation, end in self.ended.items():
            qos = self.submitted[OperationId(operation)]
            if isinstance(end, OperationDone):
                if qos is not None:
                    assert operation in self.sent, "done without having been sent"
            else:
                assert not isinstance(end.error, UsageError)
                if isinstance(end.error, LinkBroken):
                    assert qos == 2, "with a queue, only QoS 2 fails with its link"
                if isinstance(end.error, CommandRefused):
                    assert qos != 0

    @invariant()
    def a_link_that_stands_has_every_subscription(self) -> None:
        if self.machine.ready and not self.questions:
            assert set(self.machine.subscriptions) <= set(self.broker) | self.refused
            # And nothing that nobody wants any more, but for look-ups under way.
            if len(self.ended) == len(self.submitted):
                assert set(self.broker) <= set(self.machine.subscriptions)


TestClient = Client.TestCase
TestClient.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
