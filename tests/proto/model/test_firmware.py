"""Firmware versions are numbers with a text."""

from __future__ import annotations

import pytest

from navien_proto.errors import UsageError
from navien_proto.model.firmware import FirmwareVersion


def test_compared_as_numbers_and_shown_as_text() -> None:
    older, newer = FirmwareVersion.from_text("9.255.0.0"), FirmwareVersion.from_text("11.1.0.0")
    assert older < newer
    assert newer == 184614912
    assert f"{newer}" == str(newer) == "11.1.0.0"
    assert repr(newer) == "FirmwareVersion(184614912)"


def test_what_is_no_version() -> None:
    with pytest.raises(UsageError):
        FirmwareVersion.from_text("eleven")
