"""Where the connection to a broker stands, and what moves it: the whole table.

How to think about it. At any time there is at most one link, and it has a number; what older links still report
changes nothing. In DUE the owner supplies the endpoint (a signed URL is good for one attempt, so only the owner
can), and from there a link goes through OPENING, CONNECTING and SUBSCRIBING to READY. A link that is lost leads to
WAITING, and after the backoff to DUE again. One that we end ourselves (a deadline passed, a planned replacement)
is closed first and its end awaited in DRAINING, for a bounded time, so that two links never stand at once.
``stop`` leads from everywhere to CLOSED, through CLOSING where there is a link, and nothing leads back.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["LINK_STATES", "LINK_TRANSITIONS", "WITHOUT_LINK", "LinkState", "LinkTrigger"]


class LinkState(Enum):
    """Where the connection stands."""

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


class LinkTrigger(Enum):
    """What moves a connection from one state to another."""

    START = "started by its owner"
    OPEN = "the owner gives an endpoint"
    FAIL = "the owner has no endpoint"
    CONNECT = "CONNECT is on its way"
    CONNACK = "CONNACK accepts"
    SUBACK = "every filter is answered"
    END = "ended by us: a deadline, or a renewal"
    LOST = "the link is refused, lost or closed"
    RETRY = "the wait is over"
    EXHAUSTED = "no attempt is left"
    STOP = "stopped by its owner"
    ENDED = "the link is closed, or should be by now"


LINK_STATES = (LinkState.OPENING, LinkState.CONNECTING, LinkState.SUBSCRIBING, LinkState.READY)
"""The states in which there is a link that nobody wishes to end."""
WITHOUT_LINK = (LinkState.IDLE, LinkState.DUE, LinkState.WAITING, LinkState.CLOSED)
"""The states in which there is none."""


def _table() -> dict[tuple[LinkState, LinkTrigger], LinkState]:
    table = {
        (LinkState.IDLE, LinkTrigger.START): LinkState.DUE,
        (LinkState.DUE, LinkTrigger.OPEN): LinkState.OPENING,
        (LinkState.DUE, LinkTrigger.FAIL): LinkState.WAITING,
        (LinkState.OPENING, LinkTrigger.CONNECT): LinkState.CONNECTING,
        # A transport need not tell of CONNECT apart.
        (LinkState.OPENING, LinkTrigger.CONNACK): LinkState.SUBSCRIBING,
        (LinkState.CONNECTING, LinkTrigger.CONNACK): LinkState.SUBSCRIBING,
        (LinkState.SUBSCRIBING, LinkTrigger.SUBACK): LinkState.READY,
        (LinkState.CLOSING, LinkTrigger.ENDED): LinkState.CLOSED,
    }
    for state in LINK_STATES:
        table[state, LinkTrigger.END] = LinkState.DRAINING
    for state in (*LINK_STATES, LinkState.DRAINING):
        table[state, LinkTrigger.LOST] = LinkState.WAITING
        table[state, LinkTrigger.STOP] = LinkState.CLOSING
    for state in (*LINK_STATES, LinkState.DRAINING, LinkState.DUE):
        table[state, LinkTrigger.EXHAUSTED] = LinkState.CLOSED
    for state in (LinkState.WAITING, LinkState.DRAINING):
        table[state, LinkTrigger.RETRY] = LinkState.DUE
    for state in (LinkState.IDLE, LinkState.DUE, LinkState.WAITING):
        table[state, LinkTrigger.STOP] = LinkState.CLOSED
    return table


LINK_TRANSITIONS: dict[tuple[LinkState, LinkTrigger], LinkState] = _table()
