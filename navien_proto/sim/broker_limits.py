"""How much a broker lets one client do: AWS IoT's numbers, each with its reason, and a broker without habits."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from attrs.validators import ge, optional

from navien_proto.mqtt.topics import MAX_TOPIC_BYTES
from navien_proto.sim.packet_fields import MAX_REMAINING_LENGTH, in_range

__all__ = ["AWS", "RELAXED", "Limits"]

_POSITIVE: Any = optional(ge(1))


@frozen(kw_only=True)
class Limits:
    """The limits and habits of a broker; the defaults are AWS IoT's (``docs/protocol/mqtt.md`` section 3).

    ``None`` means no limit. Times are in seconds, sizes in bytes.
    QoS 2 is no setting: it is never answered.
    """

    # More is answered by closing. The largest NaviLink message has about 3 KB.
    payload: int = 128 * 1024
    # Eight levels; the longest energy topic in the app's form has exactly these seven slashes.
    slashes: int | None = 7
    # The published figure; older AWS clients check for 256.
    topic_bytes: int = 512
    # A longer id, or one that begins with "$", is refused as an identifier.
    client_id_bytes: int = 128
    # More in one packet closes the connection: clients must split their lists.
    filters_per_subscribe: int | None = 8
    # A connection's subscriptions; hence 45 heaters and four filters of the client's own.
    subscriptions: int | None = 50
    # Each way and connection. AWS discards what exceeds it; see close_on_excess_rate.
    publishes_per_second: int | None = field(default=100, validator=_POSITIVE)
    # Of payload, each way and connection; four of the largest messages.
    bytes_per_second: int | None = field(default=512 * 1024, validator=_POSITIVE)
    # Whether a client that publishes too fast is thrown out rather than left unanswered.
    close_on_excess_rate: bool = False
    # QoS 1 messages on their way to a client that it has not acknowledged; later ones wait.
    unacknowledged: int = field(default=100, validator=in_range(1, 0xFFFF))
    # CONNECT with one client id once in this time: what stops two programs with one id from kicking each
    # other without a pause. The one that comes too early is hung up on.
    connect_interval: float = 1.0
    # A wish below the first is raised to it; one above the second, or 0, is taken for the second.
    keep_alive: tuple[int, int] | None = (30, 1200)
    # Silence is allowed for this many keep-alive times (MQTT 3.1.1 section 3.1.2.10 says the same).
    keep_alive_grace: float = 1.5
    # A WebSocket is closed after 24 hours, whatever happens on it.
    lifetime: float | None = 24 * 3600.0
    # How long a session with clean session 0 outlives its connection.
    session_expiry: float | None = 3600.0
    # The specification lets "a/#" take "a"; AWS does not.
    hash_takes_parent: bool = False
    # The specification sends retained messages for every filter; AWS for exact ones alone.
    retained_on_wildcards: bool = False

    def silence_allowed(self, keep_alive: int) -> float | None:
        """After how much silence a client that asked for ``keep_alive`` is cut off; ``None``: never."""
        if self.keep_alive is not None:
            shortest, longest = self.keep_alive
            keep_alive = min(max(keep_alive, shortest), longest) if keep_alive else longest
        return keep_alive * self.keep_alive_grace if keep_alive else None


AWS = Limits()

# What the specification asks for and no more, as a household broker behaves.
RELAXED = Limits(
    payload=MAX_REMAINING_LENGTH,
    slashes=None,
    topic_bytes=MAX_TOPIC_BYTES,
    client_id_bytes=MAX_TOPIC_BYTES,
    filters_per_subscribe=None,
    subscriptions=None,
    publishes_per_second=None,
    bytes_per_second=None,
    connect_interval=0.0,
    keep_alive=None,
    lifetime=None,
    session_expiry=None,
    hash_takes_parent=True,
    retained_on_wildcards=True,
)
