"""What the device registry keeps of a device, and what may be written into it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import Factory, field, frozen

from navien_proto.errors import UsageError

__all__ = [
    "LARGEST_METADATA",
    "LARGEST_PAGE",
    "LONGEST_TEXT",
    "DevicePage",
    "Presence",
    "RegisteredDevice",
    "check_id",
    "check_metadata",
    "check_text",
    "check_user",
]

LONGEST_TEXT = 255
"""Characters of an id, a name or a type."""
LARGEST_METADATA = 64 * 1024
"""Bytes of a device's metadata as JSON."""
LARGEST_PAGE = 1000
"""Devices of one page."""


class Presence(Enum):
    """Whether a device is there, as far as the registry was told."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFFLINE = "offline"


@frozen(kw_only=True)
class RegisteredDevice:
    """One device of one user.

    ``registered`` and ``updated`` (of the description or the presence) are aware UTC; ``last_seen`` is when it was
    last heard, ``None`` before it ever was.
    """

    id: str
    name: str
    type: str
    presence: Presence
    metadata: Mapping[str, Any] = field(default=Factory(dict), repr=False)
    registered: datetime
    updated: datetime
    last_seen: datetime | None = None


@frozen
class DevicePage:
    """A page of a user's devices, oldest registration first.

    ``total`` counts all of them; ``page`` begins at 1.
    """

    devices: tuple[RegisteredDevice, ...]
    total: int
    page: int
    page_size: int

    @property
    def pages(self) -> int:
        """How many pages there are; one when there is no device."""
        return max(1, -(-self.total // self.page_size))


def check_text(what: str, text: object, *, empty: bool = False) -> str:
    """``text`` itself, when it can stand in the registry: printable, at most 255 characters.

    Raises:
        UsageError: it cannot; ``what`` names it.
    """
    if not isinstance(text, str):
        raise UsageError(f"{what} must be text, not {type(text).__name__}")
    if not text and not empty:
        raise UsageError(f"{what} must not be empty")
    if len(text) > LONGEST_TEXT:
        raise UsageError(f"{what} has {len(text)} characters; {LONGEST_TEXT} are allowed")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise UsageError(f"{what} holds a control character or half a surrogate pair")
    return text


def check_id(device_id: object) -> str:
    """A device id.

    Raises:
        UsageError: it is no printable text of 1 to 255 characters.
    """
    return check_text("device id", device_id)


def check_user(user_id: object) -> str:
    """A user id: what separates one user's devices and topics from another's.

    Raises:
        UsageError: it is no printable text of 1 to 255 characters, or could leave its own level of a topic
            (``/``, ``+``, ``#``, a leading ``$``).
    """
    text = check_text("user id", user_id)
    if any(character in text for character in "/+#") or text.startswith("$"):
        raise UsageError("user id must be one level of a topic: without '/', '+' and '#', not beginning with '$'")
    return text


def check_metadata(metadata: object) -> dict[str, Any]:
    """What may be kept beside a device: a JSON object of at most 64 KiB.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(metadata, Mapping):
        raise UsageError(f"metadata must be a mapping, not {type(metadata).__name__}")
    if not all(isinstance(key, str) for key in metadata):
        raise UsageError("metadata must have text for its keys")
    try:
        text = json.dumps(dict(metadata), allow_nan=False, ensure_ascii=False)
        encoded = text.encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        raise UsageError(
            "metadata must be what JSON can say: text, numbers, true, false, null, lists, objects"
        ) from None
    if len(encoded) > LARGEST_METADATA:
        raise UsageError(f"metadata takes {len(encoded)} bytes as JSON; {LARGEST_METADATA} are allowed")
    if r"\u0000" in text:
        raise UsageError("metadata holds a NUL character, which no database keeps")
    kept: dict[str, Any] = json.loads(text)
    return kept
