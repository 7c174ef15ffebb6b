"""The fields of a status, each written once, in wire order (``docs/protocol/status_fields.md``).

The first 87 were captured from a real unit; the last 15 are documented for newer firmware and for units with a
recirculation pump.
"""

from __future__ import annotations

from navien_proto.model.codes import (
    CurrentOperationMode,
    CurrentState,
    DhwOperationSetting,
    DREvent,
    ErrorCode,
    HeatSource,
    RecirculationMode,
    TemperatureType,
    TempFormulaType,
    TouStatus,
)
from navien_proto.model.decoders import (
    code,
    deci_celsius,
    deci_celsius_delta,
    diff_raw,
    div10,
    energy_count_x4,
    flag_12,
    flag_12_inverted,
    flag_12_tristate,
    half_celsius,
    integer,
    raw_celsius_formula,
    rssi_magnitude,
)
from navien_proto.model.fields import Readings

__all__ = ["StatusFields"]

_DIFFERENTIAL = "Differential in counts; 0.5 K and 0.1 K a count are both claimed."


class StatusFields(Readings):
    """The readings of a status message; see `navien_proto.model.status.DeviceStatus`."""

    __slots__ = ()

    command = integer("command", "Code this status answers or announces (mqtt.md 9).", unit="code", captured=True)
    outside_temperature = raw_celsius_formula(
        "outsideTemperature",
        "Outdoor temperature; always 0 on the unit captured, which has no such sensor.",
        captured=True,
    )
    special_function_status = integer(
        "specialFunctionStatus", "Meaning not known; 1 throughout.", unit="code", captured=True
    )
    did_reload = flag_12(
        "didReload", "Suspected request to read the device info again; off throughout.", captured=True
    )
    error_code = code("errorCode", ErrorCode, "Error number, 0 for none; number n is shown as En.", captured=True)
    sub_error_code = integer("subErrorCode", "Detail of the error.", unit="code", captured=True)
    operation_mode = code(
        "operationMode",
        CurrentOperationMode,
        "What runs now, not what was chosen; follows currentHeatUse by one message.",
        captured=True,
    )
    operation_busy = flag_12_tristate(
        "operationBusy", "Working on a heat call, the compressor's restart wait included.", captured=True
    )
    freeze_protection_use = flag_12(
        "freezeProtectionUse", "Freeze protection enabled; not an alarm.", captured=True
    )
    dhw_use = flag_12("dhwUse", "Hot water is being drawn (short term).", captured=True)
    dhw_use_sustained = flag_12("dhwUseSustained", "A long draw; 0, unknown, throughout.", captured=True)
    dhw_temperature = half_celsius("dhwTemperature", "Hot water at the tank's outlet.", captured=True)
    dhw_temperature_setting = half_celsius("dhwTemperatureSetting", "The set point the user chose.", captured=True)
    program_reservation_use = flag_12(
        "programReservationUse", "The weekly reservation programme is switched on.", captured=True
    )
    smart_diagnostic = integer(
        "smartDiagnostic",
        "Result of the self test on units that have one; 0 throughout.",
        unit="code",
        captured=True,
    )
    fault_status1 = integer(
        "faultStatus1", "Fault bits of unknown meaning; show in hexadecimal.", unit="bits", captured=True
    )
    fault_status2 = integer(
        "faultStatus2", "Fault bits of unknown meaning; show in hexadecimal.", unit="bits", captured=True
    )
    wifi_rssi = rssi_magnitude(
        "wifiRssi", "Wi-Fi signal; the wire carries the magnitude (sign inferred).", captured=True
    )
    eco_use = flag_12(
        "ecoUse",
        "Energy cut-off (over-temperature limiter) enabled; neither a trip nor an economy mode.",
        captured=True,
    )
    dhw_target_temperature_setting = half_celsius(
        "dhwTargetTemperatureSetting",
        "Working target; equal to the set point in the capture, may differ under demand response.",
        captured=True,
    )
    tank_upper_temperature = deci_celsius("tankUpperTemperature", "Upper tank probe.", captured=True)
    tank_lower_temperature = deci_celsius(
        "tankLowerTemperature", "Lower tank probe; jitters by up to 0.4 K.", captured=True
    )
    discharge_temperature = deci_celsius("dischargeTemperature", "Compressor's discharge pipe.", captured=True)
    suction_temperature = deci_celsius("suctionTemperature", "Compressor's suction pipe.", captured=True)
    evaporator_temperature = deci_celsius("evaporatorTemperature", "Evaporator coil.", captured=True)
    ambient_temperature = deci_celsius("ambientTemperature", "Air around the unit.", captured=True)
    target_super_heat = deci_celsius_delta("targetSuperHeat", "Superheat wanted: a difference.", captured=True)
    comp_use = flag_12_tristate("compUse", "Compressor relay.", captured=True)
    eev_use = flag_12("eevUse", "Expansion valve is driven.", captured=True)
    eva_fan_use = flag_12(
        "evaFanUse", "Evaporator fan relay; on before the fan turns, off while it coasts.", captured=True
    )
    current_inst_power = integer(
        "currentInstPower", "Electrical power of the whole unit, elements included.", unit="W", captured=True
    )
    shut_off_valve_use = flag_12("shutOffValveUse", "Leak shut-off valve.", captured=True)
    con_ovr_sensor_use = flag_12("conOvrSensorUse", "Condensate overflow sensor has triggered.", captured=True)
    wtr_ovr_sensor_use = flag_12("wtrOvrSensorUse", "Water leak sensor has triggered.", captured=True)
    dhw_charge_percent = integer(
        "dhwChargePer",
        "Upper probe between the lowest set point (0) and the set point (100); no measure of energy.",
        unit="%",
        captured=True,
    )
    dr_event_status = code("drEventStatus", DREvent, "Demand-response event.", captured=True)
    vacation_day_setting = integer("vacationDaySetting", "Days chosen for vacation.", unit="day", captured=True)
    vacation_day_elapsed = integer(
        "vacationDayElapsed",
        "Days of vacation gone, by its name; behaved like days left in the capture.",
        unit="day",
        captured=True,
    )
    freeze_protection_temperature = half_celsius(
        "freezeProtectionTemperature", "Freeze protection starts here.", captured=True
    )
    anti_legionella_use = flag_12_tristate("antiLegionellaUse", "Anti-legionella cycle is enabled.", captured=True)
    anti_legionella_period = integer(
        "antiLegionellaPeriod",
        "Days between anti-legionella cycles, kept while disabled.",
        unit="day",
        captured=True,
    )
    anti_legionella_operation_busy = flag_12_tristate(
        "antiLegionellaOperationBusy", "An anti-legionella cycle runs now.", captured=True
    )
    program_reservation_type = integer(
        "programReservationType", "Programme that drives the unit, 0 for none.", unit="code", captured=True
    )
    dhw_operation_setting = code(
        "dhwOperationSetting", DhwOperationSetting, "The mode the user chose; 6 is off.", captured=True
    )
    temperature_type = code(
        "temperatureType", TemperatureType, "What the panel displays; the wire is Celsius.", captured=True
    )
    temp_formula_type = code(
        "tempFormulaType",
        TempFormulaType,
        "Rounding rule of the outdoor temperature in Fahrenheit.",
        captured=True,
    )
    error_buzzer_use = flag_12("errorBuzzerUse", "The buzzer sounds on an error.", captured=True)
    current_heat_use = code("currentHeatUse", HeatSource, "Heat source in use now.", captured=True)
    current_inlet_temperature = half_celsius(
        "currentInletTemperature", "Cold inlet; 0 where no sensor is fitted.", captured=True
    )
    current_state = code(
        "currentStatenum", CurrentState, "State of the heat pump's sequencer; names inferred.", captured=True
    )
    target_fan_rpm = integer("targetFanRpm", "Fan speed wanted.", unit="rpm", captured=True)
    current_fan_rpm = integer("currentFanRpm", "Fan speed measured.", unit="rpm", captured=True)
    fan_pwm = integer("fanPwm", "Drive count of the fan, 0 to 1474; no percentage.", unit="count", captured=True)
    dhw_temperature2 = half_celsius("dhwTemperature2", "Second outlet sensor; 0 where not fitted.", captured=True)
    current_dhw_flow_rate = div10(
        "currentDhwFlowRate", "Hot water flow; 0 where no meter is fitted.", captured=True
    )
    mixing_rate = integer(
        "mixingRate", "Position of the mixing valve; 0 where not fitted.", unit="%", captured=True
    )
    eev_step = integer(
        "eevStep", "Position of the expansion valve; 480 is parked open.", unit="step", captured=True
    )
    current_super_heat = deci_celsius_delta(
        "currentSuperHeat", "Superheat measured: a difference, negative after a stop.", captured=True
    )
    heat_upper_use = flag_12_tristate("heatUpperUse", "Upper element relay.", captured=True)
    heat_lower_use = flag_12_tristate("heatLowerUse", "Lower element relay.", captured=True)
    scald_use = flag_12("scaldUse", "Scald warning, enabled or active is unclear; no alarm.", captured=True)
    air_filter_alarm_use = flag_12_tristate(
        "airFilterAlarmUse", "The air filter reminder is enabled.", captured=True
    )
    air_filter_alarm_period = integer(
        "airFilterAlarmPeriod", "Fan hours between air filter services, 0 for none.", unit="h", captured=True
    )
    air_filter_alarm_elapsed = integer(
        "airFilterAlarmElapsed", "Fan hours since the air filter was reset.", unit="h", captured=True
    )
    cumulated_op_time_eva_fan = integer(
        "cumulatedOpTimeEvaFan", "Fan hours of a lifetime.", unit="h", captured=True
    )
    cumulated_dhw_flow_rate = integer(
        "cumulatedDhwFlowRate", "Litres of a lifetime; 0 where no meter is fitted.", unit="L", captured=True
    )
    tou_status = code(
        "touStatus",
        TouStatus,
        "Time of use: 0 off, else on; no price class. 3 goes with raised thresholds.",
        captured=True,
    )
    hp_upper_on_temp_setting = half_celsius(
        "hpUpperOnTempSetting", "The heat pump starts when the upper probe falls below.", captured=True
    )
    hp_upper_off_temp_setting = half_celsius(
        "hpUpperOffTempSetting", "The heat pump's stop at the upper probe.", captured=True
    )
    hp_lower_on_temp_setting = half_celsius(
        "hpLowerOnTempSetting", "The heat pump starts when the lower probe falls below.", captured=True
    )
    hp_lower_off_temp_setting = half_celsius(
        "hpLowerOffTempSetting",
        "The heat pump stops when the lower probe reaches this and its differential.",
        captured=True,
    )
    he_upper_on_temp_setting = half_celsius(
        "heUpperOnTempSetting", "The upper element starts when the upper probe falls below.", captured=True
    )
    he_upper_off_temp_setting = half_celsius("heUpperOffTempSetting", "The upper element's stop.", captured=True)
    he_lower_on_temp_setting = half_celsius(
        "heLowerOnTempSetting", "The lower element starts when the lower probe falls below.", captured=True
    )
    he_lower_off_temp_setting = half_celsius("heLowerOffTempSetting", "The lower element's stop.", captured=True)
    hp_upper_on_diff_temp_setting = diff_raw("hpUpperOnDiffTempSetting", _DIFFERENTIAL, captured=True)
    hp_upper_off_diff_temp_setting = diff_raw("hpUpperOffDiffTempSetting", _DIFFERENTIAL, captured=True)
    hp_lower_on_diff_temp_setting = diff_raw("hpLowerOnDiffTempSetting", _DIFFERENTIAL, captured=True)
    hp_lower_off_diff_temp_setting = diff_raw("hpLowerOffDiffTempSetting", _DIFFERENTIAL, captured=True)
    he_upper_on_diff_temp_setting = diff_raw("heUpperOnDiffTempSetting", _DIFFERENTIAL, captured=True)
    he_upper_off_diff_temp_setting = diff_raw("heUpperOffDiffTempSetting", _DIFFERENTIAL, captured=True)
    he_lower_on_diff_temp_setting = diff_raw(
        "heLowerOnTDiffempSetting",  # the vendor's spelling
        _DIFFERENTIAL,
        captured=True,
        aliases=("heLowerOnDiffTempSetting",),
    )
    he_lower_off_diff_temp_setting = diff_raw("heLowerOffDiffTempSetting", _DIFFERENTIAL, captured=True)
    dr_override_status = integer(
        "drOverrideStatus", "Hours left of a demand-response override, 0 for none.", unit="h", captured=True
    )
    tou_override_status = flag_12_inverted(
        "touOverrideStatus", "The user has lifted time of use for now.", captured=True
    )
    full_recovery_energy = energy_count_x4(
        "totalEnergyCapacity",
        "Energy to heat the whole tank from the coldest usable temperature to the stop point.",
        captured=True,
    )
    total_energy_capacity = full_recovery_energy  # the misleading name others use
    energy_to_setpoint = energy_count_x4(
        "availableEnergyCapacity",
        "Energy still missing to the stop point, whatever the wire name says; 0 when full.",
        captured=True,
    )
    available_energy_capacity = energy_to_setpoint  # the misleading name others use
    dhw_operation_busy = flag_12("dhwOperationBusy", "A heat call for hot water is in progress.")
    heat_min_op_temperature = half_celsius(
        "heatMinOpTemperature", "Lowest temperature at which the heat pump may run."
    )
    recirc_operation_busy = flag_12("recircOperationBusy", "The recirculation pump runs.")
    recirc_reservation_use = flag_12_tristate("recircReservationUse", "The recirculation schedule is enabled.")
    recirc_operation_mode = code("recircOperationMode", RecirculationMode, "Recirculation mode.")
    recirc_temp_setting = half_celsius("recircTempSetting", "Recirculation set point.")
    recirc_temperature = half_celsius("recircTemperature", "Recirculation pipe.")
    recirc_pump_operation_status = integer(
        "recircPumpOperationStatus", "State of the recirculation pump; values unknown.", unit="code"
    )
    recirc_faucet_temperature = half_celsius(
        "recircFaucetTemperature", "Recirculation at the faucet; the scale is disputed."
    )
    recirc_hot_btn_ready = integer(
        "recircHotBtnReady", "Not zero when the hot button may be used (inferred).", unit="code"
    )
    recirc_operation_reason = integer(
        "recircOperationReason", "Why the recirculation pump runs; values unknown.", unit="code"
    )
    recirc_dhw_flow_rate = div10("recircDhwFlowRate", "Recirculation flow.")
    recirc_error_status = integer("recircErrorStatus", "Recirculation error, 0 for none.", unit="code")
    freeze_protection_temp_min = half_celsius(
        "freezeProtectionTempMin", "Lowest choice of freeze protection; normally in the device info."
    )
    freeze_protection_temp_max = half_celsius(
        "freezeProtectionTempMax", "Highest choice of freeze protection; normally in the device info."
    )
