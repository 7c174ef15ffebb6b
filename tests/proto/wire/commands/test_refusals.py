"""What a command refuses, and the sentence a person reads: it names the option and what belongs there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from navien_proto.errors import UsageError
from navien_proto.model.codes import FirmwareType
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.model.schedules import RecirculationProgramme, ReservationProgramme
from navien_proto.model.tou import TouPlan
from navien_proto.wire import commands as c
from tests.proto.wire.documents import example
from tests.proto.wire.examples import FEATURE

DEVICE = Device(mac="aabbccddeeff", additional_value="1234")
LARGEST = (1 << 63) - 1


def feature(**changed: Any) -> DeviceFeature:
    return DeviceFeature.from_wire(FEATURE | changed)


def plan() -> TouPlan:
    return TouPlan.from_wire(example(7)["response"])


def tou(**changed: Any) -> object:
    return c.WriteTouPlan(**{"plan": plan(), "controller_serial_number": "0123456789"} | changed)


READY = FirmwareDownload(sw_code=FirmwareType.CONTROLLER, sw_version=FirmwareVersion(5))
ANY: Any = "x"
MODES: list[Any] = [1, 2, 3, 4]

REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: c.SetMode(5),
        (
            "mode must be one of HEAT_PUMP, ELECTRIC, ENERGY_SAVER, HIGH_DEMAND (1 to 4); for the others use "
            "StartVacation and PowerOff"
        ),
    ),
    (c.SetTemperature, "give exactly one of celsius and fahrenheit"),
    (lambda: c.SetTemperature(celsius=100.1), "celsius must be between 0 and 100"),
    (lambda: c.SetTemperature(fahrenheit=31), "fahrenheit must be between 32 and 212"),
    (lambda: c.StartVacation(31), "days must be a whole number from 1 to 30"),
    (lambda: c.PressHotButton(3), "number must be a whole number from 1 to 2"),
    (lambda: c.SetRecirculationMode(ANY), "mode of recirculation must be a whole number from 1 to 4"),
    (
        lambda: c.SetAirFilterLife(750),
        "hours must be 0 (reminder off) or 1000 to 10000 in steps of 500",
    ),
    (lambda: c.RequestDailyEnergy(1999, [1]), "year must be a whole number from 2000 to 2099"),
    (lambda: c.RequestDailyEnergy(2026, [13]), "month must be a whole number from 1 to 12"),
    (lambda: c.RequestDailyEnergy(2026, ANY), "months must be a list of whole numbers"),
    (lambda: c.RequestDailyEnergy(2026, []), "months must name at least one"),
    (lambda: c.RequestMonthlyEnergy(ANY), "years must be a list of whole numbers"),
    (lambda: c.RequestMonthlyEnergy([]), "years must name at least one"),
    (lambda: c.RequestHourlyEnergy(2026, 1, ANY), "days must be a list of whole numbers"),
    (lambda: c.RequestHourlyEnergy(2026, 1, []), "days must name at least one"),
    (lambda: c.RequestHourlyEnergy(2026, 1, [32]), "day must be a whole number from 1 to 31"),
    (
        lambda: c.RequestDiagnostics(user_seq=LARGEST + 1),
        f"user_seq must be a whole number from 0 to {LARGEST}",
    ),
    (
        lambda: c.CommitFirmware(staged=READY, confirmed=True, user_seq=-1),
        f"user_seq must be a whole number from 0 to {LARGEST}",
    ),
    (
        lambda: c.CommitFirmware(staged=READY),
        "this installs firmware, which nobody has tried; say confirmed=True if you mean it",
    ),
    (
        lambda: c.CommitFirmware(staged=ANY, confirmed=True),
        "staged must be a FirmwareDownload that the unit reported, see RequestFirmwareDownload",
    ),
    (
        lambda: c.CommitFirmware(staged=FirmwareDownload(), confirmed=True),
        "nothing lies ready here for controller, panel or Wi-Fi module",
    ),
    (lambda: c.RawCommand(code=-1), "code must be a whole number from 0 to 4294967295"),
    (lambda: c.RawCommand(code=1, param=ANY), "param must be a list of whole numbers"),
    (
        lambda: c.RawCommand(code=1, param=[1 << 31]),
        "param must be a whole number from -2147483648 to 2147483647",
    ),
    (
        c.SetCoolingMode,
        (
            "SetCoolingMode is unsupported: it is for hydronic products, which this one is not. An expert may "
            "send RawCommand(code=0x0200001c, …, expert=True)"
        ),
    ),
    (
        lambda: c.RawCommand(code=0x0200001C),
        (
            "SetCoolingMode is unsupported: it is for hydronic products, which this one is not; say expert=True "
            "to insist"
        ),
    ),
    (lambda: c.ReplaceReservations(ANY), "programme must be a ReservationProgramme, not str"),
    (lambda: c.ReplaceRecirculation(ANY), "programme must be a RecirculationProgramme, not str"),
    (
        lambda: c.ReplaceReservations(ReservationProgramme(True)),
        "a list without entries clears the programme; if that is meant, send ClearReservations",
    ),
    (
        lambda: c.ReplaceRecirculation(RecirculationProgramme(True)),
        "a list without entries clears the programme; if that is meant, send ClearRecirculation",
    ),
    (lambda: tou(plan="x"), "plan must be a TouPlan, not str"),
    (
        lambda: tou(controller_serial_number=""),
        "controller_serial_number must be text; the unit's device info has it",
    ),
    (lambda: tou(enabled=1), "enabled must be True or False, not int"),
    (
        lambda: c.SetPointLimits.of(None),
        "the limits of this unit's set point are not known yet: ask for its device info",
    ),
    (
        lambda: c.SetTemperature(celsius=50).check(None),
        "the limits of this unit's set point are not known yet: ask for its device info",
    ),
    (
        lambda: c.SetPointLimits.of(feature(dhwTemperatureSettingUse=1)),
        "this unit offers no choice of set point (dhwTemperatureSettingUse)",
    ),
    (
        lambda: c.SetPointLimits.of(feature(dhwTemperatureMax=None)),
        "this unit does not tell the limits of its set point (dhwTemperatureMin, Max)",
    ),
    (
        lambda: c.SetTemperature(celsius=70).check(feature()),
        (
            "a set point of 70.0 °C (158.0 °F) is out of range: this unit takes 35.0 °C (95.0 °F) to "
            "65.5 °C (149.9 °F)"
        ),
    ),
    (
        lambda: c.SetTemperature(celsius=50.5).check(feature(dhwTemperatureSettingUse=3)),
        "this unit takes whole degrees Celsius, not 50.5 °C (122.9 °F)",
    ),
    (
        lambda: c.SetMode(1).check(None),
        "whether this unit can do this (dhwUse, heatpumpUse) is not known yet: ask for its device info",
    ),
    (
        lambda: c.SetMode(1).check(feature(dhwUse=1, heatpumpUse=1)),
        "this unit cannot do this: dhwUse, heatpumpUse is not set in its device info",
    ),
    (
        lambda: c.PowerOn().to_envelope(DEVICE, "client-0001", "7"),
        "session_id must be text of its own for each request, and not a single digit",
    ),
    (
        lambda: c.PowerOn().to_envelope(Device(mac="aabbccddeeff", device_type=2), "client-0001", "s7"),
        "devices of type 2 speak another dialect and are not controlled",
    ),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_sentence_says_what_belongs_there(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == sentence


def test_the_last_values_that_are_taken() -> None:
    assert c.RequestDiagnostics(user_seq=LARGEST).user_seq == LARGEST
    commit = c.CommitFirmware(staged=READY, confirmed=True)
    assert (commit.user_seq, commit.confirmed) == (0, True)
    assert c.CommitFirmware(staged=READY, confirmed=True, user_seq=LARGEST).user_seq == LARGEST
    assert c.RawCommand(code=(1 << 32) - 1, param=[-(1 << 31), (1 << 31) - 1]).code == 0xFFFFFFFF
    assert [c.PressHotButton(number).params() for number in (1, 2)] == [(1,), (2,)]
    assert [c.SetRecirculationMode(mode).params() for mode in MODES] == [(1,), (2,), (3,), (4,)]
    assert [c.SetAirFilterLife(hours).hours for hours in (0, 1000, 10000)] == [0, 1000, 10000]
    assert c.SetTemperature(celsius=0).raw == c.SetTemperature(fahrenheit=32).raw == 0
    assert c.SetTemperature(celsius=100).raw == c.SetTemperature(fahrenheit=212).raw == 200
