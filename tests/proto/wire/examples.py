"""One message of each shape, written from docs/protocol/responses.md; identities are invented."""

from __future__ import annotations

import json
from typing import Any

from navien_proto.wire.decode import decode
from navien_proto.wire.messages import StatusMessage

MAC = "aabbccddeeff"
CLIENT = "client-0001"
SESSION = "1768478400123"
ACK_TOPIC = f"cmd/52/navilink-{MAC}/{CLIENT}/res"
PUSH_TOPIC = f"cmd/52/navilink-{MAC}/res"

STATUS: dict[str, Any] = {
    "command": 16777219, "outsideTemperature": 0, "specialFunctionStatus": 1, "didReload": 1, "errorCode": 0,
    "subErrorCode": 0, "operationMode": 32, "operationBusy": 2, "freezeProtectionUse": 2, "dhwUse": 1,
    "dhwUseSustained": 0, "dhwTemperature": 117, "dhwTemperatureSetting": 121, "programReservationUse": 1,
    "smartDiagnostic": 0, "faultStatus1": 0, "faultStatus2": 0, "wifiRssi": 59, "ecoUse": 2,
    "dhwTargetTemperatureSetting": 121, "tankUpperTemperature": 586, "tankLowerTemperature": 536,
    "dischargeTemperature": 690, "suctionTemperature": 135, "evaporatorTemperature": 111,
    "ambientTemperature": 258, "targetSuperHeat": 50, "compUse": 2, "eevUse": 2, "evaFanUse": 2,
    "currentInstPower": 432, "shutOffValveUse": 1, "conOvrSensorUse": 1, "wtrOvrSensorUse": 1,
    "dhwChargePer": 92, "drEventStatus": 0, "vacationDaySetting": 0, "vacationDayElapsed": 0,
    "freezeProtectionTemperature": 12, "antiLegionellaUse": 1, "antiLegionellaPeriod": 7,
    "antiLegionellaOperationBusy": 1, "programReservationType": 0, "dhwOperationSetting": 1,
    "temperatureType": 2, "tempFormulaType": 1, "errorBuzzerUse": 2, "currentHeatUse": 1,
    "currentInletTemperature": 0, "currentStatenum": 50, "targetFanRpm": 550, "currentFanRpm": 542,
    "fanPwm": 1462, "dhwTemperature2": 0, "currentDhwFlowRate": 0, "mixingRate": 0, "eevStep": 140,
    "currentSuperHeat": 46, "heatUpperUse": 1, "heatLowerUse": 1, "scaldUse": 2, "airFilterAlarmUse": 2,
    "airFilterAlarmPeriod": 1000, "airFilterAlarmElapsed": 0, "cumulatedOpTimeEvaFan": 185,
    "cumulatedDhwFlowRate": 0, "touStatus": 3, "hpUpperOnTempSetting": 121, "hpUpperOffTempSetting": 121,
    "hpLowerOnTempSetting": 121, "hpLowerOffTempSetting": 121, "heUpperOnTempSetting": 70,
    "heUpperOffTempSetting": 121, "heLowerOnTempSetting": 70, "heLowerOffTempSetting": 121,
    "hpUpperOnDiffTempSetting": 0, "hpUpperOffDiffTempSetting": 0, "hpLowerOnDiffTempSetting": 4,
    "hpLowerOffDiffTempSetting": 2, "heUpperOnDiffTempSetting": 0, "heUpperOffDiffTempSetting": 0,
    "heLowerOnTDiffempSetting": 0, "heLowerOffDiffTempSetting": 0, "drOverrideStatus": 0,
    "touOverrideStatus": 2, "totalEnergyCapacity": 1861, "availableEnergyCapacity": 379,
}  # fmt: skip
"""All 87 members of the 2025 firmware, heat pump running."""

FEATURE: dict[str, Any] = {
    "countryCode": 3, "modelTypeCode": 513, "controlTypeCode": 100, "volumeCode": 2,
    "controllerSwVersion": 184614912, "panelSwVersion": 60454, "wifiSwVersion": 34013184,
    "controllerSwCode": 33556241, "panelSwCode": 268435761, "wifiSwCode": 268435985, "recircSwVersion": 0,
    "recircModelTypeCode": 0, "controllerSerialNumber": "00000000XX00000000", "powerUse": 2, "holidayUse": 2,
    "programReservationUse": 2, "dhwUse": 2, "dhwTemperatureSettingUse": 2, "dhwTemperatureMin": 70,
    "dhwTemperatureMax": 131, "smartDiagnosticUse": 2, "wifiRssiUse": 2, "temperatureType": 2,
    "tempFormulaType": 1, "energyUsageUse": 2, "freezeProtectionUse": 2, "freezeProtectionTempMin": 12,
    "freezeProtectionTempMax": 20, "mixingValveUse": 1, "drSettingUse": 2, "antiLegionellaSettingUse": 2,
    "hpwhUse": 2, "dhwRefillUse": 2, "ecoUse": 2, "electricUse": 2, "heatpumpUse": 2, "energySaverUse": 2,
    "highDemandUse": 2, "recirculationUse": 1, "recircReservationUse": 1, "recircTemperatureMin": 0,
    "recircTemperatureMax": 0, "title24Use": 1,
}  # fmt: skip


def reply(part: dict[str, Any], *, suffix: str = "st", session: str = SESSION) -> dict[str, Any]:
    """The reply envelope around what is special of a response."""
    return {
        "protocolVersion": 2,
        "clientID": CLIENT,
        "sessionID": session,
        "requestTopic": f"cmd/52/navilink-{MAC}/{suffix}",
        "response": {"deviceType": 52, "macAddress": MAC, "additionalValue": "1234", **part},
    }


def status(**changed: Any) -> dict[str, Any]:
    """A status reply, members changed by wire name."""
    return reply({"status": STATUS | changed})


def encode(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def status_of(message: object, topic: str = ACK_TOPIC) -> StatusMessage:
    """The status message of a JSON value."""
    decoded = decode(topic, encode(message))
    assert isinstance(decoded, StatusMessage)
    return decoded


def request(**members: Any) -> dict[str, Any]:
    """A request as a client publishes it."""
    head = {"command": 33554464, "deviceType": 52, "macAddress": MAC, "additionalValue": "1234"}
    return {
        "clientID": CLIENT,
        "sessionID": SESSION,
        "requestTopic": f"cmd/52/navilink-{MAC}/ctrl",
        "request": head | members,
    }
