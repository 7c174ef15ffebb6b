"""Every deadline of a session beside those of its link (:class:`navien_proto.mqtt.connection.LinkTimer`)."""

from __future__ import annotations

from enum import Enum

from navien_proto.timers import Timers

__all__ = ["Deadlines", "Timer"]


class Timer(Enum):
    """What a deadline is for, and why it exists."""

    HTTP = "http"  # a REST call may hang without an error
    RENEW = "renew"  # credentials are renewed before they expire, while everything still works
    RELIST = "relist"  # the list tells which devices there are, and when an off-line one is back
    POLL = "poll"  # the device speaks when asked
    INFO = "info"  # a firmware update changes what the device is and can do
    REPLY = "reply"  # an unreachable device simply does not answer
    EXPIRE = "expire"  # a command that waited too long for a link is no longer meant
    APPLY = "apply"  # what was accepted may be held back for hours, or never happen
    READ_BACK = "read back"  # an acknowledgement shows settings, not what runs
    PACE = "pace"  # controls sent too fast are refused by the device
    STALE = "stale"  # a live link says nothing about the device behind it


# A deadline is for something: an exchange's or command's number, a device's MAC, or 0 for the session's own.
Deadlines = Timers[tuple[Timer, int | str]]
