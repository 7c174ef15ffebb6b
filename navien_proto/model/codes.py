"""The numbers of the wire by name. All enumerations are open: a number without a name is an `Unknown`.

Source: ``docs/protocol/enums.md`` and, for `ErrorCode`, ``docs/protocol/error_codes.md``.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = [
    "CommandFamily",
    "ConnectionStatus",
    "ControlFailCode",
    "CurrentOperationMode",
    "CurrentState",
    "DHWControlTypeFlag",
    "DREvent",
    "DeviceType",
    "DhwOperationSetting",
    "DiagnosticsType",
    "EnergyQueryType",
    "ErrorCode",
    "FilterChange",
    "FirmwareType",
    "HeatControl",
    "HeatSource",
    "InstallType",
    "MgppReservationMode",
    "Mode",
    "OnOff",
    "Operation",
    "RecirculationMode",
    "TempFormulaType",
    "TemperatureType",
    "TouOverride",
    "TouRateType",
    "TouStatus",
    "TouWeekType",
    "UnitType",
    "Unknown",
    "UserType",
    "VolumeCode",
    "WaterLevel",
]


class Unknown(int):
    """A number the wire carried and no enumeration names; an ``int`` in every way, shown as ``Unknown(77)``.

    ``name`` and ``value`` are those an enumeration's member would have, so that code which prints members
    prints this as well.
    """

    __slots__ = ()

    @property
    def value(self) -> int:
        """The plain number."""
        return int(self)

    @property
    def name(self) -> str:
        """``UNKNOWN_77``."""
        return f"UNKNOWN_{int(self)}"

    def __repr__(self) -> str:
        return f"Unknown({int(self)})"

    def __str__(self) -> str:
        return int.__repr__(self)


class CommandFamily(IntEnum):
    """High byte of a command code (``docs/protocol/conversions.md`` 17)."""

    QUERY = 1
    CONTROL = 2
    CHANGE = 4


class OnOff(IntEnum):
    """A device flag as it stands on the wire. Decoded flags are ``True``, ``False`` or ``None``."""

    UNKNOWN = 0
    OFF = 1
    ON = 2


class ConnectionStatus(IntEnum):
    """``connected`` of REST."""

    OFFLINE = 1
    ONLINE = 2


class DhwOperationSetting(IntEnum):
    """The mode that was chosen: ``dhwOperationSetting``, parameter of ``dhw-mode``, ``mode`` of a reservation."""

    HEAT_PUMP = 1  # compressor only: cheapest, slowest
    ELECTRIC = 2  # elements only; the unit leaves it by itself after 72 h (documented)
    ENERGY_SAVER = 3  # compressor first, element when it lags far behind; the factory setting
    HIGH_DEMAND = 4  # compressor and element together early
    VACATION = 5  # heating suspended for a number of days
    POWER_OFF = 6  # set by power-off, never by dhw-mode


Mode = DhwOperationSetting
"""The short name commands use: ``SetMode(Mode.HEAT_PUMP)``."""


class CurrentOperationMode(IntEnum):
    """What runs now (``operationMode``). Bit 0x20 is the compressor's path, bit 0x40 the element.

    The vendor's labels are kept as aliases; they mislead.
    """

    STANDBY = 0
    HEAT_PUMP = 32
    ELEMENT = 64
    HEAT_PUMP_AND_ELEMENT = 96
    HYBRID_EFFICIENCY = 64
    HYBRID_BOOST = 96


class HeatSource(IntEnum):
    """``currentHeatUse``: a number of its own, not a flag."""

    NONE = 0
    HEAT_PUMP = 1
    ELEMENT = 2
    BOTH = 3


class CurrentState(IntEnum):
    """State of the heat pump's sequencer (``currentStatenum``). Names are inferred from what was seen with it."""

    IDLE = 20
    PRE_START = 30
    COMPRESSOR_START = 40
    RUNNING = 50
    STOPPING = 60
    RESTART_LOCKOUT = 70


class DREvent(IntEnum):
    """Demand-response event (CTA-2045), ``drEventStatus``: a plain number, not a bit field."""

    NOT_APPLIED = 0
    RUN_NORMAL = 1
    SHED = 2
    LOAD_UP = 3
    LOAD_UP_ADVANCED = 4
    CPE = 5  # critical peak or grid emergency


class TouStatus(IntEnum):
    """``touStatus``; names provisional. Bit 1: enabled, bit 2: thresholds raised fits all that was seen."""

    OFF = 0
    ON = 1
    ON_RAISED = 3


class TouRateType(IntEnum):
    """Price class used inside the vendor's app; not on the wire as far as known."""

    UNKNOWN = 0
    OFF_PEAK = 1
    MID_PEAK = 2
    ON_PEAK = 3


class TouOverride(IntEnum):
    """``touOverrideStatus`` as it stands on the wire (decoded by ``flag_12_inverted``)."""

    ACTIVE = 1  # the user lifted TOU for now
    NORMAL = 2  # TOU followed


class RecirculationMode(IntEnum):
    """``recircOperationMode`` and parameter of ``recirc-mode``."""

    UNKNOWN = 0
    ALWAYS = 1
    BUTTON = 2
    SCHEDULE = 3
    TEMPERATURE = 4


class DHWControlTypeFlag(IntEnum):
    """``dhwTemperatureSettingUse``: whether and in which steps the set point can be chosen."""

    UNKNOWN = 0  # treat as no control
    DISABLED = 1
    STEP_0_5_C = 2
    STEP_1_C = 3  # send even raw values
    THREE_LEVELS = 4


class TemperatureType(IntEnum):
    """What the panel displays; the wire is Celsius based whatever it says."""

    CELSIUS = 1
    FAHRENHEIT = 2


class TempFormulaType(IntEnum):
    """Rounding rule of the outdoor temperature in Fahrenheit (``docs/protocol/conversions.md`` 5)."""

    ASYMMETRIC = 0
    STANDARD = 1


class VolumeCode(IntEnum):
    """Tank size; `litres` is the nominal volume."""

    GALLONS_50 = 1
    GALLONS_65 = 2
    GALLONS_80 = 3

    @property
    def litres(self) -> float:
        """Nominal volume in litres."""
        return {1: 189.2, 2: 246.0, 3: 302.8}[self.value]


class InstallType(StrEnum):
    """``installType`` of REST."""

    RESIDENTIAL = "R"
    COMMERCIAL = "C"


class UserType(StrEnum):
    """``userType`` of REST; other letters are unknown."""

    OWNER = "O"


class UnitType(IntEnum):
    """Product family (``modelTypeCode``); `NPF` is the heat-pump water heater this project is about."""

    NO_DEVICE = 0
    NPE = 1
    NCB = 2
    NHB = 3
    CAS_NPE = 4
    CAS_NHB = 5
    NFB = 6
    CAS_NFB = 7
    NFC = 8
    NPN = 9
    CAS_NPN = 10
    NPE2 = 11
    CAS_NPE2 = 12
    NCB_H = 13
    NVW = 14
    CAS_NVW = 15
    NHB_H = 16
    CAS_NHB_H = 17
    NFB_700 = 20
    CAS_NFB_700 = 21
    TWC = 257
    NPF = 513


class DeviceType(IntEnum):
    """``deviceType`` and the number in topics. Types 1 and 2 speak another dialect: list, do not control."""

    NAVILINK = 1
    NAVILINK_LIGHT = 2
    HEAT_PUMP_MAIN_CONTROLLER = 50
    HEAT_PUMP_SUB_CONTROLLER = 51
    HEAT_PUMP_WIFI = 52  # the NWP500


class FirmwareType(IntEnum):
    """``swCode`` of firmware downloads and commits; not the numbers of REST's ``curSwCode``."""

    UNKNOWN = 0
    CONTROLLER = 1
    PANEL = 2
    ROOM_CONTROLLER = 3
    COMMUNICATION_MODULE = 4
    VALVE_CONTROL = 5
    SUB_ROOM_CONTROLLER = 6


class MgppReservationMode(IntEnum):
    """``programReservationType``; other values are unknown."""

    NONE = 0


class EnergyQueryType(IntEnum):
    """``typeOfUsage``; the values of monthly and hourly answers are not recorded."""

    DAILY = 1


class DiagnosticsType(IntEnum):
    """``typeOfTD``: 2 was seen; what it stands for is not known, nor any other value."""

    SEEN = 2


class ControlFailCode(IntEnum):
    """``failCode`` of a refused control; others are unknown."""

    TOO_CLOSE_TOGETHER = 2


class WaterLevel(IntEnum):
    """Declared for other products. The odd order is the vendor's."""

    LOW = 2
    LOW_MEDIUM = 8
    MEDIUM_HIGH = 16
    HIGH = 4


class FilterChange(IntEnum):
    """Declared for other products."""

    NORMAL = 0
    REPLACE = 1
    UNKNOWN = 2


class Operation(IntEnum):
    """Declared for other products."""

    UNKNOWN = 0
    OPERATION = 1
    STOP = 2


class TouWeekType(IntEnum):
    """Declared for other products."""

    WEEKDAY = 0
    WEEKEND = 1


class HeatControl(IntEnum):
    """Declared for other products."""

    UNKNOWN = 0
    SUPPLY = 1
    RETURN = 2
    OUTSIDE = 3


class ErrorCode(IntEnum):
    """``errorCode``: the panel shows number *n* as E*nnn*. ``subErrorCode`` tells the variants of one apart.

    No error was ever seen on the wire; the numbers are the panel's.
    """

    NO_ERROR = 0
    UPPER_ELEMENT_ABNORMAL = 96
    LOWER_ELEMENT_ABNORMAL = 97
    DRY_FIRE = 326
    OUTLET_SENSOR = 407
    MIXING_VALVE = 445
    TANK_UPPER_SENSOR = 480
    TANK_LOWER_SENSOR = 481
    RELAY = 515
    DIP_SWITCH = 517
    PANEL_KEY = 593
    EEPROM = 594
    POWER_METER = 595
    WIFI = 596
    REAL_TIME_CLOCK = 598
    FEEDBACK = 615
    CTA2045_COMMUNICATION = 781
    SHUT_OFF_VALVE = 798
    WATER_LEAK = 799
    ECO_TRIPPED = 901
    COMPRESSOR_POWER_LINE = 907
    COMPRESSOR_ABNORMAL = 908
    EVAPORATOR_FAN = 909
    DISCHARGE_SENSOR = 910
    DISCHARGE_TOO_HOT = 911
    SUCTION_SENSOR = 912
    SUCTION_TOO_COLD = 913
    EVAPORATOR_SENSOR = 914
    DISCHARGE_SUCTION_DIFFERENCE = 915
    EVAPORATOR_TEMPERATURE = 916
    AMBIENT_SENSOR = 920
    REFRIGERANT_BLOCKAGE = 940
    CONDENSATE_OVERFLOW = 990
