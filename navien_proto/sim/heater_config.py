"""Everything about one simulated unit that may be chosen; the defaults are the captured one's.

Sources: ``docs/protocol/device_model.md``, by section beside each class.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Attribute, field, frozen, validators

from navien_proto.sim.tank import HeatPumpCurve, TankConfig

__all__ = ["ENERGY_SLOPES", "Electrics", "HeaterConfig", "Noise", "Thresholds", "Timing"]

#: Counts of the energy figures per K, by ``volumeCode`` (section 5); one count is 4 Wh.
ENERGY_SLOPES: Mapping[int, float] = {1: 54.0, 2: 70.24, 3: 86.5}


@frozen(kw_only=True)
class Timing:
    """Seconds from one step of the unit to the next (sections 4, 9 and 12).

    ``mode_lag``: from a changed heat call to ``operationMode`` and to everything that switches off.
    ``relay_lag``: from ``operationMode`` to an element's relay. ``thermostat_lag``: from a written set
    point to the thermostat's answer. ``prestart``: fan and valve before the compressor's relay.
    ``running``: from that relay to state 50. ``fan_overrun``: fan after the compressor stopped.
    ``settling``: from the fan's stop to the end of state 60. ``lockout``: from a stop to the next start.
    ``element_minimum``: an element is not reviewed before. ``saver_review``: the same on entering energy
    saver. ``figure_lag``: energy and charge figures follow a new set point or mode this much later.
    ``power_delay`` and ``power_window``: the power figure is the mean over a window that ended this long ago.
    """

    mode_lag: float = 1.5
    relay_lag: float = 3.0
    thermostat_lag: float = 2.0
    prestart: float = 28.0
    running: float = 90.0
    fan_overrun: float = 20.0
    settling: float = 10.0
    lockout: float = 180.0
    element_minimum: float = 60.0
    saver_review: float = 2.5
    figure_lag: float = 6.0
    power_delay: float = 2.0
    power_window: float = 1.75


@frozen(kw_only=True)
class Electrics:
    """Watts (section 2). ``element_beside`` is an element while the compressor runs: the pair measured 5,378 W
    together, less than the sum of each alone."""

    standby: float = 1.0
    fan: float = 16.0
    compressor: float = 433.0
    element: float = 5182.0
    element_beside: float = 4945.0


@frozen(kw_only=True)
class Thresholds:
    """Kelvin by which the upper probe must be short of the set point (sections 3 and 4).

    ``entry_…``: on entering the mode, for its element. Energy saver starts its element at a slight
    shortfall, as captured, and drops it at the review when less than ``saver_keep`` is missing, which is why a
    poll every 30 s saw 1.0 K. ``re_engage``: later, in electric and high demand. ``saver_far``: later, in energy
    saver ("far behind"; invented). ``off_margin``: an element stops this far below the set point; the probe
    coasts on. ``window_start``: starts the compressor inside a TOU window, by the upper probe.
    """

    entry_electric: float = 0.3
    entry_saver: float = 0.3
    entry_demand: float = 0.3
    saver_keep: float = 1.0
    saver_far: float = 8.0
    re_engage: float = 2.1
    off_margin: float = 0.8
    window_start: float = 2.0


@frozen(kw_only=True)
class Noise:
    """Largest deviation of what is shown: K for probes, W, rpm, steps of signal (sections 6 and 11)."""

    upper: float = 0.1
    lower: float = 0.2
    ambient: float = 0.3
    pipes: float = 0.5
    power: float = 1.0
    fan: float = 2.0
    signal: int = 1


def _half_degrees(_instance: object, attribute: Attribute[int], value: int) -> None:
    if not 0 <= value <= 200:
        raise ValueError(f"{attribute.name} is {value}: half-degrees C between 0 and 200 are meant")


@frozen(kw_only=True)
class HeaterConfig:
    """One unit: who it is, where it stands, how it begins.

    ``set_point``, ``minimum``, ``maximum``: half-degrees C, as on the wire. ``mode``: 1..6
    (``DhwOperationSetting``), ``vacation_days``: set at the start. ``ambient``, ``inlet``: °C of the room and the
    cold water; ``upper``, ``lower``: of the tank at the start.
    ``running``: whether the compressor has been running for a while at the start. ``tou_status``: 0, 1 or 3; 3
    raises the heat pump's ON thresholds. ``fan_hours``, ``filter_hours``: counters at the start, h.
    ``fan_cooling``: K by which the running fan cools the air sensor. ``heartbeat``: s between pushes while an app
    is connected, or ``None``.
    ``strict``: refuse controls closer than 1 s with ``ctrl-fail`` 2. ``pump``: it has a recirculation pump, and a
    programme for it. ``signal``: ``wifiRssi``, a magnitude.
    ``electric_hours``: electric mode gives way to the mode before it after so many hours; so does vacation,
    ``vacation_lead_hours`` before its end. ``tank``: the vessel, if not that of ``volume_code``. ``noise``:
    ``None`` shows the model as it is.

    Raises:
        ValueError: a set point or limit out of any scale; a mode, volume code or TOU status that does not exist.
    """

    mac: str = field(default="aabbccddeeff", repr=False, validator=validators.matches_re(r"[0-9a-f]{12}"))
    additional_value: str = field(default="1234", repr=False)
    name: str = "NWP500"
    home_seq: int = 12345
    volume_code: int = field(default=2, validator=validators.in_(ENERGY_SLOPES))
    serial: str = field(default="00000000XX00000000", repr=False)
    vacation_days: int = field(default=0, validator=validators.in_(range(31)))
    mode: int = field(default=1, validator=validators.in_(range(1, 7)))
    set_point: int = field(default=121, validator=_half_degrees)
    minimum: int = field(default=70, validator=_half_degrees)
    maximum: int = field(default=131, validator=_half_degrees)
    upper: float = 58.6
    lower: float = 53.6
    running: bool = False
    ambient: float = 22.0
    inlet: float = 15.0
    tou_status: int = field(default=1, validator=validators.in_((0, 1, 3)))
    fan_hours: float = 185.0
    filter_hours: float = 0.0
    filter_period: int = 1000
    fan_cooling: float = 2.0
    signal: int = 60
    heartbeat: float | None = None
    strict: bool = False
    pump: bool = False
    electric_hours: float = 72.0
    vacation_lead_hours: float = 9.0
    tank: TankConfig | None = None
    curve: HeatPumpCurve = field(factory=HeatPumpCurve)
    timing: Timing = field(factory=Timing)
    electrics: Electrics = field(factory=Electrics)
    thresholds: Thresholds = field(factory=Thresholds)
    noise: Noise | None = field(factory=Noise)

    @property
    def energy_slope(self) -> float:
        """Counts of 4 Wh per K of the whole tank."""
        return ENERGY_SLOPES[self.volume_code]

    def vessel(self) -> TankConfig:
        """The tank as given, or one of the size that ``volume_code`` names."""
        return self.tank or TankConfig(capacity=4.0 * self.energy_slope)
