"""Enumerations and the numbers they do not name."""

from __future__ import annotations

import copy
import csv
import json
import pickle
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.model import codes
from navien_proto.model.codes import CurrentOperationMode, DhwOperationSetting, ErrorCode, Mode, Unknown
from tests.support.captures import CAPTURE


@given(st.integers())
def test_an_unknown_code_is_its_number(number: int) -> None:
    unknown = Unknown(number)
    assert unknown == number
    assert hash(unknown) == hash(number)
    assert int(unknown) == unknown.value == number
    assert repr(unknown) == f"Unknown({number})"
    assert str(unknown) == f"{unknown}" == str(number)
    assert unknown.name == f"UNKNOWN_{number}"
    assert json.dumps(unknown) == str(number)
    assert pickle.loads(pickle.dumps(unknown)) == copy.copy(unknown) == unknown


def test_an_unknown_code_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Unknown(1).value = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Unknown(1).other = 2  # type: ignore[attr-defined]


def test_vendor_labels_are_aliases() -> None:
    by_name = CurrentOperationMode.__members__
    assert by_name["HYBRID_EFFICIENCY"] is CurrentOperationMode.ELEMENT
    assert by_name["HYBRID_BOOST"] is CurrentOperationMode.HEAT_PUMP_AND_ELEMENT
    assert Mode is DhwOperationSetting


def test_running_modes_are_bits() -> None:
    mode = CurrentOperationMode
    assert mode.HEAT_PUMP | mode.ELEMENT == mode.HEAT_PUMP_AND_ELEMENT


def test_every_documented_error_has_a_name() -> None:
    path = CAPTURE.parents[1] / "protocol" / "error_codes.csv"
    if not path.exists():
        pytest.skip(f"the protocol's error codes are not beside the repository: {path}")
    with path.open(newline="") as lines:
        assert {int(line["code"]) for line in csv.DictReader(lines)} == {int(code) for code in ErrorCode}


def test_all_is_exported() -> None:
    found = {name for name, item in vars(codes).items() if isinstance(item, type) and issubclass(item, Enum | int)}
    assert found - {"IntEnum", "StrEnum"} == set(codes.__all__)
