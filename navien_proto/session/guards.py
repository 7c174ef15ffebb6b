"""What a user forbids a session to send, whoever asks for it.

A scene that switches "everything" off has powered a heater off in a frozen house (F32). Guards look at what would
go over the wire, so that no form of a command passes them by: neither a raw one nor an entry of a schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import Attribute, field, fields, frozen

from navien_proto import units
from navien_proto.errors import GuardError, UsageError
from navien_proto.model.codes import DhwOperationSetting
from navien_proto.session.steps import Edit
from navien_proto.wire.commands import Command

if TYPE_CHECKING:
    from navien_proto.session.requests import Request

__all__ = ["Guards"]

# docs/protocol/commands.md sections 3 and 4
POWER_OFF, OPERATION_MODE, SET_POINT = 0x02000001, 0x02000005, 0x02000020
RESERVATIONS = "ctrl/rsv/rd"
# docs/protocol/mqtt.md section 5: what heaters listen to.
COMMANDS = "cmd/"


def _of_water(_guards: object, attribute: Attribute[float | None], value: float | None) -> None:
    if value is not None and not 0.0 <= units.finite(value, attribute.name) <= 100.0:
        raise UsageError(f"{attribute.name}: expected 0 to 100 °C")


@frozen(kw_only=True)
class Guards:
    """What is not sent; all off by default. An expert is bound by them as well.

    ``read_only`` lets nothing pass that changes a heater. ``no_power_off`` refuses what switches one off, entries
    of the reservations included. ``lowest_celsius`` and ``highest_celsius`` bound the set points, in °C, of
    commands and of the reservations written; entries a heater has already are left alone.

    Raises:
        UsageError: a bound is no temperature of water, or the lowest is above the highest.
    """

    read_only: bool = False
    no_power_off: bool = False
    lowest_celsius: float | None = field(default=None, validator=_of_water)
    highest_celsius: float | None = field(default=None, validator=_of_water)

    def __attrs_post_init__(self) -> None:
        low, high = self.lowest_celsius, self.highest_celsius
        if low is not None and high is not None and low > high:
            raise UsageError(f"lowest_celsius: expected at most highest_celsius, {high:g} °C, found {low:g}")

    def check(self, command: Command) -> None:
        """Refuse what is forbidden.

        Raises:
            GuardError: it is; ``guard`` names the setting.
        """
        if not command.is_control:
            return
        if self.read_only:
            raise GuardError(
                "this session only reads (read_only): nothing that changes a heater is sent", "read_only"
            )
        if not self.no_power_off and self.lowest_celsius is None and self.highest_celsius is None:
            return
        for mode, half_degrees in _wishes(command):
            if mode == DhwOperationSetting.POWER_OFF and self.no_power_off:
                raise GuardError("switching a heater off is forbidden (no_power_off)", "no_power_off")
            if half_degrees is not None:
                self._within(units.half_celsius(half_degrees))

    def check_request(self, request: Request) -> None:
        """Refuse what is forbidden beside commands.

        What a raw message to a heater would do is not known, so any guard forbids it.

        Raises:
            GuardError: it is; ``guard`` names the setting.
        """
        if not request.changes:
            return
        on = [one.name for one in fields(Guards) if getattr(self, one.name) not in (False, None)]
        if self.read_only:
            raise GuardError("this session only reads (read_only): nothing is changed and published", "read_only")
        topic = getattr(request, "topic", "")
        if on and topic.startswith(COMMANDS):
            raise GuardError(f"a raw message to a heater is forbidden while a guard is set ({on[0]})", on[0])

    def _within(self, celsius: float) -> None:
        if self.lowest_celsius is not None and celsius < self.lowest_celsius:
            raise GuardError(
                f"a set point of {celsius:g} °C is below the lowest allowed, {self.lowest_celsius:g} °C "
                "(lowest_celsius)",
                "lowest_celsius",
            )
        if self.highest_celsius is not None and celsius > self.highest_celsius:
            raise GuardError(
                f"a set point of {celsius:g} °C is above the highest allowed, {self.highest_celsius:g} °C "
                "(highest_celsius)",
                "highest_celsius",
            )


def _wishes(command: Command) -> Iterator[tuple[object, int | None]]:
    """Every mode and set point (half degrees C) that the command would set, now or by a schedule."""
    members = command.added_members() if isinstance(command, Edit) else command.members()
    if command.suffix == RESERVATIONS:
        entries = members.get("reservation")
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                yield entry.get("mode"), _whole(entry.get("param"))
        return
    param = members.get("param")
    first = param[0] if isinstance(param, list) and param else None
    if command.code == POWER_OFF:
        yield DhwOperationSetting.POWER_OFF, None
    elif command.code == OPERATION_MODE:
        yield first, None
    elif command.code == SET_POINT:
        yield None, _whole(first)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
