"""Every method of a heater with arguments, and what must be seen of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.codes import RecirculationMode
from navien_proto.model.schedules import (
    WEEKDAYS,
    WEEKEND,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
)
from navien_proto.model.status import DeviceStatus
from navien_proto.model.tou import TouPeriod, TouPlan

__all__ = ["CALLS", "QUESTIONS", "Call"]


@frozen(kw_only=True)
class Call:
    """One method with its arguments. ``seen`` says what the status that answers must show, if anything."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(factory=dict)
    seen: Callable[[DeviceStatus], bool] | None = None
    expert: bool = False

    def of(self, heater: object) -> Any:
        """Call it on a heater."""
        expert = {"expert": True} if self.expert else {}
        return getattr(heater, self.name)(*self.args, **self.kwargs, **expert)


MORNING = Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=55)
EVENING = Reservation.at(WEEKEND, time(19, 0), Mode.HEAT_PUMP, celsius=50)
PUMP = RecirculationEntry(days=WEEKDAYS, time=time(6, 0), on=True)
PUMP_LATER = RecirculationEntry(days=WEEKDAYS, time=time(7, 0), on=True)
PLAN = TouPlan(
    [
        TouPeriod(days=WEEKDAYS, start=time(0, 0), end=time(16, 59), price_min=Decimal("0.20")),
        TouPeriod(days=WEEKDAYS, start=time(17, 0), end=time(20, 59), price_min=Decimal("0.40")),
        TouPeriod(days=WEEKDAYS, start=time(21, 0), end=time(23, 59), price_min=Decimal("0.20")),
        TouPeriod(days=WEEKEND, start=time(0, 0), end=time(23, 59), price_min=Decimal("0.20")),
    ]
)

# In this order: each finds what the ones before left.
CALLS = (
    Call(
        name="set_temperature", kwargs={"celsius": 51.0}, seen=lambda s: s.dhw_target_temperature_setting == 51.0
    ),
    Call(name="power_off", seen=lambda s: s.dhw_operation_setting == Mode.POWER_OFF),
    Call(name="power_on", seen=lambda s: s.dhw_operation_setting != Mode.POWER_OFF),
    Call(name="set_mode", args=(Mode.HEAT_PUMP,), seen=lambda s: s.dhw_operation_setting == Mode.HEAT_PUMP),
    Call(name="start_vacation", args=(7,), seen=lambda s: s.vacation_day_setting == 7),
    Call(name="set_vacation_days", args=(9,), seen=lambda s: s.vacation_day_setting == 9),
    Call(name="set_mode", args=(3,), seen=lambda s: s.dhw_operation_setting == Mode.ENERGY_SAVER),
    Call(name="anti_legionella_on", args=(14,), seen=lambda s: s.anti_legionella_period == 14),
    Call(name="anti_legionella_off", seen=lambda s: s.anti_legionella_use is False),
    Call(name="set_air_filter_life", args=(2000,), seen=lambda s: s.air_filter_alarm_period == 2000),
    Call(name="reset_air_filter", seen=lambda s: s.air_filter_alarm_elapsed == 0),
    Call(name="reset_condenser_fault"),
    Call(name="intelligent_on"),
    Call(name="intelligent_off"),
    Call(name="demand_response_on", expert=True),
    Call(name="demand_response_off", expert=True),
    Call(name="use_reservations"),
    Call(name="press_hot_button", expert=True),
    Call(name="set_recirculation_mode", args=(RecirculationMode.BUTTON,), expert=True),
    Call(name="replace_reservations", args=(ReservationProgramme(True, [MORNING]),)),
    Call(name="add_reservation", args=(EVENING,)),
    Call(name="change_reservation", args=(EVENING, Reservation.at(WEEKEND, time(20, 0), 1, celsius=50))),
    Call(name="remove_reservation", args=(MORNING,)),
    Call(name="switch_reservations", kwargs={"on": False}),
    Call(name="clear_reservations"),
    Call(name="replace_recirculation", args=(RecirculationProgramme(True, [PUMP]),), expert=True),
    Call(name="add_recirculation", args=(PUMP_LATER,), expert=True),
    Call(
        name="change_recirculation",
        args=(PUMP_LATER, RecirculationEntry(days=WEEKEND, time=time(9, 0), on=True)),
        expert=True,
    ),
    Call(name="remove_recirculation", args=(PUMP,), expert=True),
    Call(name="switch_recirculation", kwargs={"on": False}, expert=True),
    Call(name="clear_recirculation", expert=True),
    Call(name="write_tou_plan", args=(PLAN,)),
    Call(name="tou_on", seen=lambda s: s.tou_enabled is True),
    Call(name="tou_off", seen=lambda s: s.tou_enabled is False),
)

QUESTIONS = (
    Call(name="status"),
    Call(name="request_feature"),
    Call(name="reservations"),
    Call(name="recirculation"),
    Call(name="daily_energy", args=(2026, (1,))),
    Call(name="monthly_energy", args=((2026,),)),
    Call(name="diagnostics"),
    Call(name="diagnostics", kwargs={"as_json": False}),
    Call(name="firmware_downloads"),
)
