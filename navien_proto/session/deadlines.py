"""Every deadline of a session beside those of its link (:class:`navien_proto.mqtt.connection.LinkTimer`)."""

from __future__ import annotations

from navien_proto.timers import NamedTimer, Timers

__all__ = ["Deadlines", "Timer"]


class Timer(NamedTimer):
    """Every deadline of a session; settings are those of :class:`~navien_proto.session.config.SessionConfig`."""

    HTTP = "http", "a REST call may hang without an error", "http_timeout"
    RENEW = "renew", "credentials are renewed before they expire, while everything still works"
    RELIST = "relist", "the list tells which devices there are, and when an off-line one is back", "list_interval"
    POLL = "poll", "the device speaks when asked", "status_interval"
    INFO = "info", "a firmware update changes what the device is and can do", "device_info_interval"
    REPLY = "reply", "an unreachable device simply does not answer", "reply_timeout"
    EXPIRE = "expire", "a command that waited too long for a link is no longer meant", "queue_expiry"
    APPLY = "apply", "what was accepted may be held back for hours, or never happen", "applied_timeout"
    READ_BACK = "read back", "an acknowledgement shows settings, not what runs"
    PACE = "pace", "controls sent too fast are refused by the device"
    REQUEST = "request", "a query that the service failed to answer is tried again"
    STALE = "stale", "a live link says nothing about the device behind it"


# A deadline is for something: an exchange's or command's number, a device's MAC, or 0 for the session's own.
Deadlines = Timers[tuple[Timer, int | str]]
