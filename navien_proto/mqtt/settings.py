"""What a connection waits for, and its settings."""

from __future__ import annotations

from attrs import field, frozen, validators

from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.timers import NamedTimer

__all__ = ["OVERDUE", "ConnectionConfig", "LinkTimer"]


class LinkTimer(NamedTimer):
    """Every deadline of a connection; settings are those of :class:`ConnectionConfig`."""

    OPEN = "open", "DNS, TCP, TLS and the upgrade may hang without an error", "open_timeout"
    CONNACK = "connack", "a broker may accept the bytes and never answer", "connack_timeout"
    SUBACK = "suback", "a lost SUBACK leaves us connected but deaf", "suback_timeout"
    PUBACK = (
        "puback",
        "an unanswered QoS 1 publish shows a half-open link long before keep-alive does",
        "puback_timeout",
    )
    KEEP_ALIVE = "keep-alive", "the broker cuts a silent client; a silent broker must be asked", "keep_alive"
    PINGRESP = "pingresp", "a half-open link answers no question", "ping_timeout"
    LIFETIME = (
        "lifetime",
        "AWS IoT cuts every WebSocket after 24 h: better at a moment of our choosing",
        "lifetime",
    )
    STABLE = "stable", "only a link that lasted proves that the trouble is over", "stable_after"
    CLOSE = "close", "a peer that does not answer our close must not hold us", "close_timeout"
    RETRIAL = "retrial", "what a broker denied it may allow by now, and a device is unheard as long as nobody asks"
    RETRY = "retry", "attempts without a pause, or in step with other clients, keep a broker down"


OVERDUE: dict[LinkTimer, str] = {
    LinkTimer.OPEN: "the connection did not come to stand in time",
    LinkTimer.CONNACK: "the broker did not answer CONNECT in time",
    LinkTimer.SUBACK: "the broker did not answer SUBSCRIBE or UNSUBSCRIBE in time",
    LinkTimer.PINGRESP: "the broker did not answer a ping in time",
}
"""What to say of a link that ends because such a deadline passed."""


@frozen(kw_only=True)
class ConnectionConfig:
    """The settings of one connection; times in seconds."""

    keep_alive: int = field(
        default=60, validator=[validators.instance_of(int), validators.ge(30), validators.le(1200)]
    )
    clean_session: bool = True
    reconnect: ReconnectPolicy = field(factory=ReconnectPolicy)
    open_timeout: float = 30.0
    connack_timeout: float = 15.0
    suback_timeout: float = 15.0
    puback_timeout: float = 20.0
    ping_timeout: float = 15.0
    close_timeout: float = 2.0
    # An hour before the 24 h cut, half of it spread by chance: many clients do not renew together.
    lifetime: float = 23 * 3600.0
    lifetime_jitter: float = 1800.0
    stable_after: float = 60.0
