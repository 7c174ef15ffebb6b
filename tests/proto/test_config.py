"""Configuration from mappings: precedence, names, ranges, and errors that name the option and no secret."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud import defaults
from navien_proto.config import SETTINGS, Config, config_layers, load_config, secret_files
from navien_proto.errors import UsageError

CANARY = "Canary-7f3a-secret"


def refusal(*places: Any, **options: Any) -> str:
    """The sentence with which a configuration is refused."""
    with pytest.raises(UsageError) as caught:
        load_config(*places, **options)
    return str(caught.value)


def test_defaults_are_the_safe_ones() -> None:
    config = Config()
    assert (config.interval, config.keep_alive, config.clean_session, config.client_id) == (300, 60, True, None)
    assert (config.reconnect, config.reconnect_first_delay, config.reconnect_factor) == (True, 1, 2)
    assert (config.reconnect_max_delay, config.reconnect_max_attempts) == (120, None)
    assert (config.queue, config.queue_limit, config.queue_expiry) == (True, 100, 300)
    assert (config.units, config.email, config.password, config.warnings) == ("auto", None, None, ())
    assert config == load_config({}, {}, {}, {})


def test_defaults_of_the_service_are_those_of_the_cloud_package() -> None:
    config = Config()
    assert config.base_url == defaults.BASE_URL
    assert (config.mqtt_host, config.mqtt_port) == (defaults.MQTT_HOST, defaults.MQTT_PORT)
    assert (config.mqtt_path, config.mqtt_region) == (defaults.MQTT_PATH, defaults.REGION)


def test_command_line_beats_environment_beats_dotenv_beats_toml() -> None:
    places: list[Any] = [
        {"interval": 40},
        {"NAVIEN_INTERVAL": "50"},
        {"NAVIEN_INTERVAL": "60"},
        {"navien": {"interval": 70}},
    ]
    nothing: list[Any] = [{"interval": None}, {}, {}, {}]
    found = [load_config(*nothing[:n], *places[n:]) for n in range(5)]
    assert [config.interval for config in found] == [40, 50, 60, 70, 300]
    assert [config.source("interval").where for config in found] == [
        "command line", "environment", ".env", "navien.toml", "default",
    ]  # fmt: skip
    assert [config.source("interval").label for config in found] == [
        "--interval", "NAVIEN_INTERVAL", "NAVIEN_INTERVAL in .env", "interval in navien.toml", "interval",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (({}, {"NAVIEN_INTERVAL": "0"}, {}, {}), "NAVIEN_INTERVAL: expected seconds from 10 to 86400, found '0'"),
        (({"interval": 0}, {}, {}, {}), "--interval: expected seconds from 10 to 86400, found 0"),
        (
            ({}, {}, {"NAVIEN_KEEP_ALIVE": "1 h"}, {}),
            "NAVIEN_KEEP_ALIVE in .env: expected seconds from 30 to 1200, found '1 h'",
        ),
        (
            ({}, {}, {}, {"navien": {"clean_session": "maybe"}}),
            "clean_session in navien.toml: expected true or false, found 'maybe'",
        ),
        (
            ({}, {"NAVILINK_POLLING_INTERVAL": "soon"}, {}, {}),
            "NAVILINK_POLLING_INTERVAL: expected seconds from 10 to 86400, found 'soon'",
        ),
        (
            ({"reconnect_max_attempts": 0}, {}, {}, {}),
            "--reconnect-max-attempts: expected attempts from 1 to 1000000, or none, found 0",
        ),
        (({"units": "k"}, {}, {}, {}), "--units: expected auto, f or c, found 'k'"),
        (
            ({"mqtt_port": 10**5000}, {}, {}, {}),
            "--mqtt-port: expected a port number from 1 to 65535, found a value of type int",
        ),
        (({}, {}, {}, {"navien": [1]}), "navien.toml: expected a table [navien], found a value of type list"),
        (({}, {}, {}, {"navien": {"intervall": 1}}), "navien.toml: 'intervall' in [navien] is not a setting"),
        (({"intervall": 1}, {}, {}, {}), "'intervall' is not a setting"),
        (
            ({}, {"NAVIEN_CLEAN_SESSION": "off"}, {}, {}),
            "NAVIEN_CLEAN_SESSION: false needs a client id of your own (client_id)",
        ),
        (
            ({"reconnect_max_delay": 5}, {"NAVIEN_RECONNECT_FIRST_DELAY": "10"}, {}, {}),
            "--reconnect-max-delay: expected at least 10 seconds, the first delay, found 5",
        ),
        (
            ({"lowest_celsius": 60}, {"NAVIEN_HIGHEST_CELSIUS": "50"}, {}, {}),
            "--lowest-celsius: expected at most 50 °C, the highest, found 60",
        ),
        (
            ({}, {"NAVIEN_PASSWORD": CANARY, "NAVIEN_PASSWORD_FILE": "/run/secrets/p"}, {}, {}),
            "NAVIEN_PASSWORD and NAVIEN_PASSWORD_FILE are both given: keep one of them",
        ),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_refused_in_one_sentence_naming_it(places: Any, sentence: str) -> None:
    assert refusal(*places) == sentence


@pytest.mark.parametrize("value", [True, None, [], {}, math.nan, math.inf, -1, "", "60x", "6_0", "６０", b"60"])
def test_only_a_number_is_a_number(value: object) -> None:
    assert refusal({}, {}, {}, {"navien": {"interval": value}}).startswith("interval in navien.toml: expected")


def test_simulated_may_go_lower() -> None:
    assert load_config({"interval": 1}, {}, {}, {}, simulated=True).interval == 1
    assert load_config({"interval": 1}, {}, {}, {}, simulated=True).warnings == ()
    assert refusal({"interval": 9.9}, {}, {}, {}) == "--interval: expected seconds from 10 to 86400, found 9.9"


def test_an_interval_under_thirty_seconds_is_warned_of() -> None:
    (warning,) = load_config({}, {"NAVIEN_INTERVAL": "29"}, {}, {}).warnings
    assert warning.startswith("NAVIEN_INTERVAL: 29 seconds is less than the advised 30")
    assert load_config({}, {"NAVIEN_INTERVAL": "30"}, {}, {}).warnings == ()


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"base_url": "http://example.com/api"}, "base_url"),
        ({"base_url": "http://127.0.0.1.example.com/api"}, "base_url"),
        ({"base_url": "http://127.0.0.1:8080/api"}, None),
        ({"base_url": "http://[::1]:8080"}, None),
        ({"mqtt_scheme": "ws"}, "mqtt_scheme"),
        ({"mqtt_scheme": "ws", "mqtt_host": "localhost"}, None),
    ],
)
def test_what_travels_unencrypted_is_warned_of(values: dict[str, Any], warned: str | None) -> None:
    warnings = Config(**values).warnings
    assert [warning.partition(":")[0] for warning in warnings] == ([warned] if warned else [])


def test_older_names_are_understood_and_yield_to_the_present_ones() -> None:
    older = {
        "NAVILINK_EMAIL": "old@example.com",
        "NAVILINK_PASSWORD": "old",
        "NAVILINK_POLLING_INTERVAL": "120",
        "NAVILINK_LOG_LEVEL": "INFO",
    }
    config = load_config({}, older, {}, {})
    assert (config.email, config.password) == ("old@example.com", "old")
    assert (config.interval, config.log_level) == (120, "info")
    assert load_config({}, {**older, "NAVIEN_EMAIL": "new@example.com"}, {}, {}).email == "new@example.com"
    # An older name in a more important place is still the more important one.
    assert load_config({}, older, {"NAVIEN_EMAIL": "new@example.com"}, {}).email == "old@example.com"


def test_an_empty_variable_is_not_set() -> None:
    assert load_config({}, {"NAVIEN_INTERVAL": ""}, {"NAVIEN_INTERVAL": "60"}, {}).interval == 60
    assert load_config({}, {}, {"NAVIEN_INTERVAL": None}, {}).interval == 300


def test_a_misspelt_variable_is_warned_of_and_a_foreign_one_is_not() -> None:
    config = load_config({}, {"NAVIEN_INTERVALL": CANARY, "NAVIEN_MONITOR_HOME": "x", "PATH": "y"}, {}, {})
    assert config.warnings == ("'NAVIEN_INTERVALL' is not a setting; perhaps NAVIEN_INTERVAL is meant",)


def test_secrets_may_lie_in_files_and_only_those_that_count_are_to_be_read() -> None:
    layers = config_layers(
        {}, {"NAVIEN_PASSWORD_FILE": "/run/secrets/password"}, {}, {"navien": {"password_file": "other"}}
    )
    (wanted,) = secret_files(layers)
    assert (wanted.label, wanted.value) == ("NAVIEN_PASSWORD_FILE", "/run/secrets/password")
    config = Config.from_layers(layers, secrets={"NAVIEN_PASSWORD_FILE": CANARY})
    assert config.password == CANARY
    assert config.source("password").label == "NAVIEN_PASSWORD_FILE"
    assert secret_files(config_layers({"password": "x"}, {"NAVIEN_PASSWORD_FILE": "y"}, {}, {})) == ()
    assert refusal({}, {"NAVIEN_PASSWORD_FILE": "y"}, {}, {}) == (
        "NAVIEN_PASSWORD_FILE: expected 1 to 1024 characters of text"
    )


def test_tables_of_other_tools_are_left_alone() -> None:
    assert load_config({}, {}, {}, {"tool": 1, "navien": {"bridge": {"x": 1}}}) == Config()


def test_texts_are_tidied() -> None:
    variables = {
        "NAVIEN_BASE_URL": "https://example.com/api/",
        "NAVIEN_UNITS": " C ",
        "NAVIEN_EMAIL": " user@example.com ",
        "NAVIEN_PASSWORD": " spaces count ",
        "NAVIEN_RECONNECT": "No",
        "NAVIEN_RECONNECT_MAX_ATTEMPTS": "none",
    }
    config = load_config({}, variables, {}, {})
    assert (config.base_url, config.units) == ("https://example.com/api", "c")
    assert (config.email, config.password) == ("user@example.com", " spaces count ")
    assert (config.reconnect, config.reconnect_max_attempts) == (False, None)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("base_url", ["ftp://x", "https://user:pw@x", "https://x/?q=1", "https://", "x", "https://x/\n"]),
        ("mqtt_host", ["", "a b", "host/path", "-x"]),
        ("mqtt_path", ["mqtt", "/a?b", "/a b"]),
        ("client_id", ["$x", "a/b", "a+b", "a#b", "é", "a b", "x" * 129, ""]),
        ("email", ["user", "a@", "@b", "a b@c"]),
        ("password", ["", "x" * 1025, "a\x00b", "\udcff"]),
    ],
)
def test_texts_of_another_shape_are_refused(name: str, bad: list[str]) -> None:
    for value in bad:
        with pytest.raises(UsageError, match=f"^{name}: expected "):
            Config(**{name: value})  # type: ignore[arg-type]


def test_values_set_in_python_must_have_their_type_already() -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"interval": "300"}, {"units": "C"}, {"queue": 1}, {"keep_alive": 60.0}, {"units": None},
        {"mqtt_port": True},
    )  # fmt: skip
    for values in wrong:
        (name,) = values
        with pytest.raises(UsageError, match=f"^{name}: expected "):
            Config(**values)
    assert attrs.evolve(Config(), client_id="mine", clean_session=False).client_id == "mine"


def test_f22_a_secret_is_in_no_text() -> None:
    config = Config(email="user@example.com", password=CANARY, device="aabbccddeeff")
    shown = [config.shown(name) for name in SETTINGS]
    texts = [repr(config), str(config_layers({"password": CANARY}, {"NAVIEN_PASSWORD": CANARY}, {}, {})), *shown]
    texts.append(refusal({"password": CANARY + "\x00"}, {}, {}, {}))
    texts.append(refusal({"password": [CANARY]}, {}, {}, {}))
    texts.append(refusal({"email": CANARY}, {}, {}, {}))
    texts.append(refusal({"base_url": f"https://me:{CANARY}@example.com"}, {}, {}, {}))
    for text in texts:
        assert CANARY not in text
        assert "user@example.com" not in text
        assert "aabbccddeeff" not in text
    assert config.shown("password") == "set"
    assert Config().shown("password") == "not set"
    assert (config.shown("interval"), config.shown("queue"), config.shown("client_id")) == (
        "300.0",
        "true",
        "not set",
    )


def test_every_setting_is_described() -> None:
    for name, setting in SETTINGS.items():
        assert setting.name == name
        assert setting.variable == f"NAVIEN_{name.upper()}"
        assert setting.flag == "--" + name.replace("_", "-")
        assert setting.meaning.endswith(".")
        assert setting.default == getattr(Config(), name)
    settable = {attribute.name for attribute in attrs.fields(Config)} - {"simulated", "sources", "notes"}
    assert settable == set(SETTINGS)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.binary(max_size=8)
    | st.sampled_from(["60", "true", "none", "auto", "/mqtt", "a@b", "https://x"])
)  # fmt: skip
garbage = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
names = st.sampled_from([*SETTINGS, *(f"{name}_file" for name in SETTINGS), "navien", "interva"])
variables = st.one_of(
    names.map(lambda name: f"NAVIEN_{name.upper()}"),
    st.sampled_from(["NAVILINK_EMAIL", "NAVILINK_PASSWORD", "NAVILINK_LOG_LEVEL"]),
    st.text(max_size=20),
)


@given(
    flags=st.dictionaries(names, garbage, max_size=4),
    environ=st.dictionaries(variables, st.text(max_size=60), max_size=4),
    dotenv=st.dictionaries(variables, st.none() | st.text(max_size=60), max_size=4),
    toml=st.dictionaries(st.just("navien"), garbage | st.dictionaries(names, garbage, max_size=4)),
    simulated=st.booleans(),
)
def test_whatever_is_given_ends_in_a_valid_configuration_or_a_usage_error(
    flags: Any, environ: Any, dotenv: Any, toml: Any, simulated: bool
) -> None:
    try:
        config = load_config(flags, environ, dotenv, toml, simulated=simulated)
    except UsageError:
        return
    # What was read is what Python itself would have to say, and can be shown.
    assert attrs.evolve(config) == config
    assert all(config.shown(name) for name in SETTINGS)
    assert all(isinstance(warning, str) for warning in config.warnings)


@given(
    interval=st.floats(10, 86400).map(lambda value: round(value, 3)),
    keep_alive=st.integers(30, 1200),
    limit=st.integers(1, 10_000),
)
def test_text_and_typed_values_mean_the_same(interval: float, keep_alive: int, limit: int) -> None:
    values = {"interval": interval, "keep_alive": keep_alive, "queue_limit": limit}
    texts = {f"NAVIEN_{name.upper()}": f"{value}" for name, value in values.items()}
    assert (
        load_config({}, texts, {}, {})
        == load_config({}, {}, {}, {"navien": values})
        == load_config(values, {}, {}, {})
    )
