"""What a client of any broker says about itself as a whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import Factory, frozen

from navien_proto.mqtt.client_events import ConnectionStatus
from navien_proto.mqtt.traffic import TopicInfo

__all__ = ["ClientStatistics", "DeviceMetrics", "Health", "client_statistics", "device_metrics"]


@frozen(kw_only=True)
class ClientStatistics:
    """A client's figures. Topics and messages are those that this client saw; devices those of its user."""

    connections: int
    connected: int
    topics: int
    messages_sent: int
    messages_sent_today: int
    messages_received: int
    devices: int = 0
    devices_online: int = 0


@frozen(kw_only=True)
class DeviceMetrics:
    """What was sent to and received from one device, over the topics that have its id as a level."""

    id: str
    messages_sent: int = 0
    messages_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


@frozen
class Health:
    """Whether everything works. ``problems`` has a sentence for each part that does not, by the part's name."""

    connections: Mapping[str, bool] = Factory(dict)
    registry: bool | None = None
    problems: Mapping[str, str] = Factory(dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def device_metrics(device_id: str, topics: Iterable[TopicInfo]) -> DeviceMetrics:
    """The sums over those of ``topics`` that have ``device_id`` as one of their levels."""
    mine = [info for info in topics if device_id in info.topic.split("/")]
    return DeviceMetrics(
        id=device_id,
        messages_sent=sum(info.sent for info in mine),
        messages_received=sum(info.received for info in mine),
        bytes_sent=sum(info.bytes_sent for info in mine),
        bytes_received=sum(info.bytes_received for info in mine),
    )


def client_statistics(
    connections: Iterable[tuple[ConnectionStatus, int, int]], devices: tuple[int, int]
) -> ClientStatistics:
    """The sums over all connections, each with its topics seen and messages sent today.

    ``devices`` is how many there are, and how many of them are on line.
    """
    known = list(connections)
    return ClientStatistics(
        connections=len(known),
        connected=sum(status.connected for status, _, _ in known),
        topics=sum(topics for _, topics, _ in known),
        messages_sent=sum(status.messages_sent for status, _, _ in known),
        messages_sent_today=sum(today for _, _, today in known),
        messages_received=sum(status.messages_received for status, _, _ in known),
        devices=devices[0],
        devices_online=devices[1],
    )
