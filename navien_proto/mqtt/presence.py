"""Whether a device is there, as messages show it: what it and its will say, and that it is heard. Pure."""

from __future__ import annotations

from collections import OrderedDict

from attrs import frozen

from navien_proto.instant import Instant
from navien_proto.mqtt.batch import payload_bytes

__all__ = ["PresenceWords", "Sightings"]

# Who makes up endless topics gets no more memory than this.
REMEMBERED = 10_000


@frozen
class PresenceWords:
    """The payloads by which a device says that it is there, and its will that it is not."""

    online: bytes
    offline: bytes

    @classmethod
    def of(cls, online: bytes | str, offline: bytes | str) -> PresenceWords:
        """The words, as bytes or text.

        Raises:
            UsageError: one is neither.
        """
        return cls(payload_bytes(online), payload_bytes(offline))

    def read(self, payload: bytes) -> bool | None:
        """Whether the device is there; ``None`` when the payload says neither. An empty one counts as the will."""
        if payload == self.online:
            return True
        return False if payload in (self.offline, b"") else None


class Sightings:
    """Whose sighting is worth telling: a device is a level of a topic, and is told every ``every`` seconds."""

    def __init__(self, every: float = 10.0) -> None:
        self._every = every
        self._told: OrderedDict[str, float] = OrderedDict()

    def due(self, name: str, at: Instant) -> bool:
        """Whether ``name`` was not told for so long; it is now."""
        last = self._told.get(name)
        if last is not None and at.monotonic - last < self._every:
            return False
        self._told[name] = at.monotonic
        self._told.move_to_end(name)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True

    def levels(self, topic: str, at: Instant) -> list[str]:
        """The levels of ``topic`` that may be devices and are due."""
        return [level for level in dict.fromkeys(topic.split("/")) if level and self.due(level, at)]
