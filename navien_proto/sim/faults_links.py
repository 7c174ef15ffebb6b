"""Faults of links, from their opening to their end, and of the broker."""

from __future__ import annotations

from attrs import Attribute, field, frozen, validators

from navien_proto.sim.fault import NOT_NEGATIVE, SHARE, Fault

__all__ = [
    "DOWN_FRAMES",
    "FRAMES",
    "UP_FRAMES",
    "BrokerRestart",
    "ConnackLost",
    "ConnackRefused",
    "Delay",
    "Drop",
    "Duplicate",
    "FrameFault",
    "Garble",
    "HalfOpen",
    "LinkCut",
    "PublishDenied",
    "Redelivery",
    "Reorder",
    "SubscriptionDenied",
    "Takeover",
    "Truncate",
    "UpgradeRefused",
]

UP_FRAMES = ("subscribe", "publish", "ping")
"""What a session sends over a link that stands."""
DOWN_FRAMES = ("suback", "puback", "pong", "message")
"""What comes back over it."""
FRAMES = UP_FRAMES + DOWN_FRAMES


def _known_frames(_instance: object, attribute: Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    unknown = [name for name in value if name not in FRAMES]
    if unknown:
        raise ValueError(f"{attribute.name} has {', '.join(unknown)}; possible are {', '.join(FRAMES)}")


# --- opening a link ----------------------------------------------------------------------------------------


@frozen(repr=False, kw_only=True)
class UpgradeRefused(Fault):
    """The WebSocket upgrade is answered with HTTP ``status`` (403, 429, 503), with or without a Date. F02, F12."""

    status: int = 403
    date: bool = True


@frozen(repr=False)
class ConnackLost(Fault):
    """The upgrade succeeds and CONNECT is never answered. F16."""


@frozen(repr=False)
class ConnackRefused(Fault):
    """CONNACK refuses with ``code``: 3 unavailable, 4 bad user name or password, 5 not authorised. F16."""

    code: int = 3


# --- a link that stands ------------------------------------------------------------------------------------


@frozen(repr=False, kw_only=True)
class HalfOpen(Fault):
    """Every link that stands at its begin is dead without a word, for good, in both directions. F09.

    The broker does not know either, until its keep-alive. Links opened meanwhile die in the same way, or hang
    while they open; with ``reconnects`` they work (a router forgot the old ones and nothing else is wrong).
    """

    reconnects: bool = False


@frozen(repr=False)
class LinkCut(Fault):
    """At its begin the broker closes every link, as it does with one of 24 hours. F01, F04, F05."""

    reason: str = "open for 86400 s"


@frozen(repr=False)
class BrokerRestart(Fault):
    """The broker goes away with all it remembers; while it lasts no link comes to stand. F16."""


@frozen(repr=False)
class Takeover(Fault):
    """Somebody connects under the client id of each link, ``after`` seconds after it came to stand. F06."""

    after: float = field(default=1.5, validator=NOT_NEGATIVE)


@frozen(repr=False)
class SubscriptionDenied(Fault):
    """The policy forbids the filters that ``pattern`` (``*`` and ``?``) matches. F08.

    SUBACK says 0x80 for them; with ``silent`` the link is closed without a word instead.
    """

    pattern: str = "*"
    silent: bool = False


@frozen(repr=False)
class PublishDenied(Fault):
    """The policy forbids publishing to topics that ``pattern`` matches: the link is closed without a word. F08."""

    pattern: str = "*"


@frozen(repr=False, kw_only=True)
class FrameFault(Fault):
    """A fault of a share of the frames of the kinds named."""

    share: float = field(default=1.0, validator=SHARE)
    frames: tuple[str, ...] = field(default=(), validator=_known_frames)


@frozen(repr=False, kw_only=True)
class Drop(FrameFault):
    """Frames vanish. ``Drop(frames=("suback",))`` is the lost SUBACK of F07; messages that vanish are F25."""


@frozen(repr=False, kw_only=True)
class Delay(FrameFault):
    """Frames come ``seconds`` late, in order. F25."""

    seconds: float = field(default=5.0, validator=NOT_NEGATIVE)


@frozen(repr=False, kw_only=True)
class Duplicate(FrameFault):
    """Frames come again after ``gap`` seconds, messages marked as duplicates as QoS 1 does. F05, F14."""

    gap: float = field(default=0.5, validator=NOT_NEGATIVE)


@frozen(repr=False, kw_only=True)
class Reorder(FrameFault):
    """Frames are held back up to ``seconds``, so that later ones overtake them. F24, F25."""

    seconds: float = field(default=3.0, validator=NOT_NEGATIVE)


@frozen(repr=False, kw_only=True)
class Truncate(FrameFault):
    """Payloads of messages and publishes end too early. F36."""


@frozen(repr=False, kw_only=True)
class Garble(FrameFault):
    """Some bytes of the payloads of messages and publishes are others. F36."""


@frozen(repr=False, kw_only=True)
class Redelivery(Fault):
    """The last ``count`` messages come again, marked as retained: at its begin, every ``every`` s, and after each
    SUBACK. F14.
    """

    count: int = field(default=10, validator=validators.in_(range(1, 26)))
    every: float = field(default=10.0, validator=validators.gt(0.0))
