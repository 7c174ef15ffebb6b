"""Playing a transcript again: the same inputs into a new session, and its outputs beside those that were written.

``replay`` tells the first difference. There is none unless the session's code has changed since, depends on
something that is no input, or the transcript was tampered with.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from random import Random
from typing import Any, NoReturn

from attrs import frozen

from navien_proto.errors import NavienError, UsageError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps
from navien_proto.session.config import SessionConfig
from navien_proto.session.events import CommandId, Level, RequestId
from navien_proto.session.saved import SavedSession
from navien_proto.session.session import Session
from navien_proto.session.transcript import SCHEMA, keep_identity, raised_form
from navien_proto.session.transcript_forms import Forms, account_from, input_from, instant_from, member
from navien_proto.session.transcript_outputs import action_form, event_form
from navien_proto.session.transcript_values import decode_value, encode_value
from navien_proto.wire.commands import Command

__all__ = ["Difference", "Line", "Replayed", "lines_of", "replay"]

# A message of 256 KiB makes the longest line there can be; what is longer is no transcript.
LONGEST_LINE = 4 << 20

Form = dict[str, Any]


@frozen(kw_only=True)
class Line:
    """One line: its number, counted from 1, and what stands in it."""

    number: int
    form: Form


@frozen(kw_only=True)
class Difference:
    """Where a replay first differs.

    ``line`` is the line that was expected, ``after`` the line of the input played last, with what it was.
    ``expected`` and ``got`` are lines of JSON; ``None`` when there was nothing.
    """

    line: int
    after: int
    input: str
    expected: str | None
    got: str | None

    def sentence(self) -> str:
        """One sentence for a person."""
        if self.expected is None:
            what = "the session says more than was written"
        else:
            what = "the session says nothing more" if self.got is None else "the session says something else"
        return f"line {self.line}, after {self.input} (line {self.after}): {what}"


@frozen(kw_only=True)
class Replayed:
    """How a replay went.

    ``inputs`` and ``outputs`` count what was played and compared. ``cut`` is true when the last line is not
    whole: the recording program was killed, and everything before it counts. ``ended`` says why a recording
    ended before its session, if it did. ``version`` and ``engine`` are those of the recording.
    """

    inputs: int
    outputs: int
    cut: bool
    ended: str | None
    version: str
    engine: str
    difference: Difference | None


def lines_of(source: Iterable[str | bytes]) -> Iterator[Line]:
    """The lines of a transcript one by one; ends before a last line that is not whole.

    Raises:
        UsageError: a line is no JSON object; the sentence has its number.
    """
    broken: UsageError | None = None
    for number, raw in enumerate(source, 1):
        if broken is not None:
            raise broken
        try:
            form = _parsed(raw)
        except UsageError as error:
            # Only when another line follows is it more than the end of a program that was killed.
            broken = UsageError(f"line {number}: {error}")
            if number == 1:
                raise broken from None
            continue
        yield Line(number=number, form=form)
    if broken is not None:
        yield Line(number=number, form={"cut": True})


def _parsed(raw: str | bytes) -> Form:
    if len(raw) > LONGEST_LINE:
        raise UsageError(f"longer than {LONGEST_LINE} bytes")
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        form = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UsageError("not JSON") from None
    if not isinstance(form, dict):
        raise UsageError("not a JSON object")
    return form


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def replay(lines: Iterable[str | bytes]) -> Replayed:
    """Play the transcript of these ``lines`` and compare, up to the first difference.

    Raises:
        UsageError: it is no transcript, one of another schema, or a line of it cannot be understood; the
            sentence has the number of the line.
    """
    player: _Player | None = None
    for line, ids in _with_ids(lines_of(lines)):
        try:
            if player is None:
                player = _Player(line, ids)
            else:
                player.take(line, ids)
        except _Differs:
            break
        except NavienError as error:
            raise UsageError(f"line {line.number}: {error}") from None
        if player.over:
            break
    if player is None:
        raise UsageError("this is no transcript: it is empty")
    player.finish()
    return player.result()


def _with_ids(lines: Iterable[Line]) -> Iterator[tuple[Line, deque[Line]]]:
    """Each line with the ids that were drawn while it was taken, which stand below it."""
    held: Line | None = None
    ids: deque[Line] = deque()
    for line in lines:
        if held is not None and line.form.keys() == {"id"}:
            ids.append(line)
            continue
        if held is not None:
            yield held, ids
        held, ids = line, deque()
    if held is not None:
        yield held, ids


class _Differs(Exception):
    """The first difference was found."""


class _Player:
    """A session that hears again what was written. ``over`` when there is nothing more to play."""

    def __init__(self, header: Line, ids: deque[Line]) -> None:
        form = header.form
        if form.get("transcript") != SCHEMA:
            found = form.get("transcript")
            if isinstance(found, int):
                raise UsageError(f"this transcript has schema {found}, and this version plays schema {SCHEMA}")
            raise UsageError("this is no transcript: its first line has no schema")
        self._version, self._engine = member(form, "navien", str), member(form, "json", str)
        config = decode_value(member(form, "config", dict))
        if not isinstance(config, SessionConfig):
            raise UsageError("config: expected the settings of a session")
        self._forms = Forms()
        # Cleaned once more, which changes nothing, so that stand-ins are given in the order they were.
        self._config = self._forms.config(config)
        self._ids = ids
        self._line = self._after = header
        self._now: Instant | None = None
        self._collected = True
        self._result: Form | None = None
        self._actions: deque[Form] = deque()
        self._events: deque[Form] = deque()
        self._inputs = self._outputs = 0
        self._cut = False
        self._ended: str | None = None
        self._difference: Difference | None = None
        self.over = False
        rng = _random(form.get("random"))
        try:
            self._session = Session(config, rng=rng, new_id=self._draw)
        except _Differs:
            raise UsageError("the id that the session draws at its birth is missing") from None
        keep_identity(self._session, config.client_id, self._forms)

    def take(self, line: Line, ids: deque[Line]) -> None:
        """Play or compare one line."""
        form = line.form
        self._line = line
        if "cut" in form:
            self._cut = self.over = True
        elif "ended" in form:
            self._ended, self.over = member(form, "ended", str), True
        elif "at" in form:
            if not form.get("also"):
                self._nothing_left()
            self._ids = ids
            self._play(form)
        elif ids:
            raise UsageError("an id is drawn while an input or a call is taken, and this is none")
        else:
            self._compare(form)

    def finish(self) -> None:
        """There are no more lines: nothing may be left to say."""
        if self._difference is None and not self._cut and self._ended is None:
            self._line = Line(number=self._line.number + 1, form={})
            with suppress(_Differs):
                self._nothing_left()

    def result(self) -> Replayed:
        """How it went."""
        return Replayed(
            inputs=self._inputs,
            outputs=self._outputs,
            cut=self._cut,
            ended=self._ended,
            version=self._version,
            engine=self._engine,
            difference=self._difference,
        )

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self, form: Form) -> None:
        self._after = self._line
        self._inputs += 1
        now = self._now = instant_from(form)
        if "in" in form:
            report = input_from(form)
            self._forms.input(report)
            self._move(lambda: self._session.handle(report, now))
        else:
            self._move(self._called(form, now))
        keep_identity(self._session, self._config.client_id, self._forms)
        if self._ids:
            self._differs(_text(self._ids[0].form), None)

    def _move(self, move: Callable[[], Any]) -> None:
        try:
            gave = move()
        except _Differs:
            raise
        except Exception as error:  # noqa: BLE001 (what was raised is compared, bugs included)
            self._result = raised_form(error, self._forms)
        else:
            self._result = None if gave is None else {"gave": gave}

    def _called(self, form: Form, now: Instant) -> Callable[[], Any]:
        session = self._session
        given: Form = member(form, "with", dict) if "with" in form else {}
        match member(form, "do", str):
            case "start":
                account = account_from(member(given, "account", dict, type(None)), self._config.password)
                found = member(given, "saved", dict, type(None))
                saved = None if found is None else SavedSession.from_dict(found)
                self._forms.account(account, self._config.password)
                self._forms.saved(saved)
                return lambda: session.start(now, account, saved)
            case "stop":
                return lambda: session.stop(now)
            case "submit":
                asked = decode_value(given)
                if not isinstance(asked, dict):
                    raise UsageError("with: expected a command and its level")
                encode_value(asked, self._forms.keyed)
                command, level = asked.get("command"), asked.get("level")
                if not isinstance(command, Command) or not isinstance(level, Level):
                    raise UsageError("with: expected a command and its level")
                mac, expert = asked.get("mac"), asked.get("expert") is True
                return lambda: session.submit(command, now, device=mac, level=level, expert=expert)
            case "cancel":
                command_id = CommandId(member(given, "id", int))
                return lambda: session.cancel(command_id, now)
            case "request":
                from navien_proto.session.transcript_requests import request_from

                wanted, heater = request_from(given)
                self._forms.keyed("mac", heater or "")
                return lambda: session.request(wanted, now, device=heater)
            case "withdraw":
                number = RequestId(member(given, "id", int))
                return lambda: session.withdraw(number, now)
            case "clear_queue":
                return lambda: session.clear_queue(now)
            case "handle_timer":
                return lambda: session.handle_timer(now)
        raise UsageError("do: this version knows no such call")

    def _draw(self) -> str:
        if not self._ids:
            self._differs(None, '{"id":…}')
        return str(member(self._ids.popleft().form, "id", str))

    # --- comparing ---------------------------------------------------------------------------------------

    def _compare(self, form: Form) -> None:
        self._outputs += 1
        if "gave" in form or "raised" in form:
            got, self._result = self._result, None
        elif "action" in form:
            self._collect()
            got = self._actions.popleft() if self._actions else None
        elif "event" in form:
            self._collect()
            got = self._events.popleft() if self._events else None
        elif "timer" in form:
            self._nothing_left()
            got = {"timer": self._session.next_timer()}
        else:
            raise UsageError("this is neither an input nor an output")
        # As text: JSON has no tuples, and 1 is not 1.0 nor true.
        if got is None or _text(got) != _text(form):
            self._differs(_text(form), None if got is None else _text(got))

    def _collect(self) -> None:
        forms = self._forms
        self._actions.extend(action_form(action, forms) for action in self._session.actions())
        self._events.extend(event_form(event, forms, self._now) for event in self._session.events())

    def _nothing_left(self) -> None:
        """Everything the session has said by now must have been written."""
        self._collect()
        left = ([self._result] if self._result else []) + [*self._actions, *self._events]
        if left:
            self._differs(None, _text(left[0]))

    def _differs(self, expected: str | None, got: str | None) -> NoReturn:
        form = self._after.form
        played = str(form.get("in") or form.get("do") or "the header")
        self._difference = Difference(
            line=self._line.number, after=self._after.number, input=played, expected=expected, got=got
        )
        self.over = True
        raise _Differs


def _text(form: Mapping[str, Any]) -> str:
    return dumps(form).decode()


def _random(state: object) -> Random:
    rng = Random()
    try:
        match state:
            case [int(version), list(numbers), gauss]:
                rng.setstate((version, tuple(numbers), gauss))
                return rng
    except (TypeError, ValueError, OverflowError):
        pass
    raise UsageError("random: expected the state of a random generator")
