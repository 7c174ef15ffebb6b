"""The simulated broker against a model of what a broker owes its clients, and under random abuse."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Will
from navien_proto.mqtt.topics import topic_matches
from navien_proto.sim.broker import Broker, Client, Limits, PublishResult
from tests.support.broker import DAY, START

IDS = st.sampled_from(["a", "b", "c"])
TOPICS = st.sampled_from(["x", "x/y", "x/z", "y", "$sys/x"])
FILTERS = st.sampled_from(["x", "x/y", "x/+", "x/#", "#", "+", "+/y", "$sys/#"])


class ModelSession:
    def __init__(self, clean: bool) -> None:
        self.clean = clean
        self.filters: dict[str, int] = {}
        self.unacknowledged: list[tuple[bytes, int]] = []
        self.queue: list[bytes] = []
        self.client: Client | None = None


class BrokerMachine(RuleBasedStateMachine):
    """Random clients, taking everything at once; the model says what each is owed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = Broker()
        self.now = START
        self.sessions: dict[str, ModelSession] = {}
        self.number = 0

    def step(self) -> Instant:
        # Two seconds: no rate and no early CONNECT comes into play.
        self.now = self.now.after(2)
        for session in self.sessions.values():
            if session.client is not None:
                self.broker.activity(session.client, self.now)
        return self.now

    def standing(self, client_id: str) -> ModelSession | None:
        session = self.sessions.get(client_id)
        return session if session is not None and session.client is not None else None

    @rule(client_id=IDS, clean=st.booleans())
    def connect(self, client_id: str, clean: bool) -> None:
        result = self.broker.connect(client_id, self.step(), clean_session=clean)
        old = self.sessions.get(client_id)
        assert result.code == 0
        assert result.client is not None
        assert result.kicked is (None if old is None else old.client)
        kept = old if old is not None and not old.clean and not clean else None
        assert result.session_present == (kept is not None)
        session = self.sessions[client_id] = kept or ModelSession(clean)
        session.client = result.client
        got = self.broker.take(result.client)
        again = [(delivery.payload, delivery.id) for delivery in got if delivery.duplicate]
        assert again == session.unacknowledged
        fresh = [delivery for delivery in got if not delivery.duplicate]
        assert [delivery.payload for delivery in fresh] == session.queue
        session.unacknowledged += [(delivery.payload, delivery.id) for delivery in fresh]
        session.queue = []

    @rule(client_id=IDS, orderly=st.booleans())
    def leave(self, client_id: str, orderly: bool) -> None:
        if session := self.standing(client_id):
            assert session.client is not None
            self.broker.disconnect(session.client, self.step(), orderly=orderly)
            session.client = None
            if session.clean:
                del self.sessions[client_id]

    @rule(client_id=IDS, topic_filter=FILTERS, qos=st.integers(0, 1))
    def subscribe(self, client_id: str, topic_filter: str, qos: int) -> None:
        if session := self.standing(client_id):
            assert session.client is not None
            assert self.broker.subscribe(session.client, [(topic_filter, qos)], self.step()) == (qos,)
            session.filters[topic_filter] = qos

    @rule(client_id=IDS, topic_filter=FILTERS)
    def unsubscribe(self, client_id: str, topic_filter: str) -> None:
        if session := self.standing(client_id):
            assert session.client is not None
            assert self.broker.unsubscribe(session.client, [topic_filter], self.step())
            session.filters.pop(topic_filter, None)

    @rule(client_id=IDS, topic=TOPICS, qos=st.integers(0, 1))
    def publish(self, client_id: str, topic: str, qos: int) -> None:
        sender = self.standing(client_id)
        if sender is None:
            return
        assert sender.client is not None
        self.number += 1
        payload = b"%d" % self.number
        result = self.broker.publish(sender.client, topic, payload, self.step(), qos=qos)
        assert result is PublishResult.ACCEPTED
        for session in self.sessions.values():
            granted = [
                wish
                for wanted, wish in session.filters.items()
                if topic_matches(wanted, topic, include_parent=False)
            ]
            owed = min(max(granted), qos) if granted else None
            if session.client is None:
                session.queue += [payload] if owed else []
                continue
            got = self.broker.take(session.client)
            assert [(d.payload, d.qos, d.topic) for d in got] == ([] if owed is None else [(payload, owed, topic)])
            session.unacknowledged += [(d.payload, d.id) for d in got if d.qos]

    @rule(client_id=IDS, data=st.data())
    def acknowledge(self, client_id: str, data: st.DataObject) -> None:
        session = self.standing(client_id)
        if session is not None and session.unacknowledged:
            assert session.client is not None
            entry = data.draw(st.sampled_from(session.unacknowledged))
            self.broker.acknowledge(session.client, entry[1], self.step())
            session.unacknowledged.remove(entry)

    @precondition(lambda self: self.sessions)
    @rule()
    def an_hour_and_a_half_passes(self) -> None:
        # Keep-alive cuts whoever stands, and the sessions kept are forgotten an hour later.
        self.now = self.now.after(5400)
        while (due := self.broker.next_timer()) is not None and due <= self.now.monotonic:
            self.broker.handle_timer(Instant(due, self.now.utc))
        assert self.broker.clients() == ()
        self.sessions.clear()

    @invariant()
    def the_standing_are_known(self) -> None:
        standing = {s.client for s in self.sessions.values() if s.client is not None}
        assert set(self.broker.clients()) == standing
        for client in self.broker.changed():
            assert client in standing or client.closed is not None


TestBrokerAgainstModel = BrokerMachine.TestCase
TestBrokerAgainstModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_random_behaviour_raises_nothing(data: st.DataObject) -> None:
    """Wild topics, wild filters, dead clients, time in leaps: the broker closes or answers, and never raises."""
    broker, now = Broker(Limits(publishes_per_second=3, unacknowledged=2, subscriptions=4)), START
    clients: list[Client] = []
    wild = st.text(alphabet="a/+#$\0é", max_size=12)
    for _ in range(data.draw(st.integers(1, 25))):
        now = now.after(data.draw(st.sampled_from([0.0, 0.1, 1.0, 60.0, 4000.0, DAY])))
        what = data.draw(st.integers(0, 7))
        if what == 0 or not clients:
            will = data.draw(st.none() | st.builds(Will, wild, st.binary(max_size=2), qos=st.integers(0, 2)))
            result = broker.connect(
                data.draw(st.sampled_from(["", "a", "b", "$"])),
                now,
                clean_session=data.draw(st.booleans()),
                keep_alive=data.draw(st.integers(0, 65535)),
                will=will,
            )
            assert (result.client is None) == (result.code != 0)
            clients += [result.client] if result.client else []
            continue
        client = data.draw(st.sampled_from(clients))
        match what:
            case 1:
                broker.subscribe(client, data.draw(st.lists(st.tuples(wild, st.integers(0, 2)), max_size=9)), now)
            case 2:
                broker.unsubscribe(client, data.draw(st.lists(wild, max_size=3)), now)
            case 3 | 4:
                qos, retain = data.draw(st.integers(0, 2)), data.draw(st.booleans())
                broker.publish(
                    client, data.draw(wild), data.draw(st.binary(max_size=3)), now, qos=qos, retain=retain
                )
            case 5:
                broker.disconnect(client, now, orderly=data.draw(st.booleans()))
            case 6:
                broker.acknowledge(client, data.draw(st.integers(0, 5)), now)
            case _:
                broker.handle_timer(now)
        broker.handle_timer(now)
        due = broker.next_timer()
        assert due is None or due > now.monotonic
        for client in broker.changed():
            assert client.closed is None or broker.take(client) == []
