"""Where commands are handed in, sent, matched with their answers, and handed back."""

from __future__ import annotations

from navien_proto.errors import (
    CommandCancelled,
    CommandError,
    CommandExpired,
    CommandRefused,
    CommandTimedOut,
)
from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import REFUSED, Connection
from navien_proto.mqtt.notices import PublishSettled
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines, Timer
from navien_proto.session.events import (
    AnswerMissed,
    CommandConfirmed,
    CommandFailed,
    CommandId,
    Event,
    Level,
)
from navien_proto.session.outbox import Entry, Outbox, Stage
from navien_proto.wire.commands import Command
from navien_proto.wire.messages import ControlFailure, Message, StatusMessage

__all__ = ["Desk"]


class Desk:
    """Every submitted command, from ``hand_in`` to exactly one event.

    ``events`` and ``deadlines`` are the session's own.
    """

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        client_id: str,
        events: list[Event],
        deadlines: Deadlines,
    ) -> None:
        self._config = config
        self._connection = connection
        self._client_id = client_id
        self._events = events
        self._deadlines = deadlines
        self._outbox = Outbox(config.queue_limit)
        self._last_id = 0
        self._last_session_id = 0

    @property
    def waiting(self) -> list[Entry]:
        """The callers' commands that wait to be sent, first in first."""
        return [entry for entry in self._outbox.queued() if not entry.own]

    def hand_in(
        self, command: Command, device: Device, now: Instant, *, level: Level = Level.ACCEPTED, own: bool = False
    ) -> CommandId:
        """Take a command; the oldest waiting one makes room, and its caller is told."""
        self._last_id += 1
        entry = Entry(CommandId(self._last_id), device, command, level, now, own)
        dropped = self._outbox.add(entry)
        if dropped is not None:
            self._fail(dropped, CommandExpired("the queue is full; the oldest command was dropped"), now)
        self._deadlines.set((Timer.EXPIRE, entry.id), now.monotonic + self._config.queue_expiry)
        return entry.id

    def polling(self, device: Device, command: Command) -> bool:
        """Whether a poll of the session's own for that device is already on its way."""
        return any(e.own and e.device.mac == device.mac and e.command == command for e in self._outbox)

    def send_due(self, now: Instant) -> None:
        """Send what may be sent now; call while the connection is ready."""
        for entry in self._outbox.sendable(now.monotonic):
            session_id = self._session_id(now)
            envelope = entry.command.to_envelope(entry.device, self._client_id, session_id)
            publish = self._connection.publish(envelope.topic, envelope.payload, envelope.qos, now)
            self._outbox.sent(entry, session_id, publish, now.monotonic)
            self._deadlines.cancel((Timer.EXPIRE, entry.id))
            if entry.level is Level.SENT and envelope.qos == 0:
                self._confirm(entry, Level.SENT, now)
            else:
                self._deadlines.set((Timer.REPLY, entry.id), now.monotonic + self._config.reply_timeout)
        pause = self._outbox.paced_until()
        if pause is not None and pause > now.monotonic:
            self._deadlines.set((Timer.PACE, 0), pause)

    def answered(self, message: Message, now: Instant) -> None:
        """A message came: hand back the command it ends, if any."""
        if isinstance(message, ControlFailure):
            refused = self._outbox.refused(message)
            if refused is not None:
                self._fail(refused, Outbox.refusal(message), now)
            return
        entry = self._outbox.answered(message)
        if entry is not None:
            held = isinstance(message, StatusMessage) and not entry.command.shown_by(message.status)
            self._confirm(entry, Level.ACCEPTED, now, message, held=held)

    def settled(self, notice: PublishSettled, now: Instant) -> None:
        """A QoS 1 publish was acknowledged or refused (``None``: lost with its link, see ``link_down``)."""
        entry = self._outbox.of_publish(notice.id) if notice.code is not None else None
        if entry is None or notice.code is None:
            return
        if notice.code >= REFUSED:
            error = CommandRefused(f"the broker refused the command with code {notice.code:#x}", code=notice.code)
            self._fail(entry, error, now)
        elif entry.level is Level.SENT:
            self._confirm(entry, Level.SENT, now)

    def link_down(self, now: Instant) -> None:
        """The link is gone: queries of callers ask again, polls are dropped, controls wait for their time-out.

        A control is never repeated: nobody knows whether the device has it (``docs/protocol/mqtt.md`` section 4).
        """
        for entry in self._outbox:
            if entry.own:
                self._drop(entry)
            elif entry.stage is Stage.SENT and not entry.command.is_control:
                self._outbox.requeue(entry)
                self._deadlines.cancel((Timer.REPLY, entry.id))
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
            return
        what = "it may still have been obeyed" if entry.command.is_control else "the device may be off line"
        error = CommandTimedOut(f"no answer from the device in {self._config.reply_timeout:g} s; {what}")
        self._fail(entry, error, now)

    def expired(self, command_id: CommandId, now: Instant) -> None:
        """A command waited too long for a connection."""
        entry = self._outbox.get(command_id)
        if entry is not None and entry.stage is Stage.QUEUED:
            error = CommandExpired(
                f"the command waited {self._config.queue_expiry:g} s for a connection; not sent"
            )
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
        self._deadlines.cancel((Timer.REPLY, entry.id))
        self._deadlines.cancel((Timer.EXPIRE, entry.id))

    def _session_id(self, now: Instant) -> str:
        # The app's form: milliseconds as decimal text, made different for each request (mqtt.md section 6).
        self._last_session_id = max(self._last_session_id + 1, int(now.utc.timestamp() * 1000))
        return str(self._last_session_id)
