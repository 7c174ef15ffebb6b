"""A session that is watched: it moves like one, and every rule looks at every move."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable
from random import Random
from typing import Any

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.session import Session, SessionConfig, State
from navien_proto.session import events as ev
from navien_proto.session.actions import Action
from navien_proto.session.events import CommandId, Event, Level
from navien_proto.session.inputs import Input
from navien_proto.session.saved import SavedSession
from navien_proto.session.transcript import Recorder
from navien_proto.session.transcript_replay import replay
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import ControlFailure
from tests.invariants.rules import AccessRule, Broken, CommandsRule, LinksRule, Rule, SignIns, SubscriptionsRule

__all__ = ["MOST_ITEMS", "MOST_ITEMS_A_DEVICE", "Watched", "items"]

# Of one move's outputs in so many the texts are searched for secrets; of what is rare all are.
EVERY_SO_MANY = 64
MANY = (ev.StatusReceived, ev.OtherReceived, ev.FeatureReceived)
# Items in all the containers of a session; a fresh one has some 300, and a histogram 44.
MOST_ITEMS, MOST_ITEMS_A_DEVICE = 4000, 400
CLOSES_WITHIN = 5.0
# Five secrets a set of tokens: the last few sets.
RECENT_TOKENS = 20


def items(root: object) -> int:
    """How many items all containers hold that a session reaches through objects of its own."""
    count, seen, ahead = 0, {id(root)}, [root]
    while ahead:
        thing = ahead.pop()
        inside: Iterable[object]
        if isinstance(thing, dict):
            inside = [*thing, *thing.values()]
            count += len(thing)
        elif isinstance(thing, Collection) and not isinstance(thing, str | bytes | memoryview):
            inside = list(thing)
            count += len(inside)
        elif type(thing).__module__.startswith("navien_proto"):
            slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
            inside = [getattr(thing, name, None) for name in slots if not name.startswith("__")]
            inside += list(getattr(thing, "__dict__", {}).values())
        else:
            continue
        for one in inside:
            if id(one) not in seen and not isinstance(one, type | str | bytes | int | float):
                seen.add(id(one))
                ahead.append(one)
    return count


class Watched:
    """Moves like a :class:`Session` and raises :class:`Broken` as soon as something does not hold.

    Args:
        config: as for a session, and so are ``rng`` and ``new_id``.
        sign_ins: of the account; shared with the sessions that were before.
        recorded: whether a transcript is kept, and played again by ``finish``.
        thorough: whether every text is searched for secrets, and not some of them.
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        rng: Random,
        new_id: Callable[[], str],
        sign_ins: SignIns | None = None,
        recorded: bool = False,
        thorough: bool = False,
    ) -> None:
        self.lines: list[str] = []
        self._recorder = Recorder(config, rng=rng, new_id=new_id, write=self.lines.append) if recorded else None
        self._mover: Any = self._recorder
        if self._recorder is None:
            self._mover = Session(config, rng=rng, new_id=new_id)
        self.session: Session = self._mover if self._recorder is None else self._recorder.session
        self.config = config
        self.inputs = 0
        self.left = False
        self.account: SavedAccount | None = None
        self.heard: dict[str, float] = {}
        self.commands = CommandsRule(config)
        subscriptions = SubscriptionsRule(self.session)
        self._rules: list[Rule] = [
            self.commands,
            LinksRule(config),
            subscriptions,
            AccessRule(sign_ins or SignIns.none()),
        ]
        self._rules_of_events = self._rules[:3]
        self._secrets = tuple(text for text in (config.password, config.email) if text)
        self._tokens: deque[str] = deque(maxlen=RECENT_TOKENS)
        self._thorough = thorough
        self._moves = 0
        self._actions: list[Action] = []
        self._events: list[Event] = []
        self._stopped: float | None = None
        self._closed = False

    # --- what can be read --------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """As of the session."""
        return self.session.closed

    @property
    def state(self) -> State:
        """As of the session."""
        return self.session.state

    # --- how it is moved ---------------------------------------------------------------------------------

    def start(self, now: Instant, account: SavedAccount | None = None, saved: SavedSession | None = None) -> None:
        """As :meth:`Session.start`."""
        self.account = account  # a store keeps what it has until the session tells of something new
        self._mover.start(now, account, saved)
        self._look(now)

    def stop(self, now: Instant) -> None:
        """As :meth:`Session.stop`."""
        self._stopped = now.monotonic if self._stopped is None else self._stopped
        self._mover.stop(now)
        self._look(now)

    def submit(
        self,
        command: Command,
        now: Instant,
        *,
        device: str | None = None,
        level: Level = Level.ACCEPTED,
        expert: bool = False,
    ) -> CommandId:
        """As :meth:`Session.submit`."""
        number: CommandId
        try:
            number = self._mover.submit(command, now, device=device, level=level, expert=expert)
        except NavienError as error:
            self.search(f"{error} {error!r}")
            self._look(now)
            raise
        if device is None:
            (known,) = self.session.devices
            device = known.mac
        self.commands.submitted(number, command, device, level, now)
        self._look(now)
        return number

    def cancel(self, number: CommandId, now: Instant) -> None:
        """As :meth:`Session.cancel`."""
        self._mover.cancel(number, now)
        if number in self.session_pending(now):
            raise Broken("commands", "a command that was cancelled has not ended")

    def session_pending(self, now: Instant) -> list[CommandId]:
        """The commands that have not ended, after what was said is heard."""
        self._look(now)
        return self.commands.pending

    def clear_queue(self, now: Instant) -> int:
        """As :meth:`Session.clear_queue`."""
        cleared: int = self._mover.clear_queue(now)
        self._look(now)
        if self.session.queued:
            raise Broken("commands", f"the queue was cleared, and {self.session.queued} commands wait in it")
        return cleared

    def handle(self, report: Input, now: Instant) -> None:
        """As :meth:`Session.handle`."""
        if self.left:
            return
        for rule in self._rules:
            rule.report(report, now)
        self._mover.handle(report, now)
        self._look(now)

    def handle_old(self, report: Input, now: Instant) -> None:
        """Hand in a report of a link or an exchange that is no more; it must change nothing."""
        if self.left:
            return
        before, state = self._mover.next_timer(), self.session.state
        self._mover.handle(report, now)
        self.inputs += 1
        said = [*self._mover.actions(), *self._mover.events()]
        if said or self._mover.next_timer() != before or self.session.state is not state:
            raise Broken("old numbers", f"{type(report).__name__} of the past changed something: {said!r}")

    def handle_timer(self, now: Instant) -> None:
        """As :meth:`Session.handle_timer`."""
        if self.left:
            return
        due = self._mover.next_timer()
        self._mover.handle_timer(now)
        self._look(now)
        again = self._mover.next_timer()
        if due is not None and again is not None and again <= now.monotonic:
            raise Broken("timers", "what was due is still due after it was acted on")

    def next_timer(self) -> float | None:
        """As :meth:`Session.next_timer`."""
        due: float | None = None if self.left else self._mover.next_timer()
        return due

    def actions(self) -> list[Action]:
        """As :meth:`Session.actions`."""
        actions, self._actions = self._actions, []
        return actions

    def events(self) -> list[Event]:
        """As :meth:`Session.events`."""
        events, self._events = self._events, []
        return events

    def leave(self) -> None:
        """The program was killed: it neither hears nor says anything any more."""
        self.left = True
        self._actions.clear()
        self._events.clear()

    def finish(self) -> None:
        """Look once more at what is looked at seldom, and play the transcript again."""
        self._measure()
        if self._recorder is None:
            return
        if self._recorder.problem is not None:
            raise Broken("replay", self._recorder.problem)
        played = replay(self.lines)
        if played.difference is not None:
            raise Broken("replay", f"{played.difference.sentence()}: {played.difference!r}")
        for line in self.lines:
            self.search(line)

    # --- how it is looked at -----------------------------------------------------------------------------

    def _look(self, now: Instant) -> None:
        self.inputs += 1
        self._moves += 1
        actions, events = self._mover.actions(), self._mover.events()
        over = self._closed  # before this move: the last one may still say what to drop
        sampled = self._thorough or self._moves % EVERY_SO_MANY == 0
        for event in events:
            if isinstance(event, MANY):
                self._hear(event, now)
            else:
                if self._closed:
                    raise Broken("closed", f"{type(event).__name__} was told after the end")
                for rule in self._rules_of_events:
                    rule.event(event, now)
                self._note(event)
                self.search(repr(event))
                error = getattr(event, "error", None)
                if isinstance(error, NavienError):
                    self.search(f"{error} {error!r} {error.__cause__!r}")
            if event.at is not now and event.at != now:
                raise Broken("events", f"{type(event).__name__} carries another instant than that of its move")
        if sampled:
            self.search("".join(map(repr, (*actions, *events))))
        for action in actions:
            for rule in self._rules:
                rule.action(action, now)
        if (over and actions) or (self._closed and self._mover.next_timer() is not None):
            raise Broken("closed", f"after the end there are {len(actions)} actions, or a timer")
        if self._stopped is not None and not self._closed and now.monotonic > self._stopped + CLOSES_WITHIN:
            raise Broken("closed", f"stopped, and not closed within {CLOSES_WITHIN:g} s")
        self.commands.overdue(now)
        if self._moves % 4096 == 0:
            self._measure()
        self._actions += actions
        self._events += events

    def _hear(self, event: Event, now: Instant) -> None:
        if self._closed:
            raise Broken("closed", f"{type(event).__name__} was told after the end")
        device = getattr(event, "device", None)
        message = getattr(event, "message", None)
        mac = getattr(message, "mac", None) if device is None else device.mac
        if isinstance(message, ControlFailure) and message.mac is not None:
            self.commands.refused(message.mac, message.code)
        if mac is not None:
            self.heard[mac] = now.monotonic

    def _note(self, event: Event) -> None:
        match event:
            case ev.AccountChanged():
                self.account = event.account
                tokens = event.account.tokens
                if tokens is not None:
                    credentials = (tokens.access_key_id, tokens.secret_key, tokens.session_token)
                    texts = (tokens.access_token, tokens.refresh_token, *credentials)
                    self._tokens += [text for text in texts if text and text not in self._tokens]
            case ev.CameBack():
                self.heard[event.device.mac] = event.at.monotonic
            case ev.SessionClosed():
                self._closed = True
                if self._stopped is None:
                    raise Broken("closed", f"the session gave up: {event.error!r}")

    def search(self, text: str) -> None:
        """Look for secrets in what is told."""
        for secret in (*self._secrets, *self._tokens):
            if secret in text:
                place = text.index(secret)
                raise Broken("secrets", f"a secret is told: …{text[max(0, place - 120) : place]}<here>")

    def _measure(self) -> None:
        most = MOST_ITEMS + MOST_ITEMS_A_DEVICE * len(self.session.devices)
        found = items(self.session)
        if found > most:
            raise Broken("memory", f"the session keeps {found} items, with {len(self.session.devices)} devices")
