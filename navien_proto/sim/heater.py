"""The simulated NWP500: the unit of `navien_proto.sim.unit` with the message habits of a real one.

Theory of operation. A heater has a clock of its own, in seconds since it was switched on; nobody reads another.
Move it with ``advance``, give it requests with ``receive``, collect what it published with ``take``, and come
back at ``next_wake`` or whenever you like: where you stop on the way makes no difference to what it does.

What it says (``docs/protocol/device_model.md`` 9, 10 and 12):

- The answer to a request goes to the topic the request named. After the answer to ``st`` comes a second copy
  as a push.
- After each step the unit compares what it has told last, in an answer or a push, with how things stand:
  ``operationMode``, relays, ``operationBusy``. What differs is pushed, under the code of the first of the
  three that does; what an answer has already shown is not pushed again. That, and the waits of the sequencer,
  make the lags of a real unit: nothing else knows of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from navien_proto.model.diagnostics import DIAGNOSTICS_FIELDS
from navien_proto.sim.controls import CONTROLS, obey
from navien_proto.sim.heater_config import HeaterConfig
from navien_proto.sim.heater_messages import Envelopes, Outgoing, Request, feature
from navien_proto.sim.heater_status import Jitter, assemble
from navien_proto.sim.household import Household
from navien_proto.sim.programme import Programme, read_entries
from navien_proto.sim.sequencer import Step
from navien_proto.sim.tariff import Tariff, read_periods
from navien_proto.sim.unit import Unit
from navien_proto.wire.topics import TopicKind, device_reply_topic, parse_topic

__all__ = ["Heater", "HeaterConfig", "Household", "Outgoing"]

DEVICE_INFO, STATUS, SESSION_END = 0x01000001, 0x01000003, 0x01000002
# By day and by month; the latter's code is that of the reservation write, on another topic.
ENERGY_DAILY, ENERGY_MONTHLY = 0x01000009, 0x0100000A
DOWNLOADS, DIAGNOSTICS, FIRMWARE_COMMIT = 0x0100000B, 0x0100000C, 0x0200000A
PUMP_READ, PUMP_WRITE = 0x0100000F, 0x02000008
RESERVATION_READ, RESERVATION_WRITE, TOU_WRITE = 0x01000006, 0x0100000A, 0x02000007
PUSH, BUSY_CHANGED, MODE_CHANGED, RELAY_CHANGED = 0, 0x04000004, 0x04000013, 0x0400001C
TOO_CLOSE_TOGETHER = 2
#: Controls closer than this are refused by a strict unit, s.
PACE = 1.0


def _packed(counters: Mapping[str, int]) -> str:
    """``taData`` packed: eighteen numbers of 32 bits, little-endian (``docs/protocol/responses.md`` 9)."""
    names = [row.wire_name for row in DIAGNOSTICS_FIELDS[-18:]]
    return b"".join(counters.get(name, 0).to_bytes(4, "little") for name in names).hex()


def _whole_numbers(raw: object) -> bool:
    return isinstance(raw, Mapping) and all(type(value) is int for value in raw.values())


class Heater:
    """One unit. ``started`` is its local time, aware, at heater second 0.

    Raises:
        ValueError: ``started`` is naive.
    """

    def __init__(
        self, config: HeaterConfig, *, rng: Random, started: datetime, household: Household | None = None
    ) -> None:
        if started.utcoffset() is None:
            raise ValueError("Heater.started must be an aware datetime: the unit's own local time")
        self.config = config
        self.unit = Unit(config, started, household)
        self._rng = rng
        self._envelopes = Envelopes(config)
        self._outgoing: list[Outgoing] = []
        self._connected: set[str] = set()
        self._controlled_at = float("-inf")
        #: The code with which it refuses every control; ``None``: it obeys.
        self.failing: int | None = None
        self._jitter = Jitter()
        self._jitter_at = float("-inf")
        self._told = self._watched()
        self._pump: dict[str, Any] = {"reservationUse": 1, "reservation": []}

    @property
    def clock(self) -> float:
        """Heater seconds since the start."""
        return self.unit.clock

    def advance(self, to: float) -> None:
        """Live up to heater second ``to``; what is pushed on the way is kept for ``take``. Never goes back."""
        while True:
            self.unit.step(max(to, self.unit.clock))
            self._announce()
            if self.unit.heartbeat_due():
                self._push(PUSH)
                self._plan_heartbeat()
            if self.unit.clock >= to:
                return

    def receive(self, topic: str, envelope: Mapping[str, Any] | bytes, at: float) -> None:
        """A message published to a topic of the unit arrives at heater second ``at``.

        Anything the unit does not understand is ignored, whatever the bytes.
        """
        self.advance(at)
        connection = self._envelopes.connection(topic, envelope)
        if connection is not None:
            self._app(*connection)
            return
        request = self._envelopes.read(topic, envelope)
        if request is not None:
            self._react(request)
            self._announce()

    def take(self) -> list[Outgoing]:
        """What was published since the last call, in order; it is forgotten here."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_wake(self) -> float | None:
        """The heater second at which to advance next if messages are to be collected when they arise.

        Covers steps of the sequence, reservations, draws and, by looking ahead in small strides, thermostat
        crossings. ``None`` when nothing is coming.
        """
        wake = min(self.unit.next_change(), self.unit.crossing())
        return None if wake == float("inf") else wake

    def status(self, command: int = STATUS) -> dict[str, int]:
        """The 87 members as now reported, ``command`` among them. The same until the clock moves on."""
        noise = self.config.noise
        if noise is not None and self.unit.clock - self._jitter_at >= 1.0:
            self._jitter = Jitter.drawn(self._rng, noise)
            self._jitter_at = self.unit.clock
        return assemble(command, self.unit.clock, self.unit, self._jitter)

    def register(self, config: HeaterConfig) -> None:
        """Speak under the identity of ``config`` from now on; the machine stays the one it is."""
        self.config = config
        self._envelopes.register(config)

    def reboot(self) -> None:
        """The module restarts: the connected apps and the numbering of pushes are forgotten."""
        self._connected.clear()
        self._envelopes.reset()
        self._plan_heartbeat()

    def set_error(self, code: int, sub: int) -> None:
        """Report an error from now on, 0 for none; see ``Unit.set_error``."""
        self.unit.set_error(code, sub)
        self._announce()

    # Requests

    def _react(self, request: Request) -> None:
        if request.suffix == "ctrl" and request.command in CONTROLS:
            self._control(request)
            return
        # The topic and the code decide together: one code stands for two requests.
        handlers: dict[tuple[str, int], Callable[[Request], None]] = {
            ("st", STATUS): self._answer_poll,
            ("st/did", DEVICE_INFO): self._answer_device_info,
            ("st/end", SESSION_END): self._end_session,
            ("st/rsv/rd", RESERVATION_READ): self._read_programme,
            ("ctrl/rsv/rd", RESERVATION_WRITE): self._write_programme,
            ("ctrl/tou/rd", TOU_WRITE): self._echo_tou,
            ("st/energy-usage-daily-query/rd", ENERGY_DAILY): self._tell_days,
            ("st/energy-usage-monthly-query/rd", ENERGY_MONTHLY): self._tell_months,
            ("st/recirc-rsv/rd", PUMP_READ): self._read_pump,
            ("ctrl/recirc-rsv/rd", PUMP_WRITE): self._write_pump,
            ("st/td/rd", DIAGNOSTICS): self._tell_diagnostics,
            ("st/dl-sw-info", DOWNLOADS): self._tell_downloads,
            ("ctrl/commit-ota", FIRMWARE_COMMIT): self._echo_commit,
        }
        handler = handlers.get((request.suffix, request.command))
        if handler is not None:
            handler(request)

    def _answer_poll(self, request: Request) -> None:
        status = self.status(request.command)
        if self._answer_with(request, status):
            self._push(PUSH, status)

    def _answer_device_info(self, request: Request) -> None:
        self._send(self._envelopes.answer(self.unit.clock, request, {"feature": feature(self.config)}))

    def _end_session(self, request: Request) -> None:
        self._app(request.client_id, connected=False)

    def _control(self, request: Request) -> None:
        early = self.unit.clock - self._controlled_at < PACE
        self._controlled_at = self.unit.clock
        if self.failing is not None:
            self._send(self._envelopes.refusal(self.unit.clock, request, self.failing))
        elif early and self.config.strict:
            self._send(self._envelopes.refusal(self.unit.clock, request, TOO_CLOSE_TOGETHER))
        elif obey(self.unit, request.command, request.members):
            self._answer_with(request, self.status(request.command))

    def _answer_with(self, request: Request, status: dict[str, int]) -> bool:
        answer = self._envelopes.answer(self.unit.clock, request, {"status": status})
        if answer is None:
            return False
        self._send(answer)
        self._told = self._watched()
        return True

    def _write_programme(self, request: Request) -> None:
        entries = read_entries(request.members.get("reservation"))
        use = request.members.get("reservationUse")
        if entries is None or use not in (0, 1, 2):
            return
        switched = self.unit.store(Programme(use == 2, entries))
        self._answer_programme(request)
        if switched:
            self._push(PUSH)

    def _answer_programme(self, request: Request) -> None:
        programme = self.unit.programme
        entries = [entry.to_wire() for entry in programme.entries]
        content = {"reservationUse": 2 if programme.on else 1, "reservation": entries}
        self._send(self._envelopes.answer(self.unit.clock, request, content))

    def _read_programme(self, request: Request) -> None:
        """A read is answered twice: as a list, and packed on the topic above."""
        self._answer_programme(request)
        programme, topic = self.unit.programme, request.response_topic
        if topic is not None and topic.endswith("/rd"):
            packed = "".join(entry.to_hex() for entry in programme.entries)
            content = {"reservationUse": 2 if programme.on else 1, "reservation": packed}
            self._send(self._envelopes.reply(self.unit.clock, topic.removesuffix("/rd"), request, content))

    def _echo_tou(self, request: Request) -> None:
        given, use = request.members.get("reservation"), request.members.get("reservationUse")
        periods = read_periods(given)
        if periods is not None and use in (0, 1, 2):
            self.unit.store_tariff(Tariff(periods if use == 2 else ()))
            content = {"reservationUse": use, "reservation": given}
            self._send(self._envelopes.answer(self.unit.clock, request, content))

    def _tell_days(self, request: Request) -> None:
        self._tell(request, self.unit.use.daily(request.members))

    def _tell_months(self, request: Request) -> None:
        self._tell(request, self.unit.use.monthly(request.members))

    def _tell(self, request: Request, content: Mapping[str, Any] | None) -> None:
        if content is not None:
            self._send(self._envelopes.answer(self.unit.clock, request, content))

    def _read_pump(self, request: Request) -> None:
        if self.config.pump:
            self._send(self._envelopes.answer(self.unit.clock, request, self._pump))

    def _write_pump(self, request: Request) -> None:
        entries, use = request.members.get("reservation"), request.members.get("reservationUse")
        if (
            self.config.pump
            and isinstance(entries, list)
            and use in (0, 1, 2)
            and all(map(_whole_numbers, entries))
        ):
            self._pump = {"reservationUse": use, "reservation": entries}
            self._send(self._envelopes.answer(self.unit.clock, request, self._pump))

    def _tell_diagnostics(self, request: Request) -> None:
        """Counters, in the form the topic asks for: the cloud decodes them for the app's alone."""
        topic = request.response_topic or ""
        readable = parse_topic(topic).kind is TopicKind.APP_REPLY
        counters = {"cumulatedOpTimeEvaFan": int(self.unit.counters.fan_hours)}
        content = {"typeOfTD": 2, "data": {"taData": counters} if readable else {"taData": _packed(counters)}}
        if topic:
            place = topic if readable else topic.removesuffix("/rd")
            self._send(self._envelopes.reply(self.unit.clock, place, request, content))

    def _tell_downloads(self, request: Request) -> None:
        """Nothing lies ready. The topic is the device's own, whatever was asked."""
        empty = {"swCode": 0, "otaMode": 0, "swVersion": 0, "status": 0}
        place = device_reply_topic(self.config.mac, "dl-sw-info")
        self._send(self._envelopes.reply(self.unit.clock, place, request, {"downloadSwInfo": [empty]}))

    def _echo_commit(self, request: Request) -> None:
        """Nobody has seen a real answer; this one repeats the question and installs nothing."""
        content = {"commitOta": request.members.get("commitOta")}
        self._send(self._envelopes.answer(self.unit.clock, request, content))

    # Unasked

    def _watched(self) -> tuple[int, tuple[bool, bool, bool], bool]:
        parts = self.unit.sequencer
        return parts.mode, (parts.compressor, parts.upper_element, parts.lower_element), parts.busy

    def _announce(self) -> None:
        watched = self._watched()
        if watched == self._told:
            return
        (mode, relays, _busy), (told_mode, told_relays, _told_busy) = watched, self._told
        if mode != told_mode:
            self._push(MODE_CHANGED)
        elif relays != told_relays:
            self._push(RELAY_CHANGED)
        else:
            self._push(BUSY_CHANGED)

    def _push(self, command: int, status: dict[str, int] | None = None) -> None:
        content = self.status(command) if status is None else {**status, "command": command}
        self._send(self._envelopes.push(self.unit.clock, content))
        self._told = self._watched()

    def _send(self, message: Outgoing | None) -> None:
        if message is not None:
            self._outgoing.append(message)

    def _app(self, client_id: str, connected: bool) -> None:
        if connected:
            self._connected.add(client_id)
        else:
            self._connected.discard(client_id)
        self._plan_heartbeat()

    def _plan_heartbeat(self) -> None:
        if self._connected and self.config.heartbeat is not None:
            self.unit.timers.set(Step.HEARTBEAT, self.unit.clock + self.config.heartbeat)
        else:
            self.unit.timers.cancel(Step.HEARTBEAT)
