"""The objects in answers about one unit, from their wire names (``docs/protocol/rest.md`` 6 to 8)."""

from __future__ import annotations

from navien_proto.cloud.members import Members
from navien_proto.cloud.records import FirmwareComponent, Installer, StoredTouPlan, TouInterval, TouSeason
from navien_proto.model.firmware import FirmwareVersion

__all__ = ["read_component", "read_installer", "read_plan"]


def read_installer(installer: Members) -> Installer:
    """Who installed the unit."""
    return Installer(
        installer_id=installer.anything("installerId"),
        first_name=installer.text("installerFirstName"),
        last_name=installer.text("installerLastName"),
        phone_number=installer.text("installerPhoneNumber"),
    )


def read_component(part: Members) -> FirmwareComponent:
    """One part of a unit and its firmware."""
    return FirmwareComponent(
        mac=part.text("macAddress"),
        additional_value=part.text("additionalValue"),
        device_type=part.whole("deviceType"),
        device_group=part.anything("deviceGroup"),
        code=part.whole("curSwCode"),
        version=_version(part, "curVersion"),
        downloaded=_version(part, "downloadedVersion") or None,
    )


def _version(part: Members, name: str) -> FirmwareVersion | None:
    """A firmware version of 32 bits."""
    number = part.whole(name)
    if number is None or 0 <= number < 1 << 32:
        return None if number is None else FirmwareVersion(number)
    part.note(name, number, "expected a number of 32 bits")
    return None


def read_plan(info: Members) -> StoredTouPlan:
    """A time-of-use plan."""
    zip_code = info.anything("zipCode")
    if isinstance(zip_code, int) and not isinstance(zip_code, bool) and 0 <= zip_code < 100_000:
        zip_code = f"{zip_code:05}"
    elif zip_code is not None and not isinstance(zip_code, str):
        info.note("zipCode", zip_code, "expected a postcode")
        zip_code = None
    return StoredTouPlan(
        controller_id=info.text("controllerId"),
        manufacture_id=info.text("manufactureId"),
        name=info.text("name"),
        utility=info.text("utility"),
        zip_code=zip_code,
        seasons=tuple(
            TouSeason(
                months=season.whole("season"),
                intervals=tuple(_interval(interval) for interval in season.each("interval")),
            )
            for season in info.each("schedule")
        ),
    )


def _interval(interval: Members) -> TouInterval:
    """One price period."""
    return TouInterval(
        week=interval.whole("week"),
        start_hour=interval.whole("startHour"),
        start_minute=interval.whole("startMinute"),
        end_hour=interval.whole("endHour"),
        end_minute=interval.whole("endMinute"),
        price_min=interval.whole("priceMin"),
        price_max=interval.whole("priceMax"),
        decimal_point=interval.whole("decimalPoint"),
    )
