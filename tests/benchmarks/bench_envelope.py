"""Time of a command's envelope against nwp500-python 6.1.1: ``python -m tests.benchmarks.bench_envelope``.

Both sides end with the bytes of the payload. Ours makes the command and calls ``to_envelope``; theirs runs its
controller, whose way to publish is replaced by what its connection does with a payload:
``json.dumps(payload).encode("utf-8")``. What is written as a list, ours as a value that was checked when it was
made and theirs as dictionaries that are never checked, is at hand on both sides.

The two take turns; the best of many short repeats counts. Each line comes with orjson, where it is installed, and
with the standard library in its place; the target holds for the former.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import time
from time import perf_counter
from typing import Any

from attrs import frozen

from navien_proto import jsontext
from navien_proto.model.device import Device
from navien_proto.model.schedules import WEEKDAYS, WEEKEND, Reservation, ReservationProgramme
from navien_proto.model.tou import TouPeriod, TouPlan
from navien_proto.units import price_from_raw
from navien_proto.wire.commands import (
    Command,
    PowerOn,
    ReplaceReservations,
    RequestStatus,
    SetMode,
    SetTemperature,
    WriteTouPlan,
)

MAC, CLIENT, SESSION, SERIAL = "aabbccddeeff", "client-0001", "1768478400123", "0123456789"
TARGET = 0.6

Theirs = Callable[[Any, Any], Coroutine[Any, Any, int]]
"""``(controller, device)`` to the coroutine that publishes."""


@frozen
class Case:
    """One command on both sides."""

    what: str
    ours: Callable[[], Command]
    theirs: Theirs


def _programme() -> ReservationProgramme:
    """Sixteen reservations, the most a unit takes."""
    return ReservationProgramme(
        True,
        [
            Reservation.at(days, time(hour, 30), mode, celsius=50)
            for days in (WEEKDAYS, WEEKEND)
            for hour, mode in zip(range(5, 21, 2), (1, 2, 3, 4, 1, 2, 3, 4), strict=True)
        ],
    )


def _plan() -> TouPlan:
    """Two seasons with two kinds of day, three periods a day: twelve periods, none of which can be merged."""
    return TouPlan(
        [
            TouPeriod(
                months=frozenset(months),
                days=days,
                start=time(start),
                end=time(end, 59),
                price_min=price_from_raw(36261 + len(months) + 100 * len(days) + start, 5),
                price_max=price_from_raw(46378 + len(months) + 100 * len(days) + start, 5),
            )
            for months in ((6, 7, 8, 9), (10, 11, 12, 1, 2, 3, 4, 5))
            for days in (WEEKDAYS, WEEKEND)
            for start, end in ((0, 14), (15, 20), (21, 23))
        ]
    )


def cases() -> list[Case]:
    """What is compared."""
    programme, plan = _programme(), _plan()
    reservations = ReplaceReservations(programme)
    tou = WriteTouPlan(plan=plan, controller_serial_number=SERIAL)
    entries, periods = programme.to_wire()["reservation"], plan.to_wire()["reservation"]
    return [
        Case("request a status", RequestStatus, lambda control, to: control.request_device_status(to)),
        Case(
            "set temperature",
            lambda: SetTemperature(fahrenheit=120),
            lambda control, to: control.set_dhw_temperature(to, 120.0),
        ),
        Case("power on", PowerOn, lambda control, to: control.set_power(to, True)),
        Case("set mode", lambda: SetMode(1), lambda control, to: control.set_dhw_mode(to, 1)),
        Case(
            f"write {len(entries)} reservations",
            lambda: reservations,
            lambda control, to: control.update_reservations(to, entries),
        ),
        Case(
            f"write {len(periods)} TOU periods",
            lambda: tou,
            lambda control, to: control.configure_tou_schedule(to, SERIAL, periods),
        ),
    ]


def _controller() -> tuple[Any, Any]:
    from nwp500.models import Device as TheirDevice
    from nwp500.mqtt_device_control import MqttDeviceController

    async def publish(_topic: str, payload: dict[str, Any]) -> int:
        json.dumps(payload).encode("utf-8")
        return 1

    described = {"homeSeq": 1, "macAddress": MAC, "additionalValue": "1234", "deviceType": 52}
    device = TheirDevice.model_validate(
        {"deviceInfo": {**described, "deviceName": "heater", "connected": 2}, "location": {}}
    )
    return MqttDeviceController(CLIENT, SESSION, publish), device


def _run(coroutine: Coroutine[Any, Any, int]) -> None:
    # Nothing in it waits, so it ends at its first step, and no event loop is in the figure.
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("the other library waited for something")


def _take_turns(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Microseconds a call, best of many short repeats of each."""
    best = [float("inf"), float("inf")]
    for _ in range(400):
        for index, call in enumerate((first, second)):
            started = perf_counter()
            for _ in range(20):
                call()
            best[index] = min(best[index], (perf_counter() - started) / 20)
    return best[0] * 1e6, best[1] * 1e6


@contextmanager
def _without_orjson() -> Iterator[None]:
    fast, jsontext.FAST = jsontext.FAST, None
    try:
        yield
    finally:
        jsontext.FAST = fast


def measure(case: Case) -> tuple[float, float]:
    """Ours and theirs in microseconds."""
    device = Device(mac=MAC, additional_value="1234")
    controller, their_device = _controller()
    return _take_turns(
        lambda: case.ours().to_envelope(device, CLIENT, SESSION),
        lambda: _run(case.theirs(controller, their_device)),
    )


def main() -> int:
    """Print the table; 1 when the target is missed."""
    missed = 0
    print(f"{'':28}{'writer':8}{'ours':>9}{'nwp500':>9}  {'unit':6}{'ratio':>6}{'target':>8}")
    for case in cases():
        measured: list[tuple[str, float | None, tuple[float, float]]] = []
        if jsontext.FAST is not None:
            measured.append(("orjson", TARGET, measure(case)))
        with _without_orjson():
            measured.append(("json", None, measure(case)))
        for name, target, (ours, theirs) in measured:
            late = target is not None and ours / theirs > target
            missed += late
            print(
                f"{case.what:28}{name:8}{ours:9.2f}{theirs:9.2f}  {'µs':6}{ours / theirs:6.2f}"
                f"{target or '':>8}{'  MISSED' if late else ''}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
