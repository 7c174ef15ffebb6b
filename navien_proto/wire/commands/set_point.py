"""The set point, and the limits a unit gives it (``docs/protocol/commands.md`` sections 3 and 11)."""

from __future__ import annotations

from attrs import field, frozen

from navien_proto import units
from navien_proto.errors import UsageError
from navien_proto.model.codes import DHWControlTypeFlag
from navien_proto.model.feature import DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.wire.commands.base import Control

__all__ = ["FALLBACK_LIMITS", "SetPointLimits", "SetTemperature"]


@frozen(kw_only=True)
class SetPointLimits:
    """The set points a unit takes, in half degrees Celsius, and every how many of them (``step``)."""

    lowest: int
    highest: int
    step: int = 1

    @classmethod
    def of(cls, feature: DeviceFeature | None, *, expert: bool = False) -> SetPointLimits:
        """The limits a unit's device info gives.

        For an expert a unit without device info, or which does not tell its limits, has `FALLBACK_LIMITS`, and
        one that offers no choice of set point is believed to have one.

        Raises:
            UsageError: there is no device info (ask for it first), or the unit offers no choice of set point,
                or does not tell its limits.
        """
        if feature is None:
            if expert:
                return FALLBACK_LIMITS
            raise UsageError("the limits of this unit's set point are not known yet: ask for its device info")
        use = feature.dhw_temperature_setting_use
        if use in (None, DHWControlTypeFlag.UNKNOWN, DHWControlTypeFlag.DISABLED) and not expert:
            raise UsageError("this unit offers no choice of set point (dhwTemperatureSettingUse)")
        lowest, highest = feature.dhw_temperature_min, feature.dhw_temperature_max
        if lowest is None or highest is None:
            if expert:
                return FALLBACK_LIMITS
            raise UsageError("this unit does not tell the limits of its set point (dhwTemperatureMin, Max)")
        return cls(
            lowest=round(lowest * 2),
            highest=round(highest * 2),
            step=2 if use == DHWControlTypeFlag.STEP_1_C else 1,
        )

    def check(self, raw: int) -> None:
        """Refuse a set point the unit does not take; a limit itself is taken.

        Raises:
            UsageError: ``raw``, in half degrees, is out of range or between steps.
        """
        if not self.lowest <= raw <= self.highest:
            low, high = _both(self.lowest), _both(self.highest)
            raise UsageError(f"a set point of {_both(raw)} is out of range: this unit takes {low} to {high}")
        if raw % self.step:
            raise UsageError(f"this unit takes whole degrees Celsius, not {_both(raw)}")


def _both(raw: int) -> str:
    return f"{units.half_celsius(raw):.1f} °C ({units.half_celsius_in_fahrenheit(raw):.1f} °F)"


FALLBACK_LIMITS = SetPointLimits(lowest=70, highest=131)
"""Limits seen on one unit (35.0 to 65.5 °C), for those who insist without device info (commands.md 11)."""


def _check_water(value: float, name: str, ice: int, steam: int) -> None:
    # A Fahrenheit number given as Celsius is caught here.
    if not ice <= value <= steam:
        raise UsageError(f"{name} must be between {ice} and {steam}")


@frozen(kw_only=True)
class SetTemperature(Control):
    """Choose the set point: ``SetTemperature(celsius=50)`` or ``SetTemperature(fahrenheit=122)``, exactly one.

    The wire counts half degrees Celsius; the nearest is sent, and ``raw`` says which: 120 °F is raw 98, which
    is 49.0 °C. Whether the unit takes it, `check_limits` tells.

    Raises:
        UsageError: not exactly one was given, or it is no finite number between water's ice and steam.
    """

    code = 0x02000020
    mode_string = "dhw-temperature"
    celsius: float | None = None
    fahrenheit: float | None = None
    raw: int = field(init=False)
    """What is sent: half degrees Celsius."""

    @raw.default
    def _nearest(self) -> int:
        celsius, fahrenheit = self.celsius, self.fahrenheit
        if celsius is not None and fahrenheit is None:
            raw = units.half_from_celsius(celsius)
            _check_water(celsius, "celsius", 0, 100)
        elif fahrenheit is not None and celsius is None:
            raw = units.half_from_fahrenheit(fahrenheit)
            _check_water(fahrenheit, "fahrenheit", 32, 212)
        else:
            raise UsageError("give exactly one of celsius and fahrenheit")
        return raw

    @property
    def sent_celsius(self) -> float:
        """What is sent, in °C."""
        return units.half_celsius(self.raw)

    def params(self) -> tuple[int, ...]:
        """The half degrees."""
        return (self.raw,)

    def shown_by(self, status: DeviceStatus) -> bool:
        """The set point is the one sent."""
        return status.dhw_temperature_setting == self.sent_celsius

    def check(self, feature: DeviceFeature | None, *, expert: bool = False) -> None:
        """The unit's own limits, see `check_limits`; for an expert those of `SetPointLimits.of`."""
        SetPointLimits.of(feature, expert=expert).check(self.raw)

    def check_limits(self, limits: DeviceFeature | SetPointLimits | None) -> None:
        """Compare what would be sent with the unit's own limits, on the wire value.

        Raises:
            UsageError: it is out of range or between steps, or no limits are known (ask for device info first).
        """
        found = limits if isinstance(limits, SetPointLimits) else SetPointLimits.of(limits)
        found.check(self.raw)
