"""What a driver drives."""

from __future__ import annotations

from typing import Protocol

from navien_proto.instant import Instant
from navien_proto.session.actions import Action
from navien_proto.session.events import Event
from navien_proto.session.inputs import Input

__all__ = ["Machine"]


class Machine(Protocol):
    """What is driven: a :class:`~navien_proto.session.session.Session`, or anything that moves like one."""

    @property
    def closed(self) -> bool:
        """Whether it is over."""

    def handle(self, report: Input, now: Instant) -> None:
        """Take one report."""

    def handle_timer(self, now: Instant) -> None:
        """Act on what is due."""

    def next_timer(self) -> float | None:
        """When something is due (monotonic seconds)."""

    def actions(self) -> list[Action]:
        """What to do."""

    def events(self) -> list[Event]:
        """What to tell."""

    def stop(self, now: Instant) -> None:
        """Begin to close."""
