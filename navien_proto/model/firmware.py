"""Firmware: versions, which are compared as numbers and read as four, and what lies ready to be installed."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from navien_proto import units
from navien_proto.model.codes import FirmwareType, Unknown

__all__ = ["FirmwareDownload", "FirmwareVersion"]


class FirmwareVersion(int):
    """A 32-bit firmware number (``docs/protocol/conversions.md`` 14); ``str()`` gives ``11.1.0.0``.

    It is the integer of the wire: compare versions as numbers, never as text, and note that small ones
    (60454) may be plain build numbers.
    """

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The version written as four numbers with dots.

        Raises:
            UsageError: ``text`` is something else.
        """
        return cls(units.firmware_number(text))

    def __str__(self) -> str:
        return units.firmware_text(int(self))

    def __repr__(self) -> str:
        return f"FirmwareVersion({int(self)})"


@frozen(kw_only=True)
class FirmwareDownload:
    """Firmware that lies ready in a unit to be installed (``docs/protocol/responses.md`` section 10).

    Attributes:
        sw_code: the part it is for.
        sw_version: its version.
        ota_mode: values are not known.
        status: values are not known.
    """

    sw_code: FirmwareType | Unknown | None = None
    sw_version: FirmwareVersion | None = None
    ota_mode: int | None = None
    status: int | None = None
