"""Where a session stands, and what moves it: the whole table.

How to think about it. A session wants to be READY: signed in, the account's devices known, one link up and
every filter acknowledged. What it lacks decides where it goes: without fresh credentials it signs in, without
a device list it lists, with both it connects. Any failure on the way leads to WAITING, and when the backoff is
over the same question is asked again. Credentials renewed in the background, while READY, are no state: they
change nothing a user could see. ``stop`` and proven bad credentials lead to CLOSING and CLOSED, and nothing
leads back.

The links inside CONNECTING (open, CONNACK, SUBACK) are the states of
:class:`navien_proto.mqtt.connection.Connection`.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["TRANSITIONS", "State", "Trigger"]


class State(Enum):
    """Where a session stands."""

    IDLE = "idle"
    SIGNING_IN = "signing in"
    LISTING = "listing devices"
    CONNECTING = "connecting"
    READY = "ready"
    WAITING = "waiting"
    CLOSING = "closing"
    CLOSED = "closed"


class Trigger(Enum):
    """What moves a session from one state to another."""

    SIGN_IN = "credentials are needed"
    LIST = "the devices are not known"
    OPEN = "everything is there to connect"
    UP = "every filter is acknowledged"
    DOWN = "the attempt failed or the link is gone"
    STOP = "closed by the application, or for good by the account"
    ENDED = "the link is closed"


def _table() -> dict[tuple[State, Trigger], State]:
    table = {
        (State.CONNECTING, Trigger.UP): State.READY,
        (State.CLOSING, Trigger.ENDED): State.CLOSED,
    }
    seeking = (State.IDLE, State.SIGNING_IN, State.LISTING, State.WAITING)
    for state in seeking:
        table[state, Trigger.SIGN_IN] = State.SIGNING_IN
        table[state, Trigger.LIST] = State.LISTING
        table[state, Trigger.OPEN] = State.CONNECTING
    for state in (*seeking, State.CONNECTING, State.READY):
        table[state, Trigger.DOWN] = State.WAITING
        table[state, Trigger.STOP] = State.CLOSING
    return table


TRANSITIONS: dict[tuple[State, Trigger], State] = _table()
