"""The hub, for several threads."""

from __future__ import annotations

import threading

from navien_proto.errors import NavienError
from navien_proto.mqtt.mailbox import Mailbox
from navien_proto.session.events import Event
from navien_proto.session.hub import Hub

__all__ = ["SharedHub"]


class SharedHub(Hub):
    """A hub whose events come from one thread and whose consumers live in others.

    ``lock`` guards it and every mailbox in it; whoever takes from a mailbox holds it. Nothing is waited for and
    nobody else's code is run inside, so it is held for microseconds. It is reentrant: a delivery may close, and
    the garbage collector may run anywhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.kept: set[object] = set()
        """Consumers that nobody else may hold, and that stay all the same."""

    def add(self, box: Mailbox[Event]) -> None:
        """Put every event from now on into ``box`` as well."""
        with self.lock:
            super().add(box)

    def remove(self, box: Mailbox[Event]) -> None:
        """No more events for ``box``; what it has can still be taken."""
        with self.lock:
            super().remove(box)

    def deliver(self, event: Event) -> None:
        """Take one event of the session."""
        with self.lock:
            super().deliver(event)

    def close(self, error: NavienError | None) -> None:
        """The session is over; ``error`` is why, unless it was stopped. Only the first call counts."""
        with self.lock:
            super().close(error)
