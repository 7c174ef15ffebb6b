"""Lines for where there is no terminal: one a message, one a notice. Pure, but for the machine's time zone."""

from __future__ import annotations

from datetime import datetime

from navien_anyio.cli import words
from navien_anyio.cli.board import HeaterView, Notice
from navien_anyio.cli.durations import show_duration
from navien_anyio.cli.rows import unit_shown
from navien_proto.instant import Instant
from navien_proto.model.status import DeviceStatus

__all__ = ["local_time", "notice_line", "status_line", "status_words"]


def local_time(moment: datetime) -> str:
    """``moment`` in the machine's time zone, to the second, with its offset."""
    return moment.astimezone().isoformat(timespec="seconds")


def status_words(status: DeviceStatus, units: str) -> str:
    """A status in one line, without who and when."""
    unit = unit_shown(units, status)
    upper = words.show_temperature(status, "tank_upper_temperature", unit)
    lower = words.show_temperature(status, "tank_lower_temperature", unit)
    parts = [
        f"charge {words.show_charge(status)}",
        f"usable {words.show_energy(status.usable_energy)}",
        f"to set point {words.show_energy(status.energy_to_setpoint)} missing",
        f"hot water {words.show_temperature(status, 'dhw_temperature', unit)}",
        f"set point {words.show_temperature(status, 'dhw_temperature_setting', unit)}",
        f"tank {upper} above and {lower} below",
        f"mode {words.show_mode(status)}",
        f"running {words.show_running(status)}",
        f"power {words.show_power(status)}",
        f"Wi-Fi {words.show_signal(status)}",
    ]
    if status.dhw_use:
        parts.append("hot water drawn")
    if error := words.show_error(status):
        parts.append(f"ERROR {error}")
    return "; ".join(parts)


def status_line(view: HeaterView, units: str, before: Instant | None, clock: str = "") -> str:
    """The line for the latest message of a heater; ``before`` is when the one before it came."""
    if view.status is None or view.at is None:
        return f"{view.name}: {words.ABSENT}"
    parts = [status_words(view.status, units)]
    if before is not None:
        parts.append(f"last message {show_duration(view.at.monotonic - before.monotonic)} before")
    if clock:
        parts.append(f"heater's clock {clock}")
    return f"{local_time(view.at.utc)} {view.name} ({view.reason.value}): {'; '.join(parts)}"


def notice_line(notice: Notice) -> str:
    """The line for a notice."""
    return f"{local_time(notice.at)} {words.UNPRINTABLE.sub(' ', notice.text)}"
