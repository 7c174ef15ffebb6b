"""Carries what sessions ask for to the simulated cloud, and the cloud's answers back, each in its time.

Everything that goes this way passes the troubles in force (:mod:`navien_proto.sim.trouble`), in the order in which
they began: a request or an upgrade may be answered in the cloud's place, a frame may vanish, come twice or come
late.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import define, field

from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.sigv4_verify import SignatureRefused
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
    Unsubscribe,
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
    UnsubscribeAnswered,
)
from navien_proto.sim.agenda import Agenda
from navien_proto.sim.broker import Client, PublishResult
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.faults import Fault
from navien_proto.sim.trouble import Carried, Frame, NoAnswer, Refusal, Silence, Trouble

__all__ = ["Carrier", "Line", "Peer"]

E = TypeVar("E", bound=Event)

# Seconds, one way of a link that stands, and to the answer of a REST request.
DELAY, HTTP_DELAY = 0.05, 0.2
# How many of a session's messages are kept for being delivered once more.
REMEMBERED = 25


@define(eq=False)
class Peer:
    """One session in the world, what it did and what it said.

    ``inputs`` counts reports; ``opened`` links; ``actions`` and ``reports`` are kept on request alone. ``due`` is
    the session's next timer, read after each of its moves.
    """

    session: Session
    events: list[Event] = field(factory=list)
    inputs: int = 0
    opened: int = 0
    lines: dict[int, Line] = field(factory=dict)
    actions: list[tuple[Instant, Action]] | None = None
    reports: list[tuple[Instant, Input]] | None = None
    due: float | None = None
    recent: deque[MessageReceived] = field(factory=lambda: deque(maxlen=REMEMBERED))

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


@define(eq=False)
class Line:
    """One link of a session on its way, from OpenLink to its end.

    ``dead``: it carries nothing any more, and nobody was told. ``gone``: the session has given it up.
    """

    peer: Peer
    link: int
    client: Client | None = None
    dead: bool = False
    gone: bool = False
    # Until when each direction is taken: what is sent later does not overtake.
    up_until: float = 0.0
    down_until: float = 0.0


class Carrier:
    """The way between the sessions and the cloud.

    ``report`` hands a session an input. ``lines`` are those whose client the broker knows. ``moved`` is set
    whenever something moved the cloud, so that its timers are to be read anew.
    """

    def __init__(self, cloud: SimCloud, agenda: Agenda, report: Callable[[Peer, Input], None]) -> None:
        self.cloud = cloud
        self.agenda = agenda
        self.report = report
        self.troubles: list[Trouble[Fault]] = []
        self.lines: dict[Client, Line] = {}
        self.holds: Counter[Hashable] = Counter()
        self.moved = True

    @property
    def now(self) -> Instant:
        """The present instant."""
        return self.agenda.now

    def perform(self, peer: Peer, action: Action) -> None:
        """Do what a session asks of its transport."""
        match action:
            case Publish() | Ping() | Subscribe() | Unsubscribe():
                line = peer.lines.get(action.link)
                if line is not None and line.client is not None and not line.dead:
                    self._carry(line, action, self._arrive)
            case SendHttp():
                self.agenda.later(HTTP_DELAY, partial(self._http, peer, action))
            case CancelHttp():
                pass  # the answer comes and is ignored: its number is no more
            case OpenLink():
                peer.opened += 1
                line = peer.lines[action.link] = Line(peer, action.link)
                self.agenda.later(DELAY, partial(self._open, line, action))
            case CloseLink():
                self._close(peer, action)

    # --- REST --------------------------------------------------------------------------------------------

    def _http(self, peer: Peer, action: SendHttp) -> None:
        request, late = action.request, 0.0
        parts = urlsplit(request.url)
        path = parts.path.removeprefix("/api/v2.1")
        answer: HttpReply | NoAnswer | None
        for trouble in self.troubles:
            answer = trouble.request(path)
            if answer is not None:
                break
        else:
            target = f"{path}?{parts.query}" if parts.query else path
            answer = self.cloud.rest(request.method, target, request.headers, request.body, self.now)
            for trouble in self.troubles:
                if isinstance(answer, HttpReply):
                    answer = trouble.reply(path, answer)
        for trouble in self.troubles:
            late += trouble.lateness(path)
        if isinstance(answer, HttpReply):
            report: Input = HttpAnswered(action.exchange, answer)
        elif answer.reason is not None:
            report = HttpFailed(action.exchange, answer.reason, sent=answer.sent)
        else:
            return
        if late:
            self.agenda.later(late, partial(self.report, peer, report))
        else:
            self.report(peer, report)

    # --- a link opens and closes -------------------------------------------------------------------------

    def _open(self, line: Line, action: OpenLink) -> None:
        if line.gone:
            return
        obstacle = next((found for t in self.troubles if (found := t.upgrade(line)) is not None), None)
        if obstacle is None:
            try:
                self.cloud.authorize(action.endpoint.target, {"host": action.endpoint.host}, self.now)
            except SignatureRefused:
                obstacle = Refusal("the upgrade was refused", status=403)
        if obstacle is not None:
            self._refuse(line, obstacle)
            return
        self.report(line.peer, ConnectSent(line.link))
        obstacle = next((found for t in self.troubles if (found := t.connack(line)) is not None), None)
        if obstacle is not None:
            self._refuse(line, obstacle)
            return
        self.moved = True
        result = self.cloud.broker.connect(
            action.client_id,
            self.now,
            clean_session=action.clean_session,
            keep_alive=action.keep_alive,
            will=action.will,
        )
        if result.client is None:
            line.peer.lines.pop(line.link, None)
            if result.code is None:
                self.report(line.peer, LinkLost(line.link, "the broker hung up"))
            else:
                self._refuse(line, Refusal("the broker refused CONNECT", code=result.code))
            return
        line.client = result.client
        self.lines[result.client] = line
        self.report(line.peer, LinkOpened(line.link, result.session_present))
        for trouble in tuple(self.troubles):
            trouble.opened(line)
        self.deliver()

    def _refuse(self, line: Line, obstacle: Refusal | Silence) -> None:
        if isinstance(obstacle, Silence):
            line.dead = True
            return
        line.peer.lines.pop(line.link, None)
        date = format_date(self.now.utc) if obstacle.status is not None and obstacle.date else None
        self.report(
            line.peer, LinkRefused(line.link, obstacle.reason, obstacle.status, code=obstacle.code, date=date)
        )

    def _close(self, peer: Peer, action: CloseLink) -> None:
        line = peer.lines.pop(action.link, None)
        silent = False
        if line is not None:
            line.gone = True
            silent = line.dead and not action.abort
            if line.client is not None and not line.dead:
                self.lines.pop(line.client, None)
                self.moved = True
                self.cloud.broker.disconnect(line.client, self.now, orderly=not action.abort)
        # An orderly close over a dead line gets no answer; an abort needs none.
        if not silent:
            self.agenda.later(DELAY, partial(self.report, peer, LinkLost(action.link, "closed")))

    # --- frames ------------------------------------------------------------------------------------------

    def _carry(self, line: Line, frame: Frame, arrive: Callable[[Line, Frame], None]) -> None:
        up = isinstance(frame, Publish | Ping | Subscribe | Unsubscribe)
        carried = [Carried(frame)]
        for trouble in self.troubles:
            carried = [copy for one in carried for copy in trouble.frame(line, one)]
        for one in carried:
            due = self.now.monotonic + DELAY + one.late
            if not one.overtaken:
                due = max(due, line.up_until if up else line.down_until)
                if up:
                    line.up_until = due
                else:
                    line.down_until = due
            self.agenda.at(due, partial(arrive, line, one.frame))

    def _arrive(self, line: Line, frame: Frame) -> None:
        client = line.client
        if client is None or line.dead or client.closed is not None:
            return
        broker, link = self.cloud.broker, line.link
        self.moved = True
        match frame:
            case Ping():
                broker.activity(client, self.now)
                self.answer(line, PongReceived(link))
                return
            case Publish():
                result = broker.publish(
                    client, frame.topic, frame.payload, self.now, qos=frame.qos, retain=frame.retain
                )
                if frame.qos and result is PublishResult.ACCEPTED:
                    self.answer(line, PublishAnswered(link, frame.id))
            case Subscribe():
                codes = broker.subscribe(client, [(f, frame.qos) for f in frame.filters], self.now)
                if codes is not None:
                    self.answer(line, SubscribeAnswered(link, frame.id, codes))
            case Unsubscribe():
                if broker.unsubscribe(client, frame.filters, self.now):
                    self.answer(line, UnsubscribeAnswered(link, frame.id))
        self.deliver()

    def answer(self, line: Line, frame: Frame) -> None:
        """Set a frame of the broker on its way to the session."""
        self._carry(line, frame, self._hand_over)

    def _hand_over(self, line: Line, frame: Frame) -> None:
        if line.dead:
            return
        if isinstance(frame, MessageReceived) and not frame.retain:
            line.peer.recent.append(frame)
        self.report(line.peer, frame)  # type: ignore[arg-type]  # only reports travel this way

    def deliver(self) -> None:
        """Hand out what the broker has for anybody, and tell whom it closed."""
        broker = self.cloud.broker
        for client in self.cloud.collect(self.now):
            self.moved = True
            line = self.lines.get(client)
            if line is None:
                broker.take(client)  # of a client that is no session's
                continue
            for delivery in broker.take(client):
                if line.dead:
                    continue
                if delivery.id:
                    broker.acknowledge(client, delivery.id, self.now)
                self.answer(
                    line,
                    MessageReceived(
                        line.link, delivery.topic, delivery.payload, delivery.retain, delivery.duplicate
                    ),
                )
            if client.closed is not None:
                self.lines.pop(client)
                if not line.dead:
                    line.peer.lines.pop(line.link, None)
                    due = max(self.now.monotonic + DELAY, line.down_until)
                    self.agenda.at(due, partial(self._lost, line, LinkLost(line.link, client.closed.sentence)))

    def _lost(self, line: Line, report: LinkLost) -> None:
        if not line.dead:
            self.report(line.peer, report)

    # --- troubles ----------------------------------------------------------------------------------------

    def hold(self, what: Hashable) -> bool:
        """One more trouble needs ``what`` to be wrong; true when it is the first."""
        self.holds[what] += 1
        return self.holds[what] == 1

    def release(self, what: Hashable) -> bool:
        """One trouble less needs it; true when it was the last."""
        self.holds[what] -= 1
        if self.holds[what] > 0:
            return False
        del self.holds[what]
        return True
