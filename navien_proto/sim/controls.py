"""The controls the simulated unit obeys, by command code (``docs/protocol/commands.md`` 3).

A control is taken when code and mode string belong together and ``param`` is what the code asks for. Of the
parameters only their form decides: a set point or mode outside what the unit offers is acknowledged like any other
control and changes nothing, so the acknowledgement shows the settings that stand. (The documents know one
failure code only, for controls too close together.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from navien_proto.model.codes import Mode
from navien_proto.sim.unit import Unit

__all__ = ["CONTROLS", "Control", "obey"]

Action = Callable[[Unit, list[int]], None]


@frozen
class Control:
    """A mode string, how many numbers may follow it, and what they do to the unit."""

    mode: str
    action: Action
    lengths: tuple[int, ...] = (0,)


def _nothing(_unit: Unit, _param: list[int]) -> None:
    """Acknowledged; this unit has nothing that would show it."""


def _power_off(unit: Unit, _param: list[int]) -> None:
    unit.choose_mode(Mode.POWER_OFF)


def _power_on(unit: Unit, _param: list[int]) -> None:
    unit.power_on()


def _dhw_mode(unit: Unit, param: list[int]) -> None:
    match param:
        case [Mode.HEAT_PUMP | Mode.ELECTRIC | Mode.ENERGY_SAVER | Mode.HIGH_DEMAND as mode]:
            unit.command_mode(mode)
        case [Mode.VACATION, days] if 1 <= days <= 30:
            unit.command_mode(Mode.VACATION, days)
        case _:
            return


def _set_point(unit: Unit, param: list[int]) -> None:
    unit.write_set_point(param[0])


def _vacation_days(unit: Unit, param: list[int]) -> None:
    if 1 <= param[0] <= 30:
        unit.counters.vacation_days = param[0]


def _anti_legionella_on(unit: Unit, param: list[int]) -> None:
    if 1 <= param[0] <= 30:
        unit.switch_disinfection(param[0])


def _anti_legionella_off(unit: Unit, _param: list[int]) -> None:
    unit.switch_disinfection(None)


def _filter_reset(unit: Unit, _param: list[int]) -> None:
    unit.counters.filter_hours = 0.0


def _filter_life(unit: Unit, param: list[int]) -> None:
    if param[0] == 0 or 2 <= param[0] <= 20:
        unit.counters.filter_period = 500 * param[0]


def _tou_off(unit: Unit, _param: list[int]) -> None:
    unit.switch_tou(on=False)


def _tou_on(unit: Unit, _param: list[int]) -> None:
    unit.switch_tou(on=True)


CONTROLS: Mapping[int, Control] = {
    0x02000001: Control("power-off", _power_off),
    0x02000002: Control("power-on", _power_on),
    0x02000005: Control("dhw-mode", _dhw_mode, (1, 2)),
    0x02000009: Control("reservation-mode", _nothing),
    0x0200000C: Control("recirc-hotbtn", _nothing, (1,)),
    0x0200000D: Control("recirc-mode", _nothing, (1,)),
    0x0200001F: Control("cond-fault-reset", _nothing),
    0x02000020: Control("dhw-temperature", _set_point, (1,)),
    0x02000022: Control("goout-day", _vacation_days, (1,)),
    0x02000023: Control("intelligent-off", _nothing),
    0x02000024: Control("intelligent-on", _nothing),
    0x02000025: Control("dr-off", _nothing),
    0x02000026: Control("dr-on", _nothing),
    0x02000027: Control("anti-leg-off", _anti_legionella_off),
    0x02000028: Control("anti-leg-on", _anti_legionella_on, (1,)),
    0x02000029: Control("air-filter-reset", _filter_reset),
    0x0200002A: Control("air-filter-life", _filter_life, (1,)),
    0x0200002B: Control("tou-off", _tou_off),
    0x0200002C: Control("tou-on", _tou_on),
}


def obey(unit: Unit, command: int, members: Mapping[str, Any]) -> bool:
    """Do what a control asks; ``False`` when it is none that the unit knows, or is malformed."""
    control = CONTROLS.get(command)
    param = members.get("param")
    if control is None or members.get("mode") != control.mode or not isinstance(param, list):
        return False
    if len(param) not in control.lengths or any(type(number) is not int for number in param):
        return False
    control.action(unit, param)
    return True
