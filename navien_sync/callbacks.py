"""Functions that are called with the events of a session, in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable

from navien_proto.session.events import Event
from navien_sync.feeds import CallbackFeed

__all__ = ["Callback", "Subscription"]

Callback = Callable[[Event], object]


class Subscription(CallbackFeed[Event]):
    """A function called with the events of a session."""
