"""The real capture that lies beside the repository; it is read in place and never copied."""

from __future__ import annotations

from pathlib import Path

import pytest

CAPTURE = Path(__file__).resolve().parents[2].parent / "shared" / "captures" / "nwp500-2025-09-26.har"


def read_capture() -> bytes:
    """The capture's bytes; the calling test is skipped, with the reason, where it is absent."""
    if not CAPTURE.exists():
        pytest.skip(f"the real capture is not beside the repository: {CAPTURE}")
    return CAPTURE.read_bytes()
