"""Sessions and the simulated cloud, joined in memory, with a clock that jumps.

Nothing waits: the world looks for the earliest thing due (a packet on its way, a session's timer, a heater),
sets the clock to it and lets it happen. A year of polling takes minutes, and the same seed gives the same year.

What can go wrong on the way is in :class:`Network`: plain attributes that a test sets while the world stands
still.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import define, field

from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.sigv4_verify import SignatureRefused
from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.session import Session
from navien_proto.session.actions import (
    Action,
    CancelHttp,
    CloseLink,
    OpenLink,
    Ping,
    Publish,
    SendHttp,
    Subscribe,
)
from navien_proto.session.events import Event
from navien_proto.session.inputs import (
    ConnectSent,
    HttpAnswered,
    HttpFailed,
    Input,
    LinkLost,
    LinkOpened,
    LinkRefused,
    MessageReceived,
    PongReceived,
    PublishAnswered,
    SubscribeAnswered,
)
from navien_proto.sim.broker import Client, PublishResult
from navien_proto.sim.cloud import SimCloud

__all__ = ["Network", "Peer", "World"]

E = TypeVar("E", bound=Event)
START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@define
class Network:
    """The way between the sessions and the cloud. Times in seconds.

    ``rest_down`` and ``link_down`` are reasons for which no connection comes to stand (``None``: it does).
    ``rest_answer`` may answer in the cloud's place (``None`` from it: the cloud answers).
    ``half_open`` swallows everything on links that stand, in both directions, without a word.
    ``lose_suback`` swallows that many SUBACKs. ``refuse_links`` refuses that many upgrades with 403.
    """

    delay: float = 0.05
    http_delay: float = 0.2
    rest_down: str | None = None
    rest_answer: Callable[[HttpRequest], HttpReply | None] | None = None
    link_down: str | None = None
    half_open: bool = False
    lose_suback: int = 0
    refuse_links: int = 0


@define(eq=False)
class Peer:
    """One session in the world, what it did and what it said."""

    session: Session
    events: list[Event] = field(factory=list)
    inputs: int = 0
    opened: int = 0
    links: dict[int, Client | None] = field(factory=dict)
    actions: list[tuple[Instant, Action]] | None = None

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


class World:
    """Sessions, a cloud and a clock; see the module docstring.

    Args:
        cloud: the simulated cloud.
        start: the first instant's UTC time; monotonic time begins at 1000 s.
    """

    def __init__(self, cloud: SimCloud, *, start: datetime = START) -> None:
        self.cloud = cloud
        self.network = Network()
        self.now = Instant(1000.0, start)
        self.peers: list[Peer] = []
        # What sessions see of the wall clock is this many seconds ahead of the cloud's.
        self.clock_error = 0.0
        self._origin = self.now
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._by_client: dict[Client, tuple[Peer, int]] = {}

    # --- driving -----------------------------------------------------------------------------------------

    def join(self, session: Session, *, record: bool = False) -> Peer:
        """Let a session live in this world. With ``record`` its actions are kept."""
        peer = Peer(session, actions=[] if record else None)
        self.peers.append(peer)
        return peer

    def tell(self, peer: Peer, move: Callable[[Instant], object]) -> object:
        """Let the application make a move: ``move`` is called with the session's now."""
        result = move(self._seen())
        self._drain(peer)
        return result

    def run(self, seconds: float) -> None:
        """Let this much time pass."""
        self._run(self.now.monotonic + seconds, None)

    def run_until(self, true: Callable[[], bool], *, limit: float = 3600.0) -> float:
        """Let time pass until ``true()``; returns the seconds it took.

        Raises:
            UsageError: it did not become true within ``limit`` seconds.
        """
        began = self.now.monotonic
        if not true() and not self._run(began + limit, true):
            raise UsageError(f"what was waited for did not happen within {limit:g} simulated seconds")
        return self.now.monotonic - began

    def inject(self, peer: Peer, report: Input) -> None:
        """Hand a session a report that no transport made: late, doubled, or invented."""
        self._report(peer, report)

    def _run(self, until: float, true: Callable[[], bool] | None) -> bool:
        self._deliver()  # what was done to the cloud while the world stood still
        while True:
            due = self._earliest()
            if due is None or due > until:
                self._set_clock(until)
                return False
            self._set_clock(max(due, self.now.monotonic))
            self._step()
            if true is not None and true():
                return True

    def _earliest(self) -> float | None:
        dues = [timer for peer in self.peers if (timer := peer.session.next_timer()) is not None]
        if self._agenda:
            dues.append(self._agenda[0][0])
        timer = self.cloud.next_timer()
        if timer is not None:
            dues.append(timer)
        return min(dues, default=None)

    def _step(self) -> None:
        now = self.now.monotonic
        while self._agenda and self._agenda[0][0] <= now:
            heappop(self._agenda)[2]()
        timer = self.cloud.next_timer()
        if timer is not None and timer <= now:
            self.cloud.handle_timer(self.now)
        self._deliver()
        for peer in self.peers:
            due = peer.session.next_timer()
            if due is not None and due <= now:
                peer.session.handle_timer(self._seen())
                self._drain(peer)

    def _set_clock(self, monotonic: float) -> None:
        self.now = self._origin.after(monotonic - self._origin.monotonic)

    def _seen(self) -> Instant:
        if not self.clock_error:
            return self.now
        return Instant(self.now.monotonic, self.now.after(self.clock_error).utc)

    def _later(self, delay: float, happening: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._agenda, (self.now.monotonic + delay, self._order, happening))

    # --- between session and cloud -----------------------------------------------------------------------

    def _report(self, peer: Peer, report: Input) -> None:
        peer.inputs += 1
        peer.session.handle(report, self._seen())
        self._drain(peer)

    def _drain(self, peer: Peer) -> None:
        for action in peer.session.actions():
            if peer.actions is not None:
                peer.actions.append((self.now, action))
            self._perform(peer, action)
        peer.events.extend(peer.session.events())

    def _perform(self, peer: Peer, action: Action) -> None:
        match action:
            case SendHttp():
                self._later(self.network.http_delay, lambda: self._http(peer, action))
            case CancelHttp():
                pass  # the answer comes and is ignored: its number is no more
            case OpenLink():
                peer.opened += 1
                self._later(self.network.delay, lambda: self._open(peer, action))
            case CloseLink():
                self._close(peer, action)
            case _:
                if not self.network.half_open:
                    self._later(self.network.delay, lambda: self._arrive(peer, action))

    def _http(self, peer: Peer, action: SendHttp) -> None:
        network, request = self.network, action.request
        if network.rest_down is not None:
            self._report(peer, HttpFailed(action.exchange, network.rest_down, sent=False))
            return
        reply = network.rest_answer(request) if network.rest_answer is not None else None
        if reply is None:
            parts = urlsplit(request.url)
            path = parts.path.removeprefix("/api/v2.1")
            target = f"{path}?{parts.query}" if parts.query else path
            reply = self.cloud.rest(request.method, target, request.headers, request.body, self.now)
        self._report(peer, HttpAnswered(action.exchange, reply))

    def _open(self, peer: Peer, action: OpenLink) -> None:
        link, network = action.link, self.network
        if link in peer.links:
            return  # closed before it stood
        if network.link_down is not None:
            self._report(peer, LinkRefused(link, network.link_down))
            return
        if network.half_open:
            return
        date = format_date(self.now.utc)
        if network.refuse_links > 0:
            network.refuse_links -= 1
            self._report(peer, LinkRefused(link, "the upgrade was refused", status=403, date=date))
            return
        try:
            self.cloud.authorize(action.endpoint.target, {"host": action.endpoint.host}, self.now)
        except SignatureRefused:
            self._report(peer, LinkRefused(link, "the upgrade was refused", status=403, date=date))
            return
        self._report(peer, ConnectSent(link))
        result = self.cloud.broker.connect(
            action.client_id,
            self.now,
            clean_session=action.clean_session,
            keep_alive=action.keep_alive,
            will=action.will,
        )
        if result.client is None:
            peer.links[link] = None
            if result.code is None:
                self._report(peer, LinkLost(link, "the broker hung up"))
            else:
                self._report(peer, LinkRefused(link, "the broker refused CONNECT", code=result.code))
            return
        peer.links[link] = result.client
        self._by_client[result.client] = (peer, link)
        self._report(peer, LinkOpened(link, result.session_present))
        self._deliver()

    def _close(self, peer: Peer, action: CloseLink) -> None:
        link = action.link
        client = peer.links.get(link)
        peer.links[link] = None
        if client is not None:
            self._by_client.pop(client, None)
            self.cloud.broker.disconnect(client, self.now, orderly=not action.abort and not self.network.half_open)
        # An orderly close over a dead line gets no answer; an abort needs none.
        if action.abort or not self.network.half_open:
            self._later(self.network.delay, lambda: self._report(peer, LinkLost(link, "closed")))

    def _arrive(self, peer: Peer, action: Action) -> None:
        if not isinstance(action, Subscribe | Publish | Ping):
            return
        client = peer.links.get(action.link)
        if client is None or self.network.half_open:
            return
        broker, link = self.cloud.broker, action.link
        match action:
            case Subscribe():
                codes = broker.subscribe(client, [(f, action.qos) for f in action.filters], self.now)
                if codes is not None and self.network.lose_suback > 0:
                    self.network.lose_suback -= 1
                elif codes is not None:
                    self._answer(peer, SubscribeAnswered(link, action.id, codes))
            case Publish():
                result = broker.publish(client, action.topic, action.payload, self.now, qos=action.qos)
                if action.qos and result is PublishResult.ACCEPTED:
                    self._answer(peer, PublishAnswered(link, action.id))
            case Ping():
                broker.activity(client, self.now)
                self._answer(peer, PongReceived(link))
        self._deliver()

    def _answer(self, peer: Peer, report: Input) -> None:
        self._later(self.network.delay, lambda: self._report_unless_dead(peer, report))

    def _report_unless_dead(self, peer: Peer, report: Input) -> None:
        if not self.network.half_open:
            self._report(peer, report)

    def _deliver(self) -> None:
        """Hand out what the broker has for anybody, and tell whom it closed."""
        for client in self.cloud.collect(self.now):
            found = self._by_client.get(client)
            if found is None:
                continue
            peer, link = found
            for delivery in self.cloud.broker.take(client):
                if delivery.id:
                    self.cloud.broker.acknowledge(client, delivery.id, self.now)
                self._answer(
                    peer,
                    MessageReceived(link, delivery.topic, delivery.payload, delivery.retain, delivery.duplicate),
                )
            if client.closed is not None:
                self._by_client.pop(client)
                peer.links[link] = None
                if not self.network.half_open:
                    self._answer(peer, LinkLost(link, client.closed.sentence))
