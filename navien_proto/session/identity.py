"""Who the session is at the broker: its MQTT client id, which is also a level of its reply topics."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Identity"]


class Identity:
    """The client id. ``own`` is the user's, for good; without it one is made of what ``new_id`` draws.

    Two programs with one client id throw each other out for ever (``docs/protocol/mqtt.md`` section 3), which is
    why it can be renewed.
    """

    def __init__(self, own: str | None, new_id: Callable[[], str]) -> None:
        self._own = own
        self._new_id = new_id
        self.client_id = own or self._draw()

    def renew(self) -> bool:
        """Take another client id; false when it is the user's own, which stays."""
        if self._own is not None:
            return False
        self.client_id = self._draw()
        return True

    def _draw(self) -> str:
        return f"navien-client-{self._new_id()}"
