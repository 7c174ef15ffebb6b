"""What a session remembers from one run to the next, beside its account: heaters, clock, when each was heard.

Tokens, sign-ins and a proven refusal are the account's and are kept apart from this
(:class:`navien_proto.cloud.account.SavedAccount`): they are secrets, and their store is another. Nothing here lets
anybody in; it names heaters all the same, and is not shown by a ``repr``.

Not remembered: commands in flight or waiting, whose callers are gone; backoff and link, which begin anew;
statistics, which are of one run. Times are UTC: a monotonic clock means nothing to another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, fields, frozen

from navien_proto.errors import DecodeError, UsageError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps, loads
from navien_proto.model.device import Device, Location, normalise_mac
from navien_proto.model.feature import DeviceFeature
from navien_proto.session.devices import DeviceBook
from navien_proto.session.freshness import Freshness

__all__ = ["SCHEMA", "SavedSession"]

SCHEMA = 1
"""Of saved states; another one is refused."""

# A clock that is wrong by more is not corrected but broken, and would leave the calendar.
LARGEST_OFFSET = 366 * 86400.0
MISSING = object()


def _utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise UsageError("expected a time with its offset from UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UsageError("expected a time that exists in UTC") from None


def _moments(values: Mapping[str, datetime]) -> dict[str, datetime]:
    return {mac: _utc(at) for mac, at in values.items()}


def _offset(value: float) -> float:
    if not -LARGEST_OFFSET <= value <= LARGEST_OFFSET:  # true for NaN as well
        raise UsageError(f"clock_offset: expected seconds, {LARGEST_OFFSET:g} at most")
    return float(value)


def _count(values: object) -> str:
    return f"<{len(values)}>"  # type: ignore[arg-type]


@frozen(kw_only=True)
class SavedSession:
    """What ``Session.save`` gives and ``Session.start`` takes. The ``repr`` shows counts alone.

    Attributes:
        saved_at: when, in UTC.
        clock_offset: how many seconds the cloud's clock is ahead of ours.
        devices: the account's heaters; where they stand is not kept.
        features: what each said it can do, by MAC.
        last_heard: when each was last heard, by MAC, in UTC.

    Raises:
        UsageError: a time is naive, or the offset no number of seconds that a clock can be wrong by.
    """

    saved_at: datetime = field(converter=_utc)
    clock_offset: float = field(default=0.0, converter=_offset)
    devices: tuple[Device, ...] = field(default=(), repr=_count)
    features: Mapping[str, DeviceFeature] = field(factory=dict, repr=_count)
    last_heard: Mapping[str, datetime] = field(factory=dict, converter=_moments, repr=_count)

    @classmethod
    def of(cls, book: DeviceBook, freshness: Freshness, clock_offset: timedelta, now: Instant) -> SavedSession:
        """What is known now."""
        known = [device.mac for device in book]
        return cls(
            saved_at=now.utc,
            clock_offset=clock_offset.total_seconds(),
            devices=tuple(book),
            features={mac: feature for mac in known if (feature := book.feature(mac)) is not None},
            last_heard={mac: at.utc for mac in known if (at := freshness.last(mac)) is not None},
        )

    def recall(self, book: DeviceBook, freshness: Freshness, now: Instant) -> None:
        """Let a new session know it."""
        book.restore(self.devices, self.features)
        for device in book:
            heard = self.heard(device.mac, now)
            if heard is not None:
                freshness.restore(device.mac, heard)

    def heard(self, mac: str, now: Instant) -> Instant | None:
        """When the heater was last heard, on the clocks of this process; never after ``now``."""
        at = self.last_heard.get(mac)
        if at is None:
            return None
        ago = max(timedelta(0), now.utc - at)
        return Instant(now.monotonic - ago.total_seconds(), now.utc - ago)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "schema": SCHEMA,
            "saved_at": self.saved_at.isoformat(),
            "clock_offset": self.clock_offset,
            "devices": [
                {one.name: getattr(device, one.name) for one in fields(Device) if one.name != "location"}
                for device in self.devices
            ],
            "features": {mac: dict(feature.raw) for mac, feature in self.features.items()},
            "last_heard": {mac: at.isoformat() for mac, at in self.last_heard.items()},
        }

    def to_json(self) -> bytes:
        """The same as JSON."""
        return dumps(self.to_dict())

    @classmethod
    def from_json(cls, data: bytes) -> SavedSession:
        """What `to_json` gave.

        Raises:
            UsageError: it is something else, or cut short. A start without it is as good as the first.
        """
        try:
            return cls.from_dict(loads(data))
        except DecodeError as error:
            raise UsageError(f"saved session: {error.reason}") from None

    @classmethod
    def from_dict(cls, data: object) -> SavedSession:
        """What `to_dict` gave; members that are absent are empty, unknown ones are passed over.

        Raises:
            UsageError: ``data`` is something else or of another schema; the sentence says which member, and shows
                no value.
        """
        table = _table(data, "saved session")
        schema = table.get("schema")
        if schema != SCHEMA or isinstance(schema, bool):
            raise UsageError(f"saved session: expected schema {SCHEMA}")
        offset = table.get("clock_offset", 0.0)
        if isinstance(offset, bool) or not isinstance(offset, int | float):
            raise UsageError("clock_offset: expected a number of seconds")
        listed = table.get("devices", [])
        if not isinstance(listed, list):
            raise UsageError("devices: expected a list")
        features = _table(table.get("features", {}), "features")
        heard = _table(table.get("last_heard", {}), "last_heard")
        return cls(
            saved_at=_moment("saved_at", table.get("saved_at")),
            clock_offset=offset,
            devices=tuple(_device(f"devices[{place}]", one) for place, one in enumerate(listed)),
            features={
                _mac("features", mac): DeviceFeature.from_wire(dict(_table(raw, "features")))
                for mac, raw in features.items()
            },
            last_heard={_mac("last_heard", mac): _moment("last_heard", at) for mac, at in heard.items()},
        )


def _table(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise UsageError(f"{path}: expected a table of members")
    return value


def _mac(path: str, mac: str) -> str:
    try:
        return normalise_mac(mac)
    except UsageError:
        raise UsageError(f"{path}: expected MAC addresses as names") from None


def _moment(path: str, value: object) -> datetime:
    try:
        return _utc(datetime.fromisoformat(value if isinstance(value, str) else ""))
    except ValueError:
        raise UsageError(f"{path}: expected a time in ISO 8601 with its offset") from None


DEVICE_KINDS: dict[str, tuple[type, ...]] = {
    "mac": (str,),
    "additional_value": (str,),
    "device_type": (int,),
    "name": (str, type(None)),
    "online": (bool, type(None)),
    "home_seq": (int, type(None)),
    "install_type": (str, type(None)),
}


def _device(path: str, value: object) -> Device:
    table = _table(value, path)
    for name, kinds in DEVICE_KINDS.items():
        member = table.get(name, MISSING)
        if member is not MISSING and (type(member) not in kinds):
            raise UsageError(f"{path}.{name}: expected {' or '.join(kind.__name__ for kind in kinds)}")
    named = {name: table[name] for name in DEVICE_KINDS if name in table}
    try:
        return Device(location=Location(), **named)
    except (UsageError, TypeError):
        raise UsageError(f"{path}: expected a heater with its MAC address") from None
