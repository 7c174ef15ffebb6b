"""What a connection wants done and has to tell, until it is collected."""

from __future__ import annotations

from navien_proto.mqtt.actions import LinkAction
from navien_proto.mqtt.notices import Notice

__all__ = ["Outbox"]


class Outbox:
    """Actions and notices in order, and the numbers that tell questions and publishes apart."""

    def __init__(self) -> None:
        self._actions: list[LinkAction] = []
        self._notices: list[Notice] = []
        self._next_id = 0

    @property
    def has_notices(self) -> bool:
        """Whether there are notices to collect."""
        return bool(self._notices)

    def actions(self) -> list[LinkAction]:
        """What to do with the link, in order; collected once."""
        actions, self._actions = self._actions, []
        return actions

    def notices(self) -> list[Notice]:
        """What the owner is told, in order; collected once."""
        notices, self._notices = self._notices, []
        return notices

    def _act(self, action: LinkAction) -> None:
        self._actions.append(action)

    def _tell(self, notice: Notice) -> None:
        self._notices.append(notice)

    def _draw(self) -> int:
        self._next_id += 1
        return self._next_id
