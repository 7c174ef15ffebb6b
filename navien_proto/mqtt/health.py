"""What a client of any broker says about itself as a whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import Factory, frozen

from navien_proto.mqtt.traffic import TopicInfo

__all__ = ["ClientStatistics", "DeviceMetrics", "Health", "device_metrics"]


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
