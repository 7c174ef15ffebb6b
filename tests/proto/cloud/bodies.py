"""Answers of the cloud in the shapes of ``docs/protocol/rest.md``, with invented identities."""

from __future__ import annotations

import json
from typing import Any

from navien_proto.cloud.http import HttpReply


def success(data: Any = None) -> dict[str, Any]:
    """The envelope of an answer that is success."""
    return {"code": 200, "msg": "SUCCESS", "data": data}


def reply(body: Any, status: int = 200, **headers: str) -> HttpReply:
    """An answer with ``body`` as JSON."""
    return HttpReply(status, headers, json.dumps(body).encode())


TOKEN = {
    "idToken": "id-token-placeholder",
    "accessToken": "access-token-placeholder",
    "refreshToken": "refresh-token-placeholder",
    "authenticationExpiresIn": 3600,
    "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
    "secretKey": "secret-placeholder",
    "sessionToken": "session-token-placeholder",
    "authorizationExpiresIn": 7200,
}
SIGN_IN = success(
    {
        "userInfo": {
            "userType": "O",
            "userFirstName": "Test",
            "userLastName": "User",
            "userStatus": "NORMAL",
            "userSeq": 67890,
        },
        "legal": [{"legalType": "pp", "mandatory": 1, "reagree": 2, "revisionAt": 1700000000000}],
        "token": TOKEN,
    }
)
REFRESH = success(
    {
        "idToken": "id-token-2",
        "accessToken": "access-token-2",
        "refreshToken": "refresh-token-2",
        "authenticationExpiresIn": 3600,
    }
)
LOCATION = {"state": "XX", "city": "Sampletown", "address": "1 Example Street"}
DEVICE = {
    "deviceInfo": {
        "homeSeq": 12345,
        "macAddress": "aabbccddeeff",
        "additionalValue": "0123",
        "deviceType": 52,
        "deviceName": "NWP500",
        "connected": 2,
    },
    "location": LOCATION,
}
DEVICE_LIST = success([DEVICE])
DEVICE_INFO = success(
    {
        "deviceInfo": {
            "homeSeq": 12345,
            "deviceName": "NWP500",
            "deviceType": 52,
            "installType": "R",
            "connected": 1,
        },
        "location": {**LOCATION, "latitude": 0.5, "longitude": 1, "altitude": None},
        "installer": {
            "installerId": None,
            "installerFirstName": "In",
            "installerLastName": "Staller",
            "installerPhoneNumber": None,
        },
        "alarmInfo": {"isEtcAlarm": 1, "isErrorAlarm": 2},
        "descaling": {"descalingStartTime": None, "descalingEndTime": None},
    }
)
FIRMWARE = success(
    {
        "firmwares": [
            {
                "macAddress": "aabbccddeeff",
                "additionalValue": "0123",
                "deviceType": 52,
                "deviceGroup": None,
                "curSwCode": 33556241,
                "curVersion": 167837696,
                "downloadedVersion": 0,
            },
            {
                "macAddress": "aabbccddeeff",
                "additionalValue": "0123",
                "deviceType": 52,
                "deviceGroup": None,
                "curSwCode": 268435985,
                "curVersion": 34013184,
                "downloadedVersion": 34013185,
            },
        ]
    }
)
INTERVAL = {
    "week": 124,
    "startHour": 16,
    "startMinute": 0,
    "endHour": 20,
    "endMinute": 59,
    "priceMin": 39261,
    "priceMax": 49378,
    "decimalPoint": 5,
}
TOU = success(
    {
        "registerPath": "bt",
        "sourceType": "openei",
        "touInfo": {
            "controllerId": "00000000XX00000000",
            "manufactureId": "00000000XX00000000",
            "name": "Example plan",
            "utility": "Example Power",
            "zipCode": 501,
            "schedule": [{"season": 3615, "interval": [INTERVAL, INTERVAL]}, {"season": 480, "interval": []}],
        },
    }
)
PUSH_TOKEN = {"code": 200, "msg": "SUCCESS"}
