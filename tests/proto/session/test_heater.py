from __future__ import annotations

from random import Random

from navien_proto.model.device import Device
from navien_proto.session import Session, SessionConfig
from navien_proto.session.heater import KnownHeater
from navien_proto.session.hub import Hub

SESSION = Session(SessionConfig(email="user@example.com"), rng=Random(1), new_id=lambda: "1234")


def test_a_heater_that_left_the_list_keeps_what_was_known() -> None:
    heater = KnownHeater(SESSION, Hub(), Device(mac="aabbccddeeff", name="Cellar", online=True))
    assert heater.name == "Cellar"
    assert heater.online
    assert heater.feature is None
    assert heater.last_status is None
    assert "aabbcc" not in repr(heater)


def test_a_heater_without_a_name_goes_by_the_end_of_its_mac() -> None:
    heater = KnownHeater(SESSION, Hub(), Device(mac="aabbccddeeff"))
    assert heater.name == "eeff"
    assert heater.online is None
