"""A device as the account knows it: what REST says about a water heater before it speaks itself."""

from __future__ import annotations

import re

from attrs import field, frozen
from attrs.validators import instance_of, optional

from navien_proto.errors import UsageError

__all__ = ["Device", "Location", "is_normal_mac", "mask_mac", "normalise_mac"]

_MAC = re.compile(r"[0-9a-f]{12}")
_SEPARATORS = str.maketrans("", "", ":-. ")
# Six pairs with five separators; longer text is not looked at.
_LONGEST_MAC = 17


def is_normal_mac(text: str) -> bool:
    """Whether ``text`` is twelve lower-case hexadecimal digits."""
    return _MAC.fullmatch(text) is not None


def normalise_mac(text: str) -> str:
    """``text`` as twelve lower-case hexadecimal digits; colons, dashes, dots and spaces are dropped.

    Raises:
        UsageError: there are not twelve hexadecimal digits.
    """
    if _MAC.fullmatch(text):
        return text
    if len(text) <= _LONGEST_MAC:
        bare = text.translate(_SEPARATORS).lower()
        if _MAC.fullmatch(bare):
            return bare
    raise UsageError("a MAC address is twelve hexadecimal digits, such as aabbccddeeff")


def mask_mac(mac: str | None) -> str:
    """What a ``repr`` shows in place of a MAC address."""
    return "None" if mac is None else "'<mac>'"


def _additional_value(value: object) -> str:
    if isinstance(value, str):
        return value
    # Documented as text; a number is met in the wild and loses nothing but leading zeros.
    if type(value) is int:
        return str(value)
    raise UsageError(f"additional_value must be text, not {type(value).__name__}")


def _device_type(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFFFF:
        raise UsageError("device_type must be a whole number from 0 to 65535")
    return value


def _mac(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"mac must be text, not {type(value).__name__}")
    return normalise_mac(value)


@frozen(kw_only=True)
class Location:
    """Where a device stands, as far as the account says. Personal: never shown by ``repr``, never logged."""

    state: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    latitude: float | None = field(default=None, repr=False)
    longitude: float | None = field(default=None, repr=False)
    altitude: float | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Device:
    """One device of an account (``docs/protocol/rest.md`` 5).

    ``mac`` is twelve lower-case hexadecimal digits (normalised from what is given), ``additional_value`` the
    short text every request must repeat, leading zeros included. ``device_type`` 52 is the NWP500; other types
    appear on the same account and are not to be controlled. ``online`` is the cloud's opinion, ``None`` when it
    has none. ``home_seq`` may serve in reply topics. Names and location are personal and hidden in the ``repr``.

    Raises:
        UsageError: ``mac``, ``additional_value`` or ``device_type`` is not what it must be.
    """

    mac: str = field(converter=_mac, repr=mask_mac)
    additional_value: str = field(default="", converter=_additional_value, repr=False)
    device_type: int = field(default=52, converter=_device_type)
    name: str | None = field(default=None, repr=False, validator=optional(instance_of(str)))
    online: bool | None = None
    home_seq: int | None = field(default=None, repr=False)
    install_type: str | None = None
    location: Location = field(factory=Location, repr=False, validator=instance_of(Location))
