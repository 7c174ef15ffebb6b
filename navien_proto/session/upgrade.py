"""Where the next link goes: a freshly signed WebSocket upgrade, on the cloud's own clock."""

from __future__ import annotations

from datetime import timedelta

from navien_proto.cloud import sigv4
from navien_proto.cloud.dates import parse_date
from navien_proto.instant import Instant
from navien_proto.mqtt.actions import Endpoint
from navien_proto.session.config import SessionConfig

__all__ = ["Upgrade"]

# Below this a difference of clocks is the network's; above, it makes every signature a 403 (F12).
CLOCK_TOLERANCE = timedelta(seconds=30)
# A REST answer may be as late as its time-out, and its Date is whole seconds; five minutes are where a 403 begins.
REST_TOLERANCE = timedelta(seconds=60)
DEFAULT_PORTS = {"wss": 443, "ws": 80}


class Upgrade:
    """Signs one endpoint an attempt; learns how wrong our clock is."""

    def __init__(self, config: SessionConfig) -> None:
        self._config = config
        self.clock_offset = timedelta(0)

    def endpoint(self, credentials: sigv4.Credentials, now: Instant) -> Endpoint:
        """The broker's address with the request target signed for this moment."""
        config = self._config
        # The Host header names the port unless it is the scheme's own, and exactly that is signed.
        default = config.mqtt_port == DEFAULT_PORTS[config.mqtt_scheme]
        host = config.mqtt_host if default else f"{config.mqtt_host}:{config.mqtt_port}"
        at = now.utc + self.clock_offset
        target = sigv4.presigned_target(credentials, host, at, region=config.region, path=config.mqtt_path)
        return Endpoint(config.mqtt_scheme, config.mqtt_host, config.mqtt_port, target)

    def learn(self, date: str | None, now: Instant, *, tolerance: timedelta = CLOCK_TOLERANCE) -> bool:
        """Take the cloud's time from a Date header; true when it shows that our clock was at fault."""
        server = parse_date(date) if date else None
        if server is None:
            return False
        offset = server - now.utc
        if abs(offset - self.clock_offset) <= tolerance:
            return False
        self.clock_offset = offset
        return True
