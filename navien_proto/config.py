"""The configuration: one class, read from mappings. No file and no environment is touched here.

A value comes from the first place that has it: command line, environment, ``.env``, TOML, default. Each place
is a :class:`Layer`; :func:`load_config` builds them and :meth:`Config.from_layers` puts them together. Reading
the files and the environment is :func:`navien_sync.stores.gather_config`'s work.

``SETTINGS`` lists every setting with its variable, default and meaning; help texts and the documentation are
made from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from attrs import Attribute, field, frozen

from navien_proto.errors import UsageError
from navien_proto.layers import Given, Layer, Source, flag_layer, toml_layer, variable_layer, winner
from navien_proto.redact import redact_text
from navien_proto.settings import (
    Kind,
    Setting,
    choice,
    number,
    optional,
    pattern,
    switch,
    text,
    url,
    whole,
)

__all__ = ["SETTINGS", "Config", "config_layers", "load_config", "secret_files"]

ADVISED_INTERVAL = 30.0
LOOPBACK = re.compile(r"(?i)(127(\.[0-9]{1,3}){3}|localhost|\[::1\])(:[0-9]+)?(/.*)?|::1")


def _local(address: str) -> bool:
    return LOOPBACK.fullmatch(address) is not None


def _check(config: Config, attribute: Attribute[object], value: object) -> None:
    # For values set in Python, which must be of their type already; what layers brought was read before.
    if value is not None or attribute.default is not None:
        SETTINGS[attribute.name].check(attribute.name, value, simulated=config.simulated)


def _hidden(value: object) -> str:
    return "None" if value is None else "<hidden>"


def _setting(
    default: object,
    kind: Kind,
    meaning: str,
    *,
    older: str | None = None,
    secret: bool = False,
    simulated: Kind | None = None,
) -> Any:
    def setting(name: str) -> Setting:
        return Setting(
            name=name,
            default=default,
            meaning=meaning,
            kind=kind,
            simulated=simulated or kind,
            older=older,
            secret=secret,
        )

    return field(
        default=default,
        validator=_check,
        repr=_hidden if secret else (lambda value: redact_text(repr(value))),
        metadata={"setting": setting},
    )


@frozen(kw_only=True)
class Config:
    """Everything a user can set; each attribute's meaning is in ``SETTINGS``.

    ``simulated`` says that the service is a simulated one: what protects the real one is relaxed.
    ``sources`` says where each value came from (absent: the default).

    Raises:
        UsageError: a value is of the wrong type, out of range, or does not go with another.
    """

    simulated: bool = False
    email: str | None = _setting(
        None,
        pattern("an e-mail address", r"[^\s@]{1,128}@[^\s@]{1,253}"),
        "E-mail address of the NaviLink account.",
        older="NAVILINK_EMAIL",
        secret=True,
    )
    password: str | None = _setting(
        None,
        text("1 to 1024 characters of text", 1024, strip=False),
        "Password of the NaviLink account.",
        older="NAVILINK_PASSWORD",
        secret=True,
    )
    device: str | None = _setting(
        None,
        text("a device's name, or the end of its MAC", 128),
        "The device meant, by name or by the end of its MAC; all of them when not set.",
    )
    interval: float = _setting(
        300.0,
        number("seconds", 10, 86400),
        "Seconds from one status request to the next; 30 or more is advised.",
        older="NAVILINK_POLLING_INTERVAL",
        simulated=number("seconds", 0.1, 86400),
    )
    units: str = _setting(
        "auto",
        choice("auto", "f", "c"),
        "Unit of temperatures shown: f, c, or auto for the one the device displays.",
    )
    log_level: str = _setting(
        "warning",
        choice("debug", "info", "warning", "error", "critical"),
        "The least important messages that are logged.",
        older="NAVILINK_LOG_LEVEL",
    )
    base_url: str = _setting(
        "https://nlus.naviensmartcontrol.com/api/v2.1",
        url(),
        "Address of the REST service.",
    )
    mqtt_scheme: str = _setting(
        "wss",
        choice("wss", "ws"),
        "How the broker is reached: over a WebSocket with TLS (wss) or without (ws).",
    )
    mqtt_host: str = _setting(
        "a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com",
        pattern("a host name or address", r"[A-Za-z0-9]([\w.\-]{0,252})|\[?[0-9a-fA-F:.]{2,45}\]?"),
        "Host of the MQTT broker.",
    )
    mqtt_port: int = _setting(443, whole("a port number", 1, 65535), "Port of the MQTT broker.")
    mqtt_path: str = _setting(
        "/mqtt", pattern("a path beginning with /", r"/[\w./~\-]{0,200}"), "Path of the WebSocket upgrade."
    )
    mqtt_region: str = _setting(
        "us-east-1",
        pattern("an AWS region such as us-east-1", r"[a-z0-9\-]{1,32}"),
        "AWS region the upgrade request is signed for.",
    )
    client_id: str | None = _setting(
        None,
        pattern(
            "1 to 128 ASCII characters without space, /, + and #, not beginning with $",
            r"(?!\$)(?:(?![/+#])[!-~]){1,128}",
        ),
        "MQTT client id; a fresh one for each process when not set.",
    )
    clean_session: bool = _setting(
        True, switch(), "Whether the broker forgets us between connections; false needs a client id."
    )
    keep_alive: int = _setting(
        60, whole("seconds", 30, 1200), "Seconds of silence after which the connection is probed."
    )
    reconnect: bool = _setting(True, switch(), "Whether a lost connection is opened again.")
    reconnect_first_delay: float = _setting(
        1.0, number("seconds", 1, 3600), "Shortest wait before an attempt, in seconds."
    )
    reconnect_factor: float = _setting(
        2.0, number("a factor", 1, 10), "How the longest wait grows from one failed attempt to the next."
    )
    reconnect_max_delay: float = _setting(
        120.0, number("seconds", 1, 86400), "Longest wait before an attempt, in seconds."
    )
    reconnect_max_attempts: int | None = _setting(
        None,
        optional(whole("attempts", 1, 1_000_000)),
        "How many failed attempts in a row end it; none is no limit.",
    )
    queue: bool = _setting(True, switch(), "Whether commands given while off line wait for the connection.")
    queue_limit: int = _setting(
        100, whole("commands", 1, 10_000), "How many commands wait at most; the oldest is dropped."
    )
    queue_expiry: float = _setting(
        300.0, number("seconds", 1, 86400), "Seconds after which a waiting command is dropped."
    )
    read_only: bool = _setting(False, switch(), "Whether nothing is sent that changes a heater.")
    no_power_off: bool = _setting(
        False, switch(), "Whether no heater is switched off, by a command or a reservation."
    )
    lowest_celsius: float | None = _setting(
        None, optional(number("°C", 0, 100)), "Lowest set point that is sent, in °C; none is the heater's own."
    )
    highest_celsius: float | None = _setting(
        None, optional(number("°C", 0, 100)), "Highest set point that is sent, in °C; none is the heater's own."
    )
    sources: Mapping[str, Source] = field(factory=dict, eq=False, repr=False)
    notes: tuple[str, ...] = field(default=(), eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.clean_session and self.client_id is None:
            raise UsageError(f"{self._label('clean_session')}: false needs a client id of your own (client_id)")
        if self.reconnect_max_delay < self.reconnect_first_delay:
            raise UsageError(
                f"{self._label('reconnect_max_delay')}: expected at least {self.reconnect_first_delay:g} seconds,"
                f" the first delay, found {self.reconnect_max_delay:g}"
            )
        low, high = self.lowest_celsius, self.highest_celsius
        if low is not None and high is not None and low > high:
            raise UsageError(
                f"{self._label('lowest_celsius')}: expected at most {high:g} °C, the highest, found {low:g}"
            )

    @classmethod
    def from_layers(
        cls,
        layers: Iterable[Layer],
        *,
        secrets: Mapping[str, str] | None = None,
        simulated: bool = False,
        notes: Iterable[str] = (),
    ) -> Config:
        """Take each value from the first of ``layers`` that has it.

        Args:
            layers: the most important first.
            secrets: contents of the files that :func:`secret_files` named, by label.
            simulated: the service is a simulated one.
            notes: sentences to be found in ``warnings``, for instance about files passed over.

        Raises:
            UsageError: a value cannot be used; the sentence names it as its place does.
        """
        layers = tuple(layers)
        values: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        for name, setting in SETTINGS.items():
            if (found := winner(layers, name)) is None:
                continue
            layer, given = found
            raw = (secrets or {}).get(given.label) if given.in_file else given.value
            values[name] = setting.read(given.label, raw, simulated=simulated)
            sources[name] = Source(layer.where, given.label)
        warnings = [*notes, *(warning for layer in layers for warning in layer.warnings)]
        return cls(simulated=simulated, sources=sources, notes=tuple(warnings), **values)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is allowed but not advised, for a person to read."""
        found = list(self.notes)
        if not self.simulated and self.interval < ADVISED_INTERVAL:
            found.append(
                f"{self._label('interval')}: {self.interval:g} seconds is less than the advised"
                f" {ADVISED_INTERVAL:g}; the service may slow down or lock the account"
            )
        if self.base_url.startswith("http:") and not _local(self.base_url.partition("://")[2]):
            found.append(f"{self._label('base_url')}: http is not encrypted, and the password travels over it")
        if self.mqtt_scheme == "ws" and not _local(self.mqtt_host):
            found.append(f"{self._label('mqtt_scheme')}: ws is not encrypted")
        return tuple(found)

    def source(self, name: str) -> Source:
        """Where the value of the setting ``name`` came from."""
        return self.sources.get(name, Source("default", name))

    def shown(self, name: str) -> str:
        """The value of the setting ``name`` for a person; a secret is only said to be set or not set."""
        value = getattr(self, name)
        if value is None:
            return "not set"
        if SETTINGS[name].secret:
            return "set"
        return redact_text(str(value).lower() if isinstance(value, bool) else str(value))

    def _label(self, name: str) -> str:
        return self.source(name).label


SETTINGS: Mapping[str, Setting] = {
    attribute.name: attribute.metadata["setting"](attribute.name)
    for attribute in attrs.fields(Config)
    if "setting" in attribute.metadata
}


def load_config(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    dotenv: Mapping[str, str | None],
    toml: Mapping[str, object],
    *,
    secrets: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Config:
    """The configuration from its four places, the most important first.

    Args:
        flags: values of the command line by setting name; ``None`` is a flag that was not given.
        environ: the environment.
        dotenv: the contents of ``.env``.
        toml: the whole TOML document; its table ``navien`` is read.
        secrets: contents of the files named by ``…_FILE``, by label (:func:`secret_files`).
        simulated: the service is a simulated one.

    Raises:
        UsageError: a value cannot be used, or a name is unknown.
    """
    layers = config_layers(flags, environ, dotenv, toml)
    return Config.from_layers(layers, secrets=secrets, simulated=simulated)


def config_layers(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    dotenv: Mapping[str, str | None],
    toml: Mapping[str, object],
    *,
    dotenv_name: str = ".env",
    toml_name: str = "navien.toml",
) -> tuple[Layer, ...]:
    """The four layers of :func:`load_config`; the two names are shown in messages.

    Raises:
        UsageError: a name is unknown, or given together with its ``…_FILE``.
    """
    return (
        flag_layer(SETTINGS, flags),
        variable_layer(SETTINGS, environ, "environment"),
        variable_layer(SETTINGS, dotenv, dotenv_name),
        toml_layer(SETTINGS, toml, toml_name),
    )


def secret_files(layers: Iterable[Layer]) -> tuple[Given, ...]:
    """The files that must be read before :meth:`Config.from_layers`: paths of values that no layer outranks."""
    layers = tuple(layers)
    winners = (winner(layers, name) for name in SETTINGS)
    return tuple(found[1] for found in winners if found is not None and found[1].in_file)
