"""Where a connection can stand, what it waits for, and its settings."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen, validators

from navien_proto.mqtt.backoff import ReconnectPolicy

__all__ = ["ConnectionConfig", "LinkState", "LinkTimer"]


class LinkState(Enum):
    """Where the connection stands; the module docstring has the picture."""

    IDLE = "idle"
    DUE = "due"
    OPENING = "opening"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    READY = "ready"
    DRAINING = "draining"
    WAITING = "waiting"
    CLOSING = "closing"
    CLOSED = "closed"


class LinkTimer(Enum):
    """Every deadline of a connection, and why it exists."""

    OPEN = "open"  # DNS, TCP, TLS and the upgrade may hang without an error
    CONNACK = "connack"  # a broker may accept the bytes and never answer
    SUBACK = "suback"  # a lost SUBACK leaves us connected but deaf
    PUBACK = "puback"  # an unanswered QoS 1 publish shows a half-open link long before keep-alive does
    KEEP_ALIVE = "keep-alive"  # the broker cuts a silent client; a silent broker must be asked
    PINGRESP = "pingresp"  # the answer to that question
    LIFETIME = "lifetime"  # AWS IoT cuts every WebSocket after 24 h: better at a moment of our choosing
    STABLE = "stable"  # only a link that lasted proves that the trouble is over
    CLOSE = "close"  # a peer that does not answer our close must not hold us
    RETRY = "retry"  # the backoff


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
