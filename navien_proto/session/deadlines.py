"""Every deadline of a session beside those of its link (:class:`navien_proto.mqtt.connection.LinkTimer`)."""

from __future__ import annotations

from enum import Enum

from navien_proto.timers import Timers

__all__ = ["Deadlines", "Timer"]


class Timer(Enum):
    """What a deadline is for, and why it exists."""

    HTTP = "http"  # a REST call may hang without an error
    RENEW = "renew"  # credentials are renewed before they expire, while everything still works
    RELIST = "relist"  # the list tells when an off-line device is back
    POLL = "poll"  # the device speaks when asked
    REPLY = "reply"  # an unreachable device simply does not answer
    EXPIRE = "expire"  # a command that waited too long for a link is no longer meant
    PACE = "pace"  # controls sent too fast are refused by the device
    STALE = "stale"  # a live link says nothing about the device behind it


# A deadline is for something: an exchange's or command's number, a device's MAC, or 0 for the session's own.
Deadlines = Timers[tuple[Timer, int | str]]
