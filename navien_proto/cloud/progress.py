"""How far an HTTP request came: whether it is safe to say that it never left. Pure, for both transports."""

from __future__ import annotations

__all__ = ["Progress"]


class Progress:
    """Follows one request through the names of httpcore's trace events."""

    def __init__(self) -> None:
        self._fresh = self._traced = self._sending = self._answered = False

    def note(self, event: str) -> None:
        """Something happened to the request, or to its connection."""
        self._traced = True
        self._fresh = self._fresh or event.startswith("connection.connect")
        self._sending = self._sending or event.endswith("send_request_headers.started")
        self._answered = self._answered or event.endswith("receive_response_headers.complete")

    def sent(self) -> bool:
        """False when the request never left: no connection, or an idle one that had silently ended."""
        if not self._traced:
            return True
        return self._sending and (self._fresh or self._answered)
