"""What a message means for the session: decoded, told, and handed to whoever waits for it."""

from __future__ import annotations

from navien_proto.errors import DecodeError
from navien_proto.instant import Instant
from navien_proto.mqtt.inputs import MessageReceived
from navien_proto.session.changes import Changes
from navien_proto.session.desk import Desk
from navien_proto.session.devices import DeviceBook
from navien_proto.session.events import Event, FeatureReceived, OtherReceived, StatusReceived, Undecodable
from navien_proto.session.poller import Poller
from navien_proto.session.recorder import Recorder
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import EventMessage, FeatureMessage, RequestSeen, StatusMessage

__all__ = ["Reader"]


class Reader:
    """Takes each message of the link. ``events`` is the session's own."""

    def __init__(
        self,
        book: DeviceBook,
        desk: Desk,
        poller: Poller,
        changes: Changes,
        recorder: Recorder,
        events: list[Event],
    ) -> None:
        self._book = book
        self._desk = desk
        self._poller = poller
        self._changes = changes
        self._recorder = recorder
        self._events = events

    def read(self, received: MessageReceived, now: Instant) -> None:
        """Decode one message and tell of it. Nothing a peer sends raises here."""
        link = received.link
        try:
            message = decode(received.topic, received.payload)
        except DecodeError as error:
            self._recorder.undecodable += 1
            self._events.append(Undecodable(now, link, error))
            return
        self._recorder.received[type(message)] += 1
        if isinstance(message, RequestSeen):
            self._desk.seen(message)
            return  # the device's filter shows us every request, our own included (mqtt.md section 5.4)
        # Events are the cloud's and other clients' words: they do not show that the device is alive.
        device = None if isinstance(message, EventMessage) else self._book.get(message.mac)
        if device is None:
            self._events.append(OtherReceived(now, link, message))
            return
        if received.retain or self._changes.duplicate(device.mac, message, received.payload):
            self._recorder.duplicates += 1
            return
        changes = self._changes.take(device, message, link, now)
        self._poller.heard(device, message, link, now)
        match message:
            case StatusMessage():
                self._events.append(StatusReceived(now, link, device, message))
            case FeatureMessage():
                self._book.describe(device.mac, message.feature)
                self._events.append(FeatureReceived(now, link, device, message))
            case _:
                self._events.append(OtherReceived(now, link, message))
        self._events += changes
        self._desk.answered(message, now)
