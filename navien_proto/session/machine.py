"""What a driver drives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from navien_proto.instant import Instant
from navien_proto.session.actions import Action

__all__ = ["Machine"]


E_co = TypeVar("E_co", covariant=True)


class Machine(Protocol[E_co]):
    """What is driven: a :class:`~navien_proto.session.session.Session`, or anything that moves like one.

    Generic over its events. It is told the reports of a link, and those of HTTP exchanges if it asks for any.
    """

    @property
    def closed(self) -> bool:
        """Whether it is over."""

    def handle(self, report: Any, now: Instant) -> None:
        """Take one report."""

    def handle_timer(self, now: Instant) -> None:
        """Act on what is due."""

    def next_timer(self) -> float | None:
        """When something is due (monotonic seconds)."""

    def actions(self) -> Sequence[Action]:
        """What to do."""

    def events(self) -> Sequence[E_co]:
        """What to tell."""

    def stop(self, now: Instant) -> None:
        """Begin to close."""
