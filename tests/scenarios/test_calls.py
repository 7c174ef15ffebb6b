"""Every method of a heater, played in memory: the blocking ones, whose asynchronous twins are the same lines."""

from __future__ import annotations

import inspect

import pytest

from navien_proto.errors import UsageError
from navien_proto.instant import Instant
from navien_proto.model.codes import FirmwareType
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.session.events import CommandConfirmed, CommandFailed, Level
from navien_proto.session.hub import Hub
from navien_proto.session.results import Confirmation
from navien_proto.wire.commands import Command, RawCommand
from navien_sync.calls import HeaterCalls
from tests.scenarios.scene import Scene
from tests.support.heater_calls import CALLS, PLAN, QUESTIONS

# Without a plan on file there is nothing to edit (tests/scenarios/test_edits.py has them); nobody has seen an
# answer to a commit.
ELSEWHERE = {"commit_firmware", "submit", "add_tou_period", "change_tou_period", "remove_tou_period"}


class PlayedHeater(HeaterCalls):
    """A heater whose calls let the world go on until they end."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.session, Hub(), scene.session.devices[0])
        self._scene = scene

    def _submit(self, command: Command, level: Level, *, expert: bool) -> CommandConfirmed:
        scene = self._scene
        numbers: list[int] = []

        def hand_in(now: Instant) -> None:
            numbers.append(scene.session.submit(command, now, device=self.mac, level=level, expert=expert))

        scene.world.tell(scene.peer, hand_in)
        number = numbers[0]
        scene.world.run_until(lambda: self._end(number) is not None, limit=400)
        end = self._end(number)
        assert end is not None
        if isinstance(end, CommandFailed):
            raise end.error
        return end

    def _end(self, number: int) -> CommandConfirmed | CommandFailed | None:
        ends: list[CommandConfirmed | CommandFailed] = [
            *self._scene.of(CommandConfirmed),
            *self._scene.of(CommandFailed),
        ]
        return next((end for end in ends if end.id == number), None)


@pytest.fixture
def heater() -> PlayedHeater:
    return PlayedHeater(Scene(pump=True).ready())


def test_every_method_is_played() -> None:
    names = {name for name, _ in inspect.getmembers(HeaterCalls, inspect.isfunction) if name[0] != "_"}
    assert names - {call.name for call in (*CALLS, *QUESTIONS)} == ELSEWHERE


def test_a_heater_does_what_it_is_told(heater: PlayedHeater) -> None:
    for call in CALLS:
        done = call.of(heater)
        assert isinstance(done, Confirmation), call.name
        assert done.level >= Level.ACCEPTED, call.name
        if call.seen is not None:
            assert done.status is not None, call.name
            assert call.seen(done.status), call.name


def test_a_heater_answers_what_it_is_asked(heater: PlayedHeater) -> None:
    for call in QUESTIONS:
        assert call.of(heater) is not None, call.name


def test_what_was_written_is_read_again(heater: PlayedHeater) -> None:
    written = next(call for call in CALLS if call.name == "replace_reservations").args[0]
    heater.replace_reservations(written)
    assert heater.reservations() == written


def test_firmware_is_committed_only_on_purpose(heater: PlayedHeater) -> None:
    staged = FirmwareDownload(sw_code=FirmwareType.CONTROLLER, sw_version=FirmwareVersion(1))
    with pytest.raises(UsageError, match="confirmed=True"):
        heater.commit_firmware(staged)


def test_a_plan_needs_no_device_info_by_hand(heater: PlayedHeater) -> None:
    assert heater.write_tou_plan(PLAN).level is Level.ACCEPTED


def test_any_command_can_be_sent(heater: PlayedHeater) -> None:
    raw = RawCommand(code=0x02000024, mode_string="intelligent-on", param=[])
    assert heater.submit(raw, expert=True).level >= Level.SENT
