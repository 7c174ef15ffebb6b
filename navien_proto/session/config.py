"""The settings of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen, validators

from navien_proto.cloud import defaults
from navien_proto.mqtt.settings import ConnectionConfig
from navien_proto.session.guards import Guards

__all__ = ["GRACE", "SessionConfig"]

GRACE = 60.0
"""Seconds beyond its period for which a device may be silent: an answer takes up to 8 (mqtt.md section 10)."""

# Without a period of its own a heater may be silent for as long as one with the default period.
USUAL_PERIOD = 300.0
# Adaptive: an element lifts the upper zone by 0.9 K a minute and a draw cools the lower one as fast
# (docs/protocol/device_model.md sections 4 and 6); a fifth of 300 s is that minute. An idle tank loses 0.2 to
# 0.4 K an hour and announces every start by itself (section 10): half as often is enough.
ACTIVE_FACTOR = 0.2
IDLE_FACTOR = 2.0
# Never more often than is advised, unless the period itself is shorter.
SHORTEST_ACTIVE = 30.0


@frozen(kw_only=True)
class SessionConfig:
    """What a session is told at its birth; times in seconds.

    ``password`` may be missing when stored tokens are still good. ``devices`` narrows the session to heaters of
    these MACs (12 lower-case hex digits); empty means all. ``status_interval`` and ``device_info_interval`` are
    the periods on which each heater is asked, ``None`` asks for nothing on a period; ``status_intervals`` and
    ``device_info_intervals`` set them otherwise for heaters named by MAC. ``adaptive`` asks for the status more
    often while a heater heats or gives hot water, and more seldom while it is idle. ``fail_fast`` turns the first
    failure before the session was ever ready into its end.
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
    # What a heater is changes with a firmware update or a technician's visit: a day is soon enough. It is asked as
    # well on every connection and whenever the heater was away, as it is while its firmware is updated.
    device_info_interval: float | None = 86400.0
    status_intervals: Mapping[str, float | None] = field(factory=dict, repr=False)
    device_info_intervals: Mapping[str, float | None] = field(factory=dict, repr=False)
    adaptive: bool = False
    # Commands submitted without a link wait, but not for long: hours later nobody means them any more.
    queue: bool = True
    queue_limit: int = 100
    queue_expiry: float = 300.0
    guards: Guards = field(factory=Guards)
    # docs/protocol/rest.md section 10 and mqtt.md section 10: what works in practice.
    http_timeout: float = 30.0
    reply_timeout: float = 30.0
    # What runs follows an acknowledgement by 1 to 15 s (mqtt.md section 10), and is read back in between.
    applied_timeout: float = 30.0
    # The account's list is asked again on the first period while all is well: heaters come and go seldom. While
    # one is off line or silent, every minute for a quarter of an hour (most outages are short, and rest.md section
    # 10 allows no more), and then on the second.
    list_interval: float = 3600.0
    relist_interval: float = 300.0
    fail_fast: bool = False

    @property
    def stale_after(self) -> float:
        """Silence of a device after which its values are stale: its longest period and a minute."""
        return (self.status_interval or USUAL_PERIOD) * (IDLE_FACTOR if self.adaptive else 1.0) + GRACE
