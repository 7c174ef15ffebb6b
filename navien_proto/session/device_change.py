"""The base of the events that are derived from consecutive messages of a heater."""

from __future__ import annotations

from attrs import fields, frozen

from navien_proto.instant import Instant
from navien_proto.model.device import Device

__all__ = ["DeviceChange"]


@frozen(kw_only=True, eq=False, repr=False)
class DeviceChange:
    """Base of what is derived from consecutive messages; its kinds stand in `navien_proto.session.change_events`.

    ``link`` is the number of the link the second of the two messages came by.
    """

    at: Instant
    link: int
    device: Device

    # Comparing and showing are written once: attrs would make them for each kind, at every import.
    def _compared(self) -> tuple[object, ...]:
        return tuple(getattr(self, one.name) for one in fields(type(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DeviceChange) or type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __repr__(self) -> str:
        shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(type(self)))
        return f"{type(self).__name__}({', '.join(shown)})"
