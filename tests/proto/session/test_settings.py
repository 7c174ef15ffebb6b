from __future__ import annotations

import pytest

from navien_proto.config import Config
from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.session import SessionConfig
from navien_proto.session.guards import Guards
from navien_proto.session.settings import chosen_config, find_device, session_config

FIRST = Device(mac="aabbccddeeff", name="Cellar")
SECOND = Device(mac="aabbccdd0001", name="Garage")
UNNAMED = Device(mac="aabbccdd0002")


def test_the_defaults_of_a_user_are_those_of_a_session() -> None:
    assert session_config(Config(email="user@example.com")) == SessionConfig(email="user@example.com")


def test_f22_settings_that_are_printed_show_neither_who_nor_the_password_nor_a_heater() -> None:
    password = "not-a-real-password"
    config = SessionConfig(
        email="user@example.com",
        password=password,
        devices=frozenset({FIRST.mac}),
        status_intervals={FIRST.mac: 60.0},
        device_info_intervals={FIRST.mac: None},
    )
    for secret in ("user@example.com", password, FIRST.mac):
        assert secret not in repr(config)


def test_every_setting_that_a_session_knows_reaches_it() -> None:
    config = session_config(
        Config(
            email="user@example.com",
            password="secret",
            interval=60.0,
            base_url="http://127.0.0.1:1/api",
            mqtt_scheme="ws",
            mqtt_host="127.0.0.1",
            mqtt_port=8080,
            mqtt_path="/other",
            mqtt_region="eu-west-1",
            client_id="mine",
            clean_session=False,
            keep_alive=90,
            reconnect=False,
            reconnect_first_delay=2.0,
            reconnect_factor=3.0,
            reconnect_max_delay=20.0,
            reconnect_max_attempts=4,
            queue=False,
            queue_limit=5,
            queue_expiry=6.0,
            read_only=True,
            no_power_off=True,
            lowest_celsius=40.0,
            highest_celsius=60.0,
        )
    )
    assert config.guards == Guards(read_only=True, no_power_off=True, lowest_celsius=40.0, highest_celsius=60.0)
    assert config.password == "secret"
    assert config.status_interval == 60.0
    assert config.base_url == "http://127.0.0.1:1/api"
    assert (config.mqtt_scheme, config.mqtt_host, config.mqtt_port, config.mqtt_path) == (
        "ws",
        "127.0.0.1",
        8080,
        "/other",
    )
    assert config.region == "eu-west-1"
    assert config.client_id == "mine"
    assert config.connection.keep_alive == 90
    assert config.connection.clean_session is False
    policy = config.connection.reconnect
    assert (policy.enabled, policy.first_delay, policy.factor, policy.max_delay) == (False, 2.0, 3.0, 20.0)
    assert policy.max_attempts == 4
    assert (config.queue, config.queue_limit, config.queue_expiry) == (False, 5, 6.0)


def test_an_account_without_an_address_is_none() -> None:
    with pytest.raises(UsageError, match="NAVIEN_EMAIL"):
        session_config(Config())


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (None, FIRST),
        ("garage", SECOND),
        ("  GARAGE ", SECOND),
        ("eeff", FIRST),
        ("EE:FF", FIRST),
        ("aa-bb-cc-dd-00-02", UNNAMED),
    ],
)
def test_a_heater_is_found_by_name_or_the_end_of_its_mac(which: str | None, found: Device) -> None:
    assert find_device([FIRST, SECOND, UNNAMED], which) is found


@pytest.mark.parametrize("which", ["attic", "ff", ""])
def test_what_fits_no_heater_says_so(which: str) -> None:
    with pytest.raises(UsageError, match="no heater"):
        find_device([FIRST, SECOND], which)


def test_what_fits_several_is_refused() -> None:
    twin = Device(mac="aabbccdd0003", name="cellar")
    with pytest.raises(UsageError, match="2 heaters"):
        find_device([FIRST, twin], "Cellar")


def test_an_account_without_heaters_has_none_to_choose() -> None:
    with pytest.raises(UsageError, match="no heater"):
        find_device([])


def test_a_client_is_told_its_settings_in_one_way() -> None:
    config = SessionConfig(email="user@example.com")
    assert chosen_config(None, None, config, {}) is config
    assert chosen_config("user@example.com", None, None, {}) == config
    with pytest.raises(UsageError, match="not both"):
        chosen_config("user@example.com", None, config, {})
    with pytest.raises(UsageError, match=r"no such setting: .*colour"):
        chosen_config("user@example.com", None, None, {"colour": "red"})


@pytest.mark.parametrize(("settings", "seconds"), [({"status_interval": 120.0}, 180.0), ({}, 360.0)])
def test_values_are_stale_a_minute_after_the_period(settings: dict[str, float], seconds: float) -> None:
    assert SessionConfig(email="user@example.com", **settings).stale_after == seconds  # type: ignore[arg-type]
