"""A water heater's counters of a lifetime: `Diagnostics`.

The cloud decodes them to JSON for the app's form of reply topic; else they arrive packed, as little-endian numbers
in hexadecimal text. Both give the same object. Source: ``docs/protocol/responses.md`` section 9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from attrs import evolve

from navien_proto.model.decoders import integer
from navien_proto.model.fields import FieldRow, Problem, Readings

__all__ = ["DIAGNOSTICS_FIELDS", "GROUPS", "Diagnostics"]


class DiagnosticsFields(Readings):
    """The counters in the order of their packed form; unit ``unknown`` where nobody told."""

    __slots__ = ()

    heat_pump_energy = integer("cumulatedPwrHp", "Electricity the heat pump used.", unit="Wh")
    element_energy = integer("cumulatedPwrHe", "Electricity the elements used.", unit="Wh")
    days_since_installation = integer("daysSinceInstallation", "Days since the unit was installed.", unit="day")
    over_temperature_cut_offs = integer(
        "cumulatedOccNumEco", "How often the over-temperature limiter operated.", unit="count"
    )
    dry_fires = integer("cumulatedOccNumDryFire", "How often an element was to heat without water.", unit="count")
    freeze_protections = integer("numOffRostProtectBurn", "How often freeze protection heated.", unit="count")
    condensate_overflows = integer("cumulatedOccNumConOvrFlow", "How often condensate overflowed.", unit="count")
    water_leaks = integer("cumulatedOccNumWtrOvrFlow", "How often water leaked.", unit="count")
    dr_shed_time = integer(
        "cumulatedOpTimeDrShed",
        "Time of demand-response event SHED; the unit of time is not known.",
        unit="unknown",
    )
    dr_load_up_time = integer(
        "cumulatedOpTimeDrLoadUp",
        "Time of demand-response event LOAD_UP; the unit of time is not known.",
        unit="unknown",
    )
    dr_load_up_advanced_time = integer(
        "cumulatedOpTimeDrAdvLoadUp",
        "Time of event LOAD_UP_ADVANCED; the unit of time is not known.",
        unit="unknown",
    )
    dr_critical_peak_time = integer(
        "cumulatedOpTimeDrCpp", "Time of critical peaks; the unit of time is not known.", unit="unknown"
    )
    dr_grid_emergency_time = integer(
        "cumulatedOpTimeDrGridEmg", "Time of grid emergencies; the unit of time is not known.", unit="unknown"
    )
    abnormal_discharges = integer(
        "cumulatedOccNumAbDisTmp", "How often the discharge temperature was abnormal (by its name).", unit="count"
    )
    hpo_events = integer(
        "cumulatedOccNumHpo", "Not known what is counted; high pressure, by its name.", unit="count"
    )
    abnormal_suctions = integer(
        "cumulatedOccNumAbSucTmp", "How often the suction temperature was abnormal (by its name).", unit="count"
    )
    abnormal_differences = integer(
        "cumulatedOccNumAbDisSucTmp", "How often discharge less suction was abnormal (by its name).", unit="count"
    )
    draws = integer("numOfdhwUse", "Draws of hot water; 0 without a flow meter.", unit="count")
    draws_flow = integer("dhwUseTotalFlow", "Water of all draws; the unit is not known.", unit="unknown")
    draws_time = integer("dhwUseTotalTime", "Time of all draws; the unit is not known.", unit="unknown")
    long_draws = integer("numOfLongDhwUse", "Long draws of hot water.", unit="count")
    long_draws_flow = integer(
        "longDhwUseTotalFlow", "Water of the long draws; the unit is not known.", unit="unknown"
    )
    long_draws_time = integer(
        "longDhwUseTotalTime", "Time of the long draws; the unit is not known.", unit="unknown"
    )
    short_draws = integer("numOfShortDhwUse", "Short draws of hot water.", unit="count")
    average_recovery_time = integer(
        "avrageRecoveryTime", "Mean time of a recovery; the unit is not known.", unit="unknown"
    )
    compressor_hours = integer("cumulatedOpTimeComp", "Hours the compressor ran.", unit="h")
    compressor_starts = integer("cumulatedOpNumComp", "Starts of the compressor.", unit="count")
    fan_hours = integer("cumulatedOpTimeEvaFan", "Hours the evaporator's fan ran.", unit="h")
    fan_starts = integer("cumulatedOpNumEvaFan", "Starts of the evaporator's fan.", unit="count")
    expansion_valve_steps = integer("cumulatedOpStepEev", "Steps of the expansion valve.", unit="step")
    upper_element_hours = integer("cumulatedOpTimeUhe", "Hours the upper element was on.", unit="h")
    upper_element_switchings = integer(
        "cumulatedOpNumUhe", "How often the upper element was switched on.", unit="count"
    )
    lower_element_hours = integer("cumulatedOpTimeLhe", "Hours the lower element was on.", unit="h")
    lower_element_switchings = integer(
        "cumulatedOpNumLhe", "How often the lower element was switched on.", unit="count"
    )
    shut_off_valve_operations = integer(
        "cumulatedOpNumShutOffVv", "Operations of the leak shut-off valve.", unit="count"
    )
    mixing_valve_steps = integer("mixingValveOpTotalStep", "Steps of the mixing valve.", unit="step")
    mixing_valve_average_rate = integer(
        "mixingValveOpAvgMixinGrate", "Mean rate of mixing; the unit is not known.", unit="unknown"
    )
    recirculation_pump_starts = integer(
        "cumulatedOpNumRecircPump", "Starts of the recirculation pump.", unit="count"
    )
    recirculation_pump_time = integer(
        "cumulatedOpTimeRecircPump", "Time the recirculation pump ran; the unit is not known.", unit="unknown"
    )
    inverter_compressor_time1 = integer(
        "cumulatedOpTimeInvComp1", "Time of an inverter's first stage; the unit is not known.", unit="unknown"
    )
    inverter_compressor_time2 = integer(
        "cumulatedOpTimeInvComp2", "Time of its second stage; the unit is not known.", unit="unknown"
    )
    inverter_compressor_time3 = integer(
        "cumulatedOpTimeInvComp3", "Time of its third stage; the unit is not known.", unit="unknown"
    )
    inverter_compressor_time4 = integer(
        "cumulatedOpTimeInvComp4", "Time of its fourth stage; the unit is not known.", unit="unknown"
    )


DIAGNOSTICS_FIELDS: tuple[FieldRow, ...] = DiagnosticsFields.fields
"""The table of all counters."""

_NAMES = tuple(row.wire_name for row in DIAGNOSTICS_FIELDS)
# Group, its counters, and how many bytes each takes in the packed form.
_PACKED: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "tsData": (_NAMES[:17], (4,) * 2 + (2,) * 15),
    "tcData": ((), ()),
    "tdData": (_NAMES[17:25], (4,) * 8),
    "taData": (_NAMES[25:], (4,) * 18),
}

GROUPS = tuple(_PACKED)
"""The groups of counters a unit sends; nothing is known to be in ``tcData``."""

_GROUP_OF = {name: group for group, (names, _) in _PACKED.items() for name in names}
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")


class Diagnostics(DiagnosticsFields):
    """The counters of a water heater, made by `navien_proto.wire.decode.decode`; each ``None`` when absent.

    The energies are those of an energy answer's lifetime total, in Wh. For times and volumes other than the
    ``…_hours`` the unit is not known (see the table). ``raw`` has the numbers by wire name.
    """

    __slots__ = ()

    @classmethod
    def from_groups(cls, groups: Mapping[str, object]) -> tuple[Diagnostics, tuple[Problem, ...]]:
        """The counters in ``data`` of a message, groups being objects or packed text, and what is wrong with them.

        Never fails; problems are named by their path, ``data.tsData.cumulatedPwrHp``.
        """
        members: dict[str, object] = {}
        problems: list[Problem] = []
        for group, value in groups.items():
            if isinstance(value, Mapping):
                members.update(value)
            elif isinstance(value, str):
                members.update(_unpack(group, value, problems))
            else:
                problems.append(Problem(f"data.{group}", value, "an object or packed text belongs here"))
        made = cls.from_wire(members)
        named = (evolve(one, path=f"data.{_GROUP_OF[one.path]}.{one.path}") for one in made.problems)
        return made, tuple(chain(problems, named))


def _unpack(group: str, text: str, problems: list[Problem]) -> dict[str, int]:
    """The numbers in packed text; what follows the known ones is newer firmware's and ignored."""
    names, sizes = _PACKED.get(group, ((), ()))
    path = f"data.{group}"
    if _HEX.fullmatch(text) is None:
        problems.append(Problem(path, text, "packed text is pairs of hexadecimal digits"))
        return {}
    packed = bytes.fromhex(text)
    found: dict[str, int] = {}
    at = 0
    for name, size in zip(names, sizes, strict=True):
        if at + size > len(packed):
            problems.append(Problem(path, text, f"packed text ends before {name}"))
            break
        found[name] = int.from_bytes(packed[at : at + size], "little")
        at += size
    return found
