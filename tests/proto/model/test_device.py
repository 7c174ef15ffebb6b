"""A device of an account."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.device import Device, Location, is_normal_mac, mask_mac, normalise_mac


@pytest.mark.parametrize(
    "text",
    ["aabbccddeeff", "AABBCCDDEEFF", "aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF", "aabb.ccdd.eeff", " aabbccddeeff "],
)
def test_a_mac_is_normalised(text: str) -> None:
    assert normalise_mac(text) == "aabbccddeeff"


@pytest.mark.parametrize(
    "text", ["", "aabbccddeef", "aabbccddeefff", "gabbccddeeff", "aabbccddeeff\n", "a" * 100000]
)
def test_what_is_no_mac(text: str) -> None:
    with pytest.raises(UsageError, match="twelve hexadecimal digits") as caught:
        normalise_mac(text)
    assert text[:6] not in str(caught.value) or not text or text.startswith("aa")


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise_mac(text)
    except UsageError:
        assert not is_normal_mac(text)
    else:
        assert normalise_mac(once) == once
        assert is_normal_mac(once)


def test_a_device_hides_who_and_where() -> None:
    device = Device(
        mac="AA:BB:CC:DD:EE:FF",
        additional_value="0042",
        name="Test User's heater",
        online=True,
        home_seq=12345,
        install_type="R",
        location=Location(state="XX", city="Sampletown", address="1 Example Street", latitude=1.5, longitude=2.5),
    )
    assert device.mac == "aabbccddeeff"
    assert device.additional_value == "0042"
    assert device.device_type == 52
    assert repr(device) == "Device(mac='<mac>', device_type=52, online=True, install_type='R')"
    assert repr(device.location) == "Location()"
    assert mask_mac(None) == "None"


def test_a_number_as_additional_value_becomes_text() -> None:
    assert Device(mac="aabbccddeeff", additional_value=1234).additional_value == "1234"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"mac": 5}, "mac must be text"),
        ({"mac": "x"}, "twelve hexadecimal digits"),
        ({"additional_value": None}, "additional_value must be text"),
        ({"additional_value": True}, "additional_value must be text"),
        ({"device_type": "52"}, "device_type must be a whole number"),
        ({"device_type": True}, "device_type must be a whole number"),
        ({"device_type": -1}, "device_type must be a whole number"),
    ],
)
def test_what_a_device_must_have(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Device(**{"mac": "aabbccddeeff", "additional_value": "1234", **changed})
