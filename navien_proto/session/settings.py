"""From what a user sets to what a session is told, and from a user's words to a heater. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from navien_proto.config import Config
from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.mqtt.backoff import ReconnectPolicy
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session.config import SessionConfig
from navien_proto.session.guards import Guards

__all__ = ["GivenConfig", "chosen_config", "find_device", "session_config"]

GivenConfig = Config | SessionConfig | Callable[[], Config | SessionConfig]
"""What a client takes as ``config``; a function is called when the client begins."""

# Of a MAC's twelve digits; fewer say too little, and would look like part of a name.
SHORTEST_MAC_END = 4


def chosen_config(
    email: str | None, password: str | None, config: GivenConfig | None, settings: Mapping[str, Any]
) -> SessionConfig | Callable[[], Config | SessionConfig]:
    """What a client's arguments mean: either ``config``, or single settings by their names in ``Config``.

    Raises:
        UsageError: both or something unknown was given, or a setting is wrong.
    """
    if config is None:
        try:
            config = Config(email=email, password=password, **settings)
        except TypeError as error:
            raise UsageError(f"no such setting: {error}") from None
    elif email is not None or password is not None or settings:
        raise UsageError("give either config or single settings, not both")
    return config if callable(config) else session_config(config)


def session_config(config: Config | SessionConfig) -> SessionConfig:
    """The settings of a session by the user's configuration; one that is there already is kept.

    Raises:
        UsageError: no e-mail address is set.
    """
    if isinstance(config, SessionConfig):
        return config
    if config.email is None:
        raise UsageError("the account's e-mail address is not set (email, or NAVIEN_EMAIL)")
    return SessionConfig(
        email=config.email,
        password=config.password,
        base_url=config.base_url,
        mqtt_scheme="wss" if config.mqtt_scheme == "wss" else "ws",
        mqtt_host=config.mqtt_host,
        mqtt_port=config.mqtt_port,
        mqtt_path=config.mqtt_path,
        region=config.mqtt_region,
        client_id=config.client_id,
        connection=ConnectionConfig(
            keep_alive=config.keep_alive,
            clean_session=config.clean_session,
            reconnect=ReconnectPolicy(
                enabled=config.reconnect,
                first_delay=config.reconnect_first_delay,
                factor=config.reconnect_factor,
                max_delay=config.reconnect_max_delay,
                max_attempts=config.reconnect_max_attempts,
            ),
        ),
        status_interval=config.interval,
        queue=config.queue,
        queue_limit=config.queue_limit,
        queue_expiry=config.queue_expiry,
        guards=Guards(
            read_only=config.read_only,
            no_power_off=config.no_power_off,
            lowest_celsius=config.lowest_celsius,
            highest_celsius=config.highest_celsius,
        ),
    )


def find_device(devices: Sequence[Device], which: str | None = None) -> Device:
    """The heater a user means: by name, or by the end of its MAC; the first when ``which`` is ``None``.

    Raises:
        UsageError: there is none, or more than one fits.
    """
    if not devices:
        raise UsageError("the account has no heater")
    if which is None:
        return devices[0]
    name = which.strip().casefold()
    found = [device for device in devices if device.name is not None and device.name.strip().casefold() == name]
    if not found:
        end = name.translate(str.maketrans("", "", ":-. "))
        found = [device for device in devices if len(end) >= SHORTEST_MAC_END and device.mac.endswith(end)]
    if len(found) == 1:
        return found[0]
    what = "no heater" if not found else f"{len(found)} heaters"
    raise UsageError(f"the account has {what} of that name or MAC; it has {len(devices)} in all")
