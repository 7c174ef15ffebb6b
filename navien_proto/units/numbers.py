"""Numbers that are codes: flags, firmware, errors, commands, entries of schedules.

Source: ``docs/protocol/conversions.md`` sections 1, 13 to 15 and 17.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from navien_proto.errors import UsageError

__all__ = [
    "ENTRY_DIGITS",
    "Entry",
    "command_code",
    "command_parts",
    "entry_from_hex",
    "entry_to_hex",
    "error_numbers",
    "error_text",
    "firmware_number",
    "firmware_text",
    "flag",
    "flag_to_raw",
    "inverted_flag",
    "inverted_flag_to_raw",
]

Entry = tuple[int, int, int, int, int, int]
"""The six bytes of a schedule's entry: enable, week, hour, minute, mode, parameter."""

ENTRY_DIGITS = 12
"""Hexadecimal digits of an entry."""

_ENTRY = re.compile(r"[0-9a-fA-F]{12}")
_ERROR = re.compile(r"E([0-9]{3,9})(?:-([0-9]{2,9}))?")


def flag(raw: int) -> bool | None:
    """A device flag: 2 is on, 1 is off, everything else unknown (section 1)."""
    return True if raw == 2 else False if raw == 1 else None


def inverted_flag(raw: int) -> bool | None:
    """A device flag whose 1 is on and 2 off (section 1)."""
    return True if raw == 1 else False if raw == 2 else None


def flag_to_raw(on: bool) -> int:
    """2 for on, 1 for off; never 0 (section 1)."""
    return 2 if on else 1


def inverted_flag_to_raw(on: bool) -> int:
    """1 for on, 2 for off, of the flag that is the other way round (section 1)."""
    return 1 if on else 2


def entry_to_hex(entry: Sequence[int]) -> str:
    """Six numbers as twelve hexadecimal digits, lower case; -1 is written ``ff`` (section 13).

    Raises:
        UsageError: a number is not -1 to 255.
    """
    if len(entry) != 6 or not all(-1 <= number <= 255 for number in entry):
        raise UsageError("an entry has six numbers from 0 to 255")
    return bytes(number & 255 for number in entry).hex()


def entry_from_hex(text: str) -> Entry:
    """The six numbers of twelve hexadecimal digits in either case, each 0 to 255 (section 13).

    Raises:
        UsageError: ``text`` is something else.
    """
    if _ENTRY.fullmatch(text) is None:
        raise UsageError("an entry has twelve hexadecimal digits")
    enable, week, hour, minute, mode, param = bytes.fromhex(text)
    return enable, week, hour, minute, mode, param


def firmware_text(number: int) -> str:
    """A 32-bit firmware number as four parts with dots: 184614912 is ``11.1.0.0`` (section 14).

    Raises:
        UsageError: ``number`` does not fit 32 bits.
    """
    if not 0 <= number < 1 << 32:
        raise UsageError("a firmware number has 32 bits")
    return ".".join(str(part) for part in number.to_bytes(4, "big"))


def firmware_number(text: str) -> int:
    """The inverse of `firmware_text`.

    Raises:
        UsageError: ``text`` is not four numbers 0 to 255 with dots between.
    """
    parts = text.split(".")
    if len(parts) != 4 or not all(re.fullmatch("[0-9]{1,3}", part) and int(part) < 256 for part in parts):
        raise UsageError("a firmware version is four numbers 0 to 255 with dots between, such as 11.1.0.0")
    return int.from_bytes(bytes(map(int, parts)), "big")


def error_text(code: int, sub_code: int = 0) -> str:
    """An error as the panel shows it, ``E407-01``; nothing for code 0, which is no error (section 15).

    Any number has a text: what a unit reports is shown, not judged.
    """
    return f"E{code:03d}-{sub_code:02d}" if code else ""


def error_numbers(text: str) -> tuple[int, int]:
    """Code and sub-code of an error as the panel shows it; ``E407`` has sub-code 0 (section 15).

    Raises:
        UsageError: ``text`` is neither empty nor an error.
    """
    if not text:
        return 0, 0
    found = _ERROR.fullmatch(text)
    if found is None:
        raise UsageError("an error is written E and three digits, perhaps - and two more, such as E407-01")
    return int(found[1]), int(found[2] or 0)


def command_code(family: int, number: int) -> int:
    """The code of a command: family 1 asks, 2 controls, 4 tells of a change (section 17).

    Raises:
        UsageError: ``family`` does not fit a byte, or ``number`` three.
    """
    if not (0 <= family < 1 << 8 and 0 <= number < 1 << 24):
        raise UsageError("a command's family has 8 bits and its number 24")
    return family << 24 | number


def command_parts(code: int) -> tuple[int, int]:
    """Family and number of a command's code (section 17).

    Raises:
        UsageError: ``code`` does not fit 32 bits.
    """
    if not 0 <= code < 1 << 32:
        raise UsageError("a command's code has 32 bits")
    return code >> 24, code & 0xFFFFFF
