"""The settings of a session."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen, validators

from navien_proto.cloud import defaults
from navien_proto.mqtt.connection import ConnectionConfig

__all__ = ["GRACE", "SessionConfig"]

GRACE = 60.0
"""Seconds beyond its period for which a device may be silent: an answer takes up to 8 (mqtt.md section 10)."""


@frozen(kw_only=True)
class SessionConfig:
    """What a session is told at its birth; times in seconds.

    ``password`` may be missing when stored tokens are still good. ``devices`` narrows the session to heaters
    of these MACs (12 lower-case hex digits); empty means all. ``status_interval`` ``None`` asks for nothing on
    a period. ``fail_fast`` turns the first failure before the session was ever ready into its end.
    """

    email: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    base_url: str = defaults.BASE_URL
    mqtt_scheme: Literal["wss", "ws"] = field(default="wss", validator=validators.in_(("wss", "ws")))
    mqtt_host: str = field(default=defaults.MQTT_HOST, validator=validators.matches_re(r"[\w.\-:\[\]]{1,255}"))
    mqtt_port: int = field(default=443, validator=[validators.ge(1), validators.le(65535)])
    mqtt_path: str = "/mqtt"
    region: str = defaults.REGION
    client_id: str | None = None
    devices: frozenset[str] = field(default=frozenset(), repr=False)
    connection: ConnectionConfig = field(factory=ConnectionConfig)
    status_interval: float | None = 300.0
    # Commands submitted without a link wait, but not for long: hours later nobody means them any more.
    queue: bool = True
    queue_limit: int = 100
    queue_expiry: float = 300.0
    # docs/protocol/rest.md section 10 and mqtt.md section 10: what works in practice.
    http_timeout: float = 30.0
    reply_timeout: float = 30.0
    # While a device is off line or silent, the account's list is asked again; not more often (rest.md section 10).
    relist_interval: float = 300.0
    fail_fast: bool = False

    @property
    def stale_after(self) -> float:
        """Silence of a device after which its values are stale: one period and a minute."""
        return (self.status_interval or 300.0) + GRACE
