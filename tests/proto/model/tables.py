"""The field lists of the protocol reference that lies beside the repository."""

from __future__ import annotations

import csv

import pytest

from tests.support.captures import CAPTURE

Row = tuple[str, str, str, str, bool]


def documented(name: str) -> list[Row]:
    """Wire name, attribute, decoder, unit and whether captured, of each line; skips where the list is absent."""
    path = CAPTURE.parents[1] / "protocol" / name
    if not path.exists():
        pytest.skip(f"the protocol's field list is not beside the repository: {path}")
    with path.open(newline="") as lines:
        return [
            (
                line["wire_name"],
                line["python_name"],
                line["decoder"],
                line["unit"],
                line["in_real_capture"] == "yes",
            )
            for line in csv.DictReader(lines)
        ]
