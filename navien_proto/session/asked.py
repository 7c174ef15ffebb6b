"""The session's side of its errands: nothing of them is loaded until the application asks for the first.

Most sessions are never asked for anything but commands. What their link and gateway bring passes by here, and is
handed on only when there is somebody to take it.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from navien_proto.instant import Instant
from navien_proto.model.device import Device
from navien_proto.mqtt.connection import Connection
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.mqtt.notices import PublishSettled, SubscribeSettled
from navien_proto.session.config import SessionConfig
from navien_proto.session.deadlines import Deadlines
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import Event, RequestId
from navien_proto.session.gateway import Gateway, Outcome
from navien_proto.session.lifecycle import Lifecycle

if TYPE_CHECKING:
    from navien_proto.session.errands import Errands
    from navien_proto.session.requests import Request

__all__ = ["Asked"]


class Asked:
    """Hands requests, and what concerns them, to :class:`~navien_proto.session.errands.Errands`."""

    def __init__(
        self,
        config: SessionConfig,
        connection: Connection,
        gateway: Gateway,
        book: DeviceBook,
        lifecycle: Lifecycle,
        events: list[Event],
        deadlines: Deadlines,
        *,
        rng: Random,
    ) -> None:
        self._config = config
        self._connection = connection
        self._gateway = gateway
        self._book = book
        self._lifecycle = lifecycle
        self._events = events
        self._deadlines = deadlines
        self._rng = rng
        self._errands: Errands | None = None

    def hand_in(self, request: Request, device: Device | None, now: Instant) -> RequestId:
        """Take a request; raises as :meth:`Errands.hand_in` does."""
        if self._errands is None:
            from navien_proto.session.errands import Errands

            self._errands = Errands(
                self._config,
                self._connection,
                self._gateway,
                self._book,
                self._events,
                self._deadlines,
                rng=self._rng,
            )
        number = self._errands.hand_in(request, device, self._lifecycle.own_filters(), now)
        self._lifecycle.more_filters = self._errands.filters
        return number

    def cancel(self, number: RequestId, now: Instant) -> None:
        """A caller waits no more."""
        if self._errands is not None:
            self._errands.cancel(number, now)

    def cancel_all(self, now: Instant) -> None:
        """The session ends."""
        if self._errands is not None:
            self._errands.cancel_all(now)

    def retry(self, number: RequestId, now: Instant) -> None:
        """A query may be tried again."""
        if self._errands is not None:
            self._errands.retry(number, now)

    def brought(self, outcome: Outcome | None, now: Instant) -> None:
        """An HTTP exchange brought this: for an errand, or for the lifecycle."""
        if self._errands is not None and self._errands.took(outcome, now):
            return
        self._lifecycle.outcome(outcome, now)
        if self._errands is not None:
            self._errands.access(outcome, now)

    def heard(self, message: MessageReceived, now: Instant) -> bool:
        """A message came; true when only the application subscribed to it."""
        return self._errands is not None and self._errands.heard(message, self._lifecycle.own_filters(), now)

    def published(self, notice: PublishSettled, now: Instant) -> None:
        """A publish ended."""
        if self._errands is not None:
            self._errands.published(notice, now)

    def subscribed(self, notice: SubscribeSettled, now: Instant) -> None:
        """A question about filters ended."""
        if self._errands is not None:
            self._errands.subscribed(notice, now)
            self._lifecycle.more_filters = self._errands.filters
