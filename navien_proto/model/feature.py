"""What a water heater can do: `DeviceFeature`, its answer to a request for device info."""

from __future__ import annotations

from navien_proto.model.codes import (
    DHWControlTypeFlag,
    TemperatureType,
    TempFormulaType,
    UnitType,
    VolumeCode,
)
from navien_proto.model.decoders import code, firmware_version, flag_12, half_celsius, integer, text
from navien_proto.model.fields import FieldRow, Readings

__all__ = ["FEATURE_FIELDS", "DeviceFeature", "FeatureInFahrenheit"]


class FeatureFields(Readings):
    """The fields of a device info, in the order of ``docs/protocol/feature_fields.md``; none was captured."""

    __slots__ = ()

    country_code = integer("countryCode", "Country; 3 is the USA.", unit="code")
    model_type_code = code("modelTypeCode", UnitType, "Product family; NPF is the heat-pump water heater.")
    control_type_code = integer("controlTypeCode", "Variant of the control board.", unit="code")
    volume_code = code("volumeCode", VolumeCode, "Tank size.")
    controller_sw_version = firmware_version("controllerSwVersion", "Firmware of the controller.")
    panel_sw_version = firmware_version("panelSwVersion", "Firmware of the panel.")
    wifi_sw_version = firmware_version("wifiSwVersion", "Firmware of the Wi-Fi module.")
    controller_sw_code = integer(
        "controllerSwCode", "Firmware branch of the controller; show in hexadecimal.", unit="code"
    )
    panel_sw_code = integer("panelSwCode", "Firmware branch of the panel; show in hexadecimal.", unit="code")
    wifi_sw_code = integer("wifiSwCode", "Firmware branch of the Wi-Fi module; show in hexadecimal.", unit="code")
    recirc_sw_version = firmware_version("recircSwVersion", "Firmware of the recirculation module; 0 without one.")
    recirc_model_type_code = integer(
        "recircModelTypeCode", "Model of the recirculation module; 0 without one.", unit="code"
    )
    controller_serial_number = text(
        "controllerSerialNumber", "Needed for time-of-use calls. Identifies the owner's unit: never log it."
    )
    power_use = flag_12("powerUse", "Power can be switched.")
    holiday_use = flag_12("holidayUse", "Vacation is offered.")
    program_reservation_use = flag_12(
        "programReservationUse", "Reservations are offered; gates time-of-use writes as well."
    )
    dhw_use = flag_12("dhwUse", "The mode can be chosen. Not the draw flag of the same name in a status.")
    dhw_temperature_setting_use = code(
        "dhwTemperatureSettingUse", DHWControlTypeFlag, "Whether and in which steps the set point can be chosen."
    )
    smart_diagnostic_use = flag_12("smartDiagnosticUse", "A self test is offered.")
    wifi_rssi_use = flag_12("wifiRssiUse", "The Wi-Fi signal is reported.")
    temperature_type = code("temperatureType", TemperatureType, "What the panel displays.")
    temp_formula_type = code(
        "tempFormulaType", TempFormulaType, "Rounding rule of the outdoor temperature in Fahrenheit."
    )
    energy_usage_use = flag_12("energyUsageUse", "Energy queries are answered.")
    freeze_protection_use = flag_12("freezeProtectionUse", "Freeze protection is offered.")
    mixing_valve_use = flag_12("mixingValveUse", "A mixing valve is fitted.", aliases=("mixingValueUse",))
    dr_setting_use = flag_12("drSettingUse", "Demand response is offered.")
    anti_legionella_setting_use = flag_12("antiLegionellaSettingUse", "Anti-legionella cycles are offered.")
    hpwh_use = flag_12("hpwhUse", "The unit is a heat-pump water heater.")
    dhw_refill_use = flag_12("dhwRefillUse", "Refilling and dry fire are detected.")
    eco_use = flag_12("ecoUse", "An energy cut-off (over-temperature limiter) is fitted.")
    electric_use = flag_12("electricUse", "Mode ELECTRIC is offered.")
    heatpump_use = flag_12("heatpumpUse", "Mode HEAT_PUMP is offered.")
    energy_saver_use = flag_12("energySaverUse", "Mode ENERGY_SAVER is offered.")
    high_demand_use = flag_12("highDemandUse", "Mode HIGH_DEMAND is offered.")
    recirculation_use = flag_12("recirculationUse", "A recirculation pump is fitted.")
    recirc_reservation_use = flag_12("recircReservationUse", "A recirculation schedule is offered.")
    title24_use = flag_12("title24Use", "California's Title 24 rules for recirculation apply.")
    dhw_temperature_min = half_celsius(
        "dhwTemperatureMin", "Lowest set point, and the 0 % of the charge figure. Differs between units."
    )
    dhw_temperature_max = half_celsius("dhwTemperatureMax", "Highest set point. Differs between units.")
    freeze_protection_temp_min = half_celsius("freezeProtectionTempMin", "Lowest choice of freeze protection.")
    freeze_protection_temp_max = half_celsius("freezeProtectionTempMax", "Highest choice of freeze protection.")
    recirc_temperature_min = half_celsius(
        "recircTemperatureMin", "Lowest recirculation set point; 0 without a pump."
    )
    recirc_temperature_max = half_celsius(
        "recircTemperatureMax", "Highest recirculation set point; 0 without a pump."
    )


FEATURE_FIELDS: tuple[FieldRow, ...] = FeatureFields.fields
"""The table of all device info fields."""


class DeviceFeature(FeatureFields):
    """What a water heater is and can do, made by `navien_proto.wire.decode.decode` from a feature message.

    Attributes are those of `FEATURE_FIELDS`; a capability flag is ``True`` when the unit has it, ``False`` or
    ``None`` (0 on the wire, or absent) when commands that need it must not be sent. Temperatures are in °C,
    in °F through ``in_fahrenheit``. The serial number is shown by no ``repr``.
    """

    __slots__ = ()

    @property
    def in_fahrenheit(self) -> FeatureInFahrenheit:
        """The same with temperatures in °F."""
        return FeatureInFahrenheit(self._values, self._odd, self.problems)


class FeatureInFahrenheit(FeatureFields, fahrenheit=True):
    """A `DeviceFeature` read in °F; what is no temperature is as it was."""

    __slots__ = ()
