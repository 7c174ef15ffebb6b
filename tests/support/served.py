"""A simulated cloud to serve on loopback, and a session's settings to use it; for both transports."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from attrs import evolve

from navien_anyio.clock import Clock, system_clock
from navien_anyio.simserver import SimServer
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import SessionConfig
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater, HeaterConfig

__all__ = ["EMAIL", "MACS", "PASSWORD", "PATIENT", "QUICK", "QUICK_CLOUD", "config", "make_cloud"]

EMAIL, PASSWORD = "user@example.com", "not-a-real-password"
MACS = ("aabbccddeeff", "aabbccddee01")

# Nothing in a healthy connection takes so long, however busy the machine: what is late is not lost.
PATIENT = ConnectionConfig(
    open_timeout=30.0,
    connack_timeout=30.0,
    suback_timeout=30.0,
    puback_timeout=30.0,
    ping_timeout=30.0,
    close_timeout=5.0,
    reconnect=ReconnectPolicy(first_delay=1.0, factor=1.0, max_delay=1.0),
)

# For tests of what happens when something is late: they cost that time each. Where it strikes in vain on a busy
# machine, the client tries again.
QUICK = evolve(
    PATIENT,
    open_timeout=2.0,
    connack_timeout=2.0,
    suback_timeout=2.0,
    puback_timeout=0.3,
    ping_timeout=0.3,
    close_timeout=0.5,
)

QUICK_CLOUD = SimCloudConfig(delay=(0.0, 0.01))


def make_cloud(
    *, heaters: int = 1, clock: Clock = system_clock, settings: SimCloudConfig = QUICK_CLOUD
) -> SimCloud:
    """A cloud with one account and heaters."""
    cloud = SimCloud(settings, rng=Random(1))
    account = cloud.add_account(EMAIL, PASSWORD)
    for place, mac in enumerate(MACS[:heaters]):
        heater = Heater(
            HeaterConfig(mac=mac, name=f"Heater {place}"), rng=Random(place), started=datetime.now(UTC)
        )
        cloud.add_heater(account, heater, clock())
    return cloud


def config(server: SimServer, *, mqtt_port: int | None = None, **changes: Any) -> SessionConfig:
    """A session's settings for the simulated cloud, with long time-outs; ``mqtt_port`` goes through a relay."""
    scheme: Any = server.settings["mqtt_scheme"]
    settings: dict[str, Any] = {
        "email": EMAIL,
        "password": PASSWORD,
        "base_url": server.base_url,
        "mqtt_scheme": scheme,
        "mqtt_host": server.host,
        "mqtt_port": mqtt_port or server.port,
        "connection": PATIENT,
        "reply_timeout": 30.0,
        "http_timeout": 30.0,
        **changes,
    }
    return SessionConfig(**settings)
