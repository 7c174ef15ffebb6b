"""Where the real NaviLink cloud is. Every value here can be set otherwise by whoever runs a simulator."""

from __future__ import annotations

from typing import Final

__all__ = ["BASE_URL", "MQTT_HOST", "MQTT_PATH", "MQTT_PORT", "REGION"]

BASE_URL: Final = "https://nlus.naviensmartcontrol.com/api/v2.1"
"""The REST service (``docs/protocol/rest.md`` section 1)."""

MQTT_HOST: Final = "a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com"
"""The MQTT endpoint (``docs/protocol/mqtt.md`` section 1)."""

MQTT_PORT: Final = 443
MQTT_PATH: Final = "/mqtt"
REGION: Final = "us-east-1"
