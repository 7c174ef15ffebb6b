"""A transcript: everything that went into a session and came out of it, as lines of JSON, without secrets.

:class:`Recorder` stands between a driver and its session and writes as they move::

    header    {"transcript": 1, "navien": …, "json": …, "config": {…}, "random": […]}
    id        {"id": …}                        drawn by the session
    call      {"at": [s, utc], "do": "submit", "with": {…}}
    input     {"at": [s, utc], "in": "LinkLost", …}
    timer     {"at": [s, utc], "do": "handle_timer"}
    result    {"gave": …} or {"raised": {…}}   of the call or input above
    output    {"action": …, …} or {"event": …, …}
    alarm     {"timer": s}                     after outputs: when the next timer is due

Only the forms of inputs can be played again (:mod:`navien_proto.session.transcript_forms`); a replay makes the
outputs anew and compares (:mod:`navien_proto.session.transcript_replay`). An input with ``"also"`` came before
what the one above it caused was collected. ``docs/transcripts.md`` shows how to read one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.jsontext import ENGINE, dumps
from navien_proto.session.actions import Action
from navien_proto.session.config import SessionConfig
from navien_proto.session.events import CommandId, Event, Level, RequestId
from navien_proto.session.inputs import Input
from navien_proto.session.saved import SavedSession
from navien_proto.session.session import Session
from navien_proto.session.transcript_forms import Forms, instant_form
from navien_proto.session.transcript_outputs import action_form, error_form, event_form
from navien_proto.session.transcript_values import encode_value
from navien_proto.wire.commands import Command

if TYPE_CHECKING:
    from navien_proto.session.requests import Request

__all__ = ["SCHEMA", "Recorder", "keep_identity", "raised_form", "random_form"]

SCHEMA = 1
"""Of transcripts; grows when a replay of older ones becomes impossible."""


def random_form(rng: Random) -> list[Any]:
    """The state of a random generator as JSON."""
    version, numbers, gauss = rng.getstate()
    return [version, list(numbers), gauss]


def raised_form(error: BaseException, forms: Forms) -> dict[str, Any]:
    """The line of what a call or input raised."""
    return {"raised": error_form(error, forms)}


def keep_identity(session: Session, given: str | None, forms: Forms) -> None:
    """A client id the session made for itself is no secret, and a replay makes the same; a user's may say who."""
    if given is None:
        forms.names.keep("client", session.client_id)


class Recorder:
    """A session that is written down as it moves; drive it as one.

    What it costs is paid by whoever wants a transcript: a session alone knows nothing of it. Memory is bounded.
    The transcript never harms the session: should a line be impossible to write, ``problem`` says why, the last
    line says that it ends here, and the session goes on unrecorded.

    Args:
        config: as for a :class:`Session`.
        rng: as for a :class:`Session`; only a ``Random`` whose state can be read will do.
        new_id: as for a :class:`Session`.
        write: takes each line, without a line break; it must neither wait nor raise.
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        rng: Random,
        new_id: Callable[[], str],
        write: Callable[[str], None],
    ) -> None:
        from navien_proto import __version__

        self._write: Callable[[str], None] | None = write
        self._new_id = new_id
        self._forms = Forms()
        self._password = config.password
        self._now: Instant | None = None
        self._collected = True
        self._said = False
        self.problem: str | None = None
        self._line(
            lambda: {
                "transcript": SCHEMA,
                "navien": __version__,
                "json": ENGINE.name,
                "config": encode_value(self._forms.config(config)),
                "random": random_form(rng),
            }
        )
        self.session = Session(config, rng=rng, new_id=self._draw)
        self._given_id = config.client_id
        keep_identity(self.session, self._given_id, self._forms)

    # --- the application ---------------------------------------------------------------------------------

    def start(self, now: Instant, account: SavedAccount | None = None, saved: SavedSession | None = None) -> None:
        """As :meth:`Session.start`."""
        self._call(
            "start",
            now,
            lambda: self.session.start(now, account, saved),
            lambda: {
                "account": self._forms.account(account, self._password),
                "saved": self._forms.saved(saved),
            },
        )

    def stop(self, now: Instant) -> None:
        """As :meth:`Session.stop`."""
        self._call("stop", now, lambda: self.session.stop(now))

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
        command_id: CommandId = self._call(
            "submit",
            now,
            lambda: self.session.submit(command, now, device=device, level=level, expert=expert),
            lambda: encode_value(
                {"command": command, "mac": device, "level": level, "expert": expert}, self._forms.keyed
            ),
        )
        return command_id

    def cancel(self, command_id: CommandId, now: Instant) -> None:
        """As :meth:`Session.cancel`."""
        self._call("cancel", now, lambda: self.session.cancel(command_id, now), lambda: {"id": command_id})

    def clear_queue(self, now: Instant) -> int:
        """As :meth:`Session.clear_queue`."""
        cleared: int = self._call("clear_queue", now, lambda: self.session.clear_queue(now))
        return cleared

    def request(self, request: Request, now: Instant, *, device: str | None = None) -> RequestId:
        """As :meth:`Session.request`."""

        def given() -> dict[str, Any]:
            from navien_proto.session.transcript_requests import request_form

            return request_form(request, device, self._forms)

        move = partial(self.session.request, request, now, device=device)
        number: RequestId = self._call("request", now, move, given)
        return number

    def withdraw(self, number: RequestId, now: Instant) -> None:
        """As :meth:`Session.withdraw`."""
        self._call("withdraw", now, lambda: self.session.withdraw(number, now), lambda: {"id": number})

    # --- the driver --------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """As :attr:`Session.closed`."""
        return self.session.closed

    def handle(self, report: Input, now: Instant) -> None:
        """As :meth:`Session.handle`."""
        self._move(now, lambda: self.session.handle(report, now), lambda: self._forms.input(report))

    def handle_timer(self, now: Instant) -> None:
        """As :meth:`Session.handle_timer`."""
        self._call("handle_timer", now, lambda: self.session.handle_timer(now))

    def next_timer(self) -> float | None:
        """As :meth:`Session.next_timer`; not written, the call that follows is."""
        return self.session.next_timer()

    def actions(self) -> list[Action]:
        """As :meth:`Session.actions`."""
        actions = self.session.actions()
        for action in actions:
            self._line(partial(action_form, action, self._forms))
        self._said = self._said or bool(actions)
        return actions

    def events(self) -> list[Event]:
        """As :meth:`Session.events`."""
        events = self.session.events()
        for event in events:
            self._line(partial(event_form, event, self._forms, self._now))
        if self._said or events:
            self._line(lambda: {"timer": self.session.next_timer()})
        self._said, self._collected = False, True
        return events

    # --- how it is written -------------------------------------------------------------------------------

    def _draw(self) -> str:
        drawn = self._new_id()
        self._line(lambda: {"id": drawn})
        return drawn

    def _call(
        self, name: str, now: Instant, move: Callable[[], Any], given: Callable[[], dict[str, Any]] | None = None
    ) -> Any:
        return self._move(now, move, lambda: {"do": name, **({} if given is None else {"with": given()})})

    def _move(self, now: Instant, move: Callable[[], Any], form: Callable[[], dict[str, Any]]) -> Any:
        """Write what goes in, let it, and write what came back."""
        also = {} if self._collected else {"also": True}
        self._now, self._collected = now, False
        self._line(lambda: {"at": instant_form(now), **form(), **also})
        try:
            result = move()
        except Exception as error:
            # A refused command; or a bug, and then the transcript is what finds it.
            self._line(partial(raised_form, error, self._forms))
            raise
        keep_identity(self.session, self._given_id, self._forms)
        if result is not None:
            self._line(lambda: {"gave": result})
        return result

    def _line(self, form: Callable[[], dict[str, Any]]) -> None:
        if self._write is None:
            return
        try:
            line = dumps(form()).decode()
        except Exception as error:  # noqa: BLE001 (a session must not die of its transcript)
            sentence = str(error) if isinstance(error, NavienError) else type(error).__name__
            self.problem = f"the transcript ends early: {sentence}"
            line = dumps({"ended": sentence}).decode()
            self._write(line)
            self._write = None
        else:
            self._write(line)
