"""Where commands are handed in, sent, matched with their answers, and handed back.

How a command goes. It waits in the outbox until it may be sent; an answer, a refusal or a deadline ends it, and
exactly one event tells. Two kinds take longer: one that shall be *applied* stays after its acknowledgement until a
message shows it (:mod:`navien_proto.session.applied`), and an *edit* reads, writes, and is confirmed by the echo
(:mod:`navien_proto.session.editing`). While it does, no other control of its device is sent, so that two edits
cannot cross.
"""

from __future__ import annotations

from attrs import evolve

from navien_proto.errors import (
    CommandCancelled,
    CommandError,
    CommandExpired,
    CommandRefused,
    UsageError,
)
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import REFUSED, Connection
from navien_proto.mqtt.notices import PublishSettled
from navien_proto.session.applied import Wish, Wishes, read_back
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.editing import Editing
from navien_proto.session.endings import TOO_CLOSE, refusal, too_late
from navien_proto.session.events import (
    AnswerMissed,
    CommandApplied,
    CommandConfirmed,
    CommandFailed,
    CommandId,
    CommandNotApplied,
    Event,
    Level,
)
from navien_proto.session.gateway import Gateway
from navien_proto.session.identity import Identity
from navien_proto.session.outbox import Entry, Outbox, QueuedCommand, Stage
from navien_proto.session.recorder import Durations
from navien_proto.session.steps import Edit
from navien_proto.wire.commands import Command, ReplyForm
from navien_proto.wire.messages import ControlFailure, Message, RequestSeen, StatusMessage

__all__ = ["Desk"]

# The pause before what came too close together is repeated, once.
REFUSED_PAUSE = 5.0
# What runs follows its acknowledgement by 1 to 15 s (mqtt.md section 10): asked soon, and then now and again.
FIRST_READ_BACK, NEXT_READ_BACK = 3.0, 10.0
# A wish that is held back is held for a window of time of use; those come every day.
LONGEST_HELD = 86400.0


class Desk:
    """Every submitted command, from ``hand_in`` to exactly one event.

    ``events`` and ``deadlines`` are the session's own. ``homes`` are the numbers whose app-form topics are
    subscribed.
    """

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        gateway: Gateway,
        identity: Identity,
        events: list[Event],
        deadlines: Deadlines,
    ) -> None:
        self._config = config
        self._connection = connection
        self._identity = identity
        self._events = events
        self._deadlines = deadlines
        self._outbox = Outbox(config.queue_limit)
        self._wishes = Wishes()
        self._editing = Editing(self._outbox, gateway)
        self._last_id = 0
        self._last_session_id = 0
        self.homes: tuple[int, ...] = ()
        self.round_trips = Durations()

    # --- what waits --------------------------------------------------------------------------------------

    @property
    def waiting(self) -> tuple[QueuedCommand, ...]:
        """The callers' commands that wait to be sent, first in first."""
        return tuple(QueuedCommand(e.id, e.device, e.command, e.submitted) for e in self._outbox.waiting())

    def polling(self, device: Device, command: Command) -> bool:
        """Whether a poll of the session's own for that device is already on its way."""
        return any(e.own and e.device.mac == device.mac and e.command == command for e in self._outbox)

    # --- in and out --------------------------------------------------------------------------------------

    def hand_in(
        self, command: Command, device: Device, now: Instant, *, level: Level = Level.ACCEPTED, own: bool = False
    ) -> CommandId:
        """Take a command; the oldest waiting one makes room, and its caller is told.

        Raises:
            UsageError: it cannot be put into a message.
        """
        if not own:
            self._try(command, device)
        if command.reply_kind is None:
            level = Level.SENT  # nobody answers it
        asks = command.question() or command if isinstance(command, Edit) else command
        self._last_id += 1
        entry = Entry(CommandId(self._last_id), device, command, level, now, asks, own)
        dropped = self._outbox.add(entry)
        if dropped is not None:
            self._fail(dropped, CommandExpired("the queue is full; the oldest command was dropped"), now)
        self._deadlines.set((Timer.EXPIRE, entry.id), now.monotonic + self._config.queue_expiry)
        return entry.id

    def _try(self, command: Command, device: Device) -> None:
        """Find out now, and not when it is sent, that a command cannot be written."""
        if command.reply_form is ReplyForm.APP and command.user_seq != 0:
            raise UsageError("user_seq must be left out: a session listens to its own number")
        if not isinstance(command, Edit):
            command.to_envelope(device, self._identity.client_id, "0000000000000")

    def send_due(self, now: Instant) -> None:
        """Send what may be sent now; call while the connection is ready."""
        if not len(self._outbox):
            return
        for entry in self._outbox.sendable(now.monotonic):
            self._deadlines.cancel((Timer.EXPIRE, entry.id))
            if isinstance(entry.asks, Edit):
                error = self._editing.ask_cloud(entry, now)
                if error is not None:
                    self._fail(entry, error, now)
                continue
            session_id = self._session_id(now)
            envelope = entry.asks.to_envelope(self._addressed(entry), self._identity.client_id, session_id)
            publish = self._connection.publish(envelope.topic, envelope.payload, envelope.qos, now)
            self._outbox.sent(entry, session_id, publish, now.monotonic)
            if entry.level is Level.SENT and envelope.qos == 0 and not entry.reading:
                self._confirm(entry, Level.SENT, now)
            else:
                self._deadlines.set((Timer.REPLY, entry.id), now.monotonic + self._config.reply_timeout)
        pause = self._outbox.paced_until(now.monotonic)
        if pause is not None:
            self._deadlines.set((Timer.PACE, 0), pause)

    def _addressed(self, entry: Entry) -> Device:
        """The device, its answers in the app's form asked for where we listen: the number is not checked."""
        device = entry.device
        if entry.asks.reply_form is not ReplyForm.APP or (device.home_seq or 0) in self.homes:
            return device
        return evolve(device, home_seq=self.homes[0] if self.homes else 0)

    # --- what comes back ---------------------------------------------------------------------------------

    def answered(self, message: Message, now: Instant) -> None:
        """A message of one of our devices came: hand back the command it ends, if any."""
        if isinstance(message, ControlFailure):
            self._refused(message, now)
            return
        self._editing.heard(message)
        if len(self._wishes):
            self._applied(message, now)
        entry = self._outbox.answered(message)
        if entry is None:
            return
        self.round_trips.add(now.monotonic - entry.sent_at)
        if entry.command is not entry.asks:
            self._step(entry, message, now)
        elif entry.asks.is_control and not isinstance(message, StatusMessage):
            self._written(entry, message, now)
        else:
            self._accept(entry, message, now)

    def seen(self, request: RequestSeen) -> None:
        """A request passed by; that of another client may spoil an edit."""
        if request.client_id != self._identity.client_id:
            self._editing.disturb(request)

    def cloud_answered(self, number: int, answer: object, now: Instant) -> None:
        """What an edit asked of the cloud: a plan, or the error in its place."""
        entry = self._outbox.get(CommandId(number))
        if entry is not None and entry.stage is Stage.SENT:
            self._step(entry, answer, now)

    def _step(self, entry: Entry, answer: object, now: Instant) -> None:
        """An edit got the answer to its reading, or the echo of its write."""
        try:
            ended = self._editing.step(entry, answer)
        except CommandError as error:
            self._fail(entry, error, now)
            return
        if ended is not None:
            self._accept(entry, ended, now)
        else:
            # Read again, or write now: it goes with the next settling, and does not wait for ever.
            self._deadlines.cancel((Timer.REPLY, entry.id))
            self._wait(entry, now)

    def _written(self, entry: Entry, message: Message, now: Instant) -> None:
        """The device answered a write, under its own session id or by its content."""
        if entry.asks.answered_by(message) is False:
            self._fail(entry, self._editing.mismatch(entry, message), now)
        else:
            self._accept(entry, message, now)

    def _accept(self, entry: Entry, message: Message | None, now: Instant) -> None:
        """The device took the command, as ``message`` shows (``None``: there was nothing to do)."""
        replaced = self._wishes.take_over(entry)
        if replaced is not None:
            self._give_up(replaced, "another command took its place", now)
        if isinstance(message, StatusMessage) and not entry.asks.shown_by(message.status):
            self._confirm(entry, Level.ACCEPTED, now, message, held=True)
            self._hold(entry, now)
        elif entry.level is Level.APPLIED and message is not None and read_back(entry.asks) is not None:
            self._deadlines.cancel((Timer.REPLY, entry.id))
            self._outbox.accepted(entry, message)
            self._wishes.add(entry, held=False)
            self._deadlines.set((Timer.APPLY, entry.id), now.monotonic + self._config.applied_timeout)
            self._deadlines.set((Timer.READ_BACK, entry.id), now.monotonic + FIRST_READ_BACK)
        else:
            self._confirm(entry, Level.ACCEPTED, now, message)

    def _refused(self, message: ControlFailure, now: Instant) -> None:
        entry = self._outbox.refused(message)
        if entry is None:
            return
        if message.code == TOO_CLOSE:
            self._outbox.pause(entry, now.monotonic + REFUSED_PAUSE)
            if not entry.retries:
                entry.retries += 1
                self._deadlines.cancel((Timer.REPLY, entry.id))
                self._outbox.again(entry)
                self._wait(entry, now)
                return
        self._fail(entry, refusal(message), now)

    def settled(self, notice: PublishSettled, now: Instant) -> None:
        """A QoS 1 publish was acknowledged or refused (``None``: lost with its link, see ``link_down``)."""
        entry = self._outbox.of_publish(notice.id) if notice.code is not None else None
        if entry is None or notice.code is None:
            return
        if notice.code >= REFUSED:
            error = CommandRefused(f"the broker refused the command with code {notice.code:#x}", code=notice.code)
            self._fail(entry, error, now)
        elif entry.level is Level.SENT and not entry.reading:
            self._confirm(entry, Level.SENT, now)

    # --- wishes ------------------------------------------------------------------------------------------

    def _applied(self, message: Message, now: Instant) -> None:
        for wish in self._wishes.shown_in(message):
            entry = wish.entry
            if wish.held:
                self._deadlines.cancel((Timer.APPLY, entry.id))
                self._events.append(CommandApplied(now, entry.id, entry.device, entry.command, message))
            else:
                self._confirm(entry, Level.APPLIED, now, message)

    def _hold(self, entry: Entry, now: Instant) -> None:
        self._wishes.add(entry, held=True)
        self._deadlines.set((Timer.APPLY, entry.id), now.monotonic + LONGEST_HELD)

    def _give_up(self, wish: Wish, reason: str, now: Instant) -> None:
        """Nobody will see that wish applied."""
        entry = wish.entry
        if not wish.held:
            self._confirm(entry, Level.ACCEPTED, now, entry.message, held=True)
        self._wishes.drop(entry)
        self._deadlines.cancel((Timer.APPLY, entry.id))
        self._events.append(CommandNotApplied(now, entry.id, entry.device, entry.command, reason))

    def not_applied(self, command_id: CommandId, now: Instant) -> None:
        """The time to see a wish applied is over."""
        wish = self._wishes.get(command_id)
        if wish is None:
            return
        if wish.held:
            self._give_up(wish, "it was held back for a day", now)
        else:
            entry = wish.entry
            self._confirm(entry, Level.ACCEPTED, now, entry.message, held=True)
            self._hold(entry, now)

    def read_back(self, command_id: CommandId, now: Instant) -> None:
        """Look whether a wish is applied."""
        entry = self._outbox.get(command_id)
        question = None if entry is None or entry.stage is not Stage.ACCEPTED else read_back(entry.asks)
        if entry is None or question is None:
            return
        if self._connection.ready and not self.polling(entry.device, question):
            self.hand_in(question, entry.device, now, own=True)
        self._deadlines.set((Timer.READ_BACK, entry.id), now.monotonic + NEXT_READ_BACK)

    # --- when it does not go well ------------------------------------------------------------------------

    def link_down(self, now: Instant) -> None:
        """The link is gone: what only asks asks again, polls are dropped, controls wait for their time-out.

        A control is never repeated: nobody knows whether the device has it (``docs/protocol/mqtt.md`` section 4).
        """
        for entry in self._outbox:
            if entry.own:
                self._drop(entry)
            elif entry.stage is Stage.ACCEPTED or (entry.stage is Stage.SENT and entry.asks.is_control):
                continue
            else:
                self._editing.start_over(entry)
                self._outbox.requeue(entry)
                self._deadlines.cancel((Timer.REPLY, entry.id))
                if self._config.queue:
                    self._wait(entry, now)
                else:
                    error = CommandExpired("the connection was lost, and queueing commands is off; not sent")
                    self._fail(entry, error, now)

    def _wait(self, entry: Entry, now: Instant) -> None:
        expiry = max(now.monotonic, entry.submitted.monotonic + self._config.queue_expiry)
        self._deadlines.set((Timer.EXPIRE, entry.id), expiry)

    def overdue(self, command_id: CommandId, now: Instant) -> None:
        """No answer came in time."""
        entry = self._outbox.get(command_id)
        if entry is None:
            return
        if entry.own:
            self._drop(entry)
            self._events.append(AnswerMissed(now, entry.device))
        else:
            self._fail(entry, too_late(entry, self._config.reply_timeout), now)

    def expired(self, command_id: CommandId, now: Instant) -> None:
        """A command waited too long to be sent."""
        entry = self._outbox.get(command_id)
        if entry is not None and entry.stage is Stage.QUEUED:
            error = CommandExpired(f"the command waited {self._config.queue_expiry:g} s to be sent; not sent")
            self._fail(entry, error, now)

    def cancel(self, command_id: CommandId, sentence: str, now: Instant) -> None:
        """Withdraw a command; unknown ids do nothing."""
        entry = self._outbox.get(command_id)
        if entry is not None:
            self._fail(entry, CommandCancelled(sentence), now)

    def cancel_all(self, sentence: str, now: Instant) -> None:
        """Withdraw everything."""
        for entry in self._outbox:
            self._fail(entry, CommandCancelled(sentence), now)
        for wish in self._wishes.all():
            self._give_up(wish, sentence, now)

    # --- the end -----------------------------------------------------------------------------------------

    def _confirm(
        self, entry: Entry, level: Level, now: Instant, message: Message | None = None, *, held: bool = False
    ) -> None:
        self._drop(entry)
        if not entry.own:
            confirmed = CommandConfirmed(now, entry.id, entry.device, entry.command, level, message, held)
            self._events.append(confirmed)

    def _fail(self, entry: Entry, error: CommandError, now: Instant) -> None:
        self._drop(entry)
        if not entry.own:
            self._events.append(CommandFailed(now, entry.id, entry.device, entry.command, error))

    def _drop(self, entry: Entry) -> None:
        self._outbox.remove(entry)
        self._wishes.drop(entry)
        for timer in (Timer.REPLY, Timer.EXPIRE, Timer.APPLY, Timer.READ_BACK):
            self._deadlines.cancel((timer, entry.id))

    def _session_id(self, now: Instant) -> str:
        # The app's form: milliseconds as decimal text, made different for each request (mqtt.md section 6).
        self._last_session_id = max(self._last_session_id + 1, int(now.utc.timestamp() * 1000))
        return str(self._last_session_id)
