"""What the REST service answers about one unit: the cloud's record of it, its firmware, its time-of-use plan.

They are asked for seldom, and a session never does: these classes load with the first of them.
Source: ``docs/protocol/rest.md`` sections 6 to 8.
"""

from __future__ import annotations

from attrs import field, frozen

from navien_proto.cloud.answers import Answer
from navien_proto.model.device import Location, mask_mac
from navien_proto.model.firmware import FirmwareVersion
from navien_proto.model.tou import TouPlan

__all__ = [
    "DeviceInfo",
    "FirmwareComponent",
    "FirmwareInfo",
    "Installer",
    "StoredTouPlan",
    "TouAnswer",
    "TouConversion",
    "TouInterval",
    "TouSeason",
]


@frozen(kw_only=True)
class Installer:
    """Who installed the unit. Personal."""

    installer_id: object = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone_number: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class DeviceInfo(Answer):
    """The cloud's record of a unit; what the unit can do it tells itself, over MQTT.

    The record names neither MAC nor additional value: both are taken from the device it was asked for.
    ``etc_alarm`` and ``error_alarm`` select push messages (unverified); the descaling times are as they came.
    """

    mac: str | None = field(default=None, repr=mask_mac)
    additional_value: str | None = field(default=None, repr=False)
    device_type: int | None = None
    name: str | None = field(default=None, repr=False)
    online: bool | None = None
    home_seq: int | None = field(default=None, repr=False)
    install_type: str | None = None
    location: Location = field(factory=Location, repr=False)
    installer: Installer = field(factory=Installer, repr=False)
    etc_alarm: bool | None = None
    error_alarm: bool | None = None
    descaling_start_time: object = None
    descaling_end_time: object = None


@frozen(kw_only=True)
class FirmwareComponent:
    """One part of a unit and its firmware.

    ``code`` identifies the branch; which part it is nobody knows. ``downloaded`` is an update staged, ``None``
    when there is none.
    """

    mac: str | None = field(default=None, repr=mask_mac)
    additional_value: str | None = field(default=None, repr=False)
    device_type: int | None = None
    device_group: object = None
    code: int | None = None
    version: FirmwareVersion | None = None
    downloaded: FirmwareVersion | None = None


@frozen(kw_only=True)
class FirmwareInfo(Answer):
    """The firmware of every part of a unit."""

    components: tuple[FirmwareComponent, ...]


@frozen(kw_only=True)
class TouInterval:
    """One price period of a day. ``week`` are week-day bits; the end is the last minute inside.

    Prices are integers, ``decimal_point`` the number of their decimals (``docs/protocol/conversions.md`` 10).
    """

    week: int | None = None
    start_hour: int | None = None
    start_minute: int | None = None
    end_hour: int | None = None
    end_minute: int | None = None
    price_min: int | None = None
    price_max: int | None = None
    decimal_point: int | None = None

    def members(self) -> dict[str, int]:
        """The members that were sent, by wire name."""
        members = {
            "week": self.week,
            "startHour": self.start_hour,
            "startMinute": self.start_minute,
            "endHour": self.end_hour,
            "endMinute": self.end_minute,
            "priceMin": self.price_min,
            "priceMax": self.price_max,
            "decimalPoint": self.decimal_point,
        }
        return {name: raw for name, raw in members.items() if raw is not None}


@frozen(kw_only=True)
class TouSeason:
    """The price periods of some months. ``months`` are month bits."""

    months: int | None = None
    intervals: tuple[TouInterval, ...] = ()


@frozen(kw_only=True)
class StoredTouPlan:
    """A time-of-use plan as the cloud holds it, in bits and integers; `to_plan` makes it the value to work with.

    ``zip_code`` is padded to five digits: the cloud sends a number without zeros.
    """

    controller_id: str | None = field(default=None, repr=False)
    manufacture_id: str | None = field(default=None, repr=False)
    name: str | None = None
    utility: str | None = None
    zip_code: str | None = field(default=None, repr=False)
    seasons: tuple[TouSeason, ...] = ()

    def to_plan(self) -> TouPlan:
        """The plan as a value; what cannot be understood stands in its ``odd`` and ``problems``."""
        return TouPlan.from_rest(
            {
                "name": self.name,
                "utility": self.utility,
                "zipCode": self.zip_code,
                "schedule": [
                    {"season": season.months, "interval": [one.members() for one in season.intervals]}
                    for season in self.seasons
                ],
            }
        )


@frozen(kw_only=True)
class TouAnswer(Answer):
    """The plan on file. ``plan`` is ``None``, or without seasons, when there is none (``has_plan``).

    ``register_path`` is ``wifi`` (from the app) or ``bt`` (from the installer's link).
    """

    register_path: str | None = None
    source_type: str | None = None
    plan: StoredTouPlan | None = None

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan with at least one season."""
        return self.plan is not None and bool(self.plan.seasons)


@frozen(kw_only=True)
class TouConversion(Answer):
    """Plans the cloud made of a rate database's; one it could not convert is missing or has no seasons."""

    plans: tuple[StoredTouPlan, ...] = ()
