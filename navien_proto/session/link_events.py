"""What becomes of the link: the events of a session that are about its connection to the broker.

:mod:`navien_proto.session.events` has them all.
"""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from navien_proto.errors import NavienError
from navien_proto.instant import Instant
from navien_proto.redact import redact_text

__all__ = [
    "ClockCorrected",
    "Connected",
    "Degraded",
    "Disconnected",
    "Impairment",
    "PublishRefused",
    "Retrying",
    "SubscriptionRefused",
]


@frozen
class Connected:
    """The link is up and every filter answered; ``link`` counts the links of this session.

    ``return_code`` is the CONNACK's: 0, accepted, is the only one with which a link stands.
    """

    at: Instant
    link: int
    session_present: bool
    return_code: int = 0


@frozen
class Disconnected:
    """The link that was up is gone; ``planned`` when we replace it as a matter of routine.

    ``retry_in`` is in how many seconds the next attempt begins; ``None`` when there will be none.
    """

    at: Instant
    link: int
    reason: str = field(converter=redact_text)
    planned: bool = False
    retry_in: float | None = None


class Impairment(Enum):
    """What is missing while the link is up."""

    FILTER_REFUSED = "a subscription was refused"
    TOPIC_REFUSED = "a topic may not be published to"
    NO_DEVICE_FRESH = "no device answers"


@frozen
class Degraded:
    """The link is up and the session cannot do its whole work; told once a link for each cause.

    FILTER_REFUSED: the broker refused a filter of this link, or hung up because of it (SubscriptionRefused names
    it), so that some answers are not heard. TOPIC_REFUSED: it hung up because of what was published
    (PublishRefused names it), so that something is not said. NO_DEVICE_FRESH: the account has heaters and every
    one is stale, though asked over this link if it is on line; CameBack of any of them is the end of it.
    """

    at: Instant
    link: int
    impairment: Impairment


@frozen
class Retrying:
    """An attempt failed (``error`` says at what) or the link was lost; the next comes in ``delay`` seconds."""

    at: Instant
    error: NavienError
    delay: float
    failures: int


@frozen
class SubscriptionRefused:
    """The broker refused one filter; it is set aside.

    ``code`` is the SUBACK's. With ``hung_up`` the broker closed the link twice in place of an answer when it was
    asked for this filter alone, and ``code`` is 0x80, a refusal without a reason.
    """

    at: Instant
    filter: str = field(converter=redact_text)
    code: int
    hung_up: bool = False


@frozen
class PublishRefused:
    """The broker closed the link twice when this topic alone was published; it is set aside.

    Commands that need it fail as refused by the broker, with code 0x87. It is tried again a day later.
    """

    at: Instant
    topic: str = field(converter=redact_text)


@frozen
class ClockCorrected:
    """The cloud's clock differs from ours by ``offset`` seconds; signatures follow the cloud's from now on."""

    at: Instant
    offset: float
